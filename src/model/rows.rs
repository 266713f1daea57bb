//! The rows of the inventory's tables, as every stage but the writer sees them. `docs/INVENTORY.md` describes the columns.

use super::detector::Class;
use super::element::Element;
use super::gap::Gap;
use super::mention::{
    Mention, MentionElement, MentionElements, NameSignature, Population, Residence, Token, TokenValue,
};
use super::object::{Object, Status};
use super::shared::SharedText;
use std::collections::BTreeSet;

/// Table `objects`: one object version that was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRow {
    /// The object's number in this inventory; never used again for another.
    pub id: u64,
    /// The object as listed.
    pub object: Object,
    /// The source it was listed by, as a URI.
    pub source: String,
    /// The run that read it.
    pub run: u64,
    /// First run of which it is part of the answer. (Runs carry the times.)
    pub valid_from: u64,
    /// The run that retired it; none while it is live.
    pub valid_to: Option<u64>,
    /// BLAKE3 hash of the bytes read, as hex; empty when nothing was read.
    pub content_hash: String,
    /// `text`, `log`, `mail`, `csv`, `json`, `ndjson`, with the containers before it (`gzip/csv`); empty when skipped.
    pub format: String,
    /// The dialect of a table (delimiter, quote, header or not) in words, or empty.
    pub dialect: String,
    /// How reading it ended.
    pub status: Status,
    /// What was not read.
    pub gaps: Vec<Gap>,
    /// Bytes read from the source.
    pub bytes_read: u64,
    /// Bytes after decompression.
    pub bytes_decoded: u64,
    /// Records read.
    pub records: u64,
    /// Records that could not be read.
    pub records_rejected: u64,
    /// Microseconds since 1970-01-01T00:00:00Z when it was listed.
    pub listed_at: i64,
    /// Microseconds since 1970-01-01T00:00:00Z when reading ended.
    pub read_at: i64,
    /// Hash of everything that can change an answer: patterns, program version, settings.
    pub policy: String,
}

/// Table `fields`: what one detector found in one field of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRow {
    /// The object.
    pub object: u64,
    /// The field's path; member names that are values are `*`.
    pub path: String,
    /// The detector's id.
    pub detector: String,
    /// The element.
    pub element: Element,
    /// Values in the field that were looked at.
    pub values: u64,
    /// Candidates.
    pub matches: u64,
    /// Findings.
    pub valid: u64,
    /// Findings of each confidence: medium, high.
    pub confidence: [u64; 2],
    /// Findings that carry a mark: test, never issued, placeholder, role.
    pub marks: [u64; 4],
    /// Distinct values, estimated.
    pub distinct: u64,
    /// The first rows with a finding, at most eight.
    pub first_rows: Vec<u64>,
}

/// Table `mentions`: a [`Mention`] and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MentionRow {
    /// The object.
    pub object: u64,
    /// The mention's number in its object, from 0 in the order of the bytes. `(object, number)` names the mention.
    pub number: u64,
    /// The segment (4 MiB of decoded bytes) in which it was aggregated, from 0.
    pub segment: u32,
    /// The mention.
    pub mention: Mention,
}

/// Table `orphans`: elements in a field with no person beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrphanRow {
    /// The object.
    pub object: u64,
    /// The field's path.
    pub path: String,
    /// The element and its form.
    pub element: MentionElement,
    /// Findings.
    pub count: u64,
    /// Distinct values, estimated.
    pub distinct: u64,
    /// The first rows, at most eight.
    pub first_rows: Vec<u64>,
    /// Why no person has it.
    pub reason: SharedText,
}

/// A mention by its name: `(object, number)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MentionId {
    /// The object.
    pub object: u64,
    /// The mention's number in it.
    pub number: u64,
}

/// What linking needs of a mention, and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkMention {
    /// Which.
    pub id: MentionId,
    /// Its role is one of the record's main person (subject or buyer).
    pub main: bool,
    /// The kind of person.
    pub population: Population,
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// Its name.
    pub name: NameSignature,
    /// Its elements, all forms together.
    pub elements: MentionElements,
    /// Where the person lives.
    pub residence: Option<Residence>,
    /// The latest date of its records, in days since 1970-01-01.
    pub event_day: Option<i32>,
    /// How many records it stands for.
    pub count: u64,
}

