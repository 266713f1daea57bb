//! Table `runs`: a copy of the commit records for those who query. The program itself reads the records.

use super::super::cells::Group;
use super::super::columns::{Column, list, long, micros, text};
use super::super::table::Table;
use super::{Row, rows};
use crate::model::rows::RunRow;
use std::io;

const OBJECTS: [&str; 6] = [
    "objects_complete",
    "objects_partial",
    "objects_skipped",
    "objects_failed",
    "objects_unchanged",
    "objects_not_reached",
];

impl Row for RunRow {
    const TABLE: Table = Table::Runs;

    fn columns(rows: &[Self]) -> Vec<Column> {
        let all = || rows.iter();
        let arguments = text("element", all().flat_map(|r| &r.arguments));
        let mut columns = vec![
            long("run", all().map(|r| r.run)),
            text("command", all().map(|r| &r.command)),
            list("arguments", all().map(|r| r.arguments.len()), arguments),
            text("operator", all().map(|r| &r.operator)),
            text("program", all().map(|r| &r.program)),
            text("policy", all().map(|r| &r.policy)),
            text("key_id", all().map(|r| &r.key_id)),
            micros("started_at", all().map(|r| r.started_at)),
            micros("ended_at", all().map(|r| r.ended_at)),
            text("outcome", all().map(|r| &r.outcome)),
        ];
        columns.extend(OBJECTS.iter().enumerate().map(|(i, name)| long(name, all().map(|r| r.objects[i]))));
        columns.extend([
            long("bytes_read", all().map(|r| r.bytes_read)),
            long("consumers", all().map(|r| r.consumers)),
            long("mentions", all().map(|r| r.mentions)),
            text("previous", all().map(|r| &r.previous)),
        ]);
        columns
    }

    fn decode(b: Group, keep: &dyn Fn(usize) -> bool, each: &mut dyn FnMut(Self) -> io::Result<()>) -> io::Result<()> {
        let (run, command, lists) = (b.long("run")?, b.text("command")?, b.list("arguments")?);
        let (arguments, operator, program) = (lists.texts()?, b.text("operator")?, b.text("program")?);
        let (policy, key_id, outcome) = (b.text("policy")?, b.text("key_id")?, b.text("outcome")?);
        let (started_at, ended_at) = (b.micros("started_at")?, b.micros("ended_at")?);
        let objects = OBJECTS.iter().map(|name| b.long(name)).collect::<io::Result<Vec<_>>>()?;
        let (bytes_read, consumers) = (b.long("bytes_read")?, b.long("consumers")?);
        let (mentions, previous) = (b.long("mentions")?, b.text("previous")?);
        rows(b, keep, each, |i| {
            Ok(RunRow {
                run: run.at(i),
                command: command.at(i).to_string(),
                arguments: lists.range(i).map(|j| arguments.at(j).to_string()).collect(),
                operator: operator.at(i).to_string(),
                program: program.at(i).to_string(),
                policy: policy.at(i).to_string(),
                key_id: key_id.at(i).to_string(),
                started_at: started_at.value(i),
                ended_at: ended_at.value(i),
                outcome: outcome.at(i).to_string(),
                objects: std::array::from_fn(|status| objects[status].at(i)),
                bytes_read: bytes_read.at(i),
                consumers: consumers.at(i),
                mentions: mentions.at(i),
                previous: previous.at(i).to_string(),
            })
        })
    }
}
