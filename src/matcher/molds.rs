//! Molds: the ways in which patterns may be written, asked all at once.
//!
//! At a place where a number may start, the digits among the next bytes are a word of bits. Its first bits are the index of
//! a table, whose entry lists the molds that have digits where the text has them: few, and most often none. A mold then
//! compares all its digits at once, looks up the bytes between them, and has a hit with both its ends.

use super::edges::{CLASS, DIGIT, JOIN, WORD};
use super::shape::{ByteSet, of_class};
use super::ways::{FOLLOW, Way, side};
use std::collections::HashMap;
use std::ops::Range;

/// Bits of the table's index that tell the digits after the first ones in a row.
const NEXT_BITS: u32 = 9;
/// From so many digits in a row on they are not told apart.
const ROW_MAX: u32 = 31;
/// Entries of the table.
const PLACES: usize = ((ROW_MAX + 1) << NEXT_BITS) as usize;
/// Sets of bytes that can be told apart.
const SETS_MAX: usize = 128;
/// Molds of all patterns.
const MOLDS_MAX: usize = 1 << 11;

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
struct Test {
    at: u8,
    set: u8,
}

/// What a mold says of a start.
pub enum Cast {
    /// A hit of so many bytes.
    Hit(u32),
    /// The automaton must walk.
    Walk,
}

/// Whether an open way is another that goes on, where the other's mold sees that it does: it wants no digit behind itself.
fn goes_on(open: &Way, way: &Way) -> bool {
    open.follows(way) && side(&open.sets[way.sets.len()], &of_class(DIGIT)) == Some(false)
}

/// All molds.
#[derive(Default)]
pub struct Molds {
    molds: Vec<Mold>,
    tests: Vec<Test>,
    /// Whether each byte is in a set.
    sets: Vec<[bool; 256]>,
    known: HashMap<ByteSet, u8>,
    /// By the first digits: their list.
    index: Vec<u16>,
    /// Every layout with its molds.
    layouts: Vec<(Layout, Range<usize>)>,
    /// Layouts in turn; the first list is empty.
    lists: Vec<Vec<u16>>,
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
        let (digit, word) = (of_class(DIGIT), of_class(WORD));
        let Some((first, last)) = way.sets.first().zip(way.sets.last()) else { return false };
        let from = self.tests.len() as u32;
        let (mut care, mut want) = (0u64, 0u64);
        for (at, set) in way.sets.iter().enumerate() {
            match side(set, &digit) {
                Some(true) => (care, want) = (care | 1 << at, want | 1 << at),
                Some(false) => care |= 1 << at,
                None => {}
            }
            if *set != digit {
                let Some(set) = self.set(set) else { return false };
                self.tests.push(Test { at: at as u8, set });
            }
        }
        // Behind a word byte the edge rule wants none, so no digit.
        if !way.open && last.within(&word) {
            care |= 1 << way.sets.len();
        }
        let beside = |asked: bool, set: &ByteSet| match side(set, &word) {
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
        self.molds.sort_by_key(|mold| mold.layout);
        for (at, mold) in self.molds.iter().enumerate() {
            match self.layouts.last_mut() {
                Some((layout, molds)) if *layout == mold.layout => molds.end = at + 1,
                _ => self.layouts.push((mold.layout, at..at + 1)),
            }
        }
        let mut known: HashMap<Vec<u16>, u16> = HashMap::from([(Vec::new(), 0)]);
        self.lists = vec![Vec::new()];
        for place in 0..PLACES {
            let (told, digits) = told(place);
            let fits = |i: &usize| (digits ^ self.layouts[*i].0.want) & self.layouts[*i].0.care & told == 0;
            let list: Vec<u16> = (0..self.layouts.len()).filter(fits).map(|i| i as u16).collect();
            let lists = &mut self.lists;
            self.index.push(*known.entry(list).or_insert_with_key(|list| {
                lists.push(list.clone());
                lists.len() as u16 - 1
            }));
        }
    }

    /// Asks all molds about the places in `room`, and hands over those that each mold says something of. Several molds of a
    /// pattern may answer for one place; the longest hit is the one. Returns how many layouts were held against a place.
    pub fn cast(&self, bytes: &[u8], room: &mut Room, each: &mut impl FnMut(u16, Cast, &[Asked])) -> u64 {
        let Room { asked, sorted, there, kept, lists } = room;
        // Which molds a place has is not to be foretold, so places of one list are asked together, layout by layout.
        lists.group(asked, sorted, self.lists.len());
        let mut looks = 0;
        for run in sorted.chunk_by(|a, b| a.list == b.list) {
            let list = run.first().map_or(0, |ask| ask.list);
            looks += (run.len() * self.lists[usize::from(list)].len()) as u64;
            for layout in &self.lists[usize::from(list)] {
                let (Layout { care, want }, molds) = &self.layouts[usize::from(*layout)];
                let count = keep(run, there, |ask| ask.digits & care == *want);
                if count > 0 {
                    let molds = &self.molds[molds.clone()];
                    molds.iter().for_each(|mold| self.ask(mold, bytes, &there[..count], kept, each));
                }
            }
        }
        looks
    }

