//! Composite types, and the row types of tables, as rows with names.
//!
//! No IO. Parameters are tuples or lists in the order of attributes, dicts with all attributes as
//! keys, or objects that have them as Python attributes. Invariant: the number and types of fields
//! that a binary value names are those of the catalogue, or the value is refused as stale.

use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple,
};

use crate::row::{RowBuilder, Shape, row_type};

use super::composite_literal::{self as literal, quote};
use super::reader::{NULL, Reader, write_value};
use super::{
    Codec, Decode, Decoded, Encode, Field, Format, Functions, Refused, Scope, Structure, string,
};

/// How composite values of these fields are read and written.
pub(super) fn functions(fields: &[Field]) -> Functions {
    let readable = fields
        .iter()
        .all(|field| field.codec.decode_binary.is_some());
    let writable = fields
        .iter()
        .all(|field| field.codec.encode_binary.is_some());
    Functions {
        decode_binary: readable.then_some(decode_binary as Decode),
        decode_text,
        encode_binary: writable.then_some(encode_binary as Encode),
        encode_text,
        result_format: if readable {
            Format::Binary
        } else {
            Format::Text
        },
        atomic: false,
    }
}

fn fields(codec: &Codec) -> Result<&[Field], Refused> {
    match &codec.structure {
        Structure::Composite { fields, .. } => Ok(fields),
        _ => Err(no_fields()),
    }
}

#[cold]
fn no_fields() -> Refused {
    Refused::invalid("codec of a composite type without fields")
}

fn decode_binary<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let fields = fields(codec)?;
    let mut reader = Reader::new(bytes);
    if reader.count(8)? != fields.len() {
        return renewed(scope, codec, bytes, |codec| codec.decode_binary);
    }
    let mut values = Vec::with_capacity(fields.len());
    for field in fields {
        if reader.u32()? != field.codec.oid {
            return renewed(scope, codec, bytes, |codec| codec.decode_binary);
        }
        let decode = field.codec.decode_binary.unwrap_or(field.codec.decode_text);
        values.push(match reader.value()? {
            Some(bytes) => decode(scope, &field.codec, bytes)
                .map_err(|refused| refused.inside(|| format!("attribute `{}`", field.name)))?,
            None => scope.py.None().into_bound(scope.py),
        });
    }
    reader.end()?;
    row(scope, codec, values)
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let fields = fields(codec)?;
    if fields.is_empty() && bytes == b"()" {
        return row(scope, codec, Vec::new());
    }
    let texts = literal::parse(bytes)?;
    if texts.len() != fields.len() {
        return renewed(scope, codec, bytes, |codec| Some(codec.decode_text));
    }
    let mut values = Vec::with_capacity(fields.len());
    for (field, text) in fields.iter().zip(texts) {
        values.push(match text {
            Some(text) => (field.codec.decode_text)(scope, &field.codec, &text)
                .map_err(|refused| refused.inside(|| format!("attribute `{}`", field.name)))?,
            None => scope.py.None().into_bound(scope.py),
        });
    }
    row(scope, codec, values)
}

/// Decodes a value that has other fields than this codec says by the codec that the catalogue has
/// now: statements keep the codecs that they were prepared with, also after types were read anew.
#[cold]
fn renewed<'py>(
    scope: &Scope<'_, 'py>,
    codec: &Codec,
    bytes: &[u8],
    decode: impl Fn(&Codec) -> Option<Decode>,
) -> Decoded<'py> {
    let known = scope.known(codec.oid);
    match known.as_deref().map(|known| (known, decode(known))) {
        Some((known, Some(decode))) if !std::ptr::eq(known, codec) => decode(scope, known, bytes),
        _ => Err(Refused::stale(codec.oid)),
    }
}

/// The row that `values` make under the names of the type.
fn row<'py>(scope: &Scope<'_, 'py>, codec: &Codec, values: Vec<Bound<'py, PyAny>>) -> Decoded<'py> {
    let Structure::Composite { fields, shape } = &codec.structure else {
        return Err(no_fields());
    };
    let names = || Shape::new(scope.py, fields.iter().map(|field| &field.name)).map(Bound::unbind);
    let shape = shape.get_or_try_init(scope.py, names)?.bind(scope.py);
    let mut row = RowBuilder::row(row_type(scope.py)?, shape, fields.len())?;
    for (position, value) in values.into_iter().enumerate().take(fields.len()) {
        row.set(position, value);
    }
    Ok(row.finish(fields.iter().all(|field| field.codec.atomic)))
}

