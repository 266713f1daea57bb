//! Who is affected by a leak: the whole way from objects to headcounts.

use super::answer::{ConsumerSink, LeakGap};
use super::facts::Facts;
use super::join::{People, Person, certainty, join};
use super::request::{ScopeRequest, nothing_matches};
use super::summary::{LeakCounts, OrphanCount, Summary, Unlinked};
use super::tally::{Merged, Tally};
use crate::model::element::{Element, Form};
use crate::model::mention::{Population, Residence, ResidenceBasis, TokenValue};
use crate::model::object::Status;
use crate::model::rows::{Certainty, ConsumerRow, ObjectRow, Tables};
use crate::spill::{Put, Sorted, Sorter, Take};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Other places of a person that are carried along.
const OTHERS_MAX: usize = 3;
/// Cluster, pass, id; facts; certainty, population, flags; residence; other places; objects, records; reason.
const MEMBER_BYTES: usize = 16 + 1 + 16 + 3 * Facts::BYTES + 3 + 5 + 4 * OTHERS_MAX + 16 + 1;

/// A person with what the inventory knows of them.
#[derive(Clone, Debug)]
pub struct Member {
    /// What leaked.
    pub person: Person,
    /// The kind of person.
    pub population: Population,
    /// A name is known, from whatever object.
    pub named: bool,
    /// The inventory has the consumer.
    pub known: bool,
    /// Where the person lives.
    pub residence: Option<Residence>,
    /// Other places that were given.
    pub others: Vec<Residence>,
    /// The cluster.
    pub cluster: Option<TokenValue>,
    /// Why the cluster stays apart.
    pub cluster_reason: Arc<str>,
}

/// Answers a leak: rows go to `out` as they are made, numbers come back. `tmp` is a folder for sorted runs and `memory`
/// the bytes they may hold in memory, about. A leak that matches no object is an error of
/// [`is_nothing_matches`](super::is_nothing_matches).
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

/// Joins people with the inventory's consumers and sorts them by cluster. A clustered person stands twice: once to be
/// joined with the others, before all of them, and once to be answered for.
fn with_consumers(
    tables: &dyn Tables,
    mut people: People,
    tmp: &Path,
    memory: usize,
) -> io::Result<(Sorted<MEMBER_BYTES>, Vec<Arc<str>>)> {
    let mut members = Sorter::<MEMBER_BYTES>::new(tmp, memory);
    let mut reasons: Vec<Arc<str>> = vec![Arc::from("")];
    let mut push = |person: &Person, row: Option<&ConsumerRow>| {
        let reason = row.map_or(0, |row| reason_number(&mut reasons, &row.cluster_reason));
        if row.is_some_and(|row| row.cluster.is_some()) {
            members.push(write_member(0, person, row, reason))?;
        }
        members.push(write_member(1, person, row, reason))
    };
    tables.consumers(&mut |row| {
        while let Some(person) = people.next_up_to(Some(row.id))? {
            push(&person, (person.id == row.id).then_some(&row))?;
        }
        Ok(())
    })?;
    while let Some(person) = people.next_up_to(None)? {
        push(&person, None)?;
    }
    Ok((members.sorted()?, reasons))
}

/// The few reasons there are, by number; past 255 they share the empty one.
fn reason_number(reasons: &mut Vec<Arc<str>>, reason: &Arc<str>) -> u8 {
    let at = reasons.iter().position(|r| r == reason).unwrap_or_else(|| {
        if reasons.len() > usize::from(u8::MAX) {
            return 0;
        }
        reasons.push(reason.clone());
        reasons.len() - 1
    });
    u8::try_from(at).unwrap_or(0)
}

const NAMED: u8 = 1;
const KNOWN: u8 = 2;
const CLUSTERED: u8 = 4;
const RESIDENT: u8 = 8;

fn write_member(pass: u8, person: &Person, row: Option<&ConsumerRow>, reason: u8) -> [u8; MEMBER_BYTES] {
    let cluster = row.and_then(|row| row.cluster);
    let residence = row.and_then(|row| row.residence);
    let mut flags = 0;
    for (flag, set) in [
        (NAMED, row.is_some_and(|row| row.named)),
        (KNOWN, row.is_some()),
        (CLUSTERED, cluster.is_some()),
        (RESIDENT, residence.is_some()),
    ] {
        flags |= if set { flag } else { 0 };
    }
    let mut put = Put::<MEMBER_BYTES>::default().bytes(&cluster.unwrap_or(person.id).0).u8(pass).bytes(&person.id.0);
    for level in person.levels {
        put = put.bytes(&level.to_bytes());
    }
    put = put.u8(person.certainty as u8).u8(row.map_or(Population::Consumer, |r| r.population) as u8).u8(flags);
    let lives = residence.unwrap_or(Residence { country: [0; 2], state: [0; 2], basis: ResidenceBasis::Mailing });
    put = put.bytes(&lives.country).bytes(&lives.state).u8(lives.basis as u8);
    let others = row.map_or(&[][..], |row| &row.residence_rejected[..]);
    for i in 0..OTHERS_MAX {
        let other = others.get(i);
        put = put.bytes(&other.map_or([0; 2], |o| o.country)).bytes(&other.map_or([0; 2], |o| o.state));
    }
    put.u64(person.objects).u64(person.records).u8(reason).done()
}

fn read_member(record: &[u8; MEMBER_BYTES], reasons: &[Arc<str>]) -> (TokenValue, bool, Member) {
    let mut take = Take::new(record);
    let (key, pass, id) = (TokenValue(take.bytes()), take.u8(), TokenValue(take.bytes()));
    let levels = [0; 3].map(|_: u8| Facts::from_bytes(&take.bytes()));
    let (sure, population, flags) = (take.u8(), take.u8(), take.u8());
    let (country, state, basis) = (take.bytes(), take.bytes(), take.u8());
    let basis = ResidenceBasis::ALL.get(usize::from(basis)).copied().unwrap_or(ResidenceBasis::Shipping);
    let mut others = Vec::new();
    for _ in 0..OTHERS_MAX {
        let (country, state) = (take.bytes::<2>(), take.bytes::<2>());
        if country != [0; 2] {
            others.push(Residence { country, state, basis: ResidenceBasis::Shipping });
        }
    }
    let (objects, records, reason) = (take.u64(), take.u64(), take.u8());
    let certainty: Certainty = certainty(sure);
    let member = Member {
        person: Person { id, levels, certainty, objects, records },
        population: Population::ALL.get(usize::from(population)).copied().unwrap_or_default(),
        named: flags & NAMED != 0,
        known: flags & KNOWN != 0,
        residence: (flags & RESIDENT != 0).then_some(Residence { country, state, basis }),
        others,
        cluster: (flags & CLUSTERED != 0).then_some(key),
        cluster_reason: reasons.get(usize::from(reason)).cloned().unwrap_or_default(),
    };
    (key, pass == 0, member)
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
