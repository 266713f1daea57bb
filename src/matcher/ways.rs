//! A pattern as the ways in which it may be written: one set of bytes after another.
//!
//! Numbers are written in few ways: groups of digits, something between them. Where a pattern has few enough, each is a
//! sequence of sets, and a match needs no automaton. A way that is too long or branches too often is cut off and **open**:
//! what follows is left to the automaton.

use super::mix::Mixed;
use super::shape::{ByteSet, DIGITS, WORDS, as_class, class_bytes};
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};
use std::collections::HashSet;

/// The longest way, so that it and the byte behind it fit a word of bits.
const LENGTH_MAX: usize = 57;
/// What is kept of a way at least.
const LENGTH_LEAST: usize = 4;
/// Places that are tried in turn, until the ways are few.
const LENGTHS: [usize; 8] = [LENGTH_MAX, 24, 18, 14, 10, 8, 6, LENGTH_LEAST];
/// Places that the gate asks about, at most.
const GATE_LENGTH: usize = 9;
/// Open ways by themselves that a pattern may have.
const ALONE_MAX: usize = 8;
/// Ways of a pattern.
const WAYS_MAX: usize = 256;
/// Places of a pattern's closed ways, together, that hold something else than any digit: each is looked at by itself.
const LOOKS_MAX: usize = 400;
/// The same of one way.
const LOOKS_OF_ONE_MAX: usize = 12;
/// An optional part that may be written in more ways is cut off behind its first bytes.
const SPELLED_MAX: usize = 4;
/// So many of them are kept.
pub const FOLLOW: usize = 6;
/// Ways while they are laid out, before equal ones are merged.
const ROOM: usize = 400;

/// One way to write a pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Way {
    /// What may stand at each place.
    pub sets: Vec<ByteSet>,
    /// Whether something may follow that is not spelled out.
    pub open: bool,
    /// Whether there must be a word boundary before the first byte.
    pub before: bool,
    /// Whether there must be one behind the last byte.
    pub after: bool,
}

impl Way {
    /// Adds a place, within `limit` places. None where nothing can stand there.
    fn push(mut self, set: ByteSet, limit: usize) -> Option<Way> {
        if self.open {
            return Some(self);
        }
        // No hit holds a line feed.
        let set = set.without(b'\n');
        if let Some(last) = self.sets.last().filter(|_| self.after) {
            match (side(last, &WORDS), side(&set, &WORDS)) {
                (Some(a), Some(b)) if a != b => self.after = false,
                (Some(_), Some(_)) => return None,
                _ => return Some(self.cut()),
            }
        }
        if self.sets.len() >= limit {
            return Some(self.cut());
        }
        if set == ByteSet::default() {
            return None;
        }
        self.sets.push(set);
        Some(self)
    }

    fn cut(self) -> Way {
        Way { open: true, after: false, ..self }
    }

    /// Takes another way in, where one set more says both.
    fn merge(&mut self, other: &Way) -> bool {
        let same = (self.open, self.before, self.after) == (other.open, other.before, other.after);
        if !same || self.sets.len() != other.sets.len() {
            return false;
        }
        let mut differ = (0..self.sets.len()).filter(|i| self.sets[*i] != other.sets[*i]);
        match (differ.next(), differ.next()) {
            // The first byte decides who looks for a way.
            (Some(0), _) if side(&self.sets[0], &DIGITS) != side(&other.sets[0], &DIGITS) => false,
            (Some(place), None) => {
                self.sets[place] = self.sets[place].union(&other.sets[place]);
                true
            }
            (None, _) => true,
            _ => false,
        }
    }

    /// Whether this open way is another, continued: whatever begins as this one does is the other so far.
    pub fn follows(&self, way: &Way) -> bool {
        let longer = self.sets.len() > way.sets.len() && self.sets.len() <= way.sets.len() + FOLLOW;
        longer && self.before == way.before && self.sets.iter().zip(&way.sets).all(|(a, b)| a.within(b))
    }

