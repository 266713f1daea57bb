//! The inventory in a store: what it says is what a folder says, and what is wrong is said.

use super::azurite::{ACCOUNT, Azurite, KEY as AZURE_KEY};
use crate::moto::Moto;
use crate::program::{Ended, Home, ended};
use crate::store_server::StoreServer;
use crate::store_server::content::{Content, Memory};
use crate::store_server::face::{Face, bytes_of};
use crate::store_server::fault::{Fault, Operation};
use rollcall::generate::{CorpusSpec, corpus};
use rollcall::inventory::{Inventory, digest};
use serde_json::Value;
use std::process::Stdio;
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
        "scope --leak crm/** --discovered 2026-11-20 --as-of 1 --json -q",
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
fn a_copy_is_an_inventory_there_as_here() {
    let memory = Memory::new();
    let server = StoreServer::with(Face::S3, "b", memory.clone());
    let visitor = Visitor::at(&server, Face::S3);
    corpus(&CorpusSpec::new(20, 6), &visitor.home.data()).unwrap();
    visitor.line("scan data --config data/rollcall.toml -q").exits(0);
    // Down into a folder, which is written to as any other.
    let folder = visitor.home.inventory();
    for entry in memory.page("some/inventory/", "", 10_000) {
        let path = folder.join(entry.key.strip_prefix("some/inventory/").unwrap());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes_of(&*memory, &entry.key).unwrap()).unwrap();
    }
    assert_eq!(visitor.home.digest(), visitor.digest());
    visitor.home.file("exports/new.csv", "name,email\nPaula Dray,paula@mailhaus.example\n");
    visitor.home.line("refresh -q").exits(0);
    // And up again, to another place.
    for entry in walkdir::WalkDir::new(&folder).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file()) {
        let below = entry.path().strip_prefix(&folder).unwrap().to_str().unwrap();
        memory.set(&format!("copy/{below}"), std::fs::read(entry.path()).unwrap());
    }
    let copy =
        Visitor { inventory: visitor.inventory.replace("some/inventory", "copy"), ..Visitor::at(&server, Face::S3) };
    assert_eq!(copy.digest(), visitor.home.digest());
    std::fs::remove_file(visitor.home.data().join("exports/new.csv")).unwrap();
    let refresh = |home: &Home, inventory: &str| {
        let mut command = home.command("refresh -q".split(' '));
        command.env("AWS_ACCESS_KEY_ID", "testing").env("AWS_SECRET_ACCESS_KEY", "testing");
        ended(command.env("ROLLCALL_INVENTORY", inventory)).exits(0);
    };
    refresh(&visitor.home, &copy.inventory);
    assert_eq!(copy.digest(), visitor.digest());
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
    azurite.container("estate");
    let keys = vec![("AZURE_STORAGE_ACCOUNT_KEY", AZURE_KEY.to_string())];
    let spec = format!("az://estate@{ACCOUNT}/inventory?endpoint={}", azurite.url());
    says_what_a_folder_says(&Visitor::new(&spec, keys));
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
    // Read last, so that there is time to kill the scan between what it saves first and its end.
    let long = (0..20_000).map(|n| format!("Quentin Farrow,quentin{n}@mailhaus.example\n")).collect::<String>();
    visitor.home.file("long.csv", format!("name,email\n{long}"));
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
