//! Names longer than PostgreSQL keeps.

use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::text::{TokenKind, tokens, unquote_identifier};

pub(crate) static RULE: Rule = Rule {
    name: "cut-identifier",
    summary: "a name that is longer than the 63 bytes that PostgreSQL keeps",
    severity: Severity::Warning,
    default: Default::On,
    group: Group::Failure,
    aliases: Aliases {
        squawk: &["identifier-too-long"],
        ..Aliases::NONE
    },
    page: r"
## What it finds

Names of more than 63 bytes.

## Why it hurts

PostgreSQL cuts them, with a notice that nobody reads. Two names that differ behind the 63rd byte are one then: the second
statement fails, or changes what the first has made; and programs that look for the name as it was written do not find it.

## The safe way

A shorter name.

```sql
CREATE TABLE customer_order (id bigint);
```

## Examples

```sql
CREATE TABLE a_name_that_goes_on_and_on_and_on_until_nobody_remembers_where_it_began (id bigint); -- warning: cut-identifier
```
",
    check: Check::Statement(check),
};

/// What PostgreSQL keeps of a name.
const KEPT_BYTES: u32 = 63;

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    let written = at.written(at.statement.span);
    if !may_have_long_word(written) {
        return;
    }
    for token in tokens(written).filter(|it| it.span.end - it.span.start > KEPT_BYTES) {
        let text = token.span.of(written);
        let bytes = match token.kind {
            TokenKind::Word => text.len(),
            // as much as stands between the quotes
            TokenKind::QuotedIdentifier if text.starts_with('"') => {
                text.replace("\"\"", "\"").len().saturating_sub(2)
            }
            _ => continue,
        };
        if bytes > KEPT_BYTES as usize {
            let kept = unquote_identifier(text);
            found.push(
                Finding::new(
                    &RULE,
                    token.span.shifted(at.statement.span.start as usize),
                    format!("PostgreSQL cuts this name to `{kept}`"),
                )
                .label(format!("{bytes} bytes, {KEPT_BYTES} are kept")),
            );
        }
    }
}

/// Tokens cost more than this look at the bytes, of which a long word has one in every so many.
fn may_have_long_word(written: &str) -> bool {
    let bytes = written.as_bytes();
    let kept = KEPT_BYTES as usize;
    let is_part =
        |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'_' | b'$' | 0x80..);
    let word_around = |at: usize| {
        let (before, behind) = bytes.split_at_checked(at).unwrap_or_default();
        let before = before.iter().rev().take_while(is_part).take(kept).count();
        before + behind.iter().take_while(is_part).take(kept + 1).count()
    };
    bytes.contains(&b'"')
        || (kept..bytes.len())
            .step_by(kept + 1)
            .any(|at| word_around(at) > kept)
}
