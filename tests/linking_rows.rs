//! The rows that linking writes, against what follows from who is who: the groups are taken from the memberships, the rest
//! is worked out here, row by row and without a sort.

use super::linking::*;
use rollcall::model::detector::Class;
use rollcall::model::element::{Element, Form};
use rollcall::model::mention::{MentionElement, Population, Residence, ResidenceBasis, Token, TokenValue};
use rollcall::model::rows::*;
use rollcall::model::shared::SharedText;
use std::collections::{BTreeMap, BTreeSet};

/// Consumers that one token may name.
const HOLDERS_MAX: usize = 64;

/// People of several systems whose records say much, many of whom share something, and as many nothing.
fn world(seed: u64, people: u64) -> Vec<LinkMention> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let firsts = ["ann", "robert", "bob", "carl", "dora", "emil", "maria", "chris", "j"];
    let lasts = ["lee", "smith", "voss", "garcia", "nguyen"];
    let mut mentions = Vec::new();
    for p in 0..people {
        let who = name(firsts[rng.usize(0..firsts.len())], lasts[rng.usize(0..lasts.len())]);
        for _ in 0..rng.usize(1..4).saturating_sub(rng.usize(0..2)).max(1) {
            let mut tokens = Vec::new();
            let mut add = |chance: u8, token: Token| (rng.u8(0..100) < chance).then(|| tokens.push(token));
            add(40, customer(&p.to_string()));
            add(50, email(&p.to_string()));
            add(50, phone(&(p / 2).to_string()));
            add(10, ssn(&(p / 3).to_string()));
            add(60, dob(&(p % 3 * (p % 7)).to_string()));
            add(20, key(&(p / 2).to_string()));
            add(50, token(Element::Zip, Class::None, &(p % 40).to_string()));
            add(40, token(Element::Address, Class::Tertiary, &(p / 2).to_string()));
            add(20, token(Element::IpAddress, Class::None, &p.to_string()));
            tokens
                .iter_mut()
                .filter(|t| t.kind == Element::RecordKey)
                .for_each(|t| t.namespace = SharedText::from("order"));
            let mut new = mention(mentions.len() as u64, if rng.u8(0..4) > 0 { who } else { nameless() }, &tokens);
            new.id.object = 1 + rng.u64(0..5);
            new.main = rng.u8(0..5) > 0;
            new.population = Population::ALL[rng.usize(0..9) % 6 * rng.usize(0..2)];
            new.count = rng.u64(1..9);
            new.event_day = rng.bool().then(|| rng.i32(-9..9));
            new.residence = rng.bool().then(|| Residence {
                country: *b"US",
                state: [b"CA", b"NV", b"OR"][rng.usize(0..3)].to_owned(),
                basis: ResidenceBasis::ALL[rng.usize(0..4)],
            });
            let form = |rng: &mut fastrand::Rng| if rng.u8(0..4) > 0 { Form::Clear } else { Form::Hashed };
            let elements = [Element::Ssn, Element::Email, Element::Password, Element::Pan, Element::Dob];
            let said: BTreeSet<_> = (0..rng.usize(0..5))
                .map(|_| MentionElement { element: elements[rng.usize(0..5)], form: form(&mut rng) })
                .collect();
            new.elements = said.into_iter().collect();
            mentions.push(new);
        }
    }
    mentions
}

/// Mentions that are certainly or likely a consumer's, with the certainty.
type Own<'a> = Vec<(&'a LinkMention, Certainty)>;

fn population(own: &Own) -> Population {
    let votes = |p: &Population| own.iter().filter(|(m, c)| *c == Certainty::Certain && m.population == *p).count();
    let people = Population::ALL.into_iter().filter(|p| *p != Population::Test);
    let most = people.rev().max_by_key(votes).unwrap();
    if votes(&most) > 0 { most } else { Population::Test }
}

/// The best residence, then the others.
fn residences(own: &Own) -> Vec<Residence> {
    let mut latest: BTreeMap<(ResidenceBasis, [u8; 4]), Option<i32>> = BTreeMap::new();
    for (m, _) in own {
        let Some(r) = m.residence else { continue };
        let place = [r.country[0], r.country[1], r.state[0], r.state[1]];
        let day = latest.entry((r.basis, place)).or_default();
        *day = m.event_day.max(*day);
    }
    let mut all: Vec<_> =
        latest.into_iter().map(|((basis, place), day)| (basis, std::cmp::Reverse(day), place)).collect();
    all.sort();
    let mut seen = BTreeSet::new();
    all.retain(|(_, _, place)| seen.insert(*place));
    let residence =
        |(basis, _, p): (ResidenceBasis, _, [u8; 4])| Residence { country: [p[0], p[1]], state: [p[2], p[3]], basis };
    all.into_iter().map(residence).collect()
}

