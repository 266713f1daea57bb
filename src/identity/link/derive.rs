//! The derived tables: consumers with their ids, memberships, identifiers, merges.
//!
//! A consumer's id is the least token that only it holds. Where it holds none alone (a household's shared address), the
//! id is made of the least shared token and the name; where it holds none at all, of the object's URI and the mention's
//! number in it.

use super::alone::{Alone, SingleRows, least_own};
use super::attach::ASSIGNED;
use super::components::Components;
use super::consumers::{PART, PART_END, Place, part, write_consumers};
use super::edges::{CONFLICT, EDGE, Edge, Reason};
use super::holders::{HELD, Held, OWN, SHARED, holders, holding};
use super::hubs::HUB;
use super::identifiers::{NAMED, write_identifiers};
use super::mention::Mention;
use super::names::ShortName;
use super::replay::{Mentions, PRINT, print};
use super::rows::id_of;
use super::{Joined, Spills, TERTIARY_RANK, unpack_id};
use crate::model::element::Element;
use crate::model::mention::TokenValue;
use crate::model::rows::{Certainty, DerivedSinks, LinkRow, MembershipRow, RowSink};
use crate::model::shared::SharedText;
use crate::spill::{Put, Sorted, Sorter, Take};
use std::collections::{BTreeMap, HashMap};
use std::io;

const MEMBER: usize = 8 + 8 + 1;
const MERGE: usize = 8 + 8 + 8 + 16 + 1;

/// What was derived.
pub struct Derived {
    pub consumers: u64,
    pub clusters: u64,
}

/// What the steps before have found.
pub struct Found<'a> {
    /// Whose each mention is.
    pub assigned: &'a Sorted<ASSIGNED>,
    /// What joined mentions.
    pub edges: &'a Sorted<EDGE>,
    /// What keeps people apart.
    pub apart: &'a Sorted<CONFLICT>,
    /// The tokens that link nobody.
    pub hubs: &'a Sorted<HUB>,
}

/// Derives and writes everything.
pub fn derive(
    all: Mentions,
    alone: Alone,
    found: &Found,
    sinks: DerivedSinks<'_>,
    spills: &Spills,
) -> io::Result<Derived> {
    let DerivedSinks { mut memberships, mut consumers, mut identifiers, mut links } = sinks;
    let Found { assigned, edges, apart, hubs } = *found;
    let Alone { shared, mut rows, .. } = alone;
    let crowded = crowded(assigned, apart, spills)?;
    let (mut groups, held, named) = gather(&all, assigned, &crowded, spills)?;
    let (named, of_alone) = holders(&held, &shared, named, hubs, spills)?;
    drop((held, shared));
    let mut ids = Sorter::<24>::new(spills.dir, spills.memory / 4);
    let out = Singles { rows: &mut rows, groups: &mut groups, ids: &mut ids };
    singles(&all, assigned, &crowded, &named, out, &mut memberships)?;
    let namespaces = all.into_namespaces();
    let Groups { parts, members, tokens } = groups;
    let (parts, members, tokens) = (parts.sorted()?, members.sorted()?, tokens.sorted()?);
    let ids = name_groups(&parts, &named, ids, spills)?;
    let (alone, owned) = rows.sorted()?;
    // Identifiers take about as long as all the rest.
    let (written, derived) = rayon::join(
        || write_identifiers([&named, &tokens], &ids, &of_alone, &owned, &namespaces, &mut identifiers, spills),
        || {
            write_memberships(&members, &ids, &mut memberships)?;
            write_links(edges, assigned, &ids, &mut links, spills)?;
            let clusters = clusters(apart, assigned, &ids, spills)?;
            write_consumers(&parts, &alone, &ids, &clusters, &mut consumers, spills)
        },
    );
    written?;
    let (consumers, clusters) = derived?;
    Ok(Derived { consumers, clusters })
}

/// Groups that are more than one mention which is certainly its own, or part of a conflict. Every other group is *single*:
/// what is said of it is what its mention says.
fn crowded(assigned: &Sorted<ASSIGNED>, apart: &Sorted<CONFLICT>, spills: &Spills) -> io::Result<Sorted<8>> {
    let mut crowded = Sorter::<8>::new(spills.dir, spills.memory / 8);
    for record in assigned.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let (ordinal, certainty, group) = (take.u64(), take.u8(), take.u64());
        if ordinal != group || certainty != Certainty::Certain as u8 {
            crowded.push(group.to_be_bytes())?;
        }
    }
    for record in apart.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        crowded.push(take.bytes())?;
        crowded.push(take.bytes())?;
    }
    crowded.sorted()
}

