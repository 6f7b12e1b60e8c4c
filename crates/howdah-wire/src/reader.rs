//! Reading a message's body without ever leaving it.
//!
//! Every accessor answers `Err` where the body ends early, so no caller indexes bytes.

use crate::Error;

/// A cursor over the body of one message.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
    message: &'static str,
}

impl<'a> Reader<'a> {
    /// A reader of `body`, which errors will say belongs to `message`.
    #[must_use]
    pub const fn new(message: &'static str, body: &'a [u8]) -> Self {
        Self {
            rest: body,
            message,
        }
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rest.len()
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`Error::Truncated`] where fewer are left.
    #[inline]
    pub fn bytes(&mut self, count: usize, expected: &'static str) -> Result<&'a [u8], Error> {
        let (head, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or_else(|| self.truncated(expected))?;
        self.rest = rest;
        Ok(head)
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// The next byte.
    ///
    /// # Errors
    /// [`Error::Truncated`] at the end.
    #[inline]
    pub fn u8(&mut self, expected: &'static str) -> Result<u8, Error> {
        Ok(u8::from_be_bytes(self.array(expected)?))
    }

    /// The next two bytes as a signed number.
    ///
    /// # Errors
    /// [`Error::Truncated`] where fewer are left.
    #[inline]
    pub fn i16(&mut self, expected: &'static str) -> Result<i16, Error> {
        Ok(i16::from_be_bytes(self.array(expected)?))
    }

    /// The next four bytes as a signed number.
    ///
    /// # Errors
    /// [`Error::Truncated`] where fewer are left.
    #[inline]
    pub fn i32(&mut self, expected: &'static str) -> Result<i32, Error> {
        Ok(i32::from_be_bytes(self.array(expected)?))
    }

    /// The next four bytes as an unsigned number.
    ///
    /// # Errors
    /// [`Error::Truncated`] where fewer are left.
    #[inline]
    pub fn u32(&mut self, expected: &'static str) -> Result<u32, Error> {
        Ok(u32::from_be_bytes(self.array(expected)?))
    }

    /// The next eight bytes as an unsigned number.
    ///
    /// # Errors
    /// [`Error::Truncated`] where fewer are left.
    pub fn u64(&mut self, expected: &'static str) -> Result<u64, Error> {
        Ok(u64::from_be_bytes(self.array(expected)?))
    }

    /// The next eight bytes as a signed number.
    ///
    /// # Errors
    /// [`Error::Truncated`] where fewer are left.
    pub fn i64(&mut self, expected: &'static str) -> Result<i64, Error> {
        Ok(i64::from_be_bytes(self.array(expected)?))
    }

    /// The bytes up to the next zero byte, which is consumed and not part of the answer.
    ///
    /// # Errors
    /// [`Error::Truncated`] where no zero byte is left.
    pub fn cstr(&mut self, expected: &'static str) -> Result<&'a [u8], Error> {
        let end = self
            .rest
            .iter()
            .position(|&byte| byte == 0)
            .ok_or_else(|| self.truncated(expected))?;
        let text = self.bytes(end, expected)?;
        self.bytes(1, expected)?;
        Ok(text)
    }

    /// A count that precedes a list, as a signed 16-bit number that must not be negative.
    ///
    /// # Errors
    /// [`Error::Truncated`], or [`Error::Malformed`] for a negative count.
    #[inline]
    pub fn count(&mut self) -> Result<usize, Error> {
        usize::try_from(self.i16("a count")?).map_err(|_| Error::Malformed {
            message: self.message,
            problem: "negative count",
        })
    }

    /// A nullable value: its length, then that many bytes; length -1 is NULL.
    ///
    /// # Errors
    /// [`Error::Truncated`], or [`Error::Malformed`] for another negative length.
    #[inline]
    pub fn value(&mut self) -> Result<Option<&'a [u8]>, Error> {
        if let Some((length, rest)) = self.rest.split_first_chunk() {
            let length = i32::from_be_bytes(*length);
            if let Ok(length) = usize::try_from(length)
                && let Some((value, rest)) = rest.split_at_checked(length)
            {
                self.rest = rest;
                return Ok(Some(value));
            }
            if length == -1 {
                self.rest = rest;
                return Ok(None);
            }
        }
        Err(self.no_value())
    }

    /// Why there is no value here.
    #[cold]
    fn no_value(&self) -> Error {
        match self.rest.split_first_chunk() {
            None => self.truncated("a value's length"),
            Some((length, _)) if i32::from_be_bytes(*length) >= 0 => self.truncated("a value"),
            Some(_) => Error::Malformed {
                message: self.message,
                problem: "negative length",
            },
        }
    }

    /// Consumes the reader, which must be at its end.
    ///
    /// # Errors
    /// [`Error::Trailing`] where bytes are left.
    pub const fn finish(self) -> Result<(), Error> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Error::Trailing {
                message: self.message,
                left: self.rest.len(),
            })
        }
    }

    #[inline]
    fn array<const N: usize>(&mut self, expected: &'static str) -> Result<[u8; N], Error> {
        let (head, rest) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or_else(|| self.truncated(expected))?;
        self.rest = rest;
        Ok(*head)
    }

    #[cold]
    const fn truncated(&self, expected: &'static str) -> Error {
        Error::Truncated {
            message: self.message,
            expected,
        }
    }
}
