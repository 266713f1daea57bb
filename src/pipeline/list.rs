//! The listing of a scan: which of the listed objects are read, and in which order.

use super::known::{Before, Known, Overlap, Verdict, object_print};
use super::request::{Job, Message, Named, ScanRequest, unread};
use super::worker::Task;
use crate::inventory::{ObjectPrint, Suspicion};
use crate::model::gap::{Gap, GapKind};
use crate::model::object::Object;
use crate::model::rows::Tables;
use crate::source::{Listing, Source};
use crossbeam_channel::{Sender, bounded};
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::atomic::{
    AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed},
};
use std::time::Duration;

/// How long the listing waits before it asks again whether the workers are idle.
const IDLE_PAUSE: Duration = Duration::from_millis(1);

/// What a listing came by.
pub(super) struct Listed {
    /// What the inventory has, and what of it was seen.
    pub known: Known,
    /// Objects that are as they were.
    pub unchanged: u64,
    /// Those of them that are of kinds that are not read.
    pub unchanged_skipped: u64,
    /// Those of them that were read in part, or not at all, for reasons that last.
    pub unchanged_partial: u64,
    /// URIs of places that could not be listed: what is below them is unknown.
    pub unlisted: HashSet<String>,
    /// Objects that were left to the sources that read them: number and bytes.
    pub left: Vec<(u64, u64)>,
    /// Objects that a list says are gone, by number.
    pub deleted: Vec<u64>,
    /// Names of a list that lie in none of the sources.
    pub strangers: Vec<String>,
}

/// Lists the sources of a scan and hands out what is to be read.
pub(super) struct Lister<'a> {
    request: &'a ScanRequest<'a>,
    suspects: &'a BTreeMap<ObjectPrint, Suspicion>,
    run: u64,
    ids: &'a AtomicU64,
    /// Jobs that workers have or will have.
    busy: &'a AtomicUsize,
    jobs: Sender<Job<'a>>,
    messages: Sender<Message>,
    listed: Listed,
    /// Jobs that wait until nothing else is in hand, and whether they are tried in a process of their own first.
    alone: Vec<(Job<'a>, bool)>,
}

impl<'a> Lister<'a> {
    #[allow(clippy::too_many_arguments, reason = "they are the ends of the threads, each of its own kind")]
    pub fn new(
        request: &'a ScanRequest<'a>,
        mut known: Known,
        suspects: &'a BTreeMap<ObjectPrint, Suspicion>,
        run: u64,
        ids: &'a AtomicU64,
        busy: &'a AtomicUsize,
        jobs: Sender<Job<'a>>,
        messages: Sender<Message>,
    ) -> Self {
        if request.objects.is_some() || overlap(request.sources) {
            known.watch_twice();
        }
        let listed = Listed {
            known,
            unchanged: 0,
            unchanged_skipped: 0,
            unchanged_partial: 0,
            unlisted: HashSet::new(),
            left: Vec::new(),
            deleted: Vec::new(),
            strangers: Vec::new(),
        };
        Lister { request, suspects, run, ids, busy, jobs, messages, listed, alone: Vec::new() }
    }

    pub fn list(mut self) -> Listed {
        if let Some(names) = self.request.objects {
            // What is said to be gone is looked for first: whatever else the list says of it, it may have said earlier.
            let (gone, there): (Vec<&Named>, Vec<&Named>) = names.iter().partition(|named| named.deleted);
            let mut missed = HashSet::new();
            for named in gone.into_iter().chain(there).take_while(|_| !self.request.stop.load(Relaxed)) {
                self.named(named, &mut missed);
            }
            return self.end();
        }
        for source in self.request.sources {
            for listing in source.list(&self.request.exclude) {
                if self.request.stop.load(Relaxed) {
                    return self.listed;
                }
                self.one(source, listing);
            }
        }
        self.end()
    }

    fn end(mut self) -> Listed {
        self.request.counters.listed.store(true, Relaxed);
        self.suspects_alone();
        self.listed
    }

    /// An object of a list: of the sources that hold it, the one reads it that did before, else the innermost. A list says
    /// where to look, and what is there says the rest; `missed` are URIs that are said to be gone and are.
    fn named(&mut self, named: &Named, missed: &mut HashSet<String>) {
        let known = &self.listed.known;
        let found = self.request.sources.iter().filter_map(|source| Some((source, source.find(&named.name)?)));
        let nearest =
            |(source, (uri, _)): &(&Source, (String, _))| (known.is_of(uri, source.uri()), source.uri().len());
        let Some((source, (uri, listing))) = found.max_by_key(nearest) else {
            self.listed.strangers.push(named.name.clone());
            return;
        };
        let is_gone = matches!(&listing, Listing::Problem { gap, .. } if gap.kind == GapKind::NotFound);
        if is_gone && (named.deleted || missed.contains(&uri)) {
            self.listed.deleted.extend(self.listed.known.take(&uri));
            missed.insert(uri);
            return;
        }
        // An old version that is still there, and that nobody asked for, is no news.
        if named.deleted && uri.contains('?') && !known.has(&uri) {
            return;
        }
        self.one(source, listing);
    }