/// What mentions say of their groups, where a group is not single or has no token of its own.
struct Groups {
    /// What each mention says.
    parts: Sorter<PART>,
    /// Mentions by group.
    members: Sorter<MEMBER>,
    /// Tokens of single mentions without an id of their own, which nobody else has.
    tokens: Sorter<NAMED>,
}

impl Groups {
    fn add(&mut self, mention: &Mention, group: u64, place: &Place, certainty: u8) -> io::Result<()> {
        self.members.push(Put::default().u64(group).u64(mention.id).u8(certainty).done())?;
        if certainty == Certainty::Possible as u8 {
            return Ok(());
        }
        self.parts.push(part(mention, group, place, certainty == Certainty::Certain as u8))
    }
}

/// Goes through the mentions with whose they are: the groups but the single ones, all tokens that may have several holders,
/// and the other tokens of groups that are not single.
fn gather(
    all: &Mentions,
    assigned: &Sorted<ASSIGNED>,
    crowded: &Sorted<8>,
    spills: &Spills,
) -> io::Result<(Groups, Sorted<HELD>, Sorter<NAMED>)> {
    let mut groups = Groups {
        parts: Sorter::new(spills.dir, spills.memory / 4),
        members: Sorter::new(spills.dir, spills.memory / 8),
        tokens: Sorter::new(spills.dir, spills.memory / 8),
    };
    let mut held = Sorter::<HELD>::new(spills.dir, spills.memory / 4);
    let mut named = Sorter::<NAMED>::new(spills.dir, spills.memory / 4);
    each_assigned(all, assigned, crowded, &mut |mention, Whose { group, certainty, single, place }| {
        if !single {
            groups.add(mention, group, &place, certainty)?;
        }
        if certainty == Certainty::Possible as u8 {
            return Ok(());
        }
        // A postal code names nobody.
        for token in mention.tokens().filter(|t| t.kind != Element::Zip) {
            if token.repeats {
                held.push(holding(&token, group, &mention.key))?;
            } else if !single {
                named.push(Held::alone(&token, mention.is_named()).named(group, false, 1))?;
            }
        }
        Ok(())
    })?;
    Ok((groups, held.sorted()?, named))
}

/// Whose a mention is.
struct Whose<'a> {
    group: u64,
    certainty: u8,
    /// The group is this mention and nothing else.
    single: bool,
    place: Place<'a>,
}

/// Hands over every mention with each group that it is assigned to.
fn each_assigned(
    all: &Mentions,
    assigned: &Sorted<ASSIGNED>,
    crowded: &Sorted<8>,
    each: &mut dyn FnMut(&Mention, Whose) -> io::Result<()>,
) -> io::Result<()> {
    let mut joined = Joined::<ASSIGNED, 8>::new(assigned)?;
    let mut crowded = Joined::<8, 8>::new(crowded)?;
    let mut ordinal = 0u64;
    all.each_with_object(&mut |mention, object, uri| {
        let key = ordinal.to_be_bytes();
        let crowd = crowded.first(&key)?.is_some();
        joined.each(&key, |record| {
            let mut take = Take::new(&record[8..]);
            let (certainty, group) = (take.u8(), take.u64());
            let single = !crowd && group == ordinal && certainty == Certainty::Certain as u8;
            each(mention, Whose { group, certainty, single, place: Place { object, ordinal, uri } })
        })?;
        ordinal += 1;
        Ok(())
    })
}

/// Where single mentions go.
struct Singles<'a> {
    /// Those that hold a token alone.
    rows: &'a mut SingleRows,
    /// The others.
    groups: &'a mut Groups,
    /// The ids of those of the first that share a token.
    ids: &'a mut Sorter<24>,
}

