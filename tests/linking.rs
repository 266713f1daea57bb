//! Linking, rule by rule, and against a union-find.

use rollcall::identity::link::{LinkSummary, Spills, link};
use rollcall::model::detector::Class;
use rollcall::model::element::{Element, Form};
use rollcall::model::mention::{MentionElement, NameSignature, Population, Token, TokenValue};
use rollcall::model::rows::*;
use rollcall::model::shared::SharedText;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Mentions in memory, and how many they are said to be; linking reads nothing else.
struct Mentions(Vec<LinkMention>, Option<u64>);

impl Tables for Mentions {
    fn link_mentions(&self, each: &mut dyn FnMut(&LinkMention) -> io::Result<()>) -> io::Result<()> {
        self.0.iter().try_for_each(each)
    }
    fn mentions_max(&self) -> Option<u64> {
        self.1
    }
    fn objects(&self, _: bool, _: &mut dyn FnMut(ObjectRow) -> io::Result<()>) -> io::Result<()> {
        // What is not named is told apart by its number.
        Ok(())
    }
    fn mentions(&self, _: Option<&BTreeSet<u64>>, _: &mut dyn FnMut(MentionRow) -> io::Result<()>) -> io::Result<()> {
        unreachable!("linking reads link_mentions only")
    }
    fn orphans(&self, _: Option<&BTreeSet<u64>>, _: &mut dyn FnMut(OrphanRow) -> io::Result<()>) -> io::Result<()> {
        unreachable!("linking reads mentions only")
    }
    fn fields(&self, _: Option<&BTreeSet<u64>>, _: &mut dyn FnMut(FieldRow) -> io::Result<()>) -> io::Result<()> {
        unreachable!("linking reads mentions only")
    }
    fn memberships(
        &self,
        _: Option<&BTreeSet<u64>>,
        _: &mut dyn FnMut(MembershipRow) -> io::Result<()>,
    ) -> io::Result<()> {
        unreachable!("linking reads mentions only")
    }
    fn consumers(&self, _: &mut dyn FnMut(ConsumerRow) -> io::Result<()>) -> io::Result<()> {
        unreachable!("linking reads mentions only")
    }
    fn identifiers(&self, _: &mut dyn FnMut(IdentifierRow) -> io::Result<()>) -> io::Result<()> {
        unreachable!("linking reads mentions only")
    }
    fn links(&self, _: &mut dyn FnMut(LinkRow) -> io::Result<()>) -> io::Result<()> {
        unreachable!("linking reads mentions only")
    }
}

/// What linking wrote.
#[derive(Default, PartialEq, Debug)]
pub(crate) struct Derived {
    pub(crate) memberships: Vec<MembershipRow>,
    pub(crate) consumers: Vec<ConsumerRow>,
    pub(crate) identifiers: Vec<IdentifierRow>,
    links: Vec<LinkRow>,
}

impl Derived {
    fn sinks(&mut self) -> DerivedSinks<'_> {
        fn into<R: Send>(rows: &mut Vec<R>) -> RowSink<'_, R> {
            RowSink::new(|row| {
                rows.push(row);
                Ok(())
            })
        }
        DerivedSinks {
            memberships: into(&mut self.memberships),
            consumers: into(&mut self.consumers),
            identifiers: into(&mut self.identifiers),
            links: into(&mut self.links),
        }
    }

    /// The consumers of a mention, with their certainty.
    fn of(&self, number: u64) -> Vec<(TokenValue, Certainty)> {
        let mut of: Vec<_> =
            self.memberships.iter().filter(|m| m.mention.number == number).map(|m| (m.consumer, m.certainty)).collect();
        of.sort();
        of
    }

    /// The consumer of a mention that has exactly one.
    fn one(&self, number: u64) -> TokenValue {
        let of = self.of(number);
        assert_eq!(of.len(), 1, "mention {number} has {of:?}");
        of[0].0
    }

    fn same(&self, a: u64, b: u64) -> bool {
        self.one(a) == self.one(b)
    }
}

