//! Elements: the kinds of personal data that laws speak of, and the kinds that tell people apart.
//!
//! An element has one code everywhere: in pattern files, in law triggers, in the inventory's columns and in reports.

use serde::{Deserialize, Serialize};

macro_rules! elements {
    ($($variant:ident = $code:literal, $title:literal;)*) => {
        /// A kind of personal data.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum Element {
            $(#[doc = $title] #[serde(rename = $code)] $variant,)*
        }

        impl Element {
            /// Every element, in the order of its number; an element's number is its place here.
            pub const ALL: &'static [Element] = &[$(Element::$variant,)*];

            /// The code by which pattern files, triggers, tables and reports name this element.
            pub const fn code(self) -> &'static str {
                match self { $(Element::$variant => $code,)* }
            }

            /// The words a report uses for this element.
            pub const fn title(self) -> &'static str {
                match self { $(Element::$variant => $title,)* }
            }

            /// The element of a code, or `None` for a code no element has.
            pub fn from_code(code: &str) -> Option<Element> {
                match code { $($code => Some(Element::$variant),)* _ => None }
            }
        }
    };
}

elements! {
    FirstName = "FIRST_NAME", "first name";
    MiddleName = "MIDDLE_NAME", "middle name";
    LastName = "LAST_NAME", "last name";
    FullName = "FULL_NAME", "full name";
    Name = "NAME", "name (first name or initial, and last name)";
    Email = "EMAIL", "e-mail address";
    Phone = "PHONE", "phone number";
    Street = "STREET", "street address";
    City = "CITY", "city";
    State = "STATE", "state or province";
    Zip = "ZIP", "ZIP or postal code";
    Country = "COUNTRY", "country";
    Address = "ADDRESS", "postal address";
    Dob = "DOB_FULL", "full date of birth";
    Ssn = "SSN", "Social Security number";
    TaxId = "TAX_ID", "taxpayer id";
    DriverLicense = "DL", "driver licence number";
    StateId = "STATE_ID", "state identification card number";
    Passport = "PASSPORT", "passport number";
    MilitaryId = "MILITARY_ID", "military id";
    StudentId = "STUDENT_ID", "student id";
    GovId = "GOV_ID", "other government id";
    NationalId = "NATIONAL_ID", "national id of another country";
    ProfessionalId = "PROFESSIONAL_ID", "professional registration number";
    BusinessId = "BUSINESS_ID", "business registration number";
    Pan = "PAN", "payment card number";
    CardCode = "CARD_CODE", "payment card security code";
    CardExpiry = "CARD_EXPIRY", "payment card expiry";
    PanCode = "PAN+CODE", "payment card number with its security code";
    BankAccount = "ACCT", "bank account number";
    BankRouting = "ROUTING", "bank routing number";
    BankAccountCode = "ACCT+CODE", "bank account number with its access code";
    Username = "USERNAME", "user name";
    Password = "PASSWORD", "password";
    SecurityQa = "SECURITY_QA", "security question and answer";
    EmailPassword = "EMAIL+PASSWORD", "e-mail address with its password";
    UsernamePassword = "USERNAME+PASSWORD", "user name with its password";
    PrivateKey = "PRIVATE_KEY", "private key";
    AccessKey = "ACCESS_KEY", "key or token of a service";
    Session = "SESSION", "session id or cookie";
    Medical = "MEDICAL", "medical information";
    HealthInsurance = "HEALTH_INS", "health insurance information";
    Biometric = "BIOMETRIC", "biometric data";
    Genetic = "GENETIC", "genetic data";
    Geolocation = "GEO", "precise geolocation";
    LicensePlate = "ALPR", "licence plate reading";
    Vehicle = "VEHICLE", "vehicle identification number";
    IpAddress = "IP", "IP address";
    DeviceId = "DEVICE_ID", "device identifier";
    Crypto = "CRYPTO", "crypto-currency address";
    CustomerId = "CUSTOMER_ID", "customer id";
    RecordKey = "KEY", "record key";
    Other = "OTHER", "other personal data";
}

/// A set of elements: one bit for each, in the order of [`Element::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementSet(pub u64);

impl ElementSet {
    /// The set of one element.
    pub const fn one(element: Element) -> Self {
        ElementSet(1 << element as u8)
    }

    /// Adds an element.
    pub fn insert(&mut self, element: Element) {
        self.0 |= 1 << element as u8;
    }

    /// Whether the set holds an element.
    pub const fn contains(self, element: Element) -> bool {
        self.0 & (1 << element as u8) != 0
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What either set holds.
    pub const fn union(self, other: Self) -> Self {
        ElementSet(self.0 | other.0)
    }

    /// The elements, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = Element> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let element = Element::ALL.get(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(*element)
        })
    }
}

impl FromIterator<Element> for ElementSet {
    fn from_iter<I: IntoIterator<Item = Element>>(iter: I) -> Self {
        let mut set = ElementSet::default();
        iter.into_iter().for_each(|e| set.insert(e));
        set
    }
}

/// The form in which an element was found. Laws treat a hashed password or an encrypted number otherwise than clear text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Readable as it stands.
    #[default]
    Clear,
    /// Shortened past repair, such as the last four digits of a card.
    Truncated,
    /// A one-way hash.
    Hashed,
    /// Cipher text.
    Encrypted,
    /// A token of some vault.
    Tokenised,
}

impl Form {
    /// Every form, in the order of its number.
    pub const ALL: [Form; 5] = [Form::Clear, Form::Truncated, Form::Hashed, Form::Encrypted, Form::Tokenised];

    /// The word the inventory and reports use.
    pub const fn code(self) -> &'static str {
        match self {
            Form::Clear => "clear",
            Form::Truncated => "truncated",
            Form::Hashed => "hashed",
            Form::Encrypted => "encrypted",
            Form::Tokenised => "tokenised",
        }
    }

    /// The form of a word, or `None`.
    pub fn from_code(code: &str) -> Option<Form> {
        Form::ALL.into_iter().find(|f| f.code() == code)
    }
}
