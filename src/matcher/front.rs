//! The front end: which planes lead to which starts, and the scan of a batch of bytes.
//!
//! A window of text becomes bit planes ([`crate::simd`]); a program of plane arithmetic leaves a few **streams**, one bit
//! for each candidate. A stream is served in one of three ways. **Shape**: a bit is a start; where the outline is exact
//! and the length fixed, the hit is known, else the automaton walks to its end. **Literal**: a bit is a literal that
//! every match holds, and the start is looked for behind it. **Keyword**: a bit is a place where one of many prefixes may
//! stand, and eight tables say whose.
//!
//! Nothing is carried from one batch to the next: a window sees as far ahead as any stream asks.

use super::circuit::{Circuit, Plane};
use super::edges::start_ok;
use super::lanes::Scratch;
use super::outline::{Detail, Edges, Outline, prefixes};
use super::sample::Sample;
use super::shape::{ByteSet, Lead, Needle, PLACES, Shape, flatten, syntax};
use super::walk::Walker;
use crate::model::finding::Hit;
use crate::simd::{Kernels, Level, Prefixes, Program, STEP_WORDS, TAIL_BYTES, WINDOW_WORDS};
use std::ops::Range;

/// Words a window holds beyond the batch, at most.
const AHEAD_WORDS: usize = 7;
/// Bytes of a batch.
pub const BATCH_BYTES: usize = (WINDOW_WORDS - 1 - AHEAD_WORDS) * 64;
/// A stream may look this many bits beyond a start.
const REACH_MAX: i32 = ((AHEAD_WORDS - 1) * 64) as i32;

/// Cycles of one operation over 512 bytes, about.
const OP_CYCLES: f64 = 1.5;
/// Cycles of a candidate whose hit is known.
const EXACT_CYCLES: f64 = 6.0;
/// Cycles of a candidate that is walked.
const WALK_CYCLES: f64 = 60.0;
/// Candidates per KiB of ordinary data from which on a pattern is said to have no anchor.
const NO_ANCHOR_PER_KIB: f64 = 16.0;

/// How one pattern's starts are found.
#[derive(Clone, Debug)]
pub enum How {
    /// By an outline of its beginning, or of all of it.
    Shape {
        /// Operations that no other pattern needs already.
        terms: usize,
        /// The length of its hits, where the outline is exact.
        exact: Option<u32>,
        /// Candidates per KiB of ordinary data.
        per_kib: f64,
    },
    /// By a literal that every match holds, and an outline of what follows it.
    Literal {
        /// Operations that no other pattern needs already.
        terms: usize,
        /// The literal.
        literal: Vec<u8>,
        /// Candidates per KiB of ordinary data.
        per_kib: f64,
    },
    /// By its first bytes, together with all other keywords.
    Keyword {
        /// Ways in which its first four bytes may be written.
        prefixes: usize,
    },
}

struct Pattern {
    detector: u16,
    walker: Walker,
    lead: Option<Lead>,
    how: How,
}

/// What the bits of a stream are.
enum Serve {
    /// Starts: hits of known length, and patterns to walk.
    Starts { exact: Vec<(u16, u32)>, walks: Vec<usize> },
    /// Places of a literal.
    Literal { pattern: usize, needle: Needle, first: ByteSet },
    /// Places of a keyword's prefix.
    Keywords,
}

struct Stream {
    plane: Plane,
    slot: usize,
    serve: Serve,
}

/// Which keyword patterns the next eight bytes fit, 64 patterns a table.
struct Fit {
    places: Box<[[u64; 256]; PLACES]>,
    patterns: Vec<usize>,
}

/// The front end of all patterns that run over all bytes.
pub struct Front {
    kernels: Kernels,
    program: Program,
    prefixes: Option<Prefixes>,
    streams: Vec<Stream>,
    fits: Vec<Fit>,
    patterns: Vec<Pattern>,
    ahead: usize,
}

