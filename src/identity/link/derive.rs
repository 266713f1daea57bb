//! The derived tables: consumers with their ids, memberships, identifiers, merges.
//!
//! A consumer's id is the least token that only it holds. Where it holds none alone (a household's shared address), the
//! id is made of the least shared token and the name; where it holds none at all, of the object's URI and the mention's
//! number in it.

use super::attach::ASSIGNED;
use super::components::Components;
use super::edges::{CONFLICT, EDGE, Edge, HUB, Reason, birth_date};
use super::names::ShortName;
use super::replay::{Mentions, PRINT, print};
use super::{Joined, Spills, TERTIARY_RANK, pack, unpack};
use crate::model::detector::Class;
use crate::model::element::{Element, ElementSet, Form};
use crate::model::mention::{MentionElement, Population, Residence, ResidenceBasis, TokenValue};
use crate::model::rows::{Certainty, ConsumerRow, DerivedSink, IdentifierRow, LinkMention, LinkRow, MembershipRow};
use crate::spill::{Put, Sorted, Sorter, Take};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;

/// Consumers that one token may name; a token held by more names nobody.
const HOLDERS_MAX: usize = 64;
/// Residences of a consumer that are kept beside the best.
const REJECTED_MAX: usize = 4;
const FORMS: [Form; 5] = [Form::Clear, Form::Truncated, Form::Hashed, Form::Encrypted, Form::Tokenised];

const PART: usize = 8 + 8 + 3 + RESIDENCE + 4 + 8 + 8 * FORMS.len() + ShortName::KEY_BYTES + 4 + 8 + PRINT;
const RESIDENCE: usize = 6;
const HELD: usize = 16 + 8 + 4 + ShortName::KEY_BYTES;
const NAMED: usize = 8 + 1 + 16 + 1 + 1 + 2 + 4 + 1 + 8;
const MEMBER: usize = 8 + 8 + 1;
const MERGE: usize = 8 + 8 + 8 + 16 + 1;
const IDENTIFIER: usize = 16 + 1 + 16 + 1 + 1 + 2 + 4 + 1 + 8;
/// The population of a mention that does not say.
const UNSAID: u8 = u8::MAX;
/// The group of a row that no consumer has.
const NOBODY: u64 = u64::MAX;

/// What was derived.
pub struct Derived {
    pub consumers: u64,
    pub clusters: u64,
}

/// Derives and writes everything.
pub fn derive(
    all: Mentions,
    assigned: &Sorted<ASSIGNED>,
    edges: &Sorted<EDGE>,
    apart: Sorter<CONFLICT>,
    hubs: &Sorted<HUB>,
    sink: &mut dyn DerivedSink,
    spills: &Spills,
) -> io::Result<Derived> {
    let Gathered { parts, held, named, members, namespaces } = gather(&all, assigned, spills)?;
    drop(all);
    let named = holders(&held, named, hubs)?;
    drop(held);
    let ids = ids(&parts, &named, spills)?;
    write_memberships(&members, &ids, sink)?;
    drop(members);
    write_identifiers(&named, &ids, &namespaces, sink, spills)?;
    drop(named);
    write_links(edges, assigned, &ids, sink, spills)?;
    let clusters = clusters(apart, assigned, &ids, spills)?;
    write_consumers(&parts, &ids, &clusters, sink, spills)
}

struct Gathered {
    /// What each mention says of its group.
    parts: Sorted<PART>,
    /// Tokens that may have several holders, and the groups that hold them.
    held: Sorted<HELD>,
    /// The rows of the other tokens, which name their only holder.
    named: Sorter<NAMED>,
    /// Mentions by group.
    members: Sorted<MEMBER>,
    /// The operator's namespaces, by number.
    namespaces: Vec<Arc<str>>,
}

