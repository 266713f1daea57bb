//! Who each mention is of.
//!
//! A mention that linking joined belongs to its component; one with a full name or a primary identifier stands for a
//! person by itself. The others *float*: a log line with an e-mail address, a payment keyed by its order. A floating
//! mention attaches to the one person who holds its token, as likely; where several hold it, to each of them as possible;
//! where nobody does, floating mentions that share a token are a person of their own, without a name.

use super::components::Components;
use super::conflicts::OVERRIDE;
use super::hubs::HUB;
use super::mention::{Mention, Token};
use super::names::ShortName;
use super::replay::Mentions;
use super::{Joined, Spills, TERTIARY_RANK, linking_rank};
use crate::model::detector::Class;
use crate::model::element::Element;
use crate::model::mention::Population;
use crate::model::rows::Certainty;
use crate::spill::{Put, Sorted, Sorter, Take};
use std::collections::{BTreeSet, HashSet};
use std::io;

/// Holders of one token to whom a floating mention may be possible; with more it says nothing of anyone.
const HOLDERS_MAX: usize = 16;
/// Names of floating mentions that are told apart at one token; a token with more is a hub of a kind that was not seen.
const FIRSTS_MAX: usize = 64;
/// Hubs that are remembered while mentions are placed; a primary identifier among the rest counts as one.
const HUBS_MAX: usize = 1 << 20;

/// Whose a mention is: its ordinal, the certainty, the group.
pub const ASSIGNED: usize = 8 + 1 + 8;
const HOLDING: usize = 16 + 1 + ShortName::KEY_BYTES + 8 + 2;
const CHOICE: usize = 8 + 1 + 1 + 8;

/// Where a mention is before floating ones attach.
enum Placed {
    Group(u64),
    Floating,
}

/// Places mentions, which come in their order.
struct Placer<'a> {
    labels: Joined<'a, 16, 8>,
    overrides: Joined<'a, OVERRIDE, 8>,
    hubs: &'a HashSet<[u8; 16]>,
}

impl<'a> Placer<'a> {
    fn new(labels: &'a Sorted<16>, overrides: &'a Sorted<OVERRIDE>, hubs: &'a HashSet<[u8; 16]>) -> io::Result<Self> {
        Ok(Placer { labels: Joined::new(labels)?, overrides: Joined::new(overrides)?, hubs })
    }

    fn place(&mut self, ordinal: u64, mention: &Mention) -> io::Result<Placed> {
        let key = ordinal.to_be_bytes();
        if let Some(record) = self.overrides.first(&key)? {
            let mut take = Take::new(&record[8..]);
            return Ok(if take.u8() == 0 { Placed::Group(take.u64()) } else { Placed::Floating });
        }
        if let Some(record) = self.labels.first(&key)? {
            return Ok(Placed::Group(Take::new(&record[8..]).u64()));
        }
        // What is an organisation's is nobody's, though a person may be at the same address.
        let stands = mention.population == Population::Organisation
            || mention.is_fully_named()
            || mention.tokens().any(|t| t.class == Class::Primary && !self.hubs.contains(&t.value))
            || !mention.tokens().any(|t| attaches(&t));
        Ok(if stands { Placed::Group(ordinal) } else { Placed::Floating })
    }
}

/// Whether a floating mention may attach by a token.
fn attaches(token: &Token) -> bool {
    matches!(token.class, Class::Primary | Class::Tertiary) || token.kind == Element::RecordKey
}

