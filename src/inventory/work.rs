//! What a run has done and not committed yet, so that a killed one need not begin again.
//!
//! A long run saves its work on the way: the data files it has closed are listed in `_work`, one numbered file after the
//! other. No reader sees them. Whoever writes next takes them over as rows of its own run, so a run still becomes visible
//! whole, at its one commit. Work that was saved on another commit than the last is of a run that did commit, or of one
//! that was given up, and is dropped.
//!
//! In a store a writer that was thought dead may still save. So each writer there saves under its own claim (the upper half
//! of a part's number), begins with all that it takes over as one part, and only the parts of the last claim count.

use super::log::DataFile;
use super::store::{Root, WORK, numbered};
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

/// Bits of a part's number that count the parts of one claim.
const PART_BITS: u32 = 32;

/// All that a run saved.
#[derive(Default)]
pub(super) struct Saved {
    /// The number of the next part.
    pub next: u64,
    /// The parts together.
    pub whole: Part,
}

impl Saved {
    /// What was saved since a commit; what was saved on earlier ones is removed. The claim is that of the writer that asks:
    /// 0 in a folder, whose lock leaves no doubt who is alive.
    pub fn load(root: &Root, run: u64, claim: u64) -> io::Result<Saved> {
        let mut saved = Saved { next: claim << PART_BITS, ..Saved::default() };
        let (mut last, mut taken_over) = (None, false);
        let numbers = root.numbers(WORK)?;
        let names: Vec<String> = numbers.iter().map(|&number| numbered(WORK, number)).collect();
        // The parts of the last claim first.
        for ((number, name), bytes) in numbers.iter().zip(&names).zip(root.0.read_all(&names)?).rev() {
            let Some(bytes) = bytes else { continue };
            let part: Part = serde_json::from_slice(&bytes).map_err(|e| root.at(name, e.into()))?;
            if part.base != run {
                if part.base < run || claim == 0 {
                    root.0.remove(name)?;
                }
                continue;
            }
            if *last.get_or_insert(number >> PART_BITS) != number >> PART_BITS {
                continue;
            }
            taken_over = true;
            saved.next = saved.next.max(number + 1);
            saved.whole.next_object = saved.whole.next_object.max(part.next_object);
            saved.whole.retired.extend(part.retired);
            for (table, mut files) in part.files {
                let known = saved.whole.files.entry(table).or_default();
                files.append(known);
                *known = files;
            }
        }
        if claim > 0 && taken_over {
            saved.whole.base = run;
            let whole = std::mem::take(&mut saved.whole);
            saved.next = claim << PART_BITS;
            saved.put(root, &whole)?;
            saved.whole = whole;
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
        root.0.put_if_absent(&numbered(WORK, self.next), &bytes)?;
        self.next += 1;
        Ok(())
    }
}

/// Forgets what was saved under a claim and those before it, once it is committed.
pub(super) fn clear(root: &Root, claim: u64) -> io::Result<()> {
    let mut numbers = root.numbers(WORK)?.into_iter().filter(|number| number >> PART_BITS <= claim);
    numbers.try_for_each(|number| root.0.remove(&numbered(WORK, number)))
}
