//! What exists before a script runs: from a database, or from a snapshot of one.
//!
//! IO: one connection, or a file. Called by the commands that read SQL. Invariant: nothing of a database is changed; its
//! schema goes through the same statements as a script's would, so there is one way to know a table.

mod facts;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use howdah_driver::Connection;
use howdah_schema::{Snapshot, catalog, read};
use howdah_sql::catalog::Catalog;

/// What is known of one database.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) catalog: Catalog,
    /// The server's major version.
    pub(crate) version: Option<u32>,
    /// The migrations of howdah's that have been applied to it.
    pub(crate) applied: HashSet<String>,
}

/// What is known in a run: of one database for all files, or by the snapshot that a file's folder names.
#[derive(Debug)]
pub(crate) struct Known {
    named: Option<Arc<State>>,
    snapshots: Mutex<HashMap<PathBuf, Arc<State>>>,
    nothing: Arc<State>,
}

impl Known {
    /// By what the command line names.
    pub(crate) fn new(database: Option<&str>, snapshot: Option<&Path>) -> anyhow::Result<Self> {
        let named = match (database, snapshot) {
            (Some(url), _) => Some(of_database(url)?),
            (None, Some(path)) => Some(of_snapshot(path)?),
            (None, None) => None,
        };
        Ok(Self {
            named: named.map(Arc::new),
            snapshots: Mutex::default(),
            nothing: Arc::default(),
        })
    }

    /// Whether the command line names a database or a snapshot.
    pub(crate) fn is_named(&self) -> bool {
        self.named.is_some()
    }

    /// Whether a migration of howdah's has been applied to the database.
    pub(crate) fn has_applied(&self, migration: &str) -> bool {
        let applied = self.named.as_ref().map(|it| &it.applied);
        applied.is_some_and(|it| it.contains(migration))
    }

    /// For files whose configuration names that snapshot.
    pub(crate) fn of(&self, snapshot: Option<&Path>) -> anyhow::Result<Arc<State>> {
        if let Some(named) = &self.named {
            return Ok(Arc::clone(named));
        }
        let Some(path) = snapshot else {
            return Ok(Arc::clone(&self.nothing));
        };
        let mut snapshots = self
            .snapshots
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = snapshots.get(path) {
            return Ok(Arc::clone(known));
        }
        let state = Arc::new(of_snapshot(path)?);
        snapshots.insert(path.to_owned(), Arc::clone(&state));
        Ok(state)
    }
}

fn of_snapshot(path: &Path) -> anyhow::Result<State> {
    let name = path.display();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the schema `{name}` cannot be read"))?;
    if path.extension().is_some_and(|it| it == "json") {
        let snapshot = Snapshot::parse(&text)
            .with_context(|| format!("`{name}` is no snapshot of `howdah schema dump`"))?;
        return Ok(of(&snapshot));
    }
    Ok(State {
        catalog: applied(&text),
        ..State::default()
    })
}

/// What a database has.
pub(crate) fn of_database(url: &str) -> anyhow::Result<State> {
    let mut connection = Connection::connect(url, "howdah")?;
    // nothing here may change anything, whatever a view's function does
    connection.execute("set default_transaction_read_only = on")?;
    let snapshot = read::snapshot(&mut connection, &read::Options::default())?;
    let mut state = of(&snapshot);
    // there may be none, or one that this role may not read
    let applied = "select name from howdah_history.migration where state = 'applied'";
    if let Ok(rows) = connection.query(applied) {
        let names = rows.iter().filter_map(|row| row.get(0).map(str::to_owned));
        state.applied = names.collect();
    }
    Ok(state)
}

fn of(snapshot: &Snapshot) -> State {
    let mut catalog = catalog::of(&snapshot.schema);
    if let Some(facts) = &snapshot.facts {
        facts::tell(&mut catalog, facts);
    }
    State {
        catalog,
        version: snapshot.facts.as_ref().and_then(facts::version),
        ..State::default()
    }
}

/// What a script makes, taken for what was there.
fn applied(text: &str) -> Catalog {
    let mut catalog = Catalog::default();
    catalog::follow(&mut catalog, text);
    catalog.settled()
}
