//! The command line, as data. Parsing is pure: it reads no file and no clock.

use super::values::Shard;
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

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
    /// Make corpora with known answers
    #[command(subcommand)]
    Generate(GenerateCommand),
}

/// Where the inventory and its key are.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Inventory")]
pub struct PlaceArgs {
    /// Folder of the inventory, or its URI in a store
    ///
    /// In a store (s3://, az://, gs://), what stands behind a ? says how it is reached, whatever the sources' flags say, so that one text means
    /// one inventory in every command: s3://BUCKET/PREFIX?endpoint=URL&region=R&profile=NAME, az://CONTAINER/PREFIX?account=NAME.
    /// The rest, and all credentials, come from the environment as for sources.
    ///
    /// Default: $ROLLCALL_INVENTORY, else $XDG_DATA_HOME/rollcall/inventory, else ~/.local/share/rollcall/inventory. In a
    /// container, mount a volume and point ROLLCALL_INVENTORY and ROLLCALL_KEY_FILE at it: what is written to the
    /// container's own file system is gone with it, and an inventory without its key answers nothing.
    #[arg(long, value_name = "DIR|URI", env = "ROLLCALL_INVENTORY", hide_env = true, hide_env_values = true)]
    pub inventory: Option<PathBuf>,
    /// File of the secret key, made at the first scan
    ///
    /// Default: $ROLLCALL_KEY_FILE, else $XDG_CONFIG_HOME/rollcall/key, else ~/.config/rollcall/key, with mode 0600 and
    /// outside the inventory. $ROLLCALL_KEY may hold the key itself, as 32 hex digits. Keep a copy: values can be looked
    /// up with this key only, and with this key they can be guessed.
    #[arg(long, value_name = "FILE", env = "ROLLCALL_KEY_FILE", hide_env = true)]
    pub key_file: Option<PathBuf>,
}

/// What is true of the operator's own data.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Your data")]
pub struct DataArgs {
    /// A field with a person's id in one of your systems: NAMESPACE=GLOB#FIELD
    ///
    /// Two people never share such an id. Different systems are different namespaces: equal numbers in two namespaces are
    /// two people. GLOB is over paths below the source, as in crm=crm/**#customer_id. NAMESPACE=FIELD or FIELD alone will
    /// do where one kind of file has the field; where several have it, they are listed and nothing is scanned.
    #[arg(long = "customer-id", value_name = "NS=GLOB#FIELD")]
    pub customer_ids: Vec<String>,
    /// A field with a record's id (order, payment, ticket): NAMESPACE=GLOB#FIELD
    ///
    /// Such ids attach records to each other, as a payment to its order, and never merge people.
    #[arg(long = "key", value_name = "NS=GLOB#FIELD")]
    pub keys: Vec<String>,
    /// A domain of your own staff, whose addresses are agents and not consumers
    #[arg(long = "own-domain", value_name = "DOMAIN")]
    pub own_domains: Vec<String>,
    /// A folder of your own pattern files, beside the built-in ones
    #[arg(long, value_name = "DIR")]
    pub patterns: Vec<PathBuf>,
    /// A TOML file with customer_ids, keys, own_domains, patterns, suppress and allow; flags add to it
    ///
    /// Default: rollcall.toml in the current folder, where there is one; that it is used is said. A suppression takes
    /// findings out of the answer and is counted: [[suppress]] with detector or element, object (a glob over the ends of
    /// paths), perhaps field, reason, and expires (its last day). `rollcall detectors allow` writes [[allow]] entries.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// How a run behaves.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Run")]
pub struct RunArgs {
    /// Worker threads [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub workers: Option<u16>,
    /// Count kinds of file that are not read as missing (exit code 3)
    #[arg(long)]
    pub strict: bool,
    /// How often work is saved against a kill, as 5m or 30s; 0s never saves
    ///
    /// The next run goes on from what was saved. No reader sees any of it before the run is committed.
    #[arg(long, value_name = "SPAN", default_value = "5m", value_parser = super::values::span, hide_short_help = true)]
    pub save_every: Duration,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
    /// No progress
    #[arg(long, short)]
    pub quiet: bool,
    #[command(flatten)]
    pub metrics: MetricsArgs,
}

/// Where numbers about a run go.
#[derive(Args, Debug, Clone)]
pub struct MetricsArgs {
    /// Write numbers about the run to this file, as JSON
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub metrics: Option<PathBuf>,
    /// Write numbers about the run to this file, as Prometheus text
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub metrics_prom: Option<PathBuf>,
    /// How often they are written while it runs; SIGUSR1 writes them at once
    #[arg(long, value_name = "SPAN", default_value = "15s", value_parser = super::values::span, hide_short_help = true)]
    pub metrics_every: Duration,
}

impl RunArgs {
    /// How often work is saved; none never.
    pub fn save_every(&self) -> Option<Duration> {
        Some(self.save_every).filter(|every| !every.is_zero())
    }
}

/// How stores are reached.
#[derive(Args, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[command(next_help_heading = "Stores")]
pub struct StoreArgs {
    /// A profile of the AWS configuration [default: $AWS_PROFILE]
    ///
    /// Credentials are found as the AWS tools find them: environment, profiles and SSO, web identity, container and
    /// instance roles. Programs that a profile names (credential_process) are not run.
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub profile: Option<String>,
    /// The store's region [default: as the AWS tools find it, else where the bucket is]
    #[arg(long, value_name = "REGION", hide_short_help = true)]
    pub region: Option<String>,
    /// URL of a store that speaks a cloud's protocol, as http://127.0.0.1:9000 [default: $AWS_ENDPOINT_URL for s3://]
    #[arg(long, value_name = "URL", hide_short_help = true)]
    pub endpoint: Option<String>,
    /// The storage account of az:// containers whose URI names none [default: $AZURE_STORAGE_ACCOUNT_NAME]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub account: Option<String>,
    /// Send no credentials: public buckets
    #[arg(long, conflicts_with = "profile", hide_short_help = true)]
    pub anonymous: bool,
    /// Pay for requests and transfer of a bucket whose owner does not
    #[arg(long, hide_short_help = true)]
    pub requester_pays: bool,
}

/// Where objects are, and which of them.
#[derive(Args, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[command(next_help_heading = "Stores")]
pub struct SourceArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub store: StoreArgs,
    /// Which versions of an object to read
    ///
    /// The present version has the URI s3://bucket/key, an earlier one s3://bucket/key?versionId=ID.
    #[arg(long, value_enum, default_value_t = VersionsArg::Current, hide_short_help = true)]
    pub versions: VersionsArg,
    /// Take the listing from an S3 Inventory report: the URI of its manifest.json
    #[arg(long, value_name = "URI", hide_short_help = true)]
    pub listing_from: Option<String>,
    #[command(flatten)]
    pub filter: FilterArgs,
}

