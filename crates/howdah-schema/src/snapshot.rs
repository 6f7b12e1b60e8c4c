//! A schema in a file, with the facts about the database that it was read from.
//!
//! No IO. Written by `howdah schema dump --format json`; read wherever a schema is. Invariant: what was written is read
//! as the same.

use serde::{Deserialize, Serialize};

use crate::value::{Facts, Schema};

/// What a snapshot file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The schema.
    pub schema: Schema,
    /// Facts; absent where the schema is not that of a database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
}

impl Snapshot {
    /// Reads the text of a snapshot, or of a schema alone.
    ///
    /// # Errors
    /// The text is no JSON, or not that of a schema of this version of howdah.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let value: serde_json::Value = serde_json::from_str(text)?;
        if !value.is_object() {
            // serde would take a list for the values of the fields
            return Err(serde::de::Error::custom("expected an object"));
        }
        // an empty schema alone is `{}`
        if value.get("schema").is_some() {
            return serde_json::from_value(value);
        }
        Ok(Self {
            schema: serde_json::from_value(value)?,
            facts: None,
        })
    }

    /// The text of the file.
    ///
    /// # Errors
    /// None that a value can have.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_alone_is_a_snapshot() -> Result<(), serde_json::Error> {
        let schema = r#"{"schemas": [{"name": "app"}]}"#;
        let alone = Snapshot::parse(schema)?;
        let whole = Snapshot::parse(&format!("{{\"schema\": {schema}}}"))?;
        assert_eq!(alone, whole);
        assert_eq!(Snapshot::parse(&alone.text()?)?, alone);
        assert_eq!(Snapshot::parse("{}")?, Snapshot::default());
        Ok(())
    }

    #[test]
    fn what_is_no_schema_is_refused() {
        for text in ["", "[]", "{\"tables\": 1}", "{\"schema\": {\"table\": []}}"] {
            assert!(Snapshot::parse(text).is_err(), "{text}");
        }
    }
}
