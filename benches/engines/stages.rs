//! Where the time of a scan goes: nanoseconds a row and stage, by running ever more of the way and taking the difference.

use super::inputs;
use rollcall::decode::decode;
use rollcall::identity::Key;
use rollcall::identity::link::{Spills, link};
use rollcall::inventory::Inventory;
use rollcall::matcher::judge::Judge;
use rollcall::matcher::lanes::Scratch;
use rollcall::model::block::{Block, BlockSink};
use rollcall::model::element::Element;
use rollcall::model::field::Schema;
use rollcall::model::gap::Gap;
use rollcall::model::limits::Limits;
use rollcall::model::rows::{MentionRow, RunRow, Tables};
use rollcall::model::settings::IdentitySettings;
use rollcall::pattern;
use rollcall::pipeline::exchange::{Desk, Exchange};
use rollcall::pipeline::plan::Plan;
use rollcall::pipeline::worker::{Shared, Task, read_object};
use rollcall::source::{Listing, Source, SourceOptions};
use std::hint::black_box;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

/// CPU nanoseconds of the whole process: writing has threads of its own.
fn cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// The median of CPU nanoseconds of `runs` runs.
fn timed(runs: usize, mut run: impl FnMut()) -> f64 {
    let mut all: Vec<f64> = (0..runs.max(1))
        .map(|_| {
            let before = cpu();
            run();
            cpu() - before
        })
        .collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Hands blocks to a function.
struct Each<F>(F);

impl<F: FnMut(&Block, &Schema)> BlockSink for Each<F> {
    fn block(&mut self, block: &mut Block, schema: &Schema) -> ControlFlow<()> {
        (self.0)(&*block, schema);
        ControlFlow::Continue(())
    }

    fn gap(&mut self, gap: Gap) {
        panic!("an input of the bench has a gap: {gap:?}");
    }
}

fn decoded(path: &Path, each: impl FnMut(&Block, &Schema)) -> u64 {
    let mut file = std::fs::File::open(path).expect("the input is there");
    decode(&mut file, &Limits::default(), &mut Each(each)).records
}

/// Measures the stages on three kinds of rows.
pub fn measure(bytes: usize, runs: usize) {
    for input in inputs::rows(bytes) {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("input.csv");
        std::fs::write(&path, &input.bytes).expect("written");
        one(&input.name, &path, dir.path(), runs);
    }
}

fn one(name: &str, path: &Path, dir: &Path, runs: usize) {
    let detectors = pattern::builtin();
    let settings = IdentitySettings::default();
    let plan = Plan::new(&detectors, &settings, Limits::default()).expect("the detectors plan");
    let key = Key::from_bytes(*b"rollcall bench  ");
    let size = std::fs::metadata(path).expect("there").len();

    let read = timed(runs, || {
        let mut file = std::fs::File::open(path).expect("the input is there");
        let mut buffer = vec![0; 1 << 20];
        let mut sum = 0;
        while let Ok(n @ 1..) = file.read(&mut buffer) {
            sum += n;
        }
        assert_eq!(black_box(sum) as u64, size);
    });
    let mut rows = 0;
    let blocks = timed(runs, || rows = decoded(path, |_, _| {}));
    let mut scratch = Scratch::new();
    let mut hits = 0u64;
    let matched = timed(runs, || {
        hits = 0;
        decoded(path, |block, _| {
            let mut count = |found: &[rollcall::model::finding::Hit]| hits += found.len() as u64;
            plan.matcher.scan(&block.bytes, 0..block.bytes.len() as u32, &mut scratch, &mut count);
        });
    });
    let mut found = 0u64;
    let judged = timed(runs, || {
        found = 0;
        let mut judge = Judge::new(&plan.matcher);
        let mut findings = Vec::new();
        decoded(path, |block, schema| {
            findings.clear();
            judge.block(block, schema, &mut findings);
            found += findings.len() as u64;
        });
    });
    let source = Source::open(&path.to_string_lossy(), &SourceOptions::default()).expect("a source");
    let listed = source.list(&[]).find_map(|l| if let Listing::Object(object) = l { Some(object) } else { None });
    let object = listed.expect("the input is listed");
    let (stop, bytes_read) = (AtomicBool::new(false), Arc::new(AtomicU64::new(0)));
    let shared = Shared {
        plan: &plan,
        key: &key,
        stop: &stop,
        bytes_read: &bytes_read,
        findings: None,
        now: || 1_700_000_000_000_000,
    };
    let task = || Task { id: 1, object: object.clone(), source: &source, run: 1, listed_at: 0, ahead: None };
    let offered = AtomicU64::new(0);
    let exchange = Exchange::new(1, &offered);
    let mut desk = Desk::new(&plan.matcher);
    let (mut mentions, mut tokens) = (0u64, 0u64);
    let assembled = timed(runs, || {
        (mentions, tokens) = (0, 0);
        black_box(read_object(&shared, task(), &exchange, &mut desk, &mut |batch| {
            mentions += batch.len() as u64;
            tokens += batch.iter().map(|m| m.mention.tokens.len() as u64).sum::<u64>();
            batch
        }));
    });
    // Tokens again, apart: as many of them, of a value of eighteen bytes each.
    let mut value = *b"000000000@mail.org";
    let hashed = timed(runs, || {
        for n in 0..tokens {
            value[..8].copy_from_slice(&n.to_le_bytes());
            black_box(key.token(Element::Email, "", black_box(&value)));
        }
    });
    // Written once: an inventory is.
    let mut kept: Vec<MentionRow> = Vec::new();
    let result = read_object(&shared, task(), &exchange, &mut desk, &mut |mut batch| {
        kept.append(&mut batch);
        batch
    });
    let inventory = Inventory::create_or_open(&dir.join("inventory"), &key.id()).expect("an inventory");
    let mut writer = inventory.begin().expect("its lock");
    let before = cpu();
    for row in kept {
        writer.mention(row).expect("written");
    }
    writer.object(result).expect("written");
    writer.seal_observed().expect("written");
    let tables = cpu() - before;
    let before = cpu();
    let view = writer.view();
    let spills = Spills { dir, memory: 16 << 20 };
    let linked = link(&view as &dyn Tables, writer.derived(), &spills).expect("linked");
    let linking = cpu() - before;
    let before = cpu();
    writer.commit(RunRow { program: "bench".to_string(), ..empty_run() }).expect("committed");
    let commit = cpu() - before;

    let whole = assembled + tables + linking + commit;
    println!(
        "{name}: {:.1} MB, {rows} rows, {hits} hits, {found} findings, {mentions} mentions, {tokens} tokens, {} people",
        size as f64 / 1e6,
        linked.consumers
    );
    let stages = [
        ("read", read),
        ("decode: CSV marks, hash", blocks - read),
        ("match", matched - blocks),
        ("judge, validate", judged - matched),
        ("assemble, without tokens", assembled - judged - hashed),
        ("tokens", hashed),
        ("observed tables: Parquet", tables),
        ("link: sorts, people, derived tables", linking),
        ("commit", commit),
    ];
    for (stage, nanoseconds) in stages {
        println!("    {stage:38}{:10.0} ns a row {:6.1} %", nanoseconds / rows as f64, nanoseconds / whole * 100.0);
    }
    println!("    {:38}{:10.0} ns a row, {:.3} GB a second", "whole", whole / rows as f64, size as f64 / whole);
}

fn empty_run() -> RunRow {
    RunRow {
        run: 0,
        command: "scan".to_string(),
        arguments: Vec::new(),
        operator: "bench".to_string(),
        program: String::new(),
        policy: String::new(),
        key_id: String::new(),
        started_at: 0,
        ended_at: 0,
        outcome: "complete".to_string(),
        objects: [0; 6],
        bytes_read: 0,
        consumers: 0,
        mentions: 0,
        previous: String::new(),
    }
}
