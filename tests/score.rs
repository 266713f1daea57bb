//! The scorer against answers found another way: pairs counted one by one, and errors planted by hand.

use proptest::prelude::*;
use rollcall::generate::{self, CorpusSpec};
use rollcall::model::detector::Confidence;
use rollcall::model::element::Element;
use rollcall::model::mention::{Population, Role};
use rollcall::score::{self, FindingRecord, FindingScorer, LinkScorer, PairCounts, Scores, Speed, TruthLine};
use std::path::{Path, PathBuf};

/// Pairs counted by looking at every one.
fn brute_force(labels: &[(u32, u32)]) -> PairCounts {
    let mut counts = PairCounts::default();
    for (i, a) in labels.iter().enumerate() {
        for b in &labels[i + 1..] {
            counts.both += u64::from(a == b);
            counts.truth += u64::from(a.0 == b.0);
            counts.predicted += u64::from(a.1 == b.1);
        }
    }
    counts
}

proptest! {
    #[test]
    fn pairs_by_formula_are_pairs_by_counting(labels in prop::collection::vec((0u32..12, 0u32..12), 0..120)) {
        prop_assert_eq!(score::pair_counts(labels.iter().copied()), brute_force(&labels));
    }

    /// The whole linking score, with mentions that only one side has.
    #[test]
    fn linking_scores_are_those_of_counting(
        mentions in prop::collection::vec((0u32..6, 0u32..6, prop::bool::weighted(0.9)), 1..60)
    ) {
        let mut scorer = LinkScorer::new();
        let mut labels = Vec::new();
        for (row, &(truth, predicted, seen)) in mentions.iter().enumerate() {
            let row = row as u64 + 1;
            scorer.truth(&format!("p{truth}"), Role::Subject, "a.csv", row);
            if seen {
                scorer.predicted(u128::from(predicted), Population::Consumer, Role::Subject, "a.csv", row);
                labels.push((truth, predicted));
            }
        }
        let scores = scorer.finish();
        prop_assert_eq!(scores.pairs, brute_force(&labels));
        prop_assert_eq!(scores.mentions, mentions.len() as u64);
        prop_assert_eq!(scores.matched, labels.len() as u64);
        let everyone: Vec<_> = mentions.iter().map(|m| (m.0, 0)).collect();
        let all = brute_force(&everyone).truth;
        let expected = if all == 0 { 1.0 } else { scores.pairs.both as f64 / all as f64 };
        prop_assert!((scores.recall_of_all - expected).abs() < 1e-12);
    }
}

fn truth_line(row: u64, field: &str, element: Element, optional: bool) -> TruthLine {
    TruthLine {
        consumer: "p1".to_string(),
        role: Role::Subject,
        element,
        optional,
        file: "a.csv".to_string(),
        row,
        field: field.to_string(),
    }
}

fn found(row: u64, field: &'static str, element: Element, detector: &'static str) -> FindingRecord<'static> {
    FindingRecord { file: "a.csv", row, field, element, detector, confidence: Confidence::High, format: "csv" }
}

#[test]
fn findings_are_matched_as_a_multiset() {
    let mut scorer = FindingScorer::new();
    for row in 1..=4 {
        scorer.expect(&truth_line(row, "mail", Element::Email, false)).unwrap();
    }
    // Two numbers in one cell, one of them expected twice.
    scorer.expect(&truth_line(1, "note", Element::Phone, false)).unwrap();
    scorer.expect(&truth_line(1, "note", Element::Phone, false)).unwrap();
    scorer.expect(&truth_line(2, "card", Element::Pan, true)).unwrap();
    let findings = [
        found(1, "mail", Element::Email, "email"),
        found(2, "mail", Element::Email, "email"),
        found(3, "mail", Element::Email, "email_by_field"),
        found(3, "mail", Element::Email, "email"), // a second one of the same value: wrong
        found(4, "other", Element::Email, "email"), // the right row, the wrong field: wrong, and one missed
        found(1, "note", Element::Phone, "phone"),
        found(1, "note", Element::Phone, "phone"),
        found(1, "note", Element::Phone, "phone"), // three found of two: wrong
        found(2, "card", Element::Pan, "card"),    // optional
        found(9, "sku", Element::Ssn, "ssn"),      // an element the truth does not speak of: wrong
        found(9, "id", Element::CustomerId, "id"), // not scored
    ];
    for finding in &findings {
        scorer.finding(finding).unwrap();
    }
    let scores = scorer.finish();
    let numbers = |c: &score::Count| (c.expected, c.found, c.wrong, c.excused);
    assert_eq!(numbers(&scores.by_element["EMAIL"]), (4, 3, 2, 0));
    assert_eq!(numbers(&scores.by_element["PHONE"]), (2, 2, 1, 0));
    assert_eq!(numbers(&scores.by_element["PAN"]), (0, 0, 0, 1));
    assert_eq!(numbers(&scores.by_element["SSN"]), (0, 0, 1, 0));
    assert!(!scores.by_element.contains_key("CUSTOMER_ID"));
    assert_eq!(numbers(&scores.by_detector["email"]), (4, 2, 2, 0));
    assert_eq!(numbers(&scores.by_detector["email_by_field"]), (4, 1, 0, 0));
    assert_eq!(numbers(&scores.by_format["csv"]), (6, 5, 4, 1));
    assert_eq!(numbers(&scores.total), (6, 5, 4, 1));
    assert_eq!((scores.total.recall, scores.total.precision), (5.0 / 6.0, 5.0 / 9.0));
    let missed = scores.trouble.iter().find(|t| t.field == "mail").unwrap();
    assert_eq!((missed.missed, missed.wrong), (1, 1));
}

