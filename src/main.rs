//! The program `rollcall`: see `src/cli`.

fn main() {}
