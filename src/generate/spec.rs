//! What is asked for and what came of it.

use serde::Serialize;

/// The domain of the retailer's own staff.
pub const OWN_DOMAIN: &str = "brightcart.example";

/// How much of the truth is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TruthLevel {
    /// `truth.csv.gz` (every value) and `links.csv.gz` (who is in which record).
    Full,
    /// `links.csv.gz` alone.
    Links,
    /// Neither: for corpora made to be large.
    None,
}

/// How often things are not as they should be. Every rate is a probability.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rates {
    /// A slip in the first or last name, per row that names a person.
    pub typo: f64,
    /// A nickname in place of the first name, where the name has one.
    pub nickname: f64,
    /// A name in one case throughout, or without its accents.
    pub respelled: f64,
    /// A household of two or more that has one e-mail address for all.
    pub shared_email: f64,
    /// A household of two or more that has one telephone for all.
    pub shared_phone: f64,
    /// A household of three or more with adult twins (0.3 % of all people, about).
    pub twins: f64,
    /// A household of three or more with a father and a son of the same name.
    pub junior: f64,
    /// A system that has another e-mail address of the person than the others.
    pub changed_email: f64,
    /// A household in Europe.
    pub european: f64,
    /// A customer of the customer database who has a shop account too, under another id.
    pub crm_with_account: f64,
    /// An order sent to somebody else.
    pub gift: f64,
    /// A row that is about no one, or about a test or an organisation, per row of people.
    pub decoy: f64,
}

impl Default for Rates {
    fn default() -> Self {
        Rates {
            typo: 0.015,
            nickname: 0.08,
            respelled: 0.04,
            shared_email: 0.03,
            shared_phone: 0.10,
            twins: 0.01,
            junior: 0.02,
            changed_email: 0.05,
            european: 0.06,
            crm_with_account: 0.70,
            gift: 0.20,
            decoy: 0.02,
        }
    }
}

/// What to generate.
#[derive(Clone, Debug, Serialize)]
pub struct CorpusSpec {
    /// How many customers, at most 2^28. Staff come on top: one for two hundred, at least five.
    pub people: u64,
    /// The seed; the same spec gives the same bytes.
    pub seed: u64,
    /// Size to fill up to with logs and stock movements, in decoded bytes. If the people alone need more, they win.
    pub bytes: Option<u64>,
    /// How much of the truth is written.
    pub truth: TruthLevel,
    /// The noise.
    pub rates: Rates,
    /// Size at which a file ends and its next part begins.
    pub part_bytes: u64,
}

impl CorpusSpec {
    /// A spec with the usual noise and the whole truth.
    pub fn new(people: u64, seed: u64) -> CorpusSpec {
        CorpusSpec {
            people,
            seed,
            bytes: None,
            truth: TruthLevel::Full,
            rates: Rates::default(),
            part_bytes: 256 << 20,
        }
    }
}

/// What was generated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CorpusReport {
    /// Customers.
    pub people: u64,
    /// Staff.
    pub employees: u64,
    /// Data files.
    pub files: u64,
    /// Rows, JSON values, messages and log lines.
    pub rows: u64,
    /// Their size, before gzip.
    pub bytes: u64,
    /// Lines of `truth.csv.gz`.
    pub values: u64,
    /// Lines of `links.csv.gz`.
    pub links: u64,
    /// The people alone needed more than the size that was asked for.
    pub over_target: bool,
}

/// The names that `rollcall.toml` gives to the scanner, collected as the systems are written.
#[derive(Default, Serialize)]
pub(super) struct Settings {
    pub customer_ids: Vec<String>,
    pub keys: Vec<String>,
    pub own_domains: Vec<String>,
}

/// How many staff a corpus of `people` has.
pub(super) fn employees(people: u64) -> u64 {
    (people / 200).max(5)
}
