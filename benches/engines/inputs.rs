//! The bytes that engines are measured on, made by a generator so that every machine has the same.

use fastrand::Rng;
use std::fmt::Write;

/// One input.
pub struct Input {
    /// Its name in the record.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

const FIRST: [&str; 12] =
    ["James", "Mary", "Robert", "Patricia", "Linda", "David", "Susan", "Karen", "Lisa", "Daniel", "Betty", "Ada"];
const LAST: [&str; 12] =
    ["Smith", "Johnson", "Brown", "Garcia", "Miller", "Davis", "Lopez", "Wilson", "Moore", "Lee", "White", "Example"];
const DOMAINS: [&str; 6] = ["mail.example", "example.org", "example.com", "post.example.net", "a.test", "shop.example"];
const STREETS: [&str; 6] = ["Maple Ave", "Oak Street", "Pine Road", "Cedar Blvd", "Lake Drive", "Hill Court"];
const WORDS: &str = "the of and to in is that it was for on are as with his they at be this from have or by one had not but what all were when we there can an your which their said if do will each about how up out them then she many some so these would other into has more her two like him see time could no make than first been its who now people my made over did down only way find use may water long little very after words called just where most know get through back much before go good new write our used me man too any day same right look think also around another came come work three word must because does part even place well such here take why things help put years different away again off went old number great tell men say small every found still between name should home big give air line set own under read last never us left end along while might next sound below saw something thought both few those always looked show large often together asked house world going want";

fn pick<'a>(rng: &mut Rng, list: &[&'a str]) -> &'a str {
    list[rng.usize(0..list.len())]
}

fn time(rng: &mut Rng) -> String {
    let (d, t) = ((rng.u8(1..13), rng.u8(1..29)), (rng.u8(0..24), rng.u8(0..60), rng.u8(0..60)));
    format!("2024-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", d.0, d.1, t.0, t.1, t.2, rng.u16(0..1000))
}

fn email(rng: &mut Rng) -> String {
    let (f, l, d) = (pick(rng, &FIRST).to_lowercase(), pick(rng, &LAST).to_lowercase(), pick(rng, &DOMAINS));
    match rng.u8(0..3) {
        0 => format!("{f}.{l}@{d}"),
        1 => format!("{f}{}@{d}", rng.u16(0..1000)),
        _ => format!("{f}_{l}{}@{d}", rng.u8(0..100)),
    }
}

fn phone(rng: &mut Rng) -> String {
    let (a, b, c) = (rng.u16(200..1000), rng.u16(200..1000), rng.u16(0..10_000));
    match rng.u8(0..5) {
        0 => format!("({a}) {b}-{c:04}"),
        1 => format!("{a}-{b}-{c:04}"),
        2 => format!("{a}.{b}.{c:04}"),
        3 => format!("+1 {a} {b} {c:04}"),
        _ => format!("{a}{b}{c:04}"),
    }
}

fn card(rng: &mut Rng) -> String {
    let digits: String = std::iter::once('4').chain((0..15).map(|_| char::from(b'0' + rng.u8(0..10)))).collect();
    let group = |by: &str| [&digits[..4], &digits[4..8], &digits[8..12], &digits[12..]].join(by);
    match rng.u8(0..4) {
        0 => group(" "),
        1 => group("-"),
        _ => digits.clone(),
    }
}

fn ssn(rng: &mut Rng) -> String {
    // Numbers from 900 on are never issued.
    format!("{:03}-{:02}-{:04}", rng.u16(900..1000), rng.u8(1..100), rng.u16(1..10_000))
}

fn ip(rng: &mut Rng) -> String {
    format!("{}.{}.{}.{}", rng.u8(1..224), rng.u8(..), rng.u8(..), rng.u8(..))
}

fn iban(rng: &mut Rng) -> String {
    let digits: String = (0..20).map(|_| char::from(b'0' + rng.u8(0..10))).collect();
    let compact = format!("DE{digits}");
    if rng.bool() {
        return compact;
    }
    compact.as_bytes().chunks(4).map(|c| String::from_utf8_lossy(c).into_owned()).collect::<Vec<_>>().join(" ")
}