/// Assigns every mention to one group, or to several as possible.
pub fn assign(
    all: &Mentions,
    labels: &Sorted<16>,
    overrides: &Sorted<OVERRIDE>,
    hubs: &Sorted<HUB>,
    spills: &Spills,
) -> io::Result<Sorted<ASSIGNED>> {
    let mut known = HashSet::new();
    for record in hubs.iter()?.take(HUBS_MAX) {
        known.insert(Take::new(&record?).bytes());
    }
    let mut assigned = Sorter::<ASSIGNED>::new(spills.dir, spills.memory / 4);
    let mut floating = Sorter::<8>::new(spills.dir, spills.memory / 16);
    let mut holdings = Sorter::<HOLDING>::new(spills.dir, spills.memory / 2);
    let mut placer = Placer::new(labels, overrides, &known)?;
    let mut ordinal = 0;
    all.each(&mut |mention| {
        match placer.place(ordinal, mention)? {
            Placed::Group(group) => assigned.push(assignment(ordinal, Certainty::Certain, group))?,
            Placed::Floating => {
                floating.push(ordinal.to_be_bytes())?;
                let tag = if mention.tokens().any(|t| is_contact(&t)) { CONTACT } else { FLOATING };
                for token in mention.tokens().filter(|t| may_hold(t, mention) && t.repeats) {
                    holdings.push(holding(&token, tag, ordinal, mention))?;
                }
            }
        }
        ordinal += 1;
        Ok(())
    })?;
    if floating.is_empty() {
        return assigned.sorted();
    }
    let mut placer = Placer::new(labels, overrides, &known)?;
    let mut ordinal = 0;
    all.each(&mut |mention| {
        if let Placed::Group(group) = placer.place(ordinal, mention)? {
            for token in mention.tokens().filter(|t| may_hold(t, mention) && t.repeats) {
                holdings.push(holding(&token, HOLDER, group, mention))?;
            }
        }
        ordinal += 1;
        Ok(())
    })?;
    let holdings = holdings.sorted()?;
    let (choices, alone) = candidates(&holdings, hubs, spills)?;
    drop(holdings);
    settle(&floating.sorted()?, &choices, &alone, &mut assigned, spills)?;
    assigned.sorted()
}

fn assignment(ordinal: u64, certainty: Certainty, group: u64) -> [u8; ASSIGNED] {
    Put::default().u64(ordinal).u8(certainty as u8).u64(group).done()
}

/// Whether a mention holds a token. An order belongs to who bought it: a ship-to carries the order's key and holds nothing
/// by it.
fn may_hold(token: &Token, mention: &Mention) -> bool {
    attaches(token) && (token.kind != Element::RecordKey || mention.is_main())
}

/// Whether a token is a way to reach someone: a floating order has one, its payment has not.
fn is_contact(token: &Token) -> bool {
    matches!(token.kind, Element::Email | Element::Phone | Element::Address | Element::Username | Element::CustomerId)
}

/// Who has a token, in the order in which they are looked at: groups, floating mentions that can be reached, the others.
const HOLDER: u8 = 0;
const CONTACT: u8 = 1;
const FLOATING: u8 = 2;

/// A token and who has it. The name sorts before the number: who comes first at a token must not depend on where the
/// objects lie.
fn holding(token: &Token, tag: u8, who: u64, mention: &Mention) -> [u8; HOLDING] {
    let record = Put::default().bytes(&token.value).u8(tag).bytes(&mention.key).u64(who);
    record.u8(token.kind as u8).u8(u8::from(token.class == Class::Primary)).done()
}