#[test]
fn planted_linking_errors_cost_what_they_should() {
    // Two people with three records each, and an organisation.
    let records = [("p1", 1), ("p1", 2), ("p1", 3), ("p2", 4), ("p2", 5), ("p2", 6), ("o1", 7)];
    let score = |predicted: &[(u128, Population, Role, u64)]| {
        let mut scorer = LinkScorer::new();
        for (who, row) in records {
            scorer.truth(who, Role::Buyer, "orders.csv", row);
        }
        for &(who, population, role, row) in predicted {
            scorer.predicted(who, population, role, "orders.csv", row);
        }
        scorer.finish()
    };
    let c = Population::Consumer;
    let right: Vec<_> = (1..=6).map(|row| (u128::from(row > 3), c, Role::Subject, row)).collect();
    let perfect = score(&right);
    assert_eq!((perfect.precision, perfect.recall, perfect.recall_of_all), (1.0, 1.0, 1.0));
    assert_eq!((perfect.people, perfect.consumers, perfect.headcount_error), (2, 2, 0.0));
    assert_eq!((perfect.mentions, perfect.matched, perfect.extra), (6, 6, 0));

    // One record of the second person goes to the first: 3 + 1 pairs right of 6 made by the scan over 4 and 2 records.
    let mut moved = right.clone();
    moved[3].0 = 0;
    let scores = score(&moved);
    assert_eq!(scores.pairs, PairCounts { both: 3 + 1, truth: 3 + 3, predicted: 6 + 1 });
    assert_eq!((scores.split, scores.merged), (1, 1));

    // One record becomes a person of its own: a third head, and two pairs lost.
    let mut split = right.clone();
    split[5].0 = 9;
    let scores = score(&split);
    assert_eq!(scores.pairs, PairCounts { both: 3 + 1, truth: 6, predicted: 4 });
    assert_eq!((scores.precision, scores.consumers, scores.headcount_error), (1.0, 3, 0.5));

    // One record is never seen: the pairs among the rest are right, but not all there are.
    let scores = score(&right[..5]);
    assert_eq!((scores.recall, scores.recall_of_all), (1.0, 4.0 / 6.0));
    assert_eq!((scores.mentions, scores.matched), (6, 5));

    // The organisation is counted as a head; as what it is, it is not.
    let mut organisation = right.clone();
    organisation.push((7, c, Role::Subject, 7));
    assert_eq!(score(&organisation).consumers, 3);
    organisation[6].1 = Population::Organisation;
    assert_eq!(score(&organisation).consumers, 2);
}

#[test]
fn roles_decide_who_stands_for_whom() {
    let mut scorer = LinkScorer::new();
    for row in 1..=2 {
        scorer.truth("p1", Role::Buyer, "o.csv", row);
        scorer.truth("p2", Role::Recipient, "o.csv", row);
    }
    // The same roles in one row, the subject for the buyer in the other.
    scorer.predicted(20, Population::Consumer, Role::Recipient, "o.csv", 1);
    scorer.predicted(10, Population::Consumer, Role::Buyer, "o.csv", 1);
    scorer.predicted(20, Population::Consumer, Role::Recipient, "o.csv", 2);
    scorer.predicted(10, Population::Consumer, Role::Subject, "o.csv", 2);
    // A record the truth does not have.
    scorer.predicted(10, Population::Consumer, Role::Subject, "o.csv", 3);
    let scores = scorer.finish();
    assert_eq!((scores.precision, scores.recall, scores.extra), (1.0, 1.0, 1));
    assert_eq!((scores.split, scores.merged), (0, 0));
}

fn path_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(name)
}

