//! National and tax numbers of Asia, Oceania and South Africa.

use super::checksum::{luhn, plausible, proven, verhoeff, weighted};
use super::date::{YEAR_MAX, real};
use super::digits::{Digits, characters, exactly, pair, trim, values};
use crate::model::finding::{Marks, Verdict};

/// An Indian Aadhaar number (UIDAI, "Aadhaar Number: structure"): twelve digits that begin with 2 to 9, Verhoeff's check; one
/// that reads the same backwards is not issued.
pub fn in_aadhaar(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<12>(bytes, b" -") else { return Verdict::Invalid("not 12 digits") };
    let palindrome = digits.iter().eq(digits.iter().rev());
    ensure!(digits[0] >= 2, "no number begins with 0 or 1");
    ensure!(!palindrome, "a number that reads the same backwards is not issued");
    ensure!(verhoeff(&digits), "Verhoeff's check fails");
    proven(&digits)
}

/// An Indian permanent account number (Income-tax Rules 1962, rule 114): five letters of which the fourth is the kind of
/// holder and P is a person, four digits, a letter.
pub fn in_pan(bytes: &[u8]) -> Verdict {
    let Some(code) = characters::<10>(bytes, b" -") else { return Verdict::Invalid("not 10 letters and digits") };
    let letters = code[..5].iter().chain(&code[9..]).all(u8::is_ascii_uppercase);
    let Some(digits) = values::<4>(&code[5..9]) else {
        return Verdict::Invalid("a letter stands where a digit belongs");
    };
    ensure!(letters, "a digit stands where a letter belongs");
    ensure!(digits != [0; 4], "its digits are all zeros");
    ensure!(b"ABCFGHJKLPT".contains(&code[3]), "its fourth letter is no kind of holder");
    Verdict::Valid { proven: false, marks: if code[3] == b'P' { Marks::default() } else { Marks::ROLE } }
}

/// A Singapore NRIC or FIN (Immigration and Checkpoints Authority): S, T, F, G or M, seven digits, a check letter modulo 11.
pub fn sg_nric(bytes: &[u8]) -> Verdict {
    let Some(code) = characters::<9>(bytes, b" -") else { return Verdict::Invalid("not 9 letters and digits") };
    let Some(digits) = values::<7>(&code[1..8]) else {
        return Verdict::Invalid("a letter stands where a digit belongs");
    };
    let (offset, letters) = match code[0] {
        b'S' => (0, b"JZIHGFEDCBA"),
        b'T' => (4, b"JZIHGFEDCBA"),
        b'F' => (0, b"XWUTRQPNMLK"),
        b'G' => (4, b"XWUTRQPNMLK"),
        b'M' => (3, b"XWUTRQPNJLK"),
        _ => return Verdict::Invalid("its first letter is not S, T, F, G or M"),
    };
    let sum = offset + weighted(&digits, &[2, 7, 6, 5, 4, 3, 2]);
    ensure!(letters[(sum % 11) as usize] == code[8], "check letter modulo 11 fails");
    proven(&digits)
}

