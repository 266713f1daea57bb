//! The only code that prints.

use std::io::{self, Write};

/// Writes to standard output. A reader that went away is no error: there is nobody left to tell.
pub fn out(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes a line to standard output.
pub fn line(text: &str) -> io::Result<()> {
    out(&format!("{text}\n"))
}

/// Writes a line to standard error; there is nowhere to report a failure of that.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes a value as JSON to standard output.
pub fn json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(out(&text)?)
}

/// Columns of the terminal, or 100 where there is none.
pub fn width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).unwrap_or(100)
}