fn logs(rng: &mut Rng, out: &mut String) {
    let t = time(rng);
    let _ = match rng.u8(0..4) {
        0 => write!(
            out,
            "{t} INFO  [http-nio-8080-exec-{}] c.e.s.OrderService - request_id={:08x}-{:04x}-{:04x}-{:012x} GET /api/v1/orders/{} status={} duration_ms={}",
            rng.u8(..),
            rng.u32(..),
            rng.u16(..),
            rng.u16(..),
            rng.u64(0..1 << 48),
            rng.u32(0..9_999_999),
            200,
            rng.u16(0..3000)
        ),
        1 => write!(
            out,
            "{{\"ts\":\"{t}\",\"level\":\"info\",\"svc\":\"search-api\",\"trace_id\":\"{:016x}{:016x}\",\"span_id\":\"{:016x}\",\"msg\":\"cache miss for key\",\"latency_ms\":{},\"user_id\":{},\"epoch\":17{:011}",
            rng.u64(..),
            rng.u64(..),
            rng.u64(..),
            rng.u16(0..900),
            rng.u32(0..99_999_999),
            rng.u64(0..100_000_000_000)
        ),
        2 => write!(
            out,
            "{t} WARN  [pool-{}-thread-{}] o.h.e.j.s.SqlExceptionHelper - connection pool stats active=10 idle=4 waiting=0 (attempt {} of 5, elapsed {}.{:02}s)",
            rng.u8(0..9),
            rng.u8(0..64),
            rng.u8(0..5),
            rng.u8(0..60),
            rng.u8(0..100)
        ),
        _ => write!(
            out,
            "{t} DEBUG [main] c.z.h.p.HikariPool - retrying upstream call after timeout batch={} offset={} bytes={}",
            rng.u32(0..100_000),
            rng.u64(0..1 << 40),
            rng.u32(0..1 << 24)
        ),
    };
    if rng.u8(0..10) == 0 {
        let _ = write!(out, " client_ip={}", ip(rng));
    }
    if rng.u8(0..50) == 0 {
        let _ = write!(out, " user={}", email(rng));
    }
    if rng.u16(0..500) == 0 {
        let _ = match rng.u8(0..5) {
            0 => write!(out, " ssn={}", ssn(rng)),
            1 => write!(out, " phone={}", phone(rng)),
            2 => write!(out, " card={}", card(rng)),
            3 => write!(out, " password={:010x}", rng.u64(0..1 << 40)),
            _ => write!(out, " iban={}", iban(rng)),
        };
    }
    out.push('\n');
}

fn csv(rng: &mut Rng, out: &mut String) {
    let account = if rng.u8(0..8) == 0 { iban(rng) } else { String::new() };
    let _ = writeln!(
        out,
        "{},{},{},{},{},{},{},{},{},{:02}/{},{}.{:02},{:013},{},{},\"{} {}, Apt {}\",Springfield,OR,{:05},{account}",
        rng.u64(1_000_000_000..10_000_000_000),
        time(rng),
        rng.u32(0..9_999_999),
        pick(rng, &FIRST),
        pick(rng, &LAST),
        email(rng),
        phone(rng),
        ssn(rng),
        card(rng),
        rng.u8(1..13),
        rng.u8(24..30),
        rng.u16(0..2000),
        rng.u8(0..100),
        rng.u64(0..10_000_000_000_000),
        rng.u8(1..20),
        ip(rng),
        rng.u16(0..10_000),
        pick(rng, &STREETS),
        rng.u8(0..100),
        rng.u32(0..100_000),
    );
}

fn prose(rng: &mut Rng, out: &mut String) {
    let words: Vec<&str> = WORDS.split(' ').collect();
    match rng.u8(0..6) {
        0 => {
            let (a, b) = (pick(rng, &words), pick(rng, &words));
            let _ = writeln!(
                out,
                "    def {a}_{b}(self, {b}, {a}=None):\n        return self._{a}.get({b}, {})",
                rng.u16(0..300)
            );
        }
        1 => {
            let (a, b) = (pick(rng, &words), pick(rng, &words));
            let _ = writeln!(
                out,
                "#define {}_{} {}\nextern int {a}_{b}(const char *{b}, unsigned flags); /* 0 on success */",
                a.to_uppercase(),
                b.to_uppercase(),
                rng.u16(..)
            );
        }
        _ => {
            let count = rng.usize(8..26);
            for i in 0..count {
                // Common words come first in the list, and come often.
                let most = rng.usize(1..words.len());
                let word = words[rng.usize(0..most)];
                let _ = match (i, rng.u8(0..40)) {
                    (0, _) => write!(out, "{}{}", word[..1].to_uppercase(), &word[1..]),
                    (_, 0) => write!(out, " {}", rng.u16(..)),
                    (_, 1) => write!(out, ", {word}"),
                    _ => write!(out, " {word}"),
                };
            }
            out.push_str(if rng.u8(0..3) == 0 { ".\n" } else { ". " });
            if rng.u16(0..400) == 0 {
                let _ = write!(out, "Write to {} or call {}. ", email(rng), phone(rng));
            }
        }
    }
}

fn grown(name: &str, size: usize, seed: u64, mut add: impl FnMut(&mut Rng, &mut String)) -> Input {
    let mut rng = Rng::with_seed(seed);
    let mut out = String::with_capacity(size + 4096);
    while out.len() < size {
        add(&mut rng, &mut out);
    }
    let mut bytes = out.into_bytes();
    bytes.truncate(size);
    Input { name: name.to_string(), bytes }
}

