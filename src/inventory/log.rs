//! The Delta log of a table: which data files a version consists of.
//!
//! A version is one JSON file of actions, put if absent (Delta Lake protocol, reader 1, writer 2;
//! <https://github.com/delta-io/delta/blob/master/PROTOCOL.md>). There are no checkpoints: a run makes one version a table,
//! so a year of runs every six hours is 1,500 small files a table (365 are replayed for a snapshot of all tables in 12 ms),
//! and a reader needs no second code path to trust. It knows files, not rows.

use super::store::{Root, invalid, numbered};
use super::table::Table;
use arrow_schema::{DataType, Field, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

/// The operation of a version whose rows are those of the version before.
pub(super) const REWRITE: &str = "OPTIMIZE";

/// Versions of a log that are asked for at once.
const AT_ONCE: usize = 256;

/// A data file of a table, as the log describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DataFile {
    /// Its name in the table's folder. Names sort in the order in which files were written.
    pub path: String,
    pub bytes: u64,
    pub rows: u64,
    /// Least and greatest of its column `object`, as stored; none for a table without one.
    pub objects: Option<(i64, i64)>,
    pub modified_ms: i64,
}

/// The run that wrote a data file, by its name.
pub(super) fn run_of(name: &str) -> Option<u64> {
    name.split('-').next()?.parse().ok()
}

/// The data files of one version, by name.
pub(super) type Files = BTreeMap<String, DataFile>;

/// What a version changes.
#[derive(Default)]
pub(super) struct Change {
    pub add: Vec<DataFile>,
    pub remove: Vec<DataFile>,
}

impl Change {
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

/// The newest version of a table; none before it is created.
pub(super) fn newest(root: &Root, table: Table) -> io::Result<Option<u64>> {
    Ok(root.numbers(&root.log(table))?.last().copied())
}

/// Creates a table without rows, as version 0, unless it exists.
pub(super) fn create(root: &Root, table: Table, schema: &Schema) -> io::Result<()> {
    root.0.create_folder(&root.log(table))?;
    let actions = [
        json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}),
        json!({"metaData": {
            "id": uuid(),
            "name": table.name(),
            "format": {"provider": "parquet", "options": {}},
            "schemaString": struct_type(schema.fields()).to_string(),
            "partitionColumns": [],
            // The log is read from its first version, so no engine may clean it up.
            "configuration": {"delta.enableExpiredLogCleanup": "false"},
            "createdTime": now_ms(),
        }}),
        commit_info("CREATE TABLE", 0),
    ];
    match put(root, table, 0, &actions) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        put => put,
    }
}

/// Writes a version. `AlreadyExists` if another writer was first.
pub(super) fn commit(
    root: &Root,
    table: Table,
    version: u64,
    operation: &str,
    run: u64,
    change: &Change,
) -> io::Result<()> {
    let mut actions = vec![commit_info(operation, run)];
    actions.extend(change.remove.iter().map(|file| {
        json!({"remove": {
            "path": file.path, "deletionTimestamp": now_ms(), "dataChange": operation != REWRITE,
            "extendedFileMetadata": true, "partitionValues": {}, "size": file.bytes,
        }})
    }));
    actions.extend(change.add.iter().map(|file| {
        json!({"add": {
            "path": file.path, "partitionValues": {}, "size": file.bytes, "modificationTime": file.modified_ms,
            "dataChange": operation != REWRITE, "stats": json!({"numRecords": file.rows}).to_string(), "tags": tags(file),
        }})
    }));
    put(root, table, version, &actions)
}

fn put(root: &Root, table: Table, version: u64, actions: &[Value]) -> io::Result<()> {
    let lines: String = actions.iter().map(|a| format!("{a}\n")).collect();
    root.0.put_if_absent(&numbered(&root.log(table), version), lines.as_bytes())
}

