//! Components that cannot be one person.
//!
//! A chain of fair edges may still join two people: two Social Security numbers, two birth dates, two names. Such a
//! component falls back to the groups of one birth date each where birth dates are what conflicts, else to the groups that
//! share its highest-ranked primary identifier, else to exact names; and the groups form a cluster for review. What has none
//! of what it falls back to is set free, to attach to the groups again.

use super::edges::{CONFLICT, Reason};
use super::mention::{Mention, Namespaces};
use super::names::{Likeness, ShortName};
use super::replay::Mentions;
use super::{Joined, KINDS, Spills, linking_rank};
use crate::model::detector::Class;
use crate::model::element::{Element, ElementSet};
use crate::spill::{Put, Sorted, Sorter, Take};
use siphasher::sip::SipHasher24;
use std::collections::HashMap;
use std::hash::Hasher;
use std::io;

/// Distinct names of one component that are compared; a component with more is a conflict.
const NAMES_MAX: usize = 64;
const MEMBER: usize = 8 + 1 + ShortName::KEY_BYTES + 4 + 8 + ShortName::REST_BYTES;
/// A component, a hash of what one of its mentions says, the mention.
const SAYING: usize = 8 + 8 + 8;
/// Bytes of what the members of a group share.
const GROUP: usize = 16;
/// A mention whose component fell apart: its ordinal, 0 and its group, or 1 when it was set free.
pub const OVERRIDE: usize = 8 + 1 + 8;

/// How a component falls apart.
struct Fallback {
    reason: Reason,
    by: By,
}

/// What keeps the groups of a fallen component together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// The birth date.
    Dob,
    /// A primary identifier of this rank and namespace print.
    Identifier(u8, u32),
    /// The exact name and birth date.
    Name,
}

/// Checks every component. Returns the mentions whose component fell apart, by ordinal (the
/// first record of a mention counts), and adds to `apart` what lies between the groups of such a component.
pub fn conflicts(
    all: &Mentions,
    labels: &Sorted<16>,
    apart: &mut Sorter<CONFLICT>,
    spills: &Spills,
) -> io::Result<Sorted<OVERRIDE>> {
    if labels.is_empty() {
        return Sorter::new(spills.dir, 0).sorted();
    }
    let mixed = mixed(all, labels, spills)?;
    if mixed.is_empty() {
        return Sorter::new(spills.dir, 0).sorted();
    }
    let members = members(all, &mixed, spills)?;
    let fallbacks = judge(&members)?;
    fall_back(&members, &fallbacks, apart, spills)
}

/// The mentions, with their components, of the components whose mentions do not all say the same: one name, one birth date,
/// the same identifiers of which a person has only one. All others are free of conflicts, and most components are such.
fn mixed(all: &Mentions, labels: &Sorted<16>, spills: &Spills) -> io::Result<Sorted<16>> {
    let mut sayings = Sorter::<SAYING>::new(spills.dir, spills.memory / 2);
    let mut labels = Joined::<16, 8>::new(labels)?;
    let mut ordinal = 0u64;
    all.each(&mut |mention| {
        if let Some(label) = labels.first(&ordinal.to_be_bytes())? {
            let saying = saying(mention, all.namespaces()).unwrap_or(ordinal);
            sayings.push(Put::default().bytes(&label[8..]).u64(saying).u64(ordinal).done())?;
        }
        ordinal += 1;
        Ok(())
    })?;
    let sayings = sayings.sorted()?;
    let mut components = Sorter::<8>::new(spills.dir, spills.memory / 16);
    let mut first: Option<[u8; 16]> = None;
    for record in sayings.iter()? {
        let this = Take::new(&record?).bytes::<16>();
        match first {
            Some(first) if first[..8] == this[..8] => {
                if first != this {
                    components.push(Take::new(&this).bytes())?;
                }
            }
            _ => first = Some(this),
        }
    }
    let components = components.sorted()?;
    let mut mixed = Sorter::<16>::new(spills.dir, spills.memory / 8);
    if components.is_empty() {
        return mixed.sorted();
    }
    let mut components = Joined::<8, 8>::new(&components)?;
    for record in sayings.iter()? {
        let record = record?;
        let component = Take::new(&record).bytes();
        if components.first(&component)?.is_some() {
            mixed.push(Put::default().bytes(&record[16..]).bytes(&component).done())?;
        }
    }
    mixed.sorted()
}

