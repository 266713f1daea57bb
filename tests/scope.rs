//! Scoping: hand-computed leaks, comparator and calendar edges, a naive evaluator as witness, and what files hold.

use rollcall::model::detector::{Class, Confidence};
use rollcall::model::element::{Element, Form};
use rollcall::model::gap::{Gap, GapKind};
use rollcall::model::mention::*;
use rollcall::model::object::{Object, Status};
use rollcall::model::rows::*;
use rollcall::model::shared::SharedText;
use rollcall::report::{FileOptions, Inputs, ScopeFiles, WhoJson, WhoText, csv_cell, summary_json, terminal, visible};
use rollcall::scope::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// An inventory in vectors.
#[derive(Clone, Default)]
struct Memory {
    objects: Vec<ObjectRow>,
    mentions: Vec<MentionRow>,
    memberships: Vec<MembershipRow>,
    consumers: BTreeMap<TokenValue, ConsumerRow>,
    identifiers: Vec<IdentifierRow>,
    orphans: Vec<OrphanRow>,
}

impl Memory {
    fn live(&self, id: u64, only: Option<&BTreeSet<u64>>) -> bool {
        only.is_none_or(|o| o.contains(&id)) && self.objects.iter().any(|o| o.id == id && o.valid_to.is_none())
    }
}

type Each<'a, T> = &'a mut dyn FnMut(T) -> io::Result<()>;

impl Tables for Memory {
    fn objects(&self, retired: bool, each: Each<ObjectRow>) -> io::Result<()> {
        self.objects.iter().filter(|o| retired || o.valid_to.is_none()).cloned().try_for_each(each)
    }
    fn mentions(&self, only: Option<&BTreeSet<u64>>, each: Each<MentionRow>) -> io::Result<()> {
        self.mentions.iter().filter(|m| self.live(m.object, only)).cloned().try_for_each(each)
    }
    fn link_mentions(&self, _: &mut dyn FnMut(&LinkMention) -> io::Result<()>) -> io::Result<()> {
        Err(io::Error::other("scoping does not link"))
    }
    fn orphans(&self, only: Option<&BTreeSet<u64>>, each: Each<OrphanRow>) -> io::Result<()> {
        self.orphans.iter().filter(|o| self.live(o.object, only)).cloned().try_for_each(each)
    }
    fn fields(&self, _: Option<&BTreeSet<u64>>, _: Each<FieldRow>) -> io::Result<()> {
        Ok(())
    }
    fn memberships(&self, only: Option<&BTreeSet<u64>>, each: Each<MembershipRow>) -> io::Result<()> {
        self.memberships.iter().filter(|m| self.live(m.mention.object, only)).copied().try_for_each(each)
    }
    fn consumers(&self, each: Each<ConsumerRow>) -> io::Result<()> {
        self.consumers.values().cloned().try_for_each(each)
    }
    fn identifiers(&self, each: Each<IdentifierRow>) -> io::Result<()> {
        self.identifiers.iter().cloned().try_for_each(each)
    }
    fn links(&self, _: Each<LinkRow>) -> io::Result<()> {
        Ok(())
    }
}

fn token(n: u64) -> TokenValue {
    // Spread, so that the order of ids is not the order in which people are made.
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    TokenValue(bytes)
}

fn lives(place: &str) -> Option<Residence> {
    let (country, state) = place.split_once('-').unwrap_or((place, "  "));
    if place.is_empty() {
        return None;
    }
    let two = |s: &str| [s.as_bytes()[0], s.as_bytes()[1]];
    Some(Residence { country: two(country), state: two(state), basis: ResidenceBasis::Mailing })
}

impl Memory {
    fn object(&mut self, id: u64, status: Status) -> &mut ObjectRow {
        self.objects.push(ObjectRow {
            id,
            object: Object {
                uri: format!("s3://bucket/o{id}.csv"),
                path: format!("o{id}.csv"),
                version: "v".into(),
                size: 10,
                modified: None,
            },
            source: "s3://bucket".into(),
            run: 1,
            valid_from: 1,
            valid_to: None,
            content_hash: String::new(),
            format: "csv".into(),
            dialect: String::new(),
            status,
            gaps: Vec::new(),
            bytes_read: 10,
            bytes_decoded: 10,
            records: 1,
            records_rejected: 0,
            listed_at: 0,
            read_at: 0,
            policy: String::new(),
        });
        self.objects.last_mut().expect("one was pushed")
    }

    /// `SSN`, or `PASSWORD:hashed`.
    fn mention(&mut self, object: u64, elements: &str, of: &[(u64, Certainty)]) -> MentionId {
        let number = self.mentions.len() as u64;
        let elements: Vec<MentionElement> = elements
            .split_whitespace()
            .map(|word| {
                let (code, form) = word.split_once(':').unwrap_or((word, "clear"));
                MentionElement {
                    element: Element::from_code(code).unwrap_or_else(|| panic!("no element {code}")),
                    form: Form::from_code(form).unwrap_or_else(|| panic!("no form {form}")),
                }
            })
            .collect();
        self.mentions.push(MentionRow {
            object,
            number,
            segment: 0,
            mention: Mention {
                role: Role::Subject,
                population: Population::Consumer,
                tokens: Vec::new(),
                name: NameSignature::default(),
                elements: elements.into(),
                confidence: Confidence::High,
                residence: None,
                event_day: None,
                count: 1,
                rows: [(number + 1, number + 1)][..].into(),
                path: SharedText::from(""),
                source: (0, 1),
            },
        });
        let id = MentionId { object, number };
        for &(person, certainty) in of {
            self.memberships.push(MembershipRow { mention: id, consumer: token(person), certainty });
        }
        id
    }

    fn person(&mut self, n: u64, place: &str) -> &mut ConsumerRow {
        self.consumers.entry(token(n)).or_insert_with(|| ConsumerRow {
            id: token(n),
            population: Population::Consumer,
            elements: Default::default(),
            named: false,
            residence: lives(place),
            residence_rejected: Vec::new(),
            mentions: 1,
            records: 1,
            objects: 1,
            cluster: None,
            cluster_reason: SharedText::from(""),
        })
    }

    /// A person with one certain mention in object 1.
    fn simple(&mut self, n: u64, place: &str, elements: &str) {
        if self.objects.is_empty() {
            self.object(1, Status::Complete);
        }
        self.person(n, place);
        self.mention(1, elements, &[(n, Certainty::Certain)]);
    }
}

fn request(leaked: &[u64]) -> ScopeRequest {
    ScopeRequest { leaked: leaked.to_vec(), laws: shipped().expect("the rules that ship"), ..ScopeRequest::default() }
}

/// Every row, as text.
#[derive(Default)]
struct Rows(BTreeMap<TokenValue, String>, Vec<LeakGap>);

impl ConsumerSink for Rows {
    fn consumer(&mut self, row: &AffectedConsumer) -> io::Result<()> {
        let mut text = String::new();
        for answer in row.answers {
            let reasons: Vec<&str> = answer.reasons.iter().map(|r| r.code()).collect();
            let hit = answer.hit.map_or("no", |c| c.code());
            text += &format!("{}={hit}[{}] ", answer.rule, reasons.join(","));
        }
        let own: Vec<&str> = row.reasons.iter().map(|r| r.code()).collect();
        text += &own.join(",");
        assert!(self.0.insert(row.id, text.trim().to_string()).is_none(), "a person came twice");
        Ok(())
    }
    fn gap(&mut self, gap: &LeakGap) -> io::Result<()> {
        self.1.push(gap.clone());
        Ok(())
    }
}

