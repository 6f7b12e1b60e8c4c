//! pgvector's `vector` and `halfvec` as lists of `float`.
//!
//! No IO. The numbers are `float4` and half precision; each becomes the Python `float` of exactly
//! the same value, in both formats.

use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyList};

use super::build::List;
use super::reader::Reader;
use super::{Codec, Decoded, Format, Functions, Refused, Scope, array, string};

pub(super) const VECTOR: Functions = Functions {
    decode_binary: Some(|scope, _, bytes| decode_binary(scope, bytes, Reader::f32)),
    decode_text,
    encode_binary: Some(|_, _, value, out| {
        encode_binary(value, out, |number| Ok(single(number)?.to_be_bytes()))
    }),
    encode_text,
    result_format: Format::Binary,
    atomic: false,
};

pub(super) const HALFVEC: Functions = Functions {
    decode_binary: Some(|scope, _, bytes| {
        decode_binary(scope, bytes, |reader| reader.u16().map(f32_from_half))
    }),
    decode_text,
    encode_binary: Some(|_, _, value, out| {
        encode_binary(value, out, |number| Ok(half(number)?.to_be_bytes()))
    }),
    encode_text,
    result_format: Format::Binary,
    atomic: false,
};

fn decode_binary<'a, 'py>(
    scope: &Scope<'_, 'py>,
    bytes: &'a [u8],
    next: impl Fn(&mut Reader<'a>) -> Result<f32, Refused>,
) -> Decoded<'py> {
    let mut reader = Reader::new(bytes);
    let length = usize::from(reader.u16()?);
    let _unused = reader.u16()?;
    let mut list = List::with_length(scope.py, length)?;
    for _ in 0..length {
        list.push(PyFloat::new(scope.py, f64::from(next(&mut reader)?)).into_any());
    }
    reader.end()?;
    Ok(list.finish().into_any())
}

/// `[1,2.5,3]`. The text is the shortest that names a `float4` (every half is one).
fn decode_text<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let inner = bytes
        .strip_prefix(b"[")
        .and_then(|rest| rest.strip_suffix(b"]"));
    let number = |text: &[u8]| {
        let number: f32 = std::str::from_utf8(text).ok()?.parse().ok()?;
        Some(f64::from(number))
    };
    let numbers: Option<Vec<f64>> = inner
        .map(|text| text.split(|byte| *byte == b',').map(number).collect())
        .unwrap_or_default();
    let numbers = numbers.ok_or_else(|| Refused::invalid("malformed text of a vector"))?;
    Ok(PyList::new(scope.py, numbers)?.into_any())
}

fn encode_binary<const N: usize>(
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
    rounded: impl Fn(f64) -> Result<[u8; N], Refused>,
) -> Result<(), Refused> {
    let numbers = numbers(value)?;
    let length = u16::try_from(numbers.len())
        .map_err(|_| Refused::invalid("vector of more than 65535 dimensions"))?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&[0; 2]);
    for number in numbers {
        out.extend_from_slice(&rounded(number)?);
    }
    Ok(())
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
    let mut before = b'[';
    for number in numbers(value)? {
        out.push(before);
        before = b',';
        out.extend_from_slice(single(number)?.to_string().as_bytes());
    }
    if before == b'[' {
        out.push(b'[');
    }
    out.push(b']');
    Ok(())
}

/// The numbers of a list, a tuple, an array or another sequence.
pub(super) fn numbers(value: &Bound<'_, PyAny>) -> Result<Vec<f64>, Refused> {
    let items = array::items(value)?;
    items
        .try_iter()?
        .map(|item| Ok(item?.extract::<f64>()?))
        .collect()
}

/// A vector holds `float4`: what is too large for it is refused, what is finer is rounded, as the
/// server itself does with text.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to float4 is what the type does"
)]
pub(super) fn single(number: f64) -> Result<f32, Refused> {
    let single = number as f32;
    if single.is_finite() {
        Ok(single)
    } else {
        Err(Refused::invalid(
            "number out of range for an element of a vector",
        ))
    }
}

/// The half that is nearest to a number, of two the even one; refuses what is too large.
fn half(number: f64) -> Result<u16, Refused> {
    let magnitude = number.abs();
    // the distance of neighbours: that of the number's power of two, or of the smallest normal one
    let exponent = (magnitude.log2().floor() as i32).clamp(-14, 15);
    let steps = (magnitude / f64::powi(2.0, exponent - 10)).round_ties_even();
    // a subnormal's steps are its bits; a normal's begin at 1024 with its exponent counted from 1,
    // and rounding up to 2048 carries into the exponent as it must
    let bits = steps + f64::from(exponent + 14) * 1024.0;
    if !number.is_finite() || bits >= f64::from(0x7c00) {
        return Err(Refused::invalid(
            "number out of range for an element of a vector",
        ));
    }
    let sign = if number.is_sign_negative() { 0x8000 } else { 0 };
    Ok(sign | bits as u16)
}

/// IEEE 754 half precision: 1 sign bit, 5 of exponent, 10 of fraction.
fn f32_from_half(half: u16) -> f32 {
    let fraction = f32::from(half & 0x3ff);
    let magnitude = match half >> 10 & 0x1f {
        0 => fraction * f32::powi(2.0, -24),
        0x1f if fraction == 0.0 => f32::INFINITY,
        0x1f => f32::NAN,
        exponent => (1024.0 + fraction) * f32::powi(2.0, i32::from(exponent) - 25),
    };
    if half & 0x8000 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::{f32_from_half, half};

    #[test]
    fn every_half_is_written_as_it_was_read() {
        for bits in (0..=u16::MAX).filter(|bits| bits & 0x7c00 != 0x7c00) {
            assert_eq!(half(f64::from(f32_from_half(bits))).ok(), Some(bits));
        }
    }

    #[test]
    fn numbers_between_halves_go_to_the_nearest_or_the_even_one() {
        assert_eq!(half(1.0 + 0.49 / 1024.0).ok(), Some(0x3c00));
        assert_eq!(half(1.0 + 0.5 / 1024.0).ok(), Some(0x3c00));
        assert_eq!(half(1.0 + 1.5 / 1024.0).ok(), Some(0x3c02));
        assert_eq!(half(2047.9).ok(), Some(0x6800));
        assert_eq!(half(1e-9).ok(), Some(0));
        assert_eq!(half(65519.0).ok(), Some(0x7bff));
        assert!(half(65520.0).is_err());
        assert!(half(f64::NAN).is_err());
    }

    #[test]
    fn halves_keep_their_value() {
        let bits = |half| f32_from_half(half).to_bits();
        assert_eq!(bits(0x3c00), 1.0_f32.to_bits());
        assert_eq!(bits(0xc000), (-2.0_f32).to_bits());
        assert_eq!(bits(0x7bff), 65504.0_f32.to_bits());
        assert_eq!(bits(0x0001), (2.0_f32).powi(-24).to_bits());
        assert_eq!(bits(0x8000), (-0.0_f32).to_bits());
        assert_eq!(bits(0x7c00), f32::INFINITY.to_bits());
        assert!(f32_from_half(0x7e00).is_nan());
    }
}
