//! A scan: objects are listed, workers read them, one thread writes.
//!
//! Listing, reading and writing meet in bounded channels, so that whichever is slowest holds the others back and memory
//! stays what it is. The writer is the caller's thread: the inventory is touched by no other.

use super::exchange::{Desk, Exchange};
use super::plan::Plan;
use super::worker::{FindingSink, Shared, Task, read_object};
use crate::identity::key::Key;
use crate::inventory::Writer;
use crate::model::element::Element;
use crate::model::gap::{Gap, GapKind};
use crate::model::object::{Object, Status};
use crate::model::rows::{MentionRow, ObjectResult, ObjectRow, Tables};
use crate::source::{Listing, Source};
use crossbeam_channel::{Receiver, Sender, bounded, select};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Gaps that the outcome carries; all of them are in the inventory.
const GAPS_SHOWN: usize = 1000;

/// Objects that wait for a worker where they come over a network: as many small ones are in flight.
const TASKS_REMOTE: usize = 256;

/// What to scan, and with what.
pub struct ScanRequest<'a> {
    /// The sources, in order.
    pub sources: &'a [Source],
    /// The plan.
    pub plan: &'a Plan,
    /// The key.
    pub key: &'a Key,
    /// Worker threads, at least one.
    pub workers: usize,
    /// Folders that are never entered.
    pub exclude: Vec<PathBuf>,
    /// Which of the listed objects to read; none reads all.
    pub only: Option<&'a (dyn Fn(&Object) -> bool + Sync)>,
    /// Takes single findings.
    pub findings: Option<&'a dyn FindingSink>,
    /// What a progress line shows.
    pub counters: &'a Counters,
    /// Set to stop the run soon.
    pub stop: &'a AtomicBool,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub now: fn() -> i64,
}

/// Numbers that grow while a scan runs.
#[derive(Debug, Default)]
pub struct Counters {
    /// Objects listed.
    pub objects_listed: AtomicU64,
    /// Their bytes.
    pub bytes_listed: AtomicU64,
    /// Listing has ended, so that the two above are final.
    pub listed: AtomicBool,
    /// Objects done.
    pub objects_done: AtomicU64,
    /// Bytes read.
    pub bytes_read: AtomicU64,
    /// Blocks that a worker offered to others to survey.
    pub blocks_offered: AtomicU64,
}

/// What came of a scan.
#[derive(Clone, Debug, Default)]
pub struct ScanOutcome {
    /// Objects read whole.
    pub complete: u64,
    /// Objects read in part.
    pub partial: u64,
    /// Objects of kinds that are not read.
    pub skipped: u64,
    /// Objects of which nothing could be read.
    pub failed: u64,
    /// Objects that the inventory has already, in this version and under this policy.
    pub unchanged: u64,
    /// Those of them that are of kinds that are not read.
    pub unchanged_skipped: u64,
    /// Objects listed and not reached, because the run was stopped.
    pub not_reached: u64,
    /// Bytes read from sources.
    pub bytes_read: u64,
    /// Records read.
    pub records: u64,
    /// Mentions written.
    pub mentions: u64,
    /// Findings by element.
    pub elements: BTreeMap<Element, u64>,
    /// Findings that the operator does not want reported, by reason, in what was read.
    pub suppressed: Vec<(String, u64)>,
    /// What was not read, by URI: the first of it.
    pub gaps: Vec<(String, Gap)>,
    /// Gaps beyond those.
    pub gaps_more: u64,
    /// The run was stopped.
    pub interrupted: bool,
}

impl ScanOutcome {
    /// Whether everything was read. With `strict`, kinds of file that are not read count as missing.
    pub fn is_whole(&self, strict: bool) -> bool {
        self.partial == 0
            && self.failed == 0
            && self.not_reached == 0
            && (!strict || self.skipped + self.unchanged_skipped == 0)
    }

    fn count(&mut self, row: &ObjectRow) {
        match row.status {
            Status::Complete => self.complete += 1,
            Status::Partial => self.partial += 1,
            Status::Skipped => self.skipped += 1,
            Status::Failed => self.failed += 1,
        }
        self.bytes_read += row.bytes_read;
        self.records += row.records;
        for gap in &row.gaps {
            if self.gaps.len() < GAPS_SHOWN {
                self.gaps.push((row.object.uri.clone(), gap.clone()));
            } else {
                self.gaps_more += 1;
            }
        }
    }
}

