//! Types of Python for types of PostgreSQL. No IO.

use super::names::Names;
use crate::value::{Name, Schema};

/// A column's type in Python.
#[derive(Debug, Clone)]
pub(super) struct PythonType {
    /// As an annotation has it, without `| None`.
    pub(super) annotation: String,
    /// What `howdah.orm` stores such values as, where nothing else is said.
    pub(super) stored_as: String,
    /// What its values are, for defaults.
    pub(super) values: Values,
}

/// What values of a type are in Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    Int,
    Decimal,
    Text,
    Bool,
    Array,
    Json,
    Enum,
    Other,
}

/// The built-in types: PostgreSQL's, the annotation, what that is stored as.
const BUILT_IN: &[(&str, &str, &str, Values)] = &[
    ("boolean", "bool", "boolean", Values::Bool),
    ("bigint", "int", "bigint", Values::Int),
    ("integer", "int", "bigint", Values::Int),
    ("smallint", "int", "bigint", Values::Int),
    (
        "double precision",
        "float",
        "double precision",
        Values::Other,
    ),
    ("real", "float", "double precision", Values::Other),
    ("numeric", "Decimal", "numeric", Values::Decimal),
    ("text", "str", "text", Values::Text),
    ("character varying", "str", "text", Values::Text),
    ("character", "str", "text", Values::Text),
    ("citext", "str", "text", Values::Text),
    ("bytea", "bytes", "bytea", Values::Other),
    (
        "timestamp with time zone",
        "dt.datetime",
        "timestamp with time zone",
        Values::Other,
    ),
    (
        "timestamp without time zone",
        "dt.datetime",
        "timestamp with time zone",
        Values::Other,
    ),
    ("date", "dt.date", "date", Values::Other),
    (
        "time without time zone",
        "dt.time",
        "time without time zone",
        Values::Other,
    ),
    (
        "time with time zone",
        "dt.time",
        "time without time zone",
        Values::Other,
    ),
    ("interval", "dt.timedelta", "interval", Values::Other),
    ("uuid", "UUID", "uuid", Values::Other),
    ("jsonb", "Any", "jsonb", Values::Json),
    ("json", "Any", "jsonb", Values::Json),
    ("int4range", "Range[int]", "int8range", Values::Other),
    ("int8range", "Range[int]", "int8range", Values::Other),
    ("numrange", "Range[Decimal]", "numrange", Values::Other),
    ("daterange", "Range[dt.date]", "daterange", Values::Other),
    (
        "tstzrange",
        "Range[dt.datetime]",
        "tstzrange",
        Values::Other,
    ),
    ("tsrange", "Range[dt.datetime]", "tstzrange", Values::Other),
    (
        "int4multirange",
        "Multirange[int]",
        "int8multirange",
        Values::Other,
    ),
    (
        "int8multirange",
        "Multirange[int]",
        "int8multirange",
        Values::Other,
    ),
    (
        "nummultirange",
        "Multirange[Decimal]",
        "nummultirange",
        Values::Other,
    ),
    (
        "datemultirange",
        "Multirange[dt.date]",
        "datemultirange",
        Values::Other,
    ),
    (
        "tstzmultirange",
        "Multirange[dt.datetime]",
        "tstzmultirange",
        Values::Other,
    ),
    (
        "tsmultirange",
        "Multirange[dt.datetime]",
        "tstzmultirange",
        Values::Other,
    ),
];

/// What a type is in Python.
pub(super) fn python_type(type_name: &str, schema: &Schema, names: &Names) -> PythonType {
    if let Some(item) = type_name.strip_suffix("[]") {
        let item = python_type(item, schema, names);
        return PythonType {
            annotation: format!("list[{}]", item.annotation),
            stored_as: format!("{}[]", item.stored_as),
            values: Values::Array,
        };
    }
    if let Some(found) = declared(type_name, schema, names) {
        return found;
    }
    let plain = without_modifier(type_name);
    let known = BUILT_IN.iter().find(|(name, ..)| *name == plain);
    let (_, annotation, stored_as, values) = known.unwrap_or(&("", "Any", "jsonb", Values::Other));
    PythonType {
        annotation: (*annotation).to_owned(),
        stored_as: (*stored_as).to_owned(),
        values: *values,
    }
}

/// A type that the schema has itself.
fn declared(type_name: &str, schema: &Schema, names: &Names) -> Option<PythonType> {
    let is_it = |name: &&Name| name.to_string() == type_name;
    let enums = schema.enums.iter().map(|it| &it.name).find(is_it);
    let found = enums
        .or_else(|| schema.domains.iter().map(|it| &it.name).find(is_it))
        .or_else(|| schema.composites.iter().map(|it| &it.name).find(is_it))
        .or_else(|| schema.ranges.iter().map(|it| &it.name).find(is_it))?;
    Some(PythonType {
        annotation: names.class(found)?.to_owned(),
        stored_as: type_name.to_owned(),
        values: if enums.is_some() {
            Values::Enum
        } else {
            Values::Other
        },
    })
}

/// `numeric(5,2)` is `numeric`, `timestamp(3) with time zone` is `timestamp with time zone`.
fn without_modifier(type_name: &str) -> String {
    match type_name.split_once('(') {
        Some((before, rest)) => {
            let after = rest.split_once(')').map_or("", |(_, after)| after);
            format!("{}{after}", before.trim_end())
        }
        None => type_name.to_owned(),
    }
}
