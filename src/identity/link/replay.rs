//! The live mentions as linking goes through them again and again.
//!
//! Linking asks every mention six times. Reading them from the tables costs more than all the rest of linking (columns
//! are put together to rows, codes are parsed), so they are read once and kept as records of varying length in a temporary
//! file that no directory names, some 200 bytes a mention. What they hold is keyed hashes, as in the tables.

use crate::model::detector::Class;
use crate::model::element::{Element, Form};
use crate::model::mention::{MentionElement, NameSignature, Population, Residence, ResidenceBasis, Token, TokenValue};
use crate::model::rows::{LinkMention, MentionId, Tables};
use crate::spill::{Take, Tape, TapeWriter};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Lists of a mention hold a handful; a longer one is no mention that this program wrote.
const LIST_MAX: usize = u16::MAX as usize;

const CLASSES: [Class; 4] = [Class::Primary, Class::Secondary, Class::Tertiary, Class::None];
const FORMS: [Form; 5] = [Form::Clear, Form::Truncated, Form::Hashed, Form::Encrypted, Form::Tokenised];

const MAIN: u8 = 1;
const NAMED: u8 = 2;
const RESIDES: u8 = 4;
const DATED: u8 = 8;

/// All live mentions, in the order of the tables.
pub struct Mentions {
    tape: Tape,
    /// The operator's namespaces, by number.
    namespaces: Vec<Arc<str>>,
}

impl Mentions {
    /// Reads the tables once and hands every mention to `each` on the way.
    pub fn read(
        tables: &dyn Tables,
        dir: &Path,
        each: &mut dyn FnMut(&LinkMention) -> io::Result<()>,
    ) -> io::Result<Mentions> {
        let mut tape = TapeWriter::new(dir)?;
        let mut namespaces: Vec<Arc<str>> = Vec::new();
        let mut record = Vec::new();
        tables.link_mentions(&mut |mention| {
            record.clear();
            pack(&mention, &mut namespaces, &mut record)?;
            tape.push(&record)?;
            each(&mention)
        })?;
        Ok(Mentions { tape: tape.finish()?, namespaces })
    }

    /// Hands every mention to `each`, in the order of the tables.
    pub fn each(&self, each: &mut dyn FnMut(LinkMention) -> io::Result<()>) -> io::Result<()> {
        self.tape.each(|record| each(self.unpack(record)))
    }

    fn unpack(&self, record: &[u8]) -> LinkMention {
        let mut take = Take::new(record);
        let id = MentionId { object: take.u64(), number: take.u64() };
        let (flags, population) = (take.u8(), Population::ALL[usize::from(take.u8())]);
        let count = take.u64();
        let tokens = (0..take.u16())
            .map(|_| Token {
                value: TokenValue(take.bytes()),
                kind: Element::ALL[usize::from(take.u8())],
                class: CLASSES[usize::from(take.u8())],
                namespace: self.namespaces[usize::from(take.u16())].clone(),
            })
            .collect();
        let elements = (0..take.u16())
            .map(|_| MentionElement {
                element: Element::ALL[usize::from(take.u8())],
                form: FORMS[usize::from(take.u8())],
            })
            .collect();
        let mut name = NameSignature::default();
        if flags & NAMED != 0 {
            let hashes =
                [&mut name.first, &mut name.initial, &mut name.first_sound, &mut name.last, &mut name.last_sound];
            hashes.into_iter().chain(&mut name.first_roots).for_each(|hash| *hash = take.u64());
            name.first_near.iter_mut().chain(&mut name.last_near).for_each(|hash| *hash = take.u16());
        }
        let residence = (flags & RESIDES != 0).then(|| Residence {
            country: take.bytes(),
            state: take.bytes(),
            basis: ResidenceBasis::ALL[usize::from(take.u8())],
        });
        let event_day = (flags & DATED != 0).then(|| take.u32().cast_signed());
        LinkMention { id, main: flags & MAIN != 0, population, tokens, name, elements, residence, event_day, count }
    }
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
