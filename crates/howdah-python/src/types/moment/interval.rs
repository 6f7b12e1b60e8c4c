//! `interval` as `datetime.timedelta`, or `howdah.types.Interval` for months, infinities and what is
//! longer than a `timedelta` can be.
//!
//! A `timedelta` is a length of time, in which a day is 24 hours; so is an interval without months
//! where PostgreSQL compares it. Days and time of such an interval are added, and a `timedelta` is
//! sent as whole days and the rest, both of the same sign. Who needs `36:00:00` and `1 day 12:00:00`
//! kept apart sends `howdah.types.Interval`.

use pyo3::prelude::*;
use pyo3::types::{PyDelta, PyDeltaAccess};

use super::text::{DAY, SECOND, Span};
use super::{Beyond, text};
use crate::types::{Codec, Decoded, Format, Functions, Refused, Scope, string};

pub(in crate::types) const INTERVAL: Functions = Functions {
    decode_binary: Some(decode_binary),
    decode_text,
    encode_binary: Some(encode_binary),
    encode_text,
    result_format: Format::Binary,
    atomic: true,
};

/// `timedelta.max.days`.
const MAX_DAYS: i64 = 999_999_999;

static BEYOND: Beyond = Beyond::new("Interval");

fn decode_binary<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match read(bytes) {
        Some(span) => to_delta(scope.py, span),
        None => Err(Refused::length(16, bytes.len())),
    }
}

fn read(bytes: &[u8]) -> Option<Span> {
    let (microseconds, rest) = bytes.split_first_chunk::<8>()?;
    let (days, months) = rest.split_first_chunk::<4>()?;
    Some(Span {
        months: i32::from_be_bytes(months.try_into().ok()?),
        days: i32::from_be_bytes(*days),
        microseconds: i64::from_be_bytes(*microseconds),
    })
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match text::read_interval(bytes) {
        Some(span) => to_delta(scope.py, span),
        None => Err(Refused::advised(
            "text that is not an interval in PostgreSQL's own style",
            "set `IntervalStyle` to postgres",
        )),
    }
}

#[inline]
fn to_delta(py: Python<'_>, span: Span) -> Decoded<'_> {
    let days = i64::from(span.days) + span.microseconds.div_euclid(DAY);
    if span.months == 0 && (-MAX_DAYS..=MAX_DAYS).contains(&days) {
        let time = span.microseconds.rem_euclid(DAY);
        let (seconds, fraction) = ((time / SECOND) as i32, (time % SECOND) as i32);
        // normal already, as `timedelta` wants it: nothing left to carry over
        return Ok(PyDelta::new(py, days as i32, seconds, fraction, false)?.into_any());
    }
    BEYOND.decode(py, (span.months, span.days, span.microseconds))
}

fn encode_binary(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let span = from_delta(value)?;
    out.extend_from_slice(&span.microseconds.to_be_bytes());
    out.extend_from_slice(&span.days.to_be_bytes());
    out.extend_from_slice(&span.months.to_be_bytes());
    Ok(())
}

fn encode_text(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if !string::verbatim(value, out)? {
        text::write_interval(from_delta(value)?, out);
    }
    Ok(())
}

fn from_delta(value: &Bound<'_, PyAny>) -> Result<Span, Refused> {
    if let Ok(delta) = value.cast::<PyDelta>() {
        return Ok(parted(delta));
    }
    match BEYOND.encode::<(i32, i32, i64)>(value)? {
        Some((months, days, microseconds)) => Ok(Span {
            months,
            days,
            microseconds,
        }),
        None => Err(Refused::unsuited(
            "datetime.timedelta, howdah.types.Interval or str",
        )),
    }
}

/// Python's -1 hour is -1 day and 23 hours; ours is -1 hour.
fn parted(delta: &Bound<'_, PyDelta>) -> Span {
    let days = delta.get_days();
    let time = i64::from(delta.get_seconds()) * SECOND + i64::from(delta.get_microseconds());
    let (days, microseconds) = if days < 0 && time > 0 {
        (days + 1, time - DAY)
    } else {
        (days, time)
    };
    Span {
        months: 0,
        days,
        microseconds,
    }
}
