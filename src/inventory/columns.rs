//! Columns on their way to a file.
//!
//! A row type names its columns once, in code that turns rows into columns; the schema is what comes of no rows. The
//! types are those that every Parquet reader agrees on: text, bytes, signed 64 and 32 bit numbers, UTC microseconds, days,
//! lists and structs.

use crate::model::detector::{Class, Confidence};
use crate::model::element::{Element, Form};
use crate::model::mention::{Population, ResidenceBasis, Role, TokenValue};
use crate::model::rows::Certainty;
use arrow_array::builder::BinaryBuilder;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, DictionaryArray, Int32Array, Int64Array, ListArray,
    RecordBatch, StringArray, StructArray, TimestampMicrosecondArray, UInt8Array,
};
use arrow_buffer::{Buffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, Schema};
use std::sync::Arc;

/// A named column.
pub(super) struct Column {
    field: Field,
    array: ArrayRef,
}

fn column(name: &str, array: impl Array + 'static, nullable: bool) -> Column {
    Column { field: Field::new(name, array.data_type().clone(), nullable), array: Arc::new(array) }
}

/// Numbers. The bits are kept, so a hash that uses the highest one reads as a negative number elsewhere.
pub(super) fn long(name: &str, values: impl Iterator<Item = u64>) -> Column {
    column(name, Int64Array::from_iter_values(values.map(u64::cast_signed)), false)
}

pub(super) fn maybe_long(name: &str, values: impl Iterator<Item = Option<u64>>) -> Column {
    column(name, values.map(|v| v.map(u64::cast_signed)).collect::<Int64Array>(), true)
}

pub(super) fn short(name: &str, values: impl Iterator<Item = u16>) -> Column {
    column(name, Int32Array::from_iter_values(values.map(i32::from)), false)
}

/// Microseconds since 1970-01-01T00:00:00Z.
pub(super) fn micros(name: &str, values: impl Iterator<Item = i64>) -> Column {
    column(name, TimestampMicrosecondArray::from_iter_values(values).with_timezone("UTC"), false)
}

pub(super) fn maybe_micros(name: &str, values: impl Iterator<Item = Option<i64>>) -> Column {
    column(name, values.collect::<TimestampMicrosecondArray>().with_timezone("UTC"), true)
}

/// Days since 1970-01-01.
pub(super) fn maybe_day(name: &str, values: impl Iterator<Item = Option<i32>>) -> Column {
    column(name, values.collect::<Date32Array>(), true)
}

pub(super) fn flag(name: &str, values: impl Iterator<Item = bool>) -> Column {
    column(name, values.map(Some).collect::<BooleanArray>(), false)
}

pub(super) fn text<T: AsRef<str>>(name: &str, values: impl Iterator<Item = T>) -> Column {
    column(name, StringArray::from_iter_values(values), false)
}

/// A closed set of codes, numbered in the order of `ALL`.
pub(super) trait Code: Copy + 'static {
    const ALL: &'static [Self];
    fn number(self) -> u8;
    fn code(self) -> &'static str;
}

macro_rules! codes {
    ($($set:ty: $all:expr),*) => {$(
        impl Code for $set {
            const ALL: &'static [Self] = {
                let all: &[$set] = $all;
                let mut number = 0;
                while number < all.len() {
                    assert!(all[number] as usize == number);
                    number += 1;
                }
                all
            };

            fn number(self) -> u8 {
                self as u8
            }

            fn code(self) -> &'static str {
                self.code()
            }
        }
    )*};
}

codes! {
    Certainty: &Certainty::ALL,
    Class: &Class::ALL,
    Confidence: &Confidence::ALL,
    Element: Element::ALL,
    Form: &Form::ALL,
    Population: &Population::ALL,
    ResidenceBasis: &ResidenceBasis::ALL,
    Role: &Role::ALL
}

/// Codes of a closed set: a number a cell, and each code once a batch. The file says text all the same, see [`schema`].
pub(super) fn code<T: Code>(name: &str, values: impl Iterator<Item = T>) -> Column {
    let codes = StringArray::from_iter_values(T::ALL.iter().map(|code| code.code()));
    let numbers = UInt8Array::from_iter_values(values.map(T::number));
    column(name, DictionaryArray::new(numbers, Arc::new(codes)), false)
}

pub(super) fn token(name: &str, values: impl Iterator<Item = TokenValue>) -> Column {
    let mut bytes: Vec<u8> = Vec::with_capacity(size_of::<TokenValue>() * values.size_hint().0);
    values.for_each(|token| bytes.extend_from_slice(&token.0));
    let offsets = OffsetBuffer::from_repeated_length(size_of::<TokenValue>(), bytes.len() / size_of::<TokenValue>());
    column(name, BinaryArray::new(offsets, Buffer::from_vec(bytes), None), false)
}

pub(super) fn maybe_token(name: &str, values: impl Iterator<Item = Option<TokenValue>>) -> Column {
    let mut bytes = BinaryBuilder::new();
    values.for_each(|token| bytes.append_option(token.map(|t| t.0)));
    column(name, bytes.finish(), true)
}

/// Lists: how long each is, and the elements of all of them, one list after the other.
pub(super) fn list(name: &str, lengths: impl Iterator<Item = usize>, elements: Column) -> Column {
    let offsets = OffsetBuffer::from_lengths(lengths);
    let element = Arc::new(elements.field.with_name("element"));
    column(name, ListArray::new(element, offsets, elements.array, None), false)
}

/// Structs that are always there.
pub(super) fn group(name: &str, columns: Vec<Column>) -> Column {
    let (fields, arrays) = unzip(columns);
    column(name, StructArray::new(fields, arrays, None), false)
}

/// Structs that are there where `present` says so; elsewhere the columns hold anything.
pub(super) fn maybe_group(name: &str, present: Vec<bool>, columns: Vec<Column>) -> Column {
    let (fields, arrays) = unzip(columns);
    column(name, StructArray::new(fields, arrays, Some(present.into())), true)
}

fn unzip(columns: Vec<Column>) -> (Fields, Vec<ArrayRef>) {
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().map(|c| (c.field, c.array)).unzip();
    (fields.into(), arrays)
}

/// The columns as one batch.
pub(super) fn batch(columns: Vec<Column>) -> Result<RecordBatch, ArrowError> {
    let (fields, arrays) = unzip(columns);
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
}

/// The schema of the columns as a file has it: codes are text, however they come.
pub(super) fn schema(columns: Vec<Column>) -> Schema {
    Schema::new(unzip(columns).0.iter().map(stored).collect::<Fields>())
}

fn stored(field: &FieldRef) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Dictionary(_, codes) => codes.as_ref().clone(),
        DataType::List(element) => DataType::List(stored(element)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(stored).collect()),
        _ => return Arc::clone(field),
    };
    Arc::new(field.as_ref().clone().with_data_type(data_type))
}
