//! Mentions: one person in one record, as tokens.

use super::detector::{Class, Confidence};
use super::element::{Element, Form};
use super::shared::SharedText;
use smallvec::SmallVec;

/// A keyed hash of a canonical value, with its kind and namespace mixed in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TokenValue(pub [u8; 16]);

/// The order of the bytes, compared as one number.
impl Ord for TokenValue {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        u128::from_be_bytes(self.0).cmp(&u128::from_be_bytes(other.0))
    }
}

impl PartialOrd for TokenValue {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl std::fmt::Debug for TokenValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl std::fmt::Display for TokenValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// A token as a mention holds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token {
    /// The hash.
    pub value: TokenValue,
    /// What it is a token of.
    pub kind: Element,
    /// How it may link *this* mention: an e-mail is primary in a row with a login or a customer id, else tertiary.
    pub class: Class,
    /// The operator's namespace, for customer ids and record keys; the country, for national, tax and health numbers of
    /// other countries; empty for the rest.
    pub namespace: SharedText,
}

/// The part of a person that a mention plays in its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Role {
    /// The person the record is about, or the only one: the fields with no role's prefix.
    Subject,
    /// `bill_to_*`, buyer, cardholder, payer. Merges into the subject where the record has no other.
    Buyer,
    /// `ship_to_*`, recipient of goods.
    Recipient,
    /// Writer of a message (`From`).
    Sender,
    /// Reader of a message (`To`, `Cc`).
    Addressee,
    /// Support agent, employee who handles the record.
    Agent,
    /// Seller, merchant, provider, doctor.
    Seller,
    /// Guardian or parent.
    Guardian,
    /// Spouse or partner.
    Spouse,
    /// Emergency contact.
    EmergencyContact,
    /// Named contact of an organisation.
    Contact,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 11] = [
        Role::Subject,
        Role::Buyer,
        Role::Recipient,
        Role::Sender,
        Role::Addressee,
        Role::Agent,
        Role::Seller,
        Role::Guardian,
        Role::Spouse,
        Role::EmergencyContact,
        Role::Contact,
    ];

    /// The word the inventory and truth files use.
    pub const fn code(self) -> &'static str {
        match self {
            Role::Subject => "subject",
            Role::Buyer => "buyer",
            Role::Recipient => "recipient",
            Role::Sender => "sender",
            Role::Addressee => "addressee",
            Role::Agent => "agent",
            Role::Seller => "seller",
            Role::Guardian => "guardian",
            Role::Spouse => "spouse",
            Role::EmergencyContact => "emergency_contact",
            Role::Contact => "contact",
        }
    }

    /// The role of a word, or `None`.
    pub fn from_code(code: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|r| r.code() == code)
    }
}

/// The kind of person a mention is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Population {
    /// A customer or member of the public.
    #[default]
    Consumer,
    /// Staff.
    Employee,
    /// A merchant or provider.
    Seller,
    /// Someone who writes from one of the operator's own domains.
    Agent,
    /// Not a person.
    Organisation,
    /// Test data, proposed by its values.
    Test,
}

impl Population {
    /// Every population.
    pub const ALL: [Population; 6] = [
        Population::Consumer,
        Population::Employee,
        Population::Seller,
        Population::Agent,
        Population::Organisation,
        Population::Test,
    ];

    /// The word the inventory uses.
    pub const fn code(self) -> &'static str {
        match self {
            Population::Consumer => "consumer",
            Population::Employee => "employee",
            Population::Seller => "seller",
            Population::Agent => "agent",
            Population::Organisation => "organisation",
            Population::Test => "test",
        }
    }

    /// The population of a word, or `None`.
    pub fn from_code(code: &str) -> Option<Population> {
        Population::ALL.into_iter().find(|p| p.code() == code)
    }
}

