//! The program as its users run it, for the tests that look at it from outside: each has a home, a key and an inventory
//! of its own, and nothing of the machine's.

use rollcall::inventory::{Inventory, Snapshot, digest};
use rollcall::model::mention::{Role, TokenValue};
use rollcall::model::rows::{Certainty, MentionId, Tables};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The key of every test that does not ask for another.
pub const KEY: &str = "000102030405060708090a0b0c0d0e0f";

/// How a run of the program ended and what it said.
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// Its answer as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("no JSON ({e}): {}\n{}", self.out, self.err))
    }

    /// Everything it said.
    pub fn said(&self) -> String {
        format!("{}\n{}", self.out, self.err)
    }

    /// The same run, after its exit code was looked at.
    #[track_caller]
    pub fn exits(self, code: i32) -> Ended {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
}

/// A home for the program.
pub struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Home {
        let home = Home { dir: tempfile::tempdir().unwrap() };
        std::fs::create_dir(home.path("data")).unwrap();
        std::fs::write(home.path("key"), format!("{KEY}\n")).unwrap();
        home
    }

    /// A path in the home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The folder with what is scanned.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file to be scanned.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.data().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The folder of the inventory.
    pub fn inventory(&self) -> PathBuf {
        self.path("inventory")
    }

    /// The program with arguments, ready to run.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null());
        for name in ["ROLLCALL_KEY", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "COLUMNS"] {
            command.env_remove(name);
        }
        command.env("HOME", self.dir.path());
        command.env("ROLLCALL_INVENTORY", self.inventory()).env("ROLLCALL_KEY_FILE", self.path("key"));
        command
    }

    /// Runs the program.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ended {
        ended(&mut self.command(args))
    }

    /// Runs a command line whose words have no blanks in them.
    pub fn line(&self, words: &str) -> Ended {
        self.run(words.split_whitespace())
    }

    /// The inventory as the library reads it.
    pub fn snapshot(&self) -> Snapshot {
        Inventory::open(&self.inventory()).unwrap().snapshot().unwrap()
    }

    /// The digest of the inventory.
    pub fn digest(&self) -> String {
        digest(&self.snapshot()).unwrap()
    }
}

/// Runs a command to its end.
pub fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Who is in which row of which file, by what the inventory says: certain and likely people only.
pub fn people_by_row(snapshot: &Snapshot) -> BTreeMap<String, BTreeMap<u64, Vec<(Role, TokenValue)>>> {
    let mut files = HashMap::new();
    let mut consumers: HashMap<MentionId, TokenValue> = HashMap::new();
    let mut people: BTreeMap<String, BTreeMap<u64, Vec<(Role, TokenValue)>>> = BTreeMap::new();
    let objects = snapshot.objects(false, &mut |row| {
        files.insert(row.id, row.object.path);
        Ok(())
    });
    objects.unwrap();
    let memberships = snapshot.memberships(None, &mut |row| {
        if row.certainty != Certainty::Possible {
            consumers.insert(row.mention, row.consumer);
        }
        Ok(())
    });
    memberships.unwrap();
    let mentions = snapshot.mentions(None, &mut |row| {
        let Some(consumer) = consumers.get(&MentionId { object: row.object, number: row.number }) else {
            return Ok(());
        };
        let rows = people.entry(files[&row.object].clone()).or_default();
        for (first, last) in row.mention.rows {
            for at in first..=last {
                rows.entry(at).or_default().push((row.mention.role, *consumer));
            }
        }
        Ok(())
    });
    mentions.unwrap();
    people
}

/// Who is with whom: for every person the places where they are, whatever the person is called.
pub fn partition(snapshot: &Snapshot) -> BTreeSet<Vec<(String, u64, Role)>> {
    let mut places: BTreeMap<TokenValue, Vec<(String, u64, Role)>> = BTreeMap::new();
    for (file, rows) in people_by_row(snapshot) {
        for (row, people) in rows {
            for (role, person) in people {
                places.entry(person).or_default().push((file.clone(), row, role));
            }
        }
    }
    places
        .into_values()
        .map(|mut places| {
            places.sort();
            places
        })
        .collect()
}

/// Copies the files of a folder that a test takes, with the folders they lie in.
pub fn copy_tree(from: &Path, to: &Path, takes: &dyn Fn(&Path) -> bool) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target, takes);
        } else if takes(&entry.path()) {
            std::fs::write(&target, std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}
