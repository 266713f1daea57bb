//! Rows into the data files of one table.
//!
//! Memory is bounded whatever the table's size: a thousand rows wait to become columns, the columns wait encoded until a
//! row group is full, and a file is closed and made durable when it is large enough to be worth reading alone.

use super::columns;
use super::log::{DataFile, now_ms};
use super::row::Row;
use super::store::{Root, in_table};
use super::table::Table;
use crate::model::files::DataFileOut;
use arrow_schema::{DataType, Fields, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnPath;
use std::io::{self, Write};

/// Rows that wait to become columns.
pub(super) const BATCH_ROWS: usize = 1024;
/// Their bytes, about.
const BATCH_BYTES: usize = 1 << 20;
/// Rows of a row group.
const GROUP_ROWS: usize = 32 << 10;
/// Bytes that the columns of a row group hold in memory. At 8 MiB and zstd level 3 a writer of all observed tables reached
/// 69 MB resident, at 4 MiB and level 1 it stays at 51 MB, and the files grow by six in a hundred.
const GROUP_BYTES: usize = 4 << 20;
/// Bytes of a page before compression. A reader holds one of each column.
const PAGE_BYTES: usize = 256 << 10;
/// Rows of a page at most. Until its page is full a column with a dictionary holds eight bytes a cell, so larger pages fill a row group
/// with what will be a fraction of a byte.
const PAGE_ROWS: usize = 4096;

/// Columns that readers skip row groups by. Least and greatest of the others cost a third of the writing and help nobody:
/// tokens are scattered, codes are few.
const RANGED: &[&str] = &["object", "consumer"];

/// Takes the rows of a table for one run.
pub(super) struct Sink<R> {
    root: Root,
    run: u64,
    pending: Vec<R>,
    pending_bytes: usize,
    open: Option<Open>,
    closed: Vec<DataFile>,
}

struct Open {
    name: String,
    file: Box<dyn DataFileOut>,
    writer: ArrowWriter<Box<dyn Write + Send>>,
}

impl<R: Row> Sink<R> {
    pub fn new(root: &Root, run: u64) -> Self {
        Sink::with(root, run, Vec::new())
    }

    /// A sink that has some files already.
    pub fn with(root: &Root, run: u64, closed: Vec<DataFile>) -> Self {
        Sink { root: root.clone(), run, pending: Vec::new(), pending_bytes: 0, open: None, closed }
    }

    pub fn push(&mut self, row: R) -> io::Result<()> {
        self.pending_bytes += row.weight();
        self.pending.push(row);
        if self.pending.len() >= BATCH_ROWS || self.pending_bytes >= BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    /// Takes many rows; gives back a list to use again, and maybe rows that are written by now. Whoever made rows drops them
    /// best: memory that one thread allocates and another frees is fought for.
    pub fn push_all(&mut self, mut rows: Vec<R>) -> io::Result<Vec<R>> {
        let is_batch = self.pending.is_empty() && (BATCH_ROWS / 2..=BATCH_ROWS).contains(&rows.len());
        if is_batch && rows.iter().map(Row::weight).sum::<usize>() < BATCH_BYTES {
            self.encode(&rows)?;
        } else {
            rows.drain(..).try_for_each(|row| self.push(row))?;
        }
        Ok(rows)
    }

    /// Rows that are not on disk yet.
    pub fn rows_buffered(&self) -> usize {
        self.pending.len() + self.open.as_ref().map_or(0, |open| open.writer.in_progress_rows())
    }

    /// Bytes they hold in memory, about.
    pub fn bytes_buffered(&self) -> usize {
        self.pending_bytes + self.open.as_ref().map_or(0, |open| open.writer.memory_size())
    }

    /// Encodes the rows that wait.
    fn flush(&mut self) -> io::Result<()> {
        let mut rows = std::mem::take(&mut self.pending);
        self.pending_bytes = 0;
        if !rows.is_empty() {
            self.encode(&rows)?;
        }
        rows.clear();
        self.pending = rows;
        Ok(())
    }

    /// Encodes rows; writes the row group, and closes the file, when they are full.
    fn encode(&mut self, rows: &[R]) -> io::Result<()> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.create()?,
        };
        let root = self.root.clone();
        let at = |name: &str, e: ParquetError| root.parquet_at(&in_table(R::TABLE, name), e);
        let batch = columns::batch(R::columns(rows)).map_err(|e| at(&open.name, e.into()))?;
        open.writer.write(&batch).map_err(|e| at(&open.name, e))?;
        if open.writer.in_progress_rows() + BATCH_ROWS > GROUP_ROWS || open.writer.memory_size() >= GROUP_BYTES {
            open.writer.flush().map_err(|e| at(&open.name, e))?;
        }
        if open.writer.bytes_written() >= self.root.0.file_bytes() {
            self.closed.push(open.close(&self.root, R::TABLE)?);
        } else {
            self.open = Some(open);
        }
        Ok(())
    }

    fn create(&self) -> io::Result<Open> {
        // Names sort in the order of writing, and none comes twice even if a run is rolled back and its number used again.
        let name = format!("{:010}-{:05}-{:016x}.parquet", self.run, self.closed.len(), fastrand::u64(..));
        let path = in_table(R::TABLE, &name);
        let file = self.root.0.create(&path)?;
        let handle = file.writer()?;
        let schema = columns::schema(R::columns(&[]));
        let failed = |e| self.root.parquet_at(&path, e);
        let properties = properties(&schema).map_err(failed)?;
        let writer = ArrowWriter::try_new(handle, schema.into(), Some(properties)).map_err(failed)?;
        Ok(Open { name, file, writer })
    }

    /// Writes everything that waits, and makes it durable.
    pub fn close(&mut self) -> io::Result<()> {
        self.flush()?;
        if let Some(open) = self.open.take() {
            self.closed.push(open.close(&self.root, R::TABLE)?);
        }
        if self.closed.is_empty() { Ok(()) } else { self.root.0.sync(R::TABLE.name()) }
    }

    /// Whether any row was written.
    pub fn is_empty(&self) -> bool {
        self.closed.is_empty() && self.open.is_none() && self.pending.is_empty()
    }

    /// Lets go of the closed files for which `go`; they are given back.
    pub fn release(&mut self, go: impl Fn(&DataFile) -> bool) -> Vec<DataFile> {
        let (gone, kept) = std::mem::take(&mut self.closed).into_iter().partition(go);
        self.closed = kept;
        gone
    }

    /// The files closed so far.
    pub fn files(&self) -> &[DataFile] {
        &self.closed
    }
}