fn scoped(tables: &Memory, request: &ScopeRequest) -> (Summary, Rows) {
    let mut rows = Rows::default();
    let summary =
        evaluate(tables, request, &mut rows, &std::env::temp_dir(), 1 << 20).unwrap_or_else(|e| panic!("{e}"));
    (summary, rows)
}

fn row<'a>(summary: &'a Summary, place: &str) -> &'a PlaceRow {
    summary.places.iter().find(|p| p.place == place).unwrap_or_else(|| panic!("no row for {place}"))
}

#[test]
fn california_tells_its_two_tests_apart() {
    // Elements of one mention; what 1798.82 says; what 1798.150 says.
    let cases: &[(&str, &str, &str)] = &[
        ("EMAIL+PASSWORD", "certain[]", "certain[]"),
        ("USERNAME+PASSWORD", "certain[]", "no[]"),
        ("NAME USERNAME+PASSWORD", "certain[]", "no[]"),
        ("EMAIL SECURITY_QA", "certain[]", "certain[]"),
        ("USERNAME SECURITY_QA", "certain[]", "no[]"),
        ("EMAIL PASSWORD", "no[]", "no[]"),
        ("NAME PAN", "no[]", "no[]"),
        ("NAME PAN CARD_CODE", "no[]", "no[]"),
        ("NAME PAN+CODE", "certain[]", "certain[]"),
        ("PAN+CODE", "no[]", "no[]"),
        ("NAME ACCT+CODE", "certain[]", "certain[]"),
        ("NAME ACCT", "no[]", "no[]"),
        ("SSN", "no[]", "no[]"),
        ("NAME SSN", "certain[]", "certain[]"),
        ("NAME SSN:truncated", "no[]", "no[]"),
        ("NAME SSN:encrypted", "no[encrypted_element]", "no[encrypted_element]"),
        ("NAME SSN:tokenised", "no[tokenised_element]", "no[tokenised_element]"),
        ("NAME SSN:hashed", "no[hashed_element]", "no[hashed_element]"),
        ("EMAIL+PASSWORD:hashed", "no[hashed_password]", "no[hashed_password]"),
        ("EMAIL PASSWORD:hashed", "no[hashed_password]", "no[hashed_password]"),
        ("USERNAME PASSWORD:hashed", "no[hashed_password]", "no[]"),
        ("NAME:encrypted SSN", "certain[]", "certain[]"),
        ("NAME:truncated SSN", "no[obscured_name]", "no[obscured_name]"),
        ("NAME ALPR", "certain[]", "no[]"),
        ("NAME MEDICAL", "certain[]", "no[medical_narrow]"),
        ("NAME GENETIC", "certain[]", "certain[]"),
        ("NAME TAX_ID", "certain[]", "certain[]"),
        ("NAME DOB_FULL ADDRESS EMAIL PHONE", "no[]", "no[]"),
    ];
    let mut tables = Memory::default();
    for (i, (elements, _, _)) in cases.iter().enumerate() {
        tables.simple(i as u64, "US-CA", elements);
    }
    let (summary, rows) = scoped(&tables, &request(&[1]));
    for (i, (elements, notice, exposure)) in cases.iter().enumerate() {
        let expected = format!("US-CA={notice} US-CA-150={exposure}");
        assert_eq!(rows.0[&token(i as u64)], expected, "{elements}");
    }
    let hits = cases.iter().filter(|c| c.1 == "certain[]").count() as u64;
    let reviews = cases.iter().filter(|c| c.1.starts_with("no[") && c.1 != "no[]").count() as u64;
    let ca = row(&summary, "US-CA");
    assert_eq!((ca.hit.certain, ca.review, ca.upper), (hits, reviews, hits + reviews));
    let exposed = cases.iter().filter(|c| c.2 == "certain[]").count() as u64;
    assert_eq!(summary.liability.len(), 1);
    assert_eq!(summary.liability[0].exposed.certain, exposed);
    assert_eq!(summary.liability[0].certain_usd, (exposed * 107, exposed * 799));
    assert_eq!(summary.outcomes.notice.certain + summary.outcomes.review + summary.outcomes.none, cases.len() as u64);

    let exposed_key = ScopeRequest { key_exposed: true, ..request(&[1]) };
    let (_, rows) = scoped(&tables, &exposed_key);
    let encrypted = cases.iter().position(|c| c.0 == "NAME SSN:encrypted").expect("the case is there") as u64;
    assert_eq!(rows.0[&token(encrypted)], "US-CA=certain[] US-CA-150=certain[]");
}

#[test]
fn a_name_joins_inside_the_leak_and_only_asks_outside_it() {
    let mut tables = Memory::default();
    tables.object(1, Status::Complete);
    tables.object(2, Status::Complete);
    tables.object(3, Status::Complete);
    tables.person(1, "US-CA").named = true;
    tables.mention(1, "SSN", &[(1, Certainty::Certain)]);
    tables.mention(2, "NAME", &[(1, Certainty::Certain)]);
    // Two mentions never make a pair.
    tables.person(2, "US-CA").named = true;
    tables.mention(1, "EMAIL NAME PAN", &[(2, Certainty::Certain)]);
    tables.mention(2, "PASSWORD CARD_CODE", &[(2, Certainty::Certain)]);
    let (_, rows) = scoped(&tables, &request(&[1, 2]));
    assert_eq!(rows.0[&token(1)], "US-CA=certain[] US-CA-150=certain[]");
    assert_eq!(rows.0[&token(2)], "US-CA=no[] US-CA-150=no[]");
    let (summary, rows) = scoped(&tables, &request(&[1]));
    let outside = "name_joins_outside_leak";
    assert_eq!(rows.0[&token(1)], format!("US-CA=no[{outside}] US-CA-150=no[{outside}]"));
    assert_eq!(summary.reviews[&Reason::NameJoinsOutsideLeak], 1);
    assert_eq!(row(&summary, "US-CA").upper, 1);
    // What leaked elsewhere does not count: only the name is in object 2.
    let (_, rows) = scoped(&tables, &request(&[2]));
    assert_eq!(rows.0[&token(1)], "US-CA=no[] US-CA-150=no[]");
}

#[test]
fn thresholds_compare_as_their_statutes_do() {
    use DutyStatus::{NotOwed, Owed};
    // Place, duty, people, status.
    let cases: &[(&str, &str, u64, DutyStatus)] = &[
        ("US-CA", "CA_AG", 500, NotOwed),
        ("US-CA", "CA_AG", 501, Owed),
        ("US-FL", "FL_DLA", 499, NotOwed),
        ("US-FL", "FL_DLA", 500, Owed),
        ("US-TX", "TX_AG", 249, NotOwed),
        ("US-TX", "TX_AG", 250, Owed),
        ("US-OR", "OR_AG", 250, NotOwed),
        ("US-OR", "OR_AG", 251, Owed),
        ("US-AZ", "AZ_AG", 1000, NotOwed),
        ("US-AZ", "AZ_DOHS", 1001, Owed),
        ("US-MD", "credit bureaus", 999, NotOwed),
        ("US-MD", "credit bureaus", 1000, Owed),
        ("US-VA", "credit bureaus", 1000, NotOwed),
        ("US-VA", "credit bureaus", 1001, Owed),
        ("US-MD", "MD_AG", 1, Owed),
        ("US-MA", "credit bureaus", 1, DutyStatus::AsDirected),
    ];
    for (place, who, people, status) in cases {
        let mut tables = Memory::default();
        (0..*people).for_each(|n| tables.simple(n, place, "NAME SSN"));
        let (summary, _) = scoped(&tables, &request(&[1]));
        let duties = &row(&summary, place).duties;
        let duty = duties.iter().find(|d| d.who == *who).unwrap_or_else(|| panic!("{place} has no {who}"));
        assert_eq!((duty.status, duty.people), (*status, *people), "{place} {who} {people}");
    }
    // 500 certain and one under review: the upper number decides. One of unknown residence only may.
    let mut tables = Memory::default();
    (0..500).for_each(|n| tables.simple(n, "US-CA", "NAME SSN"));
    tables.simple(900, "", "NAME SSN");
    let status = |tables: &Memory| {
        let summary = scoped(tables, &request(&[1])).0;
        row(&summary, "US-CA").duties.iter().find(|d| d.who == "CA_AG").map(|d| d.status)
    };
    assert_eq!(status(&tables), Some(DutyStatus::NotOwedUnlessUnknown));
    tables.simple(901, "US-CA", "EMAIL+PASSWORD:hashed");
    assert_eq!(status(&tables), Some(DutyStatus::OwedIfReviewCounts));
}

