//! Anonymous rows, `select (1, 'a')` or `row(…)`, as tuples.
//!
//! No IO. Binary values name the types of their fields, which are found in the catalogue. The text
//! format does not: its fields stay `str`. The server reads no parameter of this type.

use pyo3::types::PyTuple;

use super::composite_literal as literal;
use super::reader::Reader;
use super::{Codec, Decoded, Format, Functions, Refused, Scope, python, string};

pub(super) const RECORD: Functions = Functions {
    decode_binary: Some(decode_binary),
    decode_text,
    encode_binary: None,
    encode_text: string::encode,
    result_format: Format::Binary,
    atomic: false,
};

fn decode_binary<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let mut reader = Reader::new(bytes);
    let count = reader.count(8)?;
    let mut values = Vec::with_capacity(count);
    for position in 1..=count {
        let codec = scope.codec(reader.u32()?)?;
        values.push(match reader.value()? {
            Some(bytes) => field(scope, &codec, bytes)
                .map_err(|refused| refused.inside(|| format!("field {position}")))?,
            None => scope.py.None().into_bound(scope.py),
        });
    }
    reader.end()?;
    Ok(PyTuple::new(scope.py, values)?.into_any())
}

fn field<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match codec.decode_binary {
        Some(decode) => decode(scope, codec, bytes),
        None => Err(Refused::advised(
            format!(
                "`{}` in an anonymous record, whose binary format is not read",
                codec.name
            ),
            "select the record's fields as columns, or cast this one to text",
        )),
    }
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    if bytes == b"()" {
        return Ok(PyTuple::empty(scope.py).into_any());
    }
    let mut values = Vec::new();
    for text in literal::parse(bytes)? {
        values.push(match text {
            Some(text) => python::str_from_utf8(scope.py, &text)?,
            None => scope.py.None().into_bound(scope.py),
        });
    }
    Ok(PyTuple::new(scope.py, values)?.into_any())
}
