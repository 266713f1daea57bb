//! Parquet files whose pages are made by hand, so that they may say anything.

use parquet::basic::{Compression, Encoding};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

/// A page: what its header says, and its bytes.
pub struct Page {
    /// 0: of the first version; 2: a dictionary; 3: of the second version.
    pub kind: u8,
    pub values: u32,
    pub encoding: Encoding,
    /// How the levels are written.
    pub levels: Encoding,
    /// Bytes once decompressed; as many as there are, if it is none.
    pub uncompressed: Option<u32>,
    pub bytes: Vec<u8>,
}

impl Page {
    pub fn data(values: u32, encoding: Encoding, bytes: Vec<u8>) -> Page {
        Page { kind: 0, values, encoding, levels: Encoding::RLE, uncompressed: None, bytes }
    }

    pub fn dictionary(values: u32, bytes: Vec<u8>) -> Page {
        Page { kind: 2, ..Page::data(values, Encoding::PLAIN, bytes) }
    }
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A field of 32 bits in Thrift's compact protocol, `step` after the field before it.
fn number(step: u8, value: u32, out: &mut Vec<u8>) {
    out.push(step << 4 | 5);
    varint(u64::from(value) << 1, out);
}

/// A page as it is stored: its header (`PageHeader` in parquet.thrift) and its bytes.
fn stored(page: &Page) -> Vec<u8> {
    let mut out = Vec::new();
    number(1, u32::from(page.kind), &mut out);
    number(1, page.uncompressed.unwrap_or(page.bytes.len() as u32), &mut out);
    number(1, page.bytes.len() as u32, &mut out);
    // The structure of its kind: fields 5, 7 and 8.
    out.push([2, 0, 4, 5][usize::from(page.kind)] << 4 | 12);
    number(1, page.values, &mut out);
    if page.kind == 3 {
        // No nulls, as many rows.
        number(1, 0, &mut out);
        number(1, page.values, &mut out);
    }
    number(1, page.encoding as u32, &mut out);
    if page.kind == 0 {
        number(1, page.levels as u32, &mut out);
        number(1, page.levels as u32, &mut out);
    }
    out.extend([0, 0]);
    out.extend(&page.bytes);
    out
}

/// A file of one row group, with a chunk of pages for each column of the schema.
pub fn file(schema: &str, codec: Compression, rows: i64, columns: &[&[Page]]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(WriterProperties::new())).unwrap();
    let about = writer.schema_descr().columns().to_vec();
    let mut group = writer.next_row_group().unwrap();
    for (column, pages) in about.into_iter().zip(columns) {
        let chunk: Vec<u8> = pages.iter().flat_map(stored).collect();
        let dictionary = (pages[0].kind == 2).then_some(0);
        let metadata = ColumnChunkMetaData::builder(column)
            .set_compression(codec)
            .set_encodings(pages.iter().map(|page| page.encoding).collect())
            .set_num_values(rows)
            .set_total_compressed_size(chunk.len() as i64)
            .set_total_uncompressed_size(chunk.len() as i64)
            .set_dictionary_page_offset(dictionary)
            .set_data_page_offset(dictionary.map_or(0, |_| stored(&pages[0]).len() as i64))
            .build()
            .unwrap();
        let close = ColumnCloseResult {
            bytes_written: chunk.len() as u64,
            rows_written: rows as u64,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        group.append_column(&bytes::Bytes::from(chunk), close).unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

/// A run of one level, as many times as there are values, with its length before it.
pub fn level(values: u32, level: u8) -> Vec<u8> {
    let mut run = Vec::new();
    varint(u64::from(values) << 1, &mut run);
    run.push(level);
    [&(run.len() as u32).to_le_bytes()[..], &run].concat()
}

/// A run in DELTA_BINARY_PACKED of numbers that are all one.
pub fn run(count: u32, value: u32) -> Vec<u8> {
    let mut out = Vec::new();
    // Blocks of 128 in 4 parts, whose numbers take no bits because the least difference is the only one.
    for number in [128, 4, u64::from(count), u64::from(value) << 1] {
        varint(number, &mut out);
    }
    for _ in 0..count.saturating_sub(1).div_ceil(128).min(1 << 20) {
        out.extend([0; 5]);
    }
    out
}

/// Texts as they stand in a page: each after its length.
pub fn plain(texts: &[&[u8]]) -> Vec<u8> {
    texts.iter().flat_map(|text| [&(text.len() as u32).to_le_bytes()[..], text].concat()).collect()
}
