//! Staff: the one population that a retailer is also an employer of.

use super::headers::Headers;
use super::numbers;
use super::out::{Ledger, Who};
use super::person::{Person, World};
use super::spec::{OWN_DOMAIN, Settings, employees};
use super::table::{Dialect, Table};
use super::tree::Tree;
use super::view::{Case, System};
use super::words::ascii;
use crate::model::element::Element as E;
use crate::model::mention::Role;
use std::io;

/// The work address of a member of staff.
pub(super) fn work_email(person: &Person, index: u64) -> String {
    let last = ascii(&person.last).to_lowercase().replace([' ', '\'', '.'], "");
    format!("{}.{last}{index}@{OWN_DOMAIN}", ascii(person.first).to_lowercase())
}

/// `hr/employees.json`, `hr/payroll.csv` and `hr/time_clock.csv`.
pub(super) fn staff(world: &World, ledger: &mut Ledger, settings: &mut Settings) -> io::Result<()> {
    settings.customer_ids.push("employee=hr/employees*#employeeId".to_string());
    settings.customer_ids.push("employee=hr/payroll*#emp_id".to_string());
    settings.customer_ids.push("employee=hr/time_clock*#badge".to_string());
    records(world, ledger)?;
    payroll(world, ledger)?;
    time_clock(world, ledger)
}

fn records(world: &World, ledger: &mut Ledger) -> io::Result<()> {
    let words = Headers::new(world.seed(), 9);
    let head = r#""company":"BrightCart Retail Inc","schemaVersion":"2.11.0.4","exportedAt":1755000000,"#;
    let mut tree = Tree::document(ledger, "hr/employees.json", head, "employees")?;
    for index in 0..employees(world.spec.people) {
        let person = world.employee(index);
        let who = Who::Employee(index);
        let mark = |element| who.has(Role::Subject, element);
        let mut view = world.view(&person, System::Hr, Case::Natural);
        let (account, routing) = world.bank(person.index);
        tree.begin();
        tree.plain("employeeId", &world.id(9, index))?;
        tree.put(&words.of(E::FirstName), &view.first, mark(E::FirstName))?;
        tree.put(&words.of(E::LastName), &view.last, mark(E::LastName))?;
        tree.put("workEmail", &work_email(&person, index), mark(E::Email))?;
        tree.put(&words.of(E::Ssn), &numbers::ssn_text(person.ssn, 0), mark(E::Ssn))?;
        tree.put(&words.of(E::Dob), &person.dob.text(0), mark(E::Dob))?;
        tree.literal("salary", view.rng.u32(31_000..190_000))?;
        tree.open("directDeposit");
        tree.put(&words.of(E::BankAccount), &account, mark(E::BankAccount))?;
        tree.put(&words.of(E::BankRouting), &routing, mark(E::BankRouting))?;
        tree.close();
        tree.open("home");
        tree.put(&words.of(E::Street), &person.address.street, mark(E::Street))?;
        tree.put(&words.of(E::City), person.address.city, mark(E::City))?;
        tree.put(&words.of(E::State), person.address.state, mark(E::State))?;
        tree.put(&words.of(E::Zip), &person.address.zip, mark(E::Zip))?;
        tree.close();
        if world.spec.people > 0 {
            let other = world.person(view.rng.u64(..world.spec.people));
            let contact = Who::Person(other.index);
            let name = format!("{} {}", other.first, other.last);
            tree.open("emergencyContact");
            tree.put("name", &name, contact.has(Role::EmergencyContact, E::FullName))?;
            tree.put("phone", &world.phone(&other, 1), contact.has(Role::EmergencyContact, E::Phone))?;
            tree.close();
            tree.link(contact, Role::EmergencyContact)?;
        }
        tree.plain("laptopSerial", &numbers::shaped(&mut view.rng, "AA9AAA99AAAA"))?;
        tree.link(who, Role::Subject)?;
        tree.end()?;
    }
    tree.finish()
}

fn payroll(world: &World, ledger: &mut Ledger) -> io::Result<()> {
    let words = Headers::new(world.seed(), 10);
    let mut headers = vec!["emp_id".to_string()];
    headers.extend([E::FullName, E::Ssn, E::BankRouting, E::BankAccount].map(|e| words.in_role("emp_", e)));
    headers.extend(["period", "gross", "net", "batch_sha"].map(String::from));
    let mut table = Table::create(ledger, "hr/payroll.csv", Dialect::CSV, headers)?;
    for index in 0..employees(world.spec.people) {
        let person = world.employee(index);
        let who = Who::Employee(index);
        let mark = |element| who.has(Role::Subject, element);
        let mut view = world.view(&person, System::Credit, Case::Capitals);
        let (account, routing) = world.bank(person.index);
        table.plain(&world.id(9, index))?;
        table.put(&view.last_first(), mark(E::FullName))?;
        table.put(&numbers::ssn_text(person.ssn, 1), mark(E::Ssn))?;
        table.put(&routing, mark(E::BankRouting))?;
        table.put(&account, mark(E::BankAccount))?;
        table.plain("2025-07")?;
        let gross = view.rng.u32(2600..16_000);
        table.plain(&format!("{gross}.00"))?;
        table.plain(&format!("{}.{:02}", gross * 7 / 10, view.rng.u8(..100)))?;
        table.plain(&numbers::hex(&mut view.rng, 40))?;
        table.link(who, Role::Subject)?;
        table.end()?;
    }
    table.finish()
}

fn time_clock(world: &World, ledger: &mut Ledger) -> io::Result<()> {
    let headers = ["badge", "employee_name", "clock_in", "clock_out", "door"].map(String::from).to_vec();
    let mut table = Table::create(ledger, "hr/time_clock.csv", Dialect::CSV, headers)?;
    for day in 0..2 {
        for index in 0..employees(world.spec.people) {
            let person = world.employee(index);
            let who = Who::Employee(index);
            let start = 1_755_000_000 + day * 86_400 + index % 3600;
            table.plain(&world.id(9, index))?;
            table.put(&format!("{} {}", person.first, person.last), who.has(Role::Subject, E::FullName))?;
            table.plain(&start.to_string())?;
            table.plain(&(start + 8 * 3600).to_string())?;
            table.plain(&format!("D-{:03}", index % 40))?;
            table.link(who, Role::Subject)?;
            table.end()?;
        }
    }
    table.finish()
}
