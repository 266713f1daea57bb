//! A request that is repeated until it went well, and goes on where it broke off.

use super::Wire;
use super::check::Check;
use super::fault::{Fault, FaultKind};
use super::gate::Pass;
use super::store::{RequestKind, Store, Target};
use bytes::Bytes;
use futures_util::StreamExt;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep, timeout};

/// The longest wait before a request is repeated.
const WAIT_MAX: Duration = Duration::from_secs(20);
/// A line that sends slower than this is taken for broken.
const SENT_BYTES_A_SECOND: usize = 128 << 10;
/// A whole object up to this size that broke off is fetched anew, so that the store's own check covers it.
const RESTART_BYTES: u64 = 1 << 20;
/// A sum that is dear to compute is computed up to this size: what one request fetches whole.
const DEAR_CHECK_BYTES: u64 = super::PART_BYTES;
/// How often one range may go on after it broke off, however much came in between.
const RESUMES_MAX: u32 = 1000;

impl Wire {
    /// Makes a request until it goes well, it is in vain, or the attempts are used up.
    pub(in crate::source) async fn ask<T, F>(
        &self,
        kind: RequestKind,
        store: &dyn Store,
        attempt: impl FnMut() -> F,
    ) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        self.ask_sending(kind, store, 0, attempt).await
    }

    /// The same for a request that carries so many bytes, and so may take longer to be answered.
    pub(in crate::source) async fn ask_sending<T, F>(
        &self,
        kind: RequestKind,
        store: &dyn Store,
        bytes: usize,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let longer = Duration::from_secs((bytes / SENT_BYTES_A_SECOND) as u64);
        let mut tries = 0;
        loop {
            let answer = {
                let _pass = self.0.gate.enter().await;
                self.request(kind).await;
                self.heard_within(self.0.limits.silence + longer, attempt()).await
            };
            match answer {
                Ok(answer) => {
                    self.0.gate.faster();
                    return Ok(answer);
                }
                Err(fault) => self.again(store, fault, &mut tries).await?,
            }
        }
    }

    /// The answer, or a fault when nothing was heard for too long.
    async fn heard<T>(&self, answer: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        self.heard_within(self.0.limits.silence, answer).await
    }

    async fn heard_within<T>(
        &self,
        limit: Duration,
        answer: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        match timeout(limit, answer).await {
            Ok(answer) => answer,
            Err(_) => {
                let seconds = limit.as_secs_f64();
                Err(Fault::new(
                    FaultKind::Transient,
                    format!("the store said nothing for {seconds} seconds; scan it again"),
                ))
            }
        }
    }

    /// Waits before the next attempt; the fault itself when there is to be none.
    async fn again(&self, store: &dyn Store, fault: Fault, tries: &mut u32) -> Result<(), Fault> {
        *tries += 1;
        if fault.kind == FaultKind::Throttled {
            self.0.counts.throttled.fetch_add(1, Relaxed);
            self.0.gate.slower();
        }
        if !fault.may_pass() || *tries >= self.0.limits.attempts {
            let often = if *tries > 1 { format!(" (after {tries} attempts)") } else { String::new() };
            return Err(Fault { detail: format!("{}{often}", fault.detail), ..fault });
        }
        if fault.kind == FaultKind::Expired {
            store.renew().await;
        }
        self.0.counts.retries.fetch_add(1, Relaxed);
        // Full jitter: many that were refused together must not come back together.
        let longest = self.0.limits.backoff.saturating_mul(1 << (*tries - 1).min(16)).min(WAIT_MAX);
        let wait = longest.mul_f64(fastrand::f64());
        sleep(fault.wait.map_or(wait, |asked| asked.min(WAIT_MAX).max(wait))).await;
        Ok(())
    }

    /// The bytes of a range, exactly.
    pub(in crate::source) async fn fetch(
        &self,
        store: &dyn Store,
        target: &Target,
        range: Range<u64>,
    ) -> Result<Vec<Bytes>, Fault> {
        let mut got = Got::new(range.start, None);
        self.fetch_into(store, target, range, &mut got).await?;
        Ok(got.chunks)
    }

    /// The bytes of a part of a larger object, exactly, handed on as they come.
    pub(in crate::source) async fn pass_on(
        &self,
        store: &dyn Store,
        target: &Target,
        range: Range<u64>,
        way: &Way,
    ) -> Result<(), Fault> {
        self.fetch_into(store, target, range.clone(), &mut Got::new(range.start, Some(way))).await
    }

    async fn fetch_into(
        &self,
        store: &dyn Store,
        target: &Target,
        range: Range<u64>,
        got: &mut Got<'_>,
    ) -> Result<(), Fault> {
        let (mut tries, mut resumes) = (0, 0);
        while got.at < range.end {
            let before = got.at;
            match self.attempt(store, target, &range, got).await {
                Ok(()) => self.0.gate.faster(),
                Err(fault) => {
                    // The stream did not come to the end at which it compares: that is done here, if all bytes came.
                    got.is_checked = false;
                    let whole = target.is_whole(&range) && target.size <= RESTART_BYTES;
                    if (fault.kind == FaultKind::Corrupt || whole) && got.way.is_none() {
                        *got = Got::new(range.start, None);
                    } else if got.at > before && resumes < RESUMES_MAX {
                        // Something came: that is no attempt in vain.
                        resumes += 1;
                        tries = 0;
                    }
                    self.again(store, fault, &mut tries).await?;
                }
            }
            if got.at == range.end && target.is_whole(&range) && !got.holds(target.size) {
                *got = Got::new(range.start, None);
                let fault = Fault::new(FaultKind::Corrupt, "the bytes that came do not have the store's checksum");
                self.again(store, fault, &mut tries).await?;
            }
        }
        if target.is_whole(&range) && !got.is_checked && got.check(target.size).is_none() {
            self.0.counts.unchecked.fetch_add(1, Relaxed);
        }
        Ok(())
    }

    async fn attempt(
        &self,
        store: &dyn Store,
        target: &Target,
        range: &Range<u64>,
        got: &mut Got<'_>,
    ) -> Result<(), Fault> {
        let mut pass = Some(self.0.gate.enter().await);
        self.request(RequestKind::Get).await;
        let from_start = got.at == range.start;
        let mut body = self.heard(store.get(target, got.at..range.end)).await?;
        if from_start {
            got.check = body.check;
            got.is_checked = body.is_checked;
        } else {
            got.is_checked = false;
        }
        loop {
            let next = async { Ok(body.chunks.next().await) };
            let Some(chunk) = self.heard(next).await? else { break };
            let chunk = chunk?;
            if chunk.len() as u64 > range.end - got.at {
                return Err(Fault::new(FaultKind::Corrupt, "the store sent more bytes than were asked for"));
            }
            let len = chunk.len() as u64;
            got.at += len;
            self.arrived(len).await;
            match got.way {
                None => got.chunks.push(chunk),
                Some(way) => way.send(chunk, &mut pass).await,
            }
        }
        if got.at < range.end {
            return Err(Fault::new(FaultKind::Transient, "the store ended its answer early; scan the object again"));
        }
        Ok(())
    }
}

