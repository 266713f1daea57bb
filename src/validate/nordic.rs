//! Personal numbers of the Nordic countries.

use super::checksum::{checked, luhn, plausible, weighted};
use super::date::{YEAR_MAX, real};
use super::digits::{Digits, characters, exactly, pair, trim, values};
use crate::model::finding::{Marks, Verdict};

/// A Swedish personnummer or samordningsnummer (Skatteverket, SKV 704 and 707): `YYMMDD-NNNC`, `+` from the age of a
/// hundred, or twelve digits with the century; Luhn over the last ten. A samordningsnummer adds 60 to the day.
pub fn se_personnummer(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let Some(digits) = Digits::<12>::of(bytes, b"-+ ") else { return Verdict::Invalid };
    let digits = digits.as_slice();
    // A sign stands before the last four, nowhere else.
    let signs = bytes.iter().filter(|b| !b.is_ascii_digit()).count();
    let signed = bytes.len().checked_sub(5).is_some_and(|at| !bytes[at].is_ascii_digit());
    if signs > 1 || (signs == 1 && !signed) || !matches!(digits.len(), 10 | 12) {
        return Verdict::Invalid;
    }
    let ten = &digits[digits.len() - 10..];
    let (year, month, day) = (pair(ten, 0), pair(ten, 2), pair(ten, 4));
    let day = if day > 60 { day - 60 } else { day };
    let born = match digits.len() {
        12 => matches!(pair(digits, 0), 18..=20) && real(pair(digits, 0) * 100 + year, month, day),
        // The century is not written: the day need exist in one of the two that people live in.
        _ => real(1900 + year, month, day) || real(2000 + year, month, day),
    };
    checked(born && luhn(ten), digits)
}

/// A Norwegian fodselsnummer or D-number (Skatteetaten; regulation 2017-07-14-1201 section 2-2): eleven digits, `DDMMYY`,
/// three that tell the century, two check digits modulo 11. A D-number adds 40 to the day, a help number 40 to the month.
pub fn no_fodselsnummer(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<11>(bytes, b" -") else { return Verdict::Invalid };
    let (day, month, year) = (pair(&digits, 0), pair(&digits, 2), pair(&digits, 4));
    let day = if (41..=71).contains(&day) { day - 40 } else { day };
    let month = if (41..=52).contains(&month) { month - 40 } else { month };
    let individual = u32::from(digits[6]) * 100 + pair(&digits, 7);
    let century = match individual {
        0..=499 => 1900,
        500..=749 if year >= 54 => 1800,
        500..=999 if year < 40 => 2000,
        900..=999 => 1900,
        _ => return Verdict::Invalid,
    };
    let first = weighted(&digits[..10], &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]).is_multiple_of(11);
    let second = weighted(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11);
    checked(first && second && real(century + year, month, day), &digits)
}

/// A Danish CPR number (CPR-kontoret, "Personnummeret i CPR-systemet"): `DDMMYY-NNNN`, where the seventh digit tells the
/// century. Since 2007 numbers are issued that fail the old check modulo 11, so it proves and does not refuse.
pub fn dk_cpr(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<10>(bytes, b" -") else { return Verdict::Invalid };
    let (day, month, year) = (pair(&digits, 0), pair(&digits, 2), pair(&digits, 4));
    let century = match (digits[6], year) {
        (0..=3, _) | (4 | 9, 37..) => 1900,
        (5..=8, 58..) => 1800,
        _ => 2000,
    };
    if century + year > YEAR_MAX || !real(century + year, month, day) {
        return Verdict::Invalid;
    }
    let proven = weighted(&digits, &[4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11);
    if proven { checked(true, &digits) } else { plausible(true, &digits) }
}

/// A Finnish personal identity code (Digital and Population Data Services Agency; decree 690/2022 for the signs of the
/// century): `DDMMYYCZZZQ`, where Q is the remainder by 31. Individual numbers 900-999 are for tests.
pub fn fi_hetu(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let Some(code) = bytes.first_chunk::<11>().filter(|_| bytes.len() == 11) else { return Verdict::Invalid };
    let century = match code[6].to_ascii_uppercase() {
        b'+' => 1800,
        b'-' | b'U'..=b'Y' => 1900,
        b'A'..=b'F' => 2000,
        _ => return Verdict::Invalid,
    };
    let (Some(date), Some(individual)) = (values::<6>(&code[..6]), values::<3>(&code[7..10])) else {
        return Verdict::Invalid;
    };
    let number = date.iter().chain(&individual).fold(0u32, |n, d| n * 10 + u32::from(*d));
    let sign = b"0123456789ABCDEFHJKLMNPRSTUVWXY"[(number % 31) as usize];
    let born = real(century + pair(&date, 4), pair(&date, 2), pair(&date, 0));
    if !born || number % 1000 < 2 || sign != code[10].to_ascii_uppercase() {
        return Verdict::Invalid;
    }
    Verdict::Valid { proven: true, marks: if number % 1000 >= 900 { Marks::TEST } else { Marks::default() } }
}

/// An Icelandic kennitala (Registers Iceland): `DDMMYY-NNCK`, check digit modulo 11 in the ninth place, the century in the
/// tenth (9 or 0). Companies add 40 to the day.
pub fn is_kennitala(bytes: &[u8]) -> Verdict {
    let Some(code) = characters::<10>(bytes, b"- ") else { return Verdict::Invalid };
    let Some(digits) = values::<10>(&code) else { return Verdict::Invalid };
    let (day, month, year) = (pair(&digits, 0), pair(&digits, 2), pair(&digits, 4));
    let century = match digits[9] {
        9 => 1900,
        0 => 2000,
        _ => return Verdict::Invalid,
    };
    let company = day > 40;
    let day = if company { day - 40 } else { day };
    let right = weighted(&digits, &[3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11);
    if !right || !real(century + year, month, day) {
        return Verdict::Invalid;
    }
    Verdict::Valid { proven: true, marks: if company { Marks::ROLE } else { Marks::default() } }
}
