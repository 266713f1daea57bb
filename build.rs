//! Lists the pattern files, so that a detector is added by its file alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| io::Error::other("run by cargo"))?);
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("run by cargo"))?);
    let patterns = root.join("patterns");
    println!("cargo:rerun-if-changed={}", patterns.display());
    let mut ids = Vec::new();
    // Triggers are laws; they are listed where they are read.
    for folder in folders(&patterns)?.iter().filter(|name| *name != "triggers") {
        for entry in fs::read_dir(patterns.join(folder))? {
            let path = entry?.path();
            let name = path.file_stem().and_then(|name| name.to_str());
            if let (Some(name), true) = (name, path.extension().is_some_and(|ending| ending == "toml")) {
                ids.push((format!("{folder}/{name}"), path.clone()));
            }
        }
    }
    ids.sort();
    let lines: Vec<String> = ids.iter().map(|(id, path)| format!("({id:?}, include_str!({path:?})),\n")).collect();
    fs::write(out.join("patterns.rs"), format!("&[\n{}]", lines.concat()))
}

fn folders(patterns: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(patterns)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}
