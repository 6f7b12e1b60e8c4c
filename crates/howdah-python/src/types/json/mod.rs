//! `json` and `jsonb` as Python objects.
//!
//! No IO. Results are parsed here, or by the connection's `json_loads` from `bytes`. As a parameter a
//! `str` (and `bytes`) is JSON text, as a `str` is PostgreSQL's text for every type; any other value is
//! written as JSON, and `howdah.types.Json` makes JSON of whatever it wraps. See
//! `docs/decisions/types.md`.

mod dump;
mod keys;
mod lexer;
mod load;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyType};

use super::{Codec, Decoded, Format, Functions, Refused, Scope, string};

pub(super) const JSON: Functions = Functions {
    decode_binary: Some(decode),
    decode_text: decode,
    encode_binary: Some(encode),
    encode_text: encode,
    result_format: Format::Text,
    atomic: false,
};

/// As `json`; its binary format has the version of the format before the text.
pub(super) const JSONB: Functions = Functions {
    decode_binary: Some(decode_versioned),
    encode_binary: Some(encode_versioned),
    ..JSON
};

pub(super) const VERSION: u8 = 1;

fn decode<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match &scope.settings.json_loads {
        None => load::load(scope.py, bytes),
        Some(loads) => Ok(loads
            .bind(scope.py)
            .call1((PyBytes::new(scope.py, bytes),))?),
    }
}

fn decode_versioned<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match bytes.split_first() {
        Some((&VERSION, text)) => decode(scope, codec, text),
        _ => Err(Refused::invalid("binary `jsonb` of an unknown version")),
    }
}

static WRAPPER: PyOnceLock<Py<PyType>> = PyOnceLock::new();

fn encode(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if string::verbatim(value, out)? {
        return Ok(());
    }
    if let Ok(text) = value.cast::<PyBytes>() {
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    let py = value.py();
    if value
        .get_type()
        .is(WRAPPER.import(py, "howdah.types", "Json")?)
    {
        return dump::dump(&value.getattr(intern!(py, "value"))?, out);
    }
    dump::dump(value, out)
}

fn encode_versioned(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    out.push(VERSION);
    encode(scope, codec, value, out)
}
