//! `date` as `datetime.date`, or `howdah.types.Date` for infinities and years outside 1-9999.

use pyo3::prelude::*;
use pyo3::types::{PyDate, PyDateAccess, PyDateTime};

use super::civil::Civil;
use super::{Beyond, text};
use crate::types::{Codec, Decoded, Format, Functions, Refused, Scope, string};

pub(in crate::types) const DATE: Functions = Functions {
    decode_binary: Some(decode_binary),
    decode_text,
    encode_binary: Some(encode_binary),
    encode_text,
    result_format: Format::Binary,
    atomic: true,
};

/// From 0001-01-01 to 9999-12-31.
const DAYS_OF_PYTHON: std::ops::RangeInclusive<i32> = -730_119..=2_921_939;

static BEYOND: Beyond = Beyond::new("Date");

fn decode_binary<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match bytes.try_into() {
        Ok(bytes) => to_date(scope.py, i32::from_be_bytes(bytes)),
        Err(_) => Err(Refused::length(4, bytes.len())),
    }
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match text::read_date(bytes) {
        Some(days) => to_date(scope.py, days),
        None => Err(Refused::advised(
            "text that is not an ISO date",
            "set `DateStyle` to ISO",
        )),
    }
}

#[inline]
fn to_date(py: Python<'_>, days: i32) -> Decoded<'_> {
    if DAYS_OF_PYTHON.contains(&days) {
        let Civil { year, month, day } = Civil::from_days(days);
        return Ok(PyDate::new(py, year, month, day)?.into_any());
    }
    BEYOND.decode(py, days)
}

fn encode_binary(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    out.extend_from_slice(&from_date(value)?.to_be_bytes());
    Ok(())
}

fn encode_text(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if !string::verbatim(value, out)? {
        text::write_date(from_date(value)?, out);
    }
    Ok(())
}

fn from_date(value: &Bound<'_, PyAny>) -> Result<i32, Refused> {
    if value.is_instance_of::<PyDateTime>() {
        return Err(Refused::advised(
            "a datetime, whose time of day would be lost",
            "pass its `.date()`",
        ));
    }
    if let Ok(date) = value.cast::<PyDate>() {
        return Ok(days_of(date) as i32); // Python's years end at 9999
    }
    match BEYOND.encode(value)? {
        Some(days) => Ok(days),
        None => Err(Refused::unsuited("datetime.date, howdah.types.Date or str")),
    }
}

/// Days from 2000-01-01.
pub(super) fn days_of(date: &impl PyDateAccess) -> i64 {
    let (year, month, day) = (date.get_year(), date.get_month(), date.get_day());
    Civil { year, month, day }.to_days()
}
