//! Keeping files large, and taking away the files that no kept version needs.
//!
//! Each run adds files, most of them small. Compacting writes the small ones of a table again as few large ones, without
//! the rows of objects that no kept version shows, as one more run. The files it replaced stay for as long as a version
//! that needs them is kept; older ones are then deleted. Their logs and commit records stay: the chain is whole.

use super::cells::Group;
use super::ids::IdSet;
use super::log;
use super::log::DataFile;
use super::log::run_of;
use super::read::Scan;
use super::record;
use super::row::Row;
use super::sink::Sink;
use super::store::{Root, in_table};
use super::table::Table;
use crate::model::rows::ObjectRow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::AtomicU64;

/// What compacting did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Data files that were written again.
    pub rewritten: u64,
    /// Data files that came of them.
    pub written: u64,
    /// Data files that were deleted, and their bytes.
    pub deleted: (u64, u64),
    /// The oldest run whose state can still be asked for.
    pub oldest: u64,
}

/// The files of a table that are worth being written again: several small ones, and those that hold dropped rows.
pub(super) fn worth(root: &Root, files: &[DataFile], dropped: &IdSet) -> Vec<DataFile> {
    // Half of what a file may have.
    let small = |file: &&DataFile| file.bytes < (root.0.file_bytes() / 2) as u64;
    let stale = |file: &&DataFile| {
        file.objects.is_some_and(|(min, max)| min >= 0 && dropped.any_in(min.cast_unsigned(), max.cast_unsigned()))
    };
    let several = files.iter().filter(small).count() > 1;
    files.iter().filter(|file| stale(file) || (several && small(file))).cloned().collect()
}

/// The objects that no version from `oldest` on shows.
pub(super) fn dropped(root: &Root, files: &[DataFile], oldest: u64) -> io::Result<IdSet> {
    let mut dropped = IdSet::default();
    each(root, Table::Objects, files, &mut |batch| {
        ObjectRow::decode(batch, &|_| true, &mut |row| {
            if row.valid_to.is_some_and(|run| run <= oldest) {
                dropped.insert(row.id);
            }
            Ok(())
        })
    })?;
    Ok(dropped)
}

/// Writes the rows of files again, those of dropped objects left out.
pub(super) fn rewrite<R: Row>(root: &Root, files: &[DataFile], dropped: &IdSet, sink: &mut Sink<R>) -> io::Result<()> {
    each(root, R::TABLE, files, &mut |batch| {
        let object = if R::TABLE == Table::Runs { None } else { Some(batch.long("object")?) };
        let keep = |i: usize| object.as_ref().is_none_or(|object| !dropped.contains(object.at(i)));
        R::decode(batch, &keep, &mut |row| sink.push(row))
    })
}

fn each(
    root: &Root,
    table: Table,
    files: &[DataFile],
    each: &mut dyn FnMut(Group) -> io::Result<()>,
) -> io::Result<()> {
    let row_groups = AtomicU64::new(0);
    Scan { root, table, files, columns: None, wanted: None, row_groups: &row_groups }.run(each)
}

/// The oldest run to keep: the one that was the last at a moment, so that the state at that moment can be asked for.
pub(super) fn oldest(root: &Root, moment: i64) -> io::Result<u64> {
    let mut oldest = 0;
    for (record, _) in record::read_all(root, &record::runs(root)?)? {
        if oldest > 0 && record.run.ended_at > moment {
            break;
        }
        oldest = record.run.run;
    }
    Ok(oldest)
}

/// Deletes the data files that no version from `oldest` on needs; how many, and their bytes.
pub(super) fn vacuum(root: &Root, oldest: u64) -> io::Result<(u64, u64)> {
    let runs: Vec<u64> = record::runs(root)?.into_iter().filter(|run| *run >= oldest).collect();
    let kept: Vec<_> = record::read_all(root, &runs)?.iter().map(|(record, _)| record.pinned()).collect();
    let last = runs.last().copied().unwrap_or(0);
    let mut deleted = (0, 0);
    for table in Table::ALL {
        let versions: BTreeSet<u64> = kept.iter().map(|pinned| pinned[table as usize]).collect();
        let Some(newest) = log::newest(root, table)? else { continue };
        let (mut needed, mut added) = (BTreeSet::new(), BTreeMap::new());
        log::replay_each(root, table, newest, &mut |version, files, new| {
            added.extend(new.iter().map(|name| (name.clone(), files.get(name).map_or(0, |file| file.bytes))));
            if versions.contains(&version) || version == newest {
                needed.extend(files.keys().cloned());
            }
        })?;
        for name in root.0.names(table.name())?.into_iter().filter(|name| !needed.contains(name)) {
            // A file of a run to come is of a writer that may be alive.
            let Some(bytes) = added.get(&name).filter(|_| run_of(&name).is_some_and(|run| run <= last)) else {
                continue;
            };
            root.0.remove(&in_table(table, &name))?;
            deleted = (deleted.0 + 1, deleted.1 + bytes);
        }
    }
    Ok(deleted)
}
