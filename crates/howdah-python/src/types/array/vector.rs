//! `int2vector` and `oidvector`: arrays of one dimension from 0 on, as lists.
//!
//! No IO. Both formats differ from other arrays only in what the catalogue's columns need: binary
//! has the lower bound 0, which is not kept, text is numbers and spaces.

use pyo3::prelude::*;

use super::super::build::List;
use super::super::reader::write_value;
use super::super::{Codec, Decoded, Format, Functions, Refused, Scope, string};
use super::{decode, encode, parts};

pub(in super::super) const VECTOR: Functions = Functions {
    decode_binary: Some(decode_binary),
    decode_text,
    encode_binary: Some(encode_binary),
    encode_text,
    result_format: Format::Binary,
    atomic: false,
};

fn decode_binary<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let (element, _) = parts(codec)?;
    let (list, _) = decode::binary_list(scope, element, bytes, decode::any)?;
    Ok(list.into_any())
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let (element, _) = parts(codec)?;
    let words = || {
        bytes
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty())
    };
    let mut list = List::with_length(scope.py, words().count())?;
    for word in words() {
        list.push((element.decode_text)(scope, element, word)?);
    }
    Ok(list.finish().into_any())
}

/// The server reads no empty vector in binary: text takes it.
fn encode_binary(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let (element, _) = parts(codec)?;
    let encode = element.encode_binary.ok_or_else(unsuited)?;
    let items = encode::items(value)?;
    let length = items.len()?;
    if length == 0 {
        return Err(unsuited());
    }
    for head in [1, 0, element.oid, length as u32, 0] {
        out.extend_from_slice(&head.to_be_bytes());
    }
    let mut written = 0;
    for item in items.try_iter()? {
        write_value(out, |out| encode(scope, element, &item?, out))?;
        written += 1;
    }
    if written == length {
        Ok(())
    } else {
        Err(Refused::invalid("list that changed while it was written"))
    }
}

fn encode_text(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if string::verbatim(value, out)? {
        return Ok(());
    }
    let (element, _) = parts(codec)?;
    for (position, item) in encode::items(value)?.try_iter()?.enumerate() {
        if position > 0 {
            out.push(b' ');
        }
        (element.encode_text)(scope, element, &item?, out)?;
    }
    Ok(())
}

#[cold]
fn unsuited() -> Refused {
    Refused::unsuited("list or tuple of int")
}
