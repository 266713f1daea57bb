//! A scan: objects are listed, workers read them, one thread writes.
//!
//! Listing, reading and writing meet in bounded channels, so that whichever is slowest holds the others back and memory
//! stays what it is. The writer is the caller's thread: the inventory is touched by no other.

use super::exchange::{Desk, Exchange};
use super::known::{Before, Known, KnownObject, Overlap, reason};
use super::list::{Listed, Lister, is_below};
pub use super::request::{Counters, Named, Probe, ScanRequest};
use super::request::{Job, Message};
use super::worker::{Shared, read_object};
use crate::inventory::{InHand, Writer};
use crate::model::element::Element;
use crate::model::gap::{Gap, GapKind};
use crate::model::object::{Object, Status};
use crate::model::rows::{MentionRow, ObjectResult, ObjectRow, Tables};
use crate::source::Source;
use crossbeam_channel::{Receiver, Sender, bounded, select};
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::atomic::{
    AtomicU64, AtomicUsize,
    Ordering::{Relaxed, Release},
};
use std::time::Instant;

/// Gaps that the outcome carries; all of them are in the inventory.
const GAPS_SHOWN: usize = 1000;

/// Messages that wait for the writer beyond four for each worker. Mentions come in bursts: of all blocks that other workers have
/// surveyed, some five batches a block of short rows; and a row group is written in one go. With 20 a table of 20 million people took two workers
/// 41 s, with 60 32 s and 15 MiB more.
const MESSAGES_BESIDE: usize = 60;

/// Objects that wait for a worker where they come over a network: as many small ones are in flight.
const TASKS_REMOTE: usize = 256;

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
    /// Those of them that were read in part, or not at all, for reasons that last.
    pub unchanged_partial: u64,
    /// Objects that were retired because they are no longer there.
    pub gone: u64,
    /// What sources no longer list, and what they leave to each other: whoever scanned all of them retires the one and has
    /// the other read ([`take_over`]).
    pub overlap: Overlap,
    /// Names of a list that lie in none of the sources. They are no gaps yet: they may lie in those of another scan.
    pub strangers: Vec<String>,
    /// Sources that could not be listed at all.
    pub closed: u64,
    /// Objects that an interrupted run had read, which are among the unchanged.
    pub taken_over: u64,
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
            && self.closed == 0
            && self.unchanged_partial == 0
            && (!strict || self.skipped + self.unchanged_skipped == 0)
    }

    /// Adds what another scan of the same run did.
    pub fn add(&mut self, other: ScanOutcome) {
        self.complete += other.complete;
        self.partial += other.partial;
        self.skipped += other.skipped;
        self.failed += other.failed;
        self.unchanged += other.unchanged;
        self.unchanged_skipped += other.unchanged_skipped;
        self.unchanged_partial += other.unchanged_partial;
        self.gone += other.gone;
        self.overlap.add(other.overlap);
        self.strangers.extend(other.strangers);
        self.closed += other.closed;
        self.taken_over = self.taken_over.max(other.taken_over);
        self.not_reached += other.not_reached;
        self.bytes_read += other.bytes_read;
        self.records += other.records;
        self.mentions += other.mentions;
        for (element, count) in other.elements {
            *self.elements.entry(element).or_default() += count;
        }
        for (why, count) in other.suppressed {
            match self.suppressed.iter_mut().find(|(known, _)| *known == why) {
                Some((_, known)) => *known += count,
                None => self.suppressed.push((why, count)),
            }
        }
        self.gaps_more += other.gaps_more;
        for gap in other.gaps {
            self.gap(gap.0, gap.1);
        }
        self.interrupted |= other.interrupted;
    }

    fn add_listed(&mut self, listed: &Listed) {
        self.unchanged = listed.unchanged;
        self.unchanged_skipped = listed.unchanged_skipped;
        self.unchanged_partial = listed.unchanged_partial;
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
            self.gap(row.object.uri.clone(), gap.clone());
        }
    }

    /// Counts a name of a list that lies in no source at all.
    pub fn stranger(&mut self, name: String) {
        let detail = "named in the list of objects, and in none of the sources; name its source".to_string();
        self.failed += 1;
        self.gap(name, Gap { kind: GapKind::NotFound, offset: None, bytes: None, detail });
    }

    fn gap(&mut self, uri: String, gap: Gap) {
        if self.gaps.len() < GAPS_SHOWN {
            self.gaps.push((uri, gap));
        } else {
            self.gaps_more += 1;
        }
    }
}

