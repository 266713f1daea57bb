//! Where the inventory and the key are, and how the key comes to be.

use super::args::PlaceArgs;
use super::exit::usage;
use crate::identity::key::Key;
use anyhow::Context;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

impl PlaceArgs {
    /// The folder of the inventory.
    pub fn inventory_dir(&self) -> anyhow::Result<PathBuf> {
        match &self.inventory {
            Some(dir) => Ok(dir.clone()),
            None => Ok(home("XDG_DATA_HOME", ".local/share")
                .ok_or_else(|| usage("no home folder: give --inventory DIR or set ROLLCALL_INVENTORY"))?
                .join("rollcall/inventory")),
        }
    }

    /// The file of the key.
    fn key_path(&self) -> anyhow::Result<PathBuf> {
        match &self.key_file {
            Some(file) => Ok(file.clone()),
            None => Ok(home("XDG_CONFIG_HOME", ".config")
                .ok_or_else(|| usage("no home folder: give --key-file FILE or set ROLLCALL_KEY_FILE"))?
                .join("rollcall/key")),
        }
    }

    /// The key, which must exist.
    pub fn key(&self) -> anyhow::Result<Key> {
        if let Some(key) = key_from_env()? {
            return Ok(key);
        }
        let path = self.key_path()?;
        match std::fs::read_to_string(&path) {
            Ok(text) => parse(&path, &text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(usage(format!(
                "no key at {}: give the key the inventory was made with by --key-file or ROLLCALL_KEY",
                path.display()
            ))),
            Err(e) => Err(e).with_context(|| format!("cannot read the key {}", path.display())),
        }
    }

    /// The key, made now if there is none and no inventory that would need another.
    pub fn key_or_new(&self) -> anyhow::Result<Key> {
        if let Some(key) = key_from_env()? {
            return Ok(key);
        }
        let path = self.key_path()?;
        let inventory = self.inventory_dir()?;
        if path.exists() || inventory.join("_rollcall_inventory").exists() {
            return self.key();
        }
        let absolute = |p: &Path| std::path::absolute(p).unwrap_or_else(|_| p.to_path_buf());
        if absolute(&path).starts_with(absolute(&inventory)) {
            return Err(usage(format!("the key {} must lie outside the inventory it protects", path.display())));
        }
        let mut secret = [0u8; 16];
        getrandom::fill(&mut secret).context("the operating system gave no random bytes for a key")?;
        let key = Key::from_bytes(secret);
        if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).with_context(|| format!("cannot make the folder {}", parent.display()))?;
        }
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot write the key {}", path.display()))?;
        writeln!(file, "{}", key.to_hex()).and_then(|()| file.sync_all()).context("cannot write the key")?;
        super::print::note(&format!("made a key at {} (id {}); keep a copy of it", path.display(), key.id()));
        Ok(key)
    }
}

fn key_from_env() -> anyhow::Result<Option<Key>> {
    match std::env::var("ROLLCALL_KEY") {
        Ok(hex) => Key::from_hex(hex.trim()).map(Some).map_err(|e| usage(format!("ROLLCALL_KEY: {e}"))),
        Err(_) => Ok(None),
    }
}

fn parse(path: &Path, text: &str) -> anyhow::Result<Key> {
    Key::from_hex(text.trim()).map_err(|e| usage(format!("{}: {e}", path.display())))
}

fn home(variable: &str, below_home: &str) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    set(variable).or_else(|| set("HOME").map(|home| home.join(below_home)))
}
