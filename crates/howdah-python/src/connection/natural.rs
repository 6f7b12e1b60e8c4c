//! The PostgreSQL type that a Python value has by itself.
//!
//! No IO. Asked only where a statement leaves a parameter's type open (`select $1`): everywhere
//! else the server's declared type decides.

use howdah_wire::Oid;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDate, PyDateTime, PyDelta, PyDict, PyFloat, PyInt, PyList,
    PyMemoryView, PyTime, PyTzInfoAccess,
};

use crate::types::array_of;

const BOOL: Oid = 16;
const BYTEA: Oid = 17;
const INT8: Oid = 20;
const TEXT: Oid = 25;
const FLOAT8: Oid = 701;
const INET: Oid = 869;
const CIDR: Oid = 650;
const DATE: Oid = 1082;
const TIME: Oid = 1083;
const TIMESTAMP: Oid = 1114;
const TIMESTAMPTZ: Oid = 1184;
const INTERVAL: Oid = 1186;
const TIMETZ: Oid = 1266;
const NUMERIC: Oid = 1700;
const UUID: Oid = 2950;
const JSONB: Oid = 3802;

/// The type of `value`, or None for a `str`, for `None` and for classes that say nothing.
pub(crate) fn natural_type(value: &Bound<'_, PyAny>) -> Option<Oid> {
    natural_at(value, 0)
}

/// Deeper lists are no arrays: PostgreSQL's have at most six dimensions. A list may contain itself.
const DEEPEST: usize = 8;

fn natural_at(value: &Bound<'_, PyAny>, depth: usize) -> Option<Oid> {
    if value.is_instance_of::<PyBool>() {
        Some(BOOL)
    } else if value.is_instance_of::<PyInt>() {
        Some(if value.extract::<i64>().is_ok() {
            INT8
        } else {
            NUMERIC
        })
    } else if value.is_instance_of::<PyFloat>() {
        Some(FLOAT8)
    } else if value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyByteArray>()
        || value.is_instance_of::<PyMemoryView>()
    {
        Some(BYTEA)
    } else if value.is_instance_of::<PyDict>() {
        Some(JSONB)
    } else if let Ok(list) = value.cast::<PyList>() {
        let first = list.iter().find(|element| !element.is_none())?;
        let item = (depth < DEEPEST).then(|| natural_at(&first, depth + 1));
        array_of(item.flatten().unwrap_or(TEXT))
    } else {
        temporal_type(value).or_else(|| type_by_name(value))
    }
}

fn temporal_type(value: &Bound<'_, PyAny>) -> Option<Oid> {
    if let Ok(datetime) = value.cast::<PyDateTime>() {
        Some(if datetime.get_tzinfo().is_some() {
            TIMESTAMPTZ
        } else {
            TIMESTAMP
        })
    } else if value.is_instance_of::<PyDate>() {
        Some(DATE)
    } else if let Ok(time) = value.cast::<PyTime>() {
        Some(if time.get_tzinfo().is_some() {
            TIMETZ
        } else {
            TIME
        })
    } else if value.is_instance_of::<PyDelta>() {
        Some(INTERVAL)
    } else {
        None
    }
}

fn type_by_name(value: &Bound<'_, PyAny>) -> Option<Oid> {
    let class = value.get_type();
    let (module, name) = (class.module().ok()?, class.name().ok()?);
    match (module.to_str().ok()?, name.to_str().ok()?) {
        ("numpy", "ndarray") => array_of(dtype_type(
            &value.getattr(pyo3::intern!(value.py(), "dtype")).ok()?,
        )?),
        ("numpy", _) => dtype_type(&value.getattr(pyo3::intern!(value.py(), "dtype")).ok()?),
        ("decimal", "Decimal") => Some(NUMERIC),
        ("uuid", "UUID") => Some(UUID),
        ("ipaddress", "IPv4Address" | "IPv6Address" | "IPv4Interface" | "IPv6Interface") => {
            Some(INET)
        }
        ("ipaddress", "IPv4Network" | "IPv6Network") => Some(CIDR),
        _ => None,
    }
}

/// The type of NumPy's scalars and elements of this `dtype`.
fn dtype_type(dtype: &Bound<'_, PyAny>) -> Option<Oid> {
    let kind: char = dtype
        .getattr(pyo3::intern!(dtype.py(), "kind"))
        .ok()?
        .extract()
        .ok()?;
    let size: u32 = dtype
        .getattr(pyo3::intern!(dtype.py(), "itemsize"))
        .ok()?
        .extract()
        .ok()?;
    match (kind, size) {
        ('b', _) => Some(BOOL),
        ('i', _) | ('u', 0..=4) => Some(INT8),
        ('u', _) => Some(NUMERIC),
        ('f', 0..=8) => Some(FLOAT8),
        ('U', _) => Some(TEXT),
        _ => None,
    }
}
