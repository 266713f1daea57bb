//! What all stores on a network share: the runtime, the limits, retries, and streams made of ranged requests.
//!
//! A store gives single attempts (`store::Store`); everything around an attempt is here, once. Nothing outside `source`
//! sees a future: listings are iterators, objects are streams. The runtime is made when the first network source is
//! opened, so a process that was forked before that has its own.

pub(super) mod check;
pub(super) mod fault;
pub(super) mod fetch;
pub(super) mod gate;
pub(super) mod listing;
pub(super) mod pace;
pub(super) mod ranges;
pub(super) mod store;
pub(super) mod stream;

use gate::Gate;
use pace::Pace;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use store::RequestKind;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

/// Threads of the runtime: one for every two processors, within these. They move bytes and sign requests, of which one moves
/// two gigabytes a second; what is read is worked on elsewhere.
const THREADS: (usize, usize) = (2, 8);
/// Bytes of one ranged request.
pub(super) const PART_BYTES: u64 = 8 << 20;
/// Bytes of the first request of a large object: enough to see a kind of file that is not read.
pub(super) const HEAD_BYTES: u64 = 1 << 20;

/// What an operator allows a run to ask of the network and to hold in memory for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WireLimits {
    /// Bytes of objects a second, over all sources.
    pub bytes_per_second: Option<u64>,
    /// Requests a second, over all sources.
    pub requests_per_second: Option<u32>,
    /// Bytes fetched and not read yet, over all workers.
    pub memory_bytes: u64,
    /// Requests at once at most; a store that asks to slow down gets fewer.
    pub requests_at_once: usize,
    /// How long a store may say nothing before a request counts as lost.
    pub silence: Duration,
    /// How often a request is made in vain before it is given up.
    pub attempts: u32,
    /// The first wait before a request is repeated; it doubles from one to the next.
    pub backoff: Duration,
}

impl Default for WireLimits {
    fn default() -> Self {
        WireLimits {
            bytes_per_second: None,
            requests_per_second: None,
            memory_bytes: 256 << 20,
            requests_at_once: 256,
            silence: Duration::from_secs(30),
            attempts: 8,
            backoff: Duration::from_millis(100),
        }
    }
}

/// What was asked of the network so far. Every attempt counts, those that failed too; what credentials cost does not.
#[derive(Debug, Default)]
pub struct WireCounts {
    /// Pages of listings.
    pub lists: AtomicU64,
    /// Questions about one object: whether it is there, and its checksum.
    pub heads: AtomicU64,
    /// Whole objects and ranges of them.
    pub gets: AtomicU64,
    /// Tags of objects.
    pub tags: AtomicU64,
    /// Files put or deleted, where the inventory is in a store; no source is written to.
    pub writes: AtomicU64,
    /// Requests among them that were made again after a fault.
    pub retries: AtomicU64,
    /// Answers that asked to slow down.
    pub throttled: AtomicU64,
    /// Bytes of objects that arrived.
    pub bytes: AtomicU64,
    /// Objects that came from end to end, with the length and the version that were listed, and with no checksum that they
    /// could be compared with.
    pub unchecked: AtomicU64,
    /// Microseconds that workers waited for bytes, over all workers.
    pub waited_micros: AtomicU64,
}

impl WireCounts {
    /// Requests by what they ask a source for: `list`, `head`, `get`, `tags`.
    pub fn by_kind(&self) -> [(&'static str, u64); 4] {
        let kinds = [("list", &self.lists), ("head", &self.heads), ("get", &self.gets), ("tags", &self.tags)];
        kinds.map(|(kind, count)| (kind, count.load(Relaxed)))
    }

    /// Requests to a source of every kind.
    pub fn requests(&self) -> u64 {
        self.by_kind().iter().map(|(_, count)| count).sum()
    }

    fn of(&self, kind: RequestKind) -> &AtomicU64 {
        match kind {
            RequestKind::List => &self.lists,
            RequestKind::Head => &self.heads,
            RequestKind::Get => &self.gets,
            RequestKind::Tags => &self.tags,
            RequestKind::Write => &self.writes,
        }
    }
}

/// The network, shared by all sources of a run.
#[derive(Clone)]
pub struct Wire(Arc<Inner>);

struct Inner {
    limits: WireLimits,
    gate: Gate,
    bytes: Pace,
    requests: Pace,
    /// Memory for objects that no worker has opened yet, in KiB.
    ahead: Arc<Semaphore>,
    /// Parts of opened objects beyond the one that is waited for.
    depth: Arc<Semaphore>,
    counts: WireCounts,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

impl Default for Wire {
    fn default() -> Self {
        Wire::new(WireLimits::default())
    }
}

impl Wire {
    /// A network with limits.
    pub fn new(limits: WireLimits) -> Wire {
        let half = limits.memory_bytes / 2;
        let ahead = (half >> 10).clamp(PART_BYTES >> 10, u64::from(u32::MAX >> 4)) as usize;
        Wire(Arc::new(Inner {
            gate: Gate::new(limits.requests_at_once),
            bytes: Pace::new(limits.bytes_per_second),
            requests: Pace::new(limits.requests_per_second.map(u64::from)),
            ahead: Arc::new(Semaphore::new(ahead)),
            depth: Arc::new(Semaphore::new((half / PART_BYTES) as usize)),
            counts: WireCounts::default(),
            limits,
        }))
    }

    /// What was asked of the network so far.
    pub fn counts(&self) -> &WireCounts {
        &self.0.counts
    }

    /// The limits.
    pub fn limits(&self) -> &WireLimits {
        &self.0.limits
    }

    /// How many requests an object of a size takes, when none fails.
    pub fn requests_of(size: u64) -> u64 {
        match size {
            0 => 0,
            size if size <= PART_BYTES => 1,
            // The head, the parts after it, and the question for its checksum.
            size => 2 + (size - HEAD_BYTES).div_ceil(PART_BYTES),
        }
    }

    /// Waits until another request may be made, and counts it.
    async fn request(&self, kind: RequestKind) {
        self.0.requests.take(1).await;
        self.0.counts.of(kind).fetch_add(1, Relaxed);
    }

    /// Counts bytes that arrived, and waits as long as they were too fast.
    async fn arrived(&self, bytes: u64) {
        self.0.counts.bytes.fetch_add(bytes, Relaxed);
        self.0.bytes.take(bytes).await;
    }
}

/// The runtime of all network sources.
pub(super) fn runtime() -> io::Result<&'static Runtime> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let made = RUNTIME.get_or_init(|| {
        // The client of object_store takes whichever TLS is the process's; an earlier choice stands.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Builder::new_multi_thread()
            .worker_threads((processors / 2).clamp(THREADS.0, THREADS.1))
            .thread_name("wire")
            .enable_all()
            .build()
            .map_err(|e| e.to_string())
    });
    made.as_ref().map_err(|e| io::Error::other(format!("no threads for the network: {e}")))
}
