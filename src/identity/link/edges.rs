//! From shared tokens to edges: which mentions one token joins.
//!
//! Mentions are known here by their ordinal, the place in the order in which `replay` gives them. Every token of a mention
//! that may stand in another is one entry; entries are sorted so that those of a token stand together, by name. One pass measures how many names a token
//! of each kind is seen with and finds the hubs, a second joins mentions, token by token, holding at most
//! [`PEOPLE_MAX`] names at once.

use super::mention::Token;
use super::names::{Likeness, ShortName};
use super::replay::Mentions;
use super::{Joined, KINDS, Node, Spills, kind_number, linking_rank};
use crate::model::detector::Class;
use crate::model::element::Element;
use crate::model::mention::TokenValue;
use crate::spill::{Put, Sorted, Sorter, Take};
use std::io;

/// Distinct names (with birth dates) of one token that are compared with each other.
const PEOPLE_MAX: usize = 64;
/// The most shared tokens of a kind, which take no part in measuring what is usual.
const OUTLIERS: u64 = 3;
/// A token seen with fewer names is never a hub.
const HUB_NAMES_MIN: u64 = 6;
/// A token seen with this many names always is one.
const HUB_NAMES_MAX: u64 = 20;

const ENTRY: usize = 16 + ShortName::KEY_BYTES + 4 + Node::BYTES + 2 + ShortName::REST_BYTES;
/// An edge: the later mention, its ground's rank, the earlier mention, the token.
pub const EDGE: usize = 8 + 1 + 8 + 8 + 8 + 16;
/// An edge, unpacked.
pub struct Edge {
    /// The earlier mention.
    pub left: Node,
    /// The later mention.
    pub right: Node,
    /// How much its ground counts; see [`linking_rank`].
    pub rank: u8,
    /// The token that joins the two.
    pub token: [u8; 16],
}

impl Edge {
    /// Reads an edge.
    pub fn unpack(record: &[u8; EDGE]) -> Edge {
        let mut take = Take::new(record);
        let right = take.u64();
        let rank = take.u8();
        let left = Node { ordinal: take.u64(), id: take.u64() };
        Edge { left, right: Node { ordinal: right, id: take.u64() }, rank, token: take.bytes() }
    }
}

/// Two mentions that a primary identifier joins and a name or birth date keeps apart.
pub const CONFLICT: usize = 8 + 8 + 1;
/// A hub: the token, its kind, its names.
pub const HUB: usize = 16 + 1 + 4;

/// What the tokens say.
pub struct Edges {
    /// Edges, by later mention, strongest ground first.
    pub edges: Sorted<EDGE>,
    /// Conflicts: one mention of each side, and the [`Reason`].
    pub conflicts: Sorter<CONFLICT>,
    /// Hub tokens, by token.
    pub hubs: Sorted<HUB>,
    /// Mentions read.
    pub mentions: u64,
}

/// Why people stay apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Reason {
    /// Incompatible names at one primary identifier.
    Name,
    /// Different birth dates.
    Dob,
    /// Two values of an identifier of which a person has one.
    Primary,
}

impl Reason {
    /// The word the inventory uses.
    pub fn code(self) -> &'static str {
        match self {
            Reason::Name => "name_conflict",
            Reason::Dob => "dob_conflict",
            Reason::Primary => "primary_conflict",
        }
    }

    /// The reason of a stored byte.
    pub fn from_byte(byte: u8) -> Reason {
        match byte {
            0 => Reason::Name,
            1 => Reason::Dob,
            _ => Reason::Primary,
        }
    }
}

/// One entry: a token of a mention.
struct Entry {
    token: TokenValue,
    name: ShortName,
    dob: u32,
    node: Node,
    kind: usize,
    primary: bool,
}

impl Entry {
    fn pack(token: &Token, name: &ShortName, dob: u32, node: Node) -> [u8; ENTRY] {
        let record = name.put_key(Put::default().bytes(&token.value)).u32(dob).u64(node.ordinal).u64(node.id);
        name.put_rest(record.u8(token.kind as u8).u8(u8::from(token.class == Class::Primary))).done()
    }