/// Which versions are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionsArg {
    /// The present one
    #[default]
    Current,
    /// All that the bucket keeps
    All,
}

/// Which objects, by what a listing says of them. All that is given must hold; nothing is fetched to find out.
#[derive(Args, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[command(next_help_heading = "Which objects")]
pub struct FilterArgs {
    /// Only objects that match: a glob over the ends of paths, or over URIs where it has ://
    #[arg(long, value_name = "GLOB", hide_short_help = true)]
    pub include: Vec<String>,
    /// No objects that match
    #[arg(long, value_name = "GLOB", hide_short_help = true)]
    pub exclude: Vec<String>,
    /// Only objects of at least this size, as 1K
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    pub min_size: Option<String>,
    /// Only objects of at most this size, as 10G
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    pub max_size: Option<String>,
    /// Only objects modified at this time or later: a date (UTC), or a date and time with zone
    #[arg(long, value_name = "WHEN", hide_short_help = true)]
    pub modified_after: Option<String>,
    /// Only objects modified before this time
    #[arg(long, value_name = "WHEN", hide_short_help = true)]
    pub modified_before: Option<String>,
    /// Only objects of this storage class, as STANDARD_IA; may be given again
    #[arg(long, value_name = "CLASS", hide_short_help = true)]
    pub storage_class: Vec<String>,
    /// Only objects with this tag; one request an object that passes all else
    #[arg(long, value_name = "NAME=VALUE", hide_short_help = true)]
    pub tag: Vec<String>,
}

/// What a run may take.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Bytes of objects a second from stores, as 50M
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    pub max_bytes_per_second: Option<String>,
    /// Requests a second to stores
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), hide_short_help = true)]
    pub max_requests_per_second: Option<u32>,
    /// Memory for what stores have sent and no worker has read yet [default: 256M]
    ///
    /// Every worker may hold 8M beyond that, and matching takes memory of its own.
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    pub max_memory: Option<String>,
    /// Stop after this long, as 6h; what was read is kept, and the exit code is 3
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    pub max_time: Option<String>,
    /// How long a store may say nothing before a request is made again [default: 30s]
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    pub timeout: Option<String>,
    /// How often a request is made in vain before it is given up [default: 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100), hide_short_help = true)]
    pub attempts: Option<u32>,
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

/// A state of the inventory that lies in the past.
#[derive(Args, Debug, Clone, Default)]
pub struct AsOfArgs {
    /// Answer as of then: a run's number, a date (its end, UTC), or a date and time with zone
    #[arg(long, value_name = "RUN|WHEN", hide_short_help = true)]
    pub as_of: Option<String>,
}

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
        #[arg(long, value_name = "SPAN", default_value = "30d", value_parser = super::values::span)]
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

