//! An application's recorded statements, and which of them would have waited for a lock.
//!
//! IO: one session of its own, in which each statement is prepared and explained, never run. Callers:
//! [`Tracer`](crate::Tracer). Invariant: the locks of a statement are those that the server took for it; whether
//! two locks conflict is PostgreSQL's table, so that nobody has to be made to wait to find out.

mod placeholders;

use std::collections::{BTreeMap, BTreeSet};

use howdah_driver::{Config, Connection};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::placeholders::numbered;
use crate::error::{Doing, Error, Result};
use crate::observe::{
    Failure, Lock, Locked, Mode, Relation, connect, failure, mode_words, own_locks,
};

/// What the server says to a parameter that is not its own.
const SYNTAX_ERROR: &str = "42601";

/// One statement of the application, as a line of the workload's file says it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Recorded {
    /// The statement, with `$1`, `$2` … for parameters, or `%s`, `%(name)s`, `:name`.
    pub sql: String,
    /// The parameters' values; NULL for those that are left out.
    #[serde(default)]
    pub params: Option<Params>,
    /// Where the application runs it: `shop/views.py:12`.
    #[serde(default)]
    pub site: Option<String>,
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

/// A statement of the application that has to wait while a lock is held.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WouldWait {
    /// Where the application runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The statement.
    pub sql: String,
    /// On what.
    pub relation: Relation,
    /// The mode that the statement needs.
    #[serde(serialize_with = "mode_words")]
    pub wants: Mode,
    /// The mode that is held.
    #[serde(serialize_with = "mode_words")]
    pub held: Mode,
}

/// A statement whose locks could not be found, as the server does not accept it before any migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unusable {
    /// Where the application runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The statement.
    pub sql: String,
    /// What the server said.
    pub error: String,
}

/// The application's statements with the locks that each needs.
#[derive(Debug, Default)]
pub struct Workload {
    statements: Vec<(Recorded, BTreeSet<Locked>)>,
    unusable: Vec<Unusable>,
}

/// Reads a workload: JSON lines, `{"sql": …, "params": […], "site": "file.py:12"}`. Equal ones count once.
///
/// # Errors
/// [`Error::Workload`] with the number of the line that is none.
pub fn read_workload(text: &str) -> Result<Vec<Recorded>> {
    let mut seen = BTreeSet::new();
    let mut recorded = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let one: Recorded = serde_json::from_str(line).map_err(|source| Error::Workload {
            line: number + 1,
            source,
        })?;
        if seen.insert((one.sql.clone(), one.site.clone())) {
            recorded.push(one);
        }
    }
    Ok(recorded)
}

impl Workload {
    /// Asks the server which locks each statement takes.
    ///
    /// # Errors
    /// Those of the connection. A statement that the server refuses is [unusable](Self::unusable).
    pub fn measure(config: &Config, recorded: Vec<Recorded>) -> Result<Self> {
        let mut workload = Self::default();
        if recorded.is_empty() {
            return Ok(workload);
        }
        let mut session = connect(config)?;
        for one in recorded {
            match locks_of(&mut session, &one)? {
                Ok(locks) => workload.statements.push((one, locks)),
                Err(error) => workload.unusable.push(Unusable {
                    site: one.site,
                    sql: one.sql,
                    error,
                }),
            }
        }
        Ok(workload)
    }

    /// Statements that the server refused.
    #[must_use]
    pub fn unusable(&self) -> &[Unusable] {
        &self.unusable
    }

    /// The statements that have to wait while these locks are held, once for each relation, with the strongest
    /// mode that is in the way.
    #[must_use]
    pub fn waiting(&self, held: &[Lock]) -> Vec<WouldWait> {
        let mut waiting = Vec::new();
        for (recorded, wanted) in &self.statements {
            let mut by_relation: BTreeMap<&Relation, (Mode, Mode)> = BTreeMap::new();
            for lock in held {
                let conflicts =
                    |(oid, mode): &&Locked| *oid == lock.relation.oid && mode.conflicts(lock.mode);
                if let Some((_, wants)) = wanted
                    .iter()
                    .filter(conflicts)
                    .max_by_key(|(_, mode)| *mode)
                {
                    let found = by_relation
                        .entry(&lock.relation)
                        .or_insert((*wants, lock.mode));
                    *found = (*found).max((*wants, lock.mode));
                }
            }
            let tables: BTreeSet<&str> = by_relation
                .keys()
                .map(|relation| relation.name.as_str())
                .collect();
            // whoever waits for the table does not come to its indexes
            let first = |relation: &Relation| match &relation.on {
                Some(table) => !tables.contains(table.as_str()),
                None => true,
            };
            let found = by_relation.iter().filter(|(relation, _)| first(relation));
            waiting.extend(found.map(|(relation, (wants, held))| WouldWait {
                site: recorded.site.clone(),
                sql: recorded.sql.clone(),
                relation: (*relation).clone(),
                wants: *wants,
                held: *held,
            }));
        }
        waiting
    }
}