pub(crate) fn run(mentions: Vec<LinkMention>, memory: usize) -> (Derived, LinkSummary) {
    run_of(&Mentions(mentions, None), memory)
}

fn run_of(mentions: &Mentions, memory: usize) -> (Derived, LinkSummary) {
    let dir = tempfile::tempdir().unwrap();
    let mut derived = Derived::default();
    let summary = link(mentions, derived.sinks(), &Spills { dir: dir.path(), memory }).unwrap();
    derived.memberships.sort();
    derived.links.sort_by_key(|l| (l.consumer, l.left, l.right));
    assert!(derived.consumers.is_sorted_by_key(|c| c.id), "consumers come by id");
    assert!(derived.identifiers.is_sorted_by_key(|i| i.token), "identifiers come by token");
    (derived, summary)
}

fn linked(mentions: Vec<LinkMention>) -> Derived {
    run(mentions, 1 << 20).0
}

/// Letters to a number, for hashes that a test can read.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)) | 1
}

pub(crate) fn name(first: &str, last: &str) -> NameSignature {
    let (root, other_root) = match first {
        "bob" | "robert" => ("robert", ""),
        "chris" => ("christopher", "christina"),
        "kit" => ("christopher", "katherine"),
        other => (other, ""),
    };
    let near = |word: &str| {
        let mut near = [0u16; 10];
        if word.len() >= 4 {
            let mut all: Vec<u16> =
                (0..word.len()).map(|i| hash(&format!("{}{}", &word[..i], &word[i + 1..])) as u16 | 1).collect();
            all.push(hash(word) as u16 | 1);
            all.sort_unstable();
            all.dedup();
            all.truncate(10);
            near[..all.len()].copy_from_slice(&all);
        }
        near
    };
    let whole = |word: &str| if word.is_empty() { 0 } else { hash(word) };
    let initial_only = first.len() == 1;
    NameSignature {
        first: if initial_only { 0 } else { whole(first) },
        first_roots: [if initial_only { 0 } else { whole(root) }, whole(other_root), 0, 0],
        initial: whole(first.get(..1).unwrap_or("")),
        first_sound: 0,
        last: whole(last),
        last_sound: 0,
        first_near: near(first),
        last_near: near(last),
    }
}

pub(crate) fn token(kind: Element, class: Class, value: &str) -> Token {
    let h = hash(&format!("{}:{value}", kind.code()));
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&h.to_be_bytes());
    bytes[8..].copy_from_slice(&h.rotate_left(29).to_be_bytes());
    Token { value: TokenValue(bytes), kind, class, namespace: SharedText::from("") }
}

pub(crate) fn ssn(v: &str) -> Token {
    token(Element::Ssn, Class::Primary, v)
}
pub(crate) fn customer(v: &str) -> Token {
    token(Element::CustomerId, Class::Primary, v)
}
pub(crate) fn email(v: &str) -> Token {
    token(Element::Email, Class::Tertiary, v)
}
pub(crate) fn phone(v: &str) -> Token {
    token(Element::Phone, Class::Tertiary, v)
}
pub(crate) fn dob(v: &str) -> Token {
    token(Element::Dob, Class::Secondary, v)
}
pub(crate) fn key(v: &str) -> Token {
    token(Element::RecordKey, Class::None, v)
}

pub(crate) fn mention(number: u64, name: NameSignature, tokens: &[Token]) -> LinkMention {
    let mut tokens = tokens.to_vec();
    tokens.sort();
    LinkMention {
        id: MentionId { object: 1, number },
        main: true,
        population: Population::Consumer,
        tokens,
        name,
        elements: [MentionElement { element: Element::Email, form: Form::Clear }][..].into(),
        residence: None,
        event_day: None,
        count: 1,
    }
}

pub(crate) fn nameless() -> NameSignature {
    NameSignature::default()
}

