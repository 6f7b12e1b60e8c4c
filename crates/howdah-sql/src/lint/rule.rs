//! What a rule is: a name, a page for people, the names that other tools give it, and a check.
//!
//! No IO. Every file of `rules/` holds one. Invariant: a rule's examples are executed by `tests/rules.rs`, so its page tells
//! nothing that is not so.

use super::context::{At, Whole};
use super::finding::Finding;
use super::severity::Severity;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name: the fault, so that "ignore NAME" reads well.
    pub name: &'static str,
    /// The fault in one line, without a final period.
    pub summary: &'static str,
    /// How grave it is on a table whose size nobody knows.
    pub severity: Severity,
    /// Whether it runs unless it is asked for.
    pub default: Default,
    /// What kind of hazard it is about.
    pub group: Group,
    /// What other tools call it.
    pub aliases: Aliases,
    /// Markdown: what it finds, why that hurts, the safe way, examples. Its SQL is executed by the tests.
    pub page: &'static str,
    /// What looks for it.
    pub check: Check,
}

/// Whether a rule runs that nobody mentioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// It does.
    On,
    /// Only where a configuration or `--rule` asks for it.
    Off,
}

/// What kind of hazard a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Traffic waits: locks, rewrites, scans.
    Locks,
    /// The statement or the deployment fails, or leaves half of its work.
    Failure,
    /// Programs of the release before break.
    Compatibility,
    /// Data are lost, or can be.
    Data,
    /// A type or form that is regretted later.
    Design,
    /// The script itself: what cannot be read, suppressions that do nothing.
    Script,
}

impl Group {
    /// Its name in listings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Locks => "locks",
            Self::Failure => "failure",
            Self::Compatibility => "compatibility",
            Self::Data => "data",
            Self::Design => "design",
            Self::Script => "script",
        }
    }
}

/// What other tools call a rule. Any of these may be written where howdah's own name may.
#[derive(Debug, Clone, Copy)]
pub struct Aliases {
    /// Squawk's names.
    pub squawk: &'static [&'static str],
    /// eugene's identifiers.
    pub eugene: &'static [&'static str],
    /// strong_migrations' checks.
    pub strong_migrations: &'static [&'static str],
    /// The names of postgres-language-server.
    pub pgls: &'static [&'static str],
}

impl Aliases {
    /// Nobody else knows this hazard.
    pub const NONE: Self = Self {
        squawk: &[],
        eugene: &[],
        strong_migrations: &[],
        pgls: &[],
    };

    /// The tools with their names for it.
    pub fn by_tool(&self) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        [
            ("Squawk", self.squawk),
            ("eugene", self.eugene),
            ("strong_migrations", self.strong_migrations),
            ("postgres-language-server", self.pgls),
        ]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
    }

    /// Every name.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.by_tool().flat_map(|(_, names)| names.iter().copied())
    }
}

/// What looks for the hazard.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// Asked for every statement, in order, with what is known before it.
    Statement(fn(&At<'_>, &mut Vec<Finding>)),
    /// Asked once for a script, when all of it has been seen.
    Script(fn(&Whole<'_>, &mut Vec<Finding>)),
    /// The engine itself reports it: syntax errors, suppressions that do nothing.
    Engine,
}
