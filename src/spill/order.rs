//! The order of records, and sorting them in memory.

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::cmp::Ordering;

/// Fewer records than these are compared with each other; more are dealt out by a byte first.
const DEAL_MIN: usize = 512;

/// A record's first sixteen bytes as one number, which decides nearly always and spares a call of `memcmp`.
pub(super) fn front<const N: usize>(record: &[u8; N]) -> u128 {
    let mut front = [0; 16];
    let length = N.min(16);
    front[..length].copy_from_slice(&record[..length]);
    u128::from_be_bytes(front)
}

/// The order of records: that of their bytes.
pub(super) fn order<const N: usize>(a: &[u8; N], b: &[u8; N]) -> Ordering {
    front(a).cmp(&front(b)).then_with(|| a[N.min(16)..].cmp(&b[N.min(16)..]))
}

/// Sorts records. What is sorted most are tokens, whose bytes are evenly spread: they are dealt out by their first bytes
/// until few are left in a place, which costs each record one or two moves instead of a comparison for each halving.
pub(super) fn sort<const N: usize>(records: &mut [[u8; N]]) {
    deal(records, 0, true);
}

/// The same on this thread alone. Whoever waits for this thread may be a thread of the pool, which must not wait for the pool.
pub(super) fn sort_here<const N: usize>(records: &mut [[u8; N]]) {
    deal(records, 0, false);
}

/// Sorts records that are equal in their first `depth` bytes.
fn deal<const N: usize>(records: &mut [[u8; N]], depth: usize, parallel: bool) {
    if records.len() < DEAL_MIN {
        return records.sort_unstable_by(order);
    }
    let depth = depth + common(records, depth);
    if depth >= N {
        return;
    }
    let ends = place(records, depth);
    let mut rest = records;
    let mut places = Vec::with_capacity(ends.len());
    let mut start = 0;
    for end in ends {
        let (place, others) = rest.split_at_mut(end - start);
        if place.len() > 1 {
            places.push(place);
        }
        (rest, start) = (others, end);
    }
    if parallel {
        places.into_par_iter().for_each(|place| deal(place, depth + 1, false));
    } else {
        places.into_iter().for_each(|place| deal(place, depth + 1, false));
    }
}

/// How many bytes from `depth` on all records have in common; ordinals share their first ones.
fn common<const N: usize>(records: &[[u8; N]], depth: usize) -> usize {
    let Some((first, others)) = records.split_first() else { return 0 };
    let mut length = N - depth.min(N);
    for record in others {
        if length == 0 {
            break;
        }
        let same = |i: &usize| record[depth + i] == first[depth + i];
        length = (0..length).take_while(same).count();
    }
    length
}

/// Brings records into the order of one byte, in place; gives where the records of each value end.
fn place<const N: usize>(records: &mut [[u8; N]], byte: usize) -> [usize; 256] {
    let mut ends = [0usize; 256];
    records.iter().for_each(|record| ends[usize::from(record[byte])] += 1);
    let mut next = [0usize; 256];
    let mut sum = 0;
    for (next, end) in next.iter_mut().zip(&mut ends) {
        *next = sum;
        sum += *end;
        *end = sum;
    }
    for value in 0..256 {
        while next[value] < ends[value] {
            // A circle of moves: each record pushes the one at its place on to its own.
            let at = next[value];
            let mut moving = records[at];
            let mut to = usize::from(moving[byte]);
            while to != value {
                std::mem::swap(&mut moving, &mut records[next[to]]);
                next[to] += 1;
                to = usize::from(moving[byte]);
            }
            records[at] = moving;
            next[value] += 1;
        }
    }
    ends
}
