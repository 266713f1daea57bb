//! Writers of an inventory in a store: at once, stopped, thought dead, and with every answer lost.

use crate::inventory::{everything, ids, run_row, write_object};
use crate::store_server::StoreServer;
use crate::store_server::content::Memory;
use crate::store_server::face::Face;
use crate::store_server::fault::{Fault, Operation, Plan, Seeded, Seen};
use rollcall::inventory::{CommitStep, Inventory, InventoryError, Writer, digest};
use rollcall::model::files::{DataFileOut, Files};
use rollcall::model::object::ObjectRanges;
use rollcall::source::{StoreFiles, Wire, WireLimits};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where claims lie.
const WRITERS: &str = "_writers";

/// A store as the library opens it. Retries are quick.
fn files(server: &StoreServer, face: Face, lease: &str) -> Arc<StoreFiles> {
    let scheme = if face == Face::S3 { "s3" } else { "gs" };
    let wire = Wire::new(WireLimits {
        silence: Duration::from_millis(1500),
        backoff: Duration::from_millis(1),
        ..WireLimits::default()
    });
    let spec = format!("{scheme}://b/inv?endpoint={}&region=us-east-1&anonymous&lease={lease}", server.url());
    Arc::new(StoreFiles::open(&spec, &wire, None).unwrap())
}

fn open(server: &StoreServer, face: Face, lease: &str) -> Inventory {
    Inventory::create_or_open_in(files(server, face, lease), "key-1").unwrap()
}

/// Begins when whoever writes has ended.
fn begin(inventory: &Inventory) -> Writer {
    loop {
        match inventory.begin() {
            Ok(writer) => return writer,
            Err(InventoryError::Locked { lock: None, .. }) => std::thread::sleep(Duration::from_millis(5)),
            Err(e) => panic!("{e}"),
        }
    }
}

/// Writers at once: each commit is there afterwards, and nothing else. With a lease that has run out before it is looked
/// at, every one of them believes the others dead, and only the commit itself tells who was first.
fn writers_at_once(face: Face, lease: &str, rounds: u64) -> u64 {
    const WRITERS: u64 = 3;
    let server = StoreServer::with(face, "b", Memory::new());
    let first = open(&server, face, lease);
    let lost = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                let inventory = open(&server, face, lease);
                let mut done = 0;
                while done < rounds {
                    let mut writer = match inventory.begin() {
                        Ok(writer) => writer,
                        Err(InventoryError::Locked { .. }) => {
                            std::thread::sleep(Duration::from_millis(5));
                            continue;
                        }
                        Err(e) => panic!("{e}"),
                    };
                    // What a dead run saved counts as well; here everybody saves.
                    let taken = writer.taken_over();
                    write_object(&mut writer, 3);
                    let next = writer.next_object_id();
                    match writer.save(next).and_then(|()| {
                        let mut row = run_row();
                        row.objects[0] = taken + 1;
                        writer.commit(row)
                    }) {
                        Ok(_) => done += 1,
                        Err(e) => {
                            assert_eq!(e.kind(), std::io::ErrorKind::AlreadyExists, "{e}");
                            lost.fetch_add(1, Relaxed);
                        }
                    }
                }
            });
        }
    });
    let snapshot = first.snapshot().unwrap();
    let runs = snapshot.runs().unwrap();
    assert_eq!(runs.len() as u64, WRITERS * rounds);
    // Each run's own objects and those it took over, once each.
    let wanted: u64 = runs.iter().map(|run| run.objects[0]).sum();
    let live = ids(&snapshot);
    assert_eq!((live.len() as u64, live.iter().collect::<BTreeSet<_>>().len() as u64), (wanted, wanted));
    assert_eq!(first.check().unwrap(), [] as [String; 0]);
    // The next writer clears away what the losers left, and harms nothing.
    let before = everything(&snapshot);
    std::thread::sleep(Duration::from_millis(20));
    begin(&first).abort().unwrap();
    assert_eq!(everything(&first.snapshot().unwrap()), before);
    assert_eq!(first.check().unwrap(), [] as [String; 0]);
    println!("{face:?}, lease {lease}: {} runs, {} lost to another", runs.len(), lost.load(Relaxed));
    lost.load(Relaxed)
}

/// A place whose list of claims was made before others came and went.
struct OldList {
    files: Arc<StoreFiles>,
    claims: Mutex<Option<Vec<String>>>,
}

