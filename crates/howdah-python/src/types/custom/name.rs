//! Which type a program means: an OID, or a name as PostgreSQL reads it.
//!
//! No IO. Names of built-in types become OIDs at once; others are compared with what the catalogue
//! says when a statement first uses the type. Invariant: equal types have equal keys, however they
//! were spelled.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};

use super::super::builtin::named;

/// A type that a program names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Oid(u32),
    Name(Name),
}

/// A type's name; None where any schema will do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) schema: Option<String>,
    /// With `[]` behind it for an array.
    pub(super) name: String,
}

/// What SQL calls some built-in types besides the name that `pg_type` has.
const ALIASES: [(&str, &str); 15] = [
    ("bigint", "int8"),
    ("bit varying", "varbit"),
    ("boolean", "bool"),
    ("char", "bpchar"),
    ("character", "bpchar"),
    ("character varying", "varchar"),
    ("decimal", "numeric"),
    ("double precision", "float8"),
    ("int", "int4"),
    ("integer", "int4"),
    ("real", "float4"),
    ("smallint", "int2"),
    ("time with time zone", "timetz"),
    ("timestamp with time zone", "timestamptz"),
    ("timestamp without time zone", "timestamp"),
];

impl Key {
    /// # Errors
    /// `TypeError` for what is neither `int` nor `str`, `ValueError` for what names no type.
    pub(super) fn of(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(text) = value.cast::<PyString>() {
            let text = text.to_str()?;
            return Self::parse(text).ok_or_else(|| {
                PyValueError::new_err(format!("`{text}` is not the name of a type"))
            });
        }
        if !value.is_instance_of::<PyBool>()
            && let Ok(oid) = value.extract::<u32>()
        {
            return Ok(Self::Oid(oid));
        }
        let found = value.get_type().name()?;
        Err(PyTypeError::new_err(format!(
            "expected a type's name or OID, found `{found}`"
        )))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut name = Name::parse(text.trim())?;
        if name.schema.as_deref() == Some("pg_catalog") {
            name.schema = None;
        }
        let oid = if name.schema.is_none() {
            named(builtin_name(text.trim(), &name.name).as_ref())
        } else {
            None
        };
        Some(oid.map_or(Self::Name(name), Self::Oid))
    }

    /// For Python: the OID, or the name in one spelling.
    pub(super) fn public<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Self::Oid(oid) => Ok(oid.into_pyobject(py)?.into_any()),
            Self::Name(name) => Ok(PyString::new(py, &name.to_string()).into_any()),
        }
    }
}

/// The name that the table of built-in types has for a name that was read from `text`.
fn builtin_name<'a>(text: &str, name: &'a str) -> std::borrow::Cow<'a, str> {
    let element = name.trim_end_matches("[]");
    let dimensions = name.get(element.len()..).unwrap_or_default();
    let quoted_char = element == "char" && text.contains('"');
    let element = if quoted_char {
        "\"char\""
    } else {
        let alias = ALIASES.iter().find(|(alias, _)| *alias == element);
        alias.map_or(element, |(_, name)| *name)
    };
    format!("{element}{dimensions}").into()
}

impl Name {
    /// `name`, `schema.name`, `"Schema"."Name"`, each with `[]` or without.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (first, rest) = part(text)?;
        let (schema, name, rest) = match rest.strip_prefix('.') {
            None => (None, first, rest),
            Some(rest) => {
                let (name, rest) = part(rest)?;
                (Some(first), name, rest)
            }
        };
        match rest {
            "" => Some(Self { schema, name }),
            "[]" => Some(Self {
                schema,
                name: name + "[]",
            }),
            _ => None,
        }
    }
}

/// One identifier and what follows it; folded to lower case unless it is quoted.
fn part(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find(['.', '[', '"']).unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(end)?;
        return (!name.is_empty()).then(|| (name.to_lowercase(), rest));
    };
    let mut name = String::new();
    loop {
        let (quoted, behind) = rest.split_once('"')?;
        name.push_str(quoted);
        match behind.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return (!name.is_empty()).then_some((name, behind)),
        }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let element = self.name.strip_suffix("[]").unwrap_or(&self.name);
        if let Some(schema) = &self.schema {
            write!(formatter, "{}.", quoted(schema))?;
        }
        formatter.write_str(&quoted(element))?;
        formatter.write_str(self.name.get(element.len()..).unwrap_or_default())
    }
}

fn quoted(name: &str) -> std::borrow::Cow<'_, str> {
    let plain = |byte: u8| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if name.bytes().all(plain) {
        name.into()
    } else {
        format!("\"{}\"", name.replace('"', "\"\"")).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        Key::parse(text).map(|key| match key {
            Key::Oid(oid) => oid.to_string(),
            Key::Name(name) => name.to_string(),
        })
    }

    #[test]
    fn names_of_builtin_types_are_oids() {
        for (text, oid) in [
            ("int4", "23"),
            ("INTEGER", "23"),
            ("pg_catalog.int4", "23"),
            ("int4[]", "1007"),
            ("timestamp with time zone", "1184"),
            ("\"char\"", "18"),
            ("char", "1042"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(oid), "{text}");
        }
    }

    #[test]
    fn other_names_have_one_spelling() {
        for (text, name) in [
            ("Public.Mood", "public.mood"),
            ("public.\"mood\"[]", "public.mood[]"),
            ("\"Odd \"\"Type\"", "\"Odd \"\"Type\""),
            ("other.int4", "other.int4"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(name), "{text}");
        }
        for text in ["", ".", "a.", "\"open", "a.b.c", "a[", "a[][]", "\"\""] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
