//! Where one person's data lies: from identifiers to every place.

use super::request::nothing_matches;
use crate::model::element::Element;
use crate::model::mention::{MentionElements, MentionRows, Population, Residence, Role, TokenValue};
use crate::model::object::Status;
use crate::model::rows::{Certainty, MentionId, Tables};
use crate::model::shared::SharedText;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// People who are followed; a shared value may have more holders, which are counted.
const HOLDERS_MAX: usize = 1000;
/// Places that are listed; more are counted.
const LOCATIONS_MAX: usize = 500_000;
/// Other members of clusters that are listed.
const RELATED_MAX: usize = 1000;

/// A person who holds an identifier that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The consumer.
    pub id: TokenValue,
    /// The kinds of identifier the person was found by.
    pub by: Vec<Element>,
    /// The kind of person.
    pub population: Population,
    /// Where the person lives.
    pub residence: Option<Residence>,
    /// Elements over all live mentions.
    pub elements: MentionElements,
    /// Objects the person is in, as the inventory counts them.
    pub objects: u64,
    /// Records of the person, as the inventory counts them.
    pub records: u64,
    /// The cluster of people that may be one.
    pub cluster: Option<TokenValue>,
    /// Why the cluster stays apart.
    pub cluster_reason: SharedText,
    /// Other members of the cluster, at most a thousand over all holders.
    pub related: Vec<TokenValue>,
}

/// One place of one person's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The person: an index into [`WhoSummary::holders`].
    pub holder: usize,
    /// The object.
    pub uri: String,
    /// How the object's reading ended.
    pub status: Status,
    /// The path at which the records stand, or empty.
    pub path: SharedText,
    /// The records, as runs of rows.
    pub rows: MentionRows,
    /// The person's part in them.
    pub role: Role,
    /// What they say of the person.
    pub elements: MentionElements,
    /// How sure it is that they are of the person.
    pub certainty: Certainty,
    /// How many records.
    pub records: u64,
}

/// Who holds the identifiers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhoSummary {
    /// The holders, in order of id.
    pub holders: Vec<Holder>,
    /// Holders past the most that are followed.
    pub holders_more: u64,
    /// Identifiers that were asked for.
    pub asked: u64,
    /// Of these, how many the inventory has.
    pub known: u64,
    /// Of these, how many are shared by too many to say whose they are.
    pub hubs: u64,
    /// Places.
    pub locations: u64,
    /// Places past the most that are listed.
    pub locations_more: u64,
}

/// What takes the answer: the people first, then every place, in order of URI and row.
pub trait WhoSink {
    /// The people, and how many places follow.
    fn holders(&mut self, summary: &WhoSummary) -> io::Result<()>;
    /// A place.
    fn location(&mut self, summary: &WhoSummary, location: &Location) -> io::Result<()>;
}

/// Finds the people who hold any of the identifiers, and every place of their data. Identifiers that the inventory does
/// not have at all are an error of [`is_nothing_matches`](super::request::is_nothing_matches).
pub fn who(tables: &dyn Tables, tokens: &[TokenValue], out: &mut dyn WhoSink) -> io::Result<WhoSummary> {
    let asked: BTreeSet<TokenValue> = tokens.iter().copied().collect();
    let mut summary = WhoSummary { asked: asked.len() as u64, ..WhoSummary::default() };
    let mut found: BTreeMap<TokenValue, Vec<Element>> = BTreeMap::new();
    let mut known = BTreeSet::new();
    let mut hubs = BTreeSet::new();
    let mut more = 0;
    tables.identifiers(&mut |row| {
        if !asked.contains(&row.token) {
            return Ok(());
        }
        known.insert(row.token);
        if row.hub {
            hubs.insert(row.token);
        }
        let Some(consumer) = row.consumer else { return Ok(()) };
        if found.len() == HOLDERS_MAX && !found.contains_key(&consumer) {
            more += 1;
            return Ok(());
        }
        let kinds = found.entry(consumer).or_default();
        if !kinds.contains(&row.kind) {
            kinds.push(row.kind);
        }
        Ok(())
    })?;
    if known.is_empty() {
        return Err(nothing_matches("no object of the inventory holds any of these identifiers"));
    }
    summary.known = known.len() as u64;
    summary.hubs = hubs.len() as u64;
    summary.holders_more = more;
    summary.holders = holders(tables, found)?;
    let locations = locations(tables, &mut summary)?;
    out.holders(&summary)?;
    for location in &locations {
        out.location(&summary, location)?;
    }
    Ok(summary)
}

