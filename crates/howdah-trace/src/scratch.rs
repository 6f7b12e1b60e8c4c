//! A scratch copy: a temporary server with a schema in it, which nobody else uses.
//!
//! IO: starts a server, which ends with the [`Scratch`]. Invariant: what a dump says about owners is followed: roles
//! that it names are made.

use std::time::Duration;

use howdah_driver::{Config, Connection, Interrupt};
use howdah_server::{Making, Search, Server, StartOptions, start_temporary};
use howdah_sql::text::{Lines, Piece, pieces};

use crate::error::{Doing, Error, Result};

/// Nobody else works on the tables, and a lost scratch server is no loss.
const SETTINGS: [(&str, &str); 4] = [
    ("autovacuum", "off"),
    ("lc_messages", "C"),
    ("max_connections", "200"),
    ("max_prepared_transactions", "10"),
];
/// How long the server may take to end a session.
const GOODBYE: Duration = Duration::from_secs(10);
/// The name of a role is in the message alone.
const UNDEFINED_OBJECT: &str = "42704";

/// A running scratch server.
pub struct Scratch {
    server: Server,
    config: Config,
}

impl Scratch {
    /// Starts one, with PostgreSQL's programs that `search` finds.
    ///
    /// # Errors
    /// [`Error::Scratch`] if there are no programs, or they do not run.
    pub fn start(search: Search) -> Result<Self> {
        let settings = SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let options = StartOptions {
            search,
            settings: settings.to_vec(),
            making: Making {
                user: Some("postgres".to_owned()),
                ..Making::default()
            },
            ..StartOptions::default()
        };
        let server = start_temporary(None, false, &options, &mut ())?;
        let url = server.address().url();
        let config = Config::parse(Some(&url), [], "howdah trace").doing("connecting")?;
        Ok(Self { server, config })
    }

    /// How to connect to its database.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where its database is.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.address().url()
    }

    /// The server's version: `18.1`.
    #[must_use]
    pub fn version(&self) -> &str {
        self.server.version()
    }

    /// Runs a script: a schema, perhaps with data, as `pg_dump` or `howdah schema dump` writes it.
    ///
    /// # Errors
    /// [`Error::Schema`] for the first statement that fails.
    pub fn load(&self, script: &str) -> Result<()> {
        let mut connection =
            Connection::establish(&self.config, Interrupt::never()).doing("connecting")?;
        let lines = Lines::new(script);
        for piece in &pieces(script).statements {
            run(&mut connection, script, piece).map_err(|source| Error::Schema {
                line: lines.position(piece.span.start).line,
                source,
            })?;
        }
        // when the server has closed the session, what it read has been counted, and not by the first trace
        connection.close(GOODBYE);
        Ok(())
    }
}

/// Runs one statement, again if a role was missing.
fn run(
    connection: &mut Connection,
    script: &str,
    piece: &Piece,
) -> std::result::Result<(), howdah_driver::Error> {
    let sql = piece.span.of(script);
    if let Some(data) = piece.copy_data {
        connection.copy_in(sql, data.of(script).as_bytes())?;
        return Ok(());
    }
    let Err(error) = connection.query(sql) else {
        return Ok(());
    };
    let Some(role) = missing_role(&error) else {
        return Err(error);
    };
    connection.query(&format!("create role \"{}\"", role.replace('"', "\"\"")))?;
    connection.query(sql)?;
    Ok(())
}

fn missing_role(error: &howdah_driver::Error) -> Option<&str> {
    let server = error
        .server()
        .filter(|server| server.sqlstate() == UNDEFINED_OBJECT)?;
    server
        .message()
        .strip_prefix("role \"")?
        .strip_suffix("\" does not exist")
}
