use howdah_wire::Reader;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use super::decimal::unscaled;
use super::types::ArrowType;
use crate::types::Refused;

/// Days and microseconds from Arrow's epoch, 1970, to PostgreSQL's, 2000.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROSECONDS: i64 = 946_684_800_000_000;
const DAY_MICROSECONDS: i64 = 86_400_000_000;

/// The buffers of one column, as they grow.
pub(super) struct Column {
    kind: ArrowType,
    length: usize,
    nulls: usize,
    /// A bit for each value that is not NULL.
    validity: Bits,
    values: Vec<u8>,
    bits: Bits,
    /// Of texts, bytes and lists: where each value ends, after a first 0.
    offsets: Vec<u8>,
    elements: Option<Box<Column>>,
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    length: usize,
}

impl Bits {
    fn push(&mut self, bit: bool) {
        if self.length.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (self.length % 8);
        }
        self.length += 1;
    }
}

impl Column {
    pub(super) fn new(kind: &ArrowType) -> Self {
        let elements = match kind {
            ArrowType::List(element) => Some(Box::new(Self::new(element))),
            _ => None,
        };
        let mut column = Self {
            kind: kind.clone(),
            length: 0,
            nulls: 0,
            validity: Bits::default(),
            values: Vec::new(),
            bits: Bits::default(),
            offsets: Vec::new(),
            elements,
        };
        if column.has_offsets() {
            column.offsets.extend_from_slice(&0_i32.to_ne_bytes());
        }
        column
    }

    /// Appends a value in the binary format, or NULL.
    pub(super) fn push(&mut self, value: Option<&[u8]>) -> Result<(), Refused> {
        self.length += 1;
        self.validity.push(value.is_some());
        match value {
            Some(bytes) => self.push_value(bytes)?,
            None => {
                self.nulls += 1;
                self.push_null();
            }
        }
        if self.has_offsets() {
            let end = match &self.elements {
                Some(elements) => elements.length,
                None => self.values.len(),
            };
            let end = i32::try_from(end).map_err(|_| too_long())?;
            self.offsets.extend_from_slice(&end.to_ne_bytes());
        }
        Ok(())
    }

    fn push_null(&mut self) {
        let width = match &self.kind {
            ArrowType::Bool => return self.bits.push(false),
            ArrowType::Text | ArrowType::Jsonb | ArrowType::Bytes | ArrowType::List(_) => 0,
            ArrowType::Int16 => 2,
            ArrowType::Int32 | ArrowType::UInt32 | ArrowType::Float | ArrowType::Date => 4,
            ArrowType::Int64
            | ArrowType::Double
            | ArrowType::Time
            | ArrowType::Timestamp
            | ArrowType::TimestampTz => 8,
            ArrowType::Interval | ArrowType::Uuid | ArrowType::Decimal { .. } => 16,
        };
        self.values.resize(self.values.len() + width, 0);
    }

    fn push_value(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        match &self.kind {
            ArrowType::Bool => {
                let [bit] = fixed::<1>(bytes)?;
                self.bits.push(bit != 0);
            }
            ArrowType::Int16 => self.put(i16::from_be_bytes(fixed(bytes)?).to_ne_bytes()),
            ArrowType::Int32 | ArrowType::UInt32 | ArrowType::Float => {
                self.put(u32::from_be_bytes(fixed(bytes)?).to_ne_bytes());
            }
            ArrowType::Time => self.put(time(bytes)?.to_ne_bytes()),
            ArrowType::Int64 | ArrowType::Double => {
                self.put(u64::from_be_bytes(fixed(bytes)?).to_ne_bytes());
            }
            ArrowType::Text => self.put_text(bytes)?,
            ArrowType::Jsonb => match bytes.split_first() {
                Some((1, text)) => self.put_text(text)?,
                _ => return Err(Refused::invalid("jsonb of an unknown version")),
            },
            ArrowType::Bytes => self.values.extend_from_slice(bytes),
            ArrowType::Uuid => self.put(fixed::<16>(bytes)?),
            ArrowType::Date => self.put(date(bytes)?.to_ne_bytes()),
            ArrowType::Timestamp | ArrowType::TimestampTz => {
                self.put(timestamp(bytes)?.to_ne_bytes());
            }
            ArrowType::Interval => self.put(interval(bytes)?),
            ArrowType::Decimal { scale, .. } => {
                let number = unscaled(bytes, *scale)?;
                self.put(number.to_ne_bytes());
            }
            ArrowType::List(_) => return self.push_elements(bytes),
        }
        Ok(())
    }

    fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        self.values.extend_from_slice(&bytes);
    }

    /// Arrow's readers rely on texts being UTF-8.
    fn put_text(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        if std::str::from_utf8(bytes).is_err() {
            return Err(Refused::invalid("text that is not UTF-8"));
        }
        self.values.extend_from_slice(bytes);
        Ok(())
    }

    /// The elements of a binary array of one dimension.
    fn push_elements(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let mut reader = Reader::new("an array", bytes);
        let dimensions = reader.i32("dimensions").map_err(malformed)?;
        reader.i32("flags").map_err(malformed)?;
        reader.u32("the type").map_err(malformed)?;
        if dimensions == 0 {
            return Ok(());
        }
        if dimensions != 1 {
            return Err(Refused::advised(
                format!("an array of {dimensions} dimensions, which a list cannot hold"),
                "select `to_jsonb(…)` of it, or its text",
            ));
        }
        let count = reader.i32("a length").map_err(malformed)?;
        reader.i32("a bound").map_err(malformed)?;
        let Some(elements) = &mut self.elements else {
            return Ok(());
        };
        for _ in 0..count {
            elements.push(reader.value().map_err(malformed)?)?;
        }
        reader.finish().map_err(malformed)
    }

    const fn has_offsets(&self) -> bool {
        matches!(
            self.kind,
            ArrowType::Text | ArrowType::Jsonb | ArrowType::Bytes | ArrowType::List(_)
        )
    }

    /// Length, number of NULLs, the buffers of validity, offsets and values (None for one that there
    /// is not), and the column of a list's elements.
    pub(super) fn finish<'py>(self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let buffer = |bytes: &[u8]| PyBytes::new(py, bytes).into_any();
        let none = || py.None().into_bound(py);
        let validity = if self.nulls == 0 {
            none()
        } else {
            buffer(&self.validity.bytes)
        };
        let offsets = if self.has_offsets() {
            buffer(&self.offsets)
        } else {
            none()
        };
        let values = match self.kind {
            ArrowType::List(_) => none(),
            ArrowType::Bool => buffer(&self.bits.bytes),
            _ => buffer(&self.values),
        };
        let elements = match self.elements {
            Some(elements) => elements.finish(py)?.into_any(),
            None => none(),
        };
        let numbers = (self.length, self.nulls);
        (numbers.0, numbers.1, validity, offsets, values, elements).into_pyobject(py)
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Refused> {
    bytes
        .try_into()
        .map_err(|_| Refused::length(N, bytes.len()))
}

/// Days from 1970.
fn date(bytes: &[u8]) -> Result<i32, Refused> {
    let days = i32::from_be_bytes(fixed(bytes)?);
    if matches!(days, i32::MIN | i32::MAX) {
        return Err(infinite());
    }
    days.checked_add(EPOCH_DAYS).ok_or_else(infinite)
}

/// Microseconds from midnight. Arrow's readers take a whole day for midnight.
fn time(bytes: &[u8]) -> Result<i64, Refused> {
    let microseconds = i64::from_be_bytes(fixed(bytes)?);
    if (0..DAY_MICROSECONDS).contains(&microseconds) {
        return Ok(microseconds);
    }
    Err(Refused::advised(
        "the time 24:00, which Arrow cannot hold",
        "use `nullif(…, '24:00')`, or select its text",
    ))
}

/// Microseconds from 1970.
fn timestamp(bytes: &[u8]) -> Result<i64, Refused> {
    let microseconds = i64::from_be_bytes(fixed(bytes)?);
    if matches!(microseconds, i64::MIN | i64::MAX) {
        return Err(infinite());
    }
    microseconds
        .checked_add(EPOCH_MICROSECONDS)
        .ok_or_else(infinite)
}

/// Months, days and nanoseconds, from microseconds, days and months.
fn interval(bytes: &[u8]) -> Result<[u8; 16], Refused> {
    let whole: [u8; 16] = fixed(bytes)?;
    let (microseconds, rest) = whole.split_at(8);
    let (days, months) = rest.split_at(4);
    let microseconds = i64::from_be_bytes(fixed(microseconds)?);
    let nanoseconds = microseconds
        .checked_mul(1000)
        .ok_or_else(|| Refused::invalid("an interval beyond what nanoseconds can count"))?;
    let months = i32::from_be_bytes(fixed(months)?).to_ne_bytes();
    let days = i32::from_be_bytes(fixed(days)?).to_ne_bytes();
    let parts = [&months[..], &days[..], &nanoseconds.to_ne_bytes()[..]];
    fixed(&parts.concat())
}

fn infinite() -> Refused {
    Refused::advised(
        "a date or time that Arrow cannot hold, such as `infinity`",
        "use `nullif(…, 'infinity')`, or select its text",
    )
}

fn malformed(_: howdah_wire::Error) -> Refused {
    Refused::invalid("a binary array that is malformed")
}

fn too_long() -> Refused {
    Refused::invalid("more than 2 GiB in one batch")
}
