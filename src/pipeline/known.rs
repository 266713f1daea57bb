//! What the inventory has already, as a listing asks for it.
//!
//! A refresh compares every listed object with what is known of it, so all of that is in memory: forty bytes an object,
//! sorted by a print of the URI, and a bit that says whether the listing came by it.

use crate::inventory::ObjectPrint;
use crate::model::gap::Gap;
use crate::model::object::{Object, Status};
use crate::model::rows::Tables;
use std::collections::{HashMap, HashSet};
use std::io;

/// How reading an object ended before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// It was read whole.
    Complete,
    /// It is of a kind that is not read.
    Skipped,
    /// It was read in part, or not at all, and reading the same bytes again would change nothing.
    Lasting,
    /// What hindered it may be gone.
    Retry,
    /// Nothing of it was read, for the reason with this number.
    Failed(u8),
}

/// An object the inventory has.
#[derive(Clone, Copy, Debug)]
pub struct KnownObject {
    uri: [u8; 16],
    /// Its number.
    pub id: u64,
    /// A print of its version.
    version: u64,
    /// Which of the sources listed it.
    source: u32,
    /// Whether it was read under the policy of now.
    same_policy: bool,
    /// How that ended.
    pub before: Before,
}

/// Why an object is read, or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was read before, in this version and under this policy.
    Unchanged(Before),
    /// It is not known.
    New,
    /// It has another version than the one that is known.
    Changed,
    /// It was read under another policy.
    Policy,
    /// It could not be read, or not whole, and may be now.
    Again,
    /// It is another source's of this refresh, which read it last; the number that it has.
    Elsewhere(u64),
    /// It was listed before, by an overlapping source.
    Twice,
}

/// The objects the inventory has.
pub struct Known {
    objects: Vec<KnownObject>,
    sources: HashMap<String, u32>,
    /// Bits, one an object: the listing came by it, or need not.
    seen: Vec<u64>,
    /// Prints of listed URIs that are not known, where one may be listed twice: else they would grow with the listing.
    new: Option<HashSet<[u8; 16]>>,
}

/// Objects that one source left to another which does not list them any more would belong to nobody.
#[derive(Clone, Debug, Default)]
pub struct Overlap {
    /// Objects that a source lists and leaves to the one that read them: number and bytes.
    pub left: Vec<(u64, u64)>,
    /// Objects that their own source no longer lists, by number.
    pub gone: Vec<u64>,
}

impl Overlap {
    /// Adds what another scan of the same run found.
    pub fn add(&mut self, other: Overlap) {
        self.left.extend(other.left);
        self.gone.extend(other.gone);
    }

    /// What is gone from its own source and listed by another: number and bytes.
    pub fn lost(&self) -> HashMap<u64, u64> {
        if self.gone.is_empty() || self.left.is_empty() {
            return HashMap::new();
        }
        let gone: HashSet<u64> = self.gone.iter().copied().collect();
        self.left.iter().copied().filter(|(id, _)| gone.contains(id)).collect()
    }
}

impl Known {
    /// Reads what is live. Objects that `only` leaves out count as seen, so that they are never gone.
    pub fn read(
        tables: &dyn Tables,
        policy: &str,
        only: Option<&(dyn Fn(&Object) -> bool + Sync)>,
    ) -> io::Result<Known> {
        let mut known = Known { objects: Vec::new(), sources: HashMap::new(), seen: Vec::new(), new: None };
        let mut left_out = Vec::new();
        tables.objects(false, &mut |row| {
            let next = known.sources.len() as u32;
            let source = match known.sources.get(&row.source) {
                Some(source) => *source,
                None => *known.sources.entry(row.source.clone()).or_insert(next),
            };
            let lasting = row.gaps.iter().all(|gap| gap.kind.is_lasting());
            let before = match row.status {
                Status::Complete => Before::Complete,
                Status::Skipped => Before::Skipped,
                Status::Partial | Status::Failed if lasting => Before::Lasting,
                Status::Partial => Before::Retry,
                Status::Failed => Before::Failed(reason(&row.gaps)),
            };
            let uri = print(&[&row.object.uri]);
            if only.is_some_and(|only| !only(&row.object)) {
                left_out.push(uri);
            }
            let same_policy = row.policy == policy;
            let version = version_of(&row.object);
            known.objects.push(KnownObject { uri, id: row.id, version, source, same_policy, before });
            Ok(())
        })?;
        known.objects.shrink_to_fit();
        known.objects.sort_unstable_by_key(|object| (object.uri, object.id));
        known.seen = vec![0; known.objects.len().div_ceil(64)];
        for uri in left_out {
            if let Some(at) = known.position(&uri) {
                known.see(at);
            }
        }
        Ok(known)
    }

