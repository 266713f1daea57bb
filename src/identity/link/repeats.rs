//! Which tokens may stand in more than one mention.
//!
//! Most tokens of an estate stand in one mention: they join nobody, make no hub and are one consumer's own, so no sort
//! needs to bring them together with anything. This filter tells them from the others in memory of a fixed size. It may
//! take a token for a repeated one, which costs a record in a sort and changes nothing.

/// Two bits for each of many cells: some token of the cell was met, and met again.
pub struct Repeats {
    words: Vec<u64>,
    shift: u32,
}

/// Cells of a word.
const CELLS: usize = 32;

impl Repeats {
    /// An empty filter of at most so many bytes.
    pub fn new(bytes: usize) -> Repeats {
        let cells = (bytes * 4).max(CELLS * 2);
        let bits = cells.ilog2();
        Repeats { words: vec![0; (1 << bits) / CELLS], shift: 64 - bits }
    }

    fn place(&self, value: &[u8; 16]) -> (usize, u32) {
        let (a, b) = value.split_at(8);
        let word = |half: &[u8]| half.iter().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        // Tokens are keyed hashes already; the product spreads those that are not, as tests make them.
        let cell = (word(a) ^ word(b).rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift;
        (cell as usize / CELLS, (cell as usize % CELLS) as u32 * 2)
    }

    /// Meets a token in a mention.
    pub fn meet(&mut self, value: &[u8; 16]) {
        let (word, bit) = self.place(value);
        let cell = self.words[word] >> bit & 1;
        self.words[word] |= (1 | cell << 1) << bit;
    }

    /// Whether a token may have been met more than once; never false for one that was.
    pub fn may_repeat(&self, value: &[u8; 16]) -> bool {
        let (word, bit) = self.place(value);
        self.words[word] >> bit & 2 != 0
    }
}
