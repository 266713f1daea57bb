//! Parquet files that lie, or make much of little: what each is told as, and what it does not cost.

use super::pages::{Page, file, level, plain, run};
use super::{Cell, Got, read, read_with};
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, BinaryArray, DictionaryArray, FixedSizeBinaryArray, Int32Array, ListArray, MapArray, RecordBatch,
    StringArray, StructArray,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::WriterProperties;
use rollcall::decode::{Input, decode_object};
use rollcall::model::block::{Block, BlockSink};
use rollcall::model::field::Schema;
use rollcall::model::gap::{Gap, GapKind};
use rollcall::model::limits::Limits;
use rollcall::model::object::ObjectRanges;
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;

const PLAIN: Compression = Compression::UNCOMPRESSED;

/// Its only gap: the kind, and the words for what is wrong.
#[track_caller]
fn one_gap(got: &Got, kind: GapKind, words: &str) -> String {
    let [gap] = &got.gaps[..] else { panic!("not one gap: {:?}", got.gaps) };
    assert!(gap.kind == kind && gap.detail.contains(words), "{gap:?}");
    gap.detail.clone()
}

/// A file of one row group, compressed, with a page a column if a page may be so long.
fn written(columns: Vec<(&str, ArrayRef)>, dictionary: bool) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(Default::default()))
        .set_dictionary_enabled(dictionary)
        .set_dictionary_page_size_limit(1 << 30)
        .set_data_page_size_limit(1 << 30)
        .set_data_page_row_count_limit(1 << 30);
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn numbers(count: i64) -> Vec<u8> {
    (0..count).flat_map(|n| (1_000 + n).to_le_bytes()).collect()
}

#[test]
fn a_column_that_ends_early_is_a_gap() {
    let schema = "message m { required int64 id; required int64 other; }";
    let page = |rows: u32| Page::data(rows, Encoding::PLAIN, numbers(i64::from(rows)));
    // In the only batch, in the last of several, and where a batch ends.
    for (rows, short) in [(100, 60), (20_000, 19_999), (8192 * 2, 8192)] {
        let bytes = file(schema, PLAIN, i64::from(rows), &[&[page(rows)], &[page(short)]]);
        let (decoded, got) = read(&bytes);
        let said = one_gap(&got, GapKind::Corrupt, "its pages are not what the footer says");
        let start = format!("column other, row group 0: not read from row {} on: ", short + 1);
        assert!(said.starts_with(&start), "{said}");
        assert_eq!(decoded.records, u64::from(rows));
        let cells = |of: &str| got.cells.iter().filter(|(_, path, _)| path == of).count();
        assert_eq!((cells("id"), cells("other")), (rows as usize, short as usize));
    }
    let (_, got) = read(&file(schema, PLAIN, 100, &[&[page(100)], &[page(100)]]));
    assert_eq!(got.gaps, []);
}

/// A column of one row that says the same long text any number of times, by a dictionary: as a list, as a map, as members.
fn endless() -> [(&'static str, Vec<u8>); 3] {
    let text = "a b ".repeat(5_000);
    let count = 100_000;
    let same = || {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![text.as_str()]));
        Arc::new(DictionaryArray::<Int32Type>::new(Int32Array::from(vec![0; count]), texts)) as ArrayRef
    };
    let offsets = || OffsetBuffer::new(ScalarBuffer::from(vec![0, count as i32]));
    let item = Field::new("item", same().data_type().clone(), true);
    let list = ListArray::new(Arc::new(item.clone()), offsets(), same(), None);
    let key = Field::new("key", DataType::Int32, false);
    let keys: ArrayRef = Arc::new(Int32Array::from(vec![7; count]));
    let entries = StructArray::new(vec![key, item.clone()].into(), vec![keys, same()], None);
    let entry = Field::new("entries", entries.data_type().clone(), false);
    let map = MapArray::new(Arc::new(entry), offsets(), entries, None, false);
    let member = |of: &Field| of.clone().with_name("text");
    let records = StructArray::new(vec![member(&item)].into(), vec![same()], None);
    let of = Field::new("item", records.data_type().clone(), true);
    let records = ListArray::new(Arc::new(of), offsets(), Arc::new(records), None);
    [("list", Arc::new(list) as ArrayRef), ("map", Arc::new(map)), ("records", Arc::new(records))]
        .map(|(name, column)| (name, written(vec![("l", column)], true)))
}

#[derive(Default)]
struct Stops {
    blocks: usize,
    gaps: usize,
}

