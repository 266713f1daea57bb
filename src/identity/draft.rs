//! What one record has said so far: facts, names and address parts, as tokens and hashes.
//!
//! A draft outlives its block (a JSON object may span many), so it keeps no value but the few address words that make
//! one token only together, and what a row of a table may yet have to count, in a buffer that is cleared when it goes.

use super::person::{Half, Person, Print};
use super::roles::{FieldRole, Hint};
use crate::model::detector::{Class, Confidence};
use crate::model::element::{Element, Form};
use crate::model::field::FieldId;
use crate::model::finding::Marks;
use crate::model::mention::{NameSignature, Role, Token};
use std::ops::Range;
use zeroize::Zeroize;

/// One finding, or one value of a field the operator named.
pub(super) struct Fact {
    pub(super) hint: Hint,
    pub(super) element: Element,
    pub(super) form: Form,
    pub(super) confidence: Confidence,
    pub(super) marks: Marks,
    pub(super) field: FieldId,
    pub(super) print: Print,
    pub(super) token: Option<Token>,
    /// An e-mail address of the operator's own domains.
    pub(super) own: bool,
    /// `from=` or `to=` before it, in a line.
    pub(super) beside: Option<Role>,
}

/// Which part of a name a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    First,
    Last,
    Full,
    Organisation,
    Unclear,
}

pub(super) struct NamePart {
    pub(super) hint: Hint,
    pub(super) part: Part,
    pub(super) name: NameSignature,
    pub(super) element: Element,
    pub(super) confidence: Confidence,
    pub(super) field: FieldId,
}

/// Parts of one address: those of one role and one stem.
pub(super) struct Address {
    pub(super) role: FieldRole,
    pub(super) street: Range<usize>,
    pub(super) city: Range<usize>,
    pub(super) zip: Range<usize>,
    pub(super) zip_state: Option<[u8; 2]>,
    pub(super) state: Option<[u8; 2]>,
    pub(super) province: bool,
    pub(super) country: Option<[u8; 2]>,
}

/// A writer or reader of a message.
pub(super) struct Correspondent {
    pub(super) role: Role,
    pub(super) fact: Fact,
    pub(super) name: NameSignature,
}

#[derive(Default)]
pub(super) struct Draft {
    pub(super) id: u64,
    pub(super) parent: u64,
    /// Index of the record in the present block.
    pub(super) index: u32,
    pub(super) row: u64,
    pub(super) path: FieldId,
    pub(super) source: (u64, u64),
    pub(super) facts: Vec<Fact>,
    pub(super) names: Vec<NamePart>,
    pub(super) halves: Vec<(Hint, Half)>,
    pub(super) addresses: Vec<Address>,
    pub(super) correspondents: Vec<Correspondent>,
    pub(super) keys: Vec<Token>,
    pub(super) words: Vec<u8>,
    pub(super) event_day: Option<i32>,
    pub(super) organisation: bool,
    pub(super) relation: Option<Role>,
    /// People of closed children who are nobody by themselves yet.
    pub(super) pending: Vec<Person>,
    /// People of single members, one of whom may turn out to be this record's own.
    pub(super) lodgers: Vec<Person>,
    /// Recipients of closed children, who wait for the keys of this record.
    pub(super) waiting: Vec<Person>,
    /// Children went on without waiting, because too many were held.
    pub(super) overflowed: bool,
}

impl Draft {
    /// Whether the record said nothing that could make or keep anybody, as nearly every line of a log.
    pub(super) fn is_blank(&self) -> bool {
        self.facts.is_empty()
            && self.names.is_empty()
            && self.halves.is_empty()
            && self.addresses.is_empty()
            && self.correspondents.is_empty()
            && self.keys.is_empty()
            && self.words.is_empty()
            && self.pending.is_empty()
            && self.lodgers.is_empty()
            && self.waiting.is_empty()
            && !self.overflowed
    }

    /// Makes it new, keeping its buffers.
    pub(super) fn clear(&mut self) {
        self.clear_words();
        self.facts.clear();
        self.names.clear();
        self.halves.clear();
        self.addresses.clear();
        self.correspondents.clear();
        self.keys.clear();
        self.pending.clear();
        self.waiting.clear();
        self.lodgers.clear();
        (self.event_day, self.organisation, self.relation, self.overflowed) = (None, false, None, false);
    }

    /// Past its length the buffer is zero already: what was there has been cleared before. It lives on, so plain writes will do, and a
    /// row has no time for volatile ones; those are for the end.
    fn clear_words(&mut self) {
        self.words.fill(0);
        self.words.clear();
    }

    /// The role of a hint, now that the whole record is known.
    pub(super) fn role(&self, hint: Hint) -> Role {
        match hint {
            Hint::Plain(role) => role,
            Hint::Contact if self.organisation => Role::Contact,
            Hint::Contact => Role::Subject,
            Hint::Owner => self.relation.unwrap_or(Role::Subject),
        }
    }

    /// The address that a field of `role` is part of.
    pub(super) fn address(&mut self, role: &FieldRole) -> &mut Address {
        let at = self.addresses.iter().position(|a| a.role.hint == role.hint && a.role.stem == role.stem);
        let at = at.unwrap_or_else(|| {
            self.addresses.push(Address {
                role: *role,
                street: 0..0,
                city: 0..0,
                zip: 0..0,
                zip_state: None,
                state: None,
                province: false,
                country: None,
            });
            self.addresses.len() - 1
        });
        &mut self.addresses[at]
    }

    /// Whether the main person of the record is somebody already.
    pub(super) fn identified(&self) -> bool {
        let main = |hint| matches!(self.role(hint), Role::Subject | Role::Buyer);
        let named = |part: Part| self.names.iter().any(|n| main(n.hint) && n.part == part);
        named(Part::Full)
            || (named(Part::First) && named(Part::Last))
            || self.facts.iter().any(|f| {
                main(f.hint)
                    && f.token.as_ref().is_some_and(|t| {
                        t.class == Class::Primary || matches!(t.kind, Element::Email | Element::Username | Element::Ssn)
                    })
            })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        self.words.zeroize();
    }
}
