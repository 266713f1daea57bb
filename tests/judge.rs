//! Each rule by which a hit becomes a finding, in both directions.

use crate::oracle::detector;
use rollcall::matcher::judge::Judge;
use rollcall::matcher::plan::Matcher;
use rollcall::model::block::{Block, Cell, Layout, RecordMark};
use rollcall::model::detector::{Confidence, Detector};
use rollcall::model::element::Element;
use rollcall::model::field::{Field, Schema};
use rollcall::model::finding::{Basis, Finding, Marks, Validate, Verdict};

/// A block of one record per row whose cells stand in the given fields.
fn table(layout: Layout, rows: &[&[(u32, &str)]]) -> Block {
    let (mut bytes, mut cells, mut records) = (Vec::new(), Vec::new(), Vec::new());
    for (i, row) in rows.iter().enumerate() {
        let from = bytes.len() as u64;
        for (field, text) in row.iter().filter(|(_, text)| !text.is_empty()) {
            let start = bytes.len() as u32;
            bytes.extend_from_slice(text.as_bytes());
            cells.push(Cell { start, end: bytes.len() as u32, field: *field, record: i as u32 });
            bytes.push(b'\n');
        }
        let source = from..bytes.len() as u64;
        records.push(RecordMark { id: i as u64, parent: None, row: i as u64 + 1, path: 0, source, open: false });
    }
    let owned = 0..bytes.len() as u32;
    Block { bytes, owned, offset: 0, layout, cells, records }
}

fn schema(paths: &[&str]) -> Schema {
    let mut schema = Schema::default();
    for path in paths {
        schema.push(Field::new(path.trim_start_matches('/').split('/')));
    }
    schema
}

/// Digits that add up to a multiple of ten stand for a checksum; a leading 9 was never issued, a leading 0 is a test.
fn sums_to_ten(bytes: &[u8]) -> Verdict {
    let digits: Vec<u32> = bytes.iter().filter(|b| b.is_ascii_digit()).map(|b| u32::from(b - b'0')).collect();
    match digits.first() {
        Some(9) => Verdict::Valid { proven: false, marks: Marks::NEVER_ISSUED },
        Some(0) => Verdict::Valid { proven: digits[1] == 0, marks: Marks::TEST },
        _ if digits.iter().sum::<u32>() % 10 == 0 => Verdict::PROVEN,
        _ => Verdict::Invalid("the sum is no multiple of ten"),
    }
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|s| s.to_string()).collect()
}

fn list() -> (Vec<Detector>, Vec<Option<Validate>>) {
    let mut nine = detector("nine", Element::Ssn, r"\d{9}");
    nine.alone = Confidence::Low;
    nine.with_near = Confidence::Medium;
    nine.near = strings(&["social security", "ssn"]);
    nine.fields = strings(&["ssn", "tax_id"]);
    nine.not_fields = strings(&["order_id", "ssn_count"]);
    let mut ten = detector("ten", Element::Phone, r"\d{10}");
    ten.fields = strings(&["phone", "customer_phone"]);
    ten.near = strings(&["call"]);
    let mut email = detector("email", Element::Email, r"[a-z.]{1,32}@[a-z]{1,32}\.com");
    email.alone = Confidence::High;
    email.fields = strings(&["email"]);
    let mut first = detector("first", Element::FirstName, "");
    first.whole_field = true;
    first.fields = strings(&["first_name", "given"]);
    let mut code = detector("code", Element::CardCode, r"\d{3,4}");
    code.field_only = true;
    code.fields = strings(&["cvv"]);
    let mut password = detector("password", Element::Password, r"password=(?P<value>[!-~]{4,20})");
    password.precedence = 5;
    let mut dob = detector("dob", Element::Dob, r"\d{4}-\d{2}-\d{2}");
    dob.whole_field = true;
    dob.fields = strings(&["dob"]);
    let mut long = detector("long", Element::BankAccount, r"\d{3}-\d{4}-\d{2}-\d{2}");
    long.precedence = 1;
    let list = vec![nine, ten, email, first, code, password, dob, long];
    let validators =
        list.iter().map(|d| (d.id == "nine" || d.id == "ten").then_some(sums_to_ten as Validate)).collect();
    (list, validators)
}

type Found = (String, String, Confidence, Basis);