impl BlockSink for Stops {
    fn block(&mut self, _: &mut Block, _: &Schema) -> ControlFlow<()> {
        self.blocks += 1;
        ControlFlow::Break(())
    }

    fn gap(&mut self, _: Gap) {
        self.gaps += 1;
    }
}

#[test]
fn one_row_ends_where_the_limits_of_expansion_are_met() {
    let limits = Limits { expansion_floor: 8 << 20, ..Limits::default() };
    for (name, bytes) in endless() {
        assert!(bytes.len() < 8 << 10, "{name}: {}", bytes.len());
        let (decoded, got, _) = read_with(&bytes, &limits);
        assert!(one_gap(&got, GapKind::Expansion, "raise the expansion limits").contains(" bytes gave "), "{name}");
        assert!(decoded.bytes_decoded < 16 << 20, "{name}: {}", decoded.bytes_decoded);
        assert!(got.cells.len() > 100 && got.records.values().all(|(row, ..)| *row == 1), "{name}");
        // One that is told to stop does so within the row.
        let mut stops = Stops::default();
        let ranges: Arc<dyn ObjectRanges> = Arc::new(Whole(bytes.clone()));
        let input = Input { stream: &mut &bytes[..], ranges: Some(ranges), hold: None };
        let decoded = decode_object(input, &Limits::default(), &mut stops);
        assert!(decoded.stopped && (stops.blocks, stops.gaps) == (1, 0), "{name}: {} blocks", stops.blocks);
    }
}

struct Whole(Vec<u8>);

impl ObjectRanges for Whole {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, range: std::ops::Range<u64>) -> std::io::Result<Vec<u8>> {
        let bytes = self.0.get(range.start as usize..range.end as usize);
        bytes.map(<[u8]>::to_vec).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
    }
}

#[test]
fn what_becomes_no_text_counts_too() {
    let limits = Limits { expansion_floor: 4 << 20, ..Limits::default() };
    let same = |value: &[u8], rows: usize| {
        let values: ArrayRef = Arc::new(BinaryArray::from_iter_values([value]));
        Arc::new(DictionaryArray::<Int32Type>::new(Int32Array::from(vec![0; rows]), values)) as ArrayRef
    };
    let zeros = [0; 100_000];
    let picture = [b"\x89PNG\r\n\x1a\n".as_slice(), &zeros].concat();
    let long = vec![b'x'; 5 << 20];
    let pages: ArrayRef = Arc::new(BinaryArray::from_iter_values((0..1000).map(|_| &zeros[..50_000])));
    let nulls = Page::data(1 << 30, Encoding::PLAIN, level(1 << 30, 0));
    let nulls = file("message m { optional int32 n; }", PLAIN, 1 << 30, &[&[nulls]]);
    for (name, bytes) in [
        ("pages of zeros", written(vec![("z", pages)], false)),
        ("a dictionary of zeros", written(vec![("z", same(&zeros, 500))], true)),
        ("a dictionary of pictures", written(vec![("z", same(&picture, 500))], true)),
        ("values over the limit", written(vec![("z", same(&long, 20))], true)),
        ("nulls", nulls),
    ] {
        let (decoded, got, _) = read_with(&bytes, &limits);
        let gaps: Vec<&Gap> = got.gaps.iter().filter(|gap| gap.kind == GapKind::Expansion).collect();
        assert!(gaps.len() == 1 && gaps[0].detail.contains("raise the expansion limits"), "{name}: {:?}", got.gaps);
        assert!(decoded.records < 100 && got.cells.is_empty(), "{name}: {}", decoded.records);
    }
}

#[test]
fn the_columns_of_a_row_group_share_a_budget() {
    let words: Vec<String> = (0..1000).map(|i| format!("{i:01000}")).collect();
    let column = || Arc::new(StringArray::from(words.clone())) as ArrayRef;
    let names: Vec<String> = (0..10).map(|i| format!("c{}", char::from(b'a' + i))).collect();
    let bytes = written(names.iter().map(|name| (name.as_str(), column())).collect(), false);
    let limits = |group| Limits { group_bytes_max: group, ..Limits::default() };
    // A page of 1 MB a column: four fit.
    let (decoded, got, _) = read_with(&bytes, &limits(9 << 19));
    assert_eq!((got.gaps.len(), decoded.records), (6, 1000), "{:?}", got.gaps);
    for gap in &got.gaps {
        assert!(gap.kind == GapKind::RecordSize, "{gap:?}");
        assert!(gap.detail.contains("write the file with smaller row groups"), "{gap:?}");
    }
    assert_eq!(got.cells.len(), 4000);
    assert_eq!(read(&bytes).1.gaps, []);
    // What is held is given back, page by page and group by group.
    let batch = RecordBatch::try_from_iter([("words", column())]).unwrap();
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_data_page_size_limit(100_000)
        .set_write_batch_size(10)
        .set_max_row_group_row_count(Some(500));
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let (decoded, got, _) = read_with(&bytes, &limits(1 << 20));
    assert_eq!((got.gaps, decoded.records), (vec![], 1000));
}

