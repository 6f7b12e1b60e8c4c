//! What a rule is told: a statement, and all that is known before it runs.
//!
//! No IO. Made by the engine for each statement, also for those within `DO` bodies. Invariant: what is here is the state
//! before the statement, so that a rule asks "what if" and never "what is left".

use std::borrow::Cow;

use super::session::Session;
use super::settings::Settings;
use crate::ast::{AlterAction, AlterTable, Kind, ObjectName, Script, Statement};
use crate::catalog::Catalog;
use crate::locks::{self, Effects};
use crate::text::Span;

/// A statement with what is known before it.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// The whole text, which spans are about.
    pub text: &'a str,
    /// The script that the statement is part of; of one in a `DO` body, that body.
    pub script: &'a Script,
    /// Its place in that script.
    pub index: usize,
    /// The statement.
    pub statement: &'a Statement,
    /// What exists.
    pub catalog: &'a Catalog,
    /// What the statement does, by the lock model.
    pub effects: &'a Effects,
    /// Transaction and timeouts.
    pub session: &'a Session,
    /// The version and so on.
    pub settings: &'a Settings,
    /// Whether it stands in a `DO` body, which is one statement for the server.
    pub in_do: bool,
}

impl<'a> At<'a> {
    /// Whether the server is of that major version, or a later one.
    #[must_use]
    pub fn since(&self, major: u32) -> bool {
        self.settings.version >= major
    }

    /// What was written there.
    #[must_use]
    pub fn written(&self, span: Span) -> &'a str {
        span.of(self.text)
    }

    /// Whether others may use the relation: it was not made by this script or transaction.
    #[must_use]
    pub fn is_shared(&self, name: &ObjectName) -> bool {
        !self.catalog.is_new(name)
    }

    /// The `ALTER TABLE` that this is, if others may use the table.
    #[must_use]
    pub fn alters_existing_table(&self) -> Option<&'a AlterTable> {
        match &self.statement.kind {
            Kind::AlterTable(it) if self.is_shared(&it.name) => Some(it),
            _ => None,
        }
    }

    /// What one action of an `ALTER TABLE` would do if it stood alone.
    #[must_use]
    pub fn effects_of(&self, table: &AlterTable, action: &AlterAction) -> Cow<'a, Effects> {
        if let Kind::AlterTable(it) = &self.statement.kind
            && std::ptr::eq(it, table)
            && it.actions.len() == 1
        {
            return Cow::Borrowed(self.effects);
        }
        let alone = Statement {
            span: self.statement.span,
            kind: Kind::AlterTable(AlterTable {
                kind: table.kind,
                name: table.name.clone(),
                if_exists: table.if_exists,
                only: table.only,
                actions: vec![action.clone()],
            }),
        };
        Cow::Owned(locks::effects(&alone, self.catalog, self.settings.version))
    }

    /// Whether a transaction is open around it, which holds its locks to the end.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.in_do || self.session.in_transaction()
    }

    /// The statements that follow it in its script.
    #[must_use]
    pub fn following(&self) -> &'a [Statement] {
        self.script
            .statements
            .get(self.index + 1..)
            .unwrap_or_default()
    }

    /// The statements before it in its script.
    #[must_use]
    pub fn preceding(&self) -> &'a [Statement] {
        self.script.statements.get(..self.index).unwrap_or_default()
    }

    /// A name for a constraint or index of a table, as PostgreSQL would make one: `table_column_suffix`.
    #[must_use]
    pub fn constraint_name(&self, table: &ObjectName, columns: &[&str], suffix: &str) -> String {
        let mut parts = vec![table.name.as_str()];
        parts.extend(columns);
        let mut name = parts.join("_");
        // 63 bytes are what PostgreSQL keeps of a name
        let room = 62_usize.saturating_sub(suffix.len());
        let cut = (0..=room.min(name.len()))
            .rev()
            .find(|it| name.is_char_boundary(*it));
        name.truncate(cut.unwrap_or(0));
        crate::text::quote_identifier(&format!("{name}_{suffix}")).into_owned()
    }
}

/// A script that was read to its end.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'a> {
    /// The whole text, which spans are about.
    pub text: &'a str,
    /// The script.
    pub script: &'a Script,
    /// What exists afterwards.
    pub catalog: &'a Catalog,
    /// What is left open.
    pub session: &'a Session,
    /// The version and so on.
    pub settings: &'a Settings,
}