impl Files for OldList {
    fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        match self.claims.lock().unwrap().take_if(|_| folder == WRITERS) {
            Some(old) => Ok(old),
            None => self.files.names(folder),
        }
    }
    fn place(&self) -> &str {
        self.files.place()
    }
    fn is_empty(&self) -> io::Result<bool> {
        self.files.is_empty()
    }
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        self.files.read(name)
    }
    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.files.put_if_absent(name, bytes)
    }
    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.files.replace(name, bytes)
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        self.files.remove(name)
    }
    fn create(&self, name: &str) -> io::Result<Box<dyn DataFileOut>> {
        self.files.create(name)
    }
    fn open(&self, name: &str, bytes: u64) -> io::Result<Arc<dyn ObjectRanges>> {
        Files::open(&*self.files, name, bytes)
    }
    fn file_bytes(&self) -> usize {
        self.files.file_bytes()
    }
    fn folder(&self) -> Option<&Path> {
        self.files.folder()
    }
    fn lease_ms(&self) -> u64 {
        self.files.lease_ms()
    }
    fn journal(&self) -> Option<PathBuf> {
        self.files.journal()
    }
}

#[test]
fn a_claim_by_an_old_list_is_given_up() {
    let server = StoreServer::with(Face::S3, "b", Memory::new());
    begin(&open(&server, Face::S3, "2")).abort().unwrap();
    let files = files(&server, Face::S3, "2");
    let names = files.names(WRITERS).unwrap();
    let [first] = &names[..] else { panic!("{names:?}") };
    // Meanwhile a second writer came and went, and a third took its claim away and is at work.
    let mut claim: Value =
        serde_json::from_slice(&files.read(&format!("{WRITERS}/{first}")).unwrap().unwrap()).unwrap();
    (claim["holder"], claim["done"]) = ("the third".into(), false.into());
    let third = format!("{WRITERS}/{}", first.replace('1', "3"));
    files.put_if_absent(&third, claim.to_string().as_bytes()).unwrap();
    files.remove(&format!("{WRITERS}/{first}")).unwrap();
    let late = OldList { files: files.clone(), claims: Mutex::new(Some(names.clone())) };
    let inventory = Inventory::create_or_open_in(Arc::new(late), "key-1").unwrap();
    match inventory.begin() {
        Err(InventoryError::Locked { holder, .. }) => assert_eq!(holder, "the third"),
        Err(e) => panic!("{e}"),
        Ok(_) => panic!("two writers hold the inventory"),
    }
    assert_eq!(files.names(WRITERS).unwrap(), [third.rsplit('/').next().unwrap()]);
}

#[test]
fn of_two_writers_one_waits() {
    writers_at_once(Face::S3, "2", 4);
    writers_at_once(Face::Gcs, "2", 2);
}

#[test]
fn writers_that_believe_each_other_dead_lose_no_commit() {
    let lost = writers_at_once(Face::S3, "0.001", 12) + writers_at_once(Face::Gcs, "0.001", 6);
    assert!(lost > 0, "no two writers ever met: the test tests nothing");
}

#[test]
fn a_live_writer_is_named_and_a_dead_ones_work_goes_on() {
    let server = StoreServer::with(Face::S3, "b", Memory::new());
    let inventory = open(&server, Face::S3, "0.5");
    let mut writer = inventory.begin().unwrap();
    let error = inventory.begin().err().unwrap();
    assert!(matches!(error, InventoryError::Locked { lock: None, .. }), "{error}");
    assert!(error.to_string().contains("process ") && error.to_string().contains("wait for it to end"), "{error}");
    write_object(&mut writer, 5);
    let next = writer.next_object_id();
    writer.save(next).unwrap();
    write_object(&mut writer, 5);
    writer.commit_until(run_row(), CommitStep::Data).unwrap();
    // What was saved is taken over; what was not is not.
    let other = open(&server, Face::S3, "0.5");
    let writer = other.begin().unwrap();
    assert_eq!(writer.taken_over(), 1);
    writer.commit(run_row()).unwrap();
    assert_eq!(ids(&other.snapshot().unwrap()), [1]);
    assert_eq!(other.check().unwrap(), [] as [String; 0]);
}