#[test]
fn a_scan_that_knows_the_truth_scores_one() {
    let folder = tempfile::tempdir().unwrap();
    let report = generate::corpus(&CorpusSpec::new(150, 31), folder.path()).unwrap();
    let (values, links) = (path_of(folder.path(), "truth.csv.gz"), path_of(folder.path(), "links.csv.gz"));
    let truth: Vec<_> = score::truth(&values).unwrap().map(|l| l.unwrap()).collect();
    assert_eq!(truth.len() as u64, report.values);
    let mut scorer = FindingScorer::read(&values).unwrap();
    for line in &truth {
        let finding = FindingRecord {
            file: &line.file,
            row: line.row,
            field: &line.field,
            element: line.element,
            detector: line.element.code(),
            confidence: Confidence::Medium,
            format: "any",
        };
        scorer.finding(&finding).unwrap();
    }
    let findings = scorer.finish();
    assert_eq!((findings.total.recall, findings.total.precision), (1.0, 1.0));
    assert!(findings.trouble.is_empty());

    let mut scorer = LinkScorer::read(&links).unwrap();
    for line in score::links(&links).unwrap() {
        let line = line.unwrap();
        let who: u128 = line.consumer.bytes().fold(0, |n, b| n << 8 | u128::from(b));
        let population = match line.consumer.as_bytes()[0] {
            b'p' => Population::Consumer,
            b'e' => Population::Employee,
            _ => Population::Organisation,
        };
        scorer.predicted(who, population, line.role, &line.file, line.row);
    }
    let linking = scorer.finish();
    assert_eq!((linking.precision, linking.recall, linking.recall_of_all), (1.0, 1.0, 1.0));
    assert_eq!((linking.people, linking.consumers, linking.extra), (150, 150, 0));

    let scores = Scores {
        corpus: "here".to_string(),
        findings: Some(findings),
        linking: Some(linking),
        speed: Some(Speed::new(4_000_000_000, 2.0, 2, 64 << 20)),
    };
    assert_eq!(scores.speed.unwrap().gb_per_s_per_core, 1.0);
    let table = scores.table();
    for wanted in ["EMAIL", "pairwise precision", "1.00000", "1.000 GB/s per core", "64 MiB"] {
        assert!(table.contains(wanted), "{wanted} in\n{table}");
    }
    let json: serde_json::Value = serde_json::from_str(&scores.json().unwrap()).unwrap();
    assert_eq!(json["linking"]["people"], 150);
    assert_eq!(json["findings"]["by_element"]["SSN"]["recall"], 1.0);
}

#[test]
fn damaged_truth_is_an_error_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = path_of(folder.path(), "truth.csv");
    let header = "consumer,role,element,file,row,field,value\n";
    for (body, wanted) in [
        ("p1,subject,EMAIL,a.csv,1,mail,x@y.example\np1,subject,NONSENSE,a.csv,1,mail,secret\n", "line 3"),
        ("p1,subject,EMAIL,a.csv,one,mail,secret\n", "line 2"),
        ("p1,subject,EMAIL,a.csv,1,mail,\"secret\n", "line 3"),
        ("p1,subject\n", "line 2"),
    ] {
        std::fs::write(&path, format!("{header}{body}")).unwrap();
        let error = score::truth(&path).unwrap().find_map(|l| l.err()).unwrap().to_string();
        assert!(error.contains(wanted) && !error.contains("secret"), "{error}");
    }
    std::fs::write(&path, "a,b\n").unwrap();
    assert!(score::truth(&path).is_err());
    // Quoted cells keep their commas, quotes and line ends.
    std::fs::write(&path, format!("{header}p1,subject,?PAN,\"a,\"\"b\"\".csv\",7,\"x\ny\",v")).unwrap();
    let line = score::truth(&path).unwrap().next().unwrap().unwrap();
    assert_eq!((line.file.as_str(), line.field.as_str(), line.row), ("a,\"b\".csv", "x\ny", 7));
    assert!(line.optional && line.element == Element::Pan);
}

/// Skipped, and says so, where the samples are not at hand.
#[test]
#[allow(clippy::print_stdout)]
fn published_samples_can_be_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples");
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    for (sample, consumers) in [("adventureworks", 18148), ("chinook", 59), ("sakila", 599), ("synthea", 27)] {
        let lines = score::samples::read(&folder.join(sample).join("truth.jsonl.gz")).unwrap();
        let mut people = std::collections::HashSet::new();
        for line in lines {
            let line = line.unwrap();
            assert!(line.file.starts_with(sample) && line.row > 0);
            people.insert(line.consumer.clone());
        }
        assert!(people.len() >= consumers, "{sample}: {}", people.len());
    }
}
