//! Takes records in any order, gives them back sorted.

use super::merge::{Merge, Records, Run};
use super::named;
use super::order::{order, sort};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Runs of one level that are merged into one of the next, so that a record is written once a level.
const FAN_IN: usize = 64;

/// Records for which there is room at first.
const FIRST_RECORDS: usize = 1024;

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
            // A sorter that gets more than a few records gets its whole budget: room that is never filled costs nothing, and
            // growing step by step would copy the records at every step.
            let room = if self.buffer.is_empty() { FIRST_RECORDS.min(self.records_max) } else { self.records_max };
            self.buffer.reserve_exact(room - self.buffer.len());
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
            sort(&mut self.buffer);
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
            let run = write_run(&self.dir, level + 1, Merge::<N>::new(&self.runs[from..], &[])?)?;
            self.runs.truncate(from);
            self.spilled_bytes += run.bytes;
            self.runs.push(run);
            self.greatest = None;
        }
        Ok(())
    }

    /// Everything that was pushed, in order. What the buffer holds stays in memory; the rest of its room is given back.
    pub fn sorted(mut self) -> io::Result<Sorted<N>> {
        self.sort();
        self.buffer.shrink_to_fit();
        Ok(Sorted { memory: self.buffer, runs: self.runs, len: self.pushed, spilled_bytes: self.spilled_bytes })
    }
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
    /// All records, or those that came last, beside the runs.
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
            Ok(Records::Runs(Merge::new(&self.runs, &self.memory)?))
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