fn gather(all: &Mentions, assigned: &Sorted<ASSIGNED>, spills: &Spills) -> io::Result<Gathered> {
    let mut parts = Sorter::<PART>::new(spills.dir, spills.memory / 4);
    let mut held = Sorter::<HELD>::new(spills.dir, spills.memory / 4);
    let mut named = Sorter::<NAMED>::new(spills.dir, spills.memory / 4);
    let mut members = Sorter::<MEMBER>::new(spills.dir, spills.memory / 8);
    let mut namespaces: Vec<Arc<str>> = vec![Arc::from("")];
    let mut joined = Joined::<ASSIGNED, 8>::new(assigned)?;
    let mut ordinal = 0u64;
    all.each_with_object(&mut |mention, object, uri| {
        let id = pack(mention.id)?;
        let place = Place { object, ordinal, print: print(&[b"mention", uri, &mention.id.number.to_be_bytes()]) };
        joined.each(&ordinal.to_be_bytes(), |record| {
            let mut take = Take::new(&record[8..]);
            let (certainty, group) = (take.u8(), take.u64());
            members.push(Put::default().u64(group).u64(id).u8(certainty).done())?;
            if certainty == Certainty::Possible as u8 {
                return Ok(());
            }
            parts.push(part(mention, group, &place, certainty == Certainty::Certain as u8))?;
            let name = ShortName::new(&mention.name);
            // A postal code names nobody.
            for token in mention.tokens.iter().filter(|t| t.kind != Element::Zip) {
                let namespace = match namespaces.iter().position(|n| *n == token.namespace) {
                    Some(at) => at,
                    None => {
                        namespaces.push(token.namespace.clone());
                        namespaces.len() - 1
                    }
                };
                let namespace =
                    u16::try_from(namespace).map_err(|_| io::Error::other("more than 65,535 namespaces"))?;
                let (kind, class) = (token.kind as u8, token.class as u8);
                let value = token.value.0;
                if all.repeats().may_repeat(&value) {
                    let record = Put::default().bytes(&value).u64(group).u8(kind).u8(class);
                    held.push(name.put_key(record.u16(namespace)).done())?;
                } else {
                    let token = Held { value, kind, class, namespace, names: u32::from(!name.is_empty()), hub: false };
                    named.push(token.named(group, false, 1))?;
                }
            }
            Ok(())
        })?;
        ordinal += 1;
        Ok(())
    })?;
    Ok(Gathered { parts: parts.sorted()?, held: held.sorted()?, named, members: members.sorted()?, namespaces })
}

/// Where a mention stands, whatever the numbers of objects: the first ordinal of its object, its own, and the print of the
/// object's URI and the mention's number.
struct Place {
    object: u64,
    ordinal: u64,
    print: [u8; PRINT],
}

/// What a mention says of its group: `group, object, population, named, (place of residence and its day), records,
/// elements, name, birth date, mention`.
fn part(mention: &LinkMention, group: u64, place: &Place, certain: bool) -> [u8; PART] {
    // Only what is certainly of a person says what kind of person it is.
    let population = if certain { mention.population as u8 } else { UNSAID };
    let record = Put::default().u64(group).u64(place.object).u8(population);
    let record = record.u8(u8::from(!mention.name.is_empty())).u8(u8::from(mention.residence.is_some()));
    let record = match mention.residence {
        Some(r) => record.bytes(&r.country).bytes(&r.state).u16(r.basis as u16),
        None => record.bytes(&[0; RESIDENCE]),
    };
    let record = record.u32(mention.event_day.map_or(0, |d| d.wrapping_sub(i32::MIN) as u32)).u64(mention.count);
    let record = FORMS.iter().fold(record, |record, form| {
        let of_form: ElementSet = mention.elements.iter().filter(|e| e.form == *form).map(|e| e.element).collect();
        record.u64(of_form.0)
    });
    let record = ShortName::new(&mention.name).put_key(record).u32(birth_date(mention));
    record.u64(place.ordinal).bytes(&place.print).done()
}

/// What is known of a token, whoever holds it.
struct Held {
    value: [u8; 16],
    kind: u8,
    class: u8,
    namespace: u16,
    names: u32,
    hub: bool,
}

/// How good a token is for a consumer's id: its own, one it shares, one that identifies nobody.
const OWN: u8 = 0;
const SHARED: u8 = 1;
const UNFIT: u8 = 2;

impl Held {
    /// The row that says how many mentions of a group hold the token.
    fn named(&self, group: u64, shared: bool, mentions: u64) -> [u8; NAMED] {
        // A birth date is nobody's own, and an order's key is the order's.
        let identifies = self.class == Class::Primary as u8 || self.class == Class::Tertiary as u8;
        let fitness = match identifies && self.kind != Element::RecordKey as u8 {
            true if shared => SHARED,
            true => OWN,
            false => UNFIT,
        };
        let record = Put::default().u64(group).u8(fitness).bytes(&self.value).u8(self.kind).u8(self.class);
        record.u16(self.namespace).u32(self.names).u8(u8::from(self.hub)).u64(mentions).done()
    }
}

