//! Where a schema comes from: a database, a file, or models.
//!
//! IO: one connection, one file, a scratch server for SQL, or the host's import of models. Called by every command that
//! takes a schema. Invariant: nothing is written to a database that was named.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;
use howdah_driver::Connection;
use howdah_schema::read::{self, Options};
use howdah_schema::{Schema, Snapshot, plan};

use super::scratch::Scratch;
use crate::Context;

/// Where a schema comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A URL or connection string.
    Database(String),
    /// A snapshot of `howdah schema dump --format json`.
    Snapshot(PathBuf),
    /// A script that makes it.
    Script(PathBuf),
    /// Modules of Python that declare models.
    Models(String),
}

impl FromStr for Source {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::named(text).unwrap_or_else(|| Self::Database(text.to_owned())))
    }
}

impl Source {
    /// The source that the text cannot but mean, so that names of objects can stand beside it.
    pub(crate) fn named(text: &str) -> Option<Self> {
        if let Some(modules) = text.strip_prefix("models:") {
            return Some(Self::Models(modules.to_owned()));
        }
        if text.contains("://") || text.contains('=') {
            return Some(Self::Database(text.to_owned()));
        }
        let path = Path::new(text);
        let is = |wanted: &str| {
            let extension = path.extension();
            extension.is_some_and(|it| it.eq_ignore_ascii_case(wanted))
        };
        match () {
            () if is("json") => Some(Self::Snapshot(path.to_owned())),
            () if is("sql") => Some(Self::Script(path.to_owned())),
            () => None,
        }
    }

    /// The schema, with facts where it is that of a database.
    pub(crate) fn load(
        &self,
        options: &Options,
        scratch: &mut Scratch,
        context: &Context,
    ) -> anyhow::Result<Snapshot> {
        match self {
            Self::Database(url) => {
                let mut connection = Connection::connect(url, "howdah schema")?;
                Ok(read::snapshot(&mut connection, options)?)
            }
            Self::Snapshot(path) => {
                let snapshot = Snapshot::parse(&text(path)?);
                snapshot.with_context(|| not_understood(path))
            }
            Self::Script(path) => {
                let schema = scratch.made_by(&text(path)?, options);
                let schema = schema.with_context(|| not_made(path))?;
                Ok(Snapshot {
                    schema,
                    facts: None,
                })
            }
            Self::Models(modules) => {
                let declared = declared(modules, context)?;
                let schema = scratch.read_back(&declared, options);
                let mut schema = schema.with_context(|| format!("the models of `{modules}`"))?;
                plan::carry_names(&declared, &mut schema);
                Ok(Snapshot {
                    schema,
                    facts: None,
                })
            }
        }
    }
}

/// What models declare.
pub(crate) fn declared(modules: &str, context: &Context) -> anyhow::Result<Schema> {
    let Some(host) = &context.host else {
        anyhow::bail!("models can be read by the `howdah` command of the Python package alone");
    };
    serde_json::from_str(&host.declared(modules)?)
        .with_context(|| format!("the models of `{modules}` cannot be understood"))
}

fn text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("`{}` cannot be read", path.display()))
}

fn not_understood(path: &Path) -> String {
    let path = path.display();
    format!("`{path}` is no snapshot that this version of `howdah schema dump` writes")
}

fn not_made(path: &Path) -> String {
    format!("`{}` makes no schema", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_objects_are_no_sources() {
        let database = |it: &str| Some(Source::Database(it.to_owned()));
        let cases = [
            ("author", None),
            ("app.*", None),
            ("", None),
            ("app.json", Some(Source::Snapshot("app.json".into()))),
            ("db/a.SQL", Some(Source::Script("db/a.SQL".into()))),
            ("models:shop", Some(Source::Models("shop".to_owned()))),
            ("postgresql://h/a.sql", database("postgresql://h/a.sql")),
            ("dbname=shop", database("dbname=shop")),
        ];
        for (text, source) in cases {
            assert_eq!(Source::named(text), source, "{text}");
        }
    }
}
