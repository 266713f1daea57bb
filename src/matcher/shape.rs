//! What can be told of a pattern by looking at its expression: how long its matches are, which bytes may stand at its
//! first places, how it begins, and which literal every match must hold.
//!
//! All of it errs on one side: a set may be too large, never too small, so that a front end built on it misses nothing.

use super::edges::{CLASS, DIGIT, JOIN, WORD};
use regex_automata::util::syntax;
use regex_syntax::hir::{Class, Hir, HirKind, Look};
use std::fmt;

/// How many places from the start [`Shape::places`] describes.
pub const PLACES: usize = 8;
/// How many of them a keyword is looked up by.
pub const PREFIX_PLACES: usize = 4;

/// A detector whose pattern cannot be planned, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanProblem {
    /// The detector's id.
    pub detector: String,
    /// What is wrong, in words that say what to change.
    pub why: String,
}

impl fmt::Display for PlanProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "detector {}: {}", self.detector, self.why)
    }
}

impl std::error::Error for PlanProblem {}

/// How every pattern is read: as bytes, ASCII only, `^` and `$` at lines.
pub fn syntax() -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(false).multi_line(true)
}

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ByteSet([u64; 4]);

impl ByteSet {
    /// Every byte.
    pub const ALL: ByteSet = ByteSet([u64::MAX; 4]);

    /// Adds a byte.
    pub fn insert(&mut self, byte: u8) {
        self.0[byte as usize >> 6] |= 1 << (byte & 63);
    }

    /// Whether a byte is in the set.
    pub fn has(&self, byte: u8) -> bool {
        self.0[byte as usize >> 6] & (1 << (byte & 63)) != 0
    }

    /// The bytes of either set.
    pub fn union(&self, other: &ByteSet) -> ByteSet {
        ByteSet(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    /// The set without a byte.
    pub fn without(mut self, byte: u8) -> ByteSet {
        self.0[byte as usize >> 6] &= !(1 << (byte & 63));
        self
    }

    /// Whether every byte of this set is in `other`.
    pub fn within(&self, other: &ByteSet) -> bool {
        self.union(other) == *other
    }

    /// Whether any byte of this set is in `other`.
    pub fn meets(&self, other: &ByteSet) -> bool {
        (0..4).any(|i| self.0[i] & other.0[i] != 0)
    }

    /// The bytes, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=255).filter(|b| self.has(*b))
    }
}

/// The digits.
pub const DIGITS: ByteSet = of_class(DIGIT);
/// The word bytes.
pub const WORDS: ByteSet = of_class(WORD);
/// The bytes that join two groups of digits.
pub const JOINS: ByteSet = of_class(JOIN);

const fn of_class(bit: u8) -> ByteSet {
    let mut set = [0; 4];
    let mut byte = 0;
    while byte < 256 {
        if CLASS[byte] & bit != 0 {
            set[byte >> 6] |= 1 << (byte & 63);
        }
        byte += 1;
    }
    ByteSet(set)
}

/// How a pattern begins when its first part is a class repeated a varying number of times (an e-mail's local part, a
/// URL's scheme). Such a pattern would match from every later byte of the same run too; only the first start counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// Bytes a match may start with.
    pub first: ByteSet,
    /// Bytes of the repetition; `first` lies within it.
    pub run: ByteSet,
    /// How far back to look.
    pub reach: usize,
}

impl Lead {
    /// Rule 4 of [`super::edges`]: no byte that could have been the first stands before `start` in the same run.
    /// Returns the answer and the bytes looked at.
    pub fn maximal(&self, bytes: &[u8], start: usize) -> (bool, usize) {
        for (seen, &b) in bytes[..start].iter().rev().take(self.reach).enumerate() {
            if !self.run.has(b) {
                return (true, seen + 1);
            }
            if self.first.has(b) {
                return (false, seen + 1);
            }
        }
        (true, self.reach.min(start))
    }
}

/// A literal that every match holds, and what stands before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    /// The literal.
    pub bytes: Vec<u8>,
    /// Every byte that may stand between the start of a match and the literal; the literal's first byte is not in it,
    /// so a start belongs to one occurrence.
    pub before: ByteSet,
    /// The least and the most bytes between the start of a match and the literal.
    pub distance: (usize, usize),
    /// Which part of the pattern's concatenation holds it, and from which of its bytes on.
    pub part: (usize, usize),
}

