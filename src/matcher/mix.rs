//! A quick hash for the tables of a plan: sets, ways and nodes are looked up by the ten thousand before the first byte is
//! read, and nobody chooses them to collide.

use std::hash::{BuildHasherDefault, Hasher};

/// What a `HashMap` or `HashSet` takes.
pub type Mixed = BuildHasherDefault<Mix>;

/// The hash so far.
#[derive(Default)]
pub struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}
