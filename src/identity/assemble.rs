//! One pass over the records of a block: findings in, mentions out.
//!
//! What a field's words say is decided once a field, not once a value. Records are kept on a stack as they nest; a record
//! is closed, and becomes people, when the next record is not inside it. What is left open at the end of a block waits on
//! the stack for the next, so the cut between blocks changes nothing, with one stated exception: whether a field of dates
//! is day-first is decided by the first block that holds a value that tells, for that whole block and all after it.

use super::aggregate::Aggregator;
use super::draft::{Correspondent, Draft, Fact, NamePart, Part};
use super::key::Key;
use super::mail;
use super::name::{Folder, Signer, Split, is_organisation};
pub use super::orphan::Orphan;
use super::orphan::Orphans;
use super::person::Half;
use super::plan::{IdentityPlan, RuleKind};
use super::roles::{self, FieldRole, Hint, MailPart};
use super::{canon, date, place, street};
use crate::model::block::{Block, Cell, Layout};
use crate::model::detector::{Class, Confidence};
use crate::model::element::{Element, Form};
use crate::model::field::{Schema, words_of};
use crate::model::finding::{Finding, Marks};
use crate::model::gap::Gap;
use crate::model::mention::{Mention, NameSignature, Population, Role, Token};
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
    rules: Vec<(RuleKind, Arc<str>)>,
    /// Whether its cells need a look though nothing was found in them.
    cells: bool,
    day_first: Option<bool>,
    pub(super) population: Population,
    /// It holds names, so that an organisation's name there says whose row it is though no person's name was found.
    name: bool,
    pub(super) path: Arc<str>,
}

/// Makes mentions of the findings of one object.
pub struct Assembler {
    pub(super) plan: Arc<IdentityPlan>,
    pub(super) key: Key,
    rules: Vec<usize>,
    staff: bool,
    organisations: bool,
    population: Population,
    pub(super) fields: Vec<FieldPlan>,
    /// Boxed, because a draft is large and comes and goes with every line of a log.
    #[allow(clippy::vec_box)]
    pub(super) stack: Vec<Box<Draft>>,
    #[allow(clippy::vec_box)]
    pub(super) spare: Vec<Box<Draft>>,
    signer: Signer,
    folder: Folder,
    pub(super) scratch: Vec<u8>,
    pub(super) nothing: Arc<str>,
    pub(super) aggregator: Aggregator,
    pub(super) orphans: Orphans,
    pub(super) gaps: Vec<Gap>,
    pub(super) layout: Layout,
    records: u64,
    /// Findings of the cell at hand that the operator does not want reported.
    suppressed: Vec<std::ops::Range<usize>>,
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
            signer: Signer::default(),
            folder: Folder::default(),
            scratch: Vec::new(),
            nothing: Arc::from(""),
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
            self.reach(block, cell.record, &mut next, out);
            let plan = self.fields.get(cell.field as usize);
            if plan.is_some_and(|p| p.cells) {
                self.cell(block, cell);
            }
            let header = plan_mail(&self.fields, cell).is_some() && memchr::memchr(b'@', block.cell(cell)).is_some();
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
                .map(|rule| (rule.kind, Arc::clone(&rule.namespace)))
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
                path: Arc::from(field.path.as_str()),
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

    /// What a whole cell says though nothing was found in it.
    fn cell(&mut self, block: &Block, cell: &Cell) {
        let (Some(draft), plan) = (self.stack.last_mut(), &self.fields[cell.field as usize]) else { return };
        let value = block.cell(cell).trim_ascii();
        if plan.role.event
            && let Some(day) = date::event_day(value)
        {
            draft.event_day = draft.event_day.max(Some(day));
        }
        draft.organisation |= plan.role.organisation && !canon::placeholder_id(value);
        if plan.name && (self.organisations || is_organisation(value)) {
            draft.names.push(NamePart {
                hint: plan.role.hint,
                part: Part::Organisation,
                name: NameSignature::default(),
                element: Element::Name,
                confidence: Confidence::High,
                field: cell.field,
            });
        }
        if plan.role.relation {
            draft.relation = roles::relation_role(value);
        }
        if plan.role.access_code && (3..=16).contains(&value.len()) {
            let half = Half { access: true, ..half(draft, &plan.role, Element::Other, Form::Clear) };
            draft.halves.push((plan.role.hint, half));
        }
        for (kind, namespace) in &plan.rules {
            let (element, class) = match kind {
                RuleKind::Customer => (Element::CustomerId, Class::Primary),
                RuleKind::Key => (Element::RecordKey, Class::None),
            };
            if !canon::canonical(element, value, false, &mut self.scratch) {
                continue;
            }
            let hash = self.key.token(element, namespace, &self.scratch);
            let token = Token { value: hash, kind: element, class, namespace: Arc::clone(namespace) };
            match kind {
                RuleKind::Key => draft.keys.push(token),
                RuleKind::Customer => draft.facts.push(Fact {
                    hint: plan.role.hint,
                    element,
                    form: Form::Clear,
                    confidence: Confidence::High,
                    marks: Marks::default(),
                    field: cell.field,
                    hash: short(&token),
                    token: Some(token),
                    own: false,
                    beside: None,
                }),
            }
        }
    }

