//! What systems call their columns and keys.
//!
//! Each system was written by someone else, so each draws its own word for every field, in its own style.

use super::rng::{Stream, mix, rng};
use crate::model::element::Element;

/// Words for the elements.
const ELEMENTS: &[(Element, &[&str])] = &[
    (Element::FirstName, &["first_name", "fname", "given_name", "FirstName", "first", "forename", "CUST_FIRST_NM"]),
    (Element::MiddleName, &["middle_initial", "mi", "MiddleName", "middle", "middle_name"]),
    (Element::LastName, &["last_name", "lname", "surname", "LastName", "family_name", "last", "CUST_LAST_NM"]),
    (Element::FullName, &["full_name", "name", "customer_name", "FullName", "contact_name", "display_name"]),
    (Element::Email, &["email", "e_mail", "EmailAddr", "contactEmail", "mail", "email_address", "EMAIL_ADDR"]),
    (
        Element::Phone,
        &["phone", "telephone", "PhoneNumber", "mobile", "tel", "contact_phone", "cell_phone", "PHONE_NO"],
    ),
    (Element::Street, &["street", "address1", "address_line_1", "StreetAddress", "addr1", "street_address"]),
    (Element::City, &["city", "town", "City", "addr_city"]),
    (Element::State, &["state", "state_code", "State", "st", "region"]),
    (Element::Zip, &["zip", "zip_code", "postal_code", "ZipCode", "postcode", "ZIP5"]),
    (Element::Country, &["country", "country_code", "Country", "country_name"]),
    (Element::Address, &["mailing_address", "full_address", "home_address"]),
    (Element::Dob, &["dob", "birth_date", "date_of_birth", "DateOfBirth", "birthdate", "birthday"]),
    (Element::Ssn, &["ssn", "SSN", "soc_sec_no", "ssn_number", "social_security_number", "social"]),
    (Element::DriverLicense, &["driver_license", "dl_number", "drivers_license_no", "DriversLicense", "license_no"]),
    (Element::StateId, &["state_id", "state_id_number", "StateIdNo", "id_card_no"]),
    (Element::Passport, &["passport", "passport_no", "PassportNumber", "passport_num"]),
    (Element::Pan, &["card_number", "pan", "CardNo", "cc_num", "credit_card", "acct_card_nbr"]),
    (Element::CardCode, &["cvv", "cvv2", "security_code", "CardCode", "cvc", "cid"]),
    (Element::CardExpiry, &["expiry", "exp_date", "card_exp", "ExpirationDate", "exp"]),
    (Element::BankAccount, &["bank_account", "account_number", "BankAcctNo", "dd_account", "checking_account"]),
    (Element::BankRouting, &["routing_number", "aba", "RoutingNo", "bank_routing", "routing"]),
    (Element::Username, &["username", "user_name", "login_name", "UserName", "screen_name"]),
    (Element::Password, &["password", "passwd", "pwd", "PasswordHash", "pass"]),
];

/// The spelling of one system.
#[derive(Clone, Copy, Debug)]
pub(super) struct Headers {
    seed: u64,
    system: u64,
}

impl Headers {
    /// The vocabulary of `system`, a number of the caller's choice.
    pub(super) fn new(seed: u64, system: u64) -> Headers {
        Headers { seed, system }
    }

    /// The word for an element.
    pub(super) fn of(&self, element: Element) -> String {
        ELEMENTS
            .iter()
            .find(|(e, _)| *e == element)
            .map_or_else(|| element.code().to_lowercase(), |(_, words)| self.one(element as u64, words).to_string())
    }

    /// The word for an element of a role: `bill_to_zip`, `ShipToZip`.
    pub(super) fn in_role(&self, prefix: &str, element: Element) -> String {
        let word = self.of(element);
        if prefix.ends_with('_') {
            return format!("{prefix}{}", snake(&word));
        }
        let pascal: String = snake(&word).split('_').map(capital).collect();
        format!("{prefix}{pascal}")
    }

    /// One of several words for something that is no element.
    pub(super) fn one<'w>(&self, what: u64, words: &[&'w str]) -> &'w str {
        let mut draws = rng(mix(self.seed, Stream::Headers as u64, what), Stream::Headers, self.system);
        words[draws.usize(..words.len())]
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn snake(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 4);
    let mut before = '_';
    for c in word.chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        before = c;
    }
    out
}
