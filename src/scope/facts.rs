//! What leaked of one person, as bits: one set of elements for each form.
//!
//! Facts of one mention are made with the pairs that its record shows, and only then joined with others: a login from one
//! record and a password from another never make a pair.

use crate::model::element::{Element, ElementSet, Form};
use crate::model::mention::{Mention, NameSignature};

/// A set of elements and of the pairs that have no element of their own.
pub type Bits = u64;

/// E-mail address with a security question and answer, in one record.
pub const EMAIL_QA: Bits = 1 << 62;
/// User name with a security question and answer, in one record.
pub const USERNAME_QA: Bits = 1 << 63;

// The two pairs take bits that no element may need.
const _: () = assert!(Element::ALL.len() <= 62);

/// The bit of an element.
pub const fn bit(element: Element) -> Bits {
    ElementSet::one(element).0
}

/// The bits of several elements.
pub const fn bits(elements: &[Element]) -> Bits {
    let mut all = 0;
    let mut i = 0;
    while i < elements.len() {
        all |= bit(elements[i]);
        i += 1;
    }
    all
}

/// Pairs that hold parts, and the parts.
const PARTS: [(Bits, Bits); 6] = [
    (bit(Element::PanCode), bits(&[Element::Pan, Element::CardCode])),
    (bit(Element::BankAccountCode), bit(Element::BankAccount)),
    (bit(Element::EmailPassword), bits(&[Element::Email, Element::Password])),
    (bit(Element::UsernamePassword), bits(&[Element::Username, Element::Password])),
    (EMAIL_QA, bits(&[Element::Email, Element::SecurityQa])),
    (USERNAME_QA, bits(&[Element::Username, Element::SecurityQa])),
];

/// Elements that tell a person or record apart, or are parts of another element; a combination does not show them.
const NOT_SHOWN: Bits = bits(&[
    Element::FirstName,
    Element::MiddleName,
    Element::LastName,
    Element::FullName,
    Element::Street,
    Element::City,
    Element::State,
    Element::Zip,
    Element::Country,
    Element::CustomerId,
    Element::RecordKey,
    Element::Other,
]);

/// Elements by form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Facts {
    /// Readable.
    pub clear: Bits,
    /// One-way hashes.
    pub hashed: Bits,
    /// Cipher text.
    pub encrypted: Bits,
    /// Tokens of a vault.
    pub tokenised: Bits,
    /// Shortened past repair.
    pub truncated: Bits,
}

impl Facts {
    /// Bytes of [`Facts::to_bytes`].
    pub const BYTES: usize = 40;

    /// What a mention says. With `key_exposed`, cipher text and vault tokens are as good as clear.
    pub fn of(mention: &Mention, key_exposed: bool) -> Facts {
        let mut facts = Facts::default();
        for e in &mention.elements {
            *facts.of_form(e.form) |= bit(e.element);
        }
        if whole_name(&mention.name) {
            facts.clear |= bit(Element::Name);
        }
        if key_exposed {
            facts.clear |= std::mem::take(&mut facts.encrypted) | std::mem::take(&mut facts.tokenised);
        }
        facts.pair_with_login();
        for (pair, parts) in PARTS {
            for form in [Form::Clear, Form::Hashed, Form::Encrypted, Form::Tokenised, Form::Truncated] {
                let set = facts.of_form(form);
                if *set & pair != 0 {
                    // A pair's form is that of its secret; the login beside a hashed password is no hash itself.
                    let login = bits(&[Element::Email, Element::Username]);
                    *set |= if form == Form::Clear { parts } else { parts & !login };
                }
            }
        }
        facts
    }

    /// A secret that has no pair of its own joins the login of its mention: a mention is one person in one record. The
    /// answer to a security question in every form, and a password only where it is not clear: clear pairs are made
    /// where records are, and an unclear one makes no more than a question for review.
    fn pair_with_login(&mut self) {
        let held = self.clear;
        for (login, secret, pair) in [
            (Element::Email, Element::SecurityQa, EMAIL_QA),
            (Element::Username, Element::SecurityQa, USERNAME_QA),
            (Element::Email, Element::Password, bit(Element::EmailPassword)),
            (Element::Username, Element::Password, bit(Element::UsernamePassword)),
        ] {
            if held & bit(login) == 0 {
                continue;
            }
            for form in [Form::Clear, Form::Hashed, Form::Encrypted, Form::Tokenised] {
                let set = self.of_form(form);
                if *set & bit(secret) != 0 && (form != Form::Clear || secret == Element::SecurityQa) {
                    *set |= pair;
                }
            }
        }
    }

