//! Parts of a postal address. None has a checksum; a field's name carries most of the evidence, and these say no to what
//! cannot be one.

use super::digits::{repeated, trim};
use super::gazetteer::is_filler;
use super::list::List;
use super::text::is_text;
use crate::model::finding::{Marks, Verdict};

const PLACEHOLDER: Verdict = Verdict::Valid { proven: false, marks: Marks::PLACEHOLDER };

/// Words that end or mark a street line (USPS Publication 28 appendix C1, with those of other languages that customer data
/// holds), lower case.
static STREET_WORDS: List = List::new(&[
    "street",
    "st",
    "avenue",
    "ave",
    "av",
    "road",
    "rd",
    "boulevard",
    "blvd",
    "drive",
    "dr",
    "lane",
    "ln",
    "court",
    "ct",
    "place",
    "pl",
    "square",
    "sq",
    "terrace",
    "ter",
    "way",
    "highway",
    "hwy",
    "parkway",
    "pkwy",
    "circle",
    "cir",
    "trail",
    "trl",
    "loop",
    "plaza",
    "plz",
    "alley",
    "aly",
    "crescent",
    "cres",
    "close",
    "row",
    "walk",
    "pike",
    "turnpike",
    "broadway",
    "expressway",
    "route",
    "rte",
    "ridge",
    "run",
    "point",
    "pt",
    "crossing",
    "cove",
    "heights",
    "hill",
    "mews",
    "quay",
    "rue",
    "calle",
    "via",
    "rua",
    "strasse",
    "platz",
    "weg",
    "gata",
    "ulica",
]);

/// A street line, in a field that says address: at least two letters, and a number, two words or a street word; no URL,
/// e-mail address, path or identifier.
pub fn street(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    if is_filler(bytes) {
        return PLACEHOLDER;
    }
    ensure!((3..=200).contains(&bytes.len()), "not 3 to 200 bytes");
    ensure!(bytes.is_ascii() || is_text(bytes), "no text");
    let (mut letters, mut words, mut signs, mut before) = (0, 0, 0, b' ');
    for &byte in bytes {
        let sign = SIGNS[usize::from(byte)];
        letters += usize::from(sign & LETTER != 0);
        words += usize::from(byte != b' ' && before == b' ');
        signs |= sign;
        before = byte;
    }
    let (odd, number) = (signs & ODD != 0, signs & DIGIT != 0);
    let scheme = (signs & COLON != 0 && bytes.windows(3).any(|w| w == b"://"))
        || bytes.starts_with(b"www.")
        || bytes.starts_with(b"0x");
    // A UUID, a hash or a host has no blank; a street line without one is a word or `12Main`.
    let compact = words == 1 && (number && bytes.len() > 20 || signs & (COLON | POINT) != 0);
    let stamp = bytes.len() >= 10 && bytes[0].is_ascii_digit() && bytes[4] == b'-' && bytes[7] == b'-';
    ensure!(letters >= 2, "fewer than 2 letters");
    ensure!(!odd, "a sign that no street has");
    ensure!(!scheme && !compact, "a URL, host, hash or identifier");
    ensure!(!stamp, "a date");
    ensure!(number || words >= 2, "one word without a number");
    Verdict::PLAUSIBLE
}

const LETTER: u8 = 1;
const DIGIT: u8 = 2;
/// A sign that no street has.
const ODD: u8 = 4;
const COLON: u8 = 8;
const POINT: u8 = 16;
/// A sign beside letters that names of places have.
const PLACE: u8 = 32;

/// What each byte is in an address, as bits.
const SIGNS: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = match i as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => LETTER,
            b'0'..=b'9' => DIGIT,
            b'@' | b'{' | b'}' | b'<' | b'>' | b'=' | b'|' | b'\\' | b'$' | b'^' | b'~' | b'_' | b'[' | b']' => ODD,
            b'`' => ODD | PLACE,
            b':' => COLON,
            b'.' => POINT | PLACE,
            b' ' | b'\'' | b'-' | b',' | b'(' | b')' | b'/' => PLACE,
            ..b' ' => ODD,
            _ => 0,
        };
        i += 1;
    }
    table
};