#[test]
fn a_writer_that_wakes_up_too_late_changes_nothing() {
    // As far as it came before it was stopped; the other ends its whole run, or begins one, meanwhile.
    for other_commits in [true, false] {
        let server = StoreServer::with(Face::S3, "b", Memory::new());
        let inventory = open(&server, Face::S3, "0.05");
        let mut first = inventory.begin().unwrap();
        write_object(&mut first, 3);
        first.commit(run_row()).unwrap();
        let mut late = inventory.begin().unwrap();
        write_object(&mut late, 3);
        let next = late.next_object_id();
        late.save(next).unwrap();
        // The store does not hear of it any more.
        server.faults(Box::new(|seen| {
            (seen.operation == Operation::Put && seen.key.contains("_writers/00000000000000000002"))
                .then_some(Fault::Denied)
        }));
        let mut other = begin(&inventory);
        assert_eq!(other.taken_over(), 1);
        write_object(&mut other, 4);
        if other_commits {
            other.commit(run_row()).unwrap();
            let said = late.commit(run_row()).unwrap_err().to_string();
            assert!(said.contains("run it again"), "{said}");
            assert_eq!(ids(&inventory.snapshot().unwrap()).len(), 3);
        } else {
            // It was given up, which takes nothing from the one that is alive after all.
            other.abort().unwrap();
            drop(late);
            let resumed = begin(&inventory);
            assert_eq!(resumed.taken_over(), 1);
            resumed.commit(run_row()).unwrap();
            assert_eq!(ids(&inventory.snapshot().unwrap()).len(), 2);
        }
        server.no_faults();
        assert_eq!(inventory.check().unwrap(), [] as [String; 0]);
    }
}

#[test]
fn stopped_at_any_step_the_next_run_goes_on() {
    for face in [Face::S3, Face::Gcs] {
        let steps = [CommitStep::Data, CommitStep::Intent].into_iter().chain((0..6).map(CommitStep::Tables));
        for step in steps.chain([CommitStep::Record]) {
            let server = StoreServer::with(face, "b", Memory::new());
            let inventory = open(&server, face, "0.05");
            let mut writer = inventory.begin().unwrap();
            write_object(&mut writer, 5);
            writer.commit(run_row()).unwrap();
            let before = everything(&inventory.snapshot().unwrap());
            let mut writer = begin(&inventory);
            write_object(&mut writer, 7);
            writer.retire(1);
            writer.commit_until(run_row(), step).unwrap();
            let is_committed = step == CommitStep::Record;
            let seen = inventory.snapshot().unwrap();
            assert_eq!(everything(&seen) == before, !is_committed, "{step:?}");
            // The undisturbed one, and the one after what was stopped.
            let mut writer = begin(&inventory);
            if !is_committed {
                write_object(&mut writer, 7);
                writer.retire(1);
            }
            writer.commit(run_row()).unwrap();
            assert_eq!(ids(&inventory.snapshot().unwrap()), [2], "{step:?}");
            assert_eq!(inventory.check().unwrap(), [] as [String; 0], "{step:?}");
        }
    }
}

/// A run of the library under faults; its digest and how many faults it met.
fn under_faults(face: Face, plan: Option<Plan>) -> (String, u64) {
    let server = StoreServer::with(face, "b", Memory::new());
    if let Some(plan) = plan {
        server.faults(plan);
    }
    let inventory = open(&server, face, "1");
    for n in 0..3 {
        let mut writer = begin(&inventory);
        write_object(&mut writer, 10 + n);
        let next = writer.next_object_id();
        writer.save(next).unwrap();
        writer.commit(run_row()).unwrap();
    }
    server.no_faults();
    let snapshot = inventory.snapshot().unwrap();
    assert_eq!(snapshot.run(), 3);
    assert_eq!(inventory.check().unwrap(), [] as [String; 0]);
    (digest(&snapshot).unwrap(), server.stats().injected())
}

#[test]
fn an_answer_that_is_lost_is_no_other_run() {
    for face in [Face::S3, Face::Gcs] {
        let wanted = under_faults(face, None).0;
        // Every first PUT is done and its answer lost.
        let lost = |seen: &Seen| (seen.operation == Operation::Put && seen.attempt == 0).then_some(Fault::AnswerLost);
        let (said, injected) = under_faults(face, Some(Box::new(lost)));
        assert_eq!(said, wanted);
        assert!(injected > 50, "{injected} answers were lost");
    }
}

#[test]
fn faults_change_nothing() {
    let mut met = 0;
    for face in [Face::S3, Face::Gcs] {
        let wanted = under_faults(face, None).0;
        for seed in 0..3 {
            let mut faults = Fault::PASSING.to_vec();
            faults.push(Fault::AnswerLost);
            let operations = vec![Operation::Put, Operation::Get, Operation::List, Operation::Delete];
            let plan = Seeded { seed, per_mille: 150, faults, operations, at_most: 2 }.plan();
            let (said, injected) = under_faults(face, Some(plan));
            assert_eq!(said, wanted, "{face:?}, seed {seed}");
            met += injected;
        }
    }
    assert!(met > 100, "only {met} faults");
}

#[test]
fn a_store_that_overwrites_where_it_should_refuse_is_not_used() {
    let memory = Memory::new();
    let server = StoreServer::with(Face::S3, "b", memory.clone());
    memory.ignore_conditions();
    let error = open(&server, Face::S3, "1").begin().err().unwrap().to_string();
    assert!(error.contains("If-None-Match") && error.contains("another store"), "{error}");
}
