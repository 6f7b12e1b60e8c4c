//! `[lint]` of `howdah.toml`, which is `[tool.howdah.lint]` of `pyproject.toml`.
//!
//! No IO. Called with the text of a file. Invariant: unknown keys, rules and levels are errors with their line.

use std::path::Path;

use clap::ValueEnum as _;
use howdah_sql::lint::Level;
use toml::de::DeValue;

use super::reader::{Source, Table};
use super::{Config, Settings, closest, unknown_rule, version};
use crate::failure::Hinted;
use crate::lint::arguments::FailOn;
use crate::lint::glob::Glob;
use crate::lint::history::When;

/// Reads `howdah.toml`; other commands may have tables of their own in it.
pub(super) fn own(path: &Path, text: &str) -> anyhow::Result<Option<Config>> {
    let source = Source { path, text };
    let parsed = source.parse()?;
    let mut top = Table::new(source, "", parsed.get_ref());
    top.table("lint")?.map(config).transpose()
}

/// Reads `pyproject.toml`.
pub(super) fn pyproject(path: &Path, text: &str) -> anyhow::Result<Option<Config>> {
    let source = Source { path, text };
    let parsed = source.parse()?;
    let mut top = Table::new(source, "", parsed.get_ref());
    let Some(mut tools) = top.table("tool")? else {
        return Ok(None);
    };
    let Some(mut howdah) = tools.table("howdah")? else {
        return Ok(None);
    };
    howdah.table("lint")?.map(config).transpose()
}

fn config(mut table: Table<'_>) -> anyhow::Result<Config> {
    let globs = |texts: Vec<(String, _)>| texts.iter().map(|(it, _)| Glob::new(it)).collect();
    let root = table.source.path.parent().unwrap_or(Path::new(""));
    let mut config = Config {
        exclude: globs(table.strings("exclude")?),
        baseline: table.string("baseline")?.map(|it| root.join(it)),
        schema: table.string("schema")?.map(|it| root.join(it)),
        history: table.take("history", "`auto`, `always` or `never`", |it| {
            When::from_str(it.as_str()?, false).ok()
        })?,
        fail_on: table.take("fail-on", "`note`, `warning`, `error` or `never`", fail_on)?,
        ..Config::default()
    };
    for mut inner in table.tables("overrides")? {
        let files = globs(inner.strings("files")?);
        config.overrides.push((files, settings(&mut inner)?));
        inner.finish()?;
    }
    config.settings = settings(&mut table)?;
    table.finish()?;
    Ok(config)
}

fn fail_on(value: &DeValue<'_>) -> Option<FailOn> {
    FailOn::from_str(value.as_str()?, false).ok()
}

fn settings(table: &mut Table<'_>) -> anyhow::Result<Settings> {
    let mut settings = Settings {
        pg_version: table.take("pg-version", "a major version of PostgreSQL", major)?,
        assume_in_transaction: table.boolean("assume-in-transaction")?,
        ..Settings::default()
    };
    if let Some(session) = table.table("session")? {
        for (name, span, value) in session.entries() {
            let Some(text) = parameter(value) else {
                return Err(session.wrong(&span, name, "a string, a number or a boolean", value));
            };
            settings.session.insert(name.to_lowercase(), text);
        }
    }
    let Some(rules) = table.table("rules")? else {
        return Ok(settings);
    };
    for (name, span, value) in rules.entries() {
        let Some(level) = value.as_str().and_then(Level::from_name) else {
            let names: Vec<_> = Level::NAMES.iter().map(|it| format!("`{it}`")).collect();
            let expected = format!("one of {}", names.join(", "));
            let error = rules.wrong(&span, name, &expected, value);
            let close = value
                .as_str()
                .and_then(|it| closest(it, Level::NAMES.into_iter()));
            return Err(match close {
                Some(close) => Hinted::new(error, format!("`{close}` is meant?")).into(),
                None => error,
            });
        };
        if !settings.set(name, level) {
            let (message, hint) = unknown_rule(name);
            return Err(Hinted::new(rules.source.error(&span, &message), hint).into());
        }
    }
    Ok(settings)
}

/// A parameter's value as `SET` would take it.
fn parameter(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}

fn major(value: &DeValue<'_>) -> Option<u32> {
    match value {
        DeValue::Integer(number) => version(number.as_str()),
        DeValue::Float(number) => version(number.as_str()),
        value => version(value.as_str()?),
    }
}

#[cfg(test)]
mod tests {
    use howdah_sql::lint::Severity;

    use super::super::tests::read_text;
    use super::*;

    fn refused(text: &str) -> String {
        let error = read_text("howdah.toml", text).unwrap_err();
        let hint = error.downcast_ref::<Hinted>().map(|it| format!("{it:?}"));
        format!("{error:#} {}", hint.unwrap_or_default())
    }

    #[test]
    fn everything_is_read() {
        let text = "[tool.howdah.lint]\nexclude = ['legacy/']\nbaseline = 'known.json'\n\
            fail-on = 'error'\nhistory = 'never'\nschema = 'db/schema.json'\npg-version = 16\nassume-in-transaction = true\n\
            [tool.howdah.lint.rules]\nsyntax-error = 'warning'\nunused-suppression = 'off'\n";
        let config = read_text("pyproject.toml", text).unwrap().unwrap();
        assert!(config.excludes(Path::new("legacy/a.sql")));
        assert_eq!(config.baseline.as_deref(), Some(Path::new("known.json")));
        assert_eq!(config.fail_on, Some(FailOn::Error));
        assert_eq!(config.history, Some(When::Never));
        assert_eq!(config.settings.pg_version, Some(16));
        let rules = &config.settings.rules;
        assert_eq!(rules["syntax-error"], Level::Fixed(Severity::Warning));
        assert_eq!(rules["unused-suppression"], Level::Off);
    }

    #[test]
    fn files_without_a_part_of_ours_are_silent() {
        assert!(
            read_text("pyproject.toml", "[project]\nname='x'")
                .unwrap()
                .is_none()
        );
        assert!(
            read_text("howdah.toml", "[other]\nx = 1")
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn errors_say_where_and_what_is_meant() {
        let cases = [
            (
                "[lint]\npg_version = 15",
                "howdah.toml:2: unknown key `pg_version` in `lint`",
            ),
            ("[lint]\npg_version = 15", "`pg-version` is meant?"),
            (
                "[lint]\npg-version = 3",
                "`lint.pg-version` is a major version of PostgreSQL, found `3`",
            ),
            (
                "[lint.rules]\nsyntax-eror = 'off'",
                "`syntax-error` is meant?",
            ),
            ("[lint.rules]\nsyntax-error = 'warn'", "found `\"warn\"`"),
            ("[lint]\nfail-on = true", "found `true`"),
            ("[lint\n", "howdah.toml:1: "),
            (
                "[[lint.overrides]]\nfile = ['x']",
                "unknown key `file` in `lint.overrides`",
            ),
        ];
        for (text, expected) in cases {
            let found = refused(text);
            assert!(found.contains(expected), "{text}: {found}");
        }
    }
}
