//! The paths of a JSON object as a trie, so that a member costs one comparison.
//!
//! Members of like objects come in the same order nearly always, so each object guesses that its next member is the one
//! that followed last time, and looks its name up only where that fails.

use super::feed::Output;
use crate::model::field::{Field, FieldId, words_of};
use std::collections::HashMap;

/// A path's place in the trie.
pub type Node = u32;

/// The path of the whole document.
pub const ROOT: Node = 0;
/// The path of everything past the field limit.
const OVERFLOW: Node = 1;

struct Entry {
    parent: Node,
    name: Box<str>,
    field: Option<FieldId>,
    children: Vec<Node>,
    by_name: HashMap<Box<str>, usize>,
    /// Records met at this path.
    records: u64,
}

/// All paths met so far.
pub struct Paths {
    entries: Vec<Entry>,
}

impl Default for Paths {
    fn default() -> Self {
        let mut paths = Paths { entries: Vec::new() };
        paths.push(ROOT, "");
        paths.push(ROOT, "*");
        paths
    }
}

impl Paths {
    fn push(&mut self, parent: Node, name: &str) -> Node {
        self.entries.push(Entry {
            parent,
            name: name.into(),
            field: None,
            children: Vec::new(),
            by_name: HashMap::new(),
            records: 0,
        });
        self.entries.len() as Node - 1
    }

    /// The child of `node` that `guess` points at, if that is its name; the guess is moved on.
    #[inline]
    pub fn guessed(&self, node: Node, name: &[u8], guess: &mut usize) -> Option<Node> {
        let child = *self.entries[node as usize].children.get(*guess)?;
        (self.entries[child as usize].name.as_bytes() == name).then(|| {
            *guess += 1;
            child
        })
    }

    /// The path one step below `node`. `guess` is where the next member is to be looked for first.
    pub fn child(&mut self, node: Node, name: &str, guess: &mut usize, out: &mut Output) -> Node {
        let entry = &self.entries[node as usize];
        if let Some(place) = entry.by_name.get(name) {
            *guess = place + 1;
            return entry.children[*place];
        }
        if node == OVERFLOW || !out.fields_left() || self.entries.len() > out.limits.fields_max * 4 {
            return OVERFLOW;
        }
        let child = self.push(node, name);
        let entry = &mut self.entries[node as usize];
        entry.by_name.insert(name.into(), entry.children.len());
        entry.children.push(child);
        *guess = entry.children.len();
        child
    }

    /// The field of a path.
    #[inline]
    pub fn field(&mut self, node: Node, out: &mut Output) -> FieldId {
        if let Some(field) = self.entries[node as usize].field {
            return field;
        }
        let field = if node == OVERFLOW { out.shared_field() } else { out.add_field(self.describe(node)) };
        self.entries[node as usize].field = Some(field);
        field
    }

    /// Counts a record at a path and gives its number, from 1.
    #[inline]
    pub fn count(&mut self, node: Node) -> u64 {
        self.entries[node as usize].records += 1;
        self.entries[node as usize].records
    }

    /// The field's own words are those of the last segment that is a name: the `*` of an array says nothing.
    fn describe(&self, mut node: Node) -> Field {
        let mut segments = Vec::new();
        while node != ROOT {
            segments.push(&*self.entries[node as usize].name);
            node = self.entries[node as usize].parent;
        }
        let mut field = Field { path: String::new(), words: Vec::new(), name_words: 0 };
        for segment in segments.into_iter().rev() {
            field.path.push('/');
            // As in RFC 6901, so that no name can pass for two steps.
            field.path.push_str(&segment.replace('~', "~0").replace('/', "~1"));
            let own = words_of(segment);
            if segment != "*" && segment != KEY {
                field.name_words = own.len();
                field.words.extend(own);
            }
        }
        field
    }
}

/// The last step of the path at which member names that are values stand.
pub const KEY: &str = "{key}";