/// Names the single mentions that hold a token alone, which is no other's id. The others are named with the groups.
fn singles(
    all: &Mentions,
    assigned: &Sorted<ASSIGNED>,
    crowded: &Sorted<8>,
    named: &Sorted<NAMED>,
    out: Singles,
    memberships: &mut RowSink<'_, MembershipRow>,
) -> io::Result<()> {
    let mut named = Joined::<NAMED, 8>::new(named)?;
    each_assigned(all, assigned, crowded, &mut |mention, Whose { group, certainty, single, place }| {
        if !single {
            return Ok(());
        }
        let shared = named.first(&group.to_be_bytes())?;
        let fittest = shared.filter(|record| record[8] == OWN).map(|record| Take::new(&record[9..]).bytes::<16>());
        let Some(id) = least_own(mention).into_iter().chain(fittest).min() else {
            let tokens = mention.tokens().filter(|t| t.kind != Element::Zip && !t.repeats);
            for token in tokens {
                out.groups.tokens.push(Held::alone(&token, mention.is_named()).named(group, false, 1))?;
            }
            return out.groups.add(mention, group, &place, certainty);
        };
        if shared.is_some() {
            out.ids.push(Put::default().u64(group).bytes(&id).done())?;
        }
        out.rows.add(id, mention, memberships)
    })
}

/// The id of each group, `(group, id)`: those of the groups that have parts come to those that are known.
fn name_groups(
    parts: &Sorted<PART>,
    named: &Sorted<NAMED>,
    mut ids: Sorter<24>,
    spills: &Spills,
) -> io::Result<Sorted<24>> {
    let mut found = Sorter::<24>::new(spills.dir, spills.memory / 4);
    let mut named = Joined::<NAMED, 8>::new(named)?;
    type Name = [u8; ShortName::KEY_BYTES + 4];
    type First = (u64, [u8; PRINT]);
    let mut close = |group: u64, name: Name, first: First| -> io::Result<()> {
        let fittest =
            named.first(&group.to_be_bytes())?.map(|record| (record[8], Take::new(&record[9..]).bytes::<16>()));
        let id = match fittest {
            Some((OWN, token)) => token,
            Some((SHARED, token)) => print(&[&token, &name]),
            _ => first.1,
        };
        found.push(Put::default().bytes(&id).u64(group).done())
    };
    let mut open: Option<(u64, Name, First)> = None;
    for record in parts.iter()? {
        let record = record?;
        let group = Take::new(&record).u64();
        let mut take = Take::new(&record[PART - PART_END..]);
        let (name, id) = (take.bytes::<{ ShortName::KEY_BYTES + 4 }>(), (take.u64(), take.bytes()));
        match &mut open {
            Some((g, least, first)) if *g == group => {
                *least = name.min(*least);
                *first = id.min(*first);
            }
            _ => {
                if let Some((g, least, first)) = open {
                    close(g, least, first)?;
                }
                open = Some((group, name, id));
            }
        }
    }
    if let Some((g, least, first)) = open {
        close(g, least, first)?;
    }
    // Two groups of one name and one shared token would have one id; the later ones are told apart by counting.
    let mut last: Option<([u8; 16], u32)> = None;
    for record in found.sorted()?.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let (id, group) = (take.bytes::<16>(), take.u64());
        let again = match last {
            Some((before, n)) if before == id => n + 1,
            _ => 0,
        };
        last = Some((id, again));
        let id = if again == 0 { id } else { print(&[&id, &again.to_be_bytes()]) };
        ids.push(Put::default().u64(group).bytes(&id).done())?;
    }
    ids.sorted()
}

fn write_memberships(
    members: &Sorted<MEMBER>,
    ids: &Sorted<24>,
    sink: &mut RowSink<'_, MembershipRow>,
) -> io::Result<()> {
    let mut ids = Joined::new(ids)?;
    for record in members.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let (group, mention, certainty) = (take.u64(), take.u64(), take.u8());
        let certainty = Certainty::ALL[usize::from(certainty)];
        sink.push(MembershipRow { mention: unpack_id(mention), consumer: id_of(&mut ids, group)?, certainty })?;
    }
    Ok(())
}