    /// The people of a `From` or `To`.
    fn header(&mut self, block: &Block, cell: &Cell, marks: Marks) {
        let Assembler { plan, key, fields, stack, signer, folder, scratch, nothing, suppressed, .. } = self;
        let (Some(draft), Some(part)) = (stack.last_mut(), plan_mail(fields, cell)) else { return };
        let role = if part == MailPart::From { Role::Sender } else { Role::Addressee };
        // Parts of a header are slices of its cell, so their places are known.
        let place = |part: &[u8]| (part.as_ptr() as usize).wrapping_sub(block.bytes.as_ptr() as usize);
        let hushed = |part: &[u8]| {
            suppressed.iter().any(|s| !part.is_empty() && s.start < place(part) + part.len() && place(part) < s.end)
        };
        mail::addresses(block.cell(cell), |display, address| {
            if hushed(address) {
                return;
            }
            if !canon::canonical(Element::Email, address, false, scratch) {
                return;
            }
            let class = if marks.has(Marks::ROLE) { Class::None } else { Class::Tertiary };
            let token = (!marks.has(Marks::TEST.with(Marks::PLACEHOLDER))).then(|| Token {
                value: key.token(Element::Email, "", scratch),
                kind: Element::Email,
                class,
                namespace: Arc::clone(nothing),
            });
            let mut name = NameSignature::default();
            if !hushed(display) && folder.full_name(display) == Split::Person {
                signer.first(key, &folder.first, &mut name);
                signer.last(key, &folder.last, &mut name);
            }
            draft.correspondents.push(Correspondent {
                role,
                name,
                fact: Fact {
                    hint: Hint::Plain(role),
                    element: Element::Email,
                    form: Form::Clear,
                    confidence: Confidence::High,
                    marks,
                    field: cell.field,
                    hash: token.as_ref().map_or(0, short),
                    own: plan.own_address(scratch),
                    token,
                    beside: None,
                },
            });
        });
    }

    fn finding(&mut self, block: &Block, cell: &Cell, finding: &Finding) {
        let Assembler { plan, key, fields, stack, signer, folder, scratch, nothing, layout, organisations, .. } = self;
        let (Some(draft), Some(field)) = (stack.last_mut(), fields.get(cell.field as usize)) else { return };
        if finding.marks.has(Marks::PLACEHOLDER) {
            return;
        }
        let value = bytes(block, finding.start, finding.end);
        let clear = finding.form == Form::Clear;
        let element = finding.element;
        match element {
            Element::FirstName | Element::LastName | Element::FullName | Element::Name if clear => {
                let mut name = NameSignature::default();
                let part = match element {
                    Element::FirstName => {
                        if folder.first_name(value) {
                            signer.first(key, &folder.first, &mut name);
                        }
                        Part::First
                    }
                    Element::LastName if is_organisation(value) => Part::Organisation,
                    Element::LastName => {
                        if folder.last_name(value) {
                            signer.last(key, &folder.last, &mut name);
                        }
                        Part::Last
                    }
                    _ if field.role.organisation || *organisations => Part::Organisation,
                    _ => match folder.full_name(value) {
                        Split::Organisation => Part::Organisation,
                        Split::Unclear => Part::Unclear,
                        Split::Person => {
                            signer.first(key, &folder.first, &mut name);
                            signer.last(key, &folder.last, &mut name);
                            Part::Full
                        }
                    },
                };
                let (hint, confidence) = (field.role.hint, finding.confidence);
                draft.names.push(NamePart { hint, part, name, element, confidence, field: cell.field });
                return;
            }
            Element::Street | Element::Address if clear => address_line(draft, &field.role, value, scratch),
            Element::City | Element::Zip if clear => {
                let from = draft.words.len();
                if let (Element::Zip, Some(zip)) = (element, place::zip5(value)) {
                    draft.words.extend_from_slice(&zip);
                    draft.address(&field.role).zip_state = place::zip_state(zip);
                } else {
                    let upper = value.iter().filter(|b| b.is_ascii_alphanumeric() || !b.is_ascii());
                    draft.words.extend(upper.map(u8::to_ascii_uppercase));
                }
                let range = from..draft.words.len();
                let address = draft.address(&field.role);
                *(if element == Element::Zip { &mut address.zip } else { &mut address.city }) = range;
            }
            Element::State => {
                let (state, province) = (place::state_code(value), place::province_code(value).is_some());
                let address = draft.address(&field.role);
                (address.state, address.province) = (state, province && state.is_none());
            }
            Element::Country => draft.address(&field.role).country = place::country_code(value),
            _ => {}
        }
        if matches!(
            element,
            Element::Pan
                | Element::CardCode
                | Element::Email
                | Element::Username
                | Element::Password
                | Element::BankAccount
        ) {
            let half = half(draft, &field.role, element, finding.form);
            draft.halves.push((field.role.hint, half));
        }
        let class = class_of(plan, finding);
        let day_first = field.day_first.unwrap_or(false);
        let made = class.is_some() && canon::canonical(element, value, day_first, scratch);
        if made && element == Element::Ssn && !clear {
            // A shortened number says its last four digits and nothing else.
            let cut = scratch.len().saturating_sub(4);
            scratch.drain(..cut);
        }
        let own = made && element == Element::Email && plan.own_address(scratch);
        let namespace = plan.namespaces.get(finding.detector as usize).unwrap_or(nothing);
        let token = class.filter(|_| made).map(|class| Token {
            value: key.token(element, namespace, scratch),
            kind: element,
            class,
            namespace: Arc::clone(namespace),
        });
        let hash = token.as_ref().map_or_else(|| key.hash64(0, value), short);
        let beside = (*layout == Layout::Text && element == Element::Email)
            .then(|| line_role(&block.bytes[cell.start as usize..finding.start as usize]))
            .flatten();
        draft.facts.push(Fact {
            hint: field.role.hint,
            element,
            form: finding.form,
            confidence: finding.confidence,
            marks: finding.marks,
            field: cell.field,
            hash,
            token,
            own,
            beside,
        });
    }
}

