//! Identity: tokens, canonical forms, names, roles, and the assembly of records into mentions.

use Element::*;
use rollcall::identity::assemble::{Assembled, Assembler};
use rollcall::identity::canon::canonical;
use rollcall::identity::key::{Key, sip128};
use rollcall::identity::name::{Folder, Signer, Split};
use rollcall::identity::place;
use rollcall::identity::plan::IdentityPlan;
use rollcall::identity::roles::{Hint, field_role};
use rollcall::model::block::{Block, Cell, Layout, RecordMark, SEPARATOR};
use rollcall::model::detector::{Class, Confidence, Detector};
use rollcall::model::element::{Element, Form};
use rollcall::model::field::{Field, Schema};
use rollcall::model::finding::{Basis, Finding, Marks};
use rollcall::model::gap::GapKind;
use rollcall::model::mention::{Mention, NameSignature, Population, ResidenceBasis, Role};
use rollcall::model::settings::{FieldRule, IdentitySettings};
use std::sync::Arc;

fn key() -> Key {
    Key::from_bytes(std::array::from_fn(|i| i as u8))
}

// ---- a tiny maker of blocks ----------------------------------------------------------------------------------------

/// What stands in a value: an element over a part of it (the whole when `part` is empty).
#[derive(Clone, Copy)]
struct Find(Element, &'static str, Form, Marks);

fn is(element: Element) -> Find {
    Find(element, "", Form::Clear, Marks(0))
}

type Value = (&'static str, &'static str, Vec<Find>);

/// One record: the index of its parent, its path, and its values.
struct Rec {
    parent: Option<usize>,
    path: &'static str,
    values: Vec<Value>,
}

fn row(values: Vec<Value>) -> Rec {
    Rec { parent: None, path: "", values }
}

fn field_of(schema: &mut Schema, path: &str) -> u32 {
    let segments: Vec<&str> =
        if let Some(rest) = path.strip_prefix('/') { rest.split('/').collect() } else { vec![path] };
    let mut field = Field::new(segments.iter().copied());
    field.path = path.to_string();
    match schema.fields.iter().position(|f| f.path == path) {
        Some(at) => at as u32,
        None => schema.push(field),
    }
}

/// Lays records out as blocks, cut after the records whose number is in `cuts` (top-level records only).
fn blocks(layout: Layout, records: &[Rec], cuts: &[usize], schema: &mut Schema) -> Vec<(Block, Vec<Finding>)> {
    field_of(schema, "");
    let new = |offset| Block { bytes: vec![], owned: 0..0, offset, layout, cells: vec![], records: vec![] };
    let mut out = vec![];
    let (mut block, mut findings, mut offset, mut base) = (new(0), vec![], 0u64, 0usize);
    for (number, record) in records.iter().enumerate() {
        let start = offset + block.bytes.len() as u64;
        for (path, value, finds) in &record.values {
            let field = field_of(schema, path);
            let at = block.bytes.len() as u32;
            let cell = block.cells.len() as u32;
            for Find(element, part, form, marks) in finds {
                let from = if part.is_empty() { 0 } else { value.find(part).expect("the part is in the value") };
                let len = if part.is_empty() { value.len() } else { part.len() };
                findings.push(Finding {
                    start: at + from as u32,
                    end: at + (from + len) as u32,
                    cell,
                    detector: *element as u16,
                    element: *element,
                    form: *form,
                    confidence: Confidence::High,
                    marks: *marks,
                    basis: Basis::FIELD,
                });
            }
            block.bytes.extend_from_slice(value.as_bytes());
            block.cells.push(Cell { start: at, end: at + value.len() as u32, field, record: (number - base) as u32 });
            block.bytes.push(SEPARATOR);
        }
        block.bytes.push(SEPARATOR);
        let path = field_of(schema, record.path);
        block.records.push(RecordMark {
            id: number as u64,
            parent: record.parent.map(|p| (p - base) as u32),
            row: number as u64 + 1,
            path,
            source: start..offset + block.bytes.len() as u64,
            open: false,
        });
        if cuts.contains(&number) {
            block.owned = 0..block.bytes.len() as u32;
            offset += block.bytes.len() as u64;
            base = number + 1;
            out.push((std::mem::replace(&mut block, new(offset)), std::mem::take(&mut findings)));
        }
    }
    block.owned = 0..block.bytes.len() as u32;
    out.push((block, findings));
    out
}

/// One detector for each element, so that a finding's detector is its element's number.
fn detectors() -> Vec<Detector> {
    let class = |e| match e {
        Ssn | TaxId | DriverLicense | Passport => Class::Primary,
        Email | Phone | Pan | BankAccount | Username => Class::Tertiary,
        Dob => Class::Secondary,
        _ => Class::None,
    };
    let detector = |e: &Element| Detector {
        id: e.code().to_lowercase(),
        file: String::new(),
        shipped: false,
        name: e.title().into(),
        element: *e,
        form: Form::Clear,
        identifies: class(*e),
        why: String::new(),
        pattern: None,
        field_only: false,
        beside_findings: false,
        whole_field: false,
        digits: None,
        near: vec![],
        fields: vec![],
        not_fields: vec![],
        validate: None,
        alone: Confidence::Medium,
        with_near: Confidence::High,
        with_field: Confidence::High,
        precedence: 0,
        references: vec![],
        examples: vec![],
    };
    Element::ALL.iter().map(detector).collect()
}

fn rule(namespace: &str, glob: Option<&str>, field: &str) -> FieldRule {
    FieldRule { namespace: namespace.into(), glob: glob.map(Into::into), field: field.into() }
}

fn settings() -> IdentitySettings {
    IdentitySettings {
        customer_ids: vec![rule("shop", None, "Customer_ID")],
        keys: vec![rule("order", None, "order_id"), rule("payment", None, "payment_id")],
        own_domains: vec!["shop.example".into()],
    }
}

fn run_cut(path: &str, layout: Layout, records: &[Rec], cuts: &[usize]) -> (Vec<(u32, Mention)>, Assembled) {
    let plan = Arc::new(IdentityPlan::new(&settings(), &detectors()).expect("settings are good"));
    let mut assembler = Assembler::new(plan, &key(), path);
    let (mut schema, mut mentions) = (Schema::default(), vec![]);
    for (block, findings) in blocks(layout, records, cuts, &mut schema) {
        assembler.block(&block, &schema, &findings, &mut |segment, mention| mentions.push((segment, mention)));
    }
    let rest = assembler.finish(&schema, &mut |segment, mention| mentions.push((segment, mention)));
    (mentions, rest)
}

fn run(layout: Layout, records: Vec<Rec>) -> (Vec<Mention>, Assembled) {
    let (mentions, rest) = run_cut("data/file", layout, &records, &[]);
    (mentions.into_iter().map(|m| m.1).collect(), rest)
}

fn table(values: Vec<Value>) -> Vec<Mention> {
    run(Layout::Table, vec![row(values)]).0
}

fn has(mention: &Mention, element: Element) -> bool {
    mention.elements.iter().any(|e| e.element == element)
}

fn class(mention: &Mention, kind: Element) -> Option<Class> {
    mention.tokens.iter().find(|t| t.kind == kind).map(|t| t.class)
}

fn of(mentions: &[Mention], role: Role) -> &Mention {
    let mut found = mentions.iter().filter(|m| m.role == role);
    let first = found.next().unwrap_or_else(|| panic!("no {role:?} in {mentions:?}"));
    assert!(found.next().is_none(), "two of {role:?}");
    first
}

fn token_of(kind: Element, value: &str) -> rollcall::model::mention::TokenValue {
    let mut out = vec![];
    assert!(canonical(kind, value.as_bytes(), false, &mut out));
    key().token(kind, "", &out)
}

fn holds(mention: &Mention, kind: Element, value: &str) -> bool {
    mention.tokens.iter().any(|t| t.kind == kind && t.value == token_of(kind, value))
}

const V: fn(&'static str, &'static str, Element) -> Value = |f, v, e| (f, v, vec![is(e)]);
const BARE: fn(&'static str, &'static str) -> Value = |f, v| (f, v, vec![]);

// ---- keys and tokens -----------------------------------------------------------------------------------------------

/// The first vectors of SipHash-2-4-128 as its authors publish them (vectors.h: key 00..0f, message 00 01 02 ...).
#[test]
fn siphash_agrees_with_the_published_vectors() {
    let key: [u8; 16] = std::array::from_fn(|i| i as u8);
    let vectors = [
        (0usize, "a3817f04ba25a8e66df67214c7550293"),
        (1, "da87c1d86b99af44347659119b22fc45"),
        (2, "8177228da4a45dc7fca38bdef60affe4"),
        (3, "9c70b60c5267a94e5f33b6b02985ed51"),
        (4, "f88164c12d9c8faf7d0f6e7c7bcd5579"),
        (15, "5493e99933b0a8117e08ec0f97cfc3d9"),
    ];
    for (len, expected) in vectors {
        let message: Vec<u8> = (0..len as u8).collect();
        let hex: String = sip128(&key, &message).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, expected, "length {len}");
    }
}

