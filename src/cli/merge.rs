//! `rollcall inventory merge`

use super::exit::{Exit, usage};
use super::place::InventoryAt;
use super::print;
use super::run::{begin, link_into, now, run_row};
use crate::inventory::{Merge, Snapshot};
use crate::model::object::Status;
use crate::model::rows::{RunRow, Tables};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Runs the command.
pub fn run(from: &[PathBuf], into: &Path, json: bool) -> anyhow::Result<Exit> {
    let started_at = now();
    let open = |path: &PathBuf| InventoryAt::of(path).open();
    let inputs = from.iter().map(open).collect::<anyhow::Result<Vec<_>>>()?;
    let Some(first) = inputs.first() else { return Err(usage("nothing to merge")) };
    for input in &inputs {
        if input.key_id() != first.key_id() {
            return Err(usage(format!(
                "{} was made with key {}, {} with key {}: tokens of two keys never meet",
                input.place(),
                input.key_id(),
                first.place(),
                first.key_id()
            )));
        }
    }
    let mut taken = Vec::new();
    for (input, path) in inputs.iter().zip(from) {
        let snapshot = input.snapshot()?;
        if snapshot.last_run()?.is_none() {
            return Err(usage(format!(
                "{} holds no run: its scan was never committed; run it again, which goes on from what was saved, then merge",
                path.display()
            )));
        }
        taken.push(snapshot);
    }
    let target = InventoryAt::of(into).create_or_open(first.key_id())?;
    let mut writer = begin(&target)?;
    let mut merge = Merge::new(&mut writer)?;
    let (mut policies, mut partial): (Vec<String>, bool) = (Vec::new(), false);
    for snapshot in &taken {
        partial |= !is_whole(snapshot)?;
        policies.extend(snapshot.last_run()?.map(|run| run.policy));
        merge.take(snapshot)?;
    }
    policies.sort();
    policies.dedup();
    let merged = merge.done();
    let linked = link_into(&mut writer)?;
    let row = RunRow {
        command: "merge".to_string(),
        arguments: inputs.iter().map(|input| input.place().to_string()).collect(),
        policy: policies.join(","),
        outcome: if partial { "partial" } else { "complete" }.to_string(),
        consumers: linked.consumers,
        mentions: linked.mentions,
        ..run_row(started_at)
    };
    let run = writer.commit(row)?;
    if json {
        print::json(&json!({
            "run": run.run, "outcome": run.outcome, "objects": merged.objects, "twice": merged.twice, "mentions": linked.mentions,
            "consumers": linked.consumers, "clusters": linked.clusters, "hubs": linked.hubs,
        }))?;
    } else {
        print::line(&format!(
            "objects   {} from {} inventories, {} of them twice",
            merged.objects,
            from.len(),
            merged.twice
        ))?;
        print::line(&format!(
            "people    {} from {} mentions; {} clusters to review, {} shared values link nobody (run {})",
            linked.consumers, linked.mentions, linked.clusters, linked.hubs, run.run
        ))?;
    }
    if partial && !json {
        print::note(
            "an inventory that was merged is not whole: an object of it was not read to its end, or a run was stopped",
        );
    }
    Ok(if partial { Exit::Partial } else { Exit::Complete })
}

/// Whether an inventory says all of its sources: every object was read, and no source was last scanned by a run that was
/// stopped. The outcome of its last run does not say that: linking is complete whatever was scanned before.
fn is_whole(snapshot: &Snapshot) -> anyhow::Result<bool> {
    let (mut whole, mut merged_whole) = (true, true);
    snapshot.objects(false, &mut |row| {
        whole &= matches!(row.status, Status::Complete | Status::Skipped);
        Ok(())
    })?;
    let mut stopped: BTreeMap<String, bool> = BTreeMap::new();
    for run in snapshot.runs()? {
        match run.command.as_str() {
            "scan" | "refresh" => {
                let is_stopped = run.outcome == "interrupted";
                // Which of its sources a merge lacked is not known any more; a refresh that found all of them mends it.
                merged_whole |= run.command == "refresh" && run.outcome == "complete";
                stopped.extend(run.arguments.into_iter().map(|source| (source, is_stopped)));
            }
            "merge" => merged_whole &= run.outcome == "complete",
            _ => {}
        }
    }
    Ok(whole && merged_whole && !stopped.into_values().any(|is_stopped| is_stopped))
}
