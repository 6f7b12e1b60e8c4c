//! Connection strings in the form `key = value …`. No IO; called by `config` for a DSN that is not
//! a URI.
//!
//! The grammar is libpq's (18, "Keyword/Value Connection Strings"): blanks around `=` are optional,
//! a value with blanks stands in single quotes, `\` takes the next character as it is.

use std::iter::Peekable;
use std::str::Chars;

use crate::error::Error;

/// The options of `dsn`, in order.
pub(super) fn parse(dsn: &str) -> Result<Vec<(String, String)>, Error> {
    let mut rest = dsn.chars().peekable();
    let mut pairs = Vec::new();
    loop {
        skip_blanks(&mut rest);
        if rest.peek().is_none() {
            return Ok(pairs);
        }
        let keyword = keyword(&mut rest)?;
        skip_blanks(&mut rest);
        let value = match rest.next_if_eq(&'\'') {
            Some(_) => quoted(&mut rest).ok_or_else(|| {
                Error::configuration(format!(
                    "the quoted value of `{keyword}` has no closing `'`"
                ))
            })?,
            None => bare(&mut rest),
        };
        pairs.push((keyword, value));
    }
}

/// As libpq's `isspace` sees it.
fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\x0b'
}

fn skip_blanks(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|c| is_blank(*c)).is_some() {}
}

/// A keyword with the `=` after it.
fn keyword(rest: &mut Peekable<Chars<'_>>) -> Result<String, Error> {
    let mut keyword = String::new();
    while let Some(c) = rest.next_if(|c| *c != '=' && !is_blank(*c)) {
        keyword.push(c);
    }
    skip_blanks(rest);
    if rest.next_if_eq(&'=').is_none() {
        return Err(Error::configuration(format!(
            "malformed connection string: expected `=` after `{keyword}`"
        ))
        .with_hint("write `key=value …`, or a URI `postgresql://…`"));
    }
    if keyword.is_empty() {
        return Err(Error::configuration(
            "malformed connection string: nothing before `=`",
        ));
    }
    Ok(keyword)
}

fn bare(rest: &mut Peekable<Chars<'_>>) -> String {
    let mut value = String::new();
    while let Some(c) = rest.next_if(|c| !is_blank(*c)) {
        match c {
            '\\' => value.extend(rest.next()),
            c => value.push(c),
        }
    }
    value
}

/// The value up to the closing quote, or `None` if there is none.
fn quoted(rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut value = String::new();
    loop {
        match rest.next()? {
            '\'' => return Some(value),
            '\\' => value.push(rest.next()?),
            c => value.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_quotes_and_escapes() {
        for (dsn, expected) in [
            ("", vec![]),
            (" host = a  port=1 ", vec![("host", "a"), ("port", "1")]),
            (
                r"password='it\'s \\ here' user=x",
                vec![("password", r"it's \ here"), ("user", "x")],
            ),
            (r"password=a\ b\'c", vec![("password", "a b'c")]),
            ("password='' user=x", vec![("password", ""), ("user", "x")]),
            (
                "host=\n'/a b'\tuser=u=v",
                vec![("host", "/a b"), ("user", "u=v")],
            ),
            ("host='a'port=1", vec![("host", "a"), ("port", "1")]),
        ] {
            let parsed = parse(dsn).unwrap();
            let parsed: Vec<_> = parsed
                .iter()
                .map(|(k, v)| (k.as_str(), v.as_str()))
                .collect();
            assert_eq!(parsed, expected, "{dsn}");
        }
    }

    #[test]
    fn malformed_ones_say_what_is_wrong() {
        for (dsn, part) in [
            ("mydb", "after `mydb`"),
            ("host a", "after `host`"),
            ("=x", "nothing before"),
            ("user='x", "value of `user`"),
            (r"user='x\", "value of `user`"),
        ] {
            let error = parse(dsn).unwrap_err();
            assert!(error.message().contains(part), "{dsn}: {error}");
        }
    }
}