    /// Asks one mold about some places that have its layout.
    fn ask(
        &self,
        mold: &Mold,
        bytes: &[u8],
        asked: &[Asked],
        kept: &mut Vec<Asked>,
        each: &mut impl FnMut(u16, Cast, &[Asked]),
    ) {
        let tests = &self.tests[mold.tests.start as usize..mold.tests.end as usize];
        let Kind { length, open, word_before, .. } = mold.way;
        let mut fit = keep(asked, kept, |ask| {
            let within = |t: &Test| self.sets[usize::from(t.set)][usize::from(byte(bytes, ask.start, t.at))];
            let all = tests.iter().fold(true, |all, t| all & within(t));
            all & (!word_before || CLASS[usize::from(byte(bytes, ask.start.wrapping_sub(1), 0))] & WORD != 0)
        });
        if open {
            each(mold.pattern, Cast::Walk, &kept[..fit]);
            return;
        }
        if mold.follow.is_some() {
            // A longer way may end where this one cannot.
            let on = kept[..fit].iter().filter(|ask| self.goes_on(mold, bytes, ask.start));
            on.for_each(|ask| each(mold.pattern, Cast::Walk, std::slice::from_ref(ask)));
        }
        let found = std::mem::take(&mut fit);
        for i in 0..found {
            let ask = kept[i];
            kept[fit] = ask;
            fit += usize::from(ends(mold, bytes, ask.start));
        }
        each(mold.pattern, Cast::Hit(u32::from(length)), &kept[..fit]);
    }

    /// Whether a longer way of the pattern may begin with this one.
    fn goes_on(&self, mold: &Mold, bytes: &[u8], start: u32) -> bool {
        mold.follow.is_some_and(|sets| {
            let mut next = (mold.way.length..).zip(sets);
            next.all(|(at, set)| self.sets[usize::from(set)][usize::from(byte(bytes, start, at))])
        })
    }
}

/// The byte so many places from a start; a line feed where the input has none.
#[inline]
fn byte(bytes: &[u8], start: u32, at: u8) -> u8 {
    bytes.get(start as usize + usize::from(at)).copied().unwrap_or(b'\n')
}

/// Rules 2 and 3 at the end, and the boundary where one is asked for.
#[inline]
fn ends(mold: &Mold, bytes: &[u8], start: u32) -> bool {
    let end = start + u32::from(mold.way.length);
    let class = |at: u32| CLASS[usize::from(byte(bytes, at, 0))];
    let (last, after) = (class(end.wrapping_sub(1)), class(end));
    let joined = (last & DIGIT != 0) & (after & JOIN != 0) & (class(end + 1) & DIGIT != 0);
    (last & after & WORD == 0) & !joined & (!mold.way.word_after | (after & WORD != 0))
}

/// Copies those of `all` that pass to the beginning of `kept`; how many they are. What passes is not to be foretold, so
/// everything is written, and kept by adding the condition.
#[inline]
fn keep(all: &[Asked], kept: &mut Vec<Asked>, pass: impl Fn(&Asked) -> bool) -> usize {
    if kept.len() < all.len() {
        kept.resize(all.len(), Asked::default());
    }
    let mut count = 0;
    for ask in all {
        kept[count] = *ask;
        count += usize::from(pass(ask));
    }
    count
}

/// A place that molds are asked about.
#[derive(Clone, Copy, Default)]
pub struct Asked {
    /// A bit for each digit from the place on.
    digits: u64,
    /// The place.
    pub start: u32,
    list: u16,
}

/// Buffers, used again for every batch.
#[derive(Default)]
pub struct Room {
    asked: Vec<Asked>,
    sorted: Vec<Asked>,
    there: Vec<Asked>,
    kept: Vec<Asked>,
    lists: Lists,
}

impl Room {
    /// Forgets all places.
    pub fn clear(&mut self) {
        self.asked.clear();
    }

    /// Adds places that may have molds: their bits in the plane `digits`, and they.
    pub fn ask(&mut self, molds: &Molds, digits: &[u64], places: impl Iterator<Item = (usize, u32)>) {
        let before = self.asked.len();
        let mut kept = before;
        self.asked.extend(places.map(|(bit, start)| {
            let next = (digits[bit / 64 + 1] << 1) << (63 - bit % 64);
            let digits = digits[bit / 64] >> (bit % 64) | next;
            Asked { digits, start, list: molds.index[place(digits)] }
        }));
        for i in before..self.asked.len() {
            let ask = self.asked[i];
            self.asked[kept] = ask;
            kept += usize::from(ask.list != 0);
        }
        self.asked.truncate(kept);
    }
}

/// Places by their lists.
#[derive(Default)]
struct Lists {
    /// By list: how many places it has, and where the next goes; zero between two batches.
    counts: Vec<u32>,
    used: Vec<u16>,
}

impl Lists {
    /// Puts places beside those of the same list.
    fn group(&mut self, asked: &[Asked], sorted: &mut Vec<Asked>, lists: usize) {
        let Lists { counts, used } = self;
        counts.resize(lists, 0);
        used.clear();
        used.resize(asked.len() + 1, 0);
        let mut first = 0;
        for ask in asked {
            let count = &mut counts[usize::from(ask.list)];
            used[first] = ask.list;
            first += usize::from(*count == 0);
            *count += 1;
        }
        used.truncate(first);
        let mut sum = 0;
        for list in used.iter() {
            let count = &mut counts[usize::from(*list)];
            (*count, sum) = (sum, sum + *count);
        }
        sorted.clear();
        sorted.resize(asked.len(), Asked::default());
        for ask in asked {
            let place = &mut counts[usize::from(ask.list)];
            sorted[*place as usize] = *ask;
            *place += 1;
        }
        used.iter().for_each(|list| counts[usize::from(*list)] = 0);
    }
}
