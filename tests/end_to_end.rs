//! The command line, from a folder of files to the list of people and back to one person, as its users run it.

use crate::program::{Home, copy_tree, ended, partition};
use flate2::read::MultiGzDecoder;
use rollcall::generate::{CorpusSpec, corpus};
use rollcall::model::element::Element;
use rollcall::model::rows::Tables;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

/// A small corpus, made once.
fn estate() -> &'static Path {
    static ESTATE: OnceLock<PathBuf> = OnceLock::new();
    ESTATE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap().keep();
        corpus(&CorpusSpec::new(40, 12), &dir).unwrap();
        dir
    })
}

fn is_answer(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    ["truth.csv.gz", "links.csv.gz", "manifest.json", "rollcall.toml"].contains(&name)
}

/// A home with the corpus in `data`, without its answers, and its settings beside it.
fn home_with_estate() -> Home {
    let home = Home::new();
    copy_tree(estate(), &home.data(), &|path| !is_answer(path));
    std::fs::copy(estate().join("rollcall.toml"), home.path("rollcall.toml")).unwrap();
    home
}

/// A value of the corpus's truth and where it is: `(consumer, value, file, row)`.
fn known(element: Element, below: &str) -> (String, String, String, u64) {
    let file = std::fs::File::open(estate().join("truth.csv.gz")).unwrap();
    let text = std::io::read_to_string(MultiGzDecoder::new(file)).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let found = reader.records().map(Result::unwrap).find(|r| r[2] == *element.code() && r[3].starts_with(below));
    let r = found.expect("the corpus has one");
    (r[0].to_string(), r[6].to_string(), r[3].to_string(), r[4].parse().unwrap())
}

fn files_below(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    entries.map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
}

