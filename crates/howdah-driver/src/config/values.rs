//! The text of connection options with its origin, and its reading as numbers, flags and choices.
//!
//! No IO but through [`Environment`]. `config` collects a [`Values`] once, by libpq's order of
//! precedence, and reads each option from it. Invariant: every value belongs to a known option,
//! and an error about a value names the option, where the value came from and what was expected,
//! and never shows a secret.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::environment::Environment;
use super::{keyvalue, options, service, uri};
use crate::error::Error;

/// Every option that has a value.
#[derive(Clone, Default)]
pub(super) struct Values(BTreeMap<&'static str, Value>);

#[derive(Clone)]
struct Value {
    text: String,
    origin: Origin,
}

/// Where a value came from.
#[derive(Clone, PartialEq, Eq)]
enum Origin {
    Given,
    Service(String),
    Variable(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given => Ok(()),
            Self::Service(name) => write!(f, " (from service `{name}`)"),
            Self::Variable(name) => write!(f, " (from environment variable `{name}`)"),
        }
    }
}

/// The options of a connection string, in either form.
pub(super) fn parse_dsn(dsn: &str) -> Result<Vec<(String, String)>, Error> {
    match uri::without_scheme(dsn) {
        Some(rest) => uri::parse(rest),
        None => keyvalue::parse(dsn),
    }
}

impl Values {
    /// What was given, later pairs over earlier ones; then the service, then the environment.
    pub(super) fn collect(
        given: &[(String, String)],
        environment: &dyn Environment,
    ) -> Result<Self, Error> {
        let mut values = Self::default();
        for (option, text) in given {
            let keyword = options::find(option)?.keyword;
            let value = Value {
                text: text.clone(),
                origin: Origin::Given,
            };
            values.0.insert(keyword, value);
        }
        values.add_service(environment)?;
        for spec in options::ALL {
            if let Some(name) = spec.variable
                && let Some(text) = variable(name, environment)?
            {
                values.0.entry(spec.keyword).or_insert(Value {
                    text,
                    origin: Origin::Variable(name),
                });
            }
        }
        values.add_requiressl(environment)?;
        values.check()?;
        Ok(values)
    }

    fn add_service(&mut self, environment: &dyn Environment) -> Result<(), Error> {
        let option = |name: &str, env| match self.text(name) {
            Some(text) => Ok(Some(text.to_owned())),
            None => variable(env, environment),
        };
        let service = option("service", "PGSERVICE")?.filter(|name| !name.is_empty());
        let file = option("servicefile", "PGSERVICEFILE")?;
        let Some(name) = service else { return Ok(()) };
        for (option, text) in service::load(&name, file.as_deref(), environment)? {
            let keyword = options::find(&option)?.keyword;
            let origin = Origin::Service(name.clone());
            self.0.entry(keyword).or_insert(Value { text, origin });
        }
        Ok(())
    }

    /// The variable that came before PGSSLMODE; libpq still reads it.
    fn add_requiressl(&mut self, environment: &dyn Environment) -> Result<(), Error> {
        let required = variable("PGREQUIRESSL", environment)?;
        if required.is_some_and(|value| value.starts_with('1')) {
            let origin = Origin::Variable("PGREQUIRESSL");
            let value = Value {
                text: "require".to_owned(),
                origin,
            };
            self.0.entry("sslmode").or_insert(value);
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        for (keyword, value) in &self.0 {
            if value.text.contains('\0') {
                return Err(Error::configuration(format!(
                    "`{keyword}` contains a zero byte"
                )));
            }
            options::find(keyword)?.supports(&value.text)?;
        }
        Ok(())
    }

    /// An option's text as it was written, even if it is empty.
    pub(super) fn text(&self, keyword: &str) -> Option<&str> {
        self.0.get(keyword).map(|value| value.text.as_str())
    }

    /// An option's text; an empty one counts as absent.
    pub(super) fn get(&self, keyword: &str) -> Option<&str> {
        self.text(keyword).filter(|text| !text.is_empty())
    }

    /// All options that may be shown, with secrets as `***`.
    pub(super) fn shown(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(keyword, value)| {
            let secret = options::find(keyword).map_or(true, |spec| spec.secret);
            (*keyword, if secret { "***" } else { value.text.as_str() })
        })
    }

    /// A number of type `T`.
    pub(super) fn number<T: FromStr>(
        &self,
        keyword: &'static str,
        expected: &str,
    ) -> Result<Option<T>, Error> {
        let Some(text) = self.get(keyword) else {
            return Ok(None);
        };
        let parsed = text.trim().parse().ok();
        parsed
            .map(Some)
            .ok_or_else(|| self.invalid(keyword, expected))
    }

    /// `0` or `1`.
    pub(super) fn flag(&self, keyword: &'static str, default: bool) -> Result<bool, Error> {
        match self.get(keyword).map(str::trim) {
            None => Ok(default),
            Some("0") => Ok(false),
            Some("1") => Ok(true),
            Some(_) => Err(self.invalid(keyword, "`0` or `1`")),
        }
    }

    /// One of the named choices, the first of which is the default.
    pub(super) fn choice<T: Copy>(
        &self,
        keyword: &'static str,
        choices: &[(&str, T)],
        default: T,
    ) -> Result<T, Error> {
        let Some(text) = self.get(keyword) else {
            return Ok(default);
        };
        let chosen = choices
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, choice)| *choice);
        chosen.ok_or_else(|| {
            let names: Vec<_> = choices
                .iter()
                .map(|(name, _)| format!("`{name}`"))
                .collect();
            self.invalid(keyword, &names.join(", "))
        })
    }

    /// The error for a value that is not what it should be.
    pub(super) fn invalid(&self, keyword: &str, expected: &str) -> Error {
        let (text, origin) = match self.0.get(keyword) {
            Some(value) => (value.text.as_str(), &value.origin),
            None => ("", &Origin::Given),
        };
        Error::configuration(format!(
            "invalid `{keyword}`{origin}: expected {expected}, found `{text}`"
        ))
    }
}

/// An environment variable's text.
pub(super) fn variable(name: &str, environment: &dyn Environment) -> Result<Option<String>, Error> {
    let Some(value) = environment.variable(name) else {
        return Ok(None);
    };
    let text = value.into_string();
    text.map(Some)
        .map_err(|_| Error::configuration(format!("environment variable `{name}` is not UTF-8")))
}
