//! One large object over several workers: what is found, where, and in which order, is what one worker alone finds.

use crate::inside::request;
use crate::program::Home;
use rollcall::generate::{TableSize, table};
use rollcall::identity::key::Key;
use rollcall::inventory::{Inventory, digest};
use rollcall::model::object::Object;
use rollcall::model::rows::ObjectRow;
use rollcall::pipeline::scan::{Counters, ScanRequest, scan};
use rollcall::pipeline::worker::{FindingPlace, FindingSink};
use rollcall::source::{Source, SourceOptions};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Findings by object, in the order in which they came.
#[derive(Default)]
struct Places(Mutex<BTreeMap<String, Vec<String>>>);

impl FindingSink for Places {
    fn finding(&self, object: &Object, place: &FindingPlace<'_>) {
        self.0.lock().unwrap().entry(object.path.clone()).or_default().push(format!("{place:?}"));
    }

    fn object(&self, _: &ObjectRow) {}
}

/// Large objects of every layout: a table with quoted line feeds, lines, one JSON value a line, and JSON that nests.
fn large(home: &Home) {
    table(TableSize::People(20_000), 11, &home.data().join("people.csv")).unwrap();
    let (mut quoted, mut log, mut ndjson, mut tree) =
        ("id,note,email\n".to_string(), String::new(), String::new(), "{\"customers\":[".to_string());
    for i in 0..12_000 {
        let email = format!("reader{i}@mailhaus.example");
        writeln!(quoted, "{i},\"two\nlines, and \"\"quotes\"\"\",{email}").unwrap();
        writeln!(log, "2026-02-03T04:05:06Z INFO request {i} of {email} from 203.0.113.{} served", i % 250).unwrap();
        writeln!(ndjson, "{{\"id\":{i},\"email\":\"{email}\",\"phone\":\"(415) 555-{:04}\"}}", i % 10_000).unwrap();
        let comma = if i == 0 { "" } else { "," };
        write!(tree, "{comma}{{\"name\":\"Paula Dray\",\"orders\":[{{\"no\":{i},\"mail\":\"{email}\"}}]}}").unwrap();
    }
    tree.push_str("]}");
    for (name, text) in [("quoted.csv", quoted), ("app.log", log), ("lines.ndjson", ndjson), ("tree.json", tree)] {
        home.file(name, text);
    }
}

#[test]
fn a_large_object_is_shared_and_read_as_by_one_worker() {
    let home = Home::new();
    large(&home);
    let key = Key::from_bytes([7; 16]);
    let names = ["people.csv", "quoted.csv", "app.log", "lines.ndjson", "tree.json"];
    let read = |workers: usize| {
        // An object at a time, so that all workers but one have nothing else to do.
        let inventory = Inventory::create_or_open(&home.path(&format!("inventory{workers}")), &key.id()).unwrap();
        let (places, mut offered, mut digests) = (Places::default(), Vec::new(), Vec::new());
        for name in names {
            let mut writer = inventory.begin().unwrap();
            let sources = [Source::open(&home.data().join(name).to_string_lossy(), &SourceOptions::default()).unwrap()];
            let counters = Counters::default();
            let stop = AtomicBool::new(false);
            let request = ScanRequest { findings: Some(&places), ..request(&sources, &key, workers, &counters, &stop) };
            let outcome = scan(&request, &mut writer).unwrap();
            assert_eq!((outcome.complete, outcome.partial, outcome.failed), (1, 0, 0), "{name}");
            writer.seal_observed().unwrap();
            digests.push(digest(&writer.view()).unwrap());
            writer.abort().unwrap();
            offered.push(counters.blocks_offered.load(Relaxed));
        }
        (digests, places.0.into_inner().unwrap(), offered)
    };
    let (whole, places, offered) = read(1);
    assert_eq!(offered, [0; 5], "one worker has nobody to offer to");
    assert!(names.iter().all(|name| places[*name].len() >= 12_000));
    for workers in [2, 7] {
        let (digests, others, offered) = read(workers);
        assert!(offered.iter().all(|n| *n > 0), "{workers} workers shared {offered:?} blocks");
        assert!(others == places, "with {workers} workers other findings, or in another order");
        assert_eq!(digests, whole, "with {workers} workers another inventory");
    }
}
