//! The live mentions as linking goes through them again and again.
//!
//! Linking asks every mention six times. Reading them from the tables costs more than all the rest of linking (columns
//! are put together to rows, codes are parsed), so they are read once and kept as records of varying length in a temporary
//! file that no directory names, some 200 bytes a mention. What they hold is keyed hashes, as in the tables.
//!
//! They are gone through in the order of what names them (the object's URI and version, the number in the object), not in
//! that of the tables: an inventory that grew over many runs numbers its objects otherwise than a fresh one, and the two
//! must say the same.

use super::repeats::Repeats;
use super::{Joined, Spills};
use crate::model::detector::Class;
use crate::model::element::{Element, Form};
use crate::model::mention::{MentionElement, NameSignature, Population, Residence, ResidenceBasis, Token, TokenValue};
use crate::model::rows::{LinkMention, MentionId, Tables};
use crate::spill::{Put, Sorted, Sorter, Take, Tape, TapeWriter};
use siphasher::sip128::{Hasher128, SipHasher24};
use std::hash::Hasher;
use std::io;
use std::sync::Arc;

/// Lists of a mention hold a handful; a longer one is no mention that this program wrote.
const LIST_MAX: usize = u16::MAX as usize;

const CLASSES: [Class; 4] = [Class::Primary, Class::Secondary, Class::Tertiary, Class::None];
const FORMS: [Form; 5] = [Form::Clear, Form::Truncated, Form::Hashed, Form::Encrypted, Form::Tokenised];

const MAIN: u8 = 1;
const NAMED: u8 = 2;
const RESIDES: u8 = 4;
const DATED: u8 = 8;

/// An object's number, and the prints of its URI and its version.
const NAMED_OBJECT: usize = 8 + PRINT + 8;
/// A mention's name in the tables, and its place on the first tape.
const PLACE: usize = 8 + 8 + 8;
/// The prints of the object's URI and version, the object's number (where the two are not known, it stands for them), the
/// mention's number and its place on the first tape.
const ORDERED: usize = PRINT + 8 + 8 + 8 + 8;
/// An object's first ordinal, and the print of its URI.
const OBJECT: usize = 8 + PRINT;
/// Bytes of the print of a URI.
pub const PRINT: usize = 16;

/// All live mentions, in the order of what names them.
pub struct Mentions {
    tape: Tape,
    /// The objects, by the ordinal of their first mention.
    objects: Sorted<OBJECT>,
    /// The operator's namespaces, by number.
    namespaces: Vec<Arc<str>>,
    repeats: Repeats,
}

/// Takes a mention, the ordinal of its object's first mention, and the print of the object's URI.
type EachWithObject<'a> = &'a mut dyn FnMut(&LinkMention, u64, &[u8; PRINT]) -> io::Result<()>;

impl Mentions {
    /// Reads the tables once.
    pub fn read(tables: &dyn Tables, spills: &Spills) -> io::Result<Mentions> {
        let mut names = Sorter::<NAMED_OBJECT>::new(spills.dir, spills.memory / 4);
        tables.object_names(&mut |object, uri, version| {
            let version = u64::from_be_bytes(Take::new(&print(&[version.as_bytes()])).bytes());
            names.push(Put::default().u64(object).bytes(&print(&[uri.as_bytes()])).u64(version).done())
        })?;
        let mut tape = TapeWriter::new(spills.dir)?;
        let mut namespaces: Vec<Arc<str>> = Vec::new();
        let mut repeats = Repeats::new(spills.memory / 4);
        let mut record = Vec::new();
        let mut places = Sorter::<PLACE>::new(spills.dir, spills.memory / 4);
        tables.link_mentions(&mut |mention| {
            record.clear();
            pack(&mention, &mut namespaces, &mut record)?;
            mention.tokens.iter().for_each(|token| repeats.meet(&token.value.0));
            let place = tape.push(&record)?;
            places.push(Put::default().u64(mention.id.object).u64(mention.id.number).u64(place).done())
        })?;
        let (tape, objects) = in_order(tape.finish()?, names.sorted()?, places.sorted()?, spills)?;
        Ok(Mentions { tape, objects, namespaces, repeats })
    }