fn consumer(id: TokenValue, own: &Own, written: &ConsumerRow) -> ConsumerRow {
    let elements: BTreeSet<_> = own.iter().flat_map(|(m, _)| m.elements.clone()).collect();
    let mut residences = residences(own);
    let residence = (!residences.is_empty()).then(|| residences.remove(0));
    ConsumerRow {
        id,
        population: population(own),
        elements: elements.into_iter().collect(),
        named: own.iter().any(|(m, _)| !m.name.is_empty()),
        residence,
        residence_rejected: residences,
        mentions: own.len() as u64,
        records: own.iter().map(|(m, _)| m.count).sum(),
        objects: own.iter().map(|(m, _)| m.id.object).collect::<BTreeSet<_>>().len() as u64,
        cluster: written.cluster,
        cluster_reason: written.cluster_reason.clone(),
    }
}

/// The mentions of a consumer that hold a token, as they hold it.
type Holding<'a> = Vec<(&'a LinkMention, &'a Token)>;

/// Who holds each token; a postal code names nobody.
fn holders<'a>(people: &BTreeMap<TokenValue, Own<'a>>) -> BTreeMap<TokenValue, BTreeMap<TokenValue, Holding<'a>>> {
    let mut holders: BTreeMap<TokenValue, BTreeMap<TokenValue, Holding>> = BTreeMap::new();
    for (id, own) in people {
        for (m, token) in own.iter().flat_map(|(m, _)| m.tokens.iter().map(move |t| (*m, t))) {
            if token.kind != Element::Zip {
                holders.entry(token.value).or_default().entry(*id).or_default().push((m, token));
            }
        }
    }
    holders
}

#[test]
fn rows_say_what_their_mentions_say() {
    let mut lonely = 0;
    for seed in 0..30 {
        let mentions = world(seed, 30 + seed * 20);
        let by_id: BTreeMap<MentionId, &LinkMention> = mentions.iter().map(|m| (m.id, m)).collect();
        for memory in [0, 1 << 14, 1 << 24] {
            let (d, _) = run(mentions.clone(), memory);
            let mut people: BTreeMap<TokenValue, Own> = BTreeMap::new();
            for m in d.memberships.iter().filter(|m| m.certainty != Certainty::Possible) {
                people.entry(m.consumer).or_default().push((by_id[&m.mention], m.certainty));
            }
            lonely += people.values().filter(|own| own.len() == 1).count();
            let consumers: Vec<_> = d.consumers.iter().map(|row| consumer(row.id, &people[&row.id], row)).collect();
            assert_eq!(d.consumers, consumers, "seed {seed}, memory {memory}");
            assert_eq!(d.consumers.len(), people.len());
            let hubs: BTreeMap<_, _> = d.identifiers.iter().filter(|i| i.hub).map(|i| (i.token, i.names)).collect();
            let mut own: BTreeMap<TokenValue, TokenValue> = BTreeMap::new();
            let mut rows = Vec::new();
            for (token, held) in holders(&people) {
                let all: Vec<_> = held.values().flatten().collect();
                let class = all.iter().map(|(_, t)| t.class).min().unwrap();
                let names: BTreeSet<_> = all.iter().map(|(m, _)| m.name).filter(|n| !n.is_empty()).collect();
                let hub = hubs.contains_key(&token);
                let row = |consumer, mentions: usize| IdentifierRow {
                    token,
                    kind: all[0].1.kind,
                    namespace: all[0].1.namespace.clone(),
                    class,
                    consumer,
                    names: hubs.get(&token).copied().unwrap_or(names.len() as u32),
                    hub,
                    mentions: mentions as u64,
                };
                if hub || held.len() > HOLDERS_MAX {
                    rows.push(row(None, all.len()));
                    continue;
                }
                rows.extend(held.iter().map(|(id, of)| row(Some(*id), of.len())));
                let identifies =
                    matches!(class, Class::Primary | Class::Tertiary) && all[0].1.kind != Element::RecordKey;
                if held.len() == 1 && identifies {
                    own.entry(*held.keys().next().unwrap()).or_insert(token);
                }
            }
            assert_eq!(d.identifiers, rows, "seed {seed}, memory {memory}");
            for (id, least) in own {
                assert_eq!(id, least, "seed {seed}, memory {memory}: the least token of one's own is the id");
            }
        }
    }
    assert!(lonely > 1000, "{lonely} consumers of one mention");
}