/// What is known of one pattern.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The pattern, parsed.
    pub hir: Hir,
    /// The longest match in bytes.
    pub max_len: usize,
    /// Bytes that may stand at each of the first places of a match, or beyond its end.
    pub places: [ByteSet; PLACES],
    /// How it begins, when rule 4 applies.
    pub lead: Option<Lead>,
    /// A literal that every match holds, not at its start.
    pub needle: Option<Needle>,
}

impl Shape {
    /// Reads a pattern. The error says what the author should change.
    pub fn new(pattern: &str) -> Result<Shape, String> {
        let hir = syntax::parse_with(pattern, &syntax()).map_err(|e| format!("the pattern cannot be read: {e}"))?;
        let properties = hir.properties();
        let Some(max_len) = properties.maximum_len() else {
            return Err("the pattern has no bounded length; give every repetition an upper bound".to_string());
        };
        if properties.minimum_len().is_none_or(|n| n == 0) {
            return Err("the pattern matches the empty string".to_string());
        }
        let looks = properties.look_set();
        if looks.contains(Look::Start) || looks.contains(Look::End) {
            return Err("the pattern asks for the end of the input, which depends on how it is cut; use ^ and $, \
                        which mean lines"
                .to_string());
        }
        let mut places = [ByteSet::default(); PLACES];
        let ends = mark(&hir, 1, &mut places);
        for (k, place) in places.iter_mut().enumerate() {
            if ends & ((2 << k) - 1) != 0 {
                *place = ByteSet::ALL;
            }
        }
        let mut parts = Vec::new();
        flatten(&hir, &mut parts);
        let (lead, needle) = (lead(&parts, max_len), needle(&parts));
        Ok(Shape { hir, max_len, places, lead, needle })
    }

    /// How likely the first places are to fit by chance, in text where letters are common and digits are not.
    pub fn chance(&self) -> f64 {
        self.places.iter().map(|place| place.iter().map(weight).sum::<f64>().min(1.0)).product()
    }
}

/// The share of a byte that makes a needle by itself (`@`, `<`).
const RARE: f64 = 0.0001;

/// A rough share of a byte in the data this program reads.
fn weight(byte: u8) -> f64 {
    match byte {
        b'a'..=b'z' => 0.55 / 26.0,
        b'A'..=b'Z' => 0.10 / 26.0,
        b'0'..=b'9' => 0.15 / 10.0,
        b' ' => 0.08,
        b',' | b'.' | b'"' | b':' | b'-' | b'/' | b'_' | b'=' | b'\n' => 0.012,
        _ => RARE,
    }
}

/// The bytes of a class.
pub(super) fn class_bytes(class: &Class) -> ByteSet {
    let mut set = ByteSet::default();
    match class {
        Class::Bytes(class) => {
            for range in class.iter() {
                (range.start()..=range.end()).for_each(|b| set.insert(b));
            }
        }
        // Only a pattern that switches Unicode on holds such a class; its bytes are left open.
        Class::Unicode(_) => return ByteSet::ALL,
    }
    set
}

/// Marks the places that `hir` may fill when it starts at any of the offsets in `from` (bit k: offset k), and returns the
/// offsets at which it may end. Offsets past the last place fall off the top, which is why masks are 32 bits wide and cut.
fn mark(hir: &Hir, from: u32, places: &mut [ByteSet; PLACES]) -> u32 {
    const KEEP: u32 = (2 << PLACES) - 1;
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => from,
        HirKind::Literal(literal) => literal.0.iter().fold(from, |from, &b| {
            let mut set = ByteSet::default();
            set.insert(b);
            put(&set, from, places) & KEEP
        }),
        HirKind::Class(Class::Unicode(_)) => {
            places
                .iter_mut()
                .enumerate()
                .filter(|(k, _)| from & ((2 << k) - 1) != 0)
                .for_each(|(_, p)| *p = ByteSet::ALL);
            KEEP
        }
        HirKind::Class(class) => put(&class_bytes(class), from, places) & KEEP,
        HirKind::Capture(capture) => mark(&capture.sub, from, places),
        HirKind::Concat(parts) => parts.iter().fold(from, |from, part| mark(part, from, places)),
        HirKind::Alternation(parts) => parts.iter().fold(0, |ends, part| ends | mark(part, from, places)),
        HirKind::Repetition(repetition) => {
            let mut ends = if repetition.min == 0 { from } else { 0 };
            let mut from = from;
            // Past this many rounds every further one starts beyond the last place.
            let rounds = repetition.max.unwrap_or(u32::MAX).min(repetition.min.saturating_add(PLACES as u32 + 1));
            for round in 1..=rounds {
                let next = mark(&repetition.sub, from, places);
                if round >= repetition.min {
                    ends |= next;
                }
                if next == 0 || (next == from && round >= repetition.min) {
                    break;
                }
                from = next;
            }
            ends
        }
    }
}

