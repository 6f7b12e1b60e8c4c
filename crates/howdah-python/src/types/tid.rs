//! `tid`, the place of a row version in its table, as `howdah.types.Tid`: block and offset.
//!
//! No IO. Parameters may be any tuple of two `int`s.

use std::io::Write;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyTuple, PyType};

use super::{Codec, Decoded, Format, Functions, Refused, Scope, string};

pub(super) const TID: Functions = Functions {
    decode_binary: Some(decode_binary),
    decode_text,
    encode_binary: Some(encode_binary),
    encode_text,
    result_format: Format::Binary,
    atomic: true,
};

fn decode_binary<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let halves = bytes.split_first_chunk::<4>();
    match halves.map(|(block, offset)| (block, <[u8; 2]>::try_from(offset))) {
        Some((block, Ok(offset))) => tid(
            scope.py,
            u32::from_be_bytes(*block),
            u16::from_be_bytes(offset),
        ),
        _ => Err(Refused::length(6, bytes.len())),
    }
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let numbers = string::ascii(bytes)?
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')')?.split_once(','))
        .and_then(|(block, offset)| Some((block.parse().ok()?, offset.parse().ok()?)));
    match numbers {
        Some((block, offset)) => tid(scope.py, block, offset),
        None => Err(Refused::invalid("text that is not a `tid`")),
    }
}

fn encode_binary(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let (block, offset) = parts_of(value)?;
    out.extend_from_slice(&block.to_be_bytes());
    out.extend_from_slice(&offset.to_be_bytes());
    Ok(())
}

fn encode_text(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if !string::verbatim(value, out)? {
        let (block, offset) = parts_of(value)?;
        let _ = write!(out, "({block},{offset})");
    }
    Ok(())
}

fn parts_of(value: &Bound<'_, PyAny>) -> Result<(u32, u16), Refused> {
    if !value.is_instance_of::<PyTuple>() {
        return Err(Refused::unsuited(
            "howdah.types.Tid, tuple of two ints or str",
        ));
    }
    value
        .extract()
        .map_err(|_| Refused::invalid("not a block (32 bits) and an offset (16 bits)"))
}

fn tid(py: Python<'_>, block: u32, offset: u16) -> Decoded<'_> {
    static TID: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    Ok(TID
        .import(py, "howdah.types", "Tid")?
        .call1((block, offset))?)
}