#[test]
fn a_primary_identifier_joins_without_a_name() {
    let d = linked(vec![
        mention(0, name("ann", "lee"), &[customer("c1"), email("a@x")]),
        mention(1, nameless(), &[customer("c1")]),
        mention(2, nameless(), &[customer("c2")]),
    ]);
    assert!(d.same(0, 1) && !d.same(0, 2));
    assert_eq!(d.consumers.len(), 2);
    assert_eq!(d.links.len(), 1);
    assert_eq!(&*d.links[0].rule, "primary");
}

#[test]
fn a_shared_address_joins_only_compatible_names() {
    let d = linked(vec![
        mention(0, name("robert", "lee"), &[email("home@x")]),
        mention(1, name("bob", "lee"), &[email("home@x")]),
        mention(2, name("jane", "lee"), &[email("home@x")]),
        mention(3, name("robret", "lee"), &[email("home@x")]),
        mention(4, name("robert", "leee"), &[email("other@x")]),
    ]);
    assert!(d.same(0, 1), "a nickname is the same person");
    assert!(d.same(0, 3), "one typing error is the same person");
    assert!(!d.same(0, 2), "a household is two people");
    assert!(!d.same(0, 4), "nothing shared, nothing joined");
    assert!(d.consumers.iter().all(|c| c.cluster.is_none()), "a household is no conflict");
}

#[test]
fn an_initial_never_bridges_two_people() {
    let d = linked(vec![
        mention(0, name("john", "smith"), &[email("s@x")]),
        mention(1, name("jane", "smith"), &[email("s@x")]),
        mention(2, name("j", "smith"), &[email("s@x")]),
    ]);
    assert!(!d.same(0, 1));
    assert_eq!(d.of(2).len(), 2, "possible for each");
    assert!(d.of(2).iter().all(|(_, c)| *c == Certainty::Possible));
    let d = linked(vec![
        mention(0, name("john", "smith"), &[email("s@x")]),
        mention(1, name("j", "smith"), &[email("s@x")]),
    ]);
    assert!(d.same(0, 1), "the only one it fits");
}

#[test]
fn a_nickname_of_two_families_never_bridges_them() {
    let d = linked(vec![
        mention(0, name("christopher", "smith"), &[email("s@x")]),
        mention(1, name("chris", "smith"), &[email("s@x")]),
    ]);
    assert!(d.same(0, 1), "the only one it fits");
    let d = linked(vec![
        mention(0, name("christopher", "smith"), &[email("s@x")]),
        mention(1, name("christina", "smith"), &[email("s@x")]),
        mention(2, name("chris", "smith"), &[email("s@x")]),
    ]);
    assert!(!d.same(0, 1));
    assert!(d.consumers.iter().all(|c| c.cluster.is_none()));
}

#[test]
fn a_birth_date_tells_father_from_son() {
    let d = linked(vec![
        mention(0, name("john", "smith"), &[phone("1"), dob("1950")]),
        mention(1, name("john", "smith"), &[phone("1"), dob("1980")]),
    ]);
    assert!(!d.same(0, 1));
}

#[test]
fn a_new_last_name_under_ones_own_id_is_the_same_person() {
    let d = linked(vec![
        mention(0, name("ann", "lee"), &[customer("c1")]),
        mention(1, name("ann", "voss"), &[customer("c1")]),
        mention(2, nameless(), &[customer("c1")]),
        mention(3, name("ann", "garcia"), &[phone("1")]),
        mention(4, name("ann", "nguyen"), &[phone("1")]),
    ]);
    assert!(d.same(0, 1) && d.same(0, 2));
    assert!(!d.same(3, 4), "a shared phone is no such id");
}

