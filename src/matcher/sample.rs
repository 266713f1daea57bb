//! A sample of the bytes this program reads, on which a plan is weighed: how often an outline fits by chance, and how
//! often truly, decides what it may cost. All of it is made up.

use super::circuit::{Circuit, Plane};
use super::mix::Mixed;
use crate::simd::Program;
use std::collections::HashMap;

/// Bytes of the sample, half of it logs of four kinds, the rest table and prose.
const BYTES: usize = 12 << 10;

/// The sample as planes, and what was computed over it.
pub struct Sample {
    given: Vec<Vec<u64>>,
    values: HashMap<u32, Vec<u64>, Mixed>,
    text: Vec<u8>,
}

impl Default for Sample {
    fn default() -> Self {
        let text = text();
        let words = text.len().div_ceil(64);
        let mut given = vec![vec![0u64; words]; Program::FIRST_FREE];
        for (i, byte) in text.iter().enumerate() {
            for (bit, plane) in given[..8].iter_mut().enumerate() {
                plane[i / 64] |= u64::from(byte >> bit & 1) << (i % 64);
            }
        }
        for slot in [Program::PREFIXES, Program::ONES] {
            given[slot].fill(u64::MAX);
        }
        Sample { given, values: HashMap::default(), text }
    }
}

impl Sample {
    /// How many places a plane marks, per KiB.
    pub fn per_kib(&mut self, circuit: &Circuit, plane: Plane) -> f64 {
        circuit.evaluate(&self.text, &self.given, plane, &mut self.values);
        let value = self.given.get(plane.node as usize).or_else(|| self.values.get(&plane.node));
        let places: u32 = value.map_or(0, |v| v.iter().map(|w| w.count_ones()).sum());
        f64::from(places) * 1024.0 / self.text.len() as f64
    }
}

/// A time of day, as logs write it.
fn clock(next: &mut impl FnMut(u64) -> u64) -> String {
    format!("{:02}:{:02}:{:02}", next(24), next(60), next(60))
}

/// A month and a day, as they do.
fn day(next: &mut impl FnMut(u64) -> u64) -> String {
    format!("{:02}-{:02}", 1 + next(12), 1 + next(28))
}

fn text() -> Vec<u8> {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 16) % below
    };
    const PROSE: [&str; 8] = [
        "| name | size |\n|------|------|\n+------------------------------------------+======================+",
        "# ---------------------------------------------------------------- ______________________ ************",
        "The office opens at nine, and whoever comes first makes the coffee; nobody has ever written that down.",
        "    for (size_t i = 0; i < count; i++) { total += table[i].width * 2; }  // see Section 4.2 of the manual",
        "Permission is hereby granted, free of charge, to any person obtaining a copy of this software (version 2.0)",
        "def contact(self, name, default=None):\n    \"\"\"Return the value for name, or default.\"\"\"\n    return self._map.get(name)",
        "In 1987 the bridge was closed for repairs. The account of the engineers runs to 340 pages, with 12 plates.",
        "#define MAX_PATH_LEN 4096\nextern int passphrase_prompt(const char *user, unsigned flags); /* 0 on success */",
    ];
    let mut out = String::with_capacity(BYTES + 400);
    while out.len() < BYTES {
        let time = format!("2024-{}T{}.{:03}Z", day(&mut next), clock(&mut next), next(1000));
        const MONTHS: [&str; 4] = ["Jan", "May", "Oct", "Dec"];
        let line = match next(8) {
            6 => format!(
                "{}.{}.{}.{} - - [{:02}/{}/2024:{} +0000] \"GET /product/{}/reviews?page={} HTTP/1.1\" {} {} \"https://shop.example/\" \"Mozilla/5.0 (X11; Linux x86_64; rv:{}.0) Gecko/20100101 Firefox/{}.0\"",
                1 + next(223),
                next(256),
                next(256),
                next(256),
                1 + next(28),
                MONTHS[next(4) as usize],
                clock(&mut next),
                next(99_999),
                next(20),
                200 + next(300),
                next(90_000),
                next(130),
                next(130)
            ),
            7 => format!(
                "{} {:2} {} web-{:02} sshd[{}]: Received disconnect from 10.{}.{}.{} port {}:{}: disconnected by user at {}-{} {},{:03}",
                MONTHS[next(4) as usize],
                1 + next(28),
                clock(&mut next),
                next(20),
                next(32_768),
                next(256),
                next(256),
                next(256),
                next(65_536),
                next(30),
                2000 + next(30),
                day(&mut next),
                clock(&mut next),
                next(1000)
            ),
            0 => format!(
                "{time} INFO  [http-nio-8080-exec-{}] c.e.s.OrderService - request_id={:08x}-{:04x}-{:04x}-{:04x}-{:012x} GET /api/v1/orders/{} status={} duration_ms={}",
                next(200),
                next(1 << 32),
                next(1 << 16),
                next(1 << 16),
                next(1 << 16),
                next(1 << 47),
                next(9_999_999),
                200 + next(300),
                next(3000)
            ),
            1 => format!(
                "{{\"ts\":\"{time}\",\"level\":\"info\",\"svc\":\"search-api\",\"trace_id\":\"{:016x}{:016x}\",\"latency_ms\":{},\"user_id\":{},\"epoch\":17{:011}}} client_ip={}.{}.{}.{}",
                next(1 << 47),
                next(1 << 47),
                next(900),
                next(99_999_999),
                next(99_999_999_999),
                next(223),
                next(256),
                next(256),
                next(256)
            ),
            2 | 3 => format!(
                "{},{time},{},Ada,Example,ada.example{}@mail.example,({}) {}-{:04},{:03}-{:02}-{:04},4111 1111 1111 {:04},{:02}/{},{}.{:02},{:013},10.{}.{}.{},\"{} Oak Street, Apt {}\",Springfield,OR,{:05},DE{:02}{:018}",
                1_000_000_000 + next(8_999_999_999),
                next(9_999_999),
                next(1000),
                200 + next(800),
                200 + next(800),
                next(10_000),
                900 + next(99),
                next(100),
                next(10_000),
                next(10_000),
                1 + next(12),
                24 + next(6),
                next(2000),
                next(100),
                next(9_999_999_999_999),
                next(256),
                next(256),
                next(256),
                next(9999),
                next(99),
                next(99_999),
                next(100),
                next(1 << 47)
            ),
            _ => PROSE[next(8) as usize].to_string(),
        };
        out.push_str(&line);
        out.push('\n');
    }
    out.into_bytes()
}
