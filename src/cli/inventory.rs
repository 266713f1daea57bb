//! `rollcall inventory`

use super::args::InventoryCommand;
use super::exit::Exit;
use super::{as_of, compact, diff, merge, print};
use crate::inventory::digest;
use crate::model::object::Status;
use crate::model::rows::Tables;
use crate::report::visible;
use serde_json::json;
use std::collections::BTreeMap;

/// Runs the command.
pub fn run(command: InventoryCommand) -> anyhow::Result<Exit> {
    let (args, check) = match command {
        InventoryCommand::Show(args) => (args, false),
        InventoryCommand::Check(args) => (args, true),
        InventoryCommand::Diff { earlier, later, list, place, json } => {
            return diff::run(&earlier, later.as_deref(), list, &place, json);
        }
        InventoryCommand::Merge { from, into, json } => return merge::run(&from, &into, json),
        InventoryCommand::Compact { keep, place, json } => return compact::run(keep, &place, json),
    };
    let inventory = args.place.inventory_at()?.open()?;
    let problems = if check { inventory.check()? } else { Vec::new() };
    let snapshot = as_of::snapshot(&inventory, args.as_of.as_of.as_deref())?;
    let mut status: BTreeMap<&str, u64> = BTreeMap::new();
    let mut bytes = 0;
    snapshot.objects(false, &mut |row| {
        *status.entry(row.status.code()).or_default() += 1;
        bytes += row.bytes_decoded;
        Ok(())
    })?;
    let runs = snapshot.runs()?;
    let digest = if args.digest { Some(digest(&snapshot)?) } else { None };
    let missing = [Status::Partial, Status::Failed].iter().any(|s| status.contains_key(s.code()));
    if args.json {
        print::json(&json!({
            "inventory": inventory.place(),
            "key_id": inventory.key_id(),
            "versions": snapshot.versions().into_iter().map(|(t, v)| (t.to_string(), json!(v))).collect::<serde_json::Map<_, _>>(),
            "objects": status,
            "bytes_decoded": bytes,
            "runs": runs,
            "linked": snapshot.linked(),
            "sources": snapshot.sources(),
            "digest": digest,
            "problems": problems,
        }))?;
    } else {
        let objects: Vec<String> = status.iter().map(|(s, n)| format!("{n} {s}")).collect();
        print::line(&format!("inventory {} (key {})", visible(inventory.place()), inventory.key_id()))?;
        print::line(&format!("objects   {}; {} decoded", objects.join(", "), indicatif::HumanBytes(bytes)))?;
        for run in &runs {
            let ended = jiff::Timestamp::from_microsecond(run.ended_at)
                .map(|t| t.strftime("%FT%TZ").to_string())
                .unwrap_or_default();
            print::line(&format!(
                "run {:<5} {ended} {} {} by {}: {} people, {} mentions",
                run.run,
                run.command,
                run.outcome,
                visible(&run.operator),
                run.consumers,
                run.mentions
            ))?;
        }
        let versions: Vec<String> = snapshot.versions().into_iter().map(|(t, v)| format!("{t} {v}")).collect();
        print::line(&format!("versions  {}", versions.join(", ")))?;
        if let Some(digest) = digest {
            print::line(&format!("digest    {digest}"))?;
        }
        if check && problems.is_empty() {
            print::line("check     sound")?;
        }
        problems.iter().try_for_each(|p| print::line(&format!("problem   {}", visible(p))))?;
    }
    Ok(if !problems.is_empty() {
        Exit::Failed
    } else if missing {
        Exit::Partial
    } else {
        Exit::Complete
    })
}
