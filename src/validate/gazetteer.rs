//! Lists of common names, and the words that people write when there is no name.
//!
//! The lists are short on purpose: they decide only where a field's name does not (`name`), and a rare name in a field that
//! says "first name" needs no list. How common a name is can be looked up in the public-domain files of the US Census Bureau
//! (surnames, 2010) and the Social Security Administration (given names).

use std::sync::LazyLock;

static GIVEN: LazyLock<List> = LazyLock::new(|| List::new(include_str!("../../patterns/data/given_names.txt")));
static SURNAMES: LazyLock<List> = LazyLock::new(|| List::new(include_str!("../../patterns/data/surnames.txt")));
static ORGANISATION_WORDS: LazyLock<List> =
    LazyLock::new(|| List::new(include_str!("../../patterns/data/organisation_words.txt")));

/// The longest word in the lists is far shorter; a longer one is in none of them.
const FOLDED_MAX: usize = 24;
/// A letter's bits in a folded word.
const LETTER_BITS: u32 = 5;
const _: () = assert!(FOLDED_MAX * LETTER_BITS as usize <= u128::BITS as usize);
/// Bits of a filter that most words fail: the longest list has a thousand.
const FILTER_BITS: usize = 1 << 14;

/// A list of words, folded.
struct List {
    words: Vec<u128>,
    filter: Box<[u64; FILTER_BITS / 64]>,
}

impl List {
    /// The words of a text, without the lines that begin with `#`.
    fn new(text: &'static str) -> List {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let mut words: Vec<u128> = lines.flat_map(str::split_ascii_whitespace).filter_map(folded).collect();
        words.sort_unstable();
        let mut filter = Box::new([0; FILTER_BITS / 64]);
        for word in &words {
            let bit = slot(*word);
            filter[bit / 64] |= 1 << (bit % 64);
        }
        List { words, filter }
    }

    /// Whether a word is in the list, whatever its case and accents.
    fn has(&self, word: &str) -> bool {
        let Some(word) = folded(word) else { return false };
        let bit = slot(word);
        self.filter[bit / 64] >> (bit % 64) & 1 != 0 && self.words.binary_search(&word).is_ok()
    }
}

/// A word's bit in a filter.
fn slot(word: u128) -> usize {
    let mixed = (word as u64 ^ (word >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize % FILTER_BITS
}

/// The letters of a word without case and accents, as one number; none where there are too many.
fn folded(word: &str) -> Option<u128> {
    let (mut folded, mut length) = (0, 0);
    for letter in word.chars().filter_map(fold) {
        if length == FOLDED_MAX {
            return None;
        }
        folded = folded << LETTER_BITS | u128::from(letter - b'a' + 1);
        length += 1;
    }
    Some(folded)
}

/// Whether a word is a common given name, whatever its case and accents.
pub(super) fn is_given(word: &str) -> bool {
    GIVEN.has(word)
}

/// Whether a word is a common surname, whatever its case and accents.
pub(super) fn is_surname(word: &str) -> bool {
    SURNAMES.has(word)
}

/// Whether a word makes a name an organisation's, whatever its case and accents.
pub(super) fn is_organisation_word(word: &str) -> bool {
    ORGANISATION_WORDS.has(word)
}

/// A letter without case and accent (the Latin-1 letters); none for anything else, so apostrophes and points vanish.
fn fold(c: char) -> Option<u8> {
    if c.is_ascii() {
        let letter = (c as u8).to_ascii_lowercase();
        return letter.is_ascii_lowercase().then_some(letter);
    }
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
