//! An object of a store as a stream: ranged requests ahead of the reader, in order, with a bound on all of them.
//!
//! The first request is made when the object is listed for reading (`ahead`), within a budget of its own: so many small
//! objects are in flight at once, and a worker finds its next one there. Once a worker has opened it, further parts are
//! asked for; the one that is waited for needs no permit, so every stream moves on whatever the others hold.

use super::check::{Check, Checking};
use super::fault::{Fault, FaultKind};
use super::fetch::Way;
use super::ranges::WireRanges;
use super::store::{RequestKind, Store, Target};
use super::{HEAD_BYTES, PART_BYTES, Wire, runtime};
use crate::model::object::{ObjectRanges, ObjectStream};
use bytes::{Buf, Bytes};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::AbortHandle;

/// Parts of one object in flight, at most and to begin with. There are more when a worker had to wait: a near store is read
/// through little memory, and a far one at the rate of many connections.
const WINDOW: usize = 16;
const WINDOW_START: usize = 2;
/// KiB of a part.
const PART_KIB: usize = (PART_BYTES >> 10) as usize;
/// KiB of a part that wait to be read, as long as workers need not wait.
const ROOM_START: usize = Way::ROOM;
/// A worker that waits for more than this share of its time has too little on its way to it.
const WAITED: f64 = 0.05;
/// For how long a stream is looked at before that is said.
const LOOK: Duration = Duration::from_millis(20);

/// A part that is on its way.
struct Part {
    chunks: mpsc::UnboundedReceiver<Result<Bytes, Fault>>,
    /// Bytes of it that have not come yet.
    left: u64,
    room: Arc<Semaphore>,
    /// KiB that were read and not given back yet.
    free: usize,
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
    /// Parts that may be in flight.
    window: usize,
    /// Where the next part begins.
    next: u64,
    chunk: Bytes,
    read: u64,
    /// A worker waits: budgets for what nobody reads yet no longer hold the object back.
    opened: Option<Arc<Notify>>,
    /// Since when the window is as it is, and how long the worker has waited since.
    since: Instant,
    waited: Duration,
    /// What the whole must come to, as it was asked for.
    check: Option<oneshot::Receiver<Result<Option<Check>, Fault>>>,
    /// What came before that was known.
    before: Vec<Bytes>,
    checking: Option<Checking>,
    /// Why a sum that there may be is not known.
    untold: Option<Fault>,
}

impl WireStream {
    /// Asks for the first bytes of an object, without waiting for them.
    pub fn start(wire: &Wire, store: Arc<dyn Store>, target: Target) -> io::Result<WireStream> {
        let mut stream = WireStream {
            wire: wire.clone(),
            store,
            target: Arc::new(target),
            parts: VecDeque::new(),
            window: WINDOW_START,
            next: 0,
            chunk: Bytes::new(),
            read: 0,
            opened: Some(Arc::new(Notify::new())),
            since: Instant::now(),
            waited: Duration::ZERO,
            check: None,
            before: Vec::new(),
            checking: None,
            untold: None,
        };
        let size = stream.target.size;
        let first = if size <= PART_BYTES { size } else { HEAD_BYTES };
        if size > 0 {
            stream.ask(0..first, None)?;
        }
        Ok(stream)
    }

    fn ask(&mut self, range: Range<u64>, permit: Option<OwnedSemaphorePermit>) -> io::Result<()> {
        let (sender, chunks) = mpsc::unbounded_channel();
        let (wire, store, target) = (self.wire.clone(), Arc::clone(&self.store), Arc::clone(&self.target));
        let room = Arc::new(Semaphore::new(if self.window > WINDOW_START { PART_KIB } else { ROOM_START }));
        let way = Way { sender, room: Arc::clone(&room) };
        let opened = self.opened.clone();
        self.next = range.end;
        let left = range.end - range.start;
        let task = runtime()?.spawn(async move {
            let Some(opened) = opened else {
                if let Err(fault) = wire.pass_on(&*store, &target, range, &way).await {
                    let _ = way.sender.send(Err(fault));
                }
                return;
            };
            let kib = (left.div_ceil(1024)).max(4) as u32;
            let budget = Arc::clone(&wire.0.ahead);
            let ahead = tokio::select! {
                biased;
                () = opened.notified() => None,
                permit = budget.acquire_many_owned(kib) => permit.ok(),
            };
            // The first bytes are kept until they are all there and checked, so that an object of one part is never read
            // before it is known to be right.
            match wire.fetch(&*store, &target, range).await {
                Ok(fetched) => fetched.into_iter().for_each(|chunk| drop(way.sender.send(Ok(chunk)))),
                Err(fault) => drop(way.sender.send(Err(fault))),
            }
            drop(way);
            // The budget is held until a worker has opened the object; then it counts as the worker's own part.
            if let Some(ahead) = ahead {
                std::future::pending::<()>().await;
                drop(ahead);
            }
        });
        self.parts.push_back(Part { chunks, left, room, free: 0, task: task.abort_handle(), _permit: permit });
        Ok(())
    }

