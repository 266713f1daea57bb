//! Mentions that share nothing with any other.
//!
//! Most people of a large table stand in one row: no token of theirs that links or attaches is in another mention, and
//! nobody of their name is in their postal code. Such a mention is a consumer, its least own token the id, and every other
//! step of linking would say so at the price of several sorts. They leave here, before the first of these; what is said of
//! them is what `derive` would say, which the tests hold. The filter that tells them may err on
//! the side of keeping one in.

use super::mention::{CLASSES, FORMS, Mention, Namespaces, Token};
use super::names::ShortName;
use super::{Spills, unpack_id};
use crate::model::detector::Class;
use crate::model::element::{Element, ElementSet};
use crate::model::mention::{MentionElement, MentionElements, Population, Residence, ResidenceBasis, TokenValue};
use crate::model::rows::{Certainty, ConsumerRow, IdentifierRow, MembershipRow, RowSink};
use crate::model::shared::SharedText;
use crate::spill::{Put, Sorted, Sorter, Take};
use std::io;

/// A consumer: its id, population, whether it is named and resides, the residence, records, elements by form.
pub const CONSUMER: usize = 16 + 1 + 1 + 5 + 8 + 8 * FORMS.len();
/// A token that nobody else has: the token, its consumer, its kind, its class with whether the consumer is named, its
/// namespace.
pub const OWNED: usize = 16 + 16 + 1 + 1 + 2;
/// A token that links nobody and may be in other mentions: the token, its consumer, its kind, class and namespace, the
/// consumer's name.
pub const SHARED: usize = 16 + 16 + 1 + 1 + 2 + ShortName::KEY_BYTES;

const NAMED: u8 = 1;
const RESIDES: u8 = 2;
/// The bit of a class byte that says that the consumer is named.
const NAMED_CLASS: u8 = 4;

/// Mentions that leave.
pub struct Leaving {
    mentions: u64,
    shared: Sorter<SHARED>,
    rows: SingleRows,
}

/// What the mentions that left leave behind.
pub struct Alone {
    /// How many mentions, each a consumer.
    pub mentions: u64,
    /// The tokens that others may have, without linking anybody.
    pub shared: Sorted<SHARED>,
    /// Their rows, to which others may come.
    pub rows: SingleRows,
}

/// The rows of consumers of one mention, as they come.
pub struct SingleRows {
    consumers: Sorter<CONSUMER>,
    owned: Sorter<OWNED>,
}

impl SingleRows {
    fn new(spills: &Spills) -> SingleRows {
        let consumers = Sorter::new(spills.dir, spills.memory / 8);
        SingleRows { consumers, owned: Sorter::new(spills.dir, spills.memory / 4) }
    }

    /// Adds the consumer of a mention, with the tokens that are in no other mention.
    pub fn add(
        &mut self,
        id: [u8; 16],
        mention: &Mention,
        memberships: &mut RowSink<'_, MembershipRow>,
    ) -> io::Result<()> {
        // A postal code names nobody.
        for token in mention.tokens().filter(|t| t.kind != Element::Zip && !t.repeats) {
            let named = if mention.is_named() { NAMED_CLASS } else { 0 };
            let record = Put::default().bytes(&token.value).bytes(&id).u8(token.kind as u8);
            self.owned.push(record.u8(token.class as u8 | named).u16(token.namespace).done())?;
        }
        self.consumers.push(pack(id, mention))?;
        let consumer = TokenValue(id);
        memberships.push(MembershipRow { mention: unpack_id(mention.id), consumer, certainty: Certainty::Certain })
    }

    /// The consumers by id, and their tokens by token.
    pub fn sorted(self) -> io::Result<(Sorted<CONSUMER>, Sorted<OWNED>)> {
        Ok((self.consumers.sorted()?, self.owned.sorted()?))
    }
}

/// Whether a token would join mentions, attach them or identify a consumer if another mention had it.
fn matters(token: &Token) -> bool {
    matches!(token.class, Class::Primary | Class::Tertiary) || token.kind == Element::RecordKey
}

/// Whether a token that only one consumer holds is fit for its id: a birth date is nobody's own, and an order's key is the
/// order's.
pub fn identifies(kind: Element, class: Class) -> bool {
    matches!(class, Class::Primary | Class::Tertiary) && kind != Element::RecordKey
}

