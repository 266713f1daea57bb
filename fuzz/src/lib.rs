//! What validators promise, as checks over any bytes. One function for each family; `fuzz_targets/` hands each one what the
//! fuzzer makes up, and the ordinary tests hand them random bytes.

use rollcall::model::finding::{Validate, Verdict};
use rollcall::{pattern, validate};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What is promised of one validator's numbers.
pub struct Promise {
    pub name: &'static str,
    /// Bytes that may stand between any two signs of a number, or be left out, without changing what is said of it.
    separators: &'static [u8],
    /// Small and capital letters are the same.
    caseless: bool,
    /// The digits of a proven number of which a change of any one leaves it not proven, because its check digit sees them.
    checked: Checked,
}

enum Checked {
    Nothing,
    All,
    First(usize),
    Last(usize),
}

use Checked::{All, First, Last, Nothing};

const fn of(name: &'static str, separators: &'static [u8], caseless: bool, checked: Checked) -> Promise {
    Promise { name, separators, caseless, checked }
}

/// Nothing but that it takes any bytes, says the same twice, and does not see blanks at the ends.
const fn any(name: &'static str) -> Promise {
    of(name, b"", false, Nothing)
}

/// The families, named as the files of `src/validate/`.
pub const FAMILIES: &[(&str, &[Promise])] = &[
    (
        "us",
        &[
            any("us_ssn"),
            any("us_itin"),
            any("digits4"),
            of("aba_routing", b"", false, All),
            of("us_bank_account", b" -", false, Nothing),
            of("us_bank_account_plain", b" -", false, Nothing),
            any("us_ein"),
        ],
    ),
    (
        "europe",
        &[
            of("gb_nino", b" -", true, Nothing),
            // Two remainders have the same check digit.
            of("gb_utr", b" ", false, Nothing),
            of("gb_passport", b" ", false, Nothing),
            of("ie_pps", b" -", true, All),
            of("fr_nir", b" .-", true, All),
            of("fr_spi", b" ", false, All),
            of("de_tax_id", b" ./-,", false, All),
            of("es_dni", b" -.", true, All),
            of("it_codice_fiscale", b" -", true, All),
            of("nl_bsn", b" .-", false, All),
            // Two keys are right, one for each century.
            of("be_nn", b" .-", false, Nothing),
            of("lu_matricule", b" -", false, All),
            of("pt_nif", b" .-", false, Last(1)),
            of("at_svnr", b" -", false, All),
            of("ch_ahv", b" .-", false, All),
            any("mt_id_card"),
            of("gr_afm", b" ", false, Last(1)),
            of("gr_amka", b" -", false, All),
            of("cy_tic", b" -", true, All),
        ],
    ),
    (
        "europe_east",
        &[
            of("pl_pesel", b" -", false, All),
            of("pl_nip", b" -", false, All),
            of("cz_rodne_cislo", b" /", false, Last(1)),
            of("ee_isikukood", b" ", false, Last(1)),
            of("lt_asmens_kodas", b" ", false, Last(1)),
            of("lv_personas_kods", b" -", false, Last(1)),
            of("bg_egn", b" ", false, Last(1)),
            of("hr_oib", b" ", false, All),
            of("hu_szemelyi_szam", b" -", false, Last(1)),
            of("hu_tax_id", b" -", false, All),
            of("ro_cnp", b" -", false, Last(1)),
            of("si_emso", b" ", false, Last(1)),
            of("si_tax_number", b" ", false, All),
            of("tr_kimlik", b" ", false, All),
        ],
    ),
    (
        "nordic",
        &[
            // A sign stands in one place alone; no check digit sees the century.
            of("se_personnummer", b"", false, Last(10)),
            of("no_fodselsnummer", b" -", false, All),
            of("dk_cpr", b" -", false, All),
            of("fi_hetu", b"", false, All),
            of("is_kennitala", b" -", false, First(9)),
        ],
    ),
    (
        "americas",
        &[
            of("ca_sin", b" -", false, All),
            of("br_cpf", b" .-", false, Last(1)),
            of("br_cnpj", b" ./-", true, Last(1)),
            of("mx_curp", b" -", true, Last(1)),
            of("mx_rfc", b" -", true, All),
            of("ar_cuil", b" -", false, Last(1)),
            of("cl_rut", b" .-", true, All),
        ],
    ),
    (
        "asia",
        &[
            of("in_aadhaar", b" -", false, All),
            of("in_pan", b" -", true, Nothing),
            of("sg_nric", b" -", true, All),
            of("kr_rrn", b"-", false, Last(1)),
            of("jp_my_number", b" -", false, Last(1)),
            of("cn_resident_id", b"", true, All),
            of("th_pin", b" -", false, Last(1)),
            of("il_id", b" -", false, All),
            of("za_id", b" ", false, All),
            of("au_tfn", b" -", false, All),
            of("au_medicare", b" -/", false, First(9)),
            of("nz_ird", b" -", false, Last(1)),
        ],
    ),
    (
        "health",
        &[
            of("us_npi", b"", false, All),
            of("us_dea", b" -", true, Last(1)),
            of("us_mbi", b" -", true, Nothing),
            of("gb_nhs", b" -", false, All),
            of("icd10", b"", true, Nothing),
            any("us_ndc"),
            any("health_number"),
        ],
    ),
    ("card", &[of("card", b"", false, All), any("card_code"), any("card_expiry")]),
    ("iban", &[of("iban", b"", false, All)]),
    ("bic", &[any("bic")]),
    (
        "phone",
        &[
            of("phone_international", b" .-()", false, Nothing),
            of("phone_nanp", b" .-()/", false, Nothing),
            any("phone"),
        ],
    ),
    ("date", &[any("birth_date")]),
    ("email", &[of("email", b"", true, Nothing), of("email_encoded", b"", true, Nothing)]),
    (
        "address",
        &[
            any("street"),
            any("full_address"),
            any("us_street"),
            any("place"),
            any("state"),
            any("province"),
            of("postal_code", b"", true, Nothing),
            of("country", b"", true, Nothing),
        ],
    ),
    (
        "name",
        &[any("given_name"), any("surname"), any("person_name_field"), any("person_name"), any("person_name_proven")],
    ),
    (
        "credential",
        &[
            any("access_key"),
            any("aws_secret_key"),
            any("azure_key"),
            any("jwt"),
            any("private_key"),
            any("session_id"),
            any("cookie"),
        ],
    ),
    ("secret", &[any("password"), any("password_text"), any("password_hash"), of("username", b"", true, Nothing)]),
    ("crypto", &[of("bitcoin", b"", false, All), any("ethereum")]),
    ("net", &[of("ipv4", b"", false, Nothing), of("ipv6", b"", true, Nothing)]),
    (
        "device",
        &[
            of("mac", b"", true, Nothing),
            of("imei", b" -/", false, Nothing),
            of("vin", b"", true, All),
            any("coordinates"),
        ],
    ),
    ("licence", &[of("us_driver_license", b"", true, Nothing), of("passport", b"", true, Nothing)]),
];

