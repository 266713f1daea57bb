//! Parquet files as others write them, against the same rows as CSV and NDJSON; and files that lie.

// A test that cannot run says so.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod lies;
mod pages;

use crate::program::{Home, copy_tree, partition};
use arrow_array::{ArrayRef, Int64Array, ListArray, RecordBatch, StringArray, types::Int32Type};
use parquet::arrow::ArrowWriter;
use parquet::basic::{BrotliLevel, Compression, Encoding, GzipLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use rollcall::decode::{Decoded, Input, decode, decode_object};
use rollcall::generate::{CorpusSpec, corpus};
use rollcall::inventory::Snapshot;
use rollcall::model::block::{Block, BlockSink, SEPARATOR};
use rollcall::model::field::{Field, Schema};
use rollcall::model::gap::{Gap, GapKind};
use rollcall::model::limits::Limits;
use rollcall::model::object::ObjectRanges;
use rollcall::model::rows::Tables;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

/// Runs the script that writes files; none where Python is not there and need not be.
fn python(args: &[&Path]) -> Option<()> {
    let python = std::env::var("ROLLCALL_PYTHON").unwrap_or_else(|_| "python3".to_string());
    let required = std::env::var("ROLLCALL_REQUIRE_PYTHON").is_ok_and(|value| value == "1");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parquet_files.py");
    match Command::new(&python).arg(script).args(args).output() {
        Ok(output) if output.status.success() => Some(()),
        Ok(output) if output.status.code() == Some(77) && !required => {
            eprintln!("skipped: {}", String::from_utf8_lossy(&output.stderr).trim());
            None
        }
        Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) if !required => {
            eprintln!("skipped: {python}: {error}");
            None
        }
        Err(error) => panic!("{python}: {error}"),
    }
}

/// The small files of all writers, made once.
fn files() -> Option<&'static Path> {
    static FILES: OnceLock<Option<PathBuf>> = OnceLock::new();
    let made = FILES.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap().keep();
        python(&[Path::new("files"), &dir]).map(|()| dir)
    });
    made.as_deref()
}

/// A row, a field's path and a value.
type Cell = (u64, String, String);

#[derive(Default)]
struct Got {
    cells: Vec<Cell>,
    /// Row and path of every record, and the path of its parent.
    records: BTreeMap<u64, (u64, String, Option<String>)>,
    gaps: Vec<Gap>,
    schema: Schema,
    end: Option<u64>,
    bytes: usize,
}

impl BlockSink for Got {
    fn block(&mut self, block: &mut Block, schema: &Schema) -> ControlFlow<()> {
        assert!(self.end.is_none_or(|end| end == block.offset), "blocks tile the decoded object");
        self.end = Some(block.offset + block.bytes.len() as u64);
        self.bytes = self.bytes.max(block.bytes.len());
        self.schema = schema.clone();
        let mut end = 0;
        for cell in &block.cells {
            assert!(cell.start < cell.end && (cell.start == 0 || cell.start > end));
            assert!(block.bytes[end as usize..cell.start as usize].iter().all(|b| *b == SEPARATOR));
            end = cell.end;
            let value = String::from_utf8_lossy(block.cell(cell)).into_owned();
            let row = block.records[cell.record as usize].row;
            self.cells.push((row, schema.get(cell.field).path.clone(), value));
        }
        for (i, record) in block.records.iter().enumerate() {
            assert!(record.parent.is_none_or(|p| (p as usize) < i) && record.source.start <= record.source.end);
            let path = |i: u32| schema.fields.get(block.records[i as usize].path as usize).map_or("", |f| &f.path);
            let parent = record.parent.map(|p| path(p).to_string());
            self.records.insert(record.id, (record.row, path(i as u32).to_string(), parent));
        }
        ControlFlow::Continue(())
    }

    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    fn digits(&self, field: &Field) -> Option<u8> {
        match field.path.as_str() {
            "ssn" => Some(9),
            "zip" => Some(5),
            _ => None,
        }
    }
}

/// An object in memory that notes what is asked of it.
struct Noted {
    bytes: Vec<u8>,
    asked: Mutex<Vec<Range<u64>>>,
}

