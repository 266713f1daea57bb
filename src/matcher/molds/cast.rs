//! Molds held against the starts of a batch.

use super::{Kind, Layout, Mold, Molds, QUICK, Quick, REACH, Test, place, quick_tests};
use crate::matcher::edges::{CLASS, WORD, end_ok};
use crate::matcher::text::{at, near};

/// What a mold says of a start.
pub enum Cast {
    /// A hit of so many bytes.
    Hit(u32),
    /// The automaton must walk.
    Walk,
}

/// The planes that molds read, and the bit in each for a window's first start.
#[derive(Clone, Copy)]
pub struct Read<'a> {
    /// Where digits stand.
    pub digits: &'a [u64],
    /// Where rules 2 and 3 let a hit end, at the byte after it.
    pub ends: &'a [u64],
    /// The start whose bits are the first ones.
    pub start: u32,
    /// Where in each plane they stand.
    pub bits: (usize, usize),
}

/// A start that molds are asked about.
#[derive(Clone, Copy, Default)]
struct Asked {
    /// A bit for each digit from the start on.
    digits: u64,
    /// A bit for each byte before which a hit may end.
    ends: u64,
    start: u32,
    list: u16,
}

/// The starts of a batch.
#[derive(Default)]
pub struct Room {
    asked: Vec<Asked>,
    /// How many of them there are; what lies behind them is left over.
    count: usize,
    grouped: Vec<Asked>,
    /// Starts that one mold has at first sight.
    passed: Vec<u32>,
    /// Those that it has.
    sure: Vec<u32>,
    /// By list: how many starts it has, and where the next goes.
    places: Vec<u32>,
}

impl Room {
    /// Forgets all starts.
    pub fn clear(&mut self) {
        self.count = 0;
    }

    /// Puts starts beside those of the same list.
    fn group(&mut self, lists: usize) {
        let Room { asked, count, grouped, places, .. } = self;
        places.clear();
        places.resize(lists, 0);
        let asked = &asked[..*count];
        asked.iter().for_each(|ask| places[usize::from(ask.list)] += 1);
        let mut sum = 0;
        for place in places.iter_mut() {
            (*place, sum) = (sum, sum + *place);
        }
        grouped.resize(asked.len().max(grouped.len()), Asked::default());
        for ask in asked {
            let place = &mut places[usize::from(ask.list)];
            grouped[*place as usize] = *ask;
            *place += 1;
        }
    }
}

impl Molds {
    /// Adds starts of a window to those that are asked about, as far as they may have a mold.
    pub fn note(&self, read: Read<'_>, starts: &[u32], room: &mut Room) {
        let Room { asked, count, .. } = room;
        if asked.len() < *count + starts.len() {
            asked.resize(*count + starts.len(), Asked::default());
        }
        for &start in starts {
            let bit = (start - read.start) as usize;
            let (digits, ends) = (word(read.digits, read.bits.0 + bit), word(read.ends, read.bits.1 + bit));
            let list = self.index[place(digits)];
            asked[*count] = Asked { digits, ends, start, list };
            *count += usize::from(list != 0);
        }
    }

    /// Asks all molds about the starts that were noted, and hands over those that each mold says something of. Several
    /// molds of a pattern may answer for one start; the longest hit is the one. Returns how many molds were held against a
    /// start.
    pub fn cast(&self, bytes: &[u8], room: &mut Room, each: &mut impl FnMut(u16, Cast, &[u32])) -> u64 {
        room.group(self.lists.len());
        let Room { grouped, passed, sure, places, .. } = room;
        let (mut looks, mut from) = (0, 0);
        for (list, &to) in self.lists.iter().zip(places.iter()) {
            let asked = &grouped[from..to as usize];
            from = to as usize;
            if asked.is_empty() {
                continue;
            }
            for quick in &self.quick[list.start as usize..list.end as usize] {
                looks += asked.len() as u64;
                let kept = self.sift(quick, bytes, asked, passed);
                if quick.sure {
                    each(quick.pattern, Cast::Hit(u32::from(quick.length)), &passed[..kept]);
                } else if kept > 0 {
                    self.ask(&self.molds[usize::from(quick.mold)], bytes, &passed[..kept], sure, each);
                }
            }
        }
        looks
    }

