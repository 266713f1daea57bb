//! The live mentions as linking goes through them again and again.
//!
//! Linking asks every mention several times. Reading them from the tables costs more than all the rest of linking (columns
//! are put together to rows), so they are read once and kept as records of varying length, in memory and from where that
//! is full in a temporary file that no directory names. What they hold is keyed hashes, as in the tables.
//!
//! They are gone through in the order of what names them (the object's URI and version, the number in the object), not in
//! that of the tables: an inventory that grew over many runs numbers its objects otherwise than a fresh one, and the two
//! must say the same.

use super::mention::{Mention, Namespaces, mark, pack};
use super::repeats::Repeats;
use super::{Joined, Spills};
use crate::model::rows::{MentionId, Tables};
use crate::spill::{Put, Sorted, Sorter, Take, Tape, TapeWriter};
use siphasher::sip128::{Hasher128, SipHasher24};
use std::hash::Hasher;
use std::io;

/// An object's number, and the prints of its URI and its version.
const NAMED_OBJECT: usize = 8 + PRINT + 8;
/// Mentions of one object that follow each other by their numbers: the first one's name in the tables and its place on the
/// tape, and how many they are.
const RUN: usize = 8 + 8 + 8 + 8;
/// The prints of the object's URI and version, the object's number (where the two are not known, it stands for them), the
/// first mention's number and its place on the tape, and how many they are.
const ORDERED: usize = PRINT + 8 + RUN;
/// An object's first ordinal, and the print of its URI.
const OBJECT: usize = 8 + PRINT;
/// Bytes of the print of a URI.
pub const PRINT: usize = 16;

/// All live mentions as they were read.
pub struct Read {
    tape: Tape,
    runs: Sorted<ORDERED>,
    namespaces: Namespaces,
    repeats: Repeats,
}

/// Mentions that may share something with others, in the order of what names them.
pub struct Mentions {
    tape: Tape,
    /// The objects, by the ordinal of their first mention.
    objects: Sorted<OBJECT>,
    namespaces: Namespaces,
    repeats: Repeats,
}

/// Takes a mention, the ordinal of its object's first mention, and the print of the object's URI.
type EachWithObject<'a> = &'a mut dyn FnMut(&Mention, u64, &[u8; PRINT]) -> io::Result<()>;

/// A run in the making.
struct Open {
    first: MentionId,
    place: u64,
    count: u64,
}

impl Open {
    fn done(&self) -> [u8; RUN] {
        Put::default().u64(self.first.object).u64(self.first.number).u64(self.place).u64(self.count).done()
    }
}

impl Read {
    /// Reads the tables once.
    pub fn new(tables: &dyn Tables, spills: &Spills) -> io::Result<Read> {
        let mut names = Sorter::<NAMED_OBJECT>::new(spills.dir, spills.memory / 4);
        tables.object_names(&mut |object, uri, version| {
            let version = u64::from_be_bytes(Take::new(&print(&[version.as_bytes()])).bytes());
            names.push(Put::default().u64(object).bytes(&print(&[uri.as_bytes()])).u64(version).done())
        })?;
        let mut tape = TapeWriter::new(spills.dir, spills.memory / 2);
        let mut namespaces = Namespaces::default();
        let mut repeats = Repeats::new(tables.mentions_max(), spills.memory / 2);
        let mut record = Vec::new();
        let mut runs = Sorter::<RUN>::new(spills.dir, spills.memory / 8);
        let mut open: Option<Open> = None;
        tables.link_mentions(&mut |mention| {
            record.clear();
            pack(mention, &mut namespaces, &mut record)?;
            mention.tokens.iter().for_each(|token| repeats.meet(&token.value.0));
            if let Some(name) = Mention::read(&record).name_in_place() {
                repeats.meet(&name);
            }
            let place = tape.push(&record)?;
            let follows = |run: &&mut Open| {
                run.first.object == mention.id.object && run.first.number + run.count == mention.id.number
            };
            match open.as_mut().filter(follows) {
                Some(run) => run.count += 1,
                None => {
                    let run = open.replace(Open { first: mention.id, place, count: 1 });
                    run.map_or(Ok(()), |run| runs.push(run.done()))?;
                }
            }
            Ok(())
        })?;
        open.map_or(Ok(()), |run| runs.push(run.done()))?;
        let runs = in_order(&names.sorted()?, &runs.sorted()?, spills)?;
        Ok(Read { tape: tape.finish()?, runs, namespaces, repeats })
    }