    fn unpack(record: &[u8; ENTRY]) -> Entry {
        let mut take = Take::new(record);
        let token = TokenValue(take.bytes());
        let mut name = ShortName::take_key(&mut take);
        let dob = take.u32();
        let node = Node { ordinal: take.u64(), id: take.u64() };
        let (kind, primary) = (usize::from(take.u8()), take.u8() == 1);
        name.take_rest(&mut take);
        Entry { token, name, dob, node, kind, primary }
    }
}

/// Joins the mentions that share tokens.
pub fn edges(all: &Mentions, spills: &Spills) -> io::Result<Edges> {
    let mut entries = Sorter::<ENTRY>::new(spills.dir, spills.memory - spills.memory / 4);
    let mut mentions = 0;
    all.each(&mut |mention| {
        let node = Node { ordinal: mentions, id: mention.id };
        mentions += 1;
        let mut whose = None;
        for token in mention.tokens().filter(|t| links(t.kind, t.class) && t.repeats) {
            let (name, dob) = whose.get_or_insert_with(|| (mention.name(), mention.birth_date()));
            entries.push(Entry::pack(&token, name, *dob, node))?;
        }
        Ok(())
    })?;
    let entries = entries.sorted()?;
    let hubs = hubs(&entries, spills)?;
    let (edges, conflicts) = join(&entries, &hubs, spills)?;
    Ok(Edges { edges, conflicts, hubs, mentions })
}

/// Whether tokens of a kind and class join mentions at all. Record keys attach and never merge; a birth date is shared by
/// thousands.
fn links(kind: Element, class: Class) -> bool {
    matches!(class, Class::Primary | Class::Tertiary) && kind != Element::RecordKey
}

/// The measured rule: a token is a hub when it is seen with more than twice the names of the 99.9th percentile of the
/// shared tokens of its kind ([`OUTLIERS`] left out, so that in a small estate a hub does not set its own bar), but never
/// under [`HUB_NAMES_MIN`] and always at [`HUB_NAMES_MAX`].
fn hubs(entries: &Sorted<ENTRY>, spills: &Spills) -> io::Result<Sorted<HUB>> {
    let mut seen = vec![[0u64; HUB_NAMES_MAX as usize + 1]; KINDS];
    let mut candidates = Sorter::<HUB>::new(spills.dir, spills.memory / 8);
    let mut close = |token: TokenValue, kind: usize, names: u64, members: u64| -> io::Result<()> {
        if members > 1 {
            seen[kind][names.min(HUB_NAMES_MAX) as usize] += 1;
        }
        if names < HUB_NAMES_MIN {
            return Ok(());
        }
        let names = u32::try_from(names).unwrap_or(u32::MAX);
        candidates.push(Put::default().bytes(&token.0).u8(kind as u8).u32(names).done())
    };
    let mut group: Option<(TokenValue, usize, u64, u64, ShortName)> = None;
    for record in entries.iter()? {
        let entry = Entry::unpack(&record?);
        match &mut group {
            Some((token, _, names, members, name)) if *token == entry.token => {
                *members += 1;
                if !entry.name.same(name) {
                    *names += 1;
                    *name = entry.name;
                }
            }
            _ => {
                if let Some((token, kind, names, members, _)) = group {
                    close(token, kind, names, members)?;
                }
                group = Some((entry.token, entry.kind, u64::from(!entry.name.is_empty()), 1, entry.name));
            }
        }
    }
    if let Some((token, kind, names, members, _)) = group {
        close(token, kind, names, members)?;
    }
    let threshold: Vec<u32> = seen
        .iter()
        .map(|counts| {
            let total: u64 = counts.iter().sum();
            let mut above = total / 1000 + OUTLIERS;
            let mut percentile = HUB_NAMES_MAX;
            while percentile > 0 && above >= counts[percentile as usize] {
                above -= counts[percentile as usize];
                percentile -= 1;
            }
            (2 * percentile + 1).clamp(HUB_NAMES_MIN, HUB_NAMES_MAX) as u32
        })
        .collect();
    let mut hubs = Sorter::new(spills.dir, spills.memory / 8);
    for record in candidates.sorted()?.iter()? {
        let record = record?;
        let mut take = Take::new(&record[16..]);
        if threshold[usize::from(take.u8())] <= take.u32() {
            hubs.push(record)?;
        }
    }
    hubs.sorted()
}

