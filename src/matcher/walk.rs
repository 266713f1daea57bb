//! The confirm: from a start to the end of the longest hit, for many starts at once.
//!
//! The table is the pattern's automaton with rules 2 and 3 of [`super::edges`] worked in, so that a step is one look-up
//! and a hit's end needs no second look. Several starts are walked in step: a walk waits for its own look-ups, and walks
//! that are independent wait together.

use super::edges::{CLASS, DIGIT, JOIN, WORD};
use super::shape;
use regex_automata::dfa::{Automaton as _, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::{primitives::StateID, start};
use regex_automata::{Anchored, MatchKind};
use std::collections::HashMap;

/// The table of a pattern may take this much; past it the pattern is refused.
const BYTES_MAX: usize = 48 << 20;
/// Starts that are walked in step.
const LANES: usize = 8;
/// Steps between two looks at whether all walks have ended.
const STRIDE: usize = 4;

/// One pattern's automaton.
pub struct Walker {
    /// Entry `row + class`: the next row shifted left by two; in the low two bits 1 when a hit ends before the byte that
    /// was read, 2 when it ends one byte earlier. Row 0 is the end of all walks.
    table: Vec<u32>,
    classes: Box<[u8; 256]>,
    /// The first row by the byte before the start.
    first: Box<[u32; 256]>,
    rows: usize,
    /// No walk takes more steps.
    steps_max: usize,
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
        let mut walker = Walker {
            table: vec![0; columns.len()],
            classes,
            first: Box::new([0; 256]),
            rows: 1,
            steps_max: max_len + 3,
        };
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
            walker.first[usize::from(before)] = row_of(Key { state, last: 0, waits: false }, &mut open);
        }
        let mut done = 0;
        while done < open.len() {
            let key = open[done];
            done += 1;
            for &b in &columns {
                let (next, hit) = step(&dfa, key, b);
                let row = next.map_or(0, |next| row_of(next, &mut open));
                walker.table.push(row << 2 | hit);
            }
            if walker.table.len() * size_of::<u32>() > BYTES_MAX || walker.table.len() >= 1 << 29 {
                return Err(format!("its automaton takes more than {} MiB", BYTES_MAX >> 20));
            }
        }
        walker.rows = done + 1;
        Ok(walker)
    }

    /// States of the automaton.
    pub fn states(&self) -> usize {
        self.rows
    }

    /// Walks from each of `starts` and hands over every hit: the index of its start and its end, in order. Returns the
    /// steps taken.
    pub fn walk(&self, bytes: &[u8], starts: &[u32], mut found: impl FnMut(usize, u32)) -> u64 {
        let mut steps = 0;
        for (group, starts) in starts.chunks(LANES).enumerate() {
            let mut rows = [0usize; LANES];
            let mut at = [0usize; LANES];
            let mut ends = [0usize; LANES];
            for (lane, &start) in starts.iter().enumerate() {
                let before = (start as usize).checked_sub(1).and_then(|p| bytes.get(p)).copied().unwrap_or(b'\n');
                rows[lane] = self.first[usize::from(before)] as usize;
                at[lane] = start as usize;
            }
            let mut taken = 0;
            while taken < self.steps_max && rows.iter().any(|row| *row != 0) {
                for _ in 0..STRIDE {
                    for lane in 0..LANES {
                        let place = at[lane];
                        // Where the input ends a line does.
                        let byte = bytes.get(place).copied().unwrap_or(b'\n');
                        let entry = self.table[rows[lane] + usize::from(self.classes[usize::from(byte)])];
                        rows[lane] = (entry >> 2) as usize;
                        let hit = (entry & 3) as usize;
                        let end = (place + 1).wrapping_sub(hit);
                        ends[lane] = if hit != 0 { end } else { ends[lane] };
                        at[lane] = place + 1;
                    }
                }
                taken += STRIDE;
            }
            steps += (taken * starts.len()) as u64;
            for (lane, end) in ends[..starts.len()].iter().enumerate() {
                if *end != 0 {
                    found(group * LANES + lane, *end as u32);
                }
            }
        }
        steps
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
