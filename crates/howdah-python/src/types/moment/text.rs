//! Dates, times and intervals as text: PostgreSQL's ISO output, read and written.
//!
//! No IO, no Python. Values are the integers of the binary format, infinities included, so that both
//! formats meet before any object is made. Read is what `DateStyle = ISO` and `IntervalStyle =
//! postgres` (the defaults) print; anything else is None. Invariant: what is written here is read
//! back, here and by every server, as the same integer.

use std::io::Write;

use super::civil::Civil;

pub(super) const SECOND: i64 = 1_000_000;
pub(super) const DAY: i64 = 86_400 * SECOND;

/// A time of day with its zone, in the units of the binary format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ZonedTime {
    /// Microseconds from midnight, up to and including 24:00.
    pub(super) time: i64,
    /// Seconds west of UTC.
    pub(super) west: i32,
}

/// The three counts that an interval keeps apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    pub(super) months: i32,
    pub(super) days: i32,
    pub(super) microseconds: i64,
}

impl Span {
    pub(super) const INFINITY: Self = Self {
        months: i32::MAX,
        days: i32::MAX,
        microseconds: i64::MAX,
    };
    pub(super) const NEGATIVE_INFINITY: Self = Self {
        months: i32::MIN,
        days: i32::MIN,
        microseconds: i64::MIN,
    };
}

/// Days from 2000-01-01.
pub(super) fn read_date(text: &[u8]) -> Option<i32> {
    match text {
        b"infinity" => return Some(i32::MAX),
        b"-infinity" => return Some(i32::MIN),
        _ => {}
    }
    let mut reader = Reader(text);
    let mut date = reader.date()?;
    reader.era(&mut date)?;
    i32::try_from(date.to_days()).ok()
}

/// Microseconds from midnight.
pub(super) fn read_time(text: &[u8]) -> Option<i64> {
    let mut reader = Reader(text);
    let time = reader.time()?;
    reader.end()?;
    Some(time)
}

pub(super) fn read_zoned_time(text: &[u8]) -> Option<ZonedTime> {
    let mut reader = Reader(text);
    let time = reader.time()?;
    let west = -reader.zone()?;
    reader.end()?;
    Some(ZonedTime { time, west })
}

/// Microseconds from 2000-01-01 00:00; with `zoned`, in UTC.
pub(super) fn read_timestamp(text: &[u8], zoned: bool) -> Option<i64> {
    match text {
        b"infinity" => return Some(i64::MAX),
        b"-infinity" => return Some(i64::MIN),
        _ => {}
    }
    let mut reader = Reader(text);
    let mut date = reader.date()?;
    reader.skip(b' ')?;
    let time = reader.time()?;
    let east = if zoned { reader.zone()? } else { 0 };
    reader.era(&mut date)?;
    let local = date.to_days().checked_mul(DAY)?.checked_add(time)?;
    local.checked_sub(i64::from(east) * SECOND)
}

pub(super) fn read_interval(text: &[u8]) -> Option<Span> {
    match text {
        b"infinity" => return Some(Span::INFINITY),
        b"-infinity" => return Some(Span::NEGATIVE_INFINITY),
        _ => {}
    }
    let mut span = Span::default();
    for (index, word) in text.split(|byte| *byte == b' ').enumerate() {
        if word.contains(&b':') {
            span.microseconds = read_signed_time(word)?;
        } else if index % 2 == 0 {
            let count = std::str::from_utf8(word).ok()?.parse::<i32>().ok()?;
            match text.split(|byte| *byte == b' ').nth(index + 1)? {
                b"year" | b"years" => {
                    span.months = span.months.checked_add(count.checked_mul(12)?)?;
                }
                b"mon" | b"mons" => span.months = span.months.checked_add(count)?,
                b"day" | b"days" => span.days = count,
                _ => return None,
            }
        }
    }
    Some(span)
}