#[test]
fn due_dates_are_calendar_days_and_elapsed_hours() {
    let day = |rule: &str, duty: &str, dates: Dates| {
        let mut tables = Memory::default();
        (0..501).for_each(|n| tables.simple(n, if rule == "EU-GDPR" { "DE" } else { rule }, "NAME SSN"));
        let (summary, _) = scoped(&tables, &ScopeRequest { dates, ..request(&[1]) });
        row(&summary, rule).duties.iter().find(|d| d.who == duty).expect("the duty").due.to_string()
    };
    let at = |text: &str| Some(Anchor::parse(text).unwrap_or_else(|e| panic!("{e}")));
    let discovered = |text: &str| Dates { discovered: at(text), ..Dates::default() };
    let determined = |text: &str| Dates { determined: at(text), ..Dates::default() };
    let noticed = |text: &str| Dates { noticed: at(text), ..Dates::default() };
    let aware = |text: &str| Dates { aware: at(text), ..Dates::default() };
    assert_eq!(day("US-CA", "residents", discovered("2026-03-05")), "2026-04-04");
    // Across the change to summer time (2026-03-08) a day is a day, at any hour of it.
    assert_eq!(day("US-CA", "residents", discovered("2026-03-07T23:59[America/Los_Angeles]")), "2026-04-06");
    assert_eq!(day("US-CA", "residents", discovered("2028-02-10")), "2028-03-11", "a leap year");
    assert_eq!(day("US-CA", "residents", discovered("2027-02-10")), "2027-03-12");
    assert_eq!(day("US-CA", "CA_AG", noticed("2026-12-20")), "2027-01-04");
    assert_eq!(day("US-CA", "CA_AG", discovered("2026-12-20")), "not given (needs --noticed)");
    assert_eq!(day("US-TX", "residents", determined("2026-01-31")), "2026-04-01");
    assert_eq!(day("US-TX", "TX_AG", determined("2026-01-31")), "2026-03-02");
    assert_eq!(day("US-TX", "TX_AG", discovered("2026-01-31")), "not given (needs --determined)");
    assert_eq!(day("US-OK", "OK_AG", noticed("2026-01-01")), "2026-03-02");
    assert_eq!(
        day("US-CA", "residents", discovered("2025-12-31")),
        "without unreasonable delay (the fixed limit holds since 2026-01-01)"
    );
    assert_eq!(day("US-IL", "IL_AG", Dates::default()), "not later than residents are told");
    assert_eq!(day("US-NJ", "NJ_STATE_POLICE", Dates::default()), "before residents are told");
    assert_eq!(day("US-VA", "residents", Dates::default()), "without unreasonable delay (no fixed limit)");
    let authority = "SUPERVISORY_AUTHORITY";
    assert_eq!(day("EU-GDPR", authority, aware("2026-06-01T10:00Z")), "2026-06-04T10:00+00:00 [UTC]");
    // 72 elapsed hours over the night of the change to summer time end an hour later on the clock.
    assert_eq!(
        day("EU-GDPR", authority, aware("2026-03-27T12:00[Europe/Berlin]")),
        "2026-03-30T13:00+02:00 [Europe/Berlin]"
    );
    assert_eq!(day("EU-GDPR", authority, aware("2028-02-27T09:30+01:00")), "2028-03-01T09:30+01:00");
    assert_eq!(day("EU-GDPR", authority, aware("2026-06-01")), "not given (needs a time and zone in --aware)");
    assert_eq!(day("EU-GDPR", authority, Dates::default()), "not given (needs --aware)");
    for wrong in ["", "yesterday", "2026-02-29", "2026-13-01", "2026-03-05T09:30", "05/03/2026", "2026-03-05T25:00Z"] {
        assert!(Anchor::parse(wrong).is_err(), "{wrong} is no anchor");
    }
}

#[test]
fn clusters_are_answered_apart_and_as_one() {
    let mut tables = Memory::default();
    let cluster = |tables: &mut Memory, members: &[(u64, &str, &str)]| {
        let id = members.iter().map(|m| token(m.0)).min();
        for (n, place, elements) in members {
            tables.simple(*n, place, elements);
            let person = tables.person(*n, place);
            person.cluster = id;
            person.cluster_reason = SharedText::from("name_conflict");
        }
    };
    cluster(&mut tables, &[(1, "US-CA", "NAME"), (2, "US-CA", "SSN")]);
    cluster(&mut tables, &[(3, "US-FL", "NAME SSN"), (4, "US-FL", "NAME SSN")]);
    cluster(&mut tables, &[(5, "US-OH", "NAME SSN"), (6, "US-OH", "SSN")]);
    cluster(&mut tables, &[(7, "US-VA", "NAME"), (8, "US-OR", "PASSPORT")]);
    cluster(&mut tables, &[(9, "US-PA", "NAME"), (10, "US-PA", "EMAIL")]);
    let (summary, rows) = scoped(&tables, &request(&[1]));
    assert_eq!(rows.0[&token(1)], "US-CA=no[cluster] US-CA-150=no[cluster]");
    assert_eq!(rows.0[&token(2)], "US-CA=no[cluster] US-CA-150=no[cluster]");
    assert_eq!(rows.0[&token(3)], "US-FL=certain[]");
    assert_eq!(rows.0[&token(6)], "US-OH=no[cluster]");
    let numbers = |place: &str| {
        let r = row(&summary, place);
        (r.hit.total(), r.review, r.upper)
    };
    assert_eq!(numbers("US-CA"), (0, 1, 1), "two members, one person if they are one");
    assert_eq!(numbers("US-FL"), (2, 0, 2), "apart is the larger number");
    assert_eq!(numbers("US-OH"), (1, 0, 1), "as one they are the one that counts already");
    assert_eq!(numbers("US-VA"), (0, 1, 1), "the person they may be lives in one of two states");
    assert_eq!(numbers("US-OR"), (0, 1, 1));
    assert_eq!(numbers("US-PA"), (0, 0, 0));
    assert_eq!(rows.0[&token(9)], "US-PA=no[]", "where the answers agree there is nothing to ask");
    assert_eq!((summary.clusters.clusters, summary.clusters.members), (5, 10));
    assert_eq!((summary.clusters.people_fewest, summary.clusters.people_most), (5, 10));
}

