//! Validators: the bytes of a candidate in, a verdict out.
//!
//! A pattern file names its validator and the plan resolves the name with [`by_name`], so patterns and validators do not
//! know each other. Every validator allocates nothing, is linear in its input, and takes any bytes without a panic: what
//! it is handed is whatever lies in somebody's files. None looks beyond its candidate; context is the matcher's business.

mod address;
mod card;
mod date;
mod digits;
mod email;
mod gazetteer;
mod iban;
mod licence;
mod name;
mod net;
mod phone;
mod secret;
mod text;
mod us;

use crate::model::finding::Validate;

/// Every validator by the name pattern files use, in alphabetical order.
const TABLE: &[(&str, Validate)] = &[
    ("aba_routing", us::aba_routing),
    ("birth_date", date::birth_date),
    ("card", card::card),
    ("card_code", card::card_code),
    ("card_expiry", card::card_expiry),
    ("country", address::country),
    ("digits4", us::digits4),
    ("email", email::email),
    ("email_encoded", email::email_encoded),
    ("full_address", address::full_address),
    ("given_name", name::given_name),
    ("iban", iban::iban),
    ("ipv4", net::ipv4),
    ("ipv6", net::ipv6),
    ("passport", licence::passport),
    ("password", secret::password),
    ("password_hash", secret::password_hash),
    ("password_text", secret::password_text),
    ("person_name", name::person_name),
    ("person_name_field", name::person_name_field),
    ("phone", phone::phone),
    ("phone_international", phone::phone_international),
    ("phone_nanp", phone::phone_nanp),
    ("place", address::place),
    ("postal_code", address::postal_code),
    ("province", address::province),
    ("state", address::state),
    ("street", address::street),
    ("surname", name::surname),
    ("us_bank_account", us::us_bank_account),
    ("us_driver_license", licence::us_driver_license),
    ("us_itin", us::us_itin),
    ("us_ssn", us::us_ssn),
    ("us_street", address::us_street),
    ("username", secret::username),
];

/// The names of all validators.
pub const NAMES: &[&str] = &{
    let mut names = [""; TABLE.len()];
    let mut i = 0;
    while i < TABLE.len() {
        names[i] = TABLE[i].0;
        i += 1;
    }
    names
};

/// The validator of a name, or `None`.
pub fn by_name(name: &str) -> Option<Validate> {
    TABLE.iter().find(|(n, _)| *n == name).map(|(_, validate)| *validate)
}