    /// Asks for what comes next, as deep as the budget lets it.
    fn fill(&mut self) -> io::Result<()> {
        while self.next < self.target.size && self.parts.len() < self.window {
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
                    let check = wire.ask(RequestKind::Head, &*store, || store.check(&target)).await;
                    let _ = sender.send(check.map(|check| check.filter(|c| c.is_cheap())));
                });
                self.check = Some(check);
            }
            self.fill()?;
        }
        Ok(())
    }

    /// Waits for the next chunk; false at the end.
    fn turn(&mut self) -> io::Result<bool> {
        self.open()?;
        loop {
            let Some(part) = self.parts.front_mut() else { return Ok(false) };
            if part.left == 0 {
                self.parts.pop_front();
                if self.check.is_some() {
                    self.learn();
                }
                self.fill()?;
                continue;
            }
            let chunk = match part.chunks.try_recv() {
                Err(mpsc::error::TryRecvError::Empty) => {
                    let since = Instant::now();
                    let chunk = part.chunks.blocking_recv();
                    self.waited(since.elapsed())?;
                    chunk
                }
                answer => answer.ok(),
            };
            let chunk = chunk.unwrap_or_else(|| Err(broken())).map_err(Fault::into_io)?;
            let Some(part) = self.parts.front_mut() else { return Ok(false) };
            part.left = part.left.saturating_sub(chunk.len() as u64);
            part.free += Way::room_of(&chunk);
            if part.free >= Way::ROOM_BACK {
                part.room.add_permits(std::mem::take(&mut part.free));
            }
            if self.check.is_some() {
                self.before.push(chunk.clone());
            }
            self.chunk = chunk;
            return Ok(true);
        }
    }

    /// Counts how long the worker waited. If that is too long, more is asked for ahead.
    fn waited(&mut self, waited: Duration) -> io::Result<()> {
        self.wire.counts().waited_micros.fetch_add(waited.as_micros() as u64, Relaxed);
        self.waited += waited;
        let looked = self.since.elapsed();
        // The first parts were asked for a moment ago.
        if self.read <= HEAD_BYTES {
            (self.since, self.waited) = (Instant::now(), Duration::ZERO);
        } else if looked > LOOK && self.waited > looked.mul_f64(WAITED) && self.window < WINDOW {
            if self.window == WINDOW_START {
                self.parts.iter().for_each(|part| part.room.add_permits(PART_KIB - ROOM_START));
            }
            self.window = (self.window * 2).min(WINDOW);
            (self.since, self.waited) = (Instant::now(), Duration::ZERO);
            self.fill()?;
        }
        Ok(())
    }

    /// Takes what the whole must come to, and computes it for what came before.
    fn learn(&mut self) {
        let Some(check) = self.check.take() else { return };
        let since = Instant::now();
        let check = check.blocking_recv().unwrap_or_else(|_| Err(broken()));
        self.wire.counts().waited_micros.fetch_add(since.elapsed().as_micros() as u64, Relaxed);
        match check {
            Ok(check) => self.checking = check.map(Check::start),
            Err(fault) => self.untold = Some(fault),
        }
        let before = std::mem::take(&mut self.before);
        if let Some(checking) = &mut self.checking {
            before.iter().for_each(|chunk| checking.update(chunk));
        }
    }
}

fn broken() -> Fault {
    Fault::new(FaultKind::Other, "a request broke off by a defect of the program; please report it")
}

impl Read for WireStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            if self.chunk.is_empty() {
                // What is there is given before anything is waited for.
                if filled > 0 || !self.turn()? {
                    break;
                }
                continue;
            }
            let n = self.chunk.len().min(buffer.len() - filled);
            self.chunk.copy_to_slice(&mut buffer[filled..filled + n]);
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
        self.learn();
        match (self.checking.take().map(Checking::holds), self.untold.take()) {
            (Some(true), _) => Ok(()),
            (Some(false), _) => {
                let detail = "the bytes that came do not have the store's checksum; scan the object again";
                Err(Fault::new(FaultKind::Corrupt, detail).into_io())
            }
            // It may be told another time, and until then nobody knows whether the bytes are those that are stored.
            (None, Some(fault)) if fault.may_pass() => {
                let detail = format!("all of it was read, but its checksum could not be asked for: {}", fault.detail);
                Err(Fault { detail, ..fault }.into_io())
            }
            (None, _) => {
                if self.target.size > PART_BYTES {
                    self.wire.counts().unchecked.fetch_add(1, Relaxed);
                }
                Ok(())
            }
        }
    }

    fn ranges(&mut self) -> Option<Arc<dyn ObjectRanges>> {
        Some(Arc::new(WireRanges::new(self.wire.clone(), Arc::clone(&self.store), Arc::clone(&self.target))))
    }
}
