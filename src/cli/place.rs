//! Where the inventory and the key are, and how the key comes to be.

use super::args::PlaceArgs;
use super::exit::usage;
use crate::identity::key::Key;
use crate::inventory::{Inventory, InventoryError};
use crate::model::files::Files;
use crate::report::visible;
use crate::source::{INVENTORY_MARKER, StoreFiles, Wire, path_of};
use anyhow::Context;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where an inventory is.
pub enum InventoryAt {
    Folder(PathBuf),
    /// A URI, which may say behind a `?` how the store is reached.
    Store(String),
}

impl InventoryAt {
    /// What a path or URI means.
    pub fn of(named: &Path) -> InventoryAt {
        match named.to_str() {
            Some(uri) if StoreFiles::is_meant(uri) => InventoryAt::Store(uri.to_string()),
            Some(uri) if uri.starts_with("file://") => InventoryAt::Folder(path_of(uri)),
            _ => InventoryAt::Folder(named.to_path_buf()),
        }
    }

    /// Opens the inventory.
    pub fn open(&self) -> anyhow::Result<Inventory> {
        match self {
            InventoryAt::Folder(dir) => Inventory::open(dir),
            InventoryAt::Store(uri) => Inventory::open_in(store(uri)?),
        }
        .map_err(failed)
    }

    /// Opens the inventory, or makes one where there is nothing yet.
    pub fn create_or_open(&self, key_id: &str) -> anyhow::Result<Inventory> {
        match self {
            InventoryAt::Folder(dir) => Ok(Inventory::create_or_open(dir, key_id)?),
            InventoryAt::Store(uri) => Ok(Inventory::create_or_open_in(store(uri)?, key_id)?),
        }
    }

    /// Whether there is an inventory.
    fn is_there(&self) -> anyhow::Result<bool> {
        match self {
            InventoryAt::Folder(dir) => Ok(dir.join(INVENTORY_MARKER).exists()),
            InventoryAt::Store(uri) => Ok(store(uri)?.read(INVENTORY_MARKER)?.is_some()),
        }
    }
}

/// What cannot be opened is the caller's to mend, unless a store does not answer.
fn failed(error: InventoryError) -> anyhow::Error {
    match error {
        InventoryError::Io(e) => e.into(),
        e => usage(visible(&e.to_string())),
    }
}

fn store(uri: &str) -> anyhow::Result<Arc<dyn Files>> {
    let state = home("XDG_STATE_HOME", ".local/state").map(|state| state.join("rollcall"));
    let files = StoreFiles::open(uri, &Wire::default(), state.as_deref());
    Ok(Arc::new(files.map_err(|e| usage(super::store::shown(&e)))?))
}

/// The folders that are not scanned because the inventory is there. One in a store is known by its marker.
pub fn excluded(inventory: &Inventory) -> Vec<PathBuf> {
    inventory.folder().map(Path::to_path_buf).into_iter().collect()
}

impl PlaceArgs {
    /// Where the inventory is.
    pub fn inventory_at(&self) -> anyhow::Result<InventoryAt> {
        match &self.inventory {
            Some(named) => Ok(InventoryAt::of(named)),
            None => Ok(InventoryAt::Folder(
                home("XDG_DATA_HOME", ".local/share")
                    .ok_or_else(|| usage("no home folder: give --inventory or set ROLLCALL_INVENTORY"))?
                    .join("rollcall/inventory"),
            )),
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
        let inventory = self.inventory_at()?;
        if path.exists() || inventory.is_there()? {
            return self.key();
        }
        let absolute = |p: &Path| std::path::absolute(p).unwrap_or_else(|_| p.to_path_buf());
        if let InventoryAt::Folder(inventory) = &inventory
            && absolute(&path).starts_with(absolute(inventory))
        {
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
