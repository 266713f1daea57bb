//! Linking: from mentions to people.
//!
//! A batch over the live mentions, never done while scanning. It reads the tables once (`replay`) and holds nothing that
//! grows with the number of people: what must be brought together is sorted on disk. Mentions that share nothing with any
//! other leave at once (`alone`). The steps for the others, each in a file:
//!
//! 1. `edges`: tokens join mentions (`people` compares their names); `hubs` are measured and left out.
//! 2. `components`: joined mentions are one component.
//! 3. `conflicts`: a component that cannot be one person falls apart into a cluster.
//! 4. `attach`: mentions with no name and no primary identifier attach to whoever holds their tokens.
//! 5. `follow`: records that share only a name and a postal code with one person are likely that person's.
//! 6. `derive`: consumers get their ids; the derived tables are written (`holders`, `identifiers`, `consumers`).
//!
//! The result does not depend on the order of the mentions, nor on the numbers of their objects.
//! The rules are those of `docs/LINKING.md`.

mod alone;
mod attach;
mod components;
mod conflicts;
mod consumers;
mod derive;
mod edges;
mod follow;
mod holders;
mod hubs;
mod identifiers;
mod mention;
mod names;
mod people;
mod repeats;
mod replay;
mod rows;

use crate::model::element::Element;
use crate::model::rows::{DerivedSinks, MentionId, Tables};
use crate::spill::{Records, Sorted};
use std::io;
use std::path::Path;

/// How many kinds of token there are.
const KINDS: usize = Element::ALL.len();

/// Where linking spills, and how much memory one sort may take.
pub struct Spills<'a> {
    /// A folder with room for about 800 bytes a mention.
    pub dir: &'a Path,
    /// Bytes of the largest sort's buffer, of which there are two while it spills; smaller ones, of twice as much together, may
    /// stand beside it.
    pub memory: usize,
}

/// What a link run found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkSummary {
    /// Live mentions.
    pub mentions: u64,
    /// Consumers, of all populations.
    pub consumers: u64,
    /// Clusters of consumers that may be one.
    pub clusters: u64,
    /// Tokens that link nobody because too many share them.
    pub hubs: u64,
}

/// Links all live mentions and writes the derived tables.
pub fn link(tables: &dyn Tables, mut sinks: DerivedSinks<'_>, spills: &Spills) -> io::Result<LinkSummary> {
    let mut leaving = alone::Leaving::new(spills);
    let read = replay::Read::new(tables, spills)?;
    let all = read.part(spills, &mut |mention| leaving.take(mention, &mut sinks.memberships))?;
    let alone = leaving.done()?;
    let edges::Edges { edges, conflicts: mut apart, hubs, mentions } = edges::edges(&all, spills)?;
    let mentions = mentions + alone.mentions;
    let mut components = components::Components::new(spills.dir, spills.memory);
    let mut last = None;
    for edge in edges.iter()? {
        let edge = edges::Edge::unpack(&edge?);
        let pair = (edge.left.ordinal, edge.right.ordinal);
        // Whom one token joins, others often join too.
        if last.replace(pair) != Some(pair) {
            components.edge(pair.0, pair.1)?;
        }
    }
    let labels = components.solve()?.sorted()?;
    let overrides = conflicts::conflicts(&all, &labels, &mut apart, spills)?;
    let assigned = attach::assign(&all, &labels, &overrides, &hubs, spills)?;
    drop((labels, overrides));
    let assigned = follow::follow(&all, assigned, spills)?;
    let apart = apart.sorted()?;
    let found = derive::Found { assigned: &assigned, edges: &edges, apart: &apart, hubs: &hubs };
    let derived = derive::derive(all, alone, &found, sinks, spills)?;
    Ok(LinkSummary { mentions, consumers: derived.consumers, clusters: derived.clusters, hubs: hubs.len() })
}

/// A mention: its place in the tables' order, and its name in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    ordinal: u64,
    id: u64,
}

/// Bits of a packed mention id that hold its number in its object.
const NUMBER_BITS: u32 = 36;

impl Node {
    const BYTES: usize = 16;
}

/// A mention id in one word.
fn pack_id(id: MentionId) -> io::Result<u64> {
    if id.object >= 1 << (64 - NUMBER_BITS) || id.number >= 1 << NUMBER_BITS {
        return Err(io::Error::other("the inventory holds more objects or mentions than linking can number"));
    }
    Ok(id.object << NUMBER_BITS | id.number)
}

/// The mention id of a word.
fn unpack_id(id: u64) -> MentionId {
    MentionId { object: id >> NUMBER_BITS, number: id & ((1 << NUMBER_BITS) - 1) }
}

/// An element as the number that records hold.
fn kind_number(kind: Element) -> usize {
    kind as usize
}

/// How much a kind's link counts, least first: primary identifiers below [`TERTIARY_RANK`], the rest from it.
fn linking_rank(kind: usize, primary: bool) -> u8 {
    const ORDER: [Element; 13] = [
        Element::Ssn,
        Element::TaxId,
        Element::NationalId,
        Element::Passport,
        Element::DriverLicense,
        Element::CustomerId,
        Element::RecordKey,
        Element::Email,
        Element::Username,
        Element::Pan,
        Element::BankAccount,
        Element::Phone,
        Element::Address,
    ];
    let place = ORDER.iter().position(|e| kind_number(*e) == kind).unwrap_or(ORDER.len()) as u8;
    if primary { place } else { TERTIARY_RANK + place }
}

/// The first rank that is no primary identifier's.
const TERTIARY_RANK: u8 = 16;

/// A key of at most sixteen bytes as a number of the same order, which is compared without a call.
fn number(key: &[u8]) -> u128 {
    let mut bytes = [0; 16];
    bytes[..key.len()].copy_from_slice(key);
    u128::from_be_bytes(bytes)
}

/// Looks records up by ascending keys (their first `K` bytes, sixteen at most) in one pass.
struct Joined<'a, const N: usize, const K: usize> {
    records: Records<'a, N>,
    head: Option<[u8; N]>,
}

impl<'a, const N: usize, const K: usize> Joined<'a, N, K> {
    fn new(sorted: &'a Sorted<N>) -> io::Result<Self> {
        let mut records = sorted.iter()?;
        let head = records.next().transpose()?;
        Ok(Joined { records, head })
    }

    /// The first record of a key. Keys are asked for in ascending order; the same one may be asked for again.
    fn first(&mut self, key: &[u8; K]) -> io::Result<Option<[u8; N]>> {
        let wanted = number(key);
        while self.head.is_some_and(|head| number(&head[..K]) < wanted) {
            self.head = self.records.next().transpose()?;
        }
        Ok(self.head.filter(|head| number(&head[..K]) == wanted))
    }

    /// Hands over every record of a key.
    fn each(&mut self, key: &[u8; K], mut take: impl FnMut(&[u8; N]) -> io::Result<()>) -> io::Result<()> {
        while let Some(record) = self.first(key)? {
            take(&record)?;
            self.head = self.records.next().transpose()?;
        }
        Ok(())
    }
}
