//! Names of people.
//!
//! Two kinds of question. In a field that says "first name" nearly any word of letters is one, and the work is to refuse
//! what cannot be (dates, numbers, codes). In a field that says only "name" the value may be a person, a hospital or a
//! helmet, so the words themselves must speak for a person.

use super::digits::trim;
use super::gazetteer::{is_filler, is_given, is_organisation_word, is_surname};
use super::list::List;
use super::text::{Room, text};
use crate::model::finding::{Marks, Verdict};

const PLACEHOLDER: Verdict = Verdict::Valid { proven: false, marks: Marks::PLACEHOLDER };

/// Words that stand before a name.
static TITLES: List = List::new(&[
    "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "rev", "hon", "herr", "frau", "mme", "sra", "sr",
]);
/// Words that stand after a name.
static SUFFIXES: List =
    List::new(&["jr", "sr", "ii", "iii", "iv", "v", "md", "phd", "esq", "dds", "rn", "cpa", "jd", "do"]);
/// Words inside surnames.
static PARTICLES: List = List::new(&[
    "de", "da", "do", "dos", "das", "del", "della", "di", "la", "le", "van", "von", "der", "den", "ter", "ten", "bin",
    "ibn", "al", "el", "y", "e", "st", "zu", "af",
]);

/// Words beside those of `organisation_words.txt` that no person's name holds: products, places of work, function words.
#[rustfmt::skip]
static NOT_NAMES: List = List::new(&[
    "pllc", "ag", "pc", "pa", "bv", "nv", "oy", "ab", "sa", "sas", "sarl", "spa", "srl", "pty", "holding", "trust",
    "assurance", "medicare", "medicaid", "health", "care", "ctr", "dept", "dep", "division", "office", "bureau",
    "ministry", "city", "state", "team", "service", "international", "global", "national", "shop", "market", "mart",
    "cafe", "bar", "studio", "studios", "records", "music", "orchestra", "band", "choir", "ensemble", "union",
    "committee", "project", "the", "and", "of", "for", "in", "on", "with", "to", "from", "at", "by", "my", "your",
    "our", "new", "old", "blue", "red", "big", "general", "physical", "therapy", "organization", "organisation",
    "practice", "professional", "physicians", "urgent", "community", "regional", "memorial", "infirmary", "admin",
    "support", "sales", "info", "billing", "account", "accounts", "customer", "user", "guest", "system", "default",
    "product", "order", "item", "helmet", "jersey", "shirt", "bike", "frame", "wheel", "tire", "pedal", "gloves",
    "socks", "shorts", "vest", "cap", "rack", "lock", "light", "lights", "pump", "bottle", "kit", "set", "pack",
    "box", "case", "song", "love", "live", "rock", "jazz", "metal", "pop", "blues", "movies", "series", "audio",
    "video", "file", "playlist", "tv", "brothers", "bros", "electric", "travel", "capital", "brewing", "cleaners",
    "labs",
]);

/// A first or middle name in a field that says so: one to three words of letters, initials allowed, digits after a word as
/// synthetic data appends them (`Maynard46`).
pub fn given_name(bytes: &[u8]) -> Verdict {
    part(bytes, 3)
}

/// A last name in a field that says so: one to five words, with particles and suffixes.
pub fn surname(bytes: &[u8]) -> Verdict {
    part(bytes, 5)
}

fn part(bytes: &[u8], words_max: usize) -> Verdict {
    let bytes = trim(bytes);
    if is_filler(bytes) {
        return PLACEHOLDER;
    }
    // Nearly every value is one word of plain letters.
    if (1..=60).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_alphabetic) {
        ensure!(!is_state_of_affairs(bytes), STATE_OF_AFFAIRS);
        return Verdict::PLAUSIBLE;
    }
    words_of_part(bytes, words_max)
}

