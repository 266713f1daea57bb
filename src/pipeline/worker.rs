//! The way of one object through the house.

use super::exchange::{Desk, Exchange, Surveyed, UnderWay};
use super::hold::InTemporaryFiles;
use super::plan::Plan;
use super::suppress::Suppressor;
use crate::decode::{Decoded, Input, decode_object};
use crate::identity::key::Key;
use crate::identity::{Assembler, Orphan};
use crate::matcher::judge::Judge;
use crate::matcher::survey::Survey;
use crate::model::block::{Block, BlockSink, Lines};
use crate::model::detector::Confidence;
use crate::model::element::Element;
use crate::model::field::{Field, Schema};
use crate::model::finding::{Finding, Marks};
use crate::model::gap::{Gap, GapKind};
use crate::model::object::{Object, ObjectRanges, ObjectStream, Status};
use crate::model::rows::{FieldRow, MentionRow, ObjectResult, ObjectRow, OrphanRow};
use crate::source::Source;
use std::io::{self, Read};
use std::ops::{ControlFlow, Range};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Mentions that are handed on at once.
const BATCH: usize = 1024;
/// Gaps of one object that are kept one by one; the rest are counted in the last.
const GAPS_MAX: usize = 64;

/// Where a finding is, without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingPlace<'a> {
    /// Its row; see `Block::layout`.
    pub row: u64,
    /// The field's path.
    pub field: &'a str,
    /// First byte in the decoded object, and one past the last.
    pub bytes: (u64, u64),
    /// The detector's id.
    pub detector: &'a str,
    /// What it is.
    pub element: Element,
    /// How sure it is.
    pub confidence: Confidence,
    /// What the value says of itself.
    pub marks: Marks,
}

/// Takes every single finding, where the operator asks for them. Called by several workers at once.
pub trait FindingSink: Sync {
    /// A finding in an object.
    fn finding(&self, object: &Object, place: &FindingPlace<'_>);
    /// The object is done.
    fn object(&self, row: &ObjectRow);
}

/// What a worker shares with the rest of the run.
#[derive(Clone, Copy)]
pub struct Shared<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The key.
    pub key: &'a Key,
    /// Set to stop the run soon.
    pub stop: &'a AtomicBool,
    /// Bytes read from sources so far, over all workers.
    pub bytes_read: &'a Arc<AtomicU64>,
    /// Takes single findings.
    pub findings: Option<&'a dyn FindingSink>,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub now: fn() -> i64,
}

/// An object to read.
pub struct Task<'a> {
    /// Its number in the inventory.
    pub id: u64,
    /// The object as listed.
    pub object: Object,
    /// Where it is.
    pub source: &'a Source,
    /// The run.
    pub run: u64,
    /// When it was listed.
    pub listed_at: i64,
    /// Its stream, where the source began to fetch it ahead.
    pub ahead: Option<Box<dyn ObjectStream>>,
}

/// Reads one object: open, decode, match and judge, assemble. Whatever goes wrong is in the object's row.
pub fn read_object(
    shared: &Shared<'_>,
    mut task: Task<'_>,
    exchange: &Exchange<'_>,
    desk: &mut Desk<'_>,
    mentions: HandOn<'_>,
) -> ObjectResult {
    let mut sink = ObjectSink::new(shared, &task, exchange, desk, mentions);
    let opened = match task.ahead.take() {
        Some(stream) => Ok(stream),
        None => task.source.open_object(&task.object),
    };
    let decoded = match opened {
        Ok(mut stream) => {
            // The one place where a panic is caught: a defect in a parser must cost one object, not the run.
            let read = catch_unwind(AssertUnwindSafe(|| {
                let ranges = stream.ranges().map(|inner| {
                    Arc::new(CountedRanges { inner, bytes: Arc::clone(shared.bytes_read) }) as Arc<dyn ObjectRanges>
                });
                let mut counted = Counted { stream: &mut *stream, bytes: shared.bytes_read };
                let input = Input { stream: &mut counted, ranges, hold: Some(&InTemporaryFiles) };
                let decoded = decode_object(input, &shared.plan.limits, &mut sink);
                sink.finish();
                decoded
            }));
            match read {
                Ok(decoded) => {
                    if decoded.ended
                        && let Err(e) = stream.verify()
                    {
                        sink.gap(Gap { kind: GapKind::of(&e), offset: None, bytes: None, detail: e.to_string() });
                    }
                    Some(decoded)
                }
                Err(_) => {
                    // What was decoded before is whole; if it is what failed, it is left.
                    let _ = catch_unwind(AssertUnwindSafe(|| sink.settle(true)));
                    let detail = "a parser failed; please report the file's format, not its content".to_string();
                    sink.gap(Gap { kind: GapKind::Internal, offset: None, bytes: None, detail });
                    None
                }
            }
        }
        Err(e) => {
            sink.gap(Gap { kind: GapKind::of(&e), offset: None, bytes: Some(task.object.size), detail: e.to_string() });
            None
        }
    };
    sink.result(task, decoded)
}

