//! The slow twin of the front end: every start, every pattern, every end from the longest. It shares with the fast path
//! only how a pattern is read ([`super::shape::syntax`]) and what rule 4 looks for ([`super::shape::Lead`]); the rules
//! themselves ([`super::edges`] states them) are written again here, in the plainest way.

use super::shape::{PlanProblem, Shape, syntax};
use crate::model::detector::Detector;
use crate::model::finding::Hit;
use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input, MatchKind};
use std::ops::Range;

/// Finds the hits of detectors by trying everything.
pub struct Oracle {
    patterns: Vec<Pattern>,
}

struct Pattern {
    detector: u16,
    regex: Regex,
    shape: Shape,
}

impl Oracle {
    /// An oracle over the detectors whose patterns run over all bytes; those that look only into fields that name them
    /// are left out, as [`super::plan::Matcher::scan`] leaves them out.
    pub fn new(detectors: &[Detector]) -> Result<Oracle, Vec<PlanProblem>> {
        let mut patterns = Vec::new();
        let mut problems = Vec::new();
        for (i, detector) in detectors.iter().enumerate().filter(|(_, d)| !d.field_only) {
            let Some(pattern) = &detector.pattern else { continue };
            let built = Shape::new(pattern).and_then(|shape| {
                let regex = Regex::builder()
                    .configure(Regex::config().match_kind(MatchKind::All).utf8_empty(false).auto_prefilter(false))
                    .syntax(syntax())
                    .build(pattern)
                    .map_err(|e| e.to_string())?;
                Ok(Pattern { detector: i as u16, regex, shape })
            });
            match built {
                Ok(pattern) => patterns.push(pattern),
                Err(why) => problems.push(PlanProblem { detector: detector.id.clone(), why }),
            }
        }
        if problems.is_empty() { Ok(Oracle { patterns }) } else { Err(problems) }
    }

    /// The hits whose first byte lies in `owned`, sorted by start, end and detector.
    pub fn scan(&self, bytes: &[u8], owned: Range<u32>) -> Vec<Hit> {
        let mut hits = Vec::new();
        for start in owned.start as usize..(owned.end as usize).min(bytes.len()) {
            if !may_start(bytes, start) {
                continue;
            }
            let line = bytes[start..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| start + n);
            for pattern in &self.patterns {
                if let Some(end) = pattern.longest(bytes, start, line) {
                    hits.push(Hit { start: start as u32, end: end as u32, detector: pattern.detector });
                }
            }
        }
        hits.sort();
        hits
    }
}

impl Pattern {
    /// The largest end, at most `line`, such that the pattern matches exactly from `start` to it and the edges agree.
    fn longest(&self, bytes: &[u8], start: usize, line: usize) -> Option<usize> {
        if let Some(lead) = &self.shape.lead {
            let reach = start.saturating_sub(lead.reach);
            let run = (reach..start).rev().take_while(|p| lead.run.has(bytes[*p]));
            if run.into_iter().any(|p| lead.first.has(bytes[p])) {
                return None;
            }
        }
        let mut bound = line;
        while bound > start {
            // A span limits the match, not what look-around sees.
            let input = Input::new(bytes).span(start..bound).anchored(Anchored::Yes);
            let end = self.regex.search_half(&input)?.offset();
            if end > start && may_end(bytes, end) {
                return Some(end);
            }
            bound = end.checked_sub(1)?;
        }
        None
    }
}

fn is_word(byte: Option<&u8>) -> bool {
    byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

fn may_start(bytes: &[u8], start: usize) -> bool {
    let before = &bytes[..start];
    if is_word(bytes.get(start)) && is_word(before.last()) {
        return false;
    }
    !(bytes[start].is_ascii_digit() && matches!(before, [.., b'0'..=b'9', b'-' | b'.']))
}

fn may_end(bytes: &[u8], end: usize) -> bool {
    let after = &bytes[end..];
    if is_word(bytes.get(end - 1)) && is_word(after.first()) {
        return false;
    }
    !(bytes[end - 1].is_ascii_digit() && matches!(after, [b'-' | b'.', b'0'..=b'9', ..]))
}
