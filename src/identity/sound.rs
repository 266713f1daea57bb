//! How a name sounds: NYSIIS, the code of the New York State Identification and Intelligence System.
//!
//! Written from the published rules (R. L. Taft, "Name Search Techniques", NYSIIS Special Report No. 1, 1970), without the
//! cut to six letters. Digits, which only made-up names have, are kept at the end: `maynard46` and `maynard47` are two
//! names. A name with letters outside a-z keeps its own spelling.

use zeroize::Zeroize;

fn vowel(c: u8) -> bool {
    matches!(c, b'A' | b'E' | b'I' | b'O' | b'U')
}

fn swap_start(name: &mut [u8]) {
    for (from, to) in
        [(&b"MAC"[..], &b"MCC"[..]), (b"KN", b"NN"), (b"K", b"C"), (b"PH", b"FF"), (b"PF", b"FF"), (b"SCH", b"SSS")]
    {
        if name.starts_with(from) {
            name[..to.len()].copy_from_slice(to);
            return;
        }
    }
}

fn swap_end(name: &mut Vec<u8>) {
    for (ends, to) in [(&[&b"EE"[..], b"IE"][..], b'Y'), (&[&b"DT"[..], b"RT", b"RD", b"NT", b"ND"][..], b'D')] {
        if ends.iter().any(|end| name.ends_with(end)) {
            name.truncate(name.len() - 2);
            name.push(to);
            return;
        }
    }
}

/// Writes the code of a folded name (lower case, letters and digits) into `out`.
pub fn nysiis(folded: &str, out: &mut Vec<u8>) {
    out.clear();
    if !folded.is_ascii() {
        out.extend_from_slice(folded.as_bytes());
        return;
    }
    let mut name: Vec<u8> = folded.bytes().filter(u8::is_ascii_alphabetic).map(|b| b.to_ascii_uppercase()).collect();
    if !name.is_empty() {
        swap_start(&mut name);
        swap_end(&mut name);
        out.push(name[0]);
        let mut i = 1;
        while i < name.len() {
            let rest = &name[i..];
            let mut one = [0];
            let (step, put): (usize, &[u8]) = if rest.starts_with(b"EV") {
                (2, b"AF")
            } else if rest.starts_with(b"SCH") {
                (3, b"SSS")
            } else if rest.starts_with(b"PH") {
                (2, b"FF")
            } else if rest.starts_with(b"KN") {
                (2, b"N")
            } else {
                let previous = name[i - 1];
                let next = name.get(i + 1).copied();
                let c = match name[i] {
                    c if vowel(c) => b'A',
                    b'Q' => b'G',
                    b'Z' => b'S',
                    b'M' => b'N',
                    b'K' => b'C',
                    b'H' if !vowel(previous) || !next.is_some_and(vowel) => previous,
                    b'W' if vowel(previous) => b'A',
                    c => c,
                };
                name[i] = c;
                one[0] = c;
                (1, &one)
            };
            for &c in put {
                if out.last() != Some(&c) {
                    out.push(c);
                }
            }
            i += step;
        }
        if out.len() > 1 && out.ends_with(b"S") {
            out.pop();
        }
        if out.ends_with(b"AY") {
            let at = out.len() - 2;
            out.remove(at);
        }
        if out.len() > 1 && out.ends_with(b"A") {
            out.pop();
        }
    }
    name.zeroize();
    out.extend(folded.bytes().filter(u8::is_ascii_digit));
}
