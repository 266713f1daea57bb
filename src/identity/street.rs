//! Street lines: number, street and unit, spelled one way.
//!
//! The suffixes are those of USPS Publication 28, appendix C, as far as they are common.

use zeroize::Zeroize;

#[rustfmt::skip]
const WORDS: &[(&str, &str)] = &[
    ("ALLEY", "ALY"), ("APARTMENT", "#"), ("APT", "#"), ("AV", "AVE"), ("AVENUE", "AVE"), ("BLVRD", "BLVD"),
    ("BOULEVARD", "BLVD"), ("CENTER", "CTR"), ("CIRCLE", "CIR"), ("COURT", "CT"), ("CROSSING", "XING"), ("DRIVE", "DR"),
    ("DRV", "DR"), ("EAST", "E"), ("EXPRESSWAY", "EXPY"), ("FREEWAY", "FWY"), ("HEIGHTS", "HTS"), ("HIGHWAY", "HWY"),
    ("LANE", "LN"), ("NO", "#"), ("NORTH", "N"), ("NORTHEAST", "NE"), ("NORTHWEST", "NW"), ("PARKWAY", "PKWY"),
    ("PLACE", "PL"), ("PLAZA", "PLZ"), ("PT", "PT"), ("ROAD", "RD"), ("ROUTE", "RTE"), ("SOUTH", "S"),
    ("SOUTHEAST", "SE"), ("SOUTHWEST", "SW"), ("SQUARE", "SQ"), ("STE", "#"), ("STR", "ST"), ("STREET", "ST"),
    ("SUITE", "#"), ("TERRACE", "TER"), ("TRAIL", "TRL"), ("TURNPIKE", "TPKE"), ("UNIT", "#"), ("WEST", "W"),
];

/// Where the words of each letter begin among them; one more, where the last letter's end.
const FROM: [u8; 27] = {
    let mut from = [0; 27];
    let mut letter = 0;
    while letter < 27 {
        while (from[letter] as usize) < WORDS.len()
            && WORDS[from[letter] as usize].0.as_bytes()[0] < b'A' + letter as u8
        {
            from[letter] += 1;
        }
        letter += 1;
    }
    from
};

/// Appends the canonical street line to `out`: upper case, words joined by one space, unit words one sign. False when
/// there is no number or no street.
pub(super) fn street(value: &[u8], out: &mut Vec<u8>) -> bool {
    if value.is_ascii() { ascii_street(value, out) } else { any_street(value, out) }
}

/// [`any_street`] for plain letters, which need no second copy.
fn ascii_street(value: &[u8], out: &mut Vec<u8>) -> bool {
    let from = out.len();
    let (mut digit, mut letter) = (false, false);
    for word in value.split(|b| !b.is_ascii_alphanumeric() && *b != b'#').filter(|w| !w.is_empty()) {
        let word = match word.strip_prefix(b"#") {
            Some(unit) => {
                mark_unit(out, from);
                unit
            }
            None => word,
        };
        digit |= word.iter().any(u8::is_ascii_digit);
        letter |= word.iter().any(|b| !b.is_ascii_digit());
        match short(word) {
            Some("#") => mark_unit(out, from),
            None if word == b"#" => mark_unit(out, from),
            _ if word.is_empty() => {}
            short => {
                if out.len() > from {
                    out.push(b' ');
                }
                match short {
                    Some(short) => out.extend_from_slice(short.as_bytes()),
                    None => out.extend(word.iter().map(u8::to_ascii_uppercase)),
                }
            }
        }
    }
    digit && letter
}

/// How a word of plain letters is spelled, where it is spelled in another way than it is written.
fn short(word: &[u8]) -> Option<&'static str> {
    let letter = usize::from(word.first()?.to_ascii_uppercase().wrapping_sub(b'A'));
    let (from, to) = (FROM.get(letter)?, FROM.get(letter + 1)?);
    let alike = &WORDS[usize::from(*from)..usize::from(*to)];
    alike.iter().find(|(long, _)| long.as_bytes().eq_ignore_ascii_case(word)).map(|(_, short)| *short)
}

/// [`street`] for any text.
fn any_street(value: &[u8], out: &mut Vec<u8>) -> bool {
    let from = out.len();
    let text = String::from_utf8_lossy(value);
    let mut plain = String::with_capacity(text.len());
    super::name::plain(&text, &mut plain);
    let mut upper = plain.to_uppercase();
    plain.zeroize();
    let (mut digit, mut letter) = (false, false);
    for word in upper.split(|c: char| !c.is_alphanumeric() && c != '#').filter(|w| !w.is_empty()) {
        let word = match word.strip_prefix('#') {
            Some(unit) => {
                mark_unit(out, from);
                unit
            }
            None => word,
        };
        digit |= word.bytes().any(|b| b.is_ascii_digit());
        letter |= word.bytes().any(|b| !b.is_ascii_digit());
        match WORDS.binary_search_by_key(&word, |w| w.0).map_or(word, |i| WORDS[i].1) {
            "#" => mark_unit(out, from),
            "" => {}
            word => {
                if out.len() > from {
                    out.push(b' ');
                }
                out.extend_from_slice(word.as_bytes());
            }
        }
    }
    upper.zeroize();
    digit && letter
}

fn mark_unit(out: &mut Vec<u8>, from: usize) {
    if out.len() > from && !out.ends_with(b" #") {
        out.extend_from_slice(b" #");
    }
}

/// A whole address in one value: its street part, and its state and ZIP where it ends with them.
pub(super) fn split(value: &[u8]) -> (&[u8], Option<[u8; 2]>, Option<[u8; 5]>) {
    let value = value.trim_ascii();
    let Some(comma) = memchr::memchr(b',', value) else { return (value, None, None) };
    let mut words = value.rsplit(|b| b.is_ascii_whitespace() || *b == b',').filter(|w| !w.is_empty());
    let mut last = words.next().unwrap_or_default();
    if [&b"USA"[..], b"US"].contains(&last) {
        last = words.next().unwrap_or_default();
    }
    let zip = super::place::zip5(last);
    let state = zip.and_then(|_| words.next()).and_then(super::place::state_code);
    let mut street = &value[..comma];
    // A unit may stand behind a comma of its own.
    let rest = value[comma + 1..].trim_ascii_start();
    let unit = rest.split(|b| *b == b',').next().unwrap_or_default();
    let begins = |word: &&[u8]| unit.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    if [&b"APT"[..], b"UNIT", b"STE", b"SUITE", b"#"].iter().any(begins) {
        let end = value.len() - rest.len() + unit.len();
        street = &value[..end];
    }
    (street, state, zip)
}