/// One row for every mention that an edge joined to an earlier one: its strongest edge.
fn write_links(
    edges: &Sorted<EDGE>,
    assigned: &Sorted<ASSIGNED>,
    ids: &Sorted<24>,
    sink: &mut RowSink<'_, LinkRow>,
    spills: &Spills,
) -> io::Result<()> {
    let mut by_left = Sorter::<{ 8 + MERGE }>::new(spills.dir, spills.memory / 4);
    let mut groups = Joined::<ASSIGNED, 8>::new(assigned)?;
    let mut last = None;
    for record in edges.iter()? {
        let edge = Edge::unpack(&record?);
        if last.replace(edge.right.ordinal) == Some(edge.right.ordinal) {
            continue;
        }
        if let Some(group) = groups.first(&edge.right.ordinal.to_be_bytes())? {
            let record = Put::default().u64(edge.left.ordinal).bytes(&group[9..]).u64(edge.left.id).u64(edge.right.id);
            by_left.push(record.bytes(&edge.token).u8(edge.rank).done())?;
        }
    }
    let mut merges = Sorter::<MERGE>::new(spills.dir, spills.memory / 4);
    let mut groups = Joined::<ASSIGNED, 8>::new(assigned)?;
    for record in by_left.sorted()?.iter()? {
        let record = record?;
        // A component that fell apart may have left the two on different sides.
        let key = Take::new(&record).bytes::<8>();
        if groups.first(&key)?.is_some_and(|group| group[9..] == record[8..16]) {
            merges.push(Take::new(&record[8..]).bytes())?;
        }
    }
    let (primary, tertiary) = (SharedText::from("primary"), SharedText::from("tertiary_name"));
    let mut ids = Joined::new(ids)?;
    for record in merges.sorted()?.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let consumer = id_of(&mut ids, take.u64())?;
        let (left, right, token) = (unpack_id(take.u64()), unpack_id(take.u64()), TokenValue(take.bytes()));
        let rule = if take.u8() < TERTIARY_RANK { primary.clone() } else { tertiary.clone() };
        sink.push(LinkRow { consumer, left, right, token, rule })?;
    }
    Ok(())
}

/// The clusters, by group: the least id among the cluster's consumers, and the reason. Conflicts are few beside people;
/// this is the one map of linking that is held in memory.
fn clusters(
    apart: &Sorted<CONFLICT>,
    assigned: &Sorted<ASSIGNED>,
    ids: &Sorted<24>,
    spills: &Spills,
) -> io::Result<HashMap<u64, (TokenValue, Reason)>> {
    let mut by_right = Sorter::<CONFLICT>::new(spills.dir, spills.memory / 8);
    let mut groups = Joined::<ASSIGNED, 8>::new(assigned)?;
    for record in apart.iter()? {
        let record = record?;
        if let Some(group) = groups.first(&Take::new(&record).bytes())? {
            by_right.push(Put::default().bytes(&record[8..16]).bytes(&group[9..]).u8(record[16]).done())?;
        }
    }
    let mut groups = Joined::<ASSIGNED, 8>::new(assigned)?;
    let mut components = Components::new(spills.dir, spills.memory / 8);
    let mut reasons: BTreeMap<u64, Reason> = BTreeMap::new();
    for record in by_right.sorted()?.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let (right, left, reason) = (take.bytes::<8>(), take.u64(), Reason::from_byte(take.u8()));
        let Some(right) = groups.first(&right)?.map(|g| Take::new(&g[9..]).u64()) else { continue };
        if left == right {
            continue;
        }
        components.edge(left, right)?;
        for group in [left, right] {
            reasons.entry(group).and_modify(|r| *r = reason.min(*r)).or_insert(reason);
        }
    }
    let labels = components.solve()?.sorted()?;
    let mut ids = Joined::new(ids)?;
    let mut least: HashMap<u64, TokenValue> = HashMap::new();
    let mut of_group: Vec<(u64, u64)> = Vec::new();
    let mut label = Joined::<16, 8>::new(&labels)?;
    for group in reasons.keys() {
        let Some(record) = label.first(&group.to_be_bytes())? else { continue };
        let root = Take::new(&record[8..]).u64();
        let id = id_of(&mut ids, *group)?;
        least.entry(root).and_modify(|l| *l = id.min(*l)).or_insert(id);
        of_group.push((*group, root));
    }
    Ok(of_group.into_iter().map(|(group, root)| (group, (least[&root], reasons[&group]))).collect())
}
