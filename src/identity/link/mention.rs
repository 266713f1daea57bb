//! A mention as linking keeps it: packed into a record of some 200 bytes, and read in place.

use super::names::ShortName;
use super::pack_id;
use super::repeats::Repeats;
use crate::model::detector::Class;
use crate::model::element::{Element, ElementSet, Form};
use crate::model::mention::{Population, Residence, ResidenceBasis};
use crate::model::rows::LinkMention;
use crate::model::shared::SharedText;
use crate::spill::Take;
use siphasher::sip128::{Hasher128, SipHasher24};
use std::hash::Hasher;
use std::io;

/// Lists of a mention hold a handful; a longer one is no mention that this program wrote.
const LIST_MAX: usize = u16::MAX as usize;

pub const CLASSES: [Class; 4] = [Class::Primary, Class::Secondary, Class::Tertiary, Class::None];
pub const FORMS: [Form; 5] = [Form::Clear, Form::Truncated, Form::Hashed, Form::Encrypted, Form::Tokenised];

const MAIN: u8 = 1;
const NAMED: u8 = 2;
const RESIDES: u8 = 4;
const DATED: u8 = 8;
const PLACED: u8 = 16;
const PLACE_REPEATS: u8 = 32;

/// Bytes that every record begins with: the id, the flags, the population, how long the two parts behind the name in its
/// postal code are.
const HEADER: usize = 8 + 1 + 1 + 1 + 1;
/// Where a record has its flags.
const FLAGS: usize = 8;
/// Bytes of a name in its postal code.
const PLACE: usize = 16;

/// Bytes of a packed token: the value, its kind and class, the number of its namespace.
const TOKEN: usize = 16 + 1 + 1 + 2;
/// Where a packed token has its class, and the bit of it that says that the token may be in other mentions.
const CLASS: usize = 16 + 1;
const REPEATS: u8 = 0x80;

/// The operator's namespaces, by number. There are few, so a list is searched faster than any map.
#[derive(Default)]
pub struct Namespaces(Vec<SharedText>);

impl Namespaces {
    fn number(&mut self, namespace: &SharedText) -> io::Result<u16> {
        let known = self.0.iter().position(|n| n == namespace);
        let number = known.unwrap_or_else(|| {
            self.0.push(namespace.clone());
            self.0.len() - 1
        });
        u16::try_from(number).map_err(|_| io::Error::other("more than 65,535 namespaces"))
    }

    /// The namespace of a number.
    pub fn get(&self, number: u16) -> &SharedText {
        &self.0[usize::from(number)]
    }
}

/// A token of a mention.
#[derive(Clone, Copy)]
pub struct Token {
    pub value: [u8; 16],
    pub kind: Element,
    pub class: Class,
    /// The number of its namespace.
    pub namespace: u16,
    /// Whether it may be in other mentions.
    pub repeats: bool,
}

/// A mention in its record. What few steps ask for is read when it is asked for.
pub struct Mention<'a> {
    /// Its name in the tables, in one word.
    pub id: u64,
    /// The kind of person.
    pub population: Population,
    /// What tells its name from others, in bytes; zeros without a name.
    pub key: [u8; ShortName::KEY_BYTES],
    flags: u8,
    place: &'a [u8],
    said: &'a [u8],
    name: &'a [u8],
    tokens: &'a [u8],
}

/// What a mention says of its person.
pub struct Said {
    /// How many records it stands for.
    pub count: u64,
    /// Where the person lives.
    pub residence: Option<Residence>,
    /// The latest date of its records.
    pub event_day: Option<i32>,
    /// Its elements, a set for each form.
    pub elements: [ElementSet; FORMS.len()],
}

/// Appends a mention's record to `out`.
pub fn pack(mention: &LinkMention, namespaces: &mut Namespaces, out: &mut Vec<u8>) -> io::Result<()> {
    if mention.tokens.len() > LIST_MAX || mention.elements.len() > LIST_MAX {
        return Err(io::Error::other("a mention with more than 65,535 tokens or elements"));
    }
    let name = ShortName::new(&mention.name);
    let named = name != ShortName::default();
    let flag = |bit: u8, set: bool| if set { bit } else { 0 };
    let place = name_in_place(mention, &name);
    let flags = flag(MAIN, mention.main)
        | flag(NAMED, named)
        | flag(RESIDES, mention.residence.is_some())
        | flag(DATED, mention.event_day.is_some())
        | flag(PLACED, place.is_some());
    out.extend_from_slice(&pack_id(mention.id)?.to_be_bytes());
    out.extend_from_slice(&[flags, mention.population as u8]);
    let lengths = out.len();
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(place.as_ref().map_or(&[], |place| place.as_slice()));
    let said = out.len();
    out.extend_from_slice(&mention.count.to_be_bytes());
    if let Some(residence) = &mention.residence {
        out.extend_from_slice(&residence.country);
        out.extend_from_slice(&residence.state);
        out.push(residence.basis as u8);
    }
    if let Some(day) = mention.event_day {
        out.extend_from_slice(&day.to_be_bytes());
    }
    let mut elements = [ElementSet::default(); FORMS.len()];
    mention.elements.iter().for_each(|e| elements[e.form as usize].insert(e.element));
    out.push((0..FORMS.len()).fold(0, |forms, form| forms | flag(1 << form, !elements[form].is_empty())));
    elements.iter().filter(|of_form| !of_form.is_empty()).for_each(|s| out.extend_from_slice(&s.0.to_be_bytes()));
    let behind = out.len();
    if named {
        name.pack(out);
    }
    // A count, a residence, a day and five sets; a short name.
    (out[lengths], out[lengths + 1]) = ((behind - said) as u8, (out.len() - behind) as u8);
    for token in &mention.tokens {
        out.extend_from_slice(&token.value.0);
        out.extend_from_slice(&[token.kind as u8, token.class as u8]);
        out.extend_from_slice(&namespaces.number(&token.namespace)?.to_be_bytes());
    }
    Ok(())
}