/// The way of a part's bytes to the worker that reads them. What is on it is bounded, so that bytes that nobody reads yet
/// wait in the network, and those that are read are still in the caches.
pub(in crate::source) struct Way {
    pub sender: mpsc::UnboundedSender<Result<Bytes, Fault>>,
    /// KiB that may be on the way; the reader gives them back.
    pub room: Arc<Semaphore>,
}

impl Way {
    /// The least room there is, in KiB.
    pub const ROOM: usize = 2 << 10;
    /// So much of it is given back at once: for every chunk alone, worker and network would wake each other by turns.
    pub const ROOM_BACK: usize = Way::ROOM / 2;

    /// KiB that a chunk takes, never more than there is while the reader holds some back.
    pub fn room_of(chunk: &Bytes) -> usize {
        chunk.len().div_ceil(1024).min(Way::ROOM - Way::ROOM_BACK)
    }

    /// Hands a chunk on; waits for room, and for that lets go of the right to make a request, which others may need who
    /// are waited for.
    async fn send(&self, chunk: Bytes, pass: &mut Option<Pass<'_>>) {
        let room = Way::room_of(&chunk) as u32;
        let permit = match self.room.try_acquire_many(room) {
            Ok(permit) => Ok(permit),
            Err(_) => {
                *pass = None;
                self.room.acquire_many(room).await
            }
        };
        if let Ok(permit) = permit {
            permit.forget();
        }
        // Where nobody reads any more, the task is about to be ended.
        let _ = self.sender.send(Ok(chunk));
    }
}

/// What came of a range so far.
struct Got<'a> {
    at: u64,
    /// What is kept; nothing where it is handed on.
    chunks: Vec<Bytes>,
    way: Option<&'a Way>,
    check: Option<Check>,
    is_checked: bool,
}

impl<'a> Got<'a> {
    fn new(at: u64, way: Option<&'a Way>) -> Got<'a> {
        Got { at, chunks: Vec::new(), way, check: None, is_checked: false }
    }

    /// What a whole object must come to, where that is told and not too dear to compute.
    fn check(&self, size: u64) -> Option<Check> {
        self.check.filter(|c| c.is_cheap() || size <= DEAR_CHECK_BYTES)
    }

    /// Whether a whole object is what its store says, as far as that can be told.
    fn holds(&self, size: u64) -> bool {
        let Some(check) = self.check(size).filter(|_| !self.is_checked) else { return true };
        let mut checking = check.start();
        self.chunks.iter().for_each(|chunk| checking.update(chunk));
        checking.holds()
    }
}
