//! Data on stdout: for people, or as JSON.
//!
//! IO: writes to stdout. Invariant: what is printed here is all that goes to stdout.

use std::io::Write;

use clap::ValueEnum;
use serde::Serialize;

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// For people and shells
    Text,
    /// One JSON object
    Json,
}

/// Prints `data` as JSON, or the text that stands for it.
pub(crate) fn print(format: Format, text: &str, data: &impl Serialize) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match format {
        Format::Text => writeln!(stdout, "{text}")?,
        Format::Json => writeln!(stdout, "{}", serde_json::to_string_pretty(data)?)?,
    }
    stdout.flush()?;
    Ok(())
}