impl Open {
    fn close(self, root: &Root, table: Table) -> io::Result<DataFile> {
        let Open { name, file, writer } = self;
        let path = in_table(table, &name);
        let metadata = writer.close().map_err(|e| root.parquet_at(&path, e))?;
        Ok(DataFile {
            bytes: file.keep()?,
            rows: metadata.file_metadata().num_rows().cast_unsigned(),
            objects: (0..metadata.num_row_groups())
                .map(|group| object_range(&metadata, group))
                .reduce(|a, b| a.zip(b).map(|(a, b)| (a.0.min(b.0), a.1.max(b.1))))
                .flatten(),
            path: name,
            modified_ms: now_ms(),
        })
    }
}

/// Least and greatest of the column `object` in a row group; none without such a column or statistic.
pub(super) fn object_range(metadata: &ParquetMetaData, group: usize) -> Option<(i64, i64)> {
    let columns = metadata.row_group(group).columns();
    let object = columns.iter().find(|c| c.column_path().parts() == ["object"])?;
    match object.statistics()? {
        Statistics::Int64(statistics) => Some((*statistics.min_opt()?, *statistics.max_opt()?)),
        _ => None,
    }
}

/// How a column without a dictionary is laid out; none for one that has one.
///
/// A dictionary costs a look-up a cell, which is more than all else that is done with it. So there is one where values are few, come in
/// no order and are asked for by number (codes, see `read::CODES`), and where they are long, as hashes of names are. What nearly
/// always says the same is left to zstd, and numbers are packed.
fn encoding(path: &[&str], data_type: &DataType) -> Option<Encoding> {
    match (data_type, path) {
        // Most first names are of one family of nicknames.
        (DataType::Int64, ["name", "first_root_2" | "first_root_3" | "first_root_4"]) => Some(Encoding::PLAIN),
        (DataType::Int64, ["name", ..]) => None,
        // Counts are small, and numbers and places near those before.
        (DataType::Int64 | DataType::Timestamp(..), _) => Some(Encoding::DELTA_BINARY_PACKED),
        // What is near a name comes again with the name, up to ten numbers in a row.
        (DataType::Int32, _) => Some(Encoding::PLAIN),
        // Tokens hardly repeat. They are compressed all the same: birth dates and shared addresses do, and without it an inventory is
        // a third larger.
        (DataType::Binary, _) => Some(Encoding::DELTA_LENGTH_BYTE_ARRAY),
        (DataType::Utf8, [.., "namespace" | "path"]) => Some(Encoding::PLAIN),
        _ => None,
    }
}

/// Calls `each` with the path and the type of every leaf.
fn leaves<'a>(fields: &'a Fields, path: &mut Vec<&'a str>, each: &mut impl FnMut(&[&str], &DataType)) {
    for field in fields {
        let from = path.len();
        path.push(field.name());
        let mut data_type = field.data_type();
        while let DataType::List(element) = data_type {
            path.extend(["list", element.name().as_str()]);
            data_type = element.data_type();
        }
        match data_type {
            DataType::Struct(fields) => leaves(fields, path, each),
            data_type => each(path, data_type),
        }
        path.truncate(from);
    }
}

fn properties(schema: &Schema) -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_data_page_size_limit(PAGE_BYTES)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_dictionary_page_size_limit(PAGE_BYTES)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::None);
    for column in RANGED {
        properties = properties.set_column_statistics_enabled(ColumnPath::from(*column), EnabledStatistics::Chunk);
    }
    let mut encoded = Vec::new();
    leaves(&schema.fields, &mut Vec::new(), &mut |path, data_type| {
        let path_of = || ColumnPath::from(path.iter().map(|part| part.to_string()).collect::<Vec<_>>());
        encoded.extend(encoding(path, data_type).map(|encoding| (path_of(), encoding)));
    });
    for (path, encoding) in encoded {
        properties = properties.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, encoding);
    }
    Ok(properties.build())
}
