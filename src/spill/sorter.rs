//! Takes records in any order, gives them back sorted.

use super::merge::{Merge, Records, Run};
use super::named;
use super::order::{order, sort, sort_here};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

/// Runs of one level that are merged into one of the next, so that a record is written once a level.
const FAN_IN: usize = 64;

/// Records for which there is room at first.
const FIRST_RECORDS: usize = 1024;

/// Takes records in any order, gives them back sorted.
///
/// A full buffer is sorted and written by another thread, while the next one fills.
pub struct Sorter<const N: usize> {
    dir: PathBuf,
    buffer: Vec<[u8; N]>,
    /// The buffer's records came in order.
    ascending: bool,
    records_max: usize,
    spilled: Spilled<N>,
    pushed: u64,
}

/// What was spilled, and what is being spilled.
struct Spilled<const N: usize> {
    /// None while another thread has them.
    runs: Option<Runs<N>>,
    thread: Option<JoinHandle<Spilling<N>>>,
}

/// What comes back from the thread: the runs, the buffer, and how it went.
type Spilling<const N: usize> = (Runs<N>, Vec<[u8; N]>, io::Result<()>);

/// Sorted runs in temporary files.
struct Runs<const N: usize> {
    dir: PathBuf,
    runs: Vec<Run>,
    /// The greatest record of the last run, where a run that begins above it may go on behind it.
    greatest: Option<[u8; N]>,
    bytes: u64,
}

impl<const N: usize> Sorter<N> {
    /// A sorter that buffers at most `memory_bytes`, twice while it spills, and spills into `dir`.
    pub fn new(dir: &Path, memory_bytes: usize) -> Self {
        let runs = Runs { dir: dir.to_path_buf(), runs: Vec::new(), greatest: None, bytes: 0 };
        Sorter {
            dir: dir.to_path_buf(),
            buffer: Vec::new(),
            ascending: true,
            records_max: (memory_bytes / N).max(1024),
            spilled: Spilled { runs: Some(runs), thread: None },
            pushed: 0,
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

    fn spill(&mut self) -> io::Result<()> {
        let (mut runs, free) = self.spilled.wait()?;
        let mut buffer = std::mem::replace(&mut self.buffer, free);
        let ascending = std::mem::replace(&mut self.ascending, true);
        let thread = std::thread::Builder::new().name("spill".to_string());
        let thread = thread.spawn(move || {
            let spilled = runs.spill(&mut buffer, ascending);
            buffer.clear();
            (runs, buffer, spilled)
        });
        self.spilled.thread = Some(thread.map_err(|e| named(&self.dir, e))?);
        Ok(())
    }

    /// Everything that was pushed, in order. What the buffer holds stays in memory; the rest of its room is given back.
    pub fn sorted(mut self) -> io::Result<Sorted<N>> {
        // What came in order is not sorted: linking numbers mentions as it goes, and much comes so.
        if !self.ascending {
            sort(&mut self.buffer);
        }
        self.buffer.shrink_to_fit();
        let (runs, _) = self.spilled.wait()?;
        Ok(Sorted { memory: self.buffer, runs: runs.runs, len: self.pushed, spilled_bytes: runs.bytes })
    }
}

impl<const N: usize> Spilled<N> {
    /// Waits until all is spilled; gives the runs, and a buffer that is free.
    fn wait(&mut self) -> io::Result<(Runs<N>, Vec<[u8; N]>)> {
        let defect = || io::Error::other("sorting failed by a defect of this program; please report it");
        if let Some(thread) = self.thread.take() {
            let (runs, buffer, spilled) = thread.join().map_err(|_| defect())?;
            return spilled.map(|()| (runs, buffer));
        }
        Ok((self.runs.take().ok_or_else(defect)?, Vec::new()))
    }
}

impl<const N: usize> Runs<N> {
    fn spill(&mut self, buffer: &mut [[u8; N]], ascending: bool) -> io::Result<()> {
        if !ascending {
            sort_here(buffer);
        }
        let goes_on = match (&self.greatest, buffer.first()) {
            (Some(greatest), Some(first)) => order(greatest, first).is_le(),
            _ => false,
        };
        if !goes_on {
            let file = tempfile::tempfile_in(&self.dir).map_err(|e| named(&self.dir, e))?;
            self.runs.push(Run { file, bytes: 0, level: 0 });
        }
        if let Some(run) = self.runs.last_mut() {
            let bytes = buffer.as_flattened();
            run.file.write_all_at(bytes, run.bytes).map_err(|e| named(&self.dir, e))?;
            run.bytes += bytes.len() as u64;
            self.bytes += bytes.len() as u64;
        }
        self.greatest = buffer.last().copied();
        // Levels never rise from one run to the next, so the runs of the lowest level stand last.
        while let Some(level) = self.runs.last().map(|run| run.level)
            && let Some(from) = self.runs.len().checked_sub(FAN_IN)
            && self.runs[from].level == level
        {
            let run = write_run(&self.dir, level + 1, Merge::<N>::new(&self.runs[from..], &[])?)?;
            self.runs.truncate(from);
            self.bytes += run.bytes;
            self.runs.push(run);
            self.greatest = None;
        }
        Ok(())
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
