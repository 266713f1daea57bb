//! Commit records and intents: which versions of the tables belong together.
//!
//! A run is part of the inventory from the moment its commit record exists. Each record holds the SHA-256 of the one
//! before, so none can be taken out or changed unseen.

use super::store::{Root, invalid, numbered};
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
    /// The claim under which a writer in a store committed, so that no two writers' records are ever the same bytes.
    #[serde(default, skip_serializing_if = "is_none")]
    pub claim: u64,
    /// Every source that was scanned up to this run, in the order of the first scan.
    #[serde(default)]
    pub sources: Vec<SourceRow>,
}

fn is_none(claim: &u64) -> bool {
    *claim == 0
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
    let name = numbered(&root.commits(), run);
    let bytes = root.0.read(&name)?.ok_or_else(|| root.at(&name, io::ErrorKind::NotFound.into()))?;
    parse(root, &name, &bytes)
}

fn parse(root: &Root, name: &str, bytes: &[u8]) -> io::Result<(Record, String)> {
    let record = serde_json::from_slice(bytes).map_err(|e| invalid(format!("{}: {e}", root.0.shown(name))))?;
    Ok((record, hex(&Sha256::digest(bytes))))
}

/// The records of runs and their hashes, in the order of the runs.
pub(super) fn read_all(root: &Root, runs: &[u64]) -> io::Result<Vec<(Record, String)>> {
    let names: Vec<String> = runs.iter().map(|&run| numbered(&root.commits(), run)).collect();
    let texts = names.iter().zip(root.0.read_all(&names)?);
    let missing = |name: &String| root.at(name, io::ErrorKind::NotFound.into());
    texts.map(|(name, bytes)| parse(root, name, &bytes.ok_or_else(|| missing(name))?)).collect()
}

/// The runs that were committed, ascending.
pub(super) fn runs(root: &Root) -> io::Result<Vec<u64>> {
    root.numbers(&root.commits())
}

/// The last record; none before the first run.
pub(super) fn last(root: &Root) -> io::Result<Option<(Record, String)>> {
    runs(root)?.last().map(|&run| read(root, run)).transpose()
}

/// Writes the record of a run: the moment at which its work becomes visible.
pub(super) fn put(root: &Root, record: &Record) -> io::Result<()> {
    root.0.put_if_absent(&numbered(&root.commits(), record.run.run), &json_of(record)?)
}

/// What a run is about to commit, for a person who looks at an interrupted one.
#[derive(Serialize)]
struct Intent {
    run: u64,
    versions: BTreeMap<String, u64>,
}

/// Says which versions a run is about to write. In a folder only one writer can say so of a run; in a store it is for a
/// person alone, and the last word stands.
pub(super) fn put_intent(root: &Root, run: u64, versions: &[u64; TABLES]) -> io::Result<()> {
    let (name, intent) = (numbered(&root.intents(), run), json_of(&Intent { run, versions: by_name(versions) })?);
    if root.is_shared() { root.0.replace(&name, &intent) } else { root.0.put_if_absent(&name, &intent) }
}

/// Takes the intent of a run back, once it is committed or rolled back.
pub(super) fn remove_intent(root: &Root, run: u64) -> io::Result<()> {
    root.0.remove(&numbered(&root.intents(), run))
}

fn json_of(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Bytes as lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