    /// Which tokens may stand in more than one mention.
    pub fn repeats(&self) -> &Repeats {
        &self.repeats
    }

    /// Hands every mention to `each`.
    pub fn each(&self, each: &mut dyn FnMut(&LinkMention) -> io::Result<()>) -> io::Result<()> {
        let mut mention = blank();
        self.tape.each(|record| {
            self.unpack(record, &mut mention);
            each(&mention)
        })
    }

    /// Hands every mention to `each`, with its object: the ordinal of the object's first mention, and the URI's print.
    pub fn each_with_object(&self, each: EachWithObject<'_>) -> io::Result<()> {
        let mut objects = self.objects.iter()?.peekable();
        let (mut first, mut uri, mut ordinal) = (0, [0; PRINT], 0u64);
        let mut mention = blank();
        self.tape.each(|record| {
            let due = |object: &io::Result<[u8; OBJECT]>| {
                object.as_ref().map_or(true, |object| Take::new(object).u64() <= ordinal)
            };
            while let Some(object) = objects.next_if(due) {
                let object = object?;
                let mut take = Take::new(&object);
                (first, uri) = (take.u64(), take.bytes());
            }
            ordinal += 1;
            self.unpack(record, &mut mention);
            each(&mention, first, &uri)
        })
    }

    /// Reads a record into a mention whose lists are used again.
    fn unpack(&self, record: &[u8], mention: &mut LinkMention) {
        let mut take = Take::new(record);
        mention.id = MentionId { object: take.u64(), number: take.u64() };
        let flags = take.u8();
        mention.main = flags & MAIN != 0;
        mention.population = Population::ALL[usize::from(take.u8())];
        mention.count = take.u64();
        mention.tokens.clear();
        mention.tokens.extend((0..take.u16()).map(|_| Token {
            value: TokenValue(take.bytes()),
            kind: Element::ALL[usize::from(take.u8())],
            class: CLASSES[usize::from(take.u8())],
            namespace: self.namespaces[usize::from(take.u16())].clone(),
        }));
        mention.elements.clear();
        mention.elements.extend((0..take.u16()).map(|_| MentionElement {
            element: Element::ALL[usize::from(take.u8())],
            form: FORMS[usize::from(take.u8())],
        }));
        let name = &mut mention.name;
        *name = NameSignature::default();
        if flags & NAMED != 0 {
            let hashes =
                [&mut name.first, &mut name.initial, &mut name.first_sound, &mut name.last, &mut name.last_sound];
            hashes.into_iter().chain(&mut name.first_roots).for_each(|hash| *hash = take.u64());
            name.first_near.iter_mut().chain(&mut name.last_near).for_each(|hash| *hash = take.u16());
        }
        mention.residence = (flags & RESIDES != 0).then(|| Residence {
            country: take.bytes(),
            state: take.bytes(),
            basis: ResidenceBasis::ALL[usize::from(take.u8())],
        });
        mention.event_day = (flags & DATED != 0).then(|| take.u32().cast_signed());
    }
}

/// A mention to read into.
fn blank() -> LinkMention {
    LinkMention {
        id: MentionId { object: 0, number: 0 },
        main: false,
        population: Population::Consumer,
        tokens: Vec::new(),
        name: NameSignature::default(),
        elements: Vec::new(),
        residence: None,
        event_day: None,
        count: 0,
    }
}

/// A hash of what tells things apart; nothing secret goes in, so nothing needs a key.
pub fn print(parts: &[&[u8]]) -> [u8; PRINT] {
    let mut hasher = SipHasher24::new();
    parts.iter().for_each(|part| hasher.write(part));
    hasher.finish128().as_bytes()
}

