//! The one writer of an inventory, from its beginning to its commit.

use super::compact::{self, Compacted};
use super::derived::DerivedFiles;
use super::hold::Hold;
use super::ids::IdSet;
use super::journal::{InHand, ObjectPrint, Suspects, Suspicion};
use super::log::DataFile;
use super::recover::{self, Base};
use super::sink::Sink;
use super::snapshot::Snapshot;
use super::store::{Root, invalid};
use super::table::{TABLES, Table};
use super::work::{OBSERVED, Part};
use crate::model::rows::{DerivedSinks, FieldRow, MentionRow, ObjectResult, ObjectRow, OrphanRow, RunRow, SourceRow};
use std::collections::BTreeMap;
use std::io;

/// Writes one run. Nothing it writes is seen by anyone until [`Writer::commit`]; dropped before, it leaves nothing.
pub struct Writer {
    pub(super) root: Root,
    pub(super) key_id: String,
    pub(super) base: Base,
    pub(super) next_object: u64,
    pub(super) objects: Sink<ObjectRow>,
    pub(super) fields: Sink<FieldRow>,
    pub(super) mentions: Sink<MentionRow>,
    pub(super) orphans: Sink<OrphanRow>,
    pub(super) retired: IdSet,
    /// Those of them that no saved part names yet.
    pub(super) retired_since: Vec<u64>,
    /// How many files of each observed table are saved.
    pub(super) saved_files: [usize; OBSERVED.len()],
    pub(super) suspects: Suspects,
    pub(super) runs: Sink<RunRow>,
    /// The files that compacting wrote again.
    pub(super) rewritten: Option<[Vec<DataFile>; TABLES]>,
    /// A source or its settings are new.
    pub(super) news: bool,
    pub(super) derived: Option<DerivedFiles>,
    /// There is nothing to take back.
    pub(super) finished: bool,
    /// Freed last, when nothing is left to do.
    pub(super) hold: Hold,
}

impl Writer {
    /// Takes over what the lock protects: rolls back to the last commit, and starts a run on it with what an interrupted
    /// one had saved.
    pub(super) fn begin(root: &Root, key_id: &str, hold: Hold) -> io::Result<Writer> {
        let suspects = Suspects::look(root)?;
        let base = recover::roll_back(root, hold.claim())?;
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
            hold,
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

    /// Writes many mentions; gives back a list to use again, and maybe mentions that are written by now.
    pub fn mentions(&mut self, rows: Vec<MentionRow>) -> io::Result<Vec<MentionRow>> {
        self.mentions.push_all(rows)
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

    /// Remembers these sources no longer. Their objects are not touched.
    pub fn forget(&mut self, uris: &[String]) {
        let before = self.base.sources.len();
        self.base.sources.retain(|row| !uris.contains(&row.uri));
        self.news |= self.base.sources.len() != before;
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
                compact::worth(&self.root, of(table), &dropped)
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
        self.hold.check()?;
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

    /// The objects that were in hand when an earlier process ended, and what to do with each.
    pub fn suspects(&self) -> BTreeMap<ObjectPrint, Suspicion> {
        self.suspects.all()
    }

    /// Reading an object ended a process of its own, by this signal.
    pub fn set_aside(&mut self, object: &ObjectPrint, signal: i32) -> io::Result<()> {
        self.suspects.set_aside(object, signal)
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
    pub fn derived(&mut self) -> DerivedSinks<'_> {
        let run = self.next_run();
        self.derived.get_or_insert_with(|| DerivedFiles::new(&self.root, run)).sinks()
    }
}
