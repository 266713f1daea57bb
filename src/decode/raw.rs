//! The lowest layer: counts and hashes what is read, and keeps the error that ended it.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// What the layers above may know of the raw stream.
#[derive(Default)]
pub struct RawState {
    /// Bytes read.
    pub bytes: Cell<u64>,
    /// The end was seen.
    pub ended: Cell<bool>,
    /// A read failed.
    pub failed: Cell<bool>,
    /// How it failed.
    pub error: Cell<Option<io::Error>>,
}

/// Bytes that are hashed at once, from a multiple of as many on. The hash is a tree over pieces of 1 KiB, sixteen of which a
/// processor computes side by side; what begins or ends between is computed piece by piece.
const HASHED_BYTES: usize = 16 << 10;

/// Hashes a stream that comes in pieces of any length.
#[derive(Default)]
struct Hash {
    hasher: blake3::Hasher,
    /// What is not hashed yet: shorter than [`HASHED_BYTES`].
    rest: Vec<u8>,
}

impl Hash {
    fn update(&mut self, mut bytes: &[u8]) {
        if !self.rest.is_empty() {
            let more = bytes.len().min(HASHED_BYTES - self.rest.len());
            self.rest.extend_from_slice(&bytes[..more]);
            bytes = &bytes[more..];
            if self.rest.len() < HASHED_BYTES {
                return;
            }
            self.hasher.update(&self.rest);
            self.rest.clear();
        }
        let (whole, rest) = bytes.split_at(bytes.len() - bytes.len() % HASHED_BYTES);
        self.hasher.update(whole);
        self.rest.extend_from_slice(rest);
    }

    fn finish(mut self) -> String {
        self.hasher.update(&self.rest);
        self.hasher.finalize().to_hex().to_string()
    }
}

/// Reads the object's own bytes. Every read is filled to the last byte as long as there are any, so that the layers
/// above see the same sizes whatever the source gives.
pub struct Raw<'a> {
    inner: &'a mut dyn Read,
    hash: Hash,
    state: Rc<RawState>,
}

impl<'a> Raw<'a> {
    /// A layer over a stream.
    pub fn new(inner: &'a mut dyn Read, state: Rc<RawState>) -> Self {
        Raw { inner, hash: Hash::default(), state }
    }

    /// The hash of what was read.
    pub fn hash(self) -> String {
        self.hash.finish()
    }
}

impl Read for Raw<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut len = 0;
        while len < buffer.len() && !self.state.ended.get() && !self.state.failed.get() {
            match self.inner.read(&mut buffer[len..]) {
                Ok(0) => self.state.ended.set(true),
                Ok(n) => len += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.state.failed.set(true);
                    self.state.error.set(Some(e));
                }
            }
        }
        self.hash.update(&buffer[..len]);
        self.state.bytes.set(self.state.bytes.get() + len as u64);
        Ok(len)
    }
}
