//! The front end finds what the naive oracle finds, no more and no less, on generated inputs of every shape.

use rollcall::matcher::lanes::Scratch;
use rollcall::matcher::oracle::Oracle;
use rollcall::matcher::plan::Matcher;
use rollcall::matcher::shape::Shape;
use rollcall::matcher::walk::Walker;
use rollcall::model::detector::{Class, Confidence, Detector};
use rollcall::model::element::{Element, Form};
use rollcall::model::finding::Hit;
use rollcall::simd::Level;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A detector with a pattern and nothing else.
pub fn detector(id: &str, element: Element, pattern: &str) -> Detector {
    Detector {
        id: id.to_string(),
        file: format!("{id}.toml"),
        shipped: false,
        name: id.to_string(),
        element,
        form: Form::Clear,
        identifies: Class::None,
        why: String::new(),
        pattern: (!pattern.is_empty()).then(|| pattern.to_string()),
        field_only: false,
        beside_findings: false,
        whole_field: false,
        digits: None,
        near: Vec::new(),
        fields: Vec::new(),
        not_fields: Vec::new(),
        validate: None,
        alone: Confidence::Medium,
        with_near: Confidence::High,
        with_field: Confidence::High,
        precedence: 0,
        references: Vec::new(),
        examples: Vec::new(),
    }
}

