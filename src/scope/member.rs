//! People with what the inventory knows of them, sorted so that clusters stand together.

use super::facts::Facts;
use super::join::{People, Person, certainty};
use crate::model::mention::{Population, Residence, ResidenceBasis, TokenValue};
use crate::model::rows::{Certainty, ConsumerRow, Tables};
use crate::model::shared::SharedText;
use crate::spill::{Put, Sorted, Sorter, Take};
use std::io;
use std::path::Path;

/// Other places of a person that are carried along.
const OTHERS_MAX: usize = 3;
/// Cluster, pass, id; facts; certainty, population, flags; residence; other places; objects, records; reason.
pub const MEMBER_BYTES: usize = 16 + 1 + 16 + 3 * Facts::BYTES + 3 + 5 + 4 * OTHERS_MAX + 16 + 1;

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
    pub cluster_reason: SharedText,
}

/// Joins people with the inventory's consumers and sorts them by cluster. A clustered person stands twice: once to be
/// joined with the others, before all of them, and once to be answered for.
pub fn with_consumers(
    tables: &dyn Tables,
    mut people: People,
    tmp: &Path,
    memory: usize,
) -> io::Result<(Sorted<MEMBER_BYTES>, Vec<SharedText>)> {
    let mut members = Sorter::<MEMBER_BYTES>::new(tmp, memory);
    let mut reasons: Vec<SharedText> = vec![SharedText::from("")];
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
fn reason_number(reasons: &mut Vec<SharedText>, reason: &SharedText) -> u8 {
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

/// A record's cluster (or the person's own id), whether it is of the first pass, and the person.
pub fn read_member(record: &[u8; MEMBER_BYTES], reasons: &[SharedText]) -> (TokenValue, bool, Member) {
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
