//! From hits to findings: which cell, which bytes, valid or not, how sure.
//!
//! A judge holds what is known of one object so far: what its fields' names say, what was counted in each. It reads a
//! block in one merge of hits and cells, both in order. A candidate passes the veto of its field, its validator, then is
//! weighed: the field's name, the key before it, near words, in this order of strength; what stays
//! [`Confidence::Low`] is dropped. When the block has been read, columns of numbers that validate by chance are dropped,
//! and overlaps are settled. Nothing here keeps a value.

use super::evidence::{FieldEvidence, Says};
use super::lanes::Scratch;
use super::near::key_before;
use super::overlap::settle;
use super::plan::Matcher;
use super::tally::{Distinct, Stat};
use super::watch::{ColumnRule, Step, Unwatched, Watch};
use crate::model::block::{Block, Cell, Layout};
use crate::model::detector::Confidence;
use crate::model::field::{Field, Schema};
use crate::model::finding::{Basis, Finding, Hit, Marks, Verdict};
use crate::model::rows::FieldRow;
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// A longer cell is no candidate as a whole.
pub const WHOLE_BYTES_MAX: usize = 1024;
/// Numbers a column must hold before it is judged as a whole.
const COLUMN_VALUES_MIN: u64 = 20;
/// Where a field's name only suggests an element, one value in so many must be proven.
const SUGGESTED_PER_PROVEN: u64 = 20;
/// A cell that is longer than its hit by more than this is text, not a number.
const COLUMN_SLACK_BYTES: usize = 8;
/// How far beside a finding in text others are looked for.
const BESIDE_BYTES: u32 = 80;
/// A cell longer than this is not looked at as a number.
const NUMBER_BYTES_MAX: usize = 40;
/// Keys whose evidence is remembered.
const KEYS_MAX: usize = 4096;
/// Estimates of distinct values that are kept, 1 KiB each.
const ESTIMATES_MAX: usize = 2048;

/// Judges the blocks of one object, in order.
pub struct Judge<'m, W = Unwatched> {
    matcher: &'m Matcher,
    scratch: Scratch,
    cell_scratch: Scratch,
    fields: Vec<FieldState>,
    keys: HashMap<Box<str>, Arc<FieldEvidence>>,
    captures: Vec<Option<Captures>>,
    pending: Vec<Finding>,
    estimates: usize,
    work: u64,
    watch: W,
}

/// What is known of one field.
#[derive(Default)]
struct FieldState {
    evidence: Option<Arc<FieldEvidence>>,
    values: u64,
    /// Values that are numbers: digits and what is written between them.
    numbers: u64,
    stats: Vec<(u16, Stat)>,
}

impl FieldState {
    fn stat(&mut self, detector: u16, estimates: &mut usize) -> &mut Stat {
        // A field holds few kinds of values, so a list is shorter than any map.
        if let Some(i) = self.stats.iter().position(|(d, _)| *d == detector) {
            return &mut self.stats[i].1;
        }
        let mut stat = Stat::default();
        if *estimates < ESTIMATES_MAX {
            *estimates += 1;
            stat.distinct = Some(Distinct::default());
        }
        self.stats.push((detector, stat));
        let last = self.stats.len() - 1;
        &mut self.stats[last].1
    }
}

