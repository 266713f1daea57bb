//! One person in one record while the record is read, and the mention that becomes of them.

use super::orphan::paired;
use crate::model::detector::{Class, Confidence};
use crate::model::element::{Element, Form};
use crate::model::field::FieldId;
use crate::model::finding::Marks;
use crate::model::mention::{
    Mention, MentionElement, MentionElements, MentionRows, NameSignature, Population, Residence, ResidenceBasis, Role,
    Token,
};
use crate::model::shared::SharedText;

/// What tells a value from others of its field, where those with nobody beside them are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Print {
    /// A keyed hash.
    Hash(u64),
    /// The value itself, as a part of the draft's words: its hash is made when it is asked for. Most values stand beside a
    /// person and are not counted.
    Words(u32, u32),
}

/// An element and where it was seen, kept until it is known whether a person stands beside it.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub(super) element: MentionElement,
    pub(super) field: FieldId,
    pub(super) row: u64,
    pub(super) print: Print,
}

/// Half of a pair, or of none.
#[derive(Clone, Copy)]
pub(super) struct Half {
    pub(super) element: Element,
    pub(super) form: Form,
    pub(super) stem: u32,
    pub(super) plain_stem: bool,
    /// The record it stands in, and that record's parent: halves pair in one record, or in a parent and its child.
    pub(super) record: u64,
    pub(super) parent: u64,
    /// It stands in a field for a bank account's access code.
    pub(super) access: bool,
}

impl Half {
    fn beside(&self, other: &Half) -> bool {
        self.record == other.record || self.record == other.parent || self.parent == other.record
    }
}

pub(super) struct Person {
    pub(super) role: Role,
    pub(super) name: NameSignature,
    /// A name of an organisation stands in its place.
    pub(super) organisation: bool,
    pub(super) tokens: Vec<Token>,
    pub(super) keys: Vec<Token>,
    pub(super) seen: Vec<Seen>,
    pub(super) halves: Vec<Half>,
    pub(super) confidence: Confidence,
    pub(super) residence: Option<Residence>,
    pub(super) customer: bool,
    pub(super) own: bool,
    pub(super) test: bool,
    pub(super) valid: bool,
    pub(super) event_day: Option<i32>,
    pub(super) row: u64,
    pub(super) path: FieldId,
    pub(super) source: (u64, u64),
}

impl Person {
    pub(super) fn new(role: Role, row: u64, path: FieldId, source: (u64, u64)) -> Person {
        Person {
            role,
            name: NameSignature::default(),
            organisation: false,
            tokens: Vec::new(),
            keys: Vec::new(),
            seen: Vec::new(),
            halves: Vec::new(),
            confidence: Confidence::High,
            residence: None,
            customer: false,
            own: false,
            test: false,
            valid: false,
            event_day: None,
            row,
            path,
            source,
        }
    }

    /// A whole name: first name or initial, and last name.
    pub(super) fn named(&self) -> bool {
        self.name.last != 0 && (self.name.first != 0 || self.name.initial != 0)
    }

