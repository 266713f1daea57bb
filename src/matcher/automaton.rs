//! Anchored automata: given a start, the longest acceptable end of every pattern of a group, in one walk.

use super::edges::end_ok;
use super::shape;
use regex_automata::dfa::{Automaton as _, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::{primitives::StateID, start};
use regex_automata::{Anchored, MatchKind};

/// Patterns in one automaton; one bit each.
pub const PATTERNS_MAX: usize = 64;
/// A group's table may take this much; past it the group is split, so that the hot part stays in the cache.
const GROUP_BYTES_MAX: usize = 4 << 20;
/// The table of a single pattern may take this much; past it the pattern is refused.
const SINGLE_BYTES_MAX: usize = 48 << 20;

/// One automaton over the patterns of some detectors.
pub struct Automaton {
    dfa: dense::DFA<Vec<u32>>,
    /// The first state by the byte before the start; the last entry is for the start of the input.
    first: Vec<StateID>,
    /// The detector of each pattern.
    pub detectors: Vec<u16>,
}

/// Where the patterns of a group ended.
pub struct Ends {
    /// Bit `p`: pattern `p` matched.
    pub matched: u64,
    /// The end of the longest acceptable match of each pattern that matched.
    pub ends: [u32; PATTERNS_MAX],
}

impl Default for Ends {
    fn default() -> Self {
        Ends { matched: 0, ends: [0; PATTERNS_MAX] }
    }
}

impl Automaton {
    /// Automata that together hold all `patterns`, as few as their size allows. An error names the detector that does
    /// not fit by itself.
    pub fn group(patterns: &[(u16, &str)]) -> Result<Vec<Automaton>, (u16, String)> {
        let limit = if patterns.len() == 1 { SINGLE_BYTES_MAX } else { GROUP_BYTES_MAX };
        let built = if patterns.len() <= PATTERNS_MAX { Automaton::new(patterns, limit) } else { Err(String::new()) };
        match built {
            Ok(automaton) => Ok(vec![automaton]),
            Err(why) if patterns.len() <= 1 => Err((patterns.first().map_or(0, |p| p.0), why)),
            Err(_) => {
                let (left, right) = patterns.split_at(patterns.len() / 2);
                let mut all = Automaton::group(left)?;
                all.extend(Automaton::group(right)?);
                Ok(all)
            }
        }
    }

    fn new(patterns: &[(u16, &str)], bytes_max: usize) -> Result<Automaton, String> {
        let expressions: Vec<&str> = patterns.iter().map(|(_, p)| *p).collect();
        let dfa = dense::Builder::new()
            .configure(
                dense::Config::new()
                    .match_kind(MatchKind::All)
                    .start_kind(regex_automata::dfa::StartKind::Anchored)
                    .accelerate(false)
                    .dfa_size_limit(Some(bytes_max))
                    .determinize_size_limit(Some(bytes_max)),
            )
            .syntax(shape::syntax())
            .thompson(thompson::Config::new().utf8(false))
            .build_many(&expressions)
            .map_err(|e| format!("no automaton of at most {} MiB can be built: {e}", bytes_max >> 20))?;
        let anchored = start::Config::new().anchored(Anchored::Yes);
        let mut first = Vec::with_capacity(257);
        for before in (0..=255).map(Some).chain([None]) {
            let state = dfa.start_state(&anchored.clone().look_behind(before)).map_err(|e| e.to_string())?;
            first.push(state);
        }
        Ok(Automaton { dfa, first, detectors: patterns.iter().map(|p| p.0).collect() })
    }

    /// States of the automaton, about.
    pub fn states(&self) -> usize {
        self.dfa.memory_usage() / (self.dfa.stride() * size_of::<u32>()).max(1)
    }

    /// Walks from `start` and sets in `out` where each pattern ended. Returns the steps taken, at most the longest match
    /// plus one.
    pub fn run(&self, bytes: &[u8], start: usize, out: &mut Ends) -> usize {
        out.matched = 0;
        let before = start.checked_sub(1).map_or(256, |p| bytes[p] as usize);
        let mut state = self.first[before];
        let mut at = start;
        loop {
            let Some(&byte) = bytes.get(at) else {
                state = self.dfa.next_eoi_state(state);
                if self.dfa.is_match_state(state) {
                    self.note(bytes, state, at, out);
                }
                break;
            };
            state = self.dfa.next_state(state, byte);
            if self.dfa.is_special_state(state) {
                if self.dfa.is_match_state(state) {
                    // A match state is entered one byte late, so the match ends before this byte.
                    self.note(bytes, state, at, out);
                } else {
                    break;
                }
            }
            if byte == b'\n' {
                break;
            }
            at += 1;
        }
        at - start + 1
    }

    fn note(&self, bytes: &[u8], state: StateID, end: usize, out: &mut Ends) {
        if end == 0 || !end_ok(bytes, end) {
            return;
        }
        for i in 0..self.dfa.match_len(state) {
            let pattern = self.dfa.match_pattern(state, i).as_usize();
            out.matched |= 1 << pattern;
            out.ends[pattern] = end as u32;
        }
    }
}
