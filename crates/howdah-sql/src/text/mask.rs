//! What psql would have taken out of a statement, made harmless with every offset kept.

use std::borrow::Cow;

use super::Span;
use super::scan::{Token, TokenKind, tokens};

/// A statement with psql's commands in it as space. It stands at `start` of the script.
pub(crate) fn mask_commands<'a>(
    statement: &'a str,
    start: usize,
    commands: &[Span],
) -> Cow<'a, str> {
    if commands.is_empty() {
        return Cow::Borrowed(statement);
    }
    let mut masked = statement.as_bytes().to_vec();
    for command in commands {
        let from = (command.start as usize).saturating_sub(start);
        let to = (command.end as usize).saturating_sub(start);
        blank(&mut masked, from, to);
    }
    Cow::Owned(String::from_utf8_lossy(&masked).into_owned())
}

/// A statement with psql's variables as something of the same length: `:name` is a name, `:'name'`
/// a string, `:"name"` a quoted name, `:{?name}` a word; `${name}`, which Flyway and others fill in, a name. Borrowed if it
/// has none.
pub(crate) fn mask_variables(statement: &str) -> Cow<'_, str> {
    if !statement.contains([':', '$']) {
        return Cow::Borrowed(statement);
    }
    let all: Vec<Token> = tokens(statement).collect();
    let mut masked = Vec::new();
    for (index, token) in all.iter().enumerate() {
        let next = all.get(index + 1);
        let is_colon = |token: Option<&Token>| token.is_some_and(|it| it.span.of(statement) == ":");
        let before = index.checked_sub(1).and_then(|index| all.get(index));
        // what stands before it may be part of the same name
        if matches!(token.kind, TokenKind::Symbol | TokenKind::Word)
            && token.span.of(statement).ends_with('$')
            && next.is_some_and(|it| it.span.of(statement) == "{")
        {
            mask_placeholder(statement, token.span.end as usize - 1, &mut masked);
            continue;
        }
        if token.span.of(statement) != ":" || is_colon(before) || is_colon(next) {
            continue;
        }
        let (at, mark) = match next.map(|next| (next.kind, next.span.of(statement))) {
            Some((TokenKind::Word, _)) => (token.span.start, b'_'),
            Some((TokenKind::String | TokenKind::QuotedIdentifier, _)) => (token.span.start, b' '),
            Some((_, "{")) => {
                mask_test(statement, token.span.start as usize, &mut masked);
                continue;
            }
            _ => continue,
        };
        if masked.is_empty() {
            masked = statement.as_bytes().to_vec();
        }
        if let Some(byte) = masked.get_mut(at as usize) {
            *byte = mark;
        }
    }
    if masked.is_empty() {
        Cow::Borrowed(statement)
    } else {
        Cow::Owned(String::from_utf8_lossy(&masked).into_owned())
    }
}

/// `${name}` is a name.
fn mask_placeholder(statement: &str, start: usize, masked: &mut Vec<u8>) {
    let rest = statement.get(start..).unwrap_or_default();
    let Some(length) = rest.find('}') else {
        return;
    };
    if masked.is_empty() {
        *masked = statement.as_bytes().to_vec();
    }
    for byte in masked.get_mut(start..=start + length).into_iter().flatten() {
        if !byte.is_ascii_alphanumeric() {
            *byte = b'_';
        }
    }
}

/// `:{?name}` is `true` or `false`.
fn mask_test(statement: &str, start: usize, masked: &mut Vec<u8>) {
    let rest = statement.get(start..).unwrap_or_default();
    let Some(length) = rest.find('}').filter(|_| rest.starts_with(":{?")) else {
        return;
    };
    if masked.is_empty() {
        *masked = statement.as_bytes().to_vec();
    }
    blank(masked, start, start + length + 1);
    if let Some(place) = masked.get_mut(start..start + 4) {
        place.copy_from_slice(b"true");
    }
}

fn blank(bytes: &mut [u8], from: usize, to: usize) {
    for byte in bytes.get_mut(from..to).into_iter().flatten() {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_keep_their_length() {
        let text = "select :a, :'b', :\"c\", :{?d}, x::int, '12:30' from t";
        let masked = mask_variables(text);
        assert_eq!(
            masked,
            "select _a,  'b',  \"c\", true , x::int, '12:30' from t"
        );
        assert_eq!(masked.len(), text.len());
        assert_eq!(
            mask_variables("create table ${s}.t_${env}_x (a ${my.type}) -- ${c}"),
            "create table __s_.t___env__x (a __my_type_) -- ${c}"
        );
        assert!(matches!(
            mask_variables("select a::b, ':c', $1, '${x}'"),
            Cow::Borrowed(_)
        ));
    }
}