/// One pattern to plan.
pub struct Entry<'a> {
    /// The detector.
    pub detector: u16,
    /// Its pattern.
    pub pattern: &'a str,
    /// What is known of it.
    pub shape: &'a Shape,
}

struct Planner {
    circuit: Circuit,
    edges: Edges,
    sample: Sample,
    /// Nodes that are computed anyway.
    have: Vec<bool>,
    streams: Vec<Stream>,
    keywords: Vec<(usize, Vec<[ByteSet; 4]>)>,
}

impl Front {
    /// Plans `entries` for a level. Every pattern that cannot be planned is named.
    pub fn new(entries: &[Entry<'_>], level: Level) -> Result<Front, Vec<(u16, String)>> {
        let mut circuit = Circuit::default();
        let edges = Edges::new(&mut circuit);
        let mut planner = Planner {
            have: Vec::new(),
            sample: Sample::new(),
            streams: Vec::new(),
            keywords: Vec::new(),
            edges,
            circuit,
        };
        let (mut patterns, mut problems) = (Vec::new(), Vec::new());
        for entry in entries {
            match Walker::new(entry.pattern, entry.shape.max_len) {
                Ok(walker) => {
                    let how = planner.add(entry, patterns.len());
                    let lead = entry.shape.lead.clone();
                    patterns.push(Pattern { detector: entry.detector, walker, lead, how });
                }
                Err(why) => problems.push((entry.detector, why)),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let kernels = Kernels::new(level);
        let shapes: Vec<&Shape> = entries.iter().map(|e| e.shape).collect();
        let (prefixes, fits) = planner.keywords(&shapes, kernels.level());
        let Planner { circuit, mut streams, .. } = planner;
        let planes: Vec<Plane> = streams.iter().map(|s| s.plane).collect();
        let (program, slots) =
            circuit.program(&planes).map_err(|why| vec![(entries.first().map_or(0, |e| e.detector), why)])?;
        streams.iter_mut().zip(slots).for_each(|(s, slot)| s.slot = slot);
        let beyond = |s: &Stream| circuit.reach(s.plane).max(0) as usize + s.serve.reach();
        let ahead = streams.iter().map(beyond).max().unwrap_or(0) / 64 + 1;
        Ok(Front { kernels, program, prefixes, streams, fits, patterns, ahead: ahead.min(AHEAD_WORDS) })
    }

    /// The level of its kernels.
    pub fn level(&self) -> Level {
        self.kernels.level()
    }

    /// How a detector's starts are found, and the states of its automaton.
    pub fn how(&self, detector: u16) -> Option<(&How, usize)> {
        self.patterns.iter().find(|p| p.detector == detector).map(|p| (&p.how, p.walker.states()))
    }

    /// Operations and streams of the whole front end.
    pub fn size(&self) -> (usize, usize) {
        (self.program.ops().len(), self.streams.len())
    }

    /// Puts the hits that start in `range`, which is at most [`BATCH_BYTES`] long, into the scratch, in order.
    pub fn scan(&self, bytes: &[u8], range: Range<usize>, scratch: &mut Scratch) {
        scratch.hits.clear();
        if range.is_empty() || self.streams.is_empty() {
            return;
        }
        let batch_words = range.len().div_ceil(64);
        let words = (1 + batch_words + self.ahead).next_multiple_of(STEP_WORDS).min(WINDOW_WORDS);
        let mut window = std::mem::take(&mut scratch.window);
        let text = window_text(bytes, range.start, words * 64 + TAIL_BYTES, &mut window);
        self.kernels.run(&self.program, self.prefixes.as_ref(), text, words, &mut scratch.planes, &mut scratch.alive);
        scratch.work += (words * 64) as u64;
        scratch.keys.clear();
        for (output, stream) in self.streams.iter().enumerate() {
            if scratch.alive.get(output).copied().unwrap_or(false) {
                self.stream(stream, bytes, text, &range, words, scratch);
            }
        }
        scratch.window = window;
        scratch.keys.sort_unstable();
        let Scratch { keys, hits, .. } = scratch;
        hits.extend(keys.iter().map(|key| {
            let start = range.start as u32 + (key >> 48) as u32;
            Hit { start, end: start + (key >> 32 & 0xffff) as u32, detector: *key as u16 }
        }));
    }

    fn stream(
        &self,
        stream: &Stream,
        bytes: &[u8],
        text: &[u8],
        range: &Range<usize>,
        words: usize,
        scratch: &mut Scratch,
    ) {
        let mut starts = std::mem::take(&mut scratch.starts);
        starts.clear();
        // Bit `p` of the plane stands for byte `origin + p` of the input; what wraps is cut off below.
        let shift = stream.plane.shift;
        let origin = (range.start as i64 - 64 - i64::from(shift)) as u32;
        let end = (range.end + stream.serve.reach()).min(bytes.len()) as u32;
        let bits_from = (64 + shift).max(0) as usize;
        let bits_to = ((64 + shift) as i64 + (end as i64 - range.start as i64)).max(0) as usize;
        let plane = scratch.planes.plane(stream.slot);
        self.kernels.positions(plane, bits_from / 64, bits_to.div_ceil(64).min(words), &mut starts);
        starts.iter_mut().for_each(|p| *p = p.wrapping_add(origin));
        let first = range.start as u32;
        let tail = starts.iter().rev().take_while(|p| **p >= end).count();
        starts.truncate(starts.len() - tail);
        let head = starts.iter().take_while(|p| **p < first || **p >= end).count();
        starts.drain(..head);
        scratch.work += starts.len() as u64;
        match &stream.serve {
            Serve::Starts { exact, walks } => {
                for &(detector, length) in exact {
                    scratch.keys.extend(starts.iter().map(|s| key(range.start, *s, *s + length, detector)));
                }
                for &pattern in walks {
                    self.confirm(pattern, bytes, range.start, &starts, scratch);
                }
            }
            Serve::Literal { pattern, needle, first } => {
                let lead = self.patterns[*pattern].lead.as_ref();
                let mut behind = std::mem::take(&mut scratch.behind);
                behind.clear();
                for &at in &starts {
                    scratch.work += starts_behind(bytes, at as usize, needle, first, lead, range, &mut behind);
                }
                self.confirm(*pattern, bytes, range.start, &behind, scratch);
                scratch.behind = behind;
            }
            Serve::Keywords => self.keywords(bytes, text, range.start, &starts, scratch),
        }
        scratch.starts = starts;
    }

    fn keywords(&self, bytes: &[u8], text: &[u8], from: usize, starts: &[u32], scratch: &mut Scratch) {
        let mut lists = std::mem::take(&mut scratch.lists);
        lists.resize_with(self.patterns.len().max(lists.len()), Vec::new);
        for fit in &self.fits {
            for &start in starts {
                let at = start as usize - from + 64;
                let Some(next) = text.get(at..).and_then(|t| t.first_chunk::<PLACES>()) else { continue };
                let mut fits = u64::MAX;
                for (place, byte) in fit.places.iter().zip(next) {
                    fits &= place[usize::from(*byte)];
                }
                while fits != 0 {
                    lists[fit.patterns[fits.trailing_zeros() as usize]].push(start);
                    fits &= fits - 1;
                }
            }
            scratch.work += starts.len() as u64;
        }
        for (pattern, list) in lists.iter_mut().enumerate().filter(|(_, l)| !l.is_empty()) {
            self.confirm(pattern, bytes, from, list, scratch);
            list.clear();
        }
        scratch.lists = lists;
    }

    /// Walks from `starts`, each of which rules 2 and 3 allow, and adds what is found.
    fn confirm(&self, pattern: usize, bytes: &[u8], from: usize, starts: &[u32], scratch: &mut Scratch) {
        let Pattern { detector, walker, lead, .. } = &self.patterns[pattern];
        let Scratch { keys, work, .. } = scratch;
        let mut looked = 0;
        let steps = walker.walk(bytes, starts, |i, end| {
            let maximal = lead.as_ref().is_none_or(|lead| {
                let (maximal, seen) = lead.maximal(bytes, starts[i] as usize);
                looked += seen as u64;
                maximal
            });
            if maximal {
                keys.push(key(from, starts[i], end, *detector));
            }
        });
        *work += steps + looked;
    }
}

/// A hit as one number that sorts by start, end and detector.
fn key(from: usize, start: u32, end: u32, detector: u16) -> u64 {
    u64::from(start - from as u32) << 48 | u64::from(end - start) << 32 | u64::from(detector)
}

/// The text of a window that begins a word before `start`: the input itself, or a copy with line feeds for what the
/// input does not have.
fn window_text<'a>(bytes: &'a [u8], start: usize, length: usize, copy: &'a mut Vec<u8>) -> &'a [u8] {
    if let Some(from) = start.checked_sub(64)
        && let Some(text) = bytes.get(from..from + length)
    {
        return text;
    }
    copy.clear();
    let before = 64 - start.min(64);
    copy.resize(before, b'\n');
    let from = start.saturating_sub(64).min(bytes.len());
    let to = bytes.len().min(from + length - before);
    copy.extend_from_slice(&bytes[from..to]);
    copy.resize(length, b'\n');
    copy
}

/// Adds the starts in `range` that belong to the literal at `at`; returns the bytes looked at.
fn starts_behind(
    bytes: &[u8],
    at: usize,
    needle: &Needle,
    first: &ByteSet,
    lead: Option<&Lead>,
    range: &Range<usize>,
    out: &mut Vec<u32>,
) -> u64 {
    let (least, most) = needle.distance;
    let floor = at.saturating_sub(most);
    let mut add = |start: usize| {
        if range.contains(&start) && first.has(bytes[start]) && start_ok(bytes, start) {
            out.push(start as u32);
        }
    };
    // The literal's first byte is not among those before it, so this never passes the literal before.
    let mut start = at;
    if lead.is_some_and(|lead| needle.before.within(&lead.run) && most <= lead.reach) {
        // Rule 4 leaves only the earliest: every later start has it behind itself in the same run.
        let mut earliest = None;
        while start > floor && needle.before.has(bytes[start - 1]) {
            start -= 1;
            if at - start >= least && first.has(bytes[start]) {
                earliest = Some(start);
            }
        }
        earliest.into_iter().for_each(&mut add);
    } else {
        while start > floor && needle.before.has(bytes[start - 1]) {
            start -= 1;
            if at - start >= least {
                add(start);
            }
        }
    }
    (at - start) as u64
}

impl Serve {
    /// How far beyond the batch's last start its bits are looked for.
    fn reach(&self) -> usize {
        match self {
            Serve::Literal { needle, .. } => needle.distance.1,
            _ => 0,
        }
    }
}

impl Planner {
    /// Plans one pattern, whose place among the patterns is `index`.
    fn add(&mut self, entry: &Entry<'_>, index: usize) -> How {
        let parsed = regex_automata::util::syntax::parse_with(entry.pattern, &syntax());
        let Ok(hir) = parsed else { return How::Keyword { prefixes: 0 } };
        if let Some(prefixes) = prefixes(&hir) {
            let how = How::Keyword { prefixes: prefixes.len() };
            self.keywords.push((index, prefixes));
            return how;
        }
        let fixed = hir.properties().minimum_len().filter(|n| *n == entry.shape.max_len && entry.shape.lead.is_none());
        let mut best: Option<(f64, Plane, How)> = None;
        let mut consider = |cost: f64, plane: Plane, how: How| {
            if best.as_ref().is_none_or(|(least, ..)| cost < *least) {
                best = Some((cost, plane, how));
            }
        };
        for detail in details() {
            let mut outline = Outline { circuit: &mut self.circuit, edges: &self.edges, detail, exact: true };
            let plane = outline.plane(&hir, 0, self.edges.end);
            let exact = fixed.filter(|_| outline.exact).map(|n| n as u32);
            let plane = self.circuit.and(plane, self.edges.start);
            if self.circuit.reach(plane) > REACH_MAX || plane == Plane::NONE {
                continue;
            }
            let terms = self.circuit.needs(plane, &self.have).len();
            let per_kib = self.sample.per_kib(&self.circuit, plane);
            let each = if exact.is_some() { EXACT_CYCLES } else { WALK_CYCLES };
            consider(terms as f64 * OP_CYCLES + per_kib / 2.0 * each, plane, How::Shape { terms, exact, per_kib });
        }
        if let Some(needle) = &entry.shape.needle {
            let mut parts = Vec::new();
            flatten(&hir, &mut parts);
            for detail in details() {
                let Some((plane, terms)) = self.literal(&parts, needle, detail) else { continue };
                let per_kib = self.sample.per_kib(&self.circuit, plane);
                let how = How::Literal { terms, literal: needle.bytes.clone(), per_kib };
                consider(terms as f64 * OP_CYCLES + per_kib / 2.0 * (WALK_CYCLES + 20.0), plane, how);
            }
        }
        let (_, plane, how) =
            best.unwrap_or((0.0, self.edges.start, How::Shape { terms: 1, exact: None, per_kib: f64::INFINITY }));
        for node in self.circuit.needs(plane, &self.have) {
            let node = node as usize;
            self.have.resize(self.have.len().max(node + 1), false);
            self.have[node] = true;
        }
        match (&how, &entry.shape.needle) {
            (How::Literal { .. }, Some(needle)) => {
                let serve = Serve::Literal { pattern: index, needle: needle.clone(), first: entry.shape.places[0] };
                self.streams.push(Stream { plane, slot: 0, serve });
            }
            (How::Shape { exact, .. }, _) => self.starts(plane, *exact, index, entry.detector),
            _ => {}
        }
        how
    }

    /// Adds a pattern to the stream of its plane.
    fn starts(&mut self, plane: Plane, length: Option<u32>, index: usize, detector: u16) {
        let same = |s: &&mut Stream| s.plane == plane && matches!(s.serve, Serve::Starts { .. });
        if self.streams.iter_mut().find(same).is_none() {
            let serve = Serve::Starts { exact: Vec::new(), walks: Vec::new() };
            self.streams.push(Stream { plane, slot: 0, serve });
        }
        let stream = self.streams.iter_mut().find(same);
        if let Some(Stream { serve: Serve::Starts { exact, walks }, .. }) = stream {
            match length {
                Some(length) => exact.push((detector, length)),
                None => walks.push(index),
            }
        }
    }

    /// The places of a literal that have around them what a match has.
    fn literal(
        &mut self,
        parts: &[&regex_syntax::hir::Hir],
        needle: &Needle,
        detail: Detail,
    ) -> Option<(Plane, usize)> {
        let (part, at) = needle.part;
        let regex_syntax::hir::HirKind::Literal(literal) = parts.get(part)?.kind() else { return None };
        let rest = regex_syntax::hir::Hir::literal(&literal.0[at..]);
        let mut after = vec![&rest];
        after.extend(&parts[part + 1..]);
        let mut outline = Outline { circuit: &mut self.circuit, edges: &self.edges, detail, exact: true };
        let plane = outline.concat(&after, 0, self.edges.end);
        let before = self.circuit.set(&needle.before).ahead(-1);
        let plane = self.circuit.and(plane, before);
        if plane == Plane::NONE || self.circuit.reach(plane) + needle.distance.1 as i32 > REACH_MAX {
            return None;
        }
        Some((plane, self.circuit.needs(plane, &self.have).len()))
    }

    /// The stream of all keywords and its tables.
    fn keywords(&mut self, shapes: &[&Shape], level: Level) -> (Option<Prefixes>, Vec<Fit>) {
        if self.keywords.is_empty() {
            return (None, Vec::new());
        }
        // Prefixes that begin alike share a bucket, so that buckets mix as little as they can.
        let mut all: Vec<[ByteSet; 4]> = self.keywords.iter().flat_map(|(_, p)| p.iter().copied()).collect();
        let first = |set: &ByteSet| set.iter().map(|b| b.to_ascii_lowercase()).min().unwrap_or(0);
        all.sort_by_key(|p| p.map(|set| first(&set)));
        all.dedup();
        let count = all.len();
        let tables: Vec<(u8, [[bool; 256]; 4])> = all
            .iter()
            .enumerate()
            .map(|(i, places)| ((i * 8 / count) as u8, places.map(|set| std::array::from_fn(|b| set.has(b as u8)))))
            .collect();
        let mut plane = self.circuit.and(Plane::PREFIXES, self.edges.start);
        if level == Level::Scalar {
            // This level has no plane of prefixes; the first two places stand in for it.
            for place in 0..2 {
                let set = all.iter().fold(ByteSet::default(), |set, p| set.union(&p[place]));
                let here = self.circuit.set(&set).ahead(place as i32);
                plane = self.circuit.and(plane, here);
            }
        }
        self.streams.push(Stream { plane, slot: 0, serve: Serve::Keywords });
        let mut fits: Vec<Fit> = Vec::new();
        for chunk in self.keywords.chunks(64) {
            let mut places = Box::new([[0u64; 256]; PLACES]);
            for (bit, (index, _)) in chunk.iter().enumerate() {
                for (place, set) in places.iter_mut().zip(&shapes[*index].places) {
                    set.iter().for_each(|b| place[usize::from(b)] |= 1 << bit);
                }
            }
            fits.push(Fit { places, patterns: chunk.iter().map(|(index, _)| *index).collect() });
        }
        (Some(Prefixes::new(&tables)), fits)
    }
}

/// The ways to outline a pattern that are weighed against each other.
fn details() -> impl Iterator<Item = Detail> {
    [64, 20, 12, 8, 5, 3].into_iter().flat_map(|depth| {
        [false, true].into_iter().flat_map(move |merge| (0..=2).map(move |coarse| Detail { depth, merge, coarse }))
    })
}

impl How {
    /// Whether a candidate is a hit of known length.
    pub fn is_exact(&self) -> bool {
        matches!(self, How::Shape { exact: Some(_), .. })
    }

    /// In words.
    pub fn text(&self) -> String {
        let terms = |n: &usize| if *n == 1 { "1 term".to_string() } else { format!("{n} terms") };
        match self {
            How::Shape { terms: n, exact: Some(length), .. } => format!("shape, {}, exact, {length} bytes", terms(n)),
            How::Shape { terms: n, per_kib, .. } if *per_kib > NO_ANCHOR_PER_KIB => {
                format!("no anchor, {}, {per_kib:.0} candidates per KiB", terms(n))
            }
            How::Shape { terms: n, .. } => format!("shape, {}", terms(n)),
            How::Literal { terms: n, literal, .. } => {
                format!("literal \"{}\", {}", literal.escape_ascii(), terms(n))
            }
            How::Keyword { prefixes } => format!("keyword, {prefixes} prefixes"),
        }
    }

    /// What it costs where it has no anchor: candidates per KiB of ordinary data.
    pub fn no_anchor(&self) -> Option<f64> {
        match self {
            How::Shape { exact: None, per_kib, .. } | How::Literal { per_kib, .. } => {
                Some(*per_kib).filter(|n| *n > NO_ANCHOR_PER_KIB)
            }
            _ => None,
        }
    }
}
