//! How grave a finding is, and what a configuration makes of a rule.
//!
//! No IO. Invariant: the order of [`Severity`] is that of gravity, so that a threshold is a comparison.

use std::fmt;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing will be hurt.
    Note,
    /// Something may be hurt: a matter for whoever reviews.
    Warning,
    /// Something will be hurt on a table of any size, or fails.
    Error,
}

impl Severity {
    /// All of them, gravest last.
    pub const ALL: [Self; 3] = [Self::Note, Self::Warning, Self::Error];

    /// Its name in configurations and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// What a configuration says about one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It does not run.
    Off,
    /// It runs with its own severity, which the size of a table may change.
    On,
    /// It runs, and its findings have this severity whatever the size of a table.
    Fixed(Severity),
}

impl Level {
    /// The names that a configuration may use, for messages.
    pub const NAMES: [&'static str; 5] = ["off", "on", "note", "warning", "error"];

    /// The level of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "off" => Some(Self::Off),
            "on" => Some(Self::On),
            name => Severity::from_name(name).map(Self::Fixed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for severity in Severity::ALL {
            assert_eq!(Severity::from_name(severity.name()), Some(severity));
        }
        for name in Level::NAMES {
            assert!(Level::from_name(name).is_some(), "{name}");
        }
        assert_eq!(Level::from_name("warn"), None);
    }

    #[test]
    fn a_threshold_is_a_comparison() {
        assert!(Severity::Error > Severity::Warning && Severity::Warning > Severity::Note);
    }
}
