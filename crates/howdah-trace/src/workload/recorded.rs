//! The lines of a workload's file, and how each statement is tried. No IO.
//!
//! Callers: [`Workload`](super::Workload), and `howdah migrate check --workload` by the native module. Invariant: one
//! place knows how other drivers write parameters, whatever is done with the statements.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::placeholders::numbered;
use crate::error::{Error, Result};

/// One statement of the application, as a line of the workload's file says it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Recorded {
    /// The statement, with `$1`, `$2` … for parameters, or `%s`, `%(name)s`, `:name`, `?`.
    pub sql: String,
    /// The parameters' values; NULL for those that are left out.
    #[serde(default)]
    pub params: Option<Params>,
    /// Where the application runs it: `shop/views.py:12`.
    #[serde(default)]
    pub site: Option<String>,
    /// The line of the file, from 1.
    #[serde(skip)]
    pub line: usize,
}

/// Values of parameters.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Params {
    /// By their order.
    Ordered(Vec<Value>),
    /// By their names.
    Named(Map<String, Value>),
}

/// A statement as PostgreSQL may understand it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ready {
    /// The statement.
    pub sql: String,
    /// Constants without a type for `$1`, `$2` …, if the parameters are known.
    pub values: Option<Vec<String>>,
}

/// Reads a workload: JSON lines, `{"sql": …, "params": […], "site": "file.py:12"}`.
///
/// # Errors
/// [`Error::Workload`] with the number of the line that is none.
pub fn read_workload(text: &str) -> Result<Vec<Recorded>> {
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, text)| {
            let line = number + 1;
            let read = serde_json::from_str(text);
            let recorded: Recorded = read.map_err(|source| Error::Workload { line, source })?;
            Ok(Recorded { line, ..recorded })
        })
        .collect()
}

impl Ready {
    /// As it is written for PostgreSQL.
    #[must_use]
    pub fn as_written(recorded: &Recorded) -> Self {
        let values = match &recorded.params {
            Some(Params::Ordered(values)) => Some(values.iter().map(literal).collect()),
            Some(Params::Named(_)) | None => None,
        };
        Self {
            sql: recorded.sql.clone(),
            values,
        }
    }

    /// As other drivers have it written, if there is a parameter of theirs in it.
    #[must_use]
    pub fn numbered(recorded: &Recorded) -> Option<Self> {
        let (sql, names) = numbered(&recorded.sql);
        let value = |(at, name): (usize, &String)| match &recorded.params {
            Some(Params::Ordered(values)) => values.get(at),
            Some(Params::Named(values)) => values.get(name),
            None => None,
        };
        let values = recorded.params.as_ref().map(|_| {
            let values = names.iter().enumerate().map(value);
            values
                .map(|it| it.map_or_else(|| "null".to_owned(), literal))
                .collect()
        });
        (!names.is_empty()).then_some(Self { sql, values })
    }
}

/// A value as a constant without a type, which takes that of its parameter.
fn literal(value: &Value) -> String {
    let text = match value {
        Value::Null => return "null".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let doubled = text.replace('\'', "''");
    if doubled.contains('\\') {
        return format!("E'{}'", doubled.replace('\\', "\\\\"));
    }
    format!("'{doubled}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workload_is_lines_of_json_and_says_which_is_none() {
        let read = read_workload("\n{\"sql\": \"select 1\"}\n").unwrap();
        assert_eq!((read.len(), read[0].line), (1, 2));
        let error = read_workload("{\"sql\": \"select 1\"}\n{}\n").unwrap_err();
        assert!(
            error.to_string().starts_with("line 2 of the workload"),
            "{error}"
        );
    }

    #[test]
    fn values_become_constants_of_no_type() {
        assert_eq!(literal(&serde_json::json!("it's")), "'it''s'");
        assert_eq!(literal(&serde_json::json!("a\\b")), "E'a\\\\b'");
        assert_eq!(literal(&serde_json::json!(3)), "'3'");
        assert_eq!(literal(&serde_json::json!(null)), "null");
    }

    #[test]
    fn values_stand_in_the_order_of_the_numbers() {
        let line = r#"{"sql": "values (:b, :a, :b)", "params": {"a": 1}}"#;
        let ready = Ready::numbered(&read_workload(line).unwrap()[0]).unwrap();
        assert_eq!(ready.sql, "values ($1, $2, $1)");
        assert_eq!(ready.values.unwrap(), ["null", "'1'"]);
    }
}
