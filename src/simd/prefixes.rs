//! A few hundred short prefixes as tables: which of some buckets a byte fits at each of four places.

/// Places of a prefix that are looked at.
pub const PLACES: usize = 4;
/// Buckets of one group: the bits of a table's entry.
const BUCKETS: u8 = 8;
/// Groups at most. Each costs a look-up a place, and keeps buckets from saturating.
pub(super) const GROUPS_MAX: usize = 4;

/// Prefixes in buckets. A byte is looked up by its low six bits, which is what one look-up takes, so that four bytes count
/// as one (`0`, `p`, and two from 0x80 on): the plane may have a bit too many, never one too few.
#[derive(Clone)]
pub struct Prefixes {
    /// At least one.
    pub(super) groups: Vec<Group>,
}

/// The tables of eight buckets.
#[derive(Clone)]
pub(super) struct Group {
    /// For each place, by the low six bits of a byte: the buckets that it fits.
    pub tables: [[u8; 64]; PLACES],
    /// The same by nibbles, less exact: buckets that some byte with this low nibble fits, and this high one.
    pub low: [[u8; 16]; PLACES],
    pub high: [[u8; 16]; PLACES],
}

impl Prefixes {
    /// Buckets there may be. More than eight take further tables.
    pub const BUCKETS_MAX: u8 = BUCKETS * GROUPS_MAX as u8;

    /// Tables of prefixes: for each its bucket (below [`Prefixes::BUCKETS_MAX`], else it is taken modulo that) and, for
    /// each place, whether a byte fits.
    pub fn new(prefixes: &[(u8, [[bool; 256]; PLACES])]) -> Prefixes {
        let empty = Group { tables: [[0; 64]; PLACES], low: [[0; 16]; PLACES], high: [[0; 16]; PLACES] };
        let of = |bucket: u8| usize::from(bucket % Prefixes::BUCKETS_MAX / BUCKETS);
        let count = prefixes.iter().map(|(bucket, _)| of(*bucket) + 1).max().unwrap_or(1);
        let mut groups = vec![empty; count];
        for (bucket, places) in prefixes {
            let bit = 1u8 << (bucket % BUCKETS);
            let made = &mut groups[of(*bucket)];
            for (p, place) in places.iter().enumerate() {
                for b in (0..256usize).filter(|b| place[*b]) {
                    made.tables[p][b & 63] |= bit;
                    made.low[p][b & 15] |= bit;
                    made.high[p][(b >> 4) & 7] |= bit;
                    made.high[p][(b >> 4) | 8] |= bit;
                }
            }
        }
        Prefixes { groups }
    }

    /// Whether the four bytes fit some bucket.
    pub fn fit(&self, bytes: [u8; PLACES]) -> bool {
        self.groups.iter().any(|group| {
            let places = group.tables.iter().zip(bytes);
            places.fold(0xff, |fits, (table, byte)| fits & table[usize::from(byte & 63)]) != 0
        })
    }
}