#[test]
fn headcounts_are_certain_likely_possible() {
    let mut tables = Memory::default();
    tables.object(1, Status::Complete);
    use Certainty::{Certain, Likely, Possible};
    for n in 1..=5 {
        tables.person(n, "US-CA");
    }
    tables.mention(1, "NAME SSN", &[(1, Certain)]);
    tables.mention(1, "NAME", &[(2, Certain)]);
    tables.mention(1, "SSN", &[(2, Likely)]);
    tables.mention(1, "NAME SSN", &[(3, Possible), (4, Possible)]);
    tables.mention(1, "EMAIL+PASSWORD:hashed", &[(5, Certain)]);
    let joined = tables.mention(1, "EMAIL+PASSWORD", &[(5, Possible)]);
    // The same mention on a second, weaker ground changes nothing.
    tables.memberships.push(MembershipRow { mention: joined, consumer: token(5), certainty: Possible });
    let (summary, rows) = scoped(&tables, &request(&[1]));
    let ca = row(&summary, "US-CA");
    assert_eq!(ca.hit, Tiers { certain: 1, likely: 1, possible: 3 });
    assert_eq!(ca.people, Tiers { certain: 3, likely: 0, possible: 2 });
    assert_eq!(summary.outcomes.notice, ca.hit);
    assert_eq!(rows.0[&token(5)], "US-CA=possible[hashed_password] US-CA-150=possible[hashed_password]");
}

#[test]
fn places_without_rules_and_unknown_places_stand_in_the_answer() {
    let mut tables = Memory::default();
    tables.simple(1, "US-NC", "NAME SSN");
    tables.simple(2, "US-NC", "EMAIL");
    tables.simple(3, "JP", "NAME");
    tables.simple(4, "", "NAME SSN");
    tables.simple(5, "", "PHONE");
    tables.simple(6, "US-\0\0", "NAME SSN");
    tables.simple(7, "FR", "PHONE");
    tables.simple(8, "GB", "SSN NAME");
    tables.simple(9, "CA", "SSN NAME");
    let (summary, rows) = scoped(&tables, &request(&[1]));
    let nc = row(&summary, "US-NC");
    assert_eq!((nc.rule.as_ref(), nc.people.certain, nc.review, nc.upper), (None, 2, 2, 2));
    assert_eq!(nc.notes, ["no rule shipped: review"]);
    assert_eq!(row(&summary, "JP").upper, 1);
    assert_eq!(row(&summary, "CA").rule, None, "Canada is not California");
    assert_eq!(rows.0[&token(4)], "unknown_residence");
    assert_eq!((summary.unknown.people.certain, summary.unknown.would_trigger), (3, 2));
    let eu = row(&summary, "EU-GDPR");
    assert_eq!((eu.hit.certain, eu.people_by_place.len()), (2, 2));
    assert_eq!(rows.0[&token(7)], "EU-GDPR=certain[high_risk]");
    assert_eq!(summary.outcomes.notice.total(), 0, "whether people must be told is a judgement");
    assert_eq!(summary.outcomes.review, 9);
    let mut screen = Vec::new();
    terminal(&summary, 80, &mut screen).expect("memory takes all");
    assert!(String::from_utf8_lossy(&screen).contains("no rule shipped: review"));
}

#[test]
fn states_differ_as_their_statutes_do() {
    let cases: &[(&str, &str, &str)] = &[
        ("US-IL", "NAME PAN", "US-IL=certain[]"),
        ("US-MA", "NAME PAN", "US-MA=certain[]"),
        ("US-CT", "NAME PAN", "US-CT=certain[]"),
        ("US-CT", "NAME ACCT", "US-CT=no[]"),
        ("US-MA", "EMAIL+PASSWORD", "US-MA=no[]"),
        ("US-NY", "NAME PAN", "US-NY=no[fin_usable]"),
        ("US-WA", "NAME PAN", "US-WA=no[fin_usable]"),
        ("US-NY", "EMAIL SSN", "US-NY=certain[]"),
        ("US-NY", "SSN", "US-NY=no[identifier_is_element]"),
        ("US-WA", "NAME DOB_FULL", "US-WA=certain[]"),
        ("US-WA", "DOB_FULL", "US-WA=no[idtheft_without_name]"),
        ("US-OR", "SSN", "US-OR=no[idtheft_without_name]"),
        ("US-CO", "PAN+CODE", "US-CO=certain[]"),
        ("US-CO", "NAME PAN", "US-CO=no[]"),
        ("US-NJ", "EMAIL+PASSWORD", "US-NJ=no[]"),
        ("US-NJ", "NAME EMAIL+PASSWORD", "US-NJ=certain[]"),
        ("US-MD", "EMAIL+PASSWORD", "US-MD=no[email_account_login]"),
        ("US-MD", "USERNAME+PASSWORD", "US-MD=no[]"),
        ("US-TX", "NAME MEDICAL", "US-TX=certain[]"),
        ("US-TX", "MEDICAL EMAIL", "US-TX=no[health_identifies]"),
        ("US-TX", "NAME:encrypted SSN", "US-TX=no[obscured_name]"),
        ("US-GA", "NAME PAN", "US-GA=no[fin_usable]"),
        ("US-GA", "NAME PAN+CODE", "US-GA=certain[]"),
        ("US-OK", "NAME ROUTING PASSWORD", "US-OK=no[routing_with_code]"),
        ("US-OK", "NAME ROUTING", "US-OK=no[]"),
        ("US-PA", "NAME MEDICAL", "US-PA=no[]"),
        ("US-FL", "NAME GEO", "US-FL=certain[]"),
        ("US-OH", "NAME PASSPORT", "US-OH=no[]"),
    ];
    let mut tables = Memory::default();
    for (i, (place, elements, _)) in cases.iter().enumerate() {
        tables.simple(i as u64, place, elements);
    }
    let (_, rows) = scoped(&tables, &request(&[1]));
    for (i, (place, elements, expected)) in cases.iter().enumerate() {
        assert_eq!(rows.0[&token(i as u64)], *expected, "{place} {elements}");
    }
}

#[test]
fn staff_count_and_organisations_and_tests_do_not() {
    let mut tables = Memory::default();
    for (n, population) in Population::ALL.into_iter().enumerate() {
        tables.simple(n as u64, "US-CA", "NAME SSN");
        tables.person(n as u64, "US-CA").population = population;
    }
    let (summary, rows) = scoped(&tables, &request(&[1]));
    let ca = row(&summary, "US-CA");
    assert_eq!((summary.people.total(), ca.hit.certain), (4, 4));
    assert_eq!(ca.hit_by_population.keys().copied().collect::<Vec<_>>(), Population::ALL[..4]);
    assert_eq!(summary.populations[&Population::Test], (Tiers { certain: 1, ..Tiers::default() }, false));
    assert_eq!(rows.0.len(), 6, "all are listed");
}