fn put(set: &ByteSet, from: u32, places: &mut [ByteSet; PLACES]) -> u32 {
    for (k, place) in places.iter_mut().enumerate() {
        if from & (1 << k) != 0 {
            *place = place.union(set);
        }
    }
    from << 1
}

/// The parts of a concatenation, through groups.
pub(super) fn flatten<'h>(hir: &'h Hir, parts: &mut Vec<&'h Hir>) {
    match hir.kind() {
        HirKind::Capture(capture) => flatten(&capture.sub, parts),
        HirKind::Concat(subs) => subs.iter().for_each(|sub| flatten(sub, parts)),
        HirKind::Empty | HirKind::Look(_) => {}
        _ => parts.push(hir),
    }
}

/// The class of a part that is a class, a byte, or a group of one.
pub(super) fn as_class(hir: &Hir) -> Option<ByteSet> {
    match hir.kind() {
        HirKind::Class(class @ Class::Bytes(_)) => Some(class_bytes(class)),
        HirKind::Literal(literal) if literal.0.len() == 1 => {
            let mut set = ByteSet::default();
            set.insert(literal.0[0]);
            Some(set)
        }
        HirKind::Capture(capture) => as_class(&capture.sub),
        _ => None,
    }
}

/// The class of a part that repeats one a varying number of times.
fn as_run(hir: &Hir) -> Option<(ByteSet, u32)> {
    match hir.kind() {
        HirKind::Repetition(r) if r.max != Some(r.min) && r.max != Some(1) => as_class(&r.sub).map(|set| (set, r.min)),
        _ => None,
    }
}

fn lead(parts: &[&Hir], max_len: usize) -> Option<Lead> {
    let (first, run) = match parts {
        [part, ..] if let Some((run, 1..)) = as_run(part) => (run, run),
        [part, next, ..]
            if let Some(first) = as_class(part)
                && let Some((run, _)) = as_run(next)
                && first.within(&run) =>
        {
            (first, run)
        }
        _ => return None,
    };
    // A run of word bytes alone says no more than the word edge does.
    (!run.within(&WORDS)).then_some(Lead { first, run, reach: max_len })
}

/// The set of all bytes that a part may hold.
fn holds(hir: &Hir) -> ByteSet {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => ByteSet::default(),
        HirKind::Literal(literal) => {
            let mut set = ByteSet::default();
            literal.0.iter().for_each(|b| set.insert(*b));
            set
        }
        HirKind::Class(class) => class_bytes(class),
        HirKind::Repetition(r) => holds(&r.sub),
        HirKind::Capture(capture) => holds(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(ByteSet::default(), |set, part| set.union(&holds(part)))
        }
    }
}

/// Where in a literal its needle begins: at an `@`; else at its first byte, or behind the byte that it begins with again
/// and again when the pattern begins with it.
fn place_of_needle(literal: &[u8], is_start: bool) -> Option<usize> {
    const LEAST: usize = 3;
    let row = literal.iter().take_while(|b| Some(*b) == literal.first()).count();
    let behind = if is_start && row >= PREFIX_PLACES { row } else { 0 };
    let first = (literal.len() >= behind + LEAST).then_some(behind);
    literal.iter().position(|b| *b == b'@').or(first)
}

fn needle(parts: &[&Hir]) -> Option<Needle> {
    let mut before = ByteSet::default();
    let mut distance = (0usize, 0usize);
    for (index, part) in parts.iter().enumerate() {
        if let HirKind::Literal(literal) = part.kind()
            && let Some(at) = place_of_needle(&literal.0, distance.0 == 0)
        {
            let mut head = before;
            literal.0[..at].iter().for_each(|b| head.insert(*b));
            if distance.0 + at > 0 && !head.has(literal.0[at]) {
                // Cut before its first byte comes again: occurrences of what is left never overlap.
                let bytes = &literal.0[at..];
                let end = bytes[1..].iter().position(|b| *b == bytes[0]).map_or(bytes.len(), |p| p + 1);
                return Some(Needle {
                    bytes: bytes[..end].to_vec(),
                    before: head,
                    distance: (distance.0 + at, distance.1 + at),
                    part: (index, at),
                });
            }
        }
        before = before.union(&holds(part));
        let properties = part.properties();
        distance.0 += properties.minimum_len()?;
        distance.1 += properties.maximum_len()?;
    }
    None
}
