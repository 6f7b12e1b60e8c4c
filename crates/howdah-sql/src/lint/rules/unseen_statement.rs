//! What a script runs and cannot be seen.

use crate::ast::{Kind, ObjectName, Query};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::text::{Span, Token, TokenKind, tokens};

pub(crate) static RULE: Rule = Rule {
    name: "unseen-statement",
    summary: "something that a script runs is not looked at",
    severity: Severity::Note,
    default: Default::On,
    group: Group::Script,
    aliases: Aliases::NONE,
    page: r"
## What it finds

What runs when the script runs and is no SQL that stands in it:

- `EXECUTE` of a text that only the server knows. Constants, `||`, `quote_ident` and `format` are put together, and what comes
  of it is looked at like any statement;
- `DO` in another language than PL/pgSQL;
- psql's `\i` and `\gexec`;
- functions and procedures that the script calls: their bodies are left alone, and what is not built in may do anything.

## Why it hurts

Nothing is said of what is not seen, and a report without findings says less than it seems to.

## The safe way

Statements that stand in the script:

```sql
ALTER TABLE orders ADD COLUMN note text;
```

`howdah lint --trace` runs the script on a scratch server, and tells what it really does.

## Examples

```sql
DO $$ BEGIN
    EXECUTE 'ALTER TABLE orders ' || 'ADD COLUMN note text';
    EXECUTE current_setting('app.migration'); -- note: unseen-statement
END $$;
SELECT prepare_orders(); -- note: unseen-statement
CALL prepare_orders(); -- note: unseen-statement
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let (name, span) = match &at.statement.kind {
        Kind::Call(it) => (&it.call.name, at.statement.span),
        Kind::Select(it) => match called(&it.query) {
            Some(name) => (name, at.statement.span),
            None => return,
        },
        _ => return,
    };
    let schema = name.schema.as_deref();
    let is_builtin = matches!(schema, None | Some("pg_catalog"))
        && (crate::builtin::volatility(&name.name).is_some() || schema.is_some());
    if !is_builtin {
        let message = format!("what `{name}()` does is not looked at");
        found.push(Finding::new(&RULE, span, message).label("may do anything"));
    }
}

/// The function that a query does nothing but call.
fn called(query: &Query) -> Option<&ObjectName> {
    let [target] = query.targets.as_slice() else {
        return None;
    };
    match &target.expr.node {
        crate::ast::Node::Call(call) if query.reads.is_empty() => Some(&call.name),
        _ => None,
    }
}

/// Commands of psql that run what does not stand there.
pub(in crate::lint) fn of_commands(text: &str) -> Vec<Finding> {
    if !text.contains("\\i") && !text.contains("\\gexec") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut last: Option<Token> = None;
    for token in tokens(text) {
        let command = last.filter(|it| it.kind == TokenKind::Backslash);
        last = Some(token);
        let Some(command) = command.filter(|_| token.kind == TokenKind::Word) else {
            continue;
        };
        let (message, label) = match token.span.of(text) {
            "i" | "ir" | "include" | "include_relative" => (
                "what is in the other file is not looked at here",
                "another file",
            ),
            "gexec" => (
                "what the rows of the query say is run, and cannot be seen before",
                "runs what is read",
            ),
            _ => continue,
        };
        let span = Span {
            start: command.span.start,
            end: token.span.end,
        };
        found.push(Finding::new(&RULE, span, message).label(label));
    }
    found
}

/// An `EXECUTE` whose text is not known.
pub(in crate::lint) fn of_execute(span: Span) -> Finding {
    Finding::new(
        &RULE,
        span,
        "what this `EXECUTE` runs is not known before it runs",
    )
    .label("cannot be seen")
}

/// A `DO` in a language that is not read.
pub(in crate::lint) fn of_language(span: Span, language: &str) -> Finding {
    let message = format!("a `DO` in `{language}` is not looked into");
    Finding::new(&RULE, span, message).label("may do anything")
}
