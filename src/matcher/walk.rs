//! The confirm: from a start to the end of the longest hit, for many starts at once.
//!
//! The table is the pattern's automaton with rules 2 and 3 of [`super::edges`] worked in, so that a step is one look-up
//! and a hit's end needs no second look. Several starts are walked in step: a walk waits for its own look-ups, and walks
//! that are independent wait together.

use super::edges::{CLASS, DIGIT, JOIN, WORD, end_ok};
use super::mix::Mixed;
use crate::simd::{LANES, StepTable, WALK_STRIDE};
use regex_automata::dfa::{Automaton as _, dense};
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures, pikevm::PikeVM};
use regex_automata::util::{primitives::StateID, start};
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::{Hir, HirKind, Repetition};
use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The table of a pattern may take this much; past it the pattern is refused.
const BYTES_MAX: usize = 48 << 20;
/// A repetition of so many rounds or more is long.
const LONG: u32 = 40;
/// Steps without an automaton before one is built. They take less time than the building does.
const SLOW_STEPS: usize = 100_000;

/// One pattern's confirm. Nothing of it is built before the first start is walked, because most patterns find none.
pub struct Walker {
    hir: Hir,
    max_len: usize,
    /// No table may take more bytes.
    room: usize,
    built: OnceLock<Result<Built, String>>,
}

/// What a walk needs.
struct Built {
    /// Takes the first steps of every walk.
    fast: Table,
    /// Where this is, the automaton leaves the bounds of long repetitions out. Counting one takes a state for each round,
    /// which is more than a cache holds, and few walks come to a bound.
    bounded: Option<Bounded>,
}

/// The pattern with its bounds, for walks that come to one of them.
struct Bounded {
    /// A walk of fewer steps ends as it would with the bounds.
    least: usize,
    /// Serves until there is an automaton, and where it is too large.
    slow: PikeVM,
    /// Steps that it has taken.
    slow_steps: AtomicUsize,
    /// None when it is too large.
    whole: OnceLock<Option<Table>>,
}

/// A pattern's automaton.
struct Table {
    steps: StepTable,
    /// The first row by the byte before the start.
    first: Box<[u32; 256]>,
    rows: usize,
}

/// A state of the automaton, the classes of the last byte, and whether a hit waits for the byte after a join.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    state: StateID,
    last: u8,
    waits: bool,
}

impl Walker {
    /// The confirm of a pattern whose matches are at most `max_len` bytes long.
    pub fn new(hir: &Hir, max_len: usize) -> Walker {
        Walker::within(BYTES_MAX, hir, max_len)
    }

    /// The same, where no table may take more than `room` bytes.
    pub fn within(room: usize, hir: &Hir, max_len: usize) -> Walker {
        Walker { hir: hir.clone(), max_len, room, built: OnceLock::new() }
    }

    /// Builds the automaton now. An error says why that cannot be done.
    pub fn build(&self) -> Result<(), String> {
        self.built().as_ref().map(|_| ()).map_err(String::clone)
    }

    /// States of the automaton that takes the first steps of every walk, which is built now.
    pub fn states(&self) -> usize {
        self.built().as_ref().map_or(0, |built| built.fast.rows)
    }

    fn built(&self) -> &Result<Built, String> {
        self.built.get_or_init(|| {
            let mut least = usize::MAX;
            let open = unbounded(&self.hir, &mut least);
            if least < usize::MAX
                && let Ok(fast) = Table::new(self.room, &nfa(&open)?)
            {
                let slow = PikeVM::builder()
                    .configure(PikeVM::config().match_kind(MatchKind::All))
                    .build_from_nfa(nfa(&self.hir)?)
                    .map_err(|e| e.to_string())?;
                return Ok(Built {
                    fast,
                    bounded: Some(Bounded { least, slow, slow_steps: AtomicUsize::new(0), whole: OnceLock::new() }),
                });
            }
            Ok(Built { fast: Table::new(self.room, &nfa(&self.hir)?)?, bounded: None })
        })
    }

    /// Walks from each of `starts` and hands over every hit: the index of its start and its end, in order. Returns the
    /// steps taken.
    ///
    /// # Panics
    /// When the automaton cannot be built, which [`Walker::build`] says beforehand.
    pub fn walk(&self, bytes: &[u8], starts: &[u32], found: &mut dyn FnMut(usize, u32)) -> u64 {
        if starts.is_empty() {
            return 0;
        }
        let Built { fast, bounded } = self.built().as_ref().expect("an automaton that can be built");
        let (most, mut steps) = (self.max_len + 3, 0);
        for (group, starts) in starts.chunks(LANES).enumerate() {
            let (mut lengths, mut taken) = fast.walk(bytes, starts, most);
            steps += (taken * starts.len()) as u64;
            if let Some(bounded) = bounded
                && taken >= bounded.least
            {
                (lengths, taken) = bounded.walk(bytes, starts, most, self.room);
                steps += (taken * starts.len()) as u64;
            }
            for (lane, &length) in lengths[..starts.len()].iter().enumerate() {
                if length != 0 {
                    found(group * LANES + lane, starts[lane] + length);
                }
            }
        }
        steps
    }
}

