//! Comparing names that nobody can read.
//!
//! A mention carries its name as keyed hashes ([`NameSignature`]). Linking sorts hundreds of millions of entries, so it
//! keeps a shorter form of them: 32 bits a part are plenty to compare the few names that meet at one token.

use crate::model::mention::NameSignature;
use crate::spill::{Put, Take};

/// A name signature, shortened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShortName {
    pub last: u32,
    pub first: u32,
    pub initial: u16,
    roots: [u32; 4],
    last_sound: u32,
    first_near: [u16; 10],
    last_near: [u16; 10],
}

/// How alike two names are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// The same, up to a nickname or one typing error.
    Close,
    /// Nothing speaks against it, but a part is missing or only an initial: never a bridge.
    Weak,
    /// One of them is no name at all.
    Unknown,
    /// Two people's names.
    Different,
}

/// How alike one part of two names is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Equal,
    Near,
    Missing,
    Different,
}

impl ShortName {
    /// Bytes of [`ShortName::put_key`].
    pub const KEY_BYTES: usize = 10;
    /// Bytes of [`ShortName::put_rest`].
    pub const REST_BYTES: usize = 60;

    /// Shortens a signature.
    pub fn new(name: &NameSignature) -> ShortName {
        ShortName {
            last: short(name.last),
            first: short(name.first),
            initial: (short(name.initial) >> 16) as u16 | u16::from(name.initial != 0),
            roots: name.first_roots.map(short),
            last_sound: short(name.last_sound),
            first_near: name.first_near,
            last_near: name.last_near,
        }
    }

    /// The part that tells names apart in a sort.
    pub fn put_key<const N: usize>(&self, record: Put<N>) -> Put<N> {
        record.u32(self.last).u32(self.first).u16(self.initial)
    }

    /// The rest.
    pub fn put_rest<const N: usize>(&self, record: Put<N>) -> Put<N> {
        let mut rest = [0; Self::REST_BYTES];
        let (words, near) = rest.split_at_mut(4 * (self.roots.len() + 1));
        let of_words = self.roots.iter().chain([&self.last_sound]);
        words.as_chunks_mut().0.iter_mut().zip(of_words).for_each(|(place, word)| *place = word.to_be_bytes());
        let of_near = self.first_near.iter().chain(&self.last_near);
        near.as_chunks_mut().0.iter_mut().zip(of_near).for_each(|(place, hash)| *place = hash.to_be_bytes());
        record.bytes(&rest)
    }

    /// Reads what [`ShortName::put_key`] wrote.
    pub fn take_key(record: &mut Take<'_>) -> ShortName {
        ShortName { last: record.u32(), first: record.u32(), initial: record.u16(), ..ShortName::default() }
    }

    /// Reads what [`ShortName::put_rest`] wrote.
    pub fn take_rest(&mut self, record: &mut Take<'_>) {
        self.roots = std::array::from_fn(|_| record.u32());
        self.last_sound = record.u32();
        for near in self.first_near.iter_mut().chain(&mut self.last_near) {
            *near = record.u16();
        }
    }

    /// Appends the whole name without the zeros that fill its lists up.
    pub fn pack(&self, out: &mut Vec<u8>) {
        let (roots, first, last) = (used(&self.roots), used(&self.first_near), used(&self.last_near));
        out.extend_from_slice(&self.put_key(Put::<{ ShortName::KEY_BYTES }>::default()).done());
        out.extend_from_slice(&[roots.len() as u8, first.len() as u8, last.len() as u8]);
        out.extend_from_slice(&self.last_sound.to_be_bytes());
        roots.iter().for_each(|root| out.extend_from_slice(&root.to_be_bytes()));
        first.iter().chain(last).for_each(|near| out.extend_from_slice(&near.to_be_bytes()));
    }

    /// Reads what [`ShortName::pack`] appended.
    pub fn unpack(packed: &[u8]) -> ShortName {
        let mut take = Take::new(packed);
        let mut name = ShortName::take_key(&mut take);
        let [roots, first, last] = take.bytes().map(usize::from);
        name.last_sound = take.u32();
        name.roots[..roots].iter_mut().for_each(|root| *root = take.u32());
        name.first_near[..first].iter_mut().for_each(|near| *near = take.u16());
        name.last_near[..last].iter_mut().for_each(|near| *near = take.u16());
        name
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.last == 0 && self.first == 0 && self.initial == 0
    }

