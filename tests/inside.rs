//! Scans in the tests' own process, for the tests that look at one from inside.

use rollcall::identity::key::Key;
use rollcall::inventory::{Snapshot, digest};
use rollcall::model::limits::Limits;
use rollcall::model::mention::TokenValue;
use rollcall::model::rows::{
    ConsumerRow, FieldRow, IdentifierRow, LinkMention, LinkRow, MembershipRow, MentionRow, ObjectRow, OrphanRow, Tables,
};
use rollcall::model::settings::IdentitySettings;
use rollcall::pipeline::plan::Plan;
use rollcall::pipeline::scan::{Counters, ScanRequest};
use rollcall::source::Source;
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

/// The shipped detectors, compiled once.
pub fn plan() -> &'static Plan {
    static PLAN: OnceLock<Plan> = OnceLock::new();
    PLAN.get_or_init(|| {
        Plan::new(&rollcall::pattern::builtin(), &IdentitySettings::default(), Limits::default())
            .unwrap_or_else(|problems| panic!("{problems:?}"))
    })
}

/// Everything that is in some sources, read once with the shipped detectors.
pub fn request<'a>(
    sources: &'a [Source],
    key: &'a Key,
    workers: usize,
    counters: &'a Counters,
    stop: &'a AtomicBool,
) -> ScanRequest<'a> {
    ScanRequest {
        sources,
        plan: plan(),
        key,
        workers,
        exclude: Vec::new(),
        only: None,
        objects: None,
        owners: &[],
        retire: false,
        emptied: &[],
        save_every: None,
        findings: None,
        probe: None,
        counters,
        stop,
        now: || 0,
    }
}

/// The digest of what an inventory says, wherever its objects lie.
pub fn digest_anywhere(snapshot: &Snapshot) -> String {
    digest(&Anywhere::new(snapshot, None)).unwrap()
}

/// The same, of these objects only and without people, who depend on the other objects.
pub fn digest_of(snapshot: &Snapshot, only: &BTreeSet<u64>) -> String {
    digest(&Anywhere::new(snapshot, Some(only))).unwrap()
}

/// An inventory in which objects are known by their paths and contents: without place and version, which differ between
/// a folder and the stores that hold the same.
struct Anywhere<'a>(&'a Snapshot, Option<&'a BTreeSet<u64>>, HashMap<TokenValue, TokenValue>);

impl<'a> Anywhere<'a> {
    /// People without any token are named after where they stand, which is another place in each store: here everybody is
    /// named after the first of their mentions, by path and number.
    fn new(snapshot: &'a Snapshot, only: Option<&'a BTreeSet<u64>>) -> Anywhere<'a> {
        let mut paths = HashMap::new();
        let read = snapshot.objects(true, &mut |row| {
            paths.insert(row.id, row.object.path);
            Ok(())
        });
        read.unwrap();
        let mut first: HashMap<TokenValue, (String, u64)> = HashMap::new();
        let read = snapshot.memberships(None, &mut |row| {
            let place = (paths[&row.mention.object].clone(), row.mention.number);
            let held = first.entry(row.consumer).or_insert_with(|| place.clone());
            *held = place.min(held.clone());
            Ok(())
        });
        read.unwrap();
        let name = |(path, number): (String, u64)| {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&blake3::hash(format!("{path} {number}").as_bytes()).as_bytes()[..16]);
            TokenValue(bytes)
        };
        Anywhere(snapshot, only, first.into_iter().map(|(consumer, place)| (consumer, name(place))).collect())
    }

    fn named(&self, consumer: TokenValue) -> TokenValue {
        self.2.get(&consumer).copied().unwrap_or(consumer)
    }
}

impl Tables for Anywhere<'_> {
    fn objects(&self, retired: bool, each: &mut dyn FnMut(ObjectRow) -> io::Result<()>) -> io::Result<()> {
        self.0.objects(retired, &mut |mut row| {
            if self.1.is_some_and(|only| !only.contains(&row.id)) {
                return Ok(());
            }
            row.object.uri.clone_from(&row.object.path);
            row.object.version = String::new();
            row.object.modified = None;
            row.source = String::new();
            row.policy = String::new();
            each(row)
        })
    }

    fn mentions(
        &self,
        _: Option<&BTreeSet<u64>>,
        each: &mut dyn FnMut(MentionRow) -> io::Result<()>,
    ) -> io::Result<()> {
        self.0.mentions(self.1, each)
    }

    fn link_mentions(&self, each: &mut dyn FnMut(&LinkMention) -> io::Result<()>) -> io::Result<()> {
        self.0.link_mentions(each)
    }

    fn orphans(&self, _: Option<&BTreeSet<u64>>, each: &mut dyn FnMut(OrphanRow) -> io::Result<()>) -> io::Result<()> {
        self.0.orphans(self.1, each)
    }

    fn fields(&self, _: Option<&BTreeSet<u64>>, each: &mut dyn FnMut(FieldRow) -> io::Result<()>) -> io::Result<()> {
        self.0.fields(self.1, each)
    }

    fn memberships(
        &self,
        _: Option<&BTreeSet<u64>>,
        each: &mut dyn FnMut(MembershipRow) -> io::Result<()>,
    ) -> io::Result<()> {
        // Who somebody is depends on everything that was read.
        if self.1.is_some() {
            return Ok(());
        }
        self.0.memberships(None, &mut |row| each(MembershipRow { consumer: self.named(row.consumer), ..row }))
    }

    fn consumers(&self, each: &mut dyn FnMut(ConsumerRow) -> io::Result<()>) -> io::Result<()> {
        if self.1.is_some() {
            return Ok(());
        }
        self.0.consumers(&mut |row| {
            let cluster = row.cluster.map(|c| self.named(c));
            each(ConsumerRow { id: self.named(row.id), cluster, ..row })
        })
    }

    fn identifiers(&self, each: &mut dyn FnMut(IdentifierRow) -> io::Result<()>) -> io::Result<()> {
        if self.1.is_some() {
            return Ok(());
        }
        self.0.identifiers(&mut |row| each(IdentifierRow { consumer: row.consumer.map(|c| self.named(c)), ..row }))
    }

    fn links(&self, each: &mut dyn FnMut(LinkRow) -> io::Result<()>) -> io::Result<()> {
        self.0.links(each)
    }
}