/// Detectors of every kind of beginning, middle and end that pattern files have.
pub fn detectors() -> Vec<Detector> {
    let list: &[(&str, Element, &str)] = &[
        ("ssn", Element::Ssn, r"\b\d{3}-\d{2}-\d{4}\b"),
        ("ssn_spaced", Element::Ssn, r"\d{3}[ .]\d{2}[ .]\d{4}"),
        ("nine", Element::Ssn, r"\d{9}"),
        ("phone", Element::Phone, r"(?:\+?1[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?: ?x\d{1,5})?"),
        ("phone_ten", Element::Phone, r"[2-9]\d{2}[2-9]\d{6}"),
        ("phone_intl", Element::Phone, r"\+[1-9]\d{0,2}(?:[ -]?\d{2,4}){2,4}"),
        ("card", Element::Pan, r"\d(?:[ -]?\d){12,18}"),
        ("card_amex", Element::Pan, r"3[47]\d{2}[ -]\d{6}[ -]\d{5}"),
        ("ipv4", Element::IpAddress, r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)"),
        (
            "ipv6",
            Element::IpAddress,
            r"(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,6}:(?:[0-9A-Fa-f]{1,4}:){0,4}[0-9A-Fa-f]{1,4}",
        ),
        ("email", Element::Email, r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"),
        ("email_led", Element::Email, r"[A-Za-z0-9][A-Za-z0-9._-]{0,30}@[A-Za-z0-9.-]{1,60}\.(?:com|org)"),
        ("iban", Element::BankAccount, r"[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)"),
        ("date_iso", Element::Dob, r"(?:19|20)\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"),
        ("date_us", Element::Dob, r"(?:0?[1-9]|1[0-2])[/.-](?:0?[1-9]|[12]\d|3[01])[/.-](?:(?:19|20)\d{2}|\d{2})"),
        (
            "password",
            Element::Password,
            r#"(?i:password|passwd|pwd)["']?\s{0,3}[:=]\s{0,3}["']?(?P<value>[^\s"',;]{4,40})"#,
        ),
        ("url_login", Element::Password, r"[a-z][a-z0-9+.-]{1,20}://[^\s:@/]{1,40}:(?P<value>[^\s:@/]{1,40})@"),
        ("aws_key", Element::PrivateKey, r"(?:AKIA|ASIA)[A-Z2-7]{16}"),
        ("passport", Element::Passport, r"[A-Z]{2}\d{6}"),
        ("licence", Element::DriverLicense, r"(?-i:[A-Z])\d{7,12}"),
        ("pem", Element::PrivateKey, r"-----BEGIN (?:RSA )?PRIVATE KEY-----"),
        ("member", Element::HealthInsurance, r"(?i)member (?:id|no)\.? ?#?\d{6,9}$"),
        ("line_start", Element::Other, r"^(?:id|ID)[:=]\w{2,12}"),
        ("token", Element::Other, r"[A-Za-z0-9/+]{20}(?:==?)?"),
    ];
    list.iter().map(|(id, element, pattern)| detector(id, *element, pattern)).collect()
}

/// Detectors of numbers: as many as it takes for molds, with every kind of end, boundary and continuation.
fn numbers() -> Vec<Detector> {
    const LIST: &[(&str, &str)] = &[
        ("tail", r"\b\d{3}-\d{2}-\d{4}(?:-[A-Za-z0-9]{1,8})?\b"),
        (
            "phone",
            r"(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?\d{3}[-. ]\d{4}|[2-9]\d{2}-\d{3}-\d{4})(?:,? ?(?:[xX]|[eE][xX][tT]\.?) ?\d{1,6})?\b",
        ),
        ("card", r"\b(?:\d{13,19}|\d{4}-\d{4}-\d{4}-\d{1,4}(?:-\d{1,3})?|\d{4} \d{6} \d{4,5})\b"),
        ("ipv4", r"\b(?:\d{1,3}\.){3}\d{1,3}\b"),
        (
            "time",
            r"\b\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:[T ]\d{2}:[0134][05](?::00(?:\.0{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?\b",
        ),
        ("bracket", r"\(\d{2}\) \d{3}-\d{2}"),
        ("bracket_in_word", r"\b\(\d{2}\)\d{3}"),
        ("plus", r"\+[1-9]\d{0,3}(?:[ .-]?\(?\d{1,5}\)?){2,7}\b"),
        ("closing", r"\d{5}\)?"),
        ("closing_in_word", r"\d{4}-\d\)\b"),
        ("letter", r"[A-Z]\d{7}[A-Z]"),
        ("letters", r"[A-Z]{2}(?:\d{6}[A-D]|\x20?\d{2}\x20\d{2}\x20\d{2}\x20?[A-D])"),
        ("either", r"(?:\d{8}|[XYZ]\d{7})-?[A-Z]"),
        ("run", r"\d{10,13}"),
        ("mixed", r"\d{5}[A-Z0-9]{3}"),
        ("pieces", r"(?:\d{2}/\d{2}/(?:\d{4}|\d{2})|[A-Z][a-z]{2} \d{1,2}, \d{4})"),
        ("words", r"\d{3}-\d{3}(?: (?:x|ext) ?\d{1,4})?"),
        ("sign", r"[0-3]\d{5}[-+A-F]\d{3}[0-9A-Y]"),
        ("account", r"[A-Z]{2}\d{2}(?:[A-Z0-9]{11,20}|(?: [A-Z0-9]{4}){3,5})"),
        ("nested", r"\d{2}\.\d{3}(?:\.\d{3}(?:-\d{2})?)?"),
    ];
    LIST.iter().map(|(id, pattern)| detector(id, Element::Other, pattern)).collect()
}

/// All hits of a whole input.
pub fn scan(matcher: &Matcher, bytes: &[u8], scratch: &mut Scratch) -> Vec<Hit> {
    let mut all: Vec<Hit> = Vec::new();
    matcher.scan(bytes, 0..bytes.len() as u32, scratch, &mut |hits| all.extend_from_slice(hits));
    all
}

fn digits(rng: &mut fastrand::Rng, n: usize, out: &mut Vec<u8>) {
    out.extend((0..n).map(|_| b'0' + rng.u8(0..10)));
}

/// Fills a template: `d` a digit, `U` a capital, `l` a small letter, `x` a hexadecimal digit, the rest as it stands.
fn fill(rng: &mut fastrand::Rng, template: &str, out: &mut Vec<u8>) {
    for b in template.bytes() {
        out.push(match b {
            b'd' => b'0' + rng.u8(0..10),
            b'U' => b'A' + rng.u8(0..26),
            b'l' => b'a' + rng.u8(0..26),
            b'x' => b"0123456789abcdef"[rng.usize(0..16)],
            other => other,
        });
    }
}

/// A random input: pieces that look like values, glued by what stands between values, then damaged.
pub fn input(rng: &mut fastrand::Rng, bytes: usize) -> Vec<u8> {
    const SHAPES: &[&str] = &[
        "ddd-dd-dddd",
        "ddd dd dddd",
        "ddd.dd.dddd",
        "ddddddddd",
        "(ddd) ddd-dddd",
        "(ddd)ddd-dddd",
        "ddd-ddd-dddd",
        "ddd.ddd.dddd",
        "+1 ddd ddd dddd",
        "1-ddd-ddd-dddd x12",
        "ddddddddddd",
        "+44 dd dddd dddd",
        "+49-ddd-ddddd",
        "dddd dddd dddd dddd",
        "dddd-dddd-dddd-dddd",
        "dddddddddddddddd",
        "34dd dddddd ddddd",
        "37dd-dddddd-ddddd",
        "1d.2d.d.1dd",
        "2dd.1dd.dd.d",
        "10.0.0.d",
        "xxxx:xxxx:xxx:xx:x:xx:xxx:xxxx",
        "xxxx::xxxx",
        "fe80::x:xx",
        "llll@lll.com",
        "ll.lll@ll-ll.co.uk",
        "l+l_%l@ll.ll.org",
        ".l.l@l.com",
        "l.l.l.l@l.l.ll",
        "-l@lll.org",
        "Ull@Ul.org",
        "UUdd dddd dddd dddd dddd dd",
        "UUddddddddddddddddddddd",
        "UUddUUUUdddddddddddddd",
        "19dd-0d-1d",
        "20dd-1d-2d",
        "0d/1d/19dd",
        "d/d/dd",
        "1d-2d-20dd",
        "1d.0d.dd",
        "lll:llddll@lll",
        "l:l@l",
        "ll:dddd@l",
        "ll/l:l@",
        "://l:l@",
        "UUUUUUUUUUUUUUUU",
        "UU22UUUUUU7UUUUU",
        "UUdddddd",
        "Uddddddd",
        "Udddddddddddd",
        "llllddddUUUUlllldddd",
        "l/l+dddddddddddddddd==",
        "ldldlddl",
    ];
    const WORDS: &[&str] = &[
        "password=",
        "PassWord: \"",
        "pwd = '",
        "passwd:",
        "mypassword=",
        "Pwd\":\"",
        "AKIA",
        "ASIA",
        "ASIAIOSFODNN7EXAMPL",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----",
        "member id #",
        "Member No. ",
        "MEMBER NO123456\n",
        "member id123456789\n",
        "\nid:",
        "\nID=",
        "id:",
        "https://",
        "ftp://user:pass@",
        "x.http://",
    ];
    const GLUE: &[&str] =
        &[", ", "\n", "\t", ";", " ", ",", "=", ": ", "\"", "_", "-", ".", "@", "(", "/", "\u{e9}", "\r\n", ""];
    let mut out = Vec::with_capacity(bytes + 64);
    let mode = rng.u8(0..6);
    while out.len() < bytes {
        match mode {
            // Noise from the bytes that patterns are made of.
            0 => out.push(b"0123456789012345678901234-. ()/:@+=_aAbZ\n"[rng.usize(0..41)]),
            1 => {
                let n = rng.usize(0..22);
                digits(rng, n, &mut out);
                out.extend_from_slice(rng.choice(["-", ".", " ", ", ", ":", "@", "-.", "a"]).unwrap_or("").as_bytes());
            }
            2 if rng.u8(0..8) == 0 => out.push(rng.u8(..)),
            _ => {
                if rng.u8(0..4) == 0 {
                    out.extend_from_slice(WORDS[rng.usize(0..WORDS.len())].as_bytes());
                }
                let shape = SHAPES[rng.usize(0..SHAPES.len())];
                fill(rng, shape, &mut out);
                out.extend_from_slice(GLUE[rng.usize(0..GLUE.len())].as_bytes());
            }
        }
    }
    if rng.bool() {
        for _ in 0..1 + out.len() / 40 {
            let at = rng.usize(0..out.len());
            match rng.u8(0..6) {
                0 => out[at] = rng.u8(..),
                1 => out[at] = b'0' + rng.u8(0..10),
                2 => out[at] = b"-. ()@,_:\n"[rng.usize(0..10)],
                3 => out[at] = b'a' + rng.u8(0..26),
                4 => {
                    out.remove(at);
                }
                _ => out.insert(at, out[rng.usize(0..out.len())]),
            }
            if out.is_empty() {
                break;
            }
        }
    }
    out
}

/// The plans of `detectors` at every level that this machine has, the scalar one first.
pub fn levels(detectors: &[Detector]) -> Vec<Matcher> {
    let available = Level::ALL.into_iter().filter(|l| l.available());
    available.map(|level| Matcher::at(level, detectors, &[]).expect("the test detectors plan")).collect()
}

fn plan() -> (Vec<Detector>, Vec<Matcher>, Oracle) {
    let detectors = detectors();
    let matchers = levels(&detectors);
    let oracle = Oracle::new(&detectors).expect("the test detectors compile");
    (detectors, matchers, oracle)
}

/// Compares every level with the oracle on inputs of `seeds`, two threads; returns the hits of each detector.
fn compare(detectors: &[Detector], matchers: &[Matcher], oracle: &Oracle, seeds: std::ops::Range<u64>) -> Vec<usize> {
    let counts: Vec<AtomicUsize> = detectors.iter().map(|_| Default::default()).collect();
    let next = AtomicU64::new(seeds.start);
    let work = || {
        let mut scratch = Scratch::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            let mut rng = fastrand::Rng::with_seed(seed);
            let bytes = rng.usize(1..80);
            let bytes = input(&mut rng, bytes);
            let slow = oracle.scan(&bytes, 0..bytes.len() as u32);
            for matcher in matchers {
                same(detectors, matcher, &bytes, &slow, &mut scratch);
            }
            for hit in slow {
                counts[usize::from(hit.detector)].fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    counts.into_iter().map(AtomicUsize::into_inner).collect()
}

/// Asserts that a level finds what the oracle found.
fn same(detectors: &[Detector], matcher: &Matcher, bytes: &[u8], slow: &[Hit], scratch: &mut Scratch) {
    let fast = scan(matcher, bytes, scratch);
    let name = |h: &Hit| (h.start, h.end, detectors[usize::from(h.detector)].id.clone());
    let missed: Vec<_> = slow.iter().filter(|h| !fast.contains(h)).map(name).collect();
    let extra: Vec<_> = fast.iter().filter(|h| !slow.contains(h)).map(name).collect();
    let level = matcher.level();
    assert_eq!(
        (missed, extra),
        (vec![], vec![]),
        "missed, extra at {level:?} in {:?}",
        bytes.escape_ascii().to_string()
    );
    assert_eq!(fast, slow, "order at {level:?}");
}

#[test]
fn front_end_equals_oracle() {
    let (detectors, matchers, oracle) = plan();
    let counts = compare(&detectors, &matchers, &oracle, 0..120_000);
    for (detector, count) in detectors.iter().zip(counts) {
        assert!(count > 60, "{} was hit {count} times only; the comparison proves nothing for it", detector.id);
    }
}

/// A million inputs at every level: the bar of the project, ten to sixty seconds.
#[test]
fn front_end_equals_oracle_on_a_million_inputs() {
    let (detectors, matchers, oracle) = plan();
    compare(&detectors, &matchers, &oracle, 1 << 32..(1 << 32) + 1_000_000);
}

#[test]
fn molds_equal_oracle() {
    const SHAPES: &[&str] = &[
        "ddd-dd-dddd",
        "ddd-dd-dddd-dl",
        "(2dd) ddd-dddd",
        "2dd-ddd-dddd, x dd",
        "+1 2dd-ddd-ddddxdd",
        "2dd-ddd-dddd ext. d",
        "dddd-dddd-dddd-dddd-dd",
        "dddd dddddd dddd",
        "dddddddddddddd",
        "1d.d.2dd.1d",
        "dddd-dd-ddT10:45:00.000Z",
        "dddd/d/dd 11:30+dddd",
        "(dd) ddd-dd",
        "l(dd)ddd",
        "+dd ddd ddd",
        "+d(dd)ddddd",
        "ddddd)",
        "dddd-d)l",
        "UdddddddU",
        "UUddddddC",
        "UU dd dd ddB",
        "ddddddddU",
        "Zddddddd-U",
        "dddddddddd",
        "dddddU1d",
        "dd/dd/dddd",
        "May d, dddd",
        "ddd-ddd x ddd",
        "ddd-ddd ext dd",
        "1ddddd+dddU",
        "UUddUdUdUdUdUdUd",
        "UUdd dddd UUUU dddd",
        "dd.ddd.ddd-dd",
        "dd.ddd.ddd",
        "dd.ddd",
    ];
    const BETWEEN: &[u8] = b"  ,,.-()/+xX:;\n_A1";
    let detectors = numbers();
    let matchers = levels(&detectors);
    let oracle = Oracle::new(&detectors).expect("the numbers compile");
    for (i, detector) in detectors.iter().enumerate() {
        let how = matchers[0].front_end(i);
        assert!(how.contains("mold"), "{}: {how}", detector.id);
    }
    let mut counts = vec![0; detectors.len()];
    let mut scratch = Scratch::new();
    let mut rng = fastrand::Rng::with_seed(0x301d);
    for _ in 0..150_000 {
        let mut bytes = Vec::new();
        for _ in 0..rng.usize(1..5) {
            let shape = SHAPES[rng.usize(0..SHAPES.len())];
            fill(&mut rng, shape, &mut bytes);
            (0..rng.usize(0..3)).for_each(|_| bytes.push(BETWEEN[rng.usize(0..BETWEEN.len())]));
        }
        if rng.bool() {
            let at = rng.usize(0..bytes.len());
            bytes[at] = BETWEEN[rng.usize(0..BETWEEN.len())];
        }
        bytes.truncate(rng.usize(bytes.len() / 2..bytes.len() + 1));
        let slow = oracle.scan(&bytes, 0..bytes.len() as u32);
        matchers.iter().for_each(|m| same(&detectors, m, &bytes, &slow, &mut scratch));
        slow.iter().for_each(|hit| counts[usize::from(hit.detector)] += 1);
    }
    for (detector, count) in detectors.iter().zip(counts) {
        assert!(count > 500, "{} was hit {count} times only; the comparison proves nothing for it", detector.id);
    }
}

#[test]
fn shipped_detectors_equal_oracle() {
    let shipped = rollcall::pattern::builtin();
    let oracle = Oracle::new(&shipped).expect("the shipped detectors compile");
    let matchers = levels(&shipped);
    compare(&shipped, &matchers, &oracle, 0..4_000);
    // Their own examples, each in a line of its own and all in one.
    let mut scratch = Scratch::new();
    let mut all = Vec::new();
    for example in shipped.iter().flat_map(|d| &d.examples) {
        let slow = oracle.scan(example.text.as_bytes(), 0..example.text.len() as u32);
        matchers.iter().for_each(|m| same(&shipped, m, example.text.as_bytes(), &slow, &mut scratch));
        all.extend_from_slice(example.text.as_bytes());
        all.extend_from_slice(b", ");
    }
    let slow = oracle.scan(&all, 0..all.len() as u32);
    assert!(slow.len() > 60, "{} hits in the examples prove little", slow.len());
    matchers.iter().for_each(|m| same(&shipped, m, &all, &slow, &mut scratch));
}

#[test]
fn long_inputs_cross_batches() {
    let (detectors, matchers, oracle) = plan();
    let mut scratch = Scratch::new();
    for seed in 0..12 {
        let mut rng = fastrand::Rng::with_seed(seed ^ 0xba7c);
        let mut bytes = Vec::new();
        while bytes.len() < 80_000 {
            bytes.extend(input(&mut rng, 200));
        }
        let slow = oracle.scan(&bytes, 0..bytes.len() as u32);
        matchers.iter().for_each(|m| same(&detectors, m, &bytes, &slow, &mut scratch));
    }
}

#[test]
fn long_walks_end_alike_with_and_without_an_automaton() {
    const PATTERN: &str = r"[a-z.]{1,64}@[a-z.-]{1,190}\.[a-z]{2,24}";
    const LENGTH: usize = 64 + 1 + 190 + 1 + 24;
    let pattern = Shape::new(PATTERN).expect("a pattern").hir;
    let fast = Walker::new(&pattern, LENGTH);
    // Room for the automaton without the bounds of repetitions, but not for the one with them.
    let slow = Walker::within(64 << 10, &pattern, LENGTH);
    let mut rng = fastrand::Rng::with_seed(7);
    let (mut ends, mut apart) = (0, 0);
    for _ in 0..300 {
        let mut text = Vec::new();
        for _ in 0..4 {
            (0..rng.usize(40..70)).for_each(|_| text.push(*rng.choice(b"ab.").expect("some")));
            text.extend_from_slice(b"@");
            for _ in 0..rng.usize(1..7) {
                (0..rng.usize(1..66)).for_each(|_| text.push(rng.u8(b'a'..=b'd')));
                text.push(*rng.choice(b"..1\n").expect("some"));
            }
        }
        let starts: Vec<u32> = (0..text.len() as u32).collect();
        let walked = |walker: &Walker| {
            let mut found = Vec::new();
            let steps = walker.walk(&text, &starts, &mut |i, end| found.push((i, end)));
            (found, steps)
        };
        let ((want, fast_steps), (got, slow_steps)) = (walked(&fast), walked(&slow));
        assert_eq!(got, want, "{}", text.escape_ascii());
        ends += want.len();
        apart += usize::from(fast_steps != slow_steps);
    }
    assert!(ends > 1000 && apart > 200, "{ends} ends, {apart} texts walked another way: the comparison proves nothing");
}

#[test]
fn the_edges_are_what_the_rules_say() {
    let (detectors, matchers, oracle) = plan();
    let matcher = &matchers[0];
    let mut scratch = Scratch::new();
    let mut found = |text: &str, id: &str| -> Vec<String> {
        let fast = scan(matcher, text.as_bytes(), &mut scratch);
        assert_eq!(fast, oracle.scan(text.as_bytes(), 0..text.len() as u32));
        let own = fast.iter().filter(|h| detectors[usize::from(h.detector)].id == id);
        own.map(|h| text[h.start as usize..h.end as usize].to_string()).collect()
    };
    assert_eq!(found("1234567890123456", "nine"), [""; 0]);
    assert_eq!(found("a123456789", "nine"), [""; 0]);
    assert_eq!(found("(123456789)", "nine"), ["123456789"]);
    assert_eq!(found("12-123456789", "nine"), [""; 0]);
    assert_eq!(found("x-123456789-x", "nine"), ["123456789"]);
    assert_eq!(found("123456789.", "nine"), ["123456789"]);
    assert_eq!(found("123456789.5", "nine"), [""; 0]);
    assert_eq!(found("1.2.3.4.5", "ipv4"), [""; 0]);
    assert_eq!(found("at 1.2.3.4.", "ipv4"), ["1.2.3.4"]);
    assert_eq!(found("mail a.b.c@x.example.org now", "email"), ["a.b.c@x.example.org"]);
    assert_eq!(found("a@b.com1", "email"), [""; 0]);
    assert_eq!(found("password=\"hunter22\"", "password"), ["password=\"hunter22"]);
    assert_eq!(found("mypassword=hunter22", "password"), [""; 0]);
    assert_eq!(found("415-555-2671 x12345678", "phone"), ["415-555-2671"]);
    assert_eq!(found("id:ab\nx id:cd\nid:ef", "line_start"), ["id:ab", "id:ef"]);
}

#[test]
fn repetitions_of_every_length_equal_oracle() {
    // Of each the end decides whether it may start, and bounds lie on both sides of how far an outline follows.
    let patterns = [
        r"[a-z]{3,60};",
        r"[a-z]{1,32};",
        r"[a-z]{1,33};",
        r"[a-z]{2,34};",
        r"#[a-z]{0,31};",
        r"#[a-z]{0,40};[0-9]{1,15},",
        r"[0-9]{1,2}\.[0-9]{3,15},[a-z]{0,5};",
    ];
    let detectors: Vec<Detector> =
        (0..).zip(patterns).map(|(n, p): (u32, _)| detector(&format!("run_{n}"), Element::Other, p)).collect();
    let oracle = Oracle::new(&detectors).expect("the patterns compile");
    let matchers = levels(&detectors);
    let mut scratch = Scratch::new();
    let mut counts = vec![0; patterns.len()];
    let (letters, digits) = ("abcdefg".repeat(10), "1234567".repeat(10));
    for length in 0..=70 {
        let mut text = String::new();
        for before in ["", "#", "12."] {
            for behind in [";", ",;", ";7,", ";77777,", "", "Z;"] {
                text += &format!("{before}{}{behind}\n{before}{}{behind}\n", &letters[..length], &digits[..length]);
            }
        }
        let slow = oracle.scan(text.as_bytes(), 0..text.len() as u32);
        slow.iter().for_each(|hit| counts[usize::from(hit.detector)] += 1);
        matchers.iter().for_each(|matcher| same(&detectors, matcher, text.as_bytes(), &slow, &mut scratch));
    }
    assert!(counts.iter().all(|n| *n >= 10), "{counts:?}: the comparison proves nothing");
}

#[test]
fn unplannable_patterns_are_named_all_at_once() {
    let mut list = vec![
        detector("open", Element::Other, r"\d+"),
        detector("fine", Element::Other, r"\d{4}"),
        detector("empty", Element::Other, r"\d{0,4}"),
        detector("long", Element::Other, r"x[a-z]{1,2000}"),
        detector("cut", Element::Other, r"\Aabc"),
        detector("broken", Element::Other, r"(abc"),
    ];
    let problems = Matcher::new(&list, &[]).err().expect("five of the six cannot be planned");
    let named: Vec<&str> = problems.iter().map(|p| p.detector.as_str()).collect();
    assert_eq!(named, ["open", "empty", "long", "cut", "broken"]);
    list.truncate(2);
    list.remove(0);
    let matcher = Matcher::new(&list, &[]).expect("the fine one plans");
    assert!(matcher.margin() <= 1024);
}

#[test]
fn front_ends_are_named() {
    let (detectors, matchers, _) = plan();
    let of = |id: &str| matchers[0].front_end(detectors.iter().position(|d| d.id == id).expect("known"));
    assert!(of("nine").contains("exact, 9 bytes"), "{}", of("nine"));
    assert!(of("ssn").contains("shape, "), "{}", of("ssn"));
    assert!(of("email").contains("literal \"@\""), "{}", of("email"));
    assert!(of("url_login").contains("literal \"://\""), "{}", of("url_login"));
    assert!(of("password").contains("keyword"), "{}", of("password"));
    assert!(of("aws_key").contains("keyword"), "{}", of("aws_key"));
    assert!(of("passport").contains("shape"), "{}", of("passport"));
    // An outline follows runs, so their ends are an anchor; words have none.
    let run = [detector("run", Element::Other, r"[A-Za-z ]{3,60}[.]")];
    let matcher = Matcher::new(&run, &[]).expect("a run is planned");
    assert_eq!(matcher.no_anchor(0), None, "{}", matcher.front_end(0));
    let open = [detector("open", Element::Other, r"[A-Za-z]{2,40}[^A-Za-z\n]{1,3}")];
    let matcher = Matcher::new(&open, &[]).expect("a pattern without an anchor is planned too");
    assert!(matcher.front_end(0).contains("no anchor"), "{}", matcher.front_end(0));
    assert!(matcher.no_anchor(0).is_some_and(|n| n > 16.0));
}