/// The mentions in the order of what names them, and their objects.
fn in_order(
    tape: Tape,
    names: Sorted<NAMED_OBJECT>,
    places: Sorted<PLACE>,
    spills: &Spills,
) -> io::Result<(Tape, Sorted<OBJECT>)> {
    let mut ordered = Sorter::<ORDERED>::new(spills.dir, spills.memory / 3);
    let mut names = Joined::<NAMED_OBJECT, 8>::new(&names)?;
    for record in places.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let (object, number, place) = (take.bytes::<8>(), take.u64(), take.u64());
        let name = names.first(&object)?;
        let name: [u8; PRINT + 8] = name.map_or([0; PRINT + 8], |name| Take::new(&name[8..]).bytes());
        ordered.push(Put::default().bytes(&name).bytes(&object).u64(number).u64(place).done())?;
    }
    drop(places);
    let ordered = ordered.sorted()?;
    let mut objects = Sorter::<OBJECT>::new(spills.dir, spills.memory / 8);
    let (mut last, mut rising, mut before) = (None, true, 0);
    for (ordinal, record) in (0u64..).zip(ordered.iter()?) {
        let record = record?;
        let mut take = Take::new(&record);
        let object = take.bytes::<{ PRINT + 8 + 8 }>();
        let (_number, place) = (take.u64(), take.u64());
        rising &= place >= before;
        before = place;
        if last.replace(object) != Some(object) {
            objects.push(Put::default().u64(ordinal).bytes(&object[..PRINT]).done())?;
        }
    }
    let objects = objects.sorted()?;
    if rising {
        return Ok((tape, objects));
    }
    let mut reader = tape.reader();
    let mut again = TapeWriter::new(spills.dir)?;
    for record in ordered.iter()? {
        let record = record?;
        again.push(reader.record(Take::new(&record[ORDERED - 8..]).u64())?)?;
    }
    Ok((again.finish()?, objects))
}

fn pack(mention: &LinkMention, namespaces: &mut Vec<Arc<str>>, out: &mut Vec<u8>) -> io::Result<()> {
    if mention.tokens.len() > LIST_MAX || mention.elements.len() > LIST_MAX {
        return Err(io::Error::other("a mention with more than 65,535 tokens or elements"));
    }
    out.extend_from_slice(&mention.id.object.to_be_bytes());
    out.extend_from_slice(&mention.id.number.to_be_bytes());
    let flag = |bit: u8, set: bool| if set { bit } else { 0 };
    let named = mention.name != NameSignature::default();
    out.push(
        flag(MAIN, mention.main)
            | flag(NAMED, named)
            | flag(RESIDES, mention.residence.is_some())
            | flag(DATED, mention.event_day.is_some()),
    );
    out.push(mention.population as u8);
    out.extend_from_slice(&mention.count.to_be_bytes());
    out.extend_from_slice(&(mention.tokens.len() as u16).to_be_bytes());
    for token in &mention.tokens {
        // An operator has few namespaces, so a list is searched faster than any map.
        let namespace = namespaces.iter().position(|n| *n == token.namespace).unwrap_or_else(|| {
            namespaces.push(token.namespace.clone());
            namespaces.len() - 1
        });
        let namespace = u16::try_from(namespace).map_err(|_| io::Error::other("more than 65,535 namespaces"))?;
        out.extend_from_slice(&token.value.0);
        out.extend_from_slice(&[token.kind as u8, token.class as u8]);
        out.extend_from_slice(&namespace.to_be_bytes());
    }
    out.extend_from_slice(&(mention.elements.len() as u16).to_be_bytes());
    mention.elements.iter().for_each(|e| out.extend_from_slice(&[e.element as u8, e.form as u8]));
    if named {
        let name = &mention.name;
        let hashes = [name.first, name.initial, name.first_sound, name.last, name.last_sound];
        hashes.iter().chain(&name.first_roots).for_each(|hash| out.extend_from_slice(&hash.to_be_bytes()));
        name.first_near.iter().chain(&name.last_near).for_each(|hash| out.extend_from_slice(&hash.to_be_bytes()));
    }
    if let Some(residence) = &mention.residence {
        out.extend_from_slice(&residence.country);
        out.extend_from_slice(&residence.state);
        out.push(residence.basis as u8);
    }
    if let Some(day) = mention.event_day {
        out.extend_from_slice(&day.to_be_bytes());
    }
    Ok(())
}
