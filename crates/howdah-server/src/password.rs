//! The superuser's password: made, kept, read back.
//!
//! IO: one file per cluster, in libpq's passfile format, so that `psql` and every libpq program
//! can use it as it is (`PGPASSFILE`). Invariant: the file is created with mode 0600 and replaced
//! atomically, and a [`Password`] never prints itself.

use std::fmt;
use std::path::Path;

use crate::error::{Error, Kind, Result};
use crate::files;

/// Letters that need no escape in a URL, a passfile or a shell. 64, so that six random bits
/// choose one without bias.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
/// 144 bits of randomness.
const LENGTH: usize = 24;

/// A secret that prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// A password chosen by the user.
    ///
    /// # Errors
    /// [`Kind::Misuse`] if it is empty or holds a line break or a NUL, which no passfile can carry.
    pub fn chosen(text: &str) -> Result<Self> {
        if text.is_empty() || text.contains(['\n', '\r', '\0']) {
            let message = "the password must not be empty nor hold a line break or a NUL character";
            return Err(Error::new(Kind::Misuse, message));
        }
        Ok(Self(text.to_owned()))
    }

    /// A new random password from the system's generator.
    ///
    /// # Errors
    /// [`Kind::Io`] if the system gives no random bytes.
    pub fn generate() -> Result<Self> {
        let mut bytes = [0_u8; LENGTH];
        getrandom::fill(&mut bytes).map_err(|source| {
            Error::new(Kind::Io, "the system gives no random bytes").with_source(source)
        })?;
        Ok(Self(bytes.iter().map(|byte| letter(*byte)).collect()))
    }

    /// The secret itself, to hand to a program or a URL.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Reads the password from the passfile at `path`; `None` if there is no such file.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("cannot read", path, error)),
        };
        let damaged = || {
            let message = format!("`{}` is not a passfile that howdah wrote", path.display());
            Error::new(Kind::Foreign, message)
                .with_hint("expected one line `*:*:*:user:password`; restore it, or set it anew")
        };
        let line = text.lines().next().ok_or_else(damaged)?;
        let fields = split_passfile(line);
        let [_, _, _, _, password] = fields.as_slice() else {
            return Err(damaged());
        };
        Self::chosen(password).map(Some).map_err(|_| damaged())
    }

    /// Writes the passfile, readable by its owner only.
    pub(crate) fn write(&self, path: &Path, user: &str) -> Result<()> {
        files::replace(path, self.passfile(user).as_bytes())
    }

    /// The content of a passfile.
    pub(crate) fn passfile(&self, user: &str) -> String {
        format!(
            "*:*:*:{}:{}\n",
            escape_passfile(user),
            escape_passfile(&self.0)
        )
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

fn letter(byte: u8) -> char {
    LETTERS
        .get(usize::from(byte & 63))
        .copied()
        .map_or('A', char::from)
}

/// "If an entry needs to contain `:` or `\`, escape this character with `\`" (libpq 18, 32.16).
fn escape_passfile(field: &str) -> String {
    field.replace('\\', "\\\\").replace(':', "\\:")
}

fn split_passfile(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        let kept = match letter {
            ':' => {
                fields.push(String::new());
                continue;
            }
            '\\' => letters.next().unwrap_or('\\'),
            other => other,
        };
        if let Some(field) = fields.last_mut() {
            field.push(kept);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_generated_passwords_differ_and_need_no_escape() {
        let (one, two) = (Password::generate().unwrap(), Password::generate().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.reveal().len(), LENGTH);
        assert!(one.reveal().bytes().all(|byte| LETTERS.contains(&byte)));
    }

    #[test]
    fn a_password_never_prints_itself() {
        assert_eq!(format!("{:?}", Password::chosen("hunter2").unwrap()), "***");
    }

    #[test]
    fn passfile_fields_survive_colons_and_backslashes() {
        let line = format!(
            "*:*:*:{}:{}",
            escape_passfile("a:b"),
            escape_passfile(r"x\:y")
        );
        assert_eq!(split_passfile(&line), ["*", "*", "*", "a:b", r"x\:y"]);
    }

    #[test]
    fn a_password_with_a_line_break_is_refused() {
        assert_eq!(Password::chosen("a\nb").unwrap_err().kind(), Kind::Misuse);
    }
}