/// `[-+]HH:MM:SS[.ffffff]`, the hours without bound.
fn read_signed_time(word: &[u8]) -> Option<i64> {
    let (negative, mut reader) = match word {
        [b'-', rest @ ..] => (true, Reader(rest)),
        [b'+', rest @ ..] => (false, Reader(rest)),
        _ => (false, Reader(word)),
    };
    let hours = i128::from(reader.number(2..=10)?);
    let rest = i128::from(reader.minutes_and_seconds()?);
    reader.end()?;
    let total = hours * 3600 * i128::from(SECOND) + rest;
    i64::try_from(if negative { -total } else { total }).ok()
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    /// A number whose count of digits is in `digits`.
    fn number(&mut self, digits: std::ops::RangeInclusive<usize>) -> Option<i64> {
        let length = self
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if !digits.contains(&length) {
            return None;
        }
        let (number, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(
            number
                .iter()
                .fold(0, |value, digit| value * 10 + i64::from(digit - b'0')),
        )
    }

    fn skip(&mut self, expected: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        (*first == expected).then_some(())
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }

    fn date(&mut self) -> Option<Civil> {
        let year = self.number(4..=7)? as i32;
        self.skip(b'-')?;
        let month = self.number(2..=2)? as u8;
        self.skip(b'-')?;
        let day = self.number(2..=2)? as u8;
        Some(Civil { year, month, day })
    }

    /// The end of a date: ` BC` or nothing.
    fn era(&mut self, date: &mut Civil) -> Option<()> {
        match self.0 {
            b"" => {}
            b" BC" => date.year = 1 - date.year,
            _ => return None,
        }
        date.exists().then_some(())
    }

    fn time(&mut self) -> Option<i64> {
        let hours = self.number(2..=2)?;
        let time = hours * 3600 * SECOND + self.minutes_and_seconds()?;
        (time <= DAY).then_some(time)
    }

    /// `:MM:SS` and a fraction of up to six digits, in microseconds.
    fn minutes_and_seconds(&mut self) -> Option<i64> {
        self.skip(b':')?;
        let minutes = self.number(2..=2)?;
        self.skip(b':')?;
        let seconds = self.number(2..=2)?;
        let mut microseconds = 0;
        if let [b'.', ..] = self.0 {
            self.skip(b'.')?;
            let before = self.0.len();
            let fraction = self.number(1..=6)?;
            let digits = before - self.0.len();
            microseconds = fraction * 10_i64.pow(6 - digits as u32);
        }
        let plausible = minutes < 60 && seconds <= 60;
        plausible.then_some((minutes * 60 + seconds) * SECOND + microseconds)
    }

    /// `+HH`, `+HH:MM` or `+HH:MM:SS`, in seconds east of UTC.
    fn zone(&mut self) -> Option<i32> {
        let negative = match self.0.first()? {
            b'-' => true,
            b'+' => false,
            _ => return None,
        };
        self.0 = self.0.get(1..)?;
        let mut seconds = self.number(2..=2)? * 3600;
        for unit in [60, 1] {
            if let [b':', ..] = self.0 {
                self.skip(b':')?;
                seconds += self.number(2..=2)? * unit;
            }
        }
        Some(if negative { -seconds } else { seconds } as i32)
    }
}

pub(super) fn write_date(days: i32, out: &mut Vec<u8>) {
    match days {
        i32::MAX => out.extend_from_slice(b"infinity"),
        i32::MIN => out.extend_from_slice(b"-infinity"),
        _ => {
            let before_christ = write_day(Civil::from_days(days), out);
            out.extend_from_slice(before_christ);
        }
    }
}

pub(super) fn write_time(time: i64, out: &mut Vec<u8>) {
    let seconds = time / SECOND;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    // a Vec takes every write
    let _ = write!(out, "{hours:02}:{minutes:02}:{:02}", seconds % 60);
    if time % SECOND != 0 {
        let _ = write!(out, ".{:06}", time % SECOND);
    }
}

pub(super) fn write_zoned_time(value: ZonedTime, out: &mut Vec<u8>) {
    write_time(value.time, out);
    let east = -i64::from(value.west);
    let (sign, size) = if east < 0 { ('-', -east) } else { ('+', east) };
    let (hours, minutes) = (size / 3600, size / 60 % 60);
    let _ = write!(out, "{sign}{hours:02}:{minutes:02}:{:02}", size % 60);
}

pub(super) fn write_timestamp(microseconds: i64, zoned: bool, out: &mut Vec<u8>) {
    match microseconds {
        i64::MAX => return out.extend_from_slice(b"infinity"),
        i64::MIN => return out.extend_from_slice(b"-infinity"),
        _ => {}
    }
    let days = microseconds.div_euclid(DAY) as i32; // 64 bits of microseconds are 107 million days
    let before_christ = write_day(Civil::from_days(days), out);
    out.push(b' ');
    write_time(microseconds.rem_euclid(DAY), out);
    if zoned {
        out.extend_from_slice(b"+00");
    }
    out.extend_from_slice(before_christ);
}

pub(super) fn write_interval(span: Span, out: &mut Vec<u8>) {
    match span {
        Span::INFINITY => return out.extend_from_slice(b"infinity"),
        Span::NEGATIVE_INFINITY => return out.extend_from_slice(b"-infinity"),
        _ => {}
    }
    let Span {
        months,
        days,
        microseconds,
    } = span;
    if microseconds == i64::MIN {
        // the one time that PostgreSQL prints but does not read as hours, minutes and seconds
        let _ = write!(out, "{months} mons {days} days {microseconds} microseconds");
        return;
    }
    let size = microseconds.unsigned_abs();
    let (hours, minutes) = (size / 3_600_000_000, size / 60_000_000 % 60);
    let (seconds, fraction) = (size / 1_000_000 % 60, size % 1_000_000);
    let sign = if microseconds < 0 { "-" } else { "" };
    let _ = write!(
        out,
        "{months} mons {days} days {sign}{hours:02}:{minutes:02}:{seconds:02}.{fraction:06}"
    );
}

/// Writes a day without its era, which stands at the end of a timestamp: returned as ` BC` or empty.
fn write_day(date: Civil, out: &mut Vec<u8>) -> &'static [u8] {
    let (year, era): (i32, &[u8]) = if date.year > 0 {
        (date.year, b"")
    } else {
        (1 - date.year, b" BC")
    };
    let _ = write!(out, "{year:04}-{:02}-{:02}", date.month, date.day);
    era
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written<T>(write: impl Fn(T, &mut Vec<u8>), value: T) -> String {
        let mut out = Vec::new();
        write(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn dates() {
        assert_eq!(read_date(b"2000-01-01"), Some(0));
        assert_eq!(read_date(b"infinity"), Some(i32::MAX));
        assert_eq!(read_date(b"0044-03-15 BC"), Some(-746_117));
        assert_eq!(written(write_date, -2_451_545), "4714-11-24 BC");
        assert_eq!(written(write_date, 2_145_031_948), "5874897-12-31");
        for wrong in [
            "",
            "2000-1-1",
            "01/02/2000",
            "2000-02-30",
            "2001-02-29",
            "2000-01-01 AD",
        ] {
            assert_eq!(read_date(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(read_time(b"00:00:00.5"), Some(500_000));
        assert_eq!(read_time(b"24:00:00"), Some(DAY));
        assert_eq!(read_time(b"24:00:01"), None);
        assert_eq!(read_time(b"12:60:00"), None);
        let zoned = ZonedTime {
            time: 0,
            west: -(5 * 3600 + 1800),
        };
        assert_eq!(read_zoned_time(b"00:00:00+05:30"), Some(zoned));
        assert_eq!(read_zoned_time(b"00:00:00"), None);
    }

    #[test]
    fn timestamps() {
        assert_eq!(
            read_timestamp(b"2000-01-01 00:00:01.000001", false),
            Some(1_000_001)
        );
        assert_eq!(
            read_timestamp(b"2000-01-01 00:00:00+00:00:01", true),
            Some(-SECOND)
        );
        assert_eq!(read_timestamp(b"2000-01-01 00:00:00", true), None);
        assert_eq!(
            read_timestamp(b"0001-12-31 00:00:00+00 BC", true),
            Some(-730_120 * DAY)
        );
    }

    #[test]
    fn intervals() {
        let span = |months, days, microseconds| {
            Some(Span {
                months,
                days,
                microseconds,
            })
        };
        assert_eq!(read_interval(b"00:00:00"), span(0, 0, 0));
        assert_eq!(read_interval(b"1 year 2 mons -3 days"), span(14, -3, 0));
        assert_eq!(
            read_interval(b"-1 days +02:03:00"),
            span(0, -1, 7_380 * SECOND)
        );
        assert_eq!(read_interval(b"-00:00:00.5"), span(0, 0, -500_000));
        assert_eq!(
            read_interval(b"2562047788:00:54.775807"),
            span(0, 0, i64::MAX)
        );
        for wrong in ["", "P1Y", "1", "@ 1 day", "1 fortnight", "1:2:3"] {
            assert_eq!(read_interval(wrong.as_bytes()), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn dates_come_back(days in -2_451_545..=2_145_031_948) {
            prop_assert_eq!(read_date(written(write_date, days).as_bytes()), Some(days));
        }

        #[test]
        fn timestamps_come_back(value in -211_813_488_000_000_000..9_223_371_331_200_000_000_i64) {
            for zoned in [false, true] {
                let text = written(|value, out| write_timestamp(value, zoned, out), value);
                prop_assert_eq!(read_timestamp(text.as_bytes(), zoned), Some(value));
            }
        }

        #[test]
        fn zoned_times_come_back(time in 0..=DAY, west in -57_599..=57_599_i32) {
            let value = ZonedTime { time, west };
            let text = written(write_zoned_time, value);
            prop_assert_eq!(read_zoned_time(text.as_bytes()), Some(value));
        }

        #[test]
        fn intervals_come_back(months: i32, days: i32, microseconds in -i64::MAX..=i64::MAX) {
            let value = Span { months, days, microseconds };
            prop_assert_eq!(read_interval(written(write_interval, value).as_bytes()), Some(value));
        }

        #[test]
        fn no_text_panics(text in "[-+0-9:. adeimnorsyBC]{0,40}") {
            let text = text.as_bytes();
            let _ = (read_date(text), read_time(text), read_zoned_time(text));
            let _ = (read_timestamp(text, true), read_interval(text));
        }
    }
}
