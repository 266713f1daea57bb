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

/// Reads the object's own bytes. Every read is filled to the last byte as long as there are any, so that the layers
/// above see the same sizes whatever the source gives.
pub struct Raw<'a> {
    inner: &'a mut dyn Read,
    hash: blake3::Hasher,
    state: Rc<RawState>,
}

impl<'a> Raw<'a> {
    /// A layer over a stream.
    pub fn new(inner: &'a mut dyn Read, state: Rc<RawState>) -> Self {
        Raw { inner, hash: blake3::Hasher::new(), state }
    }

    /// The hash of what was read.
    pub fn hash(self) -> String {
        self.hash.finalize().to_hex().to_string()
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
