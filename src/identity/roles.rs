//! What a field's words say: whose it is, which fields belong together, and what an address in it is good for.
//!
//! Words only, never substrings, and the path counts too: `/order/shipTo/name` is a recipient's name. `to` and `from` are
//! roles only as the whole name of a field, because `valid_to` and `from_date` are not people.

use crate::model::field::Field;
use crate::model::mention::{ResidenceBasis, Role};

/// Whose a field is, as far as its name can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// A role.
    Plain(Role),
    /// A contact: a person of their own beside an organisation, else the subject.
    Contact,
    /// An owner or holder: whoever the record's relationship field says, else the subject.
    Owner,
}

/// The part of a message a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailPart {
    /// `From`, `Sender`, `Reply-To`.
    From,
    /// `To`, `Cc`, `Bcc`.
    To,
}

/// What a field's words say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldRole {
    /// Whose it is.
    pub hint: Hint,
    /// Hash of the words that set it apart from its like (`backup` in `backup_card_number`); fields with one stem belong
    /// together.
    pub stem: u32,
    /// Whether there are no such words.
    pub plain_stem: bool,
    /// What a residence in it rests on.
    pub basis: ResidenceBasis,
    /// The header it is.
    pub mail: Option<MailPart>,
    /// It names an organisation.
    pub organisation: bool,
    /// Its value says how the owner is related to the subject.
    pub relation: bool,
    /// Its value is the date of the record.
    pub event: bool,
    /// It holds a bank account's access code.
    pub access_code: bool,
}

use Hint::{Contact, Owner, Plain};

/// Phrases and what they say; the longest at hand wins, then the last. `None` takes a phrase out of the running.
const PHRASES: &[(&[&str], Option<Hint>)] = &[
    (&["bill", "to"], Some(Plain(Role::Buyer))),
    (&["billing"], Some(Plain(Role::Buyer))),
    (&["bill"], Some(Plain(Role::Buyer))),
    (&["buyer"], Some(Plain(Role::Buyer))),
    (&["purchaser"], Some(Plain(Role::Buyer))),
    (&["cardholder"], Some(Plain(Role::Buyer))),
    (&["card", "holder"], Some(Plain(Role::Buyer))),
    (&["payer"], Some(Plain(Role::Buyer))),
    (&["ship", "to"], Some(Plain(Role::Recipient))),
    (&["shipto"], Some(Plain(Role::Recipient))),
    (&["billto"], Some(Plain(Role::Buyer))),
    (&["ship"], Some(Plain(Role::Recipient))),
    (&["shipping"], Some(Plain(Role::Recipient))),
    (&["recipient"], Some(Plain(Role::Recipient))),
    (&["deliver", "to"], Some(Plain(Role::Recipient))),
    (&["delivery"], Some(Plain(Role::Recipient))),
    (&["consignee"], Some(Plain(Role::Recipient))),
    (&["gift"], Some(Plain(Role::Recipient))),
    (&["gift", "card"], None),
    (&["delivery", "driver"], Some(Plain(Role::Agent))),
    (&["sender"], Some(Plain(Role::Sender))),
    (&["addressee"], Some(Plain(Role::Addressee))),
    (&["user", "agent"], None),
    (&["agent"], Some(Plain(Role::Agent))),
    (&["rep"], Some(Plain(Role::Agent))),
    (&["representative"], Some(Plain(Role::Agent))),
    (&["assigned"], Some(Plain(Role::Agent))),
    (&["assignee"], Some(Plain(Role::Agent))),
    (&["handled", "by"], Some(Plain(Role::Agent))),
    (&["employee"], Some(Plain(Role::Agent))),
    (&["staff"], Some(Plain(Role::Agent))),
    (&["seller"], Some(Plain(Role::Seller))),
    (&["merchant"], Some(Plain(Role::Seller))),
    (&["provider"], Some(Plain(Role::Seller))),
    (&["doctor"], Some(Plain(Role::Seller))),
    (&["physician"], Some(Plain(Role::Seller))),
    (&["vendor"], Some(Plain(Role::Seller))),
    (&["guardian"], Some(Plain(Role::Guardian))),
    (&["parent"], Some(Plain(Role::Guardian))),
    (&["parent", "company"], None),
    (&["spouse"], Some(Plain(Role::Spouse))),
    (&["partner"], Some(Plain(Role::Spouse))),
    (&["business", "partner"], None),
    (&["emergency", "contact"], Some(Plain(Role::EmergencyContact))),
    (&["emergency"], Some(Plain(Role::EmergencyContact))),
    (&["contact"], Some(Contact)),
    (&["owner"], Some(Owner)),
    (&["ownername"], Some(Owner)),
];

/// Words that name a kind of value and nothing that sets two fields of a kind apart.
#[rustfmt::skip]
const COMPONENTS: &[&str] = &[
    "abbr", "abbreviation", "access", "account", "acct", "addr", "address", "addressline", "apartment", "apt",
    "bank", "card", "cc", "cd", "cep", "city", "cityname", "citytown", "client", "code", "country", "credit",
    "customer", "cvc", "cvv", "cvv2", "date", "debit", "e", "email", "exp", "expiration", "expiry", "family",
    "first", "full", "given", "hash", "hometown", "iban", "id", "ip", "last", "line", "line1", "line2", "line3",
    "locality", "login", "mail", "middle", "mobile", "month", "municipality", "name", "nm", "no", "num", "number",
    "of", "or", "pan", "passwd", "password", "patient", "phone", "pin", "plus", "plz", "post", "postal",
    "postalcode", "postcode", "prov", "province", "pwd", "region", "routing", "security", "st", "state",
    "statecode", "stateprovince", "street", "streetaddress", "streetname", "suburb", "suite", "surname", "tel",
    "telephone", "town", "towncity", "unit", "us", "user", "username", "year", "zip", "zipcode", "zippostal",
];

