//! Refreshing: what changed is read again, what is gone goes, and the inventory says what a fresh one would.

use crate::program::{Home, copy_tree};
use rollcall::generate::{CorpusSpec, corpus};
use rollcall::inventory::{Inventory, digest};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const SCAN: &str = "scan data --config rollcall.toml --json";
const REFRESH: &str = "refresh --json";

fn home() -> Home {
    let home = Home::new();
    let made = tempfile::tempdir().unwrap();
    corpus(&CorpusSpec::new(30, 5), made.path()).unwrap();
    let answers = ["truth.csv.gz", "links.csv.gz", "manifest.json", "rollcall.toml"];
    copy_tree(made.path(), &home.data(), &|path| !answers.contains(&path.file_name().unwrap().to_str().unwrap()));
    std::fs::copy(made.path().join("rollcall.toml"), home.path("rollcall.toml")).unwrap();
    home
}

fn counts(answer: &Value) -> (u64, u64, u64) {
    let count = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{value} is no number"));
    (count(&answer["objects"]["complete"]), count(&answer["objects"]["unchanged"]), count(&answer["gone"]))
}

/// The digest of an inventory that is made now of the same sources.
#[track_caller]
fn fresh(home: &Home, words: &str) -> String {
    let place = tempfile::tempdir().unwrap();
    let inventory = place.path().join("fresh");
    home.line(&format!("{words} -q --inventory {}", inventory.display()));
    digest(&Inventory::open(&inventory).unwrap().snapshot().unwrap()).unwrap()
}

#[track_caller]
fn is_sound(home: &Home) {
    assert_eq!(Inventory::open(&home.inventory()).unwrap().check().unwrap(), [] as [String; 0]);
}

#[test]
fn a_refresh_reads_what_changed_and_says_what_a_fresh_scan_says() {
    let home = home();
    let scanned = home.line(SCAN).exits(0).json();
    let (all, _, _) = counts(&scanned);
    let before = home.digest();

    // Nothing changed: nothing is read, linked or committed.
    let nothing = home.line(REFRESH).exits(0).json();
    assert_eq!(counts(&nothing), (0, all, 0));
    assert_eq!((&nothing["committed"], &nothing["run"]), (&Value::Bool(false), &1.into()));
    assert!(home.line("refresh").exits(0).out.contains("nothing changed"));
    assert_eq!((home.digest(), home.snapshot().runs().unwrap().len()), (before.clone(), 1));

    // One file is new, one changed, one is gone, one was moved.
    home.file("exports/new.csv", "name,email,note\nQuentin Farrow,quentin@mailhaus.example,x\nPaula Dray,,y\n");
    let list = home.data().join("marketing/list-0001.csv");
    let text = std::fs::read_to_string(&list).unwrap();
    std::fs::write(&list, &text[..text.trim_end().rfind('\n').unwrap() + 1]).unwrap();
    std::fs::remove_file(home.data().join("crm/customers_eu.csv")).unwrap();
    std::fs::rename(home.data().join("hr"), home.data().join("staff")).unwrap();
    let moved = std::fs::read_dir(home.data().join("staff")).unwrap().count() as u64;

    let plan = home.line("refresh --dry-run --json").exits(0).json();
    assert_eq!((&plan["objects"], &plan["gone"]), (&(2 + moved).into(), &(1 + moved).into()));
    assert_eq!(plan["new"]["objects"], 1 + moved);
    assert_eq!(plan["changed"]["objects"], 1);
    assert!(plan["bytes"].as_u64().unwrap() > 0 && plan["seconds"].as_f64().unwrap() > 0.0, "{plan}");
    assert!(home.line("refresh --dry-run").exits(0).out.contains("would read"));
    assert_eq!(home.digest(), before, "a dry run changed something");

    let done = home.line(REFRESH).exits(0).json();
    assert_eq!(counts(&done), (2 + moved, all - 2 - moved, 1 + moved));
    assert_eq!(done["bytes_read"], plan["bytes"]);
    assert_eq!(home.digest(), fresh(&home, SCAN), "a refreshed inventory differs from a fresh one");
    assert_eq!(home.snapshot().runs().unwrap()[1].command, "refresh");
    is_sound(&home);
    assert_eq!(counts(&home.line(REFRESH).exits(0).json()), (0, all, 0), "one is new and one is gone");
}

