//! Edits made, and looked at again before anybody keeps them.
//!
//! No IO. Called by the command for `--fix`. Invariant: what comes out has no syntax error that was not there, every
//! comment of before in the same order, and statements that no edit touched as they were; an edit that would break one of
//! these is refused.

use std::collections::HashSet;

use super::finding::{Edit, Finding};
use super::rules::unused_suppression;
use super::{Report, Settings, lint};
use crate::ast::Script;
use crate::catalog::Catalog;
use crate::text::Span;

/// How often an edit may make another one possible.
const ROUNDS: usize = 64;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// What became of a text.
#[derive(Debug, Clone)]
pub struct Fixed {
    /// The text, edited.
    pub text: String,
    /// How many findings were edited away.
    pub fixed: usize,
    /// What is found in the edited text.
    pub report: Report,
}

/// Lints a text and makes its edits until none is left.
#[must_use]
pub fn fix(text: &str, known: &Catalog, settings: &Settings) -> Fixed {
    let mut state = Fixed {
        text: text.to_owned(),
        fixed: 0,
        report: lint(text, known, settings),
    };
    for _ in 0..ROUNDS {
        let Some(next) = round(&state, known, settings) else {
            break;
        };
        state = next;
    }
    state
}

/// All edits of a report at once or, if they are refused together, the first that is not.
fn round(state: &Fixed, known: &Catalog, settings: &Settings) -> Option<Fixed> {
    let chosen = independent(&state.report.findings, settings);
    attempt(state, &chosen, known, settings).or_else(|| {
        let mut alone = chosen.iter();
        alone.find_map(|it| attempt(state, &[it], known, settings))
    })
}

fn attempt(
    state: &Fixed,
    chosen: &[&Finding],
    known: &Catalog,
    settings: &Settings,
) -> Option<Fixed> {
    let mut edits: Vec<&Edit> = chosen.iter().flat_map(|it| edits(it, settings)).collect();
    if edits.is_empty() {
        return None;
    }
    edits.sort_by_key(|it| it.span);
    let text = apply(&state.text, &edits)?;
    if !is_kept(&state.text, &text, &edits) {
        return None;
    }
    let report = lint(&text, known, settings);
    // an edit that leaves its finding in place would be made again and again
    let left: HashSet<&str> = report
        .findings
        .iter()
        .map(|it| it.fingerprint.as_str())
        .collect();
    let is_gone = |it: &&&Finding| !left.contains(it.fingerprint.as_str());
    let gone = chosen.iter().filter(is_gone).count();
    if hazards(&report) > hazards(&state.report) {
        return None;
    }
    (gone > 0).then_some(Fixed {
        text,
        fixed: state.fixed + gone,
        report,
    })
}

/// How many findings there are, without comments that an edit has left with nothing to silence.
fn hazards(report: &Report) -> usize {
    let is_hazard = |it: &&Finding| it.rule.name != unused_suppression::RULE.name;
    report.findings.iter().filter(is_hazard).count()
}

fn edits<'a>(finding: &'a Finding, settings: &Settings) -> &'a [Edit] {
    let made = finding.fix.as_ref();
    made.filter(|it| it.safe || settings.unsafe_fixes)
        .map_or(&[], |it| it.edits.as_slice())
}

/// Findings whose edits do not meet, first come first served.
fn independent<'a>(findings: &'a [Finding], settings: &Settings) -> Vec<&'a Finding> {
    let mut taken: Vec<Span> = Vec::new();
    let meets = |a: Span, b: Span| a.start <= b.end && b.start <= a.end;
    let mut chosen = Vec::new();
    for finding in findings {
        let spans: Vec<Span> = edits(finding, settings).iter().map(|it| it.span).collect();
        let is_free = |it: &Span| !taken.iter().any(|other| meets(*it, *other));
        if !spans.is_empty() && spans.iter().all(is_free) {
            taken.extend(spans);
            chosen.push(finding);
        }
    }
    chosen
}

/// The text with edits that are in order; none if they overlap or lie outside.
fn apply(text: &str, edits: &[&Edit]) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 64);
    let first = if text.starts_with(BYTE_ORDER_MARK) {
        BYTE_ORDER_MARK.len_utf8()
    } else {
        0
    };
    let mut at = 0;
    for edit in edits {
        // nothing stands before the mark that a file may begin with
        let range =
            edit.span.start.max(first as u32) as usize..edit.span.end.max(first as u32) as usize;
        out.push_str(text.get(at..range.start)?);
        if text.contains("\r\n") {
            out.push_str(&edit.text.replace('\n', "\r\n"));
        } else {
            out.push_str(&edit.text);
        }
        at = range.end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// Whether the edited text is the old one but for the edits, read by the grammar.
fn is_kept(before: &str, after: &str, edits: &[&Edit]) -> bool {
    let (old, new) = (crate::parse(before), crate::parse(after));
    new.errors.len() <= old.errors.len()
        && comments(before, &old) == comments(after, &new)
        && untouched_are_kept(before, &old, after, &new, edits)
}

fn comments<'a>(text: &'a str, script: &Script) -> Vec<&'a str> {
    script.comments.iter().map(|it| it.span.of(text)).collect()
}

