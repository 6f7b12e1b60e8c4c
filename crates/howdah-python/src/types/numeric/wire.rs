//! `numeric` between its binary format and decimal text.
//!
//! No IO, no Python. The binary format is four 16-bit numbers (count of groups, weight of the first
//! group, sign, display scale) and the groups: digits of base 10,000, most significant first.
//! Invariant: the two functions are inverse for every text that PostgreSQL itself would write.

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;

/// PostgreSQL 18, table 8.2: "up to 131072 digits before the decimal point; up to 16383 digits after".
const MAX_DIGITS_BEFORE: i64 = 131_072;
const MAX_DIGITS_AFTER: i64 = 16_383;

/// Why a text cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsendable {
    /// Not a decimal number, infinity or NaN: signalling NaNs are such.
    NotANumber,
    /// More digits than `numeric` has room for.
    TooLong,
}

/// The decimal text of a binary value, as PostgreSQL writes it; None if it is malformed.
pub(super) fn to_text(bytes: &[u8]) -> Option<Vec<u8>> {
    let (words, rest) = bytes.as_chunks::<2>();
    let [count, weight, sign, scale, groups @ ..] = words else {
        return None;
    };
    let groups_expected = usize::from(u16::from_be_bytes(*count));
    if !rest.is_empty() || groups.len() != groups_expected {
        return None;
    }
    let weight = i32::from(i16::from_be_bytes(*weight));
    let scale = usize::from(u16::from_be_bytes(*scale));
    let mut text = match u16::from_be_bytes(*sign) {
        POSITIVE => Vec::with_capacity(8 + 4 * groups.len()),
        NEGATIVE => {
            let mut text = Vec::with_capacity(8 + 4 * groups.len());
            text.push(b'-');
            text
        }
        NAN => return Some(b"NaN".to_vec()),
        INFINITY => return Some(b"Infinity".to_vec()),
        NEGATIVE_INFINITY => return Some(b"-Infinity".to_vec()),
        _ => return None,
    };
    // the group that stands for 10,000 to the power of `power`; those not sent are zero
    let group = |power: i32| -> Option<u16> {
        let sent = usize::try_from(weight - power)
            .ok()
            .and_then(|index| groups.get(index));
        let value = sent.map_or(0, |group| u16::from_be_bytes(*group));
        (value < 10_000).then_some(value)
    };
    push_whole(&mut text, weight, &group)?;
    push_fraction(&mut text, scale, &group)?;
    Some(text)
}

fn push_whole(text: &mut Vec<u8>, weight: i32, group: &impl Fn(i32) -> Option<u16>) -> Option<()> {
    if weight < 0 {
        text.push(b'0');
        return Some(());
    }
    let first = four_digits(group(weight)?);
    let zeros = first
        .iter()
        .take(3)
        .take_while(|digit| **digit == b'0')
        .count();
    text.extend_from_slice(first.get(zeros..)?);
    for power in (0..weight).rev() {
        text.extend_from_slice(&four_digits(group(power)?));
    }
    Some(())
}

fn push_fraction(
    text: &mut Vec<u8>,
    scale: usize,
    group: &impl Fn(i32) -> Option<u16>,
) -> Option<()> {
    if scale == 0 {
        return Some(());
    }
    text.push(b'.');
    let end = text.len() + scale;
    let mut power = -1;
    while text.len() < end {
        text.extend_from_slice(&four_digits(group(power)?));
        power -= 1;
    }
    text.truncate(end);
    Some(())
}

fn four_digits(group: u16) -> [u8; 4] {
    [group / 1000, group / 100 % 10, group / 10 % 10, group % 10].map(|digit| b'0' + digit as u8)
}

/// Appends the binary form of a number as Python's `str(Decimal)` writes it: digits with an optional
/// point and exponent, `Infinity` or `NaN`, each with an optional sign.
pub(super) fn from_text(text: &str, out: &mut Vec<u8>) -> Result<(), Unsendable> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (NEGATIVE, rest),
        None => (POSITIVE, text),
    };
    match unsigned {
        "NaN" => push_header(out, 0, 0, NAN, 0),
        "Infinity" if sign == NEGATIVE => push_header(out, 0, 0, NEGATIVE_INFINITY, 0),
        "Infinity" => push_header(out, 0, 0, INFINITY, 0),
        _ => return push_number(sign, Digits::read(unsigned)?, out),
    }
    Ok(())
}

/// A coefficient and where its decimal point is.
struct Digits {
    /// Values 0-9, without leading and trailing zeros.
    significant: Vec<u8>,
    /// How many digits stand before the point; negative if zeros follow it.
    before: i64,
    /// How many digits stand after the point as written.
    scale: i64,
}

