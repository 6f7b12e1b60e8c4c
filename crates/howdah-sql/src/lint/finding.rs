//! What a rule has to say about a place in a script.
//!
//! No IO. Made by the rules through the builders here, completed by the engine (severity by size, fingerprint,
//! locks), rendered by the command. Invariant: every span lies within the text that was linted, on boundaries of
//! characters.

use super::rule::Rule;
use super::severity::Severity;
use crate::ast::ObjectName;
use crate::locks::LockTaken;
use crate::text::Span;

/// One hazard at one place.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// How grave it is here.
    pub severity: Severity,
    /// What is pointed at.
    pub span: Span,
    /// One sentence: what is wrong, with the names of the objects.
    pub message: String,
    /// A few words beneath the caret.
    pub label: String,
    /// What is locked meanwhile, strongest first.
    pub locks: Vec<LockTaken>,
    /// What the server has to do meanwhile.
    pub work: Vec<Work>,
    /// Facts that explain it: since which version, what else depends on it.
    pub notes: Vec<String>,
    /// Ways out, best first.
    pub help: Vec<Help>,
    /// An edit that takes the hazard away.
    pub fix: Option<Fix>,
    /// The statement does nothing: what else could be found in it is beside the point.
    pub alone: bool,
    /// What stays the same while lines move: see [`fingerprint`](super::fingerprint).
    pub fingerprint: String,
}

impl Finding {
    /// A finding with the rule's own severity and nothing but a message.
    #[must_use]
    pub fn new(rule: &'static Rule, span: Span, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            span,
            message: message.into(),
            label: String::new(),
            locks: Vec::new(),
            work: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            fix: None,
            alone: false,
            fingerprint: String::new(),
        }
    }

    /// With another severity than the rule's own, for a case that is known to be lighter or graver.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// In a statement that does nothing, whatever it looks like.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// About these locks, where they are others than those of the statement.
    #[must_use]
    pub fn locks(mut self, locks: Vec<LockTaken>) -> Self {
        self.locks = locks;
        self
    }

    /// With a few words beneath the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// With one more fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.reserve_exact(1);
        self.notes.push(note.into());
        self
    }

    /// With advice that is no SQL.
    #[must_use]
    pub fn advice(mut self, text: impl Into<String>) -> Self {
        self.help.reserve_exact(1);
        self.help.push(Help {
            text: text.into(),
            statements: String::new(),
        });
        self
    }

    /// With the statements to write instead, ready to be copied.
    #[must_use]
    pub fn instead(mut self, text: impl Into<String>, statements: impl Into<String>) -> Self {
        self.help.reserve_exact(1);
        self.help.push(Help {
            text: text.into(),
            statements: statements.into(),
        });
        self
    }

    /// With an edit that a program may notice, which is made where it is asked for.
    #[must_use]
    pub fn change(self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        let mut changed = self.fix(title, edits);
        if let Some(fix) = &mut changed.fix {
            fix.safe = false;
        }
        changed
    }

    /// With an edit that `--fix` makes.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fix = Some(Fix {
            title: title.into(),
            edits,
            safe: true,
        });
        self
    }
}

/// What takes time in proportion to a relation.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// The relation.
    pub relation: ObjectName,
    /// What is done to it.
    pub kind: WorkKind,
    /// Its rows, where known.
    pub rows: Option<u64>,
    /// How long it takes, where the size is known: see [`duration`](super::duration).
    pub seconds: Option<f64>,
}

/// What the server does to all rows of a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkKind {
    /// All rows are read.
    Scan,
    /// An index is built over them.
    Build,
    /// They are written anew, and all indexes with them.
    Rewrite,
}

impl WorkKind {
    /// In words, to follow a relation's name.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Build => "index build",
            Self::Rewrite => "rewrite",
        }
    }
}

/// A way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// One sentence.
    pub text: String,
    /// The exact statements; empty where the advice is no SQL.
    pub statements: String,
}

/// An edit that takes the hazard away and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does: "add `CONCURRENTLY`".
    pub title: String,
    /// Its parts, which do not overlap.
    pub edits: Vec<Edit>,
    /// The schema comes out the same.
    pub safe: bool,
}

/// A replacement of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Edit {
    /// Text before a place.
    #[must_use]
    pub fn insert(at: u32, text: impl Into<String>) -> Self {
        Self::replace(Span { start: at, end: at }, text)
    }

    /// Other text for a range.
    #[must_use]
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self {
            span,
            text: text.into(),
        }
    }
}
