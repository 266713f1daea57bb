//! Work grows with bytes and hits, never with their product. Work is counted, not timed, so that the test says the same
//! on every machine.

use crate::oracle::{detectors, input, levels};
use rollcall::decode::decode;
use rollcall::identity::Assembler;
use rollcall::identity::key::Key;
use rollcall::matcher::judge::Judge;
use rollcall::matcher::lanes::Scratch;
use rollcall::matcher::plan::Matcher;
use rollcall::model::block::{Block, BlockSink, Cell, Layout, RecordMark};
use rollcall::model::field::{Field, Schema};
use rollcall::model::gap::Gap;
use rollcall::model::limits::Limits;
use rollcall::model::settings::IdentitySettings;
use rollcall::pattern;
use rollcall::pipeline::plan::Plan;
use std::ops::ControlFlow;

const UNIT: usize = 64 << 10;

fn repeated(piece: &[u8], n: usize) -> Vec<u8> {
    piece.iter().copied().cycle().take(n).collect()
}

/// Every kind of input, at `n` bytes.
fn corpora(n: usize) -> Vec<(&'static str, Vec<u8>)> {
    let mut rng = fastrand::Rng::with_seed(9);
    let mut log =
        repeated(b"2024-05-06T07:08:09.123Z INFO [main] cache miss for key, retrying batch=71923 bytes=1839123\n", n);
    let at = n / 2;
    log.splice(at..at, *b" ada@example.org ");
    let mut soup: Vec<u8> = (0..n).map(|_| b"0123456789-. ()/:@"[rng.usize(0..18)]).collect();
    soup.truncate(n);
    let digits: Vec<u8> = (0..n).map(|_| b'0' + rng.u8(0..10)).collect();
    let mut mixed = Vec::new();
    while mixed.len() < n {
        mixed.extend(input(&mut rng, 500));
    }
    mixed.truncate(n);
    let bombs = b"4111-1111-1111-1112 ,923-45-6789 ,223-155-1234,a@bcde.f ,1.2.3.999 ,DE12370400440532013001 ,5105105105105109;";
    vec![
        ("sparse log", log),
        ("dense csv", repeated(b"7,Ada,ada.b@example.org,415-555-2671,219-09-9999,4111 1111 1111 1111,10.1.2.3\n", n)),
        ("digits", digits),
        ("at signs", vec![b'@'; n]),
        ("soup", soup),
        ("1-1-1-", repeated(b"1-", n)),
        ("1 1 1 ", repeated(b"1 ", n)),
        ("parentheses", vec![b'('; n]),
        ("a.a.a.@", repeated(b"a.", n)),
        ("a@a@a@", repeated(b"a@", n)),
        ("local parts", repeated(&[b"a.".repeat(40), b"@".to_vec()].concat(), n)),
        ("dashes", vec![b'-'; n]),
        ("hex", repeated(b"ab:", n)),
        ("slashes", repeated(b"a/", n)),
        ("schemes", repeated(b"a+a://a:", n)),
        ("keywords", repeated(b"password=password:password ", n)),
        ("bombs", repeated(bombs, n)),
        ("spaces and values", repeated(&[b" ".repeat(200), b"1.2.3.4".to_vec()].concat(), n)),
        ("mixed", mixed),
    ]
}

/// Steps per byte that no input may pass; measured at 26 for the worst (`a/a/a/`, by a pattern
/// without an anchor), most stay below 6.
const STEPS_PER_BYTE_MAX: u64 = 60;

fn grows_linearly(what: &str, works: &[u64]) {
    for (i, pair) in works.windows(2).enumerate() {
        let ratio = pair[1] as f64 / pair[0] as f64;
        assert!(ratio <= 2.2, "{what}: doubling {i} multiplied the work by {ratio:.2} ({works:?})");
    }
    let last = works[works.len() - 1];
    let bytes = (UNIT << (works.len() - 1)) as u64;
    assert!(last < bytes * STEPS_PER_BYTE_MAX, "{what}: {} steps per byte", last / bytes);
}

