//! People and their households.
//!
//! A person is a function of (seed, index). Consecutive people are neighbours: every eight indices fall into households
//! by a draw of their own, so a person's household, and who else lives there, is known without looking anything up.

use super::numbers;
use super::places::{CITIES, EU, EuPlace, license_shape};
use super::rng::{Stream, chance, mix, permute, pick, pick_common, rng};
use super::spec::CorpusSpec;
use super::words::{
    EU_STREETS, FEMALE, LAST, LAST_HEADS, LAST_TAILS, MAIL_DOMAINS, MAIL_DOMAINS_NEW, MALE, STREET_KINDS, STREETS,
    ascii,
};
use fastrand::Rng;

/// People in a block; households do not reach over its edge.
const BLOCK: u64 = 8;
/// Employees are people whose indices lie far above every customer's.
pub(super) const EMPLOYEE_BASE: u64 = 1 << 28;

/// A calendar date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub year: u16,
    pub month: u8,
    pub day: u8,
}

impl Date {
    /// A date in a range of years; the day is one that every month has.
    pub(super) fn draw(rng: &mut Rng, years: std::ops::RangeInclusive<u16>) -> Date {
        Date { year: rng.u16(years), month: rng.u8(1..=12), day: rng.u8(1..=28) }
    }

    /// The date as one of the usual forms: ISO, American, European, long.
    pub(super) fn text(self, style: usize) -> String {
        let Date { year, month, day } = self;
        match style % 4 {
            0 => format!("{year:04}-{month:02}-{day:02}"),
            1 => format!("{month:02}/{day:02}/{year:04}"),
            2 => format!("{day:02}.{month:02}.{year:04}"),
            _ => format!("{month}/{day}/{year:04}"),
        }
    }
}

/// A postal address.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub street: String,
    pub city: &'static str,
    pub state: &'static str,
    pub zip: String,
}

/// A payment card.
#[derive(Clone, Debug)]
pub(super) struct Card {
    pub pan: String,
    pub expiry: (u8, u16),
    pub code: String,
}

/// Which systems know a person.
#[derive(Clone, Copy, Debug)]
pub(super) struct Membership {
    /// They live in the United States.
    pub american: bool,
    pub crm: bool,
    pub shop: bool,
    pub loyalty: bool,
    pub credit: bool,
    pub support: bool,
    pub marketing: bool,
    pub web: bool,
    pub orders: u64,
}

/// One person, as they are; how a system spells them is a [`super::view::View`].
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub index: u64,
    pub first: &'static str,
    pub middle: char,
    pub last: String,
    pub suffix: Option<&'static str>,
    pub dob: Date,
    pub ssn: u32,
    pub email: String,
    /// The index of the number in the number plan: the household's where it shares one line.
    pub phone_index: u64,
    pub address: Address,
    /// The European country, for European customers.
    pub eu: Option<usize>,
}

struct House {
    start: u64,
    size: u64,
    member: u64,
}

struct Household {
    house: House,
    /// The European country, for European households.
    eu: Option<usize>,
    /// Everyone in it has one mailbox.
    shared_email: bool,
    /// Draws for the rest of what they share.
    shared: Rng,
}

/// The population of a corpus.
#[derive(Clone, Copy, Debug)]
pub(super) struct World<'a> {
    pub spec: &'a CorpusSpec,
}

