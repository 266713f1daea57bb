//! Refreshing buckets: what is gone, what is not, and what cannot be known because it could not be listed.

use crate::program::{Ended, Home, ended};
use crate::store_server::StoreServer;
use crate::store_server::content::{Content, Memory};
use crate::store_server::face::Face;
use crate::store_server::fault::{Fault, Operation, Seen};
use rollcall::model::rows::Tables;
use serde_json::Value;
use std::sync::Arc;

/// A bucket `data` with objects of one person each, by key, and a home that scans it.
struct Estate {
    server: StoreServer,
    memory: Arc<Memory>,
    home: Home,
    scheme: &'static str,
}

impl Estate {
    fn new(face: Face, keys: &[&str]) -> Estate {
        let memory = Memory::new();
        let server = StoreServer::with(face, "data", memory.clone());
        let scheme = if face == Face::S3 { "s3" } else { "gs" };
        let estate = Estate { server, memory, home: Home::new(), scheme };
        keys.iter().for_each(|key| estate.put(key, "there"));
        estate
    }

    fn put(&self, key: &str, who: &str) {
        let name: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
        self.memory.set(key, format!("email\n{who}.{name}@mailhaus.example\n"));
    }

    fn run(&self, line: &str) -> Ended {
        let mut command = self.home.command(line.replace("STORE", self.scheme).split_whitespace());
        for (name, _) in std::env::vars().filter(|(n, _)| ["AWS_", "GOOGLE_"].iter().any(|p| n.starts_with(p))) {
            command.env_remove(name);
        }
        command.env("AWS_ENDPOINT_URL", self.server.url()).env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", "testing").env("AWS_SECRET_ACCESS_KEY", "testing");
        command.env("STORAGE_EMULATOR_HOST", self.server.url()).env("GOOGLE_BEARER_TOKEN", "testing");
        ended(&mut command)
    }

    fn list(&self, lines: &[String]) -> Value {
        std::fs::write(self.home.path("list"), lines.join("\n")).unwrap();
        self.run("refresh --objects list --json").exits(0).json()
    }

    /// The keys of the live objects.
    fn live(&self) -> Vec<String> {
        let mut live = Vec::new();
        let read = self.home.snapshot().objects(false, &mut |row| {
            live.push(row.object.uri.split_once("://data/").unwrap().1.to_string());
            Ok(())
        });
        read.unwrap();
        live.sort();
        live
    }

    fn knows(&self, person: &str) -> bool {
        self.run(&format!("who {person}@mailhaus.example")).code == 0
    }
}

fn counts(answer: &Value) -> (u64, u64, u64, u64) {
    let count = |value: &Value| value.as_u64().unwrap();
    let objects = &answer["objects"];
    (count(&objects["complete"]), count(&objects["unchanged"]), count(&objects["failed"]), count(&answer["gone"]))
}

fn event(name: &str, key: &str, version: &str) -> String {
    let object = serde_json::json!({ "key": key, "versionId": version });
    let record = serde_json::json!({ "eventName": name, "s3": { "bucket": { "name": "data" }, "object": object } });
    serde_json::json!({ "Records": [record] }).to_string()
}

#[test]
fn what_could_not_be_listed_is_not_gone_and_the_rest_is() {
    for face in [Face::S3, Face::Gcs] {
        let keys: Vec<String> = (0..40).map(|n| format!("in/{n:02}.csv")).collect();
        let estate = Estate::new(face, &keys.iter().map(String::as_str).collect::<Vec<_>>());
        estate.put("out/x.csv", "there");
        estate.server.page(10);
        estate.run("scan STORE://data/in STORE://data/out -q").exits(0);
        for key in ["in/03.csv", "in/35.csv"] {
            estate.memory.delete(key).unwrap();
        }
        estate.memory.delete("out/x.csv").unwrap();
        estate.put("out/y.csv", "there");
        // Late pages of one source never come: nothing of it is gone, of the other one is.
        let plan = |seen: &Seen| {
            let is_late = seen.place.split('\n').nth(2).is_some_and(|token| !token.is_empty());
            (seen.operation == Operation::List && seen.place.starts_with("in/") && is_late).then_some(Fault::Denied)
        };
        estate.server.faults(Box::new(plan));
        let plan = estate.run("refresh --dry-run --json").exits(3).json();
        assert_eq!((&plan["gone"], &plan["new"]["objects"]), (&1.into(), &1.into()), "{plan}");
        let said = estate.run("refresh --json").exits(3).json();
        estate.server.no_faults();
        assert_eq!((counts(&said).2, counts(&said).3), (1, 1), "{said}");
        assert!(estate.knows("there.in35csv") && estate.knows("there.in03csv") && !estate.knows("there.outxcsv"));
        // When it can be listed, they are gone; and so is the gap.
        let said = estate.run("refresh --json").exits(0).json();
        assert_eq!(counts(&said), (0, 39, 0, 3), "{said}");
        assert_eq!(estate.live().len(), 39);
        assert!(!estate.knows("there.in35csv"));
    }
}

