//! Stores, as scans see them: what all of them must do alike, and what happens when they fail.

mod azurite;
mod behaviour;
mod faults;
mod gone;
mod huge;
mod inventory;
mod lies;
mod odd;
mod pages;
mod plain;
mod requests;
mod samples;
mod writers;

use crate::inside::{digest_anywhere, digest_of, request};
use crate::program::KEY;
use rollcall::identity::key::Key;
use rollcall::identity::link::{Spills, link};
use rollcall::inventory::{Inventory, Snapshot};
use rollcall::model::rows::{ObjectRow, RunRow, Tables};
use rollcall::pipeline::scan::{Counters, ScanOutcome, scan};
use rollcall::source::{Source, SourceOptions, StoreOptions, Wire, WireLimits};
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

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
        let (counters, stop) = (Counters::default(), AtomicBool::new(false));
        let sources = [source];
        let request = request(&sources, &key, workers, &counters, &stop);
        let outcome = scan(&request, &mut writer).unwrap();
        writer.seal_observed().unwrap();
        let view = writer.view();
        let spills = Spills { dir: dir.path(), memory: 8 << 20 };
        link(&view, writer.derived(), &spills).unwrap();
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
        digest_anywhere(&self.snapshot)
    }

    /// The same, of these objects only and without people, who depend on the other objects.
    fn digest_of(&self, only: &BTreeSet<u64>) -> String {
        digest_of(&self.snapshot, only)
    }
}
