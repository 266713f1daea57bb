//! What came and what went between two states of an inventory.
//!
//! Both states are sorted by what names their rows and merged, so memory is that of the sorters, whatever their size.

use crate::model::element::{Element, ElementSet};
use crate::model::mention::TokenValue;
use crate::model::rows::Tables;
use crate::spill::{Put, Sorter, Take};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;

use super::ids::IdSet;

/// Memory of each sorter.
const SORT_BYTES: usize = 16 << 20;
/// A print of the URI, which state, a print of version and content, the object's number.
const OBJECT: usize = 16 + 1 + 16 + 8;
/// The consumer's id, which state, the elements.
const PERSON: usize = 16 + 1 + 8;

/// A difference between two states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is in the later state only.
    Came,
    /// It is in the earlier state only.
    Went,
    /// It is in both, and not the same.
    Changed,
}

impl Change {
    /// The word that reports use.
    pub const fn code(self) -> &'static str {
        match self {
            Change::Came => "came",
            Change::Went => "went",
            Change::Changed => "changed",
        }
    }
}

/// Takes the differences, one at a time.
pub trait DiffSink {
    /// An object, by its URI.
    fn object(&mut self, change: Change, uri: &str) -> io::Result<()>;
    /// A person, by id; for one who changed, the elements that came and that went.
    fn person(&mut self, change: Change, id: TokenValue, came: ElementSet, went: ElementSet) -> io::Result<()>;
}

/// How many of everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiffCounts {
    /// Objects that came, went, changed.
    pub objects: [u64; 3],
    /// People who came, went, changed.
    pub people: [u64; 3],
    /// By element: people of whom it is known now and was not; people of whom it was and is not.
    pub elements: BTreeMap<Element, (u64, u64)>,
}

/// Compares two states. A person is known by their id, which is one of their tokens: who got or lost the least of them goes
/// and comes.
pub fn diff(earlier: &dyn Tables, later: &dyn Tables, sink: &mut dyn DiffSink) -> io::Result<DiffCounts> {
    let mut counts = DiffCounts::default();
    objects(earlier, later, &mut counts, sink)?;
    people(earlier, later, &mut counts, sink)?;
    Ok(counts)
}

fn objects(
    earlier: &dyn Tables,
    later: &dyn Tables,
    counts: &mut DiffCounts,
    sink: &mut dyn DiffSink,
) -> io::Result<()> {
    let mut sorter = Sorter::<OBJECT>::new(&std::env::temp_dir(), SORT_BYTES);
    for (tag, tables) in [earlier, later].into_iter().enumerate() {
        tables.objects(false, &mut |row| {
            let state = print(&[&row.object.version, &row.content_hash, row.status.code(), &row.policy]);
            let record = Put::default().bytes(&print(&[&row.object.uri])).u8(tag as u8).bytes(&state).u64(row.id);
            sorter.push(record.done())
        })?;
    }
    // What is different, by number: of the earlier state what went, of the later what came or changed.
    let (mut went, mut came, mut changed) = (IdSet::default(), IdSet::default(), IdSet::default());
    let mut before: Option<[u8; OBJECT]> = None;
    let id = |record: &[u8; OBJECT]| Take::new(&record[OBJECT - 8..]).u64();
    for record in sorter.sorted()?.iter()? {
        let record = record?;
        let tag = record[16];
        match before {
            Some(other) if other[..16] == record[..16] && other[16] == 0 && tag == 1 => {
                before = None;
                if other[17..33] != record[17..33] {
                    changed.insert(id(&record));
                }
                continue;
            }
            Some(other) => one(&other, &mut went, &mut came),
            None => {}
        }
        before = Some(record);
    }
    if let Some(other) = before {
        one(&other, &mut went, &mut came);
    }
    fn one(record: &[u8; OBJECT], went: &mut IdSet, came: &mut IdSet) {
        let id = Take::new(&record[OBJECT - 8..]).u64();
        if record[16] == 0 { went.insert(id) } else { came.insert(id) }
    }
    earlier.object_names(&mut |id, uri, _| {
        if went.contains(id) { tell(Change::Went, uri, counts, sink) } else { Ok(()) }
    })?;
    later.object_names(&mut |id, uri, _| match (came.contains(id), changed.contains(id)) {
        (true, _) => tell(Change::Came, uri, counts, sink),
        (_, true) => tell(Change::Changed, uri, counts, sink),
        _ => Ok(()),
    })
}

fn tell(change: Change, uri: &str, counts: &mut DiffCounts, sink: &mut dyn DiffSink) -> io::Result<()> {
    counts.objects[change as usize] += 1;
    sink.object(change, uri)
}

fn people(
    earlier: &dyn Tables,
    later: &dyn Tables,
    counts: &mut DiffCounts,
    sink: &mut dyn DiffSink,
) -> io::Result<()> {
    let mut sorter = Sorter::<PERSON>::new(&std::env::temp_dir(), SORT_BYTES);
    for (tag, tables) in [earlier, later].into_iter().enumerate() {
        tables.consumers(&mut |row| {
            let elements: ElementSet = row.elements.iter().map(|e| e.element).collect();
            sorter.push(Put::default().bytes(&row.id.0).u8(tag as u8).u64(elements.0).done())
        })?;
    }
    let mut tell = |id: TokenValue, change: Change, came: ElementSet, went: ElementSet| {
        counts.people[change as usize] += 1;
        came.iter().for_each(|element| counts.elements.entry(element).or_default().0 += 1);
        went.iter().for_each(|element| counts.elements.entry(element).or_default().1 += 1);
        sink.person(change, id, came, went)
    };
    let none = ElementSet(0);
    let mut before: Option<(TokenValue, ElementSet)> = None;
    for record in sorter.sorted()?.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let (id, later, elements) = (TokenValue(take.bytes()), take.u8() == 1, ElementSet(take.u64()));
        match before.take() {
            Some((known, had)) if known == id => {
                if had.0 != elements.0 {
                    let (came, went) = (ElementSet(elements.0 & !had.0), ElementSet(had.0 & !elements.0));
                    tell(id, Change::Changed, came, went)?;
                }
                continue;
            }
            Some((known, had)) => tell(known, Change::Went, none, had)?,
            None => {}
        }
        if later {
            tell(id, Change::Came, elements, none)?;
        } else {
            before = Some((id, elements));
        }
    }
    match before {
        Some((known, had)) => tell(known, Change::Went, none, had),
        None => Ok(()),
    }
}

fn print(parts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let hash = hash.finalize();
    std::array::from_fn(|i| hash[i])
}
