//! What others published: the validators against their test values, the detectors against the columns of real data sets;
//! and the validators against random bytes and their own checksums.

// What was measured is worth reading when a test is run with --show-output.
#![allow(clippy::print_stdout)]

use crate::patterns::{find, naming, ready};
use rollcall::model::element::Element;
use rollcall::model::field::Field;
use rollcall::model::finding::{Marks, Validate, Verdict};
use rollcall::{pattern, validate};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

/// Kinds of value that two validators share between them.
const EITHER: &[(&str, [&str; 2])] =
    &[("ip", ["ipv4", "ipv6"]), ("cpf_or_cnpj", ["br_cpf", "br_cnpj"]), ("pesel_or_nip", ["pl_pesel", "pl_nip"])];

fn validator(name: &str) -> Validate {
    validate::by_name(name).unwrap_or_else(|| panic!("no validator {name}"))
}

fn valid(name: &str, text: &str) -> bool {
    if let Some(names) = EITHER.iter().find(|(either, _)| *either == name).map(|(_, names)| names) {
        return names.iter().any(|name| valid(name, text));
    }
    validator(name)(text.as_bytes()).is_valid()
}

fn marks(name: &str, text: &str) -> Marks {
    match validator(name)(text.as_bytes()) {
        Verdict::Valid { marks, .. } => marks,
        Verdict::Invalid(why) => panic!("{name} refuses an example: {why}"),
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
    ("MAC_ADDRESS", "ab:ab:ab:ab:ab:ab:ab:ab", true, "EUI-64, eight octets, is no MAC address of a device (IEEE 802)"),
    ("MAC_ADDRESS", "FF:FF:FF:FF:FF:FF:FF:FF", true, "EUI-64, eight octets, is no MAC address of a device (IEEE 802)"),
    ("MAC_ADDRESS", "01:02:03:04:05:06:07:ab", true, "EUI-64, eight octets, is no MAC address of a device (IEEE 802)"),
    ("MAC_ADDRESS", "01:AB:03:04:05:06:07:08", true, "EUI-64, eight octets, is no MAC address of a device (IEEE 802)"),
    ("MAC_ADDRESS", "A9 C5 D4 9F EB D3 B6 65", true, "EUI-64, eight octets, is no MAC address of a device (IEEE 802)"),
    ("MAC_ADDRESS", "01 02 03 04 05 06 07 ab", true, "EUI-64, eight octets, is no MAC address of a device (IEEE 802)"),
    ("MAC_ADDRESS", "01-02-03-04-05-06-07-ab", true, "EUI-64, eight octets, is no MAC address of a device (IEEE 802)"),
    ("MAC_ADDRESS", "0102.0304.0506.07ab", true, "EUI-64, eight octets, is no MAC address of a device (IEEE 802)"),
    ("IMEI", "3568680000414120", false, "sixteen digits are an IMEISV (3GPP TS 23.003 section 6.2.2)"),
    ("IMEI", "3520990017614823", false, "sixteen digits are an IMEISV (3GPP TS 23.003 section 6.2.2)"),
    ("IMEI", "35-686800-0041412-0", false, "sixteen digits are an IMEISV (3GPP TS 23.003 section 6.2.2)"),
    ("IMEI", "35-209900-1761482-3", false, "sixteen digits are an IMEISV (3GPP TS 23.003 section 6.2.2)"),
    ("PL_PESEL", "77334586883", true, "no such day (Act of 24 September 2010, art. 15)"),
    ("PL_PESEL", "54007481320", true, "no such day (Act of 24 September 2010, art. 15)"),
    ("PL_PESEL", "06566860643", true, "no such day (Act of 24 September 2010, art. 15)"),
    ("PL_PESEL", "77552478861", true, "no such day (Act of 24 September 2010, art. 15)"),
    ("ES_NIF", "12345 678Z", false, "another layout of a right number, which a field may hold"),
    ("ES_NIF", "12345678-Z", false, "another layout of a right number, which a field may hold"),
    ("CN_RIC", "110101491001001", true, "fifteen digits were withdrawn in 2013 (Resident Identity Card Law)"),
    ("BTC", "mucFNhKMYoBQYUAEsrFVscQ1YaFQPekBpg", true, "testnets have addresses of their own, and no value"),
    ("BTC", "2NFUBBRcTJbYc1D4HSCbJhKZp6YCV4PQFpQ", true, "testnets have addresses of their own, and no value"),
    ("BTC", "tb1qxhkl607frtvjsy9nlyeg03lf6fsq947pl2pe82", true, "testnets have addresses of their own, and no value"),
    (
        "BTC",
        "tb1pzpelffrdh9ptpaqnurwx30dlewqv57rcxfeetp86hsssk30p4cws38tr9y",
        true,
        "testnets have addresses of their own, and no value",
    ),
    ("BTC", "14qViLJfdGaP4EeHnDyJbEGQysnCpwk3gd", true, "wrong check bytes (base58check)"),
    ("BTC", "17VZNX1SN5NtKa8UQFxwQbFeFc3iqRYhemt", true, "wrong check bytes (base58check)"),
    (
        "BTC",
        "BC1P5D7RJQ7G6RDK2YHZKS9SMLAQTEDR4DEKQ08GE8ZTWAC72SFR9RUSXG3297",
        false,
        "capitals alone are right (BIP 173)",
    ),
    ("DE_TAX_ID", "6592997048-9", false, "another layout of a right number, which a field may hold"),
    ("DK_CPR", "0101110630", false, "numbers that fail the check modulo 11 are issued since 2007"),
    ("CA_SIN", "000000000", true, "0 begins no number of a person (SIN Code of Practice)"),
    ("CA_SIN", "046454286", true, "0 begins no number of a person (SIN Code of Practice)"),
    ("CA_SIN", "74 47 978 53", false, "another layout of a right number, which a field may hold"),
    ("CA_SIN", "744 797 853", false, "another layout of a right number, which a field may hold"),
    ("CA_SIN", "744-797-853", false, "another layout of a right number, which a field may hold"),
    ("UK_UTR", "1234567890", true, "wrong check digit (HMRC)"),
    ("UK_UTR", "AA123456A", true, "a National Insurance number, not a taxpayer reference"),
    ("UK_UTR", "AA123456 ", true, "a National Insurance number, not a taxpayer reference"),
    ("US_EIN", "01 1234567", true, "a hyphen and no blank (IRS)"),
    ("AR_CUIT", "20-27163363-8", false, "another layout of a right number, which a field may hold"),
    ("FR_NIF", "30 2 3 217 600 053", false, "another layout of a right number, which a field may hold"),
    ("BR_CPF_OR_CNPJ", "111.111.111-11", false, "right check digits; kept as a placeholder, which gets no token"),
    ("BR_CPF_OR_CNPJ", "11111111111", false, "right check digits; kept as a placeholder, which gets no token"),
    ("BR_CPF_OR_CNPJ", "12.ABC.345/01DE-35", false, "letters since July 2026 (Instrucao Normativa RFB 2229/2024)"),
    ("RO_CNP", "9000123456789", true, "wrong check digit (OUG 97/2005)"),
    ("SK_RC", "1234567890", true, "no such day (zakon 301/1995)"),
    ("SE_PERSONNUMMER", "19640823-3233", true, "the check digit is that of the last ten digits (SKV 704)"),
    ("SE_PERSONNUMMER", "196408233233", true, "the check digit is that of the last ten digits (SKV 704)"),
    ("SE_PERSONNUMMER", "19640883-3230", true, "the check digit is that of the last ten digits (SKV 704)"),
    ("SE_PERSONNUMMER", "20180101-5581", true, "the check digit is that of the last ten digits (SKV 704)"),
    (
        "SE_PERSONNUMMER",
        "640823+3234",
        false,
        "a plus sign is right from the age of a hundred, and validators have no clock",
    ),
    ("IT_FISCAL_CODE", "AXXFAXTTD41H501D", true, "wrong check letter (decreto 23 dicembre 1976)"),
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
                // One kind of the source's, two of ours.
                let source = row["source"].as_str().unwrap_or_default();
                let entity = match entity {
                    "CRYPTO" if source.ends_with("isBtcAddress") => "BTC",
                    "CRYPTO" => "ETH",
                    other => other,
                };
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
        ("PHONE", "phone_international", 0.99),
        ("BIC", "bic", 0.99),
        ("BTC", "bitcoin", 0.99),
        ("ETH", "ethereum", 0.99),
        ("IMEI", "imei", 0.99),
        ("MAC_ADDRESS", "mac", 0.99),
        ("CREDENTIAL:jwt", "jwt", 0.99),
        ("CN_RIC", "cn_resident_id", 0.99),
        ("ES_NIF", "es_dni", 0.99),
        ("FI_HETU", "fi_hetu", 0.99),
        ("IN_AADHAAR", "in_aadhaar", 0.99),
        ("NO_FODSELSNUMMER", "no_fodselsnummer", 0.99),
        ("PL_PESEL", "pl_pesel", 0.99),
        ("IL_ID", "il_id", 0.99),
        ("TH_TNIN", "th_pin", 0.99),
        ("AR_CUIT", "ar_cuil", 0.99),
        ("BE_NN", "be_nn", 0.99),
        ("BG_EGN", "bg_egn", 0.99),
        ("BR_CPF_OR_CNPJ", "cpf_or_cnpj", 0.99),
        ("CA_SIN", "ca_sin", 0.99),
        ("CZ_RC", "cz_rodne_cislo", 0.99),
        ("SK_RC", "cz_rodne_cislo", 0.99),
        ("DE_TAX_ID", "de_tax_id", 0.99),
        ("DK_CPR", "dk_cpr", 0.99),
        ("EE_IK", "ee_isikukood", 0.99),
        ("FR_NIF", "fr_spi", 0.99),
        ("GR_AFM", "gr_afm", 0.99),
        ("HR_OIB", "hr_oib", 0.99),
        ("HU_TIN", "hu_tax_id", 0.99),
        ("IE_PPS", "ie_pps", 0.99),
        ("IT_FISCAL_CODE", "it_codice_fiscale", 0.99),
        ("LT_ASMENS", "lt_asmens_kodas", 0.99),
        ("LU_NIN", "lu_matricule", 0.99),
        ("LV_PK", "lv_personas_kods", 0.99),
        ("PL_TIN", "pesel_or_nip", 0.99),
        ("PT_NIF", "pt_nif", 0.99),
        ("RO_CNP", "ro_cnp", 0.99),
        ("SE_PERSONNUMMER", "se_personnummer", 0.99),
        ("SI_DDV", "si_tax_number", 0.99),
        ("TAX_ID:el-CY", "cy_tic", 0.99),
        ("TAX_ID:en-IN", "in_pan", 0.99),
        ("UK_UTR", "gb_utr", 0.99),
        ("US_EIN", "us_ein", 0.99),
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
                assert!(!validator(name)(&changed).is_valid(), "{name} accepts a changed digit at {at}");
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

/// A verdict stays two words, which are returned in registers, and whatever is refused is refused with a reason.
#[test]
fn a_refusal_has_a_reason() {
    assert!(size_of::<Verdict>() <= 2 * size_of::<usize>());
    for name in validate::NAMES {
        for bytes in [&b"\x00\xff~"[..], b"", b"\"^", b"\xe9\x01"] {
            match validator(name)(bytes) {
                Verdict::Invalid(why) => assert!(why.len() >= 5 && why.is_ascii(), "{name}: {why:?}"),
                Verdict::Valid { .. } => assert!(bytes.is_empty(), "{name} takes {bytes:?}"),
            }
        }
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

// ---- Real columns ---------------------------------------------------------------------------------------------------

/// What a column of the samples should be found as.
fn wanted(entity: &str) -> Option<&'static [Element]> {
    Some(match entity {
        "EMAIL" => &[Element::Email],
        "FIRST_NAME" => &[Element::FirstName],
        "LAST_NAME" => &[Element::LastName],
        "PERSON" => &[Element::FullName],
        "ADDRESS" => &[Element::Street],
        "DATE_OF_BIRTH" => &[Element::Dob],
        "US_SSN" => &[Element::Ssn],
        "US_DRIVER_LICENSE" => &[Element::DriverLicense],
        "PASSPORT" => &[Element::Passport],
        "US_ZIP" => &[Element::Zip],
        "US_STATE" => &[Element::State],
        "CITY" => &[Element::City],
        "PHONE" => &[Element::Phone],
        _ => return None,
    })
}

fn to_utf8(bytes: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(bytes) {
        Ok(_) => bytes.to_vec(),
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect::<String>().into_bytes(),
    }
}

fn samples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/samples")
}

#[test]
fn real_columns_are_what_they_are() {
    let samples = samples();
    let Ok(columns) = std::fs::read_to_string(samples.join("columns.jsonl")) else {
        println!("skipped: {} is absent", samples.display());
        return;
    };
    let mut by_file: BTreeMap<String, BTreeMap<String, Option<String>>> = BTreeMap::new();
    for line in columns.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        by_file
            .entry(row["file"].as_str().unwrap().to_string())
            .or_default()
            .insert(row["column"].as_str().unwrap().to_string(), row["entity"].as_str().map(str::to_string));
    }
    let all = ready(pattern::builtin());
    let (mut nulls, mut typed) = (0, Vec::new());
    let mut recall: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut organisations = (0usize, 0usize);
    for (file, columns) in &by_file {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(samples.join(file)).unwrap();
        let headers: Vec<String> = reader
            .byte_headers()
            .unwrap()
            .iter()
            .map(|h| String::from_utf8_lossy(h).trim_start_matches('\u{feff}').to_string())
            .collect();
        let mut values: Vec<HashMap<Vec<u8>, usize>> = vec![HashMap::new(); headers.len()];
        for record in reader.byte_records() {
            for (i, value) in record.unwrap().iter().enumerate().filter(|(_, v)| !v.is_empty()) {
                // A column of unique keys is as good as its first thousands.
                if let Some(column) = values.get_mut(i)
                    && (column.len() < 3000 || column.contains_key(value))
                {
                    *column.entry(value.to_vec()).or_default() += 1;
                }
            }
        }
        for (header, values) in headers.iter().zip(values) {
            let Some(entity) = columns.get(header) else { continue };
            let naming = naming(&all, &Field::new([header.as_str()]));
            let mut findings: BTreeMap<Element, usize> = BTreeMap::new();
            let mut total = 0;
            let mut missed = String::new();
            for (value, count) in &values {
                let value = to_utf8(value);
                total += count;
                let elements: BTreeSet<Element> =
                    find(&all, &naming, &value).iter().map(|f| all[f.detector].detector.element).collect();
                elements.iter().for_each(|e| *findings.entry(*e).or_default() += count);
                if entity.as_deref().and_then(wanted).is_some_and(|w| !w.iter().any(|e| elements.contains(e))) {
                    missed = format!("{} bytes", value.len());
                }
            }
            let share = |n: usize| n as f64 / (total.max(1)) as f64;
            match entity.as_deref() {
                None => {
                    nulls += 1;
                    // One value in a hundred that looks like a person's is enough to call the column typed.
                    if let Some((element, n)) = findings.iter().find(|(_, n)| share(**n) > 0.01) {
                        typed.push(format!("{file} {header}: {element:?} in {n} of {total}"));
                    }
                }
                Some("ORGANIZATION") => {
                    organisations.0 += findings.get(&Element::FullName).copied().unwrap_or(0);
                    organisations.1 += total;
                }
                Some(entity) => {
                    if let Some(wanted) = wanted(entity) {
                        let right = wanted.iter().filter_map(|e| findings.get(e)).sum::<usize>();
                        let all = recall.entry(entity.to_string()).or_default();
                        all.0 += right;
                        all.1 += total;
                        if right < total {
                            println!("{file} {header}: {right} of {total}, missed such as one of {missed}");
                        }
                    }
                }
            }
        }
    }
    println!("null columns typed: {} of {nulls}", typed.len());
    typed.iter().for_each(|t| println!("  {t}"));
    println!("organisations taken for people: {} of {}", organisations.0, organisations.1);
    for (entity, (right, total)) in &recall {
        println!("{entity}: {right} of {total}");
    }
    assert!(typed.len() as f64 <= 0.02 * nulls as f64, "{typed:?}");
    assert!(organisations.0 as f64 <= 0.02 * organisations.1 as f64, "{organisations:?}");
    for (entity, (right, total)) in &recall {
        assert!(*right as f64 >= 0.97 * *total as f64, "{entity}: {right} of {total}");
    }
    assert_eq!(recall.len(), 13, "every kind of column was met");
}

/// Values of fields by path, and how many times each stands there.
type Fields = BTreeMap<Vec<String>, HashMap<String, usize>>;

/// Chinook's objects: `/Customer/*/Email`.
fn chinook() -> Option<Fields> {
    let text = std::fs::read_to_string(samples().join("chinook/ChinookData.json")).ok()?;
    let tree: serde_json::Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    let mut fields = Fields::new();
    for (table, rows) in tree.as_object()? {
        for (key, value) in rows.as_array()?.iter().filter_map(|row| row.as_object()).flatten() {
            if let Some(value) = value.as_str().filter(|v| !v.trim().is_empty()) {
                let path = vec![table.clone(), key.clone()];
                *fields.entry(path).or_default().entry(value.to_string()).or_default() += 1;
            }
        }
    }
    Some(fields)
}

/// Sakila's COPY sections, a table each, as fields of one segment.
fn sakila() -> Option<Fields> {
    let text = std::fs::read(samples().join("sakila/postgres-sakila-insert-data-using-copy.sql")).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut fields = Fields::new();
    let mut columns: Vec<Vec<String>> = Vec::new();
    for line in text.lines() {
        if let Some((table, rest)) = line.strip_prefix("COPY public.").and_then(|l| l.split_once(" (")) {
            let names = rest.split(')').next().unwrap_or_default();
            columns = names.split(", ").map(|c| vec![table.to_string(), c.to_string()]).collect();
        } else if line == "\\." {
            columns.clear();
        } else {
            for (path, value) in
                columns.iter().zip(line.split('\t')).filter(|(_, v)| !v.trim().is_empty() && *v != "\\N")
            {
                *fields.entry(path.clone()).or_default().entry(value.to_string()).or_default() += 1;
            }
        }
    }
    Some(fields)
}

/// The share of a field's values in which each element is found.
fn shares(all: &[crate::patterns::Ready], field: &Field, values: &HashMap<String, usize>) -> BTreeMap<Element, f64> {
    let naming = naming(all, field);
    let mut counts: BTreeMap<Element, usize> = BTreeMap::new();
    let mut total = 0;
    for (value, count) in values.iter().take(1500) {
        total += count;
        let elements: BTreeSet<Element> =
            find(all, &naming, value.as_bytes()).iter().map(|f| all[f.detector].detector.element).collect();
        elements.into_iter().for_each(|element| *counts.entry(element).or_default() += count);
    }
    counts.into_iter().map(|(element, n)| (element, n as f64 / total as f64)).collect()
}

#[test]
fn real_trees_and_dumps_are_what_they_are() {
    let (Some(chinook), Some(sakila)) = (chinook(), sakila()) else {
        println!("skipped: {} is absent", samples().display());
        return;
    };
    let all = ready(pattern::builtin());
    let expected: &[(&str, Element)] = &[
        ("Customer/FirstName", Element::FirstName),
        ("Customer/LastName", Element::LastName),
        ("Customer/Address", Element::Street),
        ("Customer/City", Element::City),
        ("Customer/Country", Element::Country),
        ("Customer/PostalCode", Element::Zip),
        ("Customer/Phone", Element::Phone),
        ("Customer/Fax", Element::Phone),
        ("Customer/Email", Element::Email),
        ("Employee/FirstName", Element::FirstName),
        ("Employee/BirthDate", Element::Dob),
        ("Employee/State", Element::State),
        ("Employee/Phone", Element::Phone),
        ("Invoice/BillingAddress", Element::Street),
        ("Invoice/BillingCity", Element::City),
        ("Invoice/BillingCountry", Element::Country),
        ("Invoice/BillingPostalCode", Element::Zip),
        ("address/address", Element::Street),
        ("address/postal_code", Element::Zip),
        ("city/city", Element::City),
        ("country/country", Element::Country),
        ("actor/first_name", Element::FirstName),
        ("actor/last_name", Element::LastName),
        ("customer/first_name", Element::FirstName),
        ("customer/last_name", Element::LastName),
        ("customer/email", Element::Email),
        ("staff/email", Element::Email),
        ("staff/username", Element::Username),
        ("staff/password", Element::Password),
    ];
    let none: &[&str] = &[
        "Genre/Name",
        "MediaType/Name",
        "Track/Name",
        "Playlist/Name",
        "Album/Title",
        "Employee/Title",
        "Employee/HireDate",
        "Invoice/InvoiceDate",
        "film/title",
        "film/description",
        "film/special_features",
        "film/fulltext",
        "film/rating",
        "category/name",
        "language/name",
        "payment/amount",
        "payment/payment_date",
        "rental/rental_date",
        "rental/rental_id",
        "customer/create_date",
        "customer/active",
        "customer/customer_id",
        "film/length",
        "address/last_update",
        "actor/last_update",
        "customer/last_update",
        "Customer/Company",
    ];
    let mut wrong = Vec::new();
    let mut met = BTreeSet::new();
    for (path, values) in chinook.iter().chain(&sakila) {
        // A JSON field has its ancestors in its path; a dump's column has its table only where the reader puts it there.
        let field = Field::new(path.iter().map(String::as_str));
        let bare = Field::new([path[1].as_str()]);
        let name = path.join("/");
        let quiet = none.contains(&name.as_str());
        let wanted: Vec<Element> = expected.iter().filter(|(path, _)| *path == name).map(|(_, e)| *e).collect();
        if !quiet && wanted.is_empty() {
            continue;
        }
        met.insert(name.clone());
        for field in [&field, &bare] {
            let shares = shares(&all, field, values);
            for element in &wanted {
                let share = shares.get(element).copied().unwrap_or(0.0);
                if share < 0.97 {
                    wrong.push(format!("{} ({name}): {element:?} in {share:.3}", field.path));
                }
            }
            // Songs are named after people: a bare `Name` of a track is the hard case, and its path settles it.
            let allowed = if name == "Track/Name" && field.path == "Name" { 0.06 } else { 0.02 };
            for (element, share) in shares.iter().filter(|(_, share)| quiet && **share > allowed) {
                wrong.push(format!("{} ({name}): {element:?} in {share:.3}", field.path));
            }
        }
    }
    let named = expected.iter().map(|(path, _)| *path).chain(none.iter().copied());
    let unmet: Vec<&str> = named.filter(|path| !met.contains(*path)).collect();
    assert!(unmet.is_empty(), "fields that were never met: {unmet:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn machine_numbers_are_nobody() {
    let all = ready(pattern::builtin());
    let naming = naming(&all, &Field::new([""]));
    let mut rng = fastrand::Rng::with_seed(11);
    let hex =
        |rng: &mut fastrand::Rng, n: usize| -> String { (0..n).map(|_| format!("{:x}", rng.u8(0..16))).collect() };
    type Make = Box<dyn FnMut(&mut fastrand::Rng) -> String>;
    let kinds: Vec<(&str, f64, Make)> = vec![
        ("epoch seconds", 0.0, Box::new(|r| format!("at {} done", r.u64(1_500_000_000..1_900_000_000)))),
        ("epoch milliseconds", 0.001, Box::new(|r| format!("ts={}", r.u64(1_500_000_000_000..1_900_000_000_000)))),
        ("nine digits", 0.0, Box::new(|r| format!("concept {:09}", r.u32(0..1_000_000_000)))),
        ("ten digits", 0.0, Box::new(|r| format!("ref {:010}", r.u64(0..10_000_000_000)))),
        ("twelve digits", 0.0, Box::new(|r| format!("job {:012}", r.u64(0..1_000_000_000_000)))),
        // One in ten passes the check digit and half the prefixes are issued; only the context can say more.
        ("sixteen digits", 0.06, Box::new(|r| format!("id {:016}", r.u64(0..10_000_000_000_000_000)))),
        (
            "uuid",
            0.0,
            Box::new(move |r| format!("{}-{}-4{}-a{}-{}", hex(r, 8), hex(r, 4), hex(r, 3), hex(r, 3), hex(r, 12))),
        ),
        ("sha1", 0.0, Box::new(move |r| format!("commit {}", hex(r, 40)))),
        ("decimal", 0.0, Box::new(|r| format!("{:.14}, -{:.12}", r.f64() * 90.0, r.f64() * 180.0))),
        (
            "timestamp",
            0.0,
            Box::new(|r| {
                format!("2024-0{}-1{}T0{}:3{}:12.123Z INFO", r.u8(1..10), r.u8(0..10), r.u8(0..10), r.u8(0..10))
            }),
        ),
        ("version", 0.0, Box::new(|r| format!("v{}.{}.{}-rc.{}", r.u8(..), r.u8(..), r.u8(..), r.u8(..)))),
        (
            "object identifier",
            0.0,
            Box::new(|r| format!("1.2.840.{}.1.{}.{}", r.u32(1..99999), r.u32(..), r.u64(0..9_999_999_999))),
        ),
        ("parcel", 0.0, Box::new(move |r| format!("1Z{}{:010}", hex(r, 6).to_uppercase(), r.u64(0..9_999_999_999)))),
        ("article", 0.0, Box::new(|r| format!("SKU-{:04}-{:05}", r.u16(0..9999), r.u32(0..99999)))),
        (
            "time",
            0.0,
            Box::new(|r| format!("{:02}:{:02}:{:02}::{:04}", r.u8(0..24), r.u8(0..60), r.u8(0..60), r.u16(0..9999))),
        ),
        ("price", 0.0, Box::new(|r| format!("${},{:03}.{:02} total", r.u16(1..999), r.u16(0..1000), r.u8(0..100)))),
        ("picture", 0.0, Box::new(|r| format!("icon-{}@2x.png", r.u16(..)))),
    ];
    for (kind, allowed, mut make) in kinds {
        let mut found = 0;
        for _ in 0..1000 {
            let text = make(&mut rng);
            found += usize::from(!find(&all, &naming, text.as_bytes()).is_empty());
        }
        assert!(found as f64 <= allowed * 1000.0, "{kind}: something personal in {found} of 1000");
    }
}

#[test]
fn no_card_begins_with_a_digit_of_no_issuer() {
    // A time in milliseconds is thirteen digits; one in ten has a check digit that agrees.
    for first in [0u64, 1, 7] {
        for digits in 13..=19u32 {
            let body = first * 10u64.pow(digits - 1);
            let cards =
                (0..10).filter(|check| valid("card", &format!("{:0width$}", body + check, width = digits as usize)));
            assert_eq!(cards.count(), 0, "{first}, {digits} digits");
        }
    }
}