impl World<'_> {
    /// The corpus seed.
    pub(super) fn seed(&self) -> u64 {
        self.spec.seed
    }

    fn house(&self, index: u64) -> House {
        let block = index / BLOCK;
        let mut rng = rng(self.seed(), Stream::Block, block);
        let (mut start, end) = (block * BLOCK, (block + 1) * BLOCK);
        loop {
            let size = match rng.u8(..100) {
                0..45 => 1,
                45..75 => 2,
                75..90 => 3,
                _ => 4,
            };
            let size = size.min(end - start);
            if index < start + size {
                return House { start, size, member: index - start };
            }
            start += size;
        }
    }

    /// What a household decides for all in it. It is drawn first, so that a system's members are known without making
    /// the people.
    fn household(&self, index: u64) -> Household {
        let rates = &self.spec.rates;
        let house = self.house(index);
        let mut shared = rng(self.seed(), Stream::House, house.start);
        let american = index >= EMPLOYEE_BASE || !chance(&mut shared, rates.european);
        let eu = (!american).then(|| shared.usize(..EU.len()));
        let shared_email = house.size > 1 && chance(&mut shared, rates.shared_email);
        Household { house, eu, shared_email, shared }
    }

    /// The person of an index.
    pub(super) fn person(&self, index: u64) -> Person {
        let rates = &self.spec.rates;
        let Household { house, eu, shared_email, mut shared } = self.household(index);
        let mut own = rng(self.seed(), Stream::Person, index);
        let family = last_name(&mut shared);
        let address = address(&mut shared, eu.map(|i| &EU[i]));
        let shared_phone = house.size > 1 && chance(&mut shared, rates.shared_phone);
        let twins = house.size >= 3 && chance(&mut shared, rates.twins);
        let junior = house.size >= 3 && !twins && chance(&mut shared, rates.junior);
        let head_year = shared.u16(1945..=1984);
        let twin_dob = Date::draw(&mut shared, head_year + 20..=2006.min(head_year + 35));

        let is_twin = twins && house.member >= house.size - 2;
        let is_junior = junior && house.member == 2;
        let first = self.first_name(&house, if is_junior { 0 } else { house.member });
        let last = if house.member == 1 && chance(&mut own, 0.2) { last_name(&mut own) } else { family };
        let dob = match house.member {
            _ if is_twin => twin_dob,
            0 => Date::draw(&mut own, head_year..=head_year),
            1 => Date::draw(&mut own, head_year - 4..=head_year + 4),
            _ => Date::draw(&mut own, head_year + 20..=2006.min(head_year + 35)),
        };
        let mailbox = if shared_email { house.start } else { index };
        Person {
            index,
            first,
            middle: char::from(own.alphabetic().to_ascii_uppercase() as u8),
            suffix: match (is_junior, junior && house.member == 0) {
                (true, _) => Some("Jr"),
                (_, true) => Some("Sr"),
                _ => None,
            },
            dob,
            ssn: numbers::ssn(self.seed(), index),
            email: self.mailbox(mailbox, first, &last, shared_email),
            last,
            phone_index: if shared_phone { house.start * 2 + 1 } else { index * 2 },
            address,
            eu,
        }
    }

    /// First names differ inside a household, so a member's is drawn after those before it.
    fn first_name(&self, house: &House, member: u64) -> &'static str {
        let mut taken = [""; 4];
        for m in 0..=member {
            let mut draws = rng(self.seed(), Stream::First, house.start + m);
            // The first two are more often a man and a woman than not.
            let male =
                if m < 2 && chance(&mut draws, 0.9) { (house.start + m).is_multiple_of(2) } else { draws.bool() };
            let list = if male { MALE } else { FEMALE };
            let mut name = pick_common(&mut draws, list);
            while taken.contains(&name) {
                name = pick(&mut draws, list);
            }
            taken[m as usize] = name;
        }
        taken[member as usize]
    }

    fn mailbox(&self, owner: u64, first: &str, last: &str, family: bool) -> String {
        let mut draws = Rng::with_seed(mix(self.seed(), 21, owner));
        let domain = pick_common(&mut draws, MAIL_DOMAINS);
        let number = owner * 7 + 11;
        if family {
            // Everyone in the house computes the same address, so only the owner's index may go in.
            return format!("{}.household{number}@{domain}", pick(&mut draws, STREETS).to_lowercase().replace(' ', ""));
        }
        let (first, last) = (ascii(first).to_lowercase(), ascii(last).to_lowercase().replace([' ', '\'', '.'], ""));
        match draws.u8(..6) {
            0 => format!("{first}.{last}{number}@{domain}"),
            1 => format!("{first}{last}{number}@{domain}"),
            2 => format!("{}{last}{number}@{domain}", &first[..1]),
            3 => format!("{last}_{first}{number}@{domain}"),
            4 => format!("{first}{number}@{domain}"),
            _ => format!("{first}.{last}+shop{number}@{domain}"),
        }
    }

    /// The mailbox a person changed to.
    pub(super) fn new_mailbox(&self, person: &Person) -> String {
        let mut draws = Rng::with_seed(mix(self.seed(), 26, person.index));
        let initial = ascii(person.first).to_lowercase().chars().next().unwrap_or('x');
        let last = ascii(&person.last).to_lowercase().replace([' ', '\'', '.'], "");
        let domain = pick(&mut draws, MAIL_DOMAINS_NEW);
        format!("{initial}{last}{:02}.{}@{domain}", person.dob.year % 100, person.index + 3)
    }

    /// The telephone number of a person, written one way.
    pub(super) fn phone(&self, person: &Person, style: usize) -> String {
        match person.eu {
            Some(place) => numbers::eu_phone_text(&EU[place], self.seed(), person.phone_index, style),
            None => numbers::phone_text(numbers::phone(self.seed(), person.phone_index), style),
        }
    }

    /// A person's card.
    pub(super) fn card(&self, index: u64) -> Card {
        let mut draws = Rng::with_seed(mix(self.seed(), 22, index));
        let pan = numbers::pan(&mut draws);
        let code = numbers::shaped(&mut draws, if pan.len() == 15 { "9999" } else { "999" });
        Card { pan, expiry: (draws.u8(1..=12), draws.u16(2025..=2030)), code }
    }

    /// A person's bank account: number and routing number.
    pub(super) fn bank(&self, index: u64) -> (String, String) {
        let mut draws = Rng::with_seed(mix(self.seed(), 23, index));
        let shape = ["999999999", "9999999999", "999999999999"][draws.usize(..3)];
        (numbers::shaped(&mut draws, shape), numbers::routing(&mut draws))
    }

    /// A person's driver licence number, of the state they live in.
    pub(super) fn license(&self, person: &Person) -> String {
        numbers::shaped(&mut Rng::with_seed(mix(self.seed(), 24, person.index)), license_shape(person.address.state))
    }

    /// A person's passport number.
    pub(super) fn passport(&self, index: u64) -> String {
        let mut draws = Rng::with_seed(mix(self.seed(), 25, index));
        let shape = if draws.bool() { "A99999999" } else { "999999999" };
        numbers::shaped(&mut draws, shape)
    }

    /// Which systems know a person. Everybody has an order with its payment and one row more, or two such orders.
    pub(super) fn membership(&self, index: u64) -> Membership {
        let rates = &self.spec.rates;
        let Household { house, eu, shared_email, .. } = self.household(index);
        let mut draws = rng(self.seed(), Stream::Membership, index);
        let crm = chance(&mut draws, 0.8);
        let shop = chance(&mut draws, if crm { rates.crm_with_account } else { 0.6 });
        let american = eu.is_none();
        let own_mail = !(shared_email && house.member > 0);
        Membership {
            american,
            crm,
            shop,
            loyalty: chance(&mut draws, 0.3) && american,
            credit: chance(&mut draws, 0.08) && american,
            support: chance(&mut draws, 0.1),
            marketing: chance(&mut draws, 0.35) && own_mail,
            web: chance(&mut draws, 0.4) && shop && own_mail,
            orders: if crm || shop { draws.u64(1..=3) } else { draws.u64(2..=3) },
        }
    }
}