#[test]
fn a_token_is_the_published_function_of_its_documented_layout() {
    let raw: [u8; 16] = std::array::from_fn(|i| i as u8);
    for value in [vec![b'7'; 9], vec![b'x'; 400]] {
        let mut input = vec![1, 1, 3];
        input.extend_from_slice(b"SSN");
        input.extend_from_slice(&4u32.to_le_bytes());
        input.extend_from_slice(b"shop");
        input.extend_from_slice(&value);
        assert_eq!(key().token(Ssn, "shop", &value).0, sip128(&raw, &input));
    }
}

#[test]
fn kind_namespace_value_and_key_all_matter() {
    let base = key().token(Ssn, "", b"219099999");
    assert_ne!(base, key().token(TaxId, "", b"219099999"));
    assert_ne!(base, key().token(Ssn, "a", b"219099999"));
    assert_ne!(key().token(CustomerId, "ab", b"c"), key().token(CustomerId, "a", b"bc"));
    assert_ne!(base, Key::from_bytes([7; 16]).token(Ssn, "", b"219099999"));
    assert_eq!(base, key().token(Ssn, "", b"219099999"));
}

#[test]
fn a_key_reads_its_own_hex_and_hides_itself() {
    let hex = key().to_hex();
    let again = Key::from_hex(&format!(" {hex}\n")).expect("its own digits");
    assert!(again == key());
    assert_eq!(again.id(), key().id());
    assert_ne!(key().id(), Key::from_bytes([1; 16]).id());
    assert!(!format!("{again:?}").contains(&hex));
    assert!(!hex.contains(&key().id()));
    assert!(Key::from_hex("00").is_err() && Key::from_hex(&"g".repeat(32)).is_err());
}

// ---- canonical forms -----------------------------------------------------------------------------------------------

fn canon(element: Element, value: &str) -> Option<String> {
    let mut out = vec![];
    canonical(element, value.as_bytes(), false, &mut out).then(|| String::from_utf8(out).expect("text"))
}

