//! Names: folding, splitting, and the keyed signature that stands for a name.
//!
//! A name is compared in more ways than by equality (nickname, initial, sound, one typing error), so it becomes several
//! keyed hashes. Names repeat much more than other values; the parts of the last few thousand are kept by the hash of the
//! folded part, so that most rows cost two hashes a name. The cache holds hashes only.

use super::aggregate::Through;
use super::key::Key;
use super::sound;
use crate::model::mention::NameSignature;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;
use std::sync::OnceLock;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use zeroize::Zeroize;

const TITLES: &[&str] = &["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir", "rev", "hon", "madam"];
const SUFFIXES: &[&str] = &["jr", "sr", "ii", "iii", "iv", "md", "phd", "esq", "dds", "cpa", "rn", "jd"];
const PARTICLES: &[&str] = &[
    "van", "von", "der", "den", "de", "da", "do", "dos", "di", "del", "della", "la", "le", "du", "bin", "ibn", "al",
    "ter", "ten", "st",
];

/// Names kept before the cache starts anew.
const CACHE_MAX: usize = 8192;

/// Lower-cases, takes accents off and spells out the letters that accents do not explain. Fit for comparing, not showing.
pub(super) fn plain(text: &str, out: &mut String) {
    if text.is_ascii() {
        let from = out.len();
        out.push_str(text);
        out[from..].make_ascii_lowercase();
        return;
    }
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'đ' | 'ð' => out.push('d'),
            'þ' => out.push_str("th"),
            'ı' => out.push('i'),
            c if is_combining_mark(c) => {}
            c => out.push(c),
        }
    }
}

/// What a full name turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// A person's: first and last were written.
    Person,
    /// An organisation's.
    Organisation,
    /// Neither can be told.
    Unclear,
}

/// Folded first and last names, reused from value to value and cleared at the end.
#[derive(Default)]
pub struct Folder {
    plain: String,
    /// The folded first name, or a single letter.
    pub first: String,
    /// The folded last name.
    pub last: String,
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.plain.zeroize();
        self.first.zeroize();
        self.last.zeroize();
    }
}

/// The tokens of a plain name: apostrophes vanish, hyphens join, all else separates.
fn push_token(word: &str, out: &mut String) {
    out.extend(word.chars().filter(|c| c.is_alphanumeric()));
}

