//! Logs: almost all of every line is about no one, and now and then a login puts an address into a query string.

use super::numbers;
use super::out::{Ledger, Who};
use super::person::{Person, World};
use super::rng::{chance, pick, system_rng};
use super::text::Text;
use super::words::AGENTS;
use crate::model::element::Element as E;
use crate::model::mention::Role;
use fastrand::Rng;
use std::io;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const PAGES: [&str; 6] =
    ["/", "/search?q=desk+lamp", "/cart", "/p/{sku}", "/static/app.{hash}.js", "/api/v2/orders/{order}"];

/// `logs/web-*.log`: a visit of each person who signs in, as an access log.
pub(super) fn web(world: &World, ledger: &mut Ledger) -> io::Result<()> {
    let mut text = Text::create(ledger, "logs/web-*.log")?;
    for index in world.shuffled(14) {
        if !world.membership(index).web {
            continue;
        }
        let person = world.person(index);
        let mut rng = system_rng(world.seed(), 14, index);
        let visitor = numbers::ip(&mut rng);
        let session = numbers::hex(&mut rng, 32);
        let lines = rng.u8(3..8);
        let login = rng.u8(..lines);
        for line in 0..lines {
            if line == login {
                sign_in(&mut text, &mut rng, &person, &visitor, &session)?;
            } else {
                page_view(&mut text, &mut rng, &visitor, &session)?;
            }
        }
    }
    text.finish()
}

fn sign_in(text: &mut Text, rng: &mut Rng, person: &Person, visitor: &str, session: &str) -> io::Result<()> {
    let who = Who::Person(person.index);
    let email = if chance(rng, 0.1) { person.email.replace('@', "%40") } else { person.email.clone() };
    text.value("", visitor, who.has(Role::Subject, E::IpAddress))?;
    text.value("", &email, who.has(Role::Subject, E::Email))?;
    text.link(who, Role::Subject)?;
    let target = format!("/account/login?email={email}&next=%2Fcart");
    text.line(&access_line(rng, visitor, &target, session));
    text.end()
}

/// A line of the access log that says nothing of who it is.
pub(super) fn page_view(text: &mut Text, rng: &mut Rng, visitor: &str, session: &str) -> io::Result<()> {
    text.value("", visitor, Who::Nobody.has(Role::Subject, E::IpAddress))?;
    let mut target = PAGES[rng.usize(..PAGES.len())].to_string();
    if target.contains('{') {
        target = target.replace("{sku}", &numbers::sku(rng));
        target = target.replace("{hash}", &numbers::hex(rng, 20));
        target = target.replace("{order}", &numbers::shaped(rng, "9999999999999999"));
    }
    text.line(&access_line(rng, visitor, &target, session));
    text.end()
}

fn access_line(rng: &mut Rng, visitor: &str, target: &str, session: &str) -> String {
    format!(
        "{visitor} - - [{:02}/{}/2025:{:02}:{:02}:{:02} +0000] \"GET {target} HTTP/1.1\" 200 {} \"-\" \"{}\" sid={session} rt=0.{:03} rid={}",
        rng.u8(1..=28),
        MONTHS[rng.usize(..12)],
        rng.u8(..24),
        rng.u8(..60),
        rng.u8(..60),
        rng.u32(200..90_000),
        pick(rng, AGENTS),
        rng.u16(..1000),
        numbers::uuid(rng),
    )
}

/// `logs/app.log.gz`: keys and values, and the debug lines somebody forgot.
pub(super) fn app(world: &World, ledger: &mut Ledger) -> io::Result<()> {
    let mut text = Text::create(ledger, "logs/app.log.gz")?;
    for index in world.shuffled(15) {
        if !world.membership(index).web {
            continue;
        }
        let person = world.person(index);
        let who = Who::Person(index);
        let mut rng = system_rng(world.seed(), 15, index);
        let version = format!("4.{}.{}.{}", rng.u8(..9), rng.u8(..20), rng.u8(..250));
        let stamp = rng.u64(1_750_000_000_000..1_755_000_000_000);
        text.line(&format!(
            "ts={stamp} level=info svc=cart ver={version} req={} sku={} upc={} msg=\"stock reserved\" ms={}",
            numbers::uuid(&mut rng),
            numbers::sku(&mut rng),
            numbers::upc(&mut rng),
            rng.u16(1..900),
        ));
        text.end()?;
        text.value("", &person.email, who.has(Role::Subject, E::Email))?;
        text.link(who, Role::Subject)?;
        let mut line = format!(
            "ts={} level=info svc=auth ver={version} req={} user={} msg=\"session opened\"",
            stamp + 40,
            numbers::uuid(&mut rng),
            person.email,
        );
        if chance(&mut rng, 0.03) {
            let pan = world.card(index).pan;
            text.value("", &pan, who.has(Role::Subject, E::Pan))?;
            line.push_str(&format!(" debug=1 payload.card_number={pan}"));
        }
        text.line(&line);
        text.end()?;
    }
    text.finish()
}
