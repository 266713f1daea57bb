//! Links against the truth: pairs of mentions that belong to one person, and how many people there are.

use super::findings::{Names, rate};
use super::truth;
use crate::model::mention::{Population, Role};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;

/// A mention: which record, which role, whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    file: u32,
    row: u64,
    role: Role,
    who: u32,
}

/// Pairs of mentions, by who says that they are one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PairCounts {
    /// Both the truth and the scan.
    pub both: u64,
    /// The truth.
    pub truth: u64,
    /// The scan.
    pub predicted: u64,
}

/// Counts pairs from the labels of each mention, (truth, predicted): the sum of n(n-1)/2 over the cells of the
/// contingency table and over its two margins. Linear in the number of mentions.
pub fn pair_counts(labels: impl IntoIterator<Item = (u32, u32)>) -> PairCounts {
    let mut cells: HashMap<(u32, u32), u64> = HashMap::new();
    for label in labels {
        *cells.entry(label).or_default() += 1;
    }
    let (mut rows, mut columns): (HashMap<u32, u64>, HashMap<u32, u64>) = (HashMap::new(), HashMap::new());
    for (&(truth, predicted), &n) in &cells {
        *rows.entry(truth).or_default() += n;
        *columns.entry(predicted).or_default() += n;
    }
    let pairs = |n: &u64| n * (n.max(&1) - 1) / 2;
    PairCounts {
        both: cells.values().map(pairs).sum(),
        truth: rows.values().map(pairs).sum(),
        predicted: columns.values().map(pairs).sum(),
    }
}

/// The score of the links of a scan.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LinkScores {
    /// Mentions of people in the truth.
    pub mentions: u64,
    /// Of those, the ones the scan has a mention for.
    pub matched: u64,
    /// Mentions of the scan that are in no truth.
    pub extra: u64,
    /// Pairs among the matched mentions.
    pub pairs: PairCounts,
    /// Pairs that are right, of those the scan made.
    pub precision: f64,
    /// Pairs that the scan made, of those that are right, among matched mentions.
    pub recall: f64,
    /// The same among all mentions of the truth: one that was never seen is linked to nothing.
    pub recall_of_all: f64,
    /// People of the truth that the scan has as several consumers.
    pub split: u64,
    /// Consumers of the scan that are several people of the truth.
    pub merged: u64,
    /// Customers in the truth.
    pub people: u64,
    /// Customers of whom the scan has any mention.
    pub people_seen: u64,
    /// Consumers of the scan whose population is consumer.
    pub consumers: u64,
    /// `(consumers - people) / people`.
    pub headcount_error: f64,
}

/// Takes what the truth and the scan say of who is in which record, in any order, and compares them.
#[derive(Default)]
pub struct LinkScorer {
    files: Names,
    people: Names,
    truth: Vec<Seen>,
    consumers: HashMap<u128, u32>,
    counted: HashSet<u128>,
    predicted: Vec<Seen>,
}

impl LinkScorer {
    /// A scorer that knows nothing yet.
    pub fn new() -> LinkScorer {
        LinkScorer::default()
    }

    /// A scorer that knows a `links.csv.gz`.
    ///
    /// # Errors
    /// The file cannot be read or is not of the form.
    pub fn read(path: &Path) -> io::Result<LinkScorer> {
        let mut scorer = LinkScorer::new();
        for line in truth::links(path)? {
            let line = line?;
            scorer.truth(&line.consumer, line.role, &line.file, line.row);
        }
        Ok(scorer)
    }

    /// The truth has this person in this record. Customers are `p…`, staff `e…`; others (`o…`) are not people.
    pub fn truth(&mut self, consumer: &str, role: Role, file: &str, row: u64) {
        let (file, who) = (self.files.id(file), self.people.id(consumer));
        self.truth.push(Seen { file, row, role, who });
    }

    /// The scan has this consumer in this record.
    pub fn predicted(&mut self, consumer: u128, population: Population, role: Role, file: &str, row: u64) {
        let next = self.consumers.len() as u32;
        let who = *self.consumers.entry(consumer).or_insert(next);
        if population == Population::Consumer {
            self.counted.insert(consumer);
        }
        let file = self.files.id(file);
        self.predicted.push(Seen { file, row, role, who });
    }