/// From tokens and their groups: the rows that name consumers by token, by group, the token that is fittest for the
/// group's id first.
fn holders(held: &Sorted<HELD>, mut named: Sorter<NAMED>, hubs: &Sorted<HUB>) -> io::Result<Sorted<NAMED>> {
    struct Token {
        value: [u8; 16],
        kind: u8,
        class: u8,
        namespace: u16,
        groups: Vec<(u64, u64)>,
        holders: u64,
        mentions: u64,
        names: Vec<[u8; ShortName::KEY_BYTES]>,
    }
    let mut hubs = Joined::<HUB, 16>::new(hubs)?;
    let mut close = |token: Token| -> io::Result<()> {
        let hub = hubs.first(&token.value)?;
        let names = match &hub {
            Some(hub) => Take::new(&hub[17..]).u32(),
            None => token.names.len() as u32,
        };
        let Token { value, kind, class, namespace, .. } = token;
        let row = Held { value, kind, class, namespace, names, hub: hub.is_some() };
        if row.hub || token.holders > HOLDERS_MAX as u64 {
            return named.push(row.named(NOBODY, true, token.mentions));
        }
        for (group, mentions) in &token.groups {
            named.push(row.named(*group, token.holders > 1, *mentions))?;
        }
        Ok(())
    };
    let mut open: Option<Token> = None;
    for record in held.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let (value, group) = (take.bytes(), take.u64());
        let (kind, class, namespace) = (take.u8(), take.u8(), take.u16());
        let name = take.bytes();
        if open.as_ref().is_some_and(|t| t.value != value) {
            open.take().map_or(Ok(()), &mut close)?;
        }
        let token = open.get_or_insert_with(|| Token {
            value,
            kind,
            class,
            namespace,
            groups: Vec::new(),
            holders: 0,
            mentions: 0,
            names: Vec::new(),
        });
        token.class = token.class.min(class);
        token.mentions += 1;
        if name != [0; ShortName::KEY_BYTES] && token.names.len() < HOLDERS_MAX && !token.names.contains(&name) {
            token.names.push(name);
        }
        match token.groups.last_mut() {
            Some((last, mentions)) if *last == group => *mentions += 1,
            _ => {
                token.holders += 1;
                if token.groups.len() <= HOLDERS_MAX {
                    token.groups.push((group, 1));
                }
            }
        }
    }
    open.take().map_or(Ok(()), &mut close)?;
    named.sorted()
}

/// The id of each group: `(group, id)`.
fn ids(parts: &Sorted<PART>, named: &Sorted<NAMED>, spills: &Spills) -> io::Result<Sorted<24>> {
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
        let mut take = Take::new(&record[PART - ShortName::KEY_BYTES - 12 - PRINT..]);
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
    let mut ids = Sorter::<24>::new(spills.dir, spills.memory / 4);
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

fn id_of(ids: &mut Joined<'_, 24, 8>, group: u64) -> io::Result<TokenValue> {
    let record = ids.first(&group.to_be_bytes())?.ok_or_else(|| io::Error::other("linking lost a consumer"))?;
    Ok(TokenValue(Take::new(&record[8..]).bytes()))
}

fn write_memberships(members: &Sorted<MEMBER>, ids: &Sorted<24>, sink: &mut dyn DerivedSink) -> io::Result<()> {
    let mut ids = Joined::new(ids)?;
    for record in members.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let (group, mention, certainty) = (take.u64(), take.u64(), take.u8());
        let certainty = Certainty::ALL[usize::from(certainty)];
        sink.membership(MembershipRow { mention: unpack(mention), consumer: id_of(&mut ids, group)?, certainty })?;
    }
    Ok(())
}