    /// Whether nothing at all is known, not even a key.
    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.seen.is_empty() && self.name.is_empty()
    }

    /// A name, an e-mail address, a login or a person's id of its own: enough to be somebody in a tree.
    pub(super) fn identified(&self) -> bool {
        self.named()
            || self.tokens.iter().any(|t| {
                t.class == Class::Primary || matches!(t.kind, Element::Email | Element::Username | Element::Ssn)
            })
    }

    /// Whether `other` has the same first and last name.
    pub(super) fn same_name(&self, other: &Person) -> bool {
        self.named()
            && other.named()
            && self.name.last == other.name.last
            && self.name.first == other.name.first
            && self.name.initial == other.name.initial
    }

    /// Takes over all that is known of `other`. An own name and role stay.
    pub(super) fn absorb(&mut self, other: Person) {
        if !self.named() && other.named() || self.name.is_empty() {
            self.name = other.name;
        }
        self.organisation |= other.organisation;
        self.tokens.extend(other.tokens);
        self.keys.extend(other.keys);
        self.seen.extend(other.seen);
        self.halves.extend(other.halves);
        self.confidence = self.confidence.min(other.confidence);
        self.live_at(other.residence);
        self.customer |= other.customer;
        self.own |= other.own;
        self.test |= other.test;
        self.valid |= other.valid;
        self.event_day = self.event_day.max(other.event_day);
    }

    /// Keeps the residence with the better basis; of equals, one that names a state, then the first.
    pub(super) fn live_at(&mut self, other: Option<Residence>) {
        let rank = |r: &Residence| (r.basis, r.country == *b"US" && r.state == *b"  ");
        if let Some(other) = other
            && self.residence.as_ref().is_none_or(|own| rank(&other) < rank(own))
        {
            self.residence = Some(other);
        }
    }

    /// Counts a strong element's marks: a person all of whose strong elements are test values is a test.
    pub(super) fn weigh(&mut self, element: Element, form: Form, marks: Marks) {
        let strong = matches!(
            element,
            Element::Ssn
                | Element::TaxId
                | Element::NationalId
                | Element::Pan
                | Element::DriverLicense
                | Element::Passport
                | Element::BankAccount
        );
        if strong && form == Form::Clear {
            if marks.has(Marks::TEST) {
                self.test = true;
            } else if !marks.has(Marks::NEVER_ISSUED) || element != Element::Ssn {
                self.valid = true;
            }
        }
    }

    /// The pairs that the halves make.
    fn pairs(&self, out: &mut MentionElements) {
        let of = |element: Element| self.halves.iter().filter(move |h| h.element == element);
        let mut put = |element, form| out.push(MentionElement { element, form });
        for code in of(Element::CardCode).filter(|h| !h.access) {
            let near: Vec<&Half> = of(Element::Pan).filter(|card| card.beside(code)).collect();
            // With several cards the code goes with the card of its own stem, or, having none, with any.
            let fits = |card: &&&Half| near.len() == 1 || card.stem == code.stem || code.plain_stem;
            let matched = near.iter().find(|card| card.stem == code.stem).or_else(|| near.iter().find(fits));
            if let Some(card) = matched {
                put(Element::PanCode, paired(card.form, code.form));
            }
        }
        for secret in of(Element::Password).filter(|h| !h.access) {
            for login in self.halves.iter().filter(|h| h.beside(secret)) {
                match login.element {
                    Element::Email => put(Element::EmailPassword, secret.form),
                    Element::Username => put(Element::UsernamePassword, secret.form),
                    _ => {}
                }
            }
        }
        for code in self.halves.iter().filter(|h| h.access) {
            for account in of(Element::BankAccount).filter(|account| account.beside(code)) {
                put(Element::BankAccountCode, paired(account.form, code.form));
            }
        }
    }

    /// The mention, or the elements that have no person beside them.
    pub(super) fn finish(
        &mut self,
        population: Population,
        path: SharedText,
    ) -> Result<Mention, (Vec<Seen>, &'static str)> {
        let login = self.halves.iter().any(|h| matches!(h.element, Element::Username | Element::Password) && !h.access);
        let account = self.customer || login;
        self.seen.retain(|s| s.element.element != Element::RecordKey);
        let only_ip = self.seen.iter().all(|s| s.element.element == Element::IpAddress);
        self.tokens.append(&mut self.keys);
        for token in &mut self.tokens {
            if token.kind == Element::Email && token.class == Class::Tertiary && account && !self.own {
                token.class = Class::Primary;
            }
        }
        // The strongest class of equal tokens sorts first and is kept.
        let order = |t: &Token| u128::from_be_bytes(t.value.0);
        self.tokens.sort_unstable_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.cmp(b)));
        self.tokens.dedup_by(|b, a| (b.value, b.kind) == (a.value, a.kind) && b.namespace == a.namespace);
        let keys = self.tokens.iter().filter(|t| t.kind == Element::RecordKey).count();
        if only_ip
            && !self.named()
            && self.tokens.iter().all(|t| matches!(t.kind, Element::IpAddress | Element::RecordKey))
        {
            // An IP address alone is nobody, and a key alone says nothing; but two keys join the records of both.
            if keys < 2 {
                return Err((Vec::new(), ""));
            }
        }
        let role_address = self.tokens.iter().any(|t| t.kind == Element::Email && t.class == Class::None);
        let linkable = self.tokens.iter().any(|t| matches!(t.class, Class::Primary | Class::Tertiary));
        if !linkable && !role_address && !self.named() && keys == 0 {
            let reason = if self.organisation { "beside an organisation" } else { "no person beside it" };
            return Err((std::mem::take(&mut self.seen), reason));
        }
        let mut elements: MentionElements = self.seen.iter().map(|s| s.element).collect();
        if self.named() {
            elements.retain(|e| {
                !matches!(e.element, Element::FirstName | Element::MiddleName | Element::LastName | Element::FullName)
            });
            elements.push(MentionElement { element: Element::Name, form: Form::Clear });
        }
        self.pairs(&mut elements);
        elements.sort_unstable_by_key(|e| (e.element as u16) << 8 | e.form as u16);
        elements.dedup();
        // An account reached at a role mailbox, without a name or anything that only people have, is an organisation's.
        let personal = elements.iter().any(|e| is_personal(e.element));
        let population = match population {
            _ if self.test && !self.valid => Population::Test,
            _ if self.own && !self.customer => Population::Agent,
            _ if !self.named() && (self.organisation || (role_address && !personal)) => Population::Organisation,
            Population::Consumer if self.role == Role::Seller => Population::Seller,
            population => population,
        };
        let role = if population == Population::Agent && !self.customer { Role::Agent } else { self.role };
        Ok(Mention {
            role,
            population,
            tokens: std::mem::take(&mut self.tokens),
            name: self.name,
            elements,
            confidence: self.confidence,
            residence: self.residence,
            event_day: self.event_day,
            count: 1,
            rows: MentionRows::from_buf([(self.row, self.row)]),
            path,
            source: self.source,
        })
    }
}

