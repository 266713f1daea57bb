//! What is asked of a store, as the program counts it and as the store counts it.

use super::behaviour::{Own, Place, Visitor};
use crate::program::Ended;
use crate::store_server::face::Face;
use crate::store_server::fault::{Fault, Operation, Stats};
use serde_json::Value;
use std::ffi::OsString;

/// Rows of a table of about so many bytes, with a few people in it.
fn object(number: usize, bytes: usize, word: &str) -> Vec<u8> {
    let mut text = format!("name,email,note\nPaula Dray,paula{number}.{word}@mailhaus.example,first\n");
    while text.len() < bytes {
        text.push_str(",,a town by the sea\n");
    }
    text.into_bytes()
}

fn run(visitor: &Visitor<'_>, words: &[&str]) -> Ended {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    visitor.run(&words)
}

/// The program's numbers of its last run.
fn numbers(visitor: &Visitor<'_>) -> Value {
    let json: Value = serde_json::from_slice(&std::fs::read(visitor.home.path("m.json")).unwrap()).unwrap();
    json["numbers"].clone()
}

#[track_caller]
fn agree(answer: &Value, numbers: &Value, stats: &Stats) {
    for (kind, operation) in [("list", Operation::List), ("head", Operation::Head), ("get", Operation::Get)] {
        assert_eq!(answer["store"]["requests"][kind], stats.of(operation), "{kind}: {answer} {stats:?}");
        assert_eq!(numbers["requests"][kind], stats.of(operation), "{kind}: {numbers} {stats:?}");
    }
    assert_eq!(answer["store"]["bytes_fetched"], stats.bytes, "{stats:?}");
    assert_eq!(numbers["fetched_bytes"], stats.bytes);
}

/// One object of a hundred changes, and only that is fetched. `ROLLCALL_REFRESH_OBJECTS` says how many objects there are.
#[test]
fn a_refresh_fetches_what_changed() {
    let count: usize = std::env::var("ROLLCALL_REFRESH_OBJECTS").map_or(1000, |n| n.parse().unwrap());
    for face in [Face::S3, Face::Gcs] {
        let place = Own::new(face);
        place.server.page(1000);
        place.bucket("b");
        // 4 to 64 KiB, and one that comes in parts.
        let size = |number: usize| if number == 99 { 9 << 20 } else { (4 << 10) + number * 7919 % (60 << 10) };
        let key = |number: usize| format!("day-{:02}/{number:06}.csv", number % 31);
        for number in 0..count {
            place.put("b", &key(number), &object(number, size(number), "old"));
        }
        let spec = place.spec("b", "").into_string().unwrap();
        let visitor = Visitor::new(&place);
        place.server.reset_stats();
        let metrics = ["--json", "-q", "--metrics", "m.json", "--metrics-prom", "m.prom"];
        let first = run(&visitor, &[&["scan", &spec], &metrics[..]].concat()).exits(0).json();
        agree(&first, &numbers(&visitor), &place.server.stats());
        assert_eq!(first["store"]["unchecked"], 0);

        let mut changed = 0;
        for number in (99..count).step_by(100) {
            let bytes = object(number, size(number) + 1, "new");
            changed += bytes.len() as u64;
            place.put("b", &key(number), &bytes);
        }
        place.server.reset_stats();
        let again = run(&visitor, &[&["refresh"], &metrics[..]].concat()).exits(0).json();
        let stats = place.server.stats();
        agree(&again, &numbers(&visitor), &stats);
        assert_eq!(again["objects"]["complete"], count / 100);
        let share = stats.bytes as f64 / changed as f64;
        println!(
            "{face:?}: {changed} bytes of {count} objects changed, {} fetched ({share:.4}): {:?}",
            stats.bytes, stats.requests
        );
        assert!((1.0..=1.02).contains(&share), "{share}: {stats:?}");
        let prom = std::fs::read_to_string(visitor.home.path("m.prom")).unwrap();
        let line = format!("rollcall_requests{{command=\"refresh\",kind=\"get\"}} {}\n", stats.of(Operation::Get));
        assert!(prom.contains(&line), "{prom}");

        // And nothing, where nothing did.
        place.server.reset_stats();
        run(&visitor, &["refresh", "--json", "-q"]).exits(0);
        assert_eq!((place.server.stats().bytes, place.server.stats().of(Operation::Get)), (0, 0));
    }
}

#[test]
fn what_was_made_again_is_counted() {
    let place = Own::new(Face::S3);
    place.bucket("b");
    (0..50).for_each(|number| _ = place.put("b", &format!("{number}.csv"), &object(number, 0, "x")));
    let visitor = Visitor::new(&place);
    place.server.reset_stats();
    place.server.faults(Box::new(|seen| {
        let fault = if seen.key.starts_with('3') { Fault::SlowDown } else { Fault::Internal };
        (seen.operation == Operation::Get && seen.key.contains('3') && seen.attempt < 2).then_some(fault)
    }));
    let spec = place.spec("b", "").into_string().unwrap();
    let said = run(&visitor, &["scan", &spec, "-q"]).exits(0).out;
    let stats = place.server.stats();
    // 3, 30 to 39; and 13, 23, 43.
    let (slowed, failed) = (2 * 11, 2 * 3);
    assert_eq!(stats.injected(), slowed + failed);
    let line = said.lines().find(|line| line.starts_with("requests")).unwrap_or_else(|| panic!("{said}"));
    let (lists, gets) = (stats.of(Operation::List), stats.of(Operation::Get));
    let wanted = format!("{lists} list, {gets} get; {} made again, {slowed} told to slow down", slowed + failed);
    assert!(line.contains(&wanted), "{line} is not: {wanted}");
}
