//! Whether an inventory holds together.

use super::log;
use super::read::Pieces;
use super::record;
use super::snapshot::Snapshot;
use super::store::{Root, in_table};
use super::table::Table;
use crate::model::rows::{ConsumerRow, FieldRow, IdentifierRow, LinkRow, MembershipRow, MentionId, Tables};
use crate::spill::{Put, Sorted, Sorter};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::Length;
use std::io;

/// Memory of each sorter.
const SORT_BYTES: usize = 8 << 20;
/// Problems of a kind that are listed; the rest are counted.
const LISTED_MAX: u64 = 10;

/// What is wrong, in sentences.
pub(super) fn check(root: &Root, snapshot: &Snapshot) -> io::Result<Vec<String>> {
    let mut problems = Vec::new();
    chain(root, snapshot, &mut problems)?;
    let whole = problems.is_empty();
    files(root, snapshot, &mut problems)?;
    // What cannot be read is said once; reading on would only fail at the first of the broken files.
    if whole && problems.is_empty() {
        references(snapshot, &mut problems)?;
        orders(snapshot, &mut problems)?;
    }
    Ok(problems)
}

/// Every run is there and names the hash of the one before.
fn chain(root: &Root, snapshot: &Snapshot, problems: &mut Vec<String>) -> io::Result<()> {
    let mut before = String::new();
    let runs: Vec<u64> = record::runs(root)?.into_iter().take_while(|&run| run <= snapshot.run).collect();
    let records = runs.iter().zip(record::read_all(root, &runs)?);
    for (expected, (&run, (record, hash))) in (1..).zip(records) {
        if run != expected {
            problems.push(format!("the commit record of run {expected} is missing"));
            return Ok(());
        }
        if record.run.run != run {
            problems.push(format!("the commit record of run {run} says that it is run {}", record.run.run));
        }
        if record.run.previous != before {
            problems.push(format!("run {run} was committed after another run {} than the one that is there", run - 1));
        }
        before = hash;
    }
    Ok(())
}

/// Every file of the snapshot is there, with the bytes and rows that the log says.
fn files(root: &Root, snapshot: &Snapshot, problems: &mut Vec<String>) -> io::Result<()> {
    for table in Table::ALL {
        for file in &snapshot.files[table as usize] {
            let shown = root.0.shown(&in_table(table, &file.path));
            let pieces = match Pieces::open(root, table, file) {
                Ok(pieces) => pieces,
                Err(e) => {
                    problems.push(e.to_string());
                    continue;
                }
            };
            let bytes = pieces.len();
            if bytes != file.bytes {
                problems.push(format!("{shown} has {bytes} bytes, its log says {}", file.bytes));
                continue;
            }
            match ParquetRecordBatchReaderBuilder::try_new(pieces) {
                Ok(reader) => {
                    let rows = reader.metadata().file_metadata().num_rows().cast_unsigned();
                    if rows != file.rows {
                        problems.push(format!("{shown} has {rows} rows, its log says {}", file.rows));
                    }
                }
                Err(e) => problems.push(format!("{shown} cannot be read: {e}")),
            }
        }
        if let Some(newest) = log::newest(root, table)? {
            let pinned = snapshot.versions[table as usize];
            if newest < pinned {
                problems.push(format!("table {} ends at version {newest}, the last run wrote {pinned}", table.name()));
            }
        }
    }
    Ok(())
}

/// Memberships are of mentions and consumers that exist.
fn references(snapshot: &Snapshot, problems: &mut Vec<String>) -> io::Result<()> {
    let temp = std::env::temp_dir();
    let mut mentions = Sorter::<16>::new(&temp, SORT_BYTES);
    let mut consumers = Sorter::<16>::new(&temp, SORT_BYTES);
    let mut member_mentions = Sorter::<16>::new(&temp, SORT_BYTES);
    let mut member_consumers = Sorter::<16>::new(&temp, SORT_BYTES);
    snapshot.link_mentions(&mut |row| mentions.push(mention_key(row.id)))?;
    snapshot.consumers(&mut |row| consumers.push(row.id.0))?;
    snapshot.memberships(None, &mut |row: MembershipRow| {
        member_mentions.push(mention_key(row.mention))?;
        member_consumers.push(row.consumer.0)
    })?;
    let mut twice = Count::new("mention numbers come twice");
    let mut last = None;
    let mut distinct = Sorter::<16>::new(&temp, SORT_BYTES);
    for key in mentions.sorted()?.iter()? {
        let key = key?;
        if last.replace(key) == Some(key) {
            twice.add(mention_name(key));
        } else {
            distinct.push(key)?;
        }
    }
    twice.report(problems);
    let mut missing = Count::new("memberships are of mentions that are not there");
    each_missing(member_mentions.sorted()?, distinct.sorted()?, |key| missing.add(mention_name(key)))?;
    missing.report(problems);
    let mut missing = Count::new("memberships are of consumers that are not there");
    each_missing(member_consumers.sorted()?, consumers.sorted()?, |key| missing.add(record::hex(&key)))?;
    missing.report(problems);
    Ok(())
}

/// The derived tables come in the orders that readers merge by, and every row of the rest can be read.
fn orders(snapshot: &Snapshot, problems: &mut Vec<String>) -> io::Result<()> {
    let mut consumers = Count::new("consumers are out of order");
    let mut last = None;
    snapshot.consumers(&mut |row: ConsumerRow| {
        if last.replace(row.id).is_some_and(|last| last >= row.id) {
            consumers.add(row.id.to_string());
        }
        Ok(())
    })?;
    consumers.report(problems);
    let mut identifiers = Count::new("identifiers are out of order");
    let mut last = None;
    snapshot.identifiers(&mut |row: IdentifierRow| {
        if last.replace(row.token).is_some_and(|last| last > row.token) {
            identifiers.add(row.token.to_string());
        }
        Ok(())
    })?;
    identifiers.report(problems);
    snapshot.mentions(None, &mut |_| Ok(()))?;
    snapshot.fields(None, &mut |_: FieldRow| Ok(()))?;
    snapshot.orphans(None, &mut |_| Ok(()))?;
    snapshot.links(&mut |_: LinkRow| Ok(()))
}

/// The keys of `wanted` that `there` lacks; both ascend.
fn each_missing(wanted: Sorted<16>, there: Sorted<16>, mut missing: impl FnMut([u8; 16])) -> io::Result<()> {
    let mut there = there.iter()?;
    let mut head = there.next().transpose()?;
    for key in wanted.iter()? {
        let key = key?;
        while head.is_some_and(|head| head < key) {
            head = there.next().transpose()?;
        }
        if head != Some(key) {
            missing(key);
        }
    }
    Ok(())
}

fn mention_key(id: MentionId) -> [u8; 16] {
    Put::default().u64(id.object).u64(id.number).done()
}

fn mention_name(key: [u8; 16]) -> String {
    let key = u128::from_be_bytes(key);
    format!("{}/{}", key >> 64, key as u64)
}

/// Problems of one kind: how many, and the first few by name.
struct Count {
    what: &'static str,
    count: u64,
    first: Vec<String>,
}

impl Count {
    fn new(what: &'static str) -> Count {
        Count { what, count: 0, first: Vec::new() }
    }

    fn add(&mut self, name: String) {
        self.count += 1;
        if self.count <= LISTED_MAX {
            self.first.push(name);
        }
    }

    fn report(self, problems: &mut Vec<String>) {
        if self.count > 0 {
            let more = if self.count > LISTED_MAX { ", ..." } else { "" };
            problems.push(format!("{} {}: {}{more}", self.count, self.what, self.first.join(", ")));
        }
    }
}
