//! Why a place of an object holds what was found there, and what else was looked at and dropped.
//!
//! The object goes the way that a scan takes it, from its first byte, because what a column says depends on all values
//! before; it ends once the place was read. Values are shown by their form alone.

use super::hold::InTemporaryFiles;
use super::plan::Plan;
use super::suppress::Suppressor;
use crate::decode::{Input, LineSearch, decode_object, find_line};
use crate::identity::key::Key;
use crate::matcher::explain::{End, Reason, Trails};
use crate::matcher::judge::Judge;
use crate::matcher::plan::Matcher;
use crate::matcher::watch::{ColumnRule, Step, Watch};
use crate::model::block::{Block, BlockSink, Layout};
use crate::model::element::Element;
use crate::model::field::{Field, Schema};
use crate::model::finding::Finding;
use crate::model::gap::Gap;
use crate::model::object::Object;
use crate::source::{Listing, Source, path_of};
use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

/// Characters of a value whose form is shown.
const SHOWN_MAX: usize = 40;

/// A place in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of the decoded object, from 1.
    Line(u64),
    /// A row, as findings and locators number them; see `Block::layout`.
    Row(u64),
    /// Bytes of the decoded object: the first, and one past the last.
    Bytes(u64, u64),
}

/// What became of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As the judge decided.
    Judged(End),
    /// It was found, and the operator does not want it reported: the reason given.
    Suppressed(String),
}

/// One candidate at the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its row.
    pub row: u64,
    /// Its field's path.
    pub field: String,
    /// First byte in the decoded object, and one past the last.
    pub bytes: (u64, u64),
    /// The detector's id.
    pub detector: String,
    /// What it would be.
    pub element: Element,
    /// The form of its value: `###-##-####`. No letter and no digit of the value.
    pub form: String,
    /// Why, in the order in which it was asked.
    pub reasons: Vec<Reason>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What there is to say of a place.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The object.
    pub object: Object,
    /// Its format, and the form of it.
    pub format: (String, String),
    /// The bytes of the place in the decoded object, where it is one stretch.
    pub bytes: Option<(u64, u64)>,
    /// The candidates, by place and detector.
    pub candidates: Vec<Candidate>,
    /// Fields with values at the place in which no detector had a candidate; an empty path is text without fields.
    pub silent: Vec<String>,
    /// What could not be read on the way.
    pub gaps: Vec<Gap>,
}

/// Explains a place of the file that `source` is. An error is a sentence about what is asked: no such line, no such file,
/// nothing that can be read.
pub fn explain(plan: &Plan, key: Option<&Key>, source: &Source, place: Place) -> Result<Explained, String> {
    let path = path_of(source.uri());
    let shown = path.display();
    if path.is_dir() {
        return Err(format!("{shown} is a folder; name one file in it"));
    }
    let object = match source.list(&[]).next() {
        Some(Listing::Object(object)) if source.is_remote() && object.uri != source.uri() => {
            return Err(format!("{shown} is no object, and there are some below it; name one of them"));
        }
        Some(Listing::Object(object)) => object,
        Some(Listing::Problem { gap, .. }) => return Err(format!("{shown}: {}", gap.detail)),
        None => return Err(format!("{shown} is nothing that can be read")),
    };
    let open = || source.open_object(&object).map_err(|e| format!("{shown}: {e}"));
    let target = match place {
        Place::Line(line) => {
            let mut search = LineSearch::new(line);
            let mut gaps = Gaps::default();
            let decoded = find_line(&mut open()?, &plan.limits, &mut gaps, &mut search);
            if decoded.format == "parquet" {
                return Err(format!("{shown} has rows and no lines; write '{shown}:row {line}'"));
            }
            match (search.found, gaps.0.first()) {
                (Some(range), _) => Target::Bytes(range),
                (None, Some(gap)) if decoded.skipped || search.lines == 0 => {
                    return Err(format!("{shown}: {}", gap.detail));
                }
                (None, _) => return Err(format!("{shown} has {} lines, and no line {line}", search.lines)),
            }
        }
        Place::Row(row) => Target::Row(row),
        Place::Bytes(from, to) => Target::Bytes(from..to),
    };
    let suppressor = plan.suppress.of(&object, key);
    let watcher = Watcher::new(&plan.matcher, suppressor, target.clone());
    let mut sink =
        Sink { matcher: &plan.matcher, judge: Judge::watched(&plan.matcher, watcher), gaps: Gaps::default() };
    let mut stream = open()?;
    let ranges = stream.ranges();
    let input = Input { stream: &mut stream, ranges, hold: Some(&InTemporaryFiles) };
    let decoded = decode_object(input, &plan.limits, &mut sink);
    let Watcher { mut candidates, spoken, fields, row_met, rows, .. } = std::mem::replace(
        sink.judge.watch(),
        Watcher::new(&plan.matcher, plan.suppress.of(&object, None), Target::Row(0)),
    );
    if let (true, Some(gap)) = (decoded.skipped || decoded.unread, sink.gaps.0.first()) {
        return Err(format!("{shown}: {}", gap.detail));
    }
    match &target {
        Target::Row(row) if !row_met => {
            return Err(format!("{shown} has no row {row}; the last that was read is {rows}"));
        }
        Target::Bytes(range) if !decoded.stopped && range.start > decoded.bytes_decoded => {
            return Err(format!("{shown} has {} bytes, and no byte {}", decoded.bytes_decoded, range.start));
        }
        _ => {}
    }
    candidates.sort_by(|a, b| (a.bytes, &a.detector).cmp(&(b.bytes, &b.detector)));
    Ok(Explained {
        object: object.clone(),
        format: (decoded.format, decoded.dialect),
        bytes: match target {
            Target::Bytes(range) => Some((range.start, range.end)),
            Target::Row(_) => None,
        },
        candidates,
        silent: fields.difference(&spoken).cloned().collect(),
        gaps: sink.gaps.0,
    })
}

