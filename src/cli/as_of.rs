//! Which state of the inventory a question is about.

use super::exit::usage;
use crate::inventory::{AsOf, Inventory, Snapshot};
use jiff::Timestamp;
use jiff::civil::Date;

/// The state that is asked for, or the last one.
pub fn snapshot(inventory: &Inventory, as_of: Option<&str>) -> anyhow::Result<Snapshot> {
    match as_of {
        Some(text) => inventory.snapshot_at(moment(text)?).map_err(|e| usage(e.to_string())),
        None => Ok(inventory.snapshot()?),
    }
}

/// Reads a run's number, a date, or a date and time.
fn moment(text: &str) -> anyhow::Result<AsOf> {
    if let Ok(run) = text.parse::<u64>() {
        return Ok(AsOf::Run(run));
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(AsOf::Time(time.as_microsecond()));
    }
    let end = |day: Date| day.tomorrow().and_then(|next| next.to_zoned(jiff::tz::TimeZone::UTC));
    match text.parse::<Date>().and_then(end) {
        Ok(end) => Ok(AsOf::Time(end.timestamp().as_microsecond() - 1)),
        Err(_) => Err(usage(format!(
            "{text} is no run and no time; write a run's number, a date as 2026-11-20, or a time as 2026-11-20T09:00:00Z"
        ))),
    }
}
