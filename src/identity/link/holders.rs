//! Who holds each token.

use super::alone::{self, identifies};
use super::hubs::HUB;
use super::identifiers::{IDENTIFIER, KNOWN, NAMED, NOBODY, identifier};
use super::mention::{CLASSES, Token};
use super::names::ShortName;
use super::{Joined, Spills};
use crate::model::element::Element;
use crate::spill::{Put, Sorted, Sorter, Take};
use std::io;

/// Consumers that one token may name; a token held by more names nobody.
const HOLDERS_MAX: usize = 64;

/// A token that a mention of a group holds: the token, the group, the token's kind, class and namespace, the mention's name.
pub const HELD: usize = 16 + 8 + 4 + ShortName::KEY_BYTES;

/// What is known of a token, whoever holds it.
pub struct Held {
    pub value: [u8; 16],
    pub kind: u8,
    pub class: u8,
    pub namespace: u16,
    pub names: u32,
    pub hub: bool,
}

/// How good a token is for a consumer's id: its own, one it shares, one that identifies nobody.
pub const OWN: u8 = 0;
pub const SHARED: u8 = 1;
const UNFIT: u8 = 2;

impl Held {
    /// A token of one mention.
    pub fn alone(token: &Token, named: bool) -> Held {
        let Token { value, kind, class, namespace, .. } = *token;
        Held { value, kind: kind as u8, class: class as u8, namespace, names: u32::from(named), hub: false }
    }

    /// The record that says how many mentions of a group hold the token.
    pub fn named(&self, group: u64, shared: bool, mentions: u64) -> [u8; NAMED] {
        let fitness = match identifies(Element::ALL[usize::from(self.kind)], CLASSES[usize::from(self.class)]) {
            true if shared => SHARED,
            true => OWN,
            false => UNFIT,
        };
        Put::default().u64(group).u8(fitness).bytes(&self.value).bytes(&self.known(mentions)).done()
    }

    /// What is known of the token, and how many mentions hold it.
    pub fn known(&self, mentions: u64) -> [u8; KNOWN] {
        let record = Put::default().u8(self.kind).u8(self.class).u16(self.namespace);
        record.u32(self.names).u8(u8::from(self.hub)).u64(mentions).done()
    }
}

/// The record of a token that a mention of a group holds.
pub fn holding(token: &Token, group: u64, name: &[u8; ShortName::KEY_BYTES]) -> [u8; HELD] {
    let record = Put::default().bytes(&token.value).u64(group).u8(token.kind as u8).u8(token.class as u8);
    record.u16(token.namespace).bytes(name).done()
}

/// Who holds a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Group(u64),
    /// A consumer of one mention, which left early.
    Consumer([u8; 16]),
}

/// A token as its holders come in. One is used for all tokens.
struct Open {
    token: Held,
    holders: u64,
    mentions: u64,
    who: Vec<(Holder, u64)>,
    names: Vec<[u8; ShortName::KEY_BYTES]>,
}

impl Open {
    fn begin(&mut self, token: Held) {
        self.token = token;
        (self.holders, self.mentions) = (0, 0);
        self.who.clear();
        self.names.clear();
    }

    fn add(&mut self, holder: Holder, class: u8, name: [u8; ShortName::KEY_BYTES]) {
        self.token.class = self.token.class.min(class);
        self.mentions += 1;
        if name != [0; ShortName::KEY_BYTES] && self.names.len() < HOLDERS_MAX && !self.names.contains(&name) {
            self.names.push(name);
        }
        match self.who.last_mut() {
            Some((last, mentions)) if *last == holder => *mentions += 1,
            _ => {
                self.holders += 1;
                if self.who.len() <= HOLDERS_MAX {
                    self.who.push((holder, 1));
                }
            }
        }
    }

    /// Ends the token.
    fn close(&mut self, hubs: &mut Joined<HUB, 16>, out: &mut Out) -> io::Result<()> {
        if self.mentions == 0 {
            return Ok(());
        }
        let hub = hubs.first(&self.token.value)?;
        self.token.hub = hub.is_some();
        self.token.names = hub.map_or(self.names.len() as u32, |hub| Take::new(&hub[17..]).u32());
        if self.token.hub || self.holders > HOLDERS_MAX as u64 {
            return out.named.push(self.token.named(NOBODY, true, self.mentions));
        }
        for (holder, mentions) in &self.who {
            match holder {
                Holder::Group(group) => out.named.push(self.token.named(*group, self.holders > 1, *mentions))?,
                Holder::Consumer(id) => {
                    let known = self.token.known(*mentions);
                    out.of_alone.push(identifier(&self.token.value, Some(id), &known))?;
                }
            }
        }
        Ok(())
    }
}

struct Out {
    named: Sorter<NAMED>,
    of_alone: Sorter<IDENTIFIER>,
}

/// From tokens and who holds them: by group, the tokens it holds, the fittest for the group's id first; and the rows of the
/// consumers that left early, by token.
pub fn holders(
    held: &Sorted<HELD>,
    shared: &Sorted<{ alone::SHARED }>,
    named: Sorter<NAMED>,
    hubs: &Sorted<HUB>,
    spills: &Spills,
) -> io::Result<(Sorted<NAMED>, Sorted<IDENTIFIER>)> {
    let mut hubs = Joined::<HUB, 16>::new(hubs)?;
    let mut out = Out { named, of_alone: Sorter::new(spills.dir, spills.memory / 8) };
    let nothing = Held { value: [0; 16], kind: 0, class: 0, namespace: 0, names: 0, hub: false };
    let mut open = Open { token: nothing, holders: 0, mentions: 0, who: Vec::new(), names: Vec::new() };
    let (mut held, mut shared) = (held.iter()?, shared.iter()?);
    let (mut of_group, mut of_alone) = (held.next().transpose()?, shared.next().transpose()?);
    loop {
        // At one token groups come first, in their order; then the others, in that of their ids.
        let groups_turn = match (&of_group, &of_alone) {
            (Some(group), Some(alone)) => group[..16] <= alone[..16],
            (group, None) => group.is_some(),
            (None, Some(_)) => false,
        };
        let (value, holder, rest);
        if groups_turn {
            let Some(record) = std::mem::replace(&mut of_group, held.next().transpose()?) else { break };
            let mut take = Take::new(&record);
            (value, holder) = (take.bytes(), Holder::Group(take.u64()));
            rest = take.bytes::<{ HELD - 24 }>();
        } else {
            let Some(record) = std::mem::replace(&mut of_alone, shared.next().transpose()?) else { break };
            let mut take = Take::new(&record);
            (value, holder) = (take.bytes(), Holder::Consumer(take.bytes()));
            rest = take.bytes::<{ HELD - 24 }>();
        }
        let mut take = Take::new(&rest);
        let (kind, class, namespace) = (take.u8(), take.u8(), take.u16());
        if open.mentions == 0 || open.token.value != value {
            open.close(&mut hubs, &mut out)?;
            open.begin(Held { value, kind, class, namespace, names: 0, hub: false });
        }
        open.add(holder, class, take.bytes());
    }
    open.close(&mut hubs, &mut out)?;
    Ok((out.named.sorted()?, out.of_alone.sorted()?))
}
