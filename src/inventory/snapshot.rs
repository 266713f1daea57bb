//! The tables at one moment, for readers.

use super::cells::Group;
use super::ids::{IdSet, Wanted};
use super::log::{self, DataFile};
use super::read::Scan;
use super::record::{self, Record};
use super::row::{Row, mentions};
use super::store::Root;
use super::table::{TABLES, Table};
use crate::model::rows::{
    ConsumerRow, FieldRow, IdentifierRow, LinkMention, LinkRow, MembershipRow, MentionRow, ObjectRow, OrphanRow,
    RunRow, SourceRow, Tables,
};
use std::collections::BTreeSet;
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The state of an inventory at a commit, or what a writer would commit now. Its files stay, whatever is written
/// meanwhile, so a snapshot can be read for as long as it takes.
pub struct Snapshot {
    pub(super) root: Root,
    /// The last run that is part of it; 0 before the first.
    pub(super) run: u64,
    pub(super) versions: [u64; TABLES],
    pub(super) files: [Vec<DataFile>; TABLES],
    /// Objects that the next run retires, on top of what the files say.
    pub(super) retired: IdSet,
    /// The last run whose observed rows the derived tables describe.
    pub(super) linked: u64,
    pub(super) sources: Vec<SourceRow>,
    pub(super) live: OnceLock<IdSet>,
    pub(super) row_groups: AtomicU64,
}

impl Snapshot {
    /// The state at the last commit.
    pub(super) fn last(root: &Root) -> io::Result<Snapshot> {
        Snapshot::of(root, record::last(root)?.map(|(record, _)| record))
    }

    /// The state at a commit; before the first without one.
    pub(super) fn of(root: &Root, record: Option<Record>) -> io::Result<Snapshot> {
        let (run, versions) = record.as_ref().map_or((0, [0; TABLES]), |r| (r.run.run, r.pinned()));
        let mut files: [Vec<DataFile>; TABLES] = Default::default();
        for table in Table::ALL {
            // A folder that a crash left half made lacks tables; they are empty.
            if run > 0 || log::newest(root, table)?.is_some() {
                files[table as usize] =
                    log::replay(root, table, versions[table as usize], &mut |_| {})?.into_values().collect();
            }
        }
        let (linked, sources) = record.map_or((0, Vec::new()), |r| (r.linked, r.sources));
        Ok(Snapshot { linked, sources, ..Snapshot::new(root, run, versions, files) })
    }

    pub(super) fn new(root: &Root, run: u64, versions: [u64; TABLES], files: [Vec<DataFile>; TABLES]) -> Snapshot {
        Snapshot {
            root: root.clone(),
            run,
            versions,
            files,
            retired: IdSet::default(),
            linked: run,
            sources: Vec::new(),
            live: OnceLock::new(),
            row_groups: AtomicU64::new(0),
        }
    }

    /// The last run that is part of it; 0 before the first.
    pub fn run(&self) -> u64 {
        self.run
    }

    /// The last run whose observed rows the derived tables describe: what later runs read has no people yet.
    pub fn linked(&self) -> u64 {
        self.linked
    }

    /// The sources that were scanned, in the order of their first scan.
    pub fn sources(&self) -> &[SourceRow] {
        &self.sources
    }

    /// The last run that is part of it; none before the first.
    pub fn last_run(&self) -> io::Result<Option<RunRow>> {
        if self.run == 0 { Ok(None) } else { Ok(Some(record::read(&self.root, self.run)?.0.run)) }
    }

    /// The runs that made it, first to last.
    pub fn runs(&self) -> io::Result<Vec<RunRow>> {
        let runs: Vec<u64> = record::runs(&self.root)?.into_iter().take_while(|&run| run <= self.run).collect();
        Ok(record::read_all(&self.root, &runs)?.into_iter().map(|(record, _)| record.run).collect())
    }

    /// The Delta version of each table that belongs to it, for readers of other programs.
    pub fn versions(&self) -> Vec<(&'static str, u64)> {
        Table::ALL.iter().map(|&table| (table.name(), self.versions[table as usize])).collect()
    }

    /// How many row groups were read from it so far: what pruning saves can be measured by it.
    pub fn row_groups_read(&self) -> u64 {
        self.row_groups.load(Ordering::Relaxed)
    }

    fn scan(
        &self,
        table: Table,
        columns: Option<&[&str]>,
        wanted: Option<&Wanted>,
        each: &mut dyn FnMut(Group) -> io::Result<()>,
    ) -> io::Result<()> {
        let files = &self.files[table as usize];
        Scan { root: &self.root, table, files, columns, wanted, row_groups: &self.row_groups }.run(each)
    }