    /// From now on a URI that is not known and comes twice is told.
    pub fn watch_twice(&mut self) {
        self.new = Some(HashSet::new());
    }

    /// From now on these objects are nobody's, and are read whatever is known of them.
    pub fn disown(&mut self, ids: &HashSet<u64>) {
        for object in self.objects.iter_mut().filter(|object| ids.contains(&object.id)) {
            object.source = u32::MAX;
            object.before = Before::Retry;
        }
    }

    fn position(&self, uri: &[u8; 16]) -> Option<usize> {
        self.objects.binary_search_by_key(uri, |object| object.uri).ok()
    }

    fn see(&mut self, at: usize) {
        self.seen[at / 64] |= 1 << (at % 64);
    }

    fn saw(&self, at: usize) -> bool {
        self.seen[at / 64] & (1 << (at % 64)) != 0
    }

    /// What is known of an object.
    pub fn get(&self, object: &Object) -> Option<KnownObject> {
        self.position(&print(&[&object.uri])).map(|at| self.objects[at])
    }

    /// Whether there is anything known of a URI.
    pub fn has(&self, uri: &str) -> bool {
        self.position(&print(&[uri])).is_some()
    }

    /// Whether an object is the one's of a source, by their URIs.
    pub fn is_of(&self, uri: &str, source: &str) -> bool {
        let owner = self.position(&print(&[uri])).map(|at| self.objects[at].source);
        owner.is_some() && owner == self.sources.get(source).copied()
    }

    /// The objects that a listing came by, of these.
    pub fn seen_of(&self, ids: &HashSet<u64>) -> HashSet<u64> {
        let seen = self.objects.iter().enumerate().filter(|(at, object)| ids.contains(&object.id) && self.saw(*at));
        seen.map(|(_, object)| object.id).collect()
    }

    /// The number of an object that is gone, once.
    pub fn take(&mut self, uri: &str) -> Option<u64> {
        let at = self.position(&print(&[uri])).filter(|at| !self.saw(*at))?;
        self.see(at);
        Some(self.objects[at].id)
    }

    /// Whether to read a listed object; from now on it is seen. `source` is the URI of the source that lists it, `owners`
    /// those of all sources that are listed.
    pub fn look(&mut self, object: &Object, source: &str, owners: &[String]) -> Verdict {
        let uri = print(&[&object.uri]);
        let Some(at) = self.position(&uri) else {
            let is_new = self.new.as_mut().is_none_or(|new| new.insert(uri));
            return if is_new { Verdict::New } else { Verdict::Twice };
        };
        let known = self.objects[at];
        // An object that two sources list is the one's that read it last.
        let owned = |owner: &String| owner != source && self.sources.get(owner) == Some(&known.source);
        if owners.iter().any(owned) {
            return Verdict::Elsewhere(known.id);
        }
        if self.saw(at) {
            return Verdict::Twice;
        }
        self.see(at);
        if known.version != version_of(object) {
            Verdict::Changed
        } else if !known.same_policy {
            Verdict::Policy
        } else if matches!(known.before, Before::Retry | Before::Failed(_)) {
            Verdict::Again
        } else {
            Verdict::Unchanged(known.before)
        }
    }

    /// The objects of some sources that no listing came by, by number.
    pub fn unseen<'a>(&'a self, sources: &[&str]) -> impl Iterator<Item = u64> + 'a {
        let numbers: Vec<u32> = sources.iter().filter_map(|source| self.sources.get(*source).copied()).collect();
        let unseen = self.objects.iter().enumerate().filter(|(at, _)| !self.saw(*at));
        unseen.filter(move |(_, object)| numbers.contains(&object.source)).map(|(_, object)| object.id)
    }
}

/// The number of why nothing was read.
pub fn reason(gaps: &[Gap]) -> u8 {
    gaps.first().map_or(u8::MAX, |gap| gap.kind as u8)
}

/// The print of an object's version: its tag, or its size and time where a source has no tags.
fn version_of(object: &Object) -> u64 {
    let print = match object.version.as_str() {
        "" => print(&[&object.size.to_string(), &object.modified.unwrap_or_default().to_string()]),
        version => print(&[version]),
    };
    u64::from_be_bytes(std::array::from_fn(|i| print[i]))
}

/// A print of an object that is to be read under a policy.
pub fn object_print(object: &Object, policy: &str) -> ObjectPrint {
    print(&[&object.uri, &object.version, policy])
}

/// Half of a BLAKE3 hash: two of a hundred million URIs share one with a chance of 10^-23.
pub fn print(parts: &[&str]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let hash = hasher.finalize();
    std::array::from_fn(|i| hash.as_bytes()[i])
}
