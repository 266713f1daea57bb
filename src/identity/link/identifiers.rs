//! The table of identifiers.

use super::alone::{self, OWNED};
use super::mention::{CLASSES, Namespaces};
use super::rows::{Stream, id_of, merged};
use super::{Joined, Spills};
use crate::model::element::Element;
use crate::model::mention::TokenValue;
use crate::model::rows::{IdentifierRow, RowSink};
use crate::spill::{Put, Sorted, Sorter, Take};
use std::io;

/// A token's kind, class and namespace, its names, whether it is a hub, mentions.
pub const KNOWN: usize = 1 + 1 + 2 + 4 + 1 + 8;
/// A token that a group holds: the group, how fit the token is for the group's id, the token, and what is known of it.
pub const NAMED: usize = 8 + 1 + 16 + KNOWN;
/// The group of a row that no consumer has.
pub const NOBODY: u64 = u64::MAX;
/// A row: the token, whether a consumer has it, which, and what is known of it.
pub const IDENTIFIER: usize = 16 + 1 + 16 + KNOWN;

/// The record of a row.
pub fn identifier(token: &[u8; 16], consumer: Option<&[u8; 16]>, known: &[u8; KNOWN]) -> [u8; IDENTIFIER] {
    let record = Put::default().bytes(token).u8(u8::from(consumer.is_some()));
    record.bytes(consumer.unwrap_or(&[0; 16])).bytes(known).done()
}

/// Rows are ordered by token and consumer.
type Key = (TokenValue, Option<TokenValue>);

fn keyed(row: IdentifierRow) -> (Key, IdentifierRow) {
    ((row.token, row.consumer), row)
}

/// Writes the rows of groups, those of consumers that left early, and those of tokens that nobody else has.
pub fn write_identifiers(
    named: [&Sorted<NAMED>; 2],
    ids: &Sorted<24>,
    of_alone: &Sorted<IDENTIFIER>,
    owned: &Sorted<OWNED>,
    namespaces: &Namespaces,
    sink: &mut RowSink<'_, IdentifierRow>,
    spills: &Spills,
) -> io::Result<()> {
    let mut of_groups = Sorter::<IDENTIFIER>::new(spills.dir, spills.memory / 2);
    for named in named {
        let mut ids = Joined::new(ids)?;
        for record in named.iter()? {
            let record = record?;
            let mut take = Take::new(&record);
            let (group, _fitness, token) = (take.u64(), take.u8(), take.bytes::<16>());
            let consumer = if group == NOBODY { None } else { Some(id_of(&mut ids, group)?.0) };
            of_groups.push(identifier(&token, consumer.as_ref(), &take.bytes()))?;
        }
    }
    let of_groups = of_groups.sorted()?;
    let streams: [Stream<Key, IdentifierRow>; 3] = [
        Box::new(of_groups.iter()?.map(|record| Ok(keyed(row(&record?, namespaces))))),
        Box::new(of_alone.iter()?.map(|record| Ok(keyed(row(&record?, namespaces))))),
        Box::new(owned.iter()?.map(|record| Ok(keyed(alone::identifier(&record?, namespaces))))),
    ];
    merged(streams, |row| sink.push(row))
}

fn row(record: &[u8; IDENTIFIER], namespaces: &Namespaces) -> IdentifierRow {
    let mut take = Take::new(record);
    let (token, held, consumer) = (TokenValue(take.bytes()), take.u8() == 1, TokenValue(take.bytes()));
    IdentifierRow {
        token,
        consumer: held.then_some(consumer),
        kind: Element::ALL[usize::from(take.u8())],
        class: CLASSES[usize::from(take.u8())],
        namespace: namespaces.get(take.u16()).clone(),
        names: take.u32(),
        hub: take.u8() == 1,
        mentions: take.u64(),
    }
}
