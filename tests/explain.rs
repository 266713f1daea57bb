//! Why a finding was kept or dropped, and what the operator does not want reported.

use crate::program::{Ended, Home, ended};
use flate2::Compression;
use flate2::write::GzEncoder;
use rollcall::generate::{CorpusSpec, corpus};
use rollcall::matcher::explain::End;
use rollcall::model::limits::Limits;
use rollcall::model::rows::Tables;
use rollcall::model::settings::IdentitySettings;
use rollcall::pattern;
use rollcall::pipeline::explain::{Outcome, Place, explain};
use rollcall::pipeline::plan::Plan;
use rollcall::source::{Source, SourceOptions};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::Stdio;

/// The answer about one place.
fn at(home: &Home, place: &str) -> Value {
    home.run(["detectors", "explain", place, "--json"]).exits(0).json()
}

/// What a detector's candidate came to, and what was answered to each question about it.
fn of(answer: &Value, detector: &str) -> (String, BTreeMap<String, String>) {
    let all = answer["candidates"].as_array().unwrap();
    let one = all.iter().find(|c| c["detector"] == detector);
    let one = one.unwrap_or_else(|| panic!("no candidate of {detector}: {answer:#}"));
    let text = |v: &Value| v.as_str().unwrap().to_string();
    let reasons = one["reasons"].as_array().unwrap().iter().map(|r| (text(&r["asked"]), text(&r["answer"])));
    (text(&one["outcome"]), reasons.collect())
}

#[track_caller]
fn says(reasons: &BTreeMap<String, String>, asked: &str, words: &[&str]) {
    let answer = reasons.get(asked).unwrap_or_else(|| panic!("{asked} was not asked: {reasons:#?}"));
    for word in words {
        assert!(answer.contains(word), "{asked}: {answer:?} does not say {word:?}");
    }
}

