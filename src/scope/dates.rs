//! Clocks: from the dates that were given to the dates by which a duty is due.
//!
//! Days are calendar days in the zone of the anchor, so that a change to summer time moves nothing. Hours are elapsed
//! hours, so they need an instant: a date without a time gives no due time, and says so. A missing anchor is never
//! guessed.

use super::law::{Clock, Start};
use jiff::civil::Date;
use jiff::fmt::temporal::{DateTimeParser, Pieces};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

/// A date, or a moment with its zone, as the operator gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The text.
    pub text: String,
    date: Date,
    moment: Option<Zoned>,
}

impl Anchor {
    /// Reads `2026-03-05`, `2026-03-05T09:30-08:00`, `2026-03-05T17:30Z` or `2026-03-05T09:30[America/Los_Angeles]`. The
    /// error is a sentence.
    pub fn parse(text: &str) -> Result<Anchor, String> {
        let text = text.trim();
        let wrong = || {
            format!(
                "{text:?} is no date: write 2026-03-05, or with a time and a zone 2026-03-05T09:30-08:00 or \
                 2026-03-05T09:30[America/Los_Angeles]"
            )
        };
        let pieces = Pieces::parse(text).map_err(|_| wrong())?;
        let date = pieces.date();
        if pieces.time().is_none() {
            // A zone beside a bare date adds nothing: days count the same.
            return Ok(Anchor { text: text.to_string(), date, moment: None });
        }
        let moment = if pieces.time_zone_annotation().is_some() {
            text.parse::<Zoned>().map_err(|_| wrong())?
        } else if let Some(offset) = pieces.to_numeric_offset() {
            let at: Timestamp = DateTimeParser::new().parse_timestamp(text).map_err(|_| wrong())?;
            at.to_zoned(TimeZone::fixed(offset))
        } else {
            return Err(format!("{text:?} has a time and no zone: add Z, an offset or [Area/City]"));
        };
        Ok(Anchor { text: text.to_string(), date: moment.date(), moment: Some(moment) })
    }

    /// Its day, in its own zone.
    pub fn date(&self) -> Date {
        self.date
    }
}

/// The four dates that clocks start from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dates {
    /// The breach was discovered.
    pub discovered: Option<Anchor>,
    /// It was determined that there was a breach.
    pub determined: Option<Anchor>,
    /// The entity became aware.
    pub aware: Option<Anchor>,
    /// Residents were told.
    pub noticed: Option<Anchor>,
}

/// By when a duty is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// By the end of this day.
    Day(Date),
    /// By this moment.
    Moment(Box<Zoned>),
    /// The clock's date was not given; the option that gives it.
    NotGiven(&'static str),
    /// The date was given without the time that hours need; the option that gives it.
    NeedsTime(&'static str),
    /// Without unreasonable delay: no fixed limit.
    NoFixedLimit,
    /// The fixed limit holds since this day, after the anchor.
    BeforeEffective(Date),
    /// Not later than residents are told.
    WithResidents,
    /// Before residents are told.
    BeforeResidents,
    /// Out of the calendar's range.
    OutOfRange,
}

impl std::fmt::Display for Due {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Due::Day(day) => write!(f, "{day}"),
            Due::Moment(at) => match at.time_zone().iana_name() {
                Some(zone) => write!(f, "{} [{zone}]", at.strftime("%Y-%m-%dT%H:%M%:z")),
                None => write!(f, "{}", at.strftime("%Y-%m-%dT%H:%M%:z")),
            },
            Due::NotGiven(option) => write!(f, "not given (needs {option})"),
            Due::NeedsTime(option) => write!(f, "not given (needs a time and zone in {option})"),
            Due::NoFixedLimit => f.write_str("without unreasonable delay (no fixed limit)"),
            Due::BeforeEffective(since) => {
                write!(f, "without unreasonable delay (the fixed limit holds since {since})")
            }
            Due::WithResidents => f.write_str("not later than residents are told"),
            Due::BeforeResidents => f.write_str("before residents are told"),
            Due::OutOfRange => f.write_str("out of the calendar's range"),
        }
    }
}

impl Dates {
    /// The anchor of a clock's start and the option that gives it.
    pub fn anchor(&self, start: Start) -> Option<(Option<&Anchor>, &'static str)> {
        Some(match start {
            Start::Discovery => (self.discovered.as_ref(), "--discovered"),
            Start::Determination => (self.determined.as_ref(), "--determined"),
            Start::Awareness => (self.aware.as_ref(), "--aware"),
            Start::ResidentNotice => (self.noticed.as_ref(), "--noticed"),
            Start::WithResidents | Start::BeforeResidents => return None,
        })
    }

    /// By when a clock runs out.
    pub fn due(&self, clock: &Clock) -> Due {
        let Some(start) = clock.from else { return Due::NoFixedLimit };
        let Some((anchor, option)) = self.anchor(start) else {
            return if start == Start::WithResidents { Due::WithResidents } else { Due::BeforeResidents };
        };
        if clock.days.is_none() && clock.hours.is_none() {
            return Due::NoFixedLimit;
        }
        let Some(anchor) = anchor else { return Due::NotGiven(option) };
        if let Some(since) = clock.effective.filter(|since| anchor.date < *since) {
            return Due::BeforeEffective(since);
        }
        if let Some(hours) = clock.hours {
            let Some(moment) = &anchor.moment else { return Due::NeedsTime(option) };
            return moment
                .checked_add(i64::from(hours).hours())
                .map_or(Due::OutOfRange, |at| Due::Moment(Box::new(at)));
        }
        let days = i64::from(clock.days.unwrap_or(0));
        anchor.date.checked_add(days.days()).map_or(Due::OutOfRange, Due::Day)
    }
}