#[test]
fn father_and_son_of_one_name_are_parted_by_their_birth_dates() {
    let d = linked(vec![
        mention(0, name("john", "smith"), &[customer("c1"), phone("1"), email("old@x"), dob("1950")]),
        mention(1, name("john", "smith"), &[phone("1"), email("old@x")]),
        mention(2, name("john", "smith"), &[customer("c2"), phone("1"), email("young@x"), dob("1980")]),
        mention(3, name("john", "smith"), &[phone("1"), email("young@x")]),
    ]);
    assert!(!d.same(0, 2));
    assert!(d.same(0, 1) && d.same(2, 3), "each order goes with its own e-mail address");
    assert!(d.consumers.iter().all(|c| &*c.cluster_reason == "dob_conflict"), "{:?}", d.consumers);
}

#[test]
fn a_nickname_of_several_families_is_settled_by_the_birth_date() {
    let two = |first: &str, second: &str| {
        let d = linked(vec![
            mention(0, name("chris", "lee"), &[customer("c1"), phone("1"), dob(first)]),
            mention(1, name("kit", "lee"), &[token(Element::Passport, Class::Primary, "7"), phone("1"), dob(second)]),
        ]);
        d.same(0, 1)
    };
    assert!(two("1970", "1970"), "of one family, one last name, one phone, born on one day");
    assert!(!two("1970", "1990"));
}

#[test]
fn a_receiver_follows_the_only_guest_of_the_same_name_in_the_same_postal_code() {
    let zip = |v: &str| token(Element::Zip, Class::None, v);
    let address = |v: &str| token(Element::Address, Class::Tertiary, v);
    let guest = |number, at: &str, mail: &str| mention(number, name("ann", "lee"), &[email(mail), zip(at)]);
    let sent = |number, street: &str, at: &str, more: &[Token]| {
        mention(number, name("ann", "lee"), &[&[address(street), zip(at)], more].concat())
    };
    let d = linked(vec![guest(0, "90001", "a@x"), sent(1, "5 elm", "90001", &[]), sent(2, "5 elm", "90001", &[])]);
    assert!(d.same(0, 1) && d.same(0, 2));
    assert_eq!((d.of(0)[0].1, d.of(1)[0].1), (Certainty::Certain, Certainty::Likely));
    assert_eq!(d.consumers.len(), 1);

    let d = linked(vec![guest(0, "90001", "a@x"), sent(1, "5 elm", "90002", &[])]);
    assert!(!d.same(0, 1), "another postal code");
    let d = linked(vec![guest(0, "90001", "a@x"), sent(1, "5 elm", "90001", &[]), sent(2, "9 oak", "90001", &[])]);
    assert!(!d.same(0, 1) && !d.same(0, 2) && !d.same(1, 2), "two streets may be two people");
    let d = linked(vec![guest(0, "90001", "a@x"), guest(1, "90001", "b@x"), sent(2, "5 elm", "90001", &[])]);
    assert!(!d.same(0, 2) && !d.same(1, 2), "two guests may be two people");
    let d = linked(vec![guest(0, "90001", "a@x"), sent(1, "5 elm", "90001", &[email("b@x")])]);
    assert!(!d.same(0, 1), "the receiver has an e-mail address of their own");
    let born = mention(0, name("ann", "lee"), &[email("a@x"), zip("90001"), dob("1950")]);
    let d = linked(vec![born, sent(1, "5 elm", "90001", &[dob("1980")])]);
    assert!(!d.same(0, 1), "two birth dates");
}

#[test]
fn one_social_security_number_with_two_names_is_a_cluster() {
    let d = linked(vec![mention(0, name("ann", "lee"), &[ssn("1")]), mention(1, name("carl", "voss"), &[ssn("1")])]);
    assert!(!d.same(0, 1));
    let least = d.consumers.iter().map(|c| c.id).min();
    assert!(
        d.consumers.iter().all(|c| c.cluster == least && &*c.cluster_reason == "name_conflict"),
        "{:?}",
        d.consumers
    );
}

