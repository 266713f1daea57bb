//! Sorting more than memory holds.
//!
//! Linking and scoping are joins over tables of any size. A [`Sorter`] takes records of a fixed length, keeps a bounded
//! buffer, writes each full buffer as a sorted run to a temporary file that no directory names (so that nothing is left
//! behind by a crash), and merges the runs. Records are byte arrays in lexicographic order: integers go in big-endian.
//! This folder knows nothing of what the bytes mean.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Runs merged at once; more are first merged into one.
const FAN_IN: usize = 64;
/// Buffer of each run while merging.
const READ_BYTES: usize = 128 << 10;

/// Takes records in any order, gives them back sorted.
pub struct Sorter<const N: usize> {
    dir: PathBuf,
    buffer: Vec<[u8; N]>,
    records_max: usize,
    runs: Vec<File>,
    pushed: u64,
}

impl<const N: usize> Sorter<N> {
    /// A sorter that buffers at most `memory_bytes` and spills into `dir`.
    pub fn new(dir: &Path, memory_bytes: usize) -> Self {
        Sorter {
            dir: dir.to_path_buf(),
            buffer: Vec::new(),
            records_max: (memory_bytes / N).max(1024),
            runs: Vec::new(),
            pushed: 0,
        }
    }

    /// Adds a record. An error names a full or unwritable temporary folder.
    pub fn push(&mut self, record: [u8; N]) -> io::Result<()> {
        if self.buffer.len() == self.records_max {
            self.spill()?;
        }
        if self.buffer.len() == self.buffer.capacity() {
            // Grown by hand: doubling would pass the budget.
            let step = self.buffer.len().max(1024).min(self.records_max - self.buffer.len());
            self.buffer.reserve_exact(step);
        }
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

    fn spill(&mut self) -> io::Result<()> {
        self.buffer.sort_unstable();
        let mut out =
            BufWriter::with_capacity(1 << 20, tempfile::tempfile_in(&self.dir).map_err(|e| in_dir(&self.dir, e))?);
        for record in &self.buffer {
            out.write_all(record).map_err(|e| in_dir(&self.dir, e))?;
        }
        self.buffer.clear();
        self.runs.push(rewound(out, &self.dir)?);
        if self.runs.len() == FAN_IN {
            let runs = std::mem::take(&mut self.runs);
            let mut out =
                BufWriter::with_capacity(1 << 20, tempfile::tempfile_in(&self.dir).map_err(|e| in_dir(&self.dir, e))?);
            for record in Merge::<N>::new(runs)? {
                out.write_all(&record?).map_err(|e| in_dir(&self.dir, e))?;
            }
            self.runs.push(rewound(out, &self.dir)?);
        }
        Ok(())
    }

    /// The records in ascending order, duplicates kept.
    pub fn sorted(mut self) -> io::Result<Sorted<N>> {
        if self.runs.is_empty() {
            self.buffer.sort_unstable();
            return Ok(Sorted::Memory(self.buffer.into_iter()));
        }
        if !self.buffer.is_empty() {
            self.spill()?;
        }
        drop(self.buffer);
        Ok(Sorted::Runs(Merge::new(self.runs)?))
    }
}

fn rewound(out: BufWriter<File>, dir: &Path) -> io::Result<File> {
    let mut file = out.into_inner().map_err(|e| in_dir(dir, e.into_error()))?;
    file.rewind()?;
    Ok(file)
}

fn in_dir(dir: &Path, error: io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("temporary folder {}: {error}; set TMPDIR to a folder with room", dir.display()),
    )
}

/// Records in ascending order.
pub enum Sorted<const N: usize> {
    /// All of them fitted.
    Memory(std::vec::IntoIter<[u8; N]>),
    /// They are merged from runs.
    Runs(Merge<N>),
}

impl<const N: usize> Iterator for Sorted<N> {
    type Item = io::Result<[u8; N]>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Sorted::Memory(records) => records.next().map(Ok),
            Sorted::Runs(merge) => merge.next(),
        }
    }
}

/// A merge of sorted runs.
pub struct Merge<const N: usize> {
    runs: Vec<BufReader<File>>,
    heads: BinaryHeap<Reverse<([u8; N], usize)>>,
}

impl<const N: usize> Merge<N> {
    fn new(files: Vec<File>) -> io::Result<Self> {
        let mut runs: Vec<_> = files.into_iter().map(|f| BufReader::with_capacity(READ_BYTES, f)).collect();
        let mut heads = BinaryHeap::with_capacity(runs.len());
        for (i, run) in runs.iter_mut().enumerate() {
            if let Some(record) = next_record(run)? {
                heads.push(Reverse((record, i)));
            }
        }
        Ok(Merge { runs, heads })
    }
}

fn next_record<const N: usize>(run: &mut BufReader<File>) -> io::Result<Option<[u8; N]>> {
    let mut record = [0; N];
    match run.read_exact(&mut record) {
        Ok(()) => Ok(Some(record)),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(e) => Err(e),
    }
}

impl<const N: usize> Iterator for Merge<N> {
    type Item = io::Result<[u8; N]>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut head = self.heads.peek_mut()?;
        let Reverse((record, i)) = *head;
        match next_record(&mut self.runs[i]) {
            Ok(Some(next)) => *head = Reverse((next, i)),
            Ok(None) => {
                std::collections::binary_heap::PeekMut::pop(head);
            }
            Err(e) => return Some(Err(e)),
        }
        Some(Ok(record))
    }
}