    /// Whether first and last name are both there in full; only such a name can found a consumer without a primary
    /// identifier.
    pub fn is_full(&self) -> bool {
        self.last != 0 && self.first != 0
    }

    /// Whether the first name is a nickname of several families, and heads none itself.
    fn ambiguous(&self) -> bool {
        self.roots[1] != 0 && self.roots[0] != self.first
    }

    /// Whether the name can stand for itself among others: full, and of one family.
    pub fn is_settled(&self) -> bool {
        self.is_full() && !self.ambiguous()
    }

    /// The head of the first name's family, or the first name itself.
    pub fn root(&self) -> u32 {
        if self.roots[0] != 0 { self.roots[0] } else { self.first }
    }

    /// Whether two names are one last name and first names of one family, however many families they are in: enough for
    /// people born on the same day.
    pub fn akin(&self, other: &ShortName) -> bool {
        let family = self.roots.iter().any(|r| *r != 0 && other.roots.contains(r));
        self.is_full() && self.last == other.last && family
    }

    /// Whether two names are equal in what tells names apart.
    pub fn same(&self, other: &ShortName) -> bool {
        (self.last, self.first, self.initial) == (other.last, other.first, other.initial)
    }

    /// How alike two names are. One typing error in one part is allowed, two are not.
    pub fn likeness(&self, other: &ShortName) -> Likeness {
        if self.is_empty() || other.is_empty() {
            return Likeness::Unknown;
        }
        let last = match (self.last, other.last) {
            (0, _) | (_, 0) => Part::Missing,
            (a, b) if a == b => Part::Equal,
            _ if near(&self.last_near, &other.last_near) => Part::Near,
            _ if self.last_sound != 0 && self.last_sound == other.last_sound => Part::Near,
            _ => Part::Different,
        };
        let first = match (self.first, other.first) {
            (0, _) | (_, 0) if self.initial == 0 || other.initial == 0 => Part::Missing,
            (0, _) | (_, 0) if self.initial == other.initial => Part::Missing,
            (0, _) | (_, 0) => Part::Different,
            (a, b) if a == b => Part::Equal,
            // A nickname of several families fits both and speaks for neither.
            _ if self.roots.iter().any(|r| *r != 0 && other.roots.contains(r)) => {
                if self.ambiguous() || other.ambiguous() { Part::Missing } else { Part::Equal }
            }
            // Sound is not asked here: Michael and Michelle, who may well share a household, sound alike to every code.
            _ if near(&self.first_near, &other.first_near) => Part::Near,
            _ => Part::Different,
        };
        match (first, last) {
            (Part::Different, _) | (_, Part::Different) | (Part::Near, Part::Near) => Likeness::Different,
            (Part::Missing, _) | (_, Part::Missing) => Likeness::Weak,
            _ => Likeness::Close,
        }
    }

    /// Whether two names are one first name with two last names, as before and after a marriage. Where an identifier that
    /// nobody shares stands behind both, that is one person.
    pub fn renamed(&self, other: &ShortName) -> bool {
        let both = self.last != 0 && other.last != 0 && self.last != other.last;
        let first = self.first != 0 && self.first == other.first;
        let root = self.is_settled() && other.is_settled() && self.roots[0] == other.roots[0];
        both && (first || root)
    }

    /// Whether the parts that two names share are the same: what a mention with a weak name needs of a holder. Holders
    /// are kept by [`ShortName::put_key`] alone, so nicknames and typing errors are not seen here.
    pub fn agrees(&self, holder: &ShortName) -> bool {
        let last = self.last == 0 || holder.last == 0 || self.last == holder.last;
        let first = if self.first != 0 && holder.first != 0 {
            self.first == holder.first
        } else {
            self.initial == 0 || holder.initial == 0 || self.initial == holder.initial
        };
        last && first
    }
}

/// A list without the zeros that fill it up.
fn used<T: Copy + Default + PartialEq>(list: &[T]) -> &[T] {
    let zero = T::default();
    &list[..list.iter().rposition(|item| *item != zero).map_or(0, |last| last + 1)]
}

/// The high half of a hash; a part that is there never becomes zero.
fn short(hash: u64) -> u32 {
    let high = (hash >> 32) as u32;
    if hash != 0 && high == 0 { 1 } else { high }
}

/// Whether two ascending lists share a value other than the zeros that fill them.
fn near(a: &[u16; 10], b: &[u16; 10]) -> bool {
    a.iter().any(|x| *x != 0 && b.contains(x))
}
