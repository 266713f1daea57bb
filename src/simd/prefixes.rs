//! A few hundred short prefixes as tables: which of eight buckets a byte fits at each of four places.

/// Places of a prefix that are looked at.
pub const PLACES: usize = 4;

/// Prefixes in eight buckets. A byte is looked up by its low six bits, which
/// is what one look-up takes, so that four bytes count as one (`0`, `p`, and two from 0x80 on): the plane may have a bit too many, never one too few.
#[derive(Clone)]
pub struct Prefixes {
    /// For each place, by the low six bits of a byte: the buckets that it fits.
    pub(super) tables: [[u8; 64]; PLACES],
    /// The same by nibbles, less exact: buckets that some byte with this low nibble fits, and this high one.
    pub(super) low: [[u8; 16]; PLACES],
    pub(super) high: [[u8; 16]; PLACES],
}

impl Prefixes {
    /// Tables of prefixes: for each its bucket (0 to 7) and, for each place, whether a byte fits.
    pub fn new(prefixes: &[(u8, [[bool; 256]; PLACES])]) -> Prefixes {
        let mut made = Prefixes { tables: [[0; 64]; PLACES], low: [[0; 16]; PLACES], high: [[0; 16]; PLACES] };
        for (bucket, places) in prefixes {
            let bit = 1u8 << (bucket & 7);
            for (p, place) in places.iter().enumerate() {
                for b in (0..256usize).filter(|b| place[*b]) {
                    made.tables[p][b & 63] |= bit;
                    made.low[p][b & 15] |= bit;
                    made.high[p][(b >> 4) & 7] |= bit;
                    made.high[p][(b >> 4) | 8] |= bit;
                }
            }
        }
        made
    }

    /// The buckets that the four bytes fit.
    pub fn buckets(&self, bytes: [u8; PLACES]) -> u8 {
        let mut buckets = 0xff;
        for (table, byte) in self.tables.iter().zip(bytes) {
            buckets &= table[usize::from(byte & 63)];
        }
        buckets
    }
}