/// What is numbered by the line it is (`address2`), or by its digits (`zip5`), and not by which of several it is.
const NUMBERED: &[&str] = &["addr", "address", "addressline", "line", "street", "zip"];
const ORGANISATION: &[&str] = &["company", "employer", "organisation", "organization", "org", "business", "hospital"];
const DATES: &[&str] = &["date", "created", "updated", "timestamp", "ts", "time", "modified"];
const NOT_EVENTS: &[&str] = &[
    "birth",
    "dob",
    "born",
    "expiry",
    "expiration",
    "exp",
    "death",
    "hire",
    "due",
    "start",
    "end",
    "valid",
    "birthdate",
];

/// Words of a path or name that say its people are staff.
pub const STAFF: &[&str] = &["employee", "employees", "staff", "payroll", "hr"];
/// Words of fields that hold names.
pub const NAMES: &[&str] =
    &["name", "nm", "lastnm", "surname", "lastname", "lname", "nachname", "apellido", "fullname", "customername"];
/// Words that say its people sell or provide.
pub const SELLERS: &[&str] = &[
    "seller",
    "sellers",
    "merchant",
    "merchants",
    "provider",
    "providers",
    "doctor",
    "doctors",
    "physician",
    "physicians",
    "vendor",
    "vendors",
];
/// Words that say its names are organisations'.
pub const ORGANISATIONS: &[&str] = &[
    "organisation",
    "organisations",
    "organization",
    "organizations",
    "company",
    "companies",
    "payers",
    "hospitals",
    "stores",
];

/// Whether any of `words` is listed.
pub fn any_of(words: &[String], list: &[&str]) -> bool {
    words.iter().any(|w| list.contains(&w.as_str()))
}

fn hint(words: &[String], staff: bool) -> Hint {
    let mut best: Option<(usize, usize, Option<Hint>)> = None;
    for at in 0..words.len() {
        for (phrase, hint) in PHRASES {
            let here = words[at..].len() >= phrase.len() && phrase.iter().zip(&words[at..]).all(|(p, w)| p == w);
            // Among staff, "employee" is what everybody is and no role; a plain contact yields to any role.
            let silent = staff && phrase.len() == 1 && STAFF.contains(&phrase[0]);
            let weight = if *hint == Some(Contact) { 0 } else { phrase.len() };
            if here && !silent && best.is_none_or(|(w, a, _)| (weight, at) >= (w, a)) {
                best = Some((weight, at, *hint));
            }
        }
    }
    best.and_then(|(_, _, hint)| hint).unwrap_or(Plain(Role::Subject))
}

/// What the words of `field` say. `staff` tells that the whole object is about staff.
pub fn field_role(field: &Field, staff: bool) -> FieldRole {
    let name = field.name();
    let whole = |words: &[&str]| name.len() == words.len() && name.iter().zip(words).all(|(n, w)| n == w);
    let has = |word: &str| field.words.iter().any(|w| w == word);
    let mail = if whole(&["from"]) || whole(&["sender"]) || whole(&["reply", "to"]) {
        Some(MailPart::From)
    } else if whole(&["to"]) || whole(&["cc"]) || whole(&["bcc"]) {
        Some(MailPart::To)
    } else {
        None
    };
    let hint = match mail {
        Some(MailPart::From) => Plain(Role::Sender),
        Some(MailPart::To) => Plain(Role::Addressee),
        None => hint(&field.words, staff || any_of(&field.words[..field.words.len() - field.name_words], STAFF)),
    };
    let mailing = ["mailing", "home", "residence", "residential"].iter().any(|w| has(w));
    let basis = match hint {
        _ if mailing => ResidenceBasis::Mailing,
        Plain(Role::Buyer) => ResidenceBasis::Billing,
        Plain(Role::Recipient) => ResidenceBasis::Shipping,
        _ => ResidenceBasis::Account,
    };
    let place = name.iter().any(|word| NUMBERED.contains(&unnumbered(word)));
    let mut stem: u32 = 0x811c_9dc5;
    let mut plain_stem = true;
    for word in name {
        let bare = unnumbered(word);
        let rest = match COMPONENTS.contains(&word.as_str()) {
            true => "",
            false if bare.is_empty() || COMPONENTS.contains(&bare) => &word[bare.len()..],
            false => word,
        };
        if rest.is_empty() || (place && bare.len() < word.len()) {
            continue;
        }
        plain_stem = false;
        for byte in rest.bytes().chain([0]) {
            stem = (stem ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }
    FieldRole {
        hint,
        stem,
        plain_stem,
        basis,
        mail,
        organisation: any_of(name, ORGANISATION),
        relation: any_of(name, &["ownership", "relationship", "relation"]),
        event: any_of(name, DATES) && !any_of(name, NOT_EVENTS),
        access_code: (name.iter().any(|w| w == "pin") && !name.iter().any(|w| w == "code"))
            || (name.iter().any(|w| w == "access") && name.iter().any(|w| w == "code" || w == "pin")),
    }
}

/// A word without the number at its end.
fn unnumbered(word: &str) -> &str {
    word.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// The role that a relationship's value gives the owner.
pub fn relation_role(value: &[u8]) -> Option<Role> {
    match value.trim_ascii().to_ascii_lowercase().as_slice() {
        b"self" | b"subscriber" | b"insured" => Some(Role::Subject),
        b"guardian" | b"parent" | b"mother" | b"father" => Some(Role::Guardian),
        b"spouse" | b"husband" | b"wife" | b"partner" => Some(Role::Spouse),
        _ => None,
    }
}