impl ObjectRanges for Noted {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.asked.lock().unwrap().push(range.clone());
        let bytes = self.bytes.get(range.start as usize..range.end as usize);
        bytes.map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

fn read_with(bytes: &[u8], limits: &Limits) -> (Decoded, Got, Vec<Range<u64>>) {
    let mut got = Got::default();
    let noted = Arc::new(Noted { bytes: bytes.to_vec(), asked: Mutex::default() });
    let ranges = Some(Arc::clone(&noted) as Arc<dyn ObjectRanges>);
    let decoded = decode_object(Input { stream: &mut &bytes[..], ranges, hold: None }, limits, &mut got);
    let asked = noted.asked.lock().unwrap().clone();
    (decoded, got, asked)
}

fn read(bytes: &[u8]) -> (Decoded, Got) {
    let (decoded, got, _) = read_with(bytes, &Limits::default());
    (decoded, got)
}

fn text(path: &Path) -> Got {
    let mut got = Got::default();
    decode(&mut &std::fs::read(path).unwrap()[..], &Limits::default(), &mut got);
    assert!(got.gaps.is_empty());
    got
}

fn each_file(start: &str, mut each: impl FnMut(&str, &[u8])) -> usize {
    let Some(files) = files() else { return 0 };
    let mut count = 0;
    for entry in std::fs::read_dir(files).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with(start) && name.ends_with(".parquet") {
            each(name, &std::fs::read(&path).unwrap());
            count += 1;
        }
    }
    count
}

#[test]
fn tables_of_every_writer_read_as_the_same_rows_in_csv() {
    let Some(folder) = files() else { return };
    let want = text(&folder.join("flat.csv"));
    assert!(want.cells.len() > 6000);
    let count = each_file("flat-", |name, bytes| {
        let (decoded, got) = read(bytes);
        assert_eq!((&got.gaps, decoded.format.as_str()), (&vec![], "parquet"), "{name}");
        assert_eq!(decoded.records, want.records.len() as u64, "{name}");
        for (got, want) in got.cells.iter().zip(&want.cells) {
            assert_eq!(got, want, "{name}");
        }
        assert_eq!(got.cells.len(), want.cells.len(), "{name}");
    });
    assert!(count > 35, "{count} files");
}

#[test]
fn trees_read_as_the_same_rows_in_ndjson() {
    let Some(folder) = files() else { return };
    let want = text(&folder.join("nested.ndjson"));
    let records = |got: &Got| got.records.values().cloned().collect::<Vec<_>>();
    let count = each_file("nested-", |name, bytes| {
        for limits in [Limits::default(), Limits { block_bytes: 300, record_bytes_max: 300, ..Limits::default() }] {
            let (_, got, _) = read_with(bytes, &limits);
            assert!(got.gaps.is_empty(), "{name}: {:?}", got.gaps);
            assert!(got.cells == want.cells, "{name}: cells differ");
            assert_eq!(records(&got), records(&want), "{name}");
        }
    });
    assert_eq!(count, 3);
}

#[test]
fn every_type_has_a_text() {
    let Some(folder) = files() else { return };
    let (_, got) = read(&std::fs::read(folder.join("odd.parquet")).unwrap());
    let of = |name: &str| {
        let values: Vec<&str> =
            got.cells.iter().filter(|(row, path, _)| *row > 0 && path == name).map(|(.., v)| v.as_str()).collect();
        values.join("|")
    };
    for (field, want) in [
        ("uuid", "00010203-0405-0607-0809-0a0b0c0d0e0f|00010203-0405-0607-0809-0a0b0c0d0e0f"),
        ("time", "13:05:00|00:00:01.0005"),
        ("midnight", "1985-07-30|1985-07-30"),
        ("zoned", "2024-02-29T13:05:00Z|2024-02-29T13:05:00Z"),
        ("far", "9999-12-31|0001-01-01"),
        ("half", "1.5|2"),
        ("single", "0.1|5"),
        ("tiny", "-5|7"),
        ("huge", "18446744073709551615|0"),
        ("money", "-12.50|3"),
        ("flag", ""),
        ("nothing", ""),
        ("latin", "Müller|plain"),
        ("fixed", "ab|abcd"),
        ("picture", ""),
        ("#17", "x"),
    ] {
        assert_eq!(of(field), want, "{field}");
    }
    assert!(of("packed").contains("\nj@example.com\n"), "{:?}", of("packed"));
    // A name that is a value is read as one, in row 0.
    assert_eq!(got.cells[0], (0, "#17".to_string(), "j@example.com".to_string()));
    let [gap] = &got.gaps[..] else { panic!("{:?}", got.gaps) };
    assert!(gap.kind == GapKind::Unsupported && gap.detail.contains("png"), "{gap:?}");
}