/// [`part`] of any value, word by word.
fn words_of_part(bytes: &[u8], words_max: usize) -> Verdict {
    let mut room = Room::default();
    let Some(text) = text_of(bytes, 60, &mut room) else { return Verdict::Invalid("no text of 1 to 60 bytes") };
    let mut words = 0;
    let mut last = "";
    for word in text.split([' ', ',']).filter(|w| !w.is_empty()) {
        words += 1;
        last = word;
        ensure!(words <= words_max, "too many words for this part of a name");
        ensure!(is_word(word), "a word that is in no name");
        ensure!(!is_state_of_affairs(word.as_bytes()), STATE_OF_AFFAIRS);
    }
    // Systems that know no companies keep theirs in the last name.
    let last = last.trim_matches('.');
    let company = words > 1 && organisational(last) && !is_surname(last) && !SUFFIXES.has(last.as_bytes());
    ensure!(words > 0, "no words");
    ensure!(!company, "its last word is an organisation's");
    Verdict::PLAUSIBLE
}

const STATE_OF_AFFAIRS: &str = "a word for a state of affairs";

/// Words that fields named "first" or "last" hold when they are not about names.
fn is_state_of_affairs(word: &[u8]) -> bool {
    // By length.
    const WORDS: [&[&[u8]]; 9] = [
        &[],
        &[],
        &[b"no"],
        &[b"yes"],
        &[b"true", b"paid", b"open"],
        &[b"false", b"error"],
        &[b"active", b"closed", b"failed"],
        &[b"pending", b"success"],
        &[b"inactive", b"complete"],
    ];
    WORDS.get(word.len()).is_some_and(|words| words.iter().any(|w| w.eq_ignore_ascii_case(word)))
}

const NO_NAME: &str = "signs or words that are in no name, or more than six of them";
const ORGANISATION: &str = "a word of an organisation";

/// A full name in a field that says it holds a person's: two to six words (one after a title, or where the script has no
/// blanks), no word of an organisation.
pub fn person_name_field(bytes: &[u8]) -> Verdict {
    match Name::read(bytes) {
        Read::Filler => PLACEHOLDER,
        Read::Nothing => Verdict::Invalid(NO_NAME),
        Read::Name(name) => {
            ensure!(!name.organisation, ORGANISATION);
            let whole = name.words >= 2 || (name.words == 1 && (name.titled || name.script));
            ensure!(whole, "one word is no full name");
            Verdict::PLAUSIBLE
        }
    }
}

/// A full name in a field that only says "name": the words must speak for a person. A title, a common given name first (or
/// after the comma of `Last, First`), a common surname last after a word that is no organisation's, or digits appended to
/// every word as synthetic patients have them. Proven is a name of which both ends speak.
pub fn person_name(bytes: &[u8]) -> Verdict {
    match Name::read(bytes) {
        Read::Filler => Verdict::Invalid("a word for a missing value"),
        Read::Nothing => Verdict::Invalid(NO_NAME),
        Read::Name(name) => {
            ensure!(!name.organisation && !name.doubtful, ORGANISATION);
            let titled = name.titled && name.words >= 1;
            let common = name.words >= 2 && name.words <= 4 && (name.given || (name.surname && name.capital));
            let synthetic = name.words >= 2 && name.words <= 3 && name.numbered == name.words;
            let listed = (2..=4).contains(&name.words) && is_listed(bytes);
            match titled || common || synthetic || listed {
                // Things are called after people ("Hunter Rain Boot"), but rarely after first and last name.
                true if titled || synthetic || (name.given && name.surname) => Verdict::PROVEN,
                true => Verdict::PLAUSIBLE,
                false => Verdict::Invalid("no title, common given name or common surname speaks for a person"),
            }
        }
    }
}

/// A full name in running text, where capitals begin sentences and products too: both ends must speak for a person.
pub fn person_name_proven(bytes: &[u8]) -> Verdict {
    match person_name(bytes) {
        proven @ Verdict::Valid { proven: true, .. } => proven,
        Verdict::Valid { .. } => Verdict::Invalid("given name and surname are not both common ones"),
        invalid => invalid,
    }
}

/// Whether a value is written as lists of people are, all in capitals or with an initial at its end: `HARHURST, KOFI P`.
fn is_listed(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes.trim_ascii()) else { return false };
    let Some((last, first)) = text.split_once(',') else { return false };
    let letters = |part: &str| part.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '.'));
    let initial = first.trim_end_matches('.').rsplit(' ').next().is_some_and(|w| w.chars().count() == 1);
    letters(last) && letters(first) && (initial || !text.chars().any(char::is_lowercase))
}

