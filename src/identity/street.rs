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

/// Appends the canonical street line to `out`: upper case, words joined by one space, unit words one sign. False when
/// there is no number or no street.
pub(super) fn street(value: &[u8], out: &mut Vec<u8>) -> bool {
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
    let upper = unit.to_ascii_uppercase();
    if [&b"APT"[..], b"UNIT", b"STE", b"SUITE", b"#"].iter().any(|u| upper.starts_with(u)) {
        let end = value.len() - rest.len() + unit.len();
        street = &value[..end];
    }
    (street, state, zip)
}