/// A full name in a postal code as one hash. A nickname counts as the name it is short for.
fn name_in_place(mention: &LinkMention, name: &ShortName) -> Option<[u8; PLACE]> {
    let zip = mention.tokens.iter().find(|t| t.kind == Element::Zip).filter(|_| name.is_settled())?;
    let mut hasher = SipHasher24::new();
    hasher.write(&zip.value.0);
    hasher.write_u32(name.last);
    hasher.write_u32(name.root());
    Some(hasher.finish128().as_bytes())
}

/// Writes into a mention's record what of its tokens and its name in its postal code may be in others: the filter is asked
/// once and not in every step.
pub fn mark(record: &mut [u8], repeats: &Repeats) {
    let mention = Mention::read(record);
    let first = record.len() - mention.tokens.len();
    if mention.name_in_place().is_some_and(|place| repeats.may_repeat(&place)) {
        record[FLAGS] |= PLACE_REPEATS;
    }
    for token in record[first..].chunks_exact_mut(TOKEN) {
        if repeats.may_repeat(&Take::new(token).bytes()) {
            token[CLASS] |= REPEATS;
        }
    }
}

impl<'a> Mention<'a> {
    /// The mention of a record.
    pub fn read(record: &'a [u8]) -> Mention<'a> {
        let (header, rest) = record.split_at(HEADER);
        let mut take = Take::new(header);
        let (id, flags, population) = (take.u64(), take.u8(), Population::ALL[usize::from(take.u8())]);
        let (said, name) = (usize::from(take.u8()), usize::from(take.u8()));
        let (place, rest) = rest.split_at(if flags & PLACED != 0 { PLACE } else { 0 });
        let (said, rest) = rest.split_at(said);
        let (name, tokens) = rest.split_at(name);
        let key = name.first_chunk().copied().unwrap_or_default();
        Mention { id, population, key, flags, place, said, name, tokens }
    }

    /// Whether its role is one of the record's main person.
    pub fn is_main(&self) -> bool {
        self.flags & MAIN != 0
    }

    /// What it says of its person.
    pub fn said(&self) -> Said {
        let mut take = Take::new(self.said);
        let count = take.u64();
        let residence = (self.flags & RESIDES != 0).then(|| Residence {
            country: take.bytes(),
            state: take.bytes(),
            basis: ResidenceBasis::ALL[usize::from(take.u8())],
        });
        let event_day = (self.flags & DATED != 0).then(|| take.u32().cast_signed());
        let forms = take.u8();
        let set = |form| if forms >> form & 1 != 0 { ElementSet(take.u64()) } else { ElementSet::default() };
        Said { count, residence, event_day, elements: std::array::from_fn(set) }
    }

    /// The tokens, ascending.
    pub fn tokens(&self) -> impl Iterator<Item = Token> + use<'a> {
        self.tokens.chunks_exact(TOKEN).map(|token| {
            let mut take = Take::new(token);
            Token {
                value: take.bytes(),
                kind: Element::ALL[usize::from(take.u8())],
                class: CLASSES[usize::from(take.u8() & !REPEATS)],
                namespace: take.u16(),
                repeats: token[CLASS] & REPEATS != 0,
            }
        })
    }

    /// Whether there is any name.
    pub fn is_named(&self) -> bool {
        self.key != [0; ShortName::KEY_BYTES]
    }

    /// Whether first and last name are both there in full.
    pub fn is_fully_named(&self) -> bool {
        ShortName::take_key(&mut Take::new(&self.key)).is_full()
    }

    /// The name.
    pub fn name(&self) -> ShortName {
        if self.name.is_empty() { ShortName::default() } else { ShortName::unpack(self.name) }
    }

    /// The keyed hash of the birth date, shortened; zero when there is none.
    pub fn birth_date(&self) -> u32 {
        let token = self.tokens().find(|t| t.kind == Element::Dob);
        token.map_or(0, |t| Take::new(&t.value).u32().max(1))
    }

    /// A full name in a postal code as one hash.
    pub fn name_in_place(&self) -> Option<[u8; PLACE]> {
        self.place.first_chunk().copied()
    }

    /// Whether others may have the name in the postal code.
    pub fn place_repeats(&self) -> bool {
        self.flags & PLACE_REPEATS != 0
    }
}
