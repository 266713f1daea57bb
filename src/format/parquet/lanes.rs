//! A column of a batch, made ready to be read row by row.

use super::text::{self, Written};
use crate::format::feed::{Output, is_value};
use crate::format::json_paths::{KEY, Node, Paths};
use crate::model::field::FieldId;
use arrow_array::cast::AsArray;
use arrow_array::types as of;
use arrow_array::{Array, ArrayRef, BinaryViewArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, TimeUnit};
use std::collections::HashMap;
use std::ops::Range;

/// Writes one value; nothing is written for a value that is none.
pub type Write<'a> = Box<dyn Fn(usize, &mut Vec<u8>) -> Written + 'a>;

/// The values of one column, and of the columns in it.
pub struct Lane<'a> {
    nulls: Option<&'a NullBuffer>,
    /// What its values are.
    pub shape: Shape<'a>,
}

/// What the values of a lane are.
pub enum Shape<'a> {
    /// Values of one field.
    Values(FieldId, Write<'a>),
    /// Records of their own, at a path.
    Records(FieldId, Vec<Lane<'a>>),
    /// Any number of what the inner lane has.
    Lists(Box<dyn Fn(usize) -> Range<usize> + 'a>, Box<Lane<'a>>),
    /// Members whose names are values.
    Maps(Box<Maps<'a>>),
}

/// A column of maps.
pub struct Maps<'a> {
    pub offsets: &'a [i32],
    pub keys: Write<'a>,
    pub values: &'a ArrayRef,
    /// The path of the maps.
    pub node: Node,
    /// The record that a map is.
    pub path: FieldId,
    /// The lanes of its values by key.
    pub members: HashMap<Vec<u8>, Lane<'a>>,
}

impl Lane<'_> {
    /// Whether there is a value.
    pub fn has(&self, row: usize) -> bool {
        self.nulls.is_none_or(|nulls| row < nulls.len() && nulls.is_valid(row))
    }
}

/// The lane of an array whose values stand at a path; `field` is theirs where the file is a plain table.
pub fn lane<'a>(
    array: &'a ArrayRef,
    node: Node,
    field: Option<FieldId>,
    paths: &mut Paths,
    out: &mut Output,
) -> Lane<'a> {
    let nulls = array.nulls();
    let shape = match array.data_type() {
        DataType::Struct(fields) => {
            let members = array.as_struct();
            let mut guess = 0;
            let mut lanes = Vec::with_capacity(fields.len());
            for (member, of) in members.columns().iter().zip(fields) {
                let child = child(node, of.name().as_bytes(), &mut guess, paths, out);
                lanes.push(lane(member, child, None, paths, out));
            }
            Shape::Records(paths.field(node, out), lanes)
        }
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let offsets = list.offsets();
            let item = lane(list.values(), paths.child(node, "*", &mut 0, out), None, paths, out);
            Shape::Lists(Box::new(move |i| offsets[i] as usize..offsets[i + 1] as usize), Box::new(item))
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            let offsets = list.offsets();
            let item = lane(list.values(), paths.child(node, "*", &mut 0, out), None, paths, out);
            Shape::Lists(Box::new(move |i| offsets[i] as usize..offsets[i + 1] as usize), Box::new(item))
        }
        DataType::FixedSizeList(_, length) => {
            let length = usize::try_from(*length).unwrap_or(0);
            let item = array.as_fixed_size_list().values();
            let item = lane(item, paths.child(node, "*", &mut 0, out), None, paths, out);
            Shape::Lists(Box::new(move |i| i * length..(i + 1) * length), Box::new(item))
        }
        DataType::Map(..) => {
            let map = array.as_map();
            Shape::Maps(Box::new(Maps {
                offsets: map.offsets(),
                keys: write(map.keys(), None),
                values: map.values(),
                node,
                path: paths.field(node, out),
                members: HashMap::new(),
            }))
        }
        _ => {
            let field = field.unwrap_or_else(|| paths.field(node, out));
            Shape::Values(field, write(array, out.digits(field)))
        }
    };
    Lane { nulls, shape }
}

/// The path of a member. A name that is rather a value is no part of a path.
pub fn child(node: Node, name: &[u8], guess: &mut usize, paths: &mut Paths, out: &mut Output) -> Node {
    match std::str::from_utf8(name) {
        Ok(name) if !is_value(name.as_bytes()) => paths.child(node, name, guess, out),
        _ => paths.child(node, "*", guess, out),
    }
}

/// The names in a type that are rather values, with the path where the names of members that are values stand.
pub fn names(of: &Field, node: Node, paths: &mut Paths, out: &mut Output, found: &mut Vec<(FieldId, String)>) {
    if is_value(of.name().as_bytes()) {
        let key = paths.child(node, KEY, &mut 0, out);
        found.push((paths.field(key, out), of.name().clone()));
    }
    let node = child(node, of.name().as_bytes(), &mut 0, paths, out);
    names_within(of.data_type(), node, paths, out, found);
}

