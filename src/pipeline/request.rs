//! What a scan is asked, and what passes between its threads.

use super::known::KnownObject;
use super::plan::Plan;
use super::worker::{FindingSink, Task};
use crate::identity::key::Key;
use crate::inventory::ObjectPrint;
use crate::model::gap::{Gap, GapKind};
use crate::model::object::{Object, Status};
use crate::model::rows::{MentionRow, ObjectResult, ObjectRow};
use crate::source::Source;
use crossbeam_channel::Sender;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

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
    /// Objects to read in place of what the sources list; none reads all that they list.
    pub objects: Option<&'a [Named]>,
    /// URIs of all sources that are refreshed together, so that an object that several list is left to the one that read
    /// it; none where every source reads what it lists.
    pub owners: &'a [String],
    /// Retires what the sources no longer list.
    pub retire: bool,
    /// URIs of sources that are no longer there, and whose objects are gone with them.
    pub emptied: &'a [String],
    /// How often the work is saved against a kill; none never saves.
    pub save_every: Option<Duration>,
    /// Takes single findings.
    pub findings: Option<&'a dyn FindingSink>,
    /// Tries objects in processes of their own; none leaves that out.
    pub probe: Option<&'a dyn Probe>,
    /// What a progress line shows.
    pub counters: &'a Counters,
    /// Set to stop the run soon.
    pub stop: &'a AtomicBool,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub now: fn() -> i64,
}

/// Has an object read by a process of its own, which may end by it.
pub trait Probe: Sync {
    /// The signal that ended that process. None where it survived, could not be started, or was told to stop.
    fn ended_by(&self, source: &Source, object: &Object) -> Option<i32>;
}

/// An object that is named in place of being listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its URI or path.
    pub name: String,
    /// It is said to be gone.
    pub deleted: bool,
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
    pub bytes_read: Arc<AtomicU64>,
    /// Blocks that a worker offered to others to survey.
    pub blocks_offered: AtomicU64,
}

/// A task on its way through the threads.
pub(super) struct Job<'a> {
    pub task: Task<'a>,
    pub print: ObjectPrint,
    /// What the inventory has of the object.
    pub known: Option<KnownObject>,
}

pub(super) enum Message {
    Mentions(Vec<MentionRow>),
    /// The object's result; its print; what was known of it.
    Object(Box<ObjectResult>, ObjectPrint, Option<KnownObject>),
    /// The result of an object that is set aside; its print; the signal; what was known of it.
    SetAside(Box<ObjectResult>, ObjectPrint, i32, Option<KnownObject>),
    NotReached,
    /// Save what is written, and say when that is done.
    Save(Sender<()>),
}

/// The row of something that was listed and cannot be read.
pub(super) fn unread(task: Task<'_>, gap: Gap, policy: &str) -> ObjectResult {
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
