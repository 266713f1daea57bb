//! How a system spells a person: nicknames, slips of the keyboard, lost accents, an address that has changed.

use super::person::{Person, World};
use super::rng::{chance, pick, system_rng};
use super::words::{NICKNAMES, ascii};
use fastrand::Rng;

/// The systems of the estate; the number keeps their draws apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    /// The customer database.
    Crm = 1,
    /// Shop accounts.
    Shop,
    /// Orders and guest checkouts.
    Orders,
    /// Support mail.
    Support,
    /// Staff.
    Hr,
    /// Mailing lists.
    Marketing,
    /// The loyalty programme.
    Loyalty,
    /// Store card applications.
    Credit,
}

/// How a system writes names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// As people write them.
    Natural,
    /// All capitals, no accents: old terminals.
    Capitals,
}

/// A person as one system has them.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub first: String,
    pub middle: Option<char>,
    pub last: String,
    pub suffix: Option<&'static str>,
    pub email: String,
    /// It is the one they changed to.
    pub changed: bool,
    /// Absent where the form left it out. Whoever's e-mail has changed always has one, so that the two can be joined.
    pub phone: Option<String>,
    /// Draws for the rest of the row.
    pub rng: Rng,
}

impl View {
    /// The whole name, with what the system keeps of middle names and suffixes.
    pub(super) fn full(&self) -> String {
        let mut out = self.first.clone();
        if let Some(middle) = self.middle {
            out.push(' ');
            out.push(middle);
        }
        out.push(' ');
        out.push_str(&self.last);
        if let Some(suffix) = self.suffix {
            out.push(' ');
            out.push_str(suffix);
        }
        out
    }

    /// `LAST, FIRST M`.
    pub(super) fn last_first(&self) -> String {
        match self.middle {
            Some(middle) => format!("{}, {} {middle}", self.last, self.first),
            None => format!("{}, {}", self.last, self.first),
        }
    }
}

impl World<'_> {
    /// A person as `system` has them.
    pub(super) fn view(&self, person: &Person, system: System, case: Case) -> View {
        let rates = &self.spec.rates;
        let mut rng = system_rng(self.seed(), system as u64, person.index);
        let changed = chance(&mut rng, rates.changed_email) && system != System::Orders;
        let nickname = if chance(&mut rng, rates.nickname) { nickname(&mut rng, person.first) } else { None };
        let mut first = nickname.unwrap_or(person.first).to_string();
        let mut last = person.last.clone();
        if chance(&mut rng, rates.typo) && !changed {
            if rng.bool() {
                first = typo(&mut rng, &first);
            } else {
                last = typo(&mut rng, &last);
            }
        }
        if case == Case::Capitals {
            (first, last) = (ascii(&first).to_uppercase(), ascii(&last).to_uppercase());
        } else if chance(&mut rng, rates.respelled) {
            (first, last) = match rng.u8(..3) {
                0 => (ascii(&first), ascii(&last)),
                1 => (first.to_lowercase(), last.to_lowercase()),
                _ => (first.to_uppercase(), last.to_uppercase()),
            };
        }
        let middle = chance(&mut rng, 0.25).then_some(person.middle);
        let email = if changed { self.new_mailbox(person) } else { person.email.clone() };
        let email = if chance(&mut rng, 0.02) { capitalised(&email) } else { email };
        let phone_style = rng.usize(..6);
        let phone = (changed || !chance(&mut rng, 0.1)).then(|| self.phone(person, phone_style));
        let suffix = person.suffix.filter(|s| *s == "Jr" || rng.bool());
        View { first, middle, last, suffix, email, changed, phone, rng }
    }
}

fn capitalised(email: &str) -> String {
    email.chars().enumerate().map(|(i, c)| if i == 0 { c.to_ascii_uppercase() } else { c }).collect()
}

fn nickname(rng: &mut Rng, first: &str) -> Option<&'static str> {
    let at = NICKNAMES.binary_search_by(|(name, _)| (*name).cmp(first)).ok()?;
    Some(pick(rng, NICKNAMES[at].1))
}

/// One slip: two letters swapped, one lost, one doubled, or the wrong one.
fn typo(rng: &mut Rng, name: &str) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    if letters.len() < 4 {
        return name.to_string();
    }
    let at = rng.usize(1..letters.len() - 1);
    match rng.u8(..4) {
        0 => letters.swap(at, at + 1),
        1 => {
            letters.remove(at);
        }
        2 => letters.insert(at, letters[at]),
        _ => letters[at] = rng.lowercase(),
    }
    letters.into_iter().collect()
}
