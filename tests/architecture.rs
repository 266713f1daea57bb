//! The map of the project, held as data: which folder may know which, which crates stay behind which wall, and that every
//! file is part of the program. A failure says what to do about it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Each folder of `src/` and the folders it may import. What is not here may import nothing of the project.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("spill", &[]),
    ("simd", &[]),
    ("pattern", &["model"]),
    ("validate", &["model"]),
    ("source", &["model"]),
    ("format", &["model"]),
    ("decode", &["model", "format"]),
    ("matcher", &["model", "simd"]),
    ("identity", &["model", "spill"]),
    ("inventory", &["model", "spill"]),
    ("scope", &["model", "spill"]),
    ("report", &["model", "scope"]),
    ("generate", &["model"]),
    ("score", &["model"]),
    ("pipeline", &["model", "source", "decode", "matcher", "identity", "inventory", "validate", "spill"]),
    (
        "cli",
        &[
            "model",
            "pattern",
            "source",
            "matcher",
            "identity",
            "inventory",
            "scope",
            "report",
            "generate",
            "score",
            "pipeline",
            "simd",
        ],
    ),
];

/// Crates that only some folders may name, and why. A crate that is not here may be used anywhere.
const FENCES: &[(&str, &[&str], &str)] = &[
    ("arrow_array", &["inventory", "format"], "tables are the inventory's; others see rows (`model::rows`)"),
    ("arrow_schema", &["inventory", "format"], "tables are the inventory's; others see rows (`model::rows`)"),
    ("arrow_buffer", &["inventory", "format"], "tables are the inventory's; others see rows (`model::rows`)"),
    (
        "parquet",
        &["inventory", "format", "decode", "source"],
        "tables are the inventory's; others see rows (`model::rows`)",
    ),
    ("brotli", &["format"], "pages are measured by `format::parquet`"),
    ("clap", &["cli"], "arguments end in `cli`; pass a value on"),
    ("anyhow", &["cli"], "an error that a caller can act on is a type; only `cli` turns it into text"),
    ("indicatif", &["cli"], "progress is shown by `cli`; count in `pipeline::scan::Counters`"),
    ("signal_hook", &["cli"], "signals end in `cli`; pass a stop flag on"),
    ("getrandom", &["cli"], "only making a key needs true randomness"),
    ("siphasher", &["identity"], "tokens are made in `identity::key` and nowhere else"),
    ("zeroize", &["identity"], "values that must be wiped stay in `identity`"),
    ("regex_automata", &["matcher"], "matching is the matcher's; a pattern is text everywhere else"),
    (
        "crossbeam_channel",
        &["pipeline", "inventory"],
        "threads meet in `pipeline`, and where tables are coded; a stage is synchronous",
    ),
    ("tokio", &["source"], "futures end in `source::wire`; stages are synchronous"),
    ("futures_util", &["source"], "futures end in `source::wire`; stages are synchronous"),
    ("aws_config", &["source"], "stores are spoken to by `source`; others see objects"),
    ("aws_sdk_s3", &["source"], "stores are spoken to by `source`; others see objects"),
    ("aws_smithy_http_client", &["source"], "stores are spoken to by `source`; others see objects"),
    ("object_store", &["source"], "stores are spoken to by `source`; an inventory in one goes through `model::files`"),
    ("http", &["source"], "connections are made by `source`"),
    ("url", &["source"], "connections are made by `source`"),
    ("quick_xml", &["source"], "stores are spoken to by `source`; others see objects"),
    ("rustls", &["source"], "connections are made by `source`"),
    ("reqwest", &["source"], "stores are spoken to by `source`; others see objects"),
    ("crc_fast", &["source"], "what a store says of its objects is checked in `source`"),
    ("md5", &["source"], "what a store says of its objects is checked in `source`; it is no hash for anything else"),
    ("flate2", &["decode", "format", "generate", "score", "source"], "compressed objects are opened by `decode`"),
    ("unicode_normalization", &["identity", "generate"], "canonical forms are made in `identity`"),
];

/// What must not be named outside some files, and what to do instead.
const WALLS: &[(&str, &[&str], &str)] = &[
    ("std::net::Tcp", &[], "nothing opens a connection but a source"),
    ("std::net::Udp", &[], "nothing opens a connection but a source"),
    ("process::Command", &[], "nothing starts another program"),
    ("process::exit", &[], "return an `Exit` and let `main` end"),
    ("io::stdout", &["src/cli/print.rs"], "print through `cli::print`"),
    ("io::stderr", &["src/cli/print.rs", "src/cli/progress.rs"], "print through `cli::print`"),
    (
        "catch_unwind",
        &["src/pipeline/worker.rs", "src/pipeline/exchange.rs"],
        "a panic is caught in one place; return a gap",
    ),
];

