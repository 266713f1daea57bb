//! The end of a record: its facts become people, and its people mentions.

use super::assemble::Assembler;
use super::draft::{Address, Draft, Fact, Part};
use super::key::Key;
use super::person::{Person, Print, Seen, residence};
use crate::model::block::Layout;
use crate::model::detector::Class;
use crate::model::element::{Element, Form};
use crate::model::gap::{Gap, GapKind};
use crate::model::mention::{Mention, MentionElement, Population, Role, Token, TokenValue};

/// People of closed children that one open record holds before they go on without it.
const PENDING_MAX: usize = 1000;

/// People of single members that one open record holds.
const LODGERS_MAX: usize = 16;

const MAIN: [Role; 2] = [Role::Subject, Role::Buyer];

/// What a record's people can hold at most, a street and a ZIP token of each address among it.
#[derive(Clone, Copy)]
struct Room {
    tokens: usize,
    seen: usize,
}

pub(super) fn seen(fact: &Fact, row: u64) -> Seen {
    // The street is what makes an address; its other parts stand for themselves.
    let element = if fact.element == Element::Street { Element::Address } else { fact.element };
    Seen { element: MentionElement { element, form: fact.form }, field: fact.field, row, print: fact.print }
}

pub(super) fn give(person: &mut Person, fact: Fact) {
    let seen = seen(&fact, person.row);
    person.seen.push(seen);
    person.confidence = person.confidence.min(fact.confidence);
    person.customer |= fact.element == Element::CustomerId;
    person.own |= fact.own;
    person.weigh(fact.element, fact.form, fact.marks);
    if let Some(token) = fact.token {
        person.tokens.push(token);
    }
}

/// The hash of a value, of which `words` may hold the bytes.
pub(super) fn hash(key: &Key, print: Print, words: &[u8]) -> u64 {
    match print {
        Print::Hash(hash) => hash,
        Print::Words(from, to) => key.hash64(0, words.get(from as usize..to as usize).unwrap_or_default()),
    }
}

impl Assembler {
    /// Closes the record on top of the stack.
    pub(super) fn close(&mut self, out: &mut dyn FnMut(u32, Mention)) {
        let Some(mut draft) = self.stack.pop() else { return };
        if draft.is_blank() {
            (draft.event_day, draft.organisation, draft.relation) = (None, false, None);
            self.spare.push(draft);
            return;
        }
        if !(self.layout == Layout::Table && self.stack.is_empty() && draft.correspondents.is_empty()) {
            self.settle(&mut draft);
        }
        if !draft.correspondents.is_empty() {
            self.message(&mut draft, out);
        } else if self.layout == Layout::Text && self.several(&draft) {
            self.crowded_line(&mut draft, out);
        } else {
            self.record(&mut draft, out);
        }
        draft.clear();
        self.spare.push(draft);
    }

    /// Makes the hashes that wait to be asked for, where people may outlive the words of their record.
    fn settle(&self, draft: &mut Draft) {
        for fact in &mut draft.facts {
            fact.print = Print::Hash(hash(&self.key, fact.print, &draft.words));
        }
    }

    pub(super) fn person(&self, draft: &Draft, role: Role) -> Person {
        let path = if self.layout == Layout::Tree { draft.path } else { u32::MAX };
        let mut person = Person::new(role, draft.row, path, draft.source);
        person.event_day = draft.event_day;
        person
    }

    /// Where the person of a role is, who is new if there was none.
    fn place(&mut self, draft: &Draft, people: &mut Vec<Person>, role: Role, room: Room) -> usize {
        people.iter().position(|p| p.role == role).unwrap_or_else(|| {
            let mut person = self.person(draft, role);
            // Most records are about one person, who gets all.
            if people.is_empty() {
                self.buffers.lend(&mut person);
                person.tokens.reserve_exact(room.tokens);
                person.seen.reserve(room.seen);
            }
            people.push(person);
            people.len() - 1
        })
    }

