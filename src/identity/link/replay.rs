//! The live mentions as linking goes through them again and again.
//!
//! Linking asks every mention five times. Reading them from the tables costs more than all the rest of linking (columns
//! are put together to rows, codes are parsed), so they are read once and kept as records of varying length in a temporary
//! file that no directory names, some 200 bytes a mention. What they hold is keyed hashes, as in the tables.

use crate::model::detector::Class;
use crate::model::element::{Element, Form};
use crate::model::mention::{MentionElement, NameSignature, Population, Residence, ResidenceBasis, Token, TokenValue};
use crate::model::rows::{LinkMention, MentionId, Tables};
use crate::spill::Take;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Bytes read at once.
const READ_BYTES: usize = 256 << 10;
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
    file: File,
    bytes: u64,
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
        let named = |e: io::Error| {
            io::Error::new(
                e.kind(),
                format!("temporary folder {}: {e}; point TMPDIR at a folder with room", dir.display()),
            )
        };
        let mut out = BufWriter::with_capacity(READ_BYTES, tempfile::tempfile_in(dir).map_err(named)?);
        let mut namespaces: Vec<Arc<str>> = Vec::new();
        let (mut bytes, mut record) = (0, Vec::new());
        tables.link_mentions(&mut |mention| {
            record.clear();
            record.extend_from_slice(&[0; 4]);
            pack(&mention, &mut namespaces, &mut record)?;
            let length = u32::try_from(record.len() - 4).map_err(io::Error::other)?;
            record[..4].copy_from_slice(&length.to_be_bytes());
            bytes += record.len() as u64;
            out.write_all(&record).map_err(named)?;
            each(&mention)
        })?;
        Ok(Mentions { file: out.into_inner().map_err(|e| named(e.into_error()))?, bytes, namespaces })
    }

    /// Hands every mention to `each`, in the order of the tables.
    pub fn each(&self, each: &mut dyn FnMut(LinkMention) -> io::Result<()>) -> io::Result<()> {
        let mut buffer: Vec<u8> = Vec::new();
        let (mut at, mut read) = (0usize, 0u64);
        loop {
            let length = buffer.get(at..at + 4).map(|length| Take::new(length).u32() as usize);
            if let Some(record) = length.and_then(|length| buffer.get(at + 4..at + 4 + length)) {
                each(self.unpack(record))?;
                at += 4 + record.len();
                continue;
            }
            if read == self.bytes {
                return Ok(());
            }
            // The next record is cut by the end of the buffer: what there is of it goes to the front.
            buffer.drain(..at);
            at = 0;
            let held = buffer.len();
            let more = (self.bytes - read).min(READ_BYTES as u64);
            buffer.resize(held + more as usize, 0);
            self.file.read_exact_at(&mut buffer[held..], read)?;
            read += more;
        }
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