/// A whole address on one line: parts between commas of which the first can be a street line, and after them a postal code,
/// either a state's code with a ZIP or a part that holds a number of four digits or more, or a code as Canada and the United
/// Kingdom write it.
pub fn full_address(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let Some(comma) = bytes.iter().position(|b| matches!(b, b',' | b';' | b'|')) else {
        return Verdict::Invalid("no comma between its parts");
    };
    let (first, rest) = (trim(&bytes[..comma]), &bytes[comma + 1..]);
    ensure!(first.iter().any(u8::is_ascii_digit), "its first part has no number");
    ensure!(street(first) == Verdict::PLAUSIBLE, "its first part is no street line");
    let words = || rest.split(|b| matches!(b, b' ' | b',' | b';' | b'|')).filter(|w| !w.is_empty());
    // A word of letters beside the code is the place; without one the number is that of a flat.
    let place = words().any(|w| w.len() >= 2 && w.iter().all(|b| b.is_ascii_alphabetic() || *b >= 0x80));
    let coded = words().zip(words().skip(1)).any(|(a, b)| half_code(a, true) && half_code(b, false));
    let number = |w: &[u8]| {
        let digits = w.iter().filter(|b| b.is_ascii_digit()).count();
        digits >= 4 && w.iter().all(|b| b.is_ascii_digit() || *b == b'-') && w.len() <= 10
    };
    ensure!(place, "no place after its first part");
    ensure!(coded || words().any(number), "no postal code after its first part");
    Verdict::PLAUSIBLE
}

/// Half of a postal code that mixes letters and digits: `T6G` or `SW1A` first, `2C7` or `1AA` after it.
fn half_code(word: &[u8], first: bool) -> bool {
    let starts = word.first().is_some_and(|b| if first { b.is_ascii_uppercase() } else { b.is_ascii_digit() });
    let mixed = word.iter().any(u8::is_ascii_digit) && word.iter().any(u8::is_ascii_uppercase);
    starts
        && mixed
        && (if first { 2..=4 } else { 3..=3 }).contains(&word.len())
        && word.iter().all(u8::is_ascii_alphanumeric)
}

/// A United States street line in running text: a house number, words, and a street word (USPS Publication 28).
pub fn us_street(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let numbered = bytes.first().is_some_and(u8::is_ascii_digit);
    let typed = bytes.split(|b| matches!(b, b' ' | b',' | b'.')).skip(2).any(|word| STREET_WORDS.has(word));
    ensure!(numbered, "it begins with no house number");
    ensure!(typed, "no word of a street after its second word");
    street(bytes)
}

/// A city or other place by name: letters, blanks, and `.'-,()/`.
pub fn place(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    if is_filler(bytes) {
        return PLACEHOLDER;
    }
    let letters = bytes.iter().filter(|b| SIGNS[usize::from(**b)] & LETTER != 0).count();
    let shaped = bytes.iter().all(|b| SIGNS[usize::from(*b)] & (LETTER | PLACE) != 0);
    ensure!(letters >= 2 && bytes.len() <= 80, "not 2 letters or more in at most 80 bytes");
    ensure!(shaped, "a digit or sign that no place has");
    ensure!(bytes.is_ascii() || is_text(bytes), "no text");
    Verdict::PLAUSIBLE
}

/// Codes of states and provinces: the United States with its territories and military addresses (USPS Publication 28
/// appendix B), Canada (Canada Post), Australia (AS 4590), Brazil (ISO 3166-2:BR) and a few of Italy (ISO 3166-2:IT).
const STATE_CODES: &[u8] = b"AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM \
NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI UM FM MH PW AA AE AP AB BC MB NB NL NS NT NU ON PE QC \
SK YT NSW QLD VIC TAS ACT WA SA AC AM AP BA CE DF ES GO MA MG MS PB PE PI PR RJ RN RO RR RS SC SE SP TO RM MI NA TO";

/// States and provinces by name, lower case.
const STATE_NAMES: &[&str] = &[
    "alabama",
    "alaska",
    "arizona",
    "arkansas",
    "california",
    "colorado",
    "connecticut",
    "delaware",
    "district of columbia",
    "florida",
    "georgia",
    "hawaii",
    "idaho",
    "illinois",
    "indiana",
    "iowa",
    "kansas",
    "kentucky",
    "louisiana",
    "maine",
    "maryland",
    "massachusetts",
    "michigan",
    "minnesota",
    "mississippi",
    "missouri",
    "montana",
    "nebraska",
    "nevada",
    "new hampshire",
    "new jersey",
    "new mexico",
    "new york",
    "north carolina",
    "north dakota",
    "ohio",
    "oklahoma",
    "oregon",
    "pennsylvania",
    "rhode island",
    "south carolina",
    "south dakota",
    "tennessee",
    "texas",
    "utah",
    "vermont",
    "virginia",
    "washington",
    "west virginia",
    "wisconsin",
    "wyoming",
    "puerto rico",
    "guam",
    "american samoa",
    "u.s. virgin islands",
    "virgin islands",
    "northern mariana islands",
    "washington dc",
    "washington, dc",
    "alberta",
    "british columbia",
    "manitoba",
    "new brunswick",
    "newfoundland and labrador",
    "newfoundland",
    "nova scotia",
    "northwest territories",
    "nunavut",
    "ontario",
    "prince edward island",
    "quebec",
    "qu\u{e9}bec",
    "saskatchewan",
    "yukon",
    "new south wales",
    "queensland",
    "south australia",
    "tasmania",
    "victoria",
    "western australia",
    "northern territory",
    "england",
    "scotland",
    "wales",
    "northern ireland",
];

