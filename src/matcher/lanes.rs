//! The lane of patterns that look only into the cells of fields that name them, and the buffers of a scan.
//!
//! A cell is short, so this lane sets up nothing: it looks at every byte that rule 2 of [`super::edges`] lets a hit start
//! at, and asks eight tables in a row which patterns the next eight bytes fit; few starts are left. It emits without
//! branching where the data decide.

use super::automaton::{Automaton, Ends};
use super::edges::{CLASS, WORD, start_ok};
use super::keys::Places;
use super::molds::Room;
use super::planner::Entry;
use super::shape::{Lead, PLACES};
use crate::model::finding::Hit;
use crate::simd::Planes;
use std::ops::Range;

/// Buffers of a scan, used again for every block, and the count of its work.
#[derive(Default)]
pub struct Scratch {
    pub(super) starts: Vec<u32>,
    pub(super) found: Vec<Vec<u32>>,
    pub(super) behind: Vec<u32>,
    pub(super) lists: Vec<Vec<u32>>,
    pub(super) keys: Vec<u64>,
    pub(super) casts: Room,
    pub(super) places: Places,
    pub(super) window: Vec<u8>,
    pub(super) planes: Planes,
    pub(super) alive: Vec<bool>,
    ends: Ends,
    pub(super) hits: Vec<Hit>,
    pub(super) work: u64,
}

impl Scratch {
    /// Empty buffers.
    pub fn new() -> Self {
        Scratch::default()
    }

    /// Work done so far: bytes looked at plus steps of automata. It is what `tests/linear.rs` holds to be linear.
    pub fn work(&self) -> u64 {
        self.work
    }
}

/// Finds hits of patterns whose first bytes say something.
pub struct StartLane {
    /// Bit 0: a word byte; bit 1: some pattern may start with it.
    gate: Box<[u8; 256]>,
    /// For each place, by byte: the buckets whose patterns it fits.
    places: Box<[[u64; 256]; PLACES]>,
    groups: Vec<Group>,
    /// By detector, where rule 4 applies.
    leads: Vec<(u16, Lead)>,
}

struct Group {
    buckets: u64,
    automaton: Automaton,
}

