//! Formats: bytes in, rows, fields and addresses out; witnesses are written-out answers, the `csv` crate and `serde_json`.

use rollcall::decode::{Decoded, decode};
use rollcall::model::block::{Block, BlockSink, Layout, SEPARATOR};
use rollcall::model::field::Schema;
use rollcall::model::gap::{Gap, GapKind};
use rollcall::model::limits::Limits;
use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;

/// Keeps everything a decoder says.
#[derive(Default)]
pub struct Collected {
    pub blocks: Vec<Block>,
    pub schema: Schema,
    pub gaps: Vec<Gap>,
}

impl BlockSink for Collected {
    fn block(&mut self, block: &mut Block, schema: &Schema) -> ControlFlow<()> {
        self.blocks.push(block.clone());
        self.schema = schema.clone();
        ControlFlow::Continue(())
    }

    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }
}

/// Gives its bytes in pieces of odd sizes.
pub struct Pieces<'a>(pub &'a [u8], pub usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let want = if self.1 == 0 { fastrand::usize(1..5000) } else { self.1 };
        let n = want.min(buffer.len()).min(self.0.len());
        buffer[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

/// Decodes and checks what holds of every block whatever the input.
pub fn run_with(bytes: &[u8], limits: &Limits) -> (Decoded, Collected) {
    let mut got = Collected::default();
    let decoded = decode(&mut &bytes[..], limits, &mut got);
    check(&got);
    (decoded, got)
}

fn run(bytes: &[u8]) -> (Decoded, Collected) {
    run_with(bytes, &Limits::default())
}

fn check(got: &Collected) {
    let mut owned_to = None;
    let mut seen = std::collections::HashSet::new();
    for block in &got.blocks {
        let (from, to) = (block.offset + u64::from(block.owned.start), block.offset + u64::from(block.owned.end));
        assert!(from < to && block.owned.end as usize <= block.bytes.len());
        if let Some(before) = owned_to.replace(to) {
            let skipped = got.gaps.iter().filter(|g| g.offset.is_some_and(|o| o >= before && o < from));
            let skipped: u64 = skipped.filter_map(|g| g.bytes).sum();
            assert_eq!(before + skipped, from, "owned ranges and gaps must tile the object");
        }
        let mut end = 0;
        for (i, cell) in block.cells.iter().enumerate() {
            assert!(cell.start < cell.end && cell.end as usize <= block.bytes.len());
            assert!((cell.record as usize) < block.records.len());
            assert!((cell.field as usize) < got.schema.fields.len());
            assert!(i == 0 || cell.start > end, "cells are sorted and apart");
            let between = &block.bytes[end as usize..cell.start as usize];
            assert!(between.iter().all(|b| *b == SEPARATOR), "{:?}: {between:?} {block:?}", block.layout);
            end = cell.end;
        }
        assert!(block.bytes[end as usize..].iter().all(|b| *b == SEPARATOR));
        for (i, record) in block.records.iter().enumerate() {
            assert!(record.parent.is_none_or(|p| (p as usize) < i));
            assert!(record.source.start <= record.source.end && record.source.end <= to);
            assert!(seen.insert(record.id) || record.source.start < from, "only records from before come again");
            assert!(!record.open || record.source.end == to);
        }
    }
    let paths: std::collections::HashSet<&str> = got.schema.fields.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(paths.len(), got.schema.fields.len(), "paths are unique");
}

/// (row, path, value, offset) of every cell.
fn cells(got: &Collected) -> Vec<(u64, String, String, u64)> {
    let cell = |b: &Block, c: &rollcall::model::block::Cell| {
        (
            b.records[c.record as usize].row,
            got.schema.get(c.field).path.clone(),
            String::from_utf8_lossy(b.cell(c)).into_owned(),
            b.offset + u64::from(c.start),
        )
    };
    got.blocks.iter().flat_map(|b| b.cells.iter().map(move |c| cell(b, c))).collect()
}

#[track_caller]
fn expect(input: &str, format: &str, dialect: &str, want: &[(u64, &str, &str, u64)]) -> Collected {
    let (decoded, got) = run(input.as_bytes());
    assert_eq!((decoded.format.as_str(), decoded.dialect.as_str()), (format, dialect));
    let want: Vec<_> = want.iter().map(|(r, p, v, o)| (*r, p.to_string(), v.to_string(), *o)).collect();
    assert_eq!(cells(&got), want);
    for (_, _, value, offset) in cells(&got) {
        let there = input.as_bytes().get(offset as usize..).unwrap_or_default();
        let edited = input.contains(['\\']) || input.contains("\"\"") || input.contains("\r\n ");
        assert!(edited || there.starts_with(value.as_bytes()), "an address leads to its value");
    }
    assert_eq!(got.gaps, []);
    got
}

#[test]
fn csv_golden() {
    expect(
        "id,name,e-mail\r\n1,Ann Lee , ann@example.com\r\n2,\"Poe, \"\"Ed\"\"\",\r\n\r\n3,\"two\nlines\",x@example.com,more\n4\n",
        "csv",
        "comma, header",
        &[
            (1, "id", "1", 16),
            (1, "name", "Ann Lee", 18),
            (1, "e-mail", "ann@example.com", 28),
            (2, "id", "2", 45),
            (2, "name", "Poe, \"Ed\"", 48),
            (3, "id", "3", 65),
            (3, "name", "two\nlines", 68),
            (3, "e-mail", "x@example.com", 79),
            (3, "#4", "more", 93),
            (4, "id", "4", 98),
        ],
    );
}

#[test]
fn csv_dialects() {
    expect(
        "1;Ann;ann@example.com\n2;Bob;bob@example.com\n",
        "csv",
        "semicolon, no header",
        &[
            (1, "#1", "1", 0),
            (1, "#2", "Ann", 2),
            (1, "#3", "ann@example.com", 6),
            (2, "#1", "2", 22),
            (2, "#2", "Bob", 24),
            (2, "#3", "bob@example.com", 28),
        ],
    );
    expect(
        "# made by hand\n\nname\tname\t\t2021\nAnn\tLee\tx\t5\n",
        "csv",
        "tab, header",
        &[
            (0, "", "# made by hand", 0),
            (0, "#4", "2021", 27),
            (1, "name", "Ann", 32),
            (1, "name#2", "Lee", 36),
            (1, "#3", "x", 40),
            (1, "#4", "5", 42),
        ],
    );
    expect(
        "email\nann@example.com\nbob@example.com\n",
        "csv",
        "comma, header",
        &[(1, "email", "ann@example.com", 6), (2, "email", "bob@example.com", 22)],
    );
    expect(
        "sep=|\nfirst|last\n5'11\"|Lee\n",
        "csv",
        "pipe, header",
        &[(0, "", "sep=|", 0), (1, "first", "5'11\"", 17), (1, "last", "Lee", 23)],
    );
}

#[test]
fn csv_bom_and_gzip_keep_addresses() {
    let (decoded, got) = run("\u{feff}id,email\n1,a@example.com\n".as_bytes());
    assert_eq!((decoded.format.as_str(), decoded.records), ("csv", 1));
    assert_eq!(cells(&got)[1], (1, "email".into(), "a@example.com".into(), 14));
    let (decoded, got) = run(&gzip(b"id,email\n1,a@example.com\n"));
    assert_eq!((decoded.dialect.as_str(), decoded.bytes_decoded), ("gzip; comma, header", 25));
    assert_eq!(cells(&got)[1], (1, "email".into(), "a@example.com".into(), 11));
}

#[test]
fn utf16_is_read() {
    let text = "id,email\n1,a@example.com\n2,zoë@example.com\n";
    for (mark, big) in [(true, true), (true, false), (false, true), (false, false)] {
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        let bytes: Vec<u8> = units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect();
        let (decoded, got) = run(&bytes);
        assert_eq!((decoded.dialect.as_str(), decoded.records), ("utf-16; comma, header", 2));
        assert_eq!(cells(&got)[3].2, "zoë@example.com");
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn an_unclosed_quote_does_not_swallow_the_file() {
    let mut input = String::from("id,name,email\n");
    for i in 1..=3000 {
        let quote = if i == 2990 { "\"" } else { "" };
        input += &format!("{i},{quote}Ann Lee,a{i}@example.com\n");
    }
    let limits = Limits { block_bytes: 4096, record_bytes_max: 16 << 10, ..Limits::default() };
    for limits in [limits, Limits::default()] {
        let (decoded, got) = run_with(input.as_bytes(), &limits);
        assert_eq!((decoded.records, decoded.records_rejected), (3000, 1));
        assert_eq!(got.gaps.iter().map(|g| g.kind).collect::<Vec<_>>(), [GapKind::Corrupt]);
        let emails: Vec<_> = cells(&got).into_iter().filter(|c| c.1 == "email").collect();
        assert_eq!(emails.len(), 3000);
        assert!(
            emails.iter().enumerate().all(|(i, c)| c.0 == i as u64 + 1 && c.2 == format!("a{}@example.com", i + 1))
        );
    }
}

/// A table as the `csv` crate reads it, spaces around cells taken off as its own option does.
fn csv_crate(bytes: &[u8], delimiter: u8, header: bool) -> Vec<Vec<Vec<u8>>> {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).has_headers(header).flexible(true).from_reader(bytes);
    reader.byte_records().map(|r| r.unwrap().iter().map(|c| c.trim_ascii().to_vec()).collect()).collect()
}

fn table(got: &Collected) -> BTreeMap<(u64, String), Vec<u8>> {
    let mut all = BTreeMap::new();
    for block in &got.blocks {
        assert_eq!(block.layout, Layout::Table);
        for cell in &block.cells {
            let row = block.records[cell.record as usize].row;
            let value = block.cell(cell).trim_ascii().to_vec();
            if !value.is_empty() && row > 0 {
                all.insert((row, got.schema.get(cell.field).path.clone()), value);
            }
        }
    }
    all
}

#[test]
fn csv_equals_the_csv_crate() {
    fastrand::seed(7);
    let alphabet = ["a", "b@x", "1", " ", "\"", "\n", "\r\n", ",", ";", "é", "long words here", "'", "\t"];
    for round in 0..400 {
        let delimiter = [b',', b';', b'\t', b'|'][round % 4];
        let width = fastrand::usize(2..7);
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        writer.write_record((0..width).map(|i| format!("user_name_{}", (b'a' + i as u8) as char))).unwrap();
        for _ in 0..fastrand::usize(20..60) {
            let cell =
                |_| (0..fastrand::usize(0..4)).map(|_| fastrand::choice(&alphabet).unwrap().to_string()).collect();
            writer.write_record((0..width).map(cell).map(|c: String| c)).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let limits = Limits { block_bytes: fastrand::usize(16..4000), ..Limits::default() };
        let (decoded, got) = run_with(&bytes, &limits);
        assert_eq!(decoded.format, "csv", "{}", String::from_utf8_lossy(&bytes));
        let rows = csv_crate(&bytes, delimiter, true);
        assert_eq!(decoded.records, rows.len() as u64);
        let mut want = BTreeMap::new();
        for (i, row) in rows.iter().enumerate() {
            for (j, cell) in row.iter().enumerate().filter(|(_, c)| !c.is_empty()) {
                want.insert((i as u64 + 1, format!("user_name_{}", (b'a' + j as u8) as char)), cell.clone());
            }
        }
        assert_eq!(table(&got), want);
        same_in_pieces(&bytes, &limits, &got);
    }
}

fn same_in_pieces(bytes: &[u8], limits: &Limits, whole: &Collected) {
    for size in [1, 0] {
        let mut got = Collected::default();
        decode(&mut Pieces(bytes, size), limits, &mut got);
        assert_eq!(format!("{:?}", got.blocks), format!("{:?}", whole.blocks), "reads of another size");
        assert_eq!(got.gaps, whole.gaps);
    }
}

#[test]
fn json_golden() {
    let got = expect(
        r#"{"Customer": [{"Id": 7, "Email": "a\u0040example.com", "Tags": ["x", "y"], "ok": true},
 {"Id": 8, "Home": {"Zip": "02139"}}], "bob@example.com": {"n": 1}}"#,
        "json",
        "",
        &[
            (1, "/Customer/*/Id", "7", 21),
            (1, "/Customer/*/Email", "a@example.com", 34),
            (1, "/Customer/*/Tags/*", "x", 65),
            (1, "/Customer/*/Tags/*", "y", 70),
            (2, "/Customer/*/Id", "8", 96),
            (1, "/Customer/*/Home/Zip", "02139", 116),
            (1, "/{key}", "bob@example.com", 128),
            (1, "/*/n", "1", 152),
        ],
    );
    let block = &got.blocks[0];
    let records: Vec<_> =
        block.records.iter().map(|r| (r.id, r.parent, got.schema.get(r.path).path.as_str())).collect();
    assert_eq!(
        records,
        [
            (0, None, ""),
            (1, Some(0), "/Customer/*"),
            (2, Some(0), "/Customer/*"),
            (3, Some(2), "/Customer/*/Home"),
            (4, Some(0), "/*")
        ]
    );
    assert_eq!(got.schema.fields[3].words, ["customer", "email"]);
    assert_eq!(got.schema.fields[4].name(), ["tags"]);
}

#[test]
fn ndjson_golden() {
    expect(
        "{\"email\":\"a@example.com\"}\n\n{\"email\":\"b@example.com\",\"in\":{\"x\":-1.5e3}}\n",
        "ndjson",
        "",
        &[(1, "/email", "a@example.com", 10), (3, "/email", "b@example.com", 37), (3, "/in/x", "-1.5e3", 62)],
    );
    let (decoded, got) = run(b"{\"a\":\"1\"}\n{\"a\":\"2\",bad}\n{\"a\":\"3\"}\n{\"a\":\n{\"a\":\"5\"}\n");
    assert_eq!((decoded.format.as_str(), decoded.records_rejected), ("ndjson", 2));
    assert_eq!(
        cells(&got).iter().map(|c| (c.0, c.2.as_str())).collect::<Vec<_>>(),
        [(1, "1"), (2, "2"), (3, "3"), (5, "5")]
    );
    assert_eq!(
        got.gaps.iter().map(|g| (g.kind, g.offset)).collect::<Vec<_>>(),
        [(GapKind::Corrupt, Some(19)), (GapKind::Corrupt, Some(40))]
    );
}

#[test]
fn broken_json_gives_what_came_before() {
    let mut input = String::from("[");
    (0..200).for_each(|i| input += &format!("{{\"email\":\"a{i}@example.com\"}},\n"));
    let at = input.len();
    input += "{\"email\" \"x\"}]";
    let (decoded, got) = run(input.as_bytes());
    assert_eq!((decoded.format.as_str(), cells(&got).len()), ("json", 200));
    assert_eq!(
        (got.gaps[0].kind, got.gaps[0].offset, got.gaps[0].bytes),
        (GapKind::Corrupt, Some(at as u64 + 9), Some(5))
    );
    let (_, got) = run(br#"{"a":"1","b":[{"c":"2"#);
    assert_eq!(cells(&got).len(), 1);
    assert_eq!(got.gaps[0].kind, GapKind::Truncated);
}

fn random_json(depth: usize) -> serde_json::Value {
    use serde_json::Value;
    let text = || {
        let parts = ["a", "é", "\"", "\\", "\n", "😀", "x@example.com", "/", "\u{1}", " "];
        (0..fastrand::usize(0..5)).map(|_| *fastrand::choice(&parts).unwrap()).collect::<String>()
    };
    match fastrand::usize(0..if depth == 0 { 5 } else { 9 }) {
        0 => Value::Null,
        1 => Value::Bool(fastrand::bool()),
        2 => Value::from(fastrand::i64(..)),
        3 | 4 => Value::from(text()),
        5 | 6 => (0..fastrand::usize(0..6)).map(|_| random_json(depth - 1)).collect(),
        _ => Value::Object(
            (0..fastrand::usize(0..6))
                .map(|i| {
                    (
                        fastrand::choice(["name", "e-mail", "k/x", "k~y", "deep"]).unwrap().to_string()
                            + &"i".repeat(i),
                        random_json(depth - 1),
                    )
                })
                .collect(),
        ),
    }
}

fn leaves(value: &serde_json::Value, path: &str, all: &mut Vec<(String, String)>) {
    use serde_json::Value;
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(n) => all.push((path.to_string(), n.to_string())),
        Value::String(s) if s.is_empty() => {}
        Value::String(s) => all.push((path.to_string(), s.clone())),
        Value::Array(items) => items.iter().for_each(|v| leaves(v, &format!("{path}/*"), all)),
        Value::Object(members) => members
            .iter()
            .for_each(|(k, v)| leaves(v, &format!("{path}/{}", k.replace('~', "~0").replace('/', "~1")), all)),
    }
}

#[test]
fn json_equals_serde() {
    fastrand::seed(11);
    for round in 0..600 {
        let values: Vec<_> = (0..fastrand::usize(3..30)).map(|_| serde_json::json!({ "v": random_json(5) })).collect();
        let lines = round % 3 == 0;
        let mut bytes = Vec::new();
        let mut want = Vec::new();
        for value in &values {
            if round % 3 == 1 {
                bytes.extend(serde_json::to_vec_pretty(value).unwrap());
            } else {
                bytes.extend(serde_json::to_vec(value).unwrap());
            }
            bytes.extend(if lines { b"\n".as_slice() } else { b" " });
            leaves(value, "", &mut want);
        }
        if round % 3 == 2 {
            bytes = serde_json::to_vec(&values).unwrap();
            want.clear();
            leaves(&serde_json::Value::from(values), "", &mut want);
        }
        let limits = Limits { block_bytes: fastrand::usize(16..2000), ..Limits::default() };
        let (decoded, got) = run_with(&bytes, &limits);
        assert_eq!(decoded.format, if lines { "ndjson" } else { "json" });
        let have: Vec<_> = cells(&got).into_iter().map(|c| (c.1, c.2)).collect();
        assert_eq!(have, want);
        assert_eq!(got.gaps, []);
        same_in_pieces(&bytes, &limits, &got);
    }
}

#[test]
fn records_of_a_cut_document_keep_their_ids() {
    let people: Vec<_> =
        (0..500).map(|i| serde_json::json!({"id": i, "mail": {"to": format!("a{i}@example.com")}})).collect();
    let bytes = serde_json::to_vec(&serde_json::json!({"site": "x", "people": people})).unwrap();
    let (decoded, got) = run_with(&bytes, &Limits { block_bytes: 1000, ..Limits::default() });
    assert!(got.blocks.len() > 10);
    assert_eq!(decoded.records, 1001);
    for (i, block) in got.blocks.iter().enumerate() {
        let last = i + 1 == got.blocks.len();
        assert_eq!((block.records[0].id, block.records[0].open, block.records[0].row), (0, !last, 1));
        assert!(block.records[1..].iter().all(|r| r.parent.is_some()));
    }
    let rows: Vec<u64> = cells(&got).iter().filter(|c| c.1 == "/people/*/id").map(|c| c.0).collect();
    assert_eq!(rows, (1..=500).collect::<Vec<_>>());
}

#[test]
fn text_golden() {
    expect(
        "[2024-01-01 10:00:00] INFO login a@example.com\r\n[2024-01-01 10:00:01] INFO logout 10.0.0.1\n",
        "log",
        "",
        &[
            (1, "", "[2024-01-01 10:00:00] INFO login a@example.com", 0),
            (2, "", "[2024-01-01 10:00:01] INFO logout 10.0.0.1", 48),
        ],
    );
    let got = expect(
        "Dear team, please call Ann Lee today.\nHer number is the usual one we know.\n\nThanks to you all for this.\n",
        "text",
        "paragraphs",
        &[
            (1, "", "Dear team, please call Ann Lee today.", 0),
            (1, "", "Her number is the usual one we know.", 38),
            (4, "", "Thanks to you all for this.", 76),
        ],
    );
    assert_eq!(got.blocks[0].records.len(), 2);
    expect(
        "a@example.com\nb@example.com\n",
        "text",
        "lines",
        &[(1, "", "a@example.com", 0), (2, "", "b@example.com", 14)],
    );
}

#[test]
fn mail_golden() {
    let message = "From: Ann <ann@example.com>\r\nTo: bob@example.com,\r\n cal@example.com\r\nSubject: hi\r\n\r\nDear Bob\r\nbye\r\n";
    let got = expect(
        message,
        "mail",
        "",
        &[
            (1, "From", "Ann <ann@example.com>", 6),
            (1, "To", "bob@example.com,   cal@example.com", 33),
            (1, "Subject", "hi", 78),
            (1, "body", "Dear Bob", 84),
            (1, "body", "bye", 94),
        ],
    );
    assert_eq!(got.blocks[0].records.len(), 1);
    let mbox = format!("From ann@example.com Mon\n{message}\nFrom bob@example.com Tue\n{message}");
    for block_bytes in [64, 256 << 10] {
        let (decoded, got) = run_with(mbox.as_bytes(), &Limits { block_bytes, ..Limits::default() });
        assert_eq!((decoded.format.as_str(), decoded.records), ("mbox", 2));
        let to: Vec<_> = cells(&got).into_iter().filter(|c| c.1 == "To").map(|c| (c.0, c.2)).collect();
        assert_eq!(to.iter().map(|c| c.0).collect::<Vec<_>>(), [1, 10]);
    }
}

#[test]
fn sniffing_is_not_fooled() {
    for (text, format) in [
        ("Hello, world.\nHow are you, Bob?\n", "text"),
        ("INSERT INTO t VALUES (1,'a','b');\nINSERT INTO t VALUES (2,'a','c');\n", "text"),
        ("int a = f(1, 2);\nint b = g(3);\nreturn h(a, b, 4);\n", "text"),
        ("2024-01-01 10:00:00,123 INFO started\n2024-01-01 10:00:01,999 INFO stopped\n", "log"),
        ("10.0.0.1 - - [01/Jan/2024:10:00:00 +0000] \"GET /a,b HTTP/1.1\" 200 5\n", "log"),
        ("{name}: hello\n", "text"),
        ("[INFO] started\n[INFO] stopped\n", "log"),
        ("name,email\n", "csv"),
        ("name, email\nAnn, a@example.com\n", "csv"),
        ("", "empty"),
        ("[]", "json"),
    ] {
        let (decoded, got) = run(text.as_bytes());
        assert_eq!(decoded.format, format, "{text}");
        assert_eq!(got.gaps, [], "{text}");
    }
}

#[test]
#[allow(clippy::print_stderr)]
fn samples_are_what_they_are() {
    let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples");
    if !samples.is_dir() {
        eprintln!("skipped: no samples beside the project");
        return;
    }
    let source = rollcall::source::Source::open(samples.to_str().unwrap(), &Default::default()).unwrap();
    let mut tables = 0;
    for listing in source.list(&[]) {
        let rollcall::source::Listing::Object(object) = listing else { panic!("a problem among the samples") };
        let bytes = std::fs::read(samples.join(&object.path)).unwrap();
        let (decoded, got) = run(&bytes);
        let extension = object.path.rsplit('.').next().unwrap();
        match extension {
            "csv" => {
                tables += 1;
                let accented = std::str::from_utf8(&bytes).is_err();
                let dialect = if accented { "windows-1252; comma, header" } else { "comma, header" };
                assert_eq!((decoded.format.as_str(), decoded.dialect.as_str()), ("csv", dialect), "{}", object.path);
                assert_eq!(decoded.records, csv_crate(&bytes, b',', true).len() as u64, "{}", object.path);
                let mut reader = csv::Reader::from_reader(&bytes[..]);
                let headers: Vec<String> =
                    reader.byte_headers().unwrap().iter().map(|h| String::from_utf8_lossy(h).into()).collect();
                let fields: Vec<String> = got.schema.fields.iter().map(|f| f.path.clone()).collect();
                assert_eq!(fields, headers, "{}", object.path);
                assert_eq!(got.gaps, []);
            }
            "json" => assert_eq!((decoded.format.as_str(), got.gaps.len()), ("json", 0)),
            "sql" => {
                assert_eq!((decoded.format.as_str(), decoded.dialect.as_str()), ("text", "lines"), "{}", object.path)
            }
            "sqlite" => assert!(decoded.skipped && decoded.format == "sqlite"),
            "jsonl" => assert_eq!(decoded.format, "ndjson"),
            "gz" => assert_eq!((decoded.format.as_str(), decoded.dialect.as_str()), ("ndjson", "gzip")),
            _ => assert_eq!((decoded.format.as_str(), got.gaps.len()), ("text", 0), "{}", object.path),
        }
    }
    assert!(tables > 20);
}
