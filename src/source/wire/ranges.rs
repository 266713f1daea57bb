//! Random access to an object of a store.

use super::fault::Fault;
use super::store::{Store, Target};
use super::{PART_BYTES, Wire, runtime};
use crate::model::object::ObjectRanges;
use bytes::Bytes;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;

/// Ranges that are asked for soon and were not read yet, at most.
const SOON_MAX: usize = 16;

struct Soon {
    range: Range<u64>,
    task: JoinHandle<Result<Vec<Bytes>, Fault>>,
    _permits: OwnedSemaphorePermit,
}

impl Drop for Soon {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An object whose pieces are read.
pub(in crate::source) struct WireRanges {
    wire: Wire,
    store: Arc<dyn Store>,
    target: Arc<Target>,
    soon: Mutex<Vec<Soon>>,
}

impl WireRanges {
    pub fn new(wire: Wire, store: Arc<dyn Store>, target: Arc<Target>) -> WireRanges {
        WireRanges { wire, store, target, soon: Mutex::new(Vec::new()) }
    }

    /// Takes out a range that is on its way and holds another.
    fn take(&self, range: &Range<u64>) -> Option<Soon> {
        let mut soon = self.soon.lock().unwrap_or_else(|e| e.into_inner());
        let at = soon.iter().position(|s| s.range.start <= range.start && range.end <= s.range.end)?;
        Some(soon.swap_remove(at))
    }
}

impl ObjectRanges for WireRanges {
    fn size(&self) -> u64 {
        self.target.size
    }

    fn read_at(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        if range.start > range.end || range.end > self.target.size {
            let why = format!("bytes {}-{} of an object of {}", range.start, range.end, self.target.size);
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
        }
        let runtime = runtime()?;
        let (chunks, skip) = match self.take(&range) {
            Some(mut soon) => match runtime.block_on(&mut soon.task) {
                Ok(fetched) => (fetched.map_err(Fault::into_io)?, range.start - soon.range.start),
                Err(e) => return Err(io::Error::other(e.to_string())),
            },
            None => {
                let fetched = runtime.block_on(self.wire.fetch(&*self.store, &self.target, range.clone()));
                (fetched.map_err(Fault::into_io)?, 0)
            }
        };
        let mut bytes = Vec::with_capacity((range.end - range.start) as usize);
        let (mut skip, mut left) = (skip as usize, (range.end - range.start) as usize);
        for chunk in chunks {
            let from = skip.min(chunk.len());
            skip -= from;
            let to = (from + left).min(chunk.len());
            bytes.extend_from_slice(&chunk[from..to]);
            left -= to - from;
        }
        Ok(bytes)
    }

    fn prefetch(&self, ranges: &[Range<u64>]) {
        let Ok(runtime) = runtime() else { return };
        let mut soon = self.soon.lock().unwrap_or_else(|e| e.into_inner());
        for range in ranges {
            let is_there = soon.iter().any(|s| s.range.start <= range.start && range.end <= s.range.end);
            if is_there || range.is_empty() || range.end > self.target.size {
                continue;
            }
            let parts = (range.end - range.start).div_ceil(PART_BYTES) as u32;
            // What has no room now is fetched when it is read.
            let Ok(permits) = Arc::clone(&self.wire.0.depth).try_acquire_many_owned(parts) else { return };
            if soon.len() >= SOON_MAX {
                return;
            }
            let (wire, store, target) = (self.wire.clone(), Arc::clone(&self.store), Arc::clone(&self.target));
            let range = range.clone();
            let asked = range.clone();
            let task = runtime.spawn(async move { wire.fetch(&*store, &target, asked).await });
            soon.push(Soon { range, task, _permits: permits });
        }
    }
}