/// A name as keyed hashes, so that two names can be compared without either being stored. Zero means "no such part".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameSignature {
    /// The folded first name.
    pub first: u64,
    /// The roots of the nickname families the first name belongs to (`bob`, `rob`, `robert` share one; `chris` has several),
    /// at most four, its own first, then in the order of the list, zero-filled; outside families the name itself.
    pub first_roots: [u64; 4],
    /// The first name's initial.
    pub initial: u64,
    /// How the first name sounds.
    pub first_sound: u64,
    /// The folded last name.
    pub last: u64,
    /// How the last name sounds.
    pub last_sound: u64,
    /// Keyed 16-bit hashes of the first name with each letter left out in turn (and of the name itself), ascending, so
    /// that names one typing error apart share one; at most ten, zero-filled. A name of three letters
    /// has only itself, a shorter one nothing.
    pub first_near: [u16; 10],
    /// The same of the last name.
    pub last_near: [u16; 10],
}

impl NameSignature {
    /// Whether there is any name at all.
    pub fn is_empty(&self) -> bool {
        self.first == 0 && self.last == 0 && self.initial == 0
    }
}

/// Where a person lives, as the record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Residence {
    /// ISO 3166-1 alpha-2 country, upper case.
    pub country: [u8; 2],
    /// USPS state code for `US`; two spaces elsewhere.
    pub state: [u8; 2],
    /// What says so.
    pub basis: ResidenceBasis,
}

/// What a residence rests on, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ResidenceBasis {
    /// A mailing or home address.
    Mailing,
    /// A billing address.
    Billing,
    /// An address of the account, with no role.
    Account,
    /// A ship-to address of the person's own.
    Shipping,
}

impl ResidenceBasis {
    /// Every basis, best first.
    pub const ALL: [ResidenceBasis; 4] =
        [ResidenceBasis::Mailing, ResidenceBasis::Billing, ResidenceBasis::Account, ResidenceBasis::Shipping];

    /// The word the inventory uses.
    pub const fn code(self) -> &'static str {
        match self {
            ResidenceBasis::Mailing => "mailing",
            ResidenceBasis::Billing => "billing",
            ResidenceBasis::Account => "account",
            ResidenceBasis::Shipping => "shipping",
        }
    }

    /// The basis of a word, or `None`.
    pub fn from_code(code: &str) -> Option<ResidenceBasis> {
        ResidenceBasis::ALL.into_iter().find(|b| b.code() == code)
    }
}

/// An element of a mention, in a form. Pairs (card + code, login + password) are elements of their own, made only inside
/// one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MentionElement {
    /// The element.
    pub element: Element,
    /// Its form.
    pub form: Form,
}

/// What a record says of a person. As much as most say is kept in the mention itself: mentions are made by one thread and dropped
/// by another, and what is allocated there is fought for.
pub type MentionElements = SmallVec<[MentionElement; 20]>;

/// Runs of rows; most mentions have one.
pub type MentionRows = SmallVec<[(u64, u64); 1]>;

/// One person in the records of one segment that say the same of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The role.
    pub role: Role,
    /// The kind of person.
    pub population: Population,
    /// Tokens, sorted, distinct. Customer ids and record keys are among them.
    pub tokens: Vec<Token>,
    /// The name.
    pub name: NameSignature,
    /// What the record says of the person, sorted, distinct.
    pub elements: MentionElements,
    /// The lowest confidence among the findings that made `elements` and `tokens`.
    pub confidence: Confidence,
    /// Where the person lives.
    pub residence: Option<Residence>,
    /// The latest date the records carry for themselves, in days since 1970-01-01.
    pub event_day: Option<i32>,
    /// How many records.
    pub count: u64,
    /// The records as runs of rows, `[first, last]`, ascending; see `Block::layout`.
    pub rows: MentionRows,
    /// The path at which the records stand (`/Customer/*`), or empty.
    pub path: SharedText,
    /// Decoded bytes that hold the records: first byte of the first, one past the last of the last.
    pub source: (u64, u64),
}
