//! Codecs made of choices: who is called for which format.
//!
//! No IO. [`over`] makes the codec; its structure keeps the choice and howdah's own codec, which does
//! what the choice leaves open. Python functions get the value's text as `str` or its binary form as
//! `bytes`, and are never called for null.
//!
//! Invariant: a function for one format never sees the other.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::super::{
    Codec, Decode, Decoded, Encode, Format, Functions, Refused, Scope, Structure, float, json,
    python, string,
};
use super::codec::{Calls, Chosen, Preset};

/// The codec of the type of `plain` that was chosen in its place.
pub(super) fn over(plain: &Arc<Codec>, chosen: &Chosen) -> Codec {
    let functions = match chosen {
        Chosen::Calls(calls) => called(plain, calls),
        Chosen::Preset(preset) => native(plain, *preset),
    };
    let structure = Structure::Chosen {
        chosen: chosen.clone(),
        plain: Arc::clone(plain),
    };
    Codec::new(plain.oid, plain.name.clone(), functions, structure)
}

fn native(plain: &Codec, preset: Preset) -> Functions {
    match preset {
        Preset::Text => Functions {
            decode_binary: text_in_binary(plain, string::decode, |scope, codec, bytes| {
                string::decode(scope, codec, behind_version(bytes)?)
            }),
            decode_text: string::decode,
            result_format: Format::Text,
            atomic: true,
            ..own(plain)
        },
        Preset::Binary => Functions {
            decode_binary: Some(|scope, _, bytes| Ok(PyBytes::new(scope.py, bytes).into_any())),
            decode_text: no_text,
            encode_binary: Some(encode_bytes),
            result_format: Format::Binary,
            atomic: true,
            ..own(plain)
        },
        Preset::Float => Functions {
            decode_binary: None,
            decode_text: |scope, codec, bytes| (float::FLOAT8.decode_text)(scope, codec, bytes),
            result_format: Format::Text,
            atomic: true,
            ..own(plain)
        },
    }
}

/// What the functions of a program read and write; howdah's own where there is none.
fn called(plain: &Codec, calls: &Calls) -> Functions {
    let own = own(plain);
    let (decode_binary, decode_text, result_format) = match (&calls.decode, &calls.decode_binary) {
        (None, None) => (own.decode_binary, own.decode_text, own.result_format),
        (Some(_), None) => {
            let in_binary = text_in_binary(plain, decode_text, |scope, codec, bytes| {
                decode_text(scope, codec, behind_version(bytes)?)
            });
            (in_binary, decode_text as Decode, Format::Text)
        }
        (text, Some(_)) => {
            let text = if text.is_some() { decode_text } else { no_text };
            (Some(decode_binary as Decode), text, Format::Binary)
        }
    };
    let (encode_binary, encode_text) = match (&calls.encode, &calls.encode_binary) {
        (None, None) => (own.encode_binary, own.encode_text),
        (Some(_), None) => (
            plain.encode_binary.map(|_| encode_value as Encode),
            encode_text as Encode,
        ),
        (None, Some(_)) => (Some(encode_binary as Encode), no_text_out as Encode),
        (Some(_), Some(_)) => (Some(encode_binary as Encode), encode_text as Encode),
    };
    Functions {
        decode_binary,
        decode_text,
        encode_binary,
        encode_text,
        result_format,
        atomic: false,
    }
}

/// Functions that pass on to howdah's own codec.
fn own(plain: &Codec) -> Functions {
    Functions {
        decode_binary: plain.decode_binary.map(|_| -> Decode {
            |scope, codec, bytes| {
                let plain = plain_of(codec)?;
                let decode = plain.decode_binary.ok_or_else(foreign)?;
                decode(scope, plain, bytes)
            }
        }),
        decode_text: |scope, codec, bytes| {
            let plain = plain_of(codec)?;
            (plain.decode_text)(scope, plain, bytes)
        },
        encode_binary: plain.encode_binary.map(|_| -> Encode {
            |scope, codec, value, out| {
                let plain = plain_of(codec)?;
                let encode = plain.encode_binary.ok_or_else(foreign)?;
                encode(scope, plain, value, out)
            }
        }),
        encode_text: |scope, codec, value, out| {
            let plain = plain_of(codec)?;
            (plain.encode_text)(scope, plain, value, out)
        },
        result_format: plain.result_format,
        atomic: plain.atomic,
    }
}

