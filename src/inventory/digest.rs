//! One hash for what an inventory says.
//!
//! Two inventories are equal when their digests are: the live rows, in any order, without what only says when and by
//! which run they were written. Object ids depend on the order of reading, so a row names its object by URI and version:
//! rows are joined with the objects by sorting, and memory stays bounded whatever their number.

use crate::model::mention::{MentionElement, NameSignature, Residence, Token, TokenValue};
use crate::model::rows::{ObjectRow, Tables};
use crate::spill::{Put, Records, Sorter};
use sha2::{Digest, Sha256};
use std::io;
use std::iter::Peekable;

/// Memory of each sorter.
const SORT_BYTES: usize = 4 << 20;

type Hash = [u8; 32];

/// The SHA-256, as hex, over the live rows of all tables but `runs` and `links`, sorted, without the columns of the run.
/// Inventories made with different keys differ. A link is one of several merges that bring the same mentions together,
/// and which of them is written down depends on the order of reading; whom they bring together is in the memberships.
pub fn digest(tables: &dyn Tables) -> io::Result<String> {
    let temp = std::env::temp_dir();
    let mut objects = Sorter::<40>::new(&temp, SORT_BYTES);
    let mut rows = Sorter::<40>::new(&temp, SORT_BYTES);
    let mut hashes = Sorter::<32>::new(&temp, SORT_BYTES);

    tables.objects(false, &mut |row| {
        let named = keyed(row.id, Canon::new("name").text(&row.object.uri).text(&row.object.version).done());
        objects.push(named)?;
        hashes.push(object(&row))
    })?;
    tables.fields(None, &mut |row| {
        let canon = Canon::new("field").text(&row.path).text(&row.detector).text(row.element.code());
        let canon = canon.number(row.values).number(row.matches).number(row.valid).numbers(&row.confidence);
        rows.push(keyed(row.object, canon.numbers(&row.marks).number(row.distinct).numbers(&row.first_rows).done()))
    })?;
    tables.mentions(None, &mut |row| {
        let mention = &row.mention;
        let canon = Canon::new("mention").number(row.number).number(row.segment.into()).text(mention.role.code());
        let canon = canon.text(mention.population.code()).list(&mention.tokens, Canon::held_token).name(&mention.name);
        let canon = canon.list(&mention.elements, Canon::element).text(mention.confidence.code());
        let canon = canon.maybe(mention.residence.as_ref(), Canon::residence);
        let canon = canon.maybe(mention.event_day.as_ref(), |canon, day| canon.number(i64::from(*day).cast_unsigned()));
        let canon = canon.number(mention.count).list(&mention.rows, |canon, run| canon.number(run.0).number(run.1));
        let canon = canon.text(&mention.path).number(mention.source.0).number(mention.source.1);
        rows.push(keyed(row.object, canon.done()))
    })?;
    tables.orphans(None, &mut |row| {
        let canon = Canon::new("orphan").text(&row.path).element(&row.element).number(row.count).number(row.distinct);
        rows.push(keyed(row.object, canon.numbers(&row.first_rows).text(&row.reason).done()))
    })?;
    tables.memberships(None, &mut |row| {
        let canon = Canon::new("membership").number(row.mention.number).token(&row.consumer);
        rows.push(keyed(row.mention.object, canon.text(row.certainty.code()).done()))
    })?;
    tables.consumers(&mut |row| {
        let canon = Canon::new("consumer").token(&row.id).text(row.population.code());
        let canon = canon.list(&row.elements, Canon::element).number(row.named.into());
        let canon = canon.maybe(row.residence.as_ref(), Canon::residence);
        let canon = canon.list(&row.residence_rejected, Canon::residence).number(row.mentions).number(row.records);
        let canon = canon.number(row.objects).maybe(row.cluster.as_ref(), Canon::token).text(&row.cluster_reason);
        hashes.push(canon.done())
    })?;
    tables.identifiers(&mut |row| {
        let canon = Canon::new("identifier").token(&row.token).text(row.kind.code()).text(&row.namespace);
        let canon = canon.text(row.class.code()).maybe(row.consumer.as_ref(), Canon::token);
        hashes.push(canon.number(row.names.into()).number(row.hub.into()).number(row.mentions).done())
    })?;

    let objects = objects.sorted()?;
    let mut names = objects.iter()?.peekable();
    for record in rows.sorted()?.iter()? {
        let record = record?;
        let (object, hash) = record.split_at(8);
        hashes.push(with_name(&mut names, object, hash)?)?;
    }
    let mut digest = Sha256::new();
    for hash in hashes.sorted()?.iter()? {
        digest.update(hash?);
    }
    Ok(super::record::hex(&digest.finalize()))
}

