//! What several commands take.

use crate::cli::values;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

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
    #[arg(long, value_name = "SPAN", default_value = "5m", value_parser = values::span, hide_short_help = true)]
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
    #[arg(long, value_name = "SPAN", default_value = "15s", value_parser = values::span, hide_short_help = true)]
    pub metrics_every: Duration,
}

impl RunArgs {
    /// How often work is saved; none never.
    pub fn save_every(&self) -> Option<Duration> {
        Some(self.save_every).filter(|every| !every.is_zero())
    }
}

/// A state of the inventory that lies in the past.
#[derive(Args, Debug, Clone, Default)]
pub struct AsOfArgs {
    /// Answer as of then: a run's number, a date (its end, UTC), or a date and time with zone
    #[arg(long, value_name = "RUN|WHEN", hide_short_help = true)]
    pub as_of: Option<String>,
}
