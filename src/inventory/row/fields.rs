//! Table `fields`.

use super::super::cells::Group;
use super::super::columns::{Column, code, long, text};
use super::super::table::Table;
use super::parts::{Longs, longs};
use super::{Row, rows};
use crate::model::element::Element;
use crate::model::rows::FieldRow;
use std::io;

impl Row for FieldRow {
    const TABLE: Table = Table::Fields;

    fn columns(rows: &[Self]) -> Vec<Column> {
        let all = || rows.iter();
        vec![
            long("object", all().map(|r| r.object)),
            text("path", all().map(|r| &r.path)),
            text("detector", all().map(|r| &r.detector)),
            code("element", all().map(|r| r.element)),
            long("values_seen", all().map(|r| r.values)),
            long("matches", all().map(|r| r.matches)),
            long("valid", all().map(|r| r.valid)),
            long("confidence_medium", all().map(|r| r.confidence[0])),
            long("confidence_high", all().map(|r| r.confidence[1])),
            long("mark_test", all().map(|r| r.marks[0])),
            long("mark_never_issued", all().map(|r| r.marks[1])),
            long("mark_placeholder", all().map(|r| r.marks[2])),
            long("mark_role", all().map(|r| r.marks[3])),
            long("distinct_values", all().map(|r| r.distinct)),
            longs("first_rows", all().map(|r| r.first_rows.as_slice())),
        ]
    }

    fn decode(b: Group, keep: &dyn Fn(usize) -> bool, each: &mut dyn FnMut(Self) -> io::Result<()>) -> io::Result<()> {
        let (object, path, detector, element) =
            (b.long("object")?, b.text("path")?, b.text("detector")?, b.text("element")?);
        let (values, matches, valid) = (b.long("values_seen")?, b.long("matches")?, b.long("valid")?);
        let confidence = [b.long("confidence_medium")?, b.long("confidence_high")?];
        let marks =
            [b.long("mark_test")?, b.long("mark_never_issued")?, b.long("mark_placeholder")?, b.long("mark_role")?];
        let (distinct, first_rows) = (b.long("distinct_values")?, Longs::open(b, "first_rows")?);
        rows(b, keep, each, |i| {
            Ok(FieldRow {
                object: object.at(i),
                path: path.at(i).to_string(),
                detector: detector.at(i).to_string(),
                element: element.code(i, Element::from_code)?,
                values: values.at(i),
                matches: matches.at(i),
                valid: valid.at(i),
                confidence: confidence.each_ref().map(|c| c.at(i)),
                marks: marks.each_ref().map(|m| m.at(i)),
                distinct: distinct.at(i),
                first_rows: first_rows.at(i),
            })
        })
    }

    fn weight(&self) -> usize {
        256 + self.path.len() + 8 * self.first_rows.len()
    }
}
