//! Commit records and intents: which versions of the tables belong together.
//!
//! A run is part of the inventory from the moment its commit record exists. Each record holds the SHA-256 of the one
//! before, so none can be taken out or changed unseen.

use super::store::{self, Root, invalid};
use super::table::{TABLES, Table};
use crate::model::rows::{RunRow, SourceRow};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;

/// What a run committed.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    /// The run.
    pub run: RunRow,
    /// The version of each table, by name.
    pub versions: BTreeMap<String, u64>,
    /// The first object id that is not used yet.
    pub next_object: u64,
    /// The last run whose observed rows the derived tables describe.
    #[serde(default)]
    pub linked: u64,
    /// The oldest run whose data files are all still there.
    #[serde(default)]
    pub kept: u64,
    /// Every source that was scanned up to this run, in the order of the first scan.
    #[serde(default)]
    pub sources: Vec<SourceRow>,
}

impl Record {
    /// The versions as an array over the tables; a table that the record does not know is empty.
    pub fn pinned(&self) -> [u64; TABLES] {
        Table::ALL.map(|table| self.versions.get(table.name()).copied().unwrap_or(0))
    }
}

/// The versions of an array, by name.
pub(super) fn by_name(versions: &[u64; TABLES]) -> BTreeMap<String, u64> {
    Table::ALL.iter().map(|&table| (table.name().to_string(), versions[table as usize])).collect()
}

/// The record of a run, and its hash as hex.
pub(super) fn read(root: &Root, run: u64) -> io::Result<(Record, String)> {
    let path = root.commits().join(store::numbered(run));
    let bytes = store::read(&path)?.ok_or_else(|| store::at(&path, io::ErrorKind::NotFound.into()))?;
    let record = serde_json::from_slice(&bytes).map_err(|e| invalid(format!("{}: {e}", path.display())))?;
    Ok((record, hex(&Sha256::digest(&bytes))))
}

/// The runs that were committed, ascending.
pub(super) fn runs(root: &Root) -> io::Result<Vec<u64>> {
    store::numbers(&root.commits())
}

/// The last record; none before the first run.
pub(super) fn last(root: &Root) -> io::Result<Option<(Record, String)>> {
    runs(root)?.last().map(|&run| read(root, run)).transpose()
}

/// Writes the record of a run: the moment at which its work becomes visible.
pub(super) fn put(root: &Root, record: &Record) -> io::Result<()> {
    put_json(&root.commits().join(store::numbered(record.run.run)), record)
}

/// What a run is about to commit, for a person who looks at an interrupted one.
#[derive(Serialize)]
struct Intent {
    run: u64,
    versions: BTreeMap<String, u64>,
}

/// Says which versions a run is about to write. Only one writer can say so of a run.
pub(super) fn put_intent(root: &Root, run: u64, versions: &[u64; TABLES]) -> io::Result<()> {
    put_json(&root.intents().join(store::numbered(run)), &Intent { run, versions: by_name(versions) })
}

/// Takes the intent of a run back, once it is committed or rolled back.
pub(super) fn remove_intent(root: &Root, run: u64) -> io::Result<()> {
    store::remove(&root.intents().join(store::numbered(run)))
}

fn put_json(path: &std::path::Path, value: &impl Serialize) -> io::Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    store::put_if_absent(path, &bytes)
}

/// Bytes as lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
