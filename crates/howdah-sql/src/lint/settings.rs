//! What the engine is told about a script that does not stand in it.
//!
//! No IO. Invariant: equal settings and texts give equal reports.

use std::collections::HashMap;

use super::rule::{Default as On, Rule};
use super::severity::Level;
use crate::text::Span;

/// The version taken where nobody says one: the oldest that the project maintains.
pub const DEFAULT_VERSION: u32 = 15;

/// How a script is looked at.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The server's major version.
    pub version: u32,
    /// Whatever runs the script begins a transaction around it.
    pub assume_in_transaction: bool,
    /// What a configuration says about rules, by their own names.
    pub levels: HashMap<&'static str, Level>,
    /// Only these rules run; empty: all.
    pub only: Vec<&'static str>,
    /// Edits are made as well that a program may notice: other types for new columns.
    pub unsafe_fixes: bool,
    /// Statements that the tool that runs the script sends of itself, to end its transaction and begin it again.
    pub of_tool: Vec<Span>,
    /// The script takes back what another has made: it is no loss to programs.
    pub undoes: bool,
    /// Parameters that are set before the script begins: by the role, by whatever runs it.
    pub session: HashMap<String, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: DEFAULT_VERSION,
            assume_in_transaction: false,
            levels: HashMap::new(),
            only: Vec::new(),
            unsafe_fixes: false,
            of_tool: Vec::new(),
            undoes: false,
            session: HashMap::new(),
        }
    }
}

impl Settings {
    /// What is to be done with a rule.
    #[must_use]
    pub fn level(&self, rule: &Rule) -> Level {
        // what cannot be read is always worth saying
        let is_wanted = rule.name == "syntax-error" || self.only.contains(&rule.name);
        if !self.only.is_empty() && !is_wanted {
            return Level::Off;
        }
        match (self.levels.get(rule.name), rule.default) {
            (Some(level), _) => *level,
            (None, On::On) => Level::On,
            (None, On::Off) if self.only.contains(&rule.name) => Level::On,
            (None, On::Off) => Level::Off,
        }
    }

    /// Whether a rule is looked for.
    #[must_use]
    pub fn runs(&self, rule: &Rule) -> bool {
        self.level(rule) != Level::Off
    }
}
