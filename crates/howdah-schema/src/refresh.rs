//! Materialized views: in which order they are computed again.
//!
//! IO: on the connection that is given. Called by `howdah refresh`.

use howdah_driver::{Connection, Error};

use crate::identifiers::quoted;
use crate::read::REFRESH_ORDER;

/// A materialized view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// It has rows, and the unique index that refreshing concurrently takes.
    pub can_be_concurrent: bool,
}

impl View {
    /// The name with its schema.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

/// All of a database, each after those that it reads.
///
/// # Errors
/// Those of the connection.
pub fn views(connection: &mut Connection) -> Result<Vec<View>, Error> {
    let rows = connection.query(REFRESH_ORDER)?;
    let view = |row: &howdah_driver::Row| View {
        schema: row.get(0).unwrap_or_default().to_owned(),
        name: row.get(1).unwrap_or_default().to_owned(),
        can_be_concurrent: row.get(2) == Some("t"),
    };
    Ok(rows.iter().map(view).collect())
}

/// Computes a view again; `concurrently` counts where the view can be.
///
/// # Errors
/// Those of the server and the connection.
pub fn refresh(connection: &mut Connection, view: &View, concurrently: bool) -> Result<(), Error> {
    let word = if concurrently && view.can_be_concurrent {
        "concurrently "
    } else {
        ""
    };
    let (schema, name) = (quoted(&view.schema), quoted(&view.name));
    connection.execute(&format!("refresh materialized view {word}{schema}.{name}"))?;
    Ok(())
}
