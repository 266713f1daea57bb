//! A listing that is taken from an S3 Inventory report, which costs a few requests where listing costs one a thousand keys.
//!
//! The report is of the day it was made: what has changed since is met when an object is read (If-Match), and what has come
//! since is not listed. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html>

use super::super::Listing;
use super::super::name::{decoded, uri_of};
use super::super::options::Versions;
use super::super::wire::fault::{Fault, FaultKind};
use super::super::wire::listing::{Left, Pages};
use super::super::wire::store::Target;
use super::super::wire::stream::WireStream;
use super::S3;
use super::list::roots;
use super::page::{Ask, Item};
use crate::model::object::{ObjectRanges, ObjectStream};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, Length, SerializedFileReader};
use parquet::record::Field;
use serde::Deserialize;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

/// The largest manifest that is read.
const MANIFEST_BYTES: u64 = 64 << 20;
/// The longest line of a report: a key has at most 1,024 bytes, and each may be percent-encoded.
const LINE_BYTES: u64 = 64 << 10;
/// Objects that are handed on at once.
const BATCH: usize = 1000;
/// Bytes that are read at once of a Parquet file.
const READ_BYTES: u64 = 1 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    source_bucket: String,
    file_format: String,
    file_schema: String,
    files: Vec<DataFile>,
}

#[derive(Deserialize)]
struct DataFile {
    key: String,
    size: u64,
}

/// Why a report is not read further.
enum Stop {
    Left,
    Fault(Fault),
}

impl From<Left> for Stop {
    fn from(_: Left) -> Stop {
        Stop::Left
    }
}

fn wrong(detail: impl Into<String>) -> Stop {
    Stop::Fault(Fault::new(FaultKind::Other, detail))
}

fn unreadable(error: &dyn std::fmt::Display) -> Stop {
    wrong(format!("a file of the S3 Inventory report cannot be read ({error}); use another report, or list the bucket"))
}

impl S3 {
    /// Lists what a report says of this source. Runs on a thread that may block.
    pub(super) fn list_report(&self, report: &S3, pages: &Pages) -> Result<(), Left> {
        match self.read_report(report, pages) {
            Ok(()) => Ok(()),
            Err(Stop::Left) => Err(Left),
            Err(Stop::Fault(fault)) => {
                let uri = uri_of("s3", &self.bucket.name, &self.prefix);
                pages.broken_blocking(&self.path(&self.prefix), &uri, &fault)
            }
        }
    }

    fn read_report(&self, report: &S3, pages: &Pages) -> Result<(), Stop> {
        let manifest = report.only.clone().ok_or_else(|| wrong("the S3 Inventory report is no object"))?;
        if manifest.size > MANIFEST_BYTES {
            return Err(wrong(
                "the manifest of the S3 Inventory report is too large to be one; name its manifest.json",
            ));
        }
        let mut text = String::new();
        let mut stream = report.open_object(&report.object(manifest)).map_err(|e| unreadable(&e))?;
        stream.read_to_string(&mut text).map_err(|e| unreadable(&e))?;
        let manifest: Manifest = serde_json::from_str(&text)
            .map_err(|e| wrong(format!("--listing-from names no manifest.json of an S3 Inventory report ({e})")))?;
        if manifest.source_bucket != self.bucket.name {
            return Err(wrong(format!(
                "the S3 Inventory report is of the bucket {}; name the report of this one",
                manifest.source_bucket
            )));
        }
        let mut out = Batch { s3: self, roots: roots(&self.prefix), pages, items: Vec::new() };
        for file in &manifest.files {
            let target =
                Target { key: file.key.clone(), version_id: None, etag: None, size: file.size, modified: None };
            let stream = WireStream::start(&report.wire, Arc::clone(&report.bucket) as _, target);
            let stream = stream.map_err(|e| unreadable(&e))?;
            match manifest.file_format.as_str() {
                "CSV" => out.csv(stream, &manifest.file_schema)?,
                "Parquet" => out.parquet(stream)?,
                other => {
                    let other: String = other.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
                    return Err(wrong(format!(
                        "S3 Inventory reports as {other} are not read; have it made as CSV or Parquet"
                    )));
                }
            }
        }
        out.flush()
    }
}

/// The values of a line. They hold neither quotes nor commas nor line breaks: keys are URL-encoded, the rest is of dates,
/// numbers and words.
fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(|cell| cell.trim_matches('"'))
}

/// Objects on their way out.
struct Batch<'a> {
    s3: &'a S3,
    roots: Vec<Ask>,
    pages: &'a Pages,
    items: Vec<Item>,
}

/// A row of the report as far as it is needed.
#[derive(Default)]
struct Row {
    item: Item,
    has_size: bool,
    is_old: bool,
    is_delete: bool,
}