    /// Writes the starts that a mold has at first sight to `passed`; how many they are.
    fn sift(&self, quick: &Quick, bytes: &[u8], asked: &[Asked], passed: &mut Vec<u32>) -> usize {
        match quick.count {
            0 | 1 => self.sift_by::<1>(quick, bytes, asked, passed),
            2 => self.sift_by::<2>(quick, bytes, asked, passed),
            3 => self.sift_by::<3>(quick, bytes, asked, passed),
            4 => self.sift_by::<4>(quick, bytes, asked, passed),
            _ => self.sift_by::<QUICK>(quick, bytes, asked, passed),
        }
    }

    /// The same by the first `TESTS` tests.
    fn sift_by<const TESTS: usize>(
        &self,
        quick: &Quick,
        bytes: &[u8],
        asked: &[Asked],
        passed: &mut Vec<u32>,
    ) -> usize {
        let Quick { layout: Layout { care, want }, tests, length, any_end, .. } = *quick;
        if passed.len() < asked.len() {
            passed.resize(asked.len(), 0);
        }
        let mut kept = 0;
        for ask in asked {
            let copy;
            let next = match at::<REACH>(bytes, ask.start) {
                Some(next) => next,
                None => {
                    copy = near(bytes, ask.start);
                    &copy
                }
            };
            let within = |t: Test| self.quick_sets[usize::from(next[usize::from(t.at) % REACH])] >> (t.set % 64);
            let fits = tests
                .into_iter()
                .take(TESTS)
                .fold(ask.ends >> (length % 64) | u64::from(any_end), |fits, t| fits & within(t));
            passed[kept] = ask.start;
            kept += usize::from(fits & u64::from(ask.digits & care == want) & 1 != 0);
        }
        kept
    }

    /// Asks one mold what else it asks of starts that have passed.
    fn ask(
        &self,
        mold: &Mold,
        bytes: &[u8],
        passed: &[u32],
        sure: &mut Vec<u32>,
        each: &mut impl FnMut(u16, Cast, &[u32]),
    ) {
        let Kind { length, open, word_before, word_after } = mold.way;
        let is_word = |at: u32| CLASS[usize::from(byte(bytes, at, 0))] & WORD != 0;
        let all = self.tests_of(mold);
        let more = &all[quick_tests(all)..];
        sure.clear();
        sure.extend(passed.iter().filter(|start| {
            let within = |t: &Test| self.sets[usize::from(t.set)][usize::from(byte(bytes, **start, t.at))];
            more.iter().all(within) && (!word_before || is_word(start.wrapping_sub(1)))
        }));
        if open {
            return each(mold.pattern, Cast::Walk, sure);
        }
        if mold.follow.is_some() {
            // A longer way may end where this one cannot.
            let on = sure.iter().filter(|start| self.goes_on(mold, bytes, **start));
            on.for_each(|start| each(mold.pattern, Cast::Walk, std::slice::from_ref(start)));
        }
        sure.retain(|start| {
            let end = start + u32::from(length);
            end_ok(bytes, end as usize) && (!word_after || is_word(end))
        });
        each(mold.pattern, Cast::Hit(u32::from(length)), sure);
    }

    /// Whether a longer way of the pattern may begin with this one.
    fn goes_on(&self, mold: &Mold, bytes: &[u8], start: u32) -> bool {
        mold.follow.is_some_and(|sets| {
            let mut next = (mold.way.length..).zip(sets);
            next.all(|(at, set)| self.sets[usize::from(set)][usize::from(byte(bytes, start, at))])
        })
    }
}

/// The bits of a plane from a place on.
#[inline]
fn word(plane: &[u64], bit: usize) -> u64 {
    let next = (plane[bit / 64 + 1] << 1) << (63 - bit % 64);
    plane[bit / 64] >> (bit % 64) | next
}

/// The byte so many places from a start; a line feed where the input has none.
#[inline]
fn byte(bytes: &[u8], start: u32, at: u8) -> u8 {
    bytes.get(start as usize + usize::from(at)).copied().unwrap_or(b'\n')
}
