//! Reading binary values that are made of parts: arrays, ranges, records, points.
//!
//! No IO. A [`Reader`] walks over the bytes of one value. Its invariant: it never reads past the end,
//! and a length that the bytes announce is checked against the bytes that are there.

use super::Refused;

pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    #[inline]
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    #[inline]
    pub(super) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// What is left.
    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Refused> {
        let Some((head, rest)) = self.rest.split_at_checked(length) else {
            return Err(ended());
        };
        self.rest = rest;
        Ok(head)
    }

    #[inline]
    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], Refused> {
        let Some((head, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(ended());
        };
        self.rest = rest;
        Ok(*head)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Refused> {
        self.chunk().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Refused> {
        self.chunk().map(u16::from_be_bytes)
    }

    #[inline]
    pub(super) fn i32(&mut self) -> Result<i32, Refused> {
        self.chunk().map(i32::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Refused> {
        self.chunk().map(u32::from_be_bytes)
    }

    pub(super) fn f32(&mut self) -> Result<f32, Refused> {
        self.chunk().map(f32::from_be_bytes)
    }

    pub(super) fn f64(&mut self) -> Result<f64, Refused> {
        self.chunk().map(f64::from_be_bytes)
    }

    /// A number of things that each take at least `least_bytes`, so that nobody reserves room for
    /// more than can follow.
    pub(super) fn count(&mut self, least_bytes: usize) -> Result<usize, Refused> {
        let count = usize::try_from(self.i32()?)
            .map_err(|_| Refused::invalid("binary value with a negative count"))?;
        match count.checked_mul(least_bytes) {
            Some(bytes) if bytes <= self.remaining() => Ok(count),
            _ => Err(ended()),
        }
    }

    /// A value behind its length; None for null, which is the length -1.
    #[inline]
    pub(super) fn value(&mut self) -> Result<Option<&'a [u8]>, Refused> {
        match self.i32()? {
            -1 => Ok(None),
            length => match usize::try_from(length) {
                Ok(length) => self.take(length).map(Some),
                Err(_) => Err(Refused::invalid("binary value with a negative length")),
            },
        }
    }

    /// A value of `N` bytes behind its length; None for null.
    #[inline]
    pub(super) fn fixed<const N: usize>(&mut self) -> Result<Option<[u8; N]>, Refused> {
        match self.i32()? {
            length if length == N as i32 => self.chunk().map(Some),
            -1 => Ok(None),
            length => Err(Refused::length(
                N,
                usize::try_from(length).unwrap_or_default(),
            )),
        }
    }

    /// A value behind its length where null cannot be.
    pub(super) fn present(&mut self) -> Result<&'a [u8], Refused> {
        self.value()?
            .ok_or_else(|| Refused::invalid("null where the format has none"))
    }

    /// The value ends here.
    #[inline]
    pub(super) fn end(self) -> Result<(), Refused> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Refused::invalid("bytes left behind the value"))
        }
    }
}

#[cold]
fn ended() -> Refused {
    Refused::invalid("binary value that ends early")
}

/// Appends a value behind its length, or what stands for null.
pub(super) fn write_value(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out)?;
    let length = i32::try_from(out.len() - start - 4)
        .map_err(|_| Refused::invalid("value of more than 2 GiB"))?;
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

/// What stands for null where a value's length is expected.
pub(super) const NULL: [u8; 4] = (-1_i32).to_be_bytes();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_stays_inside_its_bytes() {
        let mut reader = Reader::new(&[0, 0, 0, 2, 7, 8, 9]);
        assert_eq!(reader.value().ok().flatten(), Some(&[7, 8][..]));
        assert!(reader.i32().is_err());
        assert_eq!(reader.u8().ok(), Some(9));
        assert!(reader.end().is_ok());
        assert!(Reader::new(&[0, 0, 0, 9, 1]).value().is_err());
        assert!(Reader::new(&[0xff, 0xff, 0xff, 0xfe, 1]).value().is_err());
    }

    #[test]
    fn a_count_never_exceeds_what_follows() {
        assert!(
            Reader::new(&[0x7f, 0xff, 0xff, 0xff, 0, 0])
                .count(4)
                .is_err()
        );
        assert!(Reader::new(&[0xff, 0xff, 0xff, 0xff]).count(1).is_err());
        assert_eq!(Reader::new(&[0, 0, 0, 1, 0]).count(1).ok(), Some(1));
    }

    #[test]
    fn lengths_are_written_after_their_values() {
        let mut out = vec![1];
        let written = write_value(&mut out, |out| {
            out.extend_from_slice(b"ab");
            Ok(())
        });
        assert!(written.is_ok());
        assert_eq!(out, [1, 0, 0, 0, 2, b'a', b'b']);
    }
}