#[test]
fn people_without_any_identifier_are_named_by_where_they_stand() {
    let home = Home::new();
    // A name and a birth date link nobody; each row is a person of its own.
    home.file("b.csv", "name,date of birth\nQuentin Farrow,1980-02-03\nPaula Dray,1981-04-05\n");
    home.line("scan data -q").exits(0);
    home.file("a.csv", "name,date of birth\nMiriam Holt,1990-02-03\nJonas Bell,1971-04-05\n");
    home.file("c.csv", "name,date of birth\nTheo Marsh,1990-02-07\n");
    home.line("refresh -q").exits(0);
    assert_eq!(home.digest(), fresh(&home, "scan data"));
}

#[test]
fn settings_are_remembered_with_their_source() {
    let home = home();
    std::fs::create_dir(home.path("other")).unwrap();
    std::fs::write(home.path("other/members.csv"), "member,name,email\n17,Theo Marsh,theo@mailhaus.example\n").unwrap();
    home.line(SCAN).exits(0);
    home.line("scan other -q --customer-id club=members.csv#member --own-domain club.example").exits(0);
    let before = home.digest();
    let digests = |home: &Home| {
        let place = tempfile::tempdir().unwrap();
        let at = format!("--inventory {}", place.path().join("fresh").display());
        home.line(&format!("{SCAN} {at}")).exits(0);
        home.line(&format!("scan other -q --customer-id club=members.csv#member --own-domain club.example {at}"))
            .exits(0);
        digest(&Inventory::open(&place.path().join("fresh")).unwrap().snapshot().unwrap()).unwrap()
    };
    assert_eq!(digests(&home), before);

    // From any folder and without flags, each source is read as it was. A file of settings that changed is read again.
    let refresh = || crate::program::ended(home.command(["refresh", "--json"]).current_dir("/"));
    assert_eq!(refresh().exits(0).json()["committed"], false);
    std::fs::write(home.path("other/members.csv"), "member,name,email\n18,Ada Marsh,ada@mailhaus.example\n").unwrap();
    let one = refresh().exits(0).json();
    assert_eq!(one["objects"]["complete"], 1);
    assert_eq!(home.digest(), digests(&home));
    let config = std::fs::read_to_string(home.path("rollcall.toml")).unwrap();
    std::fs::write(
        home.path("rollcall.toml"),
        config.replace("own_domains = [", "own_domains = [\"sister.example\", "),
    )
    .unwrap();
    let plan = home.line("refresh --dry-run --json").exits(0).json();
    assert_eq!(plan["objects"], plan["other_policy"]["objects"]);
    let all = refresh().exits(0).json();
    assert_eq!(
        (&all["objects"]["complete"], &all["objects"]["unchanged"]),
        (&plan["objects"], &0.into()),
        "both sources use it"
    );
    assert_eq!(home.digest(), digests(&home));

    // Only one source; one that nobody scanned; settings that are gone.
    assert_eq!(home.line("refresh other --json").exits(0).json()["objects"]["unchanged"], 1);
    assert!(home.line("refresh nowhere").exits(2).err.contains("was never scanned"));
    std::fs::remove_file(home.path("rollcall.toml")).unwrap();
    let gone = home.line("refresh").exits(2);
    assert!(gone.err.contains("rollcall.toml") && gone.err.contains("--config"), "{}", gone.err);
    let empty = Home::new();
    assert!(empty.line("refresh").exits(2).err.contains("no inventory"));
}

