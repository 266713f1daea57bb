//! From shared tokens to edges: which mentions one token joins.
//!
//! Mentions are known here by their ordinal, the place in the order in which `replay` gives them. Every token of a mention
//! that may stand in another is one entry; entries are sorted so that those of a token stand together, by name. One pass
//! joins mentions, token by token, holding at most [`PEOPLE_MAX`] names at once, and measures how many names a token of
//! each kind is seen with. What may turn out a hub waits until all are measured.
//!
//! Entries hold what tells names apart and not the names: most tokens are seen with one name, or with birth dates that
//! part whoever has them. Where names must be compared, they are fetched from the mentions.

use super::hubs::{HUB, HUB_NAMES_MIN, Measure};
use super::names::{Likeness, ShortName};
use super::people::{Compare, Person, dobs_fit};
use super::replay::Mentions;
use super::{Joined, Node, Spills, kind_number, linking_rank};
use crate::model::detector::Class;
use crate::model::element::Element;
use crate::model::mention::TokenValue;
use crate::spill::{Put, Sorted, Sorter, Take};
use std::io;

/// Distinct names (with birth dates) of one token that are compared with each other.
const PEOPLE_MAX: usize = 64;
/// Mentions of a token that are held in memory until its names are counted. A token of more waits on disk for the others to be
/// measured, though its names may be few.
const HELD_MAX: usize = 1024;

/// A token of a mention: the token, what tells the mention's name from others, its birth date, the mention, the token's kind
/// and whether it is primary.
const ENTRY: usize = 16 + ShortName::KEY_BYTES + 4 + Node::BYTES + 2;
/// An entry with the rest of the name.
const FULL: usize = ENTRY + ShortName::REST_BYTES;
/// A mention, and a token of which its name has to be compared: the token, its kind, whether it is primary.
const ASKED: usize = 8 + 16 + 2;
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

/// What an entry says.
struct Entry {
    token: TokenValue,
    name: ShortName,
    dob: u32,
    node: Node,
    kind: usize,
    primary: bool,
}

impl Entry {
    fn unpack(record: &[u8; ENTRY]) -> Entry {
        let mut take = Take::new(record);
        let token = TokenValue(take.bytes());
        let name = ShortName::take_key(&mut take);
        let dob = take.u32();
        let node = Node { ordinal: take.u64(), id: take.u64() };
        Entry { token, name, dob, node, kind: usize::from(take.u8()), primary: take.u8() == 1 }
    }

    fn unpack_full(record: &[u8; FULL]) -> Entry {
        let mut take = Take::new(record);
        let mut entry = Entry::unpack(&take.bytes());
        entry.name.take_rest(&mut take);
        entry
    }
}

/// Joins the mentions that share tokens.
pub fn edges(all: &Mentions, spills: &Spills) -> io::Result<Edges> {
    let mut entries = Sorter::<ENTRY>::new(spills.dir, spills.memory - spills.memory / 4);
    let mut mentions = 0;
    all.each(&mut |mention| {
        let mut dob = None;
        for token in mention.tokens().filter(|t| t.repeats && links(t.kind, t.class)) {
            let dob = *dob.get_or_insert_with(|| mention.birth_date());
            let record = Put::default().bytes(&token.value).bytes(&mention.key).u32(dob).u64(mentions).u64(mention.id);
            entries.push(record.u8(token.kind as u8).u8(u8::from(token.class == Class::Primary)).done())?;
        }
        mentions += 1;
        Ok(())
    })?;
    let mut join = Join::new(spills);
    let hubs = each_token(entries.sorted()?, &mut join, spills)?;
    let asked = std::mem::replace(&mut join.asked, Sorter::new(spills.dir, 0));
    compare(all, asked, &mut join, spills)?;
    Ok(Edges { edges: join.edges.sorted()?, conflicts: join.conflicts, hubs, mentions })
}

