//! The answer to a leak, in numbers. Reports are made from this and from nothing else.

use super::answer::Reason;
use super::dates::{Dates, Due};
use super::facts::Facts;
use super::law::{Comparator, Kind, Services, Substitute};
use crate::model::element::{Element, Form};
use crate::model::mention::Population;
use crate::model::rows::Certainty;
use std::collections::BTreeMap;

/// People by how sure it is; each person is in one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tiers {
    /// Certainly.
    pub certain: u64,
    /// Likely, and not certainly.
    pub likely: u64,
    /// Possibly, and no more.
    pub possible: u64,
}

impl Tiers {
    /// Counts one person.
    pub fn add(&mut self, certainty: Certainty) {
        match certainty {
            Certainty::Certain => self.certain += 1,
            Certainty::Likely => self.likely += 1,
            Certainty::Possible => self.possible += 1,
        }
    }

    /// All of them.
    pub fn total(self) -> u64 {
        self.certain + self.likely + self.possible
    }
}

/// The leak's objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeakCounts {
    /// Objects asked about.
    pub objects: u64,
    /// Read whole.
    pub complete: u64,
    /// Read in part.
    pub partial: u64,
    /// Of a kind that is not read.
    pub skipped: u64,
    /// Not read.
    pub failed: u64,
    /// Retired since: another version is live.
    pub retired: u64,
    /// Not in the inventory.
    pub not_in_inventory: u64,
    /// Could not be scanned.
    pub unscanned: u64,
    /// Bytes read of them.
    pub bytes_read: u64,
    /// Records read in them.
    pub records: u64,
    /// Mentions in them.
    pub mentions: u64,
}

impl LeakCounts {
    /// Objects of which something or everything is not in the answer.
    pub fn not_whole(&self) -> u64 {
        self.objects - self.complete
    }
}

/// Where the people in the leak stand, each in one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// A rule says that the person must be told.
    pub notice: Tiers,
    /// No rule says so for sure, and something is undecided.
    pub review: u64,
    /// No element that triggers a rule leaked.
    pub none: u64,
}

/// People who may be one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clusters {
    /// Clusters with a member in the leak.
    pub clusters: u64,
    /// Their members in the leak.
    pub members: u64,
    /// Counted people if each cluster is one person.
    pub people_fewest: u64,
    /// Counted people if every member is a person of their own.
    pub people_most: u64,
}

/// Whether a duty is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DutyStatus {
    /// It is.
    Owed,
    /// Only if people who are likely, possible or under review count.
    OwedIfReviewCounts,
    /// It is not, unless people of unknown residence live there.
    NotOwedUnlessUnknown,
    /// It is not.
    NotOwed,
    /// An authority says.
    AsDirected,
}

impl DutyStatus {
    /// The word files use.
    pub const fn code(self) -> &'static str {
        match self {
            DutyStatus::Owed => "owed",
            DutyStatus::OwedIfReviewCounts => "owed_if_review_counts",
            DutyStatus::NotOwedUnlessUnknown => "not_owed_unless_unknown",
            DutyStatus::NotOwed => "not_owed",
            DutyStatus::AsDirected => "as_directed",
        }
    }
}

/// One duty under one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// To whom: `residents`, a regulator's code, `credit bureaus`.
    pub who: String,
    /// From how many residents.
    pub comparator: Comparator,
    /// The number that was compared: the upper one.
    pub people: u64,
    /// Whether it is owed.
    pub status: DutyStatus,
    /// By when.
    pub due: Due,
    /// Conditions and notes.
    pub note: String,
}

