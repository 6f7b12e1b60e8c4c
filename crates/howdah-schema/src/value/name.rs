//! Names of objects that lie in a schema. No IO.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::identifiers::quoted;
use crate::value::is_default;

/// A name, relative to the base schema. It prints as SQL, quoted where it needs to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Name {
    /// The schema; absent for the base schema.
    #[serde(skip_serializing_if = "is_default")]
    pub schema: Option<String>,
    /// The name in the schema.
    pub name: String,
}

impl Name {
    /// A name in the base schema.
    #[must_use]
    pub fn bare(name: impl Into<String>) -> Self {
        Self {
            schema: None,
            name: name.into(),
        }
    }

    /// Another name in the same schema.
    #[must_use]
    pub fn sibling(&self, name: impl Into<String>) -> Self {
        Self {
            schema: self.schema.clone(),
            name: name.into(),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", quoted(schema))?;
        }
        write!(f, "{}", quoted(&self.name))
    }
}
