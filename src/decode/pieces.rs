//! Random access to an object: what is read is counted and hashed, and the first error is kept.

use crate::model::object::ObjectRanges;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// An object that is in memory.
pub struct Memory(pub Vec<u8>);

impl ObjectRanges for Memory {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let bytes = self.0.get(range.start as usize..range.end as usize);
        bytes.map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// What was read in pieces.
pub struct PiecesRead {
    /// Bytes.
    pub bytes: u64,
    /// Hash of the pieces with their places, in hex.
    pub hash: String,
    /// The first read that failed.
    pub error: Option<io::Error>,
}

/// Passes pieces on.
pub struct Pieces {
    inner: Arc<dyn ObjectRanges>,
    read: Mutex<(u64, blake3::Hasher, Option<io::Error>)>,
}

impl Pieces {
    /// A layer over random access.
    pub fn new(inner: Arc<dyn ObjectRanges>) -> Pieces {
        Pieces { inner, read: Mutex::new((0, blake3::Hasher::new(), None)) }
    }

    /// What was read so far.
    pub fn finish(&self) -> PiecesRead {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        PiecesRead { bytes: read.0, hash: read.1.finalize().to_hex().to_string(), error: read.2.take() }
    }
}

impl ObjectRanges for Pieces {
    fn size(&self) -> u64 {
        self.inner.size()
    }

    fn read_at(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let result = self.inner.read_at(range.clone());
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(bytes) => {
                read.0 += bytes.len() as u64;
                read.1.update(&range.start.to_le_bytes());
                read.1.update(&(bytes.len() as u64).to_le_bytes());
                read.1.update(&bytes);
                Ok(bytes)
            }
            Err(e) => {
                let kind = e.kind();
                read.2.get_or_insert(e);
                Err(kind.into())
            }
        }
    }

    fn prefetch(&self, ranges: &[Range<u64>]) {
        self.inner.prefetch(ranges);
    }
}