    /// Places that hold something else than any digit, where no automaton looks again.
    fn looks(&self) -> usize {
        if self.open { 0 } else { self.sets.iter().filter(|set| **set != DIGITS).count() }
    }
}

/// Whether all bytes of a set are word bytes, or none is; `None` where some are.
pub fn side(set: &ByteSet, word: &ByteSet) -> Option<bool> {
    if set.within(word) {
        return Some(true);
    }
    (!set.meets(word)).then_some(false)
}

/// A set that holds `set` and is one of few.
fn coarse(set: &ByteSet) -> ByteSet {
    let all = ["0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"].map(|s| of(s.as_bytes()));
    let some = all.iter().filter(|a| set.meets(a));
    some.fold(*set, |set, a| set.union(a))
}

fn of(bytes: &[u8]) -> ByteSet {
    let mut set = ByteSet::default();
    bytes.iter().for_each(|b| set.insert(*b));
    set
}

/// The ways of a pattern, as far as they are few: the longest that are, when the gate lets all of them through.
pub fn ways(hir: &Hir, lets: &dyn Fn(&Way) -> bool) -> Option<Vec<Way>> {
    let begin = |limit: usize| extend(vec![Way::default()], hir, limit);
    // The gate asks about the first places, so a short look tells most patterns that have no molds.
    if begin(GATE_LENGTH).is_some_and(|ways| !ways.iter().all(lets)) {
        return None;
    }
    let ways = LENGTHS.into_iter().find_map(|limit| {
        let mut ways = begin(limit)?;
        let closed: Vec<Way> = ways.iter().filter(|w| !w.open).cloned().collect();
        let alone = |open: &Way| open.open && !closed.iter().any(|w| open.follows(w));
        // The automaton looks again at what is open.
        ways.iter_mut().filter(|w| alone(w)).for_each(|w| w.sets.iter_mut().for_each(|s| *s = coarse(s)));
        let mut ways = merged(ways);
        // Whether a boundary is there depends on which byte was the last.
        let unclear = |w: &&mut Way| w.after && w.sets.last().is_some_and(|last| side(last, &WORDS).is_none());
        ways.iter_mut().filter(unclear).for_each(|w| (w.open, w.after) = (true, false));
        let looks = ways.iter().map(Way::looks);
        let few = looks.clone().all(|n| n <= LOOKS_OF_ONE_MAX) && looks.sum::<usize>() <= LOOKS_MAX;
        // An open way by itself is a walk at every start it fits.
        let few = few && (limit == LENGTH_LEAST || ways.iter().filter(|w| alone(w)).count() <= ALONE_MAX);
        (ways.len() <= WAYS_MAX && few).then_some(ways)
    });
    ways.filter(|ways| ways.iter().all(lets))
}

/// Ways that one set more can say are one.
pub fn merged(mut ways: Vec<Way>) -> Vec<Way> {
    loop {
        let before = ways.len();
        let mut kept: Vec<Way> = Vec::with_capacity(before);
        for way in ways {
            if !kept.iter_mut().any(|k| k.merge(&way)) {
                kept.push(way);
            }
        }
        if kept.len() == before {
            return kept;
        }
        ways = kept;
    }
}

/// The alternatives of a pattern, each with what stands before and behind them all; the pattern itself where it has none.
pub fn pieces(hir: &Hir) -> Vec<Hir> {
    match hir.kind() {
        HirKind::Capture(capture) => pieces(&capture.sub),
        HirKind::Alternation(parts) => parts.clone(),
        HirKind::Concat(parts) => {
            let Some(at) = parts.iter().position(|p| matches!(bare(p).kind(), HirKind::Alternation(_))) else {
                return vec![hir.clone()];
            };
            let with = |piece: Hir| {
                let around = |range: std::ops::Range<usize>| parts[range].to_vec();
                Hir::concat([around(0..at), vec![piece], around(at + 1..parts.len())].concat())
            };
            pieces(bare(&parts[at])).into_iter().map(with).collect()
        }
        _ => vec![hir.clone()],
    }
}