/// What people of closed records leave, for those to come: a row costs no allocation that its mention does not keep.
#[derive(Default)]
pub(super) struct Buffers {
    pub(super) people: Vec<Person>,
    seen: Vec<Seen>,
    halves: Vec<Half>,
}

/// Entries of a buffer that is kept.
const KEPT_MAX: usize = 1024;

impl Buffers {
    /// Gives the buffers to a person.
    pub(super) fn lend(&mut self, person: &mut Person) {
        person.seen = std::mem::take(&mut self.seen);
        person.halves = std::mem::take(&mut self.halves);
    }

    /// Takes the buffers of a person who is done.
    pub(super) fn take_back(&mut self, mut seen: Vec<Seen>, mut halves: Vec<Half>) {
        if self.seen.capacity() == 0 && seen.capacity() <= KEPT_MAX {
            seen.clear();
            self.seen = seen;
        }
        if self.halves.capacity() == 0 && halves.capacity() <= KEPT_MAX {
            halves.clear();
            self.halves = halves;
        }
    }
}

/// Elements that people have and organisations do not.
fn is_personal(element: Element) -> bool {
    !matches!(
        element,
        Element::Email
            | Element::Phone
            | Element::Street
            | Element::Address
            | Element::City
            | Element::State
            | Element::Zip
            | Element::Country
            | Element::CustomerId
            | Element::RecordKey
            | Element::BankAccount
            | Element::BankRouting
            | Element::BusinessId
            | Element::IpAddress
            | Element::LastName
    )
}

/// What the parts of an address say of where its person lives. A state outweighs a ZIP code that disagrees.
pub(super) fn residence(
    country: Option<[u8; 2]>,
    state: Option<[u8; 2]>,
    province: bool,
    zip: Option<[u8; 2]>,
    basis: ResidenceBasis,
) -> Option<Residence> {
    let put = |country: [u8; 2], state| Some(Residence { country, state, basis });
    match (country, state) {
        (Some(country), _) if country != *b"US" => put(country, *b"  "),
        (_, Some(state)) => put(*b"US", state),
        (None, None) if province => put(*b"CA", *b"  "),
        (country, None) => match (zip, country) {
            (Some(state), _) => put(*b"US", state),
            (None, Some(us)) => put(us, *b"  "),
            (None, None) => None,
        },
    }
}
