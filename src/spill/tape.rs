//! Records of varying length, written once and read from front to end any number of times.

use super::named;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Bytes read at once.
const READ_BYTES: usize = 256 << 10;
/// Bytes read at once where single records are asked for.
const WINDOW_BYTES: usize = 64 << 10;
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

    /// Appends a record of less than 4 GiB; gives its place, which [`TapeReader::record`] takes.
    pub fn push(&mut self, record: &[u8]) -> io::Result<u64> {
        let place = self.bytes;
        let length = u32::try_from(record.len()).map_err(io::Error::other)?;
        let written = self.out.write_all(&length.to_be_bytes()).and_then(|()| self.out.write_all(record));
        written.map_err(|e| named(&self.dir, e))?;
        self.bytes += (LENGTH + record.len()) as u64;
        Ok(place)
    }

    /// The tape, ready to be read.
    pub fn finish(self) -> io::Result<Tape> {
        let file = self.out.into_inner().map_err(|e| named(&self.dir, e.into_error()))?;
        Ok(Tape { file, bytes: self.bytes })
    }
}

/// Reads single records of a tape. Records that lie close together are read at once.
pub struct TapeReader<'a> {
    tape: &'a Tape,
    window: Vec<u8>,
    start: u64,
}

impl TapeReader<'_> {
    /// The record that [`TapeWriter::push`] gave this place.
    pub fn record(&mut self, place: u64) -> io::Result<&[u8]> {
        let length = u32::from_be_bytes(self.bytes(place, LENGTH)?.try_into().map_err(io::Error::other)?) as usize;
        self.bytes(place + LENGTH as u64, length)
    }

    fn bytes(&mut self, at: u64, length: usize) -> io::Result<&[u8]> {
        let held = self.start..self.start + self.window.len() as u64;
        if at < held.start || at + length as u64 > held.end {
            let left = self.tape.bytes.saturating_sub(at);
            if left < length as u64 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.window.resize(left.min(length.max(WINDOW_BYTES) as u64) as usize, 0);
            self.start = at;
            self.tape.file.read_exact_at(&mut self.window, at)?;
        }
        let from = (at - self.start) as usize;
        Ok(&self.window[from..from + length])
    }
}

impl Tape {
    /// A reader of single records.
    pub fn reader(&self) -> TapeReader<'_> {
        TapeReader { tape: self, window: Vec::new(), start: 0 }
    }

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