/// A part without the group around it.
fn bare(hir: &Hir) -> &Hir {
    match hir.kind() {
        HirKind::Capture(capture) => bare(&capture.sub),
        _ => hir,
    }
}

/// Every way, continued by `hir`. None when there are too many.
fn extend(ways: Vec<Way>, hir: &Hir, limit: usize) -> Option<Vec<Way>> {
    if ways.iter().all(|w| w.open) {
        return Some(ways);
    }
    let push = |ways: Vec<Way>, set: ByteSet| ways.into_iter().filter_map(|w| w.push(set, limit)).collect();
    Some(match hir.kind() {
        HirKind::Empty => ways,
        HirKind::Literal(literal) => literal.0.iter().fold(ways, |ways, b| push(ways, of(&[*b]))),
        HirKind::Class(class @ Class::Bytes(_)) => push(ways, class_bytes(class)),
        HirKind::Class(Class::Unicode(_)) => ways.into_iter().map(Way::cut).collect(),
        HirKind::Look(look) => ways.into_iter().map(|w| looked(w, *look)).collect(),
        HirKind::Capture(capture) => extend(ways, &capture.sub, limit)?,
        HirKind::Concat(parts) => parts.iter().try_fold(ways, |ways, part| extend(ways, part, limit))?,
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(extend(ways.clone(), part, limit)?);
            }
            distinct(all)?
        }
        HirKind::Repetition(r) => distinct(repeated(ways, r, limit)?)?,
    })
}

/// Each way once. None when there are too many.
fn distinct(ways: Vec<Way>) -> Option<Vec<Way>> {
    let mut seen: HashSet<&Way, Mixed> = HashSet::default();
    let new: Vec<bool> = ways.iter().map(|way| seen.insert(way)).collect();
    let mut new = new.into_iter();
    let distinct: Vec<Way> = ways.into_iter().filter(|_| new.next() == Some(true)).collect();
    (distinct.len() <= ROOM).then_some(distinct)
}

fn repeated(ways: Vec<Way>, r: &Repetition, limit: usize) -> Option<Vec<Way>> {
    let mut now = ways;
    for _ in 0..r.min {
        now = extend(now, &r.sub, limit)?;
        if now.iter().all(|w| w.open) {
            return Some(now);
        }
    }
    let mut all = now.clone();
    let few = || extend(vec![Way::default()], &r.sub, LENGTH_MAX).is_some_and(|w| w.len() <= SPELLED_MAX);
    let long = as_class(&r.sub).is_none() && !few();
    for _ in r.min..r.max.unwrap_or(u32::MAX) {
        now.retain(|w| !w.open);
        let next = match long {
            true => begun(&now, &r.sub, limit)?,
            false => extend(now.clone(), &r.sub, limit)?,
        };
        if next.is_empty() || next == now {
            break;
        }
        all.extend(next.iter().cloned());
        if all.len() > ROOM {
            return None;
        }
        now = next;
    }
    Some(all)
}

/// Every way, continued by the first bytes of `hir`.
fn begun(ways: &[Way], hir: &Hir, limit: usize) -> Option<Vec<Way>> {
    // Further on where that does not branch: less is left to the automaton.
    let begin = |way: &Way, bytes: usize| {
        let limit = limit.min(way.sets.len() + bytes);
        Some(merged(extend(vec![way.clone()], hir, limit)?.into_iter().map(Way::cut).collect()))
    };
    let mut all = Vec::new();
    for way in ways {
        let far = begin(way, FOLLOW).filter(|far| far.len() <= 2);
        all.extend(far.or_else(|| begin(way, 2))?);
    }
    Some(all)
}

fn looked(way: Way, look: Look) -> Way {
    match look {
        _ if way.open => way,
        Look::WordAscii if way.sets.is_empty() => Way { before: true, ..way },
        Look::WordAscii => Way { after: true, ..way },
        _ => way.cut(),
    }
}