/// Whether tokens of a kind and class join mentions at all. Record keys attach and never merge; a birth date is shared by
/// thousands.
fn links(kind: Element, class: Class) -> bool {
    matches!(class, Class::Primary | Class::Tertiary) && kind != Element::RecordKey
}

/// A token as its entries come in. One is used for all tokens.
#[derive(Default)]
struct Open {
    token: TokenValue,
    kind: usize,
    members: u64,
    names: u64,
    /// What tells the last name from others; zeros for none, which come first.
    name: [u8; ShortName::KEY_BYTES],
    held: Vec<[u8; ENTRY]>,
    /// It may be a hub, so its entries wait elsewhere.
    waits: bool,
}

/// Joins mentions token by token, first where it is plain that the token is no hub. Gives the hubs.
fn each_token(entries: Sorted<ENTRY>, join: &mut Join, spills: &Spills) -> io::Result<Sorted<HUB>> {
    let mut measure = Measure::new(spills);
    let mut waiting = Sorter::<ENTRY>::new(spills.dir, spills.memory / 8);
    let mut close = |open: &mut Open, join: &mut Join| -> io::Result<()> {
        if open.members > 1 {
            measure.add(open.token, open.kind, open.names)?;
        }
        if open.members > 1 && !open.waits {
            join.begin(open.token, open.kind);
            open.held.iter().try_for_each(|record| join.mention(Entry::unpack(record)))?;
            join.end()?;
        }
        Ok(())
    };
    let mut open = Open::default();
    for record in entries.iter()? {
        let record = record?;
        let mut take = Take::new(&record);
        let (token, name) = (TokenValue(take.bytes()), take.bytes());
        if token != open.token || open.members == 0 {
            close(&mut open, join)?;
            let kind = Entry::unpack(&record).kind;
            open.held.clear();
            open = Open { token, kind, held: open.held, ..Open::default() };
        }
        open.members += 1;
        if name != open.name {
            open.names += 1;
            open.name = name;
        }
        if !open.waits && (open.names >= HUB_NAMES_MIN || open.held.len() == HELD_MAX) {
            open.waits = true;
            open.held.drain(..).try_for_each(|record| waiting.push(record))?;
        }
        if open.waits {
            waiting.push(record)?;
        } else {
            open.held.push(record);
        }
    }
    close(&mut open, join)?;
    drop(entries);
    let hubs = measure.hubs(spills)?;
    let mut known = Joined::<HUB, 16>::new(&hubs)?;
    let (mut token, mut hub) = (None, true);
    for record in waiting.sorted()?.iter()? {
        let entry = Entry::unpack(&record?);
        if token.replace(entry.token) != Some(entry.token) {
            if !hub {
                join.end()?;
            }
            hub = known.first(&entry.token.0)?.is_some();
            join.begin(entry.token, entry.kind);
        }
        if !hub {
            join.mention(entry)?;
        }
    }
    if !hub {
        join.end()?;
    }
    Ok(hubs)
}

/// Settles the tokens of which names had to be asked for.
fn compare(all: &Mentions, asked: Sorter<ASKED>, join: &mut Join, spills: &Spills) -> io::Result<()> {
    if asked.is_empty() {
        return Ok(());
    }
    let asked = asked.sorted()?;
    let mut full = Sorter::<FULL>::new(spills.dir, spills.memory / 2);
    let mut joined = Joined::<ASKED, 8>::new(&asked)?;
    let mut ordinal = 0u64;
    all.each(&mut |mention| {
        let mut whose = None;
        joined.each(&ordinal.to_be_bytes(), |record| {
            let mut take = Take::new(&record[8..]);
            let (token, kind, primary) = (take.bytes::<16>(), take.u8(), take.u8());
            let (name, dob) = whose.get_or_insert_with(|| (mention.name(), mention.birth_date()));
            let record = Put::default().bytes(&token).bytes(&mention.key).u32(*dob).u64(ordinal).u64(mention.id);
            full.push(name.put_rest(record.u8(kind).u8(primary)).done())
        })?;
        ordinal += 1;
        Ok(())
    })?;
    let mut token = None;
    for record in full.sorted()?.iter()? {
        let entry = Entry::unpack_full(&record?);
        if token.replace(entry.token) != Some(entry.token) {
            join.settle()?;
            join.begin(entry.token, entry.kind);
        }
        join.mention(entry)?;
    }
    join.settle()
}

