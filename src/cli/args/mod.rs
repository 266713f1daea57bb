//! The command line, as data. Parsing is pure: it reads no file and no clock.

mod common;
mod inventory;
mod sources;
mod tools;

pub use common::{AsOfArgs, DataArgs, MetricsArgs, PlaceArgs, RunArgs};
pub use inventory::InventoryCommand;
pub use sources::{FilterArgs, LimitArgs, SourceArgs, StoreArgs, VersionsArg};
pub use tools::{BenchArgs, DetectorsArgs, DetectorsCommand, GenerateCommand, Truth};

use super::values::Shard;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Finds whose personal data lies where, and after a leak says who must be told.
#[derive(Parser, Debug)]
#[command(name = "rollcall", version, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Start with `rollcall scan FOLDER`, then `rollcall scope --leak 'GLOB'`. `rollcall help COMMAND` explains a command.\n\
Exit codes: 0 complete, 1 --fail-on matched, 2 usage or nothing matches, 3 partial, 4 failed, 130 interrupted."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// Width of the matching core: scalar, avx2 or avx512 [default: the widest that the processor has]
    ///
    /// What is found does not depend on it.
    #[arg(long, global = true, value_name = "LEVEL", env = "ROLLCALL_SIMD", hide_env = true, hide_short_help = true)]
    pub simd: Option<String>,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Read objects and write or extend the inventory
    Scan(Box<ScanArgs>),
    /// Read again only what changed since, in every source that was scanned
    Refresh(RefreshArgs),
    /// Link people again, without reading a source
    Link(LinkArgs),
    /// Say who is affected by a leak, and what is owed
    Scope(ScopeArgs),
    /// Find where one person's data is
    Who(WhoArgs),
    /// Look at the inventory
    #[command(subcommand)]
    Inventory(InventoryCommand),
    /// List, show, check and try detectors
    #[command(subcommand)]
    Detectors(DetectorsCommand),
    /// Measure recall, precision and speed on a corpus whose answers are known
    Bench(BenchArgs),
    /// Read one object, which standard input tells, and keep nothing: what a scan has done for it by a process of its own
    #[command(hide = true)]
    Probe,
    /// Make corpora with known answers
    #[command(subcommand)]
    Generate(GenerateCommand),
}

#[derive(Args, Debug)]
pub struct ScanArgs {
    /// Folders, files, s3://BUCKET/PREFIX, az://CONTAINER/PREFIX or gs://BUCKET/PREFIX to read
    #[arg(required = true, value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Exit with 1 if one of these elements was found in what this run read, as SSN,PAN
    #[arg(long, value_name = "ELEMENT", value_delimiter = ',')]
    pub fail_on: Vec<String>,
    /// Also write one line of JSON for every finding (place and kind, never the value)
    #[arg(long, value_name = "FILE")]
    pub findings: Option<PathBuf>,
    /// Scan without linking people at the end
    #[arg(long)]
    pub no_link: bool,
    /// Read only one of N parts of what is listed, the same for the same names; merge the inventories afterwards
    #[arg(long, value_name = "I/N", value_parser = super::values::shard, hide_short_help = true)]
    pub shard: Option<Shard>,
    /// Say how many objects, bytes and requests a scan would take, and about how long; read nothing
    #[arg(long)]
    pub estimate: bool,
    #[command(flatten)]
    pub list: ListArgs,
    #[command(flatten)]
    pub from: SourceArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
    #[command(flatten)]
    pub place: PlaceArgs,
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub run: RunArgs,
}

/// A list of objects in place of a listing.
#[derive(Args, Debug, Clone, Default)]
pub struct ListArgs {
    /// Read only the objects of this list, one a line; - is standard input
    ///
    /// A line is a URI, a path, a JSON object with "uri" (and "deleted": true for one that is gone), or an S3 event
    /// notification. Each object must lie in one of the sources. Only what the list says is deleted is retired.
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub objects: Option<String>,
}

#[derive(Args, Debug)]
pub struct RefreshArgs {
    /// Only these of the sources that were scanned [default: all]
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Read nothing and forget SOURCE: its objects end, what was found in them with them, and later refreshes leave it out
    #[arg(long, requires = "sources", conflicts_with = "objects")]
    pub forget: bool,
    /// Say what would be read, and roughly how long it would take; read and write nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub list: ListArgs,
    /// Exit with 1 if one of these elements was found in what this run read, as SSN,PAN
    #[arg(long, value_name = "ELEMENT", value_delimiter = ',')]
    pub fail_on: Vec<String>,
    #[command(flatten)]
    pub limits: LimitArgs,
    #[command(flatten)]
    pub place: PlaceArgs,
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Args, Debug)]
pub struct LinkArgs {
    #[command(flatten)]
    pub place: PlaceArgs,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct ScopeArgs {
    /// What leaked: a glob over URIs or paths, a URI, or @FILE with one of these a line (@- for standard input)
    ///
    /// A glob without a scheme is matched against the end of an object's path: 'exports/*.csv'. An object that was never
    /// scanned is scanned now. A leak that matches nothing is an error, never "0 affected".
    #[arg(long, required = true, value_name = "GLOB|URI|@FILE")]
    pub leak: Vec<String>,
    /// Write consumers.csv, review.csv, gaps.csv, summary.json, summary.txt and manifest.json here
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// When the breach was discovered (date, or date and time with zone)
    #[arg(long, value_name = "WHEN")]
    pub discovered: Option<String>,
    /// When it was determined to be a breach
    #[arg(long, value_name = "WHEN")]
    pub determined: Option<String>,
    /// When you became aware of it with reasonable certainty (GDPR)
    #[arg(long, value_name = "WHEN")]
    pub aware: Option<String>,
    /// When residents were notified
    #[arg(long, value_name = "WHEN")]
    pub noticed: Option<String>,
    #[command(flatten)]
    pub as_of: AsOfArgs,
    /// Encrypted data counts as readable: its key or credential leaked as well
    #[arg(long)]
    pub key_exposed: bool,
    /// Also write the range of statutory damages of Cal. Civ. Code 1798.150, into its own file (needs --out)
    #[arg(long, requires = "out")]
    pub damages: bool,
    /// How the store of a leaked object that was never scanned is reached; without these, as that of the source in which
    /// it lies.
    #[command(flatten)]
    pub store: StoreArgs,
    #[command(flatten)]
    pub place: PlaceArgs,
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Args, Debug)]
pub struct WhoArgs {
    /// An e-mail address, phone, SSN, card, account, licence or customer id; - reads it from standard input
    pub identifier: String,
    /// What it is: an element's code (EMAIL, SSN, ...) or a namespace of customer ids [default: whatever it can be]
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    #[command(flatten)]
    pub as_of: AsOfArgs,
    #[command(flatten)]
    pub place: PlaceArgs,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}
