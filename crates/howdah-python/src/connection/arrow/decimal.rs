use crate::types::Refused;

/// The highest number of 38 digits, plus one.
const LIMIT: i128 = 10_i128.pow(38);

/// A binary `numeric` as a whole number of units of `10^-scale`. Its words are the number of groups,
/// the weight of the first group, sign and display scale, then the groups of four digits.
pub(super) fn unscaled(bytes: &[u8], scale: u8) -> Result<i128, Refused> {
    let (words, []) = bytes.as_chunks::<2>() else {
        return Err(malformed());
    };
    let [count, weight, sign, _, groups @ ..] = words else {
        return Err(malformed());
    };
    if usize::from(u16::from_be_bytes(*count)) != groups.len() {
        return Err(malformed());
    }
    let weight = i32::from(i16::from_be_bytes(*weight));
    let mut number = 0_i128;
    for (group, position) in groups.iter().zip(0_i32..) {
        let group = i128::from(u16::from_be_bytes(*group));
        let exponent = 4 * (weight - position) + i32::from(scale);
        let part = shifted(group, exponent).ok_or_else(too_large)?;
        number = number.checked_add(part).ok_or_else(too_large)?;
    }
    if number >= LIMIT {
        return Err(too_large());
    }
    match u16::from_be_bytes(*sign) {
        0 => Ok(number),
        0x4000 => Ok(-number),
        _ => Err(Refused::advised(
            "NaN or an infinity, which a decimal of Arrow cannot hold",
            "cast the column to float8 or text",
        )),
    }
}

/// `group * 10^exponent`, where that is a whole number in range.
fn shifted(group: i128, exponent: i32) -> Option<i128> {
    if group == 0 {
        return Some(0);
    }
    let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
    if exponent >= 0 {
        group.checked_mul(power)
    } else {
        (group % power == 0).then_some(group / power)
    }
}

fn malformed() -> Refused {
    Refused::invalid("a binary numeric that is malformed")
}

fn too_large() -> Refused {
    Refused::invalid("a numeric with more digits than its column's type says")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(words: &[u16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn groups_become_units() {
        assert_eq!(unscaled(&numeric(&[0, 0, 0, 2]), 2).unwrap(), 0);
        assert_eq!(
            unscaled(&numeric(&[2, 0, 0, 2, 12, 3400]), 2).unwrap(),
            1234
        );
        assert_eq!(
            unscaled(&numeric(&[1, 1, 0x4000, 0, 7]), 2).unwrap(),
            -7_000_000
        );
        assert_eq!(unscaled(&numeric(&[1, 0xffff, 0, 2, 500]), 2).unwrap(), 5);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for words in [
            &[0, 0, 0xc000, 0][..],
            &[1, 9, 0, 0, 9999],
            &[1, 0xffff, 0, 4, 1],
            &[2, 0, 0, 0, 1],
            &[0, 0, 0],
        ] {
            assert!(unscaled(&numeric(words), 2).is_err(), "{words:?}");
        }
    }
}
