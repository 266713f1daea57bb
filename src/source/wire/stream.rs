//! An object of a store as a stream: ranged requests ahead of the reader, in order, with a bound on all of them.
//!
//! The first request is made when the object is listed for reading (`ahead`), within a budget of its own: so many small
//! objects are in flight at once, and a worker finds its next one there. Once a worker has opened it, further parts are
//! asked for; the one that is waited for needs no permit, so every stream moves on whatever the others hold.

use super::check::Checking;
use super::fault::{Fault, FaultKind};
use super::ranges::WireRanges;
use super::store::{Store, Target};
use super::{HEAD_BYTES, PART_BYTES, Wire, runtime};
use crate::model::object::{ObjectRanges, ObjectStream};
use bytes::{Buf, Bytes};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use tokio::sync::{Notify, OwnedSemaphorePermit, oneshot};
use tokio::task::AbortHandle;

/// Parts of one object in flight at most.
const WINDOW: usize = 8;

/// A part that is on its way.
struct Part {
    answer: Option<oneshot::Receiver<Result<Vec<Bytes>, Fault>>>,
    task: AbortHandle,
    /// Held until the part was read.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Part {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An object that is being read.
pub(in crate::source) struct WireStream {
    wire: Wire,
    store: Arc<dyn Store>,
    target: Arc<Target>,
    parts: VecDeque<Part>,
    /// Where the next part begins.
    next: u64,
    chunks: VecDeque<Bytes>,
    read: u64,
    /// A worker waits: budgets for what nobody reads yet no longer hold the object back.
    opened: Option<Arc<Notify>>,
    /// What the whole must come to.
    check: Option<oneshot::Receiver<Option<super::check::Check>>>,
    checking: Option<Checking>,
}

impl WireStream {
    /// Asks for the first bytes of an object, without waiting for them.
    pub fn start(wire: &Wire, store: Arc<dyn Store>, target: Target) -> io::Result<WireStream> {
        let mut stream = WireStream {
            wire: wire.clone(),
            store,
            target: Arc::new(target),
            parts: VecDeque::new(),
            next: 0,
            chunks: VecDeque::new(),
            read: 0,
            opened: Some(Arc::new(Notify::new())),
            check: None,
            checking: None,
        };
        let size = stream.target.size;
        let first = if size <= PART_BYTES { size } else { HEAD_BYTES };
        if size > 0 {
            stream.ask(0..first, None)?;
        }
        Ok(stream)
    }

    fn ask(&mut self, range: Range<u64>, permit: Option<OwnedSemaphorePermit>) -> io::Result<()> {
        let (sender, answer) = oneshot::channel();
        let (wire, store, target) = (self.wire.clone(), Arc::clone(&self.store), Arc::clone(&self.target));
        let opened = self.opened.clone();
        self.next = range.end;
        let task = runtime()?.spawn(async move {
            let ahead = match opened {
                None => None,
                Some(opened) => {
                    let kib = ((range.end - range.start).div_ceil(1024)).max(4) as u32;
                    let budget = Arc::clone(&wire.0.ahead);
                    tokio::select! {
                        biased;
                        () = opened.notified() => None,
                        permit = budget.acquire_many_owned(kib) => permit.ok(),
                    }
                }
            };
            let fetched = wire.fetch(&*store, &target, range).await;
            let _ = sender.send(fetched);
            // The budget is held until a worker has opened the object; then it counts as the worker's own part.
            if let Some(ahead) = ahead {
                std::future::pending::<()>().await;
                drop(ahead);
            }
        });
        self.parts.push_back(Part { answer: Some(answer), task: task.abort_handle(), _permit: permit });
        Ok(())
    }

    /// Asks for what comes next, as deep as the budget lets it.
    fn fill(&mut self) -> io::Result<()> {
        while self.next < self.target.size && self.parts.len() < WINDOW {
            let permit = match self.parts.is_empty() {
                true => None,
                false => match Arc::clone(&self.wire.0.depth).try_acquire_owned() {
                    Ok(permit) => Some(permit),
                    Err(_) => return Ok(()),
                },
            };
            let end = (self.next + PART_BYTES).min(self.target.size);
            self.ask(self.next..end, permit)?;
        }
        Ok(())
    }

    /// The first read: what was asked for ahead is a worker's own now.
    fn open(&mut self) -> io::Result<()> {
        if let Some(opened) = self.opened.take() {
            opened.notify_one();
            if self.target.size > PART_BYTES {
                let (sender, check) = oneshot::channel();
                let (wire, store, target) = (self.wire.clone(), Arc::clone(&self.store), Arc::clone(&self.target));
                runtime()?.spawn(async move {
                    // An object whose sum the store will not tell is read without it.
                    let check = wire.ask(&*store, || store.check(&target)).await;
                    let _ = sender.send(check.ok().flatten().filter(|c| c.is_cheap()));
                });
                self.check = Some(check);
            }
        }
        Ok(())
    }

    /// Waits for the next part; false at the end.
    fn turn(&mut self) -> io::Result<bool> {
        self.open()?;
        if self.parts.is_empty() {
            self.fill()?;
        }
        let Some(mut part) = self.parts.pop_front() else { return Ok(false) };
        let answer = part.answer.take().and_then(|answer| answer.blocking_recv().ok());
        drop(part);
        let broken =
            || Fault::new(FaultKind::Other, "a request broke off by a defect of the program; please report it");
        self.chunks = answer.ok_or_else(|| broken().into_io())?.map_err(Fault::into_io)?.into();
        if let Some(check) = self.check.take() {
            self.checking = check.blocking_recv().ok().flatten().map(super::check::Check::start);
        }
        self.fill()?;
        Ok(true)
    }
}

impl Read for WireStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            let Some(chunk) = self.chunks.front_mut() else {
                // What is there is given before anything is waited for.
                if filled > 0 || !self.turn()? {
                    break;
                }
                continue;
            };
            let n = chunk.len().min(buffer.len() - filled);
            chunk.copy_to_slice(&mut buffer[filled..filled + n]);
            if chunk.is_empty() {
                self.chunks.pop_front();
            }
            filled += n;
        }
        self.read += filled as u64;
        if let Some(checking) = &mut self.checking {
            checking.update(&buffer[..filled]);
        }
        Ok(filled)
    }
}

impl ObjectStream for WireStream {
    fn verify(&mut self) -> io::Result<()> {
        if self.read != self.target.size {
            let detail = format!("{} bytes were listed, {} were read; scan it again", self.target.size, self.read);
            return Err(Fault::new(FaultKind::Changed, detail).into_io());
        }
        match self.checking.take().map(Checking::holds) {
            Some(false) => {
                let detail = "the bytes that came do not have the store's checksum; scan the object again";
                Err(Fault::new(FaultKind::Corrupt, detail).into_io())
            }
            _ => Ok(()),
        }
    }

    fn ranges(&mut self) -> Option<Arc<dyn ObjectRanges>> {
        Some(Arc::new(WireRanges::new(self.wire.clone(), Arc::clone(&self.store), Arc::clone(&self.target))))
    }
}
