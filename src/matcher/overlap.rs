//! Which of several findings that overlap is kept.
//!
//! A finding whose field names it goes before one that rests on less, then one that somebody may have before one that was
//! never issued, then the higher precedence, then the longer, then the earlier. Within a group of findings that hang together by overlaps the best is kept, then the best of what does
//! not overlap it, and so on; the outcome does not depend on the order in which they came.

use super::plan::Matcher;
use crate::model::finding::{Basis, Finding, Marks};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Drops what a better finding overlaps. `findings` are those of one or more cells, sorted by start; the order stays.
pub fn settle(matcher: &Matcher, findings: &mut Vec<Finding>) {
    let mut kept = 0;
    let mut next = 0;
    while next < findings.len() {
        // Most findings overlap nothing; a group is found by its growing end.
        let first = next;
        let mut end = findings[first].end;
        next += 1;
        while next < findings.len() && findings[next].start < end {
            end = end.max(findings[next].end);
            next += 1;
        }
        let group = next - first;
        if group > 1 {
            drop_overlapped(matcher, &mut findings[first..next]);
        }
        // Nothing was dropped before, and nothing is now: all stays where it is.
        if group == 1 && kept == first {
            kept = next;
            continue;
        }
        for i in first..next {
            let finding = findings[i];
            if finding.start < finding.end {
                findings[kept] = finding;
                kept += 1;
            }
        }
    }
    findings.truncate(kept);
}

/// What is compared when findings overlap, most important first: the field names it, nobody has such a number, the
/// precedence, the length, the start, the detector. The lesser rank is kept.
pub type Rank = (Reverse<bool>, bool, Reverse<i32>, Reverse<u32>, u32, u16);

/// The rank of a finding among those it overlaps.
pub fn rank(matcher: &Matcher, f: &Finding) -> Rank {
    let precedence = matcher.detectors()[usize::from(f.detector)].precedence;
    let never = f.marks.has(Marks::NEVER_ISSUED);
    (Reverse(f.basis.has(Basis::FIELD)), never, Reverse(precedence), Reverse(f.end - f.start), f.start, f.detector)
}

/// Marks the losers of one group by making them empty.
fn drop_overlapped(matcher: &Matcher, group: &mut [Finding]) {
    let rank = |f: &Finding| rank(matcher, f);
    if let [a, b] = group {
        let loser = if rank(a) <= rank(b) { b } else { a };
        loser.end = loser.start;
        return;
    }
    let mut order: Vec<usize> = (0..group.len()).collect();
    order.sort_unstable_by_key(|i| rank(&group[*i]));
    // Kept spans by start; they do not overlap, so the nearest on each side are the only ones to ask.
    let mut spans: BTreeMap<u32, u32> = BTreeMap::new();
    for i in order {
        let (start, end) = (group[i].start, group[i].end);
        let left = spans.range(..=start).next_back().is_some_and(|(_, e)| *e > start);
        let right = spans.range(start..).next().is_some_and(|(s, _)| *s < end);
        if left || right {
            group[i].end = start;
        } else {
            spans.insert(start, end);
        }
    }
}
