//! Bit strings, `bit(n)` and `bit varying`, as `str` of `0` and `1`.
//!
//! No IO. A `str` keeps the length, leading zeros included, which an `int` would lose; `int(bits, 2)`
//! is the number.

use pyo3::prelude::*;

use super::reader::Reader;
use super::{Codec, Decoded, Format, Functions, Refused, Scope, python, string};

pub(super) const BITS: Functions = Functions {
    decode_binary: Some(decode_binary),
    decode_text: string::decode,
    encode_binary: Some(encode_binary),
    encode_text: string::encode,
    result_format: Format::Binary,
    atomic: true,
};

fn decode_binary<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let mut reader = Reader::new(bytes);
    let length = usize::try_from(reader.i32()?).map_err(|_| malformed())?;
    let bytes = reader.take(length.div_ceil(8))?;
    reader.end()?;
    let mut digits = Vec::with_capacity(bytes.len() * 8);
    for byte in bytes {
        digits.extend((0..8).map(|bit| b'0' + (byte >> (7 - bit) & 1)));
    }
    digits.truncate(length);
    python::str_from_utf8(scope.py, &digits)
}

fn encode_binary(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let mut digits = Vec::new();
    string::encode(scope, codec, value, &mut digits)?;
    if digits.iter().any(|digit| !matches!(digit, b'0' | b'1')) {
        return Err(Refused::unsuited("str of `0` and `1`")); // the text format also reads `x1F`
    }
    let length = i32::try_from(digits.len()).map_err(|_| malformed())?;
    out.extend_from_slice(&length.to_be_bytes());
    for byte in digits.chunks(8) {
        let bits = byte.iter().enumerate();
        out.push(bits.fold(0, |sum, (bit, digit)| sum | ((digit - b'0') << (7 - bit))));
    }
    Ok(())
}

#[cold]
fn malformed() -> Refused {
    Refused::invalid("bit string of an impossible length")
}
