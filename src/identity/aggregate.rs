//! Mentions of one segment that say the same are one mention with a count.
//!
//! Memory is bounded by the segment: 4 MiB of decoded bytes hold only so many mentions, and when the first mention of the
//! next segment comes, all are handed on, in the order of their first records.

use crate::model::mention::{Mention, MentionRows};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

/// Decoded bytes of a segment.
pub(super) const SEGMENT_BYTES: u64 = 4 << 20;

/// Passes a 64-bit hash through: the parts are keyed hashes already, which no input can steer.
#[derive(Default)]
pub(super) struct Through(u64);

impl Hasher for Through {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.0 = mix(self.0, u64::from(*b)));
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
}

fn mix(hash: u64, n: u64) -> u64 {
    (hash.rotate_left(5) ^ n).wrapping_mul(0x517c_c1b7_2722_0a95)
}

const NONE: u32 = u32::MAX;

#[derive(Default)]
pub(super) struct Aggregator {
    segment: u32,
    mentions: Vec<(Mention, u32)>,
    heads: HashMap<u64, u32, BuildHasherDefault<Through>>,
}

impl Aggregator {
    /// Adds a mention of one record that begins at `mention.source.0`.
    pub(super) fn add(&mut self, mention: Mention, out: &mut dyn FnMut(u32, Mention)) {
        // A parent that closes late begins in a segment already handed on; it goes with its last children.
        let segment = u32::try_from(mention.source.0 / SEGMENT_BYTES).unwrap_or(u32::MAX);
        if segment > self.segment {
            self.flush(out);
            self.segment = segment;
        }
        let hash = hash_of(&mention);
        let new = self.mentions.len() as u32;
        let head = match self.heads.entry(hash) {
            Entry::Occupied(head) => head.into_mut(),
            Entry::Vacant(none) => {
                none.insert(new);
                self.mentions.push((mention, NONE));
                return;
            }
        };
        let mut at = *head;
        while let Some((held, next)) = self.mentions.get_mut(at as usize) {
            if same(held, &mention) {
                merge(held, &mention);
                return;
            }
            at = *next;
        }
        self.mentions.push((mention, std::mem::replace(head, new)));
    }

    pub(super) fn flush(&mut self, out: &mut dyn FnMut(u32, Mention)) {
        self.heads.clear();
        for (mention, _) in self.mentions.drain(..) {
            out(self.segment, mention);
        }
    }
}

fn hash_of(mention: &Mention) -> u64 {
    let mut hash = mix(mention.role as u64, mention.population as u64);
    for token in &mention.tokens {
        let mut low = [0; 8];
        low.copy_from_slice(&token.value.0[..8]);
        hash = mix(hash, u64::from_le_bytes(low));
    }
    hash = mix(mix(hash, mention.name.first), mention.name.last);
    hash = mention.elements.iter().fold(hash, |h, e| mix(h, (e.element as u64) << 8 | e.form as u64));
    match mention.residence {
        Some(r) => mix(hash, u64::from(u32::from_le_bytes([r.country[0], r.country[1], r.state[0], r.state[1]]))),
        None => hash,
    }
}

fn same(a: &Mention, b: &Mention) -> bool {
    a.role == b.role
        && a.population == b.population
        && a.tokens == b.tokens
        && a.name == b.name
        && a.elements == b.elements
        && a.residence == b.residence
        && a.path == b.path
}

fn merge(held: &mut Mention, mention: &Mention) {
    held.count += mention.count;
    held.confidence = held.confidence.min(mention.confidence);
    held.event_day = held.event_day.max(mention.event_day);
    held.source = (held.source.0.min(mention.source.0), held.source.1.max(mention.source.1));
    mention.rows.iter().for_each(|run| add_run(&mut held.rows, *run));
}

/// Adds a run of rows, joining what touches. Rows mostly ascend, so the end is tried first.
fn add_run(rows: &mut MentionRows, (first, last): (u64, u64)) {
    match rows.last_mut() {
        Some(run) if first >= run.0 && first <= run.1.saturating_add(1) => run.1 = run.1.max(last),
        Some(run) if first < run.0 => {
            let at = rows.partition_point(|r| r.0 <= first);
            rows.insert(at, (first, last));
            rows.dedup_by(|b, a| {
                let touch = b.0 <= a.1.saturating_add(1);
                if touch {
                    a.1 = a.1.max(b.1);
                }
                touch
            });
        }
        _ => rows.push((first, last)),
    }
}