#[test]
fn one_thing_has_one_form() {
    let same = [
        (Email, "Jane.Doe+x@Mail.Example", "<mailto:jane.doe+x@mail.example>"),
        (Email, "\"Doe, J\" <ÅSA@mail.example>", "a\u{30a}sa@mail.example"),
        (Phone, "(508) 222-5200", "+1 508.222.5200 x99"),
        (Phone, "15082225200", "508-222-5200 ext. 7"),
        (Phone, "+44 (0)20 7946 0958", "011 44 20 7946 0958"),
        (Phone, "0044 20 7946 0958", "+442079460958"),
        (Ssn, "219-09-9999", "219 09 9999"),
        (Dob, "1980-03-04", "03/04/1980"),
        (Dob, "1980-03-04", "1980-3-4"),
        (Dob, "1980-03-04T00:00:00", "March 4, 1980"),
        (Dob, "4 Mar 1980", "19800304"),
        (Dob, "13/04/1980", "1980-04-13"),
        (Dob, "04.03.1980", "3/4/80"),
        (Street, "784 Stamm Lock Unit 46", "784 stamm lock #46"),
        (Street, "12 North Main Street, Apt. 4", "12 N MAIN ST APT 4"),
        (BankAccount, "DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
        (DriverLicense, "s-9999 1234", "S99991234"),
        (Username, "JDoe", "jdoe"),
        (IpAddress, "2001:DB8::0001", "2001:db8:0::1"),
        (CustomerId, " 00012 ", "00012"),
    ];
    for (element, a, b) in same {
        assert!(canon(element, a).is_some(), "{element:?}");
        assert_eq!(canon(element, a), canon(element, b), "{element:?} {a} {b}");
    }
}

#[test]
fn two_things_have_two_forms() {
    let apart = [
        (Email, "jane+x@mail.example", "jane@mail.example"),
        (Email, "j.doe@gmail.com", "jdoe@gmail.com"),
        (Phone, "508-222-5200", "+44 508 222 5200"),
        (Dob, "03/04/1980", "04/03/1980"),
        (Street, "12 Main St Apt 4", "12 Main St Apt 5"),
        (Street, "12 Main St", "12 Main Ave"),
        (CustomerId, "0012", "12"),
        (CustomerId, "ab", "AB"),
    ];
    for (element, a, b) in apart {
        assert_ne!(canon(element, a), canon(element, b), "{element:?} {a} {b}");
    }
}

#[test]
fn rubbish_has_no_form() {
    let none = [
        (Email, "@"),
        (Email, "jane@"),
        (Phone, "222-5200"),
        (Phone, "0000000000"),
        (Dob, "1980-02-30"),
        (Dob, "1980-2-30"),
        (Dob, "1700-01-01"),
        (Dob, "198a-01-01"),
        (Dob, "80"),
        (Street, "Main Street"),
        (Street, "12"),
        (IpAddress, "1.2.3"),
        (CustomerId, "NULL"),
        (CustomerId, "0"),
        (CustomerId, "-1"),
        (CustomerId, "None"),
        (RecordKey, " "),
        (Ssn, "none"),
    ];
    for (element, value) in none {
        assert_eq!(canon(element, value), None, "{element:?} {value}");
    }
    let mut out = vec![];
    assert!(canonical(Dob, b"03/04/1980", true, &mut out));
    assert_eq!(out, b"1980-04-03");
}

#[test]
fn states_of_zip_codes() {
    let known = [
        ("02139", "MA"),
        ("02155", "MA"),
        ("00501", "NY"),
        ("06390", "NY"),
        ("06103", "CT"),
        ("90210", "CA"),
        ("20500", "DC"),
        ("20190", "VA"),
        ("73301", "TX"),
        ("88510", "TX"),
        ("99501", "AK"),
        ("96813", "HI"),
        ("00802", "VI"),
        ("00907", "PR"),
        ("05501", "MA"),
        ("60601", "IL"),
        ("33101", "FL"),
        ("2139", "MA"),
        ("02139-1234", "MA"),
    ];
    for (zip, state) in known {
        let code = place::zip5(zip.as_bytes()).and_then(place::zip_state);
        assert_eq!(code.map(|c| String::from_utf8_lossy(&c).into_owned()).as_deref(), Some(state), "{zip}");
    }
    assert_eq!(place::zip5(b"T5K 2N1"), None);
    assert_eq!(place::state_code(b"massachusetts"), Some(*b"MA"));
    assert_eq!(place::country_code(b"United Kingdom"), Some(*b"GB"));
}

// ---- names ---------------------------------------------------------------------------------------------------------

fn sign(full: &str) -> NameSignature {
    let (mut folder, mut signer, mut name) = (Folder::default(), Signer::default(), NameSignature::default());
    assert_eq!(folder.full_name(full.as_bytes()), Split::Person, "{full}");
    signer.first(&key(), &folder.first, &mut name);
    signer.last(&key(), &folder.last, &mut name);
    name
}

fn split(full: &str) -> Option<(String, String)> {
    let mut folder = Folder::default();
    (folder.full_name(full.as_bytes()) == Split::Person).then(|| (folder.first.clone(), folder.last.clone()))
}

#[test]
fn full_names_split() {
    let cases = [
        ("Jane Doe", "jane", "doe"),
        ("DOE, JANE Q.", "jane", "doe"),
        ("Dr. Jane Q. Doe, Jr.", "jane", "doe"),
        ("Mr. Luís Gonçalves", "luis", "goncalves"),
        ("Ludwig van Beethoven", "ludwig", "vanbeethoven"),
        ("Maria de la Cruz", "maria", "delacruz"),
        ("Sinéad O’Connor", "sinead", "oconnor"),
        ("J. Smith", "j", "smith"),
        ("Maynard46 Mosciski958", "maynard46", "mosciski958"),
        ("Søren Kierkegaard III", "soren", "kierkegaard"),
    ];
    for (full, first, last) in cases {
        assert_eq!(split(full), Some((first.into(), last.into())), "{full}");
    }
    let mut folder = Folder::default();
    assert_eq!(folder.full_name(b"STURDY MEMORIAL HOSPITAL"), Split::Organisation);
    assert_eq!(folder.full_name(b"Acme, Inc."), Split::Organisation);
    for unclear in ["Jane", "", "12 34", "Dr."] {
        assert_eq!(folder.full_name(unclear.as_bytes()), Split::Unclear, "{unclear}");
    }
}

#[test]
fn signatures_meet_where_names_are_near_and_only_there() {
    let shares = |a: &[u16], b: &[u16]| a.iter().any(|x| *x != 0 && b.contains(x));
    let (robert, bob) = (sign("Robert Smith"), sign("Bob Smith"));
    assert_ne!(robert.first, bob.first);
    assert_eq!(robert.first_roots, bob.first_roots);
    assert_ne!(robert.first_roots, sign("Jane Smith").first_roots);
    assert_eq!(sign("José García"), sign("JOSE GARCIA"));
    let initial = sign("R. Smith");
    assert_eq!((initial.first, initial.initial), (0, robert.initial));
    assert_eq!(sign("A Johnson").last_sound, sign("A Jonson").last_sound);
    assert_eq!(sign("A Phillips").last_sound, sign("A Filips").last_sound);
    assert!(shares(&robert.last_near, &sign("Robert Smyth").last_near));
    assert_ne!(robert.last_sound, sign("Robert Jones").last_sound);
    assert!(shares(&sign("Jane Gonzales").last_near, &sign("Jane Gonzalez").last_near));
    assert!(shares(&sign("Stephanie Doe").first_near, &sign("Stephnie Doe").first_near));
    assert!(!shares(&sign("Jane Gonzales").last_near, &sign("Jane Whittaker").last_near));
    let (a, b) = (sign("Maynard46 Doe"), sign("Maynard47 Doe"));
    assert_ne!(a.first, b.first);
    assert_ne!(a.first_sound, b.first_sound);
    assert!(!shares(&a.first_near, &b.first_near));
    assert_ne!(sign("Jane Doe").first, sign("Doe Jane").last, "first and last names are different questions");
    assert!(
        !shares(&sign("Jan Li").first_near, &sign("Jon Li").first_near),
        "short names have no neighbours but longer ones"
    );
    assert!(shares(&sign("Erc Li").first_near, &sign("Eric Li").first_near));
    assert_eq!(sign("Jan Li").last_near, [0; 10]);
    assert!(NameSignature::default().is_empty() && !robert.is_empty());
}

// ---- roles ---------------------------------------------------------------------------------------------------------

#[test]
fn roles_come_from_words() {
    let role = |segments: &[&str]| field_role(&Field::new(segments.iter().copied()), false).hint;
    let cases: [(&[&str], Role); 20] = [
        (&["bill_to_name"], Role::Buyer),
        (&["billingZip"], Role::Buyer),
        (&["cardholder"], Role::Buyer),
        (&["Ship-To Name"], Role::Recipient),
        (&["order", "shipTo", "name"], Role::Recipient),
        (&["deliver_to"], Role::Recipient),
        (&["emergency_contact_phone"], Role::EmergencyContact),
        (&["guardian_name"], Role::Guardian),
        (&["spouse"], Role::Spouse),
        (&["assigned_to"], Role::Agent),
        (&["SupportRepId"], Role::Agent),
        (&["seller_email"], Role::Seller),
        (&["From"], Role::Sender),
        (&["cc"], Role::Addressee),
        (&["valid_from"], Role::Subject),
        (&["user_agent"], Role::Subject),
        (&["report_name"], Role::Subject),
        (&["gift_card_number"], Role::Subject),
        (&["shipment"], Role::Subject),
        (&["report", "to_name"], Role::Subject),
    ];
    for (segments, expected) in cases {
        assert_eq!(role(segments), Hint::Plain(expected), "{segments:?}");
    }
    assert_eq!(role(&["contact_name"]), Hint::Contact);
    assert_eq!(role(&["owner_name"]), Hint::Owner);
}

// ---- assembly of rows ----------------------------------------------------------------------------------------------

#[test]
fn a_customer_row_is_one_mention() {
    let mentions = table(vec![
        BARE("customer_id", "0042"),
        V("first", "Jane", FirstName),
        V("last", "Doe", LastName),
        V("email", "Jane@mail.example", Email),
        V("ssn", "219-09-1234", Ssn),
        V("dob", "1980-03-04", Dob),
        V("street", "12 Main Street", Street),
        V("city", "Cambridge", City),
        V("state", "Massachusetts", State),
        V("zip", "10001", Zip),
    ]);
    assert_eq!(mentions.len(), 1);
    let m = &mentions[0];
    assert_eq!((m.role, m.population, m.count), (Role::Subject, Population::Consumer, 1));
    assert_eq!(m.name, sign("Jane Doe"));
    assert!(has(m, Name) && has(m, Address) && has(m, Ssn) && !has(m, FirstName) && !has(m, Street));
    assert_eq!(class(m, Ssn), Some(Class::Primary));
    assert_eq!(class(m, CustomerId), Some(Class::Primary));
    assert_eq!(class(m, Email), Some(Class::Primary), "beside a customer id");
    assert_eq!(class(m, Dob), Some(Class::Secondary));
    assert_eq!(class(m, Address), Some(Class::Tertiary));
    let home = m.residence.expect("a state");
    assert_eq!(
        (home.country, home.state, home.basis),
        (*b"US", *b"MA", ResidenceBasis::Account),
        "the state outweighs the ZIP"
    );
    assert!(m.tokens.is_sorted() && m.elements.is_sorted());
    assert_eq!(m.rows[..], [(1, 1)]);
}

#[test]
fn an_email_is_tertiary_without_an_account() {
    let guest = table(vec![V("name", "Jane Doe", FullName), V("email", "j@mail.example", Email)]);
    assert_eq!(class(&guest[0], Email), Some(Class::Tertiary));
    let login = table(vec![V("email", "j@mail.example", Email), V("password", "hunter2!", Password)]);
    assert_eq!(class(&login[0], Email), Some(Class::Primary));
}

#[test]
fn marks_decide_tokens_and_population() {
    let marked = |e, m| vec![Find(e, "", Form::Clear, m)];
    let never = table(vec![V("name", "Jane Doe", FullName), ("ssn", "999-17-5017", marked(Ssn, Marks::NEVER_ISSUED))]);
    assert_eq!((class(&never[0], Ssn), never[0].population), (Some(Class::Tertiary), Population::Consumer));
    let test = table(vec![V("name", "Jane Doe", FullName), ("card", "4111111111111111", marked(Pan, Marks::TEST))]);
    assert_eq!((class(&test[0], Pan), test[0].population), (None, Population::Test));
    let real = table(vec![
        V("name", "Jane Doe", FullName),
        ("card", "4111111111111111", marked(Pan, Marks::TEST)),
        V("ssn", "219-09-1234", Ssn),
    ]);
    assert_eq!(real[0].population, Population::Consumer, "a real number overrides");
    let placeholder =
        table(vec![V("name", "Jane Doe", FullName), ("email", "na@na.com", marked(Email, Marks::PLACEHOLDER))]);
    assert!(placeholder[0].tokens.is_empty() && !has(&placeholder[0], Email));
    let office = table(vec![("email", "info@firm.example", marked(Email, Marks::ROLE))]);
    assert_eq!((class(&office[0], Email), office[0].population), (Some(Class::None), Population::Organisation));
    let four = table(vec![
        V("name", "Jane Doe", FullName),
        ("ssn", "***-**-1234", vec![Find(Ssn, "", Form::Truncated, Marks(0))]),
    ]);
    assert_eq!(class(&four[0], Ssn), Some(Class::Secondary));
    assert!(has(&four[0], Ssn) && four[0].elements.iter().any(|e| e.form == Form::Truncated));
}

#[test]
fn cards_pair_with_their_own_codes() {
    let name = || V("name", "Jane Doe", FullName);
    let pair = table(vec![name(), V("card_number", "4532015112830366", Pan), V("cvv", "123", CardCode)]);
    assert!(has(&pair[0], PanCode));
    let alone = table(vec![name(), V("card_number", "4532015112830366", Pan), V("expiry", "12/29", CardExpiry)]);
    assert!(!has(&alone[0], PanCode) && has(&alone[0], Pan));
    let two = table(vec![
        name(),
        V("card1_number", "4532015112830366", Pan),
        V("card2_number", "5425233430109903", Pan),
        V("card2_cvv", "123", CardCode),
    ]);
    assert!(has(&two[0], PanCode));
    let other = table(vec![
        name(),
        V("card1_number", "4532015112830366", Pan),
        V("card2_number", "5425233430109903", Pan),
        V("card3_cvv", "123", CardCode),
    ]);
    assert!(!has(&other[0], PanCode), "a third card's code is neither's");
    let roles = table(vec![
        name(),
        V("card_number", "4532015112830366", Pan),
        V("guardian_name", "Ann Doe", FullName),
        V("guardian_cvv", "123", CardCode),
    ]);
    assert!(roles.iter().all(|m| !has(m, PanCode)), "another person's code");
    let rows = run(
        Layout::Table,
        vec![
            row(vec![BARE("customer_id", "1"), V("card_number", "4532015112830366", Pan)]),
            row(vec![BARE("customer_id", "1"), V("cvv", "123", CardCode)]),
        ],
    );
    assert!(rows.0.iter().all(|m| !has(m, PanCode)), "never over two records");
}

#[test]
fn logins_pair_with_passwords_in_their_form() {
    let hashed = vec![Find(Password, "", Form::Hashed, Marks(0))];
    let m = &table(vec![
        V("email", "j@mail.example", Email),
        V("username", "jdoe", Username),
        ("password_hash", "5f4d", hashed),
    ])[0];
    for pair in [EmailPassword, UsernamePassword] {
        assert_eq!(m.elements.iter().find(|e| e.element == pair).map(|e| e.form), Some(Form::Hashed));
    }
    let bank = table(vec![
        V("name", "Jane Doe", FullName),
        V("account_number", "12345678901", BankAccount),
        BARE("pin", "4821"),
    ]);
    assert!(has(&bank[0], BankAccountCode));
    let login = table(vec![
        V("name", "Jane Doe", FullName),
        V("account_number", "12345678901", BankAccount),
        V("password", "hunter2!", Password),
    ]);
    assert!(!has(&login[0], BankAccountCode), "a password is no access code");
}

#[test]
fn an_initial_and_a_last_name_are_a_name_and_less_is_none() {
    assert!(has(&table(vec![V("first", "J", FirstName), V("last", "Doe", LastName)])[0], Name));
    let last = table(vec![V("last", "Doe", LastName), V("email", "d@mail.example", Email)]);
    assert!(!has(&last[0], Name) && has(&last[0], LastName));
    let zip = table(vec![V("name", "Jane Doe", FullName), V("zip", "02139", Zip)]);
    assert!(!has(&zip[0], Address) && class(&zip[0], Address).is_none());
    assert_eq!(zip[0].residence.map(|r| r.state), Some(*b"MA"));
    let street = table(vec![V("name", "Jane Doe", FullName), V("street", "12 Main St", Street)]);
    assert!(has(&street[0], Address) && class(&street[0], Address).is_none(), "no token without a place");
}

#[test]
fn buyer_and_subject() {
    let merged = table(vec![
        BARE("customer_id", "7"),
        V("bill_to_name", "Jane Doe", FullName),
        V("email", "j@mail.example", Email),
    ]);
    assert_eq!((merged.len(), merged[0].role, merged[0].name), (1, Role::Subject, sign("Jane Doe")));
    let apart = table(vec![
        V("name", "Bob Ray", FullName),
        V("email", "b@mail.example", Email),
        V("bill_to_name", "Jane Doe", FullName),
    ]);
    assert_eq!(apart.len(), 2);
    assert_eq!(of(&apart, Role::Buyer).name, sign("Jane Doe"));
    let same = table(vec![V("name", "Jane Doe", FullName), V("billing_name", "DOE, JANE", FullName)]);
    assert_eq!(same.len(), 1);
}

#[test]
fn a_recipient_inherits_the_orders_key_and_nothing_else() {
    let order = |to: &'static str| {
        table(vec![
            BARE("order_id", "A-1"),
            BARE("customer_id", "7"),
            V("name", "Jane Doe", FullName),
            V("card", "4532015112830366", Pan),
            V("state", "MA", State),
            V("ship_to_name", to, FullName),
            V("ship_to_state", "NY", State),
        ])
    };
    let two = order("Ann Lee");
    let (buyer, recipient) = (of(&two, Role::Subject), of(&two, Role::Recipient));
    assert_eq!(recipient.tokens.iter().map(|t| t.kind).collect::<Vec<_>>(), vec![RecordKey]);
    assert_eq!(recipient.residence.map(|r| (r.state, r.basis)), Some((*b"NY", ResidenceBasis::Shipping)));
    assert!(!has(recipient, Pan) && class(buyer, Pan).is_some() && class(buyer, RecordKey).is_some());
    assert_eq!(buyer.residence.map(|r| r.state), Some(*b"MA"));
    assert_eq!(order("Jane Doe").len(), 1, "a gift to oneself");
    let self_only =
        table(vec![BARE("customer_id", "7"), V("ship_to_street", "1 Elm St", Street), V("ship_to_zip", "02139", Zip)]);
    assert_eq!((self_only.len(), self_only[0].role), (1, Role::Subject), "an address with no name is the buyer's own");
    assert_eq!(self_only[0].residence.map(|r| r.basis), Some(ResidenceBasis::Shipping));
    assert!(class(&self_only[0], Address).is_some());
    let home = table(vec![
        V("name", "Jane Doe", FullName),
        V("home_address", "1 Elm St", Street),
        V("city", "Salem", City),
        V("zip", "02139", Zip),
    ]);
    assert!(class(&home[0], Address).is_some(), "a street takes the place that has no street");
}

