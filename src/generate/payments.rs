//! The payment provider's exports: keyed by the order alone. Some hold the card's security code, which nobody may keep.

use super::headers::Headers;
use super::numbers;
use super::out::{Ledger, Who};
use super::person::World;
use super::rng::{Stream, chance, rng};
use super::spec::Settings;
use super::table::{Dialect, Table};
use crate::model::element::Element as E;
use crate::model::mention::Role;
use std::io;

/// Card numbers that the networks publish for tests.
const TEST_CARDS: &[&str] = &["4111111111111111", "4242424242424242", "5555555555554444", "378282246310005"];

/// `payments/export-*.csv`.
pub(super) fn export(world: &World, ledger: &mut Ledger, settings: &mut Settings) -> io::Result<()> {
    let words = Headers::new(world.seed(), 6);
    let key = words.one(900, &["order_id", "merchant_order_ref", "OrderRef"]);
    settings.keys.push(format!("order=payments/export*#{key}"));
    let mut headers = vec!["payment_id".to_string(), key.to_string()];
    headers.extend([E::Pan, E::CardExpiry, E::CardCode].map(|e| words.of(e)));
    headers.extend(["amount", "currency", "auth_code", "terminal", "captured_at"].map(String::from));
    let mut table =
        Table::create(ledger, "payments/export-*.csv", Dialect { quote_all: true, ..Dialect::CSV }, headers)?;
    for index in world.shuffled(6) {
        let card = world.card(index);
        let who = Who::Person(index);
        let member = world.membership(index);
        for k in 0..member.orders {
            let mut order = world.order(index, k);
            let draws = &mut order.rng;
            let is_test = chance(draws, world.spec.rates.decoy / 4.0);
            if is_test {
                test_row(world, &mut table, draws.u64(..))?;
            }
            table.plain(&numbers::uuid(draws))?;
            table.plain(&order.number)?;
            let masked = chance(draws, 0.25);
            match draws.u8(..10) {
                _ if masked => {
                    let stars = "*".repeat(card.pan.len() - 10);
                    let shown = format!("{}{stars}{}", &card.pan[..6], &card.pan[card.pan.len() - 4..]);
                    table.put(&shown, who.may_have(Role::Buyer, E::Pan))?;
                }
                0 => table.put(&numbers::pan_grouped(&card.pan, ' '), who.has(Role::Buyer, E::Pan))?,
                1 => table.put(&numbers::pan_grouped(&card.pan, '-'), who.has(Role::Buyer, E::Pan))?,
                _ => table.put(&card.pan, who.has(Role::Buyer, E::Pan))?,
            }
            let (month, year) = card.expiry;
            table.put(&format!("{month:02}/{:02}", year % 100), who.has(Role::Buyer, E::CardExpiry))?;
            let code = if !masked && chance(draws, 0.2) { card.code.as_str() } else { "" };
            table.put(code, who.has(Role::Buyer, E::CardCode))?;
            table.plain(&format!("{}.{:02}", order.cents / 100, order.cents % 100))?;
            table.plain(if member.american { "USD" } else { "EUR" })?;
            table.plain(&numbers::shaped(draws, "999999"))?;
            table.plain(&numbers::shaped(draws, "T9999-99"))?;
            table.plain(&draws.u64(1_700_000_000..1_760_000_000).to_string())?;
            table.link(who, Role::Buyer)?;
            table.end()?;
        }
    }
    table.finish()
}

/// A row of somebody's test run, with a published card.
fn test_row(world: &World, table: &mut Table, draw: u64) -> io::Result<()> {
    let mut rng = rng(world.seed(), Stream::Filler, draw);
    let may = |element| Who::Nobody.may_have(Role::Subject, element);
    table.plain(&numbers::uuid(&mut rng))?;
    table.plain(&format!("TEST-{:06}", rng.u32(..1_000_000)))?;
    table.put(TEST_CARDS[rng.usize(..TEST_CARDS.len())], may(E::Pan))?;
    table.put("12/29", may(E::CardExpiry))?;
    table.put("123", may(E::CardCode))?;
    for cell in ["1.00", "USD", "000000", "T0000-00", "1700000000"] {
        table.plain(cell)?;
    }
    table.end()
}
