//! What a rule of law is, once its trigger file has been read and checked.

use super::facts::Bits;
use super::terms::Limb;
use jiff::civil::Date;

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// People must be told.
    Notice,
    /// An authority must be told; whether people must be is a judgement.
    Authority,
    /// Nobody must be told; it is exposure to claims, and stays out of every report that was not asked for it.
    Liability,
}

impl Kind {
    /// The word trigger files and reports use.
    pub const fn code(self) -> &'static str {
        match self {
            Kind::Notice => "notice",
            Kind::Authority => "authority",
            Kind::Liability => "liability",
        }
    }
}

/// Whose encryption takes an element out of the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enc {
    /// An element counts when either it or the name is readable.
    Either,
    /// Only the element's own form matters.
    Element,
    /// Both must be readable.
    Both,
}

/// What serves as the name beside an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameIs {
    /// First name or initial, and last name.
    Name,
    /// Anything that identifies the person.
    AnyIdentifier,
}

/// Where a clock starts, or what a duty waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The breach was discovered, or the entity was told of it.
    Discovery,
    /// It was determined that there was a breach.
    Determination,
    /// The entity became aware of it.
    Awareness,
    /// Residents were told.
    ResidentNotice,
    /// Not later than residents are told.
    WithResidents,
    /// Before residents are told.
    BeforeResidents,
}

/// How a number of people is compared with a rule's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    /// Any number above zero.
    Any,
    /// At least this many.
    AtLeast(u64),
    /// More than this many.
    MoreThan(u64),
    /// An authority says.
    AsDirected,
}

impl Comparator {
    /// Whether a number of people meets it; nobody meets nothing.
    pub const fn met(self, people: u64) -> bool {
        match self {
            Comparator::Any => people > 0,
            Comparator::AtLeast(n) => people >= n && people > 0,
            Comparator::MoreThan(n) => people > n,
            Comparator::AsDirected => false,
        }
    }
}

impl std::fmt::Display for Comparator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Comparator::Any => f.write_str("any"),
            Comparator::AtLeast(n) => write!(f, "{n} or more"),
            Comparator::MoreThan(n) => write!(f, "more than {n}"),
            Comparator::AsDirected => f.write_str("as directed"),
        }
    }
}

/// A clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Calendar days; none for "without unreasonable delay".
    pub days: Option<u32>,
    /// Hours; none where days count.
    pub hours: Option<u32>,
    /// Where it starts.
    pub from: Option<Start>,
    /// The first day on which this clock holds; before it there was no fixed limit.
    pub effective: Option<Date>,
    /// What may delay it.
    pub delay: String,
}

/// An authority that must be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regulator {
    /// Its code, such as `CA_AG`.
    pub who: String,
    /// Start how many residents.
    pub comparator: Comparator,
    /// By when.
    pub clock: Clock,
    /// For whom alone, or empty.
    pub only_if: String,
    /// What else to know.
    pub note: String,
}

/// When the credit bureaus must be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bureaus {
    /// Start how many residents.
    pub comparator: Comparator,
    /// What else to know.
    pub note: String,
}

/// When notice may be given by other means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substitute {
    /// Above this cost, in dollars.
    pub cost_usd: Option<u64>,
    /// Above this many people.
    pub class_gt: Option<u64>,
    /// Without enough contact data.
    pub no_contact: bool,
    /// Days that a notice stays on the web site.
    pub web_days: Option<u32>,
}

/// Services owed to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Services {
    /// For how many months.
    pub months: u32,
    /// Where any of these leaked.
    pub if_any: Bits,
    /// The words of `if_any`.
    pub words: Vec<String>,
    /// Only where this holds, or empty.
    pub only_if: String,
    /// What else to know.
    pub note: String,
}

/// Statutory damages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damages {
    /// The least, in dollars.
    pub min: u64,
    /// The most, in dollars.
    pub max: u64,
    /// The least before indexing.
    pub base_min: u64,
    /// The most before indexing.
    pub base_max: u64,
    /// Per what.
    pub per: String,
    /// When the index changes next.
    pub next_cpi: String,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id, such as `US-CA`.
    pub id: String,
    /// The file it was read from.
    pub file: String,
    /// What people call it.
    pub title: String,
    /// What it is about.
    pub kind: Kind,
    /// The statute.
    pub citation: String,
    /// Since when it has been in force as written here, where that matters.
    pub effective: Option<Date>,
    /// The date of its facts.
    pub facts_of: Date,
    /// When it was written down.
    pub compiled: Date,
    /// Where its people live: `US-CA`, or a country's code.
    pub places: Vec<String>,
    /// What counts as a breach.
    pub standard: String,
    /// Whose encryption matters.
    pub enc: Enc,
    /// Whether and how absence of harm excuses; never decided here.
    pub harm: String,
    /// What serves as the name.
    pub name_is: NameIs,
    /// Any personal data triggers it.
    pub any_personal_data: bool,
    /// Whom it binds, where not everyone.
    pub applies_to: Vec<String>,
    /// Elements that trigger it beside a name.
    pub with_name: Limb,
    /// Elements that trigger it by themselves.
    pub alone: Limb,
    /// What a notice must not say.
    pub notice_must_not: Vec<String>,
    /// What else to know.
    pub notes: Vec<String>,
    /// Where its facts come from.
    pub sources: Vec<String>,
    /// Points on which published tables differ.
    pub disputed: Vec<String>,
    /// Points still to be checked against the text.
    pub verify: Vec<String>,
    /// Its state of review.
    pub review: String,
    /// By when residents must be told.
    pub resident: Clock,
    /// Authorities.
    pub regulators: Vec<Regulator>,
    /// Credit bureaus.
    pub bureaus: Option<Bureaus>,
    /// Substitute notice.
    pub substitute: Option<Substitute>,
    /// Services owed.
    pub services: Option<Services>,
    /// Damages.
    pub damages: Option<Damages>,
}

/// The rules of a run.
#[derive(Clone, Debug, Default)]
pub struct Laws {
    /// The rules, in order of id.
    pub rules: Vec<Rule>,
    /// SHA-256 over their files, as hex.
    pub hash: String,
}

impl Laws {
    /// The rules of these ids alone, or the id that no rule has.
    pub fn only(mut self, ids: &[String]) -> Result<Laws, String> {
        if let Some(unknown) = ids.iter().find(|id| !self.rules.iter().any(|r| r.id == **id)) {
            let known: Vec<&str> = self.rules.iter().map(|r| r.id.as_str()).collect();
            return Err(format!("no rule is called {unknown}; there are {}", known.join(", ")));
        }
        self.rules.retain(|r| ids.contains(&r.id));
        Ok(self)
    }
}