#[test]
fn keys_attach_and_do_not_make_people() {
    let payment = table(vec![BARE("order_id", "A-1"), V("card", "4532015112830366", Pan)]);
    assert_eq!(payment.len(), 1);
    assert!(class(&payment[0], RecordKey).is_some() && class(&payment[0], Pan).is_some());
    assert!(table(vec![BARE("order_id", "A-1"), BARE("total", "9")]).is_empty());
    assert_eq!(table(vec![BARE("order_id", "A-1"), BARE("payment_id", "P-1")]).len(), 1, "two keys join records");
    assert!(table(vec![BARE("customer_id", "0")]).is_empty() && table(vec![BARE("customer_id", "NULL")]).is_empty());
    assert_eq!(table(vec![BARE("CUSTOMER_ID", "5")]).len(), 1, "without regard to case");
    let (a, b) = (table(vec![BARE("order_id", "5"), BARE("customer_id", "5")]), token_of(CustomerId, "5"));
    assert!(a[0].tokens.iter().all(|t| t.value != b), "the namespace is part of the token");
    let city = table(vec![BARE("order_id", "A-1"), V("city", "Salem", City)]);
    assert_eq!(city[0].tokens.len(), 1, "elements beside a key alone go with the key");
}

#[test]
fn globs_bound_the_rules() {
    let settings =
        IdentitySettings { customer_ids: vec![rule("p", Some("**/patients.csv"), "Id")], ..Default::default() };
    let plan = Arc::new(IdentityPlan::new(&settings, &detectors()).expect("a good glob"));
    let count = |path: &str| {
        let (mut schema, mut n) = (Schema::default(), 0);
        let mut assembler = Assembler::new(Arc::clone(&plan), &key(), path);
        for (block, findings) in blocks(Layout::Table, &[row(vec![BARE("Id", "x1")])], &[], &mut schema) {
            assembler.block(&block, &schema, &findings, &mut |_, _| n += 1);
        }
        assembler.finish(&schema, &mut |_, _| n += 1);
        n
    };
    assert_eq!((count("csv/patients.csv"), count("csv/claims.csv")), (1, 0));
    let bad = IdentitySettings { keys: vec![rule("p", Some("a[b"), "Id")], ..Default::default() };
    assert!(IdentityPlan::new(&bad, &[]).is_err());
}

