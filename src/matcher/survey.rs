//! From hits to candidates that stand by themselves: which cell, which bytes, valid or not, how sure.
//!
//! A surveyor reads a block in one merge of hits and cells, both in order; of plain lines, it looks for the line of a hit
//! only once a validator took it. A candidate passes the veto of its field, its validator, then is weighed
//! ([`super::weigh`]): the field's name, the key before it, near words, in this order of strength; what stays
//! [`Confidence::Low`] is dropped. What a surveyor knows of an object is what its fields' names say, so the blocks of one
//! object may be surveyed in any order, by several surveyors at once; [`super::judge`] then settles them in theirs.
//! Nothing here keeps a value.

use super::evidence::{FieldEvidence, Says};
use super::lanes::Scratch;
use super::number::{NUMBER_BYTES_MAX, is_number};
use super::plan::Matcher;
use super::watch::{Step, Unwatched, Watch};
use super::weigh::Weigher;
use crate::model::block::{Block, Cell, Layout, Lines};
use crate::model::detector::Confidence;
use crate::model::field::{Field, Schema};
use crate::model::finding::{Basis, Finding, Hit, Marks, Verdict};
use std::ops::Range;
use std::sync::Arc;

/// A longer cell is no candidate as a whole.
pub const WHOLE_BYTES_MAX: usize = 1024;
/// How far beside a finding in text others are looked for.
const BESIDE_BYTES: u32 = 80;

/// What the survey of one block came to.
#[derive(Default)]
pub struct Survey {
    /// Candidates that stand by themselves, by cell.
    pub(super) found: Vec<Finding>,
    /// What was counted, by field.
    pub(super) fields: Vec<FieldCount>,
    /// Work done: bytes and automaton steps of the scans, cells, hits and bytes of windows.
    pub(super) work: u64,
}

/// Counts of one field in one block.
#[derive(Default)]
pub(super) struct FieldCount {
    pub values: u64,
    /// Values that are numbers: digits and what is written between them.
    pub numbers: u64,
    /// By detector.
    pub candidates: Vec<(u16, CandidateCount)>,
}

/// Counts of one detector in one field of one block.
#[derive(Clone, Copy, Default)]
pub(super) struct CandidateCount {
    pub matches: u64,
    /// Cells that a valid candidate fills from end to end.
    pub whole_cells: u64,
    /// Valid candidates that a list or checksum proved.
    pub proven: u64,
}

impl FieldCount {
    /// Where the counts of a detector stand.
    fn of(&mut self, detector: u16) -> usize {
        // A field holds few kinds of values, so a list is shorter than any map.
        self.candidates.iter().position(|(d, _)| *d == detector).unwrap_or_else(|| {
            self.candidates.push((detector, CandidateCount::default()));
            self.candidates.len() - 1
        })
    }
}

impl Survey {
    fn clear(&mut self) {
        self.found.clear();
        for field in &mut self.fields {
            (field.values, field.numbers) = (0, 0);
            field.candidates.clear();
        }
        self.work = 0;
    }
}

/// Surveys blocks. One serves many objects, one after the other.
pub struct Surveyor<'m> {
    matcher: &'m Matcher,
    scratch: Scratch,
    cell_scratch: Scratch,
    /// What the fields' names say, by field, as far as it was asked for.
    evidence: Vec<Option<Arc<FieldEvidence>>>,
    weigher: Weigher<'m>,
    /// Candidates in plain lines, by detector.
    matches: Vec<u64>,
    survey: Survey,
}

