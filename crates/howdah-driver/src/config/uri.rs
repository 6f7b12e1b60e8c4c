//! Connection strings in the form of a URI. No IO; called by `config` for a DSN that starts with
//! `postgresql://` or `postgres://`.
//!
//! The grammar is libpq's (18, "Connection URIs"): several hosts, IPv6 in brackets, everything
//! percent-encoded, options as query parameters. The result is pairs of option and value, in order.

use crate::error::Error;

const SCHEMES: [&str; 2] = ["postgresql://", "postgres://"];

/// What follows the scheme, if `dsn` is a URI.
pub(super) fn without_scheme(dsn: &str) -> Option<&str> {
    SCHEMES.iter().find_map(|scheme| dsn.strip_prefix(scheme))
}

/// The options of a URI whose scheme is already gone.
pub(super) fn parse(rest: &str) -> Result<Vec<(String, String)>, Error> {
    let mut pairs = Vec::new();
    let rest = match rest
        .find(['@', '/'])
        .and_then(|at| rest.split_at_checked(at))
    {
        Some((user, rest)) if rest.starts_with('@') => {
            credentials(user, &mut pairs)?;
            rest.strip_prefix('@').unwrap_or(rest)
        }
        _ => rest,
    };
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let (hosts, dbname) = rest.split_once('/').unwrap_or((rest, ""));
    host_list(hosts, &mut pairs)?;
    push(&mut pairs, "dbname", dbname)?;
    for parameter in query.unwrap_or_default().split_terminator('&') {
        query_parameter(parameter, &mut pairs)?;
    }
    Ok(pairs)
}

type Pairs = Vec<(String, String)>;

/// Stores a part of the URI; an empty one is as good as none.
fn push(pairs: &mut Pairs, option: &str, encoded: &str) -> Result<(), Error> {
    if !encoded.is_empty() {
        pairs.push((option.to_owned(), decode(encoded)?));
    }
    Ok(())
}

fn credentials(text: &str, pairs: &mut Pairs) -> Result<(), Error> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    push(pairs, "user", user)?;
    push(pairs, "password", password)
}

fn host_list(text: &str, pairs: &mut Pairs) -> Result<(), Error> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for element in text.split(',') {
        let (host, port) = host_and_port(element)?;
        hosts.push(host);
        ports.push(port);
    }
    if hosts.iter().any(|host| !host.is_empty()) {
        push(pairs, "host", &hosts.join(","))?;
    }
    if ports.iter().any(|port| !port.is_empty()) {
        push(pairs, "port", &ports.join(","))?;
    }
    Ok(())
}

fn host_and_port(element: &str) -> Result<(&str, &str), Error> {
    if element.contains('@') {
        // what stands before it is likely the end of a password, so it is not shown
        return Err(malformed("a second `@` before the host")
            .with_hint("write `@` inside a user name or password as %40"));
    }
    let Some(bracketed) = element.strip_prefix('[') else {
        return Ok(element.split_once(':').unwrap_or((element, "")));
    };
    let (host, rest) = bracketed
        .split_once(']')
        .ok_or_else(|| malformed("an IPv6 address lacks its closing `]`"))?;
    if host.is_empty() {
        return Err(malformed("the address between `[` and `]` is empty"));
    }
    match rest.strip_prefix(':') {
        Some(port) => Ok((host, port)),
        None if rest.is_empty() => Ok((host, "")),
        None => Err(malformed(format!(
            "expected `:` or `,` after `[{host}]`, found `{rest}`"
        ))),
    }
}

fn query_parameter(parameter: &str, pairs: &mut Pairs) -> Result<(), Error> {
    let (option, value) = parameter
        .split_once('=')
        .ok_or_else(|| malformed(format!("query parameter `{parameter}` has no `=`")))?;
    if value.contains('=') {
        return Err(
            malformed(format!("query parameter `{option}` has a second `=`"))
                .with_hint("write `=` inside a value as %3D"),
        );
    }
    match (decode(option)?, decode(value)?) {
        // what JDBC calls it; libpq does the same
        (ssl, yes) if ssl == "ssl" && yes == "true" => {
            pairs.push(("sslmode".to_owned(), "require".to_owned()));
        }
        pair => pairs.push(pair),
    }
    Ok(())
}

