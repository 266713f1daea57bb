//! Columns on their way to a file.
//!
//! A row type names its columns once, in code that turns rows into columns; the schema is what comes of no rows. The
//! types are those that every Parquet reader agrees on: text, bytes, signed 64 and 32 bit numbers, UTC microseconds, days,
//! lists and structs.

use crate::model::mention::TokenValue;
use arrow_array::builder::{BinaryBuilder, OffsetBufferBuilder};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray,
    StructArray, TimestampMicrosecondArray,
};
use arrow_schema::{ArrowError, Field, Fields, Schema};
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

pub(super) fn token(name: &str, values: impl Iterator<Item = TokenValue>) -> Column {
    let mut bytes = BinaryBuilder::new();
    values.for_each(|token| bytes.append_value(token.0));
    column(name, bytes.finish(), false)
}

pub(super) fn maybe_token(name: &str, values: impl Iterator<Item = Option<TokenValue>>) -> Column {
    let mut bytes = BinaryBuilder::new();
    values.for_each(|token| bytes.append_option(token.map(|t| t.0)));
    column(name, bytes.finish(), true)
}

/// Lists: how long each is, and the elements of all of them, one list after the other.
pub(super) fn list(name: &str, lengths: impl Iterator<Item = usize>, elements: Column) -> Column {
    let mut offsets = OffsetBufferBuilder::new(0);
    lengths.for_each(|length| offsets.push_length(length));
    let element = Arc::new(elements.field.with_name("element"));
    column(name, ListArray::new(element, offsets.finish(), elements.array, None), false)
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

/// The schema of the columns.
pub(super) fn schema(columns: Vec<Column>) -> Schema {
    Schema::new(unzip(columns).0)
}
