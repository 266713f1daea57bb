//! The validators against published test values of other projects, random bytes and their own checksums.

use rollcall::model::finding::{Marks, Validate, Verdict};
use rollcall::validate;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn validator(name: &str) -> Validate {
    validate::by_name(name).unwrap_or_else(|| panic!("no validator {name}"))
}

fn valid(name: &str, text: &str) -> bool {
    if name == "ip" {
        return valid("ipv4", text) || valid("ipv6", text);
    }
    validator(name)(text.as_bytes()) != Verdict::Invalid
}

fn marks(name: &str, text: &str) -> Marks {
    match validator(name)(text.as_bytes()) {
        Verdict::Valid { marks, .. } => marks,
        Verdict::Invalid => panic!("{name} refuses an example"),
    }
}

/// Cases on which we differ from the source, and why. They are neither counted nor hidden.
const DISAGREEMENTS: &[(&str, &str, bool, &str)] = &[
    (
        "EMAIL",
        "\\>escape\\\\special\\^characters\\<@example.com",
        true,
        "escapes outside quotes: RFC 3696, withdrawn by its erratum 246",
    ),
    ("EMAIL", "Abc\\@def@example.com", true, "escapes outside quotes: RFC 3696, withdrawn by its erratum 246"),
    ("EMAIL", "space\\ monkey@example.com", true, "escapes outside quotes: RFC 3696, withdrawn by its erratum 246"),
];

struct Case {
    entity: String,
    text: String,
    valid: bool,
}

fn cases() -> Option<Vec<Case>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/cases");
    let mut cases = Vec::new();
    for file in ["commons_validator.jsonl", "libphonenumber.jsonl", "validatorjs.jsonl"] {
        let Ok(lines) = std::fs::read_to_string(folder.join(file)) else {
            println!("skipped: {} is absent", folder.join(file).display());
            return None;
        };
        for line in lines.lines() {
            // Two cases hold half a surrogate pair, which no UTF-8 text can.
            let Ok(row) = serde_json::from_str::<serde_json::Value>(line) else { continue };
            let entity = row["entity"].as_str().unwrap_or_default();
            let international = entity != "PHONE" || row["meta"]["needs_region"] == serde_json::Value::Bool(false);
            if row["kind"] == "value" && !entity.contains('?') && international {
                cases.push(Case {
                    entity: entity.to_string(),
                    text: row["text"].as_str().unwrap_or_default().to_string(),
                    valid: row["valid"].as_bool().unwrap_or_default(),
                });
            }
        }
    }
    Some(cases)
}

#[test]
fn published_cases_agree() {
    let Some(cases) = cases() else { return };
    let judged: &[(&str, &str, f64)] = &[
        ("CREDIT_CARD", "card", 0.99),
        ("IBAN", "iban", 0.99),
        ("US_BANK_ROUTING", "aba_routing", 0.99),
        ("EMAIL", "email", 0.99),
        ("IP_ADDRESS", "ip", 0.99),
        ("PHONE", "phone_international", 0.95),
    ];
    let mut score: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in &cases {
        let Some((entity, name, _)) = judged.iter().find(|(entity, ..)| *entity == case.entity) else { continue };
        if DISAGREEMENTS.iter().any(|(e, text, valid, _)| e == entity && *text == case.text && *valid == case.valid) {
            assert_ne!(valid(name, &case.text), case.valid, "no longer a disagreement: {:?}", case.text);
            continue;
        }
        let entry = score.entry(entity).or_default();
        entry.1 += 1;
        // A validator sees a candidate without blanks around it: the matcher trims a field, a pattern takes none in.
        if (valid(name, &case.text) && case.text.trim() == case.text) == case.valid {
            entry.0 += 1;
        } else {
            wrong.push(format!("{entity} {} {:?}", case.valid, case.text));
        }
    }
    wrong.iter().for_each(|w| println!("{w}"));
    for (entity, name, least) in judged {
        let (right, total) = score.get(entity).copied().unwrap_or_default();
        println!("{entity} by {name}: {right} of {total}");
        assert!(total > 0, "{entity}: no cases");
        assert!(right as f64 >= least * total as f64, "{entity}: {right} of {total}");
    }
}

