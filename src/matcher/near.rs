//! Words around a candidate: near words that support it, and the key that stands before it.
//!
//! Asked lazily, for candidates that passed their validator and have something to gain; a window is bounded, so the cost
//! per candidate is too.

use crate::model::detector::Detector;
use std::collections::HashMap;
use std::ops::Range;

/// How far before a candidate a near word may stand.
pub const BEFORE_BYTES: usize = 64;
/// How far after.
pub const AFTER_BYTES: usize = 32;
/// The longest key.
const KEY_BYTES_MAX: usize = 64;
/// Words before the last token of a key that are read with it.
const PHRASE_WORDS_MAX: usize = 2;
/// The longest of them.
const PHRASE_WORD_BYTES_MAX: usize = 24;
/// Bits of the filter that most words fail.
const FILTER_BITS: usize = 4096;

/// The near words of all detectors.
pub struct NearWords {
    /// Phrases by their first word.
    phrases: HashMap<Vec<u8>, Vec<Phrase>>,
    filter: [u64; FILTER_BITS / 64],
    /// By detector and first byte without regard to case, modulo 32: which lengths its first words have.
    lengths: Vec<[u64; 32]>,
}

struct Phrase {
    detector: u16,
    rest: Vec<Vec<u8>>,
}

impl NearWords {
    /// The index of all detectors' near words.
    pub fn new(detectors: &[Detector]) -> NearWords {
        let lengths = vec![[0; 32]; detectors.len()];
        let mut index = NearWords { phrases: HashMap::new(), filter: [0; FILTER_BITS / 64], lengths };
        for (i, detector) in detectors.iter().enumerate() {
            for phrase in &detector.near {
                let mut words = words(phrase.as_bytes()).map(|w| phrase.as_bytes()[w].to_ascii_lowercase());
                let Some(first) = words.next() else { continue };
                let (begin, length) = sketch(&first);
                index.lengths[i][begin] |= length;
                let bit = slot(&first);
                index.filter[bit / 64] |= 1 << (bit % 64);
                index.phrases.entry(first).or_default().push(Phrase { detector: i as u16, rest: words.collect() });
            }
        }
        index
    }

    /// Whether a near word of `detector` stands as a whole word within reach of `candidate` and on its line within
    /// `cell`. Returns the answer and the bytes looked at.
    pub fn supports(&self, detector: u16, bytes: &[u8], cell: Range<usize>, candidate: Range<usize>) -> (bool, usize) {
        let (windows, looked) = windows(bytes, cell, candidate);
        (windows.into_iter().any(|window| self.phrases(detector, bytes, window).next().is_some()), looked)
    }

    /// The near words of `detector` within reach of `candidate`, as [`NearWords::supports`] looks for them: where each
    /// starts, and the phrase.
    pub fn found(
        &self,
        detector: u16,
        bytes: &[u8],
        cell: Range<usize>,
        candidate: Range<usize>,
    ) -> Vec<(usize, String)> {
        let phrases = windows(bytes, cell, candidate).0.into_iter().flat_map(|w| {
            let start = w.start;
            self.phrases(detector, bytes, w).map(move |(word, phrase)| {
                let first = String::from_utf8_lossy(&bytes[start + word.start..start + word.end]).to_lowercase();
                let rest = phrase.rest.iter().map(|word| String::from_utf8_lossy(word).into_owned());
                (start + word.start, std::iter::once(first).chain(rest).collect::<Vec<_>>().join(" "))
            })
        });
        phrases.collect()
    }

    /// The phrases of `detector` in a window, each with its first word, as a range of the window.
    fn phrases<'s>(
        &'s self,
        detector: u16,
        bytes: &'s [u8],
        window: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, &'s Phrase)> + 's {
        let text = &bytes[window.clone()];
        // A word that the window cuts is not whole.
        let whole = move |w: &Range<usize>| {
            let inside = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
            let cut_left = w.start == 0 && text[w.start].is_ascii_alphanumeric() && inside(window.start.checked_sub(1));
            let cut_right = w.end == text.len() && text[w.end - 1].is_ascii_alphanumeric() && inside(Some(window.end));
            !cut_left && !cut_right
        };
        words(text).filter(whole).filter_map(move |word| {
            let phrase = self.starts(detector, text, word.clone(), word.end, &whole).or_else(|| {
                // "ssn#" is the word "ssn" too.
                (text[word.end - 1] == b'#' && word.len() > 1)
                    .then(|| self.starts(detector, text, word.start..word.end - 1, word.end, &whole))
                    .flatten()
            });
            phrase.map(|phrase| (word, phrase))
        })
    }