/// Runs the promises of one validator of a family, which the first byte chooses, on a value made of the others. Gives
/// whether the value was valid.
pub fn family(name: &str, data: &[u8]) -> bool {
    let promises = FAMILIES.iter().find(|(family, _)| *family == name).map(|(_, promises)| *promises);
    let promises = promises.unwrap_or_else(|| panic!("no family {name}"));
    let Some((&choice, data)) = data.split_first() else { return false };
    let promise = &promises[usize::from(choice) % promises.len()];
    let validate = validate::by_name(promise.name).unwrap_or_else(|| panic!("no validator {}", promise.name));
    let value = value(promise.name, validate, data);
    promise.hold(validate, &value, data)
}

impl Promise {
    fn hold(&self, validate: Validate, value: &[u8], data: &[u8]) -> bool {
        let verdict = validate(value);
        assert_eq!(verdict, validate(value), "{}: not the same twice", self.name);
        let Verdict::Valid { proven, .. } = verdict else { return false };
        let same = |other: &[u8], what: &str| assert_eq!(validate(other), verdict, "{}: {what}", self.name);
        if !self.name.starts_with("email") && !value.is_empty() {
            same(&[b" ", value, b"\t"].concat(), "blanks at the ends");
        }
        let text = value.trim_ascii();
        // An extension of a telephone number has letters, and rules of its own.
        let phone = self.name.starts_with("phone");
        let sign = |b: &u8| b.is_ascii_digit() || if phone { *b == b'+' } else { b.is_ascii_alphabetic() };
        if !self.separators.is_empty() && text.iter().all(|b| sign(b) || self.separators.contains(b)) {
            let bare: Vec<u8> = text.iter().copied().filter(|b| !self.separators.contains(b)).collect();
            same(&bare, "without its separators");
            let pick = |i: usize| data.get(i % data.len().max(1)).map_or(0, |b| usize::from(*b));
            let (at, sign) = (1 + pick(0) % (bare.len() - 1), self.separators[pick(1) % self.separators.len()]);
            same(&[&bare[..at], &[sign], &bare[at..]].concat(), "with a separator");
        }
        if self.caseless {
            same(&value.to_ascii_uppercase(), "in capitals");
            same(&value.to_ascii_lowercase(), "in small letters");
        }
        if proven {
            self.edits(validate, text);
        }
        self.others(validate, text, verdict);
        true
    }

