//! Where plain letters have a shorter way than the rest of Unicode, both ways say the same. A value is sent the long way by
//! a word behind or before it that is not plain and changes nothing else.

use fastrand::Rng;
use rollcall::identity::canon::canonical;
use rollcall::identity::key::Key;
use rollcall::identity::name::Folder;
use rollcall::identity::place;
use rollcall::model::element::Element;
use rollcall::model::finding::{Marks, Verdict};
use rollcall::validate;
use siphasher::sip128::{Hasher128, SipHasher24};
use std::hash::Hasher;

const VALUES: usize = 40_000;

/// A value of some parts, in letters of any case.
fn value(rng: &mut Rng, parts: &[&str], most: usize) -> String {
    let mut text = String::new();
    for _ in 0..rng.usize(1..=most) {
        let part = *rng.choice(parts).unwrap();
        match rng.u8(0..3) {
            0 => text.push_str(&part.to_uppercase()),
            _ => text.push_str(part),
        }
    }
    text
}

fn verdict(name: &str, value: &str) -> Verdict {
    validate::by_name(name).unwrap()(value.as_bytes())
}

#[test]
fn domains_and_local_parts() {
    let parts = ["a", "b", "com", "xn--", "-", ".", "example", "9", "png", "_", "org", "mail", "+", "\"", "info"];
    let mut rng = Rng::with_seed(1);
    let (mut valid, long) = (0, "l".repeat(63));
    for i in 0..VALUES {
        let mut domain = value(&mut rng, &parts, 6);
        if i % 50 == 0 {
            domain = domain.replace("example", &long);
        }
        // A label more changes nothing where there is another already.
        if domain.contains('.') {
            let (short, plain) =
                (verdict("email", &format!("jo@{domain}")), verdict("email", &format!("jo@é.{domain}")));
            assert_eq!(short.is_valid(), plain.is_valid(), "{domain}");
            valid += usize::from(short.is_valid());
        }
        let local = value(&mut rng, &parts, 5);
        if !local.contains('"') {
            let (short, plain) =
                (verdict("email", &format!("{local}@a.org")), verdict("email", &format!("é.{local}@a.org")));
            assert_eq!(short.is_valid(), plain.is_valid(), "{local}");
        }
    }
    assert!(valid > VALUES / 100, "only {valid} were valid");
}

#[test]
fn parts_of_names() {
    let parts = ["mary", "o", "jr", "mr", "open", "Paid", "church", "van", "inc", "x", "7", "no", "test", "na"];
    let mut rng = Rng::with_seed(2);
    let mut folder = Folder::default();
    for _ in 0..VALUES {
        let name = value(&mut rng, &parts, 2);
        let placeholder = |v: Verdict| matches!(v, Verdict::Valid { marks, .. } if marks.has(Marks::PLACEHOLDER));
        for which in ["given_name", "surname"] {
            let short = verdict(which, &name);
            if !placeholder(short) {
                assert_eq!(short.is_valid(), verdict(which, &format!("{name} é")).is_valid(), "{name}");
            }
        }
        let found = folder.first_name(name.as_bytes());
        let short = folder.first.clone();
        // A title is left out and the next word is taken.
        folder.first_name(format!("{name} é").as_bytes());
        assert_eq!(if found { short.as_str() } else { "e" }, folder.first, "{name}");
        assert!(folder.last_name(name.as_bytes()));
        let short = folder.last.clone() + "e";
        folder.last_name(format!("{name} é").as_bytes());
        assert_eq!(short, folder.last, "{name}");
    }
}

#[test]
fn street_lines() {
    let parts = [
        "12",
        " ",
        "Main",
        "street",
        " ",
        "apt",
        "#",
        ",",
        "é",
        ".",
        "No",
        "expressway",
        "a",
        "5b",
        " ",
        "unit",
        "pt",
        "-",
    ];
    let mut rng = Rng::with_seed(3);
    let (mut short, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..VALUES {
        let parts = &parts[..8 + rng.usize(0..10)];
        let line = value(&mut rng, parts, 9).replace(['é', 'É'], "");
        let street = canonical(Element::Street, line.as_bytes(), false, &mut short);
        // A word of a letter behind it: it is a street's letters even if there were none.
        canonical(Element::Street, format!("{line} ú").as_bytes(), false, &mut plain);
        let trimmed = plain.strip_suffix(b" U").unwrap_or(if plain == b"U" { b"" } else { &plain });
        assert_eq!(short, trimmed, "{line}");
        let digits = line.bytes().any(|b| b.is_ascii_digit());
        assert!(!street || digits, "{line}");
    }
}

#[test]
fn codes_of_places() {
    let every = (0..=u8::MAX).flat_map(|a| (0..=u8::MAX).map(move |b| [a, b]));
    let (mut states, mut countries, mut identified) = (0, 0, 0);
    for code in every {
        let says = |name: &str| validate::by_name(name).unwrap()(&code);
        let upper = code.map(|byte| byte.to_ascii_uppercase());
        let country = says("country") == Verdict::PLAUSIBLE;
        assert_eq!(country, validate::by_name("country").unwrap()(&upper) == Verdict::PLAUSIBLE, "{code:?}");
        assert!(!country || code.iter().all(u8::is_ascii_alphabetic), "{code:?}");
        if code == upper {
            countries += usize::from(country);
            states += usize::from(says("state") == Verdict::PLAUSIBLE);
        }
        let state = place::state_code(&code);
        assert_eq!(state, place::state_code(&upper), "{code:?}");
        assert!(state.is_none_or(|state| state == upper), "{code:?}");
        identified += usize::from(state.is_some());
    }
    // As many as the lists have, each in four spellings where case is free.
    assert_eq!((countries, identified), (251, 4 * 59), "{states} states");
    for (name, code) in [("california", b"CA"), ("New York", b"NY"), ("puerto rico", b"PR"), ("tx", b"TX")] {
        assert_eq!(place::state_code(name.as_bytes()), Some(*code));
    }
}

#[test]
fn tokens() {
    let raw: [u8; 16] = std::array::from_fn(|i| i as u8 * 7);
    let mut rng = Rng::with_seed(5);
    for length in 0..400 {
        let bytes: Vec<u8> = (0..length).map(|_| rng.u8(..)).collect();
        for kind in Element::ALL {
            let code = kind.code().as_bytes();
            let mut hasher = SipHasher24::new_with_key(&raw);
            [&[1, 1, code.len() as u8], code, &[0; 4], &bytes].iter().for_each(|part| hasher.write(part));
            let token = Key::from_bytes(raw).token(*kind, "", &bytes);
            assert_eq!(token.0, hasher.finish128().as_bytes(), "{length} bytes of {kind:?}");
        }
    }
}