/// Reads every object of the sources that is not known into the writer. The caller retires what is gone, links and commits.
/// An error is the writer's.
pub fn scan(request: &ScanRequest<'_>, writer: &mut Writer) -> io::Result<ScanOutcome> {
    let (mut outcome, listed) = run(request, writer, &HashSet::new())?;
    if request.retire && request.objects.is_none() && !outcome.interrupted {
        outcome.overlap.gone = unseen(request, &listed, writer)?;
    }
    outcome.overlap.left = listed.left;
    Ok(outcome)
}

/// Reads objects that their own source no longer lists, where one of these sources does. Those that were met are taken out
/// of `lost`.
pub fn take_over(request: &ScanRequest<'_>, writer: &mut Writer, lost: &mut HashSet<u64>) -> io::Result<ScanOutcome> {
    let mut names = HashSet::new();
    writer.seal_observed()?;
    writer.view().object_names(&mut |id, uri, _| {
        if lost.contains(&id) {
            names.insert(uri.to_string());
        }
        Ok(())
    })?;
    let only = |object: &Object| names.contains(&object.uri) && request.only.is_none_or(|only| only(object));
    let request = ScanRequest { only: Some(&only), exclude: request.exclude.clone(), ..*request };
    let (outcome, listed) = run(&request, writer, lost)?;
    let met = listed.known.seen_of(lost);
    lost.retain(|id| !met.contains(id));
    Ok(outcome)
}

fn run(request: &ScanRequest<'_>, writer: &mut Writer, disowned: &HashSet<u64>) -> io::Result<(ScanOutcome, Listed)> {
    writer.seal_observed()?;
    let mut known = Known::read(&writer.view(), &request.plan.policy, request.only)?;
    known.disown(disowned);
    let suspects = writer.suspects();
    let in_hand = writer.in_hand()?;
    let run = writer.next_run();
    let first_id = writer.next_object_id();
    let mut outcome = ScanOutcome { taken_over: writer.taken_over(), ..ScanOutcome::default() };
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
    let (jobs_in, jobs) = bounded::<Job<'_>>(waiting);
    let (messages_in, messages) = bounded::<Message>(request.workers * 4 + MESSAGES_BESIDE);
    let (used_in, used) = bounded::<Vec<MentionRow>>(request.workers * 4 + MESSAGES_BESIDE);
    let ids = AtomicU64::new(first_id);
    let busy = AtomicUsize::new(0);
    let (known, written) = std::thread::scope(|threads| {
        let lister = Lister::new(request, known, &suspects, run, &ids, &busy, jobs_in, messages_in.clone());
        let lister = threads.spawn(move || lister.list());
        let exchange = Exchange::new(request.workers.max(1), &request.counters.blocks_offered);
        for worker in 0..request.workers.max(1) {
            let (jobs, messages, busy, exchange) = (jobs.clone(), messages_in.clone(), &busy, exchange.clone());
            let used = used.clone();
            let (shared, in_hand) = (&shared, &in_hand);
            threads.spawn(move || work(shared, (in_hand, worker), &jobs, (&messages, &used), busy, exchange));
        }
        drop(exchange);
        drop((jobs, messages_in));
        let result = write(request, writer, &ids, (&messages, &used_in), &mut outcome);
        if result.is_err() {
            // The workers must not wait for a writer that is gone.
            request.stop.store(true, Relaxed);
            messages.iter().for_each(drop);
        }
        (lister.join(), result)
    });
    written?;
    let mut listed =
        known.map_err(|_| io::Error::other("listing failed by a defect of this program; please report it"))?;
    while writer.next_object_id() < ids.load(Relaxed) {}
    outcome.interrupted = request.stop.load(Relaxed);
    outcome.add_listed(&listed);
    outcome.gone = listed.deleted.len() as u64;
    listed.deleted.iter().for_each(|id| writer.retire(*id));
    outcome.strangers = std::mem::take(&mut listed.strangers);
    outcome.suppressed = request.plan.suppress.counts();
    Ok((outcome, listed))
}