/// Reads one object, alone, as a scan would, and keeps nothing of it.
pub fn read_and_drop(plan: &Plan, key: &Key, source: &Source, object: Object, stop: &AtomicBool) {
    let offered = AtomicU64::new(0);
    let shared = Shared { plan, key, stop, bytes_read: &Arc::default(), findings: None, now: || 0 };
    let task = Task { id: 0, object, source, run: 0, listed_at: 0, ahead: None };
    read_object(&shared, task, &Exchange::new(1, &offered), &mut Desk::new(&plan.matcher), &mut |mentions| mentions);
}

/// Counts bytes for the progress line.
struct Counted<'a> {
    stream: &'a mut dyn ObjectStream,
    bytes: &'a AtomicU64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.bytes.fetch_add(read as u64, Relaxed);
        Ok(read)
    }
}

/// Counts the bytes of pieces.
struct CountedRanges {
    inner: Arc<dyn ObjectRanges>,
    bytes: Arc<AtomicU64>,
}

impl ObjectRanges for CountedRanges {
    fn size(&self) -> u64 {
        self.inner.size()
    }

    fn read_at(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let read = self.inner.read_at(range)?;
        self.bytes.fetch_add(read.len() as u64, Relaxed);
        Ok(read)
    }

    fn prefetch(&self, ranges: &[Range<u64>]) {
        self.inner.prefetch(ranges);
    }
}

/// Takes an object's blocks to mentions.
struct ObjectSink<'a, 'm> {
    shared: &'a Shared<'a>,
    object: Object,
    id: u64,
    judge: Judge<'a, Suppressor<'a>>,
    desk: &'a mut Desk<'m>,
    under_way: UnderWay<'a>,
    /// A block and survey whose buffers are free.
    spare: Surveyed,
    blocks: u64,
    assembler: Assembler,
    findings: Vec<Finding>,
    schema: Schema,
    out: Outbox<'a>,
    fields: Vec<FieldRow>,
    orphans: Vec<OrphanRow>,
    gaps: Vec<Gap>,
    gaps_dropped: u64,
}

/// Numbers mentions and hands them on in batches.
struct Outbox<'a> {
    object: u64,
    next: u64,
    batch: Vec<MentionRow>,
    send: HandOn<'a>,
}

/// Hands mentions on; gives back a list to use again.
pub type HandOn<'a> = &'a mut dyn FnMut(Vec<MentionRow>) -> Vec<MentionRow>;

impl Outbox<'_> {
    fn push(&mut self, segment: u32, mention: crate::model::mention::Mention) {
        self.batch.push(MentionRow { object: self.object, number: self.next, segment, mention });
        self.next += 1;
        if self.batch.len() == BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if !self.batch.is_empty() {
            self.batch = (self.send)(std::mem::take(&mut self.batch));
            self.batch.clear();
            self.batch.reserve(BATCH);
        }
    }
}

impl<'a, 'm> ObjectSink<'a, 'm> {
    fn new(
        shared: &'a Shared<'a>,
        task: &Task<'_>,
        exchange: &Exchange<'a>,
        desk: &'a mut Desk<'m>,
        send: HandOn<'a>,
    ) -> Self {
        ObjectSink {
            shared,
            object: task.object.clone(),
            id: task.id,
            judge: Judge::watched(&shared.plan.matcher, shared.plan.suppress.of(&task.object, Some(shared.key))),
            desk,
            under_way: UnderWay::new(exchange, task.id),
            spare: Surveyed::default(),
            blocks: 0,
            assembler: Assembler::new(shared.plan.identity.clone(), shared.key, &task.object.path),
            findings: Vec::new(),
            schema: Schema::default(),
            out: Outbox { object: task.id, next: 0, batch: Vec::new(), send },
            fields: Vec::new(),
            orphans: Vec::new(),
            gaps: Vec::new(),
            gaps_dropped: 0,
        }
    }

    /// Ends the object: what was held back for a record that never closed comes now.
    fn finish(&mut self) {
        self.settle(true);
        let out = &mut self.out;
        let assembled = self.assembler.finish(&self.schema, &mut |segment, mention| out.push(segment, mention));
        self.out.flush();
        self.fields = self.judge.field_rows(self.id, &self.schema);
        let row = |o: Orphan| OrphanRow {
            object: self.id,
            path: o.path,
            element: o.element,
            count: o.count,
            distinct: o.distinct,
            first_rows: o.first_rows,
            reason: o.reason.into(),
        };
        self.orphans = assembled.orphans.into_iter().map(row).collect();
        assembled.gaps.into_iter().for_each(|gap| self.gap(gap));
    }

