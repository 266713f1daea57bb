//! The confirm: from a start to the end of the longest hit, for many starts at once.
//!
//! The table is the pattern's automaton with rules 2 and 3 of [`super::edges`] worked in, so that a step is one look-up
//! and a hit's end needs no second look. Several starts are walked in step: a walk waits for its own look-ups, and walks
//! that are independent wait together.

use super::edges::{CLASS, DIGIT, JOIN, WORD};
use super::shape;
use crate::simd::{LANES, StepTable, WALK_STRIDE};
use regex_automata::dfa::{Automaton as _, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::{primitives::StateID, start, syntax};
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Hir, HirKind, Repetition};
use std::collections::HashMap;

/// The table of a pattern may take this much; past it the pattern is refused.
const BYTES_MAX: usize = 48 << 20;
/// A repetition of so many rounds or more is long.
const LONG: u32 = 40;
/// From so many states on an automaton is worth a smaller one beside it.
const ROWS_MANY: usize = 256;

/// One pattern's automaton.
pub struct Walker {
    table: StepTable,
    /// The first row by the byte before the start.
    first: Box<[u32; 256]>,
    rows: usize,
    /// No walk takes more steps.
    steps_max: usize,
    /// Where this automaton leaves the bounds of long repetitions out: as many steps may be believed, and the automaton
    /// that has them.
    bounded: Option<(usize, Box<Walker>)>,
}

/// A state of the automaton, the classes of the last byte, and whether a hit waits for the byte after a join.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    state: StateID,
    last: u8,
    waits: bool,
}

impl Walker {
    /// The automaton of a pattern. An error says why it cannot be built.
    pub fn new(pattern: &str, max_len: usize) -> Result<Walker, String> {
        let whole = Walker::build(pattern, max_len)?;
        let Ok(hir) = syntax::parse_with(pattern, &shape::syntax()) else { return Ok(whole) };
        let mut least = usize::MAX;
        let open = unbounded(&hir, &mut least);
        if least == usize::MAX || whole.rows < ROWS_MANY {
            return Ok(whole);
        }
        // Counting a long repetition takes a state for each round, which is more than a cache holds. A walk shorter than
        // the least bound that is left out ends as it would with it.
        match Walker::build(&open.to_string(), max_len) {
            Ok(mut fast) => {
                fast.bounded = Some((least, Box::new(whole)));
                Ok(fast)
            }
            Err(_) => Ok(whole),
        }
    }

    fn build(pattern: &str, max_len: usize) -> Result<Walker, String> {
        let dfa = dense::Builder::new()
            .configure(
                dense::Config::new()
                    .match_kind(MatchKind::All)
                    .start_kind(regex_automata::dfa::StartKind::Anchored)
                    .accelerate(false)
                    .dfa_size_limit(Some(BYTES_MAX))
                    .determinize_size_limit(Some(BYTES_MAX)),
            )
            .syntax(shape::syntax())
            .thompson(thompson::Config::new().utf8(false))
            .build(pattern)
            .map_err(|e| format!("no automaton of at most {} MiB can be built: {e}", BYTES_MAX >> 20))?;
        let mut classes = Box::new([0u8; 256]);
        let mut columns: Vec<u8> = Vec::new();
        let of_dfa = dfa.byte_classes();
        let mark = |b: u8| (of_dfa.get(b), CLASS[usize::from(b)], b == b'\n');
        for b in 0..=255u8 {
            let column = columns.iter().position(|c| mark(*c) == mark(b)).unwrap_or_else(|| {
                columns.push(b);
                columns.len() - 1
            });
            classes[usize::from(b)] = column as u8;
        }
        // Row 0 ends every walk.
        let mut entries = vec![0u32; columns.len()];
        let mut first = Box::new([0; 256]);
        let mut rows: HashMap<Key, u32> = HashMap::new();
        let mut open: Vec<Key> = Vec::new();
        let width = columns.len() as u32;
        let mut row_of = |key: Key, open: &mut Vec<Key>| {
            let next = (rows.len() as u32 + 1) * width;
            *rows.entry(key).or_insert_with(|| {
                open.push(key);
                next
            })
        };
        let anchored = start::Config::new().anchored(Anchored::Yes);
        for before in 0..=255u8 {
            let state = dfa.start_state(&anchored.clone().look_behind(Some(before))).map_err(|e| e.to_string())?;
            first[usize::from(before)] = row_of(Key { state, last: 0, waits: false }, &mut open);
        }
        let mut done = 0;
        while done < open.len() {
            let key = open[done];
            done += 1;
            for &b in &columns {
                let (next, hit) = step(&dfa, key, b);
                let row = next.map_or(0, |next| row_of(next, &mut open));
                entries.push(row << 2 | hit);
            }
            if entries.len() * size_of::<u32>() > BYTES_MAX || entries.len() >= 1 << 29 {
                return Err(format!("its automaton takes more than {} MiB", BYTES_MAX >> 20));
            }
        }
        let table = StepTable::new(entries, classes, width)?;
        Ok(Walker { table, first, rows: done + 1, steps_max: max_len + 3, bounded: None })
    }

