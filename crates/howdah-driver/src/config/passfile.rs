//! The passfile: `~/.pgpass`, or what `passfile` and PGPASSFILE name.
//!
//! Reads through [`Environment`] only; called by `config` when no password was given. The grammar
//! is libpq's (18, "The Password File"). Invariant: a file that others can read is never used, and
//! the reason is told as a warning.

use std::path::Path;

use super::environment::Environment;

/// A passfile's text, ready to be asked.
pub(super) struct Passfile(String);

/// Group and others have no business in a passfile.
const GROUP_OR_OTHERS: u32 = 0o077;

impl Passfile {
    /// Reads `path`; a file that is not there is an empty one, as it is for libpq.
    pub(super) fn load(
        path: &Path,
        environment: &dyn Environment,
        warnings: &mut Vec<String>,
    ) -> Self {
        let empty = Self(String::new());
        let Ok(facts) = environment.inspect(path) else {
            return empty;
        };
        let shown = path.display();
        if !facts.regular {
            warnings.push(format!(
                "passfile `{shown}` is ignored: it is not a plain file"
            ));
            return empty;
        }
        if facts.mode & GROUP_OR_OTHERS != 0 {
            warnings.push(format!(
                "passfile `{shown}` is ignored: its mode is {:04o}, expected 0600 or less",
                facts.mode
            ));
            return empty;
        }
        match environment.read(path) {
            Ok(text) => Self(text),
            Err(error) => {
                let reason = crate::error::io_text(&error);
                warnings.push(format!("passfile `{shown}` is ignored: {reason}"));
                empty
            }
        }
    }

    /// The first line's password that fits. `host` is `localhost` for the default socket
    /// directories.
    pub(super) fn password(
        &self,
        host: &str,
        port: u16,
        dbname: &str,
        user: &str,
    ) -> Option<String> {
        let port = port.to_string();
        let wanted = [host, &port, dbname, user];
        let lines = self.0.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| matching(line, &wanted))
            .find(|password| !password.is_empty())
    }
}

/// The password of a line whose first four fields fit.
fn matching(line: &str, wanted: &[&str; 4]) -> Option<String> {
    let mut rest = line;
    for wanted in wanted {
        let (field, after) = field(rest);
        // only an unescaped `*` is a wildcard
        if !rest.starts_with("*:") && field != *wanted {
            return None;
        }
        rest = after?;
    }
    Some(field(rest).0)
}

/// One field without its escapes, and what follows its colon.
fn field(text: &str) -> (String, Option<&str>) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            ':' => return (value, text.get(at + 1..)),
            '\\' => value.push(chars.next().map_or('\\', |(_, escaped)| escaped)),
            c => value.push(c),
        }
    }
    (value, None)
}

#[cfg(test)]
mod tests {
    use super::super::environment::fake::Fake;
    use super::*;

    const TEXT: &str = "\
# comment:5432:db:user:no
db.example.com:5432:music:ann:first
*:*:*:bob:pa\\:ss\\\\word
\\*:5432:music:eve:star
localhost:*:*:*:local:ignored
::1:5432:*:*:no
\\:\\:1:5432:*:*:six
short:5432
";

    fn look_up(host: &str, port: u16, dbname: &str, user: &str) -> Option<String> {
        Passfile(TEXT.to_owned()).password(host, port, dbname, user)
    }

    #[test]
    fn fields_wildcards_and_escapes() {
        let found =
            |host, port, dbname, user| look_up(host, port, dbname, user).unwrap_or_default();
        assert_eq!(found("db.example.com", 5432, "music", "ann"), "first");
        assert_eq!(found("db.example.com", 5433, "music", "ann"), "");
        assert_eq!(found("anywhere", 1, "any", "bob"), r"pa:ss\word");
        assert_eq!(found("*", 5432, "music", "eve"), "star");
        assert_eq!(found("x", 5432, "music", "eve"), "");
        assert_eq!(found("localhost", 9, "d", "u"), "local");
        assert_eq!(found("::1", 5432, "d", "u"), "six");
        assert_eq!(found("short", 5432, "d", "u"), "");
    }

    #[test]
    fn a_file_that_others_can_read_is_ignored_with_a_warning() {
        for (mode, expected) in [(0o600, Some("p")), (0o400, Some("p")), (0o640, None)] {
            let fake = Fake::default().file("/p", mode, "*:*:*:*:p\n");
            let mut warnings = Vec::new();
            let passfile = Passfile::load(Path::new("/p"), &fake, &mut warnings);
            assert_eq!(passfile.password("h", 1, "d", "u").as_deref(), expected);
            assert_eq!(warnings.is_empty(), expected.is_some(), "{warnings:?}");
        }
        let mut warnings = Vec::new();
        Passfile::load(Path::new("/none"), &Fake::default(), &mut warnings);
        assert!(warnings.is_empty());
    }
}
