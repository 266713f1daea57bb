//! Parquet: columns of values, read as rows.
//!
//! A file whose columns do not nest is a table, as a CSV file is; one that nests is a tree, as a file with a JSON object on
//! each line is, with the same paths. A row's number counts over the whole file, from 1. The decoded object is what a
//! reader of text would have seen: the values of the rows in order, each with a separator after it.
//!
//! Only the footer and the columns' pages are fetched. Each column of a row group is read by itself, so that one that is
//! corrupt or encrypted costs itself alone.

mod footer;
mod group;
mod lanes;
mod meter;
mod pages;
mod rows;
mod schema;
mod text;
mod thrift;

use super::feed::{Output, is_value};
use super::json_paths::{KEY, ROOT};
use crate::model::field::{Field, FieldId};
use crate::model::gap::GapKind;
use crate::model::object::ObjectRanges;
use arrow_array::{Array, ArrayRef, RecordBatch};
use bytes::Bytes;
use footer::{Fault, footer};
use group::{Group, Parts, Reader, batch_rows, span};
use meter::{Meter, Watch, value_bytes};
use pages::Chunk;
use parquet::arrow::FieldLevels;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::schema::types::SchemaDescriptor;
use rows::Rows;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// A row group of up to this many bytes is fetched at once.
const GROUP_BYTES: u64 = 8 << 20;
/// Bytes that are held ahead for all columns of a larger one, and the bounds of a piece of one column.
const AHEAD_BYTES: usize = 32 << 20;
const PIECE_BYTES: (usize, usize) = (16 << 10, 1 << 20);

/// What came of reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Codecs and row groups, in words.
    pub dialect: String,
    /// Bytes that the values came to.
    pub bytes_decoded: u64,
    /// Nothing of the file could be read.
    pub nothing: bool,
    /// A read of a piece failed.
    pub failed: bool,
}

/// Reads a file to its end.
pub fn read(ranges: &Arc<dyn ObjectRanges>, out: &mut Output) -> Read {
    let meter = Arc::new(Meter::new(&out.limits));
    let footer = match footer(ranges, &out.limits, &meter.fetched) {
        Ok(footer) => footer,
        Err(fault) => {
            if let Some((kind, detail)) = fault {
                out.gap(kind, 0, None, detail);
            }
            return Read { nothing: true, failed: fault.is_none(), ..Read::default() };
        }
    };
    let schema = footer.meta.file_metadata().schema_descr_ptr();
    let nested = schema.columns().iter().any(|leaf| leaf.path().parts().len() > 1 || leaf.max_rep_level() > 0);
    let mut file = File {
        ranges,
        rows: Rows::new(out, nested, Arc::clone(&meter)),
        columns: Vec::new(),
        encrypted: footer.encrypted,
        meta: footer.meta,
        meter,
        told: HashMap::new(),
        failed: false,
    };
    file.name_columns(&schema, nested);
    let mut first_row = 0u64;
    for group in 0..file.meta.num_row_groups() {
        let rows = u64::try_from(file.meta.row_group(group).num_rows()).unwrap_or(0);
        if file.rows.ended() || !file.group(group, first_row, rows) {
            break;
        }
        first_row = first_row.saturating_add(rows);
    }
    file.finish();
    Read {
        dialect: dialect(&file.meta, nested),
        bytes_decoded: file.rows.written(),
        nothing: false,
        failed: file.failed,
    }
}

fn dialect(meta: &ParquetMetaData, nested: bool) -> String {
    let codecs: BTreeSet<String> = meta.row_groups().iter().flat_map(|g| g.columns()).map(codec).collect();
    let groups = meta.num_row_groups();
    let rows: Vec<i64> = meta.row_groups().iter().map(RowGroupMetaData::num_rows).collect();
    let even = rows.split_last().is_some_and(|(last, rest)| rest.iter().all(|r| *r == rows[0]) && *last <= rows[0]);
    let mut words: Vec<String> = codecs.into_iter().collect();
    words.push(match rows.first() {
        Some(rows) if even && groups > 1 => format!("{groups} row groups of {rows} rows"),
        _ if groups == 1 => "1 row group".to_string(),
        _ => format!("{groups} row groups"),
    });
    words.extend(nested.then(|| "nested".to_string()));
    words.join(", ")
}