/// Where to look.
#[derive(Clone, Debug)]
enum Target {
    Bytes(Range<u64>),
    Row(u64),
}

#[derive(Default)]
struct Gaps(Vec<Gap>);

impl BlockSink for Gaps {
    fn block(&mut self, _: &mut Block, _: &Schema) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn gap(&mut self, gap: Gap) {
        self.0.push(gap);
    }
}

struct Sink<'a> {
    matcher: &'a Matcher,
    judge: Judge<'a, Watcher<'a>>,
    gaps: Gaps,
}

impl BlockSink for Sink<'_> {
    fn block(&mut self, block: &mut Block, schema: &Schema) -> ControlFlow<()> {
        self.judge.block(block, schema, &mut Vec::new());
        let done = match &self.judge.watch().target {
            Target::Bytes(range) => block.offset + u64::from(block.owned.end) >= range.end,
            // The rows of a tree count anew at every path.
            Target::Row(row) => block.layout != Layout::Tree && block.records.iter().any(|r| r.row > *row),
        };
        if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn digits(&self, field: &Field) -> Option<u8> {
        self.matcher.digits(field)
    }

    fn gap(&mut self, gap: Gap) {
        self.gaps.gap(gap);
    }
}

/// Collects the candidates at the place.
struct Watcher<'a> {
    matcher: &'a Matcher,
    suppressor: Suppressor<'a>,
    target: Target,
    trails: Trails,
    candidates: Vec<Candidate>,
    /// Fields with a candidate at the place.
    spoken: BTreeSet<String>,
    /// Fields with a value there.
    fields: BTreeSet<String>,
    row_met: bool,
    rows: u64,
}

impl<'a> Watcher<'a> {
    fn new(matcher: &'a Matcher, suppressor: Suppressor<'a>, target: Target) -> Watcher<'a> {
        Watcher {
            matcher,
            suppressor,
            target,
            trails: Trails::default(),
            candidates: Vec::new(),
            spoken: BTreeSet::new(),
            fields: BTreeSet::new(),
            row_met: false,
            rows: 0,
        }
    }

    fn wants(&self, block: &Block, cell: u32, span: Range<u32>) -> bool {
        match &self.target {
            Target::Bytes(range) => {
                block.offset + u64::from(span.start) < range.end && range.start < block.offset + u64::from(span.end)
            }
            Target::Row(row) => row_of(block, cell) == *row,
        }
    }
}

fn row_of(block: &Block, cell: u32) -> u64 {
    let record = block.cells.get(cell as usize).and_then(|c| block.records.get(c.record as usize));
    record.map_or(0, |r| r.row)
}

impl Watch for Watcher<'_> {
    fn step(&mut self, step: Step) {
        self.trails.step(step);
    }

    fn column(&mut self, finding: &Finding, rule: ColumnRule) {
        self.trails.column(finding, rule);
    }

    fn settled(&mut self, block: &Block, schema: &Schema, found: &mut Vec<Finding>) {
        let path = |cell: u32| {
            let field = block.cells.get(cell as usize).and_then(|c| schema.fields.get(c.field as usize));
            field.map_or(String::new(), |f| f.path.clone())
        };
        for record in &block.records {
            self.rows = self.rows.max(record.row);
            self.row_met |= matches!(self.target, Target::Row(row) if row == record.row);
        }
        for (i, cell) in block.cells.iter().enumerate() {
            if self.wants(block, i as u32, cell.start..cell.end) {
                self.fields.insert(path(i as u32));
            }
        }
        for trail in self.trails.take() {
            if !self.wants(block, trail.cell, trail.span.clone()) {
                continue;
            }
            let (reasons, end) = trail.account(self.matcher, block, schema, found);
            let kept = found.iter().find(|f| matches!(end, End::Kept(_)) && trail.is(f));
            let why = kept.and_then(|f| self.suppressor.why(block, schema, f)).map(str::to_string);
            let plan = &self.matcher.detectors()[usize::from(trail.detector)];
            let value = &block.bytes[trail.span.start as usize..trail.span.end as usize];
            self.spoken.insert(path(trail.cell));
            self.candidates.push(Candidate {
                row: row_of(block, trail.cell),
                field: path(trail.cell),
                bytes: (block.offset + u64::from(trail.span.start), block.offset + u64::from(trail.span.end)),
                detector: plan.id.clone(),
                element: plan.element,
                form: form(plan.element, value),
                reasons,
                outcome: why.map_or(Outcome::Judged(end), Outcome::Suppressed),
            });
        }
    }
}

/// The form of a value without the value: digits as `#`, letters as `x`; of a secret its length alone.
fn form(element: Element, value: &[u8]) -> String {
    use Element::{AccessKey, CardCode, Password, PrivateKey, SecurityQa, Session};
    if matches!(element, Password | PrivateKey | AccessKey | Session | SecurityQa | CardCode) {
        return format!("({} bytes)", value.len());
    }
    let text = String::from_utf8_lossy(value);
    let mut form: String = text
        .chars()
        .take(SHOWN_MAX)
        .map(|c| match c {
            c if c.is_numeric() => '#',
            c if c.is_alphabetic() => 'x',
            ' ' | '-' | '.' | '/' | '(' | ')' | '@' | '+' | ':' | ',' => c,
            _ => '*',
        })
        .collect();
    if text.chars().nth(SHOWN_MAX).is_some() {
        form.push('…');
    }
    form
}
