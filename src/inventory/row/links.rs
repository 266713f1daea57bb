//! Table `links`.

use super::super::cells::Group;
use super::super::columns::{Column, long, text, token};
use super::super::table::Table;
use super::{Row, rows};
use crate::model::rows::{LinkRow, MentionId};
use std::io;

impl Row for LinkRow {
    const TABLE: Table = Table::Links;

    fn columns(rows: &[Self]) -> Vec<Column> {
        let all = || rows.iter();
        vec![
            token("consumer", all().map(|r| r.consumer)),
            long("left_object", all().map(|r| r.left.object)),
            long("left_number", all().map(|r| r.left.number)),
            long("right_object", all().map(|r| r.right.object)),
            long("right_number", all().map(|r| r.right.number)),
            token("token", all().map(|r| r.token)),
            text("rule", all().map(|r| &r.rule)),
        ]
    }

    fn decode(b: Group, keep: &dyn Fn(usize) -> bool, each: &mut dyn FnMut(Self) -> io::Result<()>) -> io::Result<()> {
        let (consumer, token, rule) = (b.token("consumer")?, b.token("token")?, b.text("rule")?);
        let (left_object, left_number) = (b.long("left_object")?, b.long("left_number")?);
        let (right_object, right_number) = (b.long("right_object")?, b.long("right_number")?);
        rows(b, keep, each, |i| {
            Ok(LinkRow {
                consumer: consumer.at(i)?,
                left: MentionId { object: left_object.at(i), number: left_number.at(i) },
                right: MentionId { object: right_object.at(i), number: right_number.at(i) },
                token: token.at(i)?,
                rule: rule.shared(i),
            })
        })
    }
}
