//! The front end: which planes lead to which starts, and the scan of a batch of bytes.
//!
//! A window of text becomes bit planes ([`crate::simd`]); a program of plane arithmetic leaves a few **streams**, one bit
//! for each candidate. A stream is served in one of four ways. **Shape**: a bit is a start; where the outline is exact
//! and the length fixed, the hit is known, else the automaton walks to its end. **Literal**: a bit is a literal that
//! every match holds, and the start is looked for behind it. **Keyword**: a bit is a place where one of many prefixes may
//! stand; two tables of two bytes each sort out most that are none, and eight tables of one say whose the rest are.
//! **Mold**: a bit is a place where a number may start, and [`super::molds`] say whose and how long.
//!
//! Nothing is carried from one window to the next: a window sees as far ahead as any stream asks. What the windows of a
//! batch leave in a stream is served together, because much of the cost is a turn of a list, not its length.

use super::circuit::Plane;
use super::edges::start_ok;
use super::keys::{hits, key, sort};
use super::lanes::Scratch;
use super::molds::{Cast, Molds, Read};
use super::pairs::Pairs;
use super::planner::{Entry, Planner};
use super::shape::{ByteSet, Lead, Needle, PLACES, Shape};
use super::stream::{Fit, How, Serve, Stream};
use super::text::{near, window_text};
use super::walk::Walker;
use crate::simd::{Kernels, Level, Prefixes, Program, STEP_WORDS, TAIL_BYTES, WINDOW_WORDS};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use std::ops::Range;

/// Words a window holds beyond the batch, at most.
const AHEAD_WORDS: usize = 7;
/// Bytes whose starts a window has.
const OWNED_BYTES: usize = (WINDOW_WORDS - 1 - AHEAD_WORDS) * 64;
/// Bytes of a batch: several windows, so that what is found in them is looked at together.
pub const BATCH_BYTES: usize = 4 * OWNED_BYTES;
struct Pattern {
    detector: u16,
    walker: Walker,
    lead: Option<Lead>,
    how: How,
}

/// The front end of all patterns that run over all bytes.
pub struct Front {
    kernels: Kernels,
    program: Program,
    prefixes: Option<Prefixes>,
    streams: Vec<Stream>,
    pairs: Pairs,
    fits: Vec<Fit>,
    molds: Molds,
    /// The planes that molds read and where the program leaves them: digits, and where hits may end.
    molded: [(Plane, usize); 2],
    patterns: Vec<Pattern>,
    ahead: usize,
}

/// What a front end takes for every batch.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Operations on planes.
    pub operations: usize,
    /// Planes that are held at once.
    pub planes: usize,
    /// Sets that are looked up.
    pub sets: usize,
    /// Streams.
    pub streams: usize,
}

