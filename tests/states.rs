//! States of an inventory: what was asked of a past one, what came between two, several made one, and what is taken away.

use crate::program::{Home, ended};
use rollcall::generate::{CorpusSpec, corpus};
use rollcall::inventory::{Inventory, digest};
use rollcall::model::rows::RunRow;
use serde_json::Value;
use std::io::Write;
use std::process::Stdio;

fn digest_at(home: &Home, inventory: &str) -> String {
    digest(&Inventory::open(&home.path(inventory)).unwrap().snapshot().unwrap()).unwrap()
}

fn parquet_files(home: &Home) -> usize {
    let files = walkdir::WalkDir::new(home.inventory()).into_iter().map(|e| e.unwrap());
    files.filter(|e| e.path().extension().is_some_and(|e| e == "parquet")).count()
}

/// Three runs: two people; one more, with a number; the first gone.
fn three_runs() -> Home {
    let home = Home::new();
    home.file("a.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    home.file("b.csv", "name,email\nPaula Dray,paula@mailhaus.example\n");
    home.line("scan data -q").exits(0);
    home.file("b.csv", "name,email,ssn\nPaula Dray,paula@mailhaus.example,536-22-8417\n");
    home.file("c.csv", "name,email\nTheo Marsh,theo@mailhaus.example\n");
    home.line("refresh -q").exits(0);
    std::fs::remove_file(home.data().join("a.csv")).unwrap();
    home.line("refresh -q").exits(0);
    home
}

#[test]
fn a_past_state_answers_as_it_did() {
    let home = three_runs();
    home.line("who quentin@mailhaus.example").exits(2);
    let then = home.line("who quentin@mailhaus.example --as-of 1 --json").exits(0);
    assert!(then.out.contains("a.csv"), "{}", then.out);
    home.line("who theo@mailhaus.example --as-of 1").exits(2);
    let people = |words: &str| {
        let answer = home.line(&format!("scope --leak *.csv --json {words}")).exits(0).json();
        answer["people"]["certain"].as_u64().unwrap()
    };
    assert_eq!((people("--as-of 1"), people("--as-of 2"), people("")), (2, 3, 2));
    let run = &home.snapshot().runs().unwrap()[1];
    let when = jiff::Timestamp::from_microsecond(run.ended_at).unwrap().to_string();
    assert_eq!(people(&format!("--as-of {when}")), 3);
    assert!(home.line("scope --leak *.csv --as-of 2001-01-01").exits(2).err.contains("first run ended"));
    assert!(home.line("scope --leak *.csv --as-of 9").exits(2).err.contains("run 9"));
    assert!(home.line("scope --leak *.csv --as-of lately").exits(2).err.contains("2026-11-20T09"));
}

#[test]
fn a_difference_says_what_came_and_went() {
    let home = three_runs();
    let diff = |words: &str| home.line(&format!("inventory diff {words} --json")).exits(0).json();
    let first = diff("1 2");
    let three =
        |came: u64, went: u64, changed: u64| serde_json::json!({ "came": came, "went": went, "changed": changed });
    assert_eq!(first["objects"], three(1, 0, 1));
    // Whether a new number of a person is the least of their tokens, which names them, is chance.
    let net = |counts: &Value| counts["came"].as_i64().unwrap() - counts["went"].as_i64().unwrap();
    assert_eq!((net(&first["people"]), net(&first["elements"]["EMAIL"])), (1, 1));
    assert_eq!(first["elements"]["SSN"]["came"], 1);
    let second = diff("2");
    assert_eq!((&second["objects"], &second["people"]), (&three(0, 1, 0), &three(0, 1, 0)));
    assert_eq!(diff("2 2")["people"], three(0, 0, 0));
    let listed = home.line("inventory diff 2 3 --list").exits(0).out;
    assert!(
        listed.contains("went     object file://") && listed.contains("a.csv") && listed.contains("went     person")
    );
    for line in home.line("inventory diff 1 3 --list --json").exits(0).out.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
    assert!(home.line("inventory diff 7").exits(2).err.contains("run 7"));
}

#[test]
fn compacting_changes_no_answer_and_frees_what_nobody_needs() {
    let home = three_runs();
    let (before, files) = (home.digest(), parquet_files(&home));
    // Everything is kept: the states can still be asked for.
    let kept = home.line("inventory compact --keep 1d --json").exits(0).json();
    assert_eq!((&kept["oldest_run"], &kept["files_deleted"]), (&1.into(), &0.into()));
    assert!(kept["files_rewritten"].as_u64().unwrap() > kept["files_written"].as_u64().unwrap());
    assert_eq!(home.digest(), before);
    home.line("who quentin@mailhaus.example --as-of 1").exits(0);
    // Nothing is kept but the last state.
    let bare = home.line("inventory compact --keep 0s --json").exits(0).json();
    assert!(bare["files_deleted"].as_u64().unwrap() > 0, "{bare}");
    assert!(parquet_files(&home) < files, "{} files of {files}", parquet_files(&home));
    assert_eq!(home.digest(), before);
    assert!(home.line("who quentin@mailhaus.example --as-of 1").exits(2).err.contains("no longer kept"));
    home.line("inventory check").exits(0);
    // It goes on as before: nothing is stale, and a further run is as ever.
    assert_eq!(home.line("refresh --json").exits(0).json()["committed"], false);
    home.file("d.csv", "name,email\nAda Marsh,ada@mailhaus.example\n");
    home.line("refresh -q").exits(0);
    home.line(&format!("scan data -q --inventory {}", home.path("fresh").display())).exits(0);
    assert_eq!(home.digest(), digest_at(&home, "fresh"));
    home.line("inventory check").exits(0);
}

#[test]
fn shards_merged_are_the_unsharded_run() {
    let home = Home::new();
    corpus(&CorpusSpec::new(30, 9), &home.data()).unwrap();
    let scan = |words: &str, inventory: &str| {
        let place = home.path(inventory);
        let line = format!("scan data --config data/rollcall.toml --json {words} --inventory {}", place.display());
        home.line(&line).exits(0).json()["objects"]["complete"].as_u64().unwrap()
    };
    let whole = scan("", "whole");
    let parts: Vec<u64> = (1..=3).map(|n| scan(&format!("--shard {n}/3 --no-link"), &format!("shard-{n}"))).collect();
    assert_eq!(parts.iter().sum::<u64>(), whole);
    assert!(parts.iter().all(|part| *part > 0), "{parts:?}");
    for order in ["shard-1 shard-2 shard-3", "shard-3 shard-1 shard-2 shard-1"] {
        let _ = std::fs::remove_dir_all(home.path("merged"));
        let merged = home.line(&format!("inventory merge {order} --into merged --json")).exits(0).json();
        assert_eq!(merged["objects"], whole);
        assert_eq!(digest_at(&home, "merged"), digest_at(&home, "whole"), "{order}");
    }
    // The merged inventory knows its sources.
    let refresh = format!("refresh --json --inventory {}", home.path("merged").display());
    assert_eq!(home.line(&refresh).exits(0).json()["committed"], false);
    assert!(home.line("scan data --shard 4/3").exits(2).err.contains("I/N"));
    let mut other = home.command(["scan", "data", "-q", "--inventory", "foreign"]);
    ended(other.env("ROLLCALL_KEY", "ffeeddccbbaa99887766554433221100"));
    let refused = home.line("inventory merge shard-1 foreign --into both").exits(2);
    assert!(refused.err.contains("two keys"), "{}", refused.err);
}

#[test]
fn a_shard_that_is_not_whole_is_not_merged_as_one() {
    let home = Home::new();
    home.file("a.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    let scan = |inventory: &str| home.line(&format!("scan data -q --inventory {}", home.path(inventory).display()));
    scan("whole").exits(0);
    // One that was never committed.
    let key_id = Inventory::open(&home.path("whole")).unwrap().key_id().to_string();
    Inventory::create_or_open(&home.path("empty"), &key_id).unwrap();
    let refused = home.line("inventory merge whole empty --into both").exits(2);
    assert!(refused.err.contains("empty holds no run") && !home.path("both").exists(), "{}", refused.err);
    // One that was stopped, then linked; one that goes on from there is whole.
    scan("stopped").exits(0);
    let stopped = Inventory::open(&home.path("stopped")).unwrap();
    let run = stopped.snapshot().unwrap().last_run().unwrap().unwrap();
    stopped.begin().unwrap().commit(RunRow { outcome: "interrupted".to_string(), ..run }).unwrap();
    home.line(&format!("link --inventory {}", home.path("stopped").display())).exits(0);
    let merged = home.line("inventory merge whole stopped --into one --json").exits(3).json();
    assert_eq!(merged["outcome"], "partial");
    scan("stopped").exits(0);
    home.line("inventory merge whole stopped --into two").exits(0);
    // One with an object that could not be read, then linked.
    std::os::unix::fs::symlink("/no/such/target", home.data().join("dangling.csv")).unwrap();
    scan("partial").exits(3);
    home.line(&format!("link --inventory {}", home.path("partial").display())).exits(0);
    let merged = home.line("inventory merge whole partial --into three").exits(3);
    assert!(merged.out.contains("people") && merged.err.contains("not whole"), "{}", merged.said());
}

#[test]
fn a_list_stands_in_place_of_a_listing() {
    let home = three_runs();
    let b = home.data().join("b.csv");
    home.file("d.csv", "name,email\nAda Marsh,ada@mailhaus.example\n");
    home.file("e.csv", "name,email\nJonas Bell,jonas@mailhaus.example\n");
    std::fs::remove_file(home.data().join("c.csv")).unwrap();
    let uri = |name: &str| format!("file://{}", home.data().canonicalize().unwrap().join(name).display());
    let list = format!("# changes\n{}\ndata/d.csv\n{{\"uri\":\"{}\",\"deleted\":true}}\n", b.display(), uri("c.csv"));
    let mut child = home
        .command(["refresh", "--objects", "@-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(list.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&said["objects"]["complete"], &said["objects"]["unchanged"], &said["gone"]),
        (&1.into(), &1.into(), &1.into())
    );
    home.line("who jonas@mailhaus.example").exits(2);
    // A whole refresh finds the rest, and nothing else.
    assert_eq!(home.line("refresh --json").exits(0).json()["objects"]["complete"], 1);
    home.line(&format!("scan data -q --inventory {}", home.path("fresh").display())).exits(0);
    assert_eq!(home.digest(), digest_at(&home, "fresh"));

    // What lies elsewhere is a gap; an event of a bucket that is no source too; what is no list is refused.
    let event = r#"{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"a+b%2Bc.csv"}}}]}"#;
    std::fs::write(home.path("list"), format!("/etc/hostname\n{event}\n")).unwrap();
    let strange = home.line("refresh --objects list --json").exits(3).json();
    assert_eq!(strange["objects"]["failed"], 2);
    assert_eq!(strange["gaps"][1]["uri"], "s3://b/a%20b+c.csv");
    std::fs::write(home.path("list"), "{\"key\":1}\n").unwrap();
    assert!(home.line("refresh --objects list").exits(2).err.contains("line 1"));
    assert!(home.line("refresh --objects nowhere").exits(2).err.contains("nowhere"));

    // What is said to be gone and is there is looked at as any other.
    std::fs::write(home.path("list"), format!("{{\"uri\":\"{}\",\"deleted\":true}}\n", uri("b.csv"))).unwrap();
    let there = home.line("refresh --objects list --json").exits(0).json();
    assert_eq!((&there["objects"]["unchanged"], &there["gone"]), (&1.into(), &0.into()), "{there}");

    // Sources under other settings hold some of the names each, and none of them is a stranger for that.
    std::fs::create_dir(home.path("other")).unwrap();
    std::fs::write(home.path("other/m.csv"), "name,email\nMiriam Holt,miriam@mailhaus.example\n").unwrap();
    home.line("scan other -q --own-domain club.example").exits(0);
    std::fs::write(home.path("other/m.csv"), "name,email\nMiriam Holt,holt@mailhaus.example\n").unwrap();
    std::fs::write(home.path("list"), "data/b.csv\nother/m.csv\n").unwrap();
    let both = home.line("refresh --objects list --json").exits(0).json();
    assert_eq!((&both["objects"]["complete"], &both["objects"]["unchanged"]), (&1.into(), &1.into()), "{both}");
    std::fs::write(home.path("list"), "data/b.csv\nother/m.csv\n/etc/hostname\n").unwrap();
    assert_eq!(home.line("refresh --objects list --json").exits(3).json()["objects"]["failed"], 1);
}

#[test]
fn what_is_not_linked_is_said() {
    let home = Home::new();
    home.file("a.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    home.line("scan data -q").exits(0);
    home.file("b.csv", "name,email\nPaula Dray,paula@mailhaus.example\n");
    home.line("scan data -q --no-link").exits(0);
    let scoped = home.line("scope --leak *.csv --json").exits(3).json();
    assert_eq!((&scoped["people"]["certain"], &scoped["leak"]["unscanned"]), (&1.into(), &1.into()), "{scoped}");
    assert!(home.line("scope --leak b.csv --as-of 2").exits(2).err.contains("rollcall link"));
    assert!(home.line("who quentin@mailhaus.example").exits(0).err.contains("rollcall link"));
    // A refresh that finds nothing changed links what was left.
    assert_eq!(home.line("refresh --json").exits(0).json()["committed"], true);
    assert_eq!(home.line("scope --leak *.csv --json").exits(0).json()["people"]["certain"], 2);
}

#[test]
fn numbers_of_a_run() {
    let home = Home::new();
    home.file("a.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    std::os::unix::fs::symlink("/no/such/target", home.data().join("dangling.csv")).unwrap();
    home.line("scan data -q --metrics m.json --metrics-prom m.prom").exits(3);
    let json: Value = serde_json::from_slice(&std::fs::read(home.path("m.json")).unwrap()).unwrap();
    let numbers = &json["numbers"];
    assert_eq!((&json["command"], &json["running"]), (&"scan".into(), &false.into()));
    assert_eq!((&numbers["objects"]["complete"], &numbers["objects"]["failed"]), (&1.into(), &1.into()));
    assert_eq!((&numbers["gaps"]["not_found"], &numbers["people"]), (&1.into(), &1.into()));
    assert_eq!(numbers["read_bytes"], home.data().join("a.csv").metadata().unwrap().len());
    let prom = std::fs::read_to_string(home.path("m.prom")).unwrap();
    assert!(prom.contains("rollcall_objects{command=\"scan\",status=\"failed\"} 1\n"), "{prom}");
    for line in prom.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("rollcall_") && value.parse::<f64>().is_ok(), "{line}");
    }
    assert!(!prom.contains("csv") && !prom.contains("quentin"), "a metric names an object");
    let left = std::fs::read_dir(home.path("."))
        .unwrap()
        .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with(".tmp"));
    assert_eq!(left.count(), 0);
    // Numbers that cannot be written take nothing from the run, which is committed, and are said.
    std::fs::remove_file(home.data().join("dangling.csv")).unwrap();
    home.file("b.csv", "name,email\nPaula Dray,paula@mailhaus.example\n");
    for (command, complete) in [("scan data", 1), ("refresh", 0)] {
        let said = home.line(&format!("{command} -q --json --metrics no/such/m.json")).exits(3);
        assert_eq!(said.err.matches("no/such/m.json").count(), 1, "{}", said.err);
        assert_eq!(said.json()["objects"]["complete"], complete);
    }
    home.line("who paula@mailhaus.example").exits(0);
}
