//! Documents whose numbers have a shape but no check digit that is published: driver licences and passports.

use super::digits::{repeated, trim};
use crate::model::finding::{Marks, Verdict};

/// Driver licence numbers of the states, as runs of letters (`A`) and digits (`9`), each a length or a range: the union of
/// the shapes that AAMVA's members publish (AAMVA DL/ID Card Design Standard 2020, element DAQ; the states' own pages).
/// Each entry is letters, digits, letters, digits: least and most.
const SHAPES: &[[(u8, u8); 4]] = &[
    // Digits alone: AL, AK, AR, CT, DE, DC, GA, ID, IN, IA, LA, ME, MS, MO, MT, NM, NY, NC, OR, PA, SC, SD, TN, TX, UT, VT.
    [(0, 0), (6, 14), (0, 0), (0, 0)],
    // One letter and digits: AZ, CA, CO, FL, HI, IL, IN, KS, KY, MD, MA, MI, MN, MO, NE, NV, NJ, NY, OH, OK, RI, VA, WV, WI.
    [(1, 1), (3, 14), (0, 0), (0, 0)],
    // Two letters and digits: CO, ID, NV, OH, WV.
    [(2, 2), (3, 7), (0, 0), (0, 0)],
    // North Dakota: three letters and six digits.
    [(3, 3), (6, 6), (0, 0), (0, 0)],
    // Missouri and Vermont: digits and a letter or two.
    [(0, 0), (7, 9), (1, 2), (0, 0)],
    // Idaho and Missouri: letters, digits, letter.
    [(1, 2), (6, 6), (1, 1), (0, 0)],
    // New Hampshire: two digits, three letters, five digits; Iowa: three, two, four; Missouri: three, one, six.
    [(0, 0), (2, 3), (1, 3), (4, 6)],
    // New Hampshire's newer cards: three letters and eight digits.
    [(3, 3), (8, 8), (0, 0), (0, 0)],
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
            return Verdict::Invalid;
        }
        if digit {
            digits += 1;
            all_same &= *first_digit.get_or_insert(byte) == byte;
        }
        total += 1;
        if total > 16 {
            return Verdict::Invalid;
        }
        if count > 0 && runs[count - 1].0 == digit {
            runs[count - 1].1 += 1;
        } else {
            let Some(run) = runs.get_mut(count) else { return Verdict::Invalid };
            *run = (digit, 1);
            count += 1;
        }
    }
    let runs = &runs[..count];
    let fits = SHAPES.iter().any(|shape| fits(shape, runs));
    let kansas = total == 5 && count == 5 && runs[0] == (false, 1);
    let washington = total == 12 && bytes.len() == 12 && runs[0].1 >= 3 && !runs[0].0 && digits >= 2;
    if !(fits || kansas || washington) {
        return Verdict::Invalid;
    }
    let marks = if digits >= 5 && all_same { Marks::PLACEHOLDER } else { Marks::default() };
    Verdict::Valid { proven: false, marks }
}

/// Whether runs of letters and digits fit a shape; an empty part of the shape has no run.
fn fits(shape: &[(u8, u8); 4], runs: &[(bool, u8)]) -> bool {
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
    if !(6..=9).contains(&core.len()) || !core.iter().all(u8::is_ascii_alphanumeric) {
        return Verdict::Invalid;
    }
    let digits = core.iter().filter(|b| b.is_ascii_digit()).count();
    if digits < 5 || core.len() - digits > 3 {
        return Verdict::Invalid;
    }
    let same = repeated(if core[0].is_ascii_digit() { core } else { &core[1..] });
    Verdict::Valid { proven: false, marks: if same { Marks::PLACEHOLDER } else { Marks::default() } }
}
