//! A session that is asked what it sees, between the statements that are run in it.
//!
//! IO: one query at a time. Callers: all that looks at locks, files and counters. Invariant: what a session alone can see
//! is asked of it in the same way, whoever runs the statements.

use howdah_driver::Connection;

use crate::error::{Doing, Result};

/// A row, in text; `None` is NULL.
pub type Row = Vec<Option<String>>;

/// A session with the server.
pub trait Session {
    /// The rows of a query; `doing` says what for, should it fail.
    ///
    /// # Errors
    /// Those of the connection.
    fn rows(&mut self, sql: &str, doing: &'static str) -> Result<Vec<Row>>;
}

impl Session for Connection {
    fn rows(&mut self, sql: &str, doing: &'static str) -> Result<Vec<Row>> {
        let rows = self.query(sql).doing(doing)?;
        let width = rows.columns().len();
        let texts = |row: &howdah_driver::Row| {
            (0..width)
                .map(|at| row.get(at).map(str::to_owned))
                .collect()
        };
        Ok(rows.iter().map(texts).collect())
    }
}
