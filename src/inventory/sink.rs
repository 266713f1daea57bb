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
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnPath;
use std::io::{self, Write};

/// Rows that wait to become columns.
const BATCH_ROWS: usize = 1024;
/// Their bytes, about.
const BATCH_BYTES: usize = 1 << 20;
/// Rows of a row group.
const GROUP_ROWS: usize = 32 << 10;
/// Bytes that the columns of a row group hold in memory. At 8 MiB and zstd level 3 a writer of all observed tables reached
/// 69 MB resident, at 4 MiB and level 1 it stays at 51 MB, and the files grow by six in a hundred.
const GROUP_BYTES: usize = 4 << 20;
/// Bytes of a page before compression. A reader holds one of each column.
const PAGE_BYTES: usize = 256 << 10;
/// Columns of tokens: they hardly repeat, so a dictionary of them is memory and time for nothing. They are
/// compressed all the same: birth dates and shared addresses do repeat, and without it an inventory is a third larger.
const TOKENS: [&[&str]; 4] = [&["tokens", "list", "element", "token"], &["token"], &["consumer"], &["cluster"]];

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
        if self.pending.len() >= BATCH_ROWS || self.pending_bytes >= BATCH_BYTES { self.encode() } else { Ok(()) }
    }

    /// Rows that are not on disk yet.
    pub fn rows_buffered(&self) -> usize {
        self.pending.len() + self.open.as_ref().map_or(0, |open| open.writer.in_progress_rows())
    }

    /// Bytes they hold in memory, about.
    pub fn bytes_buffered(&self) -> usize {
        self.pending_bytes + self.open.as_ref().map_or(0, |open| open.writer.memory_size())
    }

    /// Encodes the rows that wait; writes the row group, and closes the file, when they are full.
    fn encode(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.create()?,
        };
        let root = self.root.clone();
        let at = |name: &str, e: ParquetError| root.parquet_at(&in_table(R::TABLE, name), e);
        let batch = columns::batch(R::columns(&self.pending)).map_err(|e| at(&open.name, e.into()))?;
        self.pending.clear();
        self.pending_bytes = 0;
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
        let schema = columns::schema(R::columns(&[])).into();
        let failed = |e| self.root.parquet_at(&path, e);
        let writer = ArrowWriter::try_new(handle, schema, Some(properties().map_err(failed)?)).map_err(failed)?;
        Ok(Open { name, file, writer })
    }

    /// Writes everything that waits, and makes it durable.
    pub fn close(&mut self) -> io::Result<()> {
        self.encode()?;
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

fn properties() -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_data_page_size_limit(PAGE_BYTES)
        .set_dictionary_page_size_limit(PAGE_BYTES)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::None);
    for column in RANGED {
        properties = properties.set_column_statistics_enabled(ColumnPath::from(*column), EnabledStatistics::Chunk);
    }
    for path in TOKENS {
        let path = ColumnPath::from(path.iter().map(|part| part.to_string()).collect::<Vec<_>>());
        properties = properties.set_column_dictionary_enabled(path, false);
    }
    Ok(properties.build())
}
