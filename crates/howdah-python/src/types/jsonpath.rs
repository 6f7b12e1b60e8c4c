//! `jsonpath` as `str`.
//!
//! No IO. The binary format is the text behind a version, which has been 1 since PostgreSQL 12.

use pyo3::prelude::*;

use super::{Codec, Decoded, Functions, Refused, Scope, string};

pub(super) const JSONPATH: Functions = Functions {
    decode_binary: Some(decode_binary),
    encode_binary: Some(encode_binary),
    ..string::TEXT
};

const VERSION: u8 = 1;

fn decode_binary<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match bytes.split_first() {
        Some((&VERSION, path)) => string::decode(scope, codec, path),
        _ => Err(Refused::invalid("jsonpath of an unknown version")),
    }
}

fn encode_binary(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    out.push(VERSION);
    string::encode(scope, codec, value, out)
}
