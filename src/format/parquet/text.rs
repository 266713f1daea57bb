//! Values as text, so that a column reads as it would in a CSV file.

use crate::format::{sniff, western};
use crate::model::block::SEPARATOR;

const DAY_SECONDS: i64 = 86_400;

/// What became of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// It is a file of a kind that is not read, by its name.
    pub file: Option<&'static str>,
    /// Bytes of it that were looked at and became no text.
    pub passed: usize,
}

/// Writes bytes that may or may not be text. UTF-8 stays as it is; other text is read as Windows-1252, as in a text file;
/// of what is no text, the text in it is kept and the rest becomes separators.
pub fn bytes(value: &[u8], out: &mut Vec<u8>) -> Written {
    if std::str::from_utf8(value).is_ok() && !value.contains(&0) {
        out.extend_from_slice(value);
        return Written::default();
    }
    let (length, start) = (value.len(), out.len());
    // Fixed lengths and C programs leave zeros at the end.
    let end = value.iter().rposition(|b| *b != 0).map_or(0, |n| n + 1);
    let value = &value[..end];
    if let Some(name) = sniff::magic(value) {
        return Written { file: Some(name), passed: length };
    }
    if !sniff::is_binary(value) {
        western::mend(value, out);
    } else {
        for chunk in value.utf8_chunks() {
            out.extend(chunk.valid().bytes().map(|b| if b < b' ' || b == 0x7f { SEPARATOR } else { b }));
            out.extend(std::iter::repeat_n(SEPARATOR, chunk.invalid().len()));
        }
    }
    Written { file: None, passed: length.saturating_sub(out.len() - start) }
}

/// Writes sixteen bytes: text, perhaps with zeros after it, or else a UUID. The library tells no UUID from other bytes;
/// sixteen that are no text are one or are hardly anything else.
pub fn sixteen(value: &[u8], out: &mut Vec<u8>) {
    let end = value.iter().rposition(|b| *b != 0).map_or(0, |n| n + 1);
    match std::str::from_utf8(&value[..end]) {
        Ok(text) if !text.chars().any(char::is_control) => out.extend_from_slice(text.as_bytes()),
        _ => uuid(value, out),
    }
}

/// Writes a whole number, with zeros before it up to `digits`.
pub fn integer(value: i128, digits: Option<u8>, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    let mut buffer = [0; 40];
    let (mut at, mut rest) = (buffer.len(), value.unsigned_abs());
    while rest > 0 || at == buffer.len() {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let length = buffer.len() - at;
    let zeros = if value < 0 { 0 } else { usize::from(digits.unwrap_or(0)).saturating_sub(length) };
    out.extend(std::iter::repeat_n(b'0', zeros));
    out.extend_from_slice(&buffer[at..]);
}

/// Writes a number with a point. One that is whole is written as a whole number: ids become floats where a column has
/// nulls, and decimals of ten places where a database knows no other number.
pub fn float(value: f64, text: impl FnOnce() -> String, digits: Option<u8>, out: &mut Vec<u8>) {
    // Whole numbers are exact below 2^53.
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        integer(value as i128, digits, out);
    } else if value.is_finite() {
        out.extend_from_slice(text().as_bytes());
    }
}

/// Writes a decimal as the library prints it, without a fraction that is zero.
pub fn decimal(text: &str, digits: Option<u8>, out: &mut Vec<u8>) {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.bytes().any(|b| b != b'0') {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let zeros = usize::from(digits.unwrap_or(0)).saturating_sub(whole.len());
    if !whole.starts_with('-') {
        out.extend(std::iter::repeat_n(b'0', zeros));
    }
    out.extend_from_slice(whole.as_bytes());
}

/// Writes a day since 1970-01-01 as `1985-07-30`.
pub fn date(days: i64, out: &mut Vec<u8>) {
    // Hinnant's civil_from_days.
    let Some(z) = days.checked_add(719_468) else { return };
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    integer(i128::from(year), Some(4), out);
    out.push(b'-');
    integer(i128::from(month), Some(2), out);
    out.push(b'-');
    integer(i128::from(day), Some(2), out);
}

/// Writes a moment, `per_second` units to a second, as `2024-02-29T13:05:00.25Z`; one at midnight as a date, which is what
/// programs without a type for dates make of dates.
pub fn moment(value: i64, per_second: i64, utc: bool, out: &mut Vec<u8>) {
    let per_day = DAY_SECONDS * per_second;
    date(value.div_euclid(per_day), out);
    let rest = value.rem_euclid(per_day);
    if rest != 0 {
        out.push(b'T');
        time(rest, per_second, out);
        out.extend_from_slice(if utc { b"Z" } else { b"" });
    }
}

/// Writes a time of day.
pub fn time(value: i64, per_second: i64, out: &mut Vec<u8>) {
    let seconds = value.div_euclid(per_second);
    for (i, part) in [seconds / 3600, seconds / 60 % 60, seconds % 60].into_iter().enumerate() {
        out.extend_from_slice(if i > 0 { b":" } else { b"" });
        integer(i128::from(part), Some(2), out);
    }
    let fraction = value.rem_euclid(per_second);
    if fraction != 0 {
        out.push(b'.');
        let places = per_second.ilog10() as u8;
        integer(i128::from(fraction), Some(places), out);
        while out.last() == Some(&b'0') {
            out.pop();
        }
    }
}

/// Writes sixteen bytes as a UUID.
fn uuid(bytes: &[u8], out: &mut Vec<u8>) {
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        for half in [byte >> 4, byte & 15] {
            out.push(b"0123456789abcdef"[usize::from(half)]);
        }
    }
}