#[test]
fn an_object_that_cannot_be_read_hides_no_other() {
    let estate = Estate::new(Face::S3, &["in/a", "in/a.csv", "in/ab.csv", "in/b.csv"]);
    estate.run("scan s3://data/in -q").exits(0);
    estate.memory.class("in/a", "GLACIER");
    estate.put("in/a", "new");
    estate.memory.class("in/a", "GLACIER");
    for key in ["in/a.csv", "in/ab.csv"] {
        estate.memory.delete(key).unwrap();
    }
    let plan = estate.run("refresh --dry-run --json").exits(0).json();
    assert_eq!((&plan["gone"], &plan["unchanged"]), (&2.into(), &1.into()), "{plan}");
    let said = estate.run("refresh --json").exits(3).json();
    assert_eq!(counts(&said), (0, 1, 1, 2), "{said}");
    assert_eq!(estate.live(), ["in/a", "in/b.csv"]);
}

#[test]
fn a_prefix_that_is_empty_now_is_gone_and_a_bucket_that_is_not_there_is_not() {
    for face in [Face::S3, Face::Gcs] {
        let estate = Estate::new(face, &["in/a.csv", "in/b.csv", "one.csv", "other.csv"]);
        estate.run("scan STORE://data/in STORE://data/one.csv -q").exits(0);
        for key in ["in/a.csv", "in/b.csv", "one.csv"] {
            estate.memory.delete(key).unwrap();
        }
        assert_eq!(estate.run("refresh --dry-run --json").exits(0).json()["gone"], 3);
        assert_eq!(counts(&estate.run("refresh --json").exits(0).json()), (0, 0, 0, 3));
        assert_eq!(counts(&estate.run("refresh --json").exits(0).json()), (0, 0, 0, 0));
        // What comes back is found.
        estate.put("in/c.csv", "there");
        assert_eq!(counts(&estate.run("refresh --json").exits(0).json()), (1, 0, 0, 0));

        // A bucket that is not there, or that may not be listed, says nothing of what it held; and the run is not complete.
        estate.put("in/d.csv", "there");
        estate.server.faults(Box::new(|seen: &Seen| (seen.operation == Operation::List).then_some(Fault::Denied)));
        let said = estate.run("refresh --json --metrics-prom m.prom").exits(3).json();
        assert_eq!((counts(&said).3, &said["outcome"]), (0, &"partial".into()), "{said}");
        assert_eq!(said["sources_not_listed"].as_array().unwrap().len(), 2);
        let prom = std::fs::read_to_string(estate.home.path("m.prom")).unwrap();
        assert!(prom.contains("rollcall_run_complete{command=\"refresh\"} 0\n"), "{prom}");
        assert_eq!(estate.live(), ["in/c.csv"]);
    }
}

#[test]
fn old_versions_stay_when_the_present_ones_are_gone() {
    let estate = Estate::new(Face::S3, &["in/a.csv"]);
    estate.put("in/a.csv", "second");
    estate.run("scan s3://data/in --versions all -q").exits(0);
    estate.memory.delete("in/a.csv").unwrap();
    estate.run("refresh -q").exits(0);
    assert_eq!(estate.live(), ["in/a.csv?versionId=1", "in/a.csv?versionId=2"]);
    // What the source is called, it is called in any form.
    assert_eq!(estate.run("refresh s3://data/in --json").exits(0).json()["committed"], false);
    assert!(estate.run("refresh s3://data/in/").exits(2).err.contains("was never scanned"));
    let whole = Estate::new(Face::S3, &["a b.csv"]);
    whole.run("scan s3://data -q").exits(0);
    for name in ["s3://data", "s3://data/", "s3://data s3://data/"] {
        assert_eq!(counts(&whole.run(&format!("refresh {name} --json")).exits(0).json()), (0, 1, 0, 0), "{name}");
    }
}

