//! The parts of a migration file that holds the way up and the way down.
//!
//! No IO. Called by the linter's command and by the tracer, which look at each part as a script of its own. Knows the marks
//! of howdah, dbmate, goose, sql-migrate, micrate and node-pg-migrate. Invariant: parts are in order, do not overlap, and
//! reach from the first mark to the end of the text.

use super::Span;

/// One part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// It applies the migration, and does not undo it.
    pub up: bool,
    /// From its mark to the next one.
    pub span: Span,
    /// Whether the tool runs it in a transaction; none where it does what the script says.
    pub transaction: Option<bool>,
}

/// A line that begins a part.
struct Mark {
    up: bool,
    transaction: Option<bool>,
}

/// The parts of a text; none where no tool's marks are in it.
///
/// ```
/// use howdah_sql::text::sections;
///
/// let text = "-- migrate:up\ncreate table t ();\n-- migrate:down\ndrop table t;\n";
/// let parts: Vec<bool> = sections(text).iter().map(|it| it.up).collect();
/// assert_eq!(parts, [true, false]);
/// assert!(sections("create table t ();").is_empty());
/// ```
#[must_use]
pub fn sections(text: &str) -> Vec<Section> {
    let is_howdahs = is_howdahs(text);
    let never = text
        .lines()
        .any(|it| words(it) == ["+goose", "no", "transaction"]);
    let mut found: Vec<Section> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let mark = if is_howdahs {
            howdahs(line)
        } else {
            others(line)
        };
        if let Some(mark) = mark {
            if let Some(last) = found.last_mut() {
                last.span.end = at as u32;
            }
            found.push(Section {
                up: mark.up,
                span: Span::new(at, text.len()),
                transaction: mark.transaction.map(|it| it && !never),
            });
        }
        at += line.len();
    }
    found
}

/// Whether the text says that it is a migration of howdah's: `-- howdah: migration` among its first comments.
pub(crate) fn is_howdahs(text: &str) -> bool {
    let lines = text.lines().map(str::trim);
    let mut head = lines.take_while(|it| it.is_empty() || it.starts_with("--"));
    head.any(|it| words(it) == ["howdah:", "migration"])
}

/// The major version that a migration of howdah's was made for: `-- howdah: made d41d8cd98f00, for PostgreSQL 18`.
///
/// ```
/// let text = "-- howdah: migration\n-- howdah: made d41d8cd98f00, for PostgreSQL 18\n\n-- up\n";
/// assert_eq!(howdah_sql::text::made_for(text), Some(18));
/// ```
#[must_use]
pub fn made_for(text: &str) -> Option<u32> {
    let lines = text.lines().map(str::trim);
    let mut head = lines.take_while(|it| it.is_empty() || it.starts_with("--"));
    head.find_map(|it| match words(it).as_slice() {
        [first, made, _, rest @ ..] if first == "howdah:" && made == "made" => {
            rest.last()?.parse().ok()
        }
        _ => None,
    })
}

/// howdah's runner decides about transactions statement by statement.
fn howdahs(line: &str) -> Option<Mark> {
    // a mark stands at the beginning of its line
    let up = match line.starts_with("--").then(|| words(line))?.as_slice() {
        [word] => direction(word)?,
        _ => return None,
    };
    Some(Mark {
        up,
        transaction: Some(false),
    })
}

fn others(line: &str) -> Option<Mark> {
    let words = words(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (up, transaction) = match words.as_slice() {
        ["+migrate", side, options @ ..] => {
            (direction(side)?, Some(!options.contains(&"notransaction")))
        }
        ["+micrate", side] => (direction(side)?, None),
        ["+goose", side] | [side, "migration"] => (direction(side)?, Some(true)),
        [first, options @ ..] => (
            direction(first.strip_prefix("migrate:")?)?,
            Some(!options.contains(&"transaction:false")),
        ),
        [] => return None,
    };
    Some(Mark { up, transaction })
}

fn direction(word: &str) -> Option<bool> {
    match word {
        "up" => Some(true),
        "down" => Some(false),
        _ => None,
    }
}

/// The words of a line that is a comment, in lower case.
fn words(line: &str) -> Vec<String> {
    let comment = line.trim_start().strip_prefix("--").unwrap_or_default();
    let words = comment.split_whitespace();
    words.map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(bool, &str, Option<bool>)> {
        let found = sections(text).into_iter();
        found
            .map(|it| (it.up, it.span.of(text), it.transaction))
            .collect()
    }

    #[test]
    fn each_tools_marks_are_known() {
        let cases = [
            ("-- howdah: migration\n-- UP\na;\n-- down\nb;", Some(false)),
            ("-- migrate:up\na;\n-- migrate:down\nb;", Some(true)),
            (
                "-- migrate:up transaction:false\na;\n-- migrate:down transaction:false\nb;",
                Some(false),
            ),
            ("-- +goose Up\na;\n-- +goose Down\nb;", Some(true)),
            (
                "-- +goose NO TRANSACTION\n-- +goose Up\na;\n-- +goose Down\nb;",
                Some(false),
            ),
            (
                "-- +migrate Up notransaction\na;\n-- +migrate Down notransaction\nb;",
                Some(false),
            ),
            ("-- +micrate Up\na;\n-- +micrate Down\nb;", None),
            (
                "-- Up Migration\r\na;\r\n-- Down Migration\r\nb;",
                Some(true),
            ),
        ];
        for (text, transaction) in cases {
            let parts = found(text);
            let [(true, up, first), (false, down, second)] = parts.as_slice() else {
                panic!("{text}: {parts:?}")
            };
            assert!(up.contains("a;") && !up.contains("b;"), "{text}");
            assert!(down.contains("b;") && !down.contains("a;"), "{text}");
            assert_eq!([*first, *second], [transaction; 2], "{text}");
        }
    }

    #[test]
    fn other_texts_have_no_parts() {
        for text in [
            "",
            "-- up\nselect 1;",
            "select 1;\n-- howdah: migration\n-- up\n",
            "-- migrate: up\n",
            "-- going up\n-- migration\n",
        ] {
            assert!(sections(text).is_empty(), "{text}");
        }
    }
}
