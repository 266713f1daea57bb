//! Elements with no person beside them, counted by field.

use crate::model::element::Form;
use crate::model::field::FieldId;
use crate::model::mention::MentionElement;
use std::collections::BTreeMap;

/// Registers of the distinct-value sketch; the error is about 3 %.
const REGISTERS: usize = 1024;
const ROWS_MAX: usize = 8;

/// Counts distinct 64-bit hashes in constant memory (HyperLogLog, Flajolet et al. 2007, with linear counting below).
pub(super) struct Distinct(Box<[u8; REGISTERS]>);

impl Distinct {
    fn new() -> Self {
        Distinct(Box::new([0; REGISTERS]))
    }

    fn add(&mut self, hash: u64) {
        let register = &mut self.0[hash as usize % REGISTERS];
        *register = (*register).max((hash >> 10 | 1 << 54).trailing_zeros() as u8 + 1);
    }

    fn estimate(&self) -> u64 {
        let m = REGISTERS as f64;
        let empty = self.0.iter().filter(|r| **r == 0).count();
        let sum: f64 = self.0.iter().map(|r| 2f64.powi(-i32::from(*r))).sum();
        let raw = 0.7213 / (1.0 + 1.079 / m) * m * m / sum;
        let linear = m * (m / empty.max(1) as f64).ln();
        if raw <= 2.5 * m && empty > 0 { linear.round() as u64 } else { raw.round() as u64 }
    }
}

/// One line of the table, before the object's number is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// The field's path.
    pub path: String,
    /// The element and its form.
    pub element: MentionElement,
    /// Findings.
    pub count: u64,
    /// Distinct values, estimated.
    pub distinct: u64,
    /// The first rows, at most eight.
    pub first_rows: Vec<u64>,
    /// Why no person has it.
    pub reason: &'static str,
}

struct Count {
    count: u64,
    distinct: Distinct,
    rows: Vec<u64>,
}

/// The orphans of an object.
#[derive(Default)]
pub(super) struct Orphans {
    counts: BTreeMap<(FieldId, MentionElement, &'static str), Count>,
}

impl Orphans {
    pub(super) fn add(&mut self, field: FieldId, element: MentionElement, hash: u64, row: u64, reason: &'static str) {
        let count = self.counts.entry((field, element, reason)).or_insert_with(|| Count {
            count: 0,
            distinct: Distinct::new(),
            rows: Vec::new(),
        });
        count.count += 1;
        count.distinct.add(hash);
        if count.rows.len() < ROWS_MAX && count.rows.last() != Some(&row) {
            count.rows.push(row);
        }
    }

    pub(super) fn take(&mut self, path: impl Fn(FieldId) -> String) -> Vec<Orphan> {
        std::mem::take(&mut self.counts)
            .into_iter()
            .map(|((field, element, reason), count)| Orphan {
                path: path(field),
                element,
                count: count.count,
                distinct: count.distinct.estimate().min(count.count),
                first_rows: count.rows,
                reason,
            })
            .collect()
    }
}

/// The stronger of two forms for a pair: what is not clear makes the pair unclear.
pub(super) fn paired(value: Form, secret: Form) -> Form {
    if value == Form::Clear { secret } else { value }
}