    /// Every change of one digit that a check digit sees leaves a number that is not proven.
    fn edits(&self, validate: Validate, value: &[u8]) {
        let digits: Vec<usize> = (0..value.len()).filter(|at| value[*at].is_ascii_digit()).collect();
        let seen = match self.checked {
            Nothing => return,
            All => &digits[..],
            First(n) => &digits[..n.min(digits.len())],
            Last(n) => &digits[digits.len() - n.min(digits.len())..],
        };
        for &at in seen {
            let mut other = value.to_vec();
            for digit in (b'0'..=b'9').filter(|d| *d != value[at]) {
                other[at] = digit;
                let proven = matches!(validate(&other), Verdict::Valid { proven: true, .. });
                assert!(!proven, "{}: proven with another digit at {at}", self.name);
            }
        }
    }

    /// What only one validator promises.
    fn others(&self, validate: Validate, value: &[u8], verdict: Verdict) {
        let without = |signs: &[u8]| -> Vec<u8> { value.iter().copied().filter(|b| !signs.contains(b)).collect() };
        match self.name {
            "us_ssn" | "us_itin" | "us_ein" | "card" | "iban" | "mac" => {
                assert_eq!(validate(&without(b" -:.")), verdict, "{}: compact", self.name);
            }
            "imei" if without(b" -/").len() == 15 => {
                assert!(matches!(verdict, Verdict::Valid { proven: true, .. }));
                Promise { checked: All, ..of(self.name, b"", false, Nothing) }.edits(validate, value);
            }
            "ethereum" => {
                let small = validate(&value.to_ascii_lowercase());
                assert!(matches!(small, Verdict::Valid { proven: false, .. }), "ethereum: one case proves nothing");
            }
            "email" => {
                assert!(value.len() <= 254);
                let at = value.iter().rposition(|b| *b == b'@').expect("it has an at sign");
                let encoded = [&value[..at], b"%40", &value[at + 1..]].concat();
                let said = validate::by_name("email_encoded").expect("known")(&encoded);
                assert_eq!(said, verdict, "email: as a URL holds it");
            }
            "person_name_proven" => {
                assert_eq!(validate::by_name("person_name").expect("known")(value), verdict);
            }
            "birth_date" => {
                let digits = without(b"-");
                let shape: Vec<u8> = value.iter().map(|b| if b.is_ascii_digit() { b'9' } else { *b }).collect();
                if shape == b"9999-99-99" {
                    assert_eq!(validate(&digits), verdict, "birth_date: without hyphens");
                    let slashed: Vec<u8> = value.iter().map(|b| if *b == b'-' { b'/' } else { *b }).collect();
                    assert_eq!(validate(&slashed), verdict, "birth_date: with slashes");
                    assert_eq!(validate(&[value, b"T00:00:00Z"].concat()), verdict, "birth_date: with a time");
                }
            }
            _ => {}
        }
    }
}