#[test]
fn a_row_of_many_columns_is_many_blocks() {
    let limits = Limits { block_bytes: 64 << 10, record_bytes_max: 256 << 10, ..Limits::default() };
    let text = "a b ".repeat(20_000);
    let column = || Arc::new(StringArray::from(vec![text.as_str(); 2])) as ArrayRef;
    let names: Vec<String> =
        (0..40).map(|i| format!("c{}{}", char::from(b'a' + i / 8), char::from(b'a' + i % 8))).collect();
    let flat = written(names.iter().map(|name| (name.as_str(), column())).collect(), false);
    let members: Vec<Field> = names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
    let members = StructArray::new(members.into(), names.iter().map(|_| column()).collect(), None);
    let tree = written(vec![("all", Arc::new(members) as ArrayRef)], false);
    for (bytes, records) in [(flat, 2), (tree, 4)] {
        let (decoded, got, _) = read_with(&bytes, &limits);
        assert_eq!((&got.gaps, got.cells.len(), decoded.records), (&vec![], 80, records));
        assert!(got.bytes < 400 << 10, "{}", got.bytes);
        assert_eq!(got.records.len() as u64, records);
        assert_eq!(got.cells.iter().map(|(row, ..)| *row).collect::<Vec<_>>(), [vec![1; 40], vec![2; 40]].concat());
    }
}

#[test]
fn texts_that_share_their_beginnings_are_measured_first() {
    let text = "y".repeat(10_000);
    let column: ArrayRef = Arc::new(StringArray::from(vec![text.as_str(); 2000]));
    let batch = RecordBatch::try_from_iter([("shared", column)]).unwrap();
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_column_encoding("shared".into(), Encoding::DELTA_BYTE_ARRAY);
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let (_, got, _) = read_with(&bytes, &Limits { page_bytes_max: 1 << 20, ..Limits::default() });
    one_gap(&got, GapKind::RecordSize, "the values of a page share so much");
    let (_, got, _) = read_with(&bytes, &Limits { group_bytes_max: 8 << 20, ..Limits::default() });
    one_gap(&got, GapKind::RecordSize, "smaller row groups");
    let (decoded, got) = read(&bytes);
    assert_eq!((got.gaps, decoded.records, got.cells.len()), (vec![], 2000, 2000));
    // Lengths of every width, and those that fall: what is measured is what there is.
    let mut rng = fastrand::Rng::with_seed(3);
    let texts: Vec<String> = (0..3000).map(|_| "z".repeat(1 << rng.u32(0..13))).collect();
    let total: usize = texts.iter().map(String::len).sum();
    let column: ArrayRef = Arc::new(StringArray::from(texts));
    let batch = RecordBatch::try_from_iter([("shared", column)]).unwrap();
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_column_encoding("shared".into(), Encoding::DELTA_BYTE_ARRAY)
        .set_data_page_row_count_limit(1 << 30);
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let with = |page_bytes_max| read_with(&bytes, &Limits { page_bytes_max, ..Limits::default() }).1;
    one_gap(&with(total * 9 / 10), GapKind::RecordSize, "share so much");
    assert_eq!(with(total + (64 << 10)).gaps, []);
}

