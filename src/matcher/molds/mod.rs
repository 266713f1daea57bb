//! Molds: the ways in which patterns may be written, asked all at once.
//!
//! At a place where a number may start, the digits among the next bytes are a word of bits. Its first bits are the index of
//! a table, whose entry lists the molds that have digits where the text has them: few, and most often none. A mold then
//! compares all its digits at once, looks up the bytes between them and the bit that says whether a hit may end behind it.
//!
//! What the next number looks like is not to be foretold, and a branch that is foretold wrong costs as much as a mold. So
//! nothing of this is decided by a branch, and places of one list are asked together; the few molds that ask for more are
//! asked again.

mod cast;

use super::shape::{ByteSet, DIGITS, WORDS};
use super::ways::{FOLLOW, Way, side};
use std::collections::HashMap;
use std::ops::Range;

pub use cast::{Cast, Read, Room};

/// Bits of the table's index that tell the digits after the first ones in a row.
const NEXT_BITS: u32 = 9;
/// From so many digits in a row on they are not told apart.
const ROW_MAX: u32 = 31;
/// Entries of the table.
const PLACES: usize = ((ROW_MAX + 1) << NEXT_BITS) as usize;
/// Sets of bytes that can be told apart.
const SETS_MAX: usize = 128;
/// Those of them that a byte is looked up in all at once.
const QUICK_SETS: usize = 63;
/// The set of all bytes, which is looked up with them.
const ANY: u8 = 63;
/// Looks at single bytes that a mold takes at once, at most.
const QUICK: usize = 8;
/// Molds of all patterns.
const MOLDS_MAX: usize = 1 << 11;
/// Bytes from a start on that a mold looks at.
const REACH: usize = 64;

/// Where digits stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Layout {
    /// Places of which is known whether they hold a digit.
    care: u64,
    /// Those that do.
    want: u64,
}

/// One way of a pattern.
struct Mold {
    layout: Layout,
    /// Its looks at single bytes.
    tests: Range<u32>,
    way: Kind,
    /// Sets of the next bytes: where they fit, a longer way may.
    follow: Option<[u8; FOLLOW]>,
    pattern: u16,
}

struct Kind {
    length: u8,
    open: bool,
    /// The byte before must be a word's.
    word_before: bool,
    /// The byte behind must be a word's.
    word_after: bool,
}

/// A look at the byte `at` places from the start: it must be in a set.
#[derive(Clone, Copy, Default)]
struct Test {
    at: u8,
    set: u8,
}

/// What is asked of a mold first, in a cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Quick {
    layout: Layout,
    tests: [Test; QUICK],
    /// How many of them there are; others are of any byte.
    count: u8,
    length: u8,
    /// Whether it does not matter here that a hit may end behind it.
    any_end: bool,
    /// Whether it is a hit without more to ask.
    sure: bool,
    mold: u16,
    pattern: u16,
}

/// Whether an open way is another that goes on, where the other's mold sees that it does: it wants no digit behind itself.
fn goes_on(open: &Way, way: &Way) -> bool {
    open.follows(way) && side(&open.sets[way.sets.len()], &DIGITS) == Some(false)
}

/// All molds.
#[derive(Default)]
pub struct Molds {
    molds: Vec<Mold>,
    tests: Vec<Test>,
    /// Whether each byte is in a set.
    sets: Vec<[bool; 256]>,
    /// By byte: a bit for each of the first sets that it is in.
    quick_sets: Vec<u64>,
    known: HashMap<ByteSet, u8>,
    /// By the first digits: their list.
    index: Vec<u16>,
    /// Molds in turn; the first list is empty.
    lists: Vec<Range<u32>>,
    /// The molds of all lists.
    quick: Vec<Quick>,
}

/// Whether a test may be taken at once with others.
fn is_quick(test: &Test) -> bool {
    usize::from(test.set) < QUICK_SETS && usize::from(test.at) < REACH
}

/// How many of a mold's tests, the quick ones first, are taken at once.
fn quick_tests(tests: &[Test]) -> usize {
    tests.iter().take(QUICK).take_while(|t| is_quick(t)).count()
}

/// The entry for a word of digits.
fn place(digits: u64) -> usize {
    let row = digits.trailing_ones().min(ROW_MAX);
    let next = digits >> (row + 1) & ((1 << NEXT_BITS) - 1);
    (u64::from(row) << NEXT_BITS | next) as usize % PLACES
}

/// What an entry tells of its words: which bits are known, and they.
fn told(place: usize) -> (u64, u64) {
    let row = (place >> NEXT_BITS) as u32;
    let first = (1u64 << row) - 1;
    if row == ROW_MAX {
        return (first, first);
    }
    let next = (place as u64 & ((1 << NEXT_BITS) - 1)) << (row + 1);
    ((1 << (row + 1 + NEXT_BITS)) - 1, first | next)
}

