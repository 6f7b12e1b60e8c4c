//! A TOML table, read key by key, so that an error says the file, the line, what was expected and what is meant.
//!
//! No IO. Invariant: a key that nobody asked for is an error.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::failure::Hinted;

/// The text of a file, to say where something is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// An error at a place of the file.
    pub(super) fn error(&self, span: &Range<usize>, message: &str) -> anyhow::Error {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        anyhow::anyhow!("{}:{line}: {message}", self.path.display())
    }

    pub(super) fn parse(&self) -> anyhow::Result<Spanned<DeTable<'_>>> {
        DeTable::parse(self.text)
            .map_err(|error| self.error(&error.span().unwrap_or_default(), error.message()))
    }
}

/// One table; keys are taken from it.
pub(super) struct Table<'a> {
    pub(super) source: Source<'a>,
    /// How the table is called in messages: `lint.overrides`.
    name: String,
    keys: &'a DeTable<'a>,
    known: BTreeSet<&'static str>,
}

impl<'a> Table<'a> {
    pub(super) fn new(source: Source<'a>, name: impl Into<String>, table: &'a DeTable<'a>) -> Self {
        Self {
            source,
            name: name.into(),
            keys: table,
            known: BTreeSet::new(),
        }
    }

    /// What the key is, if the table has it.
    pub(super) fn take<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl Fn(&'a DeValue<'a>) -> Option<T>,
    ) -> anyhow::Result<Option<T>> {
        self.known.insert(key);
        let Some(value) = self.keys.get(key) else {
            return Ok(None);
        };
        match read(value.get_ref()) {
            Some(read) => Ok(Some(read)),
            None => Err(self.wrong(&value.span(), key, expected, value.get_ref())),
        }
    }

    pub(super) fn boolean(&mut self, key: &'static str) -> anyhow::Result<Option<bool>> {
        self.take(key, "`true` or `false`", DeValue::as_bool)
    }

    pub(super) fn string(&mut self, key: &'static str) -> anyhow::Result<Option<String>> {
        self.take(key, "a string", |it| it.as_str().map(str::to_owned))
    }

    /// Strings with their places.
    pub(super) fn strings(
        &mut self,
        key: &'static str,
    ) -> anyhow::Result<Vec<(String, Range<usize>)>> {
        let found = self.take(key, "a list of strings", |value| {
            let item =
                |it: &Spanned<DeValue<'_>>| Some((it.get_ref().as_str()?.to_owned(), it.span()));
            value.as_array()?.iter().map(item).collect()
        })?;
        Ok(found.unwrap_or_default())
    }

    /// A table within.
    pub(super) fn table(&mut self, key: &'static str) -> anyhow::Result<Option<Table<'a>>> {
        let found = self.take(key, "a table", DeValue::as_table)?;
        Ok(found.map(|table| Table::new(self.source, self.inner(key), table)))
    }

    /// Tables within, written `[[name]]`.
    pub(super) fn tables(&mut self, key: &'static str) -> anyhow::Result<Vec<Table<'a>>> {
        let found = self.take(key, "a list of tables", |value| {
            let array = value.as_array()?.iter();
            array
                .map(|it| it.get_ref().as_table())
                .collect::<Option<Vec<_>>>()
        })?;
        let table = |it| Table::new(self.source, self.inner(key), it);
        Ok(found.unwrap_or_default().into_iter().map(table).collect())
    }

    /// All keys with their values, for a table whose keys are names.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, Range<usize>, &'a DeValue<'a>)> {
        let entry = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let name: &std::borrow::Cow<'a, str> = key.get_ref();
            (name.as_ref(), key.span(), value.get_ref())
        };
        self.keys.iter().map(entry)
    }

    /// An error unless every key was asked for.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let Some((key, _)) = self
            .keys
            .iter()
            .find(|(key, _)| !self.known.contains(key.get_ref().as_ref()))
        else {
            return Ok(());
        };
        let message = format!("unknown key `{}` in `{}`", key.get_ref(), self.name);
        let error = self.source.error(&key.span(), &message);
        let hint = match closest(key.get_ref(), self.known.iter().copied()) {
            Some(close) => format!("`{close}` is meant?"),
            None => {
                let known: Vec<_> = self.known.iter().map(|it| format!("`{it}`")).collect();
                format!("known here: {}", known.join(", "))
            }
        };
        Err(Hinted::new(error, hint).into())
    }

    pub(super) fn wrong(
        &self,
        span: &Range<usize>,
        key: &str,
        expected: &str,
        found: &DeValue<'_>,
    ) -> anyhow::Error {
        let message = format!(
            "`{}` is {expected}, found {}",
            self.inner(key),
            shown(found)
        );
        self.source.error(span, &message)
    }

    fn inner(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }
}

fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("`\"{text}\"`"),
        DeValue::Integer(number) => format!("`{number}`"),
        DeValue::Boolean(value) => format!("`{value}`"),
        other => format!("a value of type {}", other.type_str()),
    }
}

/// The name that was most likely meant.
pub(crate) fn closest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |it: &str| it.replace('_', "-").to_lowercase();
    let name = plain(name);
    known
        .map(|it| (strsim::damerau_levenshtein(&name, &plain(it)), it))
        .filter(|(distance, it)| *distance <= (it.len() / 4).max(1))
        .min()
        .map(|(_, it)| it)
}
