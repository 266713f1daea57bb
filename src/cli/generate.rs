//! `rollcall generate`

use super::args::{GenerateCommand, Truth};
use super::exit::Exit;
use super::print;
use super::settings::size;
use crate::generate::{self, CorpusSpec, TableSize, TruthLevel};
use anyhow::Context;

/// Runs the command.
pub fn run(command: GenerateCommand) -> anyhow::Result<Exit> {
    match command {
        GenerateCommand::Corpus { people, seed, size: bytes, truth, out } => {
            let truth = match truth {
                Truth::Full => TruthLevel::Full,
                Truth::Links => TruthLevel::Links,
                Truth::None => TruthLevel::None,
            };
            let bytes = bytes.as_deref().map(size).transpose()?;
            let spec = CorpusSpec { bytes, truth, ..CorpusSpec::new(people, seed) };
            let report =
                generate::corpus(&spec, &out).with_context(|| format!("cannot write a corpus to {}", out.display()))?;
            print::line(&format!(
                "{} people, {} rows, {} in {} files under {}{}",
                report.people,
                report.rows,
                indicatif::HumanBytes(report.bytes),
                report.files,
                out.display(),
                if report.over_target { "; the people alone need more than the size asked for" } else { "" }
            ))?;
        }
        GenerateCommand::Log { size: bytes, every, seed, gzip, out } => {
            let written = generate::log(size(&bytes)?, size(&every)?, seed, &out, gzip)
                .with_context(|| format!("cannot write {}", out.display()))?;
            print::line(&format!("{written} addresses in {}", out.display()))?;
        }
        GenerateCommand::Table { people, seed, out } => {
            let written = generate::table(TableSize::People(people), seed, &out)
                .with_context(|| format!("cannot write {}", out.display()))?;
            print::line(&format!("{written} people in {}", out.display()))?;
        }
    }
    Ok(Exit::Complete)
}