#[test]
fn what_was_not_read_is_part_of_the_answer() {
    let mut tables = Memory::default();
    tables.simple(1, "US-CA", "NAME SSN");
    let gap = |kind, detail: &str| Gap { kind, offset: Some(7), bytes: None, detail: detail.into() };
    tables.object(2, Status::Partial).gaps.push(gap(GapKind::Truncated, "it ends early"));
    tables.object(3, Status::Failed).gaps.push(gap(GapKind::PermissionDenied, "refused"));
    tables.object(4, Status::Skipped).gaps.push(gap(GapKind::Unsupported, "a picture"));
    tables.object(5, Status::Complete).valid_to = Some(2);
    tables.object(6, Status::Failed);
    tables.mention(1, "PHONE PASSWORD:hashed", &[]);
    tables.mention(1, "EMAIL", &[(77, Certainty::Likely)]);
    tables.orphans.push(OrphanRow {
        object: 1,
        path: "#3".into(),
        element: MentionElement { element: Element::Ssn, form: Form::Clear },
        count: 9,
        distinct: 8,
        first_rows: vec![1],
        reason: SharedText::from("no_person"),
    });
    let mut asked = request(&[1, 2, 3, 4, 5, 6, 99]);
    asked.unscanned.push(Unscanned { uri: "s3://bucket/new".into(), detail: "access denied".into() });
    let (summary, rows) = scoped(&tables, &asked);
    let l = &summary.leak;
    assert_eq!((l.objects, l.complete, l.partial, l.failed, l.skipped), (8, 1, 1, 2, 1));
    assert_eq!((l.retired, l.not_in_inventory, l.unscanned, l.not_whole()), (1, 1, 1, 7));
    let statuses: Vec<&str> = rows.1.iter().map(|g| g.status).collect();
    assert_eq!(statuses, ["NOT_IN_INVENTORY", "UNSCANNED", "PARTIAL", "FAILED", "SKIPPED", "RETIRED", "FAILED"]);
    assert_eq!((summary.unlinked.mentions, summary.unlinked.elements["PHONE"]), (1, 1));
    assert_eq!(summary.unlinked.elements["PASSWORD(hashed)"], 1);
    assert_eq!((summary.orphans[0].findings, summary.orphans[0].objects), (9, 1));
    assert_eq!(rows.0[&token(77)], "unknown_residence,not_in_consumers", "a person without a row is not lost");
    for nothing in [vec![], vec![99]] {
        let error = evaluate(&tables, &request(&nothing), &mut NullSink, &std::env::temp_dir(), 1 << 20);
        assert!(error.is_err_and(|e| is_nothing_matches(&e)), "a leak that matches nothing is an error");
    }
    assert!(!is_nothing_matches(&io::Error::other("another")));
}

/// The folder's files, by name.
fn written(tables: &Memory, request: &ScopeRequest, liability: bool, memory: usize) -> BTreeMap<String, Vec<u8>> {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a folder");
    let out = dir.path().join("out");
    let mut files = ScopeFiles::create(&out, FileOptions { liability }).unwrap_or_else(|e| panic!("{e}"));
    let summary = evaluate(tables, request, &mut files, dir.path(), memory).unwrap_or_else(|e| panic!("{e}"));
    let inputs = Inputs { program: "rollcall test".into(), ..Inputs::default() };
    let entries = files.finish(&summary, &inputs).unwrap_or_else(|e| panic!("{e}"));
    let mut found = BTreeMap::new();
    for file in std::fs::read_dir(&out).expect("the folder is there") {
        let file = file.expect("a file");
        assert_eq!(file.metadata().expect("metadata").permissions().mode() & 0o777, 0o600);
        let name = file.file_name().into_string().expect("a plain name");
        found.insert(name, std::fs::read(file.path()).expect("a file that reads"));
    }
    assert_eq!(entries.len(), found.len(), "nothing partial is left behind");
    for entry in entries {
        use sha2::Digest;
        let hash: String = sha2::Sha256::digest(&found[&entry.name]).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!((hash, found[&entry.name].len() as u64), (entry.sha256, entry.bytes), "{}", entry.name);
    }
    found
}

/// Random small tables.
fn random(random: &mut fastrand::Rng) -> (Memory, Vec<u64>) {
    const PLACES: &[&str] = &[
        "US-CA", "US-CA", "US-NY", "US-TX", "US-FL", "US-IL", "US-WA", "US-MA", "US-CO", "US-VA", "US-NJ", "US-PA",
        "US-OH", "US-GA", "US-OR", "US-AZ", "US-CT", "US-MD", "US-OK", "US-NC", "DE", "FR", "JP", "",
    ];
    const ELEMENTS: &[&str] = &[
        "NAME",
        "NAME",
        "NAME",
        "EMAIL",
        "EMAIL",
        "PHONE",
        "USERNAME",
        "PASSWORD",
        "SECURITY_QA",
        "SSN",
        "SSN",
        "DL",
        "PAN",
        "CARD_CODE",
        "PAN+CODE",
        "ACCT",
        "ACCT+CODE",
        "ROUTING",
        "EMAIL+PASSWORD",
        "USERNAME+PASSWORD",
        "PASSPORT",
        "MEDICAL",
        "HEALTH_INS",
        "BIOMETRIC",
        "GENETIC",
        "GEO",
        "ALPR",
        "DOB_FULL",
        "TAX_ID",
        "GOV_ID",
        "PRIVATE_KEY",
        "STUDENT_ID",
        "MILITARY_ID",
        "STATE_ID",
        "ADDRESS",
    ];
    const FORMS: &[&str] = &["clear", "clear", "clear", "clear", "hashed", "encrypted", "tokenised", "truncated"];
    let mut tables = Memory::default();
    let objects = random.u64(1..=3);
    for id in 0..objects {
        tables.object(id, Status::Complete);
    }
    let people = random.u64(1..=6);
    let home = random.choice(PLACES).copied().unwrap_or("");
    for n in 0..people {
        let place = if random.bool() { home } else { random.choice(PLACES).copied().unwrap_or("") };
        let cluster = (people > 1 && random.u8(0..3) == 0).then(|| token(random.u64(0..2)));
        let (named, kind) = (random.bool(), random.u8(0..24));
        let person = tables.person(n, place);
        person.named = named;
        person.cluster = cluster;
        person.population = Population::ALL.get(usize::from(kind)).copied().unwrap_or_default();
    }
    for _ in 0..random.usize(1..=8) {
        let words: Vec<String> = (0..random.usize(0..=4))
            .map(|_| {
                let element = random.choice(ELEMENTS).copied().unwrap_or("SSN");
                format!("{element}:{}", random.choice(FORMS).copied().unwrap_or("clear"))
            })
            .collect();
        let of: Vec<(u64, Certainty)> = (0..random.usize(0..=2))
            .map(|_| (random.u64(0..people), random.choice(Certainty::ALL).unwrap_or(Certainty::Certain)))
            .collect();
        tables.mention(random.u64(0..objects), &words.join(" "), &of);
    }
    let leaked = (0..objects).filter(|id| *id == 0 || random.bool()).collect();
    (tables, leaked)
}

fn shuffled(tables: &Memory, random: &mut fastrand::Rng) -> Memory {
    let mut tables = tables.clone();
    random.shuffle(&mut tables.objects);
    random.shuffle(&mut tables.mentions);
    random.shuffle(&mut tables.memberships);
    random.shuffle(&mut tables.orphans);
    tables
}

#[test]
fn the_same_tables_in_any_order_give_the_same_bytes() {
    let mut rng = fastrand::Rng::with_seed(11);
    for _ in 0..40 {
        let (tables, leaked) = random(&mut rng);
        let mut request = request(&leaked);
        request.dates.discovered = Anchor::parse("2026-05-01").ok();
        let first = written(&tables, &request, true, 1 << 20);
        assert_eq!(first, written(&tables, &request, true, 1 << 20));
        request.leaked.reverse();
        assert_eq!(first, written(&shuffled(&tables, &mut rng), &request, true, 1 << 16));
    }
}