/// The reader of binary values for types whose binary format is their text, as it is or (jsonb)
/// behind a version.
fn text_in_binary(plain: &Codec, same: Decode, versioned: Decode) -> Option<Decode> {
    let found = plain.decode_binary?;
    let is = |known: &Functions| {
        known
            .decode_binary
            .is_some_and(|known| std::ptr::fn_addr_eq(known, found))
    };
    if is(&string::STRING) || is(&json::JSON) {
        Some(same)
    } else if is(&json::JSONB) {
        Some(versioned)
    } else {
        None
    }
}

fn behind_version(bytes: &[u8]) -> Result<&[u8], Refused> {
    match bytes.split_first() {
        Some((&json::VERSION, text)) => Ok(text),
        _ => Err(Refused::invalid("binary value of an unknown version")),
    }
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let decode = calls(codec)?.decode.as_ref().ok_or_else(foreign)?;
    let text = python::str_from_utf8(scope.py, bytes)?;
    Ok(decode.bind(scope.py).call1((text,))?)
}

fn decode_binary<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let decode = calls(codec)?.decode_binary.as_ref().ok_or_else(foreign)?;
    Ok(decode
        .bind(scope.py)
        .call1((PyBytes::new(scope.py, bytes),))?)
}

fn no_text<'py>(_: &Scope<'_, 'py>, codec: &Codec, _: &[u8]) -> Decoded<'py> {
    Err(Refused::advised(
        format!(
            "a text value of `{}`, whose chosen codec reads binary ones only",
            codec.name
        ),
        "give the codec a `decode` too: statements without parameters may be answered in text",
    ))
}

/// The program's value as one that howdah's own codec takes.
fn encode_value(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let plain = plain_of(codec)?;
    let encode = plain.encode_binary.ok_or_else(foreign)?;
    encode(scope, plain, &encoded(codec, value)?, out)
}

fn encode_text(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let plain = plain_of(codec)?;
    let encoded = encoded(codec, value)?;
    (plain.encode_text)(scope, plain, &encoded, out).map_err(|refused| {
        refused
            .settled(&encoded)
            .inside(|| "what `encode` made".to_owned())
    })
}

fn encoded<'py>(codec: &Codec, value: &Bound<'py, PyAny>) -> Decoded<'py> {
    let encode = calls(codec)?.encode.as_ref().ok_or_else(foreign)?;
    let encoded = encode.bind(value.py()).call1((value,))?;
    if encoded.is_none() {
        return Err(Refused::invalid(
            "the codec's `encode` made None of a value",
        ));
    }
    Ok(encoded)
}

fn encode_binary(
    _: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let encode = calls(codec)?.encode_binary.as_ref().ok_or_else(foreign)?;
    let encoded = encode.bind(value.py()).call1((value,))?;
    let Ok(bytes) = encoded.cast::<PyBytes>() else {
        let found = encoded.get_type().name()?;
        return Err(Refused::invalid(format!(
            "the codec's `encode_binary` must make bytes, found `{found}`"
        )));
    };
    out.extend_from_slice(bytes.as_bytes());
    Ok(())
}

fn no_text_out(
    _: &Scope<'_, '_>,
    codec: &Codec,
    _: &Bound<'_, PyAny>,
    _: &mut Vec<u8>,
) -> Result<(), Refused> {
    Err(Refused::advised(
        format!(
            "`{}` as text, where its chosen codec writes binary only",
            codec.name
        ),
        "give the codec an `encode` too: what it is a part of has no binary form",
    ))
}

/// `bytes` are the binary form; what else the type takes is written as usual.
fn encode_bytes(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        out.extend_from_slice(bytes.as_bytes());
        return Ok(());
    }
    let plain = plain_of(codec)?;
    match plain.encode_binary {
        Some(encode) => encode(scope, plain, value, out),
        None => Err(Refused::unsuited("bytes or str")),
    }
}

fn plain_of(codec: &Codec) -> Result<&Codec, Refused> {
    match &codec.structure {
        Structure::Chosen { plain, .. } => Ok(plain),
        _ => Err(foreign()),
    }
}

fn calls(codec: &Codec) -> Result<&Calls, Refused> {
    match &codec.structure {
        Structure::Chosen {
            chosen: Chosen::Calls(calls),
            ..
        } => Ok(calls),
        _ => Err(foreign()),
    }
}

#[cold]
fn foreign() -> Refused {
    Refused::invalid("codec without the functions it was made for")
}