/// For each floating mention and token, the groups that hold the token: `(mention, unique 0 or several 1, rank, group)`;
/// and the floating mentions that share a token nobody holds, as components.
fn candidates(
    holdings: &Sorted<HOLDING>,
    hubs: &Sorted<HUB>,
    spills: &Spills,
) -> io::Result<(Sorted<CHOICE>, Sorted<16>)> {
    let mut choices = Sorter::<CHOICE>::new(spills.dir, spills.memory / 8);
    let mut alone = Components::new(spills.dir, spills.memory / 8);
    let mut hubs = Joined::<HUB, 16>::new(hubs)?;
    let mut token = None;
    let mut hub = false;
    let mut holders: Vec<(u64, ShortName)> = Vec::new();
    // The first floating mention of each name.
    let mut firsts: Vec<(u64, ShortName)> = Vec::new();
    for record in holdings.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let value: [u8; 16] = take.bytes();
        if token != Some(value) {
            token = Some(value);
            hub = hubs.first(&value)?.is_some();
            holders.clear();
            firsts.clear();
        }
        let tag = take.u8();
        let name = ShortName::take_key(&mut take);
        let who = take.u64();
        let (kind, primary) = (usize::from(take.u8()), take.u8() == 1);
        if hub {
            continue;
        }
        if tag == HOLDER {
            if holders.len() <= HOLDERS_MAX * 4 && !holders.iter().any(|(g, n)| *g == who && n.same(&name)) {
                holders.push((who, name));
            }
            continue;
        }
        if holders.is_empty() {
            let key = kind == Element::RecordKey as usize;
            match firsts.iter().find(|(_, known)| key || known.same(&name)) {
                // A payment follows its order. Two orders, or two payments, of one key need not be one person's.
                Some((first, _)) if !key || tag == FLOATING => alone.edge(*first, who)?,
                None if (!key || tag == CONTACT) && firsts.len() < FIRSTS_MAX => firsts.push((who, name)),
                _ => {}
            }
            continue;
        }
        let fitting: BTreeSet<u64> = holders.iter().filter(|(_, n)| name.agrees(n)).map(|(g, _)| *g).collect();
        if fitting.len() <= HOLDERS_MAX {
            let rank = linking_rank(kind, primary);
            for group in &fitting {
                choices.push(Put::default().u64(who).u8(u8::from(fitting.len() > 1)).u8(rank).u64(*group).done())?;
            }
        }
    }
    Ok((choices.sorted()?, alone.solve()?.sorted()?))
}

/// Assigns the floating mentions.
fn settle(
    floating: &Sorted<8>,
    choices: &Sorted<CHOICE>,
    alone: &Sorted<16>,
    assigned: &mut Sorter<ASSIGNED>,
    spills: &Spills,
) -> io::Result<()> {
    let mut choices = Joined::<CHOICE, 8>::new(choices)?;
    let mut labels = Joined::<16, 8>::new(alone)?;
    // By component of floating mentions: the groups its members attached to (tag 0), then the members left over (tag 1).
    let mut shared = Sorter::<17>::new(spills.dir, spills.memory / 16);
    for record in floating.iter()? {
        let key = record?;
        let ordinal = u64::from_be_bytes(key);
        let label = labels.first(&key)?.map(|r| Take::new(&r[8..]).u64());
        let mut best: Option<(u8, u8)> = None;
        let mut groups = BTreeSet::new();
        choices.each(&key, |choice| {
            let mut take = Take::new(&choice[8..]);
            let (several, rank) = (take.u8(), take.u8());
            if *best.get_or_insert((several, rank)) == (several, rank) {
                groups.insert(take.u64());
            }
            Ok(())
        })?;
        match (best, label) {
            (Some((several, rank)), label) => {
                let certainty = match (several == 0 && groups.len() == 1, rank < TERTIARY_RANK) {
                    (true, true) => Certainty::Certain,
                    (true, false) => Certainty::Likely,
                    (false, _) => Certainty::Possible,
                };
                for group in &groups {
                    assigned.push(assignment(ordinal, certainty, *group))?;
                    if let (Some(label), false) = (label, certainty == Certainty::Possible) {
                        shared.push(Put::default().u64(label).u8(0).u64(*group).done())?;
                    }
                }
            }
            (None, Some(label)) => shared.push(Put::default().u64(label).u8(1).u64(ordinal).done())?,
            (None, None) => assigned.push(assignment(ordinal, Certainty::Certain, ordinal))?,
        }
    }
    let mut label = None;
    let mut groups: BTreeSet<u64> = BTreeSet::new();
    for record in shared.sorted()?.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let this = take.u64();
        if label != Some(this) {
            label = Some(this);
            groups.clear();
        }
        let (left_over, value) = (take.u8() == 1, take.u64());
        if !left_over {
            if groups.len() <= HOLDERS_MAX {
                groups.insert(value);
            }
        } else if groups.is_empty() {
            assigned.push(assignment(value, Certainty::Certain, this))?;
        } else {
            let certainty = if groups.len() == 1 { Certainty::Likely } else { Certainty::Possible };
            for group in &groups {
                assigned.push(assignment(value, certainty, *group))?;
            }
        }
    }
    Ok(())
}
