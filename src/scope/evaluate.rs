//! Who is affected by a leak: the whole way from objects to headcounts.

use super::answer::{ConsumerSink, LeakGap};
use super::join::{People, join};
use super::member::{read_member, with_consumers};
use super::request::{ScopeRequest, nothing_matches};
use super::summary::{LeakCounts, OrphanCount, Summary, Unlinked};
use super::tally::{Merged, Tally};
use crate::model::element::{Element, Form};
use crate::model::object::Status;
use crate::model::rows::{ObjectRow, Tables};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

/// Answers a leak: rows go to `out` as they are made, numbers come back. `tmp` is a folder for sorted runs and `memory`
/// the bytes they may hold in memory, about. A leak that matches no object is an error of
/// [`is_nothing_matches`](super::request::is_nothing_matches).
pub fn evaluate(
    tables: &dyn Tables,
    request: &ScopeRequest,
    out: &mut dyn ConsumerSink,
    tmp: &Path,
    memory: usize,
) -> io::Result<Summary> {
    let leaked: BTreeSet<u64> = request.leaked.iter().copied().collect();
    let mut counts = LeakCounts::default();
    let gaps = leaked_objects(tables, &leaked, request, &mut counts)?;
    if counts.objects == counts.not_in_inventory && request.unscanned.is_empty() {
        return Err(nothing_matches(
            "the leak matches no object of the inventory: check the paths, or scan them first",
        ));
    }
    let mut gap_counts: BTreeMap<(&'static str, String), u64> = BTreeMap::new();
    for gap in &gaps {
        *gap_counts.entry((gap.status, gap.kind.clone())).or_default() += 1;
        out.gap(gap)?;
    }

    let mut unlinked = Unlinked::default();
    let joined = join(tables, &leaked, request.key_exposed, (tmp, memory), &mut counts, &mut unlinked)?;
    let (members, reasons) = with_consumers(tables, People::new(&joined)?, tmp, memory / 2)?;
    drop(joined);

    let mut tally = Tally::new(&request.laws);
    let mut merged: Option<Merged> = None;
    for record in members.iter()? {
        let (key, first_pass, member) = read_member(&record?, &reasons);
        if merged.as_ref().is_some_and(|m| m.cluster() != key)
            && let Some(done) = merged.take()
        {
            tally.end_cluster(done);
        }
        if first_pass {
            merged.get_or_insert_with(|| Merged::new(key)).add(&member);
        } else {
            tally.member(&member, merged.as_mut().filter(|_| member.cluster.is_some()), out)?;
        }
    }
    if let Some(done) = merged {
        tally.end_cluster(done);
    }
    let orphans = orphans(tables, &leaked)?;
    Ok(tally.finish(request, counts, gap_counts, orphans, unlinked))
}

/// Counts the leaked objects and collects what of them is not in the answer. The list is as long as the leaked objects
/// that were not read whole, which are held as a set anyway.
fn leaked_objects(
    tables: &dyn Tables,
    leaked: &BTreeSet<u64>,
    request: &ScopeRequest,
    counts: &mut LeakCounts,
) -> io::Result<Vec<LeakGap>> {
    let mut gaps = Vec::new();
    let mut missing = leaked.clone();
    tables.objects(true, &mut |row| {
        if missing.remove(&row.id) {
            count_object(&row, counts, &mut gaps);
        }
        Ok(())
    })?;
    let whole = |uri: String, status, detail: String| LeakGap {
        uri,
        status,
        kind: String::new(),
        offset: None,
        bytes: None,
        detail,
    };
    counts.not_in_inventory = missing.len() as u64;
    for id in missing {
        let detail = "the inventory has no object of this number".to_string();
        gaps.push(whole(format!("#{id}"), "NOT_IN_INVENTORY", detail));
    }
    let unscanned: BTreeSet<_> = request.unscanned.iter().collect();
    counts.unscanned = unscanned.len() as u64;
    for object in unscanned {
        gaps.push(whole(object.uri.clone(), "UNSCANNED", object.detail.clone()));
    }
    counts.objects = leaked.len() as u64 + counts.unscanned;
    gaps.sort();
    Ok(gaps)
}

fn count_object(row: &ObjectRow, counts: &mut LeakCounts, gaps: &mut Vec<LeakGap>) {
    let gap = |status, kind: &str, offset, bytes, detail: &str| LeakGap {
        uri: row.object.uri.clone(),
        status,
        kind: kind.to_string(),
        offset,
        bytes,
        detail: detail.to_string(),
    };
    if row.valid_to.is_some() {
        counts.retired += 1;
        gaps.push(gap("RETIRED", "", None, None, "this version was retired; its people are not in the answer"));
        return;
    }
    counts.bytes_read += row.bytes_read;
    counts.records += row.records;
    match row.status {
        Status::Complete => counts.complete += 1,
        Status::Partial => counts.partial += 1,
        Status::Skipped => counts.skipped += 1,
        Status::Failed => counts.failed += 1,
    }
    for g in &row.gaps {
        gaps.push(gap(row.status.code(), g.kind.code(), g.offset, g.bytes, &g.detail));
    }
    if row.gaps.is_empty() && row.status != Status::Complete {
        gaps.push(gap(row.status.code(), "", None, None, "no reason was stored"));
    }
}

fn orphans(tables: &dyn Tables, leaked: &BTreeSet<u64>) -> io::Result<Vec<OrphanCount>> {
    let mut counts: BTreeMap<(Element, Form), (u64, u64, BTreeSet<u64>)> = BTreeMap::new();
    tables.orphans(Some(leaked), &mut |row| {
        let count = counts.entry((row.element.element, row.element.form)).or_default();
        count.0 += row.count;
        count.1 += row.distinct;
        count.2.insert(row.object);
        Ok(())
    })?;
    Ok(counts
        .into_iter()
        .map(|((element, form), (findings, distinct, objects))| OrphanCount {
            element,
            form,
            findings,
            distinct,
            objects: objects.len() as u64,
        })
        .collect())
}
