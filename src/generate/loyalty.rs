//! The loyalty programme: an old system in capitals, where the telephone number is the membership, and where a licence
//! or a state card was noted for the age check.

use super::headers::Headers;
use super::numbers;
use super::out::{Ledger, Who};
use super::person::World;
use super::rng::chance;
use super::table::{Dialect, Table};
use super::view::{Case, System};
use crate::model::element::Element as E;
use crate::model::mention::Role;
use std::io;

/// `loyalty/members-*.tsv`.
pub(super) fn members(world: &World, ledger: &mut Ledger) -> io::Result<()> {
    let words = Headers::new(world.seed(), 7);
    let elements = [E::Phone, E::FullName, E::Dob, E::DriverLicense, E::StateId, E::Address];
    let mut headers: Vec<String> = elements.iter().map(|e| words.of(*e)).collect();
    headers.extend(["points", "tier", "last_visit", "pos_batch", "store_lat", "store_lon"].map(String::from));
    let dialect = Dialect { delimiter: b'\t', crlf: true, ..Dialect::CSV };
    let mut table = Table::create(ledger, "loyalty/members-*.tsv", dialect, headers)?;
    for index in world.shuffled(7) {
        if !world.membership(index).loyalty {
            continue;
        }
        let person = world.person(index);
        let who = Who::Person(index);
        let mark = |element| who.has(Role::Subject, element);
        let mut view = world.view(&person, System::Loyalty, Case::Capitals);
        table.put(&world.phone(&person, 3), mark(E::Phone))?;
        table.put(&view.last_first(), mark(E::FullName))?;
        table.put(&person.dob.text(1), mark(E::Dob))?;
        let card = chance(&mut view.rng, 0.15);
        let number = world.license(&person);
        table.put(if card { "" } else { &number }, mark(E::DriverLicense))?;
        table.put(if card { &number } else { "" }, mark(E::StateId))?;
        let home = &person.address;
        for (part, element) in [
            (home.street.as_str(), E::Street),
            (home.city, E::City),
            (home.state, E::State),
            (home.zip.as_str(), E::Zip),
        ] {
            table.part(part, who.may_have(Role::Subject, element))?;
        }
        table.put(&format!("{}, {}, {} {}", home.street, home.city, home.state, home.zip), mark(E::Address))?;
        table.plain(&view.rng.u32(..90_000).to_string())?;
        table.plain(["BLUE", "SILVER", "GOLD"][view.rng.usize(..3)])?;
        table.plain(&format!("2025{:02}{:02}", view.rng.u8(1..=12), view.rng.u8(1..=28)))?;
        table.plain(&numbers::shaped(&mut view.rng, "999-99-9999-9"))?;
        table.plain(&format!("{}.{:05}", view.rng.u8(25..48), view.rng.u32(..100_000)))?;
        table.plain(&format!("-{}.{:05}", view.rng.u8(70..122), view.rng.u32(..100_000)))?;
        table.link(who, Role::Subject)?;
        table.end()?;
    }
    table.finish()
}
