//! Numbers and codes of health care.

use super::checksum::{luhn_sum, plausible, proven, weighted};
use super::digits::{characters, exactly, trim, values};
use crate::model::finding::{Marks, Verdict};

/// A United States National Provider Identifier (45 CFR 162.406; CMS, "NPI check digit"): ten digits that begin with 1 or 2,
/// Luhn over them with 80840 before, which adds 24.
pub fn us_npi(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<10>(bytes, b"") else { return Verdict::Invalid("not 10 digits") };
    ensure!(matches!(digits[0], 1 | 2), "no number begins other than with 1 or 2");
    ensure!((luhn_sum(&digits) + 24).is_multiple_of(10), "Luhn check with 80840 before it fails");
    proven(&digits)
}

/// A DEA registration number (21 CFR 1301; DEA Office of Diversion Control): a letter of the kind of registrant, a letter of
/// the name or 9, six digits, and the last digit of the sum of the odd places and twice the even ones.
pub fn us_dea(bytes: &[u8]) -> Verdict {
    let Some(code) = characters::<9>(bytes, b" -") else { return Verdict::Invalid("not 9 letters and digits") };
    let Some(digits) = values::<7>(&code[2..]) else {
        return Verdict::Invalid("a letter stands where a digit belongs");
    };
    let kind = b"ABCDEFGHJKLMPRSTUX".contains(&code[0]);
    let name = code[1].is_ascii_uppercase() || code[1] == b'9';
    let sum = weighted(&digits[..6], &[1, 2, 1, 2, 1, 2]);
    ensure!(kind, "its first letter is no kind of registrant");
    ensure!(name, "its second sign is neither a letter nor 9");
    ensure!(sum % 10 == u32::from(digits[6]), "check digit fails");
    proven(&digits)
}

/// A Medicare Beneficiary Identifier (CMS, "Understanding the MBI format"): eleven characters, each place a digit or a letter
/// but S, L, O, I, B and Z, as `9AX9AX9AA99` where X is either; it has no check digit.
pub fn us_mbi(bytes: &[u8]) -> Verdict {
    let Some(code) = characters::<11>(bytes, b" -") else { return Verdict::Invalid("not 11 letters and digits") };
    let fits = code.iter().zip(b"9AX9AX9AA99").all(|(b, place)| {
        let letter = b.is_ascii_uppercase() && !b"SLOIBZ".contains(b);
        match place {
            b'9' => b.is_ascii_digit(),
            b'A' => letter,
            _ => letter || b.is_ascii_digit(),
        }
    });
    // The number that CMS prints on its sample card.
    let marks = if code == *b"1EG4TE5MK72" || code == *b"1EG4TE5MK73" { Marks::TEST } else { Marks::default() };
    ensure!(fits, "a digit or letter stands where the format has the other, or a letter it leaves out");
    ensure!(code[0] != b'0', "no identifier begins with 0");
    Verdict::Valid { proven: false, marks }
}

/// A number of the NHS in England, Wales and the Isle of Man (NHS Data Dictionary, "NHS number"): ten digits, check digit
/// modulo 11. Numbers that begin with 999 are for tests.
pub fn gb_nhs(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<10>(bytes, b" -") else { return Verdict::Invalid("not 10 digits") };
    let right = weighted(&digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11);
    ensure!(right, "check digit modulo 11 fails");
    ensure!(digits != [0; 10], "all zeros is nobody's");
    match proven(&digits) {
        Verdict::Valid { proven, marks } if digits.starts_with(&[9, 9, 9]) => {
            Verdict::Valid { proven, marks: marks.with(Marks::TEST) }
        }
        verdict => verdict,
    }
}

/// A diagnosis code of ICD-10, ICD-10-CM or ICD-10-GM (WHO; CDC/NCHS): a letter, a digit, a digit or letter, and after a
/// point, which may be left out, at most four more.
pub fn icd10(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let Some((head, tail)) = bytes.split_first_chunk::<3>() else {
        return Verdict::Invalid("fewer than 3 signs");
    };
    let pointed = tail.first() == Some(&b'.');
    let tail = tail.strip_prefix(b".").unwrap_or(tail);
    let category = head[0].is_ascii_alphabetic()
        && head[1].is_ascii_digit()
        && (head[2].is_ascii_digit() || matches!(head[2].to_ascii_uppercase(), b'A' | b'B' | b'M'));
    let sub = tail.len() <= 4 && tail.iter().all(u8::is_ascii_alphanumeric) && (!pointed || !tail.is_empty());
    ensure!(category, "its category is not a letter, a digit and a digit or letter");
    ensure!(sub, "what follows its category is not up to 4 letters and digits");
    Verdict::PLAUSIBLE
}

/// A National Drug Code (21 CFR 207.33): labeler, product and package as 4-4-2, 5-3-2 or 5-4-1 digits, the billing form
/// 5-4-2, or the eleven digits of it without hyphens.
pub fn us_ndc(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let mut runs = [0u8; 3];
    let mut part = 0;
    for &byte in bytes.iter().take(16) {
        match byte {
            b'0'..=b'9' => runs[part] += 1,
            b'-' if part < 2 => part += 1,
            _ => return Verdict::Invalid("not digits with at most two hyphens"),
        }
    }
    let shaped = matches!(runs, [4, 4, 2] | [5, 3, 2] | [5, 4, 1] | [5, 4, 2] | [11, 0, 0]);
    ensure!(shaped, "its digits are not in the groups of a drug code");
    ensure!(bytes.len() <= 13, "longer than a drug code");
    plausible(bytes)
}

/// A medical record or health plan number: 5 to 20 letters, digits and hyphens with at least four digits. Each hospital and
/// insurer has a form of its own, so only a name makes it one.
pub fn health_number(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let shaped = (5..=20).contains(&bytes.len())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b' '))
        && bytes.iter().filter(|b| b.is_ascii_digit()).count() >= 4
        && bytes.iter().filter(|b| **b == b' ').count() <= 2;
    ensure!(shaped, "not 5 to 20 letters, digits and hyphens with 4 digits or more");
    plausible(bytes)
}