impl Digits {
    fn read(text: &str) -> Result<Self, Unsendable> {
        let (coefficient, exponent) = match text.split_once(['E', 'e']) {
            Some((coefficient, exponent)) => (
                coefficient,
                exponent.parse::<i32>().map_err(|_| Unsendable::TooLong)?,
            ),
            None => (text, 0),
        };
        let (whole, fraction) = coefficient.split_once('.').unwrap_or((coefficient, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        if all().next().is_none() || !all().all(|digit| digit.is_ascii_digit()) {
            return Err(Unsendable::NotANumber);
        }
        let leading = all().take_while(|digit| *digit == b'0').count();
        let mut significant: Vec<u8> = all().skip(leading).map(|digit| digit - b'0').collect();
        let used = significant
            .iter()
            .rposition(|digit| *digit != 0)
            .map_or(0, |last| last + 1);
        significant.truncate(used);
        Ok(Self {
            significant,
            before: whole.len() as i64 + i64::from(exponent) - leading as i64,
            scale: (fraction.len() as i64 - i64::from(exponent)).max(0),
        })
    }
}

fn push_number(sign: u16, digits: Digits, out: &mut Vec<u8>) -> Result<(), Unsendable> {
    let Digits {
        significant,
        before,
        scale,
    } = digits;
    if scale > MAX_DIGITS_AFTER || (before > MAX_DIGITS_BEFORE && !significant.is_empty()) {
        return Err(Unsendable::TooLong);
    }
    if significant.is_empty() {
        push_header(out, 0, 0, POSITIVE, scale as u16); // PostgreSQL knows no -0
        return Ok(());
    }
    let weight = (before - 1).div_euclid(4);
    let first = (before - 1).rem_euclid(4) as usize + 1;
    let (head, tail) = significant.split_at(first.min(significant.len()));
    let count = 1 + tail.len().div_ceil(4);
    push_header(out, count as u16, weight as i16, sign, scale as u16);
    push_group(out, head, first);
    for group in tail.chunks(4) {
        push_group(out, group, 4);
    }
    Ok(())
}

fn push_header(out: &mut Vec<u8>, count: u16, weight: i16, sign: u16, scale: u16) {
    for word in [count, weight as u16, sign, scale] {
        out.extend_from_slice(&word.to_be_bytes());
    }
}

/// One group of `width` digits, the missing ones at its end being zeros.
fn push_group(out: &mut Vec<u8>, digits: &[u8], width: usize) {
    let value = (0..width).fold(0, |value, place| {
        value * 10 + u16::from(digits.get(place).copied().unwrap_or(0))
    });
    out.extend_from_slice(&value.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(bytes: &[u8]) -> Vec<u16> {
        bytes
            .as_chunks::<2>()
            .0
            .iter()
            .map(|word| u16::from_be_bytes(*word))
            .collect()
    }

    fn sent(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        from_text(text, &mut out).unwrap();
        out
    }

    fn there_and_back(text: &str) -> String {
        String::from_utf8(to_text(&sent(text)).unwrap()).unwrap()
    }

    #[test]
    fn known_bytes_of_a_server() {
        // select numeric_send(x) on PostgreSQL 18
        assert_eq!(words(&sent("12345.678")), [3, 1, 0, 3, 1, 2345, 6780]);
        assert_eq!(words(&sent("-0.00012")), [2, 0xFFFF, NEGATIVE, 5, 1, 2000]);
        assert_eq!(words(&sent("1E+4")), [1, 1, 0, 0, 1]);
        assert_eq!(words(&sent("0.00")), [0, 0, 0, 2]);
        assert_eq!(words(&sent("-0.0")), [0, 0, 0, 1]);
    }

    #[test]
    fn written_as_the_server_writes() {
        for text in [
            "0",
            "0.00",
            "1.50",
            "-1.50",
            "10000",
            "0.0001",
            "0.00001000",
            "NaN",
        ] {
            assert_eq!(there_and_back(text), text);
        }
        assert_eq!(there_and_back("1E+3"), "1000");
        assert_eq!(there_and_back("12E-10"), "0.0000000012");
        assert_eq!(there_and_back("-Infinity"), "-Infinity");
    }

    #[test]
    fn limits_of_the_type() {
        let longest = "9".repeat(131_072) + "." + &"9".repeat(16_383);
        assert_eq!(there_and_back(&longest), longest);
        let refused = |text: &str| from_text(text, &mut Vec::new()).unwrap_err();
        assert_eq!(refused("1E+131072"), Unsendable::TooLong);
        assert_eq!(refused("1E-16384"), Unsendable::TooLong);
        assert_eq!(refused("1E+99999999999999"), Unsendable::TooLong);
        assert_eq!(refused("sNaN"), Unsendable::NotANumber);
        assert_eq!(refused("NaN12"), Unsendable::NotANumber);
        assert_eq!(refused(""), Unsendable::NotANumber);
        assert_eq!(refused("."), Unsendable::NotANumber);
    }

    proptest! {
        #[test]
        fn every_decimal_survives(text in "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,40})?") {
            let zero = !text.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
            let expected = if zero { text.trim_start_matches('-') } else { &text };
            prop_assert_eq!(there_and_back(&text), expected);
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = to_text(&bytes);
        }
    }
}
