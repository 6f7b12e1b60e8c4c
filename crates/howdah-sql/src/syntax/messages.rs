//! The parser's mistakes in words of SQL.
//!
//! No IO. Its crate calls tokens by names of its own (`L_CURLY`); people are told what stands there.

use crate::text::{TokenKind, tokens};

/// Characters of a token that are shown.
const LONGEST: usize = 40;

/// What a message of the parser says, about a place of the text: lower case at the start, no period at the end.
pub(super) fn message(said: &str, source: &str, at: usize) -> String {
    let said = said.trim_end_matches('.');
    let cuts = [", found ", ", got ", " but got "];
    let head = cuts.iter().find_map(|it| Some(said.split_once(it)?.0));
    let head = head.unwrap_or(said);
    let words: Vec<String> = head.split(' ').map(in_words).collect();
    let mut told = words.join(" ");
    if told == "expected command" {
        "expected a command".clone_into(&mut told);
    }
    if head.len() < said.len() || told.starts_with("expected ") {
        told = format!("{told}, found {}", found(source, at));
    }
    lower(&told)
}

/// What stands at a place.
fn found(source: &str, at: usize) -> String {
    let rest = source.get(at..).unwrap_or_default();
    let is_space = |kind| {
        use TokenKind::{BlockComment, LineComment, Space};
        matches!(kind, Space | LineComment | BlockComment)
    };
    let Some(token) = tokens(rest).find(|it| !is_space(it.kind)) else {
        return "the end".to_owned();
    };
    let text = token.span.of(rest);
    let shown: String = text
        .chars()
        .take(LONGEST)
        .flat_map(char::escape_debug)
        .collect();
    let shown = shown.replace("\\'", "'").replace("\\\"", "\"");
    let cut = if text.chars().nth(LONGEST).is_some() {
        "…"
    } else {
        ""
    };
    format!("`{shown}{cut}`")
}

/// A token's name as people know it; any other word as it is.
fn in_words(word: &str) -> String {
    if let Some(keyword) = word.strip_suffix("_KW") {
        return format!("`{keyword}`");
    }
    let sign = match word {
        "IDENT" => return "a name".to_owned(),
        "STRING" => return "a string".to_owned(),
        "INT_NUMBER" | "NUMERIC_NUMBER" => return "a number".to_owned(),
        "EOF" => return "the end".to_owned(),
        "COMMA" => ",",
        "L_PAREN" => "(",
        "R_PAREN" => ")",
        "L_BRACK" => "[",
        "R_BRACK" => "]",
        "L_CURLY" => "{",
        "R_CURLY" => "}",
        "SEMICOLON" => ";",
        "COLON" => ":",
        "DOT" => ".",
        "EQ" => "=",
        "STAR" => "*",
        word => return word.to_owned(),
    };
    format!("`{sign}`")
}

fn lower(text: &str) -> String {
    let shouts = text.chars().nth(1).is_some_and(char::is_uppercase);
    match text.chars().next() {
        Some(first) if !shouts => {
            let rest = text.get(first.len_utf8()..).unwrap_or_default();
            format!("{}{rest}", first.to_lowercase())
        }
        _ => text.to_owned(),
    }
}