#[test]
fn files_hold_rows_for_people_and_exposure_only_on_request() {
    let mut tables = Memory::default();
    tables.simple(1, "US-CA", "NAME SSN EMAIL+PASSWORD");
    tables.simple(2, "US-CA", "EMAIL+PASSWORD:hashed");
    tables.object(2, Status::Failed).object.uri = "=cmd|' /C calc'!A0\u{202e}\u{1b}[31m".into();
    let plain = written(&tables, &request(&[1, 2]), false, 1 << 20);
    let names: Vec<&str> = plain.keys().map(String::as_str).collect();
    assert_eq!(names, ["consumers.csv", "gaps.csv", "manifest.json", "review.csv", "summary.json", "summary.txt"]);
    for (name, bytes) in &plain {
        let text = String::from_utf8(bytes.clone()).expect("UTF-8");
        assert!(!text.contains("799") && !text.contains("US-CA-150"), "{name} speaks of exposure");
        assert!(!text.contains('\u{202e}') && !text.contains('\u{1b}'), "{name} lets a name act");
    }
    let rows = |name: &str, files: &BTreeMap<String, Vec<u8>>| {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(&files[name][..])
            .records()
            .map(|r| r.expect("a row").iter().map(str::to_string).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    let consumers = rows("consumers.csv", &plain);
    assert_eq!(consumers.len(), 3);
    let first = consumers.iter().find(|r| r[0] == token(1).to_string()).expect("the person");
    assert_eq!(first[1..6], ["consumer", "yes", "certain", "US-CA", "mailing"]);
    assert_eq!(first[7], "NAME; EMAIL; SSN; PASSWORD; EMAIL+PASSWORD");
    assert_eq!(first[8..13], ["US-CA", "certain", "", "1", "1"]);
    let review = rows("review.csv", &plain);
    assert_eq!(review.len(), 2);
    assert_eq!(review[1][..4], [token(2).to_string(), "US-CA".into(), "US-CA".into(), "hashed_password".into()]);
    assert!(rows("gaps.csv", &plain)[1][0].starts_with("'=cmd"), "a formula is guarded");
    let asked = written(&tables, &request(&[1, 2]), true, 1 << 20);
    assert_eq!(rows("ca-150.csv", &asked).len(), 3);
    assert!(String::from_utf8_lossy(&asked["ca-150.json"]).contains("\"most\": 799"));
    for name in ["consumers.csv", "review.csv", "gaps.csv", "summary.json", "summary.txt"] {
        assert_eq!(plain[name], asked[name], "exposure changes {name}");
    }
}

#[test]
fn an_answer_that_fails_leaves_the_one_before() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("consumers.csv"), "before").expect("a file");
    std::os::unix::fs::symlink("/nowhere/at/all", dir.path().join(".review.csv.partial")).expect("a link");
    drop(ScopeFiles::create(dir.path(), FileOptions::default()).expect("files"));
    let names: Vec<_> = std::fs::read_dir(dir.path()).expect("the folder").flatten().map(|f| f.file_name()).collect();
    assert_eq!(names, ["consumers.csv"]);
    assert_eq!(std::fs::read(dir.path().join("consumers.csv")).expect("a file"), b"before");
}

#[test]
fn cells_and_names_from_outside_cannot_act() {
    for start in ["=", "+", "-", "@", "\t", "\r", "\n", "\u{ff1d}"] {
        let cell = csv_cell(&format!("{start}1+1"));
        assert!(cell.starts_with("\"'"), "{cell:?}");
    }
    assert_eq!(csv_cell("plain"), "plain");
    assert_eq!(csv_cell("a,b\"c"), "\"a,b\"\"c\"");
    assert_eq!(csv_cell("a\nb"), "a\\u{a}b");
    assert_eq!(visible("\u{1b}]0;x\u{7}"), "\\u{1b}]0;x\\u{7}");
    assert_eq!(visible("a\u{202e}b\u{200b}\u{9b}"), "a\\u{202e}b\\u{200b}\\u{9b}");
    assert_eq!(visible("Zoë Ångström 東京"), "Zoë Ångström 東京");
}

#[test]
fn memory_changes_nothing() {
    let mut tables = Memory::default();
    tables.object(1, Status::Complete);
    let places = ["US-CA", "US-NY", "US-TX", "DE", "US-NC", ""];
    let mixes = ["NAME SSN", "EMAIL+PASSWORD", "NAME EMAIL", "NAME PAN", "SSN", "EMAIL+PASSWORD:hashed"];
    for n in 0..200_000u64 {
        tables.person(n, places[(n % 6) as usize]);
        tables.mention(1, mixes[(n / 7 % 6) as usize], &[(n, Certainty::Certain)]);
    }
    let request = request(&[1]);
    let small = written(&tables, &request, false, 256 << 10);
    assert!(small == written(&tables, &request, false, 1 << 30), "a small budget gives another answer");
    // 200,000 people over 6 places and, independently enough, 6 mixes: counted here by hand.
    let mut expected = 0;
    for n in 0..200_000u64 {
        expected += u64::from(n % 6 == 0 && matches!(n / 7 % 6, 0 | 1));
    }
    let summary = evaluate(&tables, &request, &mut NullSink, &std::env::temp_dir(), 1 << 20).expect("an answer");
    assert_eq!(row(&summary, "US-CA").hit.certain, expected);
    assert_eq!(summary.people.total(), 200_000);
}

#[test]
fn every_rule_that_ships_states_its_grounds() {
    let laws = shipped().unwrap_or_else(|p| panic!("{p:?}"));
    assert_eq!(laws.rules.len(), 20);
    assert_eq!(laws.hash.len(), 64);
    for rule in &laws.rules {
        assert!(!rule.citation.is_empty() && !rule.sources.is_empty(), "{}", rule.id);
        assert!(rule.facts_of.year() == 2026 && rule.compiled >= rule.facts_of, "{}", rule.id);
        assert_eq!(rule.review, "needs counsel's review");
        assert_eq!(rule.damages.is_some(), rule.id == "US-CA-150");
    }
    // A second registry would go stale: the folder is the witness that the list is whole.
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/patterns/triggers");
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder of triggers")
        .map(|f| format!("patterns/triggers/{}", f.expect("a file").file_name().to_string_lossy()))
        .collect();
    found.sort();
    assert_eq!(found, shipped_files().iter().map(|(file, _)| *file).collect::<Vec<_>>());
    assert!(laws.clone().only(&["US-CA".into()]).is_ok_and(|l| l.rules.len() == 1));
    assert!(laws.only(&["US-XX".into()]).is_err_and(|e| e.contains("US-XX")));
}

#[test]
fn every_problem_of_a_trigger_file_is_reported_with_its_line() {
    let file = "patterns/triggers/us-zz.toml";
    let text = "id = \"US-ZY\"\ntitle = \"\"\nkind = \"fine\"\nfacts_of = \"soon\"\nplaces = [\"Texas\"]\n\
                enc = \"either\"\nwith_name = [\"SSN\", \"SHOE_SIZE\"]\ncolour = 3\n[[regulator]]\nwho = \"X\"\n\
                cmp = \"gt\"\ndays = 30\n";
    let problems = Laws::parse(&[(file, text)]).expect_err("nothing in it is right");
    let lines: Vec<usize> = problems.iter().map(|p| p.line).collect();
    for line in [1, 2, 3, 4, 5, 7, 8, 9, 11] {
        assert!(lines.contains(&line), "nothing about line {line}: {problems:#?}");
    }
    for missing in ["citation", "sources", "review", "standard", "compiled", "harm"] {
        assert!(problems.iter().any(|p| p.what.contains(missing)), "{missing} is missed by nobody");
    }
    assert!(problems.iter().all(|p| p.file == file));
    let broken = Laws::parse(&[(file, "id = [\nenc = = 3\n")]).expect_err("it is no TOML");
    assert!(!broken.is_empty());
}

