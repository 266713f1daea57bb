//! Records of varying length, written once and read any number of times.

use super::named;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Bytes written at once.
const WRITE_BYTES: usize = 256 << 10;
/// Bytes read at once.
const WINDOW_BYTES: usize = 128 << 10;
/// Bytes of a record's length.
const LENGTH: usize = 4;

/// Takes records in their order.
pub struct TapeWriter {
    dir: PathBuf,
    memory_max: usize,
    memory: Vec<u8>,
    out: Option<BufWriter<File>>,
    bytes: u64,
}

/// Records in memory, and from where that is full in a temporary file that no directory names.
pub struct Tape {
    memory: Vec<u8>,
    file: Option<File>,
    bytes: u64,
}

impl TapeWriter {
    /// An empty tape that holds at most `memory_bytes` and spills into `dir`.
    pub fn new(dir: &Path, memory_bytes: usize) -> TapeWriter {
        TapeWriter { dir: dir.to_path_buf(), memory_max: memory_bytes, memory: Vec::new(), out: None, bytes: 0 }
    }

    /// Appends a record of less than 4 GiB; gives its place, which [`TapeReader::record`] takes. An error names the
    /// temporary folder that is full or cannot be written.
    pub fn push(&mut self, record: &[u8]) -> io::Result<u64> {
        let place = self.bytes;
        let length = u32::try_from(record.len()).map_err(io::Error::other)?.to_be_bytes();
        let needed = LENGTH + record.len();
        self.bytes += needed as u64;
        if self.out.is_none() && self.memory.len() + needed <= self.memory_max {
            if self.memory.len() + needed > self.memory.capacity() {
                // Room that is never filled costs nothing; growing step by step would copy the records at every step.
                let room =
                    if self.memory.is_empty() { needed.max(WRITE_BYTES).min(self.memory_max) } else { self.memory_max };
                self.memory.reserve_exact(room - self.memory.len());
            }
            self.memory.extend_from_slice(&length);
            self.memory.extend_from_slice(record);
            return Ok(place);
        }
        let out = match &mut self.out {
            Some(out) => out,
            None => {
                let file = tempfile::tempfile_in(&self.dir).map_err(|e| named(&self.dir, e))?;
                self.out.insert(BufWriter::with_capacity(WRITE_BYTES, file))
            }
        };
        out.write_all(&length).and_then(|()| out.write_all(record)).map_err(|e| named(&self.dir, e))?;
        Ok(place)
    }

    /// The tape, ready to be read.
    pub fn finish(mut self) -> io::Result<Tape> {
        self.memory.shrink_to_fit();
        let file = self.out.map(BufWriter::into_inner).transpose();
        let file = file.map_err(|e| named(&self.dir, e.into_error()))?;
        Ok(Tape { memory: self.memory, file, bytes: self.bytes })
    }
}

/// Reads single records of a tape. Records that lie close together are read at once.
pub struct TapeReader<'a> {
    tape: &'a Tape,
    window: Vec<u8>,
    start: u64,
}

impl TapeReader<'_> {
    /// The record that [`TapeWriter::push`] gave this place, and the place of the record behind it.
    pub fn record(&mut self, place: u64) -> io::Result<(&[u8], u64)> {
        let length = self.bytes(place, LENGTH)?.first_chunk().ok_or(io::ErrorKind::UnexpectedEof)?;
        let length = u32::from_be_bytes(*length) as usize;
        let behind = place + (LENGTH + length) as u64;
        Ok((self.bytes(place + LENGTH as u64, length)?, behind))
    }

    fn bytes(&mut self, at: u64, length: usize) -> io::Result<&[u8]> {
        let in_memory = self.tape.memory.len() as u64;
        if length == 0 {
            return Ok(&[]);
        }
        if at < in_memory {
            let held = &self.tape.memory[at as usize..];
            return held.get(..length).ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
        }
        let held = self.start..self.start + self.window.len() as u64;
        if at < held.start || at + length as u64 > held.end {
            let left = self.tape.bytes.saturating_sub(at);
            let file = self.tape.file.as_ref().filter(|_| left >= length as u64);
            let file = file.ok_or(io::ErrorKind::UnexpectedEof)?;
            self.window.resize(left.min(length.max(WINDOW_BYTES) as u64) as usize, 0);
            self.start = at;
            file.read_exact_at(&mut self.window, at - in_memory)?;
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
        let mut reader = self.reader();
        let mut place = 0;
        while place < self.bytes {
            let (record, behind) = reader.record(place)?;
            each(record)?;
            place = behind;
        }
        Ok(())
    }
}
