//! The listing of a scan: which of the listed objects are read, and in which order.

use super::known::{Before, Known, Verdict, object_print};
use super::request::{Job, Message, Named, ScanRequest, unread};
use super::worker::Task;
use crate::inventory::ObjectPrint;
use crate::model::gap::{Gap, GapKind};
use crate::model::object::Object;
use crate::source::{Listing, Source};
use crossbeam_channel::{Sender, bounded};
use std::collections::BTreeMap;
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
    pub unlisted: Vec<String>,
    /// Objects that a list says are gone, by number.
    pub deleted: Vec<u64>,
    /// Names of a list that lie in none of the sources.
    pub strangers: Vec<String>,
}

/// Lists the sources of a scan and hands out what is to be read.
pub(super) struct Lister<'a> {
    request: &'a ScanRequest<'a>,
    suspects: &'a BTreeMap<ObjectPrint, bool>,
    run: u64,
    ids: &'a AtomicU64,
    /// Jobs that workers have or will have.
    busy: &'a AtomicUsize,
    jobs: Sender<Job<'a>>,
    messages: Sender<Message>,
    listed: Listed,
    /// Jobs that wait until nothing else is in hand.
    alone: Vec<Job<'a>>,
}

impl<'a> Lister<'a> {
    #[allow(clippy::too_many_arguments, reason = "they are the ends of the threads, each of its own kind")]
    pub fn new(
        request: &'a ScanRequest<'a>,
        known: Known,
        suspects: &'a BTreeMap<ObjectPrint, bool>,
        run: u64,
        ids: &'a AtomicU64,
        busy: &'a AtomicUsize,
        jobs: Sender<Job<'a>>,
        messages: Sender<Message>,
    ) -> Self {
        let listed = Listed {
            known,
            unchanged: 0,
            unchanged_skipped: 0,
            unchanged_partial: 0,
            unlisted: Vec::new(),
            deleted: Vec::new(),
            strangers: Vec::new(),
        };
        Lister { request, suspects, run, ids, busy, jobs, messages, listed, alone: Vec::new() }
    }

    pub fn list(mut self) -> Listed {
        if let Some(names) = self.request.objects {
            for named in names.iter().take_while(|_| !self.request.stop.load(Relaxed)) {
                self.named(named);
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

    /// An object of a list: the innermost of the sources that hold it reads it.
    fn named(&mut self, named: &Named) {
        let found = self.request.sources.iter().filter_map(|source| Some((source, source.find(&named.name)?)));
        let Some((source, (uri, listing))) = found.max_by_key(|(source, _)| source.uri().len()) else {
            self.listed.strangers.push(named.name.clone());
            return;
        };
        if named.deleted {
            self.listed.deleted.extend(self.listed.known.take(&uri));
            return;
        }
        self.one(source, listing);
    }

    fn one(&mut self, source: &'a Source, listing: Listing) {
        let (object, problem) = match listing {
            Listing::Object(object) => (object, None),
            Listing::Problem { path, uri, gap } => {
                (Object { uri, path, version: String::new(), size: 0, modified: None }, Some(gap))
            }
        };
        if problem.as_ref().is_some_and(|gap| gap.kind != GapKind::Unsupported) {
            self.listed.unlisted.push(object.uri.clone());
        }
        if self.request.only.is_some_and(|only| !only(&object)) {
            return;
        }
        let counters = self.request.counters;
        match self.listed.known.look(&object, source.uri(), self.request.owners) {
            Verdict::Elsewhere | Verdict::Twice => return,
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
        counters.bytes_listed.fetch_add(object.size, Relaxed);
        let known = self.listed.known.get(&object);
        let policy = &self.request.plan.policy;
        let print = object_print(&object, policy);
        let id = self.ids.fetch_add(1, Relaxed);
        let suspect = self.suspects.get(&print).copied();
        let problem = problem.or_else(|| (suspect == Some(true)).then(set_aside));
        let ahead = if problem.is_none() && suspect.is_none() { source.ahead(&object) } else { None };
        let task = Task { id, object, source, run: self.run, listed_at: (self.request.now)(), ahead };
        if let Some(gap) = problem {
            let result = unread(task, gap, policy);
            let _ = self.messages.send(Message::Object(Box::new(result), print, known));
            return;
        }
        let job = Job { task, print, known };
        match suspect {
            Some(_) => self.alone.push(job),
            None => self.send(job),
        }
    }

    fn send(&self, job: Job<'a>) {
        self.busy.fetch_add(1, Relaxed);
        let _ = self.jobs.send(job);
    }

    /// Hands out what was in hand when an earlier process ended, one by one, after all else is done and saved: should one
    /// of them end this process too, it is known which.
    fn suspects_alone(&mut self) {
        for job in std::mem::take(&mut self.alone) {
            while self.busy.load(Acquire) > 0 {
                std::thread::sleep(IDLE_PAUSE);
            }
            let (done, wait) = bounded(1);
            if self.messages.send(Message::Save(done)).is_ok() {
                // The writer answers, or has failed and ends the run.
                let _ = wait.recv();
            }
            self.send(job);
        }
        while self.busy.load(Acquire) > 0 {
            std::thread::sleep(IDLE_PAUSE);
        }
    }
}

fn set_aside() -> Gap {
    let detail = "its reading ended the whole process four times at one place, so it is set aside until it changes; please \
                  report the file's format, not its content";
    Gap { kind: GapKind::Crashed, offset: None, bytes: None, detail: detail.to_string() }
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
    /// Places that could not be listed, and why.
    pub unlisted: Vec<(String, Gap)>,
}

impl Survey {
    /// Objects that would be read, and their bytes.
    pub fn to_read(&self) -> (u64, u64) {
        [self.new, self.changed, self.policy, self.again].iter().fold((0, 0), |sum, n| (sum.0 + n.0, sum.1 + n.1))
    }

    /// Adds what another survey found.
    pub fn add(&mut self, other: Survey) {
        self.unchanged += other.unchanged;
        self.gone += other.gone;
        let mine = [&mut self.new, &mut self.changed, &mut self.policy, &mut self.again];
        for (mine, other) in mine.into_iter().zip([other.new, other.changed, other.policy, other.again]) {
            *mine = (mine.0 + other.0, mine.1 + other.1);
        }
        self.unlisted.extend(other.unlisted);
    }
}

/// Lists sources and says what a scan of them would read, without reading it.
pub fn survey(
    sources: &[Source],
    mut known: Known,
    owners: &[String],
    exclude: &[std::path::PathBuf],
    only: Option<&(dyn Fn(&Object) -> bool + Sync)>,
) -> Survey {
    let mut survey = Survey::default();
    for source in sources {
        for listing in source.list(exclude) {
            let object = match listing {
                Listing::Object(object) => object,
                Listing::Problem { path, uri, gap } => {
                    let object = Object { uri, path, version: String::new(), size: 0, modified: None };
                    if gap.kind != GapKind::Unsupported {
                        survey.unlisted.push((object.uri.clone(), gap));
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
                Verdict::Elsewhere | Verdict::Twice => continue,
                Verdict::New => &mut survey.new,
                Verdict::Changed => &mut survey.changed,
                Verdict::Policy => &mut survey.policy,
                Verdict::Again => &mut survey.again,
            };
            *count = (count.0 + 1, count.1 + object.size);
        }
    }
    let listed: Vec<&str> = sources.iter().map(Source::uri).collect();
    if survey.unlisted.is_empty() {
        survey.gone = known.unseen(&listed).count() as u64;
    }
    survey
}
