//! Multiranges as `howdah.types.Multirange`, an immutable sequence of ranges.
//!
//! No IO. The ranges are read and written by the range type's codec.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyTuple, PyType};

use super::range::{self, from_literal};
use super::reader::{Reader, write_value};
use super::{
    Codec, Decode, Decoded, Encode, Functions, Refused, Scope, Structure, build, range_literal,
    string,
};

/// How multiranges of `range` are read and written.
pub(super) fn functions(range: &Codec) -> Functions {
    Functions {
        decode_binary: range.decode_binary.map(|_| decode_binary as Decode),
        decode_text,
        encode_binary: range.encode_binary.map(|_| encode_binary as Encode),
        encode_text,
        result_format: range.result_format,
        atomic: false,
    }
}

fn range_of(codec: &Codec) -> Result<&Codec, Refused> {
    match &codec.structure {
        Structure::Multirange { range } => Ok(range),
        _ => Err(Refused::invalid("codec of a multirange without its range")),
    }
}

fn decode_binary<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let range = range_of(codec)?;
    let decode = range.decode_binary.unwrap_or(range.decode_text);
    let mut reader = Reader::new(bytes);
    let count = reader.count(5)?; // a length and the flags
    let mut ranges = Vec::with_capacity(count);
    for _ in 0..count {
        ranges.push(decode(scope, range, reader.present()?)?);
    }
    reader.end()?;
    multirange(scope.py, ranges)
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let range = range_of(codec)?;
    let inner = bytes
        .strip_prefix(b"{")
        .and_then(|rest| rest.strip_suffix(b"}"));
    let mut rest = inner.ok_or_else(malformed)?;
    let mut ranges = Vec::new();
    while !rest.is_empty() {
        let (literal, behind) = range_literal::parse(rest)?;
        ranges.push(from_literal(scope, range, &literal)?);
        rest = match behind {
            [] => behind,
            [b',', next @ ..] if !next.is_empty() => next,
            _ => return Err(malformed()),
        };
    }
    multirange(scope.py, ranges)
}

#[cold]
fn malformed() -> Refused {
    Refused::invalid("malformed multirange text")
}

fn multirange<'py>(py: Python<'py>, ranges: Vec<Bound<'py, PyAny>>) -> Decoded<'py> {
    let ranges = PyTuple::new(py, ranges)?;
    build::instance(class(py)?, &[(intern!(py, "_ranges"), ranges.as_any())])
}

/// `howdah.types.Multirange`.
fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "howdah.types._range", "Multirange")
}

/// The ranges of a `Multirange`, or of a list or tuple of ranges.
fn ranges<'py>(value: &Bound<'py, PyAny>) -> Result<Bound<'py, PyTuple>, Refused> {
    if value.is_instance(class(value.py())?)? {
        let ranges = value.getattr(intern!(value.py(), "_ranges"))?;
        return Ok(ranges.cast_into::<PyTuple>().map_err(PyErr::from)?);
    }
    if let Ok(list) = value.cast::<PyList>() {
        return Ok(list.to_tuple());
    }
    match value.cast::<PyTuple>() {
        Ok(tuple) => Ok(tuple.clone()),
        Err(_) => Err(Refused::unsuited("Multirange, list of Range or str")),
    }
}

fn encode_binary(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let range = range_of(codec)?;
    let ranges = ranges(value)?;
    out.extend_from_slice(&(ranges.len() as u32).to_be_bytes());
    for item in ranges.iter_borrowed() {
        write_value(out, |out| range::encode_binary(scope, range, &item, out))?;
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
    let range = range_of(codec)?;
    out.push(b'{');
    for (position, item) in ranges(value)?.iter_borrowed().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        range::encode_text(scope, range, &item, out).map_err(|refused| refused.settled(&item))?;
    }
    out.push(b'}');
    Ok(())
}