impl Front {
    /// Plans `entries` for a level. Every pattern that cannot be planned is named.
    pub fn new(entries: &[Entry<'_>], level: Level) -> Result<Front, Vec<(u16, String)>> {
        let mut planner = Planner::new(level);
        let walkers: Vec<Walker> = entries.iter().map(|e| Walker::new(&e.shape.hir, e.shape.max_len)).collect();
        // What nobody has built before may turn out not to be buildable.
        let build = |(entry, walker): (&Entry<'_>, &Walker)| {
            let built = if entry.shipped { Ok(()) } else { walker.build() };
            built.err().map(|why| (entry.detector, why))
        };
        let (problems, hows) = rayon::join(
            || entries.par_iter().zip(&walkers).filter_map(build).collect::<Vec<_>>(),
            || {
                planner.consider(entries);
                entries.iter().enumerate().map(|(i, entry)| planner.add(entry, i)).collect::<Vec<_>>()
            },
        );
        if !problems.is_empty() {
            return Err(problems);
        }
        let pattern = |((entry, walker), how): ((&Entry<'_>, Walker), How)| {
            let lead = entry.shape.lead.clone();
            Pattern { detector: entry.detector, walker, lead, how }
        };
        let patterns = entries.iter().zip(walkers).zip(hows).map(pattern).collect();
        let kernels = Kernels::new(level);
        let shapes: Vec<&Shape> = entries.iter().map(|e| e.shape).collect();
        let (prefixes, pairs, fits) = planner.keywords(&shapes, kernels.level());
        let molded = planner.cast();
        let Planner { circuit, mut streams, molds, .. } = planner;
        let planes: Vec<Plane> = streams.iter().map(|s| s.plane).chain(molded.into_iter().flatten()).collect();
        let (program, slots) =
            circuit.program(&planes).map_err(|why| vec![(entries.first().map_or(0, |e| e.detector), why)])?;
        let molded = match (molded, slots.as_slice()) {
            (Some([digits, ends]), [.., one, other]) => [(digits, *one), (ends, *other)],
            _ => [(Plane::ALL, 0); 2],
        };
        streams.iter_mut().zip(slots).for_each(|(s, slot)| s.slot = slot);
        let beyond = |s: &Stream| circuit.reach(s.plane).max(0) as usize + s.serve.looks();
        let ahead = streams.iter().map(beyond).max().unwrap_or(0) / 64 + 1;
        Ok(Front {
            kernels,
            program,
            prefixes,
            streams,
            pairs,
            fits,
            molds,
            molded,
            patterns,
            ahead: ahead.min(AHEAD_WORDS),
        })
    }

    /// The level of its kernels.
    pub fn level(&self) -> Level {
        self.kernels.level()
    }

    /// How a detector's starts are found, and the states of its automaton.
    pub fn how(&self, detector: u16) -> Option<(&How, usize)> {
        self.patterns.iter().find(|p| p.detector == detector).map(|p| (&p.how, p.walker.states()))
    }

    /// How large the whole front end is.
    pub fn size(&self) -> Size {
        let Front { program, streams, .. } = self;
        Size { operations: program.ops().len(), planes: program.slots(), sets: program.sets(), streams: streams.len() }
    }

    /// Puts the hits that start in `range`, which is at most [`BATCH_BYTES`] long, into the scratch, in order.
    pub fn scan(&self, bytes: &[u8], range: Range<usize>, scratch: &mut Scratch) {
        scratch.hits.clear();
        scratch.keys.clear();
        scratch.found.resize_with(self.streams.len().max(scratch.found.len()), Vec::new);
        scratch.lists.resize_with(self.patterns.len().max(scratch.lists.len()), Vec::new);
        scratch.casts.clear();
        if range.is_empty() || self.streams.is_empty() {
            return;
        }
        let mut at = range.start;
        while at < range.end {
            let window = at..range.end.min(at + OWNED_BYTES);
            at = window.end;
            self.window(bytes, window, at == range.end, scratch);
        }
        let mut found = std::mem::take(&mut scratch.found);
        for (stream, starts) in self.streams.iter().zip(&mut found) {
            self.serve(stream, bytes, &range, starts, scratch);
            starts.clear();
        }
        scratch.found = found;
        sort(&mut scratch.keys, range.len(), &mut scratch.places);
        hits(&scratch.keys, range.start as u32, &mut scratch.hits);
    }

    /// Computes the planes of a window and reads its streams out; `last` when no other window of the batch follows.
    fn window(&self, bytes: &[u8], window: Range<usize>, last: bool, scratch: &mut Scratch) {
        let words = (1 + window.len().div_ceil(64) + self.ahead).next_multiple_of(STEP_WORDS).min(WINDOW_WORDS);
        let Scratch { window: copy, planes, alive, found, casts, work, .. } = scratch;
        let text = window_text(bytes, window.start, words * 64 + TAIL_BYTES, copy);
        self.kernels.run(&self.program, self.prefixes.as_ref(), text, words, planes, alive);
        *work += (words * 64) as u64;
        for (output, (stream, starts)) in self.streams.iter().zip(found).enumerate() {
            if !alive.get(output).copied().unwrap_or(false) {
                continue;
            }
            let before = starts.len();
            // Bit `p` of the plane stands for byte `origin + p` of the input; what wraps is cut off below.
            let shift = stream.plane.shift;
            let origin = (window.start as i64 - 64 - i64::from(shift)) as u32;
            // What lies beyond the batch may belong to a start within it; beyond a window the next one looks.
            let reach = if last { stream.serve.reach() } else { 0 };
            let end = (window.end + reach).min(bytes.len()) as u32;
            let bits_from = (64 + shift).max(0) as usize;
            let bits_to = ((64 + shift) as i64 + (end as i64 - window.start as i64)).max(0) as usize;
            let plane = planes.plane(stream.slot);
            self.kernels.positions(plane, bits_from / 64, bits_to.div_ceil(64).min(words), starts);
            let first = window.start as u32;
            starts[before..].iter_mut().for_each(|p| *p = p.wrapping_add(origin));
            let tail = starts[before..].iter().rev().take_while(|p| **p >= end).count();
            starts.truncate(starts.len() - tail);
            let head = starts[before..].iter().take_while(|p| **p < first || **p >= end).count();
            starts.drain(before..before + head);
            *work += (starts.len() - before) as u64;
            if matches!(stream.serve, Serve::Molds) {
                let bit = |(plane, _): (Plane, usize)| (64 + plane.shift).max(0) as usize;
                let read = Read {
                    digits: planes.plane(self.molded[0].1),
                    ends: planes.plane(self.molded[1].1),
                    start: window.start as u32,
                    bits: (bit(self.molded[0]), bit(self.molded[1])),
                };
                self.molds.note(read, &starts[before..], casts);
                starts.truncate(before);
            }
        }
    }

    fn serve(&self, stream: &Stream, bytes: &[u8], range: &Range<usize>, starts: &[u32], scratch: &mut Scratch) {
        match &stream.serve {
            Serve::Starts { exact, walks } => {
                for &(detector, length) in exact {
                    scratch.keys.extend(starts.iter().map(|s| key(range.start, *s, *s + length, detector)));
                }
                for &pattern in walks {
                    self.confirm(pattern, bytes, range.start, starts, scratch);
                }
            }
            Serve::Literal { pattern, needle, first } => {
                let lead = self.patterns[*pattern].lead.as_ref();
                let mut behind = std::mem::take(&mut scratch.behind);
                behind.clear();
                for &at in starts {
                    scratch.work += starts_behind(bytes, at as usize, needle, first, lead, range, &mut behind);
                }
                self.confirm(*pattern, bytes, range.start, &behind, scratch);
                scratch.behind = behind;
            }
            Serve::Keywords => self.keywords(bytes, range.start, starts, scratch),
            Serve::Molds => self.cast(bytes, range.start, scratch),
        }
    }

    /// Takes what the molds say of their starts.
    fn cast(&self, bytes: &[u8], from: usize, scratch: &mut Scratch) {
        let Scratch { keys, casts, lists, work, .. } = scratch;
        *work += self.molds.cast(bytes, casts, &mut |pattern, cast, starts| {
            let pattern = usize::from(pattern);
            match cast {
                Cast::Hit(length) => {
                    let detector = self.patterns[pattern].detector;
                    keys.extend(starts.iter().map(|start| key(from, *start, start + length, detector)));
                }
                Cast::Walk => lists[pattern].extend_from_slice(starts),
            }
        });
        for list in lists.iter_mut().filter(|list| !list.is_empty()) {
            list.sort_unstable();
            list.dedup();
        }
        self.walk(bytes, from, scratch);
    }

    /// Walks the starts that were listed for each pattern.
    fn walk(&self, bytes: &[u8], from: usize, scratch: &mut Scratch) {
        let mut lists = std::mem::take(&mut scratch.lists);
        for (pattern, list) in lists.iter_mut().enumerate().filter(|(_, l)| !l.is_empty()) {
            self.confirm(pattern, bytes, from, list, scratch);
            list.clear();
        }
        scratch.lists = lists;
    }

    fn keywords(&self, bytes: &[u8], from: usize, starts: &[u32], scratch: &mut Scratch) {
        let Scratch { lists, behind: few, work, .. } = scratch;
        let next = |start: u32| near::<PLACES>(bytes, start);
        // Always written, kept by adding the condition: most prefixes are none, and which is not to be foretold.
        few.clear();
        few.resize(starts.len(), 0);
        let mut kept = 0;
        for &start in starts {
            let head = near(bytes, start);
            few[kept] = start;
            kept += usize::from(self.pairs.fit(head));
        }
        few.truncate(kept);
        *work += kept as u64;
        for &start in few.iter() {
            for fit in &self.fits {
                let places = fit.places.iter().zip(next(start));
                let mut fits = places.fold(u64::MAX, |fits, (place, byte)| fits & place[usize::from(byte)]);
                while fits != 0 {
                    lists[fit.patterns[fits.trailing_zeros() as usize]].push(start);
                    fits &= fits - 1;
                }
            }
        }
        self.walk(bytes, from, scratch);
    }

    /// Walks from `starts`, each of which rules 2 and 3 allow, and adds what is found.
    fn confirm(&self, pattern: usize, bytes: &[u8], from: usize, starts: &[u32], scratch: &mut Scratch) {
        let Pattern { detector, walker, lead, .. } = &self.patterns[pattern];
        let Scratch { keys, work, .. } = scratch;
        let mut looked = 0;
        let steps = walker.walk(bytes, starts, &mut |i, end| {
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