#[derive(Subcommand, Debug)]
pub enum DetectorsCommand {
    /// List all detectors
    List(DetectorsArgs),
    /// Show one detector
    Show {
        /// Its id, as us/ssn
        id: String,
        #[command(flatten)]
        args: DetectorsArgs,
    },
    /// Check pattern files: every problem at once
    Check {
        /// A folder of your own pattern files [default: the built-in ones]
        dir: Option<PathBuf>,
        /// Print the answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Say why what stands at a place was found, or was not
    ///
    /// The file is read from its start to that place, as a scan reads it, and every candidate of every detector that
    /// touches the place is told: its shape, what its validator says, names and words that speak for it or against, the
    /// confidence that came of it, and whether it was kept. Values are shown by their form alone.
    Explain {
        /// FILE:LINE, or 'FILE:row R' or 'FILE:bytes FROM-TO' as findings give them (TO is one past the last)
        #[arg(required = true, value_name = "FILE:PLACE")]
        place: Vec<String>,
        /// The configuration file, for its patterns, suppress and allow [default: rollcall.toml where there is one]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// File of the secret key, which an allow list needs [default: as for scan]
        #[arg(long, value_name = "FILE", env = "ROLLCALL_KEY_FILE", hide_env = true)]
        key_file: Option<PathBuf>,
        #[command(flatten)]
        args: DetectorsArgs,
    },
    /// Put a value on the configuration's allow list, as its keyed token: it is no longer reported
    Allow {
        /// The value; - reads it from standard input, which keeps it out of the shell's history
        value: String,
        /// What it is: an element's code (EMAIL, SSN, ...)
        #[arg(long, value_name = "KIND")]
        kind: String,
        /// Why it need not be reported
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The last day on which that holds: YYYY-MM-DD
        #[arg(long, value_name = "DATE")]
        expires: String,
        /// The configuration file to append to
        #[arg(long, value_name = "FILE", default_value = "rollcall.toml")]
        config: PathBuf,
        #[command(flatten)]
        place: PlaceArgs,
        /// Print the answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Try a detector on a text; - reads the text from standard input
    Test {
        /// Its id, as us/ssn
        id: String,
        /// The text
        text: String,
        /// The name of the field that holds the text
        #[arg(long)]
        field: Option<String>,
        #[command(flatten)]
        args: DetectorsArgs,
    },
}

#[derive(Args, Debug)]
pub struct DetectorsArgs {
    /// A folder of your own pattern files, beside the built-in ones
    #[arg(long, value_name = "DIR")]
    pub patterns: Vec<PathBuf>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct BenchArgs {
    /// A corpus made by `rollcall generate corpus` [default: the small one in corpus/]
    pub corpus: Option<PathBuf>,
    /// Worker threads [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub workers: Option<u16>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
    /// Keep the inventory in this folder
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Write the places of false and missed findings here (no values)
    #[arg(long, value_name = "FILE")]
    pub misses: Option<PathBuf>,
}

#[derive(Subcommand, Debug)]
pub enum GenerateCommand {
    /// A retail estate: customers, orders, payments, mails, logs, and who is in them
    Corpus {
        /// How many people
        #[arg(long, value_name = "N")]
        people: u64,
        /// The same seed gives the same bytes
        #[arg(long, value_name = "S", default_value_t = 1)]
        seed: u64,
        /// About how large; rows of no one and log lines fill up what the people leave
        #[arg(long, value_name = "SIZE")]
        size: Option<String>,
        /// How much of the truth to write
        #[arg(long, value_enum, default_value_t = Truth::Full)]
        truth: Truth,
        /// Where to
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// One log of any size, with a finding every so many bytes
    Log {
        /// How large, as 4G
        #[arg(long, value_name = "SIZE")]
        size: String,
        /// Bytes from one finding to the next, about
        #[arg(long, value_name = "SIZE", default_value = "1M")]
        every: String,
        /// The same seed gives the same bytes
        #[arg(long, value_name = "S", default_value_t = 1)]
        seed: u64,
        /// Compress with gzip
        #[arg(long)]
        gzip: bool,
        /// Where to
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// One CSV of customers, every row a new person
    Table {
        /// How many people
        #[arg(long, value_name = "N")]
        people: u64,
        /// The same seed gives the same bytes
        #[arg(long, value_name = "S", default_value_t = 1)]
        seed: u64,
        /// Where to
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// How much of a corpus's truth is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Truth {
    /// Every value and every person's records
    Full,
    /// Every person's records
    Links,
    /// Nothing
    None,
}