fn malformed(what: impl std::fmt::Display) -> Error {
    Error::configuration(format!("malformed connection URI: {what}"))
}

/// Percent-decoding. The text that failed is not shown: it may be the password.
fn decode(encoded: &str) -> Result<String, Error> {
    let encoded = encoded.trim_matches(' ');
    if encoded.contains(' ') {
        return Err(malformed("a value contains a space").with_hint("write it as %20"));
    }
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let high = rest.next().and_then(hex_digit);
        let low = rest.next().and_then(hex_digit);
        let (Some(high), Some(low)) = (high, low) else {
            return Err(malformed("`%` is not followed by two hexadecimal digits")
                .with_hint("write `%` itself as %25"));
        };
        bytes.push(high << 4 | low);
    }
    if bytes.contains(&0) {
        return Err(malformed(
            "a value contains %00, which PostgreSQL cannot carry",
        ));
    }
    String::from_utf8(bytes).map_err(|_| malformed("a percent-encoded value is not UTF-8"))
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(uri: &str) -> String {
        let pairs = parse(without_scheme(uri).unwrap()).unwrap();
        let texts: Vec<_> = pairs
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        texts.join(" ")
    }

    // the examples of PostgreSQL 18's documentation, then the corners
    #[test]
    fn every_form_of_the_documentation() {
        for (uri, expected) in [
            ("postgresql://", ""),
            ("postgresql://localhost", "host=localhost"),
            ("postgresql://localhost:5433", "host=localhost port=5433"),
            ("postgresql://localhost/mydb", "host=localhost dbname=mydb"),
            ("postgresql://user@localhost", "user=user host=localhost"),
            (
                "postgres://user:secret@localhost",
                "user=user password=secret host=localhost",
            ),
            (
                "postgresql://other@localhost/otherdb?connect_timeout=10&application_name=myapp",
                "user=other host=localhost dbname=otherdb connect_timeout=10 \
                 application_name=myapp",
            ),
            (
                "postgresql://host1:123,host2:456/somedb?target_session_attrs=any",
                "host=host1,host2 port=123,456 dbname=somedb target_session_attrs=any",
            ),
            (
                "postgresql:///mydb?host=localhost&port=5433",
                "dbname=mydb host=localhost port=5433",
            ),
            (
                "postgresql://[2001:db8::1234]/database",
                "host=2001:db8::1234 dbname=database",
            ),
            ("postgresql://[::1]:5433,b", "host=::1,b port=5433,"),
            (
                "postgresql:///dbname?host=/var/lib/postgresql",
                "dbname=dbname host=/var/lib/postgresql",
            ),
            (
                "postgresql://%2Fvar%2Flib%2Fpostgresql/dbname",
                "host=/var/lib/postgresql dbname=dbname",
            ),
            (
                "postgresql://u%40x:p%3A%2F%25@h/d%20b",
                "user=u@x password=p:/% host=h dbname=d b",
            ),
            ("postgresql://h?ssl=true", "host=h sslmode=require"),
            ("postgresql://a,b:1", "host=a,b port=,1"),
            (
                "postgresql://u:p?q@h?user=x@y",
                "user=u password=p?q host=h user=x@y",
            ),
            ("postgresql:// h /d ?user=u&", "host=h dbname=d user=u"),
            ("postgresql://h?", "host=h"),
            ("postgresql://:5433/x", "port=5433 dbname=x"),
        ] {
            assert_eq!(parsed(uri), expected, "{uri}");
        }
    }

    #[test]
    fn malformed_ones_say_what_is_wrong() {
        for (uri, part) in [
            ("postgresql://[::1", "closing `]`"),
            ("postgresql://[]", "is empty"),
            ("postgresql://[::1]x", "found `x`"),
            ("postgresql://h?a", "has no `=`"),
            ("postgresql://h?a=b=c", "second `=`"),
            ("postgresql://u:p@q@h", "second `@`"),
            ("postgresql://a b", "a space"),
            ("postgresql://h?&a=b", "has no `=`"),
            ("postgresql://%zz", "hexadecimal"),
            ("postgresql://%4", "hexadecimal"),
            ("postgresql://%00", "%00"),
            ("postgresql://%ff", "not UTF-8"),
        ] {
            let error = parse(without_scheme(uri).unwrap()).unwrap_err();
            assert!(error.message().contains(part), "{uri}: {error}");
        }
    }
}