/// An object the inventory has.
#[derive(Clone, Copy)]
struct Known {
    id: u64,
    /// Print of version and policy.
    state: u64,
    complete: bool,
    skipped: bool,
}

fn print(parts: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

enum Message {
    Mentions(Vec<MentionRow>),
    Object(Box<ObjectResult>),
    Unchanged { skipped: bool },
    NotReached,
}

/// Reads every object of the sources into the writer. The caller links and commits. An error is the writer's.
pub fn scan(request: &ScanRequest<'_>, writer: &mut Writer) -> io::Result<ScanOutcome> {
    // One word for each object of the inventory: a print of its URI, and what tells whether it changed.
    let mut known: HashMap<u64, Known> = HashMap::new();
    writer.view().objects(false, &mut |row| {
        let complete = matches!(row.status, Status::Complete | Status::Skipped);
        let state = print(&[&row.object.version, &row.policy]);
        known.insert(
            print(&[&row.object.uri]),
            Known { id: row.id, state, complete, skipped: row.status == Status::Skipped },
        );
        Ok(())
    })?;
    let run = writer.next_run();
    let first_id = writer.next_object_id();
    let mut outcome = ScanOutcome::default();
    let shared = Shared {
        plan: request.plan,
        key: request.key,
        stop: request.stop,
        bytes_read: &request.counters.bytes_read,
        findings: request.findings,
        now: request.now,
    };
    // What comes over a network is in flight while it waits here.
    let is_remote = request.sources.iter().any(Source::is_remote);
    let waiting = if is_remote { (request.workers * 4).max(TASKS_REMOTE) } else { request.workers * 4 };
    let (tasks_in, tasks) = bounded::<Task<'_>>(waiting);
    let (messages_in, messages) = bounded::<Message>(request.workers * 4);
    let ids = AtomicU64::new(first_id);
    let written = std::thread::scope(|threads| {
        let lister = Lister { request, known: &known, run, ids: &ids, seen: HashSet::new() };
        let to_writer = messages_in.clone();
        threads.spawn(move || lister.list(&tasks_in, &to_writer));
        let exchange = Exchange::new(request.workers.max(1), &request.counters.blocks_offered);
        for _ in 0..request.workers.max(1) {
            let (tasks, messages, shared, exchange) = (tasks.clone(), messages_in.clone(), &shared, exchange.clone());
            threads.spawn(move || work(shared, &tasks, &messages, exchange));
        }
        drop(exchange);
        drop((tasks, messages_in));
        let result = write(request, writer, &known, &messages, &mut outcome);
        if result.is_err() {
            // The workers must not wait for a writer that is gone.
            request.stop.store(true, Relaxed);
            messages.iter().for_each(drop);
        }
        result
    });
    written?;
    while writer.next_object_id() < ids.load(Relaxed) {}
    outcome.interrupted = request.stop.load(Relaxed);
    outcome.suppressed = request.plan.suppress.counts();
    Ok(outcome)
}

fn work(shared: &Shared<'_>, tasks: &Receiver<Task<'_>>, messages: &Sender<Message>, exchange: Exchange<'_>) {
    let mut desk = Desk::new(&shared.plan.matcher);
    loop {
        let task = exchange.idle(|| {
            select! {
                recv(tasks) -> task => Ok(task),
                recv(exchange.offers()) -> offer => Err(offer),
            }
        });
        let task = match task {
            Ok(Ok(task)) => task,
            Ok(Err(_)) => break,
            Err(offer) => {
                // This worker could give offers itself, so the channel is open.
                offer.into_iter().for_each(|offer| desk.serve(offer));
                continue;
            }
        };
        if shared.stop.load(Relaxed) {
            let _ = messages.send(Message::NotReached);
            continue;
        }
        // A send fails only when the writer has failed, which ends the run with the writer's error.
        let result = read_object(shared, task, &exchange, &mut desk, &mut |mentions| {
            let _ = messages.send(Message::Mentions(mentions));
        });
        let _ = messages.send(Message::Object(Box::new(result)));
    }
    exchange.serve_to_the_end(&mut desk);
}

fn write(
    request: &ScanRequest<'_>,
    writer: &mut Writer,
    known: &HashMap<u64, Known>,
    messages: &Receiver<Message>,
    outcome: &mut ScanOutcome,
) -> io::Result<()> {
    for message in messages {
        match message {
            Message::Mentions(rows) => {
                outcome.mentions += rows.len() as u64;
                rows.into_iter().try_for_each(|row| writer.mention(row))?;
                continue;
            }
            Message::Object(result) => {
                outcome.count(&result.object);
                for field in &result.fields {
                    *outcome.elements.entry(field.element).or_default() += field.valid;
                }
                if let Some(before) = known.get(&print(&[&result.object.object.uri])) {
                    writer.retire(before.id);
                }
                writer.object(*result)?;
            }
            Message::Unchanged { skipped } => {
                outcome.unchanged += 1;
                outcome.unchanged_skipped += u64::from(skipped);
            }
            Message::NotReached => outcome.not_reached += 1,
        }
        request.counters.objects_done.fetch_add(1, Relaxed);
    }
    Ok(())
}

struct Lister<'a> {
    request: &'a ScanRequest<'a>,
    known: &'a HashMap<u64, Known>,
    run: u64,
    ids: &'a AtomicU64,
    /// Prints of the URIs listed so far, where sources may overlap. One source lists nothing twice, and may list a billion.
    seen: HashSet<u64>,
}