impl Row {
    /// Takes a text column by its name in either format: `LastModifiedDate`, `last_modified_date`.
    fn set(&mut self, column: &str, value: &str) {
        let name: String = column.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect();
        match name.as_str() {
            "key" => self.item.key = decoded(&value.replace('+', "%20")),
            "versionid" => self.item.version_id = (!value.is_empty()).then(|| value.to_string()),
            "islatest" => self.is_old = value == "false",
            "isdeletemarker" => self.is_delete = value == "true",
            "size" => {
                self.has_size = value.parse().map(|size| self.item.size = size).is_ok();
            }
            "lastmodifieddate" => {
                self.item.modified = value.parse::<jiff::Timestamp>().ok().map(|at| at.as_microsecond());
            }
            "etag" => self.item.etag = (!value.is_empty()).then(|| super::get::bare(value).to_string()),
            "storageclass" => self.item.class = value.to_string(),
            _ => {}
        }
    }
}

impl Batch<'_> {
    fn csv(&mut self, stream: impl Read, schema: &str) -> Result<(), Stop> {
        let columns: Vec<&str> = schema.split(',').map(str::trim).collect();
        let mut unpacked = BufReader::new(MultiGzDecoder::new(stream));
        let mut line = Vec::new();
        loop {
            line.clear();
            let read =
                unpacked.by_ref().take(LINE_BYTES + 1).read_until(b'\n', &mut line).map_err(|e| unreadable(&e))?;
            if read == 0 {
                break;
            }
            if line.len() as u64 > LINE_BYTES {
                return Err(unreadable(&format!("a line of it is longer than {LINE_BYTES} bytes")));
            }
            let line = std::str::from_utf8(&line).map_err(|e| unreadable(&e))?.trim_end_matches(['\n', '\r']);
            let mut row = Row::default();
            columns.iter().zip(cells(line)).for_each(|(column, value)| row.set(column, value));
            self.row(row)?;
        }
        Ok(())
    }

    fn parquet(&mut self, mut stream: WireStream) -> Result<(), Stop> {
        let ranges = stream.ranges().ok_or_else(|| wrong("the store gives no ranges"))?;
        let reader = SerializedFileReader::new(Ranges(ranges)).map_err(|e| unreadable(&e))?;
        for record in reader.get_row_iter(None).map_err(|e| unreadable(&e))? {
            let record = record.map_err(|e| unreadable(&e))?;
            let mut row = Row::default();
            for (name, field) in record.get_column_iter() {
                match field {
                    Field::Str(text) if name == "key" => row.item.key.clone_from(text),
                    Field::Str(text) => row.set(name, text),
                    Field::Bool(is) => row.set(name, if *is { "true" } else { "false" }),
                    Field::Long(number) => row.set(name, &number.to_string()),
                    Field::TimestampMillis(at) => row.item.modified = at.checked_mul(1000),
                    Field::TimestampMicros(at) => row.item.modified = Some(*at),
                    _ => {}
                }
            }
            self.row(row)?;
        }
        Ok(())
    }

    fn row(&mut self, row: Row) -> Result<(), Stop> {
        if row.is_delete || (row.is_old && self.s3.versions == Versions::Current) {
            return Ok(());
        }
        let mut item = row.item;
        if !self.roots.iter().any(|root| root.holds(&item.key)) {
            return Ok(());
        }
        if !row.has_size {
            return Err(wrong(
                "the S3 Inventory report has no sizes; add Size, LastModifiedDate and ETag to its fields",
            ));
        }
        item.is_latest = !row.is_old;
        if self.s3.versions == Versions::Current {
            // As a listing of the bucket tells it, so that a scan after either reads nothing again.
            item.version_id = None;
        }
        self.items.push(item);
        if self.items.len() == BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Stop> {
        let items = std::mem::take(&mut self.items);
        let taken = tokio::runtime::Handle::current().block_on(self.s3.taken(items));
        let page: Vec<Listing> = taken;
        Ok(self.pages.send_blocking(page)?)
    }
}

/// An object of a store as the Parquet reader wants it.
struct Ranges(Arc<dyn ObjectRanges>);

impl Length for Ranges {
    fn len(&self) -> u64 {
        self.0.size()
    }
}

impl ChunkReader for Ranges {
    type T = Onward;

    fn get_read(&self, start: u64) -> Result<Onward, ParquetError> {
        Ok(Onward { ranges: Arc::clone(&self.0), at: start, piece: io::Cursor::default() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let end = start.checked_add(length as u64).filter(|end| *end <= self.0.size());
        let end = end.ok_or_else(|| ParquetError::EOF("past the end of the file".to_string()))?;
        Ok(self.0.read_at(start..end)?.into())
    }
}

/// The bytes of an object from some place on.
struct Onward {
    ranges: Arc<dyn ObjectRanges>,
    at: u64,
    piece: io::Cursor<Vec<u8>>,
}

impl Read for Onward {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.piece.read(buffer)?;
        if read > 0 || buffer.is_empty() || self.at >= self.ranges.size() {
            return Ok(read);
        }
        let end = (self.at + READ_BYTES).min(self.ranges.size());
        self.piece = io::Cursor::new(self.ranges.read_at(self.at..end)?);
        self.at = end;
        self.piece.read(buffer)
    }
}
