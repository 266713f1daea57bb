//! What leaked, as the operator says it: globs, URIs and paths, matched against objects.

use globset::{GlobBuilder, GlobMatcher};

/// Everything that leaked.
#[derive(Debug, Default)]
pub struct Leak {
    entries: Vec<Entry>,
}

/// One thing that leaked.
#[derive(Debug)]
struct Entry {
    text: String,
    /// It names one object: no pattern, no folder.
    exact: bool,
    /// It is matched against URIs rather than paths.
    uri: bool,
    globs: Vec<GlobMatcher>,
}

impl Leak {
    /// Adds a glob over URIs (`s3://bucket/exports/**`) or over the ends of paths (`exports/*.csv`). A `*` stays within a
    /// folder, `**` does not; a pattern that ends in `/` means all below it. The error is a sentence.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let uri = text.contains("://");
        let below = text.strip_suffix('/').map(|folder| format!("{folder}/**"));
        let pattern = below.as_deref().unwrap_or(text);
        let mut globs = vec![glob(text, pattern)?];
        if !uri && !pattern.starts_with('/') {
            globs.push(glob(text, &format!("**/{pattern}"))?);
        }
        let exact = below.is_none() && !text.contains(['*', '?', '[', '{']);
        self.entries.push(Entry { text: text.to_string(), exact, uri, globs });
        Ok(())
    }

    /// Adds one file or all below a folder, by its absolute path, which is taken literally.
    pub fn add_path(&mut self, text: &str, path: &str, folder: bool) -> Result<(), String> {
        let literal = globset::escape(path.trim_end_matches('/'));
        let pattern = if folder { format!("{literal}/**") } else { literal };
        self.entries.push(Entry {
            text: text.to_string(),
            exact: !folder,
            uri: false,
            globs: vec![glob(text, &pattern)?],
        });
        Ok(())
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries that an object matches, by number. `path` is the object's path below its source.
    pub fn matching(&self, uri: &str, path: &str) -> impl Iterator<Item = usize> {
        let place = place_of(uri);
        self.entries.iter().enumerate().filter_map(move |(i, entry)| {
            let is_match = match entry.uri {
                true => entry.globs.iter().any(|g| g.is_match(uri)),
                false => entry.globs.iter().any(|g| g.is_match(&place) || g.is_match(path)),
            };
            is_match.then_some(i)
        })
    }

    /// Whether an object leaked.
    pub fn holds(&self, uri: &str, path: &str) -> bool {
        self.matching(uri, path).next().is_some()
    }

    /// The text of an entry, and whether it names one object.
    pub fn entry(&self, i: usize) -> (&str, bool) {
        (&self.entries[i].text, self.entries[i].exact)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

fn glob(text: &str, pattern: &str) -> Result<GlobMatcher, String> {
    let built = GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build();
    built.map(|g| g.compile_matcher()).map_err(|e| format!("--leak {text}: {e}"))
}

/// The path in a URI as people write it: what follows the scheme, percent-decoded.
fn place_of(uri: &str) -> String {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let mut bytes = Vec::with_capacity(rest.len());
    let mut left = rest.as_bytes();
    while let Some((&first, after)) = left.split_first() {
        let hex = (first == b'%').then(|| after.get(..2)).flatten().and_then(|h| std::str::from_utf8(h).ok());
        match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                left = &after[2..];
            }
            None => {
                bytes.push(first);
                left = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
