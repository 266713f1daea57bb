//! Table `consumers`.

use super::super::cells::Group;
use super::super::columns::{Column, code, flag, long, maybe_token, text, token};
use super::super::table::Table;
use super::parts::{Elements, Residences, elements, residence, residences};
use super::{Row, rows};
use crate::model::mention::Population;
use crate::model::rows::ConsumerRow;
use std::io;

impl Row for ConsumerRow {
    const TABLE: Table = Table::Consumers;

    fn columns(rows: &[Self]) -> Vec<Column> {
        let all = || rows.iter();
        vec![
            token("consumer", all().map(|r| r.id)),
            code("population", all().map(|r| r.population)),
            elements("elements", all().map(|r| r.elements.as_slice())),
            flag("named", all().map(|r| r.named)),
            residence("residence", all().map(|r| r.residence)),
            residences("residence_rejected", all().map(|r| r.residence_rejected.as_slice())),
            long("mentions", all().map(|r| r.mentions)),
            long("records", all().map(|r| r.records)),
            long("objects", all().map(|r| r.objects)),
            maybe_token("cluster", all().map(|r| r.cluster)),
            text("cluster_reason", all().map(|r| &r.cluster_reason)),
        ]
    }

    fn decode(b: Group, keep: &dyn Fn(usize) -> bool, each: &mut dyn FnMut(Self) -> io::Result<()>) -> io::Result<()> {
        let (id, population) = (b.token("consumer")?, b.codes("population", Population::from_code)?);
        let (elements, named) = (Elements::open(b, "elements")?, b.flag("named")?);
        let residence = Residences::open(b.group("residence")?)?;
        let lists = b.list("residence_rejected")?;
        let rejected = Residences::open(lists.groups()?)?;
        let (mentions, records, objects) = (b.long("mentions")?, b.long("records")?, b.long("objects")?);
        let (cluster, cluster_reason) = (b.token("cluster")?, b.text("cluster_reason")?);
        rows(b, keep, each, |i| {
            Ok(ConsumerRow {
                id: id.at(i)?,
                population: population.at(i)?,
                elements: elements.at(i)?,
                named: named.value(i),
                residence: residence.maybe(i)?,
                residence_rejected: lists.range(i).map(|j| rejected.at(j)).collect::<io::Result<_>>()?,
                mentions: mentions.at(i),
                records: records.at(i),
                objects: objects.at(i),
                cluster: cluster.maybe(i)?,
                cluster_reason: cluster_reason.shared(i),
            })
        })
    }

    fn weight(&self) -> usize {
        192 + 2 * self.elements.len() + 5 * self.residence_rejected.len()
    }
}