fn count(value: &serde_json::Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

const SCAN: &str = "scan data --config rollcall.toml --json";

#[test]
fn a_scan_says_what_it_did_and_a_second_finds_nothing_new() {
    let home = home_with_estate();
    let answer = home.line(SCAN).exits(0).json();
    assert_eq!((answer["outcome"].as_str(), count(&answer["run"])), (Some("complete"), 1));
    let listed: u64 = answer["objects"].as_object().unwrap().values().map(count).sum();
    assert_eq!(listed as usize, files_below(&home.data()), "objects do not add up to the listing");
    assert_eq!(count(&answer["objects"]["complete"]), listed);
    for key in ["inventory", "bytes_read", "records", "mentions", "findings", "people", "gaps", "gaps_more"] {
        assert!(!answer[key].is_null(), "no {key} in the answer");
    }
    assert!(count(&answer["findings"]["EMAIL"]) > 100);
    let digest = home.digest();

    let again = home.line(SCAN).exits(0).json();
    assert_eq!(count(&again["objects"]["unchanged"]), listed);
    assert_eq!((count(&again["bytes_read"]), count(&again["run"])), (0, 2));
    assert_eq!(home.digest(), digest, "a scan that read nothing changed something");

    let linked = home.line("link --json").exits(0).json();
    assert_eq!(linked["consumers"], answer["people"]["consumers"]);
    assert_eq!(home.digest(), digest, "linking again changed something");

    // A file that changed is read again, and what it said before is no longer part of the answer.
    let list = home.data().join("marketing/list-0001.csv");
    let text = std::fs::read_to_string(&list).unwrap();
    let cut = text.trim_end().rfind('\n').unwrap() + 1;
    std::fs::write(&list, &text[..cut]).unwrap();
    let changed = home.line(SCAN).exits(0).json();
    assert_eq!((count(&changed["objects"]["complete"]), count(&changed["objects"]["unchanged"])), (1, listed - 1));
    let fresh = Home::new();
    std::fs::remove_dir(fresh.data()).unwrap();
    // The same place under the same name, in an inventory of its own: locators are the same bytes.
    let args =
        format!("scan {} --config rollcall.toml -q --inventory {}", home.data().display(), fresh.path("i").display());
    home.line(&args).exits(0);
    let fresh = rollcall::inventory::Inventory::open(&fresh.path("i")).unwrap().snapshot().unwrap();
    assert!(partition(&home.snapshot()) == partition(&fresh), "a grown inventory differs from a fresh one");
}

#[test]
fn sources_add_up_in_any_order_and_with_any_number_of_workers() {
    let home = home_with_estate();
    let scan = |inventory: &str, words: &str| {
        let args = format!("scan {words} --config rollcall.toml -q --inventory {}", home.path(inventory).display());
        home.line(&args).exits(0);
        let args = format!("inventory show --digest --json --inventory {}", home.path(inventory).display());
        home.line(&args).exits(0).json()["digest"].as_str().unwrap().to_string()
    };
    let whole = scan("one", "data --workers 1");
    assert_eq!(scan("four", "data --workers 4"), whole, "the number of workers shows");
    // The parts of the estate have paths of their own, so they are compared with each other: forwards and backwards.
    // People without any identifier are named after where they stand, so what is compared is who is with whom.
    let people = |inventory: &str| {
        partition(&rollcall::inventory::Inventory::open(&home.path(inventory)).unwrap().snapshot().unwrap())
    };
    let parts = ["data/crm", "data/hr", "data/logs", "data/shop", "data/support"];
    scan("forwards", &parts.join(" "));
    let forwards = people("forwards");
    assert!(forwards.len() > 30);
    let backwards: Vec<&str> = parts.iter().rev().copied().collect();
    scan("backwards", &backwards.join(" "));
    assert!(people("backwards") == forwards, "the order of the sources shows");
    // And one scan after the other.
    for part in backwards {
        scan("extended", part);
    }
    assert!(people("extended") == forwards, "an inventory made in steps differs from one made at once");
    // Overlapping sources count an object once.
    assert_eq!(scan("twice", "data data"), whole);
}

#[test]
fn a_leak_is_scoped_by_every_way_of_naming_it() {
    let home = home_with_estate();
    home.line(SCAN).exits(0);
    let people = |args: &[&str]| {
        let mut line = vec!["scope", "--json", "--config", "rollcall.toml"];
        line.extend(args);
        home.run(&line).exits(0).json()
    };
    let by_glob = people(&["--leak", "crm/*.csv"]);
    let uri = |name: &str| format!("file://{}", home.data().canonicalize().unwrap().join(name).display());
    let (first, second) = (uri("crm/customers-0001.csv"), uri("crm/customers_eu.csv"));
    let list = home.path("leaked.txt");
    std::fs::write(&list, format!("# what leaked\n{first}\n\n{second}\n")).unwrap();
    let at_list = format!("@{}", list.display());
    for args in [
        vec!["--leak", &first, "--leak", &second],
        vec!["--leak", &at_list],
        vec!["--leak", "data/crm"],
        vec!["--leak", "data/crm/customers*"],
        vec!["--leak", "crm/"],
    ] {
        let answer = people(&args);
        for key in ["people", "leak", "places", "combinations"] {
            assert_eq!(answer[key], by_glob[key], "{args:?} differ in {key}");
        }
    }
    let one = people(&["--leak", &second]);
    assert_ne!(one, by_glob);

    // The list as files: the same question of the same inventory gives the same bytes.
    let files = |out: &str| {
        let args = format!("scope --leak crm/*.csv --config rollcall.toml --discovered 2026-03-01 --out {out} -q");
        home.line(&args).exits(0);
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(home.path(out)).unwrap() {
            let path = entry.unwrap().path();
            let mode = path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", path.display());
            files.insert(path.file_name().unwrap().to_owned(), std::fs::read(&path).unwrap());
        }
        files
    };
    let made = files("first");
    assert_eq!(made, files("second"));
    let names: Vec<_> = made.keys().map(|n| n.to_str().unwrap()).collect();
    assert_eq!(names, ["consumers.csv", "gaps.csv", "manifest.json", "review.csv", "summary.json", "summary.txt"]);
    let rows = csv::Reader::from_reader(&made[std::ffi::OsStr::new("consumers.csv")][..]).into_records().count();
    let crm =
        csv_rows(&home.data().join("crm/customers-0001.csv")) + csv_rows(&home.data().join("crm/customers_eu.csv"));
    assert!(rows > 10 && rows <= crm, "{rows} people in {crm} rows");

    // What was never scanned is scanned now; what is nowhere is an error, and never nobody.
    let new = "name,email,ssn\nQuentin Farrow,quentin.farrow@mailhaus.example,536-22-8417\n";
    home.file("exports/new.csv", new);
    let out = home.line("scope --leak data/exports/new.csv --config rollcall.toml").exits(0);
    assert!(out.err.contains("never scanned"), "{}", out.err);
    assert!(out.out.contains("PEOPLE IN THE LEAK  1"), "{}", out.out);
    let nothing = home.line("scope --leak exports/*.parquet").exits(2);
    assert!(nothing.err.contains("matches no object"), "{}", nothing.err);
    home.line("scope --leak @no-such-list").exits(2);
    home.file("empty-list.txt", "# nothing\n");
    assert!(home.line("scope --leak @data/empty-list.txt").exits(2).err.contains("names nothing"));
    let when = home.line("scope --leak crm/*.csv --discovered yesterday").exits(2);
    assert!(when.err.contains("--discovered"), "{}", when.err);
}

fn csv_rows(path: &Path) -> usize {
    csv::ReaderBuilder::new().flexible(true).from_path(path).unwrap().into_records().count()
}

#[test]
fn a_person_is_found_by_every_identifier() {
    let home = home_with_estate();
    home.line(SCAN).exits(0);
    let (_, email, file, row) = known(Element::Email, "crm/");
    let places = |args: &[&str]| -> Vec<(String, u64, u64)> {
        let mut line = vec!["who", "--json"];
        line.extend(args);
        let answer = home.run(&line).exits(0).json();
        let locations = answer["locations"].as_array().unwrap().clone();
        let rows = |l: &serde_json::Value| -> Vec<(String, u64, u64)> {
            let uri = l["uri"].as_str().unwrap().to_string();
            let rows = l["rows"].as_array().unwrap();
            rows.iter().map(|r| (uri.clone(), count(&r[0]), count(&r[1]))).collect()
        };
        locations.iter().flat_map(rows).collect()
    };
    let holds = |places: &[(String, u64, u64)], file: &str, row: u64| {
        places.iter().any(|(uri, first, last)| uri.ends_with(file) && (*first..=*last).contains(&row))
    };
    let by_email = places(&[&email]);
    assert!(holds(&by_email, &file, row), "{file} row {row} is not among {by_email:?}");
    assert_eq!(by_email, places(&[&email.to_uppercase()]), "case matters");
    assert_eq!(by_email, places(&[&email, "--kind", "EMAIL"]));
    let (_, phone, file, row) = known(Element::Phone, "crm/");
    assert!(holds(&places(&[&phone]), &file, row));
    let id =
        csv::Reader::from_path(home.data().join("crm/customers-0001.csv")).unwrap().records().next().unwrap().unwrap()
            [0]
        .to_string();
    let by_id = places(&[&id, "--kind", "crm"]);
    assert!(holds(&by_id, "crm/customers-0001.csv", 1), "{by_id:?}");

    // From standard input, so that it stays out of the shell's history.
    let mut child = home.command(["who", "-", "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), format!("{email}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("crm/customers-0001.csv"));

    let nobody = home.run(["who", "nobody.at.all@mailhaus.example"]).exits(2);
    assert!(nobody.err.contains("no object"), "{}", nobody.err);
    assert!(home.run(["who", "x@y.example", "--kind", "SHOE_SIZE"]).exits(2).err.contains("EMAIL"));
    // The wrong key would find nobody, which would be a wrong answer.
    let mut other = home.command(["who", &email]);
    let wrong = ended(other.env("ROLLCALL_KEY", "ffeeddccbbaa99887766554433221100")).exits(2);
    assert!(wrong.err.contains("was made with key"), "{}", wrong.err);
    let mut other = home.command(["scan", "data"]);
    let wrong = ended(other.env("ROLLCALL_KEY", "ffeeddccbbaa99887766554433221100"));
    assert!(wrong.code == 2 || wrong.code == 4, "a scan with the wrong key ended with {}", wrong.code);
    assert!(wrong.err.contains("key"), "{}", wrong.err);
}

#[test]
fn the_key_is_made_once_and_kept_apart() {
    let home = Home::new();
    home.file("a.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    std::fs::remove_file(home.path("key")).unwrap();
    let first = home.line("scan data").exits(0);
    assert!(first.err.contains("made a key"), "{}", first.err);
    let key = std::fs::read_to_string(home.path("key")).unwrap();
    assert_eq!(home.path("key").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(key.trim().len(), 32);
    assert!(!first.said().contains(key.trim()), "the key was printed");
    home.line("scan data").exits(0);
    assert_eq!(std::fs::read_to_string(home.path("key")).unwrap(), key);
    // An inventory whose key is gone gets no new one.
    std::fs::remove_file(home.path("key")).unwrap();
    let gone = home.line("scan data").exits(2);
    assert!(gone.err.contains("--key-file"), "{}", gone.err);
    let inside = Home::new();
    inside.file("a.txt", "x");
    let args = format!("scan data --key-file {}/key", inside.inventory().display());
    assert!(inside.line(&args).exits(2).err.contains("outside"));
}

#[test]
fn the_inventory_is_shown_and_checked() {
    let home = home_with_estate();
    home.line(SCAN).exits(0);
    let shown = home.line("inventory show --json --digest").exits(0).json();
    assert_eq!(shown["digest"].as_str().unwrap(), home.digest());
    assert_eq!(count(&shown["objects"]["COMPLETE"]) as usize, files_below(&home.data()));
    assert_eq!(shown["runs"].as_array().unwrap().len(), 1);
    let checked = home.line("inventory check").exits(0);
    assert!(checked.out.contains("sound"), "{}", checked.out);
    // A data file cut short is told, by name.
    let folder = home.inventory().join("mentions");
    let file = std::fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|p| p.extension().is_some_and(|e| e == "parquet"));
    let file = file.unwrap();
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let broken = home.line("inventory check").exits(4);
    assert!(broken.said().contains(file.file_name().unwrap().to_str().unwrap()), "{}", broken.said());
    let none = Home::new().line("inventory show").exits(2);
    assert!(none.err.contains("rollcall scan"), "{}", none.err);
}

#[test]
fn detectors_are_listed_shown_checked_and_tried() {
    let home = Home::new();
    let listed = home.line("detectors list --json").exits(0).json();
    let ids: Vec<&str> = listed.as_array().unwrap().iter().map(|d| d["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), rollcall::pattern::builtin().len());
    for id in &ids {
        let shown = home.run(["detectors", "show", id]).exits(0);
        assert!(shown.out.contains("identifies") && shown.out.contains(&format!("{id}.toml")), "{}", shown.out);
    }
    assert!(home.line("detectors show no/such").exits(2).err.contains("detectors list"));
    assert!(home.line("detectors check").exits(0).out.contains("all sound"));
    let found = home.run(["detectors", "test", "us/ssn", "SSN: 219-09-9999"]).exits(0);
    assert!(found.out.contains("5..16"), "{}", found.out);
    assert!(!found.said().contains("219-09-9999"));
    home.run(["detectors", "test", "us/ssn", "order 219099990123"]).exits(1);
    home.run(["detectors", "test", "us/ssn", "078-05-1120", "--field", "ssn"]).exits(0);
}

#[test]
fn a_corpus_is_benched() {
    let home = Home::new();
    let misses = home.path("misses.json");
    let args = format!("bench {} --json --workers 2 --misses {}", estate().display(), misses.display());
    let scores = home.line(&args).exits(0).json();
    let total = &scores["findings"]["total"];
    assert!(total["recall"].as_f64().unwrap() > 0.5 && total["precision"].as_f64().unwrap() > 0.5);
    assert!(scores["linking"].is_object() && scores["speed"].is_object(), "{scores}");
    assert!(misses.exists());
    let table = home.line(&format!("bench {}", estate().display())).exits(0);
    assert!(table.out.contains("EMAIL") && table.out.lines().count() > 10, "{}", table.out);
    assert!(home.line("bench data").exits(2).err.contains("generate corpus"));
}

#[test]
fn exit_codes_say_how_it_ended() {
    let home = Home::new();
    home.file("a.csv", "name,ssn\nQuentin Farrow,219-09-9999\nPaula Dray,078-05-1120\n");
    home.line("scan data -q --fail-on SSN").exits(1);
    home.line("scan data -q --fail-on PAN").exits(0);
    assert!(home.line("scan data --fail-on SHOE").exits(2).err.contains("SSN"));
    home.file("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    let skipped = home.line("scan data").exits(0);
    assert!(skipped.out.contains("png"), "{}", skipped.out);
    home.line("scan data --strict").exits(3);
    home.line("scan").exits(2);
    home.line("no-such-command").exits(2);
    home.line("--version").exits(0);
    home.line("help scan").exits(0);
}

#[test]
fn findings_have_places_and_no_values() {
    let home = Home::new();
    home.file("a.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    home.line("scan data -q --findings found.ndjson").exits(0);
    let path = home.path("found.ndjson");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let email = lines.iter().find(|l| l["element"] == "EMAIL").unwrap();
    assert_eq!((&email["field"], count(&email["row"])), (&serde_json::json!("email"), 1));
    let (first, end) = (count(&email["first_byte"]) as usize, count(&email["end_byte"]) as usize);
    assert_eq!(&std::fs::read(home.data().join("a.csv")).unwrap()[first..end], b"quentin@mailhaus.example");
    assert!(!text.to_lowercase().contains("quentin"));

    // A file that was there with another mode is not left open to others.
    std::fs::write(home.path("open.ndjson"), "old").unwrap();
    std::fs::set_permissions(home.path("open.ndjson"), std::fs::Permissions::from_mode(0o644)).unwrap();
    home.line("scan data -q --findings open.ndjson").exits(0);
    assert_eq!(home.path("open.ndjson").metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let home = home_with_estate();
    for args in ["detectors list", "scan data --config rollcall.toml --json -q", "inventory show", "--help"] {
        let mut command = home.command(args.split(' '));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{args}");
    }
}

#[test]
fn a_scan_does_not_read_its_own_inventory() {
    let home = Home::new();
    home.file("a.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    for _ in 0..2 {
        let answer = home.line("scan . --inventory ./data/inventory --json").exits(0).json();
        let listed: u64 = answer["objects"].as_object().unwrap().values().map(count).sum();
        assert_eq!(listed, 3, "the data and the key, and the inventory as one that is not read");
    }
    let mut uris = Vec::new();
    let snapshot = rollcall::inventory::Inventory::open(&home.path("data/inventory")).unwrap().snapshot().unwrap();
    let objects = snapshot.objects(true, &mut |row| {
        uris.push(row.object.path);
        Ok(())
    });
    objects.unwrap();
    uris.sort();
    assert_eq!(uris, ["data/a.csv", "data/inventory", "key"]);
}

#[test]
fn help_fits_a_screen_and_long_help_explains() {
    let home = Home::new();
    let commands = [
        "",
        "scan",
        "refresh",
        "link",
        "scope",
        "who",
        "inventory",
        "inventory show",
        "inventory check",
        "inventory diff",
        "inventory merge",
        "inventory compact",
        "detectors",
        "detectors list",
        "detectors show",
        "detectors check",
        "detectors test",
        "bench",
        "generate",
        "generate corpus",
        "generate log",
        "generate table",
    ];
    for command in commands {
        let help = |flag: &str| {
            let mut words: Vec<&str> = command.split(' ').filter(|w| !w.is_empty()).collect();
            words.push(flag);
            let mut program = home.command(words);
            ended(program.env("COLUMNS", "100")).exits(0).out
        };
        let short = help("-h");
        assert!(short.lines().count() <= 40, "`{command} -h` has {} lines", short.lines().count());
        let wide = short.lines().find(|l| l.chars().count() > 100);
        assert!(wide.is_none(), "`{command} -h` is wider than 100 columns: {wide:?}");
        if ["scan", "scope", "who"].contains(&command) {
            let long = help("--help");
            assert!(long.lines().count() > short.lines().count(), "`{command} --help` explains no more than -h");
            assert!(long.contains("ROLLCALL_INVENTORY") && long.contains("container"), "{long}");
        }
    }
    assert!(home.line("help").exits(0).out.contains("Exit codes"));
}
