//! Plain lines, of which only those with a valid candidate are marked: what is counted, marked and found is what it is where
//! every line is marked.

use crate::formats::Pieces;
use crate::inside::plan;
use rollcall::decode::decode;
use rollcall::format::feed::{Output, Window};
use rollcall::format::{Kind, read};
use rollcall::matcher::judge::Judge;
use rollcall::matcher::survey::{Survey, Surveyor};
use rollcall::matcher::watch::Unwatched;
use rollcall::model::block::{Block, BlockSink, Lines};
use rollcall::model::field::Schema;
use rollcall::model::finding::Finding;
use rollcall::model::gap::Gap;
use rollcall::model::limits::Limits;
use std::ops::ControlFlow;

/// Lines of a log, some blank, some with values, some that end in carriage returns.
fn text(rng: &mut fastrand::Rng, lines: usize, returns: bool) -> String {
    let mut out = String::new();
    for n in 0..lines {
        out += &match rng.u8(0..12) {
            0 => String::new(),
            1 => " \t".to_string(),
            2 => format!(
                "ts={} user=visitor{n}@mailhaus.example from 203.0.113.{}",
                1_755_000_000_000u64 + n as u64,
                n % 250
            ),
            3 => "card 4111 1111 1111 1111, ssn=219-09-9998 \u{e9}".to_string(),
            4 => format!("call (415) 555-{:04} or write to a{n}@b.example,c@d.example", rng.u16(0..10_000)),
            5 => "Paula Dray, reader@mailhaus.example, password=hunter22; birth date 1975-04-13".to_string(),
            6 => "x".repeat(rng.usize(0..300)),
            _ => format!("ts={} level=info qty={} msg=\"bin counted\"", 1_755_000_000_000u64 + n as u64, rng.u8(..)),
        };
        if returns {
            out += &"\r".repeat(rng.usize(0..3));
        }
        if n + 1 < lines || rng.bool() {
            out.push('\n');
        }
    }
    out
}

fn limits(rng: &mut fastrand::Rng) -> Limits {
    Limits { block_bytes: rng.usize(400..5_000), ..Limits::default() }
}

/// A record's number and row, where its line lies, and where its cell does.
type Mark = (u64, u64, (u64, u64), (u64, u64));

fn marks(block: &Block) -> Vec<Mark> {
    let place = |cell: &rollcall::model::block::Cell| {
        let record = &block.records[cell.record as usize];
        assert_eq!((record.parent, record.open, record.path, cell.field), (None, false, 0, 0));
        let cell = (block.offset + u64::from(cell.start), block.offset + u64::from(cell.end));
        (record.id, record.row, (record.source.start, record.source.end), cell)
    };
    block.cells.iter().map(place).collect()
}

/// Keeps all marks, and counts the blocks that came without.
#[derive(Default)]
struct Marked(Vec<Mark>, usize);

impl BlockSink for Marked {
    fn block(&mut self, block: &mut Block, _: &Schema) -> ControlFlow<()> {
        self.0.extend(marks(block));
        ControlFlow::Continue(())
    }

    fn lines(&mut self, block: &mut Block, lines: &Lines, schema: &Schema) -> ControlFlow<()> {
        self.1 += 1;
        lines.mark(block);
        assert_eq!(lines.records, block.records.len() as u64);
        self.block(block, schema)
    }

    fn gap(&mut self, gap: Gap) {
        panic!("lines have no gap: {gap:?}");
    }
}

/// The marks of a text, line by line.
fn plainly(text: &str) -> Vec<Mark> {
    let (mut out, mut at) = (Vec::new(), 0);
    for (row, line) in (1..).zip(text.split_inclusive('\n')) {
        let end = at + line.len() as u64;
        let value = line.trim_end_matches(['\n', '\r']).len() as u64;
        if value > 0 {
            out.push((out.len() as u64, row, (at, end), (at, at + value)));
        }
        at = end;
    }
    out
}

#[test]
fn lines_are_counted_and_marked_as_one_by_one() {
    let mut unmarked = 0;
    for seed in 0..400 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let count = rng.usize(1..200);
        let text = text(&mut rng, count, seed % 4 == 0);
        let (mut sink, limits) = (Marked::default(), limits(&mut rng));
        let mut pieces = Pieces(text.as_bytes(), 0);
        let mut window = Window::new(&mut pieces);
        let mut out = Output::new(&mut sink, &limits);
        read(&Kind::Log, &mut window, &mut out);
        let records = out.read;
        assert_eq!(sink.0, plainly(&text), "seed {seed}");
        assert_eq!(records, sink.0.len() as u64, "seed {seed}");
        unmarked += sink.1;
    }
    assert!(unmarked > 1000, "{unmarked} blocks without marks prove little");
}

