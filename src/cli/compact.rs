//! `rollcall inventory compact`

use super::args::PlaceArgs;
use super::exit::{Exit, usage};
use super::print;
use super::run::{begin, now, run_row};
use crate::inventory::Compacted;
use crate::model::rows::RunRow;
use indicatif::HumanBytes;
use serde_json::json;
use std::time::Duration;

/// Runs the command.
pub fn run(keep: Duration, place: &PlaceArgs, json: bool) -> anyhow::Result<Exit> {
    let started_at = now();
    let inventory = place.inventory_at()?.open()?;
    let mut writer = begin(&inventory)?;
    let keep = i64::try_from(keep.as_micros()).unwrap_or(i64::MAX);
    let oldest = inventory.oldest_for(started_at.saturating_sub(keep))?;
    let Some(last) = inventory.snapshot()?.last_run()? else {
        return Err(usage("nothing was ever committed to the inventory: there is nothing to compact"));
    };
    let compacted = writer.compact(oldest)?;
    let row = RunRow {
        command: "compact".to_string(),
        policy: last.policy,
        consumers: last.consumers,
        mentions: last.mentions,
        ..run_row(started_at)
    };
    let run = writer.commit(row)?;
    let deleted = inventory.vacuum(compacted.oldest)?;
    let Compacted { rewritten, written, oldest, .. } = compacted;
    if json {
        print::json(&json!({
            "run": run.run, "files_rewritten": rewritten, "files_written": written, "files_deleted": deleted.0,
            "bytes_deleted": deleted.1, "oldest_run": oldest,
        }))?;
    } else {
        print::line(&format!("files     {rewritten} written again as {written} (run {})", run.run))?;
        print::line(&format!("deleted   {} files, {}", deleted.0, HumanBytes(deleted.1)))?;
        print::line(&format!("kept      every state from run {oldest} on"))?;
    }
    Ok(Exit::Complete)
}