#[test]
fn what_could_not_be_listed_is_not_gone() {
    let home = Home::new();
    home.file("a/one.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    home.file("b/two.csv", "name,email\nPaula Dray,paula@mailhaus.example\n");
    std::fs::create_dir(home.path("mount")).unwrap();
    std::fs::write(home.path("mount/three.csv"), "name,email\nTheo Marsh,theo@mailhaus.example\n").unwrap();
    std::fs::write(home.path("four.csv"), "name,email\nAda Marsh,ada@mailhaus.example\n").unwrap();
    home.line("scan data mount four.csv -q").exits(0);
    let before = home.digest();

    // A source that is not there at all: nothing of it is gone, and that is said.
    std::fs::rename(home.path("mount"), home.path("unmounted")).unwrap();
    let said = home.line("refresh --json").exits(3).json();
    assert_eq!((&said["gone"], &said["outcome"]), (&0.into(), &"partial".into()));
    assert!(said["sources_not_listed"][0]["source"].as_str().unwrap().ends_with("/mount"));
    assert!(home.line("refresh").exits(3).out.contains("not listed"));
    assert_eq!(home.line("refresh --dry-run --json").exits(3).json()["gone"], 0);
    assert_eq!(home.digest(), before);
    std::fs::rename(home.path("unmounted"), home.path("mount")).unwrap();

    // A source that was one file is gone with its file.
    std::fs::remove_file(home.path("four.csv")).unwrap();
    assert_eq!(home.line("refresh --json").exits(0).json()["gone"], 1);
    assert_eq!(home.digest(), fresh(&home, "scan data mount"));

    // A folder that may not be listed hides its files, and no others.
    let locked = home.data().join("b");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read_dir(&locked).is_ok() {
        println!("skipped: this user may list every folder, so none can be made unlistable");
        return;
    }
    std::fs::remove_file(home.data().join("a/one.csv")).unwrap();
    let said = home.line("refresh --json").exits(3).json();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(said["gone"], 1);
    home.line("refresh -q").exits(0);
    assert_eq!(home.digest(), fresh(&home, "scan data mount"));
}

#[test]
fn what_lasts_is_not_read_again_and_what_may_pass_is() {
    let home = Home::new();
    home.file("good.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    home.file("cut.csv.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]);
    home.file("film.mp4", [0, 0, 0, 24, b'f', b't', b'y', b'p', b'i', b's', b'o', b'm', 0, 0, 2, 0, 0xff, 0xfe, 1, 0]);
    std::os::unix::fs::symlink("/no/such/target", home.data().join("dangling.csv")).unwrap();
    let first = home.line("scan data --json").exits(3).json();
    let before = home.digest();
    let again = home.line("refresh --json").exits(3).json();
    // It adds up: the dangling link fails again for the same reason, which is no news.
    assert_eq!(again["objects"]["failed"], 1);
    assert_eq!(again["objects"]["unchanged"], 3, "{again}\n{first}");
    assert_eq!((&again["unchanged_partial"], &again["committed"]), (&1.into(), &false.into()));
    assert_eq!(home.digest(), before);
    std::fs::remove_file(home.data().join("dangling.csv")).unwrap();
    home.file("dangling.csv", "name,email\nPaula Dray,paula@mailhaus.example\n");
    std::fs::remove_file(home.data().join("cut.csv.gz")).unwrap();
    home.line("refresh -q").exits(0);
    assert_eq!(home.digest(), fresh(&home, "scan data"));
}