    /// The phrase that starts with `word` and goes on in the words after `rest`.
    fn starts(
        &self,
        detector: u16,
        text: &[u8],
        word: Range<usize>,
        rest: usize,
        whole: &dyn Fn(&Range<usize>) -> bool,
    ) -> Option<&Phrase> {
        let word = &text[word];
        let (begin, length) = sketch(word);
        if self.lengths[usize::from(detector)][begin] & length == 0 {
            return None;
        }
        let bit = slot(word);
        if self.filter[bit / 64] & (1 << (bit % 64)) == 0 || word.len() > KEY_BYTES_MAX {
            return None;
        }
        let mut lower = [0; KEY_BYTES_MAX];
        let lower = &mut lower[..word.len()];
        lower.copy_from_slice(word);
        lower.make_ascii_lowercase();
        self.phrases.get(&*lower).and_then(|phrases| {
            phrases.iter().filter(|p| p.detector == detector).find(|phrase| {
                let mut next = words(&text[rest..]).map(|w| rest + w.start..rest + w.end);
                phrase
                    .rest
                    .iter()
                    .all(|want| next.next().is_some_and(|w| whole(&w) && text[w].eq_ignore_ascii_case(want)))
            })
        })
    }
}

/// What lies within reach before and after a candidate, on its line and in its cell, and the bytes looked at.
fn windows(bytes: &[u8], cell: Range<usize>, candidate: Range<usize>) -> ([Range<usize>; 2], usize) {
    let from = candidate.start.saturating_sub(BEFORE_BYTES).max(cell.start);
    let to = candidate.end.saturating_add(AFTER_BYTES).min(cell.end);
    let before = bytes[from..candidate.start].iter().rposition(|b| *b == b'\n').map_or(from, |p| from + p + 1);
    let after = bytes[candidate.end..to].iter().position(|b| *b == b'\n').map_or(to, |p| candidate.end + p);
    ([before..candidate.start, candidate.end..after], to - from)
}

/// The words of a text: letters and digits, and a `#` that follows them.
fn words(text: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].iter().position(u8::is_ascii_alphanumeric)?;
        let mut end = text[start..].iter().position(|b| !b.is_ascii_alphanumeric()).map_or(text.len(), |n| start + n);
        if text.get(end) == Some(&b'#') {
            end += 1;
        }
        at = end;
        Some(start..end)
    })
}

/// What is quickly told of a word: its first byte, without regard to case, and a bit for its length.
fn sketch(word: &[u8]) -> (usize, u64) {
    // The case of a letter is not among its lowest five bits.
    (usize::from(word[0] & 31), 1 << word.len().min(63))
}

/// A word's bit in the filter, without regard to case.
fn slot(word: &[u8]) -> usize {
    let hash = word.iter().fold(0xcbf2_9ce4_8422_2325u64, |h, b| {
        (h ^ u64::from(b.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash >> 32) as usize % FILTER_BITS
}

/// What stands directly before a candidate and may say what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// At most two words before the token, on its line; empty where there are none.
    pub before: Range<usize>,
    /// The last token.
    pub token: Range<usize>,
    /// A sign binds it to the candidate: `key=`, `key:`, `"key":`, `key is`, `<key>`, `/key/`. Without one it is the word
    /// of a sentence ("order 1234", "order no. 1234").
    pub bound: bool,
}

/// The key directly before a candidate. Nothing beyond the line or `floor` is looked at.
pub fn key_before(bytes: &[u8], floor: usize, candidate: usize) -> Option<Key> {
    let mut at = candidate;
    let back = |at: &mut usize, most: usize, class: fn(u8) -> bool| {
        let end = *at;
        while *at > floor && end - *at < most && class(bytes[*at - 1]) {
            *at -= 1;
        }
        end - *at
    };
    let blank = |b: u8| matches!(b, b' ' | b'\t');
    back(&mut at, 4, |b| matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'#' | b'('));
    let gap = candidate - at;
    let mut phrase = true;
    let bound = match at.checked_sub(1).filter(|sign| *sign >= floor).map(|sign| bytes[sign]) {
        Some(b'=' | b':') => {
            at -= 1;
            back(&mut at, 2, blank);
            back(&mut at, 1, |b| matches!(b, b'"' | b'\''));
            true
        }
        // A tag, or the segment of a path before the last.
        Some(b'>' | b'/') if gap == 0 => {
            at -= 1;
            phrase = false;
            true
        }
        // "key is value": a whole word between two gaps.
        Some(_) if gap > 0 => {
            let is = at.checked_sub(3).filter(|is| *is >= floor && bytes[*is..at].eq_ignore_ascii_case(b" is"));
            at = is.unwrap_or(at);
            back(&mut at, 1, |b| b == b' ');
            is.is_some()
        }
        _ => return None,
    };
    let token = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let end = at;
    let length = back(&mut at, KEY_BYTES_MAX, token);
    // A key that goes on further back is no key.
    if length == 0 || length == KEY_BYTES_MAX {
        return None;
    }
    let key = Key { before: at..at, token: at..end, bound };
    if !phrase {
        return Some(key);
    }
    let (start, mut first) = (at, at);
    for _ in 0..PHRASE_WORDS_MAX {
        let gap = back(&mut at, 2, blank);
        let word = back(&mut at, PHRASE_WORD_BYTES_MAX, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if gap == 0 || word == 0 || word == PHRASE_WORD_BYTES_MAX {
            break;
        }
        first = at;
    }
    Some(Key { before: first..start, ..key })
}
