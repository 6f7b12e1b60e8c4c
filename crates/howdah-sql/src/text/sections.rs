//! The parts of a migration file that holds the way up and the way down.
//!
//! No IO. Called by the linter's command and by the tracer, which look at each part as a script of its own. Knows the marks
//! of howdah, dbmate, goose, sql-migrate, micrate and node-pg-migrate. Invariant: parts are in order, do not overlap, and
//! reach from the first mark to the end of the text.

use super::{Span, Token, TokenKind, tokens};

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
    let marks = marks(text);
    let mut found: Vec<Section> = Vec::new();
    match marks.first() {
        // other tools want the way up to be marked: such a line is no mark of theirs
        Some((_, first)) if !first.up && !is_howdahs(text) => return found,
        Some((at, first)) if !first.up => found.push(Section {
            up: true,
            span: Span::new(0, *at),
            transaction: first.transaction,
        }),
        _ => {}
    }
    let never = !marks.is_empty()
        && text
            .lines()
            .any(|it| words(it) == ["+goose", "no", "transaction"]);
    for (at, mark) in marks {
        if let Some(last) = found.last_mut() {
            last.span.end = at as u32;
        }
        found.push(Section {
            up: mark.up,
            span: Span::new(at, text.len()),
            transaction: mark.transaction.map(|it| it && !never),
        });
    }
    found
}

/// The marks with their places. howdah's are comments, never lines of a string or of a function's body; other tools look at
/// lines alone.
fn marks(text: &str) -> Vec<(usize, Mark)> {
    if is_howdahs(text) {
        let comments = tokens(text).filter(|it| it.kind == TokenKind::LineComment);
        let mark = |it: Token| Some((it.span.start as usize, howdahs(it.span.of(text))?));
        return comments.filter_map(mark).collect();
    }
    let mut at = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        at += line.len();
        (at - line.len(), line)
    });
    let mark = |(at, line): (usize, &str)| Some((at, others(line)?));
    lines.filter_map(mark).collect()
}

/// Whether the text says that it is a migration of howdah's: `-- howdah: migration` among its first comments.
pub(crate) fn is_howdahs(text: &str) -> bool {
    head(text).any(|it| words(it) == ["howdah:", "migration"])
}

/// The major version that a migration of howdah's was made for: `-- howdah: made d41d8cd98f00, for PostgreSQL 18`.
///
/// ```
/// let text = "-- howdah: migration\n-- howdah: made d41d8cd98f00, for PostgreSQL 18\n\n-- up\n";
/// assert_eq!(howdah_sql::text::made_for(text), Some(18));
/// ```
#[must_use]
pub fn made_for(text: &str) -> Option<u32> {
    head(text).find_map(|it| match words(it).as_slice() {
        [first, made, _, rest @ ..] if first == "howdah:" && made == "made" => {
            rest.last()?.parse().ok()
        }
        _ => None,
    })
}

/// The lines before the first that is no comment.
fn head(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim);
    lines.take_while(|it| it.is_empty() || it.starts_with("--"))
}

/// howdah's runner decides about transactions statement by statement.
fn howdahs(comment: &str) -> Option<Mark> {
    let up = match words(comment).as_slice() {
        [word] => direction(word)?,
        _ => return None,
    };
    Some(Mark {
        up,
        transaction: Some(false),
    })
}

fn others(line: &str) -> Option<Mark> {
    if !line.trim_start().starts_with("--") {
        return None;
    }
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
    fn a_body_of_a_function_is_not_cut() {
        let body = "create function f() as $$\n-- down\n$$;\nselect '\n-- up\n';\n/*\n-- down\n*/";
        let text = format!("-- howdah: migration\n-- up\n{body}\n  -- down\nselect 1;");
        let parts = found(&text);
        assert_eq!(parts.len(), 2, "{parts:?}");
        assert!(parts.iter().any(|(up, it, _)| *up && it.contains(body)));
        let unmarked = found("-- howdah: migration\nselect 1;\n-- down\nselect 2;");
        assert_eq!(
            unmarked.iter().map(|it| it.0).collect::<Vec<_>>(),
            [true, false]
        );
    }

    #[test]
    fn other_texts_have_no_parts() {
        for text in [
            "",
            "-- up\nselect 1;",
            "select 1;\n-- howdah: migration\n-- up\n",
            "-- migrate: up\n",
            "-- going up\n-- migration\n",
            "insert into t values ('\n-- migrate:down\n');\ndrop table u;",
        ] {
            assert!(sections(text).is_empty(), "{text}");
        }
    }
}