/// A row's hash with its object's name. Both come in ascending order of id.
fn with_name(names: &mut Peekable<Records<40>>, object: &[u8], hash: &[u8]) -> io::Result<Hash> {
    while names.next_if(|name| name.as_ref().is_ok_and(|name| &name[..8] < object)).is_some() {}
    let name = match names.peek() {
        Some(Ok(name)) if &name[..8] == object => &name[8..],
        Some(Err(e)) => return Err(io::Error::new(e.kind(), e.to_string())),
        _ => &[],
    };
    Ok(Sha256::new().chain_update(hash).chain_update(name).finalize().into())
}

fn keyed(object: u64, hash: Hash) -> [u8; 40] {
    Put::default().u64(object).bytes(&hash).done()
}

fn object(row: &ObjectRow) -> Hash {
    let canon = Canon::new("object").text(&row.object.uri).text(&row.object.path).text(&row.object.version);
    let canon = canon.number(row.object.size).text(&row.source).text(&row.content_hash).text(&row.format);
    let canon = canon.maybe(row.object.modified.as_ref(), |canon, at| canon.number(at.cast_unsigned()));
    let canon = canon.text(&row.dialect).text(row.status.code()).list(&row.gaps, |canon, gap| {
        let canon = canon.text(gap.kind.code()).maybe(gap.offset.as_ref(), |canon, n| canon.number(*n));
        canon.maybe(gap.bytes.as_ref(), |canon, n| canon.number(*n)).text(&gap.detail)
    });
    let canon = canon.number(row.bytes_read).number(row.bytes_decoded).number(row.records).number(row.records_rejected);
    canon.text(&row.policy).done()
}

/// The canonical bytes of a row, hashed as they come: numbers in eight bytes, text and lists after their length.
struct Canon(Sha256);

impl Canon {
    fn new(table: &str) -> Canon {
        Canon(Sha256::new()).text(table)
    }

    fn number(mut self, number: u64) -> Canon {
        self.0.update(number.to_be_bytes());
        self
    }

    fn numbers(self, numbers: &[u64]) -> Canon {
        self.list(numbers, |canon, number| canon.number(*number))
    }

    fn text(self, text: &str) -> Canon {
        let mut canon = self.number(text.len() as u64);
        canon.0.update(text);
        canon
    }

    fn list<T>(self, items: &[T], item: impl Fn(Canon, &T) -> Canon) -> Canon {
        items.iter().fold(self.number(items.len() as u64), item)
    }

    fn maybe<T>(self, item: Option<&T>, write: impl Fn(Canon, &T) -> Canon) -> Canon {
        match item {
            Some(item) => write(self.number(1), item),
            None => self.number(0),
        }
    }

    fn token(mut self, token: &TokenValue) -> Canon {
        self.0.update(token.0);
        self
    }

    fn held_token(self, token: &Token) -> Canon {
        self.token(&token.value).text(token.kind.code()).text(token.class.code()).text(&token.namespace)
    }

    fn element(self, element: &MentionElement) -> Canon {
        self.text(element.element.code()).text(element.form.code())
    }

    fn residence(mut self, residence: &Residence) -> Canon {
        self.0.update(residence.country);
        self.0.update(residence.state);
        self.text(residence.basis.code())
    }

    fn name(self, name: &NameSignature) -> Canon {
        let NameSignature { first, first_roots, initial, first_sound, last, last_sound, first_near, last_near } = *name;
        let canon = self.numbers(&[first, initial, first_sound, last, last_sound]).numbers(&first_roots);
        canon.numbers(&first_near.map(u64::from)).numbers(&last_near.map(u64::from))
    }

    fn done(self) -> Hash {
        self.0.finalize().into()
    }
}