#[test]
fn the_scan_is_linear() {
    let matchers = levels(&detectors());
    let sizes: Vec<_> = (0..4).map(|k| corpora(UNIT << k)).collect();
    for (matcher, c) in matchers.iter().flat_map(|m| (0..sizes[0].len()).map(move |c| (m, c))) {
        let works: Vec<u64> = sizes
            .iter()
            .map(|corpora| {
                let mut scratch = Scratch::new();
                let mut hits = 0u64;
                let bytes = &corpora[c].1;
                matcher.scan(bytes, 0..bytes.len() as u32, &mut scratch, &mut |batch| hits += batch.len() as u64);
                scratch.work() + hits
            })
            .collect();
        grows_linearly(sizes[0][c].0, &works);
    }
}

/// Steps and starts that a time may cost; measured at 0.03 at most, and at 13 on plans that were weighed without logs of
/// access and of the system, because times looked like MAC addresses.
const STEPS_PER_TIME_MAX: f64 = 1.0;

#[test]
fn times_of_logs_are_hardly_walked() {
    let mut rng = fastrand::Rng::with_seed(31);
    let mut next = |below: u32| rng.u32(0..below);
    let mut times = String::new();
    let lines = 5_000;
    for _ in 0..lines {
        let (hour, minute, second) = (next(24), next(60), next(60));
        times.push_str(&format!(
            "{hour:02}:{minute:02}:{second:02} worker at {minute:02}:{second:02}:{hour:02},417 idle\n"
        ));
    }
    let none = times.replace(':', "h");
    let mut scratch = Scratch::new();
    for matcher in levels(&pattern::builtin()) {
        let mut work = |text: &str| {
            let before = scratch.work();
            matcher.scan(text.as_bytes(), 0..text.len() as u32, &mut scratch, &mut |_| {});
            scratch.work() - before
        };
        let per_time = (work(&times) as f64 - work(&none) as f64) / f64::from(2 * lines);
        assert!(per_time <= STEPS_PER_TIME_MAX, "{:?}: {per_time:.1} steps a time", matcher.level());
    }
}

/// The same bytes as one endless cell, or as a cell per line.
fn block(bytes: &[u8], lines: bool) -> Block {
    let mut cells = Vec::new();
    let mut start = 0;
    for line in bytes.split(|b| lines && *b == b'\n') {
        let end = start + line.len();
        if !line.is_empty() {
            cells.push(Cell { start: start as u32, end: end as u32, field: 0, record: 0 });
        }
        start = end + 1;
    }
    let source = 0..bytes.len() as u64;
    Block {
        bytes: bytes.to_vec(),
        owned: 0..bytes.len() as u32,
        offset: 0,
        layout: if lines { Layout::Table } else { Layout::Text },
        cells,
        records: vec![RecordMark { id: 0, parent: None, row: 1, path: 0, source, open: false }],
    }
}

#[test]
fn judging_is_linear() {
    let mut list = detectors();
    for detector in &mut list {
        detector.near = vec!["password".to_string(), "miss for".to_string()];
        detector.with_field = rollcall::model::detector::Confidence::Medium;
    }
    let matcher = Matcher::new(&list, &[]).expect("the test detectors plan");
    let mut schema = Schema::default();
    schema.push(Field::new(["note"]));
    let sizes: Vec<_> = (0..4).map(|k| corpora(UNIT << k)).collect();
    for lines in [false, true] {
        for c in 0..sizes[0].len() {
            let works: Vec<u64> = sizes
                .iter()
                .map(|corpora| {
                    let block = block(&corpora[c].1, lines);
                    let mut judge = Judge::new(&matcher);
                    let mut out = Vec::new();
                    judge.block(&block, &schema, &mut out);
                    judge.work()
                })
                .collect();
            let name = sizes[0][c].0;
            // Candidates of many detectors at one place each ask their window.
            for pair in works.windows(2) {
                let ratio = pair[1] as f64 / pair[0] as f64;
                assert!(ratio <= 2.2, "{name}, lines {lines}: {ratio:.2} ({works:?})");
            }
        }
    }
}

