//! A pattern as an expression over bit planes: the places where it may start.
//!
//! The expression is built from the pattern's end to its beginning: the plane of a part is "here this part may stand, and
//! behind it what follows". Wherever that would cost too much, a part is taken for "anything": an outline may mark a
//! place too many, never one too few. An outline that left nothing out is exact.

use super::circuit::{Circuit, Plane};
use super::shape::{ByteSet, DIGITS, JOINS, WORDS, as_class, class_bytes, flatten};
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};
use std::collections::HashSet;

/// Optional repetitions of a class are followed so far; behind that anything may stand.
const SPELLED_MAX: u32 = 31;
/// Optional repetitions of anything else up to this many are spelled out.
const SPELLED_GROUPS_MAX: u32 = 2;

/// How much of a pattern an outline keeps.
#[derive(Clone, Copy, Debug)]
pub struct Detail {
    /// Places from the start that are looked at.
    pub depth: usize,
    /// Alternatives of one length are laid over each other.
    pub merge: bool,
    /// 0: sets are kept as they are; 1: sets of letters become all letters of their kind; 2: digits all digits too.
    pub coarse: u8,
}

/// Planes that every outline uses.
pub struct Edges {
    /// Where rules 2 and 3 let a hit start.
    pub start: Plane,
    /// Where they let a hit end, at the byte after it.
    pub end: Plane,
    /// `\b`
    boundary: Plane,
    /// After a line feed.
    line_start: Plane,
    /// At a line feed.
    line_end: Plane,
}

impl Edges {
    /// The planes of the edge rules.
    pub fn new(circuit: &mut Circuit) -> Edges {
        // Asked for first, so that the classes of letters and words are made of them.
        for set in [range(b'0'..=b'9'), range(b'A'..=b'Z'), range(b'a'..=b'z'), one(b'_'), one(b'-'), one(b'.')] {
            circuit.set(&set);
        }
        circuit.set(&range(b'A'..=b'Z').union(&range(b'a'..=b'z')));
        let [word, digit, join] = [WORDS, DIGITS, JOINS].map(|set| circuit.set(&set));
        let inside = circuit.and(word, word.ahead(-1));
        let joined = circuit.and(digit, join.ahead(-1));
        let joined = circuit.and(joined, digit.ahead(-2));
        let not_start = circuit.or(inside, joined);
        let joins = circuit.and(digit.ahead(-1), join);
        let joins = circuit.and(joins, digit.ahead(1));
        let not_end = circuit.or(inside, joins);
        let either = circuit.or(word, word.ahead(-1));
        let mut feed = ByteSet::default();
        feed.insert(b'\n');
        let feed = circuit.set(&feed);
        Edges {
            start: circuit.and_not(Plane::ALL, not_start),
            end: circuit.and_not(Plane::ALL, not_end),
            boundary: circuit.and_not(either, inside),
            line_start: feed.ahead(-1),
            line_end: feed,
        }
    }
}

/// Builds outlines in a circuit.
pub struct Outline<'c> {
    /// The circuit.
    pub circuit: &'c mut Circuit,
    /// The edge rules in it.
    pub edges: &'c Edges,
    /// How much is kept.
    pub detail: Detail,
    /// Whether nothing was left out so far.
    pub exact: bool,
    /// Parts that are taken for "anything", by their addresses.
    pub skipped: &'c HashSet<usize>,
}

/// How a part is named while its pattern stands still.
pub fn name(hir: &Hir) -> usize {
    std::ptr::from_ref(hir) as usize
}

/// All parts of a pattern, the outer before the inner, by their names.
pub fn parts(hir: &Hir, out: &mut Vec<usize>) {
    out.push(name(hir));
    match hir.kind() {
        HirKind::Capture(capture) => parts(&capture.sub, out),
        HirKind::Repetition(repetition) => parts(&repetition.sub, out),
        HirKind::Concat(subs) | HirKind::Alternation(subs) => subs.iter().for_each(|sub| parts(sub, out)),
        _ => {}
    }
}

fn least(hir: &Hir) -> usize {
    hir.properties().minimum_len().unwrap_or(0)
}