/// Files whose page says what is not so, and what they are told as.
#[test]
fn a_page_that_lies_is_told_as_what_it_is() {
    const TEXT: &str = "message m { required binary t; }";
    const NUMBER: &str = "message m { optional int32 n; }";
    let zeros = vec![0; 1 << 20];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&zeros).unwrap();
    let gzip = gzip.finish().unwrap();
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &zeros[..], &mut packed, &Default::default()).unwrap();
    let says = |bytes: &[u8], uncompressed| Page {
        uncompressed: Some(uncompressed),
        ..Page::data(9, Encoding::PLAIN, bytes.to_vec())
    };
    let claims = (GapKind::Corrupt, "a page claims more values than it holds");
    let index = || Page::data(2, Encoding::RLE_DICTIONARY, vec![0, 4]);
    let of = |encoding, bytes| Page::data(2, encoding, bytes);
    let far = [&u32::to_le_bytes(1000)[..], &[4, 1]].concat();
    let levels = |levels, bytes| Page { levels, ..of(Encoding::PLAIN, bytes) };
    #[allow(deprecated)]
    let bits = Encoding::BIT_PACKED;
    let many = (16 << 20) + 1;
    let decimals = "message m { required binary d (DECIMAL(40,2)); }";
    let cases: Vec<(&str, Vec<u8>, (GapKind, &str))> = vec![
        (
            "gzip",
            file(TEXT, Compression::GZIP(Default::default()), 9, &[&[says(&gzip, 100)]]),
            (GapKind::Expansion, "a page decompresses to more than it says"),
        ),
        (
            "brotli",
            file(TEXT, Compression::BROTLI(Default::default()), 9, &[&[says(&packed, 100)]]),
            (GapKind::Expansion, "a page decompresses to more than it says"),
        ),
        ("a dictionary", file(TEXT, PLAIN, 2, &[&[Page::dictionary(1000, plain(&[b"a", b"b"])), index()]]), claims),
        (
            "a decimal",
            file(decimals, PLAIN, 2, &[&[Page::dictionary(1, plain(&[&[1; 33]])), index()]]),
            (GapKind::Corrupt, "a decimal is longer than 32 bytes"),
        ),
        ("levels", file(NUMBER, PLAIN, 2, &[&[levels(Encoding::RLE, far)]]), claims),
        ("levels without a length", file(NUMBER, PLAIN, 2, &[&[levels(Encoding::RLE, vec![1])]]), claims),
        ("levels of bits", file(NUMBER, PLAIN, 2, &[&[Page { values: 100, ..levels(bits, vec![0xff; 12]) }]]), claims),
        ("a run of lengths", file(TEXT, PLAIN, 2, &[&[of(Encoding::DELTA_LENGTH_BYTE_ARRAY, run(many, 0))]]), claims),
        (
            "a second run",
            file(TEXT, PLAIN, 2, &[&[of(Encoding::DELTA_BYTE_ARRAY, [run(2, 0), run(many, 0)].concat())]]),
            claims,
        ),
        (
            "a run cut short",
            file(TEXT, PLAIN, 2, &[&[of(Encoding::DELTA_LENGTH_BYTE_ARRAY, vec![128, 1, 4, 9, 0, 0, 32])]]),
            claims,
        ),
        ("a run of nothing", file(TEXT, PLAIN, 2, &[&[of(Encoding::DELTA_BYTE_ARRAY, vec![128, 1, 0, 2, 0])]]), claims),
        (
            "values that repeat",
            file("message m { repeated int32 n; }", PLAIN, 1, &[&[Page::data(many, Encoding::PLAIN, level(many, 1))]]),
            (GapKind::RecordSize, "a few rows need more pages than the limit"),
        ),
        (
            "fixed lengths",
            file(
                "message m { optional fixed_len_byte_array(2000000000) f; }",
                PLAIN,
                2,
                &[&[Page::data(2, Encoding::PLAIN, level(2, 0))]],
            ),
            (GapKind::RecordSize, "write the file with smaller row groups"),
        ),
        (
            "a page too long",
            file(TEXT, Compression::ZSTD(Default::default()), 2, &[&[says(b"x", 300 << 20)]]),
            (GapKind::RecordSize, "a page is larger than the limit"),
        ),
    ];
    for (name, bytes, (kind, words)) in cases {
        let (_, got) = read(&bytes);
        let [gap] = &got.gaps[..] else { panic!("{name}: not one gap: {:?}", got.gaps) };
        assert!(gap.kind == kind && gap.detail.contains(words), "{name}: {gap:?}");
        assert!(gap.detail.starts_with("column ") && got.cells.is_empty(), "{name}: {gap:?}");
    }
    // The same pages as they should be.
    let said = |bytes: &[u8]| {
        let (_, got) = read(bytes);
        assert_eq!(got.gaps, []);
        got.cells.into_iter().map(|(.., value)| value).collect::<Vec<_>>()
    };
    let good = file(TEXT, PLAIN, 2, &[&[Page::dictionary(2, plain(&[b"a", b"b"])), index()]]);
    assert_eq!(said(&good), ["a", "a"]);
    let good = file(decimals, PLAIN, 2, &[&[Page::dictionary(1, plain(&[&[1, 1]])), index()]]);
    assert_eq!(said(&good), ["2.57", "2.57"]);
    let good = [level(2, 1), 7i32.to_le_bytes().to_vec(), 8i32.to_le_bytes().to_vec()].concat();
    assert_eq!(said(&file(NUMBER, PLAIN, 2, &[&[levels(Encoding::RLE, good)]])), ["7", "8"]);
    let good = [run(2, 1), b"xy".to_vec()].concat();
    assert_eq!(said(&file(TEXT, PLAIN, 2, &[&[of(Encoding::DELTA_LENGTH_BYTE_ARRAY, good)]])), ["x", "y"]);
    let good = [run(2, 0), run(2, 1), b"xy".to_vec()].concat();
    assert_eq!(said(&file(TEXT, PLAIN, 2, &[&[of(Encoding::DELTA_BYTE_ARRAY, good)]])), ["x", "y"]);
}

