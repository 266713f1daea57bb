//! Telephone numbers.

use super::digits::{Digits, counting, repeated, trim};
use super::phone_ranges::assigned;
use crate::model::finding::{Marks, Verdict};

/// A number of the North American Numbering Plan, with or without +1 and an extension: area and exchange begin with 2 to 9
/// and neither is an N11 service code; areas of the form N9X are kept for expansion (NANPA, numbering resources; ATIS-0300119). 555-0100 to 0199 is set
/// aside for fiction and is a placeholder.
pub fn phone_nanp(bytes: &[u8]) -> Verdict {
    let bytes = without_extension(trim(bytes));
    let Some(digits) = Digits::<11>::of(bytes, b"+-. ()/") else {
        return Verdict::Invalid("not digits with the usual separators, at most 11");
    };
    match digits.as_slice() {
        [1, rest @ ..] if rest.len() == 10 => nanp(rest),
        ten if ten.len() == 10 && !bytes.contains(&b'+') => nanp(ten),
        _ => Verdict::Invalid("not 10 digits, or 11 that begin with 1"),
    }
}

/// Ten digits of the North American plan.
fn nanp(digits: &[u8]) -> Verdict {
    let service = |code: &[u8]| code[1] == 1 && code[2] == 1;
    let area = &digits[..3];
    let exchange = &digits[3..6];
    ensure!(area[0] >= 2 && exchange[0] >= 2, "area or exchange begin with 0 or 1");
    ensure!(area[1] != 9, "areas of the form N9X are kept for expansion");
    ensure!(!service(area) && !service(exchange), "area or exchange are a service code");
    let fiction = exchange == [5, 5, 5] && digits[6..8] == [0, 1];
    let placeholder = fiction || repeated(&digits[1..]) || counting(digits);
    Verdict::Valid { proven: false, marks: if placeholder { Marks::PLACEHOLDER } else { Marks::default() } }
}

/// A number in international form: `+`, a country calling code, and a national number that is assigned; at most fifteen
/// digits in all (ITU-T E.164). `tel:` before it and an extension after it are as RFC 3966 writes them.
pub fn phone_international(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let bytes = match bytes.split_at_checked(4) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(b"tel:") => rest,
        _ => bytes,
    };
    let Some(rest) = without_extension(bytes).strip_prefix(b"+") else {
        return Verdict::Invalid("no plus sign before it");
    };
    let Some(digits) = Digits::<15>::of(rest, b"-. ()/") else {
        return Verdict::Invalid("not digits with the usual separators, at most 15");
    };
    let digits = digits.as_slice();
    let Some(national) = assigned(digits) else {
        return Verdict::Invalid("no calling code, or a national number that its plan has not assigned");
    };
    if let [1, ten @ ..] = digits {
        return nanp(ten);
    }
    Verdict::Valid { proven: false, marks: if repeated(national) { Marks::PLACEHOLDER } else { Marks::default() } }
}

/// A number in a field that says it holds one: either form above, or 7 to 15 digits with the usual separators. Dates and
/// decimals are none.
pub fn phone(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    for strict in [phone_international(bytes), phone_nanp(bytes)] {
        if strict.is_valid() {
            return strict;
        }
    }
    let bytes = without_extension(bytes);
    let Some(digits) = Digits::<15>::of(bytes, b"+-. ()/") else {
        return Verdict::Invalid("not digits with the usual separators, at most 15");
    };
    let digits = digits.as_slice();
    let decimal = bytes.iter().filter(|b| **b == b'.').count() == 1 && !bytes.contains(&b' ') && !bytes.contains(&b'-');
    let dated = matches!(super::date::birth_date(bytes), Verdict::Valid { .. }) && bytes.len() != digits.len();
    ensure!((7..=15).contains(&digits.len()), "not 7 to 15 digits");
    ensure!(!decimal && bytes.first() != Some(&b'-'), "a decimal or a negative number");
    ensure!(!dated, "a date");
    let placeholder = repeated(digits) || counting(digits);
    Verdict::Valid { proven: false, marks: if placeholder { Marks::PLACEHOLDER } else { Marks::default() } }
}

/// Cuts off an extension: `x123`, `ext. 123`, `;ext=123`, `#123`.
fn without_extension(bytes: &[u8]) -> &[u8] {
    let Some(at) = bytes.iter().position(|b| matches!(b, b'x' | b'X' | b'e' | b'E' | b';' | b'#')) else {
        return bytes;
    };
    let extension = &bytes[at..];
    let digits = extension.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let label = extension[..extension.len() - digits].trim_ascii();
    let known = [&b"x"[..], b"ext", b"ext.", b"extension", b";ext=", b"#", b"x."];
    if (1..=7).contains(&digits) && known.iter().any(|k| label.eq_ignore_ascii_case(k)) {
        let number = trim(&bytes[..at]);
        number.strip_suffix(b",").unwrap_or(number)
    } else {
        bytes
    }
}