/// One name and birth date at a token, with its first mention.
struct Person {
    name: ShortName,
    dob: u32,
    first: Node,
    primary: bool,
}

/// Joins mentions token by token.
fn join(entries: &Sorted<ENTRY>, hubs: &Sorted<HUB>, spills: &Spills) -> io::Result<(Sorted<EDGE>, Sorter<CONFLICT>)> {
    let mut out = Out {
        edges: Sorter::new(spills.dir, spills.memory / 3),
        conflicts: Sorter::new(spills.dir, spills.memory / 8),
        token: TokenValue::default(),
        kind: 0,
    };
    let mut hubs = Joined::<HUB, 16>::new(hubs)?;
    let mut people: Vec<Person> = Vec::new();
    let mut nameless: Option<Node> = None;
    let mut hub = false;
    let mut started = false;
    for record in entries.iter()? {
        let entry = Entry::unpack(&record?);
        if !started || entry.token != out.token {
            out.settle(&people, nameless.take())?;
            people.clear();
            started = true;
            (out.token, out.kind) = (entry.token, entry.kind);
            hub = hubs.first(&entry.token.0)?.is_some();
        }
        if hub {
            continue;
        }
        if entry.name.is_empty() {
            // Without a name, only a primary identifier joins here; the rest attach later, to whoever holds the token.
            if entry.primary {
                match nameless {
                    None => nameless = Some(entry.node),
                    Some(first) => out.edge(first, entry.node, true)?,
                }
            }
            continue;
        }
        let known = people.len();
        match people.last_mut() {
            Some(person) if person.name.same(&entry.name) && person.dob == entry.dob => {
                out.edge(person.first, entry.node, person.primary && entry.primary)?;
                person.primary |= entry.primary;
            }
            _ if known < PEOPLE_MAX => {
                people.push(Person { name: entry.name, dob: entry.dob, first: entry.node, primary: entry.primary });
            }
            _ => {}
        }
    }
    out.settle(&people, nameless)?;
    Ok((out.edges.sorted()?, out.conflicts))
}

struct Out {
    edges: Sorter<EDGE>,
    conflicts: Sorter<CONFLICT>,
    token: TokenValue,
    kind: usize,
}

impl Out {
    fn edge(&mut self, a: Node, b: Node, primary: bool) -> io::Result<()> {
        let (a, b) = if a.ordinal < b.ordinal { (a, b) } else { (b, a) };
        let rank = linking_rank(self.kind, primary);
        let record = Put::default().u64(b.ordinal).u8(rank).u64(a.ordinal).u64(a.id).u64(b.id).bytes(&self.token.0);
        self.edges.push(record.done())
    }

    /// Ends a token: decides which of its names are one person's.
    fn settle(&mut self, people: &[Person], nameless: Option<Node>) -> io::Result<()> {
        if people.is_empty() || (people.len() == 1 && nameless.is_none()) {
            return Ok(());
        }
        // Households share an e-mail address or a login, so two names there are two people and no conflict.
        let shared_in_households = [Element::Email, Element::Username].iter().any(|k| kind_number(*k) == self.kind);
        let groups = Compare { renames: !shared_in_households }.groups(people);
        for (i, person) in people.iter().enumerate() {
            if groups[i] != i {
                let root = &people[groups[i]];
                self.edge(root.first, person.first, root.primary && person.primary)?;
            }
        }
        // The people whom this token identifies; where it identifies nobody, those who merely have it.
        let roots = |primary: bool| {
            let mut roots: Vec<usize> =
                (0..people.len()).filter(|i| !primary || people[*i].primary).map(|i| groups[i]).collect();
            roots.sort_unstable();
            roots.dedup();
            roots
        };
        let identified = roots(true);
        if let Some(node) = nameless {
            let holders = if identified.is_empty() { roots(false) } else { identified.clone() };
            if let [only] = holders[..] {
                self.edge(people[only].first, node, people[only].primary)?;
            }
        }
        if identified.len() > 1 && !shared_in_households {
            let first = &people[identified[0]];
            for other in &identified[1..] {
                let other = &people[*other];
                let reason =
                    if first.name.likeness(&other.name) == Likeness::Different { Reason::Name } else { Reason::Dob };
                let (a, b) =
                    (first.first.ordinal.min(other.first.ordinal), first.first.ordinal.max(other.first.ordinal));
                self.conflicts.push(Put::default().u64(a).u64(b).u8(reason as u8).done())?;
            }
        }
        Ok(())
    }
}