/// What a full name shows of itself.
#[derive(Default)]
struct Name {
    /// Words without titles and suffixes.
    words: usize,
    /// Words with digits after them.
    numbered: usize,
    titled: bool,
    /// The word in the place of the given name is a common one.
    given: bool,
    /// The last word is a common surname.
    surname: bool,
    /// Every word but particles begins with a capital.
    capital: bool,
    organisation: bool,
    /// A word of an organisation stands where a surname would, and is one.
    doubtful: bool,
    /// It is in a script without blanks between names.
    script: bool,
}

enum Read {
    Filler,
    Nothing,
    Name(Name),
}

impl Name {
    fn read(bytes: &[u8]) -> Read {
        let bytes = trim(bytes);
        if is_filler(bytes) {
            return Read::Filler;
        }
        let mut room = Room::default();
        let Some(text) = text_of(bytes, 80, &mut room) else { return Read::Nothing };
        let mut name = Name { capital: true, ..Name::default() };
        let comma = text.find(',');
        let mut last = "";
        let mut given_seen = false;
        let mut at = 0;
        for word in text.split([' ', ',']) {
            let start = at;
            at += word.len() + 1;
            let bare = without_digits(word).trim_matches('.');
            if bare.is_empty() {
                if word.is_empty() {
                    continue;
                }
                return Read::Nothing;
            }
            if organisational(bare) {
                // "Mary Church" is a person where a field says so.
                let surname = name.given && name.words >= 1 && comma.is_none() && is_surname(bare);
                name.doubtful |= surname;
                name.organisation |= !surname;
            }
            if name.words == 0 && TITLES.has(bare.as_bytes()) {
                name.titled = true;
                continue;
            }
            if name.words > 0 && SUFFIXES.has(bare.as_bytes()) {
                continue;
            }
            if !is_word(word) || name.words == 6 {
                return Read::Nothing;
            }
            let particle = name.words > 0 && PARTICLES.has(bare.as_bytes());
            name.capital &= particle || !bare.starts_with(|c: char| c.is_lowercase());
            name.words += 1;
            name.numbered += usize::from(bare.len() < word.trim_matches('.').len());
            let in_place = match comma {
                Some(comma) => start > comma && !given_seen,
                None => name.words == 1,
            };
            if in_place {
                name.given = is_given(bare);
                given_seen = true;
            }
            last = bare;
            name.script |= bare.chars().count() >= 2 && bare.chars().all(|c| c >= '\u{2e80}');
        }
        let family = match comma {
            Some(comma) => text[..comma].rsplit(' ').next().unwrap_or(""),
            None => last,
        };
        name.surname = is_surname(without_digits(family));
        Read::Name(name)
    }
}

fn organisational(word: &str) -> bool {
    NOT_NAMES.has(word.as_bytes()) || is_organisation_word(word)
}

/// The text of a value that could be a name at all.
fn text_of<'a>(bytes: &'a [u8], bytes_max: usize, room: &'a mut Room) -> Option<&'a str> {
    if bytes.is_empty() || bytes.len() > bytes_max {
        return None;
    }
    text(bytes, room)
}

/// A word without the digits that synthetic data appends.
fn without_digits(word: &str) -> &str {
    word.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// A word of a name: letters and combining marks, with hyphens, apostrophes and points inside, and at most three digits after it.
fn is_word(word: &str) -> bool {
    let bare = without_digits(word);
    let digits = word.len() - bare.len();
    let letter = |c: char| c.is_alphabetic() || ('\u{300}'..='\u{36f}').contains(&c);
    let shaped = bare.chars().all(|c| letter(c) || matches!(c, '-' | '\'' | '.' | '\u{2019}' | '`'));
    // `A1` and `PO2` are codes; a name with digits after it has letters enough and begins with a capital.
    let short = bare.len() < 4 && !bare.bytes().skip(1).any(|b| b.is_ascii_lowercase());
    let code = digits > 0 && (bare.len() < 2 || !bare.starts_with(char::is_uppercase) || short);
    shaped && !code && digits <= 3 && bare.chars().any(letter)
}