/// What is found, without the numbers that cells have in their block, and the line of each finding.
type Found = (Finding, u64, Mark);

/// Judges every block, with all lines marked or with few.
struct Judged<'m> {
    surveyor: Surveyor<'m>,
    judge: Judge<'m>,
    few: bool,
    found: Vec<Found>,
    schema: Schema,
    marked: usize,
}

impl<'m> Judged<'m> {
    fn new(few: bool) -> Judged<'m> {
        let matcher = &plan().matcher;
        let (surveyor, judge) = (Surveyor::new(matcher), Judge::new(matcher));
        Judged { surveyor, judge, few, found: Vec::new(), schema: Schema::default(), marked: 0 }
    }

    fn settle(&mut self, block: &Block, schema: &Schema, survey: &mut Survey) {
        let mut found = Vec::new();
        self.judge.settle(block, schema, survey, &mut found);
        assert!(found.is_sorted_by_key(|f| (f.cell, f.start)));
        let marks = marks(block);
        self.found.extend(found.iter().map(|f| (Finding { cell: 0, ..*f }, block.offset, marks[f.cell as usize])));
        self.marked += marks.len();
        self.schema = schema.clone();
    }
}

impl BlockSink for Judged<'_> {
    fn block(&mut self, block: &mut Block, schema: &Schema) -> ControlFlow<()> {
        let mut survey = Survey::default();
        self.surveyor.survey(block, schema, &mut Unwatched, &mut survey);
        self.settle(block, schema, &mut survey);
        ControlFlow::Continue(())
    }

    fn lines(&mut self, block: &mut Block, lines: &Lines, schema: &Schema) -> ControlFlow<()> {
        if !self.few {
            lines.mark(block);
            return self.block(block, schema);
        }
        let mut survey = Survey::default();
        self.surveyor.survey_lines(block, lines, schema, &mut survey);
        self.settle(block, schema, &mut survey);
        ControlFlow::Continue(())
    }

    fn gap(&mut self, gap: Gap) {
        panic!("lines have no gap: {gap:?}");
    }
}

#[test]
fn few_marks_find_what_all_marks_find() {
    let mut total = 0;
    for seed in 0..150 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let count = rng.usize(1..400);
        let (text, limits) = (text(&mut rng, count, seed % 8 == 0), limits(&mut rng));
        let [all, few] = [false, true].map(|few| {
            let mut judged = Judged::new(few);
            let mut pieces = Pieces(text.as_bytes(), 0);
            let mut window = Window::new(&mut pieces);
            let mut out = Output::new(&mut judged, &limits);
            read(&Kind::Log, &mut window, &mut out);
            judged
        });
        assert_eq!(few.found, all.found, "seed {seed}");
        let rows = |judged: &Judged<'_>| format!("{:?}", judged.judge.field_rows(1, &judged.schema));
        assert_eq!(rows(&few), rows(&all), "seed {seed}");
        if seed % 8 != 0 && all.marked > 50 {
            assert!(few.marked < all.marked, "seed {seed}: {} of {} lines are marked", few.marked, all.marked);
        }
        total += all.found.len();
    }
    assert!(total > 10_000, "{total} findings prove little");
}

/// Takes whatever comes.
struct Nothing;

impl BlockSink for Nothing {
    fn block(&mut self, _: &mut Block, _: &Schema) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn gap(&mut self, _: Gap) {}
}

#[test]
fn the_hash_is_that_of_all_bytes_however_they_come() {
    for seed in 0..60 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let count = rng.usize(1..6_000);
        let (text, limits) = (text(&mut rng, count, false), limits(&mut rng));
        let limits = if seed % 2 == 0 { Limits::default() } else { limits };
        let decoded = decode(&mut Pieces(text.as_bytes(), 0), &limits, &mut Nothing);
        assert_eq!(decoded.bytes_read, text.len() as u64, "seed {seed}");
        assert_eq!(decoded.content_hash, blake3::hash(text.as_bytes()).to_hex().to_string(), "seed {seed}");
    }
}