/// Whether two birth dates may be one person's.
fn dobs_fit(a: &Person, b: &Person) -> bool {
    a.dob == b.dob || a.dob == 0 || b.dob == 0
}

/// How the people at one token are compared.
struct Compare {
    /// The token is of a kind that nobody shares, so that one first name with two last names is one person renamed.
    renames: bool,
}

impl Compare {
    fn renamed(&self, a: &Person, b: &Person) -> bool {
        self.renames && a.primary && b.primary && a.name.renamed(&b.name)
    }

    fn close(&self, a: &Person, b: &Person) -> bool {
        let akin = a.dob != 0 && a.dob == b.dob && a.name.akin(&b.name);
        dobs_fit(a, b) && (a.name.likeness(&b.name) == Likeness::Close || self.renamed(a, b) || akin)
    }

    fn fit(&self, a: &Person, b: &Person) -> bool {
        dobs_fit(a, b) && (a.name.likeness(&b.name) != Likeness::Different || self.renamed(a, b))
    }

    /// For each of the people at a token, the first of the group that is one person. Close names join; a group in which
    /// two names or birth dates conflict is split again, because likeness is not transitive; a weak name joins the only
    /// group it fits.
    fn groups(&self, people: &[Person]) -> Vec<usize> {
        let mut root: Vec<usize> = (0..people.len()).collect();
        fn find(root: &[usize], mut i: usize) -> usize {
            while root[i] != i {
                i = root[i];
            }
            i
        }
        for i in 0..people.len() {
            for j in i + 1..people.len() {
                if self.close(&people[i], &people[j]) {
                    let (a, b) = (find(&root, i), find(&root, j));
                    root[a.max(b)] = a.min(b);
                }
            }
        }
        let mut flat: Vec<usize> = (0..people.len()).map(|i| find(&root, i)).collect();
        for group in 0..people.len() {
            let members: Vec<usize> = (0..people.len()).filter(|i| flat[*i] == group).collect();
            if members.iter().any(|i| members.iter().any(|j| !self.fit(&people[*i], &people[*j]))) {
                self.stars(people, members, &mut flat);
            }
        }
        let settled = flat.clone();
        for i in 0..people.len() {
            if people[i].name.is_settled() || settled[i] != i {
                continue;
            }
            let mut fits = (0..people.len()).filter(|g| {
                *g != i && settled[*g] == *g && people[*g].name.is_settled() && {
                    (0..people.len()).filter(|m| settled[*m] == *g).all(|m| self.fit(&people[i], &people[m]))
                }
            });
            if let (Some(only), None) = (fits.next(), fits.next()) {
                flat[i] = only;
            }
        }
        flat
    }

    /// Splits a group in which likeness went too far: the name with the most close neighbours takes them (Robert takes
    /// both Bob and Robret, who are nothing to each other), then the next. Birth dates must fit among all that one takes.
    fn stars(&self, people: &[Person], mut left: Vec<usize>, flat: &mut [usize]) {
        while !left.is_empty() {
            let taken_by = |center: usize| {
                let mut taken = vec![center];
                for &i in &left {
                    let close = i != center && self.close(&people[center], &people[i]);
                    if close && taken.iter().all(|t| dobs_fit(&people[*t], &people[i])) {
                        taken.push(i);
                    }
                }
                taken
            };
            // The first of the largest: `max_by_key` would give the last.
            let Some(taken) = left.iter().rev().map(|i| taken_by(*i)).max_by_key(Vec::len) else { return };
            let first = taken.iter().copied().min().unwrap_or_default();
            taken.iter().for_each(|i| flat[*i] = first);
            left.retain(|i| !taken.contains(i));
        }
    }
}