/// How an input grows.
type Grow = fn(&mut Rng, &mut String);

fn made(kinds: &[(&str, u64, Grow)], size: usize, asked: &dyn Fn(&str) -> bool) -> Vec<Input> {
    let asked = kinds.iter().filter(|(name, ..)| asked(name));
    asked.map(|(name, seed, add)| grown(name, size, *seed, add)).collect()
}

/// Sparse logs, dense customer rows, and prose with source: those that are asked for by name.
pub fn ordinary(size: usize, asked: &dyn Fn(&str) -> bool) -> Vec<Input> {
    made(&[("logs", 1, logs), ("csv", 2, csv), ("prose", 3, prose)], size, asked)
}

/// The ordinary ones, and those that are made to cost.
pub fn all(size: usize, asked: &dyn Fn(&str) -> bool) -> Vec<Input> {
    const BOMBS: [&str; 10] = [
        "4111-1111-1111-1112 ",
        "4111111111111112,",
        "923-45-6789 ",
        "223-155-1234,",
        "a@bcde.f ",
        "1.2.3.999 ",
        "DE12370400440532013001 ",
        "password ",
        "ssn 000111222 ",
        "5105105105105109;",
    ];
    let hostile: [(&str, u64, Grow); 5] = [
        ("digits", 4, |rng, out| out.push(char::from(b'0' + rng.u8(0..10)))),
        ("ats", 5, |_, out| out.push('@')),
        ("soup", 6, |rng, out| {
            out.push(char::from(b"0123456789012345678901234567890123456789-. ()/:@"[rng.usize(0..48)]));
        }),
        ("bombs", 7, |rng, out| out.push_str(BOMBS[rng.usize(0..BOMBS.len())])),
        ("drawn", 8, |rng, out| {
            let mark = ["-", "=", "_", "*"][rng.usize(0..4)];
            let _ = writeln!(out, "{} INFO {}", time(rng), mark.repeat(rng.usize(20..120)));
        }),
    ];
    let mut inputs = ordinary(size, asked);
    inputs.extend(made(&hostile, size, asked));
    inputs
}

/// Rows with a header, for the stages of a scan: dense ones, ones of which each is a new person with six tokens, and ones of
/// 100,000 people who come again.
pub fn rows(size: usize) -> Vec<Input> {
    const PEOPLE: u64 = 100_000;
    let person = |n: u64, row: u64, out: &mut String| {
        let (first, last) = (FIRST[(n % 12) as usize], LAST[(n / 12 % 12) as usize]);
        let (area, group, serial) = (n / 989_901 % 665 + 1, n / 9999 % 99 + 1, n % 9999 + 1);
        let _ = writeln!(
            out,
            "{row},{first},{last},p{n}@mail.example,202{:07},{area:03}-{group:02}-{serial:04},19{:02}-{:02}-{:02},{} {},Springfield,OR,{:05}",
            2_000_000 + n % 7_000_000,
            40 + n % 60,
            1 + n % 12,
            1 + n % 28,
            1 + n % 9000,
            STREETS[(n % 6) as usize],
            n % 90_000 + 10_000,
        );
    };
    const HEADER: &str = "row,first_name,last_name,email,phone,ssn,birth_date,street,city,state,zip\n";
    let whole = |name: &str, add: &mut dyn FnMut(u64, &mut String)| {
        let mut out = HEADER.to_string();
        let mut row = 0;
        while out.len() < size {
            add(row, &mut out);
            row += 1;
        }
        Input { name: name.to_string(), bytes: out.into_bytes() }
    };
    let mut dense = grown("dense rows, no header", size, 2, csv);
    dense.bytes.truncate(dense.bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1));
    vec![
        dense,
        whole("new people", &mut |row, out| person(row, row, out)),
        whole("100,000 people recurring", &mut |row, out| person(row * 7919 % PEOPLE, row, out)),
    ]
}

/// For each detector that has them and is asked for by name, its own near misses over and over: all its anchors, none a
/// finding of it.
pub fn near_misses(size: usize, asked: &dyn Fn(&str) -> bool) -> Vec<Input> {
    let shipped = rollcall::pattern::builtin();
    let with_pattern = shipped.iter().filter(|d| d.pattern.is_some() && !d.field_only);
    with_pattern
        .map(|detector| (detector, format!("misses of {}", detector.id)))
        .filter(|(_, name)| asked(name))
        .map(|(detector, name)| {
            let misses = detector.examples.iter().filter(|e| !e.found && e.field.is_none());
            let line: String = misses.map(|e| format!("{}, ", e.text)).collect();
            let mut bytes = line.repeat(size / line.len().max(1) + 1).into_bytes();
            bytes.truncate(size);
            Input { name, bytes }
        })
        .filter(|input| !input.bytes.is_empty())
        .collect()
}