#[test]
fn what_is_encrypted_is_a_gap() {
    let Some(folder) = files() else { return };
    let (decoded, got) = read(&std::fs::read(folder.join("locked.parquet")).unwrap());
    assert!(decoded.unread && got.cells.is_empty());
    assert!(got.gaps.len() == 1 && got.gaps[0].detail.contains("encrypted"), "{:?}", got.gaps);
    let (decoded, got) = read(&std::fs::read(folder.join("locked-columns.parquet")).unwrap());
    assert!(!decoded.unread);
    let told: Vec<&str> = got.gaps.iter().map(|g| g.detail.split(',').next().unwrap()).collect();
    assert_eq!(told, ["column email", "column ssn"]);
    assert!(got.gaps.iter().all(|g| g.kind == GapKind::Unsupported && g.detail.contains("encrypted")));
    let fields: BTreeSet<&str> = got.cells.iter().map(|(_, path, _)| path.as_str()).collect();
    assert!(fields.contains("name") && fields.contains("dob") && !fields.contains("email"));
}

/// A file of three columns, one of them lists, in row groups of 100.
fn written(
    rows: usize,
    properties: impl FnOnce(parquet::file::properties::WriterPropertiesBuilder) -> WriterProperties,
) -> Vec<u8> {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows as i64));
    let mails: ArrayRef =
        Arc::new(StringArray::from_iter((0..rows).map(|i| (i % 5 > 0).then(|| format!("p{i}@example.com")))));
    let lists = (0..rows).map(|i| Some((0..i % 4).map(|k| Some(k as i32)).collect::<Vec<_>>()));
    let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists));
    let batch = RecordBatch::try_from_iter([("id", ids), ("email", mails), ("list", lists)]).unwrap();
    let mut bytes = Vec::new();
    let properties = properties(WriterProperties::builder().set_max_row_group_row_count(Some(100)));
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn codecs() -> [Compression; 7] {
    let (gzip, brotli) = (GzipLevel::default(), BrotliLevel::default());
    use Compression as C;
    [C::UNCOMPRESSED, C::SNAPPY, C::GZIP(gzip), C::BROTLI(brotli), C::LZ4, C::LZ4_RAW, C::ZSTD(Default::default())]
}

#[test]
fn any_byte_may_lie() {
    let mut rng = fastrand::Rng::with_seed(5);
    let (mut hurt, mut runs, mut panics) = (0, 0, 0);
    for codec in codecs() {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            let plain = rng.bool();
            let bytes = written(250, |b| {
                let b = b.set_compression(codec).set_writer_version(version).set_dictionary_enabled(!plain);
                let b = if plain { b.set_column_encoding("email".into(), Encoding::DELTA_BYTE_ARRAY) } else { b };
                b.build()
            });
            let (decoded, got) = read(&bytes);
            assert!(got.gaps.is_empty() && decoded.records == 250, "{codec:?}: {:?}", got.gaps);
            let small = Limits { expansion_floor: 1 << 20, ..Limits::default() };
            for round in 0..250 {
                let mut torn = bytes.clone();
                match round % 5 {
                    0 => torn.truncate(rng.usize(4..torn.len())),
                    // A byte near the end: the footer.
                    1 => {
                        let at = torn.len() - 1 - rng.usize(0..900.min(torn.len()));
                        torn[at] = rng.u8(..);
                    }
                    _ => {
                        for _ in 0..rng.usize(1..4) {
                            let at = rng.usize(4..torn.len());
                            torn[at] = if rng.bool() { rng.u8(..) } else { 0xff };
                        }
                    }
                }
                let read = std::panic::catch_unwind(|| read_with(&torn, &small));
                // The library's own checks end some in a panic, of which `pipeline::worker` makes a FAILED object.
                let Ok((_, got, _)) = read else {
                    panics += 1;
                    continue;
                };
                runs += 1;
                hurt += usize::from(!got.gaps.is_empty());
                if round % 5 == 0 {
                    assert!(!got.gaps.is_empty(), "{codec:?}: a file cut short is no gap");
                }
            }
        }
    }
    assert!(hurt * 3 > runs, "{hurt} of {runs} lies were seen");
    assert!(panics * 50 < runs, "{panics} panics in {runs} runs");
}