/// A statement with its values in the order of its parameters; none are known if there are none.
struct Ready<'a> {
    sql: String,
    values: Vec<Option<&'a Value>>,
}

impl<'a> Ready<'a> {
    /// As it is written for PostgreSQL.
    fn as_written(recorded: &'a Recorded) -> Self {
        let values = match &recorded.params {
            Some(Params::Ordered(values)) => values.iter().map(Some).collect(),
            Some(Params::Named(_)) | None => Vec::new(),
        };
        Self {
            sql: recorded.sql.clone(),
            values,
        }
    }

    /// As other drivers have it written, if there is a parameter of theirs in it.
    fn numbered(recorded: &'a Recorded) -> Option<Self> {
        let (sql, names) = numbered(&recorded.sql);
        let value = |(at, name): (usize, &String)| match &recorded.params {
            Some(Params::Ordered(values)) => values.get(at),
            Some(Params::Named(values)) => values.get(name),
            None => None,
        };
        let values = match &recorded.params {
            Some(_) => names.iter().enumerate().map(value).collect(),
            None => Vec::new(),
        };
        (!names.is_empty()).then_some(Self { sql, values })
    }
}

/// The locks that planning takes, or what the server says to the statement.
fn locks_of(
    session: &mut Connection,
    recorded: &Recorded,
) -> Result<std::result::Result<BTreeSet<Locked>, String>> {
    let refused = match locks_of_ready(session, &Ready::as_written(recorded))? {
        Ok(locks) => return Ok(Ok(locks)),
        Err(refused) => refused,
    };
    let other = Ready::numbered(recorded).filter(|_| refused.sqlstate == SYNTAX_ERROR);
    let answer = match other {
        Some(ready) => locks_of_ready(session, &ready)?,
        None => Err(refused),
    };
    Ok(answer.map_err(|refused| refused.message))
}

/// The locks that planning takes are those that running would take. Parameters that are not known leave no
/// partition out.
fn locks_of_ready(
    session: &mut Connection,
    ready: &Ready<'_>,
) -> Result<std::result::Result<BTreeSet<Locked>, Failure>> {
    let plan = if ready.values.is_empty() {
        "force_generic_plan"
    } else {
        "auto"
    };
    session
        .query(&format!("begin; set local plan_cache_mode = {plan}"))
        .doing("preparing for the workload")?;
    let locks = match prepare(session, ready) {
        Ok(()) => Ok(own_locks(session)?),
        Err(error) => Err(failure(error)?),
    };
    session
        .query("rollback; deallocate all")
        .doing("forgetting a statement of the workload")?;
    Ok(locks)
}

fn prepare(
    session: &mut Connection,
    ready: &Ready<'_>,
) -> std::result::Result<(), howdah_driver::Error> {
    let sql = ready.sql.trim().trim_end_matches(';');
    // the server itself refuses what is more than one statement, of which the others would run
    session.query_with(&format!("prepare howdah_workload as {sql}"), &[])?;
    let count = session.query(
        "select pg_catalog.cardinality(parameter_types) from pg_catalog.pg_prepared_statements \
         where name = 'howdah_workload'",
    )?;
    let count = count
        .value()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let known = ready.values.iter().take(count);
    let mut values: Vec<String> = known
        .map(|it| it.map_or("null".to_owned(), literal))
        .collect();
    values.resize(count, "null".to_owned());
    let arguments = match values.as_slice() {
        [] => String::new(),
        values => format!("({})", values.join(", ")),
    };
    session.query(&format!("explain execute howdah_workload{arguments}"))?;
    Ok(())
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
        let read = read_workload("{\"sql\": \"select 1\"}\n\n{\"sql\": \"select 1\"}\n").unwrap();
        assert_eq!(read.len(), 1);
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
}
