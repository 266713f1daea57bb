//! What the inventory's `fields` table says: counts per field and detector, in bounded memory.

use crate::model::detector::Confidence;
use crate::model::finding::{Finding, Marks};

/// Registers of a [`Distinct`]: one byte each.
const REGISTERS: usize = 1024;
/// First rows that are remembered.
const ROWS_MAX: usize = 8;

/// Estimates how many distinct values were seen, within about 3 %, in 1 KiB (HyperLogLog, with linear counting while
/// most registers are empty: Flajolet et al. 2007, section 4). The hash is unkeyed and never leaves this process.
pub struct Distinct(Box<[u8; REGISTERS]>);

impl Default for Distinct {
    fn default() -> Self {
        Distinct(Box::new([0; REGISTERS]))
    }
}

impl Distinct {
    /// Adds a value.
    pub fn add(&mut self, value: &[u8]) {
        let hash = hash(value);
        let register = (hash >> 54) as usize;
        let rank = (hash << 10 | 1 << 9).leading_zeros() as u8 + 1;
        self.0[register] = self.0[register].max(rank);
    }

    /// The estimate.
    pub fn estimate(&self) -> u64 {
        let m = REGISTERS as f64;
        let empty = self.0.iter().filter(|r| **r == 0).count();
        let sum: f64 = self.0.iter().map(|r| 0.5f64.powi(i32::from(*r))).sum();
        let raw = 0.7213 / (1.0 + 1.079 / m) * m * m / sum;
        let estimate = if raw <= 2.5 * m && empty > 0 { m * (m / empty as f64).ln() } else { raw };
        estimate.round() as u64
    }
}

/// Eight bytes a step, then a finaliser that spreads every bit (the constants are those of MurmurHash3).
fn hash(value: &[u8]) -> u64 {
    let mut h = 0x9e37_79b9_7f4a_7c15 ^ value.len() as u64;
    let mut step = |word: u64| {
        h = (h ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd);
        h ^= h >> 32;
    };
    let (words, rest) = value.as_chunks::<8>();
    words.iter().for_each(|word| step(u64::from_le_bytes(*word)));
    if !rest.is_empty() {
        step(rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    }
    h = (h ^ (h >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

/// Counts of one detector in one field.
#[derive(Default)]
pub struct Stat {
    /// Candidates.
    pub matches: u64,
    /// Findings.
    pub valid: u64,
    /// Cells that a valid candidate fills from end to end.
    pub whole_cells: u64,
    /// Valid candidates that a list or checksum proved.
    pub proven: u64,
    /// Findings of confidence medium and high.
    pub confidence: [u64; 2],
    /// Findings with each mark: test, never issued, placeholder, role.
    pub marks: [u64; 4],
    /// First rows with a finding.
    pub first_rows: Vec<u64>,
    /// Distinct values; none past the number of estimates a judge keeps.
    pub distinct: Option<Distinct>,
}

impl Stat {
    /// Counts a finding that is reported.
    pub fn add(&mut self, finding: &Finding, value: &[u8], row: u64) {
        self.valid += 1;
        self.confidence[usize::from(finding.confidence == Confidence::High)] += 1;
        if finding.marks != Marks::default() {
            let marks = [Marks::TEST, Marks::NEVER_ISSUED, Marks::PLACEHOLDER, Marks::ROLE];
            for (count, mark) in self.marks.iter_mut().zip(marks) {
                *count += u64::from(finding.marks.has(mark));
            }
        }
        if self.first_rows.len() < ROWS_MAX && self.first_rows.last() != Some(&row) {
            self.first_rows.push(row);
        }
        if let Some(distinct) = &mut self.distinct {
            distinct.add(value);
        }
    }

    /// Distinct values, estimated; without an estimate, as many as there are findings.
    pub fn distinct(&self) -> u64 {
        self.distinct.as_ref().map_or(self.valid, Distinct::estimate).min(self.valid)
    }
}
