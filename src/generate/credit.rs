//! Applications for the store card: everything a thief could wish for, in one record.

use super::headers::Headers;
use super::numbers;
use super::out::{Ledger, Who};
use super::person::World;
use super::rng::chance;
use super::tree::Tree;
use super::view::{Case, System};
use crate::model::element::Element as E;
use crate::model::mention::Role;
use std::io;

/// `credit/applications-*.ndjson`.
pub(super) fn applications(world: &World, ledger: &mut Ledger) -> io::Result<()> {
    let words = Headers::new(world.seed(), 8);
    let style = world.seed() as usize;
    let mut tree = Tree::lines(ledger, "credit/applications-*.ndjson", false)?;
    for index in world.shuffled(8) {
        if !world.membership(index).credit {
            continue;
        }
        let person = world.person(index);
        let who = Who::Person(index);
        let mark = |element| who.has(Role::Subject, element);
        let mut view = world.view(&person, System::Credit, Case::Natural);
        tree.begin();
        tree.plain("applicationRef", &format!("APP-{}", numbers::shaped(&mut view.rng, "9999999999")))?;
        tree.open("applicant");
        tree.put(&words.of(E::FirstName), &view.first, mark(E::FirstName))?;
        tree.put(&words.of(E::LastName), &view.last, mark(E::LastName))?;
        if chance(&mut view.rng, 0.02) {
            tree.put(&words.of(E::Ssn), "000-00-0000", who.may_have(Role::Subject, E::Ssn))?;
        } else {
            tree.put(&words.of(E::Ssn), &numbers::ssn_text(person.ssn, style), mark(E::Ssn))?;
        }
        tree.put(&words.of(E::Dob), &person.dob.text(style % 2), mark(E::Dob))?;
        tree.put(&words.of(E::DriverLicense), &world.license(&person), mark(E::DriverLicense))?;
        if chance(&mut view.rng, 0.2) {
            tree.put(&words.of(E::Passport), &world.passport(index), mark(E::Passport))?;
        }
        tree.put(&words.of(E::Email), &view.email, mark(E::Email))?;
        tree.put(&words.of(E::Phone), &world.phone(&person, style), mark(E::Phone))?;
        tree.open("residence");
        tree.put(&words.of(E::Street), &person.address.street, mark(E::Street))?;
        tree.put(&words.of(E::City), person.address.city, mark(E::City))?;
        tree.put(&words.of(E::State), person.address.state, mark(E::State))?;
        tree.put(&words.of(E::Zip), &person.address.zip, mark(E::Zip))?;
        tree.close();
        tree.close();
        tree.open("finances");
        let (account, routing) = world.bank(index);
        tree.literal("annualIncome", view.rng.u32(18_000..260_000))?;
        tree.put(&words.of(E::BankAccount), &account, mark(E::BankAccount))?;
        tree.put(&words.of(E::BankRouting), &routing, mark(E::BankRouting))?;
        tree.close();
        tree.plain("modelVersion", &format!("3.{}.{}.{}", view.rng.u8(..9), view.rng.u8(..9), view.rng.u8(..99)))?;
        tree.literal("score", view.rng.u16(300..850))?;
        tree.literal("submittedAt", view.rng.u64(1_700_000_000_000..1_760_000_000_000))?;
        tree.link(who, Role::Subject)?;
        tree.end()?;
    }
    tree.finish()
}
