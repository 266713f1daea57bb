//! Mailing lists: the least structured of tables. A column of addresses with no header, and names with ZIP codes.

use super::headers::Headers;
use super::out::{Ledger, Who};
use super::person::World;
use super::table::{Dialect, Table};
use super::view::{Case, System};
use crate::model::element::Element as E;
use crate::model::mention::Role;
use std::io;

/// `marketing/list-*.csv` (one column, no header), `marketing/prospects-*.csv` and an archive of the latter in gzip.
pub(super) fn lists(world: &World, ledger: &mut Ledger) -> io::Result<()> {
    let bare = Dialect { headerless: true, ..Dialect::CSV };
    let mut list = Table::create(ledger, "marketing/list-*.csv", bare, Vec::new())?;
    for index in world.shuffled(11).filter(|index| index % 2 == 0) {
        if !world.membership(index).marketing {
            continue;
        }
        let person = world.person(index);
        // A list with nothing but an address can be joined only by that address, so it is the one people still use.
        let who = Who::Person(index);
        list.put(&person.email, who.has(Role::Subject, E::Email))?;
        list.link(who, Role::Subject)?;
        list.end()?;
    }
    list.finish()?;
    named(world, ledger, "marketing/prospects-*.csv", 12, 1)?;
    named(world, ledger, "marketing/prospects-2023.csv.gz", 13, 3)
}

fn named(world: &World, ledger: &mut Ledger, file: &str, system: u64, every: u64) -> io::Result<()> {
    let words = Headers::new(world.seed(), system);
    let headers = [E::FullName, E::Email, E::Zip].map(|e| words.of(e)).to_vec();
    let mut table = Table::create(ledger, file, Dialect::CSV, headers)?;
    for index in world.shuffled(system).filter(|index| index % 2 == 1 && index % every == 0) {
        if !world.membership(index).marketing {
            continue;
        }
        let person = world.person(index);
        let who = Who::Person(index);
        let view = world.view(&person, System::Marketing, Case::Natural);
        table.put(&view.full(), who.has(Role::Subject, E::FullName))?;
        table.put(&person.email, who.has(Role::Subject, E::Email))?;
        table.put(&person.address.zip, who.has(Role::Subject, E::Zip))?;
        table.link(who, Role::Subject)?;
        table.end()?;
    }
    table.finish()
}