/// What each stage hands the next for one object, counted: bytes and cells of blocks, the judge's work, findings,
/// mentions.
struct Counted<'a> {
    judge: Judge<'a>,
    assembler: Assembler,
    schema: Schema,
    handed_on: u64,
    findings: u64,
    mentions: u64,
}

impl BlockSink for Counted<'_> {
    fn block(&mut self, block: &mut Block, schema: &Schema) -> ControlFlow<()> {
        for field in &schema.fields[self.schema.fields.len()..] {
            self.schema.push(field.clone());
        }
        self.handed_on += (block.bytes.len() + block.cells.len() + block.records.len()) as u64;
        let mut found = Vec::new();
        self.judge.block(block, schema, &mut found);
        self.findings += found.len() as u64;
        self.assembler.block(block, schema, &found, &mut |_, _| self.mentions += 1);
        ControlFlow::Continue(())
    }

    fn gap(&mut self, gap: Gap) {
        panic!("nothing is left out: {gap:?}");
    }
}

/// A table with a personal value in every thirty bytes, or a log with one in every megabyte.
fn object(dense: bool, bytes: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes + 256);
    let mut row = 0u64;
    if dense {
        out.extend_from_slice(b"first_name,last_name,email,phone,ssn\n");
    }
    let mut next_hit = 0;
    while out.len() < bytes {
        row += 1;
        if dense {
            let phone = format!("415-{:03}-{:04}", 200 + row % 311, row % 10_000);
            let ssn = format!("{:03}-{:02}-{:04}", 100 + row % 500, 10 + row % 80, 1 + row % 9000);
            out.extend_from_slice(format!("Ada,Lovelace,ada.lovelace{row}@mail.example,{phone},{ssn}\n").as_bytes());
            continue;
        }
        let who = if out.len() >= next_hit { format!(" user=ada{row}@mail.example") } else { String::new() };
        if !who.is_empty() {
            next_hit = out.len() + (1 << 20);
        }
        out.extend_from_slice(
            format!("ts={} level=info req={row:016x}{who} msg=\"bin {} counted\"\n", 1_755_000_000 + row, row % 977)
                .as_bytes(),
        );
    }
    out
}

#[test]
fn an_object_end_to_end_is_linear() {
    let plan = Plan::new(&pattern::builtin(), &IdentitySettings::default(), Limits::default()).expect("they plan");
    for (dense, unit) in [(true, 512 << 10), (false, 4 << 20)] {
        let mut counts = Vec::new();
        for size in 0..4 {
            let bytes = object(dense, unit << size);
            let mut sink = Counted {
                judge: Judge::new(&plan.matcher),
                assembler: Assembler::new(plan.identity.clone(), &Key::from_bytes([7; 16]), "people"),
                schema: Schema::default(),
                handed_on: 0,
                findings: 0,
                mentions: 0,
            };
            decode(&mut &bytes[..], &plan.limits, &mut sink);
            let Counted { assembler, schema, mentions, .. } = &mut sink;
            assembler.finish(schema, &mut |_, _| *mentions += 1);
            counts.push([sink.handed_on, sink.judge.work(), sink.findings, sink.mentions]);
        }
        let floor = if dense { (unit / 30) as u64 } else { 4 };
        assert!(counts[0][2] >= floor, "dense {dense}: {counts:?}");
        for pair in counts.windows(2) {
            for (before, after) in pair[0].iter().zip(pair[1]) {
                let ratio = after as f64 / *before as f64;
                assert!((1.5..=2.2).contains(&ratio), "dense {dense}: {ratio:.2} ({counts:?})");
            }
        }
    }
}
