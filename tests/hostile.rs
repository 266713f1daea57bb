//! Hostile and broken input: nothing panics, nothing is lost without a gap, and memory stays bounded.

use super::formats::{Collected, Pieces, gzip, run_with};
use rollcall::decode::decode;
use rollcall::model::block::BlockSink;
use rollcall::model::gap::GapKind;
use rollcall::model::limits::Limits;
use rollcall::model::object::Object;
use rollcall::source::{Listing, Source, SourceError, SourceOptions};
use std::io::Read;
use std::path::Path;

fn small() -> Limits {
    Limits { block_bytes: 1024, record_bytes_max: 4096, margin_bytes: 64, depth_max: 16, ..Limits::default() }
}

fn kinds(got: &Collected) -> Vec<GapKind> {
    got.gaps.iter().map(|g| g.kind).collect()
}

#[test]
fn truncated_gzip_gives_what_there_is() {
    let text: String = (0..20_000).map(|i| format!("{i},a{}@example.com,{}\n", i * 7, fastrand::u64(..))).collect();
    let whole = gzip(text.as_bytes());
    let (decoded, got) = run_with(&whole[..whole.len() / 2], &Limits::default());
    assert_eq!(kinds(&got), [GapKind::Truncated]);
    assert!(decoded.records > 8000 && decoded.ended, "{}", decoded.records);
    let (decoded, got) = run_with(&[whole.as_slice(), b"garbage at the end"].concat(), &Limits::default());
    assert_eq!((decoded.records, kinds(&got)), (20_000, vec![GapKind::Corrupt]));
    let (decoded, got) = run_with(&[whole.as_slice(), &whole].concat(), &Limits::default());
    assert_eq!((decoded.records, kinds(&got)), (40_000, vec![]));
    let mut broken = whole.clone();
    let middle = broken.len() / 2;
    broken[middle..middle + 64].fill(0xff);
    let (decoded, got) = run_with(&broken, &Limits::default());
    assert_eq!(kinds(&got), [GapKind::Corrupt]);
    assert!(decoded.records > 5000);
}

#[test]
fn bombs_and_nests_are_stopped() {
    let bomb = gzip(&vec![b'a'; 8 << 20]);
    let limits = Limits { expansion_floor: 1 << 20, expansion_ratio_max: 100, ..Limits::default() };
    let (decoded, got) = run_with(&bomb, &limits);
    assert_eq!(kinds(&got), [GapKind::Expansion]);
    assert!(decoded.bytes_decoded < 2 << 20);
    let nest = |depth| (0..depth).fold(b"id,email\n1,a@example.com\n".to_vec(), |bytes, _| gzip(&bytes));
    assert_eq!(run_with(&nest(4), &Limits::default()).0.records, 1);
    assert_eq!(kinds(&run_with(&nest(5), &Limits::default()).1), [GapKind::Depth]);
}

#[test]
fn an_endless_line_is_read_whole() {
    let line: Vec<u8> = (0..3000).flat_map(|i| format!("word{i} a{i}@example.com ").into_bytes()).collect();
    let input = [b"first line\n".as_slice(), &line, b"\nlast line\n"].concat();
    let (_, got) = run_with(&input, &small());
    let mut joined = Vec::new();
    for block in &got.blocks {
        joined.extend_from_slice(&block.bytes[block.owned.start as usize..block.owned.end as usize]);
        assert!(block.bytes.len() <= 4096);
        if block.owned.start > 0 {
            assert_eq!((block.owned.start, block.records[0].row), (64, 2));
        }
    }
    assert_eq!(joined, input, "every byte is owned once");
    assert_eq!(got.gaps, []);
    // Every address is seen whole by the piece that owns its first byte.
    let found: usize = got
        .blocks
        .iter()
        .map(|b| {
            let text = String::from_utf8_lossy(&b.bytes);
            let owned = b.owned.start as usize..b.owned.end as usize;
            text.match_indices("@example.com").filter(|(at, _)| owned.contains(at)).count()
        })
        .sum();
    assert_eq!(found, 3000);
}

