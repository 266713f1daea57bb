//! Check digits that several numbers share, and what a validator says of a number that passed one.

use super::digits::repeated;
use crate::model::finding::{Marks, Verdict};

/// What a number is whose check digits agree: a placeholder when it is one digit repeated.
pub(super) fn proven(digits: &[u8]) -> Verdict {
    Verdict::Valid { proven: true, marks: placeholder(digits) }
}

/// What a number is that has no check digit and whose form and ranges are right.
pub(super) fn plausible(digits: &[u8]) -> Verdict {
    Verdict::Valid { proven: false, marks: placeholder(digits) }
}

fn placeholder(digits: &[u8]) -> Marks {
    if repeated(digits) { Marks::PLACEHOLDER } else { Marks::default() }
}

/// The sum of digits times weights; the shorter of the two ends it.
pub(super) fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(d, w)| u32::from(*d) * w).sum()
}

/// The Luhn formula (ISO/IEC 7812-1 annex B): from the right, every second digit doubled, digits summed, a multiple of ten.
pub(super) fn luhn(digits: &[u8]) -> bool {
    luhn_sum(digits).is_multiple_of(10)
}

/// The sum of the Luhn formula.
pub(super) fn luhn_sum(digits: &[u8]) -> u32 {
    let doubled = |d: u32| d * 2 - 9 * u32::from(d > 4);
    let pairs = digits.rchunks(2).map(|pair| match *pair {
        [left, right] => doubled(left.into()) + u32::from(right),
        _ => pair.iter().map(|d| u32::from(*d)).sum(),
    });
    pairs.sum()
}

/// ISO/IEC 7064, MOD 11,10: digits with their check digit at the end.
pub(super) fn mod_11_10(digits: &[u8]) -> bool {
    let check = digits.iter().fold(5, |check, &d| {
        let product = if check == 0 { 10 } else { check } * 2 % 11;
        (product + u32::from(d)) % 10
    });
    check == 1
}

/// The remainder by 97 of the number that digits spell (ISO/IEC 7064 MOD 97-10 is built on it).
pub(super) fn mod_97(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |rest, &d| (rest * 10 + u32::from(d)) % 97)
}

/// Products in the dihedral group of ten elements.
const VERHOEFF_PRODUCT: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];

/// The permutation of each place, counted from the right.
const VERHOEFF_PLACE: [[u8; 10]; 8] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
    [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
    [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
    [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
    [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
];

/// Verhoeff's check (J. Verhoeff, "Error Detecting Decimal Codes", 1969): digits with their check digit at the end.
pub(super) fn verhoeff(digits: &[u8]) -> bool {
    let check = digits.iter().rev().enumerate().fold(0u8, |check, (i, &d)| {
        let permuted = VERHOEFF_PLACE[i % 8][usize::from(d % 10)];
        VERHOEFF_PRODUCT[usize::from(check)][usize::from(permuted)]
    });
    check == 0
}