#[test]
fn other_roles_are_their_own_people() {
    let m = table(vec![
        BARE("customer_id", "7"),
        V("name", "Jane Doe", FullName),
        V("guardian_name", "Jane Doe", FullName),
        V("emergency_contact_phone", "508-222-5200", Phone),
        V("doctor_name", "Ann Lee", FullName),
    ]);
    assert_eq!(m.len(), 4);
    assert_eq!(of(&m, Role::Guardian).name, sign("Jane Doe"), "a junior is not the senior");
    assert!(holds(of(&m, Role::EmergencyContact), Phone, "508-222-5200") && !has(of(&m, Role::Subject), Phone));
    assert_eq!(of(&m, Role::Seller).population, Population::Seller);
}

#[test]
fn an_owner_is_who_the_relationship_says() {
    let plan = |how: &'static str| {
        table(vec![BARE("customer_id", "7"), BARE("OWNERSHIP", how), V("OWNERNAME", "Gail741 Mosciski958", FullName)])
    };
    assert_eq!(plan("Guardian").len(), 2);
    assert!(of(&plan("Guardian"), Role::Subject).name.is_empty());
    assert_eq!(plan("Self").len(), 1);
    assert!(has(&plan("Self")[0], Name));
}

#[test]
fn organisations_and_their_contacts() {
    let org = table(vec![V("name", "Sturdy Memorial Hospital", FullName), V("phone", "508-222-5200", Phone)]);
    assert_eq!((org[0].population, has(&org[0], Name)), (Population::Organisation, false));
    let firm = table(vec![
        V("company", "Acme Inc", FullName),
        V("contact_name", "Jane Doe", FullName),
        V("contact_email", "j@acme.example", Email),
    ]);
    assert_eq!(
        (of(&firm, Role::Contact).population, of(&firm, Role::Contact).name),
        (Population::Consumer, sign("Jane Doe"))
    );
    assert_eq!(firm.len(), 1, "a company alone is nobody");
    let plain = table(vec![V("contact_name", "Jane Doe", FullName)]);
    assert_eq!(plain[0].role, Role::Subject);
    let person = table(vec![BARE("Company", "Embraer"), V("name", "Jane Doe", FullName)]);
    assert_eq!((person[0].role, person[0].population), (Role::Subject, Population::Consumer));
}

#[test]
fn an_account_at_a_role_mailbox_without_a_person_is_an_organisation() {
    let row = |more: Vec<Value>| {
        let mut values = vec![
            BARE("customer_id", "C-17"),
            ("email", "info@mail.example", vec![Find(Email, "", Form::Clear, Marks::ROLE)]),
            V("phone", "508-222-5200", Phone),
        ];
        values.extend(more);
        table(values)
    };
    assert_eq!(row(vec![])[0].population, Population::Organisation);
    assert_eq!(row(vec![V("name", "Ann Lee", FullName)])[0].population, Population::Consumer);
    assert_eq!(row(vec![V("dob", "1970-05-14", Dob)])[0].population, Population::Consumer);
}

#[test]
fn staff_and_providers_by_path() {
    let records = || vec![row(vec![V("employee_name", "Jane Doe", FullName)])];
    let population = |path| run_cut(path, Layout::Table, &records(), &[]).0[0].1.clone();
    assert_eq!(
        (population("hr/payroll.csv").population, population("hr/payroll.csv").role),
        (Population::Employee, Role::Subject)
    );
    assert_eq!(population("chrome/data.csv").role, Role::Agent, "words, never parts of words");
    let own = table(vec![V("email", "ann@mail.shop.example", Email)]);
    assert_eq!((own[0].population, own[0].role), (Population::Agent, Role::Agent));
    assert_eq!(table(vec![V("email", "ann@notshop.example", Email)])[0].population, Population::Consumer);
}

#[test]
fn residence_by_country_and_basis() {
    let home = |values: Vec<Value>| {
        let mut all = vec![V("name", "Jane Doe", FullName)];
        all.extend(values);
        table(all)[0].residence.map(|r| (String::from_utf8_lossy(&r.country).into_owned(), r.state, r.basis))
    };
    let is = |c: &str, s: &[u8; 2], b| Some((c.to_string(), *s, b));
    assert_eq!(
        home(vec![V("state", "AB", State), V("country", "Canada", Country)]),
        is("CA", b"  ", ResidenceBasis::Account)
    );
    assert_eq!(home(vec![V("state", "AB", State)]), is("CA", b"  ", ResidenceBasis::Account));
    assert_eq!(
        home(vec![V("state", "SP", State), V("country", "Brazil", Country)]),
        is("BR", b"  ", ResidenceBasis::Account)
    );
    assert_eq!(
        home(vec![V("billing_state", "NY", State), V("mailing_state", "TX", State)]),
        is("US", b"TX", ResidenceBasis::Mailing)
    );
    assert_eq!(home(vec![V("zip", "99999999", Zip)]), None);
}