fn last_name(rng: &mut Rng) -> String {
    match rng.u8(..100) {
        0..62 => pick_common(rng, LAST).to_string(),
        62..96 => format!("{}{}", pick(rng, LAST_HEADS), pick(rng, LAST_TAILS)),
        _ => format!("{}-{}", pick_common(rng, LAST), pick(rng, LAST)),
    }
}

fn address(rng: &mut Rng, eu: Option<&EuPlace>) -> Address {
    if let Some(place) = eu {
        let (city, zip) = place.cities[rng.usize(..place.cities.len())];
        let street = format!("{} {}", pick(rng, EU_STREETS), rng.u16(1..=180));
        return Address { street, city, state: "", zip: zip.to_string() };
    }
    let (city, state, zip) = CITIES[rng.usize(..CITIES.len())];
    let mut street = format!("{} {} {}", rng.u16(1..=9999), pick(rng, STREETS), pick(rng, STREET_KINDS));
    match rng.u8(..10) {
        0 => street.push_str(&format!(" Apt {}", rng.u16(1..=400))),
        1 => street.push_str(&format!(" #{}{}", rng.u8(1..=30), char::from(b'A' + rng.u8(..6)))),
        2 => street.push_str(&format!(", Unit {}", rng.u8(1..=60))),
        _ => {}
    }
    let zip = zip + rng.u32(..6);
    let zip = if rng.u8(..10) == 0 { format!("{zip:05}-{:04}", rng.u16(1..=9999)) } else { format!("{zip:05}") };
    Address { street, city, state, zip }
}

impl World<'_> {
    /// The customers in an order of the system's own, so that two files never run in step.
    pub(super) fn shuffled(&self, system: u64) -> impl Iterator<Item = u64> + use<> {
        let (seed, people) = (self.seed(), self.spec.people);
        (0..people).map(move |k| permute(seed, 40 + system, k, people))
    }

    /// An id of one system: a number of seven digits or more. The systems number their rows over the same range, so an
    /// equal number in two of them means nothing.
    pub(super) fn id(&self, system: u64, index: u64) -> String {
        (1_000_000 + permute(self.seed(), 60 + system, index, (self.spec.people * 3).max(8_000_000))).to_string()
    }

    /// A member of staff.
    pub(super) fn employee(&self, index: u64) -> Person {
        self.person(EMPLOYEE_BASE + index)
    }
}
