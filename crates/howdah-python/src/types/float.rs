//! `float4` and `float8` as Python `float`.
//!
//! No IO. `float8` is Python's own format: every value, NaN and the infinities pass unchanged. A
//! `float4` is widened to the `float` of the same value, so `0.1::float4` is 0.10000000149011612 in
//! both formats. Parameters may be `float`, `int` or whatever else has `__float__` (`Decimal`,
//! NumPy's numbers) except `bool`, and are rounded to the nearest as a cast in PostgreSQL does.
//! Invariant: a finite parameter never becomes an infinite value.

use std::io::Write;

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat};

use super::{Codec, Decoded, Format, Functions, Refused, Scope, string};

pub(super) const FLOAT4: Functions = Functions {
    decode_binary: Some(decode_binary4),
    decode_text: decode_text4,
    encode_binary: Some(encode_binary4),
    encode_text: encode_text4,
    result_format: Format::Binary,
    atomic: true,
};

pub(super) const FLOAT8: Functions = Functions {
    decode_binary: Some(decode_binary8),
    decode_text: decode_text8,
    encode_binary: Some(encode_binary8),
    encode_text: encode_text8,
    ..FLOAT4
};

fn decode_binary4<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match bytes.try_into() {
        Ok(bytes) => Ok(to_float(scope.py, f32::from_be_bytes(bytes).into())),
        Err(_) => Err(Refused::length(4, bytes.len())),
    }
}

fn decode_binary8<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match bytes.try_into() {
        Ok(bytes) => Ok(to_float(scope.py, f64::from_be_bytes(bytes))),
        Err(_) => Err(Refused::length(8, bytes.len())),
    }
}

fn decode_text4<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match string::ascii(bytes)?.parse::<f32>() {
        Ok(number) => Ok(to_float(scope.py, number.into())),
        Err(_) => Err(Refused::invalid("text that is not a number")),
    }
}

fn decode_text8<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match string::ascii(bytes)?.parse::<f64>() {
        Ok(number) => Ok(to_float(scope.py, number)),
        Err(_) => Err(Refused::invalid("text that is not a number")),
    }
}

fn to_float(py: Python<'_>, number: f64) -> Bound<'_, PyAny> {
    PyFloat::new(py, number).into_any()
}

fn encode_binary4(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    out.extend_from_slice(&narrowed(from_float(value)?)?.to_be_bytes());
    Ok(())
}

fn encode_binary8(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    out.extend_from_slice(&from_float(value)?.to_be_bytes());
    Ok(())
}

fn encode_text4(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if !string::verbatim(value, out)? {
        // Rust's shortest text that reads back as the same number; a Vec takes every write
        let _ = write!(out, "{:?}", narrowed(from_float(value)?)?);
    }
    Ok(())
}

fn encode_text8(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if !string::verbatim(value, out)? {
        let _ = write!(out, "{:?}", from_float(value)?);
    }
    Ok(())
}

fn narrowed(number: f64) -> Result<f32, Refused> {
    let narrow = number as f32;
    if narrow.is_infinite() && number.is_finite() {
        return Err(Refused::invalid("number out of range"));
    }
    Ok(narrow)
}

#[inline]
fn from_float(value: &Bound<'_, PyAny>) -> Result<f64, Refused> {
    if let Ok(number) = value.cast::<PyFloat>() {
        return Ok(number.value());
    }
    from_number(value)
}

fn from_number(value: &Bound<'_, PyAny>) -> Result<f64, Refused> {
    const ACCEPTED: &str = "float, int, decimal.Decimal or str";
    if value.is_instance_of::<PyBool>() || is_numpys_complex(value) {
        return Err(Refused::unsuited(ACCEPTED));
    }
    value.extract::<f64>().map_err(|error| {
        let py = value.py();
        if error.is_instance_of::<PyOverflowError>(py) {
            Refused::invalid("number out of range")
        } else if error.is_instance_of::<PyTypeError>(py) {
            Refused::unsuited(ACCEPTED)
        } else {
            error.into()
        }
    })
}

/// NumPy's complex numbers have `__float__`, which drops a part of them.
fn is_numpys_complex(value: &Bound<'_, PyAny>) -> bool {
    let name = value.get_type().name();
    name.is_ok_and(|name| name.to_str().is_ok_and(|name| name.contains("complex")))
}