#[test]
fn each_reason_is_told() {
    let home = Home::new();
    let csv = "ssn,order_number,email,note\n219-09-9998,219-09-9998,219-09-9998,219-09-9998\n";
    home.file("people.csv", csv);
    let line = at(&home, "data/people.csv:2");
    let ends: Vec<(&str, &str)> = line["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["detector"] == "us/ssn")
        .map(|c| (c["field"].as_str().unwrap(), c["outcome"].as_str().unwrap()))
        .collect();
    let wanted = [("ssn", "kept"), ("order_number", "vetoed"), ("email", "below_threshold"), ("note", "kept")];
    assert_eq!(ends, wanted);
    let field = |name: &str| {
        let all = line["candidates"].as_array().unwrap().iter();
        let one: Vec<Value> = all.filter(|c| c["field"] == name && c["detector"] == "us/ssn").cloned().collect();
        of(&serde_json::json!({ "candidates": one }), "us/ssn").1
    };
    says(&field("ssn"), "shape", &["its pattern matches", "front end: "]);
    says(&field("ssn"), "field", &["for: ", "`ssn` of its fields"]);
    says(&field("ssn"), "validator", &["us_ssn: valid"]);
    says(&field("ssn"), "confidence", &["high", "its field or key names it"]);
    says(&field("order_number"), "field", &["against: ", "`order_number` of its not_fields"]);
    assert!(!field("order_number").contains_key("validator"), "a veto ends it");
    says(&field("email"), "field", &["against: ", "`email` of the fields of contact/email"]);
    says(&field("email"), "confidence", &["low", "lowered because the name is another's"]);
    says(&field("note"), "field", &["says nothing of it"]);
    says(&field("note"), "near", &["no near word within 64 bytes before and 32 after"]);
    says(&field("note"), "confidence", &["medium", "stands alone"]);

    let log = "it was 900-12-3456 then\n\
        his card was 4111 1111 1111 1111 then\n\
        pay by card 4111 1111 1111 1112 now\n\
        ssn=219-09-9998\n\
        order id: 219-09-9998\n\
        219-09-9998 is my social security number\n";
    home.file("app.txt", log);
    let line = |n: u64, detector: &str| of(&at(&home, &format!("data/app.txt:{n}")), detector);
    let (end, reasons) = line(1, "us/ssn");
    assert_eq!(end, "never_issued_or_test");
    says(&reasons, "marks", &["never issued"]);
    says(&reasons, "confidence", &["none", "nobody has such a value"]);
    let (end, reasons) = line(2, "finance/card");
    assert_eq!(end, "kept");
    says(&reasons, "validator", &["card: valid, and proven"]);
    says(&reasons, "marks", &["a published test value"]);
    says(&reasons, "near", &["for: `card` starts 9 bytes before it"]);
    let (end, reasons) = line(3, "finance/card");
    assert_eq!(end, "not_valid");
    says(&reasons, "validator", &["card: not valid: Luhn check fails"]);
    let (end, reasons) = line(4, "us/ssn");
    assert_eq!(end, "kept");
    says(&reasons, "key", &["for: the key before it holds `ssn` of its fields"]);
    let (end, reasons) = line(5, "us/ssn");
    assert_eq!(end, "vetoed");
    says(&reasons, "key", &["against: the key before it holds `order_id` of its not_fields"]);
    let (end, reasons) = line(6, "us/ssn");
    assert_eq!(end, "kept");
    says(&reasons, "near", &["`social security", "bytes after it"]);

    let text = home.run(["detectors", "explain", "data/app.txt:2"]).exits(0).out;
    assert!(text.contains("finance/card (PAN): #### #### #### ####") && text.contains("kept, confidence"), "{text}");
    let nothing = home.run(["detectors", "explain", "data/people.csv:1"]).exits(0).out;
    assert!(nothing.contains("nothing there"), "{nothing}");
}

/// The check that failed is named, for each kind of check a number can fail.
#[test]
fn the_check_that_failed_is_told() {
    let home = Home::new();
    let cases = [
        ("ssn", "219-00-9998", "us/ssn", "us_ssn: not valid: group 00 is never issued"),
        ("ssn", "219-09-0000", "us/ssn", "us_ssn: not valid: serial 0000 is never issued"),
        ("card_number", "4111111111111112", "finance/card", "card: not valid: Luhn check fails"),
        (
            "card_number",
            "411111111111116",
            "finance/card",
            "card: not valid: its length is not one of its issuer's cards",
        ),
        ("card_number", "2220000000000000", "finance/card", "card: not valid: its first six digits are of no issuer"),
        ("iban", "GB83WEST12345698765432", "finance/iban", "iban: not valid: the remainder modulo 97 is not 1"),
        ("iban", "GB82WEST1234569876543", "finance/iban", "iban: not valid: its length is not its country's"),
        ("phone", "+44 20 7946 00", "contact/phone_international", "a national number that its plan has not assigned"),
    ];
    for (field, value, detector, why) in cases {
        home.file("one.csv", format!("{field},n\n{value},1\n"));
        let (end, reasons) = of(&at(&home, "data/one.csv:2"), detector);
        assert_eq!(end, "not_valid", "{value}");
        says(&reasons, "validator", &[why]);
    }
}

#[test]
fn a_column_that_speaks_against_its_values_is_told() {
    let home = Home::new();
    // Numbers of sixteen digits of which every tenth passes Luhn, as numbers of anything do.
    let rows: String = (0..60).map(|n| format!("{},{n}\n", 4_539_578_763_621_400u64 + n)).collect();
    home.file("things.csv", format!("xyzzy,n\n{rows}"));
    let whole = at(&home, "data/things.csv:bytes 0-100000");
    let ends: BTreeSet<&str> = whole["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["detector"] == "finance/card")
        .map(|c| c["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(ends, BTreeSet::from(["column", "not_valid"]));
    let one = whole["candidates"].as_array().unwrap().iter().find(|c| c["outcome"] == "column").unwrap();
    let (_, reasons) = of(&serde_json::json!({ "candidates": [one] }), "finance/card");
    says(&reasons, "column", &["most of which the validator does not take"]);
}

#[test]
fn the_winner_of_an_overlap_is_named() {
    let home = Home::new();
    // A password that is an e-mail address is one thing or the other.
    home.file("app.log", "login password=jane.doe@example.org ok\n");
    let line = at(&home, "data/app.log:1");
    let lost: Vec<&Value> =
        line["candidates"].as_array().unwrap().iter().filter(|c| c["outcome"] == "overlapped").collect();
    assert!(!lost.is_empty(), "{line:#}");
    for one in lost {
        let all = serde_json::json!({ "candidates": [one] });
        let (_, reasons) = of(&all, one["detector"].as_str().unwrap());
        says(&reasons, "overlap", &[" overlaps it and is kept: "]);
    }
}

/// What explaining says was kept is what a scan finds, in every file of an estate.
#[test]
fn what_is_kept_is_what_a_scan_finds() {
    let home = Home::new();
    corpus(&CorpusSpec::new(25, 11), &home.path("estate")).unwrap();
    home.line("scan estate -q --findings found.ndjson").exits(0);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let line = |row: u64, field: &str, bytes: (u64, u64), detector: &str, confidence: &str| {
        format!("{row} {field} {bytes:?} {detector} {confidence}")
    };
    for text in std::fs::read_to_string(home.path("found.ndjson")).unwrap().lines() {
        let f: Value = serde_json::from_str(text).unwrap();
        let (word, number) = (|name: &str| f[name].as_str().unwrap(), |name: &str| f[name].as_u64().unwrap());
        let bytes = (number("first_byte"), number("end_byte"));
        let one = line(number("row"), word("field"), bytes, word("detector"), word("confidence"));
        found.entry(word("path").to_string()).or_default().insert(one);
    }
    assert!(found.len() > 10 && found.values().map(BTreeSet::len).sum::<usize>() > 500);
    let plan = Plan::new(&pattern::builtin(), &IdentitySettings::default(), Limits::default()).unwrap();
    let mut dropped = BTreeSet::new();
    for (path, wanted) in &found {
        let source = Source::open(home.path("estate").join(path).to_str().unwrap(), &SourceOptions::default()).unwrap();
        let explained = explain(&plan, None, &source, Place::Bytes(0, u64::MAX)).unwrap();
        let mut kept = BTreeSet::new();
        for c in &explained.candidates {
            match &c.outcome {
                Outcome::Judged(End::Kept(confidence)) => {
                    kept.insert(line(c.row, &c.field, c.bytes, &c.detector, confidence.code()));
                }
                Outcome::Judged(end) => {
                    dropped.insert(end.code());
                }
                Outcome::Suppressed(_) => panic!("nothing is suppressed"),
            }
        }
        // The scan numbers detectors in another order, and so does the file; only sets are compared.
        assert_eq!(kept.symmetric_difference(wanted).collect::<Vec<_>>(), Vec::<&String>::new(), "{path}");
        // A row by itself is no other than the same row among all.
        let some: Vec<u64> = wanted.iter().step_by(wanted.len().div_ceil(3)).map(|l| row(l)).collect();
        for asked in some {
            let one = explain(&plan, None, &source, Place::Row(asked)).unwrap();
            let kept: BTreeSet<u64> = one.candidates.iter().map(|c| c.row).collect();
            assert_eq!(kept, BTreeSet::from([asked]), "{path}");
        }
    }
    assert!(dropped.len() >= 4, "only {dropped:?} were dropped");
}

fn row(line: &str) -> u64 {
    line.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn places_are_the_same_place() {
    let home = Home::new();
    // The second record goes over two lines, so rows and lines part.
    let csv = "note,ssn\n\"two\nlines\",219-09-9998\nplain,219-09-9997\n";
    home.file("people.csv", csv);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(csv.as_bytes()).unwrap();
    home.file("people.csv.gz", encoder.finish().unwrap());
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(csv.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    home.file("people16.csv", utf16);
    let ssns = |place: &str| -> Vec<u64> {
        let answer = at(&home, place);
        let all = answer["candidates"].as_array().unwrap().iter();
        all.filter(|c| c["detector"] == "us/ssn").map(|c| c["row"].as_u64().unwrap()).collect()
    };
    for file in ["people.csv", "people.csv.gz", "people16.csv"] {
        assert_eq!(ssns(&format!("data/{file}:3")), [1], "{file}");
        assert_eq!(ssns(&format!("data/{file}:4")), [2], "{file}");
        assert_eq!(ssns(&format!("data/{file}:row 2")), [2], "{file}");
        assert!(ssns(&format!("data/{file}:2")).is_empty(), "{file}");
    }
    let from = csv.find("219-09-9997").unwrap();
    assert_eq!(ssns(&format!("data/people.csv:bytes {from}-{}", from + 11)), [2]);
    assert_eq!(ssns(&format!("data/people.csv:bytes {from}")), [2]);
    let uri = at(&home, "data/people.csv:4")["uri"].as_str().unwrap().to_string();
    assert_eq!(ssns(&format!("{uri}:4")), [2]);
    home.file(
        "people.json",
        "{\n  \"people\": [\n    {\"ssn\": \"219-09-9998\"},\n    {\"ssn\": \"219-09-9997\"}\n  ]\n}\n",
    );
    assert_eq!(ssns("data/people.json:4"), [2]);
}

#[test]
fn a_place_that_is_not_there_is_an_error() {
    let home = Home::new();
    home.file("people.csv", "ssn\n219-09-9998\n");
    home.file("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    for (place, words) in [
        ("data/none.csv:1", "no such file"),
        ("data/people.csv:3", "has 2 lines, and no line 3"),
        ("data/people.csv:0", "no line 0"),
        ("data/people.csv:row 9", "has no row 9; the last that was read is 1"),
        ("data/people.csv:bytes 99-100", "and no byte 99"),
        ("data/people.csv:bytes 9-9", "write FILE:LINE"),
        ("data/people.csv", "write FILE:LINE"),
        ("data/people.csv:ssn", "write FILE:LINE"),
        ("data:1", "is a folder"),
        ("data/picture.png:1", "does not read this kind of file"),
    ] {
        let ended = home.run(["detectors", "explain", place]).exits(2);
        assert!(ended.err.contains(words), "{place}: {}", ended.err);
        assert_eq!(ended.out, "");
    }
}

/// An estate of three files with five e-mail addresses and two SSNs.
fn three_files() -> Home {
    let home = Home::new();
    home.file(
        "crm/people.csv",
        "name,email,ssn\nJane Doe,jane@shop.example,219-09-9998\nJoan Roe,joan@shop.example,219-09-9997\n",
    );
    home.file("logs/app.log", "2026-03-03T10:00:00Z mail jane@shop.example bounced\n");
    home.file(
        "mail/one.eml",
        "From: Jane Doe <jane@shop.example>\r\nTo: Joan Roe <joan@shop.example>\r\nSubject: hello\r\nDate: Tue, 3 Mar 2026 10:00:00 +0000\r\n\r\nHello.\r\n",
    );
    home
}

fn scan(home: &Home) -> Value {
    home.line("scan data -q --json").exits(0).json()
}

fn suppressed(scan: &Value) -> BTreeMap<String, u64> {
    let all = scan["suppressed"].as_array().unwrap().iter();
    all.map(|s| (s["reason"].as_str().unwrap().to_string(), s["findings"].as_u64().unwrap())).collect()
}

fn policy(home: &Home) -> String {
    home.snapshot().runs().unwrap().last().unwrap().policy.clone()
}

#[test]
fn a_suppression_is_counted_and_expires() {
    let home = three_files();
    let before = scan(&home);
    assert_eq!((&before["findings"]["EMAIL"], &before["findings"]["SSN"]), (&5.into(), &2.into()));
    assert!(suppressed(&before).is_empty());
    let plain = policy(&home);

    let entry = |expires: &str| {
        format!(
            "[[suppress]]\nelement = \"SSN\"\nobject = \"crm/*.csv\"\nfield = \"SSN\"\nreason = \"made-up numbers\"\nexpires = {expires}\n"
        )
    };
    std::fs::write(home.path("rollcall.toml"), entry("9999-12-31")).unwrap();
    let ended = home.line("scan data -q --json").exits(0);
    assert!(ended.err.contains("settings of rollcall.toml are used"), "{}", ended.err);
    let hushed = ended.json();
    assert_eq!((&hushed["findings"]["EMAIL"], &hushed["findings"]["SSN"]), (&5.into(), &0.into()));
    assert_eq!(suppressed(&hushed), BTreeMap::from([("made-up numbers".to_string(), 2)]));
    let in_force = policy(&home);
    assert_ne!(plain, in_force);
    assert!(
        home.snapshot().runs().unwrap().last().unwrap().arguments.contains(&"suppressed 2: made-up numbers".into())
    );
    assert_eq!(home.line("scan data --fail-on SSN -q").exits(0).code, 0);
    let text = home.line("scan data -q --inventory other").exits(0).out;
    assert!(text.contains("suppressed 2 findings, by reason:\n          2: made-up numbers"), "{text}");
    let (end, reasons) = of(&at(&home, "data/crm/people.csv:2"), "us/ssn");
    assert_eq!(end, "suppressed");
    says(&reasons, "confidence", &["high"]);
    let said = home.line("detectors explain data/crm/people.csv:2").exits(0).out;
    assert!(said.contains("suppressed: made-up numbers"), "{said}");

    // Its day has passed: it says so, it hides nothing, and what it hid is read again.
    std::fs::write(home.path("rollcall.toml"), entry("\"2020-01-31\"")).unwrap();
    let ended = home.line("scan data -q --json").exits(0);
    assert!(ended.err.contains("expired on 2020-01-31 (made-up numbers)"), "{}", ended.err);
    let after = ended.json();
    assert_eq!(after["findings"]["SSN"], 2);
    assert_eq!(after["objects"]["unchanged"], 0);
    assert!(suppressed(&after).is_empty());
    assert_eq!(policy(&home), plain);
}

#[test]
fn a_suppression_says_where_and_what() {
    let home = three_files();
    let with = |entries: &str| {
        std::fs::write(home.path("rollcall.toml"), entries).unwrap();
        scan(&home)
    };
    let entry = |what: &str| format!("[[suppress]]\n{what}\nreason = \"r\"\nexpires = 9999-12-31\n");
    for (what, emails, ssns) in [
        ("detector = \"us/ssn\"\nobject = \"**\"", 5, 0),
        ("element = \"EMAIL\"\nobject = \"logs/**\"", 4, 2),
        ("element = \"EMAIL\"\nobject = \"data/crm/people.csv\"", 3, 2),
        ("element = \"EMAIL\"\nobject = \"*.eml\"\nfield = \"from\"", 4, 2),
        ("element = \"EMAIL\"\ndetector = \"us/ssn\"\nobject = \"**\"", 5, 2),
        ("element = \"EMAIL\"\nobject = \"**\"\nfield = \"ssn\"", 5, 2),
    ] {
        let found = with(&entry(what));
        assert_eq!((&found["findings"]["EMAIL"], &found["findings"]["SSN"]), (&emails.into(), &ssns.into()), "{what}");
        assert_eq!(suppressed(&found)["r"], 7 - emails - ssns, "{what}");
    }
    for (text, words) in [
        ("[[suppress]]\nelement = \"SSN\"\nobject = \"**\"\nexpires = 9999-12-31\n", "reason"),
        ("[[suppress]]\nelement = \"SSN\"\nobject = \"**\"\nreason = \"r\"\n", "expires"),
        ("[[suppress]]\nelement = \"SSN\"\nobject = \"**\"\nreason = \" \"\nexpires = 9999-12-31\n", "reason is empty"),
        ("[[suppress]]\nelement = \"SSN\"\nobject = \"**\"\nreason = \"r\"\nexpires = \"soon\"\n", "YYYY-MM-DD"),
        (&entry("element = \"SHOE\"\nobject = \"**\""), "no such element"),
        (&entry("detector = \"us/shoe\"\nobject = \"**\""), "no detector is called us/shoe"),
        (&entry("object = \"**\""), "give a detector or an element"),
        (&entry("element = \"SSN\"\nobject = \"[\""), "the suppression SSN in ["),
        (&entry("element = \"SSN\"\nobject = \"**\"\nwhere = 1"), "where"),
    ] {
        std::fs::write(home.path("rollcall.toml"), text).unwrap();
        let ended = home.line("scan data -q").exits(2);
        assert!(ended.err.contains(words), "{text}: {}", ended.err);
    }
}

/// What is hidden in a mail's header makes no person there.
#[test]
fn a_suppressed_sender_is_nobody() {
    let home = three_files();
    home.line("scan data/mail -q").exits(0);
    let mut people = 0;
    home.snapshot()
        .consumers(&mut |_| {
            people += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(people, 2);
    std::fs::write(
        home.path("rollcall.toml"),
        "[[suppress]]\nelement = \"EMAIL\"\nobject = \"*.eml\"\nfield = \"from\"\nreason = \"r\"\nexpires = 9999-12-31\n",
    )
    .unwrap();
    home.line("scan data/mail -q").exits(0);
    let mut people = 0;
    home.snapshot()
        .consumers(&mut |_| {
            people += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(people, 1);
    home.line("who joan@shop.example").exits(0);
    home.line("who jane@shop.example").exits(2);
}

fn allow(home: &Home, value: &str, kind: &str, more: &[&str]) -> Ended {
    let words = ["detectors", "allow", value, "--kind", kind, "--reason", "our own", "--expires", "9999-12-31"];
    home.run(words.iter().chain(more))
}

#[test]
fn an_allowed_value_is_known_by_its_token_alone() {
    let home = three_files();
    scan(&home);
    let plain = policy(&home);
    std::fs::write(home.path("rollcall.toml"), "own_domains = [\"agents.example\"]\n").unwrap();
    let said = allow(&home, " Jane@SHOP.example\n", "email", &[]).exits(0);
    let config = std::fs::read_to_string(home.path("rollcall.toml")).unwrap();
    for text in [&said.said(), &config] {
        assert!(!text.to_lowercase().contains("jane"), "{text}");
    }
    assert!(config.starts_with("own_domains = [\"agents.example\"]\n") && config.contains("[[allow]]"), "{config}");
    let found = scan(&home);
    assert_eq!((&found["findings"]["EMAIL"], &found["findings"]["SSN"]), (&2.into(), &2.into()));
    assert_eq!(suppressed(&found), BTreeMap::from([("our own".to_string(), 3)]));
    assert_ne!(policy(&home), plain);
    assert_eq!(of(&at(&home, "data/logs/app.log:1"), "contact/email").0, "suppressed");
    home.line("who jane@shop.example").exits(2);

    // From standard input, and written in another way.
    let mut child = home
        .command(["detectors", "allow", "-", "--kind", "SSN", "--reason", "advertised", "--expires", "9999-12-31"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"219 09 9998\n").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    let found = scan(&home);
    assert_eq!((&found["findings"]["EMAIL"], &found["findings"]["SSN"]), (&2.into(), &1.into()));
    assert_eq!(suppressed(&found), BTreeMap::from([("our own".to_string(), 3), ("advertised".to_string(), 1)]));

    // The list of another key matches nothing, which would be a wrong answer.
    let other = home.path("other-key");
    std::fs::write(&other, "ff0102030405060708090a0b0c0d0e0f\n").unwrap();
    let key_id = |home: &Home| home.snapshot().runs().unwrap()[0].key_id.clone();
    for line in
        [vec!["scan", "data", "-q", "--inventory", "fresh"], vec!["detectors", "explain", "data/logs/app.log:1"]]
    {
        let mut command = home.command(line);
        let ended = ended(command.env("ROLLCALL_KEY_FILE", &other)).exits(2);
        assert!(ended.err.contains(&format!("was made with key {}", key_id(&home))), "{}", ended.err);
    }
}

#[test]
fn what_cannot_be_allowed_is_refused() {
    let home = three_files();
    for (value, kind, more, words) in [
        ("nobody", "EMAIL", &[][..], "cannot be one of EMAIL"),
        ("x", "SHOE", &[][..], "no such element"),
        ("jane@shop.example", "EMAIL", &["--config", "data"][..], "cannot read"),
    ] {
        let ended = allow(&home, value, kind, more).exits(2);
        assert!(ended.err.contains(words), "{}", ended.err);
        assert!(!ended.said().contains("jane") && !ended.said().contains("nobody"), "{}", ended.said());
    }
    let late =
        ["detectors", "allow", "jane@shop.example", "--kind", "EMAIL", "--reason", "r", "--expires", "2020-01-31"];
    assert!(home.run(late).exits(2).err.contains("2020-01-31 has passed"));
    // A file that the entry would break is left as it was.
    std::fs::write(home.path("rollcall.toml"), "allow = []\n").unwrap();
    allow(&home, "jane@shop.example", "EMAIL", &[]).exits(2);
    assert_eq!(std::fs::read_to_string(home.path("rollcall.toml")).unwrap(), "allow = []\n");
    assert!(!home.path("other.toml").exists());
}
