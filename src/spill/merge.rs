//! Merging sorted runs.

use super::order::front;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Buffer of each run while merging.
const READ_BYTES: usize = 128 << 10;

/// Sorted records in a temporary file.
pub(super) struct Run {
    pub file: File,
    pub bytes: u64,
    /// How often its records were merged before.
    pub level: u32,
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

/// A merge of sorted runs: a heap of their heads, the least on top.
pub struct Merge<'a, const N: usize> {
    runs: Vec<Reader<'a, N>>,
    /// The next record of each run.
    heads: Vec<[u8; N]>,
    /// The front of a head, and its run.
    heap: Vec<(u128, usize)>,
}

/// Reads a run by position, so that one file serves any number of passes.
enum Reader<'a, const N: usize> {
    Memory(std::slice::Iter<'a, [u8; N]>),
    File { run: &'a Run, read: u64, buffer: Vec<u8>, at: usize },
}

impl<const N: usize> Reader<'_, N> {
    fn next(&mut self) -> io::Result<Option<[u8; N]>> {
        match self {
            Reader::Memory(records) => Ok(records.next().copied()),
            Reader::File { run, read, buffer, at } => {
                if *at == buffer.len() {
                    let whole = (READ_BYTES / N).max(1) * N;
                    let want = (run.bytes - *read).min(whole as u64) as usize;
                    if want == 0 {
                        return Ok(None);
                    }
                    buffer.resize(want, 0);
                    run.file.read_exact_at(buffer, *read)?;
                    *read += want as u64;
                    *at = 0;
                }
                let record = buffer[*at..*at + N].try_into().map_err(io::Error::other)?;
                *at += N;
                Ok(Some(record))
            }
        }
    }
}

impl<'a, const N: usize> Merge<'a, N> {
    /// Merges runs, and records that stayed in memory.
    pub(super) fn new(runs: &'a [Run], memory: &'a [[u8; N]]) -> io::Result<Self> {
        let files = runs.iter().map(|run| Reader::File { run, read: 0, buffer: Vec::new(), at: 0 });
        let readers = files.chain([Reader::Memory(memory.iter())]);
        let mut merge = Merge { runs: Vec::new(), heads: Vec::new(), heap: Vec::new() };
        for mut reader in readers {
            if let Some(head) = reader.next()? {
                merge.heap.push((front(&head), merge.runs.len()));
                merge.runs.push(reader);
                merge.heads.push(head);
            }
        }
        (0..merge.heap.len() / 2).rev().for_each(|at| merge.sink(at));
        Ok(merge)
    }

    fn less(&self, a: (u128, usize), b: (u128, usize)) -> bool {
        let rest = |run: usize| &self.heads[run][N.min(16)..];
        a.0 < b.0 || a.0 == b.0 && (rest(a.1), a.1) < (rest(b.1), b.1)
    }

    /// Lets what stands at `at` in the heap sink to where nothing below it is less.
    fn sink(&mut self, mut at: usize) {
        let Some(&sinking) = self.heap.get(at) else { return };
        loop {
            let mut child = 2 * at + 1;
            if child + 1 < self.heap.len() && self.less(self.heap[child + 1], self.heap[child]) {
                child += 1;
            }
            if child >= self.heap.len() || !self.less(self.heap[child], sinking) {
                break;
            }
            self.heap[at] = self.heap[child];
            at = child;
        }
        self.heap[at] = sinking;
    }

    fn step(&mut self, run: usize) -> io::Result<[u8; N]> {
        match self.runs[run].next()? {
            Some(next) => {
                let record = std::mem::replace(&mut self.heads[run], next);
                self.heap[0].0 = front(&next);
                self.sink(0);
                Ok(record)
            }
            None => {
                self.heap.swap_remove(0);
                self.sink(0);
                Ok(self.heads[run])
            }
        }
    }
}

impl<const N: usize> Iterator for Merge<'_, N> {
    type Item = io::Result<[u8; N]>;

    fn next(&mut self) -> Option<Self::Item> {
        let (_, run) = *self.heap.first()?;
        Some(self.step(run))
    }
}
