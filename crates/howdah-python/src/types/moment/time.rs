//! `time` as naive and `timetz` as aware `datetime.time`, keeping its offset; or
//! `howdah.types.EndOfDay` for 24:00.

use pyo3::prelude::*;
use pyo3::types::{PyDelta, PyTime, PyTimeAccess, PyTzInfo, PyTzInfoAccess};

use super::text::{DAY, SECOND, ZonedTime};
use super::{Beyond, text, utc_offset};
use crate::types::{Codec, Decoded, Format, Functions, Refused, Scope, string};

pub(in crate::types) const TIME: Functions = Functions {
    decode_binary: Some(decode_binary),
    decode_text,
    encode_binary: Some(encode_binary),
    encode_text,
    result_format: Format::Binary,
    atomic: true,
};

pub(in crate::types) const TIMETZ: Functions = Functions {
    decode_binary: Some(decode_binary_zoned),
    decode_text: decode_text_zoned,
    encode_binary: Some(encode_binary_zoned),
    encode_text: encode_text_zoned,
    ..TIME
};

/// Carries seconds west of UTC, or None without a zone.
static BEYOND: Beyond = Beyond::new("EndOfDay");

const NOT_A_TIME: &str = "text that is not a time of day";

fn decode_binary<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match bytes.try_into() {
        Ok(bytes) => to_naive(scope.py, i64::from_be_bytes(bytes)),
        Err(_) => Err(Refused::length(8, bytes.len())),
    }
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match text::read_time(bytes) {
        Some(time) => to_naive(scope.py, time),
        None => Err(Refused::invalid(NOT_A_TIME)),
    }
}

fn decode_binary_zoned<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let parts = bytes.split_first_chunk::<8>();
    match parts.map(|(time, west)| (time, <[u8; 4]>::try_from(west))) {
        Some((time, Ok(west))) => {
            let (time, west) = (i64::from_be_bytes(*time), i32::from_be_bytes(west));
            to_aware(scope.py, ZonedTime { time, west })
        }
        _ => Err(Refused::length(12, bytes.len())),
    }
}

fn decode_text_zoned<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match text::read_zoned_time(bytes) {
        Some(value) => to_aware(scope.py, value),
        None => Err(Refused::invalid(NOT_A_TIME)),
    }
}

fn to_naive(py: Python<'_>, time: i64) -> Decoded<'_> {
    match time {
        DAY => BEYOND.decode(py, None::<i32>),
        _ => of_day(py, time, None),
    }
}

fn to_aware(py: Python<'_>, value: ZonedTime) -> Decoded<'_> {
    if value.time == DAY {
        return BEYOND.decode(py, value.west);
    }
    if value.west == 0 {
        let utc = PyTzInfo::utc(py)?;
        return of_day(py, value.time, Some(&utc));
    }
    let east = PyDelta::new(py, 0, value.west.saturating_neg(), 0, true)?;
    let zone = PyTzInfo::fixed_offset(py, east)?;
    of_day(py, value.time, Some(&zone))
}

fn of_day<'py>(py: Python<'py>, time: i64, zone: Option<&Bound<'py, PyTzInfo>>) -> Decoded<'py> {
    if !(0..DAY).contains(&time) {
        return Err(Refused::invalid("binary time outside of a day"));
    }
    let (seconds, fraction) = ((time / SECOND) as u32, (time % SECOND) as u32);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let made = PyTime::new(py, hour as u8, minute as u8, second as u8, fraction, zone)?;
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
    let ZonedTime { time, west } = from_aware(value)?;
    out.extend_from_slice(&time.to_be_bytes());
    out.extend_from_slice(&west.to_be_bytes());
    Ok(())
}

fn encode_text(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if !string::verbatim(value, out)? {
        text::write_time(from_naive(value)?, out);
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
        text::write_zoned_time(from_aware(value)?, out);
    }
    Ok(())
}

fn from_naive(value: &Bound<'_, PyAny>) -> Result<i64, Refused> {
    let zoned = if let Ok(time) = value.cast::<PyTime>() {
        if time.get_tzinfo().is_none() {
            return Ok(microseconds_of_day(time));
        }
        true
    } else {
        match BEYOND.encode::<Option<i32>>(value)? {
            Some(None) => return Ok(DAY),
            Some(Some(_)) => true,
            None => false,
        }
    };
    if zoned {
        return Err(Refused::advised(
            "an aware time, whose offset would be lost",
            "use `timetz`, or drop the offset by `.replace(tzinfo=None)`",
        ));
    }
    Err(Refused::unsuited(
        "naive datetime.time, howdah.types.EndOfDay or str",
    ))
}

fn from_aware(value: &Bound<'_, PyAny>) -> Result<ZonedTime, Refused> {
    let found = if let Ok(time) = value.cast::<PyTime>() {
        let east = utc_offset(time)?.map(west_seconds).transpose()?;
        east.map(|west| ZonedTime {
            time: microseconds_of_day(time),
            west,
        })
    } else {
        match BEYOND.encode::<Option<i32>>(value)? {
            Some(west) => west.map(|west| ZonedTime { time: DAY, west }),
            None => {
                return Err(Refused::unsuited(
                    "aware datetime.time, howdah.types.EndOfDay or str",
                ));
            }
        }
    };
    found.ok_or_else(|| {
        Refused::advised(
            "a time without an offset from UTC",
            "give it a fixed one, such as `tzinfo=datetime.UTC`; zones with summer time have none",
        )
    })
}

/// PostgreSQL keeps the offset in whole seconds.
fn west_seconds(east_microseconds: i64) -> Result<i32, Refused> {
    if east_microseconds % SECOND != 0 {
        return Err(Refused::invalid(
            "an offset from UTC with a fraction of a second",
        ));
    }
    Ok((-east_microseconds / SECOND) as i32) // Python's offsets are less than a day
}

pub(super) fn microseconds_of_day(time: &impl PyTimeAccess) -> i64 {
    let minutes = i64::from(time.get_hour()) * 60 + i64::from(time.get_minute());
    let seconds = minutes * 60 + i64::from(time.get_second());
    seconds * SECOND + i64::from(time.get_microsecond())
}
