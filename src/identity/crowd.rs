//! Records of several people: messages with their writer and readers, and lines of text that speak of more than one.

use super::assemble::Assembler;
use super::close::{give, seen};
use super::draft::{Draft, Part};
use super::person::{Person, Print, Seen};
use super::roles::Hint;
use crate::model::element::{Element, Form};
use crate::model::finding::Marks;
use crate::model::mention::{Mention, MentionElement, Role};

impl Assembler {
    /// A message: its writer and readers, and whoever its body is about.
    pub(super) fn message(&mut self, draft: &mut Draft, out: &mut dyn FnMut(u32, Mention)) {
        let mut people: Vec<Person> = Vec::new();
        for one in std::mem::take(&mut draft.correspondents) {
            let same = |p: &Person| p.tokens.first().map(|t| t.value) == one.fact.token.as_ref().map(|t| t.value);
            if people.iter().any(same) {
                continue;
            }
            let mut person = self.person(draft, one.role);
            person.name = one.name;
            person.organisation = one.fact.marks.has(Marks::ROLE);
            if person.named() {
                let element = MentionElement { element: Element::FullName, form: Form::Clear };
                person.seen.push(Seen {
                    element,
                    field: one.fact.field,
                    row: draft.row,
                    print: Print::Hash(one.name.first),
                });
            }
            give(&mut person, one.fact);
            people.push(person);
        }
        let outside = |p: &Person, role| !p.own && !p.organisation && p.role == role;
        let sender = people.iter().position(|p| outside(p, Role::Sender));
        let mut readers = people.iter().enumerate().filter(|(_, p)| outside(p, Role::Addressee)).map(|(i, _)| i);
        let (first, second) = (readers.next(), readers.next());
        let about = sender.or(first.filter(|_| second.is_none()));
        let reason = if second.is_some() { "several correspondents" } else { "no correspondent" };
        draft.names.clear();
        match about {
            Some(about) => {
                let mut facts = std::mem::take(&mut draft.facts);
                facts.retain(|fact| {
                    let other = fact.element == Element::Email
                        && !people[about].tokens.iter().any(|t| Some(t.value) == fact.token.as_ref().map(|t| t.value));
                    if other && !fact.own {
                        self.orphan(&seen(fact, draft.row), &draft.words, "address in a message body");
                    }
                    !other
                });
                draft.facts = facts;
                draft.facts.iter_mut().for_each(|f| f.hint = Hint::Plain(Role::Subject));
                draft.halves.iter_mut().for_each(|h| h.0 = Hint::Plain(Role::Subject));
                draft.addresses.iter_mut().for_each(|a| a.role.hint = Hint::Plain(Role::Subject));
                for person in self.people(draft) {
                    people[about].absorb(person);
                }
            }
            None => self.orphan_all(draft, reason),
        }
        for mut person in people {
            if !person.own {
                person.keys.extend(draft.keys.iter().cloned());
            }
            self.emit(&mut person, &draft.words, out);
        }
    }

    /// Whether a line speaks of more than one person.
    pub(super) fn several(&self, draft: &Draft) -> bool {
        let distinct = |element: Element| {
            let mut values = draft.facts.iter().filter(|f| f.element == element && !f.own).map(|f| f.print);
            let first = values.next();
            values.any(|v| Some(v) != first)
        };
        let mut names = draft.names.iter().filter(|n| n.part == Part::Full).map(|n| (n.name.first, n.name.last));
        let first = names.next();
        distinct(Element::Email)
            || distinct(Element::Ssn)
            || names.any(|n| Some(n) != first)
            || (draft.facts.iter().any(|f| f.own) && draft.facts.iter().any(|f| f.element == Element::Email && !f.own))
    }

    /// A line about several people: each address is its own person, and nobody can say whose the rest is, unless all other
    /// addresses are the operator's own.
    pub(super) fn crowded_line(&mut self, draft: &mut Draft, out: &mut dyn FnMut(u32, Mention)) {
        let mut people: Vec<Person> = Vec::new();
        let mut rest = Vec::new();
        for fact in std::mem::take(&mut draft.facts) {
            if !matches!(fact.element, Element::Email | Element::Ssn) {
                rest.push(fact);
                continue;
            }
            let value = fact.token.as_ref().map(|t| t.value);
            if value.is_some() && people.iter().any(|p| p.tokens.iter().any(|t| Some(t.value) == value)) {
                continue;
            }
            let mut person = self.person(draft, fact.beside.unwrap_or(Role::Subject));
            give(&mut person, fact);
            people.push(person);
        }
        let ssns = people.iter().filter(|p| p.seen.iter().any(|s| s.element.element == Element::Ssn)).count();
        let mut outsiders = people.iter().enumerate().filter(|(_, p)| !p.own).map(|(i, _)| i);
        let only = outsiders.next().filter(|_| outsiders.next().is_none() && ssns == 0);
        draft.facts = rest;
        match only {
            Some(only) => {
                for person in self.people(draft) {
                    people[only].absorb(person);
                }
            }
            None => {
                for part in draft.names.drain(..).filter(|n| n.part == Part::Full) {
                    let path = u32::MAX;
                    let mut person = Person::new(Role::Subject, draft.row, path, draft.source);
                    person.name = part.name;
                    person.confidence = part.confidence;
                    let element = MentionElement { element: part.element, form: Form::Clear };
                    person.seen.push(Seen {
                        element,
                        field: part.field,
                        row: draft.row,
                        print: Print::Hash(part.name.first),
                    });
                    people.push(person);
                }
                self.orphan_all(draft, "several people in one line");
            }
        }
        people.iter_mut().for_each(|person| self.emit(person, &draft.words, out));
    }

    fn orphan_all(&mut self, draft: &mut Draft, reason: &'static str) {
        for fact in draft.facts.drain(..).filter(|f| f.element != Element::IpAddress && !f.own) {
            self.orphan(&seen(&fact, draft.row), &draft.words, reason);
        }
    }
}
