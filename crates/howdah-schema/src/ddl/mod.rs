//! Statements that make a schema.
//!
//! No IO. What other objects name comes first ([`order`]); what only belongs to an object, and foreign keys, which
//! may go round in circles, come after all of them ([`attach`]). Statements have no semicolon.
//!
//! Invariant: run in one transaction on an empty database of the same version, they give a catalog that reads back
//! as the schema that they were made of.

pub(crate) mod attach;
pub(crate) mod collation;
pub(crate) mod comment;
pub(crate) mod constraint;
pub(crate) mod definition;
pub(crate) mod event_trigger;
pub(crate) mod foreign;
pub(crate) mod grant;
pub(crate) mod index;
pub(crate) mod inherited;
pub(crate) mod not_null;
pub(crate) mod order;
pub(crate) mod owner;
pub(crate) mod publication;
pub(crate) mod routine;
pub(crate) mod sequence;
pub(crate) mod statistics;
pub(crate) mod table;
pub(crate) mod types;
pub(crate) mod view;

use crate::identifiers::{literal, quoted};
use crate::value::{Options, Schema};

pub use order::words;

/// A setting of the transaction without which a body could not name what comes later; among the statements where there is
/// such a body.
pub const UNCHECKED_BODIES: &str = "set local check_function_bodies = off";

/// The statements that make everything; names must be complete (see [`crate::naming`]).
#[must_use]
pub fn create(schema: &Schema) -> Vec<String> {
    let schema = &*not_null::told(schema);
    let mut statements = Vec::new();
    for namespace in &schema.schemas {
        statements.push(format!(
            "create schema if not exists {}",
            quoted(&namespace.name)
        ));
    }
    for extension in &schema.extensions {
        let mut text = format!("create extension if not exists {}", quoted(&extension.name));
        push_some(
            &mut text,
            " schema ",
            extension.schema.as_deref().map(quoted),
        );
        push_some(
            &mut text,
            " version ",
            extension.version.as_deref().map(literal),
        );
        statements.push(text);
    }
    if schema.routines.iter().any(|it| !it.atomic) {
        // a body may name what comes later
        statements.push(UNCHECKED_BODIES.to_owned());
    }
    for object in order::ordered(schema) {
        object.create(schema, &mut statements);
    }
    attach::everything(schema, &mut statements);
    statements
}

/// The statements that drop everything but schemas and extensions. What is missing is passed over; what others
/// depend on is refused by the server.
#[must_use]
pub fn drop(schema: &Schema) -> Vec<String> {
    let mut statements = Vec::new();
    attach::detach(schema, &mut statements);
    for object in order::ordered(schema).iter().rev() {
        object.drop(&mut statements);
    }
    statements
}

/// Statements as a script.
#[must_use]
pub fn script(statements: &[String]) -> String {
    let mut text = String::new();
    for statement in statements {
        text.push_str(statement);
        text.push_str(";\n");
        if statement.contains('\n') {
            text.push('\n');
        }
    }
    text
}

/// A line of a script that is no statement, whatever the names that are told of contain: a line break
/// of theirs would end the comment, and what follows it would be run.
#[must_use]
pub fn note(text: &str) -> String {
    format!("-- {}\n", text.replace(char::is_control, " "))
}

/// Appends what there is, after its keyword.
pub(crate) fn push_some(text: &mut String, keyword: &str, value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        text.push_str(keyword);
        text.push_str(&value.to_string());
    }
}

/// ` with (a=1, b=2)`, or nothing.
pub(crate) fn with(options: &Options) -> String {
    if options.is_empty() {
        return String::new();
    }
    let option = |(name, value): (&String, &String)| {
        let name: Vec<_> = name.split('.').map(quoted).collect();
        format!("{}={}", name.join("."), literal(value))
    };
    let list: Vec<String> = options.iter().map(option).collect();
    format!(" with ({})", list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::note;

    #[test]
    fn a_name_does_not_end_a_note() {
        let text = note("not valid: index \"bad\ndrop table t;\r--\"");
        assert_eq!(text, "-- not valid: index \"bad drop table t; --\"\n");
    }
}
