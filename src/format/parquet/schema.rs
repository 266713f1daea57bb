//! How the library is to read each column.

use arrow_schema::{DataType, Field, FieldRef, Fields, TimeUnit};
use parquet::arrow::{FieldLevels, ProjectionMask, parquet_to_arrow_field_levels, parquet_to_arrow_schema};
use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::errors::Result;
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};
use std::sync::Arc;

/// How one column at the top of a schema is read, as if it stood alone: its leaves count from 0; and what its values are.
/// Bytes are views into their pages, so that a dictionary is decoded once and nothing of it is copied.
pub fn levels(column: &Type) -> Result<(FieldLevels, Fields)> {
    let alone = Type::group_type_builder("alone").with_fields(vec![lenient(column)?]).build()?;
    let schema = SchemaDescriptor::new(Arc::new(alone));
    let arrow = parquet_to_arrow_schema(&schema, None)?;
    // Nanoseconds in 64 bits reach from 1677 to 2262 only; dates that stand for "never" lie beyond.
    let int96 = column.is_primitive() && column.get_physical_type() == Physical::INT96;
    let hint = |field: &FieldRef| match int96 && matches!(field.data_type(), DataType::Timestamp(..)) {
        true => with_type(field, DataType::Timestamp(TimeUnit::Microsecond, None)),
        false => views(field),
    };
    let hints: Fields = arrow.fields().iter().map(hint).collect();
    Ok((parquet_to_arrow_field_levels(&schema, ProjectionMask::all(), Some(&hints))?, hints))
}

/// A type with strings as plain bytes: a column that says it is UTF-8 and is not would end with an error, and its people
/// with it.
fn lenient(of: &Type) -> Result<TypePtr> {
    let info = of.get_basic_info();
    if of.is_primitive() {
        let decimal = info.converted_type() == ConvertedType::DECIMAL
            || matches!(info.logical_type_ref(), Some(LogicalType::Decimal { .. } | LogicalType::Unknown));
        if of.get_physical_type() != Physical::BYTE_ARRAY || decimal {
            return Ok(Arc::new(of.clone()));
        }
        let plain = Type::primitive_type_builder(of.name(), Physical::BYTE_ARRAY);
        return Ok(Arc::new(plain.with_repetition(info.repetition()).build()?));
    }
    let members = of.get_fields().iter().map(|f| lenient(f)).collect::<Result<Vec<_>>>()?;
    let group = Type::group_type_builder(of.name())
        .with_converted_type(info.converted_type())
        .with_logical_type(info.logical_type_ref().cloned())
        .with_fields(members);
    let group = if !info.has_repetition() { group } else { group.with_repetition(info.repetition()) };
    Ok(Arc::new(group.build()?))
}

fn with_type(field: &Field, of: DataType) -> FieldRef {
    Arc::new(Field::new(field.name(), of, field.is_nullable()))
}

fn views(field: &FieldRef) -> FieldRef {
    let of = match field.data_type() {
        DataType::Binary | DataType::Utf8 => DataType::BinaryView,
        DataType::List(item) => DataType::List(views(item)),
        DataType::LargeList(item) => DataType::LargeList(views(item)),
        DataType::Struct(members) => DataType::Struct(members.iter().map(views).collect()),
        DataType::Map(entries, sorted) => DataType::Map(views(entries), *sorted),
        other => other.clone(),
    };
    with_type(field, of)
}
