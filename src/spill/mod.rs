//! Sorting more than memory holds.
//!
//! Linking and scoping are joins over tables of any size. A [`Sorter`] takes records of a fixed length, keeps a bounded
//! buffer, writes each full buffer as a sorted run to a temporary file that no directory names (so that nothing is left
//! behind by a crash), and merges the runs. Records are byte arrays in lexicographic order: integers go in big-endian,
//! which [`Put`] and [`Take`] do. A [`Tape`] keeps records of varying length as they come, [`Held`] a stream as it is. This folder knows nothing of what the bytes mean.

mod held;
mod tape;

pub use held::Held;
pub use tape::{Tape, TapeReader, TapeWriter};

use rayon::slice::ParallelSliceMut;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Runs of one level that are merged into one of the next, so that a record is written once a level.
const FAN_IN: usize = 64;
/// Buffer of each run while merging.
const READ_BYTES: usize = 128 << 10;

/// Takes records in any order, gives them back sorted.
pub struct Sorter<const N: usize> {
    dir: PathBuf,
    buffer: Vec<[u8; N]>,
    /// The buffer's records came in order.
    ascending: bool,
    records_max: usize,
    runs: Vec<Run>,
    /// The greatest record of the last run, where a run that begins above it may go on behind it.
    greatest: Option<[u8; N]>,
    pushed: u64,
    spilled_bytes: u64,
}

struct Run {
    file: File,
    bytes: u64,
    /// How often its records were merged before.
    level: u32,
}

impl<const N: usize> Sorter<N> {
    /// A sorter that buffers at most `memory_bytes` and spills into `dir`.
    pub fn new(dir: &Path, memory_bytes: usize) -> Self {
        Sorter {
            dir: dir.to_path_buf(),
            buffer: Vec::new(),
            ascending: true,
            records_max: (memory_bytes / N).max(1024),
            runs: Vec::new(),
            greatest: None,
            pushed: 0,
            spilled_bytes: 0,
        }
    }

    /// Adds a record. An error names the temporary folder that is full or cannot be written.
    pub fn push(&mut self, record: [u8; N]) -> io::Result<()> {
        if self.buffer.len() == self.records_max {
            self.spill()?;
        }
        if self.buffer.len() == self.buffer.capacity() {
            // Doubling would pass the budget at its last step.
            let step = self.buffer.len().max(1024).min(self.records_max - self.buffer.len());
            self.buffer.reserve_exact(step);
        }
        self.ascending = self.ascending && self.buffer.last().is_none_or(|last| order(last, &record).is_le());
        self.buffer.push(record);
        self.pushed += 1;
        Ok(())
    }

    /// How many records were pushed.
    pub fn len(&self) -> u64 {
        self.pushed
    }

    /// Whether nothing was pushed.
    pub fn is_empty(&self) -> bool {
        self.pushed == 0
    }

    /// Sorts the buffer, unless its records came in order: linking numbers mentions as it goes, and much comes so.
    fn sort(&mut self) {
        if !self.ascending {
            self.buffer.par_sort_unstable_by(order);
        }
        self.ascending = true;
    }

    fn spill(&mut self) -> io::Result<()> {
        self.sort();
        let goes_on = match (&self.greatest, self.buffer.first()) {
            (Some(greatest), Some(first)) => order(greatest, first).is_le(),
            _ => false,
        };
        if !goes_on {
            let file = tempfile::tempfile_in(&self.dir).map_err(|e| named(&self.dir, e))?;
            self.runs.push(Run { file, bytes: 0, level: 0 });
        }
        if let Some(run) = self.runs.last_mut() {
            let bytes = self.buffer.as_flattened();
            run.file.write_all_at(bytes, run.bytes).map_err(|e| named(&self.dir, e))?;
            run.bytes += bytes.len() as u64;
            self.spilled_bytes += bytes.len() as u64;
        }
        self.greatest = self.buffer.last().copied();
        self.buffer.clear();
        // Levels never rise from one run to the next, so the runs of the lowest level stand last.
        while let Some(level) = self.runs.last().map(|run| run.level)
            && let Some(from) = self.runs.len().checked_sub(FAN_IN)
            && self.runs[from].level == level
        {
            let run = write_run(&self.dir, level + 1, Merge::<N>::new(&self.runs[from..])?)?;
            self.runs.truncate(from);
            self.spilled_bytes += run.bytes;
            self.runs.push(run);
            self.greatest = None;
        }
        Ok(())
    }

