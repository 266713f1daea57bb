//! Lists of common names, and the words that people write when there is no name.
//!
//! The lists are short on purpose: they decide only where a field's name does not (`name`), and a rare name in a field that
//! says "first name" needs no list. How common a name is can be looked up in the public-domain files of the US Census Bureau
//! (surnames, 2010) and the Social Security Administration (given names).

use std::sync::LazyLock;

static GIVEN: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| sorted(include_str!("../../patterns/data/given_names.txt")));
static SURNAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| sorted(include_str!("../../patterns/data/surnames.txt")));

static ORGANISATION_WORDS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| sorted(include_str!("../../patterns/data/organisation_words.txt")));

fn sorted(text: &'static str) -> Vec<&'static str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let mut names: Vec<&str> = lines.flat_map(str::split_ascii_whitespace).collect();
    names.sort_unstable();
    names
}

/// The longest name in the lists is far shorter; a longer word is in none of them.
const FOLDED_MAX: usize = 24;

/// Whether a word is a common given name, whatever its case and accents.
pub(super) fn is_given(word: &str) -> bool {
    in_list(&GIVEN, word)
}

/// Whether a word is a common surname, whatever its case and accents.
pub(super) fn is_surname(word: &str) -> bool {
    in_list(&SURNAMES, word)
}

/// Whether a word makes a name an organisation's, whatever its case and accents.
pub(super) fn is_organisation_word(word: &str) -> bool {
    in_list(&ORGANISATION_WORDS, word)
}

fn in_list(list: &[&str], word: &str) -> bool {
    let mut folded = [0u8; FOLDED_MAX];
    let mut len = 0;
    for c in word.chars() {
        let Some(letter) = fold(c) else { continue };
        let Some(place) = folded.get_mut(len) else { return false };
        *place = letter;
        len += 1;
    }
    list.binary_search_by(|name| name.as_bytes().cmp(&folded[..len])).is_ok()
}

/// A letter without case and accent (the Latin-1 letters); none for anything else, so apostrophes and points vanish.
fn fold(c: char) -> Option<u8> {
    let c = c.to_lowercase().next().unwrap_or(c);
    let base = match c {
        'a'..='z' => c,
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' | 'ø' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        _ => return None,
    };
    u8::try_from(u32::from(base)).ok()
}

/// Whether a value is a word that people or programs write when there is none.
pub(super) fn is_filler(bytes: &[u8]) -> bool {
    // By length, so that most values are compared with few of them or none.
    #[rustfmt::skip]
    const FILLERS: [&[&[u8]]; 15] = [
        &[],
        &[b"-", b".", b"?"],
        &[b"na", b"--"],
        &[b"n/a", b"nil", b"unk", b"tbd", b"tba", b"xxx", b"nan"],
        &[b"n.a.", b"none", b"null", b"test", b"xxxx"],
        &[b"xxxxx", b"blank"],
        &[],
        &[b"unknown", b"testing", b"deleted", b"no name"],
        &[b"redacted", b"lastname", b"john doe", b"jane doe"],
        &[b"anonymous", b"undefined", b"firstname", b"last name", b"full name", b"test test", b"test user"],
        &[b"first name"],
        &[],
        &[b"not provided"],
        &[b"not available"],
        &[b"not applicable"],
    ];
    FILLERS.get(bytes.len()).is_some_and(|fillers| fillers.iter().any(|f| f.eq_ignore_ascii_case(bytes)))
}
