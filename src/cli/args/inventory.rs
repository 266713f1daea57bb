//! `rollcall inventory`

use super::common::{AsOfArgs, PlaceArgs};
use crate::cli::values;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Subcommand, Debug)]
pub enum InventoryCommand {
    /// Show what the inventory holds, and its runs
    Show(InventoryArgs),
    /// Check that every file it names is there and whole
    Check(InventoryArgs),
    /// Say which objects, people and elements came and went between two states
    Diff {
        /// The earlier state: a run's number, a date (its end, UTC), or a date and time with zone
        #[arg(value_name = "EARLIER")]
        earlier: String,
        /// The later state [default: the last run]
        #[arg(value_name = "LATER")]
        later: Option<String>,
        /// Also list every object and person, one a line
        #[arg(long)]
        list: bool,
        #[command(flatten)]
        place: PlaceArgs,
        /// Print the answer as JSON; with --list, one document a line
        #[arg(long)]
        json: bool,
    },
    /// Bring several inventories under one key together, and link them
    Merge {
        /// Inventories, as the shards of one scan
        #[arg(required = true, value_name = "DIR|URI")]
        from: Vec<PathBuf>,
        /// The inventory that takes them; made if need be
        #[arg(long, value_name = "DIR|URI")]
        into: PathBuf,
        /// Print the answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Write small files again as few large ones, and delete what no kept state needs
    Compact {
        /// How long past states can still be asked for, as 30d or 12h
        #[arg(long, value_name = "SPAN", default_value = "30d", value_parser = values::span)]
        keep: Duration,
        #[command(flatten)]
        place: PlaceArgs,
        /// Print the answer as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args, Debug)]
pub struct InventoryArgs {
    #[command(flatten)]
    pub place: PlaceArgs,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
    /// Also compute the digest of its content
    #[arg(long)]
    pub digest: bool,
    #[command(flatten)]
    pub as_of: AsOfArgs,
}
