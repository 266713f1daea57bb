//! Counting: each person's answers, and the numbers that come of them.

use super::answer::{AffectedConsumer, ConsumerSink, Outcome, Reason, ReasonSet, RuleAnswer};
use super::facts::Facts;
use super::judge::judge;
use super::law::{Kind, Laws, Rule};
use super::member::Member;
use super::places::{Places, place};
use super::request::ScopeRequest;
use super::rows::{Row, exposure, place_row};
use super::summary::{
    Clusters, Combination, LeakCounts, OrphanCount, Outcomes, Summary, Tiers, UnknownResidence, Unlinked,
};
use crate::model::mention::{Population, TokenValue};
use crate::model::rows::Certainty;
use std::collections::BTreeMap;
use std::io;

/// Combinations that are kept apart; people in later ones are counted together.
const COMBINATIONS_MAX: usize = 20_000;

/// A cluster as if its members were one person.
pub struct Merged {
    cluster: TokenValue,
    levels: [Facts; 3],
    named: bool,
    counted: u64,
    members: u64,
    /// Members whose own answer counts or may count, by row.
    split: BTreeMap<RowKey, u64>,
    /// Rows in which the merged person counts or may count.
    joined: Vec<RowKey>,
}

impl Merged {
    /// An empty cluster.
    pub fn new(cluster: TokenValue) -> Self {
        Merged {
            cluster,
            levels: Default::default(),
            named: false,
            counted: 0,
            members: 0,
            split: BTreeMap::new(),
            joined: Vec::new(),
        }
    }

    /// Which.
    pub fn cluster(&self) -> TokenValue {
        self.cluster
    }

    /// Joins a member's facts.
    pub fn add(&mut self, member: &Member) {
        self.members += 1;
        if !counts(member.population) {
            return;
        }
        self.counted += 1;
        self.named |= member.named;
        for (level, facts) in self.levels.iter_mut().zip(member.person.levels) {
            *level = level.union(facts);
        }
    }
}

/// Whether people of a population count. Staff, sellers and agents do: the laws protect residents, not customers.
pub fn counts(population: Population) -> bool {
    !matches!(population, Population::Organisation | Population::Test)
}

/// A row of the answer: a place, or a rule that holds in many, and the rule's place in the laws.
type RowKey = (String, Option<usize>);

/// The numbers so far.
pub struct Tally<'a> {
    laws: &'a Laws,
    places: Places,
    rows: BTreeMap<RowKey, Row>,
    people: Tiers,
    populations: BTreeMap<Population, (Tiers, bool)>,
    outcomes: Outcomes,
    clusters: Clusters,
    unknown: UnknownResidence,
    combinations: BTreeMap<Facts, (u64, BTreeMap<String, u64>)>,
    combinations_other: u64,
    reviews: BTreeMap<Reason, u64>,
}

impl<'a> Tally<'a> {
    /// Nothing counted yet.
    pub fn new(laws: &'a Laws) -> Self {
        Tally {
            laws,
            places: Places::new(laws),
            rows: BTreeMap::new(),
            people: Tiers::default(),
            populations: BTreeMap::new(),
            outcomes: Outcomes::default(),
            clusters: Clusters::default(),
            unknown: UnknownResidence::default(),
            combinations: BTreeMap::new(),
            combinations_other: 0,
            reviews: BTreeMap::new(),
        }
    }

