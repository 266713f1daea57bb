//! Field paths and the schema of an object.
//!
//! A field's name is evidence about its values, so a name is kept in words: `billToZipCode`, `bill_to_zip_code` and
//! `BILL-TO ZIP CODE` are the same four words, and "lic" is never found in "public".

/// A field's place in its object's [`Schema`].
pub type FieldId = u32;

/// One field: a column, a key path, a mail header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The whole path: a column's header (`EmailAddress`), a headerless column's ordinal (`#3`), a key path with `*` for
    /// array positions and for member names that are values themselves (`/Customer/*/Email`), a mail header (`From`), or
    /// the empty string for text that has no fields.
    pub path: String,
    /// The path's words, lower case, all segments but `*` in order: `["customer", "email"]`.
    pub words: Vec<String>,
    /// How many of `words` belong to the path's last segment (the name itself, without its ancestors).
    pub name_words: usize,
}

impl Field {
    /// A field from the segments of its path. One segment stands as it is; several are joined as `/a/b`.
    pub fn new<'a>(segments: impl IntoIterator<Item = &'a str>) -> Field {
        let segments: Vec<&str> = segments.into_iter().collect();
        let mut words = Vec::new();
        let mut name_words = 0;
        for segment in &segments {
            let own = words_of(segment);
            name_words = own.len();
            words.extend(own);
        }
        let path = if segments.len() == 1 {
            segments[0].to_string()
        } else {
            segments.iter().flat_map(|s| ["/", s]).collect()
        };
        Field { path, words, name_words }
    }

    /// The words of the last segment.
    pub fn name(&self) -> &[String] {
        &self.words[self.words.len() - self.name_words..]
    }
}

/// The words of a name: split at anything but letters and digits, at a step from lower to upper case, before the last
/// capital of a run (`SSNumber` is "ss", "number"), and between letters and digits; lower case. A letter-digit step does
/// not split when the digits end the word and are one digit long (`address1` stays one word).
pub fn words_of(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (i, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            continue;
        }
        if let Some(&p) = i.checked_sub(1).and_then(|p| chars.get(p)) {
            let next_lower = chars.get(i + 1).is_some_and(|n| n.is_lowercase());
            let step = (p.is_lowercase() && c.is_uppercase())
                || (p.is_uppercase() && c.is_uppercase() && next_lower)
                || (p.is_ascii_digit() && c.is_alphabetic())
                || (p.is_alphabetic() && c.is_ascii_digit() && chars.get(i + 1).is_some_and(|n| n.is_ascii_digit()));
            if step && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
        }
        word.extend(c.to_lowercase());
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The fields of one object, in the order in which they were first met. It only grows, so a [`FieldId`] stays good for
/// the object's whole life.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// The fields; a [`FieldId`] is an index here.
    pub fields: Vec<Field>,
}

impl Schema {
    /// Adds a field and returns its id. The caller keeps paths unique.
    pub fn push(&mut self, field: Field) -> FieldId {
        let id = u32::try_from(self.fields.len()).expect("a schema is capped far below 2^32 fields");
        self.fields.push(field);
        id
    }

    /// The field of an id.
    pub fn get(&self, id: FieldId) -> &Field {
        &self.fields[id as usize]
    }
}
