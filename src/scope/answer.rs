//! What a law's trigger answers for one person, and who takes the answers.

use super::facts::Facts;
use crate::model::mention::{Population, Residence, TokenValue};
use crate::model::rows::Certainty;
use crate::model::shared::SharedText;
use std::io;

/// What a rule says of one person's facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is not triggered.
    No,
    /// It may be; the reasons say what decides.
    Review,
    /// It is triggered.
    Yes,
}

impl Outcome {
    /// The word files use.
    pub const fn code(self) -> &'static str {
        match self {
            Outcome::No => "no",
            Outcome::Review => "review",
            Outcome::Yes => "yes",
        }
    }
}

macro_rules! reasons {
    ($($variant:ident = $code:literal, $why:literal;)*) => {
        /// Why a person needs a decision that no program can take.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Reason {
            $(#[doc = $why] $variant,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant,)*];

            /// The code files use.
            pub const fn code(self) -> &'static str {
                match self { $(Reason::$variant => $code,)* }
            }

            /// The question, in words.
            pub const fn why(self) -> &'static str {
                match self { $(Reason::$variant => $why,)* }
            }
        }
    };
}

reasons! {
    HashedPassword = "hashed_password", "the password leaked as a hash: can it be reversed?";
    HashedElement = "hashed_element", "an element leaked as a hash: can it be reversed?";
    EncryptedElement = "encrypted_element", "an element leaked encrypted: was the key or credential exposed too?";
    TokenisedElement = "tokenised_element", "an element leaked as a vault's token: was the vault exposed too?";
    ObscuredName = "obscured_name", "the name leaked only in a form that cannot be read as it stands";
    NameJoinsOutsideLeak = "name_joins_outside_leak", "the name is known only from objects that did not leak";
    FinUsable = "fin_usable", "is the card or account number usable without a code?";
    IdTheft = "idtheft_without_name", "would the elements enable identity theft without the name?";
    EmailAccountLogin = "email_account_login", "does the password open the e-mail account itself?";
    MedicalNarrow = "medical_narrow", "is it medical history, treatment or diagnosis by a professional?";
    RoutingWithCode = "routing_with_code", "do the routing number and the code together permit access?";
    HealthIdentifies = "health_identifies", "does the health information identify the person without a name?";
    IdentifierIsElement = "identifier_is_element", "does the element identify the person by itself?";
    HighRisk = "high_risk", "is the risk to the person high (GDPR art. 34)?";
    Cluster = "cluster", "the person may be one with others, and the answer differs";
    UnknownResidence = "unknown_residence", "where the person lives is not known";
    NoRule = "no_rule_shipped", "no rule ships for the place where the person lives";
    NotInConsumers = "not_in_consumers", "the inventory's links and people disagree: link again";
}

/// A set of reasons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReasonSet(pub u32);

impl ReasonSet {
    /// Adds a reason.
    pub fn insert(&mut self, reason: Reason) {
        self.0 |= 1 << reason as u8;
    }

    /// Whether a reason is in the set.
    pub fn contains(self, reason: Reason) -> bool {
        self.0 & (1 << reason as u8) != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What either set holds.
    pub fn union(self, other: ReasonSet) -> ReasonSet {
        ReasonSet(self.0 | other.0)
    }

    /// The reasons, in order.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.iter().copied().filter(move |r| self.contains(*r))
    }
}

/// What one rule answers for one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleAnswer<'a> {
    /// The rule's id, or the place where no rule ships.
    pub rule: &'a str,
    /// Its kind is liability: for its own file alone.
    pub liability: bool,
    /// How sure it is that the rule is triggered; none when it is not.
    pub hit: Option<Certainty>,
    /// What is undecided.
    pub reasons: ReasonSet,
}

/// One person in the leak.
#[derive(Clone, Debug)]
pub struct AffectedConsumer<'a> {
    /// The consumer.
    pub id: TokenValue,
    /// The kind of person.
    pub population: Population,
    /// Whether the person counts: organisations and test data do not.
    pub counted: bool,
    /// The surest ground on which the person is in the leak at all.
    pub certainty: Certainty,
    /// Where the person lives.
    pub residence: Option<Residence>,
    /// The same as a place's code; none where the state or country is not known.
    pub place: Option<String>,
    /// Other places the inventory gave, as place codes, at most three.
    pub other_places: Vec<String>,
    /// What leaked, over every ground.
    pub facts: Facts,
    /// The rules of the person's place, and what they answer.
    pub answers: &'a [RuleAnswer<'a>],
    /// Reasons that belong to the person and not to a rule.
    pub reasons: ReasonSet,
    /// Leaked objects the person is in.
    pub objects: u64,
    /// Records in them that are of the person.
    pub records: u64,
    /// The cluster of people that may be one.
    pub cluster: Option<TokenValue>,
    /// Why the cluster stays apart.
    pub cluster_reason: SharedText,
}

/// Something of the leak that is not in the answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeakGap {
    /// The object's URI, or its number where the inventory does not have it.
    pub uri: String,
    /// How its reading ended: an object's status, `NOT_IN_INVENTORY`, `RETIRED` or `UNSCANNED`.
    pub status: &'static str,
    /// The kind of gap, or empty.
    pub kind: String,
    /// First decoded byte not read.
    pub offset: Option<u64>,
    /// Bytes not read.
    pub bytes: Option<u64>,
    /// Why, in a sentence.
    pub detail: String,
}

/// What takes the answer row by row: consumers in order of cluster and id, gaps in order of URI.
pub trait ConsumerSink {
    /// A person in the leak.
    fn consumer(&mut self, row: &AffectedConsumer) -> io::Result<()>;
    /// Something that was not read.
    fn gap(&mut self, gap: &LeakGap) -> io::Result<()>;
}

/// Takes the rows and keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullSink;

impl ConsumerSink for NullSink {
    fn consumer(&mut self, _: &AffectedConsumer) -> io::Result<()> {
        Ok(())
    }

    fn gap(&mut self, _: &LeakGap) -> io::Result<()> {
        Ok(())
    }
}
