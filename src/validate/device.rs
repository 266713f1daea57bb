//! Devices, vehicles and places.

use super::checksum::{luhn, plausible, proven};
use super::digits::{Digits, characters, trim};
use crate::model::finding::{Marks, Verdict};

/// A MAC address (IEEE 802, EUI-48): six pairs of hexadecimal digits between colons, hyphens or blanks, three fours between points, or
/// twelve digits. All zeros, all ones and addresses of groups are no device's.
pub fn mac(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let sign = bytes.iter().copied().find(|b| !b.is_ascii_hexdigit());
    let every = match (bytes.len(), sign) {
        (17, Some(b':' | b'-' | b' ')) => 3,
        (14, Some(b'.')) => 5,
        (12, None) => 13,
        _ => return Verdict::Invalid("not 12 hexadecimal digits in pairs or fours"),
    };
    let shaped = bytes.iter().enumerate().all(|(i, b)| match (i + 1) % every {
        0 => Some(*b) == sign,
        _ => b.is_ascii_hexdigit(),
    });
    ensure!(shaped, "not hexadecimal digits with one separator");
    let same = bytes.iter().filter(|b| b.is_ascii_hexdigit()).all(|b| *b == bytes[0]);
    let group = matches!(bytes[1], b'1' | b'3' | b'5' | b'7' | b'9' | b'b' | b'B' | b'd' | b'D' | b'f' | b'F');
    Verdict::Valid { proven: false, marks: if same || group { Marks::PLACEHOLDER } else { Marks::default() } }
}

/// An IMEI (3GPP TS 23.003 section 6): fifteen digits with a Luhn check digit, fourteen without it, or sixteen, which end in
/// the version of the software.
pub fn imei(bytes: &[u8]) -> Verdict {
    let Some(digits) = Digits::<16>::of(trim(bytes), b" -/") else {
        return Verdict::Invalid("not digits with the usual separators, at most 16");
    };
    let digits = digits.as_slice();
    match digits.len() {
        15 => {
            ensure!(luhn(digits), "Luhn check fails");
            proven(digits)
        }
        14 | 16 => plausible(digits),
        _ => Verdict::Invalid("not 14 to 16 digits"),
    }
}

/// A vehicle identification number (ISO 3779; 49 CFR 565.15): seventeen digits and letters but I, O and Q, with the check
/// sign of North America in the ninth place. Elsewhere the ninth place is free, and such a number is not taken.
pub fn vin(bytes: &[u8]) -> Verdict {
    let Some(code) = characters::<17>(bytes, b"") else { return Verdict::Invalid("not 17 letters and digits") };
    let mut sum = 0;
    for (b, weight) in code.iter().zip([8u32, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]) {
        let value = match b {
            b'0'..=b'9' => b - b'0',
            b'A'..=b'H' => b - b'A' + 1,
            b'J'..=b'N' => b - b'J' + 1,
            b'P' => 7,
            b'R' => 9,
            b'S'..=b'Z' => b - b'S' + 2,
            _ => return Verdict::Invalid("I, O and Q are in none"),
        };
        sum += u32::from(value) * weight;
    }
    let letters = code.iter().any(u8::is_ascii_uppercase);
    ensure!(letters, "digits alone are no VIN");
    ensure!(b"0123456789X"[(sum % 11) as usize] == code[8], "check sign in the ninth place fails");
    proven(&code)
}

/// A pair of latitude and longitude in degrees (ISO 6709, RFC 5870), each with at least three decimals, which is a hundred
/// metres; 0,0 is a placeholder.
pub fn coordinates(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let bytes = bytes.strip_prefix(b"geo:").unwrap_or(bytes);
    let inner = match bytes {
        [b'(', inner @ .., b')'] | [b'[', inner @ .., b']'] => inner,
        _ => bytes,
    };
    let Some(at) = inner.iter().position(|b| matches!(b, b',' | b';' | b'/')).filter(|_| inner.len() <= 64) else {
        return Verdict::Invalid("not two numbers");
    };
    match (degrees(&inner[..at], 90), degrees(&inner[at + 1..], 180)) {
        (Some(0), Some(0)) => Verdict::Valid { proven: false, marks: Marks::PLACEHOLDER },
        (Some(_), Some(_)) => Verdict::PLAUSIBLE,
        _ => Verdict::Invalid("not a latitude to 90 and a longitude to 180 degrees with three decimals or more"),
    }
}

/// Thousandths of degrees of a number with at least three decimals and at most `most` degrees, without its sign.
fn degrees(bytes: &[u8], most: u32) -> Option<u32> {
    let bytes = trim(bytes);
    let bytes = bytes.strip_prefix(b"-").or_else(|| bytes.strip_prefix(b"+")).unwrap_or(bytes);
    let point = bytes.iter().position(|b| *b == b'.')?;
    let (whole, decimals) = (&bytes[..point], &bytes[point + 1..]);
    let digits = whole.iter().chain(decimals).all(u8::is_ascii_digit);
    if !digits || !(1..=3).contains(&whole.len()) || !(3..=18).contains(&decimals.len()) {
        return None;
    }
    let thousandths = whole.iter().chain(&decimals[..3]).fold(0, |n, b| n * 10 + u32::from(b - b'0'));
    let beyond = thousandths == most * 1000 && decimals[3..].iter().any(|b| *b != b'0');
    (thousandths <= most * 1000 && !beyond).then_some(thousandths)
}
