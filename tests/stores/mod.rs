//! Stores, as scans see them: what all of them must do alike, and what happens when they fail.

mod azurite;
mod behaviour;
mod faults;
mod gone;
mod huge;
mod inventory;
mod odd;
mod plain;
mod writers;

use crate::program::KEY;
use rollcall::identity::key::Key;
use rollcall::identity::link::{Spills, link};
use rollcall::inventory::{Inventory, Snapshot, digest};
use rollcall::model::limits::Limits;
use rollcall::model::mention::TokenValue;
use rollcall::model::rows::*;
use rollcall::model::settings::IdentitySettings;
use rollcall::pipeline::plan::Plan;
use rollcall::pipeline::scan::{Counters, ScanOutcome, ScanRequest, scan};
use rollcall::source::{Source, SourceOptions, StoreOptions, Wire, WireLimits};
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The shipped detectors, compiled once.
fn plan() -> &'static Plan {
    static PLAN: OnceLock<Plan> = OnceLock::new();
    PLAN.get_or_init(|| {
        Plan::new(&rollcall::pattern::builtin(), &IdentitySettings::default(), Limits::default())
            .unwrap_or_else(|problems| panic!("{problems:?}"))
    })
}

/// A network for tests: waits are short, so that thousands of faults take no time.
fn wire() -> Wire {
    Wire::new(WireLimits {
        silence: Duration::from_millis(1500),
        backoff: Duration::from_millis(1),
        ..WireLimits::default()
    })
}

/// How a store on this machine is opened by anybody.
fn anonymous(endpoint: &str) -> SourceOptions {
    let store = StoreOptions {
        endpoint: Some(endpoint.to_string()),
        region: Some("us-east-1".to_string()),
        anonymous: true,
        ..StoreOptions::default()
    };
    SourceOptions { store, wire: wire(), ..SourceOptions::default() }
}

/// A scan in this process, linked and committed.
struct Scanned {
    outcome: ScanOutcome,
    snapshot: Snapshot,
    _dir: tempfile::TempDir,
}

impl Scanned {
    fn of(source: Source, workers: usize) -> Scanned {
        let dir = tempfile::tempdir().unwrap();
        let key = Key::from_hex(KEY).unwrap();
        let inventory = Inventory::create_or_open(&dir.path().join("inventory"), &key.id()).unwrap();
        let mut writer = inventory.begin().unwrap();
        let request = ScanRequest {
            sources: &[source],
            plan: plan(),
            key: &key,
            workers,
            exclude: Vec::new(),
            only: None,
            objects: None,
            owners: &[],
            retire: false,
            emptied: &[],
            save_every: None,
            findings: None,
            counters: &Counters::default(),
            stop: &AtomicBool::new(false),
            now: || 0,
        };
        let outcome = scan(&request, &mut writer).unwrap();
        writer.seal_observed().unwrap();
        let view = writer.view();
        let spills = Spills { dir: dir.path(), memory: 8 << 20 };
        link(&view, &mut writer.derived(), &spills).unwrap();
        let run = RunRow {
            run: 0,
            command: "scan".to_string(),
            arguments: Vec::new(),
            operator: String::new(),
            program: String::new(),
            policy: String::new(),
            key_id: String::new(),
            started_at: 0,
            ended_at: 0,
            outcome: String::new(),
            objects: [0; 6],
            bytes_read: 0,
            consumers: 0,
            mentions: 0,
            previous: String::new(),
        };
        writer.commit(run).unwrap();
        Scanned { outcome, snapshot: inventory.snapshot().unwrap(), _dir: dir }
    }

    /// Every object that was listed, in the order of keys.
    fn objects(&self) -> Vec<ObjectRow> {
        let mut rows = Vec::new();
        let read = self.snapshot.objects(false, &mut |row| {
            rows.push(row);
            Ok(())
        });
        read.unwrap();
        rows.sort_by(|a, b| a.object.uri.cmp(&b.object.uri));
        rows
    }

    /// The digest of what was read, wherever it lay.
    fn digest(&self) -> String {
        digest(&Anywhere::new(&self.snapshot, None)).unwrap()
    }

    /// The same, of these objects only and without people, who depend on the other objects.
    fn digest_of(&self, only: &BTreeSet<u64>) -> String {
        digest(&Anywhere::new(&self.snapshot, Some(only))).unwrap()
    }
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

    fn link_mentions(&self, each: &mut dyn FnMut(LinkMention) -> io::Result<()>) -> io::Result<()> {
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