#[derive(Deserialize)]
struct Action {
    add: Option<Add>,
    remove: Option<Remove>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Add {
    path: String,
    size: u64,
    modification_time: i64,
    stats: Option<String>,
    tags: Option<Tags>,
}

#[derive(Deserialize)]
struct Remove {
    path: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stats {
    num_records: u64,
}

/// The tags of a file: its range of object ids. It stands here and not among the statistics because Python's deltalake
/// (1.6) takes a statistic of one column for null statistics of all the others, and then a filter on another column
/// silently finds nothing.
#[derive(Deserialize)]
struct Tags {
    #[serde(rename = "rollcall.object_min")]
    min: Option<String>,
    #[serde(rename = "rollcall.object_max")]
    max: Option<String>,
}

impl Tags {
    fn objects(&self) -> Option<(i64, i64)> {
        Some((self.min.as_ref()?.parse().ok()?, self.max.as_ref()?.parse().ok()?))
    }
}

/// The data files of a version. `added` is told of every file that any version up to it ever added.
pub(super) fn replay(root: &Root, table: Table, version: u64, added: &mut dyn FnMut(&str)) -> io::Result<Files> {
    let mut last = Files::new();
    replay_each(root, table, version, &mut |number, files, new| {
        new.iter().for_each(|name| added(name));
        if number == version {
            last = std::mem::take(files);
        }
    })?;
    Ok(last)
}

/// Goes through the versions up to one: each with its number, its files, and the names of those that it added.
pub(super) fn replay_each(
    root: &Root,
    table: Table,
    version: u64,
    each: &mut dyn FnMut(u64, &mut Files, &[String]),
) -> io::Result<()> {
    let mut files = Files::new();
    let mut texts = Vec::new().into_iter();
    for number in 0..=version {
        let mut added = Vec::new();
        let path = numbered(&root.log(table), number);
        if texts.len() == 0 {
            let names: Vec<String> = (number..=version).take(AT_ONCE).map(|n| numbered(&root.log(table), n)).collect();
            texts = root.0.read_all(&names)?.into_iter();
        }
        let Some(bytes) = texts.next().flatten() else {
            return Err(root.at(&path, io::ErrorKind::NotFound.into()));
        };
        for line in bytes.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
            let action: Action = serde_json::from_slice(line).map_err(|e| root.at(&path, e.into()))?;
            if let Some(remove) = action.remove {
                files.remove(&remove.path);
            }
            if let Some(add) = action.add {
                added.push(add.path.clone());
                let stats = add.stats.as_deref().unwrap_or_default();
                let stats: Stats = serde_json::from_str(stats)
                    .map_err(|e| invalid(format!("{}: statistics of {}: {e}", root.0.shown(&path), add.path)))?;
                files.insert(
                    add.path.clone(),
                    DataFile {
                        path: add.path,
                        bytes: add.size,
                        rows: stats.num_records,
                        objects: add.tags.as_ref().and_then(Tags::objects),
                        modified_ms: add.modification_time,
                    },
                );
            }
        }
        each(number, &mut files, &added);
    }
    Ok(())
}

fn tags(file: &DataFile) -> Value {
    match file.objects {
        Some((min, max)) => {
            json!({"rollcall.object_min": min.to_string(), "rollcall.object_max": max.to_string()})
        }
        None => json!({}),
    }
}

fn commit_info(operation: &str, run: u64) -> Value {
    json!({"commitInfo": {
        "timestamp": now_ms(), "operation": operation, "operationParameters": {"run": run.to_string()},
        "engineInfo": concat!("rollcall/", env!("CARGO_PKG_VERSION")), "isBlindAppend": false,
    }})
}

/// Milliseconds since 1970-01-01T00:00:00Z, the unit of the Delta log.
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A random UUID (version 4), which Delta asks of a table.
fn uuid() -> String {
    let n = fastrand::u128(..);
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        n as u32,
        (n >> 32) as u16,
        (n >> 48) as u16 & 0xfff,
        (n >> 64) as u16 & 0x3fff | 0x8000,
        (n >> 80) as u64 & 0xffff_ffff_ffff
    )
}

fn struct_type<'a>(fields: impl IntoIterator<Item = &'a std::sync::Arc<Field>>) -> Value {
    let fields: Vec<Value> = fields
        .into_iter()
        .map(|f| json!({"name": f.name(), "type": delta_type(f.data_type()), "nullable": f.is_nullable(), "metadata": {}}))
        .collect();
    json!({"type": "struct", "fields": fields})
}

/// The Delta type of the few Arrow types that `columns` makes.
fn delta_type(data_type: &DataType) -> Value {
    match data_type {
        DataType::Int64 => json!("long"),
        DataType::Int32 => json!("integer"),
        DataType::Boolean => json!("boolean"),
        DataType::Date32 => json!("date"),
        DataType::Timestamp(..) => json!("timestamp"),
        DataType::Binary => json!("binary"),
        DataType::List(element) => json!({
            "type": "array", "elementType": delta_type(element.data_type()), "containsNull": element.is_nullable(),
        }),
        DataType::Struct(fields) => struct_type(fields),
        _ => json!("string"),
    }
}
