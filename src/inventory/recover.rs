//! Back to the last commit: what an interrupted writer left is taken out.
//!
//! Versions of a table past the committed one stay in its log (a version is never rewritten), so a further version takes
//! their files out and puts back those they removed; then a reader of the newest version sees the committed state too.

use super::columns;
use super::log::{self, Change, DataFile, Files};
use super::record::{self, Record};
use super::row::Row;
use super::store::{PARTIAL, Root, WORK, in_table};
use super::table::{TABLES, Table};
use super::work::Saved;
use crate::model::rows::{
    ConsumerRow, FieldRow, IdentifierRow, LinkRow, MembershipRow, MentionRow, ObjectRow, OrphanRow, RunRow, SourceRow,
};
use arrow_schema::Schema;
use std::collections::BTreeSet;
use std::io;

/// What a writer starts from.
pub(super) struct Base {
    /// The last run; 0 before the first.
    pub run: u64,
    /// The hash of its record; empty before the first.
    pub hash: String,
    /// The first object id that is not used yet.
    pub next_object: u64,
    /// The newest version of each table, whose files are those of the last commit.
    pub versions: [u64; TABLES],
    /// Those files.
    pub files: [Vec<DataFile>; TABLES],
    /// The last run whose observed rows the derived tables describe.
    pub linked: u64,
    /// The oldest run whose data files are all still there.
    pub kept: u64,
    /// The sources that were scanned.
    pub sources: Vec<SourceRow>,
    /// What an interrupted run saved on its way.
    pub saved: Saved,
}

/// Creates the tables that are missing.
pub(super) fn create_tables(root: &Root) -> io::Result<()> {
    for table in Table::ALL {
        if log::newest(root, table)?.is_none() {
            log::create(root, table, &schema(table))?;
        }
    }
    root.0.create_folder(&root.intents())?;
    root.0.create_folder(WORK)?;
    root.0.create_folder(&root.commits())
}

fn schema(table: Table) -> Schema {
    columns::schema(match table {
        Table::Objects => ObjectRow::columns(&[]),
        Table::Fields => FieldRow::columns(&[]),
        Table::Mentions => MentionRow::columns(&[]),
        Table::Orphans => OrphanRow::columns(&[]),
        Table::Identifiers => IdentifierRow::columns(&[]),
        Table::Consumers => ConsumerRow::columns(&[]),
        Table::Memberships => MembershipRow::columns(&[]),
        Table::Links => LinkRow::columns(&[]),
        Table::Runs => RunRow::columns(&[]),
    })
}

/// Brings every table back to the last commit. Only the holder of the lock may call it, or of the claim.
///
/// In a store a writer that was thought dead may still be at work, on the commit that is the last now. Its files are left
/// alone: their names begin with the number of the run that it, or another, will commit next. Files of runs up to the last
/// commit that no version names are dead, because whoever wrote them can no longer commit.
pub(super) fn roll_back(root: &Root, claim: u64) -> io::Result<Base> {
    create_tables(root)?;
    let (record, hash) = record::last(root)?.map_or((None, String::new()), |(record, hash)| (Some(record), hash));
    let pinned = record.as_ref().map_or([0; TABLES], Record::pinned);
    let (run, next_object, linked, kept, sources) =
        record.map_or((0, 1, 0, 0, Vec::new()), |r| (r.run.run, r.next_object, r.linked, r.kept, r.sources));
    let saved = Saved::load(root, run, claim)?;
    let mut base =
        Base { run, hash, next_object, versions: pinned, files: Default::default(), linked, kept, sources, saved };
    for table in Table::ALL {
        let mut committed = BTreeSet::new();
        let files = log::replay(root, table, pinned[table as usize], &mut |path| {
            committed.insert(path.to_string());
        })?;
        if let Some(newest) = log::newest(root, table)?.filter(|&newest| newest > pinned[table as usize]) {
            let left = log::replay(root, table, newest, &mut |_| {})?;
            let change = Change { add: missing_from(&left, &files), remove: missing_from(&files, &left) };
            base.versions[table as usize] = newest;
            if !change.is_empty() {
                match log::commit(root, table, newest + 1, "ROLLBACK", run + 1, &change) {
                    // Somebody is alive after all; who commits first is known at the commit.
                    Err(e) if root.is_shared() && e.kind() == io::ErrorKind::AlreadyExists => {}
                    put => put?,
                }
                base.versions[table as usize] = newest + 1;
            }
        }
        base.files[table as usize] = files.into_values().collect();
        for name in root.0.names(table.name())? {
            let is_dead = !root.is_shared() || log::run_of(&name).is_some_and(|of| of <= run);
            let is_named = committed.contains(&name) || base.saved.holds(table, &name);
            if name.ends_with(".parquet") && is_dead && !is_named {
                root.0.remove(&in_table(table, &name))?;
            }
        }
    }
    for number in root.numbers(&root.intents())?.into_iter().filter(|&number| !root.is_shared() || number <= run) {
        record::remove_intent(root, number)?;
    }
    if root.is_shared() {
        return Ok(base);
    }
    let logs = Table::ALL.map(|table| root.log(table));
    for folder in logs.iter().map(String::as_str).chain(["", &root.intents(), &root.commits(), WORK]) {
        for name in root.0.names(folder)?.iter().filter(|name| name.starts_with('.') && name.ends_with(PARTIAL)) {
            root.0.remove(&if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") })?;
        }
    }
    Ok(base)
}

/// The files of `wanted` that `files` lacks.
pub(super) fn missing_from(files: &Files, wanted: &Files) -> Vec<DataFile> {
    wanted.values().filter(|file| !files.contains_key(&file.path)).cloned().collect()
}