/// Joins the mentions of one token after the other.
struct Join {
    edges: Sorter<EDGE>,
    conflicts: Sorter<CONFLICT>,
    asked: Sorter<ASKED>,
    token: TokenValue,
    kind: usize,
    people: Vec<Person>,
    nameless: Option<Node>,
}

impl Join {
    fn new(spills: &Spills) -> Join {
        Join {
            edges: Sorter::new(spills.dir, spills.memory / 3),
            conflicts: Sorter::new(spills.dir, spills.memory / 8),
            asked: Sorter::new(spills.dir, spills.memory / 8),
            token: TokenValue::default(),
            kind: 0,
            people: Vec::new(),
            nameless: None,
        }
    }

    /// Begins a token of a kind.
    fn begin(&mut self, token: TokenValue, kind: usize) {
        (self.token, self.kind) = (token, kind);
        self.people.clear();
        self.nameless = None;
    }

    /// The next mention of the token, by name and birth date.
    fn mention(&mut self, entry: Entry) -> io::Result<()> {
        if entry.name.is_empty() {
            // Without a name, only a primary identifier joins here; the rest attach later, to whoever holds the token.
            return match self.nameless {
                _ if !entry.primary => Ok(()),
                Some(first) => self.edge(first, entry.node, true),
                None => {
                    self.nameless = Some(entry.node);
                    Ok(())
                }
            };
        }
        let known = self.people.len();
        match self.people.last_mut() {
            Some(person) if person.name.same(&entry.name) && person.dob == entry.dob => {
                let (first, primary) = (person.first, person.primary && entry.primary);
                person.primary |= entry.primary;
                self.edge(first, entry.node, primary)
            }
            _ if known < PEOPLE_MAX => {
                self.people.push(Person {
                    name: entry.name,
                    dob: entry.dob,
                    first: entry.node,
                    primary: entry.primary,
                });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Ends a token of which only what tells names apart is known; asks for the names where they decide anything.
    fn end(&mut self) -> io::Result<()> {
        let pairs = || self.people.iter().enumerate().flat_map(|(i, a)| self.people[..i].iter().map(move |b| (a, b)));
        let undecided = pairs().any(|(a, b)| dobs_fit(a, b) || a.primary && b.primary);
        if !undecided {
            return self.settle();
        }
        let named = self.people.iter().map(|person| (person.first, person.primary));
        for (node, primary) in named.chain(self.nameless.map(|node| (node, true))) {
            let record = Put::default().u64(node.ordinal).bytes(&self.token.0);
            self.asked.push(record.u8(self.kind as u8).u8(u8::from(primary)).done())?;
        }
        self.people.clear();
        self.nameless = None;
        Ok(())
    }

    fn edge(&mut self, a: Node, b: Node, primary: bool) -> io::Result<()> {
        let (a, b) = if a.ordinal < b.ordinal { (a, b) } else { (b, a) };
        let rank = linking_rank(self.kind, primary);
        let record = Put::default().u64(b.ordinal).u8(rank).u64(a.ordinal).u64(a.id).u64(b.id).bytes(&self.token.0);
        self.edges.push(record.done())
    }

    /// Ends a token: decides which of its names are one person's.
    fn settle(&mut self) -> io::Result<()> {
        let (people, nameless) = (std::mem::take(&mut self.people), self.nameless.take());
        let settled = self.settled(&people, nameless);
        self.people = people;
        self.people.clear();
        settled
    }

    fn settled(&mut self, people: &[Person], nameless: Option<Node>) -> io::Result<()> {
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