impl<'m> Judge<'m> {
    /// A judge for one object.
    pub fn new(matcher: &'m Matcher) -> Judge<'m> {
        Judge::watched(matcher, Unwatched)
    }
}

impl<'m, W: Watch> Judge<'m, W> {
    /// A judge for one object whose steps are watched.
    pub fn watched(matcher: &'m Matcher, watch: W) -> Judge<'m, W> {
        Judge {
            matcher,
            scratch: Scratch::new(),
            cell_scratch: Scratch::new(),
            fields: Vec::new(),
            keys: HashMap::new(),
            captures: (0..matcher.detectors().len())
                .map(|d| matcher.value(d as u16).map(|regex| regex.create_captures()))
                .collect(),
            pending: Vec::new(),
            estimates: 0,
            work: 0,
            watch,
        }
    }

    /// Who watches.
    pub fn watch(&mut self) -> &mut W {
        &mut self.watch
    }

    /// Adds the findings of a block to `out`, sorted by cell and start.
    pub fn block(&mut self, block: &Block, schema: &Schema, out: &mut Vec<Finding>) {
        self.count_cells(block, schema);
        self.pending.clear();

        let mut scratch = std::mem::take(&mut self.scratch);
        let matcher = self.matcher;
        let before = scratch.work();
        let mut cursor = Cursor { cell: 0, first: 0 };
        matcher.scan(&block.bytes, block.owned.clone(), &mut scratch, &mut |hits| self.hits(block, hits, &mut cursor));
        while cursor.cell < block.cells.len() {
            self.close_cell(block, &mut cursor);
        }
        self.work += scratch.work() - before;
        self.scratch = scratch;
        self.beside(block);

        let mut found = std::mem::take(&mut self.pending);
        let columns = block.layout != Layout::Text;
        found.retain(|f| {
            let rule = match (self.only_suggested(block, f), columns) {
                (true, _) => ColumnRule::OnlySuggested,
                (false, true) if self.by_chance(block, f) => ColumnRule::ByChance,
                (false, _) => return true,
            };
            self.watch.column(f, rule);
            false
        });
        // A group `value` may have moved a start past the next one's.
        found.sort_by_key(|f| (f.cell, f.start, f.end, f.detector));
        settle(matcher, &mut found);
        self.watch.settled(block, schema, &mut found);
        for finding in &found {
            let cell = &block.cells[finding.cell as usize];
            let row = block.records.get(cell.record as usize).map_or(0, |r| r.row);
            let value = &block.bytes[finding.start as usize..finding.end as usize];
            let stat = self.fields[cell.field as usize].stat(finding.detector, &mut self.estimates);
            stat.add(finding, value, row);
        }
        self.work += found.len() as u64;
        out.extend_from_slice(&found);
        self.pending = found;
    }

    /// Work done so far: bytes and automaton steps of the scans, cells, hits and bytes of windows.
    pub fn work(&self) -> u64 {
        self.work
    }

    /// The rows of the `fields` table, by field and detector.
    pub fn field_rows(&self, object: u64, schema: &Schema) -> Vec<FieldRow> {
        let mut rows = Vec::new();
        for (state, field) in self.fields.iter().zip(&schema.fields) {
            let mut stats: Vec<&(u16, Stat)> = state.stats.iter().collect();
            stats.sort_by_key(|s| s.0);
            rows.extend(stats.into_iter().map(|(detector, stat)| {
                let detector = &self.matcher.detectors()[usize::from(*detector)];
                FieldRow {
                    object,
                    path: field.path.clone(),
                    detector: detector.id.clone(),
                    element: detector.element,
                    values: state.values,
                    matches: stat.matches,
                    valid: stat.valid,
                    confidence: stat.confidence,
                    marks: stat.marks,
                    distinct: stat.distinct(),
                    first_rows: stat.first_rows.clone(),
                }
            }));
        }
        rows
    }

    /// Counts the block's values, so that a column is judged with all of them, and meets new fields.
    fn count_cells(&mut self, block: &Block, schema: &Schema) {
        for cell in &block.cells {
            let id = cell.field as usize;
            if id >= self.fields.len() {
                self.fields.resize_with(id + 1, FieldState::default);
            }
            let state = &mut self.fields[id];
            if state.evidence.is_none() {
                let none = Field::new([""]);
                let field = schema.fields.get(id).unwrap_or(&none);
                state.evidence = Some(Arc::new(self.matcher.names().evidence(field)));
            }
            if block.owned.contains(&cell.start) {
                state.values += 1;
                state.numbers += u64::from(is_number(trim(block, cell).0));
            }
        }
        self.work += block.cells.len() as u64;
    }

    /// Lays hits, in order, over the cells.
    fn hits(&mut self, block: &Block, hits: &[Hit], cursor: &mut Cursor) {
        for hit in hits {
            while block.cells.get(cursor.cell).is_some_and(|cell| cell.end <= hit.start) {
                self.close_cell(block, cursor);
            }
            match block.cells.get(cursor.cell) {
                Some(cell) if cell.start <= hit.start && hit.end <= cell.end => {
                    self.candidate(block, cursor.cell, hit.start as usize..hit.end as usize, hit.detector, false);
                }
                _ => {}
            }
        }
        self.work += hits.len() as u64;
    }

    /// Looks at a cell for the detectors that its field names: patterns that run only there, then whole values.
    fn close_cell(&mut self, block: &Block, cursor: &mut Cursor) {
        let index = cursor.cell;
        let first = cursor.first;
        let cell = &block.cells[index];
        let evidence = self.fields[cell.field as usize].evidence.as_ref();
        if let Some(evidence) = evidence.filter(|e| !e.only.is_empty() || !e.whole.is_empty()).cloned() {
            for &detector in &evidence.only {
                let mut scratch = std::mem::take(&mut self.cell_scratch);
                let before = scratch.work();
                let range = cell.start.max(block.owned.start) as usize..cell.end.min(block.owned.end) as usize;
                for hit in self.matcher.scan_cell(detector, &block.bytes, range, &mut scratch) {
                    if hit.end <= cell.end {
                        self.candidate(block, index, hit.start as usize..hit.end as usize, detector, false);
                    }
                }
                self.work += scratch.work() - before;
                self.cell_scratch = scratch;
            }
            for &detector in &evidence.whole {
                let (value, start) = trim(block, cell);
                let fits = (1..=WHOLE_BYTES_MAX).contains(&value.len()) && block.owned.contains(&cell.start);
                if fits && !self.pending[first..].iter().any(|f| f.detector == detector) {
                    self.candidate(block, index, start..start + value.len(), detector, true);
                }
            }
        }
        // A group `value` may have moved a start past the next one's, and whole values come last.
        self.pending[first..].sort_unstable_by_key(|f| (f.start, f.end, f.detector));
        cursor.cell += 1;
        cursor.first = self.pending.len();
    }

    /// Looks for names beside what was found in text: cells much longer than the finding.
    fn beside(&mut self, block: &Block) {
        let matcher = self.matcher;
        let found = self.pending.len();
        for &detector in matcher.beside() {
            let element = matcher.detectors()[usize::from(detector)].element;
            // Windows of neighbours overlap; what was looked at is not looked at again.
            let mut seen = (u32::MAX, 0);
            for i in 0..found {
                let finding = self.pending[i];
                let cell = &block.cells[finding.cell as usize];
                let text = cell.end - cell.start > finding.end - finding.start + BESIDE_BYTES / 8;
                if !text || finding.element == element || !finding.basis.has(Basis::SHAPE) {
                    continue;
                }
                let from = finding.start.saturating_sub(BESIDE_BYTES).max(cell.start).max(block.owned.start);
                let from = if seen.0 == finding.cell { from.max(seen.1) } else { from };
                let to = (finding.end + BESIDE_BYTES).min(cell.end).min(block.owned.end);
                if from >= to {
                    continue;
                }
                seen = (finding.cell, to);
                let mut scratch = std::mem::take(&mut self.cell_scratch);
                let before = scratch.work();
                for hit in matcher.scan_cell(detector, &block.bytes, from as usize..to as usize, &mut scratch) {
                    if hit.end <= cell.end {
                        let span = hit.start as usize..hit.end as usize;
                        self.candidate(block, finding.cell as usize, span, detector, false);
                    }
                }
                self.work += scratch.work() - before;
                self.cell_scratch = scratch;
            }
        }
    }

    /// Weighs one candidate; what is kept goes into `pending`.
    fn candidate(&mut self, block: &Block, index: usize, span: Range<usize>, detector: u16, whole: bool) {
        let matcher = self.matcher;
        let cell = &block.cells[index];
        let state = &mut self.fields[cell.field as usize];
        let Some(says) = state.evidence.as_ref().map(|e| e.says(detector)) else { return };
        self.watch.step(Step::Candidate {
            cell: index as u32,
            span: span.start as u32..span.end as u32,
            detector,
            whole,
        });
        self.watch.step(Step::Field(says));
        let stat = state.stat(detector, &mut self.estimates);
        stat.matches += 1;
        if says == Says::Vetoed {
            return;
        }
        let span = if whole { span } else { self.narrow(&block.bytes, span, detector) };
        let value = &block.bytes[span.clone()];
        let verdict = matcher.validator(detector).map_or(Verdict::PLAUSIBLE, |validate| validate(value));
        self.watch.step(Step::Value(span.start as u32..span.end as u32));
        self.watch.step(Step::Verdict(verdict));
        let (proven, marks) = match verdict {
            Verdict::Invalid(_) => return,
            Verdict::Valid { proven, marks } => (proven, marks),
        };
        // A cell much longer than its value is not trimmed: white space would be walked for every hit in it.
        let slack = (cell.end - cell.start) as usize - value.len();
        if slack <= NUMBER_BYTES_MAX && trim(block, cell).0.len() == value.len() {
            self.fields[cell.field as usize].stat(detector, &mut self.estimates).whole_cells += 1;
        }
        let mut basis = if whole { Basis::default() } else { Basis::SHAPE };
        if proven {
            self.fields[cell.field as usize].stat(detector, &mut self.estimates).proven += 1;
            basis = basis.with(Basis::PROOF);
        }
        // A value that says of itself that nobody has it is reported only where somebody says that it is one.
        let needs = marks.has(Marks::NEVER_ISSUED) || (marks.has(Marks::TEST) && !proven);
        let Some((confidence, support)) = self.support(block, cell, &span, detector, says, needs) else {
            return;
        };
        self.watch.step(Step::Weighed(confidence, basis.with(support)));
        if confidence == Confidence::Low {
            return;
        }
        let plan = &matcher.detectors()[usize::from(detector)];
        self.pending.push(Finding {
            start: span.start as u32,
            end: span.end as u32,
            cell: index as u32,
            detector,
            element: plan.element,
            form: plan.form,
            confidence,
            marks,
            basis: basis.with(support),
        });
    }

    /// What stands behind a valid candidate: its confidence and the basis that context gives; none when context objects,
    /// or when the value `needs` a name or a near word and has none.
    fn support(
        &mut self,
        block: &Block,
        cell: &Cell,
        span: &Range<usize>,
        detector: u16,
        field: Says,
        needs: bool,
    ) -> Option<(Confidence, Basis)> {
        let matcher = self.matcher;
        let plan = &matcher.detectors()[usize::from(detector)];
        if field == Says::Named {
            return Some((plan.with_field, Basis::FIELD));
        }
        let mut other = field == Says::Other;
        let key = self.key(block, cell, span.start).map(|(evidence, bound)| (evidence.says(detector), bound));
        if let Some((says, bound)) = key {
            self.watch.step(Step::Key(says, bound));
        }
        match key {
            Some((Says::Named, _)) => return Some((plan.with_field, Basis::FIELD)),
            Some((Says::Vetoed, _)) => return None,
            // A word of a sentence says what follows it, and nothing of what else it could be.
            Some((Says::Other, bound)) => other |= bound,
            Some((Says::Nothing, _)) | None => {}
        }
        let mut near = false;
        if !plan.near.is_empty() && (plan.with_near != plan.alone || needs) {
            let seen;
            (near, seen) =
                matcher.near().supports(detector, &block.bytes, cell.start as usize..cell.end as usize, span.clone());
            self.work += seen as u64;
            self.watch.step(Step::Near(near));
        }
        if needs && !near {
            self.watch.step(Step::Unnamed);
            return None;
        }
        let confidence = if near { plan.with_near } else { plan.alone };
        let confidence = match confidence {
            _ if !other => confidence,
            Confidence::High => Confidence::Medium,
            Confidence::Medium | Confidence::Low => Confidence::Low,
        };
        Some((confidence, if near { Basis::NEAR } else { Basis::default() }))
    }

    /// What the key before a candidate says, if there is one in its cell, and whether a sign binds it to the candidate.
    fn key(&mut self, block: &Block, cell: &Cell, candidate: usize) -> Option<(Arc<FieldEvidence>, bool)> {
        if candidate == cell.start as usize {
            return None;
        }
        let key = key_before(&block.bytes, cell.start as usize, candidate)?;
        self.work += (candidate - key.before.start) as u64;
        let names = self.matcher.names();
        let token = std::str::from_utf8(&block.bytes[key.token.clone()]).ok()?;
        if !key.bound && !names.may_end_key(token) {
            return None;
        }
        let whole = std::str::from_utf8(&block.bytes[key.before.start..key.token.end]).ok()?;
        if let Some(evidence) = self.keys.get(whole) {
            return Some((Arc::clone(evidence), key.bound));
        }
        let evidence = Arc::new(names.key(&whole[..whole.len() - token.len()], token));
        if self.keys.len() >= KEYS_MAX {
            self.keys.clear();
        }
        self.keys.insert(whole.into(), Arc::clone(&evidence));
        Some((evidence, key.bound))
    }

    /// The span of the group `value` in a hit, or the hit.
    fn narrow(&mut self, bytes: &[u8], span: Range<usize>, detector: u16) -> Range<usize> {
        let (Some(regex), Some(captures)) = (self.matcher.value(detector), &mut self.captures[usize::from(detector)])
        else {
            return span;
        };
        self.work += span.len() as u64;
        regex.search_captures(&Input::new(&bytes[span.clone()]).anchored(Anchored::Yes), captures);
        match captures.get_group_by_name("value") {
            Some(value) if value.start < value.end => span.start + value.start..span.start + value.end,
            _ => span,
        }
    }

    /// Whether a finding is a whole value of a field that only suggests its element (`name`), in a column where next to
    /// nothing is proven to be one: products are called after people too.
    fn only_suggested(&self, block: &Block, finding: &Finding) -> bool {
        let suggests = self.matcher.detectors()[usize::from(finding.detector)].with_field < Confidence::High;
        if finding.basis.has(Basis::SHAPE) || !suggests {
            return false;
        }
        let state = &self.fields[block.cells[finding.cell as usize].field as usize];
        let proven = state.stats.iter().find(|(d, _)| *d == finding.detector).map_or(0, |(_, s)| s.proven);
        state.values >= COLUMN_VALUES_MIN && proven * SUGGESTED_PER_PROVEN < state.values
    }

    /// Whether a finding is a number in a column of numbers most of which this detector does not accept: order numbers
    /// pass a check digit one time in ten. Columns in which numbers are rare beside text are judged by their numbers
    /// alone, so that phones among e-mails stay.
    fn by_chance(&self, block: &Block, finding: &Finding) -> bool {
        if finding.basis.has(Basis::FIELD.with(Basis::NEAR)) {
            return false;
        }
        let cell = &block.cells[finding.cell as usize];
        let state = &self.fields[cell.field as usize];
        let value = &block.bytes[finding.start as usize..finding.end as usize];
        let slack = (cell.end - cell.start) as usize - value.len();
        if state.numbers < COLUMN_VALUES_MIN || slack > COLUMN_SLACK_BYTES || !is_number(value) {
            return false;
        }
        let whole = state.stats.iter().find(|(d, _)| *d == finding.detector).map_or(0, |(_, s)| s.whole_cells);
        whole * 2 < state.numbers
    }
}

/// Where the merge of hits and cells stands.
struct Cursor {
    /// The cell that the next hit may lie in.
    cell: usize,
    /// The first pending finding of that cell.
    first: usize,
}

/// A cell's bytes without white space at its ends, and where they start.
fn trim<'b>(block: &'b Block, cell: &Cell) -> (&'b [u8], usize) {
    let bytes = block.cell(cell);
    let tail = bytes.trim_ascii_start();
    (tail.trim_ascii_end(), cell.end as usize - tail.len())
}

/// Whether bytes are one number: digits with what is written between them, nothing else.
fn is_number(bytes: &[u8]) -> bool {
    bytes.len() <= NUMBER_BYTES_MAX
        && bytes.iter().any(u8::is_ascii_digit)
        && bytes.iter().all(|b| matches!(b, b'0'..=b'9' | b' ' | b'-' | b'.' | b'(' | b')' | b'+' | b'/'))
}