    /// Answers for one person, counts them and hands them on. `merged` is the person's cluster, with all its members in.
    pub fn member(
        &mut self,
        member: &Member,
        mut merged: Option<&mut Merged>,
        out: &mut dyn ConsumerSink,
    ) -> io::Result<()> {
        let laws = self.laws;
        let counted = counts(member.population);
        let person = &member.person;
        let lives = place(member.residence);
        let mut reasons = ReasonSet::default();
        if !member.known {
            reasons.insert(Reason::NotInConsumers);
        }
        let mut answers: Vec<RuleAnswer> = Vec::new();
        match &lives {
            None => {
                reasons.insert(Reason::UnknownResidence);
                if counted {
                    self.unknown.people.add(person.certainty);
                    let facts = merged.as_ref().map_or(person.levels[2], |m| m.levels[2]);
                    let named = merged.as_ref().map_or(member.named, |m| m.named);
                    let triggers = |rule: &Rule| judge(rule, facts, named).0 != Outcome::No;
                    self.unknown.would_trigger +=
                        u64::from(laws.rules.iter().any(|r| r.kind == Kind::Notice && triggers(r)));
                }
            }
            Some(lives) => {
                if !self.places.has_duty(laws, lives) {
                    let reasons = one(Reason::NoRule);
                    answers.push(RuleAnswer { rule: lives, liability: false, hit: None, reasons });
                    if counted {
                        let row = self.rows.entry((lives.clone(), None)).or_default();
                        row.people.add(person.certainty);
                        row.review += 1;
                    }
                }
                for &number in self.places.rules(lives) {
                    let rule = &laws.rules[number];
                    let (hit, own) = answer(rule, member);
                    let mut answer =
                        RuleAnswer { rule: &rule.id, liability: rule.kind == Kind::Liability, hit, reasons: own };
                    let key = (if rule.places.len() > 1 { rule.id.clone() } else { lives.clone() }, Some(number));
                    let differs = counted && merged.as_mut().is_some_and(|m| compare(m, rule, &key, outcome(hit, own)));
                    if differs {
                        answer.reasons.insert(Reason::Cluster);
                    }
                    if rule.kind == Kind::Authority && hit.is_some() {
                        answer.reasons.insert(Reason::HighRisk);
                    }
                    if counted {
                        let row = self.rows.entry(key).or_default();
                        count(row, rule, lives, member, hit, own);
                    }
                    answers.push(answer);
                }
            }
        }

        let entry = self.populations.entry(member.population).or_insert((Tiers::default(), counted));
        entry.0.add(person.certainty);
        if counted {
            self.people.add(person.certainty);
            self.outcome(laws, &answers, reasons);
            self.combination(member, lives.as_deref());
            self.clusters.people_most += 1;
            self.clusters.people_fewest += u64::from(merged.is_none());
        }
        out.consumer(&AffectedConsumer {
            id: person.id,
            population: member.population,
            counted,
            certainty: person.certainty,
            residence: member.residence,
            place: lives.clone(),
            other_places: member.others.iter().filter_map(|r| place(Some(*r))).collect(),
            facts: person.levels[2],
            answers: &answers,
            reasons,
            objects: person.objects,
            records: person.records,
            cluster: member.cluster,
            cluster_reason: member.cluster_reason.clone(),
        })
    }

    /// Counts what a cluster adds when it is one person: where no member counts alone and the merged person may, one
    /// more; elsewhere the members by themselves are the larger number.
    pub fn end_cluster(&mut self, merged: Merged) {
        self.clusters.clusters += 1;
        self.clusters.members += merged.members;
        self.clusters.people_fewest += u64::from(merged.counted > 0);
        for key in merged.joined {
            if merged.split.get(&key).copied().unwrap_or(0) == 0
                && let Some(row) = self.rows.get_mut(&key)
            {
                row.review += 1;
            }
        }
    }

    fn outcome(&mut self, laws: &Laws, answers: &[RuleAnswer], person: ReasonSet) {
        let notices = |a: &&RuleAnswer| laws.rules.iter().any(|r| r.id == a.rule && r.kind == Kind::Notice);
        let mut all = person;
        for answer in answers.iter().filter(|a| !a.liability) {
            all = all.union(answer.reasons);
        }
        for reason in all.iter() {
            *self.reviews.entry(reason).or_default() += 1;
        }
        match answers.iter().filter(notices).filter_map(|a| a.hit).min() {
            Some(certainty) => self.outcomes.notice.add(certainty),
            None if !all.is_empty() => self.outcomes.review += 1,
            None => self.outcomes.none += 1,
        }
    }