#[test]
fn a_chain_with_two_social_security_numbers_falls_apart() {
    let d = linked(vec![
        mention(0, name("ann", "lee"), &[ssn("1"), phone("7")]),
        mention(1, name("ann", "lee"), &[phone("7"), email("a@x")]),
        mention(2, name("ann", "lee"), &[ssn("2"), email("a@x")]),
    ]);
    assert!(!d.same(0, 2));
    assert_eq!(d.of(1).len(), 1 + usize::from(d.of(1).len() == 2));
    assert!(d.consumers.iter().all(|c| &*c.cluster_reason == "primary_conflict"), "{:?}", d.consumers);
    assert_eq!(d.consumers.len(), 2);
}

#[test]
fn a_nameless_mention_does_not_bridge_two_names() {
    let d = linked(vec![
        mention(0, name("ann", "lee"), &[token(Element::Passport, Class::Primary, "1")]),
        mention(
            1,
            nameless(),
            &[token(Element::Passport, Class::Primary, "1"), token(Element::DriverLicense, Class::Primary, "2")],
        ),
        mention(2, name("carl", "voss"), &[token(Element::DriverLicense, Class::Primary, "2")]),
    ]);
    assert!(!d.same(0, 2));
    assert!(d.consumers.iter().all(|c| &*c.cluster_reason == "name_conflict"), "{:?}", d.consumers);
}

#[test]
fn a_nameless_mention_attaches_to_the_only_holder() {
    let d = linked(vec![
        mention(0, name("ann", "lee"), &[email("a@x"), phone("1")]),
        mention(1, nameless(), &[email("a@x")]),
        mention(2, name("carl", "lee"), &[phone("1"), email("c@x")]),
        mention(3, nameless(), &[phone("1")]),
        mention(4, nameless(), &[email("nobody@x")]),
        mention(5, nameless(), &[email("nobody@x"), phone("9")]),
        mention(6, nameless(), &[phone("9")]),
    ]);
    assert_eq!(d.of(1), vec![(d.one(0), Certainty::Likely)]);
    assert_eq!(d.of(3).len(), 2, "two hold the phone");
    assert!(d.of(3).iter().all(|(_, c)| *c == Certainty::Possible));
    assert!(d.same(4, 5) && d.same(5, 6), "nameless people are people, and counted once");
    assert_eq!(d.consumers.len(), 3);
}

#[test]
fn keys_attach_records_and_never_merge_people() {
    let mut ship_to = mention(1, name("gil", "gift"), &[key("o1"), phone("2")]);
    ship_to.main = false;
    let d = linked(vec![
        mention(0, name("ann", "lee"), &[customer("c1"), key("o1")]),
        ship_to,
        mention(2, nameless(), &[key("o1"), token(Element::Pan, Class::Tertiary, "4111")]),
        mention(3, nameless(), &[key("o2"), token(Element::Pan, Class::Tertiary, "4222")]),
    ]);
    assert!(!d.same(0, 1), "an order joins nobody");
    assert_eq!(d.of(2), vec![(d.one(0), Certainty::Likely)], "the card is the buyer's, not the recipient's");
    assert_eq!(d.consumers.len(), 3, "an order nobody holds is a person unknown");
    let d = linked(vec![
        mention(0, name("ann", "lee"), &[email("a@x")]),
        mention(1, nameless(), &[key("o1"), email("a@x")]),
        mention(2, nameless(), &[key("o1"), token(Element::Pan, Class::Tertiary, "4111")]),
        mention(3, nameless(), &[key("o9"), token(Element::Pan, Class::Tertiary, "4222")]),
        mention(4, nameless(), &[key("o9"), token(Element::Pan, Class::Tertiary, "4333")]),
    ]);
    assert_eq!(
        d.of(2),
        vec![(d.one(0), Certainty::Likely)],
        "a payment follows its order to who holds the order's e-mail"
    );
    assert!(!d.same(3, 4), "two payments of one order may be two people's");
}

