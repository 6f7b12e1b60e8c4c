//! Squawk's `.squawk.toml`, so that a team can change linters without editing it.
//!
//! No IO. Called with the text of the file. Invariant: it is read as Squawk 2.70 reads it, but a key or rule that nobody
//! knows is an error.

use std::path::Path;

use howdah_sql::lint::Level;
use toml::de::DeValue;

use super::reader::{Source, Table};
use super::{Config, Settings, unknown_rule, version};
use crate::failure::Hinted;
use crate::lint::glob::Glob;

pub(super) fn read(path: &Path, text: &str) -> anyhow::Result<Option<Config>> {
    let source = Source { path, text };
    let parsed = source.parse()?;
    let mut table = Table::new(source, "", parsed.get_ref());
    let major = |it: &DeValue<'_>| version(it.as_str()?);
    let mut settings = Settings {
        pg_version: table.take("pg_version", "a version of PostgreSQL in quotes", major)?,
        assume_in_transaction: table.boolean("assume_in_transaction")?,
        ..Settings::default()
    };
    // what is excluded stays so even if it is included, too
    for (key, level) in [
        ("included_rules", Level::On),
        ("excluded_rules", Level::Off),
    ] {
        for (name, span) in table.strings(key)? {
            if !settings.set(&name, level) {
                let (message, hint) = unknown_rule(&name);
                return Err(Hinted::new(source.error(&span, &message), hint).into());
            }
        }
    }
    let exclude = table.strings("excluded_paths")?;
    // Squawk's own way to GitHub: read, so that it is no unknown key
    if let Some(mut upload) = table.table("upload_to_github")? {
        upload.boolean("fail_on_violations")?;
        upload.finish()?;
    }
    table.finish()?;
    Ok(Some(Config {
        settings,
        exclude: exclude.iter().map(|(it, _)| Glob::new(it)).collect(),
        ..Config::default()
    }))
}

#[cfg(test)]
mod tests {
    use super::super::tests::read_text;
    use super::*;

    #[test]
    fn a_file_of_squawks_means_what_it_meant() {
        let text = "pg_version = \"11.0\"\nassume_in_transaction = true\n\
            excluded_paths = [\"005_user_ids.sql\", \"old/**\"]\nexcluded_rules = [\"unused-ignore\"]\n\
            [upload_to_github]\nfail_on_violations = true\n";
        let config = read_text(".squawk.toml", text).unwrap().unwrap();
        assert_eq!(config.settings.pg_version, Some(11));
        assert_eq!(config.settings.assume_in_transaction, Some(true));
        assert_eq!(config.settings.rules["unused-suppression"], Level::Off);
        assert!(config.excludes(Path::new("old/a.sql")));
        assert!(config.excludes(Path::new("m/005_user_ids.sql")));
    }

    #[test]
    fn what_nobody_knows_is_an_error() {
        for text in ["exclude_rules = []", "excluded_rules = ['prefer-nothing']"] {
            assert!(read_text(".squawk.toml", text).is_err(), "{text}");
        }
    }
}
