//! Table `identifiers`.

use super::super::cells::Group;
use super::super::columns::{Column, code, flag, long, maybe_token, text, token};
use super::super::store::invalid;
use super::super::table::Table;
use super::{Row, rows};
use crate::model::detector::Class;
use crate::model::element::Element;
use crate::model::rows::IdentifierRow;
use std::io;

impl Row for IdentifierRow {
    const TABLE: Table = Table::Identifiers;

    fn columns(rows: &[Self]) -> Vec<Column> {
        let all = || rows.iter();
        vec![
            token("token", all().map(|r| r.token)),
            code("kind", all().map(|r| r.kind)),
            text("namespace", all().map(|r| &r.namespace)),
            code("class", all().map(|r| r.class)),
            maybe_token("consumer", all().map(|r| r.consumer)),
            long("names", all().map(|r| u64::from(r.names))),
            flag("hub", all().map(|r| r.hub)),
            long("mentions", all().map(|r| r.mentions)),
        ]
    }

    fn decode(b: Group, keep: &dyn Fn(usize) -> bool, each: &mut dyn FnMut(Self) -> io::Result<()>) -> io::Result<()> {
        let (token, kind) = (b.token("token")?, b.codes("kind", Element::from_code)?);
        let (namespace, class) = (b.text("namespace")?, b.codes("class", Class::from_code)?);
        let (consumer, names) = (b.token("consumer")?, b.long("names")?);
        let (hub, mentions) = (b.flag("hub")?, b.long("mentions")?);
        rows(b, keep, each, |i| {
            Ok(IdentifierRow {
                token: token.at(i)?,
                kind: kind.at(i)?,
                namespace: namespace.shared(i),
                class: class.at(i)?,
                consumer: consumer.maybe(i)?,
                names: u32::try_from(names.at(i)).map_err(|_| invalid("a count of names past 2^32"))?,
                hub: hub.value(i),
                mentions: mentions.at(i),
            })
        })
    }
}