impl Bounded {
    /// What [`Table::walk`] returns, with the automaton once it is worth its building: that takes as long as building all
    /// the others, and most inputs have few walks that long. Whoever takes the last step without it builds it, and the
    /// others do not wait for it.
    fn walk(&self, bytes: &[u8], starts: &[u32], most: usize, room: usize) -> ([u32; LANES], usize) {
        if let Some(Some(whole)) = self.whole.get() {
            return whole.walk(bytes, starts, most);
        }
        let walked = walk_slowly(&self.slow, bytes, starts, most);
        let steps = walked.1 * starts.len();
        let before = self.slow_steps.fetch_add(steps, Ordering::Relaxed);
        if before < SLOW_STEPS && before + steps >= SLOW_STEPS {
            self.whole.get_or_init(|| Table::new(room, self.slow.get_nfa()).ok());
        }
        walked
    }
}

impl Table {
    fn new(room: usize, nfa: &NFA) -> Result<Table, String> {
        let dfa = dense::Builder::new()
            .configure(
                dense::Config::new()
                    .match_kind(MatchKind::All)
                    .start_kind(regex_automata::dfa::StartKind::Anchored)
                    .accelerate(false)
                    .dfa_size_limit(Some(room))
                    .determinize_size_limit(Some(room)),
            )
            .build_from_nfa(nfa)
            .map_err(|e| format!("no automaton of at most {} MiB can be built: {e}", room >> 20))?;
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
        let mut rows: HashMap<Key, u32, Mixed> = HashMap::default();
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
            if entries.len() * size_of::<u32>() > room || entries.len() >= 1 << 29 {
                return Err(format!("its automaton takes more than {} MiB", room >> 20));
            }
        }
        let steps = StepTable::new(entries, classes, width)?;
        Ok(Table { steps, first, rows: done + 1 })
    }

    /// Walks from each of `starts`, which are few enough to go in step. Returns how long the hit of each is, 0 where there
    /// is none, and the steps that the longest walk took.
    fn walk(&self, bytes: &[u8], starts: &[u32], most: usize) -> ([u32; LANES], usize) {
        let reach = most + WALK_STRIDE;
        let mut rows = [0u32; LANES];
        for (row, &start) in rows.iter_mut().zip(starts) {
            let before = (start as usize).checked_sub(1).and_then(|p| bytes.get(p)).copied().unwrap_or(b'\n');
            *row = self.first[usize::from(before)];
        }
        let start = |lane: usize| starts.get(lane).copied().unwrap_or(starts[0]) as usize;
        if bytes.len() >= start(starts.len() - 1) + reach {
            let lanes = std::array::from_fn(|lane| &bytes[start(lane)..start(lane) + reach]);
            return self.steps.walk(lanes, rows, most);
        }
        let copies: [Vec<u8>; LANES] = std::array::from_fn(|lane| {
            let from = start(lane).min(bytes.len());
            let mut copy = bytes[from..bytes.len().min(from + reach)].to_vec();
            // Where the input ends a line does.
            copy.resize(reach, b'\n');
            copy
        });
        self.steps.walk(std::array::from_fn(|lane| &copies[lane][..]), rows, most)
    }
}

/// What [`Table::walk`] returns, without a table.
fn walk_slowly(slow: &PikeVM, bytes: &[u8], starts: &[u32], most: usize) -> ([u32; LANES], usize) {
    let (mut lengths, mut steps, mut cache) = ([0; LANES], 0, slow.create_cache());
    for (length, &start) in lengths.iter_mut().zip(starts) {
        let start = start as usize;
        let end = bytes.len().min(start + most);
        let mut bound = bytes[start..end].iter().position(|b| *b == b'\n').map_or(end, |n| start + n);
        // The longest match that the edges allow is found from the longest of all downwards.
        loop {
            steps += bound - start + 1;
            let input = Input::new(bytes).span(start..bound).anchored(Anchored::Yes);
            let mut slots = [None; 2];
            slow.search_slots(&mut cache, &input, &mut slots);
            match slots[1].map(|end| end.get()) {
                Some(end) if end > start && end_ok(bytes, end) => {
                    *length = (end - start) as u32;
                    break;
                }
                Some(end) if end > start + 1 => bound = end - 1,
                _ => break,
            }
        }
    }
    (lengths, steps / starts.len())
}

fn nfa(hir: &Hir) -> Result<NFA, String> {
    // The bounds of the whole match are all that the slow way reads.
    let config = thompson::Config::new().utf8(false).which_captures(WhichCaptures::Implicit);
    thompson::Compiler::new().configure(config).build_from_hir(hir).map_err(|e| e.to_string())
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