/// Addresses, as the standard library reads them: an oracle for any bytes.
pub fn addresses_agree(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let says = |name: &str| validate::by_name(name).expect("known")(data).is_valid();
    if text.trim_ascii() == text && !text.contains('%') {
        assert_eq!(says("ipv4"), text.parse::<std::net::Ipv4Addr>().is_ok(), "ipv4");
        assert_eq!(says("ipv6"), text.parse::<std::net::Ipv6Addr>().is_ok(), "ipv6");
    }
}

/// A value made of the fuzzer's bytes: they themselves, or an example of the detectors that use the validator, changed in a
/// few places and then, if that can be done with two digits, made valid again.
fn value(name: &str, validate: Validate, data: &[u8]) -> Vec<u8> {
    let Some((&mode, data)) = data.split_first() else { return Vec::new() };
    let seeds = seeds().get(name).map_or(&[][..], |all| &all[..]);
    if mode % 4 == 0 || seeds.is_empty() {
        return data.to_vec();
    }
    let mut value = seeds[usize::from(mode / 4) % seeds.len()].clone();
    for edit in data.chunks_exact(3).take(6) {
        if value.is_empty() {
            break;
        }
        let at = usize::from(edit[0]) % value.len();
        value[at] = match value[at] {
            b'0'..=b'9' if edit[1] % 8 != 0 => b'0' + edit[2] % 10,
            b'A'..=b'Z' if edit[1] % 8 != 0 => b'A' + edit[2] % 26,
            b'a'..=b'z' if edit[1] % 8 != 0 => b'a' + edit[2] % 26,
            _ if edit[1] % 64 == 0 => edit[2],
            old => old,
        };
    }
    let digits: Vec<usize> = (0..value.len()).filter(|at| value[*at].is_ascii_digit()).collect();
    if let [.., last, end] = digits[..]
        && !validate(&value).is_valid()
    {
        let before = value.clone();
        let places = [last, if mode & 128 == 0 { end } else { digits[0] }];
        for n in 0..100u8 {
            (value[places[0]], value[places[1]]) = (b'0' + n / 10, b'0' + n % 10);
            if validate(&value).is_valid() {
                return value;
            }
        }
        value = before;
    }
    value
}

/// Values of the detectors' examples that their validator takes, by validator.
fn seeds() -> &'static BTreeMap<String, Vec<Vec<u8>>> {
    static SEEDS: OnceLock<BTreeMap<String, Vec<Vec<u8>>>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let mut seeds: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        let detectors = pattern::builtin();
        let examples = detectors.iter().flat_map(|d| d.examples.iter().filter(|e| e.found));
        let mut texts: Vec<&str> = examples.map(|e| e.text.as_str()).collect();
        // Examples in running text have their value after a word or a sign.
        let parts: Vec<&str> = texts.iter().flat_map(|t| t.split([' ', '=', '"', ':', ';'])).collect();
        texts.extend(parts);
        texts.sort_unstable();
        texts.dedup();
        let used = detectors.iter().filter_map(|d| d.validate.as_deref());
        for name in validate::NAMES.iter().copied().chain(used) {
            let Some(validate) = validate::by_name(name) else { continue };
            let taken = texts.iter().filter(|t| validate(t.as_bytes()).is_valid()).take(16);
            seeds.entry(name.to_string()).or_insert_with(|| taken.map(|t| t.as_bytes().to_vec()).collect());
        }
        seeds
    })
}
