//! Hits of a batch as numbers, which sort faster.

use crate::model::finding::Hit;

/// A hit as one number that sorts by start, end and detector.
pub fn key(from: usize, start: u32, end: u32, detector: u16) -> u64 {
    u64::from(start - from as u32) << 48 | u64::from(end - start) << 32 | u64::from(detector)
}

/// Room for sorting, used again.
#[derive(Default)]
pub struct Places {
    dealt: Vec<u64>,
    ends: Vec<u32>,
}

/// Sorts keys whose starts lie within `span` bytes. They are dealt out by where they start, so that few are together, and
/// those are sorted among themselves.
pub fn sort(keys: &mut Vec<u64>, span: usize, room: &mut Places) {
    const FEW: usize = 48;
    /// Keys that a place has on average.
    const TOGETHER: usize = 2;
    if keys.len() < FEW {
        keys.sort_unstable();
        return;
    }
    let Places { dealt, ends } = room;
    let bits = (span * TOGETHER / keys.len()).max(1).ilog2();
    let place = |key: u64| (key >> 48 >> bits) as usize;
    ends.clear();
    ends.resize((span >> bits) + 1, 0);
    keys.iter().for_each(|key| ends[place(*key)] += 1);
    let mut sum = 0;
    for end in ends.iter_mut() {
        (*end, sum) = (sum, sum + *end);
    }
    dealt.resize(keys.len(), 0);
    for &key in keys.iter() {
        let end = &mut ends[place(key)];
        dealt[*end as usize] = key;
        *end += 1;
    }
    std::mem::swap(keys, dealt);
    let mut from = 0;
    for &end in ends.iter() {
        settle(&mut keys[from..end as usize]);
        from = end as usize;
    }
}

/// Sorts few keys, most of which are in order.
#[inline]
fn settle(keys: &mut [u64]) {
    const FEW: usize = 16;
    if keys.len() > FEW {
        return keys.sort_unstable();
    }
    for i in 1..keys.len() {
        let key = keys[i];
        let mut at = i;
        while at > 0 && keys[at - 1] > key {
            keys[at] = keys[at - 1];
            at -= 1;
        }
        keys[at] = key;
    }
}

/// Appends the hits of sorted keys, whose starts count from `from`.
pub fn hits(keys: &[u64], from: u32, hits: &mut Vec<Hit>) {
    hits.reserve(keys.len());
    for key in keys {
        let start = from + (key >> 48) as u32;
        let hit = Hit { start, end: start + (key >> 32 & 0xffff) as u32, detector: *key as u16 };
        if hits.last().is_some_and(|last| last.start == start) {
            // Molds, or a mold and an outline, may have found one start; the longest hit is the one.
            let here = hits.iter().rev().take_while(|h| h.start == start);
            if let Some(back) = { here }.position(|h| h.detector == hit.detector) {
                hits.remove(hits.len() - 1 - back);
            }
        }
        hits.push(hit);
    }
}
