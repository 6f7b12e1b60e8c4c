//! Names of things in the catalogue: `regclass`, `regtype`, `regproc`, ….
//!
//! No IO. They are read as PostgreSQL writes them, a `str` with a schema where the search path needs
//! one; the binary format is the OID alone, so text is asked for. Parameters are names or OIDs.

use pyo3::prelude::*;
use pyo3::types::PyString;

use super::{Codec, Functions, Refused, Scope, integer, string};

pub(super) const REG: Functions = Functions {
    encode_binary: Some(encode_binary),
    encode_text,
    ..string::TEXT
};

/// An OID; a name goes as text.
fn encode_binary(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    match integer::UINT4.encode_binary {
        Some(encode) if !value.is_instance_of::<PyString>() => encode(scope, codec, value, out),
        _ => Err(Refused::unsuited("int or str")),
    }
}

fn encode_text(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    (integer::UINT4.encode_text)(scope, codec, value, out)
}