fn findings(paths: &[&str], layout: Layout, rows: &[&[(u32, &str)]]) -> Vec<Found> {
    let (list, validators) = list();
    let matcher = Matcher::new(&list, &validators).expect("the test detectors plan");
    let block = table(layout, rows);
    let mut out = Vec::new();
    Judge::new(&matcher).block(&block, &schema(paths), &mut out);
    assert!(out.is_sorted_by_key(|f: &Finding| (f.cell, f.start)));
    let text = |f: &Finding| String::from_utf8_lossy(&block.bytes[f.start as usize..f.end as usize]).into_owned();
    out.iter().map(|f| (list[usize::from(f.detector)].id.clone(), text(f), f.confidence, f.basis)).collect()
}

/// The findings of one cell of a field.
fn cell(path: &str, text: &str) -> Vec<Found> {
    findings(&[path], Layout::Table, &[&[(0, text)]])
}

/// The findings of one line of text.
fn line(text: &str) -> Vec<Found> {
    findings(&[""], Layout::Text, &[&[(0, text)]])
}

fn brief(found: &[Found]) -> Vec<(&str, &str, Confidence)> {
    found.iter().map(|(id, text, confidence, _)| (id.as_str(), text.as_str(), *confidence)).collect()
}

use Confidence::{High, Medium};

#[test]
fn a_field_that_names_the_detector_is_evidence() {
    let found = cell("customerSSN", "219099990");
    assert_eq!(brief(&found), []); // the digits sum to 48
    let found = cell("customerSSN", "219099992");
    assert_eq!(brief(&found), [("nine", "219099992", High)]);
    assert!(found[0].3.has(Basis::FIELD) && found[0].3.has(Basis::PROOF) && found[0].3.has(Basis::SHAPE));
    assert_eq!(brief(&cell("assn", "219099992")), [], "never by substring");
    assert_eq!(brief(&cell("value", "219099992")), [], "alone it is low");
}

#[test]
fn the_longer_of_a_name_and_a_veto_wins() {
    assert_eq!(brief(&cell("order_id", "219099992")), []);
    assert_eq!(brief(&cell("ssn_count", "219099992")), [], "two words against one");
    assert_eq!(brief(&cell("order_ssn_id", "219099992")), [("nine", "219099992", High)], "the veto's words are apart");
    assert_eq!(brief(&cell("order_id", "ssn 219099992")), [], "a near word does not lift a veto");
}

#[test]
fn the_last_segment_is_asked_first() {
    assert_eq!(brief(&cell("/ssn/value", "219099992")), [("nine", "219099992", High)]);
    assert_eq!(brief(&cell("/ssn/order_id", "219099992")), []);
    assert_eq!(brief(&cell("/order_id/ssn", "219099992")), [("nine", "219099992", High)]);
    assert_eq!(brief(&cell("/person/first_name", "Ada")), [("first", "Ada", High)]);
    assert_eq!(brief(&cell("/first_name/note", "Ada")), [], "whole values: the last segment only");
}

#[test]
fn a_field_of_another_element_demotes() {
    assert_eq!(brief(&cell("note", "2000000008")), [("ten", "2000000008", Medium)]);
    assert_eq!(brief(&cell("ssn", "2000000008")), []);
    assert_eq!(
        brief(&cell("ssn", "call 2000000008")),
        [("ten", "2000000008", Medium)],
        "high by a near word, then down"
    );
    assert_eq!(brief(&cell("ssn", "a@b.com")), [("email", "a@b.com", Medium)]);
    assert_eq!(brief(&cell("note", "a@b.com")), [("email", "a@b.com", High)]);
}

#[test]
fn near_words_are_whole_and_near() {
    assert_eq!(brief(&line("my ssn, 219099992")), [("nine", "219099992", Medium)]);
    assert!(line("my ssn, 219099992")[0].3.has(Basis::NEAR));
    assert_eq!(brief(&line("Social-Security no 219099992")), [("nine", "219099992", Medium)]);
    assert_eq!(brief(&line("219099992 (SSN#)")), [("nine", "219099992", Medium)]);
    assert_eq!(brief(&line("my assn, 219099992")), []);
    assert_eq!(brief(&line("social 219099992 security")), [], "a phrase does not reach over the value");
    let far = format!("ssn {} 219099992", "x".repeat(64));
    assert_eq!(brief(&line(&far)), []);
    let far = format!("219099992 {} ssn", "x".repeat(30));
    assert_eq!(brief(&line(&far)), []);
    let cut = format!("xssn {} 219099992", "y".repeat(59));
    assert_eq!(brief(&line(&cut)), [], "the window's edge makes no word");
    let other = findings(&[""], Layout::Text, &[&[(0, "ssn")], &[(0, "219099992")]]);
    assert_eq!(brief(&other), [], "another line");
}