fn untouched_are_kept(
    before: &str,
    old: &Script,
    after: &str,
    new: &Script,
    edits: &[&Edit],
) -> bool {
    let mut new = new.statements.iter().map(|it| it.span.of(after));
    let touched = |span: Span| {
        let mut spans = edits.iter().map(|it| it.span);
        spans.any(|it| it.start <= span.end && span.start <= it.end)
    };
    // in order: each statement that no edit touched comes again, whatever edits put between
    old.statements
        .iter()
        .filter(|it| !touched(it.span))
        .all(|it| new.any(|other| other == it.span.of(before)))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Fix;
    use super::super::rules::named;
    use super::*;

    fn fixed(text: &str) -> Fixed {
        let fixed = fix(text, &Catalog::default(), &Settings::default());
        let again = fix(&fixed.text, &Catalog::default(), &Settings::default());
        assert_eq!(again.text, fixed.text, "twice is once");
        assert_eq!(again.fixed, 0);
        fixed
    }

    #[test]
    fn comments_and_the_rest_stay_where_they_are() {
        let text = "-- howdah: ignore missing-lock-timeout\n\
            /* why */ CREATE /* a */ INDEX /* b */ i /* c */ ON t (a); -- behind\r\n\
            SELECT 'CREATE INDEX j ON t (a)';\n\t-- the end";
        let fixed = fixed(text);
        let expected = text.replace("INDEX /* b */ i", "INDEX CONCURRENTLY /* b */ i");
        assert_eq!(fixed.text, expected);
        assert_eq!(fixed.fixed, 1);
    }

    #[test]
    fn nothing_to_edit_is_nothing_edited() {
        for text in [
            "",
            "-- x",
            "SELECT 1",
            "CREATE INDEX ON",
            "BEGIN; CREATE INDEX i ON t (a); COMMIT;",
        ] {
            let before = lint(text, &Catalog::default(), &Settings::default());
            let fixed = fixed(text);
            if before.findings.iter().all(|it| it.fix.is_none()) {
                assert_eq!(fixed.text, text);
            }
        }
    }

    #[test]
    fn an_edit_that_breaks_something_is_refused() {
        let text = "SELECT 1; -- kept\nSELECT 2;";
        let edits =
            |start: usize, end: usize, new: &str| vec![Edit::replace(Span::new(start, end), new)];
        let cases = [
            ("a comment that swallows", edits(0, 0, "-- ")),
            ("a comment that goes", edits(9, 17, "")),
            ("a syntax error", edits(0, 6, "SELEKT")),
            ("outside of the text", edits(90, 95, "x")),
        ];
        for (what, edits) in cases {
            let mut finding = Finding::new(named("blocking-index-build")[0], Span::new(0, 1), "");
            finding.fix = Some(Fix {
                title: String::new(),
                edits,
                safe: true,
            });
            let report = Report {
                findings: vec![finding],
                ..Report::default()
            };
            let state = Fixed {
                text: text.to_owned(),
                fixed: 0,
                report,
            };
            let made = round(&state, &Catalog::default(), &Settings::default());
            assert!(made.is_none(), "{what}: {:?}", made.map(|it| it.text));
        }
    }

    #[test]
    fn edits_that_meet_are_made_one_after_the_other() {
        let text = "CREATE INDEX i ON t (a);CREATE INDEX j ON t (a);";
        let fixed = fixed(text);
        assert_eq!(
            fixed.text.matches("CONCURRENTLY").count(),
            2,
            "{}",
            fixed.text
        );
    }

    #[test]
    fn a_mark_at_the_beginning_and_ends_of_lines_stay() {
        let text = "\u{feff}ALTER TABLE t ADD COLUMN a int;\r\nSELECT 1;\r\n";
        let fixed = fixed(text).text;
        let expected =
            "\u{feff}SET lock_timeout = '2s';\r\nALTER TABLE t ADD COLUMN a int;\r\nSELECT 1;\r\n";
        assert_eq!(fixed, expected);
    }

    #[test]
    fn each_stretch_gets_its_limit() {
        let block = |name: &str| format!("BEGIN;\nALTER TABLE t ADD COLUMN {name} int;\nCOMMIT;\n");
        let text = format!(
            "{}{}ALTER TABLE t ADD COLUMN c int;\n",
            block("a"),
            block("b")
        );
        let fixed = fixed(&text).text;
        assert_eq!(
            fixed.matches("SET LOCAL lock_timeout").count(),
            2,
            "{fixed}"
        );
        assert_eq!(fixed.matches("SET lock_timeout").count(), 1, "{fixed}");
    }

    #[test]
    fn what_a_program_may_notice_is_made_where_it_is_asked_for() {
        let text = "CREATE TABLE t (a json);";
        assert_eq!(fixed(text).text, text);
        let settings = Settings {
            unsafe_fixes: true,
            ..Settings::default()
        };
        let made = fix(text, &Catalog::default(), &settings);
        assert_eq!(made.text, "CREATE TABLE t (a jsonb);");
    }
}