#[test]
fn deep_json_is_one_gap() {
    let levels = 100_000;
    let deep = format!("{{\"a\":{}\"x\"{},\"b\":\"y@example.com\"}}", "[".repeat(levels), "]".repeat(levels));
    for limits in [small(), Limits::default()] {
        let (decoded, got) = run_with(deep.as_bytes(), &limits);
        assert_eq!((decoded.format.as_str(), kinds(&got)), ("json", vec![GapKind::Depth]));
        let last = got.blocks.last().unwrap();
        assert_eq!(last.cell(last.cells.last().unwrap()), b"y@example.com");
    }
}

#[test]
fn oversized_values_are_gaps_and_the_rest_is_read() {
    let big = "z\\\"".repeat(20_000);
    let json = format!("{{\"a\":\"1\",\"blob\":\"{big}\",\"b\":\"2\"}} {{\"a\":\"3\"}}");
    let (_, got) = run_with(json.as_bytes(), &small());
    assert_eq!(kinds(&got), [GapKind::RecordSize]);
    let values: Vec<_> = got.blocks.iter().flat_map(|b| b.cells.iter().map(|c| b.cell(c).to_vec())).collect();
    assert_eq!(values, [b"1", b"2", b"3"]);
    let csv = format!("id,email\n1,a@example.com\n2,{}\n3,c@example.com\n", "z".repeat(50_000));
    let (decoded, got) = run_with(csv.as_bytes(), &small());
    assert_eq!((decoded.records, decoded.records_rejected, kinds(&got)), (3, 1, vec![GapKind::RecordSize]));
    let last = got.blocks.last().unwrap();
    assert_eq!(last.cell(last.cells.last().unwrap()), b"c@example.com");
    let lines = format!("{{\"a\":1}}\n{{\"a\":2}}\n{{\"a\":\"{}\"}}\n{{\"a\":4}}\n", "z".repeat(50_000));
    let (decoded, got) = run_with(lines.as_bytes(), &small());
    assert_eq!((decoded.records, kinds(&got)), (3, vec![GapKind::RecordSize]));
    assert_eq!(got.blocks.last().unwrap().records[0].row, 4);
}

#[test]
fn lone_quotes_everywhere_stay_linear() {
    let mut input = String::from("id,name,email\n");
    (0..200_000).for_each(|i| input += &format!("{i},Ann,a@example.com\n"));
    input += &"9,\"\"\"Ann,a@example.com\n".repeat(200_001);
    let started = std::time::Instant::now();
    let (decoded, _) = run_with(input.as_bytes(), &Limits::default());
    assert!(decoded.records >= 200_000);
    assert!(started.elapsed().as_secs() < 60, "a quadratic reader takes hours");
}

#[test]
fn many_fields_share_one() {
    let letters =
        |i: usize| [i / 676, i / 26 % 26, i % 26].map(|d| char::from(b'a' + d as u8)).iter().collect::<String>();
    let members: Vec<String> = (0..5000).map(|i| format!("\"{}\":\"v\"", letters(i))).collect();
    let json = format!("{{{}}}", members.join(","));
    let limits = Limits { fields_max: 100, ..Limits::default() };
    let (_, got) = run_with(json.as_bytes(), &limits);
    assert_eq!(kinds(&got), [GapKind::FieldCount]);
    assert_eq!((got.schema.fields.len(), got.schema.fields[99].path.as_str()), (100, "*"));
    assert_eq!(got.blocks.iter().map(|b| b.cells.len()).sum::<usize>(), 5000);
    let csv = format!(
        "{}\n{}\n",
        (0..300).map(|i| format!("name_{}", letters(i))).collect::<Vec<_>>().join(","),
        vec!["v"; 300].join(",")
    );
    let (_, got) = run_with(csv.as_bytes(), &limits);
    assert_eq!(kinds(&got), [GapKind::FieldCount]);
    assert_eq!(got.blocks[0].cells.len(), 300);
}

