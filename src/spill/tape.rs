//! Records of varying length, written once and read from front to end any number of times.

use super::named;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Bytes read at once.
const READ_BYTES: usize = 256 << 10;
/// Bytes of a record's length.
const LENGTH: usize = 4;

/// Takes records in their order.
pub struct TapeWriter {
    dir: PathBuf,
    out: BufWriter<File>,
    bytes: u64,
}

/// Records in a temporary file that no directory names.
pub struct Tape {
    file: File,
    bytes: u64,
}

impl TapeWriter {
    /// An empty tape in `dir`. An error names the folder.
    pub fn new(dir: &Path) -> io::Result<TapeWriter> {
        let file = tempfile::tempfile_in(dir).map_err(|e| named(dir, e))?;
        Ok(TapeWriter { dir: dir.to_path_buf(), out: BufWriter::with_capacity(READ_BYTES, file), bytes: 0 })
    }

    /// Appends a record of less than 4 GiB.
    pub fn push(&mut self, record: &[u8]) -> io::Result<()> {
        let length = u32::try_from(record.len()).map_err(io::Error::other)?;
        let written = self.out.write_all(&length.to_be_bytes()).and_then(|()| self.out.write_all(record));
        written.map_err(|e| named(&self.dir, e))?;
        self.bytes += (LENGTH + record.len()) as u64;
        Ok(())
    }

    /// The tape, ready to be read.
    pub fn finish(self) -> io::Result<Tape> {
        let file = self.out.into_inner().map_err(|e| named(&self.dir, e.into_error()))?;
        Ok(Tape { file, bytes: self.bytes })
    }
}

impl Tape {
    /// Hands over every record, in the order in which they were pushed.
    pub fn each(&self, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut buffer: Vec<u8> = Vec::new();
        let (mut at, mut read) = (0usize, 0u64);
        loop {
            let length = buffer.get(at..).and_then(|rest| rest.first_chunk::<LENGTH>());
            let length = length.map(|length| u32::from_be_bytes(*length) as usize);
            if let Some(record) = length.and_then(|length| buffer.get(at + LENGTH..at + LENGTH + length)) {
                each(record)?;
                at += LENGTH + record.len();
                continue;
            }
            if read == self.bytes {
                return Ok(());
            }
            // The next record is cut by the end of the buffer: what there is of it goes to the front.
            buffer.drain(..at);
            at = 0;
            let held = buffer.len();
            let more = (self.bytes - read).min(READ_BYTES as u64);
            buffer.resize(held + more as usize, 0);
            self.file.read_exact_at(&mut buffer[held..], read)?;
            read += more;
        }
    }
}
