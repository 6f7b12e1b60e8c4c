//! Databases for as long as a command runs, in which a script shows what it makes.
//!
//! IO: a temporary server, or databases on a server that was named; both are gone at the end. Invariant: roles are made
//! on a server of our own only.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use howdah_driver::{Config, Connection, Interrupt};
use howdah_schema::identifiers::quoted;
use howdah_schema::read::{self, Options};
use howdah_schema::{Schema, ddl};
use howdah_server::{Search, Server, StartOptions, start_temporary};
use howdah_sql::text::{Piece, Span, split};

use crate::Context;

/// SQLSTATE of an object that does not exist, a role among others.
const UNDEFINED_OBJECT: &str = "42704";

/// Where scratch databases are made.
#[derive(Debug)]
pub(crate) struct Scratch {
    /// The server that was named.
    url: Option<String>,
    search: Search,
    server: Option<Server>,
    made: u32,
}

impl Scratch {
    /// On the server of this URL, or on a temporary one, which is not started before it is needed.
    pub(crate) fn new(url: Option<&str>, context: &Context) -> Self {
        Self {
            url: url.map(str::to_owned),
            search: Search {
                explicit: None,
                packages: context.package_bindirs.clone(),
            },
            server: None,
            made: 0,
        }
    }

    /// What a script makes in an empty database.
    pub(crate) fn made_by(&mut self, script: &str, options: &Options) -> anyhow::Result<Schema> {
        let pieces = split(script);
        self.made(options, &|connection| {
            for piece in pieces.iter().filter(|it| it.copy_data.is_none()) {
                let line = lines_before(script, piece) + 1;
                connection
                    .execute(&statement(script, piece))
                    .with_context(|| format!("line {line}"))?;
            }
            Ok(())
        })
    }

    /// The schema as a server writes it: expressions in its words, names where there were none.
    pub(crate) fn read_back(
        &mut self,
        schema: &Schema,
        options: &Options,
    ) -> anyhow::Result<Schema> {
        let statements = ddl::create(schema);
        self.made(options, &|connection| {
            connection.execute("set check_function_bodies to off")?;
            for statement in statements.iter().filter(|it| *it != ddl::UNCHECKED_BODIES) {
                connection.execute(statement)?;
            }
            Ok(())
        })
    }

    /// What is in an empty database after that; roles that are missing are made, and all of it is done again.
    fn made(
        &mut self,
        options: &Options,
        act: &dyn Fn(&mut Connection) -> anyhow::Result<()>,
    ) -> anyhow::Result<Schema> {
        let server = self.server()?;
        let mut admin = Connection::establish(&server, Interrupt::never())?;
        loop {
            self.made += 1;
            let name = database_name(self.made);
            let create = format!("create database {} template template0", quoted(&name));
            admin
                .execute(&create)
                .context("no scratch database can be made")?;
            let answer = made_in(&server, &name, options, act);
            let drop = format!("drop database {} with (force)", quoted(&name));
            let dropped = admin.execute(&drop);
            match answer {
                Ok(schema) => {
                    dropped.with_context(|| format!("`{name}` cannot be dropped"))?;
                    return Ok(schema);
                }
                Err(error) => match missing_role(&error) {
                    Some(role) if self.url.is_none() => {
                        admin.execute(&format!("create role {}", quoted(role)))?;
                    }
                    _ => return Err(error),
                },
            }
        }
    }

    /// How to reach the server.
    fn server(&mut self) -> anyhow::Result<Config> {
        if let Some(url) = &self.url {
            return Ok(Config::parse(Some(url), [], "howdah schema")?);
        }
        let server = match self.server.take() {
            Some(server) => server,
            None => start_temporary(
                None,
                false,
                &StartOptions {
                    search: self.search.clone(),
                    ..StartOptions::default()
                },
                &mut (),
            )?,
        };
        let url = server.address().url();
        self.server = Some(server);
        Ok(Config::parse(Some(&url), [], "howdah schema")?)
    }
}

/// The SQL of a statement, without what psql alone understands.
fn statement(script: &str, piece: &Piece) -> String {
    let mut sql = String::new();
    let mut from = piece.span.start;
    for masked in &piece.masked {
        sql.push_str(
            Span {
                start: from,
                end: masked.start,
            }
            .of(script),
        );
        from = masked.end;
    }
    sql.push_str(
        Span {
            start: from,
            end: piece.span.end,
        }
        .of(script),
    );
    sql
}

fn lines_before(script: &str, piece: &Piece) -> usize {
    let before = Span {
        start: 0,
        end: piece.span.start,
    };
    before.of(script).matches('\n').count()
}

fn made_in(
    server: &Config,
    name: &str,
    options: &Options,
    act: &dyn Fn(&mut Connection) -> anyhow::Result<()>,
) -> anyhow::Result<Schema> {
    let config = server.replace([("dbname", Some(name))])?;
    act(&mut Connection::establish(&config, Interrupt::never())?)?;
    let mut connection = Connection::establish(&config, Interrupt::never())?;
    Ok(read::read(&mut connection, options)?)
}

/// The role that a statement named and that does not exist.
fn missing_role(error: &anyhow::Error) -> Option<&str> {
    let error = error.downcast_ref::<howdah_driver::Error>()?;
    let server = error
        .server()
        .filter(|it| it.sqlstate() == UNDEFINED_OBJECT)?;
    role_in(server.message())
}

/// The role of `role "name" does not exist`.
fn role_in(message: &str) -> Option<&str> {
    let rest = message.strip_prefix("role \"")?;
    rest.strip_suffix("\" does not exist")
}

fn database_name(number: u32) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = since.map_or(0, |it| it.subsec_nanos());
    format!("howdah_scratch_{}_{nanos}_{number}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_missing_role_is_made() {
        assert_eq!(role_in("role \"clerk\" does not exist"), Some("clerk"));
        assert_eq!(role_in("type \"clerk\" does not exist"), None);
    }
}