/// A hash of what a mention says in the matter of conflicts; none where it has two identifiers of which a person has only
/// one, which may be a conflict by itself.
fn saying(mention: &Mention, namespaces: &Namespaces) -> Option<u64> {
    let mut hasher = SipHasher24::new();
    hasher.write(&mention.key);
    hasher.write_u32(mention.birth_date());
    let mut kinds = ElementSet::default();
    for token in mention.tokens().filter(|t| t.class == Class::Primary && one_a_person(t.kind)) {
        if kinds.contains(token.kind) {
            return None;
        }
        kinds.insert(token.kind);
        hasher.write(&token.value);
        hasher.write_u8(token.kind as u8);
        hasher.write_u32(print(namespaces.get(token.namespace)));
    }
    Some(hasher.finish())
}

/// For every mention of a component: a name record (tag 0) and one record for each primary identifier of which a person
/// has only one (tag 1).
fn members(all: &Mentions, labels: &Sorted<16>, spills: &Spills) -> io::Result<Sorted<MEMBER>> {
    let mut members = Sorter::<MEMBER>::new(spills.dir, spills.memory);
    let mut labels = Joined::<16, 8>::new(labels)?;
    let mut ordinal = 0u64;
    all.each(&mut |mention| {
        let label = labels.first(&ordinal.to_be_bytes())?;
        ordinal += 1;
        let Some(label) = label else { return Ok(()) };
        let component = Take::new(&label[8..]).u64();
        let name = mention.name();
        let record = name.put_key(Put::default().u64(component).u8(0)).u32(mention.birth_date()).u64(ordinal - 1);
        members.push(name.put_rest(record).done())?;
        for token in mention.tokens().filter(|t| t.class == Class::Primary && one_a_person(t.kind)) {
            let rank = linking_rank(token.kind as usize, true);
            let record = Put::default().u64(component).u8(1).u8(rank).u32(print(all.namespaces().get(token.namespace)));
            members.push(record.bytes(&token.value).u64(ordinal - 1).done())?;
        }
        Ok(())
    })?;
    members.sorted()
}

/// A person has one at a time. People do have several e-mail addresses and logins, and licences of several states.
fn one_a_person(kind: Element) -> bool {
    matches!(kind, Element::Ssn | Element::TaxId | Element::NationalId | Element::CustomerId)
}

/// A namespace's print (FNV-1a): only to tell the operator's few namespaces apart.
fn print(namespace: &str) -> u32 {
    namespace.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The components in conflict.
fn judge(members: &Sorted<MEMBER>) -> io::Result<HashMap<u64, Fallback>> {
    let mut fallbacks = HashMap::new();
    let mut state = Component::default();
    for record in members.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let component = take.u64();
        if component != state.component {
            state.close(&mut fallbacks);
            state = Component { component, ..Component::default() };
        }
        if take.u8() == 0 {
            let mut name = ShortName::take_key(&mut take);
            let dob = take.u32();
            let _ordinal = take.u64();
            name.take_rest(&mut take);
            state.name(name, dob);
        } else {
            state.identifier((take.u8(), take.u32()), take.bytes());
        }
    }
    state.close(&mut fallbacks);
    Ok(fallbacks)
}

#[derive(Default)]
struct Component {
    component: u64,
    people: Vec<(ShortName, u32)>,
    two_values: bool,
    highest: Option<(u8, u32)>,
    last: Option<((u8, u32), [u8; 16])>,
}

impl Component {
    fn name(&mut self, name: ShortName, dob: u32) {
        let known = self.people.iter().any(|(n, d)| n.same(&name) && *d == dob);
        if !known && self.people.len() <= NAMES_MAX {
            self.people.push((name, dob));
        }
    }

