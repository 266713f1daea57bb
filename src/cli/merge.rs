//! `rollcall inventory merge`

use super::exit::{Exit, usage};
use super::place::InventoryAt;
use super::print;
use super::run::{begin, link_into, now, run_row};
use crate::inventory::Merge;
use crate::model::rows::RunRow;
use serde_json::json;
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
    let target = InventoryAt::of(into).create_or_open(first.key_id())?;
    let mut writer = begin(&target)?;
    let mut merge = Merge::new(&mut writer)?;
    let (mut policies, mut partial): (Vec<String>, bool) = (Vec::new(), false);
    for input in &inputs {
        let snapshot = input.snapshot()?;
        if let Some(run) = snapshot.last_run()? {
            partial |= run.outcome != "complete";
            policies.push(run.policy);
        }
        merge.take(&snapshot)?;
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
            "run": run.run, "objects": merged.objects, "twice": merged.twice, "mentions": linked.mentions,
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
    Ok(Exit::Complete)
}