    /// States of the automaton.
    pub fn states(&self) -> usize {
        self.rows + self.bounded.as_ref().map_or(0, |(_, whole)| whole.rows)
    }

    /// Walks from each of `starts` and hands over every hit: the index of its start and its end, in order. Returns the
    /// steps taken.
    pub fn walk(&self, bytes: &[u8], starts: &[u32], found: &mut dyn FnMut(usize, u32)) -> u64 {
        let mut steps = 0;
        let reach = self.steps_max + WALK_STRIDE;
        let mut copies = [const { Vec::new() }; LANES];
        for (group, starts) in starts.chunks(LANES).enumerate() {
            let mut rows = [0u32; LANES];
            for (row, &start) in rows.iter_mut().zip(starts) {
                let before = (start as usize).checked_sub(1).and_then(|p| bytes.get(p)).copied().unwrap_or(b'\n');
                *row = self.first[usize::from(before)];
            }
            let start = |lane: usize| starts.get(lane).copied().unwrap_or(starts[0]) as usize;
            let lengths = if bytes.len() >= start(starts.len() - 1) + reach {
                let lanes = std::array::from_fn(|lane| &bytes[start(lane)..start(lane) + reach]);
                self.table.walk(lanes, rows, self.steps_max)
            } else {
                for (lane, copy) in copies.iter_mut().enumerate() {
                    copy.clear();
                    let from = start(lane).min(bytes.len());
                    copy.extend_from_slice(&bytes[from..bytes.len().min(from + reach)]);
                    // Where the input ends a line does.
                    copy.resize(reach, b'\n');
                }
                self.table.walk(std::array::from_fn(|lane| &copies[lane][..]), rows, self.steps_max)
            };
            steps += (lengths.1 * starts.len()) as u64;
            if let Some((least, whole)) = &self.bounded
                && lengths.1 >= *least
            {
                steps += whole.walk(bytes, starts, &mut |lane, end| found(group * LANES + lane, end));
                continue;
            }
            for (lane, &length) in lengths.0[..starts.len()].iter().enumerate() {
                if length != 0 {
                    found(group * LANES + lane, starts[lane] + length);
                }
            }
        }
        steps
    }
}

/// The pattern without the bounds of its long repetitions, and the least bound that was left out.
fn unbounded(hir: &Hir, least: &mut usize) -> Hir {
    match hir.kind() {
        HirKind::Repetition(r) => {
            let long = r.max.filter(|max| *max >= LONG);
            if let Some(max) = long {
                *least = (*least).min(max as usize);
            }
            let max = if long.is_some() { None } else { r.max };
            Hir::repetition(Repetition { min: r.min, max, greedy: r.greedy, sub: Box::new(unbounded(&r.sub, least)) })
        }
        HirKind::Capture(capture) => unbounded(&capture.sub, least),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(|part| unbounded(part, least)).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(|part| unbounded(part, least)).collect()),
        _ => hir.clone(),
    }
}

/// The key after `byte`, and which hit is known to end now.
fn step(dfa: &dense::DFA<Vec<u32>>, key: Key, byte: u8) -> (Option<Key>, u32) {
    let class = CLASS[usize::from(byte)];
    let state = dfa.next_state(key.state, byte);
    let mut hit = if key.waits && class & DIGIT == 0 { 2 } else { 0 };
    let mut waits = false;
    // A match state is entered one byte late, so the match ends before this byte.
    if dfa.is_match_state(state) && key.last & class & WORD == 0 {
        if key.last & DIGIT != 0 && class & JOIN != 0 {
            waits = true;
        } else {
            hit = 1;
        }
    }
    let over = byte == b'\n' || dfa.is_dead_state(state) || dfa.is_quit_state(state);
    let next = Key { state, last: class & (WORD | DIGIT), waits };
    ((!over || waits).then_some(next), hit)
}
