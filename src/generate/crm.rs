//! The customer database: one export for the United States, one for Europe.

use super::headers::Headers;
use super::numbers;
use super::out::{Ledger, Who};
use super::person::{Date, Person, World};
use super::places::EU;
use super::rng::{Stream, chance, pick, rng};
use super::spec::Settings;
use super::table::{Dialect, Table};
use super::view::{Case, System};
use super::words::ORGANISATIONS;
use crate::model::element::Element as E;
use crate::model::mention::Role;
use fastrand::Rng;
use std::io;

const SUBJECT: Role = Role::Subject;

/// `crm/customers.csv`, with a few organisations and test rows among the people.
pub(super) fn customers(world: &World, ledger: &mut Ledger, settings: &mut Settings) -> io::Result<()> {
    let words = Headers::new(world.seed(), 1);
    let id = words.one(900, &["customer_id", "CustomerID", "cust_no", "client_id"]);
    settings.customer_ids.push(format!("crm=crm/customers*#{id}"));
    let mut headers = vec![id.to_string()];
    let elements =
        [E::FirstName, E::MiddleName, E::LastName, E::Email, E::Phone, E::Dob, E::Street, E::City, E::State, E::Zip];
    headers.extend(elements.map(|e| words.of(e)));
    headers.extend(["opt_in_email", "opt_in_sms", "created_at", "lifetime_value", "source_version"].map(String::from));
    let dialect = Dialect { quote_all: world.seed() % 2 == 1, crlf: world.seed().is_multiple_of(3), ..Dialect::CSV };
    let mut table = Table::create(ledger, "crm/customers-*.csv", dialect, headers)?;
    let dates = world.seed() as usize % 2;
    for (row, index) in world.shuffled(1).enumerate() {
        let mut filler = rng(world.seed(), Stream::Filler, row as u64);
        if chance(&mut filler, world.spec.rates.decoy) {
            organisation(world, &mut table, &mut filler, row as u64)?;
        }
        let member = world.membership(index);
        if member.american && member.crm {
            customer(world, &mut table, &world.person(index), dates)?;
        }
    }
    table.finish()
}

fn customer(world: &World, table: &mut Table, person: &Person, dates: usize) -> io::Result<()> {
    let who = Who::Person(person.index);
    let mut view = world.view(person, System::Crm, Case::Natural);
    let mark = |element| who.has(SUBJECT, element);
    table.plain(&world.id(1, person.index))?;
    table.put(&view.first, mark(E::FirstName))?;
    table.put(&view.middle.map(String::from).unwrap_or_default(), mark(E::MiddleName))?;
    let last = match view.suffix {
        Some(suffix) => format!("{} {suffix}", view.last),
        None => view.last.clone(),
    };
    table.put(&last, mark(E::LastName))?;
    table.put(&view.email, mark(E::Email))?;
    match &view.phone {
        Some(phone) => table.put(phone, mark(E::Phone))?,
        None if chance(&mut view.rng, 0.3) => table.put("555-555-0100", who.may_have(SUBJECT, E::Phone))?,
        None => table.plain("")?,
    }
    if chance(&mut view.rng, 0.05) {
        table.put(&Date { year: 1900, month: 1, day: 1 }.text(dates), who.may_have(SUBJECT, E::Dob))?;
    } else {
        table.put(&person.dob.text(dates), mark(E::Dob))?;
    }
    table.put(&person.address.street, mark(E::Street))?;
    table.put(person.address.city, mark(E::City))?;
    table.put(person.address.state, mark(E::State))?;
    table.put(&person.address.zip, mark(E::Zip))?;
    tail(table, &mut view.rng)?;
    table.link(who, SUBJECT)?;
    table.end()
}