/// What its source no longer lists. Below a place that could not be listed, nothing is known to be gone.
fn unseen(request: &ScanRequest<'_>, listed: &Listed, writer: &Writer) -> io::Result<Vec<u64>> {
    let emptied = request.emptied.iter().map(String::as_str);
    let sources: Vec<&str> = request.sources.iter().map(Source::uri).chain(emptied).collect();
    let mut gone: Vec<u64> = listed.known.unseen(&sources).collect();
    if !gone.is_empty() && !listed.unlisted.is_empty() {
        let mut kept = HashSet::new();
        writer.view().object_names(&mut |id, uri, _| {
            if listed.unlisted.iter().any(|place| is_below(uri, place)) {
                kept.insert(id);
            }
            Ok(())
        })?;
        gone.retain(|id| !kept.contains(id));
    }
    Ok(gone)
}

fn work(
    shared: &Shared<'_>,
    (in_hand, worker): (&InHand, usize),
    jobs: &Receiver<Job<'_>>,
    (messages, used): (&Sender<Message>, &Receiver<Vec<MentionRow>>),
    busy: &AtomicUsize,
    exchange: Exchange<'_>,
) {
    let mut desk = Desk::new(&shared.plan.matcher);
    loop {
        let (job, offer) = exchange.idle(|| {
            select! {
                recv(jobs) -> job => (Some(job), None),
                recv(exchange.offers()) -> offer => (None, offer.ok()),
            }
        });
        if let Some(offer) = offer {
            desk.serve(offer);
        }
        let Job { task, print, known } = match job {
            Some(Ok(job)) => job,
            Some(Err(_)) => break,
            None => continue,
        };
        if shared.stop.load(Relaxed) {
            let _ = messages.send(Message::NotReached);
            busy.fetch_sub(1, Release);
            continue;
        }
        in_hand.take(worker, &print);
        // A send fails only when the writer has failed, which ends the run with the writer's error.
        let result = read_object(shared, task, &exchange, &mut desk, &mut |mentions| {
            in_hand.done(worker);
            let _ = messages.send(Message::Mentions(mentions));
            in_hand.take(worker, &print);
            used.try_recv().unwrap_or_default()
        });
        in_hand.done(worker);
        let _ = messages.send(Message::Object(Box::new(result), print, known));
        busy.fetch_sub(1, Release);
    }
    exchange.serve_to_the_end(&mut desk);
}

fn write(
    request: &ScanRequest<'_>,
    writer: &mut Writer,
    ids: &AtomicU64,
    (messages, used): (&Receiver<Message>, &Sender<Vec<MentionRow>>),
    outcome: &mut ScanOutcome,
) -> io::Result<()> {
    let mut saved = Instant::now();
    for message in messages {
        match message {
            Message::Mentions(rows) => {
                outcome.mentions += rows.len() as u64;
                // Where no worker has a use for them, they go.
                let _ = used.try_send(writer.mentions(rows)?);
                continue;
            }
            Message::Object(result, print, known) => {
                writer.clear_suspect(&print)?;
                keep(*result, known, writer, outcome)?;
            }
            Message::SetAside(result, print, signal, known) => {
                writer.set_aside(&print, signal)?;
                keep(*result, known, writer, outcome)?;
            }
            Message::NotReached => outcome.not_reached += 1,
            Message::Save(done) => {
                writer.save(ids.load(Relaxed))?;
                let _ = done.send(());
                continue;
            }
        }
        request.counters.objects_done.fetch_add(1, Relaxed);
        if request.save_every.is_some_and(|every| saved.elapsed() >= every) {
            writer.save(ids.load(Relaxed))?;
            saved = Instant::now();
        }
    }
    Ok(())
}

/// Writes what came of an object.
fn keep(
    result: ObjectResult,
    known: Option<KnownObject>,
    writer: &mut Writer,
    outcome: &mut ScanOutcome,
) -> io::Result<()> {
    outcome.count(&result.object);
    for field in &result.fields {
        *outcome.elements.entry(field.element).or_default() += field.valid;
    }
    // What fails again for the same reason is no news, and no reason to link again.
    let failed = Before::Failed(reason(&result.object.gaps));
    if known.as_ref().is_none_or(|k| k.before != failed || result.object.status != Status::Failed) {
        known.iter().for_each(|known| writer.retire(known.id));
        writer.object(result)?;
    }
    Ok(())
}

/// The gap of an error, for callers that read an object by themselves.
pub fn gap_of(error: &io::Error) -> Gap {
    Gap { kind: GapKind::of(error), offset: None, bytes: None, detail: error.to_string() }
}