    /// The score.
    pub fn finish(mut self) -> LinkScores {
        for side in [&mut self.truth, &mut self.predicted] {
            side.sort_unstable();
            side.dedup();
        }
        let is_person = |who: u32| self.people.name(who).starts_with(['p', 'e']);
        let is_customer = |who: u32| self.people.name(who).starts_with('p');
        let mut scores = LinkScores::default();
        // Every mention of a person with its two labels; the unmatched have a label of their own on the scan's side.
        let (mut labels, mut alone) = (Vec::with_capacity(self.truth.len()), Vec::new());
        let mut rest = &self.predicted[..];
        for record in self.truth.chunk_by(|a, b| (a.file, a.row) == (b.file, b.row)) {
            let place = (record[0].file, record[0].row);
            let before = rest.partition_point(|p| (p.file, p.row) < place);
            scores.extra += before as u64;
            let (here, after) = rest[before..].split_at(rest[before..].partition_point(|p| (p.file, p.row) == place));
            rest = after;
            let partners = partners(record, here);
            scores.extra += (here.len() - partners.iter().flatten().count()) as u64;
            for (seen, partner) in record.iter().zip(&partners) {
                if !is_person(seen.who) {
                    continue;
                }
                scores.mentions += 1;
                match partner {
                    Some(predicted) => labels.push((seen.who, *predicted)),
                    None => alone.push(seen.who),
                }
            }
        }
        scores.extra += rest.len() as u64;
        scores.matched = labels.len() as u64;
        scores.pairs = pair_counts(labels.iter().copied());
        scores.precision = rate(scores.pairs.both, scores.pairs.predicted);
        scores.recall = rate(scores.pairs.both, scores.pairs.truth);
        let all = pair_counts(labels.iter().map(|l| l.0).chain(alone).map(|who| (who, 0)));
        scores.recall_of_all = rate(scores.pairs.both, all.truth);

        let customers: HashSet<u32> = self.truth.iter().map(|t| t.who).filter(|w| is_customer(*w)).collect();
        scores.people = customers.len() as u64;
        scores.people_seen =
            labels.iter().map(|l| l.0).filter(|w| is_customer(*w)).collect::<HashSet<_>>().len() as u64;
        scores.consumers = self.counted.len() as u64;
        let difference = scores.consumers as f64 - scores.people as f64;
        scores.headcount_error = if scores.people == 0 { 0.0 } else { difference / scores.people as f64 };
        labels.sort_unstable();
        labels.dedup();
        scores.split = several(labels.iter().map(|l| l.0));
        scores.merged = several(labels.iter().map(|l| l.1));
        scores
    }
}

/// How many labels come more than once.
fn several(labels: impl Iterator<Item = u32>) -> u64 {
    let mut counts: HashMap<u32, u32> = HashMap::new();
    labels.for_each(|label| *counts.entry(label).or_default() += 1);
    counts.values().filter(|n| **n > 1).count() as u64
}

/// Which consumer of the scan stands for each mention of a record: the one in the same role; else in a role that means
/// the same; else, where either side has a single mention, that one. A record holds a handful of mentions.
fn partners(truth: &[Seen], predicted: &[Seen]) -> Vec<Option<u32>> {
    let mut partner: Vec<Option<u32>> = vec![None; truth.len()];
    let mut used = vec![false; predicted.len()];
    let alone = truth.len() == 1 || predicted.len() == 1;
    let rules: [fn(Role, Role) -> bool; 3] = [|a, b| a == b, |a, b| folded(a) == folded(b), |_, _| true];
    for rule in rules.into_iter().take(if alone { 3 } else { 2 }) {
        for (seen, partner) in truth.iter().zip(&mut partner).filter(|(_, p)| p.is_none()) {
            let free = (predicted.iter().zip(&mut used)).find(|(p, used)| !**used && rule(seen.role, p.role));
            if let Some((found, used)) = free {
                *used = true;
                *partner = Some(found.who);
            }
        }
    }
    partner
}

/// Roles that a record may use for the same person: a buyer is the subject of a row that has no other, and a sender of
/// one's own domain is an agent.
fn folded(role: Role) -> Role {
    match role {
        Role::Buyer => Role::Subject,
        Role::Agent => Role::Sender,
        other => other,
    }
}
