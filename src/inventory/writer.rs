//! The one writer of an inventory, from its beginning to its commit.

use super::ids::{IdSet, Wanted};
use super::log::{self, Change, DataFile};
use super::read::Scan;
use super::record::{self, Record};
use super::recover::{self, Base};
use super::row::Row;
use super::sink::Sink;
use super::snapshot::Snapshot;
use super::store::{Lock, Root, invalid};
use super::table::{TABLES, Table};
use crate::model::mention::TokenValue;
use crate::model::rows::{
    ConsumerRow, DerivedSink, FieldRow, IdentifierRow, LinkRow, MembershipRow, MentionRow, ObjectResult, ObjectRow,
    OrphanRow, RunRow,
};
use std::io;
use std::sync::atomic::AtomicU64;

/// Writes one run. Nothing it writes is seen by anyone until [`Writer::commit`]; dropped before, it leaves nothing.
pub struct Writer {
    root: Root,
    key_id: String,
    base: Base,
    next_object: u64,
    objects: Sink<ObjectRow>,
    fields: Sink<FieldRow>,
    mentions: Sink<MentionRow>,
    orphans: Sink<OrphanRow>,
    retired: IdSet,
    derived: Option<DerivedFiles>,
    /// There is nothing to take back.
    finished: bool,
    /// Freed last, when nothing is left to do.
    _lock: Lock,
}

/// How far a commit goes before it stops as a killed process would, for tests.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitStep {
    /// The data files are written.
    Data,
    /// The intent is written.
    Intent,
    /// So many tables have their new version.
    Tables(usize),
    /// The commit record is written, and the run visible.
    Record,
    /// Everything is done.
    Done,
}

impl Writer {
    /// Takes over what the lock protects: rolls back to the last commit and starts a run on it.
    pub(super) fn begin(root: &Root, key_id: &str, lock: Lock) -> io::Result<Writer> {
        let base = recover::roll_back(root)?;
        let run = base.run + 1;
        Ok(Writer {
            root: root.clone(),
            key_id: key_id.to_string(),
            next_object: base.next_object,
            objects: Sink::new(root, run),
            fields: Sink::new(root, run),
            mentions: Sink::new(root, run),
            orphans: Sink::new(root, run),
            retired: IdSet::default(),
            derived: None,
            finished: false,
            base,
            _lock: lock,
        })
    }

    /// An id for an object. It grows over the life of the inventory and never comes again once it is committed.
    pub fn next_object_id(&mut self) -> u64 {
        let id = self.next_object;
        self.next_object += 1;
        id
    }

    /// The number of this run.
    pub fn next_run(&self) -> u64 {
        self.base.run + 1
    }

    /// Writes a mention. Mentions whose object never follows (its reading was interrupted) are seen by no reader.
    pub fn mention(&mut self, row: MentionRow) -> io::Result<()> {
        self.mentions.push(row)
    }

    /// Writes an object with its fields and orphans.
    pub fn object(&mut self, result: ObjectResult) -> io::Result<()> {
        result.fields.into_iter().try_for_each(|row| self.fields.push(row))?;
        result.orphans.into_iter().try_for_each(|row| self.orphans.push(row))?;
        self.objects.push(result.object)
    }

    /// Ends the life of an object that an earlier run wrote. One that is retired already stays as it is.
    pub fn retire(&mut self, object: u64) {
        self.retired.insert(object);
    }

    /// Rows that this writer holds in memory.
    pub fn rows_buffered(&self) -> usize {
        let observed = [
            self.objects.rows_buffered(),
            self.fields.rows_buffered(),
            self.mentions.rows_buffered(),
            self.orphans.rows_buffered(),
        ];
        observed.iter().sum::<usize>() + self.derived.as_ref().map_or(0, DerivedFiles::rows_buffered)
    }

    /// Bytes that those rows take, about.
    pub fn bytes_buffered(&self) -> usize {
        let observed = [
            self.objects.bytes_buffered(),
            self.fields.bytes_buffered(),
            self.mentions.bytes_buffered(),
            self.orphans.bytes_buffered(),
        ];
        observed.iter().sum::<usize>() + self.derived.as_ref().map_or(0, DerivedFiles::bytes_buffered)
    }

