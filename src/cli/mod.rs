//! The command line: arguments in, exit code out. One file a command; the only folder that prints.

mod allow;
mod args;
mod as_of;
mod bench;
mod compact;
mod detectors;
mod diff;
mod exit;
mod explain;
mod generate;
mod inventory;
mod link;
mod merge;
mod metrics;
mod objects;
mod place;
mod print;
mod probe;
mod probing;
mod progress;
mod refresh;
mod run;
mod scan;
mod scope;
mod settings;
mod store;
mod values;
mod who;

use args::{Cli, Command};
use clap::Parser;
use exit::{Exit, UsageError};

/// Runs the program with the process's arguments; returns its exit code.
pub fn main() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, the rest is usage; clap writes each where it belongs.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage as u8 } else { Exit::Complete as u8 };
        }
    };
    // An empty variable is as good as none.
    if let Some(level) = cli.simd.filter(|level| !level.is_empty())
        && let Err(error) = crate::simd::choose(&level)
    {
        print::note(&format!("rollcall: --simd: {error}"));
        return Exit::Usage as u8;
    }
    let result = match cli.command {
        Command::Scan(args) => scan::run(*args),
        Command::Refresh(args) => refresh::run(args),
        Command::Link(args) => link::run(args),
        Command::Scope(args) => scope::run(args),
        Command::Who(args) => who::run(args),
        Command::Inventory(command) => inventory::run(command),
        Command::Detectors(command) => detectors::run(command),
        Command::Bench(args) => bench::run(args),
        Command::Probe => probe::run(),
        Command::Generate(command) => generate::run(command),
    };
    match result {
        Ok(exit) => exit as u8,
        Err(error) => {
            print::note(&format!("rollcall: {error:#}"));
            if error.is::<UsageError>() { Exit::Usage as u8 } else { Exit::Failed as u8 }
        }
    }
}