#[test]
fn orphans_and_nobodies() {
    let (mentions, rest) = run(
        Layout::Table,
        vec![
            row(vec![V("cvv", "123", CardCode), V("dob", "1980-03-04", Dob)]),
            row(vec![V("cvv", "124", CardCode)]),
            row(vec![V("ip", "192.0.2.7", IpAddress)]),
            row(vec![V("first", "Jane", FirstName)]),
        ],
    );
    assert!(mentions.is_empty());
    let codes = rest.orphans.iter().find(|o| o.element.element == CardCode).expect("the codes");
    assert_eq!((codes.path.as_str(), codes.count, codes.distinct, &codes.first_rows), ("cvv", 2, 2, &vec![1, 2]));
    assert!(rest.orphans.iter().all(|o| o.element.element != IpAddress), "an IP address is nobody");
    assert!(rest.orphans.iter().any(|o| o.element.element == Dob), "a birthday is nobody's name");
    assert_eq!(rest.records, 4);
    let named = table(vec![V("name", "Jane Doe", FullName), V("ip", "192.0.2.7", IpAddress)]);
    assert_eq!(class(&named[0], IpAddress), Some(Class::None));
}

/// A row's values wait for their hashes, those of a tree do not, and a long one nowhere: they are counted alike.
#[test]
fn values_with_nobody_beside_them_are_counted_alike() {
    const LONG: &str =
        "a very long street of a town that is nobody's, which goes on and on past what a row keeps of it";
    let values = ["123", "124", "123", LONG, "12 Elm", LONG];
    let rows = |path| {
        values.map(|value| Rec {
            parent: None,
            path,
            values: vec![V("/code", value, CardCode), V("/street", value, Street), V("/city", value, City)],
        })
    };
    let (_, table) = run_cut("data/file", Layout::Table, &rows(""), &[]);
    let counts: Vec<_> = table.orphans.iter().map(|o| (o.element.element, o.count, o.distinct)).collect();
    assert_eq!(counts, [(CardCode, 6, 4), (Address, 6, 4), (City, 6, 4)]);
    for (layout, cuts) in [(Layout::Table, vec![0, 2, 3]), (Layout::Tree, vec![]), (Layout::Tree, vec![1])] {
        let (mentions, other) = run_cut("data/file", layout, &rows(""), &cuts);
        assert!(mentions.is_empty());
        assert_eq!(other.orphans, table.orphans, "{layout:?} {cuts:?}");
    }
}

#[test]
fn day_first_is_learned_per_field() {
    let (m, _) = run(
        Layout::Table,
        vec![
            row(vec![V("name", "Jane Doe", FullName), V("dob", "03/04/1980", Dob)]),
            row(vec![V("name", "Ann Lee", FullName), V("dob", "25/12/1970", Dob)]),
        ],
    );
    assert!(holds(&m[0], Dob, "1980-04-03") && !holds(&m[0], Dob, "1980-03-04"));
}

#[test]
fn the_event_is_the_latest_date() {
    let m = table(vec![
        V("name", "Jane Doe", FullName),
        BARE("order_date", "1970-01-02"),
        BARE("updated", "01/11/1970"),
        BARE("birth_date", "2001-01-01"),
    ]);
    assert_eq!(m[0].event_day, Some(10));
}

// ---- lines and messages --------------------------------------------------------------------------------------------