fn encode_binary(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let fields = fields(codec)?;
    let values = values(codec, fields, value)?;
    out.extend_from_slice(&(fields.len() as u32).to_be_bytes());
    for (field, value) in fields.iter().zip(values) {
        let encode = field.codec.encode_binary.ok_or_else(unsuited)?;
        out.extend_from_slice(&field.codec.oid.to_be_bytes());
        if value.is_none() {
            out.extend_from_slice(&NULL);
            continue;
        }
        write_value(out, |out| encode(scope, &field.codec, &value, out))
            .map_err(|refused| refused.inside(|| format!("attribute `{}`", field.name)))?;
    }
    Ok(())
}

fn encode_text(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if string::verbatim(value, out)? {
        return Ok(());
    }
    let fields = fields(codec)?;
    let values = values(codec, fields, value)?;
    out.push(b'(');
    for (position, (field, value)) in fields.iter().zip(values).enumerate() {
        if position > 0 {
            out.push(b',');
        }
        if value.is_none() {
            continue;
        }
        let start = out.len();
        (field.codec.encode_text)(scope, &field.codec, &value, out).map_err(|refused| {
            let place = || format!("attribute `{}`", field.name);
            refused.settled(&value).inside(place)
        })?;
        quote(out, start);
    }
    out.push(b')');
    Ok(())
}

/// The values of `fields` in a Python object, by position or by name.
fn values<'py>(
    codec: &Codec,
    fields: &[Field],
    value: &Bound<'py, PyAny>,
) -> Result<Vec<Bound<'py, PyAny>>, Refused> {
    let values: Vec<_> = if let Ok(tuple) = value.cast::<PyTuple>() {
        tuple.iter().collect()
    } else if let Ok(list) = value.cast::<PyList>() {
        list.iter().collect()
    } else if let Ok(dict) = value.cast::<PyDict>() {
        by_key(codec, fields, dict)?
    } else if is_plain(value) {
        return Err(unsuited());
    } else {
        by_attribute(codec, fields, value)?
    };
    if values.len() == fields.len() {
        return Ok(values);
    }
    let (expected, found) = (fields.len(), values.len());
    Err(Refused::invalid(format!(
        "`{}` has {expected} attributes, found {found}",
        codec.name
    )))
}

/// Values that are never meant as an object with attributes.
fn is_plain(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyByteArray>()
        || value.is_instance_of::<PyInt>()
        || value.is_instance_of::<PyFloat>()
        || value.is_instance_of::<PyBool>()
}

fn by_key<'py>(
    codec: &Codec,
    fields: &[Field],
    dict: &Bound<'py, PyDict>,
) -> Result<Vec<Bound<'py, PyAny>>, Refused> {
    let mut values = Vec::with_capacity(fields.len());
    for field in fields {
        values.push(dict.get_item(&field.name)?.ok_or_else(|| {
            Refused::invalid(format!(
                "dict without the key `{}` of `{}`",
                field.name, codec.name
            ))
        })?);
    }
    if dict.len() > values.len() {
        let known = |key: &Bound<'_, PyAny>| {
            fields
                .iter()
                .any(|field| key.eq(&field.name).unwrap_or(false))
        };
        let unknown = dict.keys().iter().find(|key| !known(key));
        let unknown = unknown.map_or_else(String::new, |key| key.to_string());
        let why = format!(
            "dict with the key `{unknown}`, which `{}` has not",
            codec.name
        );
        return Err(Refused::invalid(why));
    }
    Ok(values)
}

fn by_attribute<'py>(
    codec: &Codec,
    fields: &[Field],
    value: &Bound<'py, PyAny>,
) -> Result<Vec<Bound<'py, PyAny>>, Refused> {
    let attribute = |field: &Field| {
        value.getattr_opt(field.name.as_str())?.ok_or_else(|| {
            Refused::invalid(format!(
                "object without the attribute `{}` of `{}`",
                field.name, codec.name
            ))
        })
    };
    fields.iter().map(attribute).collect()
}

#[cold]
fn unsuited() -> Refused {
    Refused::unsuited("tuple, list, dict, object with its attributes, or str")
}
