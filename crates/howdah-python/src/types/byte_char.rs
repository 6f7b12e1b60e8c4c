//! `"char"`, the type of one byte that PostgreSQL's catalogue uses, as `str`.
//!
//! No IO. One ASCII character, empty for the byte 0, or `\` and three octal digits for the bytes above
//! 127, as the server itself writes them since PostgreSQL 16. Parameters may also be `bytes` of length
//! 1. Invariant: what is not one byte is refused; the server would silently take the first.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use super::{Codec, Decoded, Format, Functions, Refused, Scope, python};

pub(super) const BYTE_CHAR: Functions = Functions {
    decode_binary: Some(decode_binary),
    decode_text,
    encode_binary: Some(encode_binary),
    encode_text,
    result_format: Format::Binary,
    atomic: true,
};

fn decode_binary<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match bytes {
        [0] => python::str_from_utf8(scope.py, b""),
        [byte @ 0x80..=0xff] => python::str_from_utf8(scope.py, format!("\\{byte:03o}").as_bytes()),
        [_] => python::str_from_utf8(scope.py, bytes),
        _ => Err(Refused::length(1, bytes.len())),
    }
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match bytes {
        // servers before 16 wrote the byte itself
        [0x80..=0xff] => decode_binary(scope, codec, bytes),
        _ => python::str_from_utf8(scope.py, bytes),
    }
}

fn encode_binary(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    out.push(byte_of(value)?);
    Ok(())
}

/// The server takes the first byte of any text; what has more than one is refused here.
fn encode_text(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    match byte_of(value)? {
        0 => {}
        byte @ 1..=0x7f => out.push(byte),
        byte => out.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
    }
    Ok(())
}

fn byte_of(value: &Bound<'_, PyAny>) -> Result<u8, Refused> {
    let text = if let Ok(text) = value.cast::<PyString>() {
        python::utf8(text)?.as_bytes()
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        match bytes.as_bytes() {
            [byte] => return Ok(*byte),
            _ => return Err(Refused::invalid("bytes of another length than 1")),
        }
    } else {
        return Err(Refused::unsuited(
            "str of one ASCII character or bytes of length 1",
        ));
    };
    match text {
        [] => Ok(0),
        [byte @ 1..=0x7f] => Ok(*byte),
        [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7'] => {
            Ok((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'))
        }
        _ => Err(Refused::advised(
            "str that is not one ASCII character",
            "`\"char\"` holds one byte; the type `char(1)` holds one character",
        )),
    }
}