    /// Every row of a table, in the order in which they were written.
    fn all<R: Row>(&self, each: &mut dyn FnMut(R) -> io::Result<()>) -> io::Result<()> {
        self.scan(R::TABLE, None, None, &mut |batch| R::decode(batch, &|_| true, each))
    }

    /// The rows of live objects, or of the live ones among `only`.
    fn of_objects<R: Row>(
        &self,
        only: Option<&BTreeSet<u64>>,
        each: &mut dyn FnMut(R) -> io::Result<()>,
    ) -> io::Result<()> {
        let wanted = Wanted { live: self.live()?, only };
        self.scan(R::TABLE, None, Some(&wanted), &mut |batch| {
            let object = batch.long("object")?;
            R::decode(batch, &|i| wanted.contains(object.at(i)), each)
        })
    }

    /// The ids of the live objects.
    pub(super) fn live(&self) -> io::Result<&IdSet> {
        if let Some(live) = self.live.get() {
            return Ok(live);
        }
        let mut live = IdSet::default();
        self.scan(Table::Objects, Some(&["object", "valid_to"]), None, &mut |batch| {
            let (object, valid_to) = (batch.long("object")?, batch.long("valid_to")?);
            for i in (0..batch.len()).filter(|&i| valid_to.maybe(i).is_none()) {
                if !self.retired.contains(object.at(i)) {
                    live.insert(object.at(i));
                }
            }
            Ok(())
        })?;
        Ok(self.live.get_or_init(|| live))
    }
}

impl Tables for Snapshot {
    fn objects(&self, retired: bool, each: &mut dyn FnMut(ObjectRow) -> io::Result<()>) -> io::Result<()> {
        self.all(&mut |mut row: ObjectRow| {
            if self.retired.contains(row.id) {
                row.valid_to = row.valid_to.or(Some(self.run + 1));
            }
            if retired || row.valid_to.is_none() { each(row) } else { Ok(()) }
        })
    }

    fn object_names(&self, each: &mut dyn FnMut(u64, &str, &str) -> io::Result<()>) -> io::Result<()> {
        self.scan(Table::Objects, Some(&["object", "uri", "version", "valid_to"]), None, &mut |batch| {
            let (object, valid_to) = (batch.long("object")?, batch.long("valid_to")?);
            let (uri, version) = (batch.text("uri")?, batch.text("version")?);
            (0..batch.len())
                .filter(|&i| valid_to.maybe(i).is_none() && !self.retired.contains(object.at(i)))
                .try_for_each(|i| each(object.at(i), uri.at(i), version.at(i)))
        })
    }

    fn mentions(
        &self,
        only: Option<&BTreeSet<u64>>,
        each: &mut dyn FnMut(MentionRow) -> io::Result<()>,
    ) -> io::Result<()> {
        self.of_objects(only, each)
    }

    fn link_mentions(&self, each: &mut dyn FnMut(&LinkMention) -> io::Result<()>) -> io::Result<()> {
        let wanted = Wanted { live: self.live()?, only: None };
        self.scan(Table::Mentions, Some(mentions::LINK_COLUMNS), Some(&wanted), &mut |batch| {
            let object = batch.long("object")?;
            mentions::link_mentions(batch, &|i| wanted.contains(object.at(i)), each)
        })
    }

    fn mentions_max(&self) -> Option<u64> {
        Some(self.files[Table::Mentions as usize].iter().map(|file| file.rows).sum())
    }

    fn orphans(
        &self,
        only: Option<&BTreeSet<u64>>,
        each: &mut dyn FnMut(OrphanRow) -> io::Result<()>,
    ) -> io::Result<()> {
        self.of_objects(only, each)
    }

    fn fields(&self, only: Option<&BTreeSet<u64>>, each: &mut dyn FnMut(FieldRow) -> io::Result<()>) -> io::Result<()> {
        self.of_objects(only, each)
    }

    fn memberships(
        &self,
        only: Option<&BTreeSet<u64>>,
        each: &mut dyn FnMut(MembershipRow) -> io::Result<()>,
    ) -> io::Result<()> {
        self.of_objects(only, each)
    }

    fn consumers(&self, each: &mut dyn FnMut(ConsumerRow) -> io::Result<()>) -> io::Result<()> {
        self.all(each)
    }

    fn identifiers(&self, each: &mut dyn FnMut(IdentifierRow) -> io::Result<()>) -> io::Result<()> {
        self.all(each)
    }

    fn links(&self, each: &mut dyn FnMut(LinkRow) -> io::Result<()>) -> io::Result<()> {
        self.all(each)
    }
}
