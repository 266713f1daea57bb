//! Values of flags: time spans, and parts of a listing.

use crate::model::object::Object;
use crate::pipeline::known::print;
use std::time::Duration;

/// One of several parts of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Its number, from 1.
    number: u64,
    /// How many there are.
    of: u64,
}

impl Shard {
    /// Whether an object is of this part. It depends on nothing but the URI.
    pub fn holds(self, object: &Object) -> bool {
        let print = print(&[&object.uri]);
        u64::from_be_bytes(std::array::from_fn(|i| print[i])) % self.of == self.number - 1
    }
}

/// Reads `I/N`.
pub fn shard(text: &str) -> Result<Shard, String> {
    let numbers = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
    match numbers {
        Some((number, of)) if (1..=of).contains(&number) => Ok(Shard { number, of }),
        _ => Err(format!("{text} is no shard; write I/N with I from 1 to N, as 3/8")),
    }
}

/// A time span: `90s`, `5m`, `6h`, `30d`, `250ms`.
pub fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text} is no time span; write a number with ms, s, m, h or d, as 5m");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        _ => return Err(wrong()),
    };
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * unit).map_err(|_| wrong())
}