impl<'a> Lister<'a> {
    fn list(mut self, tasks: &Sender<Task<'a>>, messages: &Sender<Message>) {
        for source in self.request.sources {
            for listing in source.list(&self.request.exclude) {
                if self.request.stop.load(Relaxed) {
                    return;
                }
                self.one(source, listing, tasks, messages);
            }
        }
        self.request.counters.listed.store(true, Relaxed);
    }

    fn one(&mut self, source: &'a Source, listing: Listing, tasks: &Sender<Task<'a>>, messages: &Sender<Message>) {
        let (object, problem) = match listing {
            Listing::Object(object) => (object, None),
            Listing::Problem { path, uri, gap } => {
                (Object { uri, path, version: String::new(), size: 0, modified: None }, Some(gap))
            }
        };
        let uri = print(&[&object.uri]);
        let may_overlap = self.request.sources.len() > 1;
        if self.request.only.is_some_and(|only| !only(&object)) || (may_overlap && !self.seen.insert(uri)) {
            return;
        }
        let counters = self.request.counters;
        counters.objects_listed.fetch_add(1, Relaxed);
        let state = print(&[&object.version, &self.request.plan.policy]);
        let unchanged = self.known.get(&uri).filter(|known| known.complete && known.state == state);
        if let Some(known) = unchanged.filter(|_| problem.is_none()) {
            let _ = messages.send(Message::Unchanged { skipped: known.skipped });
            return;
        }
        counters.bytes_listed.fetch_add(object.size, Relaxed);
        let id = self.ids.fetch_add(1, Relaxed);
        let ahead = if problem.is_none() { source.ahead(&object) } else { None };
        let task = Task { id, object, source, run: self.run, listed_at: (self.request.now)(), ahead };
        match problem {
            Some(gap) => {
                let result = unread(task, gap, &self.request.plan.policy);
                let _ = messages.send(Message::Object(Box::new(result)));
            }
            None => {
                let _ = tasks.send(task);
            }
        }
    }
}

/// The row of something that was listed and cannot be read.
fn unread(task: Task<'_>, gap: Gap, policy: &str) -> ObjectResult {
    let status = if gap.kind == GapKind::Unsupported { Status::Skipped } else { Status::Failed };
    let object = ObjectRow {
        id: task.id,
        object: task.object,
        source: task.source.uri().to_string(),
        run: task.run,
        valid_from: task.run,
        valid_to: None,
        content_hash: String::new(),
        format: String::new(),
        dialect: String::new(),
        status,
        gaps: vec![gap],
        bytes_read: 0,
        bytes_decoded: 0,
        records: 0,
        records_rejected: 0,
        listed_at: task.listed_at,
        read_at: task.listed_at,
        policy: policy.to_string(),
    };
    ObjectResult { object, fields: Vec::new(), orphans: Vec::new() }
}

/// The gap of an error, for callers that read an object by themselves.
pub fn gap_of(error: &io::Error) -> Gap {
    Gap { kind: GapKind::of(error), offset: None, bytes: None, detail: error.to_string() }
}
