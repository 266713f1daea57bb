//! Lists of words in which most words are looked for in vain.

/// Words of plain letters, lower case, at most 31 letters each.
pub(super) struct List {
    words: &'static [&'static str],
    /// By the first sign: a bit for each length that a word beginning with it has.
    lengths: [u32; 256],
}

impl List {
    pub(super) const fn new(words: &'static [&'static str]) -> List {
        let mut lengths = [0; 256];
        let mut i = 0;
        while i < words.len() {
            let word = words[i].as_bytes();
            lengths[(word[0] | 0x20) as usize] |= 1 << word.len();
            i += 1;
        }
        List { words, lengths }
    }

    /// Whether it holds a word, in letters of either case.
    pub(super) fn has(&self, word: &[u8]) -> bool {
        let Some(first) = word.first() else { return false };
        let known = word.len() < 32 && self.lengths[usize::from(first | 0x20)] >> word.len() & 1 == 1;
        known && self.words.iter().any(|own| own.as_bytes().eq_ignore_ascii_case(word))
    }
}
