//! Canonical forms: what is hashed instead of what was written.
//!
//! Two spellings of one thing must give one form, and two things never the same one. A form that cannot be made is no
//! token: better an orphan than a link made of rubbish. The forms are versioned by [`super::key::CANONICAL_VERSION`]; a
//! change here changes that number.

use super::date;
use crate::model::element::Element;
use unicode_normalization::UnicodeNormalization;

/// Writes the canonical form of a value into `out` (cleared first). False when there is nothing to tokenise. `day_first`
/// settles the order of ambiguous dates.
pub fn canonical(element: Element, value: &[u8], day_first: bool, out: &mut Vec<u8>) -> bool {
    out.clear();
    let value = value.trim_ascii();
    match element {
        Element::Email => email(value, out),
        Element::Phone => phone(value, out),
        Element::Ssn | Element::Pan | Element::BankRouting => digits(value, out),
        Element::Dob => match date::parse(value, day_first) {
            Some((year, month, day)) => {
                let digit = |n: u32| b'0' + (n % 10) as u8;
                let year = year as u32;
                out.extend([year / 1000, year / 100, year / 10, year].map(digit));
                out.extend([b'-', digit(month / 10), digit(month), b'-', digit(day / 10), digit(day)]);
                true
            }
            None => false,
        },
        Element::Username => folded(value, out),
        Element::IpAddress => match std::str::from_utf8(value).ok().and_then(|t| t.parse::<std::net::IpAddr>().ok()) {
            // There is one way to write it that can be read.
            Some(std::net::IpAddr::V4(_)) => {
                out.extend_from_slice(value);
                true
            }
            Some(ip) => {
                out.extend_from_slice(ip.to_canonical().to_string().as_bytes());
                true
            }
            None => false,
        },
        Element::CustomerId | Element::RecordKey => {
            out.extend_from_slice(value);
            !placeholder_id(value)
        }
        Element::Street => super::street::street(value, out),
        _ => alphanumerics(value, out),
    }
}

/// Whether an id says that there is none.
pub fn placeholder_id(value: &[u8]) -> bool {
    const NONE: [&[u8]; 9] = [b"null", b"none", b"nil", b"na", b"n/a", b"nan", b"unknown", b"undefined", b"-"];
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    value.is_empty()
        || NONE.iter().any(|n| value.eq_ignore_ascii_case(n))
        || value == b"-1"
        || digits.iter().all(|&b| b == b'0' || b == b'.')
}

/// The address inside `Jane Doe <mailto:Jane@X.example>`: lower case, compatibility forms unified, plus tags and dots kept.
fn email(value: &[u8], out: &mut Vec<u8>) -> bool {
    let inner = match (memchr::memchr(b'<', value), memchr::memrchr(b'>', value)) {
        (Some(open), Some(close)) if open < close => &value[open + 1..close],
        _ => value,
    };
    let inner = match inner.get(..7) {
        Some(head) if head.eq_ignore_ascii_case(b"mailto:") => &inner[7..],
        _ => inner,
    };
    let inner = inner.trim_ascii();
    // In a URL the at sign is percent-encoded.
    let decoded = match memchr::memchr(b'@', inner) {
        Some(_) => None,
        None => memchr::memmem::find(inner, b"%40").map(|at| [&inner[..at], &b"@"[..], &inner[at + 3..]].concat()),
    };
    let inner = decoded.as_deref().unwrap_or(inner);
    let at = memchr::memrchr(b'@', inner);
    folded(inner, out) && at.is_some_and(|at| at > 0 && at + 1 < inner.len())
}

fn folded(value: &[u8], out: &mut Vec<u8>) -> bool {
    if value.is_ascii() {
        out.extend(value.iter().map(u8::to_ascii_lowercase));
    } else {
        let text = String::from_utf8_lossy(value);
        let mut utf8 = [0; 4];
        // Lower-casing can undo composition, so it is composed again after.
        for c in text.nfkc().flat_map(char::to_lowercase).nfkc() {
            out.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
        }
    }
    !out.is_empty()
}

/// E.164 with the United States as the region of numbers that name none. A national number of another length keeps its
/// digits behind a `~`, so that it still equals itself.
fn phone(value: &[u8], out: &mut Vec<u8>) -> bool {
    let mut plus = false;
    let mut number: [u8; 24] = [0; 24];
    let mut n = 0;
    for (i, &b) in value.iter().enumerate() {
        match b {
            b'0'..=b'9' if n < number.len() => {
                number[n] = b;
                n += 1;
            }
            b'+' if n == 0 => plus = true,
            // An extension: "x12", "ext. 12", "#12".
            b'x' | b'X' | b'e' | b'E' | b'#' | b';' if n >= 7 => break,
            // "+44 (0)20": the trunk zero is not dialled from abroad.
            b'(' if plus && value[i..].starts_with(b"(0)") => {
                return phone(&[&value[..i], &value[i + 3..]].concat(), out);
            }
            _ => {}
        }
    }
    let mut digits = &number[..n];
    if !plus
        && let Some(rest) = digits.strip_prefix(b"011").or_else(|| digits.strip_prefix(b"00"))
        && rest.len() >= 8
    {
        (digits, plus) = (rest, true);
    }
    if digits.len() < 7 || digits.len() > 15 || digits.iter().all(|d| *d == digits[0]) {
        return false;
    }
    match (plus, digits.len(), digits[0]) {
        (true, _, _) => out.push(b'+'),
        (false, 10, _) => out.extend_from_slice(b"+1"),
        (false, 11, b'1') => out.push(b'+'),
        (false, 7, _) => return false,
        _ => out.push(b'~'),
    }
    out.extend_from_slice(digits);
    true
}

fn digits(value: &[u8], out: &mut Vec<u8>) -> bool {
    out.extend(value.iter().filter(|b| b.is_ascii_digit()));
    !out.is_empty()
}

fn alphanumerics(value: &[u8], out: &mut Vec<u8>) -> bool {
    out.extend(value.iter().filter(|b| b.is_ascii_alphanumeric() || !b.is_ascii()).map(u8::to_ascii_uppercase));
    out.len() >= 2
}
