//! Records that share a name and a postal code with one person, and nothing else.
//!
//! A gift is sent to a name, a street and a ZIP; its receiver bought as a guest, with an e-mail address and a ZIP but no
//! street. No token joins the two, and each would be counted. So where all people of one full name in one postal code are
//! exactly two groups, one with a street and no e-mail address, one without any street, and no kind of fact that both
//! have speaks against it, the first follows the second as likely. With more such people, nobody follows anybody.

use super::attach::ASSIGNED;
use super::mention::Mention;
use super::replay::Mentions;
use super::{Joined, Spills};
use crate::model::detector::Class;
use crate::model::element::Element;
use crate::model::mention::Population;
use crate::model::rows::Certainty;
use crate::spill::{Put, Sorted, Sorter, Take};
use std::io;

/// A group, what one of its mentions has, its name in its postal code.
const FACT: usize = 8 + 1 + 16;
/// A name in a postal code, what a group of it has, the group.
const PLACED: usize = 16 + 1 + 8;
/// A group, and the group it follows.
const FOLLOWS: usize = 8 + 8;
/// Names in postal codes of one group that are looked at; a group with more is no plain case.
const NAMES_MAX: usize = 4;

const STREET: u8 = 1;
const REACHED: u8 = 2;
const PHONE: u8 = 4;
const PRIMARY: u8 = 8;
const BORN: u8 = 16;
const ORGANISATION: u8 = 32;
/// What two groups must not both have: had it been the same, it would have joined them.
const AGAINST: u8 = PHONE | PRIMARY | BORN;

/// Lets groups follow others. Gives back who each mention is of.
pub fn follow(all: &Mentions, assigned: Sorted<ASSIGNED>, spills: &Spills) -> io::Result<Sorted<ASSIGNED>> {
    let facts = facts(all, &assigned, spills)?;
    let follows = followers(places(&facts, all, spills)?, spills)?;
    drop(facts);
    if follows.is_empty() {
        return Ok(assigned);
    }
    let mut by_group = Sorter::<ASSIGNED>::new(spills.dir, spills.memory / 2);
    for record in assigned.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let (ordinal, certainty, group) = (take.u64(), take.u8(), take.u64());
        by_group.push(Put::default().u64(group).u64(ordinal).u8(certainty).done())?;
    }
    drop(assigned);
    let mut joined = Joined::<FOLLOWS, 8>::new(&follows)?;
    let mut moved = Sorter::<ASSIGNED>::new(spills.dir, spills.memory / 2);
    for record in by_group.sorted()?.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let (group, ordinal, certainty) = (take.bytes::<8>(), take.u64(), take.u8());
        let leader = joined.first(&group)?.map(|r| Take::new(&r[8..]).bytes::<8>());
        let certainty = if leader.is_some() { certainty.max(Certainty::Likely as u8) } else { certainty };
        moved.push(Put::default().u64(ordinal).u8(certainty).bytes(&leader.unwrap_or(group)).done())?;
    }
    // A mention that was possible for both is so once.
    let mut once = Sorter::<ASSIGNED>::new(spills.dir, spills.memory / 4);
    let mut last = None;
    for record in moved.sorted()?.iter()? {
        let record = record?;
        if last.replace(record) != Some(record) {
            once.push(record)?;
        }
    }
    once.sorted()
}

fn facts(all: &Mentions, assigned: &Sorted<ASSIGNED>, spills: &Spills) -> io::Result<Sorted<FACT>> {
    let mut facts = Sorter::<FACT>::new(spills.dir, spills.memory / 2);
    let mut joined = Joined::<ASSIGNED, 8>::new(assigned)?;
    let mut ordinal = 0u64;
    all.each(&mut |mention| {
        let (has, name) = (has(mention), mention.name_in_place().unwrap_or_default());
        joined.each(&ordinal.to_be_bytes(), |record| {
            let mut take = Take::new(&record[8..]);
            let (certainty, group) = (take.u8(), take.u64());
            if certainty != Certainty::Possible as u8 {
                facts.push(Put::default().u64(group).u8(has).bytes(&name).done())?;
            }
            Ok(())
        })?;
        ordinal += 1;
        Ok(())
    })?;
    facts.sorted()
}

