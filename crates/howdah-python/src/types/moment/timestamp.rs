//! `timestamp` as naive and `timestamptz` as aware `datetime.datetime`, the latter in UTC; or
//! `howdah.types.Timestamp` and `TimestampTZ` for infinities and years outside 1-9999.
//!
//! A naive parameter for `timestamptz` is refused, and an aware one for `timestamp`: either would have
//! to guess or drop a zone.

use pyo3::prelude::*;
use pyo3::types::{PyDate, PyDateTime, PyTzInfo, PyTzInfoAccess};

use super::civil::Civil;
use super::date::days_of;
use super::text::{DAY, SECOND};
use super::{Beyond, text, utc_offset};
use crate::types::{Codec, Decoded, Format, Functions, Refused, Scope, string};

pub(in crate::types) const TIMESTAMP: Functions = Functions {
    decode_binary: Some(decode_binary),
    decode_text,
    encode_binary: Some(encode_binary),
    encode_text,
    result_format: Format::Binary,
    atomic: true,
};

pub(in crate::types) const TIMESTAMPTZ: Functions = Functions {
    decode_binary: Some(decode_binary_zoned),
    decode_text: decode_text_zoned,
    encode_binary: Some(encode_binary_zoned),
    encode_text: encode_text_zoned,
    ..TIMESTAMP
};

/// From 0001-01-01 00:00 to 9999-12-31 23:59:59.999999, in microseconds from 2000-01-01.
const MICROSECONDS_OF_PYTHON: std::ops::Range<i64> = -730_119 * DAY..2_921_940 * DAY;

static BEYOND: Beyond = Beyond::new("Timestamp");
static BEYOND_ZONED: Beyond = Beyond::new("TimestampTZ");

const NOT_ISO: &str = "text that is not an ISO timestamp";
const SET_ISO: &str = "set `DateStyle` to ISO";

fn decode_binary<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match bytes.try_into() {
        Ok(bytes) => to_naive(scope.py, i64::from_be_bytes(bytes)),
        Err(_) => Err(Refused::length(8, bytes.len())),
    }
}

fn decode_binary_zoned<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match bytes.try_into() {
        Ok(bytes) => to_aware(scope.py, i64::from_be_bytes(bytes)),
        Err(_) => Err(Refused::length(8, bytes.len())),
    }
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match text::read_timestamp(bytes, false) {
        Some(microseconds) => to_naive(scope.py, microseconds),
        None => Err(Refused::advised(NOT_ISO, SET_ISO)),
    }
}

fn decode_text_zoned<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match text::read_timestamp(bytes, true) {
        Some(microseconds) => to_aware(scope.py, microseconds),
        None => Err(Refused::advised(NOT_ISO, SET_ISO)),
    }
}

#[inline]
fn to_naive(py: Python<'_>, microseconds: i64) -> Decoded<'_> {
    if MICROSECONDS_OF_PYTHON.contains(&microseconds) {
        return datetime(py, microseconds, None);
    }
    BEYOND.decode(py, microseconds)
}

#[inline]
fn to_aware(py: Python<'_>, microseconds: i64) -> Decoded<'_> {
    if MICROSECONDS_OF_PYTHON.contains(&microseconds) {
        let utc = PyTzInfo::utc(py)?;
        return datetime(py, microseconds, Some(&utc));
    }
    BEYOND_ZONED.decode(py, microseconds)
}

#[inline]
fn datetime<'py>(
    py: Python<'py>,
    microseconds: i64,
    zone: Option<&Bound<'py, PyTzInfo>>,
) -> Decoded<'py> {
    let Civil { year, month, day } = Civil::from_days(microseconds.div_euclid(DAY) as i32);
    let time = microseconds.rem_euclid(DAY);
    let (seconds, fraction) = ((time / SECOND) as u32, (time % SECOND) as u32);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let (hour, minute, second) = (hour as u8, minute as u8, second as u8);
    let made = PyDateTime::new(py, year, month, day, hour, minute, second, fraction, zone)?;
    Ok(made.into_any())
}

fn encode_binary(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    out.extend_from_slice(&from_naive(value)?.to_be_bytes());
    Ok(())
}

fn encode_binary_zoned(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    out.extend_from_slice(&from_aware(value)?.to_be_bytes());
    Ok(())
}

fn encode_text(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if !string::verbatim(value, out)? {
        text::write_timestamp(from_naive(value)?, false, out);
    }
    Ok(())
}

fn encode_text_zoned(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if !string::verbatim(value, out)? {
        text::write_timestamp(from_aware(value)?, true, out);
    }
    Ok(())
}

/// A `date` stands for its midnight, as in PostgreSQL.
fn from_naive(value: &Bound<'_, PyAny>) -> Result<i64, Refused> {
    if let Ok(datetime) = value.cast::<PyDateTime>() {
        if datetime.get_tzinfo().is_some() {
            return Err(Refused::advised(
                "an aware datetime, whose zone would be lost",
                "use `timestamptz`, or drop the zone by `.replace(tzinfo=None)`",
            ));
        }
        return Ok(local_microseconds(datetime));
    }
    if let Ok(date) = value.cast::<PyDate>() {
        return Ok(days_of(date) * DAY);
    }
    match BEYOND.encode(value)? {
        Some(microseconds) => Ok(microseconds),
        None => Err(Refused::unsuited(
            "naive datetime.datetime, datetime.date, howdah.types.Timestamp or str",
        )),
    }
}

fn from_aware(value: &Bound<'_, PyAny>) -> Result<i64, Refused> {
    if let Ok(datetime) = value.cast::<PyDateTime>() {
        return match east_of_utc(datetime)? {
            Some(east) => Ok(local_microseconds(datetime) - east),
            None => Err(Refused::advised(
                "a naive datetime, which is no moment without a zone",
                "give it a zone, such as `tzinfo=datetime.UTC`",
            )),
        };
    }
    match BEYOND_ZONED.encode(value)? {
        Some(microseconds) => Ok(microseconds),
        None => Err(Refused::unsuited(
            "aware datetime.datetime, howdah.types.TimestampTZ or str",
        )),
    }
}

fn east_of_utc(datetime: &Bound<'_, PyDateTime>) -> Result<Option<i64>, Refused> {
    match datetime.get_tzinfo() {
        None => Ok(None),
        Some(zone) if zone.is(PyTzInfo::utc(datetime.py())?.as_any()) => Ok(Some(0)),
        Some(_) => utc_offset(datetime),
    }
}

/// The clock's reading, in microseconds from 2000-01-01 00:00 on the same clock.
fn local_microseconds(datetime: &Bound<'_, PyDateTime>) -> i64 {
    days_of(datetime) * DAY + super::time::microseconds_of_day(datetime)
}
