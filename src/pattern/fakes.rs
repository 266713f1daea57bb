//! Examples must be known fakes: pattern files are published, and a made-up number may be somebody's.

use crate::model::element::Element;

/// What an example of an element should have used, when it holds nothing that is known to be nobody's. Elements without a
/// published set of fakes are not judged.
pub(super) fn missing(element: Element, text: &str) -> Option<&'static str> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let lower = text.to_lowercase().replace("%40", "@");
    let (known, wanted) = match element {
        Element::Ssn if digits.len() >= 7 => (
            ["078051120", "78051120", "219099999", "98765432", "123456789"].iter().any(|f| digits.contains(f))
                || never_issued(&digits),
            "078-05-1120, 219-09-9999, 987-65-4320 or an area that was never issued (000, 666, 900-999)",
        ),
        Element::Pan => (
            CARDS.iter().any(|card| digits.contains(card)),
            "a test card that its network publishes, such as 4111 1111 1111 1111",
        ),
        Element::Phone => (
            ["55501", "2079460", "7700900", "1632960", "0000000"].iter().any(|f| digits.contains(f)),
            "a number set aside for fiction (555-0100 to 0199, +44 20 7946 0xxx)",
        ),
        Element::Email => (
            ["@example.", ".example", ".test", ".invalid", "@localhost", "@na.com"].iter().any(|f| lower.contains(f)),
            "a domain of RFC 2606 (example.com, example.org, .test, .invalid)",
        ),
        Element::IpAddress => (
            ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8", "::1", "127.0.0.1"].iter().any(|f| lower.contains(f)),
            "an address for documentation (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32)",
        ),
        _ => return None,
    };
    (!known).then_some(wanted)
}

/// Test cards that the networks and processors publish.
const CARDS: &[&str] = &[
    "4111111111111111",
    "4242424242424242",
    "4012888888881881",
    "4222222222222",
    "5555555555554444",
    "5105105105105100",
    "2223003122003222",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "6011000990139424",
    "30569309025904",
    "38520000023237",
    "3530111333300000",
    "3566002020360505",
    "6200000000000005",
];

/// Whether nine digits in a row somewhere begin with an area that was never issued.
fn never_issued(digits: &str) -> bool {
    digits.as_bytes().windows(9).any(|w| w[0] == b'9' || w.starts_with(b"000") || w.starts_with(b"666"))
}
