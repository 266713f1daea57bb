//! Who writes, where no lock goes with its process: claims in a store.
//!
//! A writer puts a claim of the next number and says every few seconds that it is still there. Whoever comes next and finds
//! a claim that is not given back watches it: if nothing new is said for as long as the claim itself says, its writer counts
//! as dead. Only the watcher's own clock counts, so no two clocks need agree.
//!
//! That may be wrong: a process can be stopped and go on. So a claim keeps writers from working in vain and no more. What
//! keeps the inventory sound is that of all writers on one commit only one can put the next commit record, and that nobody
//! deletes what another on the same commit may have written.

use super::store::{Root, WRITERS, invalid, numbered};
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// So often within a lease a writer says that it is there.
const BEATS: u32 = 6;
/// The longest pause between two looks at another's claim.
const LOOK: Duration = Duration::from_secs(1);

/// What a writer says of itself.
#[derive(Clone, Serialize, Deserialize)]
struct Claim {
    holder: String,
    /// How long it counts as alive after it was last heard of.
    lease_ms: u64,
    /// No two claims are the same bytes.
    nonce: u64,
    /// Grows as long as the writer is alive.
    beat: u64,
    /// Given back.
    done: bool,
}

/// A claim that is held until it is dropped.
pub(super) struct Lease {
    root: Root,
    number: u64,
    claim: Claim,
    is_over: Arc<AtomicBool>,
    stop: Arc<(Mutex<bool>, Condvar)>,
    beats: Option<JoinHandle<()>>,
    /// Left as it is, as a process that was killed leaves it.
    pub is_left: bool,
}

impl Lease {
    /// Claims the inventory; the holder's words where another is alive.
    pub fn take(root: &Root, holder: &str) -> io::Result<Result<Lease, String>> {
        let lease_ms = root.0.lease_ms();
        let numbers = root.numbers(WRITERS)?;
        let last = numbers.last().copied().unwrap_or(0);
        if let Some(other) = look(root, last)?
            && !other.done
            && is_alive(root, last, &other)?
        {
            return Ok(Err(other.holder));
        }
        let number = last + 1;
        let nonce = fastrand::u64(..);
        let claim = Claim { holder: holder.to_string(), lease_ms, nonce, beat: 0, done: false };
        match root.0.put_if_absent(&numbered(WRITERS, number), &serde_json::to_vec(&claim)?) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                return Ok(Err(look(root, number)?.map_or_else(String::new, |other| other.holder)));
            }
            put => put?,
        }
        // A store that overwrites where it should refuse would lose commits without a word.
        let other = Claim { nonce: !nonce, ..claim.clone() };
        let put = root.0.put_if_absent(&numbered(WRITERS, number), &serde_json::to_vec(&other)?);
        // The list may have been old when the claim was put, or the claim ran out meanwhile: whoever claimed the inventory
        // since has taken the claims before his away, so that the number was free or became so.
        if let Some(newest) = root.numbers(WRITERS)?.last().copied().filter(|newest| *newest > number) {
            root.0.remove(&numbered(WRITERS, number))?;
            return Ok(Err(look(root, newest)?.map_or_else(String::new, |other| other.holder)));
        }
        match put {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
            Ok(()) => {
                return Err(invalid(format!(
                    "{}: this store overwrites an object where it is asked not to (If-None-Match), so two runs could lose each \
                     other's work; keep the inventory in a folder or another store",
                    root.0.place()
                )));
            }
        }
        for number in numbers {
            root.0.remove(&numbered(WRITERS, number))?;
        }
        let (is_over, stop) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let mut held = Lease { root: root.clone(), number, claim, is_over, stop, beats: None, is_left: false };
        held.beats = Some(held.begin(Duration::from_millis(lease_ms) / BEATS));
        Ok(Ok(held))
    }

    /// The words of whoever has not given the inventory back, alive or not.
    pub fn holder(root: &Root) -> io::Result<Option<String>> {
        let last = root.numbers(WRITERS)?.last().copied().unwrap_or(0);
        Ok(look(root, last)?.filter(|claim| !claim.done).map(|claim| claim.holder))
    }

    /// The number of the claim; it grows from one writer to the next.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether another writer has claimed the inventory since.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Relaxed)
    }

    fn begin(&self, pause: Duration) -> JoinHandle<()> {
        let (root, number, mut claim) = (self.root.clone(), self.number, self.claim.clone());
        let (stop, is_over) = (Arc::clone(&self.stop), Arc::clone(&self.is_over));
        std::thread::spawn(move || {
            let mut stopped = stop.0.lock().unwrap_or_else(|e| e.into_inner());
            loop {
                stopped = stop.1.wait_timeout(stopped, pause).unwrap_or_else(|e| e.into_inner()).0;
                if *stopped {
                    return;
                }
                claim.beat += 1;
                // What cannot be said now is said next time; too late, and another may take over.
                let _ = serde_json::to_vec(&claim).map(|words| root.0.replace(&numbered(WRITERS, number), &words));
                let last = root.numbers(WRITERS).ok().and_then(|numbers| numbers.last().copied());
                if last.is_some_and(|last| last > number) {
                    is_over.store(true, Relaxed);
                    return;
                }
            }
        })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        *self.stop.0.lock().unwrap_or_else(|e| e.into_inner()) = true;
        self.stop.1.notify_all();
        let _ = self.beats.take().map(JoinHandle::join);
        if !self.is_left && !self.is_over() {
            self.claim.done = true;
            // The claim runs out by itself where this fails.
            let words = serde_json::to_vec(&self.claim);
            let _ = words.map(|words| self.root.0.replace(&numbered(WRITERS, self.number), &words));
        }
    }
}

/// A claim; none where there is none of the number.
fn look(root: &Root, number: u64) -> io::Result<Option<Claim>> {
    let name = numbered(WRITERS, number);
    let Some(words) = root.0.read(&name)? else { return Ok(None) };
    serde_json::from_slice(&words).map(Some).map_err(|e| root.at(&name, e.into()))
}

/// Whether a claim's writer says anything new within the time it has. One that was given back meanwhile is not alive.
fn is_alive(root: &Root, number: u64, claim: &Claim) -> io::Result<bool> {
    let lease = Duration::from_millis(claim.lease_ms);
    let start = Instant::now();
    loop {
        std::thread::sleep((lease / (2 * BEATS)).min(LOOK));
        match look(root, number)? {
            Some(now) if now.done => return Ok(false),
            Some(now) if now.beat != claim.beat => return Ok(true),
            // Taken away by the next writer.
            None => return Ok(true),
            Some(_) if start.elapsed() >= lease => return Ok(false),
            Some(_) => {}
        }
    }
}