#[test]
fn hubs_link_nobody_and_are_listed() {
    let people = ["ann", "carl", "dora", "emil", "fay", "gus", "hal", "ida"];
    let mut mentions: Vec<LinkMention> = people
        .iter()
        .enumerate()
        .map(|(i, first)| mention(i as u64, name(first, "x"), &[phone("desk"), email(first)]))
        .collect();
    mentions.push(mention(50, name("ann", "x"), &[phone("desk")]));
    mentions.push(mention(51, nameless(), &[phone("desk")]));
    let (d, summary) = run(mentions, 1 << 20);
    assert_eq!(summary.hubs, 1);
    let hub: Vec<_> = d.identifiers.iter().filter(|i| i.hub).collect();
    assert_eq!((hub.len(), hub[0].consumer, hub[0].kind), (1, None, Element::Phone));
    assert!(hub[0].names >= 8);
    assert!(!d.same(0, 50), "a shared desk proves nothing");
    assert_eq!(d.of(51).len(), 1);
}

/// What may turn out a hub waits until all tokens are measured, and is joined like any other where it is none.
#[test]
fn a_token_of_several_names_is_no_hub_where_such_are_usual() {
    let firsts = ["ann", "carl", "dora", "emil", "fay", "gus", "hal"];
    let place = |i: u64| (i % 5, i / 5 % 7);
    let new = |i: u64| {
        let (desk, first) = place(i);
        mention(i, name(firsts[first as usize], &format!("x{desk}")), &[phone(&desk.to_string())])
    };
    for memory in [0, 1 << 20] {
        let (d, summary) = run((0..105).map(new).collect(), memory);
        assert_eq!((summary.hubs, summary.consumers), (0, 35));
        (0..105).for_each(|i| assert!(d.same(i, i % 35) && place(i) == place(i % 35)));
    }
}

/// More mentions of a token than are held back, some under names that must be compared.
#[test]
fn a_token_of_thousands_of_mentions_joins_those_of_one_person() {
    let names = [name("robert", "smith"), name("bob", "smith"), name("carl", "voss")];
    let new = |i: u64| mention(i, names[i as usize % 3], &[email("home"), email(&format!("{}", i % 1000))]);
    for memory in [0, 1 << 20] {
        let (d, summary) = run((0..4000).map(new).collect(), memory);
        assert_eq!((summary.hubs, summary.consumers), (0, 2));
        let of: BTreeMap<u64, TokenValue> = d.memberships.iter().map(|m| (m.mention.number, m.consumer)).collect();
        assert!((0..4000).all(|i| of[&i] == of[&if i % 3 == 2 { 2 } else { 0 }]));
    }
}

/// A mention that has two numbers of which a person has one is in conflict with what has neither, and not with its like.
#[test]
fn two_numbers_in_one_mention_are_a_conflict() {
    let new = |i| mention(i, name("ann", "lee"), &[ssn("1"), ssn("2"), phone("7")]);
    let same = linked((0..2).map(new).collect());
    assert_eq!((same.consumers.len(), same.of(1)[0].1), (1, Certainty::Certain));
    let other = linked(vec![new(0), mention(1, name("ann", "lee"), &[phone("7")])]);
    assert_eq!((other.consumers.len(), other.of(1)[0].1), (1, Certainty::Likely));
}

#[test]
fn populations_elements_and_residence_are_gathered() {
    let mut a = mention(0, name("ann", "lee"), &[customer("c1")]);
    a.elements = [MentionElement { element: Element::Ssn, form: Form::Clear }][..].into();
    a.residence = Some(rollcall::model::mention::Residence {
        country: *b"US",
        state: *b"CA",
        basis: rollcall::model::mention::ResidenceBasis::Shipping,
    });
    let mut b = mention(1, nameless(), &[customer("c1")]);
    b.id.object = 2;
    b.elements = [MentionElement { element: Element::Password, form: Form::Hashed }][..].into();
    b.residence = Some(rollcall::model::mention::Residence {
        country: *b"US",
        state: *b"NV",
        basis: rollcall::model::mention::ResidenceBasis::Billing,
    });
    let d = linked(vec![a, b]);
    let [c] = &d.consumers[..] else { panic!("{:?}", d.consumers) };
    assert_eq!(c.residence.map(|r| r.state), Some(*b"NV"), "billing beats shipping");
    assert_eq!(c.residence_rejected.iter().map(|r| r.state).collect::<Vec<_>>(), [*b"CA"]);
    assert_eq!((c.mentions, c.records, c.objects, c.named), (2, 2, 2, true));
    assert_eq!(c.elements.len(), 2);
    assert!(c.elements.iter().any(|e| e.element == Element::Password && e.form == Form::Hashed));
}

