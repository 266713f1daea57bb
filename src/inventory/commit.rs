//! From a run's last row to its commit, step by step; and back, where it is given up.

use super::derived::DerivedFiles;
use super::hold;
use super::ids::Wanted;
use super::journal;
use super::log::{self, Change, DataFile, Files};
use super::read::Scan;
use super::record::{self, Record};
use super::recover::{self, missing_from};
use super::row::Row;
use super::store::in_table;
use super::table::{TABLES, Table};
use super::work::{self, OBSERVED};
use super::writer::Writer;
use crate::model::rows::{ObjectRow, RunRow};
use std::io;
use std::sync::atomic::AtomicU64;

/// How often a version is put anew that another writer's came before.
const VERSIONS_MAX: u32 = 100;

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
    /// Makes the run visible, all tables together. The row comes back with its number, key and chain filled in.
    pub fn commit(mut self, run: RunRow) -> io::Result<RunRow> {
        self.commit_steps(run, CommitStep::Done)
    }

    /// Commits up to a step and leaves everything as it is then, as a killed process would.
    #[doc(hidden)]
    pub fn commit_until(mut self, run: RunRow, step: CommitStep) -> io::Result<()> {
        let stopped = self.commit_steps(run, step);
        self.hold.leave();
        self.finished = true;
        stopped.map(|_| ())
    }

    /// Takes back everything this run wrote and did not save. Dropping the writer does the same, but cannot say what failed.
    pub fn abort(mut self) -> io::Result<()> {
        self.finished = true;
        self.take_back()
    }

    /// In a folder everything goes that no commit names. In a store only what this writer knows to be its own alone: what
    /// it saved may be another's by now.
    fn take_back(&mut self) -> io::Result<()> {
        self.derived.iter_mut().for_each(DerivedFiles::stop);
        if !self.root.is_shared() {
            return recover::roll_back(&self.root, 0).map(|_| ());
        }
        for table in Table::ALL {
            let saved = OBSERVED.iter().position(|observed| *observed == table).map_or(0, |i| self.saved_files[i]);
            let own = if table == Table::Runs { self.runs.files() } else { self.written(table) };
            for file in own.iter().skip(saved) {
                self.root.0.remove(&in_table(table, &file.path))?;
            }
        }
        Ok(())
    }

    pub(super) fn written(&self, table: Table) -> &[DataFile] {
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
        self.hold.check()?;
        // From here on what was written may be named by a version: it is left to the next writer.
        self.finished |= self.root.is_shared();
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
            let version = &mut versions[table as usize];
            self.put_version((table, version), operation, row.run, &changes[table as usize])?;
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
        let record = Record { run: row, versions, next_object, linked, kept, claim: self.hold.claim(), sources };
        match record::put(&self.root, &record) {
            Err(e) if self.root.is_shared() => hold::is_committed(&self.root, record.run.run, record.claim, e)?,
            put => put?,
        }
        self.finished = true;
        if stop == CommitStep::Done {
            // The run is committed whether or not these go away; the next writer removes what stays.
            let _ = record::remove_intent(&self.root, record.run.run);
            let _ = work::clear(&self.root, self.hold.claim());
        }
        Ok(record.run)
    }

    /// Puts the next version of a table. In a store one that was thought dead may have put it first: then what it changed is
    /// taken out in the version after.
    fn put_version(&self, at: (Table, &mut u64), operation: &str, run: u64, change: &Change) -> io::Result<()> {
        let (table, version) = at;
        let mut put = log::commit(&self.root, table, *version, operation, run, change);
        for _ in 0..VERSIONS_MAX {
            match put {
                Err(e) if self.root.is_shared() && e.kind() == io::ErrorKind::AlreadyExists => {}
                put => return put,
            }
            let named = |file: &DataFile| (file.path.clone(), file.clone());
            let mut wanted: Files = self.base.files[table as usize].iter().map(named).collect();
            change.remove.iter().for_each(|file| drop(wanted.remove(&file.path)));
            wanted.extend(change.add.iter().map(named));
            let newest = log::newest(&self.root, table)?.unwrap_or(*version);
            let left = log::replay(&self.root, table, newest, &mut |_| {})?;
            let mended = Change { add: missing_from(&left, &wanted), remove: missing_from(&wanted, &left) };
            *version = newest + 1;
            put = log::commit(&self.root, table, *version, operation, run, &mended);
        }
        put
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
        let root = self.root.clone();
        let row_groups = AtomicU64::new(0);
        let (root, table) = (&root, Table::Objects);
        let scan = Scan { root, table, files: &files, columns: None, wanted: None, row_groups: &row_groups };
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
            let _ = self.take_back();
        }
    }
}
