//! What several tables hold: elements with their forms, residences, lists of rows.

use super::super::cells::{Codes, Group, List, Long, Text};
use super::super::columns::{Column, code, group, list, long, maybe_group, text};
use crate::model::element::{Element, Form};
use crate::model::mention::{MentionElement, MentionElements, Residence, ResidenceBasis};
use std::io;

/// Lists of elements with their forms.
pub(super) fn elements<'a>(name: &str, rows: impl Iterator<Item = &'a [MentionElement]> + Clone) -> Column {
    let all = || rows.clone().flatten();
    let element =
        group("element", vec![code("element", all().map(|e| e.element)), code("form", all().map(|e| e.form))]);
    list(name, rows.map(<[_]>::len), element)
}

/// The mirror of [`elements`].
pub(super) struct Elements<'a> {
    lists: List<'a>,
    element: Codes<'a, Element>,
    form: Codes<'a, Form>,
}

impl<'a> Elements<'a> {
    pub fn open(batch: Group<'a>, name: &str) -> io::Result<Self> {
        let lists = batch.list(name)?;
        let all = lists.groups()?;
        let (element, form) = (all.codes("element", Element::from_code)?, all.codes("form", Form::from_code)?);
        Ok(Elements { lists, element, form })
    }

    pub fn at(&self, i: usize) -> io::Result<MentionElements> {
        self.all(i).collect()
    }

    /// The same into a list that is used again.
    pub fn fill(&self, i: usize, elements: &mut MentionElements) -> io::Result<()> {
        elements.clear();
        self.all(i).try_for_each(|element| element.map(|element| elements.push(element)))
    }

    fn all(&self, i: usize) -> impl Iterator<Item = io::Result<MentionElement>> {
        let one = |j| Ok(MentionElement { element: self.element.at(j)?, form: self.form.at(j)? });
        self.lists.range(i).map(one)
    }
}

/// An element and its form from two columns.
pub(super) fn element_at(element: &Text, form: &Text, i: usize) -> io::Result<MentionElement> {
    Ok(MentionElement { element: element.code(i, Element::from_code)?, form: form.code(i, Form::from_code)? })
}

const NOWHERE: Residence = Residence { country: *b"  ", state: *b"  ", basis: ResidenceBasis::Mailing };

/// A code of two letters as text.
struct Letters {
    utf8: [u8; 4],
    length: usize,
}

impl AsRef<str> for Letters {
    fn as_ref(&self) -> &str {
        std::str::from_utf8(&self.utf8[..self.length]).unwrap_or_default()
    }
}

/// Codes are two ASCII letters, or two spaces for none, which are stored as the empty text. Any other byte is kept as the
/// character of its number.
fn code_text(code: [u8; 2]) -> Letters {
    let mut letters = Letters { utf8: [0; 4], length: 0 };
    if code != *b"  " {
        for byte in code {
            letters.length += char::from(byte).encode_utf8(&mut letters.utf8[letters.length..]).len();
        }
    }
    letters
}

fn code_bytes(text: &str) -> [u8; 2] {
    let mut bytes = *b"  ";
    for (byte, c) in bytes.iter_mut().zip(text.chars()) {
        *byte = u8::try_from(c).unwrap_or(b' ');
    }
    bytes
}

fn residence_columns(rows: &[Residence]) -> Vec<Column> {
    vec![
        text("country", rows.iter().map(|r| code_text(r.country))),
        text("state", rows.iter().map(|r| code_text(r.state))),
        code("basis", rows.iter().map(|r| r.basis)),
    ]
}

/// Residences that may be absent.
pub(super) fn residence(name: &str, rows: impl Iterator<Item = Option<Residence>> + Clone) -> Column {
    let all: Vec<Residence> = rows.clone().map(|r| r.unwrap_or(NOWHERE)).collect();
    maybe_group(name, rows.map(|r| r.is_some()).collect(), residence_columns(&all))
}

/// Lists of residences.
pub(super) fn residences<'a>(name: &str, rows: impl Iterator<Item = &'a [Residence]> + Clone) -> Column {
    let all: Vec<Residence> = rows.clone().flatten().copied().collect();
    list(name, rows.map(<[_]>::len), group("element", residence_columns(&all)))
}

/// The mirror of [`residence`], and of an element of [`residences`].
pub(super) struct Residences<'a> {
    group: Group<'a>,
    country: Codes<'a, [u8; 2]>,
    state: Codes<'a, [u8; 2]>,
    basis: Codes<'a, ResidenceBasis>,
}

impl<'a> Residences<'a> {
    pub fn open(group: Group<'a>) -> io::Result<Self> {
        Ok(Residences {
            group,
            country: group.codes("country", |text| Some(code_bytes(text)))?,
            state: group.codes("state", |text| Some(code_bytes(text)))?,
            basis: group.codes("basis", ResidenceBasis::from_code)?,
        })
    }

    pub fn at(&self, i: usize) -> io::Result<Residence> {
        Ok(Residence { country: self.country.at(i)?, state: self.state.at(i)?, basis: self.basis.at(i)? })
    }

    pub fn maybe(&self, i: usize) -> io::Result<Option<Residence>> {
        self.group.is_some(i).then(|| self.at(i)).transpose()
    }
}

/// Lists of numbers.
pub(super) fn longs<'a>(name: &str, rows: impl Iterator<Item = &'a [u64]> + Clone) -> Column {
    list(name, rows.clone().map(<[_]>::len), long("element", rows.flatten().copied()))
}

/// The mirror of [`longs`].
pub(super) struct Longs<'a> {
    lists: List<'a>,
    all: Long<'a>,
}

impl<'a> Longs<'a> {
    pub fn open(batch: Group<'a>, name: &str) -> io::Result<Self> {
        let lists = batch.list(name)?;
        Ok(Longs { all: lists.longs()?, lists })
    }

    pub fn at(&self, i: usize) -> Vec<u64> {
        self.lists.range(i).map(|j| self.all.at(j)).collect()
    }
}
