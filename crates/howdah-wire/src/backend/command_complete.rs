use crate::{Error, Reader};

/// A command's tag, such as `INSERT 0 3` or `CREATE TABLE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandTag<'a>(&'a str);

impl<'a> CommandTag<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("CommandComplete", body);
        let tag = reader.cstr("a command tag")?;
        reader.finish()?;
        let problem = "its tag is not text";
        let tag = std::str::from_utf8(tag).map_err(|_| Error::Malformed {
            message: "CommandComplete",
            problem,
        })?;
        Ok(Self(tag))
    }

    /// The tag as sent.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// How many rows the command returned or touched, where its tag says so: the last word.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        let (_, last) = self.0.rsplit_once(' ')?;
        last.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_from_the_last_word() {
        let rows = |tag: &'static str| CommandTag(tag).rows();
        assert_eq!(rows("INSERT 0 3"), Some(3));
        assert_eq!(rows("SELECT 18446744073709551615"), Some(u64::MAX));
        assert_eq!(rows("CREATE TABLE"), None);
        assert_eq!(rows("BEGIN"), None);
    }
}