    /// Everything that was pushed, in order.
    pub fn sorted(mut self) -> io::Result<Sorted<N>> {
        if self.runs.is_empty() {
            self.sort();
        } else {
            if !self.buffer.is_empty() {
                self.spill()?;
            }
            self.buffer = Vec::new();
        }
        Ok(Sorted { memory: self.buffer, runs: self.runs, len: self.pushed, spilled_bytes: self.spilled_bytes })
    }
}

/// An error of the temporary folder, with its name and the remedy.
fn named(dir: &Path, e: io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("temporary folder {}: {e}; point TMPDIR at a folder with room", dir.display()))
}

fn write_run<const N: usize>(
    dir: &Path,
    level: u32,
    records: impl Iterator<Item = io::Result<[u8; N]>>,
) -> io::Result<Run> {
    let named = |e| named(dir, e);
    let mut out = BufWriter::with_capacity(1 << 20, tempfile::tempfile_in(dir).map_err(named)?);
    let mut bytes = 0;
    for record in records {
        out.write_all(&record?).map_err(named)?;
        bytes += N as u64;
    }
    Ok(Run { file: out.into_inner().map_err(|e| named(e.into_error()))?, bytes, level })
}

/// Sorted records, which can be gone through any number of times.
pub struct Sorted<const N: usize> {
    memory: Vec<[u8; N]>,
    runs: Vec<Run>,
    len: u64,
    spilled_bytes: u64,
}

impl<const N: usize> Sorted<N> {
    /// The records in ascending order, duplicates kept.
    pub fn iter(&self) -> io::Result<Records<'_, N>> {
        if self.runs.is_empty() {
            Ok(Records::Memory(self.memory.iter()))
        } else {
            Ok(Records::Runs(Merge::new(&self.runs)?))
        }
    }

    /// Bytes that were written to temporary files.
    pub fn spilled_bytes(&self) -> u64 {
        self.spilled_bytes
    }

    /// How many records there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Records in ascending order.
pub enum Records<'a, const N: usize> {
    /// All of them fitted in memory.
    Memory(std::slice::Iter<'a, [u8; N]>),
    /// They are merged from runs.
    Runs(Merge<'a, N>),
}

impl<const N: usize> Iterator for Records<'_, N> {
    type Item = io::Result<[u8; N]>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Records::Memory(records) => records.next().map(|r| Ok(*r)),
            Records::Runs(merge) => merge.next(),
        }
    }
}

/// The order of records. Their first sixteen bytes are compared as one number, which decides nearly always and spares a
/// call of `memcmp` (a third of the time of a sort).
fn order<const N: usize>(a: &[u8; N], b: &[u8; N]) -> Ordering {
    fn front<const N: usize>(record: &[u8; N]) -> u128 {
        let mut front = [0; 16];
        let length = N.min(16);
        front[..length].copy_from_slice(&record[..length]);
        u128::from_be_bytes(front)
    }
    front(a).cmp(&front(b)).then_with(|| a[N.min(16)..].cmp(&b[N.min(16)..]))
}

/// A merge of sorted runs.
pub struct Merge<'a, const N: usize> {
    runs: Vec<RunReader<'a>>,
    heads: BinaryHeap<Head<N>>,
}

/// The next record of a run.
struct Head<const N: usize> {
    record: [u8; N],
    run: usize,
}

