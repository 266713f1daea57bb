//! A stream in a temporary file, so that any place of it can be read.

use super::named;
use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes copied at once.
const COPY_BYTES: usize = 256 << 10;

/// Bytes in a temporary file that no directory names.
pub struct Held {
    file: File,
    bytes: u64,
}

impl Held {
    /// Takes all of a stream into a file in `dir`; none when it is longer than `bytes_max`. An error names the folder.
    pub fn new(dir: &Path, stream: &mut dyn Read, bytes_max: u64) -> io::Result<Option<Held>> {
        let mut file = tempfile::tempfile_in(dir).map_err(|e| named(dir, e))?;
        let (mut buffer, mut bytes) = (vec![0; COPY_BYTES], 0);
        loop {
            let n = match stream.read(&mut buffer) {
                Ok(0) => return Ok(Some(Held { file, bytes })),
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            bytes += n as u64;
            if bytes > bytes_max {
                return Ok(None);
            }
            file.write_all(&buffer[..n]).map_err(|e| named(dir, e))?;
        }
    }

    /// How many bytes there are.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Exactly the bytes of a range; an error when they are not there.
    pub fn read_at(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let length = range.end.min(self.bytes).saturating_sub(range.start);
        if length != range.end.saturating_sub(range.start) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut bytes, range.start)?;
        Ok(bytes)
    }
}