#[test]
fn a_corrupt_column_costs_itself_alone() {
    let bytes = written(250, |b| b.set_compression(Compression::SNAPPY).set_dictionary_enabled(false).build());
    let meta = parquet::file::metadata::ParquetMetaDataReader::new()
        .parse_and_finish(&bytes::Bytes::from(bytes.clone()))
        .unwrap();
    let mut torn = bytes;
    let start = meta.row_group(1).column(1).data_page_offset() as usize;
    torn[start..start + 20].fill(0xff);
    let (decoded, got) = read(&torn);
    let [gap] = &got.gaps[..] else { panic!("{:?}", got.gaps) };
    assert!(
        gap.kind == GapKind::Corrupt && gap.detail.starts_with("column email, row group 1: not read from row 101 on")
    );
    assert_eq!(decoded.records, 250);
    let rows = |path: &str| got.cells.iter().filter(|(_, p, _)| p == path).map(|(r, ..)| *r).collect::<BTreeSet<_>>();
    assert_eq!(rows("/id").len(), 250);
    assert!(rows("/email").iter().all(|r| !(101..=200).contains(r)) && rows("/email").contains(&202));
}

#[test]
fn sizes_are_limited() {
    let bytes = written(250, |b| b.set_compression(Compression::SNAPPY).build());
    let limits =
        |page: usize, footer: usize| Limits { page_bytes_max: page, footer_bytes_max: footer, ..Limits::default() };
    let (_, got, _) = read_with(&bytes, &limits(600, 1 << 20));
    assert!(
        got.gaps.iter().any(|g| g.kind == GapKind::RecordSize && g.detail.contains("page limit")),
        "{:?}",
        got.gaps
    );
    let (decoded, got, _) = read_with(&bytes, &limits(1 << 20, 50));
    assert!(decoded.unread && got.gaps[0].detail.contains("footer limit"));
    // A dictionary and runs make much of little: the rows are limited, not what is stored.
    let many: ArrayRef = Arc::new(StringArray::from_iter_values((0..200_000).map(|_| "the same words over and over")));
    let batch = RecordBatch::try_from_iter([("words", many)]).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let limits = Limits { expansion_floor: 1 << 20, ..Limits::default() };
    let (_, got, _) = read_with(&bytes, &limits);
    assert!(got.gaps.iter().any(|g| g.kind == GapKind::Expansion), "{:?}", got.gaps);
    assert!(read(&bytes).1.gaps.is_empty());
}

#[test]
fn pieces_are_asked_for_once_and_in_bounds() {
    // Random text, so that the columns are larger than what is fetched at once.
    let mut rng = fastrand::Rng::with_seed(1);
    let words = |rng: &mut fastrand::Rng| (0..400).map(|_| rng.alphanumeric()).collect::<String>();
    let columns: Vec<(String, ArrayRef)> = (0..4)
        .map(|c| {
            (format!("c{c}"), Arc::new(StringArray::from_iter_values((0..8000).map(|_| words(&mut rng)))) as ArrayRef)
        })
        .collect();
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let properties =
        WriterProperties::builder().set_compression(Compression::UNCOMPRESSED).set_dictionary_enabled(false);
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let (decoded, got, asked) = read_with(&bytes, &Limits::default());
    assert!(got.gaps.is_empty() && decoded.records == 8000 && bytes.len() > 12 << 20);
    let total: u64 = asked.iter().map(|r| r.end - r.start).sum();
    assert!(total < bytes.len() as u64 + (128 << 10), "{total} of {}", bytes.len());
    assert!(asked.iter().all(|r| r.end - r.start <= 2 << 20) && asked.len() < 40, "{} pieces", asked.len());
    assert_eq!(decoded.content_hash.split(':').next(), Some("pieces"));
    assert_eq!(decoded.bytes_read, total + (64 << 10));
    // The hash says what was read, so it is the same for the same file.
    assert_eq!(read(&bytes).0.content_hash, decoded.content_hash);
}

