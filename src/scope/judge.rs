//! A rule's trigger, asked of one set of facts: `hit = (NAME and any(with_name)) or any(alone)`.
//!
//! An answer only grows with the facts: what is added can turn no into review and review into yes, never back. The
//! headcounts by certainty rest on that.

use super::answer::{Outcome, Reason, ReasonSet};
use super::facts::{Bits, Facts, bit, bits};
use super::law::{Enc, NameIs, Rule};
use super::terms::{Limb, PASSWORDS};
use crate::model::element::Element;

const NAME: Bits = bit(Element::Name);

/// What serves as a name where any identifier does.
const IDENTIFIERS: Bits = bits(&[
    Element::Name,
    Element::FullName,
    Element::Email,
    Element::Phone,
    Element::Username,
    Element::Address,
    Element::Street,
    Element::CustomerId,
]);

/// What a rule says of facts. `named_elsewhere`: a name of the person is known from objects that did not leak.
pub fn judge(rule: &Rule, facts: Facts, named_elsewhere: bool) -> (Outcome, ReasonSet) {
    let mut reasons = ReasonSet::default();
    if rule.any_personal_data {
        return (Outcome::Yes, reasons);
    }
    let name_bits = match rule.name_is {
        NameIs::Name => NAME,
        NameIs::AnyIdentifier => IDENTIFIERS,
    };
    let name_clear = facts.clear & name_bits != 0;
    let name_encrypted = facts.encrypted & name_bits != 0;
    // Cipher text is a name still where a readable element beside it is enough for the statute.
    let name = name_clear || (name_encrypted && rule.enc != Enc::Both);
    let name_obscured = !name && (facts.undecided() | facts.truncated) & name_bits != 0;

    let listed = &rule.with_name;
    let alone = &rule.alone;
    if name && facts.clear & (listed.plain | listed.health | alone.health) != 0 || facts.clear & alone.plain != 0 {
        return (Outcome::Yes, reasons);
    }

    let may_be_named = name || name_obscured || named_elsewhere;
    if may_be_named {
        let before = reasons;
        unclear(facts, listed.plain | listed.health | alone.health, &mut reasons);
        judged(facts, listed, &mut reasons);
        let clear_but_unnamed = facts.clear & (listed.plain | listed.health | alone.health) != 0;
        if (clear_but_unnamed || reasons != before) && !name {
            reasons.insert(if name_obscured { Reason::ObscuredName } else { Reason::NameJoinsOutsideLeak });
        }
    }
    unclear(facts, alone.plain, &mut reasons);
    judged(facts, alone, &mut reasons);
    if !name {
        if facts.held() & (listed.health | alone.health) != 0 {
            reasons.insert(Reason::HealthIdentifies);
        }
        if (alone.idtheft || listed.idtheft) && facts.held() & (listed.listed() | alone.listed()) != 0 {
            reasons.insert(Reason::IdTheft);
        }
        if rule.name_is == NameIs::AnyIdentifier && facts.held() & listed.listed() != 0 {
            reasons.insert(Reason::IdentifierIsElement);
        }
    }
    (if reasons.is_empty() { Outcome::No } else { Outcome::Review }, reasons)
}

/// Reasons for listed elements that leaked in forms that may be made readable.
fn unclear(facts: Facts, listed: Bits, reasons: &mut ReasonSet) {
    let hashed = facts.hashed & !facts.clear & listed;
    if hashed & PASSWORDS != 0 {
        reasons.insert(Reason::HashedPassword);
    }
    if hashed & !PASSWORDS != 0 {
        reasons.insert(Reason::HashedElement);
    }
    if facts.encrypted & !facts.clear & listed != 0 {
        reasons.insert(Reason::EncryptedElement);
    }
    if facts.tokenised & !facts.clear & listed != 0 {
        reasons.insert(Reason::TokenisedElement);
    }
}

/// Reasons for what only a person can judge.
fn judged(facts: Facts, limb: &Limb, reasons: &mut ReasonSet) {
    for &(first, second, reason) in &limb.judged {
        if facts.held() & first != 0 && (second == 0 || facts.held() & second != 0) {
            reasons.insert(reason);
        }
    }
}
