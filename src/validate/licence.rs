//! Documents whose numbers have a shape but no check digit that is published: driver licences and passports.

use super::digits::{repeated, trim};
use crate::model::finding::{Marks, Verdict};

/// Runs of letters, digits, letters and digits, each with its least and most length; an empty run has none.
type Shape = [(u8, u8); 4];

/// Digits alone.
const fn digits(least: u8, most: u8) -> Shape {
    [(0, 0), (least, most), (0, 0), (0, 0)]
}

/// Letters and then digits.
const fn lettered(letters: u8, least: u8, most: u8) -> Shape {
    [(letters, letters), (least, most), (0, 0), (0, 0)]
}

/// Driver licence numbers by state: the shapes that the states publish (AAMVA DL/ID Card Design Standard 2020, element DAQ;
/// the states' own pages). States that allow fewer than six digits alone are read from six, for shorter ones are anything.
/// Washington's is not of runs, see [`us_driver_license`].
const STATES: &[(&str, &[Shape])] = &[
    ("AK", &[digits(6, 7)]),
    ("AL", &[digits(6, 8)]),
    ("AR", &[digits(6, 9)]),
    ("AZ", &[lettered(1, 8, 8), digits(9, 9), lettered(2, 2, 5)]),
    ("CA", &[lettered(1, 7, 7)]),
    ("CO", &[digits(9, 9), lettered(1, 3, 6), lettered(2, 2, 5)]),
    ("CT", &[digits(9, 9)]),
    ("DC", &[digits(7, 7), digits(9, 9)]),
    ("DE", &[digits(6, 7)]),
    ("FL", &[lettered(1, 12, 12)]),
    ("GA", &[digits(7, 9)]),
    ("HI", &[lettered(1, 8, 8), digits(9, 9)]),
    ("IA", &[digits(9, 9), [(0, 0), (3, 3), (2, 2), (4, 4)]]),
    ("ID", &[[(2, 2), (6, 6), (1, 1), (0, 0)], digits(9, 9)]),
    ("IL", &[lettered(1, 11, 12)]),
    ("IN", &[lettered(1, 9, 9), digits(9, 10)]),
    ("KS", &[lettered(1, 8, 8), digits(9, 9)]),
    ("KY", &[lettered(1, 8, 9), digits(9, 9)]),
    ("LA", &[digits(6, 9)]),
    ("MA", &[lettered(1, 8, 8), lettered(2, 7, 7), digits(9, 9)]),
    ("MD", &[lettered(1, 12, 12)]),
    ("ME", &[digits(7, 8), [(0, 0), (7, 7), (1, 1), (0, 0)]]),
    ("MI", &[lettered(1, 10, 10), lettered(1, 12, 12)]),
    ("MN", &[lettered(1, 12, 12)]),
    (
        "MO",
        &[
            lettered(1, 5, 9),
            [(1, 1), (6, 6), (1, 1), (0, 0)],
            [(0, 0), (8, 8), (2, 2), (0, 0)],
            [(0, 0), (9, 9), (1, 1), (0, 0)],
            digits(9, 9),
            [(0, 0), (3, 3), (1, 1), (6, 6)],
        ],
    ),
    ("MS", &[digits(9, 9)]),
    ("MT", &[lettered(1, 8, 8), digits(9, 9), digits(13, 14)]),
    ("NC", &[digits(6, 12)]),
    ("ND", &[lettered(3, 6, 6), digits(9, 9)]),
    ("NE", &[lettered(1, 6, 8)]),
    ("NH", &[[(0, 0), (2, 2), (3, 3), (5, 5)], lettered(3, 8, 8)]),
    ("NJ", &[lettered(1, 14, 14)]),
    ("NM", &[digits(8, 9)]),
    ("NV", &[digits(9, 10), digits(12, 12), lettered(1, 8, 8)]),
    ("NY", &[digits(8, 9), lettered(1, 7, 7)]),
    ("OH", &[lettered(2, 6, 6), lettered(1, 4, 8), lettered(2, 3, 7), digits(8, 8)]),
    ("OK", &[lettered(1, 9, 9), digits(9, 9)]),
    ("OR", &[digits(6, 9), lettered(1, 6, 6)]),
    ("PA", &[digits(8, 8)]),
    ("RI", &[digits(7, 8), lettered(1, 6, 6)]),
    ("SC", &[digits(6, 11)]),
    ("SD", &[digits(6, 10), digits(12, 12)]),
    ("TN", &[digits(7, 9)]),
    ("TX", &[digits(7, 8)]),
    ("UT", &[digits(6, 10)]),
    ("VA", &[lettered(1, 8, 11), digits(9, 9), digits(12, 12)]),
    ("VT", &[digits(8, 8), [(0, 0), (7, 7), (1, 1), (0, 0)]]),
    ("WA", &[]),
    ("WI", &[lettered(1, 13, 13)]),
    ("WV", &[digits(7, 7), lettered(1, 5, 6), lettered(2, 5, 6)]),
    ("WY", &[digits(9, 10)]),
];

