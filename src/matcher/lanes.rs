//! The front end: the two ways to the starts that are worth a walk of an automaton.
//!
//! A **start lane** looks at every byte that rule 2 of [`super::edges`] lets a hit start at, and asks eight tables in a
//! row which detectors the next eight bytes fit; few starts are left. A **needle lane** searches a rare literal (`@`,
//! `://`) that every match holds and walks back to the starts that belong to it; it serves patterns that begin with a
//! long run of common bytes, for which the first bytes say nothing.
//!
//! This is the portable twin of a core over bit planes: the interface (bytes in, sorted slices of hits out, ownership by
//! the first byte) is the same. Both lanes emit without branching where the data decide, because on dense tables
//! mispredicted branches cost more than the work.

use super::automaton::{Automaton, Ends};
use super::edges::{CLASS, WORD, start_ok};
use super::shape::{ByteSet, Lead, Needle, PLACES, Shape};
use crate::model::finding::Hit;
use std::ops::Range;

/// Bytes of a batch.
pub const BATCH_BYTES: usize = 8 << 10;

/// Buffers of a scan, used again for every block, and the count of its work.
#[derive(Default)]
pub struct Scratch {
    starts: Vec<u32>,
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

/// One pattern as a lane takes it.
pub struct Entry<'a> {
    /// The detector.
    pub detector: u16,
    /// Its pattern.
    pub pattern: &'a str,
    /// What is known of it.
    pub shape: &'a Shape,
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

/// Finds hits of patterns by a literal that every match of theirs holds.
pub struct NeedleLane {
    literal: Vec<u8>,
    finder: memchr::memmem::Finder<'static>,
    /// What may stand before the literal in any pattern; most occurrences end here.
    before: ByteSet,
    patterns: Vec<Needled>,
}

struct Needled {
    needle: Needle,
    first: ByteSet,
    lead: Option<Lead>,
    automaton: Automaton,
}

impl NeedleLane {
    /// A lane for a literal, without patterns yet.
    pub fn new(literal: &[u8]) -> NeedleLane {
        NeedleLane {
            literal: literal.to_vec(),
            finder: memchr::memmem::Finder::new(literal).into_owned(),
            before: ByteSet::default(),
            patterns: Vec::new(),
        }
    }

    /// Adds a pattern whose needle is the lane's literal. An error says why its automaton cannot be built.
    pub fn add(&mut self, entry: &Entry<'_>, needle: &Needle) -> Result<(), (u16, String)> {
        let automaton = Automaton::group(&[(entry.detector, entry.pattern)])?.remove(0);
        self.before = self.before.union(&needle.before);
        let (first, lead) = (entry.shape.places[0], entry.shape.lead.clone());
        self.patterns.push(Needled { needle: needle.clone(), first, lead, automaton });
        Ok(())
    }

    /// States of a detector's automaton.
    pub fn states(&self, detector: u16) -> Option<usize> {
        self.patterns.iter().find(|p| p.automaton.detectors.contains(&detector)).map(|p| p.automaton.states())
    }

    /// The literal.
    pub fn literal(&self) -> &[u8] {
        &self.literal
    }

    /// Adds the hits that start in `range` to the scratch.
    pub fn scan(&self, bytes: &[u8], range: Range<usize>, scratch: &mut Scratch) {
        let most = self.patterns.iter().map(|p| p.needle.distance.1).max().unwrap_or(0);
        let from = range.start;
        let to = range.end.saturating_add(most + self.literal.len()).min(bytes.len()).max(from);
        scratch.work += (to - from) as u64;
        let mut each = |at: usize| {
            let at = from + at;
            if at > from && self.before.has(bytes[at - 1]) {
                self.patterns.iter().for_each(|p| p.around(bytes, &range, at, scratch));
            }
        };
        match *self.literal {
            // Many in a row cost less this way than by a search each.
            [byte] => memchr::memchr_iter(byte, &bytes[from..to]).for_each(&mut each),
            _ => self.finder.find_iter(&bytes[from..to]).for_each(&mut each),
        }
    }
}

impl Needled {
    /// Tries the starts in `range` that belong to the needle at `at`.
    fn around(&self, bytes: &[u8], range: &Range<usize>, at: usize, scratch: &mut Scratch) {
        let (least, most) = self.needle.distance;
        let floor = at.saturating_sub(most).max(range.start);
        let mut start = at;
        // The needle's first byte is not among those before it, so this never passes the needle before.
        while start > floor && self.needle.before.has(bytes[start - 1]) {
            start -= 1;
            if start < range.end && at - start >= least {
                self.confirm(bytes, start, scratch);
            }
        }
        scratch.work += (at - start) as u64;
    }

    fn confirm(&self, bytes: &[u8], start: usize, scratch: &mut Scratch) {
        if !self.first.has(bytes[start]) || !start_ok(bytes, start) {
            return;
        }
        if let Some(lead) = &self.lead {
            let (maximal, seen) = lead.maximal(bytes, start);
            scratch.work += seen as u64;
            if !maximal {
                return;
            }
        }
        scratch.work += self.automaton.run(bytes, start, &mut scratch.ends) as u64;
        if scratch.ends.matched != 0 {
            let hit = Hit { start: start as u32, end: scratch.ends.ends[0], detector: self.automaton.detectors[0] };
            scratch.hits.push(hit);
        }
    }
}