    /// Closes the files of what was observed, so that [`Writer::view`] can read them.
    pub fn seal_observed(&mut self) -> io::Result<()> {
        self.objects.close()?;
        self.fields.close()?;
        self.mentions.close()?;
        self.orphans.close()
    }

    /// The live state as it will be: what was there, without what this run retires, with what it wrote up to
    /// [`Writer::seal_observed`]. The derived tables are those of the last commit.
    pub fn view(&self) -> Snapshot {
        let mut files = self.base.files.clone();
        for table in [Table::Objects, Table::Fields, Table::Mentions, Table::Orphans] {
            files[table as usize].extend_from_slice(self.written(table));
        }
        let mut view = Snapshot::new(&self.root, self.base.run, self.base.versions, files);
        view.retired = self.retired.clone();
        view
    }

    /// Where linking writes. What comes through it replaces the derived tables wholly; without it they stay.
    pub fn derived(&mut self) -> impl DerivedSink {
        let run = self.next_run();
        self.derived.get_or_insert_with(|| DerivedFiles::new(&self.root, run))
    }

    /// Makes the run visible, all tables together. The row comes back with its number, key and chain filled in.
    pub fn commit(mut self, run: RunRow) -> io::Result<RunRow> {
        self.commit_steps(run, CommitStep::Done)
    }

    /// Commits up to a step and leaves everything as it is then, as a killed process would.
    #[doc(hidden)]
    pub fn commit_until(mut self, run: RunRow, step: CommitStep) -> io::Result<()> {
        let stopped = self.commit_steps(run, step);
        self.finished = true;
        stopped.map(|_| ())
    }

    /// Takes back everything this run wrote. Dropping the writer does the same, but cannot say what failed.
    pub fn abort(mut self) -> io::Result<()> {
        self.finished = true;
        recover::roll_back(&self.root).map(|_| ())
    }

    fn written(&self, table: Table) -> &[DataFile] {
        match (table, &self.derived) {
            (Table::Objects, _) => self.objects.files(),
            (Table::Fields, _) => self.fields.files(),
            (Table::Mentions, _) => self.mentions.files(),
            (Table::Orphans, _) => self.orphans.files(),
            (Table::Identifiers, Some(derived)) => derived.identifiers.files(),
            (Table::Consumers, Some(derived)) => derived.consumers.files(),
            (Table::Memberships, Some(derived)) => derived.memberships.files(),
            (Table::Links, Some(derived)) => derived.links.files(),
            _ => &[],
        }
    }

    fn commit_steps(&mut self, mut row: RunRow, stop: CommitStep) -> io::Result<RunRow> {
        row.run = self.next_run();
        row.key_id = self.key_id.clone();
        row.previous = self.base.hash.clone();

        // Data first: what a log names must be there and durable.
        let rewritten = self.rewrite_retired()?;
        self.seal_observed()?;
        if let Some(derived) = &mut self.derived {
            derived.close()?;
        }
        let mut runs = Sink::new(&self.root, row.run);
        runs.push(row.clone())?;
        runs.close()?;
        let changes = self.changes(rewritten, runs.files());
        if stop == CommitStep::Data {
            return Ok(row);
        }

        let mut versions = self.base.versions;
        for (version, change) in versions.iter_mut().zip(&changes) {
            *version += u64::from(!change.is_empty());
        }
        record::put_intent(&self.root, row.run, &versions)?;
        if stop == CommitStep::Intent {
            return Ok(row);
        }

        let changed = Table::ALL.into_iter().filter(|&table| !changes[table as usize].is_empty());
        for (done, table) in changed.enumerate() {
            if stop == CommitStep::Tables(done) {
                return Ok(row);
            }
            log::commit(&self.root, table, versions[table as usize], "WRITE", row.run, &changes[table as usize])?;
        }
        if matches!(stop, CommitStep::Tables(_)) {
            return Ok(row);
        }

        let record = Record { run: row, versions: record::by_name(&versions), next_object: self.next_object };
        record::put(&self.root, &record)?;
        self.finished = true;
        if stop == CommitStep::Done {
            // The run is committed whether or not its intent goes away; the next writer removes what stays.
            let _ = record::remove_intent(&self.root, record.run.run);
        }
        Ok(record.run)
    }