/// One place and one rule, or a place without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceRow {
    /// The place: `US-CA`, a country, or the rule's own id where it holds in many.
    pub place: String,
    /// The rule; none where none ships.
    pub rule: Option<String>,
    /// What people call the place.
    pub title: String,
    /// The rule's kind.
    pub kind: Option<Kind>,
    /// The statute.
    pub citation: String,
    /// People in the leak who live there.
    pub people: Tiers,
    /// Of these, where the rule holds in many places.
    pub people_by_place: BTreeMap<String, u64>,
    /// People for whom the rule is triggered.
    pub hit: Tiers,
    /// The same by population.
    pub hit_by_population: BTreeMap<Population, u64>,
    /// People for whom it may be.
    pub review: u64,
    /// The number that thresholds use: everyone who is triggered or may be, clusters at their larger count.
    pub upper: u64,
    /// Duties.
    pub duties: Vec<Duty>,
    /// Substitute notice, and whether the class is large enough for it.
    pub substitute: Option<(Substitute, bool)>,
    /// Services owed, and to how many at most.
    pub services: Option<(Services, u64)>,
    /// What counts as a breach.
    pub standard: String,
    /// Whether absence of harm excuses.
    pub harm: String,
    /// What a notice must not say.
    pub notice_must_not: Vec<String>,
    /// Notes, disputed points, points to verify, elements no detector looks for.
    pub notes: Vec<String>,
    /// The date of the rule's facts.
    pub facts_of: String,
    /// Its state of review.
    pub law_review: String,
}

/// People of unknown residence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnknownResidence {
    /// People.
    pub people: Tiers,
    /// Of these, people who would be triggered or under review under some state's rule of notice.
    pub would_trigger: u64,
}

/// A combination of elements and how many people it leaked of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Combination {
    /// The elements.
    pub facts: Facts,
    /// People.
    pub people: u64,
    /// The same by place; `unknown` for unknown residence.
    pub by_place: BTreeMap<String, u64>,
}

/// Elements in leaked objects with no person beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrphanCount {
    /// The element.
    pub element: Element,
    /// Its form.
    pub form: Form,
    /// Findings.
    pub findings: u64,
    /// Distinct values, estimated, summed over objects.
    pub distinct: u64,
    /// Objects they lie in.
    pub objects: u64,
}

/// Mentions in leaked objects that no consumer has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unlinked {
    /// Mentions.
    pub mentions: u64,
    /// Records they stand for.
    pub records: u64,
    /// Mentions by element, forms shown.
    pub elements: BTreeMap<String, u64>,
}

/// Exposure under a rule of liability, for its own file alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Liability {
    /// The rule.
    pub rule: String,
    /// The statute.
    pub citation: String,
    /// People exposed.
    pub exposed: Tiers,
    /// People who may be.
    pub review: u64,
    /// The largest count.
    pub upper: u64,
    /// Dollars for those who are certain, least and most.
    pub certain_usd: (u64, u64),
    /// Dollars at the largest count, least and most.
    pub upper_usd: (u64, u64),
    /// Dollars per what, least and most.
    pub each_usd: (u64, u64),
    /// Per what.
    pub per: String,
    /// When the amounts change next.
    pub next_cpi: String,
    /// Notes, disputed points, points to verify.
    pub notes: Vec<String>,
    /// The date of the rule's facts.
    pub facts_of: String,
    /// Its state of review.
    pub law_review: String,
}

/// The whole answer.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The leak's objects.
    pub leak: LeakCounts,
    /// Counted people in the leak.
    pub people: Tiers,
    /// Consumers in the leak by population, and whether they count.
    pub populations: BTreeMap<Population, (Tiers, bool)>,
    /// Where they stand.
    pub outcomes: Outcomes,
    /// People who may be one.
    pub clusters: Clusters,
    /// Places, in order of code.
    pub places: Vec<PlaceRow>,
    /// People of unknown residence.
    pub unknown: UnknownResidence,
    /// Combinations, the most people first.
    pub combinations: Vec<Combination>,
    /// People in combinations past the most that are kept apart.
    pub combinations_other: u64,
    /// Why people need a decision: people by reason; a person may have several.
    pub reviews: BTreeMap<Reason, u64>,
    /// Orphans.
    pub orphans: Vec<OrphanCount>,
    /// Mentions without a consumer.
    pub unlinked: Unlinked,
    /// Gaps by status and kind.
    pub gaps: BTreeMap<(&'static str, String), u64>,
    /// The dates that were given.
    pub dates: Dates,
    /// Encrypted and tokenised values counted as readable.
    pub key_exposed: bool,
    /// The hash of the rules.
    pub laws_hash: String,
    /// Exposure, for files that were asked for it.
    pub liability: Vec<Liability>,
}