#[test]
fn gaps_are_told_a_few_times_and_counted() {
    let lines = "{\"a\":1}\n{\"a\":2}\n".to_string() + &"{bad\n{\"a\":1}\n".repeat(1000);
    let (decoded, got) = run_with(lines.as_bytes(), &Limits::default());
    assert_eq!((decoded.records_rejected, got.gaps.len()), (1000, 17));
    assert!(got.gaps[16].detail.starts_with("984 more"));
}

#[test]
fn binary_is_skipped_and_a_few_nuls_are_not() {
    fastrand::seed(3);
    let noise: Vec<u8> = (0..100_000).map(|_| fastrand::u8(..)).collect();
    let (decoded, got) = run_with(&noise, &Limits::default());
    assert!(decoded.skipped);
    assert_eq!(kinds(&got), [GapKind::Unsupported]);
    let zip = [b"PK\x03\x04".as_slice(), &noise].concat();
    let (decoded, got) = run_with(&zip, &Limits::default());
    assert_eq!(decoded.format, "zip");
    assert!(got.gaps[0].detail.contains("zip"));
    let log = "2024-01-01 10:00:00 INFO login a@example.com\n".repeat(50)
        + "\0\0\0\0\n"
        + &"2024-01-01 10:00:00 INFO x\n".repeat(9);
    let (decoded, _) = run_with(log.as_bytes(), &Limits::default());
    assert_eq!((decoded.format.as_str(), decoded.records), ("log", 60));
}

/// Mutated inputs of every format under tight limits: the invariants in `run_with` hold, and reads of any size agree.
#[test]
fn mutations_keep_the_invariants() {
    fastrand::seed(5);
    let seeds: [&[u8]; 7] = [
        b"id,name,email\n1,\"Lee, Ann\",a@example.com\n2,\"x\"\"y\",b@example.com\n",
        b"{\"people\":[{\"id\":1,\"mail\":\"a@example.com\",\"t\":[1,[2,{\"x\":\"\\u00e9\\ud83d\\ude00\"}]]}]}",
        b"{\"a\":1,\"b\":{\"c\":\"d\"}}\n{\"a\":2,\"b\":{\"c\":\"e\"}}\n",
        b"From: a@example.com\nTo: b@example.com,\n c@example.com\nDate: x\n\nHello there\n\nFrom x\n",
        b"From a Mon\nFrom: a@example.com\nTo: b@example.com\n\nHello\n\nFrom b Tue\nFrom: c@example.com\nSubject: s\n\nx\n",
        b"2024-01-01 10:00:00 INFO a@example.com\n2024-01-01 10:00:01 WARN b\n",
        b"This is a sentence of running prose here.\nAnd this one is another of them.\n\nA third is here as well.\n",
    ];
    for round in 0..6000 {
        let mut bytes = seeds[round % seeds.len()].repeat(fastrand::usize(1..30));
        for _ in 0..fastrand::usize(0..8) {
            let at = fastrand::usize(..bytes.len());
            let other = fastrand::usize(..bytes.len());
            match fastrand::u8(..5) {
                0 => bytes[at] = *fastrand::choice(b"\"\\,{}[]:\n\r\0 \xff").unwrap(),
                1 => bytes[at] = fastrand::u8(..),
                2 => drop(bytes.drain(at.min(other)..at.max(other))),
                3 => bytes.insert(at, *fastrand::choice(b"\"\\,{}[]:\n\t").unwrap()),
                _ => bytes.swap(at, other),
            }
            if bytes.is_empty() {
                bytes.push(b'x');
            }
        }
        let limits = Limits {
            block_bytes: fastrand::usize(1..600),
            record_bytes_max: fastrand::usize(64..900),
            margin_bytes: fastrand::usize(0..40),
            depth_max: fastrand::usize(1..6),
            fields_max: fastrand::usize(2..12),
            ..Limits::default()
        };
        let (decoded, got) = run_with(&bytes, &limits);
        let mut pieces = Collected::default();
        let again = decode(&mut Pieces(&bytes, 1 + round % 2 * 6), &limits, &mut pieces);
        assert_eq!(again, decoded);
        assert_eq!(format!("{:?}{:?}", pieces.blocks, pieces.gaps), format!("{:?}{:?}", got.blocks, got.gaps));
        if !decoded.skipped {
            let owned: u64 = got.blocks.iter().map(|b| u64::from(b.owned.end - b.owned.start)).sum();
            let lost: u64 = got.gaps.iter().filter_map(|g| g.bytes).sum();
            assert!(owned + lost >= decoded.bytes_decoded.saturating_sub(3), "no byte goes without a word");
        }
    }
}

