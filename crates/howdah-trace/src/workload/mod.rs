//! An application's recorded statements, and which of them would have waited for a lock.
//!
//! IO: one session of its own, in which each statement is prepared and explained, never run. Callers:
//! [`Tracer`](crate::Tracer). Invariant: the locks of a statement are those that the server took for it; whether
//! two locks conflict is PostgreSQL's table, so that nobody has to be made to wait to find out.

mod placeholders;
mod recorded;

use std::collections::{BTreeMap, BTreeSet};

use howdah_driver::{Config, Connection};
use serde::Serialize;

pub use self::recorded::{Params, Ready, Recorded, read_workload};
use crate::error::{Doing, Result};
use crate::observe::{
    Failure, Lock, Locked, Mode, Relation, connect, failure, mode_words, own_locks,
};

/// What the server says to most parameters that are not its own.
const SYNTAX_ERROR: &str = "42601";
/// The class of all that is wrong with a statement: to PostgreSQL, `a=%s` is an operator and a column.
const WRONG: &str = "42";

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

impl Workload {
    /// Asks the server which locks each statement takes; one that comes again from the same place counts once.
    ///
    /// # Errors
    /// Those of the connection. A statement that the server refuses is [unusable](Self::unusable).
    pub fn measure(config: &Config, recorded: Vec<Recorded>) -> Result<Self> {
        let mut workload = Self::default();
        if recorded.is_empty() {
            return Ok(workload);
        }
        let mut session = connect(config)?;
        let mut seen = BTreeSet::new();
        for one in recorded {
            if !seen.insert((one.sql.clone(), one.site.clone())) {
                continue;
            }
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

/// The locks that planning takes, or what the server says to the statement.
fn locks_of(
    session: &mut Connection,
    recorded: &Recorded,
) -> Result<std::result::Result<BTreeSet<Locked>, String>> {
    let refused = match locks_of_ready(session, &Ready::as_written(recorded))? {
        Ok(locks) => return Ok(Ok(locks)),
        Err(refused) => refused,
    };
    let other = Ready::numbered(recorded).filter(|_| refused.sqlstate.starts_with(WRONG));
    let refused = match other.map(|it| locks_of_ready(session, &it)).transpose()? {
        Some(Ok(locks)) => return Ok(Ok(locks)),
        // what is no statement with numbers, either, was meant as it is written
        Some(Err(other)) if other.sqlstate != SYNTAX_ERROR => other,
        Some(Err(other)) if refused.sqlstate == SYNTAX_ERROR => other,
        Some(Err(_)) | None => refused,
    };
    Ok(Err(refused.message))
}

/// The locks that planning takes are those that running would take. Parameters that are not known leave no
/// partition out.
fn locks_of_ready(
    session: &mut Connection,
    ready: &Ready,
) -> Result<std::result::Result<BTreeSet<Locked>, Failure>> {
    let plan = if ready.values.is_some() {
        "auto"
    } else {
        "force_generic_plan"
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
    ready: &Ready,
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
    let mut values = ready.values.clone().unwrap_or_default();
    values.resize(count, "null".to_owned());
    let arguments = match values.as_slice() {
        [] => String::new(),
        values => format!("({})", values.join(", ")),
    };
    session.query(&format!("explain execute howdah_workload{arguments}"))?;
    Ok(())
}
