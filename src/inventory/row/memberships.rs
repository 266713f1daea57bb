//! Table `memberships`.

use super::super::cells::Group;
use super::super::columns::{Column, code, long, token};
use super::super::table::Table;
use super::{Row, rows};
use crate::model::rows::{Certainty, MembershipRow, MentionId};
use std::io;

impl Row for MembershipRow {
    const TABLE: Table = Table::Memberships;

    fn columns(rows: &[Self]) -> Vec<Column> {
        let all = || rows.iter();
        vec![
            long("object", all().map(|r| r.mention.object)),
            long("number", all().map(|r| r.mention.number)),
            token("consumer", all().map(|r| r.consumer)),
            code("certainty", all().map(|r| r.certainty)),
        ]
    }

    fn decode(b: Group, keep: &dyn Fn(usize) -> bool, each: &mut dyn FnMut(Self) -> io::Result<()>) -> io::Result<()> {
        let (object, number) = (b.long("object")?, b.long("number")?);
        let (consumer, certainty) = (b.token("consumer")?, b.codes("certainty", Certainty::from_code)?);
        rows(b, keep, each, |i| {
            Ok(MembershipRow {
                mention: MentionId { object: object.at(i), number: number.at(i) },
                consumer: consumer.at(i)?,
                certainty: certainty.at(i)?,
            })
        })
    }

    fn weight(&self) -> usize {
        size_of::<Self>()
    }
}