    /// The people of a record, by role.
    pub(super) fn people(&mut self, draft: &mut Draft) -> Vec<Person> {
        let mut people = std::mem::take(&mut self.buffers.people);
        let room = Room {
            tokens: draft.facts.iter().filter(|f| f.token.is_some()).count() + 2 * draft.addresses.len(),
            seen: draft.facts.len() + draft.names.len(),
        };
        // Buffers go back when they are empty, so that a row costs no allocation for its facts.
        let mut names = std::mem::take(&mut draft.names);
        for part in names.drain(..) {
            let role = draft.role(part.hint);
            let row = draft.row;
            let place = self.place(draft, &mut people, role, room);
            let person = &mut people[place];
            match part.part {
                Part::First if person.name.initial == 0 => {
                    let (name, first) = (&mut person.name, &part.name);
                    (name.first, name.first_roots, name.initial) = (first.first, first.first_roots, first.initial);
                    (name.first_sound, name.first_near) = (first.first_sound, first.first_near);
                }
                Part::Last if person.name.last == 0 => {
                    (person.name.last, person.name.last_sound, person.name.last_near) =
                        (part.name.last, part.name.last_sound, part.name.last_near);
                }
                Part::Full if !person.named() => person.name = part.name,
                Part::Organisation => {
                    person.organisation = true;
                    continue;
                }
                _ => {}
            }
            person.confidence = person.confidence.min(part.confidence);
            let element = MentionElement { element: part.element, form: Form::Clear };
            person.seen.push(Seen {
                element,
                field: part.field,
                row,
                print: Print::Hash(part.name.first ^ part.name.last.rotate_left(1)),
            });
        }
        let mut facts = std::mem::take(&mut draft.facts);
        let mut place = usize::MAX;
        for fact in facts.drain(..) {
            let role = draft.role(fact.hint);
            // Neighbours are mostly of one person.
            if people.get(place).is_none_or(|p| p.role != role) {
                place = self.place(draft, &mut people, role, room);
            }
            give(&mut people[place], fact);
        }
        let mut halves = std::mem::take(&mut draft.halves);
        for (hint, half) in halves.drain(..) {
            let role = draft.role(hint);
            // An access code in a record that says nothing else of that role makes nobody.
            if let Some(person) = people.iter_mut().find(|p| p.role == role) {
                person.halves.push(half);
            }
        }
        (draft.names, draft.facts, draft.halves) = (names, facts, halves);
        for address in &draft.addresses {
            let role = draft.role(address.role.hint);
            // `home_address, city, state, zip`: a street with no place of its own takes the place that has no street.
            let bare = |a: &Address| a.zip.is_empty() && a.city.is_empty() && a.state.is_none();
            let place = draft
                .addresses
                .iter()
                .find(|a| bare(address) && a.role.hint == address.role.hint && a.role.plain_stem && a.street.is_empty())
                .unwrap_or(address);
            let home = residence(place.country, place.state, place.province, place.zip_state, address.role.basis);
            self.scratch.clear();
            let (street, zip, city) = (address.street.clone(), place.zip.clone(), place.city.clone());
            let complete = !street.is_empty() && (!zip.is_empty() || (!city.is_empty() && place.state.is_some()));
            if complete {
                self.scratch.extend_from_slice(&draft.words[street]);
                self.scratch.push(0);
                if zip.is_empty() {
                    self.scratch.extend_from_slice(&draft.words[city]);
                    self.scratch.extend_from_slice(&place.state.unwrap_or_default());
                } else {
                    self.scratch.extend_from_slice(&draft.words[zip]);
                }
            }
            let token = complete.then(|| self.token(Element::Address, Class::Tertiary));
            if let Some(person) = people.iter_mut().find(|p| p.role == role) {
                person.live_at(home);
                // Only beside a name, and only where neither a street nor an e-mail address will do: see `link::follow`.
                let reached = person.tokens.iter().any(|t| t.kind == Element::Email);
                if !place.zip.is_empty() && person.named() && !(complete && reached) {
                    self.scratch.clear();
                    self.scratch.extend_from_slice(&draft.words[place.zip.clone()]);
                    person.tokens.push(self.token(Element::Zip, Class::None));
                }
                person.tokens.extend(token);
            }
        }
        self.merge(&mut people);
        people
    }

    fn token(&self, kind: Element, class: Class) -> Token {
        let value: TokenValue = self.key.token(kind, "", &self.scratch);
        Token { value, kind, class, namespace: self.nothing.clone() }
    }

