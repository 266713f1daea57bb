//! The vocabulary of triggers: what each word of a `with_name` or `alone` list asks of the facts.
//!
//! Most words are an element, or several of which any will do. Some ask what no scan can see (whether a number is usable
//! without more, whether a password opens a mailbox); those never answer yes or no, they make a reason for review.

use super::answer::Reason;
use super::facts::{Bits, EMAIL_QA, USERNAME_QA, bit, bits};
use crate::model::element::Element;

/// What a word of a trigger asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// Any of these elements is a yes.
    Any(Bits),
    /// Any of `first`, and any of `second` unless that is empty, is a question for review.
    Judged {
        /// The elements that raise the question.
        first: Bits,
        /// Elements that must be there too; 0 for none.
        second: Bits,
        /// The question.
        reason: Reason,
    },
    /// Any of these with a name is a yes, without one a question for review.
    Health(Bits),
    /// Any listed element without the name is a question for review.
    IdTheft,
    /// No detector looks for it; a report says so.
    NotDetected,
}

const CARD_OR_ACCOUNT: Bits = bits(&[Element::Pan, Element::BankAccount]);
const WITH_CODE: Bits = bits(&[Element::PanCode, Element::BankAccountCode]);
const EMAIL_LOGIN: Bits = bit(Element::EmailPassword) | EMAIL_QA;
const LOGIN: Bits = EMAIL_LOGIN | bit(Element::UsernamePassword) | USERNAME_QA;
const SECRET: Bits = bits(&[
    Element::CardCode,
    Element::Password,
    Element::PanCode,
    Element::BankAccountCode,
    Element::EmailPassword,
    Element::UsernamePassword,
]);

/// The pairs and secrets whose hash is the open question of hashed passwords.
pub const PASSWORDS: Bits = LOGIN | bits(&[Element::Password, Element::SecurityQa]);

/// The term of a word, or `None` for a word no trigger may use.
pub fn term(word: &str) -> Option<Term> {
    let any = |elements: &[Element]| Term::Any(bits(elements));
    let judged = |first, reason| Term::Judged { first, second: 0, reason };
    Some(match word {
        "FIN_CODE" => Term::Any(WITH_CODE),
        "FIN_ANY" => Term::Any(CARD_OR_ACCOUNT | WITH_CODE),
        "FIN_USABLE" => judged(CARD_OR_ACCOUNT, Reason::FinUsable),
        "ACCT_CODE" => any(&[Element::BankAccountCode]),
        "BANK_ACCT" => any(&[Element::BankAccount, Element::BankAccountCode]),
        "ACCESS_CODE" => Term::Any(SECRET),
        "CRED" => Term::Any(LOGIN),
        "EMAIL_CRED" => Term::Any(EMAIL_LOGIN),
        "CRED_FOR_EMAIL_ACCOUNT" => judged(EMAIL_LOGIN, Reason::EmailAccountLogin),
        "MEDICAL_NARROW" => judged(bit(Element::Medical), Reason::MedicalNarrow),
        "EID_OR_ROUTING_WITH_CODE" => {
            Term::Judged { first: bit(Element::BankRouting), second: SECRET, reason: Reason::RoutingWithCode }
        }
        "HEALTH_INFO_IDENTIFYING_PERSON" => Term::Health(bits(&[Element::Medical, Element::HealthInsurance])),
        "FED_ID" => any(&[Element::GovId]),
        // Any government's document that verifies identity; a federal or state one is `FED_ID`.
        "GOV_ID" => any(&[Element::GovId, Element::NationalId]),
        "IDTHEFT" => Term::IdTheft,
        "IRS_PIN" => Term::NotDetected,
        "PAN" => any(&[Element::Pan, Element::PanCode]),
        "SSN" | "DL" | "STATE_ID" | "TAX_ID" | "PASSPORT" | "MILITARY_ID" | "STUDENT_ID" | "PRIVATE_KEY"
        | "MEDICAL" | "HEALTH_INS" | "BIOMETRIC" | "GENETIC" | "GEO" | "ALPR" | "DOB_FULL" => {
            any(&[Element::from_code(word)?])
        }
        _ => return None,
    })
}

/// One list of a trigger, compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limb {
    /// Any of these is a yes.
    pub plain: Bits,
    /// Questions for review: any of the first, and any of the second unless that is 0.
    pub judged: Vec<(Bits, Bits, Reason)>,
    /// Yes with a name, a question without.
    pub health: Bits,
    /// Listed elements without the name are a question.
    pub idtheft: bool,
    /// Words no detector looks for.
    pub not_detected: Vec<String>,
}

impl Limb {
    /// Adds a word's term.
    pub fn add(&mut self, word: &str, term: Term) {
        match term {
            Term::Any(bits) => self.plain |= bits,
            Term::Judged { first, second, reason } => self.judged.push((first, second, reason)),
            Term::Health(bits) => self.health |= bits,
            Term::IdTheft => self.idtheft = true,
            Term::NotDetected => self.not_detected.push(word.to_string()),
        }
    }

    /// Every element the list speaks of.
    pub fn listed(&self) -> Bits {
        self.judged.iter().fold(self.plain | self.health, |all, (first, _, _)| all | first)
    }
}