    fn of_form(&mut self, form: Form) -> &mut Bits {
        match form {
            Form::Clear => &mut self.clear,
            Form::Hashed => &mut self.hashed,
            Form::Encrypted => &mut self.encrypted,
            Form::Tokenised => &mut self.tokenised,
            Form::Truncated => &mut self.truncated,
        }
    }

    /// What either says.
    pub fn union(self, other: Facts) -> Facts {
        Facts {
            clear: self.clear | other.clear,
            hashed: self.hashed | other.hashed,
            encrypted: self.encrypted | other.encrypted,
            tokenised: self.tokenised | other.tokenised,
            truncated: self.truncated | other.truncated,
        }
    }

    /// Whether there is nothing.
    pub fn is_empty(self) -> bool {
        self == Facts::default()
    }

    /// Elements of which nothing readable leaked, and of which a form leaked that may be made readable.
    pub fn undecided(self) -> Bits {
        (self.hashed | self.encrypted | self.tokenised) & !self.clear
    }

    /// Elements that leaked in a form that counts or may count.
    pub fn held(self) -> Bits {
        self.clear | self.hashed | self.encrypted | self.tokenised
    }

    /// The facts as a fixed run of bytes, for sorting.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        for (to, set) in bytes.chunks_exact_mut(8).zip(self.sets()) {
            to.copy_from_slice(&set.to_be_bytes());
        }
        bytes
    }

    /// The facts of [`Facts::to_bytes`].
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Facts {
        let mut sets = [0; 5];
        for (set, from) in sets.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *set = u64::from_be_bytes(*from);
        }
        let [clear, hashed, encrypted, tokenised, truncated] = sets;
        Facts { clear, hashed, encrypted, tokenised, truncated }
    }

    fn sets(self) -> [Bits; 5] {
        [self.clear, self.hashed, self.encrypted, self.tokenised, self.truncated]
    }

    /// What a combination shows: no parts of a name, an address or a pair that is shown whole, and no form of what leaked
    /// in the clear.
    pub fn combination(self) -> Facts {
        let mut hidden = NOT_SHOWN;
        for (pair, parts) in PARTS {
            if self.clear & pair != 0 {
                hidden |= parts;
            }
        }
        let clear = self.clear & !hidden;
        let mut rest = self;
        rest.clear = clear;
        for set in [&mut rest.hashed, &mut rest.encrypted, &mut rest.tokenised, &mut rest.truncated] {
            *set &= !(hidden | self.clear);
            for (pair, parts) in PARTS {
                if *set & pair != 0 {
                    *set &= !parts;
                }
            }
        }
        rest
    }

    /// The elements by code, with the form of those that are not clear.
    pub fn shown(self) -> Shown {
        Shown(self)
    }
}

/// Whether a signature has what statutes call a name: a first name or initial, and a last name.
fn whole_name(name: &NameSignature) -> bool {
    name.last != 0 && (name.first != 0 || name.initial != 0)
}

/// Facts as codes: `NAME; SSN; PASSWORD(hashed)`.
#[derive(Clone, Copy, Debug)]
pub struct Shown(Facts);

impl Shown {
    /// The codes, one by one.
    pub fn codes(self) -> impl Iterator<Item = String> {
        let forms = [Form::Clear, Form::Hashed, Form::Encrypted, Form::Tokenised, Form::Truncated];
        forms.into_iter().zip(self.0.sets()).flat_map(|(form, set)| {
            let pairs = [(EMAIL_QA, "EMAIL+SECURITY_QA"), (USERNAME_QA, "USERNAME+SECURITY_QA")];
            let elements = ElementSet(set & !(EMAIL_QA | USERNAME_QA)).iter().map(Element::code).collect::<Vec<_>>();
            let pairs = pairs.into_iter().filter(move |(pair, _)| set & pair != 0).map(|(_, code)| code);
            elements.into_iter().chain(pairs).map(move |code| match form {
                Form::Clear => code.to_string(),
                form => format!("{code}({})", form.code()),
            })
        })
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, code) in self.codes().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            f.write_str(&code)?;
        }
        Ok(())
    }
}