#[test]
fn the_program_reads_them_plain_and_gzipped_and_explains_a_row() {
    let home = Home::new();
    let ssns: ArrayRef = Arc::new(Int64Array::from(vec![Some(78_051_121), None, Some(219_099_998)]));
    let names: ArrayRef = Arc::new(StringArray::from(vec!["Jane Miller", "Robert Smith", "Mary Jones"]));
    let mails: ArrayRef = Arc::new(StringArray::from(vec![Some("jane@example.com"), Some("bob@example.com"), None]));
    // What does not fit into the head of a stream has to be held in a file.
    let mut rng = fastrand::Rng::with_seed(9);
    let noise = (0..3).map(|_| (0..60_000).map(|_| rng.alphabetic()).collect::<String>());
    let noise: ArrayRef = Arc::new(StringArray::from_iter_values(noise));
    let batch =
        RecordBatch::try_from_iter([("ssn", ssns), ("full_name", names), ("email", mails), ("noise", noise)]).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    home.file("people.parquet", &bytes);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&bytes).unwrap();
    home.file("again.gz", gzip.finish().unwrap());
    home.file("cut.parquet", &bytes[..bytes.len() / 2]);
    let answer = home.line("scan data --json").exits(3).json();
    assert_eq!((&answer["objects"]["complete"], &answer["objects"]["failed"]), (&2.into(), &1.into()), "{answer}");
    assert_eq!((&answer["findings"]["SSN"], &answer["findings"]["EMAIL"]), (&4.into(), &4.into()), "{answer}");
    let who = home.run(["who", "078-05-1121", "--json"]).exits(0);
    assert!(who.out.contains("people.parquet"), "{}", who.out);
    let explained = home.run(["detectors", "explain", "data/people.parquet:row 1"]).exits(0);
    assert!(
        explained.out.contains("us/ssn_compact (SSN): #########") && explained.out.contains("field ssn"),
        "{}",
        explained.out
    );
    let line = home.run(["detectors", "explain", "data/people.parquet:1"]).exits(2);
    assert!(line.err.contains("row 1'"), "{}", line.err);
}

/// What is said of each row of each file, without what a format decides: paths, places and how much is taken together.
fn said(snapshot: &Snapshot) -> BTreeMap<(String, u64), Vec<String>> {
    let mut files = BTreeMap::new();
    let objects = snapshot.objects(false, &mut |row| {
        assert!(row.gaps.is_empty(), "{}: {:?}", row.object.path, row.gaps);
        files.insert(row.id, row.object.path.rsplit_once('.').unwrap().0.to_string());
        Ok(())
    });
    objects.unwrap();
    let mut said: BTreeMap<(String, u64), Vec<String>> = BTreeMap::new();
    let mentions = snapshot.mentions(None, &mut |row| {
        let m = row.mention;
        let words = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            m.role, m.population, m.tokens, m.name, m.elements, m.confidence, m.residence, m.event_day
        );
        for (first, last) in m.rows {
            for at in first..=last {
                said.entry((files[&row.object].clone(), at)).or_default().push(words.clone());
            }
        }
        Ok(())
    });
    mentions.unwrap();
    said.values_mut().for_each(|all| all.sort());
    said
}

#[test]
fn an_estate_says_the_same_in_csv_ndjson_and_parquet() {
    let home = Home::new();
    corpus(&CorpusSpec::new(300, 21), &home.path("corpus")).unwrap();
    let made = home.path("made");
    if python(&[Path::new("estate"), &home.path("corpus"), &made]).is_none() {
        return;
    }
    let mut forms = BTreeMap::new();
    for form in ["csv", "ndjson", "parquet"] {
        // Under one name, because people who have no identifier are named after where they stand.
        let _ = std::fs::remove_dir_all(home.data());
        copy_tree(&made.join(form), &home.data(), &|_| true);
        let inventory = home.path(form);
        let args = format!("scan data --config corpus/rollcall.toml -q --inventory {}", inventory.display());
        home.line(&args).exits(0);
        let snapshot = rollcall::inventory::Inventory::open(&inventory).unwrap().snapshot().unwrap();
        let people: BTreeSet<Vec<_>> = partition(&snapshot)
            .into_iter()
            .map(|places| {
                let bare = |p: String| p.rsplit_once('.').unwrap().0.to_string();
                places.into_iter().map(|(path, row, role)| (bare(path), row, role)).collect()
            })
            .collect();
        forms.insert(form, (said(&snapshot), people));
    }
    let (said, people) = &forms["csv"];
    assert!(said.len() > 1000 && people.len() > 200);
    for form in ["ndjson", "parquet"] {
        for (at, want) in said {
            assert_eq!(forms[form].0.get(at), Some(want), "{form}: {at:?}");
        }
        assert!(forms[form].0 == *said, "{form}: more is said");
        assert!(forms[form].1 == *people, "{form}: the people differ");
    }
}
