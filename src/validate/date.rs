//! Dates of birth, in the layouts that exports and people write.

use super::digits::trim;
use crate::model::finding::{Marks, Verdict};

/// The earliest year of a birth that data may still speak of.
const YEAR_MIN: u32 = 1850;
/// The latest. Validators have no clock; a few years past today cost nothing, because only a field or a word that says birth
/// makes a date one.
pub(super) const YEAR_MAX: u32 = 2035;

/// A full date of birth: ISO 8601 dates and date-times, `19650514`, `05/14/1965` and `14.05.1965` (either order), two-digit
/// years, `May 14, 1965`, `14 May 1965`. 1900-01-01 is the placeholder that databases write for "unknown".
pub fn birth_date(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let Some((year, month, day)) = read(bytes) else {
        return Verdict::Invalid("no layout of a date, or a day that does not exist");
    };
    ensure!((YEAR_MIN..=YEAR_MAX).contains(&year), "nobody alive or on record was born in that year");
    let marks = if (year, month, day) == (1900, 1, 1) { Marks::PLACEHOLDER } else { Marks::default() };
    Verdict::Valid { proven: false, marks }
}

/// A part of a date: a number with the count of its digits, or a month by name.
#[derive(Clone, Copy)]
enum Part {
    Number(u32, usize),
    Month(u32),
}

/// Year, month and day of any layout.
fn read(bytes: &[u8]) -> Option<(u32, u32, u32)> {
    if bytes.len() > 40 {
        return None;
    }
    let date = without_time(bytes)?;
    let mut parts = [Part::Number(0, 0); 3];
    let mut count = 0;
    let mut at = 0;
    while at < date.len() {
        let start = at;
        let part = if date[at].is_ascii_digit() {
            while at < date.len() && date[at].is_ascii_digit() {
                at += 1;
            }
            let digits = &date[start..at];
            if digits.len() > 8 {
                return None;
            }
            let part = Part::Number(digits.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0')), digits.len());
            // `1st`, `2nd`, `3rd`, `4th`.
            if digits.len() <= 2 && is_ordinal(&date[at..]) {
                at += 2;
            }
            part
        } else if date[at].is_ascii_alphabetic() {
            while at < date.len() && date[at].is_ascii_alphabetic() {
                at += 1;
            }
            Part::Month(month(&date[start..at])?)
        } else {
            return None;
        };
        *parts.get_mut(count)? = part;
        count += 1;
        let separator = at;
        while at < date.len() && b"-/. ,".contains(&date[at]) {
            at += 1;
        }
        if at - separator > 2 || (at == date.len() && separator != at) {
            return None;
        }
    }
    use Part::{Month, Number};
    let (year, month, day) = match (count, parts) {
        (1, [Number(n, 8), ..]) => {
            let first = (n / 10_000, n / 100 % 100, n % 100);
            if (YEAR_MIN..=YEAR_MAX).contains(&first.0) {
                first
            } else {
                // `05141965`, month before day as United States forms have it.
                (n % 10_000, n / 1_000_000, n / 10_000 % 100)
            }
        }
        (3, [Number(y, 4), Number(m, 1..=2), Number(d, 1..=2)]) => (y, m, d),
        (3, [Number(y, 4), Month(m), Number(d, 1..=2)]) => (y, m, d),
        (3, [Number(a, 1..=2), Number(b, 1..=2), Number(y, w @ (2 | 4))]) => {
            let y = full_year(y, w);
            if a <= 12 { if b <= 12 || real(y, a, b) { (y, a, b) } else { return None } } else { (y, b, a) }
        }
        (3, [Month(m), Number(d, 1..=2), Number(y, w @ (2 | 4))]) => (full_year(y, w), m, d),
        (3, [Number(d, 1..=2), Month(m), Number(y, w @ (2 | 4))]) => (full_year(y, w), m, d),
        _ => return None,
    };
    real(year, month, day).then_some((year, month, day))
}

/// Cuts a time of day off: `T00:00:00`, ` 00:00:00.000`, with a zone or without. `None` when what follows is no time.
fn without_time(bytes: &[u8]) -> Option<&[u8]> {
    let Some(colon) = bytes.iter().position(|b| *b == b':') else {
        return Some(bytes);
    };
    let cut = bytes[..colon].iter().rposition(|b| matches!(b, b'T' | b't' | b' '))?;
    let time = &bytes[cut + 1..];
    let timely = |b: &u8| b.is_ascii_digit() || b":.+-ZzUTCAPMapm ".contains(b);
    (colon - cut <= 3 && time.iter().all(timely)).then(|| trim(&bytes[..cut]))
}

fn is_ordinal(bytes: &[u8]) -> bool {
    let Some(two) = bytes.first_chunk::<2>() else { return false };
    let known = [b"st", b"nd", b"rd", b"th"].iter().any(|o| two.eq_ignore_ascii_case(*o));
    known && bytes.get(2).is_none_or(|b| !b.is_ascii_alphabetic())
}

/// A two-digit year is of the last hundred years before the latest.
fn full_year(year: u32, width: usize) -> u32 {
    if width == 4 {
        year
    } else if year > YEAR_MAX % 100 {
        1900 + year
    } else {
        2000 + year
    }
}

/// Whether a day exists (Gregorian calendar, ISO 8601).
pub(super) fn real(year: u32, month: u32, day: u32) -> bool {
    let leap = (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// The month of an English name or its first three letters.
fn month(word: &[u8]) -> Option<u32> {
    const MONTHS: [&[u8]; 12] = [
        b"january",
        b"february",
        b"march",
        b"april",
        b"may",
        b"june",
        b"july",
        b"august",
        b"september",
        b"october",
        b"november",
        b"december",
    ];
    let at = MONTHS.iter().position(|name| {
        word.eq_ignore_ascii_case(name)
            || word.eq_ignore_ascii_case(&name[..3])
            || (*name == b"september" && word.eq_ignore_ascii_case(b"sept"))
    })?;
    u32::try_from(at + 1).ok()
}
