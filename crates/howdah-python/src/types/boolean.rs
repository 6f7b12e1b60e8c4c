//! `bool`. No IO. One byte in binary, `t` or `f` in text.

use pyo3::prelude::*;
use pyo3::types::PyBool;

use super::{Codec, Decoded, Format, Functions, Refused, Scope, string};

pub(super) const BOOL: Functions = Functions {
    decode_binary: Some(decode_binary),
    decode_text,
    encode_binary: Some(encode_binary),
    encode_text,
    result_format: Format::Binary,
    atomic: true,
};

fn decode_binary<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match bytes {
        [0] => Ok(from_bool(scope.py, false)),
        [1] => Ok(from_bool(scope.py, true)),
        _ => Err(Refused::invalid("binary `bool` that is neither 0 nor 1")),
    }
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match bytes {
        b"t" => Ok(from_bool(scope.py, true)),
        b"f" => Ok(from_bool(scope.py, false)),
        _ => Err(Refused::invalid(
            "`bool` in text that is neither `t` nor `f`",
        )),
    }
}

fn from_bool(py: Python<'_>, value: bool) -> Bound<'_, PyAny> {
    PyBool::new(py, value).to_owned().into_any()
}

fn encode_binary(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    out.push(u8::from(truth(value)?));
    Ok(())
}

fn encode_text(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if !string::verbatim(value, out)? {
        out.push(if truth(value)? { b't' } else { b'f' });
    }
    Ok(())
}

/// Only a `bool` is one, or NumPy's: an `int` would make 2 true and lose it.
fn truth(value: &Bound<'_, PyAny>) -> Result<bool, Refused> {
    match value.cast::<PyBool>() {
        Ok(value) => Ok(value.is_true()),
        Err(_) if is_numpys(value) => Ok(value.is_truthy()?),
        Err(_) => Err(Refused::unsuited("bool or str")),
    }
}

fn is_numpys(value: &Bound<'_, PyAny>) -> bool {
    let class = value.get_type();
    class.module().is_ok_and(|module| module == "numpy")
        && class
            .name()
            .is_ok_and(|name| name == "bool" || name == "bool_")
}
