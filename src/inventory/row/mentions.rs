//! Table `mentions`, and the part of it that linking reads.

use super::super::cells::{Codes, Group, List, Long, Text, Tokens};
use super::super::columns::{Column, code, group, list, long, maybe_day, maybe_group, short, text, token};
use super::super::store::invalid;
use super::super::table::Table;
use super::parts::{Elements, Residences, elements, residence};
use super::{Row, rows};
use crate::model::detector::{Class, Confidence};
use crate::model::element::Element;
use crate::model::mention::{Mention, NameSignature, Population, Role, Token};
use crate::model::rows::{LinkMention, MentionId, MentionRow};
use arrow_array::types::{Date32Type, Int32Type};
use arrow_array::{Array, PrimitiveArray};
use std::io;

impl Row for MentionRow {
    const TABLE: Table = Table::Mentions;

    fn columns(rows: &[Self]) -> Vec<Column> {
        let all = || rows.iter().map(|r| &r.mention);
        let tokens = || all().flat_map(|m| &m.tokens);
        let runs = || all().flat_map(|m| &m.rows);
        let token_group = group(
            "element",
            vec![
                token("token", tokens().map(|t| t.value)),
                code("kind", tokens().map(|t| t.kind)),
                code("class", tokens().map(|t| t.class)),
                text("namespace", tokens().map(|t| &t.namespace)),
            ],
        );
        let run_group = group("element", vec![long("first", runs().map(|r| r.0)), long("last", runs().map(|r| r.1))]);
        vec![
            long("object", rows.iter().map(|r| r.object)),
            long("number", rows.iter().map(|r| r.number)),
            long("segment", rows.iter().map(|r| u64::from(r.segment))),
            code("role", all().map(|m| m.role)),
            code("population", all().map(|m| m.population)),
            list("tokens", all().map(|m| m.tokens.len()), token_group),
            name_column(&all().map(|m| m.name).collect::<Vec<_>>()),
            elements("elements", all().map(|m| m.elements.as_slice())),
            code("confidence", all().map(|m| m.confidence)),
            residence("residence", all().map(|m| m.residence)),
            maybe_day("event_day", all().map(|m| m.event_day)),
            long("records", all().map(|m| m.count)),
            list("rows", all().map(|m| m.rows.len()), run_group),
            text("path", all().map(|m| &m.path)),
            long("decoded_start", all().map(|m| m.source.0)),
            long("decoded_end", all().map(|m| m.source.1)),
        ]
    }

    fn decode(b: Group, keep: &dyn Fn(usize) -> bool, each: &mut dyn FnMut(Self) -> io::Result<()>) -> io::Result<()> {
        let person = Person::open(b)?;
        let (segment, confidence, path) = (b.long("segment")?, b.text("confidence")?, b.text("path")?);
        let (start, end, runs) = (b.long("decoded_start")?, b.long("decoded_end")?, b.list("rows")?);
        let run = runs.groups()?;
        let (first, last) = (run.long("first")?, run.long("last")?);
        rows(b, keep, each, |i| {
            let LinkMention { id, population, tokens, name, elements, residence, event_day, count, .. } =
                person.at(i)?;
            Ok(MentionRow {
                object: id.object,
                number: id.number,
                segment: u32::try_from(segment.at(i)).map_err(|_| invalid("a segment past 2^32"))?,
                mention: Mention {
                    role: person.role.at(i)?,
                    population,
                    tokens,
                    name,
                    elements,
                    confidence: confidence.code(i, Confidence::from_code)?,
                    residence,
                    event_day,
                    count,
                    rows: runs.range(i).map(|j| (first.at(j), last.at(j))).collect(),
                    path: path.shared(i),
                    source: (start.at(i), end.at(i)),
                },
            })
        })
    }

    fn weight(&self) -> usize {
        let mention = &self.mention;
        320 + 64 * mention.tokens.len() + 16 * mention.rows.len() + 2 * mention.elements.len() + mention.path.len()
    }
}

/// The columns that [`link_mentions`] reads.
pub(in super::super) const LINK_COLUMNS: &[&str] =
    &["object", "number", "role", "population", "tokens", "name", "elements", "residence", "event_day", "records"];

/// What linking needs of the mentions `i` of a batch for which `keep(i)`.
pub(in super::super) fn link_mentions(
    batch: Group,
    keep: &dyn Fn(usize) -> bool,
    each: &mut dyn FnMut(&LinkMention) -> io::Result<()>,
) -> io::Result<()> {
    let person = Person::open(batch)?;
    let mut mention = LinkMention::default();
    (0..batch.len()).filter(|&i| keep(i)).try_for_each(|i| {
        person.fill(i, &mut mention)?;
        each(&mention)
    })
}

/// The columns of [`LINK_COLUMNS`].
struct Person<'a> {
    object: Long<'a>,
    number: Long<'a>,
    role: Codes<'a, Role>,
    population: Codes<'a, Population>,
    tokens: List<'a>,
    token: Tokens<'a>,
    kind: Codes<'a, Element>,
    class: Codes<'a, Class>,
    namespace: Text<'a>,
    name: Names<'a>,
    elements: Elements<'a>,
    residence: Residences<'a>,
    event_day: &'a PrimitiveArray<Date32Type>,
    records: Long<'a>,
}

