//! Corpora with known answers: the estate of a retailer that never was, and who is in it.
//!
//! A scanner that is measured on data nobody knows the answers to is not measured. This folder writes the files of a shop
//! (customer database, shop accounts, orders, payment exports, support mail, staff, mailing lists, logs, loyalty, store
//! card applications), with the noise and the look-alikes that make real estates hard, and beside them every value that
//! is personal and every record a person is in. It knows no pattern, validator or linking rule, so that what it plants is
//! not shaped by what would find it.
//!
//! Every person is a function of the seed and their index, so memory is constant whatever their number.

mod bulk;
mod credit;
mod crm;
mod decoys;
mod headers;
mod hr;
mod logs;
mod loyalty;
mod marketing;
mod numbers;
mod orders;
mod out;
mod payments;
mod person;
mod places;
mod rng;
mod shop;
mod spec;
mod support;
mod table;
mod text;
mod tree;
mod view;
mod words;

pub use bulk::{TableSize, log, table};
pub use spec::{CorpusReport, CorpusSpec, OWN_DOMAIN, Rates, TruthLevel};

use out::Ledger;
use person::World;
use serde::Serialize;
use spec::{Settings, employees};
use std::io;
use std::path::Path;

#[derive(Serialize)]
struct Manifest<'a> {
    spec: &'a CorpusSpec,
    counts: &'a CorpusReport,
}

/// Writes a corpus into the folder `out`, which is made if need be; files that have the same names are replaced.
///
/// # Errors
/// A file that cannot be written, by its path; or more people than there are numbers to give them.
pub fn corpus(spec: &CorpusSpec, out: &Path) -> io::Result<CorpusReport> {
    if spec.people > person::EMPLOYEE_BASE {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a corpus holds at most 2^28 people"));
    }
    let world = World { spec };
    let mut ledger = Ledger::create(out, spec)?;
    let mut settings = Settings { own_domains: vec![OWN_DOMAIN.to_string()], ..Settings::default() };
    crm::customers(&world, &mut ledger, &mut settings)?;
    crm::customers_eu(&world, &mut ledger, &mut settings)?;
    shop::accounts(&world, &mut ledger, &mut settings)?;
    orders::orders(&world, &mut ledger, &mut settings)?;
    orders::guests(&world, &mut ledger, &mut settings)?;
    payments::export(&world, &mut ledger, &mut settings)?;
    loyalty::members(&world, &mut ledger)?;
    credit::applications(&world, &mut ledger)?;
    support::mail(&world, &mut ledger)?;
    hr::staff(&world, &mut ledger, &mut settings)?;
    marketing::lists(&world, &mut ledger)?;
    logs::web(&world, &mut ledger)?;
    logs::app(&world, &mut ledger)?;
    decoys::catalogue(&world, &mut ledger)?;
    let over_target = spec.bytes.is_some_and(|target| ledger.counts.bytes > target);
    if let Some(target) = spec.bytes {
        decoys::fill(&world, &mut ledger, target)?;
    }
    let counts =
        CorpusReport { people: spec.people, employees: employees(spec.people), over_target, ..ledger.finish()? };
    write_whole(out, "rollcall.toml", &toml::to_string(&settings).map_err(io::Error::other)?)?;
    let manifest = serde_json::to_string_pretty(&Manifest { spec, counts: &counts })?;
    write_whole(out, "manifest.json", &manifest)?;
    Ok(counts)
}

fn write_whole(out: &Path, name: &str, text: &str) -> io::Result<()> {
    let path = out.join(name);
    std::fs::write(&path, format!("{}\n", text.trim_end())).map_err(|e| out::at(&path, e))
}