/// A state or province, by code or name. The word is also that of a process or a form ("open", "running"), so the value must
/// be in the tables.
pub fn state(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let bytes = bytes.strip_prefix(b"US-").or_else(|| bytes.strip_prefix(b"CA-")).unwrap_or(bytes);
    // In small letters these are words of English before they are codes: `power_state = on`.
    let word = [&b"on"[..], b"ok", b"in", b"or", b"me", b"hi", b"to", b"go", b"al", b"as"].contains(&bytes);
    let code = match bytes {
        [a, b] => !word && in_pairs(&STATE_PAIRS, *a, *b),
        [_, _, _] => !word && in_codes(STATE_CODES, bytes),
        _ => false,
    };
    if code || STATE_NAMES.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(bytes)) {
        Verdict::PLAUSIBLE
    } else if is_filler(bytes) {
        PLACEHOLDER
    } else {
        Verdict::Invalid("neither the code nor the name of a state or province")
    }
}

/// A province, district or the like of any country: a place by name, proven where it is one that [`state`] knows.
pub fn province(bytes: &[u8]) -> Verdict {
    if state(bytes) == Verdict::PLAUSIBLE { Verdict::PROVEN } else { place(bytes) }
}

/// The codes of two letters among codes, a bit each: a row for the first letter, a column for the second.
const fn pairs(codes: &[u8]) -> [u32; 26] {
    let mut rows = [0; 26];
    let mut from = 0;
    let mut at = 0;
    while at <= codes.len() {
        if at == codes.len() || codes[at] == b' ' {
            if at - from == 2 {
                rows[(codes[from] - b'A') as usize] |= 1 << (codes[from + 1] - b'A');
            }
            from = at + 1;
        }
        at += 1;
    }
    rows
}

const STATE_PAIRS: [u32; 26] = pairs(STATE_CODES);
const COUNTRY_PAIRS: [u32; 26] = pairs(COUNTRY_CODES);

/// Whether two letters of either case are a code.
fn in_pairs(pairs: &[u32; 26], a: u8, b: u8) -> bool {
    let letter = |byte: u8| (byte | 0x20).wrapping_sub(b'a');
    letter(b) < 26 && pairs.get(usize::from(letter(a))).is_some_and(|row| row >> letter(b) & 1 == 1)
}

fn in_codes(codes: &[u8], bytes: &[u8]) -> bool {
    codes.split(|b| *b == b' ').any(|code| code.eq_ignore_ascii_case(bytes))
}

/// A postal code: United States ZIP with or without +4 (USPS Publication 28; four digits where a leading zero was lost),
/// Canada `A1A 1A1` (Canada Post), the United Kingdom (BS 7666), and others of 3 to 10 letters and digits with a digit
/// (Universal Postal Union, S42).
pub fn postal_code(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let shaped = (3..=10).contains(&bytes.len())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b' '))
        && bytes[0].is_ascii_alphanumeric()
        && bytes[bytes.len() - 1].is_ascii_alphanumeric();
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let separators = bytes.iter().filter(|b| matches!(b, b'-' | b' ')).count();
    let letters = bytes.len() - digits - separators;
    if !shaped || digits == 0 || separators > 1 || letters > 5 || (letters == 0 && digits < 3) {
        ensure!(is_filler(bytes), "not 3 to 10 letters and digits, a digit and at most one separator among them");
        return PLACEHOLDER;
    }
    if matches!(bytes, b"99999" | b"00000-0000" | b"99999-9999") || (repeated(bytes) && bytes[0] == b'0') {
        return PLACEHOLDER;
    }
    Verdict::PLAUSIBLE
}

/// Two-letter country codes (ISO 3166-1), with `UK`.
const COUNTRY_CODES: &[u8] = b"AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO \
FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG \
KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY \
MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI \
SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU \
WF WS YE YT ZA ZM ZW UK XK";

/// A country: a two-letter code of ISO 3166-1, or a name or longer code of letters.
pub fn country(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    if let [a, b] = bytes {
        ensure!(in_pairs(&COUNTRY_PAIRS, *a, *b), "no code of ISO 3166-1");
        return Verdict::PLAUSIBLE;
    }
    ensure!(
        bytes.len() != 3 || bytes.iter().all(u8::is_ascii_alphabetic),
        "a code of three with a sign that is no letter"
    );
    ensure!(bytes.len() <= 60, "longer than 60 bytes");
    place(bytes)
}