#[test]
fn no_bytes_make_a_validator_panic() {
    let mut rng = fastrand::Rng::with_seed(7);
    let alphabet: &[u8] = b"0123456789 -./+():@xX%*$abcABC\xc3\xa9\xff\x00'\"\\,";
    for name in validate::NAMES {
        let validate = validator(name);
        validate(b"");
        for _ in 0..3000 {
            let len = rng.usize(0..60);
            let random: Vec<u8> = (0..len).map(|_| rng.u8(..)).collect();
            validate(&random);
            let likely: Vec<u8> = (0..len).map(|_| alphabet[rng.usize(0..alphabet.len())]).collect();
            validate(&likely);
        }
        validate(&vec![b'1'; 100_000]);
        validate(&vec![0xff; 100_000]);
        for byte in 0..=255u8 {
            for len in 0..24 {
                validate(&vec![byte; len]);
            }
        }
    }
}

/// Every change of one digit of a valid number must be refused.
fn single_changes_are_refused(name: &str, number: &str) {
    assert!(valid(name, number), "{name}: generated number refused");
    for (at, old) in number.bytes().enumerate().filter(|(_, b)| b.is_ascii_digit()) {
        for digit in b'0'..=b'9' {
            if digit != old {
                let mut changed = number.as_bytes().to_vec();
                changed[at] = digit;
                assert_eq!(validator(name)(&changed), Verdict::Invalid, "{name} accepts a changed digit at {at}");
            }
        }
    }
}

#[test]
fn luhn_refuses_every_single_digit_change() {
    let mut rng = fastrand::Rng::with_seed(1);
    for _ in 0..1000 {
        let mut digits: Vec<u32> = vec![4];
        digits.extend((0..14).map(|_| rng.u32(0..10)));
        // The independent way: try every check digit against a sum written out by hand.
        let check = (0..10)
            .find(|c| {
                let mut all = digits.clone();
                all.push(*c);
                let mut sum = 0;
                for (i, d) in all.iter().enumerate() {
                    sum += if i % 2 == 0 { [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][*d as usize] } else { *d };
                }
                sum % 10 == 0
            })
            .unwrap();
        digits.push(check);
        let text: String = digits.iter().map(u32::to_string).collect();
        single_changes_are_refused("card", &text);
    }
}

#[test]
fn aba_checksum_refuses_every_single_digit_change() {
    let mut rng = fastrand::Rng::with_seed(2);
    let mut made = 0;
    while made < 1000 {
        let d: Vec<u32> = [rng.u32(0..2), rng.u32(0..10)].into_iter().chain((0..6).map(|_| rng.u32(0..10))).collect();
        if d[0] == 1 && d[1] > 2 || d[2..].iter().all(|x| *x == d[2]) {
            continue;
        }
        let sum = 3 * (d[0] + d[3] + d[6]) + 7 * (d[1] + d[4] + d[7]) + d[2] + d[5];
        let text: String = d.iter().chain([&((10 - sum % 10) % 10)]).map(u32::to_string).collect();
        single_changes_are_refused("aba_routing", &text);
        made += 1;
    }
}

#[test]
fn iban_refuses_every_single_digit_change() {
    let mut rng = fastrand::Rng::with_seed(3);
    for _ in 0..1000 {
        let account: String = (0..18).map(|_| rng.u32(0..10).to_string()).collect();
        // Modulo 97 in decimal text, digit by digit: D is 13, E is 14.
        let rest = format!("{account}131400").bytes().fold(0u32, |r, b| (r * 10 + u32::from(b - b'0')) % 97);
        let text = format!("DE{:02}{account}", 98 - rest);
        single_changes_are_refused("iban", &text);
    }
}

#[test]
fn social_security_numbers_say_what_they_are() {
    assert_eq!(marks("us_ssn", "219-09-9999"), Marks::TEST);
    assert_eq!(marks("us_ssn", "078 05 1120"), Marks::TEST);
    assert!(marks("us_ssn", "987-65-4320").has(Marks::TEST) && marks("us_ssn", "987-65-4320").has(Marks::NEVER_ISSUED));
    assert_eq!(marks("us_ssn", "123-45-6789"), Marks::PLACEHOLDER);
    assert_eq!(marks("us_ssn", "111111111"), Marks::PLACEHOLDER);
    assert_eq!(marks("us_ssn", "999-17-5017"), Marks::NEVER_ISSUED);
    assert_eq!(marks("us_ssn", "666-12-3456"), Marks::NEVER_ISSUED);
    assert_eq!(marks("us_ssn", "000-12-3456"), Marks::NEVER_ISSUED);
    assert_eq!(marks("us_ssn", "78051120"), Marks::TEST, "a lost leading zero");
    for wrong in
        ["219-00-9999", "219-09-0000", "219-09 9999", "21-909-9999", "219-09-99999", "", "219099", "a19-09-9999"]
    {
        assert!(!valid("us_ssn", wrong), "{wrong}");
    }
}