impl Leaving {
    /// None have left yet.
    pub fn new(spills: &Spills) -> Leaving {
        let shared = Sorter::new(spills.dir, spills.memory / 8);
        Leaving { mentions: 0, shared, rows: SingleRows::new(spills) }
    }

    /// Takes a mention if it shares nothing with any other.
    pub fn take(&mut self, mention: &Mention, memberships: &mut RowSink<'_, MembershipRow>) -> io::Result<bool> {
        if mention.place_repeats() || mention.tokens().any(|t| t.repeats && matters(&t)) {
            return Ok(false);
        }
        let Some(id) = least_own(mention) else { return Ok(false) };
        for token in mention.tokens().filter(|t| t.kind != Element::Zip && t.repeats) {
            let record = Put::default().bytes(&token.value).bytes(&id).u8(token.kind as u8).u8(token.class as u8);
            self.shared.push(record.u16(token.namespace).bytes(&mention.key).done())?;
        }
        self.rows.add(id, mention, memberships)?;
        self.mentions += 1;
        Ok(true)
    }

    /// All that left.
    pub fn done(self) -> io::Result<Alone> {
        Ok(Alone { mentions: self.mentions, shared: self.shared.sorted()?, rows: self.rows })
    }
}

/// The least token fit for an id that is in no other mention.
pub fn least_own(mention: &Mention) -> Option<[u8; 16]> {
    let fit = mention.tokens().filter(|t| identifies(t.kind, t.class) && t.kind != Element::Zip && !t.repeats);
    fit.map(|t| t.value).min()
}

fn pack(id: [u8; 16], mention: &Mention) -> [u8; CONSUMER] {
    let said = mention.said();
    let flag = |bit: u8, set: bool| if set { bit } else { 0 };
    let flags = flag(NAMED, mention.is_named()) | flag(RESIDES, said.residence.is_some());
    let record = Put::default().bytes(&id).u8(mention.population as u8).u8(flags);
    let record = match said.residence {
        Some(r) => record.bytes(&r.country).bytes(&r.state).u8(r.basis as u8),
        None => record.bytes(&[0; 5]),
    };
    record.u64(said.count).u64s(&said.elements.map(|set| set.0)).done()
}

/// The row of a consumer of one mention.
pub fn consumer(record: &[u8; CONSUMER], no_reason: &SharedText) -> ConsumerRow {
    let mut take = Take::new(record);
    let id = TokenValue(take.bytes());
    let (population, flags) = (Population::ALL[usize::from(take.u8())], take.u8());
    let (country, state, basis) = (take.bytes(), take.bytes(), ResidenceBasis::ALL[usize::from(take.u8())]);
    let records = take.u64();
    ConsumerRow {
        id,
        population,
        elements: elements(std::array::from_fn(|_| ElementSet(take.u64()))),
        named: flags & NAMED != 0,
        residence: (flags & RESIDES != 0).then_some(Residence { country, state, basis }),
        residence_rejected: Vec::new(),
        mentions: 1,
        records,
        objects: 1,
        cluster: None,
        cluster_reason: no_reason.clone(),
    }
}

/// The elements of all forms, sorted.
pub fn elements(sets: [ElementSet; FORMS.len()]) -> MentionElements {
    let mut elements = MentionElements::new();
    for element in ElementSet(sets.iter().fold(0, |all, set| all | set.0)).iter() {
        let forms = FORMS.into_iter().zip(sets).filter(|(_, set)| set.contains(element));
        elements.extend(forms.map(|(form, _)| MentionElement { element, form }));
    }
    elements
}

/// The row of a token that nobody else has.
pub fn identifier(record: &[u8; OWNED], namespaces: &Namespaces) -> IdentifierRow {
    let mut take = Take::new(record);
    let (token, consumer) = (TokenValue(take.bytes()), TokenValue(take.bytes()));
    let (kind, class) = (Element::ALL[usize::from(take.u8())], take.u8());
    IdentifierRow {
        token,
        kind,
        class: CLASSES[usize::from(class & !NAMED_CLASS)],
        namespace: namespaces.get(take.u16()).clone(),
        consumer: Some(consumer),
        names: u32::from(class & NAMED_CLASS != 0),
        hub: false,
        mentions: 1,
    }
}
