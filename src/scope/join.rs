//! The join from leaked mentions to people, by sorted runs.
//!
//! Mentions and memberships are each sorted by mention and merged; what comes out is sorted by consumer and folded into
//! one [`Person`] each. Memory is the sorters' budgets, whatever the number of people.

use super::facts::Facts;
use super::summary::{LeakCounts, Unlinked};
use crate::model::mention::TokenValue;
use crate::model::rows::{Certainty, Tables};
use crate::spill::{Put, Records, Sorted, Sorter, Take};
use std::collections::BTreeSet;
use std::io;
use std::iter::Peekable;
use std::path::Path;

/// Mention, facts, records.
const MENTION_BYTES: usize = 16 + Facts::BYTES + 8;
/// Mention, consumer, certainty.
const MEMBER_BYTES: usize = 16 + 16 + 1;
/// Consumer, mention, certainty, facts, records.
pub const JOINED_BYTES: usize = 16 + 16 + 1 + Facts::BYTES + 8;

/// What leaked of one consumer.
#[derive(Clone, Debug)]
pub struct Person {
    /// The consumer.
    pub id: TokenValue,
    /// Facts from mentions that are certain; also likely; also possible.
    pub levels: [Facts; 3],
    /// The surest mention.
    pub certainty: Certainty,
    /// Leaked objects.
    pub objects: u64,
    /// Records in them.
    pub records: u64,
}

/// The certainty of a stored number.
pub fn certainty(number: u8) -> Certainty {
    match number {
        0 => Certainty::Certain,
        1 => Certainty::Likely,
        _ => Certainty::Possible,
    }
}

/// Joins the mentions of leaked objects to their consumers. Mentions that no consumer has are counted, never dropped.
pub fn join(
    tables: &dyn Tables,
    leaked: &BTreeSet<u64>,
    key_exposed: bool,
    (tmp, memory): (&Path, usize),
    counts: &mut LeakCounts,
    unlinked: &mut Unlinked,
) -> io::Result<Sorted<JOINED_BYTES>> {
    // Three sorters are alive at once, at the merge.
    let share = memory / 3;
    let mut mentions = Sorter::<MENTION_BYTES>::new(tmp, share);
    tables.mentions(Some(leaked), &mut |row| {
        let facts = Facts::of(&row.mention, key_exposed).to_bytes();
        mentions.push(Put::default().u64(row.object).u64(row.number).bytes(&facts).u64(row.mention.count.max(1)).done())
    })?;
    let mut members = Sorter::<MEMBER_BYTES>::new(tmp, share);
    tables.memberships(Some(leaked), &mut |row| {
        let id = row.mention;
        members.push(Put::default().u64(id.object).u64(id.number).bytes(&row.consumer.0).u8(row.certainty as u8).done())
    })?;

    let mentions = mentions.sorted()?;
    let members = members.sorted()?;
    let mut members = members.iter()?.peekable();
    let mut joined = Sorter::<JOINED_BYTES>::new(tmp, share);
    for mention in mentions.iter()? {
        let mention = mention?;
        let mut take = Take::new(&mention);
        let (id, facts, records) = (take.bytes::<16>(), take.bytes::<{ Facts::BYTES }>(), take.u64());
        counts.mentions += 1;
        let mut held = false;
        while let Some(member) = next_if(&mut members, |m| m[..16] <= id[..])? {
            if member[..16] == id {
                held = true;
                let record = Put::default().bytes(&member[16..32]).bytes(&id).u8(member[32]);
                joined.push(record.bytes(&facts).u64(records).done())?;
            }
        }
        if !held {
            unlinked.mentions += 1;
            unlinked.records += records;
            for code in Facts::from_bytes(&facts).combination().shown().codes() {
                *unlinked.elements.entry(code).or_default() += 1;
            }
        }
    }
    joined.sorted()
}

/// The next record if it passes.
fn next_if<const N: usize>(
    records: &mut Peekable<Records<'_, N>>,
    passes: impl Fn(&[u8; N]) -> bool,
) -> io::Result<Option<[u8; N]>> {
    match records.peek() {
        Some(Ok(record)) if !passes(record) => Ok(None),
        _ => records.next().transpose(),
    }
}

/// People in ascending order of id.
pub struct People<'a> {
    records: Peekable<Records<'a, JOINED_BYTES>>,
}

impl<'a> People<'a> {
    /// The people of joined records.
    pub fn new(joined: &'a Sorted<JOINED_BYTES>) -> io::Result<Self> {
        Ok(People { records: joined.iter()?.peekable() })
    }

    /// The next person with an id up to `last`, or of all that are left.
    pub fn next_up_to(&mut self, last: Option<TokenValue>) -> io::Result<Option<Person>> {
        let Some(first) = next_if(&mut self.records, |r| last.is_none_or(|last| r[..16] <= last.0[..]))? else {
            return Ok(None);
        };
        let mut id = [0; 16];
        id.copy_from_slice(&first[..16]);
        let mut person = Person {
            id: TokenValue(id),
            levels: [Facts::default(); 3],
            certainty: Certainty::Possible,
            objects: 0,
            records: 0,
        };
        let mut before: Option<[u8; 16]> = None;
        let mut record = Some(first);
        while let Some(r) = record {
            let mut take = Take::new(&r[16..]);
            let (mention, sure) = (take.bytes::<16>(), take.u8());
            let (facts, records) = (Facts::from_bytes(&take.bytes()), take.u64());
            // A mention that is the person's on two grounds stands twice, the surer one first; it counts once.
            if before != Some(mention) {
                person.objects += u64::from(before.is_none_or(|b| b[..8] != mention[..8]));
                person.records += records;
                person.certainty = person.certainty.min(certainty(sure));
                for level in &mut person.levels[certainty(sure) as usize..] {
                    *level = level.union(facts);
                }
                before = Some(mention);
            }
            record = next_if(&mut self.records, |next| next[..16] == id)?;
        }
        Ok(Some(person))
    }
}