impl<'m> Surveyor<'m> {
    /// A surveyor that has seen no object.
    pub fn new(matcher: &'m Matcher) -> Surveyor<'m> {
        Surveyor {
            matcher,
            scratch: Scratch::new(),
            cell_scratch: Scratch::new(),
            evidence: Vec::new(),
            weigher: Weigher::new(matcher),
            matches: vec![0; matcher.detectors().len()],
            survey: Survey::default(),
        }
    }

    /// The blocks that come now are of another object.
    pub fn forget(&mut self) {
        self.evidence.clear();
    }

    /// Puts what a block holds into `survey`, in place of what was there.
    pub fn survey<W: Watch>(&mut self, block: &Block, schema: &Schema, watch: &mut W, survey: &mut Survey) {
        std::mem::swap(&mut self.survey, survey);
        self.survey.clear();
        self.count_cells(block, schema);
        let mut scratch = std::mem::take(&mut self.scratch);
        let matcher = self.matcher;
        let before = scratch.work();
        let mut cursor = Cursor { cell: 0, first: 0 };
        matcher.scan(&block.bytes, block.owned.clone(), &mut scratch, &mut |hits| {
            self.hits(block, hits, &mut cursor, watch);
        });
        while cursor.cell < block.cells.len() {
            self.close_cell(block, &mut cursor, watch);
        }
        self.survey.work += scratch.work() - before;
        self.scratch = scratch;
        self.finish(block, watch);
        std::mem::swap(&mut self.survey, survey);
    }

    /// The same for a block of plain lines, of which it marks those alone that hold a valid candidate. What is found is what
    /// is found where all are marked: a hit holds no separator, so it lies in one line, and the field of plain lines names
    /// nothing, so no line has to be looked at for what no pattern met.
    pub fn survey_lines(&mut self, block: &mut Block, lines: &Lines, schema: &Schema, survey: &mut Survey) {
        self.meet(lines.field as usize, schema);
        let evidence = self.evidence[lines.field as usize].clone();
        let Some(evidence) = evidence.filter(|e| e.whole.is_empty() && e.only.is_empty()) else {
            lines.mark(block);
            return self.survey(block, schema, &mut Unwatched, survey);
        };
        std::mem::swap(&mut self.survey, survey);
        self.survey.clear();
        let field = lines.field as usize;
        self.room(field);
        self.survey.fields[field].values += lines.records;
        let mut scratch = std::mem::take(&mut self.scratch);
        let matcher = self.matcher;
        let before = scratch.work();
        let Block { bytes, owned, offset, cells, records, .. } = &mut *block;
        let mut marker = lines.marker();
        let mut work = 0;
        matcher.scan(bytes, owned.clone(), &mut scratch, &mut |hits| {
            work += hits.len() as u64;
            for hit in hits {
                self.matches[usize::from(hit.detector)] += 1;
                let (span, says) = (hit.start as usize..hit.end as usize, evidence.says(hit.detector));
                let Some(valid) = self.validate(bytes, span, (hit.detector, says), false, &mut Unwatched) else {
                    continue;
                };
                let index = marker.mark(bytes, *offset, hit.start as usize, cells, records);
                let at = self.survey.fields[field].of(hit.detector);
                self.weigh(bytes, (index, &cells[index]), valid, (hit.detector, says, at), false, &mut Unwatched);
            }
        });
        let counts = &mut self.survey.fields[field];
        for (detector, matches) in self.matches.iter_mut().enumerate().filter(|(_, n)| **n > 0) {
            let at = counts.of(detector as u16);
            counts.candidates[at].1.matches += std::mem::take(matches);
        }
        self.survey.work += scratch.work() - before + work;
        self.scratch = scratch;
        self.finish(block, &mut Unwatched);
        std::mem::swap(&mut self.survey, survey);
    }

    /// What is left when all hits are laid over their cells.
    fn finish<W: Watch>(&mut self, block: &Block, watch: &mut W) {
        self.beside(block, watch);
        self.survey.work += std::mem::take(&mut self.weigher.work);
        // A group `value` may have moved a start past the next one's.
        let order = |f: &Finding| (f.cell, f.start, f.end, f.detector);
        if !self.survey.found.is_sorted_by_key(order) {
            self.survey.found.sort_by_key(order);
        }
    }

    /// Knows what a field's name says from here on.
    fn meet(&mut self, field: usize, schema: &Schema) {
        if field >= self.evidence.len() {
            self.evidence.resize(field + 1, None);
        }
        if self.evidence[field].is_none() {
            let none = Field::new([""]);
            let named = schema.fields.get(field).unwrap_or(&none);
            self.evidence[field] = Some(Arc::new(self.matcher.names().evidence(named)));
        }
    }

    /// Makes room for the counts of a field.
    fn room(&mut self, field: usize) {
        if field >= self.survey.fields.len() {
            self.survey.fields.resize_with(field + 1, FieldCount::default);
        }
    }

    /// Counts the block's values, so that a column is judged with all of them, and meets new fields.
    fn count_cells(&mut self, block: &Block, schema: &Schema) {
        let columns = block.layout != Layout::Text;
        for cell in &block.cells {
            let id = cell.field as usize;
            // Fields that were met in a block before have no counts in a survey that is new.
            if id >= self.survey.fields.len() || self.evidence.get(id).is_none_or(Option::is_none) {
                self.meet(id, schema);
                self.room(id);
            }
            if block.owned.contains(&cell.start) {
                let count = &mut self.survey.fields[id];
                count.values += 1;
                // A letter at its front says that it is none. Text has no columns, so nobody asks it.
                let letter = block.cell(cell).first().is_some_and(u8::is_ascii_alphabetic);
                let number = columns && !letter && is_number(trim(&block.bytes, cell).0);
                count.numbers += u64::from(number);
            }
        }
        self.survey.work += block.cells.len() as u64;
    }

    /// Lays hits, in order, over the cells.
    fn hits<W: Watch>(&mut self, block: &Block, hits: &[Hit], cursor: &mut Cursor, watch: &mut W) {
        for hit in hits {
            while block.cells.get(cursor.cell).is_some_and(|cell| cell.end <= hit.start) {
                self.close_cell(block, cursor, watch);
            }
            match block.cells.get(cursor.cell) {
                Some(cell) if cell.start <= hit.start && hit.end <= cell.end => {
                    let says = self.says(cell, hit.detector);
                    let span = hit.start as usize..hit.end as usize;
                    self.candidate(block, cursor.cell, span, (hit.detector, says), false, watch);
                }
                _ => {}
            }
        }
        self.survey.work += hits.len() as u64;
    }

    /// Looks at a cell for the detectors that its field names: patterns that run only there, then whole values.
    fn close_cell<W: Watch>(&mut self, block: &Block, cursor: &mut Cursor, watch: &mut W) {
        let index = cursor.cell;
        let first = cursor.first;
        let cell = &block.cells[index];
        let named = self.evidence[cell.field as usize].take_if(|e| !e.only.is_empty() || !e.whole.is_empty());
        // Taken out while it is read: a count of references would be touched by every cell.
        if let Some(evidence) = named {
            for &detector in &evidence.only {
                let mut scratch = std::mem::take(&mut self.cell_scratch);
                let before = scratch.work();
                let range = cell.start.max(block.owned.start) as usize..cell.end.min(block.owned.end) as usize;
                for hit in self.matcher.scan_cell(detector, &block.bytes, range, &mut scratch) {
                    if hit.end <= cell.end {
                        let span = hit.start as usize..hit.end as usize;
                        self.candidate(block, index, span, (detector, evidence.says(detector)), false, watch);
                    }
                }
                self.survey.work += scratch.work() - before;
                self.cell_scratch = scratch;
            }
            if !evidence.whole.is_empty() && block.owned.contains(&cell.start) {
                let (value, start) = trim(&block.bytes, cell);
                let span = start..start + value.len();
                let whole: &[u16] = if (1..=WHOLE_BYTES_MAX).contains(&value.len()) { &evidence.whole } else { &[] };
                for &detector in whole {
                    if !self.survey.found[first..].iter().any(|f| f.detector == detector) {
                        self.candidate(block, index, span.clone(), (detector, evidence.says(detector)), true, watch);
                    }
                }
            }
            self.evidence[cell.field as usize] = Some(evidence);
        }
        // A group `value` may have moved a start past the next one's, and whole values come last.
        let order = |f: &Finding| (f.start, f.end, f.detector);
        match &mut self.survey.found[first..] {
            [] | [_] => {}
            [one, other] => {
                if order(other) < order(one) {
                    std::mem::swap(one, other);
                }
            }
            several => several.sort_unstable_by_key(order),
        }
        cursor.cell += 1;
        cursor.first = self.survey.found.len();
    }

    /// Looks for names beside what was found in text: cells much longer than the finding.
    fn beside<W: Watch>(&mut self, block: &Block, watch: &mut W) {
        let matcher = self.matcher;
        let found = self.survey.found.len();
        for &detector in matcher.beside() {
            let element = matcher.detectors()[usize::from(detector)].element;
            // Windows of neighbours overlap; what was looked at is not looked at again.
            let mut seen = (u32::MAX, 0);
            for i in 0..found {
                let finding = self.survey.found[i];
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
                        let says = self.says(cell, detector);
                        let span = hit.start as usize..hit.end as usize;
                        self.candidate(block, finding.cell as usize, span, (detector, says), false, watch);
                    }
                }
                self.survey.work += scratch.work() - before;
                self.cell_scratch = scratch;
            }
        }
    }

    /// What the name of a cell's field says about a detector.
    fn says(&self, cell: &Cell, detector: u16) -> Says {
        self.evidence[cell.field as usize].as_ref().map_or(Says::Nothing, |e| e.says(detector))
    }

    /// Weighs one candidate of a detector, of which its field says something; what is kept goes into the survey.
    fn candidate<W: Watch>(
        &mut self,
        block: &Block,
        index: usize,
        span: Range<usize>,
        (detector, says): (u16, Says),
        whole: bool,
        watch: &mut W,
    ) {
        let cell = &block.cells[index];
        watch.step(Step::Candidate { cell: index as u32, span: span.start as u32..span.end as u32, detector, whole });
        let counts = &mut self.survey.fields[cell.field as usize];
        let at = counts.of(detector);
        counts.candidates[at].1.matches += 1;
        if let Some(valid) = self.validate(&block.bytes, span, (detector, says), whole, watch) {
            self.weigh(&block.bytes, (index, cell), valid, (detector, says, at), whole, watch);
        }
    }

    /// Asks the veto of a candidate's field and its validator.
    fn validate<W: Watch>(
        &mut self,
        bytes: &[u8],
        span: Range<usize>,
        (detector, says): (u16, Says),
        whole: bool,
        watch: &mut W,
    ) -> Option<Valid> {
        watch.step(Step::Field(says));
        if says == Says::Vetoed {
            return None;
        }
        let span = if whole { span } else { self.weigher.narrow(bytes, span, detector) };
        let value = &bytes[span.clone()];
        let verdict = self.matcher.validator(detector).map_or(Verdict::PLAUSIBLE, |validate| validate(value));
        watch.step(Step::Value(span.start as u32..span.end as u32));
        watch.step(Step::Verdict(verdict));
        match verdict {
            Verdict::Invalid(_) => None,
            Verdict::Valid { proven, marks } => Some(Valid { span, proven, marks }),
        }
    }

    /// Weighs a valid candidate of a detector, whose counts stand at `at` in its field; what is kept goes into the survey.
    fn weigh<W: Watch>(
        &mut self,
        bytes: &[u8],
        (index, cell): (usize, &Cell),
        Valid { span, proven, marks }: Valid,
        (detector, says, at): (u16, Says, usize),
        whole: bool,
        watch: &mut W,
    ) {
        let matcher = self.matcher;
        // A cell much longer than its value is not trimmed: white space would be walked for every hit in it.
        let slack = (cell.end - cell.start) as usize - span.len();
        let count = &mut self.survey.fields[cell.field as usize].candidates[at].1;
        if slack <= NUMBER_BYTES_MAX && (whole || trim(bytes, cell).0.len() == span.len()) {
            count.whole_cells += 1;
        }
        let mut basis = if whole { Basis::default() } else { Basis::SHAPE };
        if proven {
            count.proven += 1;
            basis = basis.with(Basis::PROOF);
        }
        // A value that says of itself that nobody has it is reported only where somebody says that it is one.
        let needs = marks.has(Marks::NEVER_ISSUED) || (marks.has(Marks::TEST) && !proven);
        let Some((confidence, support)) = self.weigher.support(bytes, cell, &span, detector, says, needs, watch) else {
            return;
        };
        watch.step(Step::Weighed(confidence, basis.with(support)));
        if confidence == Confidence::Low {
            return;
        }
        let plan = &matcher.detectors()[usize::from(detector)];
        self.survey.found.push(Finding {
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
}

/// A candidate that its validator takes.
struct Valid {
    /// The bytes that were validated.
    span: Range<usize>,
    proven: bool,
    marks: Marks,
}

/// Where the merge of hits and cells stands.
struct Cursor {
    /// The cell that the next hit may lie in.
    cell: usize,
    /// The first pending finding of that cell.
    first: usize,
}

/// A cell's bytes without white space at its ends, and where they start.
fn trim<'b>(bytes: &'b [u8], cell: &Cell) -> (&'b [u8], usize) {
    let tail = bytes[cell.start as usize..cell.end as usize].trim_ascii_start();
    (tail.trim_ascii_end(), cell.end as usize - tail.len())
}