#[test]
fn a_key_before_the_value_is_a_field_name() {
    for text in
        ["ssn=219099992", "ssn: 219099992", "{\"ssn\":\"219099992\"}", "user.ssn = 219099992", "tax_id is 219099992"]
    {
        let found = line(text);
        assert_eq!(brief(&found), [("nine", "219099992", High)], "{text}");
        assert!(found[0].3.has(Basis::FIELD));
    }
    assert_eq!(brief(&line("ssn, order_id=219099992")), [], "the key vetoes what a near word supports");
    assert_eq!(brief(&line("ssn=2000000008")), [], "the key names another element");
    assert_eq!(brief(&line("is 219099992")), []);
}

#[test]
fn the_words_before_a_value_name_or_veto_it() {
    for text in [
        "tax id: 219099992",
        "my tax id is 219099992",
        "SSN 219099992 on file",
        "(ssn 219099992)",
        "<ssn>219099992</ssn>",
        "ssn #219099992",
        "ssn no. 219099992",
    ] {
        assert_eq!(brief(&line(text)), [("nine", "219099992", High)], "{text}");
    }
    for text in [
        "ssn sent with order id: 219099992",
        "ssn sent with order id 219099992",
        "ssn: see order_id 219099992",
        "ssn of /order_id/219099992",
    ] {
        assert_eq!(brief(&line(text)), [], "{text}");
    }
    assert_eq!(brief(&line("the ssn count 219099992")), [], "two words veto what one of them names");
    assert_eq!(brief(&line("the ssn was sent, 219099992")), [("nine", "219099992", Medium)], "no key, a near word");
}

#[test]
fn a_name_may_begin_before_the_last_segment() {
    let veto = findings(&["/order/id"], Layout::Tree, &[&[(0, "ssn 219099992")]]);
    assert_eq!(brief(&veto), [], "/order/id is an order id");
    let named = findings(&["/tax/id"], Layout::Tree, &[&[(0, "219099992")]]);
    assert_eq!(brief(&named), [("nine", "219099992", High)]);
    let plural = findings(&["/ssns/*"], Layout::Tree, &[&[(0, "219099992")]]);
    assert_eq!(brief(&plural), [("nine", "219099992", High)]);
}

#[test]
fn values_that_nobody_has_need_a_name() {
    assert_eq!(brief(&line("9123456789")), []);
    assert_eq!(brief(&line("call 9123456789")), [("ten", "9123456789", High)]);
    assert_eq!(brief(&cell("phone", "9123456789")), [("ten", "9123456789", High)]);
    assert_eq!(brief(&line("0123456789")), [], "a test by its shape");
    assert_eq!(brief(&line("0012345678")), [("ten", "0012345678", Medium)], "a test with proof");
}

#[test]
fn whole_values_and_patterns_of_named_fields() {
    assert_eq!(brief(&cell("given", "  Ada Maria ")), [("first", "Ada Maria", High)]);
    assert!(!cell("given", "Ada")[0].3.has(Basis::SHAPE));
    assert_eq!(brief(&cell("given", "   ")), []);
    assert_eq!(brief(&cell("dob", "1 May 1990")), [("dob", "1 May 1990", High)]);
    assert_eq!(
        brief(&cell("dob", "born 1990-05-01")),
        [("dob", "1990-05-01", High)],
        "the pattern wins over the whole"
    );
    assert_eq!(brief(&cell("cvv", "123")), [("code", "123", High)]);
    assert_eq!(brief(&cell("cvv", "12345")), []);
    assert_eq!(brief(&cell("note", "123")), []);
    let rows: &[&[(u32, &str)]] = &[&[(0, "123"), (1, "456"), (0, "7890")]];
    let found = findings(&["cvv", "note"], Layout::Table, rows);
    assert_eq!(brief(&found), [("code", "123", High), ("code", "7890", High)]);
}

#[test]
fn a_group_named_value_is_the_finding() {
    assert_eq!(brief(&line("login password=hunter22 ok")), [("password", "hunter22", Medium)]);
}

#[test]
fn overlaps_are_settled_by_field_then_precedence() {
    assert_eq!(brief(&line("123-1990-05-01")), [("long", "123-1990-05-01", Medium)]);
    assert_eq!(brief(&line("password=a.b@c.com")), [("password", "a.b@c.com", Medium)], "precedence over confidence");
    let found = cell("email", "password=a.b@c.com");
    assert_eq!(brief(&found), [("email", "a.b@c.com", High)], "a named field over precedence");
}