impl Outline<'_> {
    /// The places where `hir`, standing at least `at` bytes from the start, may begin such that `next` holds behind it.
    pub fn plane(&mut self, hir: &Hir, at: usize, next: Plane) -> Plane {
        if self.skipped.contains(&name(hir)) {
            self.exact = false;
            let properties = hir.properties();
            return match properties.minimum_len() {
                Some(length) if Some(length) == properties.maximum_len() => next.ahead(length as i32),
                _ => Plane::ALL,
            };
        }
        match hir.kind() {
            HirKind::Empty => next,
            HirKind::Capture(capture) => self.plane(&capture.sub, at, next),
            HirKind::Look(look) => self.look(*look, next),
            _ if at >= self.detail.depth => self.anything(),
            HirKind::Literal(literal) => {
                let sets: Vec<ByteSet> = literal.0.iter().map(|b| one(*b)).collect();
                self.sequence(&sets, at, next)
            }
            HirKind::Class(Class::Bytes(class)) => {
                let set = class_bytes(&Class::Bytes(class.clone()));
                self.sequence(&[set], at, next)
            }
            HirKind::Class(_) => self.anything(),
            HirKind::Concat(parts) => {
                let parts: Vec<&Hir> = parts.iter().collect();
                self.concat(&parts, at, next)
            }
            HirKind::Alternation(parts) => self.alternation(parts, at, next),
            HirKind::Repetition(repetition) => self.repetition(repetition, at, next),
        }
    }

    /// The same for parts in a row.
    pub fn concat(&mut self, parts: &[&Hir], at: usize, next: Plane) -> Plane {
        let mut offset = at + parts.iter().map(|p| least(p)).sum::<usize>();
        let mut plane = next;
        for part in parts.iter().rev() {
            offset -= least(part);
            plane = self.plane(part, offset, plane);
        }
        plane
    }

    fn anything(&mut self) -> Plane {
        self.exact = false;
        Plane::ALL
    }

    fn look(&mut self, look: Look, next: Plane) -> Plane {
        match look {
            Look::WordAscii => self.circuit.and(self.edges.boundary, next),
            Look::WordAsciiNegate => self.circuit.and_not(next, self.edges.boundary),
            Look::StartLF => self.circuit.and(self.edges.line_start, next),
            Look::EndLF => self.circuit.and(self.edges.line_end, next),
            _ => {
                self.exact = false;
                next
            }
        }
    }

    /// Sets in a row; equal ones are doubled up rather than counted off.
    fn sequence(&mut self, sets: &[ByteSet], at: usize, next: Plane) -> Plane {
        let keep = sets.len().min(self.detail.depth.saturating_sub(at));
        let mut plane = if keep < sets.len() { self.anything() } else { next };
        let mut end = keep;
        while end > 0 {
            let set = sets[end - 1];
            let begin = sets[..end].iter().rposition(|s| *s != set).map_or(0, |p| p + 1);
            let run = self.run(&set, end - begin);
            plane = self.circuit.and(run, plane.ahead((end - begin) as i32));
            end = begin;
        }
        plane
    }

    /// `length` bytes of `set` in a row.
    fn run(&mut self, set: &ByteSet, length: usize) -> Plane {
        // No hit holds a line feed.
        let set = set.without(b'\n');
        let wide = coarse(&set, self.detail.coarse);
        self.exact &= wide == set;
        let mut plane = self.circuit.set(&wide);
        let mut done = 1;
        while done < length {
            let step = done.min(length - done);
            plane = self.circuit.and(plane, plane.ahead(step as i32));
            done += step;
        }
        plane
    }

    /// Up to `most` bytes of `set`, and then `next`: what is known of some bytes is laid behind a run of as many and one
    /// more, so that each round doubles them.
    fn up_to(&mut self, set: &ByteSet, most: u32, next: Plane) -> Plane {
        let most_seen = most.min(SPELLED_MAX) as usize;
        let (mut plane, mut reached) = (next, 0);
        while reached < most_seen {
            let step = (reached + 1).min(most_seen - reached);
            let run = self.run(set, step);
            let more = self.circuit.and(run, plane.ahead(step as i32));
            plane = self.circuit.or(plane, more);
            reached += step;
        }
        if most as usize > most_seen {
            self.exact = false;
            let run = self.run(set, most_seen + 1);
            plane = self.circuit.or(plane, run);
        }
        plane
    }

    fn alternation(&mut self, parts: &[Hir], at: usize, next: Plane) -> Plane {
        let mut plane = Plane::NONE;
        let mut lengths: Vec<Vec<ByteSet>> = Vec::new();
        for part in parts {
            match fixed(part).filter(|_| self.detail.merge) {
                None => {
                    let branch = self.plane(part, at, next);
                    plane = self.circuit.or(plane, branch);
                }
                Some(sets) => match lengths.iter_mut().find(|l| l.len() == sets.len()) {
                    None => lengths.push(sets),
                    Some(all) => {
                        // Where only one place differs, the union holds no sequence that neither had.
                        self.exact &= all.iter().zip(&sets).filter(|(a, b)| a != b).count() <= 1;
                        all.iter_mut().zip(&sets).for_each(|(a, b)| *a = a.union(b));
                    }
                },
            }
        }
        for sets in lengths {
            let branch = self.sequence(&sets, at, next);
            plane = self.circuit.or(plane, branch);
        }
        plane
    }

    fn repetition(&mut self, repetition: &Repetition, at: usize, next: Plane) -> Plane {
        let (min, sub) = (repetition.min as usize, &*repetition.sub);
        let extra = repetition.max.map_or(u32::MAX, |max| max - repetition.min);
        let class = as_class(sub).filter(|_| !self.skipped.contains(&name(sub)));
        let after = at + min * least(sub);
        let mut tail = next;
        if extra > 0 {
            match &class {
                _ if after >= self.detail.depth => tail = self.anything(),
                Some(set) => tail = self.up_to(set, extra, next),
                None if extra > SPELLED_GROUPS_MAX => tail = self.anything(),
                None => {
                    for _ in 0..extra {
                        let more = self.plane(sub, after, tail);
                        tail = self.circuit.or(next, more);
                    }
                }
            }
        }
        if let Some(set) = class {
            let sets = vec![set; min.min(self.detail.depth + 1)];
            return self.sequence(&sets, at, tail);
        }
        for round in (0..min).rev() {
            let offset = at + round * least(sub);
            tail = if offset < self.detail.depth { self.plane(sub, offset, tail) } else { self.anything() };
        }
        tail
    }
}