    /// Settles the blocks that are surveyed, in their order; with `all`, until none is under way.
    fn settle(&mut self, all: bool) {
        while let Some(Surveyed { block, mut survey }) = self.under_way.pop(all, self.desk) {
            self.take(&block, &mut survey);
            self.spare = Surveyed { block, survey };
        }
    }

    /// Takes a surveyed block to mentions.
    fn take(&mut self, block: &Block, survey: &mut Survey) {
        self.findings.clear();
        self.judge.settle(block, &self.schema, survey, &mut self.findings);
        if let Some(sink) = self.shared.findings {
            let detectors = self.shared.plan.matcher.detectors();
            for finding in &self.findings {
                let cell = &block.cells[finding.cell as usize];
                let place = FindingPlace {
                    row: block.records[cell.record as usize].row,
                    field: &self.schema.get(cell.field).path,
                    bytes: (block.offset + u64::from(finding.start), block.offset + u64::from(finding.end)),
                    detector: &detectors[usize::from(finding.detector)].id,
                    element: finding.element,
                    confidence: finding.confidence,
                    marks: finding.marks,
                };
                sink.finding(&self.object, &place);
            }
        }
        let taken = &self.judge.watch().taken;
        if !taken.is_empty() {
            // A mail header is read whole, so what is not reported must be known there.
            let hushed = taken.iter().map(|f| Finding { marks: f.marks.with(Marks::SUPPRESSED), ..*f });
            self.findings.extend(hushed);
            self.findings.sort_by_key(|f| (f.cell, f.start, f.end, f.detector));
        }
        let out = &mut self.out;
        self.assembler.block(block, &self.schema, &self.findings, &mut |segment, mention| out.push(segment, mention));
    }

    /// Surveys a block or sends it on its way to be surveyed, and takes what is ready.
    fn pass(&mut self, block: &mut Block, lines: Option<&Lines>, schema: &Schema) -> ControlFlow<()> {
        if self.shared.stop.load(Relaxed) {
            self.gap(Gap {
                kind: GapKind::Interrupted,
                offset: Some(block.offset + u64::from(block.owned.start)),
                bytes: None,
                detail: "the run was stopped here; scan again to read it whole".to_string(),
            });
            return ControlFlow::Break(());
        }
        for field in &schema.fields[self.schema.fields.len()..] {
            self.schema.push(field.clone());
        }
        self.blocks += 1;
        // One block alone is not worth the way.
        if self.blocks > 1 && self.under_way.is_open() {
            let free = std::mem::take(&mut self.spare.block);
            self.under_way.push(std::mem::replace(block, free), lines, schema, self.desk);
            self.settle(false);
        } else {
            let mut survey = std::mem::take(&mut self.spare.survey);
            self.desk.survey(self.id, block, lines, schema, &mut survey);
            self.take(block, &mut survey);
            self.spare.survey = survey;
        }
        ControlFlow::Continue(())
    }

    fn result(mut self, task: Task<'_>, decoded: Option<Decoded>) -> ObjectResult {
        if self.gaps_dropped > 0
            && let Some(last) = self.gaps.last_mut()
        {
            last.detail = format!("{} (and {} more gaps in this object)", last.detail, self.gaps_dropped);
        }
        let status = match &decoded {
            None => Status::Failed,
            Some(d) if d.skipped => Status::Skipped,
            Some(d) if (d.read_error && d.bytes_decoded == 0) || d.unread => Status::Failed,
            Some(_) if self.gaps.is_empty() => Status::Complete,
            Some(_) => Status::Partial,
        };
        let d = decoded.unwrap_or_default();
        let object = ObjectRow {
            id: task.id,
            object: self.object,
            source: task.source.uri().to_string(),
            run: task.run,
            valid_from: task.run,
            valid_to: None,
            content_hash: d.content_hash,
            format: d.format,
            dialect: d.dialect,
            status,
            gaps: self.gaps,
            bytes_read: d.bytes_read,
            bytes_decoded: d.bytes_decoded,
            records: d.records,
            records_rejected: d.records_rejected,
            listed_at: task.listed_at,
            read_at: (self.shared.now)(),
            policy: self.shared.plan.policy.clone(),
        };
        if let Some(findings) = self.shared.findings {
            findings.object(&object);
        }
        ObjectResult { object, fields: self.fields, orphans: self.orphans }
    }
}

impl BlockSink for ObjectSink<'_, '_> {
    fn block(&mut self, block: &mut Block, schema: &Schema) -> ControlFlow<()> {
        self.pass(block, None, schema)
    }

    fn lines(&mut self, block: &mut Block, lines: &Lines, schema: &Schema) -> ControlFlow<()> {
        self.pass(block, Some(lines), schema)
    }

    fn digits(&self, field: &Field) -> Option<u8> {
        self.shared.plan.matcher.digits(field)
    }

    fn gap(&mut self, gap: Gap) {
        if self.gaps.len() < GAPS_MAX {
            self.gaps.push(gap);
        } else {
            self.gaps_dropped += 1;
        }
    }
}