/// A world of people with several systems, for the properties below.
fn world(seed: u64, people: u64) -> Vec<LinkMention> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let firsts = ["ann", "robert", "bob", "carl", "dora", "emil", "maria", "mario"];
    let lasts = ["lee", "smith", "voss", "garcia", "nguyen"];
    let mut mentions = Vec::new();
    for p in 0..people {
        let who = name(firsts[rng.usize(0..firsts.len())], lasts[rng.usize(0..lasts.len())]);
        for _ in 0..rng.usize(1..5) {
            let mut tokens = Vec::new();
            if rng.bool() {
                tokens.push(customer(&p.to_string()));
            }
            if rng.bool() {
                tokens.push(email(&(p / (1 + u64::from(rng.u8(0..10) == 0))).to_string()));
            }
            if rng.bool() {
                tokens.push(phone(&(p / 2).to_string()));
            }
            if rng.u8(0..20) == 0 {
                tokens.push(ssn(&(p / 2).to_string()));
            }
            let who = if rng.bool() { who } else { nameless() };
            mentions.push(mention(mentions.len() as u64, who, &tokens));
        }
    }
    mentions
}

#[test]
fn neither_order_nor_memory_changes_the_answer() {
    for seed in 0..12 {
        let mentions = world(seed, 150);
        let (want, _) = run(mentions.clone(), 1 << 24);
        let (small, _) = run(mentions.clone(), 0);
        assert_eq!(want, small, "a sort that spills gives what a sort in memory gives");
        let mut shuffled = mentions;
        fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
        let (other, _) = run(shuffled, 1 << 24);
        assert_eq!(want.memberships, other.memberships, "seed {seed}");
        assert_eq!(want.consumers, other.consumers, "seed {seed}");
        assert_eq!(want.identifiers, other.identifiers, "seed {seed}");
    }
}

/// The filter of repeated tokens is sized by how many mentions there may be. One that takes every token for repeated, as the
/// least one soon does, costs time and nothing else.
#[test]
fn how_many_mentions_are_expected_does_not_change_the_answer() {
    for seed in 0..12 {
        let mentions = world(seed, 150);
        let (want, _) = run(mentions.clone(), 1 << 24);
        for expected in [0, 10, mentions.len() as u64, u64::MAX] {
            let (other, _) = run_of(&Mentions(mentions.clone(), Some(expected)), 1 << 24);
            assert_eq!(want, other, "seed {seed}, {expected} mentions expected");
        }
    }
}

/// Who is with whom, and how surely: for each consumer its mentions.
fn groups(derived: &Derived, names: &[u64]) -> BTreeSet<Vec<(u64, Certainty)>> {
    let mut of: BTreeMap<TokenValue, Vec<(u64, Certainty)>> = BTreeMap::new();
    for m in &derived.memberships {
        of.entry(m.consumer).or_default().push((names[m.mention.number as usize], m.certainty));
    }
    of.into_values()
        .map(|mut group| {
            group.sort();
            group
        })
        .collect()
}