impl Molds {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.molds.is_empty()
    }

    /// Adds the ways of a pattern, which is all of them or, for want of room, none.
    pub fn add(&mut self, pattern: usize, ways: &[Way]) -> bool {
        let (molds, tests) = (self.molds.len(), self.tests.len());
        let added = u16::try_from(pattern).is_ok_and(|pattern| {
            let (open, closed): (Vec<&Way>, Vec<&Way>) = ways.iter().partition(|w| w.open);
            let on = |open: &&Way| closed.iter().any(|way| goes_on(open, way));
            let (longer, open): (Vec<&Way>, Vec<&Way>) = open.into_iter().partition(on);
            let mut all = closed.into_iter().chain(open);
            all.all(|way| self.add_way(pattern, way, &longer)) && self.molds.len() <= MOLDS_MAX
        });
        if !added {
            self.molds.truncate(molds);
            self.tests.truncate(tests);
        }
        added
    }

    fn add_way(&mut self, pattern: u16, way: &Way, longer: &[&Way]) -> bool {
        let Some((first, last)) = way.sets.first().zip(way.sets.last()) else { return false };
        let from = self.tests.len() as u32;
        let (mut care, mut want) = (0u64, 0u64);
        for (at, set) in way.sets.iter().enumerate() {
            match side(set, &DIGITS) {
                Some(true) => (care, want) = (care | 1 << at, want | 1 << at),
                Some(false) => care |= 1 << at,
                None => {}
            }
            if *set != DIGITS {
                let Some(set) = self.set(set) else { return false };
                self.tests.push(Test { at: at as u8, set });
            }
        }
        // Behind a word byte the edge rule wants none, so no digit.
        if !way.open && last.within(&WORDS) {
            care |= 1 << way.sets.len();
        }
        let beside = |asked: bool, set: &ByteSet| match side(set, &WORDS) {
            _ if !asked => Some(false),
            Some(within) => Some(!within),
            None => None,
        };
        let (Some(word_before), Some(word_after)) = (beside(way.before, first), beside(way.after, last)) else {
            return false;
        };
        let longer = longer.iter().filter(|l| !way.open && goes_on(l, way));
        let more: Vec<&[ByteSet]> = longer.map(|l| &l.sets[way.sets.len()..]).collect();
        let mut follow = None;
        if !more.is_empty() {
            let place = |m: &&[ByteSet], k: usize| m.get(k).copied().unwrap_or(ByteSet::ALL);
            let at = |k: usize| more.iter().fold(ByteSet::default(), |all, m| all.union(&place(m, k)));
            let sets: Option<Vec<u8>> = (0..FOLLOW).map(|k| self.set(&at(k))).collect();
            let Some(sets) = sets else { return false };
            follow = sets.try_into().ok();
        }
        let way = Kind { length: way.sets.len() as u8, open: way.open, word_before, word_after };
        self.molds.push(Mold {
            layout: Layout { care, want },
            tests: from..self.tests.len() as u32,
            way,
            follow,
            pattern,
        });
        true
    }

    fn set(&mut self, set: &ByteSet) -> Option<u8> {
        if let Some(known) = self.known.get(set) {
            return Some(*known);
        }
        let next = Some(self.known.len()).filter(|n| *n < SETS_MAX)? as u8;
        self.sets.push(std::array::from_fn(|b| set.has(b as u8)));
        self.known.insert(*set, next);
        Some(next)
    }

    /// Makes the table, once all patterns are added.
    pub fn seal(&mut self) {
        let bit = |byte: usize, (set, has): (usize, &[bool; 256])| u64::from(has[byte]) << set;
        let first = || self.sets.iter().take(QUICK_SETS).enumerate();
        let of = |byte| first().fold(1 << ANY, |all, set| all | bit(byte, set));
        self.quick_sets = (0..256).map(of).collect();
        for mold in &self.molds {
            // What fits the fewest bytes is asked first, and what lies far behind: numbers differ where they end.
            let size = |t: &Test| self.sets[usize::from(t.set)].iter().filter(|has| **has).count();
            let order = |t: &Test| (!is_quick(t), size(t), std::cmp::Reverse(t.at));
            self.tests[mold.tests.start as usize..mold.tests.end as usize].sort_by_key(order);
        }
        let quick: Vec<Quick> = (0..self.molds.len()).map(|mold| self.quick(mold)).collect();
        let mut known: HashMap<Vec<u16>, u16> = HashMap::from([(Vec::new(), 0)]);
        // The list of no molds.
        self.lists.push(Range::default());
        for place in 0..PLACES {
            let (told, digits) = told(place);
            let fits = |mold: &Mold| (digits ^ mold.layout.want) & mold.layout.care & told == 0;
            let list: Vec<u16> = (0..).zip(&self.molds).filter(|(_, mold)| fits(mold)).map(|(i, _)| i).collect();
            self.index.push(*known.entry(list).or_insert_with_key(|list| {
                let from = self.quick.len() as u32;
                self.quick.extend(list.iter().map(|mold| quick[usize::from(*mold)]));
                self.lists.push(from..self.quick.len() as u32);
                self.lists.len() as u16 - 1
            }));
        }
    }

    /// What is asked of a mold first.
    fn quick(&self, at: usize) -> Quick {
        let Mold { layout, way, follow, pattern, .. } = &self.molds[at];
        let all = self.tests_of(&self.molds[at]);
        let any = Test { at: 0, set: ANY };
        let count = quick_tests(all);
        let tests = std::array::from_fn(|i| all[..count].get(i).copied().unwrap_or(any));
        let special = way.open || follow.is_some() || way.word_before || way.word_after;
        let any_end = special || usize::from(way.length) >= REACH;
        let sure = !any_end && count == all.len();
        let (count, length) = (count as u8, way.length);
        Quick { layout: *layout, tests, count, length, any_end, sure, mold: at as u16, pattern: *pattern }
    }

    fn tests_of(&self, mold: &Mold) -> &[Test] {
        &self.tests[mold.tests.start as usize..mold.tests.end as usize]
    }
}