#[test]
fn random_bytes_never_panic() {
    fastrand::seed(9);
    for round in 0..3000 {
        let alphabet: &[u8] = match round % 3 {
            0 => b"\",\n\r;ab@1 ",
            1 => b"{}[]\",:\\u0a1\n ",
            _ => b"\x1f\x8b\x08\0\xff\xfeab\n, ",
        };
        let bytes: Vec<u8> = (0..fastrand::usize(0..3000)).map(|_| *fastrand::choice(alphabet).unwrap()).collect();
        run_with(&bytes, &small());
        run_with(&[b"{\"a\":[".as_slice(), &bytes].concat(), &small());
        run_with(&[b"id,name\n1,a\n2,b\n".as_slice(), &bytes].concat(), &small());
    }
}

struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(std::io::Error::other("the disk is gone")),
            n => Ok(n),
        }
    }
}

#[test]
fn a_failed_read_is_a_gap_after_what_was_read() {
    let mut got = Collected::default();
    let decoded = decode(&mut Failing(b"id,email\n1,a@example.com\n2,b@exam"), &Limits::default(), &mut got);
    assert!(decoded.read_error && !decoded.ended);
    assert_eq!((decoded.records, kinds(&got)), (2, vec![GapKind::Io]));
    assert!(got.gaps[0].detail.contains("the disk is gone"));
}