/// The statutes' formula over words and sets, with no bits and no merging: the witness of the evaluator.
mod naive {
    use super::*;

    pub type Set = BTreeSet<(String, Form)>;

    pub fn mention(row: &MentionRow) -> Set {
        let mut set: Set = row.mention.elements.iter().map(|e| (e.element.code().to_string(), e.form)).collect();
        let base = set.clone();
        for login in ["EMAIL", "USERNAME"] {
            if !base.contains(&(login.to_string(), Form::Clear)) {
                continue;
            }
            for (code, form) in &base {
                if code == "SECURITY_QA" && *form != Form::Truncated {
                    set.insert((format!("{login}+QA"), *form));
                }
                if code == "PASSWORD" && !matches!(form, Form::Truncated | Form::Clear) {
                    set.insert((format!("{login}+PASSWORD"), *form));
                }
            }
        }
        for (code, form) in set.clone() {
            if let Some((left, right)) = code.split_once('+') {
                let secret = match (left, right) {
                    ("PAN", _) => "CARD_CODE",
                    ("ACCT", _) => "ACCT",
                    (_, "QA") => "SECURITY_QA",
                    _ => "PASSWORD",
                };
                set.insert((secret.to_string(), form));
                if form == Form::Clear || left == "PAN" {
                    set.insert((left.to_string(), form));
                }
            }
        }
        set
    }

    fn words(word: &str) -> Vec<&str> {
        match word {
            "FIN_CODE" => vec!["PAN+CODE", "ACCT+CODE"],
            "FIN_ANY" => vec!["PAN", "ACCT", "PAN+CODE", "ACCT+CODE"],
            "ACCT_CODE" => vec!["ACCT+CODE"],
            "PAN" => vec!["PAN", "PAN+CODE"],
            "FED_ID" => vec!["GOV_ID"],
            "ACCESS_CODE" => {
                vec!["CARD_CODE", "PASSWORD", "PAN+CODE", "ACCT+CODE", "EMAIL+PASSWORD", "USERNAME+PASSWORD"]
            }
            "CRED" => vec!["EMAIL+PASSWORD", "EMAIL+QA", "USERNAME+PASSWORD", "USERNAME+QA"],
            "EMAIL_CRED" => vec!["EMAIL+PASSWORD", "EMAIL+QA"],
            plain => vec![plain],
        }
    }

    /// Words that only ask a question: what raises it, and what must be there too.
    fn question(word: &str) -> Option<(Vec<&str>, bool)> {
        Some(match word {
            "FIN_USABLE" => (vec!["PAN", "ACCT"], false),
            "MEDICAL_NARROW" => (vec!["MEDICAL"], false),
            "CRED_FOR_EMAIL_ACCOUNT" => (vec!["EMAIL+PASSWORD", "EMAIL+QA"], false),
            "EID_OR_ROUTING_WITH_CODE" => (vec!["ROUTING"], true),
            _ => return None,
        })
    }

    pub fn judge(rule: &toml::Table, set: &Set, named: bool) -> Outcome {
        let text = |key: &str| rule.get(key).and_then(|v| v.as_str()).unwrap_or("");
        let list = |key: &str| -> Vec<&str> {
            rule.get(key).and_then(|v| v.as_array()).into_iter().flatten().filter_map(|v| v.as_str()).collect()
        };
        if rule.contains_key("any_personal_data") {
            return Outcome::Yes;
        }
        let clear = |code: &str| set.contains(&(code.to_string(), Form::Clear));
        let form = |code: &str, form: Form| set.contains(&(code.to_string(), form));
        let held = |code: &str| set.iter().any(|(c, f)| c == code && *f != Form::Truncated);
        let muddy = |code: &str| held(code) && !clear(code);
        let names: &[&str] = match text("name_is") {
            "any_identifier" => &["NAME", "EMAIL", "PHONE", "USERNAME", "ADDRESS"],
            _ => &["NAME"],
        };
        let name = names.iter().any(|n| clear(n) || (text("enc") != "both" && form(n, Form::Encrypted)));
        let some_name = name || named || names.iter().any(|n| set.iter().any(|(c, _)| c == n));
        let mut review = false;
        for (key, needs_name) in [("with_name", true), ("alone", false)] {
            for word in list(key) {
                if word == "IRS_PIN" {
                    continue;
                }
                if word == "IDTHEFT" {
                    let listed = list("with_name").into_iter().chain(list("alone"));
                    let listed = listed.filter(|w| *w != "IDTHEFT").flat_map(|w| match question(w) {
                        Some((q, _)) => q,
                        None => words(w),
                    });
                    review |= !name && listed.into_iter().any(held);
                } else if word == "HEALTH_INFO_IDENTIFYING_PERSON" {
                    for code in ["MEDICAL", "HEALTH_INS"] {
                        if name && clear(code) {
                            return Outcome::Yes;
                        }
                        review |= held(code);
                    }
                } else if let Some((raises, with_code)) = question(word) {
                    let raised =
                        raises.into_iter().any(held) && (!with_code || words("ACCESS_CODE").into_iter().any(held));
                    review |= raised && (some_name || !needs_name);
                    review |= raises_alone(text("name_is"), name, word, &held);
                } else {
                    for code in words(word) {
                        if clear(code) && (name || !needs_name) {
                            return Outcome::Yes;
                        }
                        review |= (clear(code) || muddy(code)) && (some_name || !needs_name);
                        review |= needs_name && !name && text("name_is") == "any_identifier" && held(code);
                    }
                }
            }
        }
        if review { Outcome::Review } else { Outcome::No }
    }

    fn raises_alone(name_is: &str, name: bool, word: &str, held: &dyn Fn(&str) -> bool) -> bool {
        name_is == "any_identifier" && !name && question(word).is_some_and(|(q, _)| q.into_iter().any(held))
    }

