//! A request that is repeated until it went well, and goes on where it broke off.

use super::Wire;
use super::fault::{Fault, FaultKind};
use super::store::{Store, Target};
use bytes::Bytes;
use futures_util::StreamExt;
use std::future::Future;
use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
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
    pub(in crate::source) async fn ask<T, F>(&self, store: &dyn Store, attempt: impl FnMut() -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        self.ask_sending(store, 0, attempt).await
    }

    /// The same for a request that carries so many bytes, and so may take longer to be answered.
    pub(in crate::source) async fn ask_sending<T, F>(
        &self,
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
                self.request().await;
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
        let mut got = Got { at: range.start, chunks: Vec::new(), check: None, is_checked: false };
        let (mut tries, mut resumes) = (0, 0);
        while got.at < range.end {
            let before = got.at;
            match self.attempt(store, target, &range, &mut got).await {
                Ok(()) => self.0.gate.faster(),
                Err(fault) => {
                    // The stream did not come to the end at which it compares: that is done here, if all bytes came.
                    got.is_checked = false;
                    let whole = target.is_whole(&range) && target.size <= RESTART_BYTES;
                    if fault.kind == FaultKind::Corrupt || whole {
                        got = Got { at: range.start, chunks: Vec::new(), check: None, is_checked: false };
                    } else if got.at > before && resumes < RESUMES_MAX {
                        // Something came: that is no attempt in vain.
                        resumes += 1;
                        tries = 0;
                    }
                    self.again(store, fault, &mut tries).await?;
                }
            }
            if got.at == range.end && target.is_whole(&range) && !got.holds(target.size) {
                got = Got { at: range.start, chunks: Vec::new(), check: None, is_checked: false };
                let fault = Fault::new(FaultKind::Corrupt, "the bytes that came do not have the store's checksum");
                self.again(store, fault, &mut tries).await?;
            }
        }
        Ok(got.chunks)
    }

    async fn attempt(
        &self,
        store: &dyn Store,
        target: &Target,
        range: &Range<u64>,
        got: &mut Got,
    ) -> Result<(), Fault> {
        let _pass = self.0.gate.enter().await;
        self.request().await;
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
            got.at += chunk.len() as u64;
            let len = chunk.len() as u64;
            got.chunks.push(chunk);
            self.arrived(len).await;
        }
        if got.at < range.end {
            return Err(Fault::new(FaultKind::Transient, "the store ended its answer early; scan the object again"));
        }
        Ok(())
    }
}

/// What came of a range so far.
struct Got {
    at: u64,
    chunks: Vec<Bytes>,
    check: Option<super::check::Check>,
    is_checked: bool,
}

impl Got {
    /// Whether a whole object is what its store says, as far as that can be told.
    fn holds(&self, size: u64) -> bool {
        let Some(check) = self.check.filter(|c| !self.is_checked && (c.is_cheap() || size <= DEAR_CHECK_BYTES)) else {
            return true;
        };
        let mut checking = check.start();
        self.chunks.iter().for_each(|chunk| checking.update(chunk));
        checking.holds()
    }
}