/// The columns that are about no one: flags, times, money, versions.
fn tail(table: &mut Table, rng: &mut Rng) -> io::Result<()> {
    table.plain(if rng.bool() { "Y" } else { "N" })?;
    table.plain(if rng.bool() { "Y" } else { "N" })?;
    table.plain(&rng.u64(1_400_000_000..1_760_000_000).to_string())?;
    table.plain(&format!("{}.{:02}", rng.u32(0..20_000), rng.u8(..100)))?;
    table.plain(&format!("{}.{}.{}.{}", rng.u8(1..9), rng.u8(..20), rng.u8(..40), rng.u8(..250)))
}

/// A row that is no person's: a business, with the placeholders clerks type where a field must not be empty.
fn organisation(world: &World, table: &mut Table, rng: &mut Rng, row: u64) -> io::Result<()> {
    let who = Who::Organisation(row);
    let may = |element| who.may_have(SUBJECT, element);
    let name = pick(rng, ORGANISATIONS);
    table.plain(&world.id(2, world.spec.people + row))?;
    table.plain("")?;
    table.plain("")?;
    table.plain(name)?;
    if rng.bool() {
        table.put("na@na.com", may(E::Email))?;
    } else {
        table.put(&format!("info@org{row}.example"), may(E::Email))?;
    }
    table.put("000-000-0000", may(E::Phone))?;
    table.put("1900-01-01", may(E::Dob))?;
    let home = world.person(rng.u64(..world.spec.people.max(1))).address;
    table.put(&format!("{} Commerce Blvd", rng.u16(1..9999)), may(E::Street))?;
    table.put(home.city, may(E::City))?;
    table.put(home.state, may(E::State))?;
    table.put(&home.zip, may(E::Zip))?;
    tail(table, rng)?;
    table.link(who, SUBJECT)?;
    table.end()
}

/// `crm/customers_eu.csv`: semicolons, days first, IBANs.
pub(super) fn customers_eu(world: &World, ledger: &mut Ledger, settings: &mut Settings) -> io::Result<()> {
    let words = Headers::new(world.seed(), 2);
    let id = words.one(900, &["KundenNr", "customer_ref", "client_no"]);
    settings.customer_ids.push(format!("crm=crm/customers_eu*#{id}"));
    let mut headers = vec![id.to_string()];
    let elements = [E::FirstName, E::LastName, E::Email, E::Phone, E::Dob, E::Street, E::Zip, E::City, E::Country];
    headers.extend(elements.map(|e| words.of(e)));
    headers.extend([words.one(901, &["iban", "IBAN", "bank_iban"]).to_string(), "umsatz_eur".to_string()]);
    let dialect = Dialect { delimiter: b';', ..Dialect::CSV };
    let mut table = Table::create(ledger, "crm/customers_eu.csv", dialect, headers)?;
    for index in world.shuffled(2) {
        let member = world.membership(index);
        if member.american || !member.crm {
            continue;
        }
        let person = world.person(index);
        let Some(place) = person.eu.map(|place| &EU[place]) else { continue };
        let who = Who::Person(index);
        let mark = |element| who.has(SUBJECT, element);
        let mut view = world.view(&person, System::Crm, Case::Natural);
        table.plain(&world.id(1, index))?;
        table.put(&view.first, mark(E::FirstName))?;
        table.put(&view.last, mark(E::LastName))?;
        table.put(&view.email, mark(E::Email))?;
        table.put(view.phone.as_deref().unwrap_or_default(), mark(E::Phone))?;
        table.put(&person.dob.text(2), mark(E::Dob))?;
        table.put(&person.address.street, mark(E::Street))?;
        table.put(&person.address.zip, mark(E::Zip))?;
        table.put(person.address.city, mark(E::City))?;
        table.put(place.name, mark(E::Country))?;
        table.put(&numbers::iban(&mut view.rng, place), mark(E::BankAccount))?;
        table.plain(&format!("{},{:02}", view.rng.u32(..9000), view.rng.u8(..100)))?;
        table.link(who, SUBJECT)?;
        table.end()?;
    }
    table.finish()
}
