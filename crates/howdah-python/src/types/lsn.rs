//! `pg_lsn`, a position in the write-ahead log, as `howdah.types.Lsn`: an `int` of bytes.
//!
//! No IO. Parameters may be any `int` of 64 bits.

use std::io::Write;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyInt, PyType};

use super::{Codec, Decoded, Format, Functions, Refused, Scope, string};

pub(super) const LSN: Functions = Functions {
    decode_binary: Some(decode_binary),
    decode_text,
    encode_binary: Some(encode_binary),
    encode_text,
    result_format: Format::Binary,
    atomic: true,
};

fn decode_binary<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match bytes.try_into() {
        Ok(bytes) => Ok(lsn(scope.py)?.call1((u64::from_be_bytes(bytes),))?),
        Err(_) => Err(Refused::length(8, bytes.len())),
    }
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let half = |digits| u32::from_str_radix(digits, 16).ok();
    let position = string::ascii(bytes)?
        .split_once('/')
        .and_then(|(high, low)| Some(u64::from(half(high)?) << 32 | u64::from(half(low)?)));
    match position {
        Some(position) => Ok(lsn(scope.py)?.call1((position,))?),
        None => Err(Refused::invalid("text that is not a `pg_lsn`")),
    }
}

fn encode_binary(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    out.extend_from_slice(&position_of(value)?.to_be_bytes());
    Ok(())
}

fn encode_text(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if !string::verbatim(value, out)? {
        let position = position_of(value)?;
        let _ = write!(out, "{:X}/{:X}", position >> 32, position & 0xffff_ffff);
    }
    Ok(())
}

fn position_of(value: &Bound<'_, PyAny>) -> Result<u64, Refused> {
    if !value.is_instance_of::<PyInt>() {
        return Err(Refused::unsuited("howdah.types.Lsn, int or str"));
    }
    value
        .extract()
        .map_err(|_| Refused::invalid("int out of range"))
}

fn lsn(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static LSN: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    LSN.import(py, "howdah.types", "Lsn")
}
