//! The one writer of an inventory, from its beginning to its commit.

use super::compact::{self, Compacted};
use super::derived::DerivedFiles;
use super::ids::{IdSet, Wanted};
use super::journal::{self, InHand, ObjectPrint, Suspects};
use super::log::{self, Change, DataFile};
use super::read::Scan;
use super::record::{self, Record};
use super::recover::{self, Base};
use super::row::Row;
use super::sink::Sink;
use super::snapshot::Snapshot;
use super::store::{Lock, Root, invalid};
use super::table::{TABLES, Table};
use super::work::{self, OBSERVED, Part};
use crate::model::rows::{DerivedSink, FieldRow, MentionRow, ObjectResult, ObjectRow, OrphanRow, RunRow, SourceRow};
use std::collections::BTreeMap;
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
    /// Those of them that no saved part names yet.
    retired_since: Vec<u64>,
    /// How many files of each observed table are saved.
    saved_files: [usize; OBSERVED.len()],
    suspects: Suspects,
    runs: Sink<RunRow>,
    /// The files that compacting wrote again.
    rewritten: Option<[Vec<DataFile>; TABLES]>,
    /// A source or its settings are new.
    news: bool,
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
    /// Takes over what the lock protects: rolls back to the last commit, and starts a run on it with what an interrupted
    /// one had saved.
    pub(super) fn begin(root: &Root, key_id: &str, lock: Lock) -> io::Result<Writer> {
        let suspects = Suspects::look(root)?;
        let base = recover::roll_back(root)?;
        let run = base.run + 1;
        let saved = |table| base.saved.files(table).to_vec();
        let mut retired = IdSet::default();
        base.saved.whole.retired.iter().for_each(|id| retired.insert(*id));
        Ok(Writer {
            root: root.clone(),
            key_id: key_id.to_string(),
            next_object: base.next_object.max(base.saved.whole.next_object),
            objects: Sink::with(root, run, saved(Table::Objects)),
            fields: Sink::with(root, run, saved(Table::Fields)),
            mentions: Sink::with(root, run, saved(Table::Mentions)),
            orphans: Sink::with(root, run, saved(Table::Orphans)),
            saved_files: OBSERVED.map(|table| base.saved.files(table).len()),
            retired,
            retired_since: Vec::new(),
            suspects,
            runs: Sink::new(root, run),
            rewritten: None,
            news: false,
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

    /// No object gets an id below this one from now on.
    pub fn reserve(&mut self, next_object: u64) {
        self.next_object = self.next_object.max(next_object);
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

    /// Writes a field of an object that is written by itself.
    pub(super) fn field(&mut self, row: FieldRow) -> io::Result<()> {
        self.fields.push(row)
    }

    /// Writes an orphan of an object that is written by itself.
    pub(super) fn orphan(&mut self, row: OrphanRow) -> io::Result<()> {
        self.orphans.push(row)
    }

    /// Ends the life of an object that an earlier run wrote. One that is retired already stays as it is.
    pub fn retire(&mut self, object: u64) {
        self.retired.insert(object);
        self.retired_since.push(object);
    }

    /// Remembers a source and how it was scanned; what was known of it is replaced.
    pub fn source(&mut self, row: SourceRow) {
        match self.base.sources.iter_mut().find(|known| known.uri == row.uri) {
            Some(known) if *known == row => return,
            Some(known) => *known = row,
            None => self.base.sources.push(row),
        }
        self.news = true;
    }

    /// The sources that are remembered.
    pub fn sources(&self) -> &[SourceRow] {
        &self.base.sources
    }

    /// Writes the small files of every table but the derived ones again as few large ones, without what no version from
    /// `oldest` on shows; [`Inventory::vacuum`](super::Inventory::vacuum) deletes what that frees, after the commit. The
    /// writer must have nothing else to write.
    pub fn compact(&mut self, oldest: u64) -> io::Result<Compacted> {
        if self.has_changes() {
            return Err(invalid(
                "an interrupted run has saved work that is not committed; scan or refresh to end it, then compact",
            ));
        }
        let of = |table: Table| &self.base.files[table as usize];
        let dropped = compact::dropped(&self.root, of(Table::Objects), oldest)?;
        let rewritten = Table::ALL.map(|table| match table {
            Table::Objects | Table::Fields | Table::Mentions | Table::Orphans | Table::Runs => {
                compact::worth(of(table), &dropped)
            }
            _ => Vec::new(),
        });
        let old = |table: Table| rewritten[table as usize].as_slice();
        compact::rewrite(&self.root, old(Table::Objects), &dropped, &mut self.objects)?;
        compact::rewrite(&self.root, old(Table::Fields), &dropped, &mut self.fields)?;
        compact::rewrite(&self.root, old(Table::Mentions), &dropped, &mut self.mentions)?;
        compact::rewrite(&self.root, old(Table::Orphans), &dropped, &mut self.orphans)?;
        compact::rewrite(&self.root, old(Table::Runs), &dropped, &mut self.runs)?;
        self.seal_observed()?;
        self.base.kept = oldest.max(self.base.kept);
        let written = OBSERVED.iter().map(|&table| self.written(table).len() as u64).sum();
        let count = rewritten.iter().map(|files| files.len() as u64).sum();
        self.rewritten = Some(rewritten);
        Ok(Compacted { rewritten: count, written, deleted: (0, 0), oldest: self.base.kept })
    }

    /// Whether a source or its settings are new to the inventory.
    pub fn has_news(&self) -> bool {
        self.news
    }

    /// Whether anything was observed, or retired, since the last commit.
    pub fn has_changes(&self) -> bool {
        let written = !self.objects.is_empty()
            || !self.fields.is_empty()
            || !self.mentions.is_empty()
            || !self.orphans.is_empty();
        written || !self.retired.is_empty()
    }

    /// Whether the derived tables of the last commit describe all that was observed then.
    pub fn was_linked(&self) -> bool {
        self.base.linked == self.base.run
    }

    /// How many objects an interrupted run had saved, which this run has taken over.
    pub fn taken_over(&self) -> u64 {
        self.base.saved.files(Table::Objects).iter().map(|file| file.rows).sum()
    }

    /// Saves what was written so far, so that the next run can take it over should this one be killed. No reader sees it
    /// before the commit. `next_object` is the first object id that nobody was given yet.
    pub fn save(&mut self, next_object: u64) -> io::Result<()> {
        self.reserve(next_object);
        self.seal_observed()?;
        let mut part = Part { base: self.base.run, next_object: self.next_object, ..Part::default() };
        for (table, saved) in OBSERVED.into_iter().zip(self.saved_files) {
            part.files.insert(table.name().to_string(), self.written(table)[saved..].to_vec());
        }
        part.retired = std::mem::take(&mut self.retired_since);
        self.saved_files = OBSERVED.map(|table| self.written(table).len());
        self.base.saved.put(&self.root, &part)
    }

    /// Opens the journal of what workers have in hand.
    pub fn in_hand(&self) -> io::Result<InHand> {
        InHand::create(&self.root)
    }

    /// The objects that were in hand when an earlier process ended, and whether each is set aside.
    pub fn suspects(&self) -> BTreeMap<ObjectPrint, bool> {
        self.suspects.all()
    }

    /// A suspect was read to its end.
    pub fn clear_suspect(&mut self, object: &ObjectPrint) -> io::Result<()> {
        self.suspects.clear(object)
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
        view.linked = self.base.linked;
        view.sources = self.base.sources.clone();
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

    /// Takes back everything this run wrote and did not save. Dropping the writer does the same, but cannot say what failed.
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
        self.runs.push(row.clone())?;
        self.runs.close()?;
        let changes = self.changes(rewritten);
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
            let operation = if self.rewritten.is_some() && table != Table::Runs { log::REWRITE } else { "WRITE" };
            log::commit(&self.root, table, versions[table as usize], operation, row.run, &changes[table as usize])?;
        }
        if matches!(stop, CommitStep::Tables(_)) {
            return Ok(row);
        }

        let observed = OBSERVED.iter().any(|&table| !changes[table as usize].is_empty());
        let linked = match self.derived.is_some() || (self.was_linked() && (!observed || self.rewritten.is_some())) {
            true => row.run,
            false => self.base.linked,
        };
        let sources = std::mem::take(&mut self.base.sources);
        let versions = record::by_name(&versions);
        let (next_object, kept) = (self.next_object, self.base.kept);
        let record = Record { run: row, versions, next_object, linked, kept, sources };
        record::put(&self.root, &record)?;
        self.finished = true;
        if stop == CommitStep::Done {
            // The run is committed whether or not these go away; the next writer removes what stays.
            let _ = record::remove_intent(&self.root, record.run.run);
            let _ = work::clear(&self.root);
        }
        Ok(record.run)
    }

    /// Writes the rows of the files that hold retired objects again, and returns those files.
    fn rewrite_retired(&mut self) -> io::Result<Vec<DataFile>> {
        let wanted = Wanted { live: &self.retired, only: None };
        let held = |file: &DataFile| file.objects.is_none_or(|(min, max)| wanted.any_in(min, max));
        if self.retired.is_empty() {
            return Ok(Vec::new());
        }
        let files: Vec<DataFile> =
            self.base.files[Table::Objects as usize].iter().filter(|file| held(file)).cloned().collect();
        // What an interrupted run saved of an object that has changed since was never part of an answer: it goes.
        self.objects.close()?;
        let own = self.objects.release(held);
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
        let scan = Scan { files: &own, ..scan };
        scan.run(&mut |batch| {
            let object = batch.long("object")?;
            ObjectRow::decode(batch, &|i| !retired.contains(object.at(i)), &mut |row| objects.push(row))
        })?;
        Ok(files)
    }

    /// What changes in each table.
    fn changes(&self, rewritten: Vec<DataFile>) -> [Change; TABLES] {
        let mut changes = Table::ALL.map(|table| Change { add: self.written(table).to_vec(), remove: Vec::new() });
        changes[Table::Objects as usize].remove = rewritten;
        changes[Table::Runs as usize].add = self.runs.files().to_vec();
        for (change, files) in changes.iter_mut().zip(self.rewritten.iter().flatten()) {
            change.remove.extend_from_slice(files);
        }
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
        journal::forget(&self.root);
        if !self.finished {
            // Nobody is left to tell; what stays behind is rolled back by the next writer.
            let _ = recover::roll_back(&self.root);
        }
    }
}
