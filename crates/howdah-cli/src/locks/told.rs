//! What is said of each statement of a text.
//!
//! IO: reads the text; what is wrong with it goes to stderr. Invariant: statements are told in their order, each on what
//! those before it have made.

use howdah_sql::catalog::Catalog;
use howdah_sql::locks::{self, Effects};
use howdah_sql::text::{Lines, made_for};

use super::DEFAULT_VERSION;
use crate::lint::files::{Input, shown};
use crate::lint::parts;

/// One statement and what it does.
pub(super) struct Told {
    /// The file, as the user names it.
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) text: String,
    /// The major version that it would run on.
    pub(super) version: u32,
    pub(super) effects: Effects,
}

/// A text with its name.
pub(super) struct Script {
    file: String,
    text: String,
}

impl Script {
    pub(super) fn read(input: &Input) -> anyhow::Result<Self> {
        Ok(Self {
            file: shown(input.path()),
            text: input.read()?,
        })
    }

    /// Goes through the text; whether all of it is understood.
    pub(super) fn tell(&self, known: &Catalog, version: Option<u32>, told: &mut Vec<Told>) -> bool {
        let version = version.or(made_for(&self.text)).unwrap_or(DEFAULT_VERSION);
        let parts = parts::parts(&self.text);
        if parts.is_empty() {
            self.tell_part(&self.text, &mut known.clone(), version, told)
        } else {
            // what goes down stands on what has gone up
            let mut catalog = known.clone();
            let mut understood = true;
            for part in &parts {
                understood &= self.tell_part(&part.text, &mut catalog, version, told);
                catalog = catalog.settled();
            }
            understood
        }
    }

    /// A part is as long as the text, so that places are those of the file.
    fn tell_part(
        &self,
        text: &str,
        catalog: &mut Catalog,
        version: u32,
        told: &mut Vec<Told>,
    ) -> bool {
        let script = howdah_sql::parse(text);
        let lines = Lines::new(text);
        for error in &script.errors {
            let at = lines.position(error.span.start);
            let (file, message) = (&self.file, &error.message);
            talk!("error: {file}:{}:{}: {message}", at.line, at.column);
        }
        for statement in &script.statements {
            let at = lines.position(statement.span.start);
            let mut effects = locks::effects(statement, catalog, version);
            let is_within = |at: u32| (statement.span.start..=statement.span.end).contains(&at);
            if script.errors.iter().any(|it| is_within(it.span.start)) {
                effects.unknown = Some("part of it is not understood".to_owned());
            }
            told.push(Told {
                file: self.file.clone(),
                line: at.line,
                column: at.column,
                text: statement.span.of(text).to_owned(),
                version,
                effects,
            });
            catalog.apply(statement);
        }
        script.errors.is_empty()
    }
}
