//! Which tokens may stand in more than one mention.
//!
//! Most tokens of an estate stand in one mention: they join nobody, make no hub and are one consumer's own, so no sort
//! needs to bring them together with anything. This filter tells them from the others in memory of a fixed size. It may
//! take a token for a repeated one, which costs a record in a sort and changes nothing.

/// Two Bloom filters in one: what was met, and what was met again. A token sets two bits of a half word, so that asking for
/// it is one access to memory.
pub struct Repeats {
    /// The low half of each: what was met; the high half: what was met again.
    words: Vec<u64>,
    shift: u32,
}

/// Bytes for each mention, where there is room: of half a dozen tokens a mention fewer than one in a hundred is mistaken. With
/// more room it would be fewer, but every look would go to slower memory.
const MENTION_BYTES: u64 = 64;

impl Repeats {
    /// An empty filter of at most so many bytes, for at most so many mentions where that is known.
    pub fn new(mentions: Option<u64>, bytes_max: usize) -> Repeats {
        let wanted =
            mentions.map_or(usize::MAX, |n| usize::try_from(n.saturating_mul(MENTION_BYTES)).unwrap_or(usize::MAX));
        let bits = (wanted.min(bytes_max) / size_of::<u64>()).max(2).ilog2();
        Repeats { words: vec![0; 1 << bits], shift: u64::BITS - bits }
    }

    /// The word of a token, and its bits in a half.
    fn place(&self, value: &[u8; 16]) -> (usize, u64) {
        let (a, b) = value.split_at(8);
        let word = |half: &[u8]| half.iter().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        // Tokens are keyed hashes already; the product spreads those that are not, as tests make them.
        let hash = (word(a) ^ word(b).rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // The word takes the highest bits, so these two are of those below.
        ((hash >> self.shift) as usize, 1 << (hash & 31) | 1 << (hash >> 5 & 31))
    }

    /// Meets a token in a mention.
    pub fn meet(&mut self, value: &[u8; 16]) {
        let (word, bits) = self.place(value);
        let met = &mut self.words[word];
        let again = if *met & bits == bits { bits << 32 } else { 0 };
        *met |= bits | again;
    }

    /// Whether a token may have been met more than once; never false for one that was.
    pub fn may_repeat(&self, value: &[u8; 16]) -> bool {
        let (word, bits) = self.place(value);
        self.words[word] >> 32 & bits == bits
    }
}