/// Linking goes through mentions in the order of their names, so shuffling alone is undone; this gives them other names.
#[test]
fn where_mentions_lie_does_not_change_who_they_are() {
    for seed in 0..40 {
        let mentions = world(seed, 150);
        let plain: Vec<u64> = (0..mentions.len() as u64).collect();
        let want = groups(&linked(mentions.clone()), &plain);
        let mut names = plain.clone();
        fastrand::Rng::with_seed(seed).shuffle(&mut names);
        let mut moved: Vec<LinkMention> = names.iter().map(|old| mentions[*old as usize].clone()).collect();
        moved.iter_mut().enumerate().for_each(|(new, m)| m.id.number = new as u64);
        let got = groups(&linked(moved), &names);
        let differ: Vec<_> = want.symmetric_difference(&got).collect();
        assert!(differ.is_empty(), "seed {seed}: {differ:?}");
    }
}

/// Two orders of one account under one name, beside an account in another spelling: the spelling that comes first must
/// not keep the two apart.
#[test]
fn another_spelling_does_not_come_between_two_floating_mentions() {
    for spelling_first in [true, false] {
        let near = mention(if spelling_first { 2 } else { 4 }, name("robret", "smith"), &[customer("9"), phone("7")]);
        let orders = if spelling_first { [3, 4] } else { [2, 3] };
        let order = |number| mention(number, name("rober", "smith"), &[customer("9"), phone("7")]);
        let d = linked(vec![
            mention(0, name("robert", "smith"), &[ssn("1"), phone("7")]),
            mention(1, name("robert", "smith"), &[ssn("2"), phone("7")]),
            near,
            order(orders[0]),
            order(orders[1]),
        ]);
        assert_eq!(d.of(orders[0]), d.of(orders[1]), "spelling first: {spelling_first}");
    }
}

#[test]
fn every_mention_is_somebodys() {
    for seed in 20..30 {
        let mentions = world(seed, 300);
        let count = mentions.len() as u64;
        let (d, summary) = run(mentions, 1 << 16);
        assert_eq!(summary.mentions, count);
        let whose: BTreeSet<u64> = d.memberships.iter().map(|m| m.mention.number).collect();
        assert_eq!(whose.len() as u64, count, "no person is lost");
        let consumers: BTreeSet<TokenValue> = d.consumers.iter().map(|c| c.id).collect();
        assert_eq!(consumers.len(), d.consumers.len(), "ids are unique");
        assert!(d.memberships.iter().all(|m| consumers.contains(&m.consumer)));
        assert_eq!(summary.consumers, consumers.len() as u64);
        for c in &d.consumers {
            let own = d.memberships.iter().filter(|m| m.consumer == c.id && m.certainty != Certainty::Possible);
            assert_eq!(own.count() as u64, c.mentions, "a consumer counts its own mentions");
        }
    }
}

/// Customer ids of different namespaces are joined by nothing but each other here, so a union-find has the same answer.
#[test]
fn components_are_those_of_a_union_find() {
    let mut rng = fastrand::Rng::with_seed(3);
    for round in 0..20 {
        let count = 400u64;
        let spread = 1 + round * 40;
        let mut parent: Vec<usize> = (0..count as usize).collect();
        fn find(parent: &mut Vec<usize>, i: usize) -> usize {
            if parent[i] != i {
                let root = find(parent, parent[i]);
                parent[i] = root;
            }
            parent[i]
        }
        let mut holders: BTreeMap<u64, usize> = BTreeMap::new();
        let mentions: Vec<LinkMention> = (0..count)
            .map(|n| {
                let values: Vec<u64> = (0..2).map(|_| rng.u64(0..spread * 2)).collect();
                for v in &values {
                    let other = *holders.entry(*v).or_insert(n as usize);
                    let (a, b) = (find(&mut parent, other), find(&mut parent, n as usize));
                    parent[a.max(b)] = a.min(b);
                }
                let tokens: Vec<Token> =
                    values.iter().map(|v| token(Element::Passport, Class::Primary, &v.to_string())).collect();
                mention(n, nameless(), &tokens)
            })
            .collect();
        let d = run(mentions, 0).0;
        for a in 0..count {
            let b = rng.u64(0..count);
            assert_eq!(d.same(a, b), find(&mut parent, a as usize) == find(&mut parent, b as usize), "round {round}");
        }
    }
}
