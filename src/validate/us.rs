//! Numbers that United States agencies and banks issue.

use super::digits::{Digits, counting, exactly, number, pair, repeated, trim};
use crate::model::finding::{Marks, Verdict};

/// The nine digits of `ddd-dd-dddd`, `ddd dd dddd` or `ddddddddd`. A number that was kept as an integer lost its leading
/// zeros, so seven and eight digits are read with zeros before them.
fn nine(bytes: &[u8]) -> Option<[u8; 9]> {
    let bytes = trim(bytes);
    if bytes.len() == 11 {
        let (first, second) = (bytes[3], bytes[6]);
        if first != second || !matches!(first, b'-' | b' ') {
            return None;
        }
    } else if !(7..=9).contains(&bytes.len()) {
        return None;
    }
    let separators: &[u8] = if bytes.len() == 11 { b"- " } else { b"" };
    let digits = Digits::<9>::of(bytes, separators)?;
    let digits = digits.as_slice();
    if bytes.len() == 11 && digits.len() != 9 {
        return None;
    }
    let mut padded = [0u8; 9];
    padded[9 - digits.len()..].copy_from_slice(digits);
    Some(padded)
}

const NOT_NINE: &str = "not 9 digits, alone or as 3-2-4 with one separator";

/// A Social Security number.
///
/// Group 00 and serial 0000 do not exist; areas 000, 666 and 900-999 were never issued (SSA, "Social Security Number
/// Randomization", and POMS RM 10201.035). Those areas are kept with a mark, because test and synthetic data use them in
/// fields that say SSN. Marked as test: 078-05-1120 (SSA history, the wallet card), 219-09-9999 (the SSA pamphlet of 1940),
/// 987-65-4320 to 4329 (reserved for advertising). Marked as a placeholder: one digit, a run of digits, 111-22-3333.
pub fn us_ssn(bytes: &[u8]) -> Verdict {
    let Some(digits) = nine(bytes) else { return Verdict::Invalid(NOT_NINE) };
    let area = number(&digits[..3]);
    let group = number(&digits[3..5]);
    let serial = number(&digits[5..]);
    ensure!(group != 0, "group 00 is never issued");
    ensure!(serial != 0, "serial 0000 is never issued");
    let mut marks = Marks::default();
    if area == 0 || area == 666 || area >= 900 {
        marks = marks.with(Marks::NEVER_ISSUED);
    }
    if matches!(number(&digits), 78_051_120 | 219_099_999 | 987_654_320..=987_654_329) {
        marks = marks.with(Marks::TEST);
    }
    let typed = digits.iter().zip([1, 1, 1, 2, 2, 3, 3, 3, 3]).all(|(d, t)| *d == t);
    if repeated(&digits) || counting(&digits) || typed {
        marks = marks.with(Marks::PLACEHOLDER);
    }
    Verdict::Valid { proven: false, marks }
}

/// An individual taxpayer identification number: 9xx with group 50-65, 70-88, 90-92 or 94-99 (IRS Publication 1915 and
/// Internal Revenue Manual 3.21.263).
pub fn us_itin(bytes: &[u8]) -> Verdict {
    let Some(digits) = nine(bytes) else { return Verdict::Invalid(NOT_NINE) };
    let group = number(&digits[3..5]);
    ensure!(digits[0] == 9, "no ITIN begins other than with 9");
    ensure!(matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99), "its group is of no ITIN");
    ensure!(number(&digits[5..]) != 0, "serial 0000 is never issued");
    let marks = if repeated(&digits) { Marks::PLACEHOLDER } else { Marks::default() };
    Verdict::Valid { proven: false, marks }
}

/// Four digits, with or without the mask before them (`***-**-1234`, `XXX-XX-1234`).
pub fn digits4(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let Some((mask, digits)) = bytes.split_last_chunk::<4>() else {
        return Verdict::Invalid("fewer than 4 signs");
    };
    let masked = mask.len() <= 8 && mask.iter().all(|b| matches!(b, b'*' | b'X' | b'x' | b'#' | b'-' | b' ' | b'.'));
    ensure!(masked, "what stands before its last four is no mask");
    ensure!(digits.iter().all(u8::is_ascii_digit), "its last four are not digits");
    let marks = if digits == b"0000" || digits == b"9999" { Marks::PLACEHOLDER } else { Marks::default() };
    Verdict::Valid { proven: false, marks }
}

/// An ABA routing transit number: nine digits, weighted sum 3-7-1 a multiple of ten, first two digits 00-12, 21-32, 61-72
/// or 80 (American Bankers Association Routing Number Policy).
pub fn aba_routing(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let Some(digits) = Digits::<9>::of(bytes, b"").filter(|d| d.as_slice().len() == 9) else {
        return Verdict::Invalid("not 9 digits");
    };
    let digits = digits.as_slice();
    let sum: u32 = digits.iter().zip([3u32, 7, 1].iter().cycle()).map(|(&d, w)| u32::from(d) * w).sum();
    let prefix = digits[0] * 10 + digits[1];
    ensure!(sum.is_multiple_of(10), "weighted sum 3-7-1 fails");
    ensure!(!repeated(digits), "one digit repeated is no bank's");
    ensure!(
        matches!(prefix, 0..=12 | 21..=32 | 61..=72 | 80),
        "its first two digits are of no Federal Reserve district"
    );
    Verdict::PROVEN
}

/// A United States bank account number: 4 to 17 digits (Nacha Operating Rules, the DFI account number field is 17 wide).
/// Only a field or a word that names it makes it one.
pub fn us_bank_account(bytes: &[u8]) -> Verdict {
    let Some(digits) = Digits::<17>::of(trim(bytes), b"- ") else {
        return Verdict::Invalid("not digits with the usual separators, at most 17");
    };
    let digits = digits.as_slice();
    ensure!(digits.len() >= 4, "fewer than 4 digits");
    let placeholder = repeated(digits) || (digits.len() > 5 && counting(digits));
    Verdict::Valid { proven: false, marks: if placeholder { Marks::PLACEHOLDER } else { Marks::default() } }
}

/// The same of eight digits and more, as nearly all banks have them: for fields that say account and not bank, where a
/// shop's own numbers are shorter.
pub fn us_bank_account_plain(bytes: &[u8]) -> Verdict {
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    ensure!(digits >= 8, "fewer than 8 digits");
    us_bank_account(bytes)
}

/// The first two digits of employer identification numbers that the IRS assigns ("How EINs are assigned and valid EIN
/// prefixes"), a bit each.
const EIN_PREFIXES: u128 = {
    let never = [0u32, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97];
    let mut bits = (1u128 << 100) - 1;
    let mut i = 0;
    while i < never.len() {
        bits &= !(1 << never[i]);
        i += 1;
    }
    bits
};

/// An employer identification number (26 CFR 301.7701-12): nine digits as `dd-ddddddd`, by their prefix.
pub fn us_ein(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let hyphen = bytes.iter().position(|b| *b == b'-');
    let Some(digits) = exactly::<9>(bytes, b"-").filter(|_| matches!((bytes.len(), hyphen), (9, None) | (10, Some(2))))
    else {
        return Verdict::Invalid("not 9 digits, alone or with a hyphen after two");
    };
    let assigned = EIN_PREFIXES >> pair(&digits, 0) & 1 == 1;
    let marks = if repeated(&digits) || counting(&digits) { Marks::PLACEHOLDER } else { Marks::default() };
    ensure!(assigned, "its first two digits are never assigned");
    Verdict::Valid { proven: false, marks }
}
