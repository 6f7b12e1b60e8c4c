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
    let told = match head {
        "expected command" => match command(source, at) {
            Some(words) => return format!("there is no command `{words}`"),
            None if is_first(source, at) => "expected a command".to_owned(),
            None => "expected the end of the statement".to_owned(),
        },
        "missing comma" => "expected `,`".to_owned(),
        head => in_sql(head),
    };
    if head.len() < said.len() || told.starts_with("expected ") {
        format!("{}, found {}", lower(&told), found(source, at))
    } else {
        lower(&told)
    }
}

/// What the parser says, in words of SQL: `expected expr` is `expected an expression`.
fn in_sql(head: &str) -> String {
    let words = |text: &str| text.split(' ').map(in_words).collect::<Vec<_>>().join(" ");
    match head.strip_prefix("expected ") {
        Some(what) => format!(
            "expected {}",
            noun(
                NOUNS.iter().find(|it| it.0 == what).map_or(what, |it| it.1),
                words
            )
        ),
        None => words(head),
    }
}

/// What the parser calls something, and what people do.
const NOUNS: &[(&str, &str)] = &[
    ("column_name", "column"),
    ("expr", "expression"),
    ("from item", "table"),
    ("from table", "table"),
    ("from_item", "table"),
    ("identifier", "name"),
    ("lockmode", "lock mode"),
    ("name ref list", "list of names"),
    ("numeric", "number"),
    ("numeric literal", "number"),
    ("path name", "name"),
    ("select stmt", "query"),
    ("simple type name", "type"),
    ("string literal", "string"),
    ("table arg list", "list of columns"),
    ("type name", "type"),
    ("unsigned integer literal", "number"),
    ("valid extension member object type", "kind of object"),
];

/// With its article, where it is a noun of one thing.
fn noun(what: &str, words: impl Fn(&str) -> String) -> String {
    let is_plain = |it: char| it.is_ascii_lowercase() || it == ' ';
    let has_article = ["a ", "an ", "at "].iter().any(|it| what.starts_with(it));
    let is_one = what.chars().all(is_plain) && !has_article && !what.ends_with('s');
    match what.chars().next() {
        Some('a' | 'e' | 'i' | 'o' | 'u') if is_one => format!("an {what}"),
        Some(_) if is_one => format!("a {what}"),
        _ => words(what),
    }
}

fn is_first(source: &str, at: usize) -> bool {
    let before = source.get(..at).unwrap_or_default();
    tokens(before).all(|it| is_space(it.kind))
}

/// The first two words, where the first begins commands: what is behind it is what is wrong.
fn command(source: &str, at: usize) -> Option<String> {
    let rest = source.get(at..).filter(|_| is_first(source, at))?;
    let mut words = tokens(rest).filter(|it| !is_space(it.kind));
    let (first, second) = (words.next()?, words.next()?);
    let begins = ["alter", "create", "drop", "comment", "refresh", "import"];
    let first = first.span.of(rest);
    let is_begun = begins.iter().any(|it| it.eq_ignore_ascii_case(first));
    (is_begun && second.kind == TokenKind::Word)
        .then(|| format!("{first} {}", shown(second.span.of(rest))))
}

fn is_space(kind: TokenKind) -> bool {
    use TokenKind::{BlockComment, LineComment, Space};
    matches!(kind, Space | LineComment | BlockComment)
}

/// What stands at a place.
fn found(source: &str, at: usize) -> String {
    let rest = source.get(at..).unwrap_or_default();
    let Some(token) = tokens(rest).find(|it| !is_space(it.kind)) else {
        return "the end".to_owned();
    };
    match token.span.of(rest) {
        "`" => "a backquote".to_owned(),
        text => format!("`{}`", shown(text)),
    }
}

/// A token, its beginning if it is long.
fn shown(text: &str) -> String {
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
    format!("{shown}{cut}")
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