    /// Names conflict unless one of them, in full, is close to all the others; birth dates must all be one.
    fn people_conflict(&self) -> Option<Reason> {
        // Tertiary identifiers never join two last names, so where two stand, an identifier that nobody shares joined them.
        let fits =
            |a: &ShortName| self.people.iter().all(|(b, _)| a.likeness(b) != Likeness::Different || a.renamed(b));
        let names_fit =
            self.people.iter().any(|(a, _)| a.is_settled() && fits(a)) || self.people.iter().all(|(a, _)| fits(a));
        if self.people.len() > NAMES_MAX || !names_fit {
            return Some(Reason::Name);
        }
        let mut dobs = self.people.iter().map(|(_, dob)| *dob).filter(|dob| *dob != 0);
        let first = dobs.next();
        dobs.any(|dob| Some(dob) != first).then_some(Reason::Dob)
    }

    fn identifier(&mut self, kind: (u8, u32), token: [u8; 16]) {
        self.highest.get_or_insert(kind);
        self.two_values |= self.last.is_some_and(|(k, t)| k == kind && t != token);
        self.last = Some((kind, token));
    }

    fn close(&self, fallbacks: &mut HashMap<u64, Fallback>) {
        if let Some(reason) = self.people_conflict().or(self.two_values.then_some(Reason::Primary)) {
            let by = match (reason, self.highest) {
                (Reason::Dob, _) => By::Dob,
                (_, Some((rank, namespace))) => By::Identifier(rank, namespace),
                (_, None) => By::Name,
            };
            fallbacks.insert(self.component, Fallback { reason, by });
        }
    }
}

/// The groups into which the components in conflict fall.
fn fall_back(
    members: &Sorted<MEMBER>,
    fallbacks: &HashMap<u64, Fallback>,
    apart: &mut Sorter<CONFLICT>,
    spills: &Spills,
) -> io::Result<Sorted<OVERRIDE>> {
    let mut overrides = Sorter::<OVERRIDE>::new(spills.dir, spills.memory / 8);
    if fallbacks.is_empty() {
        return overrides.sorted();
    }
    // The groups of the component that is being read: what their members share, with the first member.
    let mut groups: HashMap<[u8; GROUP], u64> = HashMap::new();
    let (mut open, mut head) = (None, None);
    for record in members.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let component = take.u64();
        let Some(fallback) = fallbacks.get(&component) else { continue };
        if open != Some(component) {
            open = Some(component);
            head = None;
            groups.clear();
        }
        let named = take.u8() == 0;
        let mut shared = [0u8; GROUP];
        let ordinal = if named {
            let name = take.bytes::<{ ShortName::KEY_BYTES }>();
            let dob = take.bytes::<4>();
            match fallback.by {
                By::Identifier(..) => {}
                By::Dob => shared[..4].copy_from_slice(&dob),
                By::Name if name == [0; ShortName::KEY_BYTES] => {}
                By::Name => {
                    shared[..ShortName::KEY_BYTES].copy_from_slice(&name);
                    shared[ShortName::KEY_BYTES..ShortName::KEY_BYTES + 4].copy_from_slice(&dob);
                }
            }
            take.u64()
        } else {
            if By::Identifier(take.u8(), take.u32()) != fallback.by {
                continue;
            }
            shared.copy_from_slice(&take.bytes::<GROUP>());
            take.u64()
        };
        if shared == [0; GROUP] {
            overrides.push(Put::default().u64(ordinal).u8(1).done())?;
            continue;
        }
        let first = *groups.entry(shared).or_insert(ordinal);
        let head = *head.get_or_insert(first);
        if first == ordinal && head != first {
            apart.push(Put::default().u64(head).u64(first).u8(fallback.reason as u8).done())?;
        }
        overrides.push(Put::default().u64(ordinal).u8(0).u64(first).done())?;
    }
    overrides.sorted()
}

const _: () = assert!(KINDS <= 256, "a kind is one byte of a record");
