//! Keeping files large, and taking away the files that no kept version needs.
//!
//! Each run adds files, most of them small. Compacting writes the small ones of a table again as few large ones, without
//! the rows of objects that no kept version shows, as one more run. The files it replaced stay for as long as a version
//! that needs them is kept; older ones are then deleted. Their logs and commit records stay: the chain is whole.

use super::cells::Group;
use super::ids::IdSet;
use super::log;
use super::log::DataFile;
use super::read::Scan;
use super::record;
use super::row::Row;
use super::sink::Sink;
use super::store::{self, Root};
use super::table::Table;
use crate::model::rows::ObjectRow;
use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::AtomicU64;

/// A smaller file is worth being written again.
const SMALL_BYTES: u64 = 64 << 20;

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
pub(super) fn worth(files: &[DataFile], dropped: &IdSet) -> Vec<DataFile> {
    let small = |file: &&DataFile| file.bytes < SMALL_BYTES;
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
    let folder = root.table(table);
    Scan { folder: &folder, files, columns: None, wanted: None, row_groups: &row_groups }.run(each)
}

/// The oldest run to keep: the one that was the last at a moment, so that the state at that moment can be asked for.
pub(super) fn oldest(root: &Root, moment: i64) -> io::Result<u64> {
    let mut oldest = 0;
    for run in record::runs(root)? {
        if oldest > 0 && record::read(root, run)?.0.run.ended_at > moment {
            break;
        }
        oldest = run;
    }
    Ok(oldest)
}

/// Deletes the data files that no version from `oldest` on needs; how many, and their bytes.
pub(super) fn vacuum(root: &Root, oldest: u64) -> io::Result<(u64, u64)> {
    let mut kept = Vec::new();
    for run in record::runs(root)?.into_iter().filter(|run| *run >= oldest) {
        kept.push(record::read(root, run)?.0.pinned());
    }
    let mut deleted = (0, 0);
    for table in Table::ALL {
        let versions: BTreeSet<u64> = kept.iter().map(|pinned| pinned[table as usize]).collect();
        let Some(newest) = log::newest(root, table)? else { continue };
        let (mut needed, mut added) = (BTreeSet::new(), BTreeSet::new());
        log::replay_each(root, table, newest, &mut |version, files, new| {
            added.extend(new.iter().cloned());
            if versions.contains(&version) || version == newest {
                needed.extend(files.keys().cloned());
            }
        })?;
        let folder = root.table(table);
        for name in store::names(&folder)?.into_iter().filter(|name| added.contains(name) && !needed.contains(name)) {
            let path = folder.join(name);
            let bytes = path.metadata().map_or(0, |m| m.len());
            store::remove(&path)?;
            deleted = (deleted.0 + 1, deleted.1 + bytes);
        }
    }
    Ok(deleted)
}