    /// Two roles are one person when their names are the same, or when a main role's other half is nobody by itself.
    fn merge(&self, people: &mut Vec<Person>) {
        if people.len() < 2 {
            return;
        }
        let has = |people: &[Person], role| people.iter().position(|p| p.role == role);
        if let (Some(subject), Some(buyer)) = (has(people, Role::Subject), has(people, Role::Buyer))
            && (!people[subject].named() || !people[buyer].named() || people[subject].same_name(&people[buyer]))
        {
            fold(people, subject, buyer);
        }
        let Some(mut main) = has(people, Role::Subject).or_else(|| has(people, Role::Buyer)) else { return };
        for role in [
            Role::Recipient,
            Role::Contact,
            Role::EmergencyContact,
            Role::Agent,
            Role::Seller,
            Role::Sender,
            Role::Addressee,
        ] {
            let Some(other) = has(people, role) else { continue };
            let nobody = role == Role::Recipient && !people[other].identified() && !people[other].organisation;
            if nobody || people[main].same_name(&people[other]) {
                main = fold(people, main, other);
            }
        }
    }

    /// A row, an object, or a line about one person.
    fn record(&mut self, draft: &mut Draft, out: &mut dyn FnMut(u32, Mention)) {
        let identified = draft.overflowed && draft.identified();
        let mut people = self.people(draft);
        let keys = std::mem::take(&mut draft.keys);
        let pending = std::mem::take(&mut draft.pending);
        let waiting = std::mem::take(&mut draft.waiting);
        let lodgers = std::mem::take(&mut draft.lodgers);
        let lodgers = self.settle_lodgers(draft, &mut people, lodgers);
        if identified {
            self.late_parent(draft);
        }
        let absorbs = people.iter().any(|p| MAIN.contains(&p.role) && p.identified()) || !keys.is_empty();
        let bridge = keys.len() > 1;
        if absorbs
            && !people.iter().any(|p| MAIN.contains(&p.role))
            && (!pending.is_empty() || (people.is_empty() && bridge))
        {
            people.push(self.person(draft, Role::Subject));
        }
        for person in people.iter_mut().filter(|p| MAIN.contains(&p.role) || p.role == Role::Recipient) {
            person.keys.extend(keys.iter().cloned());
        }
        let mut alone = Vec::new();
        for person in pending {
            let role =
                if person.role == Role::Buyer || person.role == Role::Recipient { Role::Subject } else { person.role };
            let main = people.iter().position(|p| p.role == role || (role == Role::Subject && p.role == Role::Buyer));
            match main.filter(|_| absorbs) {
                Some(main) => people[main].absorb(person),
                None => alone.push(person),
            }
        }
        for mut person in waiting {
            person.keys.extend(keys.iter().cloned());
            match self.stack.is_empty() || !keys.is_empty() {
                true => self.emit(&mut person, &draft.words, out),
                false => self.wait(person, out),
            }
        }
        let single = self.layout == Layout::Tree && self.is_single(draft.path);
        if self.stack.is_empty() {
            people.iter_mut().for_each(|person| self.emit(person, &draft.words, out));
            lodgers.into_iter().chain(alone).for_each(|mut person| self.emit(&mut person, &draft.words, out));
            people.clear();
            self.buffers.people = people;
            return;
        }
        for mut person in people.into_iter().chain(lodgers).chain(alone) {
            if single && MAIN.contains(&person.role) && person.identified() {
                self.lodge(person, out);
            } else if !person.identified() {
                self.contribute(person, out);
            } else if person.role == Role::Recipient && keys.is_empty() {
                self.wait(person, out);
            } else {
                self.emit(&mut person, &draft.words, out);
            }
        }
        if draft.overflowed
            && !identified
            && let Some(parent) = self.stack.last_mut()
        {
            parent.overflowed = true;
        }
    }

    /// Whether a record stands at a path of which its parent has one: a member, not an element of an array.
    fn is_single(&self, path: u32) -> bool {
        self.fields.get(path as usize).is_some_and(|f| !f.path.is_empty() && !f.path.ends_with('*'))
    }

    /// Keeps the person of a single member (`/applicant`, `/customer`) until the enclosing record has been read: it may
    /// be that record's only person, and then what stands beside the member is the person's too.
    fn lodge(&mut self, mut person: Person, out: &mut dyn FnMut(u32, Mention)) {
        match self.stack.last_mut() {
            Some(parent) if parent.lodgers.len() < LODGERS_MAX => parent.lodgers.push(person),
            _ => self.emit(&mut person, &[], out),
        }
    }