/// A Korean resident registration number (Resident Registration Act; Ministry of the Interior and Safety): `YYMMDD-SNNNNNC`,
/// S for sex and century, check digit modulo 11. Numbers issued since October 2020 have no check digit, so those of who was
/// born since then are taken without it.
pub fn kr_rrn(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<13>(bytes, b"-") else { return Verdict::Invalid("not 13 digits") };
    let century = match digits[6] {
        1 | 2 | 5 | 6 => 1900,
        3 | 4 | 7 | 8 => 2000,
        _ => 1800,
    };
    let (year, month) = (century + pair(&digits, 0), pair(&digits, 2));
    ensure!(real(year, month, pair(&digits, 4)), "its date does not exist");
    let sum = weighted(&digits[..12], &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
    let right = (11 - sum % 11) % 10 == u32::from(digits[12]) && pair(&digits, 7) <= 96;
    let unchecked = (2021..=YEAR_MAX).contains(&year) || (year == 2020 && month >= 10);
    ensure!(right || unchecked, "check digit modulo 11 fails, and the holder was born before October 2020");
    if right { proven(&digits) } else { plausible(&digits) }
}

/// A Japanese individual number, My Number (Ordinance 85 of 2014 of the Ministry of Internal Affairs, art. 5): eleven digits
/// and a check digit modulo 11.
pub fn jp_my_number(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<12>(bytes, b" -") else { return Verdict::Invalid("not 12 digits") };
    let rest = weighted(&digits[..11], &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if rest < 2 { 0 } else { 11 - rest };
    ensure!(u32::from(digits[11]) == check, "check digit modulo 11 fails");
    proven(&digits)
}

/// A Chinese resident identity number (GB 11643-1999): place, `YYYYMMDD`, three digits, check sign ISO/IEC 7064 MOD 11-2. The
/// place begins with the code of a province (GB/T 2260).
pub fn cn_resident_id(bytes: &[u8]) -> Verdict {
    let Some(code) = characters::<18>(bytes, b"") else { return Verdict::Invalid("not 18 letters and digits") };
    let Some(digits) = values::<17>(&code[..17]) else {
        return Verdict::Invalid("a letter stands where a digit belongs");
    };
    let province =
        matches!(pair(&digits, 0), 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83 | 91);
    let year = pair(&digits, 6) * 100 + pair(&digits, 8);
    let born = (1800..=2099).contains(&year) && real(year, pair(&digits, 10), pair(&digits, 12));
    let sum = weighted(&digits, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
    ensure!(province, "its place is in no province");
    ensure!(born, "its date does not exist");
    ensure!(b"10X98765432"[(sum % 11) as usize] == code[17], "check sign (MOD 11-2) fails");
    proven(&digits)
}

/// A Thai personal identification number (Department of Provincial Administration): thirteen digits, the first 1 to 8, check
/// digit modulo 11.
pub fn th_pin(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<13>(bytes, b" -") else { return Verdict::Invalid("not 13 digits") };
    let sum = weighted(&digits[..12], &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    ensure!(matches!(digits[0], 1..=8), "its first digit is not 1 to 8");
    ensure!((11 - sum % 11) % 10 == u32::from(digits[12]), "check digit modulo 11 fails");
    proven(&digits)
}

/// An Israeli identity number (Population and Immigration Authority): nine digits, with or without leading zeros, Luhn.
pub fn il_id(bytes: &[u8]) -> Verdict {
    let Some(digits) = Digits::<9>::of(trim(bytes), b" -") else {
        return Verdict::Invalid("not digits with the usual separators, at most 9");
    };
    let digits = digits.as_slice();
    ensure!(digits.len() >= 7, "fewer than 7 digits");
    ensure!(digits.iter().any(|d| *d != 0), "all zeros is nobody's");
    ensure!(luhn(digits), "Luhn check fails");
    proven(digits)
}

/// A South African identity number (Department of Home Affairs; Identification Act 68 of
/// 1997): `YYMMDD`, four digits of sex, citizenship 0 or 1, an eighth digit, Luhn.
pub fn za_id(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<13>(bytes, b" ") else { return Verdict::Invalid("not 13 digits") };
    let (year, month, day) = (pair(&digits, 0), pair(&digits, 2), pair(&digits, 4));
    let born = real(1900 + year, month, day) || real(2000 + year, month, day);
    ensure!(born, "its date does not exist");
    ensure!(digits[10] <= 1, "its citizenship is not 0 or 1");
    ensure!(luhn(&digits), "Luhn check fails");
    proven(&digits)
}

/// An Australian tax file number of a person (Australian Taxation Office): nine digits, weighted sum a multiple of eleven.
pub fn au_tfn(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<9>(bytes, b" -") else { return Verdict::Invalid("not 9 digits") };
    let right = weighted(&digits, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11);
    ensure!(right, "weighted sum is no multiple of 11");
    ensure!(digits.iter().any(|d| *d != 0), "all zeros is nobody's");
    proven(&digits)
}

/// An Australian Medicare card number (Services Australia): eight digits, the first 2 to 6, a check digit modulo 10, the
/// number of the card, and perhaps the line of the person on it.
pub fn au_medicare(bytes: &[u8]) -> Verdict {
    let Some(digits) = Digits::<11>::of(trim(bytes), b" -/") else {
        return Verdict::Invalid("not digits with the usual separators, at most 11");
    };
    let digits = digits.as_slice();
    ensure!(digits.len() >= 10, "fewer than 10 digits");
    let check = weighted(&digits[..8], &[1, 3, 7, 9, 1, 3, 7, 9]) % 10;
    let line = digits.get(10).is_none_or(|d| *d != 0);
    ensure!(matches!(digits[0], 2..=6), "its first digit is not 2 to 6");
    ensure!(digits[9] != 0, "the number of its card is 0");
    ensure!(line, "the line of its person is 0");
    ensure!(check == u32::from(digits[8]), "check digit modulo 10 fails");
    proven(digits)
}

/// A New Zealand IRD number (Inland Revenue, "NWT and RWT specification"): eight or nine digits from 10,000,000 to
/// 150,000,000, check digit modulo 11 with a second set of weights where the first gives ten.
pub fn nz_ird(bytes: &[u8]) -> Verdict {
    let padded = exactly::<9>(bytes, b" -").or_else(|| {
        let short = exactly::<8>(bytes, b" -")?;
        let mut digits = [0; 9];
        digits[1..].copy_from_slice(&short);
        Some(digits)
    });
    let Some(digits) = padded else { return Verdict::Invalid("not 8 or 9 digits") };
    let number = digits.iter().fold(0u32, |n, d| n * 10 + u32::from(*d));
    let by = |weights: &[u32]| (11 - weighted(&digits[..8], weights) % 11) % 11;
    let first = by(&[3, 2, 7, 6, 5, 4, 3, 2]);
    let check = if first == 10 { by(&[7, 4, 3, 2, 5, 2, 7, 6]) } else { first };
    ensure!((10_000_001..150_000_000).contains(&number), "outside of the numbers that are issued");
    ensure!(check == u32::from(digits[8]), "check digit modulo 11 fails");
    proven(&digits)
}