fn holders(tables: &dyn Tables, mut found: BTreeMap<TokenValue, Vec<Element>>) -> io::Result<Vec<Holder>> {
    let mut holders = Vec::new();
    tables.consumers(&mut |row| {
        if let Some(mut by) = found.remove(&row.id) {
            by.sort_unstable();
            holders.push(Holder {
                id: row.id,
                by,
                population: row.population,
                residence: row.residence,
                elements: row.elements,
                objects: row.objects,
                records: row.records,
                cluster: row.cluster,
                cluster_reason: row.cluster_reason,
                related: Vec::new(),
            });
        }
        Ok(())
    })?;
    // The rest have identifiers and memberships; that no row describes them is no ground to drop them.
    for (id, by) in found {
        holders.push(Holder {
            id,
            by,
            population: Population::default(),
            residence: None,
            elements: MentionElements::new(),
            objects: 0,
            records: 0,
            cluster: None,
            cluster_reason: SharedText::from(""),
            related: Vec::new(),
        });
    }
    holders.sort_by_key(|h| h.id);
    if holders.iter().any(|h| h.cluster.is_some()) {
        let mut room = RELATED_MAX;
        tables.consumers(&mut |row| {
            let Some(cluster) = row.cluster else { return Ok(()) };
            for holder in holders.iter_mut().filter(|h| h.cluster == Some(cluster) && h.id != row.id) {
                if room > 0 {
                    room -= 1;
                    holder.related.push(row.id);
                }
            }
            Ok(())
        })?;
    }
    Ok(holders)
}

fn locations(tables: &dyn Tables, summary: &mut WhoSummary) -> io::Result<Vec<Location>> {
    let index: BTreeMap<TokenValue, usize> = summary.holders.iter().enumerate().map(|(i, h)| (h.id, i)).collect();
    let mut wanted: BTreeMap<MentionId, Vec<(usize, Certainty)>> = BTreeMap::new();
    let mut taken = 0;
    let mut more = 0;
    tables.memberships(None, &mut |row| {
        let Some(&holder) = index.get(&row.consumer) else { return Ok(()) };
        if taken == LOCATIONS_MAX {
            more += 1;
            return Ok(());
        }
        let places = wanted.entry(row.mention).or_default();
        match places.iter_mut().find(|(h, _)| *h == holder) {
            Some((_, certainty)) => *certainty = row.certainty.min(*certainty),
            None => {
                places.push((holder, row.certainty));
                taken += 1;
            }
        }
        Ok(())
    })?;
    summary.locations_more = more;

    let objects: BTreeSet<u64> = wanted.keys().map(|id| id.object).collect();
    let mut uris: BTreeMap<u64, (String, Status)> = BTreeMap::new();
    tables.objects(false, &mut |row| {
        if objects.contains(&row.id) {
            uris.insert(row.id, (row.object.uri, row.status));
        }
        Ok(())
    })?;
    let mut found: Vec<(Location, u64)> = Vec::new();
    tables.mentions(Some(&objects), &mut |row| {
        let Some(places) = wanted.get(&MentionId { object: row.object, number: row.number }) else { return Ok(()) };
        let Some((uri, status)) = uris.get(&row.object) else { return Ok(()) };
        for &(holder, certainty) in places {
            let location = Location {
                holder,
                uri: uri.clone(),
                status: *status,
                path: row.mention.path.clone(),
                rows: row.mention.rows.clone(),
                role: row.mention.role,
                elements: row.mention.elements.clone(),
                certainty,
                records: row.mention.count,
            };
            found.push((location, row.number));
        }
        Ok(())
    })?;
    found.sort_by(|(a, a_number), (b, b_number)| {
        (&a.uri, a.rows.first(), a_number, a.holder).cmp(&(&b.uri, b.rows.first(), b_number, b.holder))
    });
    summary.locations = found.len() as u64;
    Ok(found.into_iter().map(|(location, _)| location).collect())
}
