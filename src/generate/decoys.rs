//! What is about no one: products, stores, stock movements. Names that are not people's, numbers that are not personal.

use super::logs::page_view;
use super::numbers;
use super::out::Ledger;
use super::person::World;
use super::rng::{Stream, mix, pick, rng};
use super::table::{Dialect, Table};
use super::text::Text;
use super::words::{ORGANISATIONS, PRODUCTS};
use std::io;

/// `catalog/products.csv` and `catalog/stores.csv`.
pub(super) fn catalogue(world: &World, ledger: &mut Ledger) -> io::Result<()> {
    let rows = (world.spec.people / 50).clamp(50, 50_000);
    let headers = ["sku", "name", "upc", "isbn", "price", "plu", "firmware", "commit"].map(String::from).to_vec();
    let mut table = Table::create(ledger, "catalog/products.csv", Dialect::CSV, headers)?;
    let mut draws = rng(world.seed(), Stream::Filler, 1 << 40);
    for _ in 0..rows {
        table.plain(&numbers::sku(&mut draws))?;
        table.plain(pick(&mut draws, PRODUCTS))?;
        table.plain(&numbers::upc(&mut draws))?;
        table.plain(&numbers::isbn(&mut draws))?;
        table.plain(&format!("{}.99", draws.u16(1..900)))?;
        table.plain(&numbers::shaped(&mut draws, "999-99-9999"))?;
        table.plain(&format!("{}.{}.{}.{}", draws.u8(1..9), draws.u8(..20), draws.u8(..9), draws.u8(..250)))?;
        table.plain(&numbers::hex(&mut draws, 40))?;
        table.end()?;
    }
    table.finish()?;
    let headers = ["store_no", "name", "latitude", "longitude", "opened", "supplier"].map(String::from).to_vec();
    let mut table = Table::create(ledger, "catalog/stores.csv", Dialect::CSV, headers)?;
    for store in 0..60 {
        table.plain(&format!("{store:04}"))?;
        table
            .plain(&format!("BrightCart {}", pick(&mut draws, &["North", "Plaza", "Madison", "Jackson", "Harbor"])))?;
        table.plain(&format!("{}.{:06}", draws.u8(25..48), draws.u32(..1_000_000)))?;
        table.plain(&format!("-{}.{:06}", draws.u8(70..122), draws.u32(..1_000_000)))?;
        table.plain(&draws.u64(900_000_000..1_700_000_000).to_string())?;
        table.plain(pick(&mut draws, ORGANISATIONS))?;
        table.end()?;
    }
    table.finish()
}

/// Fills the corpus up to about `target` bytes: two thirds access log of unknown visitors, one third stock movements.
pub(super) fn fill(world: &World, ledger: &mut Ledger, target: u64) -> io::Result<()> {
    let missing = target.saturating_sub(ledger.counts.bytes);
    if missing == 0 {
        return Ok(());
    }
    let stop = ledger.counts.bytes + missing / 3;
    movements(world, ledger, stop)?;
    let mut text = Text::create(ledger, "logs/edge-*.log")?;
    let mut visit = 0;
    while text.corpus_bytes() < target {
        let mut draws = rng(mix(world.seed(), 2, visit), Stream::Filler, visit);
        let (visitor, session) = (numbers::ip(&mut draws), numbers::hex(&mut draws, 32));
        for _ in 0..draws.u8(2..12) {
            page_view(&mut text, &mut draws, &visitor, &session)?;
        }
        visit += 1;
    }
    text.finish()
}

fn movements(world: &World, ledger: &mut Ledger, stop: u64) -> io::Result<()> {
    let headers =
        ["movement_id", "sku", "upc", "qty", "from_bin", "to_bin", "tracking", "moved_at_ms", "scanner_version"];
    let headers = headers.map(String::from).to_vec();
    let mut table = Table::create(ledger, "warehouse/movements-*.csv", Dialect::CSV, headers)?;
    let mut draws = rng(world.seed(), Stream::Filler, 1 << 41);
    while table.corpus_bytes() < stop {
        table.plain(&numbers::shaped(&mut draws, "4999999999999999"))?;
        table.plain(&numbers::sku(&mut draws))?;
        table.plain(&numbers::upc(&mut draws))?;
        table.plain(&draws.u8(1..200).to_string())?;
        table.plain(&numbers::shaped(&mut draws, "A9-99-99"))?;
        table.plain(&numbers::shaped(&mut draws, "A9-99-99"))?;
        table.plain(&numbers::tracking(&mut draws))?;
        table.plain(&draws.u64(1_700_000_000_000..1_760_000_000_000).to_string())?;
        table.plain(&format!("10.{}.{}.{}", draws.u8(..20), draws.u8(..20), draws.u8(..250)))?;
        table.end()?;
    }
    table.finish()
}