    /// Writes the rows of the files that hold retired objects again, and returns those files.
    fn rewrite_retired(&mut self) -> io::Result<Vec<DataFile>> {
        let wanted = Wanted { live: &self.retired, only: None };
        let held = |file: &&DataFile| file.objects.is_none_or(|(min, max)| wanted.any_in(min, max));
        if self.retired.is_empty() {
            return Ok(Vec::new());
        }
        let files: Vec<DataFile> = self.base.files[Table::Objects as usize].iter().filter(held).cloned().collect();
        let run = self.base.run + 1;
        let folder = self.root.table(Table::Objects);
        let row_groups = AtomicU64::new(0);
        let scan = Scan { folder: &folder, files: &files, columns: None, wanted: None, row_groups: &row_groups };
        let (objects, retired) = (&mut self.objects, &self.retired);
        scan.run(&mut |batch| {
            ObjectRow::decode(batch, &|_| true, &mut |mut row| {
                if retired.contains(row.id) {
                    row.valid_to = row.valid_to.or(Some(run));
                }
                objects.push(row)
            })
        })?;
        Ok(files)
    }

    /// What changes in each table.
    fn changes(&self, rewritten: Vec<DataFile>, runs: &[DataFile]) -> [Change; TABLES] {
        let mut changes = Table::ALL.map(|table| Change { add: self.written(table).to_vec(), remove: Vec::new() });
        changes[Table::Objects as usize].remove = rewritten;
        changes[Table::Runs as usize].add = runs.to_vec();
        if self.derived.is_some() {
            for table in [Table::Identifiers, Table::Consumers, Table::Memberships, Table::Links] {
                changes[table as usize].remove = self.base.files[table as usize].clone();
            }
        }
        changes
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.finished {
            // Nobody is left to tell; what stays behind is rolled back by the next writer.
            let _ = recover::roll_back(&self.root);
        }
    }
}

/// The derived tables on their way.
struct DerivedFiles {
    identifiers: Sink<IdentifierRow>,
    consumers: Sink<ConsumerRow>,
    memberships: Sink<MembershipRow>,
    links: Sink<LinkRow>,
    last_consumer: Option<TokenValue>,
    last_token: Option<TokenValue>,
}

impl DerivedFiles {
    fn new(root: &Root, run: u64) -> Self {
        DerivedFiles {
            identifiers: Sink::new(root, run),
            consumers: Sink::new(root, run),
            memberships: Sink::new(root, run),
            links: Sink::new(root, run),
            last_consumer: None,
            last_token: None,
        }
    }

    fn close(&mut self) -> io::Result<()> {
        self.identifiers.close()?;
        self.consumers.close()?;
        self.memberships.close()?;
        self.links.close()
    }

    fn rows_buffered(&self) -> usize {
        self.identifiers.rows_buffered()
            + self.consumers.rows_buffered()
            + self.memberships.rows_buffered()
            + self.links.rows_buffered()
    }

    fn bytes_buffered(&self) -> usize {
        self.identifiers.bytes_buffered()
            + self.consumers.bytes_buffered()
            + self.memberships.bytes_buffered()
            + self.links.bytes_buffered()
    }
}

/// Readers merge by these orders, so a row out of order is refused rather than written.
impl DerivedSink for &mut DerivedFiles {
    fn membership(&mut self, row: MembershipRow) -> io::Result<()> {
        self.memberships.push(row)
    }

    fn consumer(&mut self, row: ConsumerRow) -> io::Result<()> {
        if self.last_consumer.replace(row.id).is_some_and(|last| last >= row.id) {
            return Err(invalid("consumers must come in ascending order of id"));
        }
        self.consumers.push(row)
    }

    fn identifier(&mut self, row: IdentifierRow) -> io::Result<()> {
        if self.last_token.replace(row.token).is_some_and(|last| last > row.token) {
            return Err(invalid("identifiers must come in ascending order of token"));
        }
        self.identifiers.push(row)
    }

    fn link(&mut self, row: LinkRow) -> io::Result<()> {
        self.links.push(row)
    }
}
