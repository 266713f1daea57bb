//! From candidates to findings: columns and overlaps.
//!
//! A judge holds what was counted in each field of one object so far. It takes the surveys of the object's blocks in
//! their order ([`super::survey`]): columns of numbers that validate by chance are dropped, and overlaps are settled.
//! Nothing here keeps a value.

use super::number::is_number;
use super::overlap::settle;
use super::plan::Matcher;
use super::survey::{Survey, Surveyor};
use super::tally::{Distinct, Stat};
use super::watch::{ColumnRule, Unwatched, Watch};
use crate::model::block::{Block, Layout};
use crate::model::detector::Confidence;
use crate::model::field::Schema;
use crate::model::finding::{Basis, Finding};
use crate::model::rows::FieldRow;

/// Numbers a column must hold before it is judged as a whole.
const COLUMN_VALUES_MIN: u64 = 20;
/// Where a field's name only suggests an element, one value in so many must be proven.
const SUGGESTED_PER_PROVEN: u64 = 20;
/// A cell that is longer than its hit by more than this is text, not a number.
const COLUMN_SLACK_BYTES: usize = 8;
/// Estimates of distinct values that are kept, 1 KiB each.
const ESTIMATES_MAX: usize = 2048;

/// Judges the blocks of one object, in order.
pub struct Judge<'m, W = Unwatched> {
    matcher: &'m Matcher,
    /// Made when this judge is first asked to survey for itself.
    surveyor: Option<Surveyor<'m>>,
    survey: Survey,
    fields: Vec<FieldState>,
    estimates: usize,
    work: u64,
    watch: W,
}

/// What is known of one field.
#[derive(Default)]
struct FieldState {
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
        Judge { matcher, surveyor: None, survey: Survey::default(), fields: Vec::new(), estimates: 0, work: 0, watch }
    }

    /// Who watches.
    pub fn watch(&mut self) -> &mut W {
        &mut self.watch
    }

    /// Adds the findings of a block to `out`, sorted by cell and start.
    pub fn block(&mut self, block: &Block, schema: &Schema, out: &mut Vec<Finding>) {
        let mut survey = std::mem::take(&mut self.survey);
        let surveyor = self.surveyor.get_or_insert_with(|| Surveyor::new(self.matcher));
        surveyor.survey(block, schema, &mut self.watch, &mut survey);
        self.settle(block, schema, &mut survey, out);
        self.survey = survey;
    }

    /// The same for a block that was surveyed elsewhere, where nobody watched its steps. Blocks come in their order.
    pub fn settle(&mut self, block: &Block, schema: &Schema, survey: &mut Survey, out: &mut Vec<Finding>) {
        self.count(survey);
        let mut found = std::mem::take(&mut survey.found);
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
        settle(self.matcher, &mut found);
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
        survey.found = found;
    }

    /// Adds what a survey counted, so that a column is judged with all values of the block.
    fn count(&mut self, survey: &Survey) {
        if self.fields.len() < survey.fields.len() {
            self.fields.resize_with(survey.fields.len(), FieldState::default);
        }
        for (state, count) in self.fields.iter_mut().zip(&survey.fields) {
            state.values += count.values;
            state.numbers += count.numbers;
            for (detector, more) in &count.candidates {
                let stat = state.stat(*detector, &mut self.estimates);
                stat.matches += more.matches;
                stat.whole_cells += more.whole_cells;
                stat.proven += more.proven;
            }
        }
        self.work += survey.work;
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
