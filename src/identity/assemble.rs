//! One pass over the records of a block: findings in, mentions out.
//!
//! What a field's words say is decided once a field, not once a value. Records are kept on a stack as they nest; a record
//! is closed, and becomes people, when the next record is not inside it. What is left open at the end of a block waits on
//! the stack for the next, so the cut between blocks changes nothing, with one stated exception: whether a field of dates
//! is day-first is decided by the first block that holds a value that tells, for that whole block and all after it.

use super::aggregate::Aggregator;
use super::date;
use super::draft::Draft;
use super::key::Key;
use super::name::{Folder, Signer};
pub use super::orphan::Orphan;
use super::orphan::Orphans;
use super::person::Buffers;
use super::plan::{IdentityPlan, RuleKind};
use super::roles::{self, FieldRole};
use crate::model::block::{Block, Layout};
use crate::model::element::Element;
use crate::model::field::{Schema, words_of};
use crate::model::finding::{Finding, Marks};
use crate::model::gap::Gap;
use crate::model::mention::{Mention, Population};
use crate::model::shared::SharedText;
use std::sync::Arc;
use zeroize::Zeroize;

/// What an object gave besides its mentions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assembled {
    /// Elements with no person beside them.
    pub orphans: Vec<Orphan>,
    /// What could not be told for want of memory.
    pub gaps: Vec<Gap>,
    /// Records read.
    pub records: u64,
}

pub(super) struct FieldPlan {
    pub(super) role: FieldRole,
    pub(super) rules: Vec<(RuleKind, SharedText)>,
    /// Whether its cells need a look though nothing was found in them.
    pub(super) cells: bool,
    pub(super) day_first: Option<bool>,
    pub(super) population: Population,
    /// It holds names, so that an organisation's name there says whose row it is though no person's name was found.
    pub(super) name: bool,
    pub(super) path: SharedText,
}

/// Makes mentions of the findings of one object.
pub struct Assembler {
    pub(super) plan: Arc<IdentityPlan>,
    pub(super) key: Key,
    rules: Vec<usize>,
    staff: bool,
    pub(super) organisations: bool,
    population: Population,
    pub(super) fields: Vec<FieldPlan>,
    /// Boxed, because a draft is large and comes and goes with every line of a log.
    #[allow(clippy::vec_box)]
    pub(super) stack: Vec<Box<Draft>>,
    #[allow(clippy::vec_box)]
    pub(super) spare: Vec<Box<Draft>>,
    pub(super) buffers: Buffers,
    pub(super) signer: Signer,
    pub(super) folder: Folder,
    pub(super) scratch: Vec<u8>,
    pub(super) nothing: SharedText,
    pub(super) aggregator: Aggregator,
    pub(super) orphans: Orphans,
    pub(super) gaps: Vec<Gap>,
    pub(super) layout: Layout,
    records: u64,
    /// Findings of the cell at hand that the operator does not want reported.
    pub(super) suppressed: Vec<std::ops::Range<usize>>,
}

impl std::fmt::Debug for Assembler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Assembler").field("key", &self.key).field("records", &self.records).finish_non_exhaustive()
    }
}

impl Drop for Assembler {
    fn drop(&mut self) {
        self.scratch.zeroize();
    }
}

impl Assembler {
    /// An assembler for the object at `object_path`.
    pub fn new(plan: Arc<IdentityPlan>, key: &Key, object_path: &str) -> Assembler {
        let words = words_of(object_path);
        let staff = roles::any_of(&words, roles::STAFF);
        let population = match staff {
            true => Population::Employee,
            false if roles::any_of(&words, roles::SELLERS) => Population::Seller,
            false => Population::Consumer,
        };
        let rules = (0..plan.rules.len()).filter(|i| plan.rules[*i].applies(object_path)).collect();
        Assembler {
            plan,
            key: key.handle(),
            rules,
            staff,
            organisations: roles::any_of(&words, roles::ORGANISATIONS),
            population,
            fields: Vec::new(),
            stack: Vec::new(),
            spare: Vec::new(),
            buffers: Buffers::default(),
            signer: Signer::default(),
            folder: Folder::default(),
            scratch: Vec::new(),
            nothing: SharedText::from(""),
            aggregator: Aggregator::default(),
            orphans: Orphans::default(),
            gaps: Vec::new(),
            layout: Layout::Table,
            records: 0,
            suppressed: Vec::new(),
        }
    }