    fn combination(&mut self, member: &Member, lives: Option<&str>) {
        // What is merely possible shows only for people who are merely possible.
        let level = if member.person.certainty == Certainty::Possible { 2 } else { 1 };
        let facts = member.person.levels[level].combination();
        if self.combinations.len() == COMBINATIONS_MAX && !self.combinations.contains_key(&facts) {
            self.combinations_other += 1;
            return;
        }
        let entry = self.combinations.entry(facts).or_default();
        entry.0 += 1;
        *entry.1.entry(lives.unwrap_or("unknown").to_string()).or_default() += 1;
    }

    /// The whole answer.
    pub fn finish(
        self,
        request: &ScopeRequest,
        leak: LeakCounts,
        gaps: BTreeMap<(&'static str, String), u64>,
        orphans: Vec<OrphanCount>,
        unlinked: Unlinked,
    ) -> Summary {
        let mut places = Vec::new();
        let mut liability = Vec::new();
        for ((place, number), row) in self.rows {
            match number.map(|n| &self.laws.rules[n]) {
                Some(rule) if rule.kind == Kind::Liability => liability.extend(exposure(rule, &row)),
                rule => places.push(place_row(place, rule, row, self.unknown, request)),
            }
        }
        let mut combinations: Vec<Combination> = self
            .combinations
            .into_iter()
            .map(|(facts, (people, by_place))| Combination { facts, people, by_place })
            .collect();
        combinations.sort_by(|a, b| b.people.cmp(&a.people).then(a.facts.cmp(&b.facts)));
        Summary {
            leak,
            people: self.people,
            populations: self.populations,
            outcomes: self.outcomes,
            clusters: self.clusters,
            places,
            unknown: self.unknown,
            combinations,
            combinations_other: self.combinations_other,
            reviews: self.reviews,
            orphans,
            unlinked,
            gaps,
            dates: request.dates.clone(),
            key_exposed: request.key_exposed,
            laws_hash: self.laws.hash.clone(),
            liability,
        }
    }
}

fn one(reason: Reason) -> ReasonSet {
    let mut set = ReasonSet::default();
    set.insert(reason);
    set
}

/// The surest ground on which a rule is triggered, and what is undecided on grounds surer than that.
fn answer(rule: &Rule, member: &Member) -> (Option<Certainty>, ReasonSet) {
    let mut undecided = ReasonSet::default();
    for certainty in Certainty::ALL.into_iter().filter(|c| *c >= member.person.certainty) {
        let (outcome, reasons) = judge(rule, member.person.levels[certainty as usize], member.named);
        match outcome {
            Outcome::Yes => return (Some(certainty), undecided),
            Outcome::Review | Outcome::No => undecided = undecided.union(reasons),
        }
    }
    (None, undecided)
}

fn outcome(hit: Option<Certainty>, reasons: ReasonSet) -> Outcome {
    match hit {
        Some(_) => Outcome::Yes,
        None if reasons.is_empty() => Outcome::No,
        None => Outcome::Review,
    }
}

/// Notes a member's own answer and the merged person's; whether they differ.
fn compare(merged: &mut Merged, rule: &Rule, key: &RowKey, own: Outcome) -> bool {
    let whole = judge(rule, merged.levels[2], merged.named).0;
    if own != Outcome::No {
        *merged.split.entry(key.clone()).or_default() += 1;
    }
    if whole != Outcome::No && !merged.joined.contains(key) {
        merged.joined.push(key.clone());
    }
    whole != own
}

fn count(row: &mut Row, rule: &Rule, lives: &str, member: &Member, hit: Option<Certainty>, own: ReasonSet) {
    row.people.add(member.person.certainty);
    if rule.places.len() > 1 {
        *row.people_by_place.entry(lives.to_string()).or_default() += 1;
    }
    match hit {
        Some(certainty) => {
            row.hit.add(certainty);
            *row.hit_by_population.entry(member.population).or_default() += 1;
        }
        None if !own.is_empty() => row.review += 1,
        None => return,
    }
    let owed = rule.services.as_ref().is_some_and(|s| member.person.levels[2].held() & s.if_any != 0);
    row.services += u64::from(owed);
}
