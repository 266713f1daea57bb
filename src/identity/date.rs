//! Dates as people and programs write them.
//!
//! Day-first or month-first cannot be told from one value; the caller decides it for a whole field ([`evidence`]) and the
//! default is the custom of the United States, month first.

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar (Hinnant's days_from_civil).
pub fn day_number(year: i32, month: u32, day: u32) -> i32 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let shifted = (month as i32 + 9) % 12;
    let day_of_year = (153 * shifted + 2) / 5 + day as i32 - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// A year, month and day that exist together.
pub type Ymd = (i32, u32, u32);

fn checked(year: i32, month: u32, day: u32) -> Option<Ymd> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    ((1800..=2200).contains(&year) && (1..=days).contains(&day)).then_some((year, month, day))
}

/// Up to three groups of digits or letters from the front of a value, and the byte after the first group.
fn groups(value: &[u8]) -> ([&[u8]; 3], usize, u8) {
    let mut out: [&[u8]; 3] = [&[]; 3];
    let (mut n, mut i, mut separator) = (0, 0, 0);
    while i < value.len() && n < 3 {
        let start = i;
        let digit = value[i].is_ascii_digit();
        while i < value.len() && value[i].is_ascii_alphanumeric() && value[i].is_ascii_digit() == digit {
            i += 1;
        }
        if i == start {
            if n == 1 && separator == 0 {
                separator = value[i];
            }
            i += 1;
            continue;
        }
        // "1st", "2nd", "23rd", "4th": the letters belong to the day.
        let ordinal = !digit && start > 0 && value[start - 1].is_ascii_digit() && i - start == 2;
        if !ordinal {
            out[n] = &value[start..i];
            n += 1;
        }
    }
    (out, n, separator)
}

fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0')))
}

fn month_name(word: &[u8]) -> Option<u32> {
    const MONTHS: [&[u8; 3]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    let head = word.get(..3)?.to_ascii_lowercase();
    MONTHS.iter().position(|m| m.as_slice() == head).map(|m| m as u32 + 1)
}

fn full_year(digits: &[u8]) -> Option<i32> {
    let year = number(digits)? as i32;
    match digits.len() {
        4 => Some(year),
        // The pivot suits dates of birth and of orders alike: nobody alive was born before 1930 in two digits.
        2 => Some(if year <= 30 { 2000 + year } else { 1900 + year }),
        _ => None,
    }
}

/// The date of `1980-04-03`, and whether it exists; none for any other form.
fn iso(value: &[u8]) -> Option<Option<Ymd>> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = value else { return None };
    let number = |digits: &[u8]| digits.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0'));
    let (year, month, day) = ([*y1, *y2, *y3, *y4], [*m1, *m2], [*d1, *d2]);
    let digits = year.iter().chain(&month).chain(&day).all(u8::is_ascii_digit);
    digits.then(|| checked(number(&year) as i32, number(&month), number(&day)))
}

/// Reads a date. `day_first` settles `03/04/1980`; a part above twelve settles itself, and dots are a day-first custom.
pub fn parse(value: &[u8], day_first: bool) -> Option<Ymd> {
    let value = value.trim_ascii();
    if let Some(found) = iso(value) {
        return found;
    }
    let ([a, b, c], n, separator) = groups(value);
    if n >= 1 && a.len() == 8 {
        let all = number(a)?;
        return checked((all / 10_000) as i32, all / 100 % 100, all % 100)
            .or_else(|| checked((all % 10_000) as i32, all / 1_000_000, all / 10_000 % 100));
    }
    if n < 3 {
        return None;
    }
    if a.len() == 4 && a[0].is_ascii_digit() {
        let month = number(b).or_else(|| month_name(b))?;
        return checked(number(a)? as i32, month, number(c)?);
    }
    if let Some(month) = month_name(a) {
        return checked(full_year(c)?, month, number(b)?);
    }
    if let Some(month) = month_name(b) {
        return checked(full_year(c)?, month, number(a)?);
    }
    let (first, second, year) = (number(a)?, number(b)?, full_year(c)?);
    let day_first = first > 12 || (second <= 12 && (day_first || separator == b'.'));
    if day_first { checked(year, second, first) } else { checked(year, first, second) }
}

/// What a value says of its field's custom: `Some(true)` for day-first, `Some(false)` for month-first.
pub fn evidence(value: &[u8]) -> Option<bool> {
    let value = value.trim_ascii();
    // A year in front says nothing, and a column of such dates is asked for each of them.
    if value.get(..3).is_some_and(|head| head.iter().all(u8::is_ascii_digit)) {
        return None;
    }
    let ([a, b, _], n, _) = groups(value);
    if n < 3 || a.len() > 2 || b.len() > 2 {
        return None;
    }
    match (number(a)?, number(b)?) {
        (13..=31, 1..=12) => Some(true),
        (1..=12, 13..=31) => Some(false),
        _ => None,
    }
}

/// The day of an event as machines write it: ISO forms and `MM/DD/YYYY`, nothing else.
pub fn event_day(value: &[u8]) -> Option<i32> {
    let digits = |range: std::ops::Range<usize>| value.get(range).and_then(number);
    let (year, month, day) = match (value.get(2), value.get(4), value.get(5), value.get(7)) {
        (_, Some(b'-'), _, Some(b'-')) => (digits(0..4)?, digits(5..7)?, digits(8..10)?),
        (Some(b'/'), _, Some(b'/'), _) => (digits(6..10)?, digits(0..2)?, digits(3..5)?),
        _ => return None,
    };
    checked(year as i32, month, day).map(|(y, m, d)| day_number(y, m, d))
}
