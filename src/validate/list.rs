//! Lists of words in which most words are looked for in vain.

/// Words of plain letters, lower case, at most 31 letters each.
pub(super) struct List {
    words: &'static [&'static str],
    /// By the first sign: a bit for each length that a word beginning with it has.
    lengths: [u32; 256],
    /// By the first sign: the number of the first word that begins with it, from 1.
    first: [u8; 256],
    /// For each word: the number of the next one that begins with the same sign, from 1; 0 where there is none.
    next: [u8; WORDS_MAX],
}

/// Words of a list at most.
const WORDS_MAX: usize = u8::MAX as usize;

impl List {
    pub(super) const fn new(words: &'static [&'static str]) -> List {
        let (mut lengths, mut first, mut next) = ([0; 256], [0; 256], [0; WORDS_MAX]);
        assert!(words.len() <= WORDS_MAX);
        let mut i = words.len();
        while i > 0 {
            i -= 1;
            let word = words[i].as_bytes();
            let sign = (word[0] | 0x20) as usize;
            lengths[sign] |= 1 << word.len();
            next[i] = first[sign];
            first[sign] = i as u8 + 1;
        }
        List { words, lengths, first, next }
    }

    /// Whether it holds a word, in letters of either case.
    pub(super) fn has(&self, word: &[u8]) -> bool {
        let Some(first) = word.first().map(|sign| usize::from(sign | 0x20)) else { return false };
        if word.len() >= 32 || self.lengths[first] >> word.len() & 1 == 0 {
            return false;
        }
        let mut number = usize::from(self.first[first]);
        while number > 0 {
            if self.words[number - 1].as_bytes().eq_ignore_ascii_case(word) {
                return true;
            }
            number = usize::from(self.next[number - 1]);
        }
        false
    }
}