#[test]
fn sources_that_overlap_keep_their_objects() {
    let home = home();
    let scans = ["scan data/crm --config rollcall.toml -q", "scan data --config rollcall.toml -q"];
    for scan in scans {
        home.line(scan).exits(0);
    }
    assert_eq!(home.line(REFRESH).exits(0).json()["committed"], false);
    let text = std::fs::read(home.data().join("crm/customers_eu.csv")).unwrap();
    home.file("crm/customers_eu.csv", [&text[..], b"\n"].concat());
    home.file("crm/more.csv", "name,email\nPaula Dray,paula@mailhaus.example\n");
    let done = home.line(REFRESH).exits(0).json();
    assert_eq!(counts(&done).0, 2);
    let place = tempfile::tempdir().unwrap();
    for scan in scans {
        home.line(&format!("{scan} --inventory {}", place.path().join("i").display())).exits(0);
    }
    let fresh = digest(&Inventory::open(&place.path().join("i")).unwrap().snapshot().unwrap()).unwrap();
    assert_eq!(home.digest(), fresh);
    assert!(Path::new(&home.inventory()).is_dir());
}

#[test]
fn what_one_source_leaves_to_another_is_lost_by_neither() {
    let home = Home::new();
    home.file("crm/a.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    home.file("b.csv", "name,email\nTheo Marsh,theo@mailhaus.example\n");
    home.line("scan data -q").exits(0);
    // The inner source reads it last, under settings of its own, and small files only.
    home.line("scan data/crm -q --own-domain club.example --max-size 100").exits(0);
    assert_eq!(home.line(REFRESH).exits(0).json()["committed"], false);
    // It grows, so the inner source no longer lists it.
    let people: String = (0..9).map(|n| format!("Paula Dray,paula{n}@mailhaus.example\n")).collect();
    home.file("crm/a.csv", format!("name,email\n{people}"));
    let plan = home.line("refresh --dry-run --json").exits(0).json();
    assert_eq!((&plan["objects"], &plan["gone"]), (&1.into(), &0.into()), "{plan}");
    let done = home.line(REFRESH).exits(0).json();
    assert_eq!(counts(&done), (1, 1, 0), "{done}");
    home.line("who paula3@mailhaus.example").exits(0);
    home.line("who quentin@mailhaus.example").exits(2);
    assert_eq!(home.line(REFRESH).exits(0).json()["committed"], false, "it belongs to the outer source now");
    is_sound(&home);
    // What neither lists is gone.
    std::fs::remove_file(home.data().join("crm/a.csv")).unwrap();
    assert_eq!(counts(&home.line(REFRESH).exits(0).json()), (0, 1, 1));
}

#[test]
fn a_source_can_be_forgotten() {
    let home = Home::new();
    home.file("kept/a.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    home.file("closed/b.csv", "name,email\nPaula Dray,paula@mailhaus.example\n");
    home.line("scan data/kept data/closed -q").exits(0);
    std::fs::remove_dir_all(home.data().join("closed")).unwrap();
    // A folder that cannot be listed may come again; until somebody says that it will not, that is a gap.
    home.line("refresh -q").exits(3);
    home.line("who paula@mailhaus.example").exits(0);
    assert!(home.line("refresh --forget").exits(2).err.contains("SOURCE"));
    let closed = home.data().join("closed").display().to_string();
    let sure = home.line(&format!("refresh {closed} --forget --dry-run --json")).exits(0).json();
    assert_eq!(sure["gone"], 1);
    home.line("who paula@mailhaus.example").exits(0);
    let forgotten = home.line(&format!("refresh {closed} --forget --json")).exits(0).json();
    assert_eq!(counts(&forgotten), (0, 0, 1));
    home.line("who paula@mailhaus.example").exits(2);
    home.line("refresh -q").exits(0);
    assert!(home.line(&format!("refresh {closed} --forget")).exits(2).err.contains("was never scanned"));
    assert_eq!(home.digest(), fresh(&home, "scan data/kept"));
    is_sound(&home);
}

#[test]
fn the_only_source_may_be_gone() {
    let home = Home::new();
    let file = home.file("a.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    home.line("scan data/a.csv -q").exits(0);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(home.line("refresh --dry-run --json").exits(0).json()["gone"], 1);
    assert_eq!(counts(&home.line(REFRESH).exits(0).json()), (0, 0, 1));
    home.line("who quentin@mailhaus.example").exits(2);
    is_sound(&home);
}
