//! Tokens that too many names share.

use super::{KINDS, Spills};
use crate::model::mention::TokenValue;
use crate::spill::{Put, Sorted, Sorter, Take};
use std::io;

/// The most shared tokens of a kind, which take no part in measuring what is usual.
const OUTLIERS: u64 = 3;
/// A token seen with fewer names is never a hub.
pub const HUB_NAMES_MIN: u64 = 6;
/// A token seen with this many names always is one.
const HUB_NAMES_MAX: u64 = 20;

/// A hub: the token, its kind, its names.
pub const HUB: usize = 16 + 1 + 4;

/// With how many names tokens are seen.
///
/// The measured rule: a token is a hub when it is seen with more than twice the names of the 99.9th percentile of the
/// shared tokens of its kind ([`OUTLIERS`] left out, so that in a small estate a hub does not set its own bar), but never
/// under [`HUB_NAMES_MIN`] and always at [`HUB_NAMES_MAX`].
pub struct Measure {
    seen: Vec<[u64; HUB_NAMES_MAX as usize + 1]>,
    candidates: Sorter<HUB>,
}

impl Measure {
    /// Nothing was seen yet.
    pub fn new(spills: &Spills) -> Measure {
        let candidates = Sorter::new(spills.dir, spills.memory / 8);
        Measure { seen: vec![[0; HUB_NAMES_MAX as usize + 1]; KINDS], candidates }
    }

    /// Takes a token that several mentions have, with how many names.
    pub fn add(&mut self, token: TokenValue, kind: usize, names: u64) -> io::Result<()> {
        self.seen[kind][names.min(HUB_NAMES_MAX) as usize] += 1;
        if names < HUB_NAMES_MIN {
            return Ok(());
        }
        let names = u32::try_from(names).unwrap_or(u32::MAX);
        self.candidates.push(Put::default().bytes(&token.0).u8(kind as u8).u32(names).done())
    }

    /// The hubs, by token.
    pub fn hubs(self, spills: &Spills) -> io::Result<Sorted<HUB>> {
        let threshold: Vec<u32> = self.seen.iter().map(threshold).collect();
        let mut hubs = Sorter::new(spills.dir, spills.memory / 8);
        for record in self.candidates.sorted()?.iter()? {
            let record = record?;
            let mut take = Take::new(&record[16..]);
            if threshold[usize::from(take.u8())] <= take.u32() {
                hubs.push(record)?;
            }
        }
        hubs.sorted()
    }
}

/// The fewest names of a hub, from how many tokens are seen with each number of names.
fn threshold(counts: &[u64; HUB_NAMES_MAX as usize + 1]) -> u32 {
    let total: u64 = counts.iter().sum();
    let mut above = total / 1000 + OUTLIERS;
    let mut percentile = HUB_NAMES_MAX;
    while percentile > 0 && above >= counts[percentile as usize] {
        above -= counts[percentile as usize];
        percentile -= 1;
    }
    (2 * percentile + 1).clamp(HUB_NAMES_MIN, HUB_NAMES_MAX) as u32
}