    /// Per place and rule: people, hits by tier, review.
    pub fn counts(tables: &Memory, leaked: &[u64], rules: &[toml::Table]) -> BTreeMap<(String, String), [u64; 5]> {
        let mut people: BTreeMap<TokenValue, [Option<Set>; 3]> = BTreeMap::new();
        for m in tables.memberships.iter().filter(|m| leaked.contains(&m.mention.object)) {
            let said = tables.mentions.iter().find(|r| (r.object, r.number) == (m.mention.object, m.mention.number));
            let said = mention(said.expect("the mention"));
            for level in m.certainty as usize..3 {
                let levels = people.entry(m.consumer).or_default();
                levels[level].get_or_insert_default().extend(said.iter().cloned());
            }
        }
        let mut counts: BTreeMap<(String, String), [u64; 5]> = BTreeMap::new();
        let person = |id: &TokenValue| &tables.consumers[id];
        let home = |id: &TokenValue| {
            person(id).residence.map(|r| {
                let text: String = [r.country, r.state].concat().iter().map(|b| char::from(*b)).collect();
                if text.ends_with("  ") { text[..2].to_string() } else { format!("{}-{}", &text[..2], &text[2..]) }
            })
        };
        let counted: Vec<&TokenValue> = people
            .keys()
            .filter(|id| !matches!(person(id).population, Population::Organisation | Population::Test))
            .collect();
        for rule in rules {
            let places: Vec<&str> =
                rule["places"].as_array().into_iter().flatten().filter_map(|v| v.as_str()).collect();
            let id = rule["id"].as_str().unwrap_or("").to_string();
            let place = if places.len() > 1 { id.clone() } else { places[0].to_string() };
            let key = (place, id);
            let mut clusters: BTreeMap<TokenValue, bool> = BTreeMap::new();
            for who in counted.iter().filter(|w| home(w).is_some_and(|h| places.contains(&h.as_str()))) {
                let row = counts.entry(key.clone()).or_default();
                row[0] += 1;
                let named = person(who).named;
                let answers: Vec<Outcome> = people[*who]
                    .iter()
                    .map(|set| set.as_ref().map_or(Outcome::No, |set| judge(rule, set, named)))
                    .collect();
                match answers.iter().position(|a| *a == Outcome::Yes) {
                    Some(tier) => row[1 + tier] += 1,
                    None if answers.contains(&Outcome::Review) => row[4] += 1,
                    None => {}
                }
                if let Some(cluster) = person(who).cluster {
                    *clusters.entry(cluster).or_default() |= answers.iter().any(|a| *a != Outcome::No);
                }
            }
            for (cluster, split) in clusters {
                let members: Vec<&&TokenValue> =
                    counted.iter().filter(|w| person(w).cluster == Some(cluster)).collect();
                let all: Set = members.iter().filter_map(|w| people[**w][2].clone()).flatten().collect();
                let named = members.iter().any(|w| person(w).named);
                if !split && judge(rule, &all, named) != Outcome::No {
                    counts.entry(key.clone()).or_default()[4] += 1;
                }
            }
        }
        counts
    }
}

#[test]
fn the_evaluator_agrees_with_the_naive_one() {
    let rules: Vec<toml::Table> = shipped_files().iter().map(|(_, text)| text.parse().expect("TOML")).collect();
    let mut rng = fastrand::Rng::with_seed(2026);
    let mut interesting = 0;
    for case in 0..4000 {
        let (tables, leaked) = random(&mut rng);
        let (summary, _) = scoped(&tables, &request(&leaked));
        let mut found: BTreeMap<(String, String), [u64; 5]> = BTreeMap::new();
        for p in summary.places.iter() {
            let Some(rule) = &p.rule else { continue };
            let row = [p.people.total(), p.hit.certain, p.hit.likely, p.hit.possible, p.review];
            found.insert((p.place.clone(), rule.clone()), row);
            assert_eq!(p.upper, row[1..].iter().sum::<u64>());
        }
        let mut expected = naive::counts(&tables, &leaked, &rules);
        let exposed: Vec<[u64; 4]> = expected
            .remove(&("US-CA".into(), "US-CA-150".into()))
            .map(|row| [row[1], row[2], row[3], row[4]])
            .into_iter()
            .collect();
        let liability: Vec<[u64; 4]> = summary
            .liability
            .iter()
            .map(|l| [l.exposed.certain, l.exposed.likely, l.exposed.possible, l.review])
            .collect();
        assert_eq!(
            found,
            expected,
            "case {case}: {:?}",
            tables.mentions.iter().map(|m| &m.mention.elements).collect::<Vec<_>>()
        );
        assert_eq!(liability, exposed, "case {case}");
        interesting += u64::from(found.values().any(|row| row[1..].iter().any(|n| *n > 0)));
        let o = summary.outcomes;
        assert_eq!(o.notice.total() + o.review + o.none, summary.people.total());
    }
    assert!(interesting > 1500, "only {interesting} cases say anything");
}

#[test]
fn who_finds_every_place_of_every_holder() {
    let mut tables = Memory::default();
    tables.object(2, Status::Complete);
    tables.object(1, Status::Partial);
    tables.person(1, "US-CA").cluster = Some(token(1));
    tables.person(2, "US-NY");
    tables.person(3, "").cluster = Some(token(1));
    tables.mention(2, "NAME EMAIL", &[(1, Certainty::Certain)]);
    tables.mention(1, "EMAIL", &[(1, Certainty::Possible), (2, Certainty::Possible)]);
    tables.mention(1, "SSN", &[(3, Certainty::Certain)]);
    let identifier = |of: u64, consumer: Option<u64>, hub| IdentifierRow {
        token: token(of),
        kind: Element::Email,
        namespace: SharedText::from(""),
        class: Class::Tertiary,
        consumer: consumer.map(token),
        names: 1,
        hub,
        mentions: 1,
    };
    tables.identifiers =
        vec![identifier(50, Some(1), false), identifier(50, Some(2), false), identifier(51, None, true)];
    let mut text = Vec::new();
    let summary =
        who(&tables, &[token(50), token(51), token(52)], &mut WhoText::new(&mut text, 80)).expect("an answer");
    assert_eq!((summary.asked, summary.known, summary.hubs), (3, 2, 1));
    assert_eq!(summary.holders.len(), 2);
    let first = summary.holders.iter().find(|h| h.id == token(1)).expect("the first person");
    assert_eq!(first.related, [token(3)]);
    assert_eq!(summary.locations, 3);
    let text = String::from_utf8(text).expect("UTF-8");
    assert!(text.find("o1.csv") < text.find("o2.csv"), "places come in order of URI: {text}");
    assert_eq!(text.matches("possible").count(), 2);
    let mut json = Vec::new();
    let mut sink = WhoJson::new(&mut json);
    who(&tables, &[token(50)], &mut sink).expect("an answer");
    sink.finish().expect("memory takes all");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("one document");
    assert_eq!(json["locations"].as_array().map(Vec::len), Some(3));
    assert_eq!(json["locations"][2]["uri"], "s3://bucket/o2.csv");
    assert_eq!(json["locations"][2]["consumer"], token(1).to_string());
    let nobody = who(&tables, &[token(99)], &mut WhoText::new(&mut Vec::new(), 80));
    assert!(nobody.is_err_and(|e| is_nothing_matches(&e)));
}

#[test]
fn the_screen_and_the_document_say_the_same() {
    let mut tables = Memory::default();
    (0..501).for_each(|n| tables.simple(n, "US-CA", "NAME SSN EMAIL+PASSWORD"));
    tables.simple(600, "US-TX", "NAME EMAIL");
    let mut asked = request(&[1]);
    asked.dates.discovered = Anchor::parse("2026-11-20T02:00[America/Los_Angeles]").ok();
    let (summary, _) = scoped(&tables, &asked);
    for width in [80, 120] {
        let mut screen = Vec::new();
        terminal(&summary, width, &mut screen).expect("memory takes all");
        let screen = String::from_utf8(screen).expect("UTF-8");
        assert!(screen.lines().all(|l| l.chars().count() <= width), "{screen}");
        for part in
            ["PEOPLE IN THE LEAK  502", "US-CA", "501", "2026-12-20", "not given (needs --noticed)", "--noticed"]
        {
            let words = screen.split_whitespace().collect::<Vec<_>>().join(" ");
            let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains(&part), "no {part} in:\n{screen}");
        }
    }
    let json = summary_json(&summary);
    assert_eq!(json["places"][0]["hit"]["certain"], 501);
    assert_eq!(json["places"][0]["duties"][1]["status"], "owed");
    assert_eq!(json["combinations"][0]["people"], 501);
    assert_eq!(json["combinations"][0]["elements"], serde_json::json!(["NAME", "SSN", "EMAIL+PASSWORD"]));
    assert_eq!(json["outcomes"]["none"], 1);
}