const F: fn(Element, &'static str) -> Find = |e, part| Find(e, part, Form::Clear, Marks(0));

fn line(text: &'static str, finds: Vec<Find>) -> Rec {
    row(vec![("", text, finds)])
}

#[test]
fn a_line_is_about_one_person_or_nobody_knows() {
    let (one, _) = run(
        Layout::Text,
        vec![line(
            "user j@mail.example paid 4532015112830366 from 192.0.2.7",
            vec![F(Email, "j@mail.example"), F(Pan, "4532015112830366"), F(IpAddress, "192.0.2.7")],
        )],
    );
    assert_eq!(one.len(), 1);
    assert!(has(&one[0], Pan) && has(&one[0], Email));
    let (two, rest) = run(
        Layout::Text,
        vec![line(
            "a@mail.example and b@mail.example share 4532015112830366",
            vec![F(Email, "a@mail.example"), F(Email, "b@mail.example"), F(Pan, "4532015112830366")],
        )],
    );
    assert_eq!(two.len(), 2);
    assert!(two.iter().all(|m| !has(m, Pan)));
    assert_eq!((rest.orphans[0].element.element, rest.orphans[0].reason), (Pan, "several people in one line"));
    let (mail, _) = run(
        Layout::Text,
        vec![line(
            "from=<a@mail.example>, to=<b@mail.example>",
            vec![F(Email, "a@mail.example"), F(Email, "b@mail.example")],
        )],
    );
    assert!(
        holds(of(&mail, Role::Sender), Email, "a@mail.example")
            && holds(of(&mail, Role::Addressee), Email, "b@mail.example")
    );
    assert!(run(Layout::Text, vec![line("GET / 192.0.2.7", vec![F(IpAddress, "192.0.2.7")])]).0.is_empty());
}

fn message(from: &'static str, to: &'static str) -> Rec {
    row(vec![
        BARE("From", from),
        BARE("To", to),
        (
            "Body",
            "my ssn is 219-09-1234, ask bob@else.example",
            vec![F(Ssn, "219-09-1234"), F(Email, "bob@else.example")],
        ),
    ])
}

#[test]
fn a_body_belongs_to_the_one_who_is_no_agent() {
    let (m, rest) = run(Layout::Text, vec![message("\"Doe, Jane\" <jane@mail.example>", "help@shop.example")]);
    assert_eq!(m.len(), 2);
    let jane = of(&m, Role::Sender);
    assert!(has(jane, Ssn) && jane.name == sign("Jane Doe") && !holds(jane, Email, "bob@else.example"));
    let agent = of(&m, Role::Agent);
    assert!(!has(agent, Ssn) && agent.population == Population::Agent);
    assert_eq!(rest.orphans[0].reason, "address in a message body");
    let (reply, _) = run(Layout::Text, vec![message("Ann <ann@shop.example>", "jane@mail.example")]);
    assert!(has(of(&reply, Role::Addressee), Ssn) && !has(of(&reply, Role::Agent), Ssn));
    let (many, rest) = run(Layout::Text, vec![message("ann@shop.example", "a@mail.example, b@mail.example")]);
    assert!(many.len() == 3 && many.iter().all(|m| !has(m, Ssn)));
    assert!(rest.orphans.iter().any(|o| o.element.element == Ssn && o.reason == "several correspondents"));
    let (none, rest) = run(Layout::Text, vec![message("ann@shop.example", "bo@shop.example")]);
    assert!(none.iter().all(|m| !has(m, Ssn)));
    assert!(rest.orphans.iter().any(|o| o.reason == "no correspondent"));
}

// ---- trees ---------------------------------------------------------------------------------------------------------

fn child(parent: usize, path: &'static str, values: Vec<Value>) -> Rec {
    Rec { parent: Some(parent), path, values }
}

#[test]
fn a_childs_elements_go_to_the_nearest_person_above() {
    let (m, rest) = run(
        Layout::Tree,
        vec![
            Rec { parent: None, path: "/customer", values: vec![V("/customer/email", "j@mail.example", Email)] },
            child(0, "/customer/orders/*", vec![BARE("/customer/orders/*/order_id", "A-1")]),
            child(1, "/customer/orders/*/payment", vec![V("/customer/orders/*/payment/card", "4532015112830366", Pan)]),
            child(
                2,
                "/customer/orders/*/payment/auth",
                vec![V("/customer/orders/*/payment/auth/cvv", "123", CardCode)],
            ),
        ],
    );
    assert_eq!(m.len(), 1, "{m:?}");
    assert!(has(&m[0], Pan) && has(&m[0], Email) && class(&m[0], RecordKey).is_some());
    assert!(has(&m[0], PanCode), "a code in a child of its card's record");
    assert!(rest.orphans.is_empty() && rest.gaps.is_empty());
    assert_eq!(&*m[0].path, "/customer");
}

#[test]
fn siblings_do_not_pair_and_persons_below_stay_themselves() {
    let (m, _) = run(
        Layout::Tree,
        vec![
            Rec { parent: None, path: "/c", values: vec![V("/c/email", "j@mail.example", Email)] },
            child(0, "/c/cards/*", vec![V("/c/cards/*/number", "4532015112830366", Pan)]),
            child(0, "/c/cards/*", vec![V("/c/cards/*/cvv", "123", CardCode)]),
            child(
                0,
                "/c/friends/*",
                vec![V("/c/friends/*/name", "Ann Lee", FullName), V("/c/friends/*/phone", "508-222-5200", Phone)],
            ),
        ],
    );
    assert_eq!(m.len(), 2);
    let j = m.iter().find(|m| has(m, Email)).expect("the customer");
    assert!(has(j, Pan) && !has(j, PanCode) && !has(j, Phone));
}

#[test]
fn an_only_member_with_a_person_is_the_records_own() {
    let application = |values| {
        vec![
            Rec { parent: None, path: "", values },
            child(
                0,
                "/applicant",
                vec![V("/applicant/name", "Ann Lee", FullName), V("/applicant/ssn", "219-09-1234", Ssn)],
            ),
            child(0, "/bank", vec![V("/bank/account", "123456789", BankAccount)]),
        ]
    };
    let (m, _) = run(Layout::Tree, application(vec![]));
    assert_eq!(m.len(), 1, "the account beside the only applicant is the applicant's");
    assert!(has(&m[0], BankAccount) && has(&m[0], Ssn) && has(&m[0], Name));
    let (m, _) = run(Layout::Tree, application(vec![V("/email", "j@mail.example", Email)]));
    assert_eq!(m.len(), 2, "a member with an identifier of its own beside a person stays itself");
    let named = vec![
        Rec { parent: None, path: "", values: vec![V("/email", "j@mail.example", Email)] },
        child(0, "/profile", vec![V("/profile/first", "Ann", FirstName), V("/profile/last", "Lee", LastName)]),
    ];
    let (m, _) = run(Layout::Tree, named);
    assert_eq!(m.len(), 1, "a member that only names the record's person is that person's name");
    assert!(has(&m[0], Name) && has(&m[0], Email));
    let two = vec![
        Rec { parent: None, path: "", values: vec![V("/note", "j@mail.example", Email)] },
        child(0, "/husband", vec![V("/husband/name", "Bob Lee", FullName)]),
        child(0, "/wife", vec![V("/wife/name", "Ann Lee", FullName)]),
    ];
    let (m, _) = run(Layout::Tree, two);
    assert_eq!(m.len(), 3, "two members are two people, and neither is the record's");
}

#[test]
fn payments_in_a_list_stay_apart_without_a_person_above() {
    let pay = |order, card| {
        child(0, "/payments/*", vec![BARE("/payments/*/order_id", order), V("/payments/*/card", card, Pan)])
    };
    let (m, _) = run(
        Layout::Tree,
        vec![
            Rec { parent: None, path: "", values: vec![] },
            pay("A-1", "4532015112830366"),
            pay("A-2", "5425233430109903"),
        ],
    );
    assert_eq!(m.len(), 2);
    assert!(m.iter().all(|m| m.tokens.len() == 2));
}

#[test]
fn a_tree_recipient_takes_the_orders_key() {
    let (m, _) = run(
        Layout::Tree,
        vec![
            Rec { parent: None, path: "/o", values: vec![V("/o/email", "j@mail.example", Email)] },
            child(0, "/o/shipTo", vec![V("/o/shipTo/name", "Ann Lee", FullName)]),
            child(0, "/o/meta", vec![]),
        ],
    );
    assert_eq!(m.len(), 2);
    assert!(of(&m, Role::Recipient).tokens.is_empty(), "no key to take, and never the e-mail");
    let (m, _) = run(
        Layout::Tree,
        vec![
            Rec {
                parent: None,
                path: "/o",
                values: vec![BARE("/o/order_id", "A-1"), V("/o/email", "j@mail.example", Email)],
            },
            child(0, "/o/shipTo", vec![V("/o/shipTo/name", "Ann Lee", FullName)]),
        ],
    );
    let kinds: Vec<_> = of(&m, Role::Recipient).tokens.iter().map(|t| t.kind).collect();
    assert_eq!(kinds, vec![RecordKey]);
}

/// A record whose children come first and whose own e-mail comes in a later block.
#[test]
fn open_records_wait_for_the_next_block_and_are_bounded() {
    for (children, late) in [(3u32, false), (1500, true)] {
        let plan = Arc::new(IdentityPlan::new(&settings(), &detectors()).expect("settings"));
        let mut assembler = Assembler::new(plan, &key(), "x.json");
        let mut schema = Schema::default();
        let (root, card, email) = (
            field_of(&mut schema, "/c"),
            field_of(&mut schema, "/c/cards/*/number"),
            field_of(&mut schema, "/c/email"),
        );
        let mark = |id, parent, open, path| RecordMark { id, parent, row: id + 1, path, source: 0..9, open };
        let find = |element, start, end, cell| Finding {
            start,
            end,
            cell,
            detector: element as u16,
            element,
            form: Form::Clear,
            confidence: Confidence::High,
            marks: Marks(0),
            basis: Basis::FIELD,
        };
        let mut one =
            Block { bytes: vec![], owned: 0..0, offset: 0, layout: Layout::Tree, cells: vec![], records: vec![] };
        one.records.push(mark(0, None, true, root));
        let mut findings = vec![];
        for i in 0..children {
            let start = one.bytes.len() as u32;
            one.bytes.extend_from_slice(format!("45320151{i:08}").as_bytes());
            let end = one.bytes.len() as u32;
            one.bytes.push(SEPARATOR);
            one.cells.push(Cell { start, end, field: card, record: i + 1 });
            one.records.push(mark(u64::from(i) + 1, Some(0), false, card));
            findings.push(find(Pan, start, end, i));
        }
        let mut two =
            Block { bytes: b"j@mail.example\n".to_vec(), offset: 9, cells: vec![], records: vec![], ..one.clone() };
        two.cells.push(Cell { start: 0, end: 14, field: email, record: 0 });
        two.records.push(mark(0, None, false, root));
        let mut mentions = vec![];
        assembler.block(&one, &schema, &findings, &mut |_, m| mentions.push(m));
        assembler.block(&two, &schema, &[find(Email, 0, 14, 0)], &mut |_, m| mentions.push(m));
        let rest = assembler.finish(&schema, &mut |_, m| mentions.push(m));
        let person = mentions.iter().find(|m| has(m, Email)).expect("the customer");
        assert!(has(person, Pan));
        let cards: usize = mentions.iter().map(|m| m.tokens.iter().filter(|t| t.kind == Pan).count()).sum();
        assert_eq!(cards, children as usize, "no card is lost");
        assert_eq!(rest.gaps.iter().any(|g| g.kind == GapKind::LateParent), late);
        assert_eq!(rest.records, u64::from(children) + 1);
    }
}

// ---- aggregation ---------------------------------------------------------------------------------------------------

#[test]
fn equal_mentions_merge_with_runs_of_rows() {
    let a = || row(vec![V("name", "Jane Doe", FullName), BARE("order_date", "1970-01-02")]);
    let b = || row(vec![V("name", "Ann Lee", FullName)]);
    let (m, _) = run(Layout::Table, vec![a(), a(), b(), a()]);
    assert_eq!(m.len(), 2);
    assert_eq!((m[0].count, &m[0].rows[..]), (3, &[(1, 2), (4, 4)][..]));
    assert_eq!(m[0].event_day, Some(1));
    assert!(m[0].source.0 == 0 && m[0].source.1 > m[1].source.1);
}

#[test]
fn cuts_between_records_change_nothing() {
    let records: Vec<Rec> = (0..40)
        .map(|i| match i % 4 {
            0 => row(vec![
                BARE("customer_id", "7"),
                V("name", "Jane Doe", FullName),
                V("email", "j@mail.example", Email),
            ]),
            1 => row(vec![
                V("name", "Ann Lee", FullName),
                V("phone", "508-222-5200", Phone),
                V("dob", "1980-03-04", Dob),
            ]),
            2 => row(vec![BARE("order_id", "A-1"), V("card", "4532015112830366", Pan), V("cvv", "123", CardCode)]),
            _ => row(vec![V("cvv", "123", CardCode)]),
        })
        .collect();
    let whole = run_cut("f.csv", Layout::Table, &records, &[]);
    assert_eq!(whole.0.len(), 3);
    for step in [1, 2, 3, 7, 11] {
        let cuts: Vec<usize> = (0..39).filter(|i| i % step == step - 1).collect();
        assert_eq!(run_cut("f.csv", Layout::Table, &records, &cuts), whole, "cut every {step}");
    }
}

#[test]
fn nothing_merges_over_segments() {
    let plan = Arc::new(IdentityPlan::new(&settings(), &detectors()).expect("settings"));
    let mut assembler = Assembler::new(plan, &key(), "f.csv");
    let (mut schema, mut out) = (Schema::default(), vec![]);
    let records = [row(vec![BARE("customer_id", "7")])];
    for (number, offset) in [0u64, 100, 5 << 20].into_iter().enumerate() {
        let (mut block, findings) = blocks(Layout::Table, &records, &[], &mut schema).remove(0);
        block.offset = offset;
        block.records[0].id = number as u64;
        block.records[0].source = offset..offset + 10;
        assembler.block(&block, &schema, &findings, &mut |s, m| out.push((s, m.count)));
    }
    assembler.finish(&schema, &mut |s, m| out.push((s, m.count)));
    assert_eq!(out, vec![(0, 2), (1, 1)]);
}

#[test]
fn no_value_is_shown_by_debug() {
    let records = [row(vec![
        BARE("customer_id", "CUST-991"),
        V("first", "Zebulon", FirstName),
        V("last", "Quixley", LastName),
        V("ssn", "219-09-1234", Ssn),
        V("email", "zeb@mail.example", Email),
        V("street", "77 Larkspur Lane", Street),
        V("zip", "02139", Zip),
    ])];
    let plan = Arc::new(IdentityPlan::new(&settings(), &detectors()).expect("settings"));
    let mut assembler = Assembler::new(plan, &key(), "f.csv");
    let (mut schema, mut text) = (Schema::default(), String::new());
    for (block, findings) in blocks(Layout::Table, &records, &[], &mut schema) {
        assembler.block(&block, &schema, &findings, &mut |_, m| text += &format!("{m:?}"));
        text += &format!("{assembler:?}");
    }
    let rest = assembler.finish(&schema, &mut |_, m| text += &format!("{m:?}"));
    text += &format!("{rest:?}");
    assert!(text.contains("Mention"));
    let lower = text.to_lowercase();
    for value in ["zebulon", "quixley", "219-09", "219091234", "zeb@", "larkspur", "02139", "cust-991", "00010203"] {
        assert!(!lower.contains(value), "{value} leaked");
    }
}

#[test]
fn every_name_of_an_address_part_belongs_to_one_address() {
    let role = |name: &str| field_role(&Field::new([name]), false);
    let mut strays = Vec::new();
    for id in ["address/street", "address/city", "address/state", "address/zip"] {
        let detector = rollcall::pattern::builtin().into_iter().find(|d| d.id == id).unwrap();
        // These say which of several addresses they are part of.
        let which = [
            "home",
            "resid",
            "domicile",
            "mailing",
            "ship",
            "bill",
            "delivery",
            "permanent",
            "current",
            "location",
            "state_of",
        ];
        for field in detector.fields.iter().filter(|field| !which.iter().any(|w| field.starts_with(w))) {
            for prefix in ["", "ship_to_", "billing_", "guest_"] {
                let (whole, plain) = (role(&format!("{prefix}{field}")), role(&format!("{prefix}street")));
                if (whole.hint, whole.stem) != (plain.hint, plain.stem) {
                    strays.push(format!("{prefix}{field}"));
                }
            }
        }
    }
    assert!(strays.is_empty(), "{strays:?}");
}

#[test]
fn equal_digits_of_two_countries_are_two_tokens() {
    let token = |id: &str, element: Element, value: &'static str| {
        let mut list = detectors();
        let detector = &mut list[element as usize];
        (detector.id, detector.identifies) = (id.to_string(), Class::Primary);
        let plan = Arc::new(IdentityPlan::new(&settings(), &list).expect("settings are good"));
        let mut assembler = Assembler::new(plan, &key(), "data/file");
        let (mut schema, mut mentions) = (Schema::default(), vec![]);
        let records = [row(vec![("number", value, vec![is(element)])])];
        for (block, findings) in blocks(Layout::Table, &records, &[], &mut schema) {
            assembler.block(&block, &schema, &findings, &mut |_, mention| mentions.push(mention));
        }
        assembler.finish(&schema, &mut |_, mention| mentions.push(mention));
        mentions[0].tokens[0].clone()
    };
    let dutch = token("nl/bsn", NationalId, "100001841");
    let canadian = token("ca/sin", NationalId, "100-001-841");
    assert_eq!((&*dutch.namespace, &*canadian.namespace), ("nl", "ca"));
    assert_ne!(dutch.value, canadian.value, "one number, two people");
    assert_eq!(canadian.value, token("ca/sin", NationalId, "100 001 841").value, "one number, two layouts");
    assert_eq!(&*token("person/national_id", NationalId, "100001841").namespace, "", "no country is said");
    assert_eq!(&*token("us/itin", TaxId, "912-70-1234").namespace, "");
    // Letters are part of a tax number: these differ in nothing else.
    assert_ne!(token("mx/rfc", TaxId, "GODE561231GR8").value, token("mx/rfc", TaxId, "GOXE561231GR8").value);
    assert_eq!(token("us/itin", TaxId, "912-70-1234").value, token("us/itin", TaxId, "912701234").value);
}
