//! Table `orphans`.

use super::super::cells::Group;
use super::super::columns::{Column, code, long, text};
use super::super::table::Table;
use super::parts::{Longs, element_at, longs};
use super::{Row, rows};
use crate::model::rows::OrphanRow;
use std::io;

impl Row for OrphanRow {
    const TABLE: Table = Table::Orphans;

    fn columns(rows: &[Self]) -> Vec<Column> {
        let all = || rows.iter();
        vec![
            long("object", all().map(|r| r.object)),
            text("path", all().map(|r| &r.path)),
            code("element", all().map(|r| r.element.element)),
            code("form", all().map(|r| r.element.form)),
            long("findings", all().map(|r| r.count)),
            long("distinct_values", all().map(|r| r.distinct)),
            longs("first_rows", all().map(|r| r.first_rows.as_slice())),
            text("reason", all().map(|r| &r.reason)),
        ]
    }

    fn decode(b: Group, keep: &dyn Fn(usize) -> bool, each: &mut dyn FnMut(Self) -> io::Result<()>) -> io::Result<()> {
        let (object, path, element, form) = (b.long("object")?, b.text("path")?, b.text("element")?, b.text("form")?);
        let (count, distinct) = (b.long("findings")?, b.long("distinct_values")?);
        let (first_rows, reason) = (Longs::open(b, "first_rows")?, b.text("reason")?);
        rows(b, keep, each, |i| {
            Ok(OrphanRow {
                object: object.at(i),
                path: path.at(i).to_string(),
                element: element_at(&element, &form, i)?,
                count: count.at(i),
                distinct: distinct.at(i),
                first_rows: first_rows.at(i),
                reason: reason.shared(i),
            })
        })
    }

    fn weight(&self) -> usize {
        192 + self.path.len() + 8 * self.first_rows.len()
    }
}
