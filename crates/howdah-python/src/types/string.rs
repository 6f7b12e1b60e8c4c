//! Text: `text`, `varchar`, `bpchar`, `name`, `xml`, … and every type without a codec of its own.
//!
//! No IO. Both formats of these types are the text itself, in UTF-8, which the driver asks for at
//! connection. [`STRING`] is for types whose binary format is their text, [`TEXT`] for the rest.

use pyo3::prelude::*;
use pyo3::types::PyString;

use super::{Codec, Decoded, Format, Functions, Refused, Scope, python};

/// `str` in both formats.
pub(super) const STRING: Functions = Functions {
    decode_binary: Some(decode),
    decode_text: decode,
    encode_binary: Some(encode),
    encode_text: encode,
    result_format: Format::Text,
    atomic: true,
};

/// `str` in the text format; the binary format is not known to us.
pub(super) const TEXT: Functions = Functions {
    decode_binary: None,
    encode_binary: None,
    ..STRING
};

/// `void`, what functions without a result return: None.
pub(super) const VOID: Functions = Functions {
    decode_binary: None,
    decode_text: decode_void,
    encode_binary: None,
    ..STRING
};

#[expect(clippy::unnecessary_wraps, reason = "a `Decode`")]
fn decode_void<'py>(scope: &Scope<'_, 'py>, _: &Codec, _: &[u8]) -> Decoded<'py> {
    Ok(scope.py.None().into_bound(scope.py))
}

pub(super) fn decode<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    python::str_from_utf8(scope.py, bytes)
}

pub(super) fn encode(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if verbatim(value, out)? {
        Ok(())
    } else {
        Err(Refused::unsuited("str"))
    }
}

/// Appends a `str` as it is, the form in which every type takes its text; false for others.
pub(super) fn verbatim(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Result<bool, Refused> {
    let Ok(text) = value.cast::<PyString>() else {
        return Ok(false);
    };
    out.extend_from_slice(python::utf8(text)?.as_bytes());
    Ok(true)
}

/// ASCII text from the server, such as numbers are written in.
pub(super) fn ascii(bytes: &[u8]) -> Result<&str, Refused> {
    std::str::from_utf8(bytes).map_err(|_| Refused::invalid("text that is not ASCII"))
}