fn plan_mail(fields: &[FieldPlan], cell: &Cell) -> Option<MailPart> {
    fields.get(cell.field as usize).and_then(|p| p.role.mail)
}

fn name_like(element: Element) -> bool {
    matches!(element, Element::FirstName | Element::LastName | Element::FullName | Element::Name)
}

fn bytes(block: &Block, start: u32, end: u32) -> &[u8] {
    block.bytes.get(start as usize..end as usize).unwrap_or_default()
}

pub(super) fn short(token: &Token) -> u64 {
    let mut low = [0; 8];
    low.copy_from_slice(&token.value.0[8..]);
    u64::from_le_bytes(low)
}

fn half(draft: &Draft, role: &FieldRole, element: Element, form: Form) -> Half {
    Half {
        element,
        form,
        stem: role.stem,
        plain_stem: role.plain_stem,
        record: draft.id,
        parent: draft.parent,
        access: role.access_code,
    }
}

/// `from=<` or `to=` before an address in a line of a mail log.
fn line_role(before: &[u8]) -> Option<Role> {
    let tail = before.strip_suffix(b"<").unwrap_or(before);
    let lower = tail[tail.len().saturating_sub(6)..].to_ascii_lowercase();
    if lower.ends_with(b"from=") || lower.ends_with(b"from:") || lower.ends_with(b"from: ") {
        return Some(Role::Sender);
    }
    let to =
        lower.strip_suffix(b"to=").or_else(|| lower.strip_suffix(b"to:")).or_else(|| lower.strip_suffix(b"to: "))?;
    to.last().is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'_').then_some(Role::Addressee)
}

fn address_line(draft: &mut Draft, role: &FieldRole, value: &[u8], scratch: &mut Vec<u8>) {
    let (line, state, zip) = street::split(value);
    scratch.clear();
    let whole = street::street(line, scratch);
    let held = draft.address(role).street.clone();
    let from = draft.words.len();
    if !held.is_empty() {
        // A second line (a unit, a floor) goes behind the first.
        draft.words.extend_from_within(held);
        draft.words.push(b' ');
    } else if !whole {
        return;
    }
    draft.words.extend_from_slice(scratch);
    let street = from..draft.words.len();
    let zip_from = draft.words.len();
    draft.words.extend_from_slice(zip.as_ref().map_or(&[][..], |z| z));
    let zip_range = zip_from..draft.words.len();
    let address = draft.address(role);
    address.street = street;
    if let Some(zip) = zip {
        (address.zip, address.zip_state) = (zip_range, place::zip_state(zip));
    }
    address.state = address.state.or(state);
}

/// The class of a finding's token, or none when it gets no token.
fn class_of(plan: &IdentityPlan, finding: &Finding) -> Option<Class> {
    let said = plan.classes.get(finding.detector as usize).copied().unwrap_or(Class::None);
    if finding.marks.has(Marks::TEST.with(Marks::PLACEHOLDER)) {
        return None;
    }
    if finding.form != Form::Clear {
        return (finding.element == Element::Ssn && finding.form == Form::Truncated).then_some(Class::Secondary);
    }
    match finding.element {
        Element::Ssn if finding.marks.has(Marks::NEVER_ISSUED) => Some(Class::Tertiary),
        Element::Email if finding.marks.has(Marks::ROLE) => Some(Class::None),
        Element::Email | Element::Phone | Element::Pan | Element::BankAccount => Some(Class::Tertiary),
        Element::Dob => Some(Class::Secondary),
        Element::IpAddress => Some(Class::None),
        Element::Ssn | Element::TaxId | Element::DriverLicense | Element::Passport if said == Class::None => {
            Some(Class::Primary)
        }
        Element::Street | Element::Address | Element::City | Element::State | Element::Zip | Element::Country => None,
        Element::BankRouting | Element::Password | Element::CardCode | Element::CardExpiry | Element::SecurityQa => {
            None
        }
        _ => (said != Class::None).then_some(said),
    }
}
