//! Personal numbers of the Nordic countries.

use super::checksum::{luhn, plausible, proven, weighted};
use super::date::{YEAR_MAX, real};
use super::digits::{Digits, characters, exactly, pair, trim, values};
use crate::model::finding::{Marks, Verdict};

/// A Swedish personnummer or samordningsnummer (Skatteverket, SKV 704 and 707): `YYMMDD-NNNC`, `+` from the age of a
/// hundred, or twelve digits with the century; Luhn over the last ten. A samordningsnummer adds 60 to the day.
pub fn se_personnummer(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let Some(digits) = Digits::<12>::of(bytes, b"-+ ") else {
        return Verdict::Invalid("not digits with the usual separators, at most 12");
    };
    let digits = digits.as_slice();
    // A sign stands before the last four, nowhere else.
    let signs = bytes.iter().filter(|b| !b.is_ascii_digit()).count();
    let signed = bytes.len().checked_sub(5).is_some_and(|at| !bytes[at].is_ascii_digit());
    ensure!(signs == 0 || (signs == 1 && signed), "a sign stands elsewhere than before the last four digits");
    ensure!(matches!(digits.len(), 10 | 12), "not 10 or 12 digits");
    let ten = &digits[digits.len() - 10..];
    let (year, month, day) = (pair(ten, 0), pair(ten, 2), pair(ten, 4));
    let day = if day > 60 { day - 60 } else { day };
    let born = match digits.len() {
        12 => matches!(pair(digits, 0), 18..=20) && real(pair(digits, 0) * 100 + year, month, day),
        // The century is not written: the day need exist in one of the two that people live in.
        _ => real(1900 + year, month, day) || real(2000 + year, month, day),
    };
    ensure!(born, "its date does not exist");
    ensure!(luhn(ten), "Luhn check fails");
    proven(digits)
}

/// A Norwegian fodselsnummer or D-number (Skatteetaten; regulation 2017-07-14-1201 section 2-2): eleven digits, `DDMMYY`,
/// three that tell the century, two check digits modulo 11. A D-number adds 40 to the day, a help number 40 to the month.
pub fn no_fodselsnummer(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<11>(bytes, b" -") else { return Verdict::Invalid("not 11 digits") };
    let (day, month, year) = (pair(&digits, 0), pair(&digits, 2), pair(&digits, 4));
    let day = if (41..=71).contains(&day) { day - 40 } else { day };
    let month = if (41..=52).contains(&month) { month - 40 } else { month };
    let individual = u32::from(digits[6]) * 100 + pair(&digits, 7);
    let century = match individual {
        0..=499 => 1900,
        500..=749 if year >= 54 => 1800,
        500..=999 if year < 40 => 2000,
        900..=999 => 1900,
        _ => return Verdict::Invalid("its individual number is of no century"),
    };
    let first = weighted(&digits[..10], &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]).is_multiple_of(11);
    let second = weighted(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11);
    ensure!(first, "first check digit fails");
    ensure!(second, "second check digit fails");
    ensure!(real(century + year, month, day), "its date does not exist");
    proven(&digits)
}

/// A Danish CPR number (CPR-kontoret, "Personnummeret i CPR-systemet"): `DDMMYY-NNNN`, where the seventh digit tells the
/// century. Since 2007 numbers are issued that fail the old check modulo 11, so it proves and does not refuse.
pub fn dk_cpr(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<10>(bytes, b" -") else { return Verdict::Invalid("not 10 digits") };
    let (day, month, year) = (pair(&digits, 0), pair(&digits, 2), pair(&digits, 4));
    let century = match (digits[6], year) {
        (0..=3, _) | (4 | 9, 37..) => 1900,
        (5..=8, 58..) => 1800,
        _ => 2000,
    };
    ensure!(century + year <= YEAR_MAX && real(century + year, month, day), "its date does not exist");
    let old = weighted(&digits, &[4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11);
    if old { proven(&digits) } else { plausible(&digits) }
}

/// A Finnish personal identity code (Digital and Population Data Services Agency; decree 690/2022 for the signs of the
/// century): `DDMMYYCZZZQ`, where Q is the remainder by 31. Individual numbers 900-999 are for tests.
pub fn fi_hetu(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let Some(code) = bytes.first_chunk::<11>().filter(|_| bytes.len() == 11) else {
        return Verdict::Invalid("not 11 signs");
    };
    let century = match code[6].to_ascii_uppercase() {
        b'+' => 1800,
        b'-' | b'U'..=b'Y' => 1900,
        b'A'..=b'F' => 2000,
        _ => return Verdict::Invalid("its seventh sign is of no century"),
    };
    let (Some(date), Some(individual)) = (values::<6>(&code[..6]), values::<3>(&code[7..10])) else {
        return Verdict::Invalid("a letter stands where a digit belongs");
    };
    let number = date.iter().chain(&individual).fold(0u32, |n, d| n * 10 + u32::from(*d));
    let sign = b"0123456789ABCDEFHJKLMNPRSTUVWXY"[(number % 31) as usize];
    let born = real(century + pair(&date, 4), pair(&date, 2), pair(&date, 0));
    ensure!(born, "its date does not exist");
    ensure!(number % 1000 >= 2, "individual numbers 000 and 001 are not issued");
    ensure!(sign == code[10].to_ascii_uppercase(), "check sign modulo 31 fails");
    Verdict::Valid { proven: true, marks: if number % 1000 >= 900 { Marks::TEST } else { Marks::default() } }
}

/// An Icelandic kennitala (Registers Iceland): `DDMMYY-NNCK`, check digit modulo 11 in the ninth place, the century in the
/// tenth (9 or 0). Companies add 40 to the day.
pub fn is_kennitala(bytes: &[u8]) -> Verdict {
    let Some(code) = characters::<10>(bytes, b"- ") else { return Verdict::Invalid("not 10 letters and digits") };
    let Some(digits) = values::<10>(&code) else { return Verdict::Invalid("a letter stands where a digit belongs") };
    let (day, month, year) = (pair(&digits, 0), pair(&digits, 2), pair(&digits, 4));
    let century = match digits[9] {
        9 => 1900,
        0 => 2000,
        _ => return Verdict::Invalid("its last digit is of no century"),
    };
    let company = day > 40;
    let day = if company { day - 40 } else { day };
    let right = weighted(&digits, &[3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11);
    ensure!(right, "check digit modulo 11 fails");
    ensure!(real(century + year, month, day), "its date does not exist");
    Verdict::Valid { proven: true, marks: if company { Marks::ROLE } else { Marks::default() } }
}
