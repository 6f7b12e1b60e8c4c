//! Whether a default is the same for all rows that are there.
//!
//! No IO. A function that is not known here or in the schema is taken to be volatile: then the column is filled in
//! batches, which is right for every default.

use crate::value::{Schema, Volatility};

/// Functions that give one value within a statement.
const STEADY: &[&str] = &[
    "abs",
    "array",
    "cast",
    "ceil",
    "chr",
    "clock_date",
    "coalesce",
    "concat",
    "current_database",
    "current_setting",
    "current_user",
    "date_part",
    "date_trunc",
    "decode",
    "encode",
    "extract",
    "floor",
    "format",
    "greatest",
    "int4range",
    "int8range",
    "interval",
    "jsonb_build_array",
    "jsonb_build_object",
    "least",
    "left",
    "length",
    "lower",
    "make_date",
    "make_interval",
    "make_time",
    "make_timestamp",
    "make_timestamptz",
    "md5",
    "now",
    "nullif",
    "numeric",
    "numrange",
    "repeat",
    "replace",
    "right",
    "round",
    "statement_timestamp",
    "substr",
    "substring",
    "time",
    "timestamp",
    "timezone",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_number",
    "to_timestamp",
    "transaction_timestamp",
    "trim",
    "trunc",
    "tsrange",
    "tstzrange",
    "upper",
    "varchar",
    "varying",
    "character",
    "char",
    "bit",
];

/// Whether each row may get another value.
pub(crate) fn is_volatile(expression: &str, schema: &Schema) -> bool {
    calls(expression).any(|name| !is_steady(&name, schema))
}

fn is_steady(name: &str, schema: &Schema) -> bool {
    let own: Vec<_> = schema
        .routines
        .iter()
        .filter(|it| it.name.name == name)
        .collect();
    if own.is_empty() {
        return STEADY.contains(&name);
    }
    own.iter().all(|it| it.volatility != Volatility::Volatile)
}

/// The names before parentheses, without literals.
fn calls(expression: &str) -> impl Iterator<Item = String> {
    // every second piece is within quotes
    let code: String = expression
        .split('\'')
        .step_by(2)
        .collect::<Vec<_>>()
        .join("''");
    let pieces: Vec<String> = code.split('(').map(str::to_owned).collect();
    let before = pieces.len().saturating_sub(1);
    pieces.into_iter().take(before).filter_map(|piece| {
        let is_letter = |it: char| it.is_alphanumeric() || it == '_' || it == '$';
        let trimmed = piece.trim_end().trim_end_matches('"');
        let name = trimmed
            .rsplit(|it| !is_letter(it))
            .next()
            .unwrap_or_default();
        (!name.is_empty() && !name.starts_with(|it: char| it.is_ascii_digit()))
            .then(|| name.to_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_and_times_are_the_same_for_all_rows() {
        let schema = Schema::default();
        let steady = [
            "0",
            "'random()'::text",
            "now()",
            "CURRENT_TIMESTAMP",
            "('now'::text)::date",
            "(now() + '1 day'::interval)",
            "'{}'::jsonb",
            "timezone('utc'::text, now())",
            "0.5::numeric(5,2)",
        ];
        for it in steady {
            assert!(!is_volatile(it, &schema), "{it}");
        }
        for it in [
            "random()",
            "gen_random_uuid()",
            "nextval('s'::regclass)",
            "f(1)",
            "lower(f())",
        ] {
            assert!(is_volatile(it, &schema), "{it}");
        }
    }
}
