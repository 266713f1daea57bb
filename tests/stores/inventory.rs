//! The inventory in a store: what it says is what a folder says, whoever writes at the same time and whatever breaks.

use super::azurite::{ACCOUNT, Azurite, KEY as AZURE_KEY};
use crate::inventory::{everything, ids, run_row, write_object};
use crate::moto::Moto;
use crate::program::{Ended, Home, ended};
use crate::store_server::StoreServer;
use crate::store_server::content::{Content, Memory};
use crate::store_server::face::Face;
use crate::store_server::fault::{Fault, Operation, Plan, Seeded};
use rollcall::generate::{CorpusSpec, corpus};
use rollcall::inventory::{CommitStep, Inventory, InventoryError, Writer, digest};
use rollcall::source::{StoreFiles, Wire, WireLimits};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The program with an inventory in a store.
struct Visitor {
    home: Home,
    inventory: String,
    environment: Vec<(&'static str, String)>,
}

impl Visitor {
    fn new(inventory: &str, environment: Vec<(&'static str, String)>) -> Visitor {
        Visitor { home: Home::new(), inventory: inventory.to_string(), environment }
    }

    /// At a server of the test's own.
    fn at(server: &StoreServer, face: Face) -> Visitor {
        match face {
            Face::S3 => Visitor::new(
                &format!("s3://b/some/inventory?endpoint={}&region=us-east-1&lease=0.3", server.url()),
                vec![("AWS_ACCESS_KEY_ID", "testing".into()), ("AWS_SECRET_ACCESS_KEY", "testing".into())],
            ),
            Face::Gcs => Visitor::new(
                &format!("gs://b/some/inventory?endpoint={}&lease=0.3", server.url()),
                vec![("GOOGLE_BEARER_TOKEN", "testing".into())],
            ),
        }
    }

    fn command(&self, line: &str) -> std::process::Command {
        let mut command = self.home.command(line.split_whitespace());
        for (name, _) in std::env::vars() {
            if ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command.env("AWS_EC2_METADATA_DISABLED", "true").env_remove("XDG_STATE_HOME");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("ROLLCALL_INVENTORY", &self.inventory);
        command
    }

    fn line(&self, line: &str) -> Ended {
        ended(&mut self.command(line))
    }

    fn digest(&self) -> String {
        let said = self.line("inventory check --digest --json").json();
        assert_eq!(said["problems"], Value::Array(Vec::new()), "{said}");
        said["digest"].as_str().unwrap().to_string()
    }
}

/// Without what only says which run of which inventory answers.
fn plain(mut answer: Value) -> Value {
    for name in ["inventory", "versions", "run"] {
        answer.as_object_mut().map(|members| members.remove(name));
    }
    answer
}

/// Everything an operator does, in a store and in a folder: the answers are equal.
fn says_what_a_folder_says(visitor: &Visitor) {
    let home = &visitor.home;
    corpus(&CorpusSpec::new(40, 5), &home.data()).unwrap();
    let folder = |line: &str| home.line(line);
    let store = |line: &str| visitor.line(line);
    let both = |line: &str, code: i32| {
        let (there, here) = (store(line).exits(code), folder(line).exits(code));
        (plain(there.json()), plain(here.json()))
    };
    let scanned = both("scan data --config data/rollcall.toml --json -q", 0);
    assert_eq!(scanned.0["findings"], scanned.1["findings"]);
    assert_eq!(visitor.digest(), home.digest());
    home.file("exports/new.csv", "name,email\nPaula Dray,paula@mailhaus.example\n");
    std::fs::remove_dir_all(home.data().join("crm")).unwrap();
    let refreshed = both("refresh --json -q", 0);
    assert_eq!(refreshed.0["objects"], refreshed.1["objects"]);
    assert_eq!(refreshed.0["gone"], refreshed.1["gone"]);
    assert_eq!(both("refresh --json -q", 0).0["committed"], false);
    both("link --json", 0);
    for line in [
        "scope --leak exports/** --discovered 2026-11-20 --json -q",
        "scope --leak orders/** --discovered 2026-11-20 --as-of 1 --json -q",
        "who paula@mailhaus.example --json",
        "inventory diff 1 --json",
    ] {
        let (there, here) = both(line, 0);
        assert_eq!(there, here, "{line}");
    }
    let compacted = both("inventory compact --keep 0s --json", 0);
    assert_eq!(compacted.0["files_written"], compacted.1["files_written"]);
    assert!(compacted.0["files_deleted"].as_u64().unwrap() > 0, "{}", compacted.0);
    assert_eq!(visitor.digest(), home.digest());
    let merged = home.path("merged");
    store(&format!("inventory merge {} --into {}", visitor.inventory, merged.display())).exits(0);
    let merged = Inventory::open(&merged).unwrap();
    assert_eq!(digest(&merged.snapshot().unwrap()).unwrap(), home.digest());
    // Neither credentials nor how the store is reached are written down.
    let runs = store("inventory show --json").exits(0).out;
    assert!(!runs.contains("lease") && !runs.contains("testing") && !runs.contains(AZURE_KEY), "{runs}");
}

#[test]
fn in_s3_it_says_what_a_folder_says() {
    let server = StoreServer::with(Face::S3, "b", Memory::new());
    server.page(50);
    says_what_a_folder_says(&Visitor::at(&server, Face::S3));
}

#[test]
fn in_gcs_it_says_what_a_folder_says() {
    let server = StoreServer::with(Face::Gcs, "b", Memory::new());
    says_what_a_folder_says(&Visitor::at(&server, Face::Gcs));
}

#[test]
fn in_moto_it_says_what_a_folder_says() {
    let Some(moto) = Moto::start() else { return };
    let keys = vec![
        ("AWS_ACCESS_KEY_ID", "testing".to_string()),
        ("AWS_SECRET_ACCESS_KEY", "testing".to_string()),
        ("AWS_REGION", "us-east-1".to_string()),
        // The environment says where, as for sources.
        ("AWS_ENDPOINT_URL", moto.url()),
    ];
    says_what_a_folder_says(&Visitor::new("s3://bucket", keys));
}

#[test]
fn in_azurite_it_says_what_a_folder_says() {
    let Some(azurite) = Azurite::start() else { return };
    azurite.container("c");
    let keys = vec![("AZURE_STORAGE_ACCOUNT_KEY", AZURE_KEY.to_string())];
    let spec = format!("az://c@{ACCOUNT}/inventory?endpoint={}", azurite.url());
    says_what_a_folder_says(&Visitor::new(&spec, keys));
}

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
fn writers_at_once(face: Face, lease: &str, rounds: u64) {
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
    if lease == "0.001" {
        assert!(lost.load(Relaxed) > 0, "no two writers ever met: the test tests nothing");
    }
}

#[test]
fn of_two_writers_one_waits() {
    writers_at_once(Face::S3, "2", 4);
    writers_at_once(Face::Gcs, "2", 2);
}

#[test]
fn writers_that_believe_each_other_dead_lose_no_commit() {
    writers_at_once(Face::S3, "0.001", 12);
    writers_at_once(Face::Gcs, "0.001", 6);
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
        let lost = |seen: &crate::store_server::fault::Seen| {
            (seen.operation == Operation::Put && seen.attempt == 0).then_some(Fault::AnswerLost)
        };
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
fn what_is_not_allowed_is_named() {
    for (face, action) in [(Face::S3, "s3:PutObject"), (Face::Gcs, "storage.objects.create")] {
        let memory = Memory::new();
        let server = StoreServer::with(face, "b", memory.clone());
        server.faults(Box::new(|seen| (seen.operation == Operation::Put).then_some(Fault::Denied)));
        let visitor = Visitor::at(&server, face);
        visitor.home.file("a.csv", "name,email\nPaula Dray,paula@mailhaus.example\n");
        let said = visitor.line("scan data -q").exits(4).said();
        assert!(said.contains(action), "{said}");
        assert!(memory.page("", "", 10).is_empty());
        server.no_faults();
        visitor.line("scan data -q").exits(0);
        // Only its deletion is refused: nothing is lost, and the next run goes on.
        server.faults(Box::new(|seen| (seen.operation == Operation::Delete).then_some(Fault::Denied)));
        let said = visitor.line("inventory compact --keep 0s").exits(4).said();
        assert!(said.contains(if face == Face::S3 { "s3:DeleteObject" } else { "storage.objects.delete" }), "{said}");
        server.no_faults();
        visitor.digest();
    }
}

#[test]
fn a_store_that_overwrites_where_it_should_refuse_is_not_used() {
    let memory = Memory::new();
    let server = StoreServer::with(Face::S3, "b", memory.clone());
    memory.ignore_conditions();
    let error = open(&server, Face::S3, "1").begin().err().unwrap().to_string();
    assert!(error.contains("If-None-Match") && error.contains("another store"), "{error}");
}

#[test]
fn wrong_uris_are_said_and_secrets_are_not() {
    let server = StoreServer::with(Face::S3, "b", Memory::new());
    let url = server.url();
    let host = url.trim_start_matches("http://");
    for (uri, says) in [
        ("s3://user:hunter2@b/inv".to_string(), "holds a user name"),
        (format!("s3://b/inv?endpoint=http://user:hunter2@{host}"), "endpoint holds a user name"),
        ("az://c@account/inv?sig=hunter2".to_string(), "not known"),
        (format!("s3://b/inv?endpoint={url}&token=hunter2"), "not known"),
        (format!("s3://b/inv?endpoint={url}&lease=soon"), "lease=30"),
        ("s3://".to_string(), "names no bucket"),
        (format!("s3://nobody/inv?endpoint={url}"), "no such bucket"),
    ] {
        let visitor = Visitor { inventory: uri.clone(), ..Visitor::at(&server, Face::S3) };
        let said = visitor.line("inventory show").exits(2).said();
        assert!(said.contains(says) && !said.contains("hunter2"), "{uri}: {said}");
    }
    let visitor = Visitor::at(&server, Face::S3);
    let said = visitor.line("inventory show").exits(2).said();
    assert!(said.contains("there is no inventory at s3://b/some/inventory;"), "{said}");
}

#[test]
fn a_killed_run_is_resumed_in_a_store() {
    let memory = Memory::new();
    let server = StoreServer::with(Face::S3, "b", memory.clone());
    let visitor = Visitor::at(&server, Face::S3);
    for n in 0..60 {
        let line = format!("name,email\nPaula Dray,paula{n}@mailhaus.example\n");
        visitor.home.file(&format!("{n}.csv"), line.repeat(300));
    }
    let mut command = visitor.command("scan data -q --workers 1 --save-every 1ms");
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    // The second part of the first claim.
    let saved =
        || memory.page("some/inventory/_work/", "", 10).iter().filter(|e| e.key.contains("_work/")).count() >= 2;
    while !saved() {
        assert!(start.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none(), "nothing was saved");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    assert!(child.wait().unwrap().code().is_none(), "the scan was over before it could be killed");
    let resumed = visitor.line("scan data --json").exits(0).json();
    assert!(resumed["taken_over"].as_u64().unwrap() >= 2, "{resumed}");
    visitor.home.line("scan data -q").exits(0);
    assert_eq!(visitor.digest(), visitor.home.digest());
}

#[test]
fn an_inventory_in_a_scanned_bucket_is_not_data() {
    for face in [Face::S3, Face::Gcs] {
        let memory = Memory::of([
            ("some/a.csv", "name,email\nPaula Dray,paula@mailhaus.example\n"),
            // These only look like it.
            ("lake/t/_delta_log/00000000000000000000.json", "{\"email\":\"quentin@mailhaus.example\"}\n"),
            ("lake/_lock", "rosa@mailhaus.example\n"),
        ]);
        let server = StoreServer::with(face, "b", memory.clone());
        server.page(3);
        let visitor = Visitor::at(&server, face);
        let source = if face == Face::S3 { "s3://b" } else { "gs://b" };
        let scan = format!("scan {source} --endpoint {} --json -q", server.url());
        let first = visitor.line(&scan).exits(0).json();
        let (complete, skipped) = (&first["objects"]["complete"], &first["objects"]["skipped"]);
        assert_eq!((complete, skipped), (&3.into(), &1.into()), "{first}");
        let gap = &first["gaps"][0];
        assert_eq!(gap["uri"], format!("{source}/some/inventory/"));
        assert!(gap["detail"].as_str().unwrap().contains("inventory of Rollcall"), "{first}");
        // Not in a prefix of it, nor when an object of it is named.
        let again = visitor.line("refresh --json").exits(0).json();
        assert_eq!((&again["objects"]["unchanged"], &again["committed"]), (&4.into(), &false.into()), "{again}");
        let marker = format!("{source}/some/inventory/_rollcall_inventory\n");
        std::fs::write(visitor.home.path("list"), marker).unwrap();
        let named = visitor.line("refresh --objects list --json").exits(0).json();
        assert_eq!(named["objects"]["complete"], 0, "{named}");
    }
}

#[test]
fn a_leaked_object_is_read_as_its_source_was() {
    let memory = Memory::of([("data/a.csv", "name,email\nPaula Dray,paula@mailhaus.example\n")]);
    let server = StoreServer::with(Face::S3, "b", memory.clone());
    let visitor = Visitor::at(&server, Face::S3);
    visitor.line(&format!("scan s3://b/data --endpoint {} --anonymous -q", server.url())).exits(0);
    memory.set("data/new.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    memory.set("other.csv", "name,email\nRosa Quill,rosa@mailhaus.example\n");
    let scope = |flags: &str| visitor.line(&format!("scope --discovered 2026-11-20 --json -q {flags}")).exits(0).json();
    // The endpoint is nowhere but in what is remembered of the source.
    let said = scope("--leak s3://b/data/new.csv");
    assert!(said.to_string().contains("\"EMAIL\""), "{said}");
    // Outside of all sources flags say it.
    let said = scope(&format!("--leak s3://b/other.csv --endpoint {} --anonymous", server.url()));
    assert!(said.to_string().contains("\"EMAIL\""), "{said}");
}
