//! Back to the last commit: what an interrupted writer left is taken out.
//!
//! Versions of a table past the committed one stay in its log (a version is never rewritten), so a further version takes
//! their files out and puts back those they removed; then a reader of the newest version sees the committed state too.

use super::columns;
use super::log::{self, Change, DataFile, Files};
use super::record::{self, Record};
use super::row::Row;
use super::store::{self, PARTIAL, Root};
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
    store::create_folder(&root.intents())?;
    store::create_folder(&root.work())?;
    store::create_folder(&root.commits())
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

/// Brings every table back to the last commit. Only the holder of the lock may call it.
pub(super) fn roll_back(root: &Root) -> io::Result<Base> {
    create_tables(root)?;
    let (record, hash) = record::last(root)?.map_or((None, String::new()), |(record, hash)| (Some(record), hash));
    let pinned = record.as_ref().map_or([0; TABLES], Record::pinned);
    let (run, next_object, linked, kept, sources) =
        record.map_or((0, 1, 0, 0, Vec::new()), |r| (r.run.run, r.next_object, r.linked, r.kept, r.sources));
    let saved = Saved::load(root, run)?;
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
                log::commit(root, table, newest + 1, "ROLLBACK", run + 1, &change)?;
                base.versions[table as usize] = newest + 1;
            }
        }
        base.files[table as usize] = files.into_values().collect();
        let folder = root.table(table);
        for name in store::names(&folder)? {
            if name.ends_with(".parquet") && !committed.contains(&name) && !base.saved.holds(table, &name) {
                store::remove(&folder.join(name))?;
            }
        }
    }
    for number in store::numbers(&root.intents())? {
        record::remove_intent(root, number)?;
    }
    let logs = Table::ALL.map(|table| root.log(table));
    for folder in logs.iter().chain([&root.0, &root.intents(), &root.commits(), &root.work()]) {
        for name in store::names(folder)?.iter().filter(|name| name.starts_with('.') && name.ends_with(PARTIAL)) {
            store::remove(&folder.join(name))?;
        }
    }
    Ok(base)
}

/// The files of `wanted` that `files` lacks.
fn missing_from(files: &Files, wanted: &Files) -> Vec<DataFile> {
    wanted.values().filter(|file| !files.contains_key(&file.path)).cloned().collect()
}
