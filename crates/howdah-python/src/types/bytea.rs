//! `bytea` as `bytes`.
//!
//! No IO. In text, `bytea_output` decides between `\x` with hexadecimal digits and the older escape
//! format; both are read. Parameters: `bytes`, `bytearray`, `memoryview`; a `str` is PostgreSQL's text.

use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView};

use super::{Codec, Decoded, Format, Functions, Refused, Scope, string};

pub(super) const BYTEA: Functions = Functions {
    decode_binary: Some(decode_binary),
    decode_text,
    encode_binary: Some(encode_binary),
    encode_text,
    result_format: Format::Binary,
    atomic: true,
};

#[expect(clippy::unnecessary_wraps, reason = "a `Decode`")]
fn decode_binary<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    Ok(PyBytes::new(scope.py, bytes).into_any())
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let plain = match bytes {
        [b'\\', b'x', digits @ ..] => from_hex(digits),
        _ => from_escapes(bytes),
    };
    match plain {
        Some(plain) => Ok(PyBytes::new(scope.py, &plain).into_any()),
        None => Err(Refused::invalid(
            "text that is neither hex nor escape format",
        )),
    }
}

fn encode_binary(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    append(value, out)
}

fn encode_text(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if string::verbatim(value, out)? {
        return Ok(());
    }
    let mut plain = Vec::new();
    append(value, &mut plain)?;
    out.reserve(2 + 2 * plain.len());
    out.extend_from_slice(b"\\x");
    out.extend(
        plain
            .iter()
            .flat_map(|byte| [hex_digit(byte >> 4), hex_digit(byte & 15)]),
    );
    Ok(())
}

fn append(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Result<(), Refused> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        out.extend_from_slice(bytes.as_bytes());
    } else if let Ok(bytes) = value.cast::<PyByteArray>() {
        out.extend_from_slice(&bytes.to_vec());
    } else if value.is_instance_of::<PyMemoryView>() {
        out.extend_from_slice(&PyBuffer::<u8>::get(value)?.to_vec(value.py())?);
    } else {
        return Err(Refused::unsuited(
            "bytes, bytearray, memoryview of bytes or str",
        ));
    }
    Ok(())
}

fn hex_digit(half: u8) -> u8 {
    if half < 10 {
        b'0' + half
    } else {
        b'a' + half - 10
    }
}

fn from_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_chunks::<2>();
    let half = |digit: u8| (digit as char).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| Some((half(*high)? << 4 | half(*low)?) as u8);
    if rest.is_empty() {
        pairs.iter().map(byte).collect()
    } else {
        None
    }
}

/// `\\` is a backslash, `\` and three octal digits a byte, everything else itself.
fn from_escapes(mut text: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(text.len());
    loop {
        text = match text {
            [] => return Some(plain),
            [b'\\', b'\\', rest @ ..] => {
                plain.push(b'\\');
                rest
            }
            [
                b'\\',
                a @ b'0'..=b'3',
                b @ b'0'..=b'7',
                c @ b'0'..=b'7',
                rest @ ..,
            ] => {
                plain.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                rest
            }
            [b'\\', ..] => return None,
            [byte, rest @ ..] => {
                plain.push(*byte);
                rest
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex() {
        assert_eq!(from_hex(b""), Some(vec![]));
        assert_eq!(from_hex(b"00fFa5"), Some(vec![0, 255, 0xa5]));
        assert_eq!(from_hex(b"0"), None);
        assert_eq!(from_hex(b"0g"), None);
    }

    #[test]
    fn escapes() {
        assert_eq!(
            from_escapes(b"a\\\\b\\000\\377"),
            Some(b"a\\b\x00\xff".to_vec())
        );
        assert_eq!(from_escapes(b"\\"), None);
        assert_eq!(from_escapes(b"\\400"), None);
        assert_eq!(from_escapes(b"\\12"), None);
    }
}