/// The stages between bytes and values: no file, clock, network or environment, so that their tests are bytes in and
/// values out.
const SANS_IO: &[&str] = &["model", "format", "decode", "matcher", "validate", "identity"];

struct Source {
    /// `src/identity/link/edges.rs`
    file: String,
    /// `["identity", "link", "edges"]`; a `mod.rs` is its folder.
    module: Vec<String>,
    /// Its text without comments and literals.
    code: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folder: &Path, ending: &str, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files_below(&path, ending, files);
        } else if path.extension().is_some_and(|e| e == ending) {
            files.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    files_below(&root().join("src"), "rs", &mut files);
    let source = |path: PathBuf| {
        let file = path.strip_prefix(root()).unwrap().to_str().unwrap().to_string();
        let inner = file.strip_prefix("src/").unwrap().strip_suffix(".rs").unwrap();
        let module = inner.split('/').filter(|part| *part != "mod").map(str::to_string).collect();
        Source { file, module, code: code_of(&std::fs::read_to_string(path).unwrap()) }
    };
    files.into_iter().map(source).collect()
}

/// Rust without its comments and the insides of its literals.
fn code_of(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let raw_hashes = rest.strip_prefix('r').map(|r| r.len() - r.trim_start_matches('#').len());
        let word_before = code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if let Some(hashes) = raw_hashes
            && (!word_before || code.ends_with('b'))
            && rest[1 + hashes..].starts_with('"')
        {
            let close = format!("\"{}", "#".repeat(hashes));
            let body = 1 + hashes + 1;
            at += body + rest[body..].find(&close).unwrap_or(rest.len() - body) + close.len();
            code.push_str("\"\"");
        } else if rest.starts_with('"') {
            let mut end = 1;
            while end < rest.len() && bytes[at + end] != b'"' {
                end += if bytes[at + end] == b'\\' { 2 } else { 1 };
            }
            at += end + 1;
            code.push_str("\"\"");
        } else if rest.starts_with("'\\") {
            // An escaped character: its quote is the first after what is escaped.
            at += 3 + rest[3..].find('\'').unwrap_or(0) + 1;
            code.push_str("' '");
        } else if rest.starts_with('\'') && rest.chars().nth(2) == Some('\'') {
            at += rest.char_indices().nth(3).map_or(rest.len(), |(i, _)| i);
            code.push_str("' '");
        } else {
            let c = rest.chars().next().unwrap();
            code.push(c);
            at += c.len_utf8();
        }
    }
    code
}

/// The paths that a file names, from the root of the crate: `crate::a::b` and `super::b`, groups taken apart.
fn paths(source: &Source) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    for (at, _) in source.code.match_indices("crate::").chain(source.code.match_indices("super::")) {
        let before = source.code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let mut base: Vec<String> = Vec::new();
        let mut rest = &source.code[at..];
        if let Some(after) = rest.strip_prefix("crate::") {
            rest = after;
        } else {
            // A `super` of a module written inside a file goes to that file; `src` has none of those.
            base.clone_from(&source.module);
            while let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            }
        }
        expand(rest, &base, &mut found);
    }
    found
}

/// `a::b::{c, d::e}` into its paths.
fn expand(text: &str, base: &[String], found: &mut BTreeSet<Vec<String>>) -> usize {
    let mut path = base.to_vec();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        if rest.starts_with('{') {
            at += 1;
            loop {
                at += text[at..].len() - text[at..].trim_start_matches([' ', '\n', ',']).len();
                if at >= text.len() || text[at..].starts_with('}') {
                    return at + 1;
                }
                let read = expand(&text[at..], &path, found);
                at += read.max(1);
                // `name as other`
                at += text[at..].find([',', '}']).unwrap_or(0);
            }
        }
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        at += name.len();
        if !name.is_empty() {
            path.push(name);
        }
        if text[at..].starts_with("::") {
            at += 2;
            continue;
        }
        found.insert(path);
        return at;
    }
}

