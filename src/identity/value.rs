//! What a cell and its findings say: facts, names and address parts of the record at hand.

use super::assemble::{Assembler, FieldPlan, bytes};
use super::draft::{Correspondent, Draft, Fact, NamePart, Part};
use super::mail;
use super::name::{Split, is_organisation};
use super::person::{Half, Print};
use super::plan::{IdentityPlan, RuleKind};
use super::roles::{self, FieldRole, Hint, MailPart};
use super::{canon, date, place, street};
use crate::model::block::{Block, Cell, Layout};
use crate::model::detector::{Class, Confidence};
use crate::model::element::{Element, Form};
use crate::model::finding::{Finding, Marks};
use crate::model::mention::{NameSignature, Role, Token};

/// Bytes of a value that may wait in a row's words for its hash to be asked for.
const WORDS_MAX: usize = 64;

impl Assembler {
    /// What a whole cell says though nothing was found in it.
    pub(super) fn cell(&mut self, block: &Block, cell: &Cell) {
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
            let token = Token { value: hash, kind: element, class, namespace: namespace.clone() };
            match kind {
                RuleKind::Key => draft.keys.push(token),
                RuleKind::Customer => draft.facts.push(Fact {
                    hint: plan.role.hint,
                    element,
                    form: Form::Clear,
                    confidence: Confidence::High,
                    marks: Marks::default(),
                    field: cell.field,
                    print: Print::Hash(short(&token)),
                    token: Some(token),
                    own: false,
                    beside: None,
                }),
            }
        }
    }

    /// The people of a `From` or `To`.
    pub(super) fn header(&mut self, block: &Block, cell: &Cell, marks: Marks) {
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
                namespace: nothing.clone(),
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
                    print: Print::Hash(token.as_ref().map_or(0, short)),
                    own: plan.own_address(scratch),
                    token,
                    beside: None,
                },
            });
        });
    }

    pub(super) fn finding(&mut self, block: &Block, cell: &Cell, finding: &Finding) {
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
                let state = place::state_code(value);
                let province = state.is_none() && place::province_code(value).is_some();
                let address = draft.address(&field.role);
                (address.state, address.province) = (state, province);
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
            namespace: namespace.clone(),
        });
        let print = match &token {
            Some(token) => Print::Hash(short(token)),
            None if *layout == Layout::Table && value.len() <= WORDS_MAX => {
                let from = draft.words.len() as u32;
                draft.words.extend_from_slice(value);
                Print::Words(from, draft.words.len() as u32)
            }
            None => Print::Hash(key.hash64(0, value)),
        };
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
            print,
            token,
            own,
            beside,
        });
    }
}

fn plan_mail(fields: &[FieldPlan], cell: &Cell) -> Option<MailPart> {
    fields.get(cell.field as usize).and_then(|p| p.role.mail)
}

fn short(token: &Token) -> u64 {
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
