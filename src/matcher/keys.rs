//! Hits of a batch as numbers, which sort faster.

use crate::model::finding::Hit;

/// A hit as one number that sorts by start, end and detector.
pub fn key(from: usize, start: u32, end: u32, detector: u16) -> u64 {
    u64::from(start - from as u32) << 48 | u64::from(end - start) << 32 | u64::from(detector)
}

/// Sorts keys: by the two bytes of their starts, then those of one start among themselves.
pub fn sort(keys: &mut Vec<u64>, room: &mut Vec<u64>) {
    const FEW: usize = 64;
    if keys.len() < FEW {
        keys.sort_unstable();
        return;
    }
    for shift in [48, 56] {
        let byte = |key: u64| (key >> shift) as usize % 256;
        let mut next = [0u32; 256];
        keys.iter().for_each(|key| next[byte(*key)] += 1);
        let mut sum = 0;
        for count in &mut next {
            (*count, sum) = (sum, sum + *count);
        }
        room.clear();
        room.resize(keys.len(), 0);
        for &key in keys.iter() {
            let place = &mut next[byte(key)];
            room[*place as usize] = key;
            *place += 1;
        }
        std::mem::swap(keys, room);
    }
    // Of one start there are at most as many hits as detectors.
    for run in keys.chunk_by_mut(|a, b| a >> 48 == b >> 48).filter(|run| run.len() > 1) {
        run.sort_unstable();
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