fn names_within(of: &DataType, node: Node, paths: &mut Paths, out: &mut Output, found: &mut Vec<(FieldId, String)>) {
    match of {
        DataType::Struct(members) => members.iter().for_each(|member| names(member, node, paths, out, found)),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            let node = paths.child(node, "*", &mut 0, out);
            names_within(item.data_type(), node, paths, out, found);
        }
        DataType::Map(entries, _) => {
            if let DataType::Struct(members) = entries.data_type()
                && let [_, values] = &members[..]
            {
                let node = paths.child(node, "*", &mut 0, out);
                names_within(values.data_type(), node, paths, out, found);
            }
        }
        _ => {}
    }
}

/// What writes the values of an array that holds no others.
fn write<'a>(array: &'a ArrayRef, digits: Option<u8>) -> Write<'a> {
    macro_rules! integers {
        ($of:ty) => {{
            let values = array.as_primitive::<$of>();
            Box::new(move |i, out: &mut Vec<u8>| {
                text::integer(i128::from(values.value(i)), digits, out);
                Written::default()
            })
        }};
    }
    macro_rules! decimals {
        ($of:ty) => {{
            let values = array.as_primitive::<$of>();
            Box::new(move |i, out: &mut Vec<u8>| {
                text::decimal(&values.value_as_string(i), digits, out);
                Written::default()
            })
        }};
    }
    macro_rules! floats {
        ($of:ty) => {{
            let values = array.as_primitive::<$of>();
            Box::new(move |i, out: &mut Vec<u8>| {
                let value = values.value(i);
                text::float(f64::from(value), || value.to_string(), digits, out);
                Written::default()
            })
        }};
    }
    macro_rules! with {
        ($of:ty, $write:expr) => {{
            let values = array.as_primitive::<$of>();
            let write = $write;
            Box::new(move |i, out: &mut Vec<u8>| {
                write(i64::from(values.value(i)), out);
                Written::default()
            })
        }};
    }
    let moments = |per_second, utc| move |v: i64, out: &mut Vec<u8>| text::moment(v, per_second, utc, out);
    let times = |per_second| move |v: i64, out: &mut Vec<u8>| text::time(v, per_second, out);
    match array.data_type() {
        DataType::BinaryView => {
            let values: &BinaryViewArray = array.as_binary_view();
            Box::new(move |i, out| text::bytes(values.value(i), out))
        }
        DataType::Utf8View => {
            let values = array.as_string_view();
            Box::new(move |i, out| text::bytes(values.value(i).as_bytes(), out))
        }
        DataType::Binary => {
            let values = array.as_binary::<i32>();
            Box::new(move |i, out| text::bytes(values.value(i), out))
        }
        DataType::Utf8 => {
            let values = array.as_string::<i32>();
            Box::new(move |i, out| text::bytes(values.value(i).as_bytes(), out))
        }
        DataType::FixedSizeBinary(16) => {
            let values = array.as_fixed_size_binary();
            Box::new(move |i, out| {
                text::sixteen(values.value(i), out);
                Written::default()
            })
        }
        DataType::FixedSizeBinary(_) => {
            let values = array.as_fixed_size_binary();
            Box::new(move |i, out| text::bytes(values.value(i), out))
        }
        DataType::Int8 => integers!(of::Int8Type),
        DataType::Int16 => integers!(of::Int16Type),
        DataType::Int32 => integers!(of::Int32Type),
        DataType::Int64 => integers!(of::Int64Type),
        DataType::UInt8 => integers!(of::UInt8Type),
        DataType::UInt16 => integers!(of::UInt16Type),
        DataType::UInt32 => integers!(of::UInt32Type),
        DataType::UInt64 => integers!(of::UInt64Type),
        DataType::Float16 => floats!(of::Float16Type),
        DataType::Float32 => floats!(of::Float32Type),
        DataType::Float64 => floats!(of::Float64Type),
        DataType::Decimal32(..) => decimals!(of::Decimal32Type),
        DataType::Decimal64(..) => decimals!(of::Decimal64Type),
        DataType::Decimal128(..) => decimals!(of::Decimal128Type),
        DataType::Decimal256(..) => decimals!(of::Decimal256Type),
        DataType::Date32 => with!(of::Date32Type, text::date),
        DataType::Date64 => with!(of::Date64Type, moments(1000, false)),
        DataType::Timestamp(TimeUnit::Second, zone) => with!(of::TimestampSecondType, moments(1, zone.is_some())),
        DataType::Timestamp(TimeUnit::Millisecond, zone) => {
            with!(of::TimestampMillisecondType, moments(1000, zone.is_some()))
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            with!(of::TimestampMicrosecondType, moments(1_000_000, zone.is_some()))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
            with!(of::TimestampNanosecondType, moments(1_000_000_000, zone.is_some()))
        }
        DataType::Time32(TimeUnit::Second) => with!(of::Time32SecondType, times(1)),
        DataType::Time32(_) => with!(of::Time32MillisecondType, times(1000)),
        DataType::Time64(TimeUnit::Microsecond) => with!(of::Time64MicrosecondType, times(1_000_000)),
        DataType::Time64(_) => with!(of::Time64NanosecondType, times(1_000_000_000)),
        // Nulls, truth values and spans of time are nobody's; JSON's `true` is no cell either.
        _ => Box::new(|_, _| Written::default()),
    }
}
