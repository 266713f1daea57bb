//! User names, passwords and their hashes.

use super::digits::trim;
use crate::model::finding::{Marks, Verdict};

/// What stands in a field when there is no value.
const EMPTY: &[&str] = &[
    "null",
    "none",
    "nil",
    "n/a",
    "na",
    "undefined",
    "unknown",
    "empty",
    "redacted",
    "hidden",
    "removed",
    "true",
    "false",
    "yes",
    "no",
    "required",
    "optional",
    "string",
    "str",
    "text",
    "varchar",
    "changed",
    "reset",
    "expired",
    "invalid",
    "incorrect",
    "failed",
    "field",
    "function",
    "password",
    "passwd",
    "username",
    "your_password",
    "yourpassword",
];

fn is_empty_word(bytes: &[u8]) -> bool {
    let bare = strip_brackets(bytes);
    EMPTY.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(bare))
}

/// `[redacted]`, `<none>`, `{{password}}` without their brackets.
fn strip_brackets(bytes: &[u8]) -> &[u8] {
    let mut bare = bytes;
    while let [b'[' | b'<' | b'{' | b'(' | b'$' | b'%', inner @ ..] = bare {
        bare = inner;
    }
    while let [inner @ .., b']' | b'>' | b'}' | b')' | b'%'] = bare {
        bare = inner;
    }
    bare
}

/// A password in clear: 4 to 128 bytes without blanks at the ends or controls; neither a hash, a mask, a word for nothing, a
/// variable (`${DB_PASSWORD}`) nor a call (`getPassword()`).
pub fn password(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let masked = bytes.iter().all(|b| matches!(b, b'*' | b'x' | b'X' | b'.' | b'#' | b'-' | b'_'));
    let variable = matches!(bytes, [b'$', b'{' | b'(', ..] | [b'{', b'{', ..] | [b'<', .., b'>'] | [b'%', .., b'%']);
    let call = bytes.ends_with(b"()") || bytes.ends_with(b");") || bytes.windows(2).any(|pair| pair == b"()");
    let code = [&b"os.environ"[..], b"process.env", b"this.", b"self.", b"request.", b"req."]
        .iter()
        .any(|prefix| bytes.starts_with(prefix));
    let control = bytes.iter().any(|b| *b < b' ' || *b == 0x7f);
    ensure!((4..=128).contains(&bytes.len()), "not 4 to 128 bytes");
    ensure!(!masked, "a mask");
    ensure!(!(variable || call || code), "a variable or a call of a program");
    ensure!(!control, "a control character");
    ensure!(!is_empty_word(bytes), "a word for a missing value");
    ensure!(!password_hash(bytes).is_valid(), "a hash, which is another detector's");
    Verdict::PLAUSIBLE
}

/// A password in clear in running text, where a program's source has an expression: a digit or a sign that no name in a
/// program holds, and no brackets.
pub fn password_text(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let name = bytes.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'.' | b':'));
    let brackets = bytes.iter().any(|b| b"()[]{}".contains(b));
    ensure!(!name, "letters alone, as a name in a program has them");
    ensure!(!brackets, "brackets, as an expression of a program has them");
    password(bytes)
}

/// A hashed password: the modular crypt formats (crypt(5): `$1$`, `$2b$`, `$5$`, `$6$`, `$y$`), PHC strings (`$argon2id$`,
/// `$scrypt$`, `$pbkdf2-...$`), LDAP schemes (RFC 2307: `{SSHA}`), Django's `pbkdf2_sha256$`, and hex digests of the length of
/// MD5, SHA-1, SHA-224, SHA-256, SHA-384 or SHA-512, or base64 with its padding of MD5, SHA-1, SHA-256 or SHA-512.
pub fn password_hash(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    ensure!(bytes.len() <= 512 && bytes.iter().all(u8::is_ascii_graphic), "longer than 512 bytes, or not all visible");
    let crypt = match bytes {
        [b'$', rest @ ..] => rest.iter().filter(|b| **b == b'$').count() >= 2 && rest.len() >= 24 && rest[0] != b'$',
        _ => false,
    };
    let django = [&b"pbkdf2_sha256$"[..], b"pbkdf2_sha1$", b"bcrypt_sha256$", b"scrypt:", b"pbkdf2:sha"]
        .iter()
        .any(|prefix| bytes.starts_with(prefix) && bytes.len() > prefix.len() + 20);
    let ldap = [&b"{SSHA}"[..], b"{SHA}", b"{SMD5}", b"{MD5}", b"{SSHA512}", b"{SSHA256}", b"{CRYPT}"]
        .iter()
        .any(|prefix| bytes.len() > prefix.len() + 12 && bytes[..prefix.len()].eq_ignore_ascii_case(prefix));
    let hex = bytes.strip_prefix(b"0x").unwrap_or(bytes);
    let digest = matches!(hex.len(), 32 | 40 | 56 | 64 | 96 | 128) && hex.iter().all(u8::is_ascii_hexdigit);
    let base64 = matches!(bytes.len(), 24 | 28 | 44 | 88)
        && bytes.ends_with(b"=")
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
    ensure!(crypt || django || ldap || digest || base64, "neither a format of crypt, PHC, LDAP or Django nor a digest");
    let marks = if digest && hex.iter().all(|b| *b == hex[0]) { Marks::PLACEHOLDER } else { Marks::default() };
    Verdict::Valid { proven: crypt, marks }
}

/// A user name: 2 to 64 letters, digits and `._-+@\` without blanks, with a letter or at least four digits, and no word that
/// stands for a missing one. `root`, `admin` and the like are roles.
pub fn username(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let shaped = (2..=64).contains(&bytes.len())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b >= 0x80 || b"._-+@\\".contains(b))
        && (bytes.iter().any(|b| b.is_ascii_alphabetic() || *b >= 0x80) || bytes.len() >= 4);
    ensure!(shaped, "not 2 to 64 letters, digits and `._-+@`");
    ensure!(!is_empty_word(bytes), "a word for a missing value");
    const ROLES: [&str; 14] = [
        "root",
        "admin",
        "administrator",
        "system",
        "guest",
        "nobody",
        "daemon",
        "postgres",
        "mysql",
        "www-data",
        "service",
        "anonymous",
        "sa",
        "test",
    ];
    let role = ROLES.iter().any(|r| r.as_bytes().eq_ignore_ascii_case(bytes));
    Verdict::Valid { proven: false, marks: if role { Marks::ROLE } else { Marks::default() } }
}