/// How sure it is that a mention is of a consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Certainty {
    /// A primary identifier, or a tertiary one with a compatible name, says so.
    Certain,
    /// It has no name of its own; one consumer holds its identifiers.
    Likely,
    /// It has no name of its own; several consumers hold its identifiers.
    Possible,
}

impl Certainty {
    /// Every certainty, surest first.
    pub const ALL: [Certainty; 3] = [Certainty::Certain, Certainty::Likely, Certainty::Possible];

    /// The word the inventory and reports use.
    pub const fn code(self) -> &'static str {
        match self {
            Certainty::Certain => "certain",
            Certainty::Likely => "likely",
            Certainty::Possible => "possible",
        }
    }

    /// The certainty of a word, or `None`.
    pub fn from_code(code: &str) -> Option<Certainty> {
        Certainty::ALL.into_iter().find(|c| c.code() == code)
    }
}

/// Table `memberships`: a mention is of a consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MembershipRow {
    /// The mention.
    pub mention: MentionId,
    /// The consumer.
    pub consumer: TokenValue,
    /// How sure.
    pub certainty: Certainty,
}

/// Table `identifiers`: a token and a consumer that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentifierRow {
    /// The token.
    pub token: TokenValue,
    /// What it is a token of.
    pub kind: Element,
    /// The operator's namespace, or empty.
    pub namespace: SharedText,
    /// The strongest class it was seen with.
    pub class: Class,
    /// The consumer; none for a hub and for a token nobody holds.
    pub consumer: Option<TokenValue>,
    /// Distinct names it was seen with.
    pub names: u32,
    /// It is shared by too many to link anyone.
    pub hub: bool,
    /// Mentions that carry it.
    pub mentions: u64,
}

/// Table `consumers`: one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerRow {
    /// The least token among the consumer's own.
    pub id: TokenValue,
    /// The kind of person.
    pub population: Population,
    /// Elements over all live mentions that are certain or likely.
    pub elements: MentionElements,
    /// Whether a name is known.
    pub named: bool,
    /// Where the person lives, by the best basis.
    pub residence: Option<Residence>,
    /// Other residences the mentions gave.
    pub residence_rejected: Vec<Residence>,
    /// Live mentions.
    pub mentions: u64,
    /// Records they stand for.
    pub records: u64,
    /// Objects they lie in.
    pub objects: u64,
    /// The cluster of people that may be one: its least consumer id.
    pub cluster: Option<TokenValue>,
    /// Why the cluster stays apart: `name_conflict`, `dob_conflict`, `primary_conflict`; empty without a cluster.
    pub cluster_reason: SharedText,
}

/// Table `links`: a merge and its ground.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// The consumer.
    pub consumer: TokenValue,
    /// One side.
    pub left: MentionId,
    /// The other side.
    pub right: MentionId,
    /// The token that joined them.
    pub token: TokenValue,
    /// The rule: `primary`, `tertiary_name`, `key`, `attached`.
    pub rule: SharedText,
}

/// What a finished object gives the inventory besides its mentions.
#[derive(Clone, Debug)]
pub struct ObjectResult {
    /// The object's row.
    pub object: ObjectRow,
    /// Its fields.
    pub fields: Vec<FieldRow>,
    /// Its orphans.
    pub orphans: Vec<OrphanRow>,
}

/// Table `runs`: one run of the program that changed the inventory.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RunRow {
    /// Its number, from 1.
    pub run: u64,
    /// `scan` or `link`.
    pub command: String,
    /// The arguments, secrets left out.
    pub arguments: Vec<String>,
    /// Who ran it, as the operating system names them.
    pub operator: String,
    /// Program name and version.
    pub program: String,
    /// The policy hash.
    pub policy: String,
    /// The id of the key: never the key.
    pub key_id: String,
    /// Microseconds since 1970-01-01T00:00:00Z at its start.
    pub started_at: i64,
    /// The same at its end.
    pub ended_at: i64,
    /// `complete`, `partial` or `interrupted`.
    pub outcome: String,
    /// Objects by status: complete, partial, skipped, failed, unchanged, not reached.
    pub objects: [u64; 6],
    /// Bytes read from sources.
    pub bytes_read: u64,
    /// Live consumers after the run.
    pub consumers: u64,
    /// Live mentions after the run.
    pub mentions: u64,
    /// SHA-256 of the run before, as hex, so that no run can be taken out unseen.
    pub previous: String,
}