fn write_identifiers(
    named: &Sorted<NAMED>,
    ids: &Sorted<24>,
    namespaces: &[Arc<str>],
    sink: &mut dyn DerivedSink,
    spills: &Spills,
) -> io::Result<()> {
    let mut ids = Joined::new(ids)?;
    let mut rows = Sorter::<IDENTIFIER>::new(spills.dir, spills.memory / 2);
    for record in named.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let (group, _fitness, token) = (take.u64(), take.u8(), take.bytes::<16>());
        let consumer = if group == NOBODY { TokenValue::default() } else { id_of(&mut ids, group)? };
        let row = Put::default().bytes(&token).u8(u8::from(group != NOBODY)).bytes(&consumer.0);
        rows.push(row.bytes(&take.bytes::<17>()).done())?;
    }
    const CLASSES: [Class; 4] = [Class::Primary, Class::Secondary, Class::Tertiary, Class::None];
    for record in rows.sorted()?.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let (token, held, consumer) = (TokenValue(take.bytes()), take.u8() == 1, TokenValue(take.bytes()));
        sink.identifier(IdentifierRow {
            token,
            consumer: held.then_some(consumer),
            kind: Element::ALL[usize::from(take.u8())],
            class: CLASSES[usize::from(take.u8())],
            namespace: namespaces[usize::from(take.u16())].clone(),
            names: take.u32(),
            hub: take.u8() == 1,
            mentions: take.u64(),
        })?;
    }
    Ok(())
}

/// One row for every mention that an edge joined to an earlier one: its strongest edge.
fn write_links(
    edges: &Sorted<EDGE>,
    assigned: &Sorted<ASSIGNED>,
    ids: &Sorted<24>,
    sink: &mut dyn DerivedSink,
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
    let (primary, tertiary): (Arc<str>, Arc<str>) = (Arc::from("primary"), Arc::from("tertiary_name"));
    let mut ids = Joined::new(ids)?;
    for record in merges.sorted()?.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let consumer = id_of(&mut ids, take.u64())?;
        let (left, right, token) = (unpack(take.u64()), unpack(take.u64()), TokenValue(take.bytes()));
        let rule = if take.u8() < TERTIARY_RANK { primary.clone() } else { tertiary.clone() };
        sink.link(LinkRow { consumer, left, right, token, rule })?;
    }
    Ok(())
}