impl<'a> Person<'a> {
    fn open(b: Group<'a>) -> io::Result<Self> {
        let tokens = b.list("tokens")?;
        let all = tokens.groups()?;
        Ok(Person {
            object: b.long("object")?,
            number: b.long("number")?,
            role: b.codes("role", Role::from_code)?,
            population: b.codes("population", Population::from_code)?,
            tokens,
            token: all.token("token")?,
            kind: all.codes("kind", Element::from_code)?,
            class: all.codes("class", Class::from_code)?,
            namespace: all.text("namespace")?,
            name: Names::open(b.group("name")?)?,
            elements: Elements::open(b, "elements")?,
            residence: Residences::open(b.group("residence")?)?,
            event_day: b.day("event_day")?,
            records: b.long("records")?,
        })
    }

    fn at(&self, i: usize) -> io::Result<LinkMention> {
        let mut mention = LinkMention::default();
        self.fill(i, &mut mention)?;
        Ok(mention)
    }

    /// The row as a mention whose lists are used again.
    fn fill(&self, i: usize, mention: &mut LinkMention) -> io::Result<()> {
        mention.id = MentionId { object: self.object.at(i), number: self.number.at(i) };
        mention.main = matches!(self.role.at(i)?, Role::Subject | Role::Buyer);
        mention.population = self.population.at(i)?;
        mention.tokens.clear();
        for j in self.tokens.range(i) {
            let (value, namespace) = (self.token.at(j)?, self.namespace.shared(j));
            mention.tokens.push(Token { value, kind: self.kind.at(j)?, class: self.class.at(j)?, namespace });
        }
        mention.name = self.name.at(i);
        self.elements.fill(i, &mut mention.elements)?;
        mention.residence = self.residence.maybe(i)?;
        mention.event_day = self.event_day.is_valid(i).then(|| self.event_day.value(i));
        mention.count = self.records.at(i);
        Ok(())
    }
}

/// Name signatures; a mention without any name has none. The near hashes are stored without the zeros that fill them up.
fn name_column(names: &[NameSignature]) -> Column {
    let all = || names.iter();
    let near = |name: &str, part: fn(&NameSignature) -> &[u16; 10]| {
        let used = || all().map(|n| trimmed(part(n)));
        list(name, used().map(<[_]>::len), short("element", used().flatten().copied()))
    };
    let columns = vec![
        long("first", all().map(|n| n.first)),
        long("first_root_1", all().map(|n| n.first_roots[0])),
        long("first_root_2", all().map(|n| n.first_roots[1])),
        long("first_root_3", all().map(|n| n.first_roots[2])),
        long("first_root_4", all().map(|n| n.first_roots[3])),
        long("initial", all().map(|n| n.initial)),
        long("first_sound", all().map(|n| n.first_sound)),
        long("last", all().map(|n| n.last)),
        long("last_sound", all().map(|n| n.last_sound)),
        near("first_near", |n| &n.first_near),
        near("last_near", |n| &n.last_near),
    ];
    maybe_group("name", all().map(|n| *n != NameSignature::default()).collect(), columns)
}

fn trimmed(near: &[u16; 10]) -> &[u16] {
    let used = near.iter().rposition(|&hash| hash != 0).map_or(0, |last| last + 1);
    &near[..used]
}

/// The mirror of [`name_column`].
struct Names<'a> {
    group: Group<'a>,
    hashes: [Long<'a>; 9],
    near: [(List<'a>, &'a PrimitiveArray<Int32Type>); 2],
}

impl<'a> Names<'a> {
    fn open(group: Group<'a>) -> io::Result<Self> {
        let long = |name| group.long(name);
        let near = |name| group.list(name).and_then(|list| Ok((list.shorts()?, list))).map(|(all, list)| (list, all));
        Ok(Names {
            group,
            hashes: [
                long("first")?,
                long("first_root_1")?,
                long("first_root_2")?,
                long("first_root_3")?,
                long("first_root_4")?,
                long("initial")?,
                long("first_sound")?,
                long("last")?,
                long("last_sound")?,
            ],
            near: [near("first_near")?, near("last_near")?],
        })
    }

    fn at(&self, i: usize) -> NameSignature {
        if !self.group.is_some(i) {
            return NameSignature::default();
        }
        let [first, one, two, three, four, initial, first_sound, last, last_sound] =
            self.hashes.each_ref().map(|h| h.at(i));
        let first_roots = [one, two, three, four];
        let [first_near, last_near] = self.near.each_ref().map(|(list, all)| {
            let mut hashes = [0; 10];
            // Stored as 32-bit numbers that came from 16 bits, so nothing is cut.
            hashes.iter_mut().zip(list.range(i)).for_each(|(hash, j)| *hash = all.value(j) as u16);
            hashes
        });
        NameSignature { first, first_roots, initial, first_sound, last, last_sound, first_near, last_near }
    }
}
