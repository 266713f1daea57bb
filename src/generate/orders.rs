//! Orders and guest checkouts. An order names who pays and who receives, and one in five goes to somebody else.

use super::headers::Headers;
use super::numbers;
use super::out::{Ledger, Who};
use super::person::{Date, Person, World};
use super::rng::{Stream, chance, pick, rng};
use super::spec::Settings;
use super::table::{Dialect, Table};
use super::view::{Case, System};
use super::words::PRODUCTS;
use crate::model::element::Element as E;
use crate::model::mention::Role;
use fastrand::Rng;
use std::io;

/// One order; a function of its buyer and its number among theirs.
pub(super) struct Order {
    pub number: String,
    pub recipient: Option<u64>,
    pub date: Date,
    pub cents: u32,
    pub rng: Rng,
}

impl World<'_> {
    /// The `k`th order of a person; nobody has more than four.
    pub(super) fn order(&self, index: u64, k: u64) -> Order {
        let people = self.spec.people;
        let mut rng = rng(self.seed(), Stream::Order, index * 4 + k);
        let recipient = chance(&mut rng, self.spec.rates.gift).then(|| rng.u64(..people)).filter(|r| *r != index);
        let date = Date::draw(&mut rng, 2023..=2025);
        let number = numbers::order_number(self.seed(), index * 4 + k);
        Order { number, recipient, date, cents: rng.u32(500..90_000), rng }
    }
}

/// Elements of either side of an order.
const SIDE: [E; 6] = [E::FullName, E::Phone, E::Street, E::City, E::State, E::Zip];

/// `shop/orders-*.csv`: the orders of everyone with an account or a place in the customer database. Those without an
/// account have an empty customer id.
pub(super) fn orders(world: &World, ledger: &mut Ledger, settings: &mut Settings) -> io::Result<()> {
    let words = Headers::new(world.seed(), 4);
    let key = words.one(900, &["order_id", "OrderNumber", "order_no"]);
    let customer = words.one(901, &["customer_id", "account_no", "AccountRef"]);
    settings.keys.push(format!("order=shop/orders*#{key}"));
    settings.customer_ids.push(format!("shop=shop/orders*#{customer}"));
    let (bill, ship) =
        [("bill_to_", "ship_to_"), ("billing_", "shipping_"), ("BillTo", "ShipTo")][world.seed() as usize % 3];
    let mut headers = vec![key.to_string(), customer.to_string(), "order_date".to_string()];
    headers.push(words.in_role(bill, E::Email));
    headers.extend(SIDE.map(|e| words.in_role(bill, e)));
    headers.extend(SIDE.map(|e| words.in_role(ship, e)));
    headers.extend(["sku", "item", "qty", "total", "tracking_no", "request_uuid"].map(String::from));
    let mut table = Table::create(ledger, "shop/orders-*.csv", Dialect::CSV, headers)?;
    for index in world.shuffled(4) {
        let member = world.membership(index);
        if !(member.crm || member.shop) {
            continue;
        }
        let person = world.person(index);
        for k in 0..member.orders {
            let mut order = world.order(index, k);
            let id = if member.shop { world.id(3, index) } else { String::new() };
            order_row(world, &mut table, &person, &mut order, &id)?;
        }
    }
    table.finish()
}

fn order_row(world: &World, table: &mut Table, person: &Person, order: &mut Order, id: &str) -> io::Result<()> {
    let buyer = Who::Person(person.index);
    let view = world.view(person, System::Orders, Case::Natural);
    table.plain(&order.number)?;
    table.plain(id)?;
    table.plain(&order.date.text(0))?;
    table.put(&view.email, buyer.has(Role::Buyer, E::Email))?;
    let phone = view.phone.clone().unwrap_or_default();
    side(table, buyer, Role::Buyer, person, &view.full(), &phone)?;
    match order.recipient {
        Some(other) => {
            let receiver = world.person(other);
            let style = order.rng.usize(..6);
            let phone = if chance(&mut order.rng, 0.4) { world.phone(&receiver, style) } else { String::new() };
            let name = format!("{} {}", receiver.first, receiver.last);
            side(table, Who::Person(other), Role::Recipient, &receiver, &name, &phone)?;
            table.link(Who::Person(other), Role::Recipient)?;
        }
        None => side(table, buyer, Role::Recipient, person, &view.full(), &phone)?,
    }
    table.link(buyer, Role::Buyer)?;
    table.plain(&numbers::sku(&mut order.rng))?;
    table.plain(pick(&mut order.rng, PRODUCTS))?;
    table.plain(&order.rng.u8(1..5).to_string())?;
    table.plain(&format!("{}.{:02}", order.cents / 100, order.cents % 100))?;
    table.plain(&numbers::tracking(&mut order.rng))?;
    table.plain(&numbers::uuid(&mut order.rng))?;
    table.end()
}

fn side(table: &mut Table, who: Who, role: Role, person: &Person, name: &str, phone: &str) -> io::Result<()> {
    let mark = |element| who.has(role, element);
    table.put(name, mark(E::FullName))?;
    table.put(phone, mark(E::Phone))?;
    table.put(&person.address.street, mark(E::Street))?;
    table.put(person.address.city, mark(E::City))?;
    table.put(person.address.state, mark(E::State))?;
    table.put(&person.address.zip, mark(E::Zip))
}

/// `shop/guest_checkouts.csv`: whoever bought without an account. No customer id; the card by its last four digits.
pub(super) fn guests(world: &World, ledger: &mut Ledger, settings: &mut Settings) -> io::Result<()> {
    let words = Headers::new(world.seed(), 5);
    let key = words.one(900, &["order_id", "order_ref", "OrderNo"]);
    settings.keys.push(format!("order=shop/guest*#{key}"));
    let mut headers = vec![key.to_string(), "placed_epoch_ms".to_string()];
    headers.extend([E::FullName, E::Email, E::Phone, E::Zip].map(|e| words.in_role("guest_", e)));
    headers.extend(["card_last4", "total", "isbn", "user_agent_version"].map(String::from));
    let dialect = Dialect { delimiter: b'|', ..Dialect::CSV };
    let mut table = Table::create(ledger, "shop/guest_checkouts-*.csv", dialect, headers)?;
    for index in world.shuffled(5) {
        let member = world.membership(index);
        if member.crm || member.shop {
            continue;
        }
        let person = world.person(index);
        let who = Who::Person(index);
        let mark = |element| who.has(Role::Subject, element);
        let view = world.view(&person, System::Orders, Case::Natural);
        for k in 0..member.orders {
            let mut order = world.order(index, k);
            table.plain(&order.number)?;
            table.plain(&order.rng.u64(1_700_000_000_000..1_760_000_000_000).to_string())?;
            table.put(&view.full(), mark(E::FullName))?;
            table.put(&view.email, mark(E::Email))?;
            table.put(view.phone.as_deref().unwrap_or_default(), mark(E::Phone))?;
            table.put(&person.address.zip, mark(E::Zip))?;
            let pan = world.card(index).pan;
            table.put(&pan[pan.len() - 4..], who.may_have(Role::Subject, E::Pan))?;
            table.plain(&format!("{}.{:02}", order.cents / 100, order.cents % 100))?;
            table.plain(&numbers::isbn(&mut order.rng))?;
            table.plain(&format!("120.{}.{}.{}", order.rng.u8(..9), order.rng.u8(..255), order.rng.u8(..255)))?;
            table.link(who, Role::Subject)?;
            table.end()?;
        }
    }
    table.finish()
}