/// The clusters, by group: the least id among the cluster's consumers, and the reason. Conflicts are few beside people;
/// this is the one map of linking that is held in memory.
fn clusters(
    apart: Sorter<CONFLICT>,
    assigned: &Sorted<ASSIGNED>,
    ids: &Sorted<24>,
    spills: &Spills,
) -> io::Result<HashMap<u64, (TokenValue, Reason)>> {
    let mut by_right = Sorter::<CONFLICT>::new(spills.dir, spills.memory / 8);
    let mut groups = Joined::<ASSIGNED, 8>::new(assigned)?;
    for record in apart.sorted()?.iter()? {
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

const CONSUMER: usize = 16 + 1 + 1 + 8 * FORMS.len() + 1 + (1 + REJECTED_MAX) * RESIDENCE + 24 + 1 + 16 + 1;

/// One consumer as its parts come in.
struct Person {
    group: u64,
    populations: [u64; Population::ALL.len()],
    named: bool,
    elements: [u64; FORMS.len()],
    /// Basis, latest day (complemented, so that the latest is least), place: the least is the best.
    residences: Vec<(u16, u32, [u8; 4])>,
    mentions: u64,
    records: u64,
    objects: u64,
    object: Option<u64>,
}

impl Person {
    fn new(group: u64) -> Person {
        Person {
            group,
            populations: Default::default(),
            named: false,
            elements: Default::default(),
            residences: Vec::new(),
            mentions: 0,
            records: 0,
            objects: 0,
            object: None,
        }
    }

    fn add(&mut self, take: &mut Take<'_>) {
        let object = take.u64();
        if let Some(votes) = self.populations.get_mut(usize::from(take.u8())) {
            *votes += 1;
        }
        self.named |= take.u8() == 1;
        let resides = take.u8() == 1;
        let (place, basis, day) = (take.bytes::<4>(), take.u16(), take.u32());
        if resides {
            match self.residences.iter().position(|(b, _, p)| *b == basis && *p == place) {
                Some(at) => self.residences[at].1 = self.residences[at].1.min(!day),
                None if self.residences.len() < 4 * REJECTED_MAX => self.residences.push((basis, !day, place)),
                None => {}
            }
        }
        self.mentions += 1;
        self.records += take.u64();
        self.elements.iter_mut().for_each(|bits| *bits |= take.u64());
        if self.object.replace(object) != Some(object) {
            self.objects += 1;
        }
    }

    /// The kind that most mentions are of; test data only where every mention is.
    fn population(&self) -> Population {
        let test = Population::Test as usize;
        let most =
            (0..self.populations.len()).filter(|p| *p != test).max_by_key(|p| (self.populations[*p], usize::MAX - p));
        match most {
            Some(p) if self.populations[p] > 0 => Population::ALL[p],
            _ => Population::Test,
        }
    }

    fn pack(mut self, id: TokenValue, cluster: Option<&(TokenValue, Reason)>) -> [u8; CONSUMER] {
        self.residences.sort_unstable();
        let mut places: Vec<([u8; 4], u16)> = Vec::new();
        for (basis, _, place) in &self.residences {
            if places.iter().all(|(p, _)| p != place) {
                places.push((*place, *basis));
            }
        }
        places.truncate(1 + REJECTED_MAX);
        let record = Put::default().bytes(&id.0).u8(self.population() as u8).u8(u8::from(self.named));
        let record = self.elements.iter().fold(record, |record, bits| record.u64(*bits)).u8(places.len() as u8);
        let record = (0..1 + REJECTED_MAX).fold(record, |record, i| {
            let (place, basis) = places.get(i).copied().unwrap_or_default();
            record.bytes(&place).u16(basis)
        });
        let record = record.u64(self.mentions).u64(self.records).u64(self.objects);
        match cluster {
            Some((least, reason)) => record.u8(1).bytes(&least.0).u8(*reason as u8).done(),
            None => record.done(),
        }
    }
}

fn write_consumers(
    parts: &Sorted<PART>,
    ids: &Sorted<24>,
    clusters: &HashMap<u64, (TokenValue, Reason)>,
    sink: &mut dyn DerivedSink,
    spills: &Spills,
) -> io::Result<Derived> {
    let mut ids = Joined::new(ids)?;
    let mut rows = Sorter::<CONSUMER>::new(spills.dir, spills.memory / 2);
    let mut close = |person: Person| -> io::Result<()> {
        let id = id_of(&mut ids, person.group)?;
        let cluster = clusters.get(&person.group);
        rows.push(person.pack(id, cluster))
    };
    let mut open: Option<Person> = None;
    for record in parts.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let group = take.u64();
        if open.as_ref().is_some_and(|p| p.group != group) {
            open.take().map_or(Ok(()), &mut close)?;
        }
        open.get_or_insert_with(|| Person::new(group)).add(&mut take);
    }
    open.take().map_or(Ok(()), &mut close)?;
    let reasons = [Reason::Name, Reason::Dob, Reason::Primary].map(|r| Arc::<str>::from(r.code()));
    let none = Arc::<str>::from("");
    let mut derived = Derived { consumers: 0, clusters: 0 };
    for record in rows.sorted()?.iter()? {
        let record = record?;
        let row = consumer(&record, &reasons, &none);
        derived.consumers += 1;
        derived.clusters += u64::from(row.cluster == Some(row.id));
        sink.consumer(row)?;
    }
    Ok(derived)
}

fn consumer(record: &[u8; CONSUMER], reasons: &[Arc<str>; 3], none: &Arc<str>) -> ConsumerRow {
    let mut take = Take::new(record);
    let id = TokenValue(take.bytes());
    let (population, named) = (Population::ALL[usize::from(take.u8())], take.u8() == 1);
    let mut elements = Vec::new();
    for form in FORMS {
        elements.extend(ElementSet(take.u64()).iter().map(|element| MentionElement { element, form }));
    }
    elements.sort_unstable();
    let places = usize::from(take.u8());
    let mut residences: Vec<Residence> = (0..1 + REJECTED_MAX)
        .map(|_| {
            let (country, state) = (take.bytes(), take.bytes());
            Residence { country, state, basis: ResidenceBasis::ALL[usize::from(take.u16())] }
        })
        .collect();
    residences.truncate(places);
    let (mentions, records, objects) = (take.u64(), take.u64(), take.u64());
    let clustered = take.u8() == 1;
    let (least, reason) = (TokenValue(take.bytes()), usize::from(take.u8()));
    let residence = if residences.is_empty() { None } else { Some(residences.remove(0)) };
    ConsumerRow {
        id,
        population,
        elements,
        named,
        residence,
        residence_rejected: residences,
        mentions,
        records,
        objects,
        cluster: clustered.then_some(least),
        cluster_reason: if clustered { reasons[reason].clone() } else { none.clone() },
    }
}