#[test]
fn a_list_is_believed_where_it_is_true() {
    let estate = Estate::new(Face::S3, &["in/a.csv", "in/b.csv", "in/c.csv", "in/50%25.csv", "in/what?.csv"]);
    estate.run("scan s3://data/in -q").exits(0);
    // An old version is deleted: the key lives. A key is deleted and there again: it is what it is now.
    estate.put("in/b.csv", "again");
    let said = estate.list(&[
        event("ObjectRemoved:Delete", "in/a.csv", "99"),
        event("ObjectRemoved:DeleteMarkerCreated", "in/b.csv", "98"),
    ]);
    assert_eq!(counts(&said), (1, 1, 0, 0), "{said}");
    assert!(estate.knows("there.inacsv") && estate.knows("again.inbcsv") && !estate.knows("there.inbcsv"));
    // Created and deleted, in either order of the list: it is gone, and no failure.
    estate.memory.delete("in/b.csv").unwrap();
    estate.memory.delete("in/c.csv").unwrap();
    let said = estate.list(&[
        event("ObjectCreated:Put", "in/b.csv", "7"),
        event("ObjectRemoved:DeleteMarkerCreated", "in/b.csv", "8"),
        event("ObjectRemoved:DeleteMarkerCreated", "in/c.csv", "8"),
        event("ObjectCreated:Put", "in/c.csv", "7"),
        event("ObjectCreated:Put", "in/never.csv", "5"),
        event("ObjectRemoved:DeleteMarkerCreated", "in/never.csv", "6"),
    ]);
    assert_eq!(counts(&said), (0, 0, 0, 2), "{said}");
    // Keys of events are names, decoded once.
    estate.put("in/50%25.csv", "new");
    estate.put("in/what?.csv", "new");
    let said = estate.list(&[
        event("ObjectCreated:Put", "in/50%2525.csv", ""),
        event("ObjectCreated:Put", "in/what%3F.csv", ""),
        serde_json::json!({ "detail-type": "Object Created", "detail": {
            "bucket": { "name": "data" }, "object": { "key": "in/50%25.csv" } } })
        .to_string(),
    ]);
    assert_eq!(counts(&said), (2, 0, 0, 0), "{said}");
    assert_eq!(estate.live(), ["in/50%2525.csv", "in/a.csv", "in/what%3F.csv"]);
}

#[test]
fn an_old_version_goes_by_itself() {
    let estate = Estate::new(Face::S3, &["a.csv"]);
    estate.put("a.csv", "second");
    estate.run("scan s3://data --versions all -q").exits(0);
    assert_eq!(estate.live(), ["a.csv", "a.csv?versionId=1"]);
    let said = estate.list(&[event("ObjectRemoved:Delete", "a.csv", "77")]);
    assert_eq!((counts(&said).3, estate.live().len()), (0, 2), "{said}");
    // The test's store cannot lose one version, so the object is put anew in a store that never had the old one.
    let memory = Memory::new();
    estate.server.bucket("data", memory.clone());
    memory.set("pad", "x");
    memory.set("a.csv", "email\nsecond.acsv@mailhaus.example\n");
    estate.list(&[event("ObjectRemoved:Delete", "a.csv", "1")]);
    assert_eq!(estate.live(), ["a.csv"]);
}

#[test]
fn sizes_that_nobody_has_are_no_crash() {
    /// Two objects that say they are as large as can be.
    struct Vast;
    impl Content for Vast {
        fn page(&self, prefix: &str, after: &str, max: usize) -> Vec<crate::store_server::content::Entry> {
            let keys = ["a.csv", "b.csv"].into_iter().filter(|key| key.starts_with(prefix) && *key > after);
            let entry = |key| crate::store_server::content::Entry::new(key, u64::MAX, "e".to_string());
            keys.take(max).map(entry).collect()
        }
        fn get(
            &self,
            _: &str,
            _: Option<&str>,
        ) -> Option<(crate::store_server::content::Entry, Arc<dyn crate::store_server::content::Bytes>)> {
            None
        }
    }
    let estate = Estate::new(Face::Gcs, &["x.csv"]);
    estate.run("scan gs://data -q").exits(0);
    estate.server.bucket("data", Arc::new(Vast));
    let told = estate.run("scan gs://data --estimate --json").exits(0).json();
    assert_eq!(told["bytes"], u64::MAX);
    assert!(estate.run("scan gs://data --estimate").exits(0).out.contains("time"));
    let plan = estate.run("refresh --dry-run").exits(0).out;
    assert!(plan.contains("would read 2 objects"), "{plan}");
    let read = estate.run("refresh --json --attempts 1").exits(3).json();
    assert_eq!(read["objects"]["failed"], 2, "{read}");
}

#[test]
fn time_that_is_up_ends_a_refresh() {
    let keys: Vec<String> = (0..12).map(|n| format!("{n}.csv")).collect();
    let estate = Estate::new(Face::S3, &keys.iter().map(String::as_str).collect::<Vec<_>>());
    estate.run("scan s3://data --include 0.csv -q").exits(0);
    assert!(estate.run("refresh --max-time soon").exits(2).err.contains("--max-time"));
    let other = Estate::new(Face::S3, &["0.csv"]);
    other.run("scan s3://data -q").exits(0);
    keys.iter().for_each(|key| other.put(key, "new"));
    // Twelve objects take six seconds.
    let said = other.run("refresh --json --max-time 1s --max-requests-per-second 2").exits(3).json();
    assert_eq!(said["outcome"], "interrupted");
    assert_eq!(counts(&other.run("refresh --json").exits(0).json()).2, 0);
    assert_eq!(other.live().len(), 12);
}