impl StartLane {
    /// A lane for `entries`. An error names the detector whose automaton is too large.
    pub fn new(entries: &[Entry<'_>]) -> Result<StartLane, (u16, String)> {
        let mut gate = Box::new([0u8; 256]);
        let mut places = Box::new([[0u64; 256]; PLACES]);
        let mut bucket_of = Vec::with_capacity(entries.len());
        for (i, entry) in entries.iter().enumerate() {
            let bucket = 1u64 << (i % 64);
            bucket_of.push((entry.detector, bucket));
            for (place, set) in places.iter_mut().zip(&entry.shape.places) {
                set.iter().for_each(|b| place[b as usize] |= bucket);
            }
        }
        for (b, entry) in gate.iter_mut().enumerate() {
            *entry = (CLASS[b] & WORD) | (u8::from(places[0][b] != 0) << 1);
        }
        // Patterns that start with letters and those that do not share no path, so they go into different automata.
        let lettered = |entry: &&Entry<'_>| (b'a'..=b'z').chain(b'A'..=b'Z').any(|b| entry.shape.places[0].has(b));
        let mut groups = Vec::new();
        for letters in [false, true] {
            let patterns: Vec<(u16, &str)> =
                entries.iter().filter(|e| lettered(e) == letters).map(|e| (e.detector, e.pattern)).collect();
            if patterns.is_empty() {
                continue;
            }
            for automaton in Automaton::group(&patterns)? {
                let buckets = bucket_of.iter().filter(|(d, _)| automaton.detectors.contains(d)).map(|(_, b)| b);
                groups.push(Group { buckets: buckets.fold(0, |all, b| all | b), automaton });
            }
        }
        let leads = entries.iter().filter_map(|e| e.shape.lead.clone().map(|lead| (e.detector, lead))).collect();
        Ok(StartLane { gate, places, groups, leads })
    }

    /// States of the automaton that holds a detector.
    pub fn states(&self, detector: u16) -> Option<usize> {
        self.groups.iter().find(|g| g.automaton.detectors.contains(&detector)).map(|g| g.automaton.states())
    }

    /// Adds the hits that start in `range` to the scratch, in order of start.
    pub fn scan(&self, bytes: &[u8], range: Range<usize>, scratch: &mut Scratch) {
        if range.is_empty() || self.groups.is_empty() {
            return;
        }
        scratch.work += range.len() as u64;
        // Taken out for the scan, so that its place is known to be no part of what the loops read.
        let mut starts = std::mem::take(&mut scratch.starts);
        if starts.len() < range.len() {
            starts.resize(range.len(), 0);
        }
        let candidates = self.candidates(bytes, range.clone(), &mut starts[..range.len()]);
        scratch.work += candidates as u64;
        let fitting = self.fitting(bytes, &mut starts[..candidates]);
        let mut kept = 0;
        for i in 0..fitting {
            let start = starts[i];
            starts[kept] = start;
            kept += usize::from((self.fit(bytes, start as usize) != 0) & start_ok(bytes, start as usize));
        }
        for &start in &starts[..kept] {
            let buckets = self.fit(bytes, start as usize);
            self.confirm(bytes, start as usize, buckets, scratch);
        }
        scratch.starts = starts;
    }

    /// Writes every place where rule 2 and the first byte allow a start; always written, kept by adding the condition.
    fn candidates(&self, bytes: &[u8], range: Range<usize>, starts: &mut [u32]) -> usize {
        let mut before = range.start.checked_sub(1).map_or(0, |p| self.gate[bytes[p] as usize]);
        let mut kept = 0;
        for (at, &b) in (range.start as u32..).zip(&bytes[range]) {
            let gate = self.gate[b as usize];
            starts[kept] = at;
            kept += usize::from((gate >> 1) & !(gate & before) & 1);
            before = gate;
        }
        kept
    }

    /// Keeps the starts whose next four bytes fit some pattern.
    fn fitting(&self, bytes: &[u8], starts: &mut [u32]) -> usize {
        let [p0, p1, p2, p3, ..] = &*self.places;
        let mut fitting = 0;
        for i in 0..starts.len() {
            let start = starts[i];
            let fits = match bytes[start as usize..].first_chunk::<4>() {
                Some(b) => p0[b[0] as usize] & p1[b[1] as usize] & p2[b[2] as usize] & p3[b[3] as usize] != 0,
                None => true,
            };
            starts[fitting] = start;
            fitting += usize::from(fits);
        }
        fitting
    }

    /// The buckets whose patterns the bytes at `start` fit at every place; the end of the input fits what may end there.
    fn fit(&self, bytes: &[u8], start: usize) -> u64 {
        let mut buckets = u64::MAX;
        if let Some(next) = bytes[start..].first_chunk::<PLACES>() {
            for (place, b) in self.places.iter().zip(next) {
                buckets &= place[*b as usize];
            }
            return buckets;
        }
        let next = &bytes[start..];
        for (k, place) in self.places.iter().enumerate() {
            // No pattern holds a line feed, so where it fits, the pattern may have ended.
            buckets &= place[*next.get(k).unwrap_or(&b'\n') as usize];
        }
        buckets
    }

    fn confirm(&self, bytes: &[u8], start: usize, buckets: u64, scratch: &mut Scratch) {
        for group in self.groups.iter().filter(|g| g.buckets & buckets != 0) {
            scratch.work += group.automaton.run(bytes, start, &mut scratch.ends) as u64;
            let mut matched = scratch.ends.matched;
            while matched != 0 {
                let pattern = matched.trailing_zeros() as usize;
                matched &= matched - 1;
                let detector = group.automaton.detectors[pattern];
                if let Some((_, lead)) = self.leads.iter().find(|(d, _)| *d == detector) {
                    let (maximal, seen) = lead.maximal(bytes, start);
                    scratch.work += seen as u64;
                    if !maximal {
                        continue;
                    }
                }
                scratch.hits.push(Hit { start: start as u32, end: scratch.ends.ends[pattern], detector });
            }
        }
    }
}