fn codec(column: &ColumnChunkMetaData) -> String {
    let text = column.compression().to_string().to_ascii_lowercase();
    text.split('(').next().unwrap_or_default().to_string()
}

/// One column at the top of the schema.
struct Column {
    /// As it is shown, in gaps and in the fields of a table.
    name: String,
    /// As the schema has it.
    raw: String,
    /// How it is read; none where the library cannot.
    levels: Option<FieldLevels>,
    /// Its leaves, by their place among all columns.
    leaves: Vec<usize>,
    field: Option<FieldId>,
    nested: bool,
}

struct File<'f, 'o, 's> {
    ranges: &'f Arc<dyn ObjectRanges>,
    meta: Arc<ParquetMetaData>,
    encrypted: bool,
    columns: Vec<Column>,
    rows: Rows<'o, 's>,
    meter: Arc<Meter>,
    /// Columns that were told as unreadable: the first reason, and in how many row groups.
    told: HashMap<usize, (GapKind, u64)>,
    /// A read of a piece failed, which ends it.
    failed: bool,
}

impl File<'_, '_, '_> {
    /// Makes fields of the columns. A name that is rather a value becomes an ordinal and stays to be read in row 0, as in
    /// a table of text.
    fn name_columns(&mut self, schema: &SchemaDescriptor, nested: bool) {
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let roots = schema.root_schema().get_fields();
        let mut leaves: Vec<Vec<usize>> = vec![Vec::new(); roots.len()];
        for leaf in 0..schema.num_columns() {
            leaves[schema.get_column_root_idx(leaf)].push(leaf);
        }
        let mut values = Vec::new();
        for (i, (root, leaves)) in roots.iter().zip(leaves).enumerate() {
            let name = root.name();
            let shown = if is_value(name.as_bytes()) { format!("#{}", i + 1) } else { name.to_string() };
            let mut path = shown.clone();
            let mut count = 1;
            while !taken.insert(path.clone()) {
                count += 1;
                path = format!("{shown}#{count}");
            }
            let field = (!nested).then(|| self.rows.out.add_field(Field::new([path.as_str()])));
            let read = schema::levels(root).ok().filter(|_| !leaves.is_empty());
            if nested {
                let (paths, out) = (&mut self.rows.paths, &mut *self.rows.out);
                match &read {
                    Some((_, fields)) => {
                        fields.iter().for_each(|of| lanes::names(of, ROOT, paths, out, &mut values));
                    }
                    None if is_value(name.as_bytes()) => {
                        let key = paths.child(ROOT, KEY, &mut 0, out);
                        values.push((paths.field(key, out), name.to_string()));
                    }
                    None => {}
                }
            } else if let (true, Some(field)) = (is_value(name.as_bytes()), field) {
                values.push((field, name.to_string()));
            }
            let levels = read.map(|(levels, _)| levels);
            self.columns.push(Column { name: path, raw: name.to_string(), levels, leaves, field, nested });
        }
        if !values.is_empty() {
            self.rows.names(&values);
        }
    }

    /// Reads a row group; whether the next is to be read.
    fn group(&mut self, group: usize, first_row: u64, rows: u64) -> bool {
        let meta = Arc::clone(&self.meta);
        let about = meta.row_group(group);
        let spans: Vec<Option<Range<u64>>> = about.columns().iter().map(|c| span(c, self.ranges.size())).collect();
        let all: u64 = spans.iter().flatten().map(|s| s.end - s.start).sum();
        let from = spans.iter().flatten().map(|s| s.start).min().unwrap_or(0);
        let to = spans.iter().flatten().map(|s| s.end).max().unwrap_or(0);
        // A small group whose columns lie side by side is fetched at once.
        let whole = if to - from <= GROUP_BYTES && to - from <= all + all / 4 + 4096 {
            match self.ranges.read_at(from..to) {
                Ok(bytes) if bytes.len() as u64 == to - from => {
                    self.meter.fetched.fetch_add(to - from, Relaxed);
                    Some((from, Bytes::from(bytes)))
                }
                _ => {
                    self.failed = true;
                    return false;
                }
            }
        } else {
            None
        };
        let piece = (AHEAD_BYTES / spans.len().max(1)).clamp(PIECE_BYTES.0, PIECE_BYTES.1);
        self.prefetch(group + 1, piece);
        let batch = batch_rows(about, rows, self.rows.out.limits.block_bytes as u64);
        let mut readers: Vec<Option<Reader>> = Vec::with_capacity(self.columns.len());
        for index in 0..self.columns.len() {
            let parts = Parts { ranges: self.ranges, spans: &spans, whole: &whole, piece, rows };
            let opened = self.open(index, group, &parts, batch);
            readers.push(match opened {
                Ok(reader) => Some(reader),
                Err(fault) => {
                    self.unread(index, group, first_row, fault);
                    None
                }
            });
        }
        let mut done = 0u64;
        while !self.rows.ended() {
            readers.iter().flatten().for_each(|reader| reader.watch.batch());
            let mut arrays: Vec<Option<ArrayRef>> = Vec::with_capacity(readers.len());
            for (index, slot) in readers.iter_mut().enumerate() {
                let Some(reader) = slot else {
                    arrays.push(None);
                    continue;
                };
                let next: Option<Result<RecordBatch, _>> = reader.batches.next();
                let failed = reader.watch.failed();
                let fault = reader.watch.fault();
                match next {
                    Some(Ok(batch)) if batch.num_rows() > 0 => arrays.push(Some(Arc::clone(batch.column(0)))),
                    Some(Err(_)) if failed => {
                        self.failed = true;
                        return false;
                    }
                    // What is over the limits for the file as a whole is told once, and ends it.
                    Some(Err(_)) if self.rows.expands() => return false,
                    other => {
                        let short = done < rows;
                        if short || matches!(other, Some(Err(_))) {
                            self.unread(index, group, first_row.saturating_add(done), fault);
                        }
                        *slot = None;
                        arrays.push(None);
                    }
                }
            }
            let length = arrays.iter().flatten().map(|a| a.len()).max().unwrap_or(0);
            if length == 0 {
                break;
            }
            for (index, (slot, array)) in readers.iter_mut().zip(&arrays).enumerate() {
                // A column that ended early has no more values.
                if let Some(array) = array.as_ref().filter(|array| array.len() < length) {
                    let row = first_row.saturating_add(done + array.len() as u64);
                    let fault = slot.as_ref().and_then(|reader| reader.watch.fault());
                    self.unread(index, group, row, fault);
                    *slot = None;
                }
            }
            if !self.batch(&arrays, length, first_row.saturating_add(done)) {
                return false;
            }
            done += length as u64;
        }
        true
    }

    /// Reads a batch of rows from the arrays of its columns; whether to go on.
    fn batch(&mut self, arrays: &[Option<ArrayRef>], length: usize, first_row: u64) -> bool {
        let mut guess = 0;
        let mut lanes = Vec::with_capacity(arrays.len());
        for (column, array) in self.columns.iter().zip(arrays) {
            let (paths, out) = (&mut self.rows.paths, &mut *self.rows.out);
            lanes.push(array.as_ref().map(|array| {
                let node = if column.nested {
                    lanes::child(ROOT, column.raw.as_bytes(), &mut guess, paths, out)
                } else {
                    ROOT
                };
                lanes::lane(array, node, column.field, paths, out)
            }));
        }
        for row in 0..length {
            for (lane, array) in lanes.iter_mut().zip(arrays) {
                if array.as_ref().is_some_and(|a| a.len() <= row) {
                    *lane = None;
                }
            }
            self.rows.row(first_row.saturating_add(row as u64 + 1), row, &mut lanes);
            if self.rows.ended() {
                return false;
            }
        }
        true
    }

    fn open(&self, index: usize, group: usize, parts: &Parts<'_>, batch: usize) -> Result<Reader, Fault> {
        let column = &self.columns[index];
        let watch = Arc::new(Watch::new(Arc::clone(&self.meter), column.leaves.len()));
        self.reader(column, group, parts, batch, &watch).ok_or_else(|| watch.fault())
    }

    fn reader(
        &self,
        column: &Column,
        group: usize,
        parts: &Parts<'_>,
        batch: usize,
        watch: &Arc<Watch>,
    ) -> Option<Reader> {
        let levels = column.levels.as_ref()?;
        let about = self.meta.row_group(group);
        let mut chunks = HashMap::new();
        for (i, leaf) in column.leaves.iter().enumerate() {
            let span = parts.spans.get(*leaf)?.clone()?;
            let meta = about.columns().get(*leaf)?;
            let held = parts.whole.as_ref().map(|(from, bytes)| {
                (span.start, bytes.slice((span.start - from) as usize..(span.end - from) as usize))
            });
            let ranges = Arc::clone(parts.ranges);
            let limits = &self.rows.out.limits;
            let piece = if held.is_some() { 0 } else { (span.end - span.start).min(parts.piece as u64) };
            let batch = value_bytes(meta.column_descr()).saturating_mul(batch as u64);
            watch.lasting(batch.saturating_add(piece)).ok()?;
            let chunk = Chunk::new(ranges, (i, span), meta, parts.piece, held, limits, Arc::clone(watch));
            chunks.insert(i, (*leaf, chunk));
        }
        let source = Group { meta: &self.meta, group, rows: usize::try_from(parts.rows).ok()?, chunks };
        let batches = ParquetRecordBatchReader::try_new_with_row_groups(levels, &source, batch, None).ok()?;
        Some(Reader { batches, watch: Arc::clone(watch) })
    }

    /// Says that a column is not read from a row of a group on.
    fn unread(&mut self, index: usize, group: usize, row: u64, fault: Fault) {
        let (kind, why) = match fault {
            _ if self.encrypted => {
                (GapKind::Unsupported, "the file has encrypted columns; decrypt it with its owner's key")
            }
            Some(fault) => fault,
            None => (GapKind::Corrupt, "its pages are not what the footer says, or of a kind that is not read"),
        };
        let (_, times) = self.told.entry(index).or_insert((kind, 0));
        *times += 1;
        if *times > 1 {
            return;
        }
        let name = &self.columns[index].name;
        let detail = format!("column {name}, row group {group}: not read from row {} on: {why}", row.saturating_add(1));
        let at = self.rows.written();
        self.rows.out.gap(kind, at, None, &detail);
    }

    /// Lets the source know what the next row group will ask for.
    fn prefetch(&self, group: usize, piece: usize) {
        if group < self.meta.num_row_groups() {
            let spans = self.meta.row_group(group).columns().iter().filter_map(|c| span(c, self.ranges.size()));
            let first: Vec<Range<u64>> = spans.map(|s| s.start..s.end.min(s.start + piece as u64)).collect();
            self.ranges.prefetch(&first);
        }
    }

    /// Hands on what is left and says what was counted.
    fn finish(&mut self) {
        if !self.rows.out.stopped {
            self.rows.flush();
        }
        let at = self.rows.written();
        let mut more: Vec<(usize, (GapKind, u64))> = std::mem::take(&mut self.told).into_iter().collect();
        more.retain(|(_, (_, times))| *times > 1);
        more.sort_unstable();
        for (index, (kind, times)) in more {
            let name = &self.columns[index].name;
            let detail = format!("column {name} was not read in {} more row groups", times - 1);
            self.rows.out.gap(kind, at, None, &detail);
        }
        for (kind, count) in std::mem::take(&mut self.rows.files) {
            let detail = format!(
                "{count} values are files of a kind that is not read ({kind}); export them and scan what they become"
            );
            self.rows.out.gap(GapKind::Unsupported, at, None, &detail);
        }
    }
}
