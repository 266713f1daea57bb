//! Table `objects`.

use super::super::cells::Group;
use super::super::columns::{Column, group, list, long, maybe_long, maybe_micros, micros, text};
use super::super::table::Table;
use super::{Row, rows};
use crate::model::gap::{Gap, GapKind};
use crate::model::object::{Object, Status};
use crate::model::rows::ObjectRow;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use std::io;

impl Row for ObjectRow {
    const TABLE: Table = Table::Objects;

    fn columns(rows: &[Self]) -> Vec<Column> {
        let all = || rows.iter();
        let gaps = || rows.iter().flat_map(|r| &r.gaps);
        let gap = group(
            "element",
            vec![
                text("kind", gaps().map(|g| g.kind.code())),
                maybe_long("offset", gaps().map(|g| g.offset)),
                maybe_long("bytes", gaps().map(|g| g.bytes)),
                text("detail", gaps().map(|g| &g.detail)),
            ],
        );
        vec![
            long("object", all().map(|r| r.id)),
            text("uri", all().map(|r| &r.object.uri)),
            text("path", all().map(|r| &r.object.path)),
            text("version", all().map(|r| &r.object.version)),
            long("size", all().map(|r| r.object.size)),
            maybe_micros("modified", all().map(|r| r.object.modified)),
            text("source", all().map(|r| &r.source)),
            long("run", all().map(|r| r.run)),
            long("valid_from", all().map(|r| r.valid_from)),
            maybe_long("valid_to", all().map(|r| r.valid_to)),
            text("content_hash", all().map(|r| &r.content_hash)),
            text("format", all().map(|r| &r.format)),
            text("dialect", all().map(|r| &r.dialect)),
            text("status", all().map(|r| r.status.code())),
            list("gaps", all().map(|r| r.gaps.len()), gap),
            long("bytes_read", all().map(|r| r.bytes_read)),
            long("bytes_decoded", all().map(|r| r.bytes_decoded)),
            long("records", all().map(|r| r.records)),
            long("records_rejected", all().map(|r| r.records_rejected)),
            micros("listed_at", all().map(|r| r.listed_at)),
            micros("read_at", all().map(|r| r.read_at)),
            text("policy", all().map(|r| &r.policy)),
        ]
    }

    fn decode(b: Group, keep: &dyn Fn(usize) -> bool, each: &mut dyn FnMut(Self) -> io::Result<()>) -> io::Result<()> {
        let (id, uri, path, version) = (b.long("object")?, b.text("uri")?, b.text("path")?, b.text("version")?);
        let (size, modified, source) = (b.long("size")?, b.micros("modified")?, b.text("source")?);
        let (run, valid_from, valid_to) = (b.long("run")?, b.long("valid_from")?, b.long("valid_to")?);
        let (content_hash, format, dialect) = (b.text("content_hash")?, b.text("format")?, b.text("dialect")?);
        let (status, gaps) = (b.text("status")?, b.list("gaps")?);
        let gap = gaps.groups()?;
        let (kind, offset, bytes, detail) =
            (gap.text("kind")?, gap.long("offset")?, gap.long("bytes")?, gap.text("detail")?);
        let (bytes_read, bytes_decoded) = (b.long("bytes_read")?, b.long("bytes_decoded")?);
        let (records, records_rejected) = (b.long("records")?, b.long("records_rejected")?);
        let (listed_at, read_at, policy) = (b.micros("listed_at")?, b.micros("read_at")?, b.text("policy")?);
        let gap_at = |j| {
            Ok(Gap {
                kind: kind.code(j, gap_kind)?,
                offset: offset.maybe(j),
                bytes: bytes.maybe(j),
                detail: detail.at(j).to_string(),
            })
        };
        use arrow_array::Array;
        rows(b, keep, each, |i| {
            Ok(ObjectRow {
                id: id.at(i),
                object: Object {
                    uri: uri.at(i).to_string(),
                    path: path.at(i).to_string(),
                    version: version.at(i).to_string(),
                    size: size.at(i),
                    modified: modified.is_valid(i).then(|| modified.value(i)),
                },
                source: source.at(i).to_string(),
                run: run.at(i),
                valid_from: valid_from.at(i),
                valid_to: valid_to.maybe(i),
                content_hash: content_hash.at(i).to_string(),
                format: format.at(i).to_string(),
                dialect: dialect.at(i).to_string(),
                status: status.code(i, Status::from_code)?,
                gaps: gaps.range(i).map(gap_at).collect::<io::Result<_>>()?,
                bytes_read: bytes_read.at(i),
                bytes_decoded: bytes_decoded.at(i),
                records: records.at(i),
                records_rejected: records_rejected.at(i),
                listed_at: listed_at.value(i),
                read_at: read_at.value(i),
                policy: policy.at(i).to_string(),
            })
        })
    }

    fn weight(&self) -> usize {
        512 + self.object.uri.len()
            + self.object.path.len()
            + self.gaps.iter().map(|g| 64 + g.detail.len()).sum::<usize>()
    }
}

/// The kind of a word. The model's serde names are its codes.
fn gap_kind(code: &str) -> Option<GapKind> {
    let code: StrDeserializer<Error> = code.into_deserializer();
    GapKind::deserialize(code).ok()
}