#[test]
fn a_column_that_is_read_in_no_group_is_told_by_its_kind() {
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..300).map(|i| format!("{i:0200}"))));
    let ids: ArrayRef = Arc::new(Int32Array::from_iter_values(0..300));
    let batch = RecordBatch::try_from_iter([("id", ids), ("text", texts)]).unwrap();
    let properties =
        WriterProperties::builder().set_dictionary_enabled(false).set_max_row_group_row_count(Some(100)).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let (decoded, got, _) = read_with(&bytes, &Limits { page_bytes_max: 10_000, ..Limits::default() });
    let said: Vec<(GapKind, &str)> = got.gaps.iter().map(|gap| (gap.kind, gap.detail.as_str())).collect();
    let [(GapKind::RecordSize, first), (GapKind::RecordSize, more)] = said[..] else { panic!("{said:?}") };
    assert!(first.starts_with("column text, row group 0: not read from row 1 on: a page is larger"), "{first}");
    assert_eq!(more, "column text was not read in 2 more row groups");
    assert_eq!((decoded.records, got.cells.len()), (300, 300));
}

#[test]
fn text_of_sixteen_bytes_is_text() {
    let uuid: [u8; 16] = std::array::from_fn(|i| (i as u8 * 17) | 0x80);
    let values: Vec<[u8; 16]> = vec![
        *b"q7@mail.example\0",
        *b"q@mail.io\0\0\0\0\0\0\0",
        *b"sixteen@mail.org",
        "Müller\0\0\0\0\0\0\0\0\0".as_bytes().try_into().unwrap(),
        uuid,
        *b"a\nb\0\0\0\0\0\0\0\0\0\0\0\0\0",
        [0; 16],
    ];
    let column: ArrayRef = Arc::new(FixedSizeBinaryArray::try_from_iter(values.into_iter()).unwrap());
    let (_, got) = read(&written(vec![("code", column)], false));
    let said: Vec<&str> = got.cells.iter().map(|(.., value)| value.as_str()).collect();
    let hex = "8091a2b3-c4d5-e6f7-8899-aabbccddeeff";
    let want =
        ["q7@mail.example", "q@mail.io", "sixteen@mail.org", "Müller", hex, "610a6200-0000-0000-0000-000000000000"];
    assert_eq!((said, got.gaps), (want.to_vec(), vec![]));
}

#[test]
fn a_name_that_is_a_value_is_read_as_one_in_a_tree_too() {
    let text = |value: &str| Arc::new(StringArray::from(vec![value])) as ArrayRef;
    let of = |name: &str| Field::new(name, DataType::Utf8, true);
    let record = |name: &str| StructArray::new(vec![of(name), of("city")].into(), vec![text("x"), text("Bonn")], None);
    let item = record("l@example.com");
    let field = Field::new("item", item.data_type().clone(), true);
    let list = ListArray::new(Arc::new(field), OffsetBuffer::new(ScalarBuffer::from(vec![0, 1])), Arc::new(item), None);
    let bytes = written(
        vec![("j@example.com", text("y")), ("buyer", Arc::new(record("k@example.com"))), ("many", Arc::new(list))],
        false,
    );
    let (_, got) = read(&bytes);
    let cell = |row, path: &str, value: &str| -> Cell { (row, path.to_string(), value.to_string()) };
    let want = [
        cell(0, "/{key}", "j@example.com"),
        cell(0, "/buyer/{key}", "k@example.com"),
        cell(0, "/many/*/{key}", "l@example.com"),
        cell(1, "/*", "y"),
        cell(1, "/buyer/*", "x"),
        cell(1, "/buyer/city", "Bonn"),
        cell(1, "/many/*/*", "x"),
        cell(1, "/many/*/city", "Bonn"),
    ];
    assert_eq!((&got.cells[..], &got.gaps), (&want[..], &vec![]));
}