fn tokens(plain: &str) -> impl DoubleEndedIterator<Item = &str> {
    plain
        .split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’' | '‘' | '`' | '-' | '‐'))
        .filter(|w| w.chars().any(char::is_alphanumeric))
}

impl Folder {
    fn load(&mut self, value: &[u8]) {
        self.plain.clear();
        plain(&String::from_utf8_lossy(value), &mut self.plain);
    }

    /// Folds the value of a first-name field: titles and everything after the first name are left out.
    pub fn first_name(&mut self, value: &[u8]) -> bool {
        self.first.clear();
        if is_word(value) {
            push_lower(value, &mut self.first);
            if TITLES.contains(&self.first.as_str()) {
                self.first.clear();
            }
            return !self.first.is_empty();
        }
        self.load(value);
        if let Some(word) = tokens(&self.plain).find(|w| !TITLES.contains(w)) {
            push_token(word, &mut self.first);
        }
        !self.first.is_empty()
    }

    /// Folds the value of a last-name field: particles belong to it, suffixes do not.
    pub fn last_name(&mut self, value: &[u8]) -> bool {
        self.last.clear();
        if is_word(value) {
            push_lower(value, &mut self.last);
            return true;
        }
        self.load(value);
        for (i, word) in tokens(&self.plain).enumerate() {
            if i == 0 || !SUFFIXES.contains(&word) {
                push_token(word, &mut self.last);
            }
        }
        !self.last.is_empty()
    }

    /// Splits a full name, `First Middle Last Jr` or `Last, First`.
    pub fn full_name(&mut self, value: &[u8]) -> Split {
        self.load(value);
        self.first.clear();
        self.last.clear();
        if tokens(&self.plain).any(organisational) || governs(&self.plain) {
            // `Jun Church` and `Church, Sam` are people.
            let (given, surname) = match self.plain.split_once(',') {
                Some((before, after)) => (tokens(after).next(), tokens(before).last()),
                None => (tokens(&self.plain).next(), tokens(&self.plain).last()),
            };
            let person = given.is_some_and(is_given_name) && surname.is_some_and(is_surname_too);
            if !person || tokens(&self.plain).count() > 3 {
                return Split::Organisation;
            }
        }
        if let Some((before, after)) = self.plain.split_once(',')
            && let Some(first) = tokens(after).find(|w| !SUFFIXES.contains(w) && !TITLES.contains(w))
        {
            for word in tokens(before).filter(|w| !SUFFIXES.contains(w)) {
                push_token(word, &mut self.last);
            }
            push_token(first, &mut self.first);
            return if self.last.is_empty() { Split::Unclear } else { Split::Person };
        }
        let mut words: [&str; 8] = [""; 8];
        let mut n = 0;
        for word in tokens(&self.plain).skip_while(|w| TITLES.contains(w)) {
            if n == words.len() {
                return Split::Unclear;
            }
            words[n] = word;
            n += 1;
        }
        while n > 2 && SUFFIXES.contains(&words[n - 1]) {
            n -= 1;
        }
        if n < 2 || !words[..n].iter().all(|w| w.chars().any(char::is_alphabetic)) {
            return Split::Unclear;
        }
        let mut last = n - 1;
        while last > 1 && is_particle(words[last - 1]) {
            last -= 1;
        }
        push_token(words[0], &mut self.first);
        words[last..n].iter().for_each(|w| push_token(w, &mut self.last));
        Split::Person
    }
}

/// Whether a value is one word of plain letters, as most parts of names are: folded, it is itself in lower case.
fn is_word(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(u8::is_ascii_alphabetic)
}

fn push_lower(word: &[u8], out: &mut String) {
    out.extend(word.iter().map(|b| char::from(b.to_ascii_lowercase())));
}

/// Whether a word belongs to the last name after it: `van`, and the `van` of `Ross-van Dyke`.
fn is_particle(word: &str) -> bool {
    PARTICLES.contains(&word.rsplit('-').next().unwrap_or(word))
}

/// Whether a word after a given name is a surname though organisations use it: `Jun Church`, `Mary Banks` are people.
fn is_surname_too(word: &str) -> bool {
    matches!(word, "church" | "bank" | "school" | "college" | "store" | "center" | "group")
}

fn is_given_name(word: &str) -> bool {
    static GIVEN: OnceLock<HashSet<&'static str>> = OnceLock::new();
    let names = || include_str!("../../patterns/data/given_names.txt").lines().filter(|l| !l.starts_with('#'));
    GIVEN.get_or_init(|| names().map(str::trim).collect()).contains(word)
}

/// Whether a word says that a name is an organisation's.
fn organisational(word: &str) -> bool {
    static WORDS: OnceLock<HashSet<&str>> = OnceLock::new();
    let words = || include_str!("../../patterns/data/organisation_words.txt").lines().filter(|l| !l.starts_with('#'));
    WORDS.get_or_init(|| words().map(str::trim).collect()).contains(word)
}

/// Whether a folded name begins as those of public bodies do: `City of Fairview`.
fn governs(plain: &str) -> bool {
    let mut words = tokens(plain);
    let body =
        ["bank", "borough", "church", "city", "commonwealth", "county", "diocese", "state", "town", "university"];
    words.next().is_some_and(|w| body.contains(&w)) && words.next() == Some("of")
}

/// Whether a value reads as an organisation's name.
pub fn is_organisation(value: &[u8]) -> bool {
    // One word alone may be a surname whatever else it means.
    if !value.contains(&b' ') {
        return false;
    }
    let words = value.trim_ascii().split(|b| *b == b' ').filter(|w| !w.is_empty()).count();
    words > 1 && Folder::default().full_name(value) == Split::Organisation
}

/// The roots of the nickname families a first name belongs to, at most four. Outside families a name is its own root.
fn roots_of(first: &str) -> [&str; 4] {
    static ROOTS: OnceLock<HashMap<&'static str, [&'static str; 4]>> = OnceLock::new();
    let roots = ROOTS.get_or_init(|| {
        let mut roots: HashMap<&'static str, [&'static str; 4]> = HashMap::new();
        for line in include_str!("../../patterns/data/nicknames.txt").lines().filter(|l| !l.starts_with('#')) {
            let mut names = line.split_whitespace();
            let Some(root) = names.next() else { continue };
            for name in std::iter::once(root).chain(names) {
                let known = roots.entry(name).or_default();
                if let Some(free) = known.iter().position(|r| r.is_empty() || *r == root) {
                    known[free] = root;
                    // A name with a family of its own belongs to that first.
                    if name == root {
                        known[..=free].rotate_right(1);
                    }
                }
            }
        }
        roots
    });
    roots.get(first).copied().unwrap_or([first, "", "", ""])
}

const FIRST: u8 = 1;
const LAST: u8 = 2;
const INITIAL: u8 = 3;
const FIRST_SOUND: u8 = 4;
const LAST_SOUND: u8 = 5;
const FIRST_NEAR: u8 = 6;
const LAST_NEAR: u8 = 7;

#[derive(Clone, Copy)]
struct Part {
    roots: [u64; 4],
    initial: u64,
    sound: u64,
    near: [u16; 10],
}

/// Makes signatures under one key.
#[derive(Default)]
pub struct Signer {
    parts: HashMap<u64, Part, BuildHasherDefault<Through>>,
    scratch: Vec<u8>,
}

impl Drop for Signer {
    fn drop(&mut self) {
        self.scratch.zeroize();
    }
}

impl Signer {
    /// Puts a folded first name, or an initial, into a signature.
    pub fn first(&mut self, key: &Key, folded: &str, name: &mut NameSignature) {
        let mut utf8 = [0; 4];
        let Some(initial) = folded.chars().next() else { return };
        if folded.chars().nth(1).is_none() {
            name.initial = key.hash64(INITIAL, initial.encode_utf8(&mut utf8).as_bytes());
            return;
        }
        name.first = key.hash64(FIRST, folded.as_bytes());
        let part = self.part(key, name.first, folded, true);
        (name.first_roots, name.initial, name.first_sound, name.first_near) =
            (part.roots, part.initial, part.sound, part.near);
    }

    /// Puts a folded last name into a signature.
    pub fn last(&mut self, key: &Key, folded: &str, name: &mut NameSignature) {
        if !folded.is_empty() {
            name.last = key.hash64(LAST, folded.as_bytes());
            let part = self.part(key, name.last, folded, false);
            (name.last_sound, name.last_near) = (part.sound, part.near);
        }
    }

    fn part(&mut self, key: &Key, hash: u64, folded: &str, first: bool) -> Part {
        if let Some(part) = self.parts.get(&hash) {
            return *part;
        }
        let mut utf8 = [0; 4];
        sound::nysiis(folded, &mut self.scratch);
        let sound = key.hash64(if first { FIRST_SOUND } else { LAST_SOUND }, &self.scratch);
        let near = near(key, if first { FIRST_NEAR } else { LAST_NEAR }, folded);
        let (roots, initial) = match folded.chars().next() {
            Some(c) if first => {
                let hash = |root: &str| if root.is_empty() { 0 } else { key.hash64(FIRST, root.as_bytes()) };
                (roots_of(folded).map(hash), key.hash64(INITIAL, c.encode_utf8(&mut utf8).as_bytes()))
            }
            _ => ([0; 4], 0),
        };
        let part = Part { roots, initial, sound, near };
        if self.parts.len() >= CACHE_MAX {
            self.parts.clear();
        }
        self.parts.insert(hash, part);
        part
    }
}

/// The name, and the name with each letter left out in turn, as short keyed hashes; the ten least of a long name, which
/// two near names still share. Of a name of three letters only the name: `Erc` is near `Eric`, but Jan is not near Jon.
/// Digits are never left out: they tell made-up people apart.
fn near(key: &Key, domain: u8, folded: &str) -> [u16; 10] {
    let mut out = [0; 10];
    let letters = folded.chars().count();
    if letters < 3 {
        return out;
    }
    let hash = |bytes: &[u8]| ((key.hash64(domain, bytes) >> 16) as u16).max(1);
    let mut hashes = vec![hash(folded.as_bytes())];
    let mut shorter = String::with_capacity(folded.len());
    for (at, c) in folded.char_indices().filter(|(_, c)| letters > 3 && c.is_alphabetic()).take(64) {
        shorter.clear();
        shorter.push_str(&folded[..at]);
        shorter.push_str(&folded[at + c.len_utf8()..]);
        hashes.push(hash(shorter.as_bytes()));
    }
    shorter.zeroize();
    hashes.sort_unstable();
    hashes.dedup();
    // Filled from the front and then ascending with the zeros last, as the model says.
    out.iter_mut().zip(hashes).for_each(|(o, h)| *o = h);
    out
}
