//! What goes wrong, and when.

use super::http::Request;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;

/// A fault of the store or of the way to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// 503 SlowDown, with `Retry-After: 0`.
    SlowDown,
    /// 429, with `Retry-After: 0`.
    TooMany,
    /// 500 InternalError.
    Internal,
    /// The connection is reset before an answer.
    ResetBefore,
    /// What was asked for is done, and the connection is reset before the answer.
    AnswerLost,
    /// The connection is reset in the middle of the body.
    ResetMid,
    /// The body ends before its Content-Length, by an orderly close.
    Truncated,
    /// The body comes in small pieces with pauses; nothing is wrong with it.
    Slow,
    /// The body stops in its middle and nothing more comes, until the client gives up.
    Stalled,
    /// One byte of the body is another.
    WrongByte,
    /// The object is replaced by another version first, and the request then answered.
    Changed,
    /// The object is gone first, and the request then answered.
    Gone,
    /// The credentials have expired: 400 ExpiredToken (S3), 401 (GCS).
    Expired,
    /// 403 AccessDenied.
    Denied,
    /// 301 PermanentRedirect to another region.
    WrongRegion,
    /// Content-Length and body are shorter than Content-Range, or the listed size, says.
    ShortBody,
    /// Content-Range and body are of another place than was asked for.
    OtherRange,
    /// The range is ignored: 200 and the whole object.
    IgnoredRange,
    /// 403 RequestTimeTooSkewed.
    ClockSkew,
    /// An answer that is no HTTP at all.
    Garbage,
    /// 200 and an XML body that is cut off in its middle but has the right Content-Length (listings).
    BadXml,
    /// One byte is another, and the connection ends behind the last byte without the end of the body (chunked).
    BrokenEnd,
    /// The object is encrypted with a key that the customer keeps (SSE-C).
    CustomerKey,
    /// The key that encrypts the object may not be used (KMS).
    KmsDenied,
    /// The key that encrypts the object is disabled (KMS).
    KmsDisabled,
    /// 403 InvalidObjectState: the object lies in an archive tier that its storage class does not tell.
    Tiered,
    /// A listing without sizes, or a HEAD without a length.
    NoSize,
    /// A page whose first two keys stand in the wrong order.
    Disorder,
    /// Empty pages whose tokens go round in a circle.
    Circle,
    /// 307 to another port of this machine.
    Redirect(u16),
}

impl Fault {
    /// Those that a repeated request gets over.
    pub const PASSING: [Fault; 8] = [
        Fault::SlowDown,
        Fault::TooMany,
        Fault::Internal,
        Fault::ResetBefore,
        Fault::ResetMid,
        Fault::Truncated,
        Fault::Slow,
        Fault::Garbage,
    ];
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    List,
    Get,
    Head,
    Put,
    Delete,
    /// Buckets' regions, tags, tokens and whatever else.
    Other,
}

/// A request as the plan sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Seen {
    pub operation: Operation,
    pub bucket: String,
    /// Empty for what concerns the bucket.
    pub key: String,
    /// `Range` as it was sent, or where a page of a listing begins.
    pub place: String,
    /// Whether the request says which version it wants, by `If-Match` or a version id.
    pub conditional: bool,
    /// How often exactly this was asked for before.
    pub attempt: u32,
}

/// Decides which request meets which fault.
pub type Plan = Box<dyn Fn(&Seen) -> Option<Fault> + Send + Sync>;

/// Faults by a seed. The same request meets the same fault in every run, whatever the order in which requests come.
#[derive(Clone, Debug)]
pub struct Seeded {
    pub seed: u64,
    /// Requests of a thousand that meet a fault.
    pub per_mille: u64,
    pub faults: Vec<Fault>,
    pub operations: Vec<Operation>,
    /// The same request meets at most so many faults, so that repeating it helps.
    pub at_most: u32,
}

impl Seeded {
    pub fn plan(self) -> Plan {
        Box::new(move |seen| {
            if seen.attempt >= self.at_most || !self.operations.contains(&seen.operation) {
                return None;
            }
            let mut hash = blake3::Hasher::new();
            hash.update(&self.seed.to_le_bytes()).update(format!("{seen:?}").as_bytes());
            let mut bytes = [0; 16];
            hash.finalize_xof().fill(&mut bytes);
            let [chance, choice] = [&bytes[..8], &bytes[8..]].map(|b| u64::from_le_bytes(b.try_into().unwrap()));
            (chance % 1000 < self.per_mille).then(|| self.faults[(choice % self.faults.len() as u64) as usize])
        })
    }
}

/// What the server did so far.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    pub requests: BTreeMap<Operation, u64>,
    pub faults: BTreeMap<Fault, u64>,
    /// Bytes of objects sent.
    pub bytes: u64,
    /// The most requests that were being answered at one moment.
    pub most_at_once: u64,
    /// GETs of objects that did not say which version they want.
    pub unconditional_gets: u64,
    /// Requests whose sender pays.
    pub paid: u64,
    /// The regions that requests were signed for.
    pub regions: BTreeSet<String>,
}

impl Stats {
    pub fn of(&self, operation: Operation) -> u64 {
        self.requests.get(&operation).copied().unwrap_or_default()
    }

    pub fn injected(&self) -> u64 {
        self.faults.values().sum()
    }
}

/// Counts requests and asks the plan.
#[derive(Default)]
pub struct Ledger {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    stats: Stats,
    at_once: u64,
    attempts: HashMap<u64, u32>,
    plan: Option<Plan>,
}

impl Ledger {
    /// Takes a new plan; earlier attempts are forgotten.
    pub fn plan(&self, plan: Option<Plan>) {
        let mut state = self.state.lock().unwrap();
        state.attempts.clear();
        state.plan = plan;
    }

    pub fn stats(&self) -> Stats {
        self.state.lock().unwrap().stats.clone()
    }

    /// Begins counting anew.
    pub fn reset(&self) {
        self.state.lock().unwrap().stats = Stats::default();
    }

    /// Takes down what the plan does not ask for.
    pub(super) fn hear(&self, request: &Request) {
        let mut state = self.state.lock().unwrap();
        state.stats.paid += u64::from(request.header("x-amz-request-payer") == Some("requester"));
        let scope = request.header("authorization").and_then(|text| text.split_once("Credential="));
        state.stats.regions.extend(scope.and_then(|(_, scope)| scope.split('/').nth(2)).map(str::to_string));
    }

    pub(super) fn begin(&self, mut seen: Seen) -> Option<Fault> {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut state = self.state.lock().unwrap();
        *state.stats.requests.entry(seen.operation).or_default() += 1;
        state.stats.unconditional_gets += u64::from(seen.operation == Operation::Get && !seen.conditional);
        state.at_once += 1;
        state.stats.most_at_once = state.stats.most_at_once.max(state.at_once);
        // Without a plan nobody asks for attempts, and a billion requests must not fill memory.
        state.plan.as_ref()?;
        let mut hasher = DefaultHasher::new();
        seen.hash(&mut hasher);
        let attempts = state.attempts.entry(hasher.finish()).or_default();
        seen.attempt = *attempts;
        *attempts += 1;
        let fault = state.plan.as_ref().and_then(|plan| plan(&seen))?;
        *state.stats.faults.entry(fault).or_default() += 1;
        Some(fault)
    }

    pub(super) fn end(&self, bytes: u64) {
        let mut state = self.state.lock().unwrap();
        state.stats.bytes += bytes;
        state.at_once -= 1;
    }
}
