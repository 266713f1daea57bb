//! Columns as they come from a file: the mirror of `columns`.
//!
//! A file is opened by name of column, and a column that is missing or of another type is an error that says so, because
//! other programs may have written into the folder.

use super::store::invalid;
use crate::model::mention::TokenValue;
use crate::model::shared::SharedText;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, BinaryArray, BooleanArray, ListArray, PrimitiveArray, StringArray, StructArray};
use std::cell::RefCell;
use std::io;
use std::ops::Range;

/// The columns of a batch, or of a struct in it.
#[derive(Clone, Copy)]
pub(super) struct Group<'a>(pub &'a StructArray);

fn typed<T>(name: &str, column: Option<T>) -> io::Result<T> {
    column.ok_or_else(|| invalid(format!("column {name} has another type than this program writes")))
}

impl<'a> Group<'a> {
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Whether the struct is there in row `i`.
    pub fn is_some(self, i: usize) -> bool {
        self.0.is_valid(i)
    }

    fn column(self, name: &str) -> io::Result<&'a ArrayRef> {
        self.0.column_by_name(name).ok_or_else(|| invalid(format!("column {name} is missing")))
    }

    pub fn long(self, name: &str) -> io::Result<Long<'a>> {
        typed(name, self.column(name)?.as_primitive_opt::<Int64Type>()).map(Long)
    }

    pub fn micros(self, name: &str) -> io::Result<&'a PrimitiveArray<TimestampMicrosecondType>> {
        typed(name, self.column(name)?.as_primitive_opt())
    }

    pub fn day(self, name: &str) -> io::Result<&'a PrimitiveArray<Date32Type>> {
        typed(name, self.column(name)?.as_primitive_opt())
    }

    pub fn flag(self, name: &str) -> io::Result<&'a BooleanArray> {
        typed(name, self.column(name)?.as_boolean_opt())
    }

    pub fn text(self, name: &str) -> io::Result<Text<'a>> {
        typed(name, Text::of(self.column(name)?))
    }

    /// A column of codes of a closed set.
    pub fn codes<T: Copy>(self, name: &str, parse: fn(&str) -> Option<T>) -> io::Result<Codes<'a, T>> {
        self.text(name).map(|text| Codes::new(text, parse))
    }

    pub fn token(self, name: &str) -> io::Result<Tokens<'a>> {
        typed(name, self.column(name)?.as_binary_opt()).map(Tokens)
    }

    pub fn group(self, name: &str) -> io::Result<Group<'a>> {
        typed(name, self.column(name)?.as_struct_opt()).map(Group)
    }

    pub fn list(self, name: &str) -> io::Result<List<'a>> {
        typed(name, self.column(name)?.as_list_opt()).map(List)
    }
}

/// Numbers.
pub(super) struct Long<'a>(&'a PrimitiveArray<Int64Type>);

impl Long<'_> {
    pub fn at(&self, i: usize) -> u64 {
        self.0.value(i).cast_unsigned()
    }

    pub fn maybe(&self, i: usize) -> Option<u64> {
        self.0.is_valid(i).then(|| self.at(i))
    }
}

/// Text, as it is or as numbers in a dictionary.
pub(super) struct Text<'a> {
    keys: Option<&'a [i32]>,
    column: &'a StringArray,
    last: RefCell<(usize, SharedText)>,
}

impl<'a> Text<'a> {
    fn of(column: &'a ArrayRef) -> Option<Text<'a>> {
        let (keys, column) = match column.as_dictionary_opt::<Int32Type>() {
            Some(dictionary) => (Some(dictionary.keys().values().as_ref()), dictionary.values().as_string_opt()?),
            None => (None, column.as_string_opt()?),
        };
        Some(Text { keys, column, last: RefCell::new((usize::MAX, SharedText::from(""))) })
    }

    /// Where the text of row `i` is in the column.
    fn place(&self, i: usize) -> usize {
        self.keys.map_or(i, |keys| keys[i] as usize)
    }

    pub fn at(&self, i: usize) -> &'a str {
        self.column.value(self.place(i))
    }

    /// The text as a shared string; neighbours that are equal share one.
    pub fn shared(&self, i: usize) -> SharedText {
        let place = self.place(i);
        // Most namespaces are empty.
        if self.column.value_length(place) == 0 {
            return SharedText::default();
        }
        let mut last = self.last.borrow_mut();
        if last.0 != place {
            let text = self.column.value(place);
            if *last.1 != *text {
                last.1 = SharedText::from(text);
            }
            last.0 = place;
        }
        last.1.clone()
    }

    /// The text as a code of a closed set.
    pub fn code<T>(&self, i: usize, parse: impl Fn(&str) -> Option<T>) -> io::Result<T> {
        let code = self.at(i);
        parse(code).ok_or_else(|| invalid(format!("unknown code {code:?}; was the row written by a newer program?")))
    }
}

/// Codes of a closed set. Those of a dictionary are parsed once for all rows.
pub(super) struct Codes<'a, T> {
    text: Text<'a>,
    parse: fn(&str) -> Option<T>,
    parsed: Vec<Option<T>>,
}

impl<'a, T: Copy> Codes<'a, T> {
    fn new(text: Text<'a>, parse: fn(&str) -> Option<T>) -> Self {
        let parsed = match text.keys {
            Some(_) => text.column.iter().map(|code| code.and_then(parse)).collect(),
            None => Vec::new(),
        };
        Codes { text, parse, parsed }
    }

    pub fn at(&self, i: usize) -> io::Result<T> {
        let known = self.text.keys.and_then(|keys| self.parsed.get(keys[i] as usize).copied().flatten());
        known.map_or_else(|| self.text.code(i, self.parse), Ok)
    }
}

/// Tokens.
pub(super) struct Tokens<'a>(&'a BinaryArray);

impl Tokens<'_> {
    pub fn at(&self, i: usize) -> io::Result<TokenValue> {
        let bytes = self.0.value(i);
        bytes.try_into().map(TokenValue).map_err(|_| invalid(format!("a token of {} bytes, not 16", bytes.len())))
    }

    pub fn maybe(&self, i: usize) -> io::Result<Option<TokenValue>> {
        self.0.is_valid(i).then(|| self.at(i)).transpose()
    }
}

/// Lists.
pub(super) struct List<'a>(&'a ListArray);

impl<'a> List<'a> {
    /// Which of the elements are those of row `i`.
    pub fn range(&self, i: usize) -> Range<usize> {
        let offsets = self.0.value_offsets();
        offsets[i] as usize..offsets[i + 1] as usize
    }

    /// The elements of all rows, where they are structs.
    pub fn groups(&self) -> io::Result<Group<'a>> {
        typed("element", self.0.values().as_struct_opt()).map(Group)
    }

    /// The elements of all rows, where they are numbers.
    pub fn longs(&self) -> io::Result<Long<'a>> {
        typed("element", self.0.values().as_primitive_opt()).map(Long)
    }

    /// The elements of all rows, where they are numbers of 16 bits.
    pub fn shorts(&self) -> io::Result<&'a PrimitiveArray<Int32Type>> {
        typed("element", self.0.values().as_primitive_opt())
    }

    /// The elements of all rows, where they are text.
    pub fn texts(&self) -> io::Result<Text<'a>> {
        typed("element", Text::of(self.0.values()))
    }
}
