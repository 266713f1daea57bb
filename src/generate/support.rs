//! Support mail: customers write, agents answer from the company's own domain, and people put into a message what no form
//! asked them for.

use super::hr::work_email;
use super::numbers;
use super::out::{Ledger, Who};
use super::person::{Person, World};
use super::rng::{chance, pick, system_rng};
use super::spec::{OWN_DOMAIN, employees};
use super::text::Text;
use super::view::{Case, System};
use super::words::{SMALL_TALK, ascii};
use crate::model::element::Element as E;
use crate::model::mention::Role;
use fastrand::Rng;
use std::io;

/// Conversations that are kept as single files; the rest is in mailboxes.
const SINGLE_FILES: u64 = 24;

/// `support/mail/*.eml` and `support/mail/archive-*.mbox`.
pub(super) fn mail(world: &World, ledger: &mut Ledger) -> io::Result<()> {
    let mut singles = 0;
    // A mailbox borrows the ledger while it is open, so the single files come first, in a pass that stops early.
    for index in writers(world) {
        if singles == SINGLE_FILES {
            break;
        }
        singles += 1;
        let mut text = Text::create(ledger, &format!("support/mail/ticket-{singles:04}.eml"))?;
        question(world, &mut text, &world.person(index), false)?;
        text.finish()?;
        let mut text = Text::create(ledger, &format!("support/mail/ticket-{singles:04}-re.eml"))?;
        answer(world, &mut text, &world.person(index), false)?;
        text.finish()?;
    }
    let mut text = Text::create(ledger, "support/mail/archive-*.mbox")?;
    for index in writers(world).skip(singles as usize) {
        let person = world.person(index);
        question(world, &mut text, &person, true)?;
        answer(world, &mut text, &person, true)?;
    }
    text.finish()
}

fn writers<'w>(world: &'w World) -> impl Iterator<Item = u64> + use<'w> {
    world.shuffled(16).filter(|index| world.membership(*index).support)
}

fn envelope(text: &mut Text, rng: &mut Rng, mailbox: bool) {
    if mailbox {
        text.line(&format!("From - Tue Mar {:2} {:02}:11:09 2025", rng.u8(1..=28), rng.u8(..24)));
    }
}

fn tail_headers(text: &mut Text, rng: &mut Rng, subject: &str) {
    text.line(&format!("Subject: {subject}"));
    text.line(&format!("Date: Tue, {:02} Mar 2025 {:02}:11:09 +0000", rng.u8(1..=28), rng.u8(..24)));
    text.line(&format!("Message-ID: <{}@mx3.mail-relay.example>", numbers::uuid(rng)));
    text.line("MIME-Version: 1.0");
    text.line("Content-Type: text/plain; charset=utf-8");
    text.line("");
}

fn question(world: &World, text: &mut Text, person: &Person, mailbox: bool) -> io::Result<()> {
    let who = Who::Person(person.index);
    let mark = |element| who.has(Role::Sender, element);
    let mut view = world.view(person, System::Support, Case::Natural);
    let rng = &mut view.rng.clone();
    // Header names are plain ASCII here: an encoded word (RFC 2047) would need decoding to be compared.
    let name = ascii(&format!("{} {}", view.first, view.last));
    envelope(text, rng, mailbox);
    text.line(&format!("From: {name} <{}>", view.email));
    text.value("From", &name, mark(E::FullName))?;
    text.value("From", &view.email, mark(E::Email))?;
    care(text, "To", Role::Addressee)?;
    let order = world.order(person.index, 0).number;
    tail_headers(text, rng, &format!("Order {order}"));
    text.line("Hi,");
    text.line(&format!("I am writing about order {order}. {}", pick(rng, SMALL_TALK)));
    if chance(rng, 0.5) || view.changed {
        let phone = view.phone.take().unwrap_or_else(|| world.phone(person, 0));
        text.line(&format!("You can call me on my cell phone {phone} after five."));
        text.value("", &phone, mark(E::Phone))?;
    }
    if chance(rng, 0.08) {
        let pan = numbers::pan_grouped(&world.card(person.index).pan, if rng.bool() { ' ' } else { '-' });
        text.line(&format!("I paid with my card {pan}, please refund it there."));
        text.value("", &pan, mark(E::Pan))?;
    }
    if chance(rng, 0.04) && person.eu.is_none() {
        let ssn = numbers::ssn_text(person.ssn, 0);
        text.line(&format!("For the store card, my social security number is {ssn}."));
        text.value("", &ssn, mark(E::Ssn))?;
    }
    text.line(&format!("The parcel was {}.", numbers::tracking(rng)));
    if chance(rng, 0.15) {
        text.line(&format!("Regards, {name}"));
        text.value("", &name, mark(E::FullName))?;
    } else {
        text.line("Thanks!");
    }
    text.line("");
    text.link(who, Role::Sender)?;
    text.end()
}

fn answer(world: &World, text: &mut Text, person: &Person, mailbox: bool) -> io::Result<()> {
    let who = Who::Person(person.index);
    let view = world.view(person, System::Support, Case::Natural);
    let rng = &mut system_rng(world.seed(), 17, person.index);
    let agents = employees(world.spec.people).min(5 + world.spec.people / 1000);
    let index = rng.u64(..agents);
    let employee = world.employee(index);
    let agent = Who::Employee(index);
    let agent_name = ascii(&format!("{} {}", employee.first, employee.last));
    let agent_mail = work_email(&employee, index);
    envelope(text, rng, mailbox);
    text.line(&format!("From: \"{agent_name}\" <{agent_mail}>"));
    text.value("From", &agent_name, agent.has(Role::Agent, E::FullName))?;
    text.value("From", &agent_mail, agent.has(Role::Agent, E::Email))?;
    text.line(&format!("To: {}", view.email));
    text.value("To", &view.email, who.has(Role::Addressee, E::Email))?;
    let order = world.order(person.index, 0).number;
    tail_headers(text, rng, &format!("Re: Order {order}"));
    text.line(&format!("Thank you for writing to us about order {order}."));
    text.line(&format!("We have opened case {} and will answer within 48 hours.", numbers::shaped(rng, "CS-99999999")));
    text.line(&format!("BrightCart Care, build {}", numbers::hex(rng, 12)));
    text.line("");
    text.link(agent, Role::Agent)?;
    text.link(who, Role::Addressee)?;
    text.end()
}

/// The shared mailbox of the support team, which is nobody's own.
fn care(text: &mut Text, field: &str, role: Role) -> io::Result<()> {
    let care = format!("care@{OWN_DOMAIN}");
    text.line(&format!("{field}: BrightCart Care <{care}>"));
    text.value(field, &care, Who::Organisation(0).may_have(role, E::Email))
}