    fn one(&mut self, source: &'a Source, listing: Listing) {
        let (object, problem, is_place) = match listing {
            Listing::Object(object) => (object, None, false),
            Listing::Problem { path, uri, gap, is_place } => {
                (Object { uri, path, version: String::new(), size: 0, modified: None }, Some(gap), is_place)
            }
        };
        // Several requests for one place may fail; it is one gap.
        if is_place && !self.listed.unlisted.insert(object.uri.clone()) {
            return;
        }
        if self.request.only.is_some_and(|only| !only(&object)) {
            return;
        }
        let counters = self.request.counters;
        match self.listed.known.look(&object, source.uri(), self.request.owners) {
            // A place may have the URI of an object, and what is unknown below it must be told.
            Verdict::Elsewhere(_) | Verdict::Twice if is_place => {}
            Verdict::Twice => return,
            Verdict::Elsewhere(id) => {
                self.listed.left.push((id, object.size));
                return;
            }
            Verdict::Unchanged(before) => {
                counters.objects_listed.fetch_add(1, Relaxed);
                counters.objects_done.fetch_add(1, Relaxed);
                self.listed.unchanged += 1;
                self.listed.unchanged_skipped += u64::from(before == Before::Skipped);
                self.listed.unchanged_partial += u64::from(before == Before::Lasting);
                return;
            }
            Verdict::New | Verdict::Changed | Verdict::Policy | Verdict::Again => {}
        }
        counters.objects_listed.fetch_add(1, Relaxed);
        let _ = counters.bytes_listed.fetch_update(Relaxed, Relaxed, |sum| Some(sum.saturating_add(object.size)));
        let known = self.listed.known.get(&object);
        let policy = &self.request.plan.policy;
        let print = object_print(&object, policy);
        let id = self.ids.fetch_add(1, Relaxed);
        let suspect = self.suspects.get(&print).copied();
        let ahead = if problem.is_none() && suspect.is_none() { source.ahead(&object) } else { None };
        let task = Task { id, object, source, run: self.run, listed_at: (self.request.now)(), ahead };
        if let Some(gap) = problem {
            let result = unread(task, gap, policy);
            let _ = self.messages.send(Message::Object(Box::new(result), print, known));
            return;
        }
        let job = Job { task, print, known };
        match suspect {
            Some(Suspicion::SetAside(signal)) => self.set_aside(job, signal),
            Some(suspicion) => self.alone.push((job, suspicion == Suspicion::Probe)),
            None => self.send(job),
        }
    }

    fn set_aside(&self, job: Job<'a>, signal: i32) {
        let detail = format!(
            "its reading ended two processes and then one of its own (signal {signal}), so it is set aside until it changes; \
             please report the file's format, not its content"
        );
        let gap = Gap { kind: GapKind::Crashed, offset: None, bytes: None, detail };
        let result = Box::new(unread(job.task, gap, &self.request.plan.policy));
        let _ = self.messages.send(Message::SetAside(result, job.print, signal, job.known));
    }

    fn send(&self, job: Job<'a>) {
        self.busy.fetch_add(1, Relaxed);
        let _ = self.jobs.send(job);
    }

    /// Hands out what was in hand when an earlier process ended, one by one, after all else is done and saved: should one
    /// of them end this process too, it is known which. What two processes ended with is tried in one of its own first.
    fn suspects_alone(&mut self) {
        for (job, probe) in std::mem::take(&mut self.alone) {
            while self.busy.load(Acquire) > 0 {
                std::thread::sleep(IDLE_PAUSE);
            }
            let (done, wait) = bounded(1);
            if self.messages.send(Message::Save(done)).is_ok() {
                // The writer answers, or has failed and ends the run.
                let _ = wait.recv();
            }
            let probe = self.request.probe.filter(|_| probe && !self.request.stop.load(Relaxed));
            match probe.and_then(|probe| probe.ended_by(job.task.source, &job.task.object)) {
                Some(signal) => self.set_aside(job, signal),
                None => self.send(job),
            }
        }
        while self.busy.load(Acquire) > 0 {
            std::thread::sleep(IDLE_PAUSE);
        }
    }
}

/// What a refresh would do.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Objects that are as they were.
    pub unchanged: u64,
    /// Objects that the inventory does not have, and their bytes.
    pub new: (u64, u64),
    /// Objects that changed.
    pub changed: (u64, u64),
    /// Objects that were read under another policy.
    pub policy: (u64, u64),
    /// Objects that could not be read, or not whole, and may be now.
    pub again: (u64, u64),
    /// Objects that would be retired.
    pub gone: u64,
    /// What sources leave to each other, of which [`Survey::settle`] makes sense.
    pub overlap: Overlap,
    /// Places that could not be listed, and why.
    pub unlisted: Vec<(String, Gap)>,
}

