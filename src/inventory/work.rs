//! What a run has done and not committed yet, so that a killed one need not begin again.
//!
//! A long run saves its work on the way: the data files it has closed are listed in `_work`, one numbered file after the
//! other. No reader sees them. Whoever writes next takes them over as rows of its own run, so a run still becomes visible
//! whole, at its one commit. Work that was saved on another commit than the last is of a run that did commit, or of one
//! that was given up, and is dropped.

use super::log::DataFile;
use super::store::{self, Root};
use super::table::Table;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

/// The tables whose rows are saved.
pub(super) const OBSERVED: [Table; 4] = [Table::Objects, Table::Fields, Table::Mentions, Table::Orphans];

/// What one saving adds.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Part {
    /// The last commit when it was saved.
    pub base: u64,
    /// The first object id that no row of the run so far has.
    pub next_object: u64,
    /// Objects that the run retires.
    pub retired: Vec<u64>,
    /// Data files, by table.
    pub files: BTreeMap<String, Vec<DataFile>>,
}

/// All that a run saved.
#[derive(Default)]
pub(super) struct Saved {
    /// How many parts there are.
    pub parts: u64,
    /// The parts together.
    pub whole: Part,
}

impl Saved {
    /// What was saved since a commit; what was saved on others is removed.
    pub fn load(root: &Root, run: u64) -> io::Result<Saved> {
        let mut saved = Saved::default();
        for number in store::numbers(&root.work())? {
            let path = root.work().join(store::numbered(number));
            let Some(bytes) = store::read(&path)? else { continue };
            let part: Part = serde_json::from_slice(&bytes).map_err(|e| store::at(&path, e.into()))?;
            if part.base != run {
                store::remove(&path)?;
                continue;
            }
            saved.parts = number + 1;
            saved.whole.next_object = saved.whole.next_object.max(part.next_object);
            saved.whole.retired.extend(part.retired);
            for (table, files) in part.files {
                saved.whole.files.entry(table).or_default().extend(files);
            }
        }
        Ok(saved)
    }

    /// The files of a table.
    pub fn files(&self, table: Table) -> &[DataFile] {
        self.whole.files.get(table.name()).map_or(&[], Vec::as_slice)
    }

    /// Whether a file of a table is among them.
    pub fn holds(&self, table: Table, name: &str) -> bool {
        self.files(table).iter().any(|file| file.path == name)
    }

    /// Saves a part. The data files are durable before, and their names.
    pub fn put(&mut self, root: &Root, part: &Part) -> io::Result<()> {
        let bytes = serde_json::to_vec(part)?;
        store::put_if_absent(&root.work().join(store::numbered(self.parts)), &bytes)?;
        self.parts += 1;
        Ok(())
    }
}

/// Forgets what was saved, once it is committed.
pub(super) fn clear(root: &Root) -> io::Result<()> {
    store::numbers(&root.work())?.into_iter().try_for_each(|n| store::remove(&root.work().join(store::numbered(n))))
}