#[test]
fn folders_import_what_the_table_lets_them() {
    let table: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for source in sources().iter().filter(|s| s.module.len() > 1 || s.file.ends_with("/mod.rs")) {
        let folder = source.module[0].as_str();
        seen.insert(folder.to_string());
        let Some(may) = table.get(folder) else {
            wrong.push(format!("{}: src/{folder} is not in the table; add it with what it may import", source.file));
            continue;
        };
        for path in paths(source) {
            let other = path.first().map(String::as_str).unwrap_or_default();
            if other != folder && table.contains_key(other) && !may.contains(&other) {
                wrong.push(format!(
                    "{}: imports {}. `{folder}` may import only {may:?}: let the two meet in `model`, or let `pipeline` \
                     or `cli` carry the value from one to the other",
                    source.file,
                    path.join("::")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unknown: Vec<_> = table.keys().filter(|folder| !seen.contains(**folder)).collect();
    assert!(unknown.is_empty(), "the table has folders that are not there: {unknown:?}; take them out");
    // A table that allows a circle would hold nothing.
    let edges = MAY_IMPORT.iter().map(|(from, to)| (from.to_string(), to.iter().map(|t| t.to_string()).collect()));
    assert_eq!(circle(&edges.collect()), None, "the table itself has a circle");
}

/// A circle in a graph, if there is one.
fn circle(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn walk(
        node: &str,
        edges: &BTreeMap<String, BTreeSet<String>>,
        way: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if let Some(at) = way.iter().position(|n| n == node) {
            return Some([&way[at..], &[node.to_string()]].concat());
        }
        if !done.insert(node.to_string()) {
            return None;
        }
        way.push(node.to_string());
        let found = edges.get(node).into_iter().flatten().find_map(|next| walk(next, edges, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    edges.keys().find_map(|node| walk(node, edges, &mut Vec::new(), &mut done))
}

#[test]
fn files_of_a_folder_do_not_import_each_other_in_circles() {
    let sources = sources();
    let modules: BTreeSet<&[String]> = sources.iter().map(|s| s.module.as_slice()).collect();
    // In every folder, its children (files, and folders as one) and who of them names whom. What lies in the folder's own
    // `mod.rs` is above them all and does not count.
    let mut folders: BTreeMap<Vec<String>, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for source in &sources {
        for path in paths(source) {
            let shared = source.module.iter().zip(&path).take_while(|(a, b)| a == b).count();
            let (Some(from), Some(to)) = (source.module.get(shared), path.get(shared)) else { continue };
            let target: Vec<String> = path[..=shared].to_vec();
            if shared > 0 && modules.contains(target.as_slice()) {
                let folder = folders.entry(path[..shared].to_vec()).or_default();
                folder.entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
    let circles: Vec<String> = folders
        .iter()
        .filter_map(|(folder, edges)| Some(format!("src/{}: {}", folder.join("/"), circle(edges)?.join(" -> "))))
        .collect();
    assert!(
        circles.is_empty(),
        "files that import each other in a circle cannot be read one by one; move what they share into a file that both \
         import:\n{}",
        circles.join("\n")
    );
    // The test can fail: it sees the edges that are there.
    let seen: usize = folders.values().flat_map(|edges| edges.values()).map(BTreeSet::len).sum();
    assert!(seen > 100, "only {seen} imports between files were seen: the reading of the source is broken");
}

#[test]
fn crates_stay_behind_their_fences() {
    let mut wrong = Vec::new();
    for source in sources() {
        let folder = source.module.first().map(String::as_str).unwrap_or_default();
        for (name, folders, instead) in FENCES.iter().filter(|(_, folders, _)| !folders.contains(&folder)) {
            if names(&source.code, &format!("{name}::")) {
                wrong.push(format!("{}: uses {name}, which belongs to {folders:?}: {instead}", source.file));
            }
        }
        for (name, files, instead) in WALLS.iter().filter(|(_, files, _)| !files.contains(&source.file.as_str())) {
            if names(&source.code, name) {
                wrong.push(format!("{}: names {name}, which belongs to {files:?}: {instead}", source.file));
            }
        }
        if folder != "cli" {
            for name in ["print!", "println!", "eprint!", "eprintln!", "dbg!"] {
                if names(&source.code, name) {
                    wrong.push(format!("{}: {name}: only `cli::print` prints; return the text or a gap", source.file));
                }
            }
        }
        if SANS_IO.contains(&folder) {
            for name in ["std::fs", "std::env", "std::time", "std::thread", "jiff::", "tempfile::"] {
                if names(&source.code, name) {
                    wrong.push(format!(
                        "{}: {name}: `{folder}` is bytes in, values out; let a caller give it",
                        source.file
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether code names something, as a whole word at its beginning.
fn names(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

#[test]
fn unsafe_stays_in_its_folder() {
    let (inside, outside): (Vec<Source>, Vec<Source>) =
        sources().into_iter().filter(|s| names(&s.code, "unsafe")).partition(|s| s.module[0] == "simd");
    let outside: Vec<String> =
        outside.into_iter().filter(|s| !s.code.contains("unsafe_code")).map(|s| s.file).collect();
    assert!(
        outside.is_empty(),
        "{outside:?}: `unsafe` belongs to `simd`, where every kernel has a scalar twin and a test at every level; make \
         the kernel there and call it"
    );
    assert!(!inside.is_empty(), "the reading of the source is broken: `simd` has kernels");
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"deny\""), "Cargo.toml must deny unsafe code");
}

#[test]
fn every_file_is_declared_by_its_parent() {
    let sources = sources();
    let declares = |parent: &[String], name: &str| {
        let of_parent = |s: &&Source| match parent {
            [] => s.file == "src/lib.rs",
            parent => s.module == parent,
        };
        sources.iter().filter(of_parent).any(|s| names(&s.code, &format!("mod {name};")))
    };
    let forgotten: Vec<&str> = sources
        .iter()
        .filter(|s| !matches!(s.file.as_str(), "src/lib.rs" | "src/main.rs"))
        .filter(|s| s.module.split_last().is_some_and(|(name, parent)| !declares(parent, name)))
        .map(|s| s.file.as_str())
        .collect();
    assert!(forgotten.is_empty(), "{forgotten:?}: no parent has `mod` for them; declare them or take them out");

    let mut tests = Vec::new();
    files_below(&root().join("tests"), "rs", &mut tests);
    let forgotten: Vec<&Path> = tests
        .iter()
        .map(PathBuf::as_path)
        .filter(|path| path.file_name().is_some_and(|name| name != "all.rs"))
        .filter(|path| {
            // A folder's `mod.rs` is declared where the folder is, every other file beside it.
            let is_mod = path.file_name().is_some_and(|name| name == "mod.rs");
            let module = if is_mod { path.parent().unwrap() } else { path };
            let folder = module.parent().unwrap();
            let parent = if folder == root().join("tests") { folder.join("all.rs") } else { folder.join("mod.rs") };
            let text = std::fs::read_to_string(parent).unwrap_or_default();
            !names(&text, &format!("mod {};", module.file_stem().unwrap().to_str().unwrap()))
        })
        .collect();
    assert!(forgotten.is_empty(), "{forgotten:?}: no parent has `mod` for them, so they never run");
}

#[test]
fn every_pattern_file_is_built_in() {
    let folder = root().join("patterns");
    let mut files = Vec::new();
    files_below(&folder, "toml", &mut files);
    let there: BTreeSet<String> = files
        .iter()
        .map(|path| path.strip_prefix(&folder).unwrap().with_extension("").to_str().unwrap().to_string())
        .filter(|id| !id.starts_with("triggers/"))
        .collect();
    let built_in: BTreeSet<String> = rollcall::pattern::builtin().into_iter().map(|d| d.id).collect();
    let missing: Vec<_> = there.difference(&built_in).collect();
    let gone: Vec<_> = built_in.difference(&there).collect();
    assert!(missing.is_empty() && gone.is_empty(), "build.rs leaves out {missing:?} and puts in {gone:?}");

    let triggers = files.iter().filter(|path| path.parent().is_some_and(|p| p.ends_with("triggers"))).count();
    let shipped = rollcall::scope::shipped_files().len();
    assert_eq!(shipped, triggers, "patterns/triggers and the list of shipped laws in `scope` differ");
}

#[test]
fn the_reading_of_source_is_right() {
    let code = code_of(
        "let a = \"crate::cli\"; // crate::cli\nlet q = '\"'; let r = r#\"un\"safe\"#; use crate::x::{a, b::{c as d, e}, f};",
    );
    assert!(!code.contains("cli") && !code.contains("safe"));
    let source = Source { file: "src/y/z.rs".into(), module: vec!["y".into(), "z".into()], code };
    let found: Vec<String> = paths(&source).iter().map(|p| p.join("::")).collect();
    assert_eq!(found, ["x::a", "x::b::c", "x::b::e", "x::f"]);
    let relative = Source { code: "super::w::Q; super::super::v".into(), ..source };
    let found: Vec<String> = paths(&relative).iter().map(|p| p.join("::")).collect();
    assert_eq!(found, ["v", "y::w::Q"]);
}
