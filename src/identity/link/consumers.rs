//! The table of consumers.

use super::alone::{self, elements};
use super::edges::Reason;
use super::mention::{FORMS, Mention};
use super::names::ShortName;
use super::replay::{PRINT, print};
use super::rows::{Stream, id_of, merged};
use super::{Joined, Spills, unpack_id};
use crate::model::element::ElementSet;
use crate::model::mention::{Population, Residence, ResidenceBasis, TokenValue};
use crate::model::rows::{ConsumerRow, RowSink};
use crate::model::shared::SharedText;
use crate::spill::{Put, Sorted, Sorter, Take};
use std::collections::HashMap;
use std::io;

/// Residences of a consumer that are kept beside the best.
const REJECTED_MAX: usize = 4;
const RESIDENCE: usize = 6;
/// What a mention says of its group.
pub const PART: usize = 8 + 8 + 3 + RESIDENCE + 4 + 8 + 8 * FORMS.len() + PART_END;
/// What a part ends with: the name and birth date, the mention's ordinal and print.
pub const PART_END: usize = ShortName::KEY_BYTES + 4 + 8 + PRINT;
/// The population of a mention that does not say.
const UNSAID: u8 = u8::MAX;

/// Where a mention stands, whatever the numbers of objects: the first ordinal of its object, its own, and the print of the
/// object's URI.
pub struct Place<'a> {
    pub object: u64,
    pub ordinal: u64,
    pub uri: &'a [u8; PRINT],
}

/// What a mention says of its group: `group, object, population, named, (place of residence and its day), records,
/// elements, name, birth date, mention`.
pub fn part(mention: &Mention, group: u64, place: &Place, certain: bool) -> [u8; PART] {
    let number = unpack_id(mention.id).number.to_be_bytes();
    // Only what is certainly of a person says what kind of person it is.
    let population = if certain { mention.population as u8 } else { UNSAID };
    let said = mention.said();
    let record = Put::default().u64(group).u64(place.object).u8(population);
    let record = record.u8(u8::from(mention.is_named())).u8(u8::from(said.residence.is_some()));
    let record = match said.residence {
        Some(r) => record.bytes(&r.country).bytes(&r.state).u16(r.basis as u16),
        None => record.bytes(&[0; RESIDENCE]),
    };
    let record = record.u32(said.event_day.map_or(0, |d| d.wrapping_sub(i32::MIN) as u32)).u64(said.count);
    let record = record.u64s(&said.elements.map(|set| set.0)).bytes(&mention.key).u32(mention.birth_date());
    record.u64(place.ordinal).bytes(&print(&[b"mention", place.uri, &number])).done()
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
        let record = record.u64s(&self.elements).u8(places.len() as u8);
        let mut residences = [0; (1 + REJECTED_MAX) * RESIDENCE];
        for (to, (place, basis)) in residences.chunks_exact_mut(RESIDENCE).zip(&places) {
            to.copy_from_slice(&Put::<RESIDENCE>::default().bytes(place).u16(*basis).done());
        }
        let record = record.bytes(&residences);
        let record = record.u64(self.mentions).u64(self.records).u64(self.objects);
        match cluster {
            Some((least, reason)) => record.u8(1).bytes(&least.0).u8(*reason as u8).done(),
            None => record.done(),
        }
    }
}

/// Writes the consumers of groups and those of one mention. Says how many consumers and clusters there are.
pub fn write_consumers(
    parts: &Sorted<PART>,
    alone: &Sorted<{ alone::CONSUMER }>,
    ids: &Sorted<24>,
    clusters: &HashMap<u64, (TokenValue, Reason)>,
    sink: &mut RowSink<'_, ConsumerRow>,
    spills: &Spills,
) -> io::Result<(u64, u64)> {
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
    let reasons = [Reason::Name, Reason::Dob, Reason::Primary].map(|r| SharedText::from(r.code()));
    let none = SharedText::from("");
    let rows = rows.sorted()?;
    let keyed = |row: ConsumerRow| Ok((row.id, row));
    let streams: [Stream<TokenValue, ConsumerRow>; 2] = [
        Box::new(rows.iter()?.map(|record| keyed(consumer(&record?, &reasons, &none)))),
        Box::new(alone.iter()?.map(|record| keyed(alone::consumer(&record?, &none)))),
    ];
    let (mut consumers, mut found) = (0, 0);
    merged(streams, |row| {
        consumers += 1;
        found += u64::from(row.cluster == Some(row.id));
        sink.push(row)
    })?;
    Ok((consumers, found))
}

fn consumer(record: &[u8; CONSUMER], reasons: &[SharedText; 3], none: &SharedText) -> ConsumerRow {
    let mut take = Take::new(record);
    let id = TokenValue(take.bytes());
    let (population, named) = (Population::ALL[usize::from(take.u8())], take.u8() == 1);
    let elements = elements(std::array::from_fn(|_| ElementSet(take.u64())));
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
