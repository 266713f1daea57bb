//! Which telephone numbers are assigned: `patterns/data/phone_ranges.txt` as one table, read at first use.

use std::sync::OnceLock;

/// Digits of the longest number (ITU-T E.164 section 6.2.1).
const DIGITS_MAX: usize = 15;

/// Numbers from one to the next range, all written with zeros after them to [`DIGITS_MAX`] digits.
struct Range {
    start: u64,
    /// How many digits a number of it may have with its calling code, a bit for each; none where nothing is assigned.
    lengths: u16,
}

struct Table {
    /// By `start`; the first begins at zero, so every number lies in one.
    ranges: Vec<Range>,
    /// Whether a calling code's numbers may have a 0 before them; none where there is no such code.
    trunk: [Option<bool>; 1000],
}

/// The national number of the digits of an international one, when it is assigned; without the 0 that is dialled before
/// it at home, where there is one.
pub(super) fn assigned(digits: &[u8]) -> Option<&[u8]> {
    static TABLE: OnceLock<Table> = OnceLock::new();
    let table = TABLE.get_or_init(|| read(include_str!("../../patterns/data/phone_ranges.txt")));
    // No code is the beginning of another.
    let code = (1..=3.min(digits.len())).find(|n| table.trunk[value(&digits[..*n]) as usize].is_some())?;
    let (code, national) = digits.split_at(code);
    if table.has(code, national) {
        return Some(national);
    }
    let trunk = table.trunk[value(code) as usize] == Some(true);
    national.strip_prefix(&[0]).filter(|rest| trunk && table.has(code, rest))
}

impl Table {
    fn has(&self, code: &[u8], national: &[u8]) -> bool {
        let length = code.len() + national.len();
        if length > DIGITS_MAX {
            return false;
        }
        let number = (value(code) * power(national.len()) + value(national)) * power(DIGITS_MAX - length);
        let next = self.ranges.partition_point(|range| range.start <= number);
        self.ranges.get(next.wrapping_sub(1)).is_some_and(|range| range.lengths >> length & 1 == 1)
    }
}

fn value(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |n, d| n * 10 + u64::from(*d))
}

fn power(digits: usize) -> u64 {
    10u64.pow(digits as u32)
}

/// The table of the data file. What is no line of it is left out: the file is the program's own, and a test reads it against
/// the library it was made from.
fn read(text: &str) -> Table {
    let mut trunk = [None; 1000];
    let mut spans: Vec<(u64, u64, u16)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (Some(code), Some(lengths)) = (words.next(), words.next()) else { continue };
        let Some(place) = code.parse().ok().and_then(|n: usize| trunk.get_mut(n)) else { continue };
        *place = Some(lengths == "trunk" || *place == Some(true));
        let lengths = lengths.split(',').filter_map(|n| n.parse::<usize>().ok());
        let lengths = lengths.fold(0, |bits, n| bits | 1u16.checked_shl((code.len() + n) as u32).unwrap_or(0));
        for word in words {
            let (first, last) = if word == "*" { ("", "") } else { word.split_once('-').unwrap_or((word, word)) };
            let number = |part: &str| {
                let number: u64 = format!("{code}{part}").parse().ok()?;
                Some((number, power(DIGITS_MAX.checked_sub(code.len() + part.len())?)))
            };
            let (Some((first, scale)), Some((last, _))) = (number(first), number(last)) else { continue };
            spans.push((first * scale, (last + 1) * scale, lengths));
        }
    }
    spans.sort_unstable();
    let mut ranges = vec![Range { start: 0, lengths: 0 }];
    let mut push = |start: u64, lengths: u16| match ranges.last_mut() {
        Some(last) if last.start == start => last.lengths = lengths,
        Some(last) if last.lengths == lengths => {}
        _ => ranges.push(Range { start, lengths }),
    };
    for (start, end, lengths) in spans {
        push(start, lengths);
        push(end, 0);
    }
    Table { ranges, trunk }
}
