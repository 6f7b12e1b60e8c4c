//! Integers: `int2`, `int4`, `int8`, and the unsigned `oid`, `xid`, `cid`, `xid8`.
//!
//! No IO. Every one is a Python `int`. Parameters may be anything with `__index__` (`bool`, `IntEnum`,
//! NumPy's integers), which no `float` has. Invariant: a value outside the type's range is refused
//! here, in both formats; nothing wraps.

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;

use super::{Codec, Decoded, Format, Functions, Refused, Scope, shared_int, string};

/// The functions for one width: binary is the number in network order, text is decimal.
macro_rules! integer {
    ($number:ty) => {{
        fn decode_binary<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
            match bytes.try_into() {
                Ok(bytes) => to_int(scope.py, <$number>::from_be_bytes(bytes)),
                Err(_) => Err(Refused::length(size_of::<$number>(), bytes.len())),
            }
        }

        fn decode_text<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
            match string::ascii(bytes)?.parse::<$number>() {
                Ok(number) => to_int(scope.py, number),
                Err(_) => Err(Refused::invalid("text that is not an integer of this type")),
            }
        }

        fn encode_binary(
            _: &Scope<'_, '_>,
            _: &Codec,
            value: &Bound<'_, PyAny>,
            out: &mut Vec<u8>,
        ) -> Result<(), Refused> {
            out.extend_from_slice(&from_int::<$number>(value)?.to_be_bytes());
            Ok(())
        }

        fn encode_text(
            _: &Scope<'_, '_>,
            _: &Codec,
            value: &Bound<'_, PyAny>,
            out: &mut Vec<u8>,
        ) -> Result<(), Refused> {
            if !string::verbatim(value, out)? {
                let number = from_int::<$number>(value)?;
                out.extend_from_slice(number.to_string().as_bytes());
            }
            Ok(())
        }

        Functions {
            decode_binary: Some(decode_binary),
            decode_text,
            encode_binary: Some(encode_binary),
            encode_text,
            result_format: Format::Binary,
            atomic: true,
        }
    }};
}

pub(super) const INT2: Functions = integer!(i16);
pub(super) const INT4: Functions = integer!(i32);
pub(super) const INT8: Functions = integer!(i64);
/// `oid`, `xid` and `cid`.
pub(super) const UINT4: Functions = integer!(u32);
/// `xid8`.
pub(super) const UINT8: Functions = integer!(u64);

#[inline]
fn to_int<'py, T>(py: Python<'py>, number: T) -> Decoded<'py>
where
    T: IntoPyObject<'py> + TryInto<i64> + Copy,
{
    let object = match number.try_into() {
        Ok(number) => shared_int::int(py, number),
        Err(_) => number.into_bound_py_any(py),
    };
    match object {
        Ok(object) => Ok(object),
        Err(error) => Err(error.into()),
    }
}

#[inline]
fn from_int<'py, T>(value: &Bound<'py, PyAny>) -> Result<T, Refused>
where
    T: Bounded + for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    value
        .extract::<T>()
        .map_err(|error| refusal(value, error, T::BOUNDS))
}

/// The lowest and the highest number of a width.
trait Bounded {
    const BOUNDS: (i128, i128);
}

macro_rules! bounded {
    ($($number:ty),*) => {$(
        impl Bounded for $number {
            const BOUNDS: (i128, i128) = (<$number>::MIN as i128, <$number>::MAX as i128);
        }
    )*};
}

bounded!(i16, i32, i64, u32, u64);

#[cold]
fn refusal(value: &Bound<'_, PyAny>, error: PyErr, (lowest, highest): (i128, i128)) -> Refused {
    if error.is_instance_of::<PyOverflowError>(value.py()) {
        return Refused::invalid(format!("int out of range: {lowest} to {highest}"));
    }
    // what has `__index__` and still failed raised something of its own
    if value
        .hasattr(pyo3::intern!(value.py(), "__index__"))
        .unwrap_or(false)
    {
        return error.into();
    }
    Refused::unsuited("int or str")
}