    /// The people of single members, now that the record is whole. An only one is the record's own person where the record
    /// has none, or has one without a name and the member gives the name (`{"id": 7, "name": {"first": ...}}`). Those who
    /// stay people of their own are returned.
    fn settle_lodgers(&self, draft: &Draft, people: &mut Vec<Person>, mut lodgers: Vec<Person>) -> Vec<Person> {
        if lodgers.len() != 1 {
            return lodgers;
        }
        let main = people.iter().position(|p| MAIN.contains(&p.role));
        let own = main.filter(|main| people[*main].identified());
        let joins = match own {
            None => true,
            Some(own) => {
                let (own, lodger) = (&people[own], &lodgers[0]);
                // An identifier of its own makes a member somebody, whoever stands around it.
                let ids = |p: &Person| p.tokens.iter().any(|t| t.class == Class::Primary);
                let emails = |p: &Person| p.tokens.iter().any(|t| t.kind == Element::Email);
                let two_addresses = emails(own) && emails(lodger);
                !own.named() && lodger.named() && !ids(lodger) && !two_addresses
            }
        };
        let Some(mut lodger) = lodgers.pop_if(|_| joins) else { return lodgers };
        match main {
            Some(main) => people[main].absorb(lodger),
            None => {
                (lodger.row, lodger.source) = (draft.row, draft.source);
                lodger.path = self.person(draft, lodger.role).path;
                people.push(lodger);
            }
        }
        lodgers
    }

    fn late_parent(&mut self, draft: &Draft) {
        if self.gaps.iter().all(|g| g.kind != GapKind::LateParent) {
            self.gaps.push(Gap {
                kind: GapKind::LateParent,
                offset: Some(draft.source.0),
                bytes: None,
                detail: format!(
                    "a record holds more than {PENDING_MAX} children before its own identifying fields; the first children \
                     were not tied to it"
                ),
            });
        }
    }

    /// Hands an unidentified person up to the enclosing record.
    fn contribute(&mut self, mut person: Person, out: &mut dyn FnMut(u32, Mention)) {
        let Some(parent) = self.stack.last_mut() else { return self.emit(&mut person, &[], out) };
        if person.is_empty() && person.keys.len() < 2 {
            return;
        }
        if parent.pending.len() < PENDING_MAX {
            parent.pending.push(person);
            return;
        }
        parent.overflowed = true;
        let mut held = std::mem::take(&mut parent.pending);
        held.push(person);
        held.iter_mut().for_each(|person| self.emit(person, &[], out));
    }

    /// Keeps a recipient until the enclosing record's keys are known.
    fn wait(&mut self, mut person: Person, out: &mut dyn FnMut(u32, Mention)) {
        match self.stack.last_mut() {
            Some(parent) if parent.waiting.len() < PENDING_MAX => parent.waiting.push(person),
            _ => self.emit(&mut person, &[], out),
        }
    }

    /// Makes the mention, or the orphans, of a person who is not asked for again. `words` are those of the record, if its
    /// hashes are not settled.
    pub(super) fn emit(&mut self, person: &mut Person, words: &[u8], out: &mut dyn FnMut(u32, Mention)) {
        let field = person.seen.first().map(|s| s.field).or((person.path != u32::MAX).then_some(person.path));
        let population = field.and_then(|f| self.fields.get(f as usize)).map_or(Population::Consumer, |f| f.population);
        let path = self.fields.get(person.path as usize).map_or(&self.nothing, |f| &f.path);
        match person.finish(population, path.clone()) {
            Ok(mention) => self.aggregator.add(mention, out),
            Err((seen, reason)) => {
                for seen in seen.iter().filter(|seen| seen.element.element != Element::IpAddress) {
                    self.orphan(seen, words, reason);
                }
                person.seen = seen;
            }
        }
        self.buffers.take_back(std::mem::take(&mut person.seen), std::mem::take(&mut person.halves));
    }

    /// Counts a value that has nobody beside it.
    pub(super) fn orphan(&mut self, seen: &Seen, words: &[u8], reason: &'static str) {
        let hash = hash(&self.key, seen.print, words);
        self.orphans.add(seen.field, seen.element, hash, seen.row, reason);
    }
}

/// Folds one person into another and gives the other's new place.
fn fold(people: &mut Vec<Person>, into: usize, from: usize) -> usize {
    let person = people.remove(from);
    let into = if from < into { into - 1 } else { into };
    people[into].absorb(person);
    into
}
