//! Identifiers, alone and qualified.

use std::fmt;
use std::ops::Deref;

use crate::text::{Span, quote_identifier};

/// An identifier, folded and unquoted. Equal to another of the same text, wherever it stands.
#[derive(Clone, Debug, Default)]
pub struct Name {
    /// What PostgreSQL would store.
    pub text: String,
    /// Where it stands; empty where it was not written.
    pub span: Span,
}

impl Name {
    /// A name that was not written anywhere.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            span: Span::default(),
        }
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Name {}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.text == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

impl std::hash::Hash for Name {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// Quoted where PostgreSQL would need it.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quote_identifier(&self.text))
    }
}

/// A name that may carry its schema. Equal to another of the same schema and name.
#[derive(Clone, Debug, Default)]
pub struct ObjectName {
    /// The schema, when it was written.
    pub schema: Option<String>,
    /// The last part.
    pub name: String,
    /// All of it.
    pub span: Span,
}

impl ObjectName {
    /// A name without a schema, that was not written anywhere.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            schema: None,
            name: name.into(),
            span: Span::default(),
        }
    }

    /// A name in a schema, that was not written anywhere.
    #[must_use]
    pub fn qualified(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            schema: Some(schema.into()),
            ..Self::new(name)
        }
    }
}

impl PartialEq for ObjectName {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.schema == other.schema
    }
}

impl Eq for ObjectName {}

impl std::hash::Hash for ObjectName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.schema.hash(state);
        self.name.hash(state);
    }
}

impl PartialOrd for ObjectName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ObjectName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (&self.schema, &self.name).cmp(&(&other.schema, &other.name))
    }
}

/// Quoted where PostgreSQL would need it.
impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", quote_identifier(schema))?;
        }
        f.write_str(&quote_identifier(&self.name))
    }
}