    /// Takes the findings of a block, sorted by cell and start. Mentions of a finished segment go to `out` with its number.
    pub fn block(&mut self, block: &Block, schema: &Schema, findings: &[Finding], out: &mut dyn FnMut(u32, Mention)) {
        self.layout = block.layout;
        self.learn_fields(schema);
        self.learn_dates(block, findings);
        let mut next = self.resume(block, out);
        let mut findings = findings.iter().peekable();
        for (number, cell) in block.cells.iter().enumerate() {
            if next <= cell.record || self.stack.len() > 1 {
                self.reach(block, cell.record, &mut next, out);
            }
            let plan = self.fields.get(cell.field as usize);
            let mail = plan.is_some_and(|p| p.role.mail.is_some());
            if plan.is_some_and(|p| p.cells) {
                self.cell(block, cell);
            }
            let header = mail && memchr::memchr(b'@', block.cell(cell)).is_some();
            let mut marks = Marks::default();
            self.suppressed.clear();
            while let Some(finding) = findings.next_if(|f| f.cell as usize <= number) {
                if finding.marks.has(Marks::SUPPRESSED) {
                    self.suppressed.push(finding.start as usize..finding.end as usize);
                } else if header && finding.element == Element::Email {
                    marks = marks.with(finding.marks);
                } else if finding.cell as usize == number && !(header && name_like(finding.element)) {
                    self.finding(block, cell, finding);
                }
            }
            if header {
                self.header(block, cell, marks);
            }
        }
        if let Some(last) = block.records.len().checked_sub(1) {
            self.reach(block, last as u32, &mut next, out);
        }
        while self.stack.last().is_some_and(|d| block.records.get(d.index as usize).is_none_or(|r| !r.open)) {
            self.close(out);
        }
    }

    /// Ends the object: closes what is open, hands on the last mentions, and gives what else there is to say.
    pub fn finish(&mut self, schema: &Schema, out: &mut dyn FnMut(u32, Mention)) -> Assembled {
        while !self.stack.is_empty() {
            self.close(out);
        }
        self.aggregator.flush(out);
        let path = |field| schema.fields.get(field as usize).map(|f| f.path.clone()).unwrap_or_default();
        Assembled { orphans: self.orphans.take(path), gaps: std::mem::take(&mut self.gaps), records: self.records }
    }

    fn learn_fields(&mut self, schema: &Schema) {
        for field in &schema.fields[self.fields.len().min(schema.fields.len())..] {
            let role = roles::field_role(field, self.staff);
            let rules: Vec<_> = self
                .rules
                .iter()
                .map(|i| &self.plan.rules[*i])
                .filter(|rule| rule.names(field))
                .map(|rule| (rule.kind, rule.namespace.clone()))
                .collect();
            let population = match self.population {
                Population::Consumer if roles::any_of(&field.words, roles::STAFF) => Population::Employee,
                population => population,
            };
            // `last` alone is a name's; in `last_login` it is not.
            let name = roles::any_of(field.name(), roles::NAMES) || matches!(field.name(), [word] if word == "last");
            let cells =
                name || !rules.is_empty() || role.event || role.organisation || role.relation || role.access_code;
            self.fields.push(FieldPlan {
                role,
                rules,
                cells,
                day_first: None,
                population,
                name,
                path: SharedText::from(field.path.as_str()),
            });
        }
    }

    fn learn_dates(&mut self, block: &Block, findings: &[Finding]) {
        for finding in findings.iter().filter(|f| f.element == Element::Dob) {
            let Some(cell) = block.cells.get(finding.cell as usize) else { continue };
            if let Some(plan) = self.fields.get_mut(cell.field as usize).filter(|p| p.day_first.is_none()) {
                plan.day_first = date::evidence(bytes(block, finding.start, finding.end));
            }
        }
    }

    /// Finds the records that go on from the block before, closes those that do not; the index of the first new record.
    fn resume(&mut self, block: &Block, out: &mut dyn FnMut(u32, Mention)) -> u32 {
        while let Some(top) = self.stack.last()
            && !block.records.iter().take(self.stack.len()).any(|r| r.id == top.id)
        {
            self.close(out);
        }
        let mut next = 0;
        for draft in &mut self.stack {
            if let Some(mark) = block.records.get(next as usize).filter(|r| r.id == draft.id) {
                (draft.index, draft.source.1) = (next, mark.source.end);
                next += 1;
            }
        }
        next
    }

    /// Opens records up to `index` and closes what does not enclose it, so that its draft is on top.
    fn reach(&mut self, block: &Block, index: u32, next: &mut u32, out: &mut dyn FnMut(u32, Mention)) {
        while *next <= index {
            let Some(mark) = block.records.get(*next as usize) else { break };
            while self.stack.last().is_some_and(|top| Some(top.index) != mark.parent) {
                self.close(out);
            }
            let mut draft = self.spare.pop().unwrap_or_default();
            draft.id = mark.id;
            draft.parent = self.stack.last().map_or(u64::MAX, |p| p.id);
            (draft.index, draft.row, draft.path) = (*next, mark.row, mark.path);
            draft.source = (mark.source.start, mark.source.end);
            self.stack.push(draft);
            self.records = self.records.max(mark.id + 1);
            *next += 1;
        }
        while self.stack.len() > 1 && self.stack.last().is_some_and(|top| top.index > index) {
            self.close(out);
        }
    }
}

fn name_like(element: Element) -> bool {
    matches!(element, Element::FirstName | Element::LastName | Element::FullName | Element::Name)
}

pub(super) fn bytes(block: &Block, start: u32, end: u32) -> &[u8] {
    block.bytes.get(start as usize..end as usize).unwrap_or_default()
}