fn one(byte: u8) -> ByteSet {
    let mut set = ByteSet::default();
    set.insert(byte);
    set
}

/// The bytes of a range.
pub fn range(bytes: std::ops::RangeInclusive<u8>) -> ByteSet {
    let mut set = ByteSet::default();
    bytes.for_each(|b| set.insert(b));
    set
}

/// A set that holds `set` and costs less.
fn coarse(set: &ByteSet, level: u8) -> ByteSet {
    let digits = range(b'0'..=b'9');
    let (upper, lower) = (range(b'A'..=b'Z'), range(b'a'..=b'z'));
    let letters = upper.union(&lower);
    let menu = match level {
        0 => return *set,
        1 if set.within(&digits) => return *set,
        _ => [digits, upper, lower, letters, upper.union(&digits), letters.union(&digits), WORDS],
    };
    menu.into_iter().find(|wide| set.within(wide)).unwrap_or(*set)
}

/// The sets of a part that has one length and no look-around; alternatives of it are laid over each other only where that
/// is exact.
fn fixed(hir: &Hir) -> Option<Vec<ByteSet>> {
    const LENGTH_MAX: usize = 64;
    let properties = hir.properties();
    if properties.minimum_len() != properties.maximum_len() || properties.minimum_len()? > LENGTH_MAX {
        return None;
    }
    match hir.kind() {
        HirKind::Literal(literal) => Some(literal.0.iter().map(|b| one(*b)).collect()),
        HirKind::Class(class @ Class::Bytes(_)) => Some(vec![class_bytes(class)]),
        HirKind::Capture(capture) => fixed(&capture.sub),
        HirKind::Repetition(r) => Some(fixed(&r.sub)?.repeat(r.min as usize)),
        HirKind::Concat(parts) => {
            let parts: Option<Vec<Vec<ByteSet>>> = parts.iter().map(fixed).collect();
            Some(parts?.concat())
        }
        _ => None,
    }
}

/// Sets of the first four places of every way a pattern may begin, when each way is narrow enough to be a keyword's.
pub fn prefixes(hir: &Hir) -> Option<Vec<[ByteSet; 4]>> {
    let mut parts = Vec::new();
    flatten(hir, &mut parts);
    let mut ways = vec![Vec::new()];
    for part in parts {
        ways = extend(ways, part)?;
    }
    let mut all = Vec::with_capacity(ways.len());
    for way in ways {
        let places: [ByteSet; 4] = std::array::from_fn(|k| way.get(k).copied().unwrap_or(ByteSet::ALL));
        let narrow = |p: &&ByteSet| p.iter().count() <= 4;
        if places.iter().filter(narrow).count() < 3 {
            return None;
        }
        if !all.contains(&places) {
            all.push(places);
        }
    }
    Some(all)
}

/// Every way, continued by `hir` up to the fourth place. None when there are too many.
fn extend(ways: Vec<Vec<ByteSet>>, hir: &Hir) -> Option<Vec<Vec<ByteSet>>> {
    const WAYS_MAX: usize = 96;
    if ways.iter().all(|w| w.len() >= 4) {
        return Some(ways);
    }
    let add = |mut ways: Vec<Vec<ByteSet>>, set: ByteSet| {
        ways.iter_mut().filter(|w| w.len() < 4).for_each(|w| w.push(set));
        ways
    };
    let ways = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => ways,
        HirKind::Literal(literal) => literal.0.iter().fold(ways, |ways, b| add(ways, one(*b))),
        HirKind::Class(class) => add(ways, class_bytes(class)),
        HirKind::Capture(capture) => extend(ways, &capture.sub)?,
        HirKind::Concat(parts) => parts.iter().try_fold(ways, extend)?,
        HirKind::Alternation(parts) => {
            let mut all: Vec<Vec<ByteSet>> = Vec::new();
            for part in parts {
                all.extend(extend(ways.clone(), part)?);
            }
            all
        }
        HirKind::Repetition(r) => {
            let mut now = ways;
            for _ in 0..r.min.min(4) {
                now = extend(now, &r.sub)?;
            }
            let mut all = now.clone();
            for _ in r.min.min(4)..r.max.unwrap_or(4).min(4) {
                now = extend(now, &r.sub)?;
                all.extend(now.iter().cloned());
            }
            all
        }
    };
    let mut distinct: Vec<Vec<ByteSet>> = Vec::with_capacity(ways.len());
    ways.into_iter().for_each(|w| {
        if !distinct.contains(&w) {
            distinct.push(w);
        }
    });
    (distinct.len() <= WAYS_MAX).then_some(distinct)
}