#[test]
fn marks_of_other_values() {
    assert_eq!(marks("card", "4111 1111 1111 1111"), Marks::TEST.with(Marks::default()));
    assert_eq!(marks("email", "info@example.com"), Marks::ROLE);
    assert_eq!(marks("email", "noreply@example.com"), Marks::ROLE);
    assert_eq!(marks("email", "na@na.com"), Marks::PLACEHOLDER);
    assert_eq!(marks("email", "none@none.com"), Marks::PLACEHOLDER);
    assert_eq!(marks("email", "test@test.com"), Marks::PLACEHOLDER);
    assert_eq!(marks("email", "jane@example.com"), Marks::default());
    assert_eq!(marks("phone_nanp", "202-555-0143"), Marks::PLACEHOLDER);
    assert_eq!(marks("phone", "0000000000"), Marks::PLACEHOLDER);
    assert_eq!(marks("birth_date", "1900-01-01"), Marks::PLACEHOLDER);
    assert_eq!(marks("birth_date", "04/08/1900"), Marks::default());
    assert_eq!(marks("given_name", "N/A"), Marks::PLACEHOLDER);
    assert_eq!(marks("surname", "unknown"), Marks::PLACEHOLDER);
}

#[test]
fn dates_of_birth_in_every_layout() {
    for date in [
        "04/08/1900",
        "1965-05-14",
        "19650514",
        "05141965",
        "May 5, 1970",
        "5 May 1970",
        "1962-02-18T00:00:00",
        "1962-02-18 00:00:00.000",
        "1962-02-18T00:00:00Z",
        "14.05.1965",
        "5/14/65",
        "14-May-1965",
        "Sept 3rd, 1988",
        "2000-02-29",
        "1965/05/14",
    ] {
        assert!(valid("birth_date", date), "{date}");
    }
    for wrong in [
        "1965",
        "1965-13-01",
        "2001-02-29",
        "31/04/1970",
        "99999999",
        "1700000000",
        "1065-05-14",
        "9999-12-31",
        "May 1970",
        "a-b-c",
        "05/14",
        "12:30:00",
        "1965-05-14 plus",
        "1.2.3",
        "2014-10-14T04:17:47Z/2015",
    ] {
        assert!(!valid("birth_date", wrong), "{wrong}");
    }
}

#[test]
fn names_in_fields_that_only_say_name() {
    for person in [
        "Jane Doe-Smith",
        "Smith, John A.",
        "Ludivina884 Steuber698",
        "Mr. Gleichner915",
        "José García",
        "JOHN SMITH",
        "Mary Ann O'Brien",
        "Robert Downey Jr.",
        "Víctor493 Noriega353",
        "Blanch844 D'Amore443",
    ] {
        assert!(valid("person_name", person), "{person}");
    }
    for other in [
        "STURDY MEMORIAL HOSPITAL",
        "Caching Dept",
        "Humana",
        "Blue Cross Blue Shield",
        "Heavy Metal",
        "Rock And Roll",
        "PCP7483",
        "Sport-100 Helmet, Red",
        "config.yaml",
        "Morton Hospital",
        "James Taylor Inc",
        "42",
        "NO_INSURANCE",
        "Dual Eligible",
        "Alternative & Punk",
        "MPEG audio file",
        "a@b.example",
    ] {
        assert!(!valid("person_name", other), "{other}");
    }
}

#[test]
fn phones_of_many_countries() {
    for phone in [
        "+47 22 44 22 22",
        "+1 (403) 467-3351",
        "+44 (0) 20 7946 0018",
        "+55 (12) 3923-5555",
        "tel:+1-202-555-0143;ext=12",
    ] {
        assert!(valid("phone_international", phone), "{phone}");
    }
    for wrong in ["+999 123 4567", "+1 111 111 1111", "47 22 44 22 22", "+", "+47", "+1 202 555 01439"] {
        assert!(!valid("phone_international", wrong), "{wrong}");
    }
    for phone in ["1-877-267-2323", "5082225200", "28303384290", "(202) 555-0143 x12"] {
        assert!(valid("phone", phone), "{phone}");
    }
    for wrong in ["555.0143", "2014-10-06", "12345", "3.14159265", "true", "-7115168"] {
        assert!(!valid("phone", wrong), "{wrong}");
    }
}