impl Survey {
    /// Objects that would be read, and their bytes.
    pub fn to_read(&self) -> (u64, u64) {
        [self.new, self.changed, self.policy, self.again].into_iter().fold((0, 0), plus)
    }

    /// Once all sources are listed: what lies below a place that could not be listed is not gone, and what is gone from its
    /// own source and listed by another is read by that one.
    pub fn settle(&mut self, tables: &dyn Tables) -> io::Result<()> {
        let mut overlap = std::mem::take(&mut self.overlap);
        if !overlap.gone.is_empty() && !self.unlisted.is_empty() {
            let mut gone: HashSet<u64> = overlap.gone.into_iter().collect();
            tables.object_names(&mut |id, uri, _| {
                if self.unlisted.iter().any(|(place, _)| is_below(uri, place)) {
                    gone.remove(&id);
                }
                Ok(())
            })?;
            overlap.gone = gone.into_iter().collect();
        }
        let lost = overlap.lost();
        self.gone = overlap.gone.len() as u64 - lost.len() as u64;
        self.again = lost.values().fold(self.again, |sum, bytes| plus(sum, (1, *bytes)));
        Ok(())
    }

    /// Adds what another survey found.
    pub fn add(&mut self, other: Survey) {
        self.unchanged += other.unchanged;
        self.overlap.add(other.overlap);
        let mine = [&mut self.new, &mut self.changed, &mut self.policy, &mut self.again];
        for (mine, other) in mine.into_iter().zip([other.new, other.changed, other.policy, other.again]) {
            *mine = plus(*mine, other);
        }
        self.unlisted.extend(other.unlisted);
    }
}

/// Two counts of objects and bytes together. Sizes are what a store says, and may be anything.
fn plus(a: (u64, u64), b: (u64, u64)) -> (u64, u64) {
    (a.0 + b.0, a.1.saturating_add(b.1))
}

/// Whether a source lies in another of them, so that an object may be listed twice.
fn overlap(sources: &[Source]) -> bool {
    let mut folders: Vec<String> = sources.iter().map(|s| format!("{}/", s.uri().trim_end_matches('/'))).collect();
    folders.sort_unstable();
    folders.windows(2).any(|pair| pair[1].starts_with(&pair[0]))
}

/// Whether a URI is that of a place, or of something below it.
pub(super) fn is_below(uri: &str, place: &str) -> bool {
    uri.strip_prefix(place).is_some_and(|rest| rest.is_empty() || place.ends_with('/') || rest.starts_with(['/', '?']))
}

/// Lists sources and says what a scan of them would read, without reading it. `emptied` are the URIs of sources that are
/// gone. What is retired is known when all sources are surveyed ([`Survey::settle`]).
pub fn survey(
    sources: &[Source],
    emptied: &[String],
    mut known: Known,
    owners: &[String],
    exclude: &[std::path::PathBuf],
    only: Option<&(dyn Fn(&Object) -> bool + Sync)>,
) -> Survey {
    let mut survey = Survey::default();
    if overlap(sources) {
        known.watch_twice();
    }
    for source in sources {
        for listing in source.list(exclude) {
            let object = match listing {
                Listing::Object(object) => object,
                Listing::Problem { path, uri, gap, is_place } => {
                    let object = Object { uri, path, version: String::new(), size: 0, modified: None };
                    if is_place {
                        // It is nothing to read; the row that tells of it stays until it can be listed.
                        known.look(&object, source.uri(), owners);
                        if !survey.unlisted.iter().any(|(place, _)| *place == object.uri) {
                            survey.unlisted.push((object.uri, gap));
                        }
                        continue;
                    }
                    object
                }
            };
            if only.is_some_and(|only| !only(&object)) {
                continue;
            }
            let count = match known.look(&object, source.uri(), owners) {
                Verdict::Unchanged(_) => {
                    survey.unchanged += 1;
                    continue;
                }
                Verdict::Elsewhere(id) => {
                    survey.overlap.left.push((id, object.size));
                    continue;
                }
                Verdict::Twice => continue,
                Verdict::New => &mut survey.new,
                Verdict::Changed => &mut survey.changed,
                Verdict::Policy => &mut survey.policy,
                Verdict::Again => &mut survey.again,
            };
            *count = plus(*count, (1, object.size));
        }
    }
    let listed: Vec<&str> = sources.iter().map(Source::uri).chain(emptied.iter().map(String::as_str)).collect();
    survey.overlap.gone = known.unseen(&listed).collect();
    survey
}