#[test]
fn hits_outside_cells_are_dropped() {
    let (list, validators) = list();
    let matcher = Matcher::new(&list, &validators).expect("the test detectors plan");
    let mut block = table(Layout::Table, &[&[(0, "a@b.com"), (0, "c@d.com"), (0, "e@f.com")]]);
    block.cells[0].end -= 1; // crosses the end of its cell
    block.cells.remove(1);
    let mut out = Vec::new();
    Judge::new(&matcher).block(&block, &schema(&["note"]), &mut out);
    assert_eq!(out.len(), 1);
    assert_eq!((out[0].cell, out[0].start), (1, 16));
}

/// `n` numbers of ten digits; every `valid`th sums to a multiple of ten.
fn numbers(n: u64, valid: u64) -> Vec<String> {
    let digits_sum = |s: &str| s.bytes().map(|b| u32::from(b - b'0')).sum::<u32>();
    let number = |i: u64| {
        let head = format!("1{:08}", i * 7919);
        let check = (10 - digits_sum(&head) % 10) % 10;
        format!("{head}{}", if i.is_multiple_of(valid) { check } else { (check + 3) % 10 })
    };
    (0..n).map(number).collect()
}

fn column(path: &str, values: &[String]) -> usize {
    let rows: Vec<[(u32, &str); 1]> = values.iter().map(|v| [(0, v.as_str())]).collect();
    let rows: Vec<&[(u32, &str)]> = rows.iter().map(|r| r.as_slice()).collect();
    findings(&[path], Layout::Table, &rows).len()
}

#[test]
fn a_column_of_numbers_is_judged_as_a_whole() {
    assert_eq!(column("reference", &numbers(100, 10)), 0, "one in ten passes by chance");
    assert_eq!(column("reference", &numbers(100, 1)), 100, "all of them pass");
    assert_eq!(column("reference", &numbers(19, 10)), 2, "too few to tell");
    assert_eq!(column("phone", &numbers(100, 10)), 10, "a name is evidence enough");
    let texts: Vec<String> = numbers(100, 10).iter().map(|n| format!("see reference {n} please")).collect();
    assert_eq!(column("note", &texts), 10, "free text is no column of numbers");
    let mut mixed: Vec<String> = (0..90).map(|i| format!("{}@example.com", ["ada", "eve", "joe"][i % 3])).collect();
    mixed.extend(numbers(30, 1));
    assert_eq!(column("contact", &mixed), 120, "numbers among addresses are judged among numbers");
}

#[test]
fn counts_of_fields_add_up() {
    let (list, validators) = list();
    let matcher = Matcher::new(&list, &validators).expect("the test detectors plan");
    let schema = schema(&["email", "note"]);
    let mut judge = Judge::new(&matcher);
    let mut out = Vec::new();
    for part in 0..3 {
        let texts: Vec<String> =
            (0..100).map(|i| format!("{}@x.com", ["a", "b", "c", "d", "e"][(i + part) % 5])).collect();
        let rows: Vec<[(u32, &str); 2]> = texts
            .iter()
            .enumerate()
            .map(|(i, t)| [(0, t.as_str()), (1, if i == 7 { "0012345678" } else { "none" })])
            .collect();
        let rows: Vec<&[(u32, &str)]> = rows.iter().map(|r| r.as_slice()).collect();
        judge.block(&table(Layout::Table, &rows), &schema, &mut out);
    }
    let rows = judge.field_rows(7, &schema);
    assert_eq!(rows.len(), 2);
    let email = &rows[0];
    assert_eq!((email.object, email.path.as_str(), email.detector.as_str()), (7, "email", "email"));
    assert_eq!((email.values, email.matches, email.valid, email.confidence), (300, 300, 300, [0, 300]));
    assert_eq!(email.distinct, 5);
    assert_eq!(email.first_rows, [1, 2, 3, 4, 5, 6, 7, 8]);
    let note = &rows[1];
    assert_eq!((note.values, note.matches, note.valid, note.confidence), (300, 3, 3, [3, 0]));
    assert_eq!(note.marks, [3, 0, 0, 0]);
    assert_eq!(out.len(), 303);
}

#[test]
fn distinct_values_are_estimated_within_reason() {
    for n in [1u64, 10, 1_000, 20_000, 300_000] {
        let mut distinct = rollcall::matcher::tally::Distinct::default();
        for i in 0..n {
            distinct.add(format!("{i}").as_bytes());
            distinct.add(format!("{i}").as_bytes());
        }
        let error = (distinct.estimate() as f64 / n as f64 - 1.0).abs();
        assert!(error < 0.12, "{n} values were estimated as {}", distinct.estimate());
    }
}