/// A driver licence number of any state, with the hyphens and blanks that some print. Two states have shapes of their own:
/// Kansas has issued letter, digit, letter, digit, letter; Washington's older numbers are letters of the name, then letters,
/// digits and stars, twelve in all.
pub fn us_driver_license(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let mut runs = [(false, 0u8); 8];
    let mut count = 0usize;
    let mut total = 0usize;
    let mut digits = 0usize;
    let mut first_digit = None;
    let mut all_same = true;
    for &byte in bytes {
        if matches!(byte, b'-' | b' ') {
            continue;
        }
        let digit = byte.is_ascii_digit();
        if !digit && !byte.is_ascii_alphabetic() && byte != b'*' {
            return Verdict::Invalid("a sign that is in no licence");
        }
        if digit {
            digits += 1;
            all_same &= *first_digit.get_or_insert(byte) == byte;
        }
        total += 1;
        ensure!(total <= 16, "longer than any licence");
        if count > 0 && runs[count - 1].0 == digit {
            runs[count - 1].1 += 1;
        } else {
            let Some(run) = runs.get_mut(count) else { return Verdict::Invalid("the form of no state's licence") };
            *run = (digit, 1);
            count += 1;
        }
    }
    let runs = &runs[..count];
    let fits = STATES.iter().flat_map(|(_, shapes)| *shapes).any(|shape| fits(shape, runs));
    let kansas = total == 5 && count == 5 && runs[0] == (false, 1);
    let washington = total == 12 && bytes.len() == 12 && runs[0].1 >= 3 && !runs[0].0 && digits >= 2;
    ensure!(fits || kansas || washington, "the form of no state's licence");
    let marks = if digits >= 5 && all_same { Marks::PLACEHOLDER } else { Marks::default() };
    Verdict::Valid { proven: false, marks }
}

/// Whether runs of letters and digits fit a shape; an empty part of the shape has no run.
fn fits(shape: &Shape, runs: &[(bool, u8)]) -> bool {
    let mut rest = runs;
    for (i, (least, most)) in shape.iter().enumerate() {
        if *most == 0 {
            continue;
        }
        let Some(((digit, length), after)) = rest.split_first() else { return false };
        if *digit != (i % 2 == 1) || length < least || length > most {
            return false;
        }
        rest = after;
    }
    rest.is_empty()
}

/// A passport number: six to nine letters and digits of which at least five are digits (ICAO Doc 9303 part 4 gives the field
/// nine places); the United States writes nine digits, or a letter and eight (22 CFR 51; Department of State, next generation
/// passport). Some systems append the check letter or country, so one more letter is taken at the end.
pub fn passport(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let core = match bytes {
        [rest @ .., last] if bytes.len() == 10 && last.is_ascii_alphabetic() => rest,
        _ => bytes,
    };
    ensure!((6..=9).contains(&core.len()), "not 6 to 9 letters and digits");
    ensure!(core.iter().all(u8::is_ascii_alphanumeric), "a sign that is no letter or digit");
    let digits = core.iter().filter(|b| b.is_ascii_digit()).count();
    ensure!(digits >= 5, "fewer than 5 digits");
    ensure!(core.len() - digits <= 3, "more than 3 letters");
    let same = repeated(if core[0].is_ascii_digit() { core } else { &core[1..] });
    Verdict::Valid { proven: false, marks: if same { Marks::PLACEHOLDER } else { Marks::default() } }
}
