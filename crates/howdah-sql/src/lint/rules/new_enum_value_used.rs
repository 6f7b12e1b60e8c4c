//! A new value of an enum, used before its transaction has committed.

use crate::ast::{Kind, NewType, ObjectName, Statement, Transaction, TypeAction};
use crate::catalog::Column;
use crate::lint::context::Whole;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::text::{Span, TokenKind, tokens};

pub(crate) static RULE: Rule = Rule {
    name: "new-enum-value-used",
    summary: "a new value of an enum, used before it is committed",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Failure,
    aliases: Aliases::NONE,
    page: r"
## What it finds

A string constant of the text of a value that `ALTER TYPE … ADD VALUE` has added earlier in the same transaction.

## Why it hurts

`unsafe use of new value`: PostgreSQL allows the value to be added in a transaction (since 12), but to be used only when it is
committed. It is allowed where the type itself is new in the transaction.

## The safe way

```sql
ALTER TYPE mood ADD VALUE 'glad';
UPDATE person SET mood = 'glad' WHERE id = 1;
```

## Examples

```sql
BEGIN;
ALTER TYPE mood ADD VALUE 'glad';
UPDATE person SET mood = 'glad' WHERE id = 1; -- error: new-enum-value-used
COMMIT;
```
",
    check: Check::Script(check),
};

/// What the open transaction has made.
#[derive(Default)]
struct New {
    types: Vec<ObjectName>,
    values: Vec<(String, ObjectName)>,
}

fn check(whole: &Whole<'_>, found: &mut Vec<Finding>) {
    let mut open = whole.settings.assume_in_transaction.then(New::default);
    for statement in &whole.script.statements {
        match &statement.kind {
            Kind::Transaction(Transaction::Begin(_)) => {
                open.get_or_insert_default();
            }
            Kind::Transaction(Transaction::Commit { chain } | Transaction::Rollback { chain }) => {
                open = chain.then(New::default);
            }
            _ => {
                if let Some(new) = &mut open {
                    uses(whole, statement, new, found);
                    remember(statement, new);
                }
            }
        }
    }
}

fn remember(statement: &Statement, new: &mut New) {
    match &statement.kind {
        Kind::CreateType(made) if matches!(made.kind, NewType::Enum(_)) => {
            new.types.push(made.name.clone());
        }
        Kind::AlterType(altered) if !new.types.contains(&altered.name) => {
            for action in &altered.actions {
                if let TypeAction::AddValue { value, .. } = action {
                    new.values.push((value.clone(), altered.name.clone()));
                }
            }
        }
        _ => {}
    }
}

fn uses(whole: &Whole<'_>, statement: &Statement, new: &New, found: &mut Vec<Finding>) {
    let is_about_types = matches!(
        statement.kind,
        Kind::AlterType(_) | Kind::Comment(_) | Kind::Do(_)
    );
    if new.values.is_empty() || is_about_types {
        return;
    }
    let written = statement.span.of(whole.text);
    for token in tokens(written).filter(|it| it.kind == TokenKind::String) {
        let text = token.span.of(written);
        let text = text.strip_prefix('\'').and_then(|it| it.strip_suffix('\''));
        let Some(text) = text.map(|it| it.replace("''", "'")) else {
            continue;
        };
        let mut values = new.values.iter();
        if let Some((value, name)) = values.find(|(value, _)| *value == text)
            && !is_of_other_types(whole, statement, name)
        {
            let span = token.span.shifted(statement.span.start as usize);
            found.push(finding(value, name, span));
        }
    }
}

/// Whether the statement is about a table without a column of the type, and nothing else.
fn is_of_other_types(whole: &Whole<'_>, statement: &Statement, name: &ObjectName) -> bool {
    let (table, query) = match &statement.kind {
        Kind::Insert(it) => (&it.table, &it.query),
        Kind::Update(it) => (&it.table, &it.query),
        Kind::Delete(it) => (&it.table, &it.query),
        _ => return false,
    };
    let mut others = query.reads.iter().chain(&query.writes);
    let uses_others = others.any(|it| it != table);
    let is_cast = is_named(statement.span.of(whole.text), &name.name);
    let Some(relation) = whole.catalog.relation(table) else {
        return false;
    };
    let is_other = |column: &Column| {
        let of = column.type_name.as_ref();
        of.is_some_and(|it| it.name.name != name.name)
    };
    !uses_others && !is_cast && relation.knows_columns() && relation.columns.iter().all(is_other)
}

/// Whether a type's name is written somewhere.
fn is_named(text: &str, name: &str) -> bool {
    tokens(text).any(|it| {
        let written = it.span.of(text);
        match it.kind {
            TokenKind::Word => written.eq_ignore_ascii_case(name),
            TokenKind::QuotedIdentifier => written.trim_matches('"') == name,
            _ => false,
        }
    })
}

fn finding(value: &str, name: &ObjectName, span: Span) -> Finding {
    Finding::new(
        &RULE,
        span,
        format!(
            "`{value}` of `{name}` cannot be used before the transaction that adds it has committed"
        ),
    )
    .label("`unsafe use of new value`")
    .advice(format!(
        "commit `ALTER TYPE {name} ADD VALUE …` first, in a migration of its own"
    ))
}
