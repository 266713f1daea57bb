//! `rollcall link`

use super::args::LinkArgs;
use super::exit::Exit;
use super::print;
use super::run::{begin, link_into, now, run_row};
use crate::model::rows::RunRow;
use serde_json::json;

/// Runs the command.
pub fn run(args: LinkArgs) -> anyhow::Result<Exit> {
    let inventory = args.place.inventory_at()?.open()?;
    let started_at = now();
    let policy = inventory.snapshot()?.runs()?.last().map(|r| r.policy.clone()).unwrap_or_default();
    let mut writer = begin(&inventory)?;
    let linked = link_into(&mut writer)?;
    let row = RunRow {
        command: "link".to_string(),
        policy,
        consumers: linked.consumers,
        mentions: linked.mentions,
        ..run_row(started_at)
    };
    let run = writer.commit(row)?;
    if args.json {
        print::json(&json!({
            "run": run.run, "mentions": linked.mentions, "consumers": linked.consumers,
            "clusters": linked.clusters, "hubs": linked.hubs,
        }))?;
    } else {
        print::line(&format!(
            "people    {} from {} mentions; {} clusters to review, {} shared values link nobody (run {})",
            linked.consumers, linked.mentions, linked.clusters, linked.hubs, run.run
        ))?;
    }
    Ok(Exit::Complete)
}
