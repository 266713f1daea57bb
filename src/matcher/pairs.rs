//! The second look at the starts of keywords.

use super::shape::ByteSet;

/// Which prefixes four bytes fit, two bytes a look-up: far fewer starts pass than by one byte a look-up, and a start that
/// is none costs two look-ups, not eight for every 64 patterns.
pub struct Pairs([Box<[u32; PAIRS]>; 2]);

/// Two bytes by their low six bits.
const PAIRS: usize = 1 << 12;

impl Pairs {
    fn at(a: u8, b: u8) -> usize {
        usize::from(a & 63) << 6 | usize::from(b & 63)
    }

    /// Tables of prefixes; those that lie beside each other share a bit.
    pub fn new(all: &[[ByteSet; 4]]) -> Pairs {
        let mut tables = [Box::new([0u32; PAIRS]), Box::new([0u32; PAIRS])];
        for (i, prefix) in all.iter().enumerate() {
            let bit = 1 << (i * 32 / all.len());
            for (table, pair) in tables.iter_mut().zip(prefix.as_chunks::<2>().0) {
                for a in pair[0].iter() {
                    pair[1].iter().for_each(|b| table[Pairs::at(a, b)] |= bit);
                }
            }
        }
        Pairs(tables)
    }

    /// Whether the bytes may be some prefix.
    pub fn fit(&self, bytes: [u8; 4]) -> bool {
        let [a, b, c, d] = bytes;
        self.0[0][Pairs::at(a, b)] & self.0[1][Pairs::at(c, d)] != 0
    }
}