    /// Goes through all mentions. Those that `take` takes have left; the others are kept for the steps that follow, and
    /// numbered anew.
    pub fn part(self, spills: &Spills, take: &mut dyn FnMut(&Mention) -> io::Result<bool>) -> io::Result<Mentions> {
        let mut tape = TapeWriter::new(spills.dir, spills.memory / 4);
        let mut objects = Sorter::<OBJECT>::new(spills.dir, spills.memory / 8);
        let mut reader = self.tape.reader();
        let mut marked = Vec::new();
        let (mut last, mut ordinal) = (None, 0u64);
        for run in self.runs.iter()? {
            let run = run?;
            let mut fields = Take::new(&run);
            let object = fields.bytes::<{ PRINT + 8 + 8 }>();
            let (_number, mut place, count) = (fields.u64(), fields.u64(), fields.u64());
            for _ in 0..count {
                let (record, behind) = reader.record(place)?;
                place = behind;
                marked.clear();
                marked.extend_from_slice(record);
                mark(&mut marked, &self.repeats);
                if take(&Mention::read(&marked))? {
                    continue;
                }
                tape.push(&marked)?;
                if last.replace(object) != Some(object) {
                    objects.push(Put::default().u64(ordinal).bytes(&object[..PRINT]).done())?;
                }
                ordinal += 1;
            }
        }
        let Read { namespaces, repeats, .. } = self;
        Ok(Mentions { tape: tape.finish()?, objects: objects.sorted()?, namespaces, repeats })
    }
}

impl Mentions {
    /// Which tokens may stand in more than one mention.
    pub fn repeats(&self) -> &Repeats {
        &self.repeats
    }

    /// The operator's namespaces.
    pub fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    /// The operator's namespaces, for those who have done with the mentions.
    pub fn into_namespaces(self) -> Namespaces {
        self.namespaces
    }

    /// Hands every mention to `each`.
    pub fn each(&self, each: &mut dyn FnMut(&Mention) -> io::Result<()>) -> io::Result<()> {
        self.tape.each(|record| each(&Mention::read(record)))
    }

    /// Hands every mention to `each`, with its object: the ordinal of the object's first mention, and the URI's print.
    pub fn each_with_object(&self, each: EachWithObject<'_>) -> io::Result<()> {
        let mut objects = self.objects.iter()?.peekable();
        let (mut first, mut uri, mut ordinal) = (0, [0; PRINT], 0u64);
        self.each(&mut |mention| {
            let due = |object: &io::Result<[u8; OBJECT]>| {
                object.as_ref().map_or(true, |object| Take::new(object).u64() <= ordinal)
            };
            while let Some(object) = objects.next_if(due) {
                let object = object?;
                let mut take = Take::new(&object);
                (first, uri) = (take.u64(), take.bytes());
            }
            ordinal += 1;
            each(mention, first, &uri)
        })
    }
}

/// A hash of what tells things apart; nothing secret goes in, so nothing needs a key.
pub fn print(parts: &[&[u8]]) -> [u8; PRINT] {
    let mut hasher = SipHasher24::new();
    parts.iter().for_each(|part| hasher.write(part));
    hasher.finish128().as_bytes()
}

/// The runs in the order of what names them.
fn in_order(names: &Sorted<NAMED_OBJECT>, runs: &Sorted<RUN>, spills: &Spills) -> io::Result<Sorted<ORDERED>> {
    let mut ordered = Sorter::<ORDERED>::new(spills.dir, spills.memory / 8);
    let mut names = Joined::<NAMED_OBJECT, 8>::new(names)?;
    for run in runs.iter()? {
        let run = run?;
        let name = names.first(&Take::new(&run).bytes())?;
        let name: [u8; PRINT + 8] = name.map_or([0; PRINT + 8], |name| Take::new(&name[8..]).bytes());
        ordered.push(Put::default().bytes(&name).bytes(&run).done())?;
    }
    ordered.sorted()
}