/// A source that was scanned, and how: what a refresh needs to know of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SourceRow {
    /// Its URI.
    pub uri: String,
    /// The settings it was scanned with, in the words of the command line. The inventory keeps them as they are.
    pub settings: serde_json::Value,
}

/// The tables of an inventory, at one moment, as readers see them. `inventory` implements it over Parquet; tests do over
/// vectors. Rows are handed over one at a time; nothing is collected. An error from the callback ends the reading and is
/// returned.
pub trait Tables {
    /// Every live object (and, with `retired`, those retired too), in no promised order.
    fn objects(&self, retired: bool, each: &mut dyn FnMut(ObjectRow) -> std::io::Result<()>) -> std::io::Result<()>;
    /// Number, URI and version of every live object, in no promised order: what tells objects apart whatever their numbers.
    fn object_names(&self, each: &mut dyn FnMut(u64, &str, &str) -> std::io::Result<()>) -> std::io::Result<()> {
        self.objects(false, &mut |row| each(row.id, &row.object.uri, &row.object.version))
    }
    /// Mentions of live objects, or of the live ones among `only`, in no promised order.
    fn mentions(
        &self,
        only: Option<&BTreeSet<u64>>,
        each: &mut dyn FnMut(MentionRow) -> std::io::Result<()>,
    ) -> std::io::Result<()>;
    /// The same without locators and paths, for linking. They are lent: linking goes through all there are, and keeps a
    /// shorter form of each.
    fn link_mentions(&self, each: &mut dyn FnMut(&LinkMention) -> std::io::Result<()>) -> std::io::Result<()>;
    /// How many of them there are at most, where that is known without reading them.
    fn mentions_max(&self) -> Option<u64> {
        None
    }
    /// Orphans of live objects, or of the live ones among `only`.
    fn orphans(
        &self,
        only: Option<&BTreeSet<u64>>,
        each: &mut dyn FnMut(OrphanRow) -> std::io::Result<()>,
    ) -> std::io::Result<()>;
    /// Fields of live objects, or of the live ones among `only`.
    fn fields(
        &self,
        only: Option<&BTreeSet<u64>>,
        each: &mut dyn FnMut(FieldRow) -> std::io::Result<()>,
    ) -> std::io::Result<()>;
    /// Memberships of live mentions, or of those in `only`.
    fn memberships(
        &self,
        only: Option<&BTreeSet<u64>>,
        each: &mut dyn FnMut(MembershipRow) -> std::io::Result<()>,
    ) -> std::io::Result<()>;
    /// Consumers, in ascending order of id.
    fn consumers(&self, each: &mut dyn FnMut(ConsumerRow) -> std::io::Result<()>) -> std::io::Result<()>;
    /// Identifiers, in ascending order of token; a token that several consumers hold has a row for each.
    fn identifiers(&self, each: &mut dyn FnMut(IdentifierRow) -> std::io::Result<()>) -> std::io::Result<()>;
    /// Merges, in no promised order.
    fn links(&self, each: &mut dyn FnMut(LinkRow) -> std::io::Result<()>) -> std::io::Result<()>;
}

/// Where a link run writes what it derives, a sink a table. Rows come in the orders that [`Tables`] promises.
pub struct DerivedSinks<'a> {
    /// Memberships.
    pub memberships: RowSink<'a, MembershipRow>,
    /// Consumers.
    pub consumers: RowSink<'a, ConsumerRow>,
    /// Identifiers.
    pub identifiers: RowSink<'a, IdentifierRow>,
    /// Merges.
    pub links: RowSink<'a, LinkRow>,
}

/// Takes the rows of one table, on whichever thread.
pub struct RowSink<'a, R>(Box<dyn FnMut(R) -> std::io::Result<()> + Send + 'a>);

impl<'a, R> RowSink<'a, R> {
    /// A sink that hands rows to a function.
    pub fn new(take: impl FnMut(R) -> std::io::Result<()> + Send + 'a) -> Self {
        RowSink(Box::new(take))
    }

    /// Takes a row.
    pub fn push(&mut self, row: R) -> std::io::Result<()> {
        (self.0)(row)
    }
}