#[test]
fn the_hash_is_of_the_raw_bytes() {
    let (decoded, _) = run_with(b"abc", &Limits::default());
    assert_eq!(decoded.content_hash, "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
}

#[test]
fn a_sink_that_breaks_stops_the_reading() {
    struct Once(u32);
    impl BlockSink for Once {
        fn block(
            &mut self,
            _: &mut rollcall::model::block::Block,
            _: &rollcall::model::field::Schema,
        ) -> std::ops::ControlFlow<()> {
            self.0 += 1;
            std::ops::ControlFlow::Break(())
        }
        fn gap(&mut self, _: rollcall::model::gap::Gap) {}
    }
    let mut sink = Once(0);
    let decoded = decode(&mut "a line of text\n".repeat(9000).as_bytes(), &small(), &mut sink);
    assert!(decoded.stopped && sink.0 == 1);
}

fn objects(source: &Source, exclude: &[std::path::PathBuf]) -> (Vec<Object>, Vec<(String, GapKind)>) {
    let (mut objects, mut problems) = (Vec::new(), Vec::new());
    for listing in source.list(exclude) {
        match listing {
            Listing::Object(object) => objects.push(object),
            Listing::Problem { path, gap, .. } => problems.push((path, gap.kind)),
        }
    }
    (objects, problems)
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_folder_is_listed_in_order_without_inventories_and_loops() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(&root.join("b.txt"), b"b");
    write(&root.join("a/2 ü#.txt"), b"two");
    write(&root.join("a/1.txt"), b"1");
    write(&root.join("inv/_rollcall_inventory"), b"");
    write(&root.join("inv/part.parquet"), b"x");
    write(&root.join("out/x"), b"x");
    let odd = root.join(std::ffi::OsStr::from_bytes(b"c\xff.txt"));
    write(&odd, b"odd");
    std::os::unix::fs::symlink(root, root.join("a/loop")).unwrap();
    std::os::unix::fs::symlink(root.join("b.txt"), root.join("link.txt")).unwrap();
    std::os::unix::fs::symlink(root.join("nowhere"), root.join("gone")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    let source = Source::open(root.to_str().unwrap(), &SourceOptions::default()).unwrap();
    let (found, problems) = objects(&source, &[root.join("out")]);
    let paths: Vec<&str> = found.iter().map(|o| o.path.as_str()).collect();
    assert_eq!(paths, ["a/1.txt", "a/2 ü#.txt", "b.txt", "c\u{fffd}.txt", "link.txt"]);
    let unread = GapKind::Unsupported;
    let want = [("a/loop", unread), ("gone", GapKind::NotFound), ("inv", unread), ("out", unread), ("socket", unread)];
    assert_eq!(problems, want.map(|(p, k)| (p.to_string(), k)));
    assert!(found[1].uri.ends_with("/a/2%20%C3%BC%23.txt") && found[3].uri.ends_with("/c%FF.txt"));
    assert!(found[0].version.ends_with("-1") && found[0].modified.is_some());
    for (object, want) in found.iter().zip(["1", "two", "b", "odd", "b"]) {
        let mut stream = source.open_object(object).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert_eq!(text, want);
        stream.verify().unwrap();
    }
    assert_eq!(found, objects(&Source::open(source.uri(), &SourceOptions::default()).unwrap(), &[root.join("out")]).0);
    let one = Source::open(root.join("b.txt").to_str().unwrap(), &SourceOptions::default()).unwrap();
    assert_eq!(objects(&one, &[]).0.iter().map(|o| o.path.as_str()).collect::<Vec<_>>(), ["b.txt"]);
}

#[test]
fn sources_that_are_not_there_say_so() {
    let open = |spec: &str| Source::open(spec, &SourceOptions::default());
    assert!(matches!(open("ftp://host/x"), Err(SourceError::Scheme(s)) if s == "ftp"));
    assert!(open("ftp://host/x").unwrap_err().to_string().contains("file:///"));
    assert!(matches!(Source::open("file://host/x", &SourceOptions::default()), Err(SourceError::BadUri(_))));
    let error = Source::open("/no/such/folder", &SourceOptions::default()).unwrap_err();
    assert_eq!(error, SourceError::NotFound("/no/such/folder".into()));
    assert!(error.to_string().contains("/no/such/folder"));
}

#[test]
fn a_file_that_changes_fails_its_check() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let text = "id,email\n".to_string() + &"1,a@example.com\n".repeat(100_000);
    // Shortened after it was listed, then while it is read, then lengthened.
    for change in 0..3 {
        write(&path, text.as_bytes());
        let source = Source::open(folder.path().to_str().unwrap(), &SourceOptions::default()).unwrap();
        let object = objects(&source, &[]).0.remove(0);
        let file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        if change == 0 {
            file.set_len(100).unwrap();
        }
        let mut stream = source.open_object(&object).unwrap();
        let mut start = [0; 10];
        stream.read_exact(&mut start).unwrap();
        match change {
            1 => file.set_len(600_000).unwrap(),
            2 => std::io::Write::write_all(&mut &file, b"2,b@example.com\n").unwrap(),
            _ => {}
        }
        let decoded = decode(&mut stream, &Limits::default(), &mut Collected::default());
        assert!(decoded.ended && !decoded.read_error);
        assert!(stream.verify().unwrap_err().to_string().contains("changed while it was read"));
    }
}

#[test]
#[allow(clippy::print_stderr)]
fn an_unreadable_folder_is_a_problem() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let locked = folder.path().join("locked");
    write(&locked.join("x"), b"x");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read_dir(&locked).is_ok() {
        eprintln!("skipped: this user may read everything");
    } else {
        let (_, problems) =
            objects(&Source::open(folder.path().to_str().unwrap(), &SourceOptions::default()).unwrap(), &[]);
        assert_eq!(problems, [("locked".to_string(), GapKind::PermissionDenied)]);
    }
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o700)).unwrap();
}
