use crate::{Error, Reader};

/// The fields of an ErrorResponse or NoticeResponse as they came.
#[derive(Debug, Clone, Copy)]
pub struct ErrorFields<'a> {
    message: &'static str,
    body: &'a [u8],
}

impl<'a> ErrorFields<'a> {
    pub(super) fn parse(message: &'static str, body: &'a [u8]) -> Result<Self, Error> {
        let fields = Self { message, body };
        fields.walk(|_, _| ())?;
        Ok(fields)
    }

    /// Keeps the fields beyond the life of the receive buffer.
    #[must_use]
    pub fn to_owned(&self) -> ServerError {
        let mut fields = Vec::new();
        // `parse` has walked the same bytes without an error
        let _ = self.walk(|code, text| {
            fields.push((code, String::from_utf8_lossy(text).into_owned()));
        });
        ServerError { fields }
    }

    fn walk(&self, mut each: impl FnMut(u8, &'a [u8])) -> Result<(), Error> {
        let mut reader = Reader::new(self.message, self.body);
        loop {
            match reader.u8("a field's code")? {
                0 => return reader.finish(),
                code => each(code, reader.cstr("a field's text")?),
            }
        }
    }
}

/// An error or notice of the server, whole.
///
/// Before a session's encoding is agreed a server may send text that is not UTF-8 (its messages
/// in a locale's encoding): those bytes alone become U+FFFD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerError {
    fields: Vec<(u8, String)>,
}

impl ServerError {
    /// The field with this one-letter code (PostgreSQL documentation, 54.8), if it was sent.
    #[must_use]
    pub fn field(&self, code: u8) -> Option<&str> {
        self.fields
            .iter()
            .find(|(found, _)| *found == code)
            .map(|(_, text)| text.as_str())
    }

    /// All fields, by their one-letter codes, in the order they came.
    pub fn fields(&self) -> impl Iterator<Item = (char, &str)> {
        self.fields
            .iter()
            .map(|(code, text)| (char::from(*code), text.as_str()))
    }

    /// The five letters of the SQLSTATE; `XX000` if the server sent none.
    #[must_use]
    pub fn sqlstate(&self) -> &str {
        self.field(b'C').unwrap_or("XX000")
    }

    /// The primary message.
    #[must_use]
    pub fn message(&self) -> &str {
        self.field(b'M').unwrap_or_default()
    }

    /// `ERROR`, `FATAL`, `PANIC`, `WARNING`, …, never translated since PostgreSQL 9.6.
    #[must_use]
    pub fn severity(&self) -> &str {
        self.field(b'V')
            .or_else(|| self.field(b'S'))
            .unwrap_or("ERROR")
    }

    /// Whether the server ends the session after this error.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        matches!(self.severity(), "FATAL" | "PANIC")
    }
}

impl std::fmt::Display for ServerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: {} (SQLSTATE {})",
            self.severity(),
            self.message(),
            self.sqlstate()
        )
    }
}

impl std::error::Error for ServerError {}