fn has(mention: &Mention) -> u8 {
    let mut has = if mention.birth_date() != 0 { BORN } else { 0 };
    if mention.population == Population::Organisation {
        has |= ORGANISATION;
    }
    for token in mention.tokens() {
        has |= match token.kind {
            Element::Address => STREET,
            Element::Email | Element::Username => REACHED,
            Element::Phone => PHONE,
            _ => 0,
        };
        has |= if token.class == Class::Primary { PRIMARY } else { 0 };
    }
    has
}

/// Groups by those of their names in postal codes that others may have.
fn places(facts: &Sorted<FACT>, all: &Mentions, spills: &Spills) -> io::Result<Sorted<PLACED>> {
    let mut places = Sorter::<PLACED>::new(spills.dir, spills.memory / 4);
    let mut names: Vec<[u8; 16]> = Vec::with_capacity(NAMES_MAX + 1);
    let (mut open, mut all_have) = (None, 0u8);
    let mut close = |group: Option<u64>, have: u8, names: &mut Vec<[u8; 16]>| -> io::Result<()> {
        if let Some(group) = group
            && names.len() <= NAMES_MAX
        {
            for name in names.iter().filter(|name| all.repeats().may_repeat(name)) {
                places.push(Put::default().bytes(name).u8(have).u64(group).done())?;
            }
        }
        names.clear();
        Ok(())
    };
    for record in facts.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let (group, has, name) = (take.u64(), take.u8(), take.bytes::<16>());
        if open != Some(group) {
            close(open, all_have, &mut names)?;
            (open, all_have) = (Some(group), 0);
        }
        all_have |= has;
        if name != [0; 16] && names.len() <= NAMES_MAX && !names.contains(&name) {
            names.push(name);
        }
    }
    close(open, all_have, &mut names)?;
    places.sorted()
}

/// Who follows whom, by follower, where nothing is ambiguous.
fn followers(places: Sorted<PLACED>, spills: &Spills) -> io::Result<Sorted<FOLLOWS>> {
    let mut found = Sorter::<FOLLOWS>::new(spills.dir, spills.memory / 8);
    let mut close = |two: [Option<(u8, u64)>; 2], groups: u64| -> io::Result<()> {
        let [Some((a, first)), Some((b, second))] = two else { return Ok(()) };
        if groups != 2 || (a | b) & ORGANISATION != 0 || a & b & AGAINST != 0 {
            return Ok(());
        }
        let sent_to = |has: u8| has & STREET != 0 && has & REACHED == 0;
        let bought = |has: u8| has & STREET == 0;
        if sent_to(a) && bought(b) {
            found.push(Put::default().u64(first).u64(second).done())?;
        } else if sent_to(b) && bought(a) {
            found.push(Put::default().u64(second).u64(first).done())?;
        }
        Ok(())
    };
    let (mut open, mut two, mut groups) = (None, [None; 2], 0u64);
    for record in places.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let (name, has, group) = (take.bytes::<16>(), take.u8(), take.u64());
        if open != Some(name) {
            close(two, groups)?;
            (open, two, groups) = (Some(name), [None; 2], 0);
        }
        if let Some(free) = two.iter_mut().find(|place| place.is_none()) {
            *free = Some((has, group));
        }
        groups += 1;
    }
    close(two, groups)?;
    // Whoever might follow two follows nobody.
    let mut follows = Sorter::<FOLLOWS>::new(spills.dir, spills.memory / 8);
    let mut last: Option<([u8; FOLLOWS], bool)> = None;
    for record in found.sorted()?.iter()? {
        let record = record?;
        match &mut last {
            Some((known, only)) if known[..8] == record[..8] => *only &= *known == record,
            _ => {
                if let Some((known, true)) = last.replace((record, true)) {
                    follows.push(known)?;
                }
            }
        }
    }
    if let Some((known, true)) = last {
        follows.push(known)?;
    }
    follows.sorted()
}