/// The least record is the greatest head: a [`BinaryHeap`] gives its greatest first.
impl<const N: usize> Ord for Head<N> {
    fn cmp(&self, other: &Self) -> Ordering {
        order(&other.record, &self.record).then_with(|| other.run.cmp(&self.run))
    }
}

impl<const N: usize> PartialOrd for Head<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const N: usize> PartialEq for Head<N> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<const N: usize> Eq for Head<N> {}

/// Reads a run by position, so that one file serves any number of passes.
struct RunReader<'a> {
    run: &'a Run,
    read: u64,
    buffer: Vec<u8>,
    at: usize,
}

impl<'a> RunReader<'a> {
    fn next<const N: usize>(&mut self) -> io::Result<Option<[u8; N]>> {
        if self.at == self.buffer.len() {
            let whole = (READ_BYTES / N).max(1) * N;
            let want = (self.run.bytes - self.read).min(whole as u64) as usize;
            if want == 0 {
                return Ok(None);
            }
            self.buffer.resize(want, 0);
            self.run.file.read_exact_at(&mut self.buffer, self.read)?;
            self.read += want as u64;
            self.at = 0;
        }
        let record = self.buffer[self.at..self.at + N].try_into().map_err(io::Error::other)?;
        self.at += N;
        Ok(Some(record))
    }
}

impl<'a, const N: usize> Merge<'a, N> {
    fn new(runs: &'a [Run]) -> io::Result<Self> {
        let mut runs: Vec<_> = runs.iter().map(|run| RunReader { run, read: 0, buffer: Vec::new(), at: 0 }).collect();
        let mut heads = BinaryHeap::with_capacity(runs.len());
        for (run, reader) in runs.iter_mut().enumerate() {
            if let Some(record) = reader.next()? {
                heads.push(Head { record, run });
            }
        }
        Ok(Merge { runs, heads })
    }
}

impl<const N: usize> Iterator for Merge<'_, N> {
    type Item = io::Result<[u8; N]>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut head = self.heads.peek_mut()?;
        let Head { record, run } = *head;
        match self.runs[run].next() {
            Ok(Some(next)) => *head = Head { record: next, run },
            Ok(None) => {
                std::collections::binary_heap::PeekMut::pop(head);
            }
            Err(e) => return Some(Err(e)),
        }
        Some(Ok(record))
    }
}

/// Fills a record from its front.
pub struct Put<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

impl<const N: usize> Default for Put<N> {
    fn default() -> Self {
        Put { bytes: [0; N], at: 0 }
    }
}

impl<const N: usize> Put<N> {
    /// Appends bytes as they are.
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
        self
    }

    /// Appends a byte.
    pub fn u8(self, value: u8) -> Self {
        self.bytes(&[value])
    }

    /// Appends two bytes, big-endian.
    pub fn u16(self, value: u16) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends four bytes, big-endian.
    pub fn u32(self, value: u32) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends eight bytes, big-endian.
    pub fn u64(self, value: u64) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    /// The record; what was not filled is zero.
    pub fn done(self) -> [u8; N] {
        self.bytes
    }
}

/// Reads a record from its front, in the order in which [`Put`] filled it.
pub struct Take<'a>(&'a [u8]);

impl<'a> Take<'a> {
    /// A reader of a record, or of what follows its first bytes.
    pub fn new(record: &'a [u8]) -> Self {
        Take(record)
    }

    /// The next bytes as they are.
    pub fn bytes<const K: usize>(&mut self) -> [u8; K] {
        let (head, rest) = self.0.split_at(K);
        self.0 = rest;
        let mut bytes = [0; K];
        bytes.copy_from_slice(head);
        bytes
    }

    /// The next byte.
    pub fn u8(&mut self) -> u8 {
        self.bytes::<1>()[0]
    }

    /// The next two bytes.
    pub fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.bytes())
    }

    /// The next four bytes.
    pub fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.bytes())
    }

    /// The next eight bytes.
    pub fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.bytes())
    }
}
