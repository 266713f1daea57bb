//! `rollcall detectors`, `bench` and `generate`

use super::common::PlaceArgs;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

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
