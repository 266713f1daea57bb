//! Sets of object ids.
//!
//! Which objects are live must be known while any other table is read. Ids are dense (they are counted up), so a bitmap in
//! pages costs about a bit an object: a hundred million objects in 13 MB.

use std::collections::{BTreeMap, BTreeSet};

const WORDS: usize = 64;
const PAGE_BITS: u64 = WORDS as u64 * 64;

/// A set of object ids.
#[derive(Clone, Debug, Default)]
pub(super) struct IdSet {
    pages: BTreeMap<u64, Box<[u64; WORDS]>>,
}

impl IdSet {
    pub fn insert(&mut self, id: u64) {
        let bit = id % PAGE_BITS;
        let page = self.pages.entry(id / PAGE_BITS).or_insert_with(|| Box::new([0; WORDS]));
        page[(bit / 64) as usize] |= 1 << (bit % 64);
    }

    pub fn contains(&self, id: u64) -> bool {
        let bit = id % PAGE_BITS;
        self.pages.get(&(id / PAGE_BITS)).is_some_and(|page| page[(bit / 64) as usize] & (1 << (bit % 64)) != 0)
    }

    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Whether any id from `min` to `max`, both included, is in the set.
    pub fn any_in(&self, min: u64, max: u64) -> bool {
        if min > max {
            return false;
        }
        self.pages.range(min / PAGE_BITS..=max / PAGE_BITS).any(|(number, page)| {
            let first = number * PAGE_BITS;
            page.iter().enumerate().filter(|(_, word)| **word != 0).any(|(i, word)| {
                let start = first + i as u64 * 64;
                (0..64).any(|bit| word & (1 << bit) != 0 && (min..=max).contains(&(start + bit)))
            })
        })
    }
}

/// The objects whose rows a reading hands over: the live ones, or the live ones among some.
pub(super) struct Wanted<'a> {
    pub live: &'a IdSet,
    pub only: Option<&'a BTreeSet<u64>>,
}

impl Wanted<'_> {
    pub fn contains(&self, id: u64) -> bool {
        self.only.is_none_or(|only| only.contains(&id)) && self.live.contains(id)
    }

    /// Whether rows between two stored ids can be wanted. Ids are stored as signed numbers of the same bits, so a range
    /// that straddles zero is two ranges of ids.
    pub fn any_in(&self, min: i64, max: i64) -> bool {
        let any = |min: u64, max: u64| match self.only {
            Some(only) => min <= max && only.range(min..=max).any(|id| self.live.contains(*id)),
            None => self.live.any_in(min, max),
        };
        if min < 0 && max >= 0 {
            any(0, max.cast_unsigned()) || any(min.cast_unsigned(), u64::MAX)
        } else {
            any(min.cast_unsigned(), max.cast_unsigned())
        }
    }
}
