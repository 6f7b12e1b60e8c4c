//! The rules, one file each: `name_of_rule.rs` holds `name-of-rule`.
//!
//! No IO. Called by the engine, which asks every rule about every statement. What is said about a rule for people is in
//! its `page`; further examples stand beside it in `name_of_rule.md`. Both are executed by `tests/rules.rs`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::rule::{Group, Rule};
pub use left_out::{LEFT_OUT, LeftOut, left_out};

mod compatibility;
mod left_out;
mod refused;
mod support;

mod blocking_check;
mod blocking_domain_constraint;
mod blocking_exclusion;
mod blocking_foreign_key;
mod blocking_index_build;
mod blocking_index_drop;
mod blocking_not_null;
mod blocking_partition_creation;
mod blocking_partition_detach;
mod blocking_primary_key;
mod blocking_refresh;
mod blocking_reindex;
mod blocking_table_move;
mod blocking_type_change;
mod blocking_unique_constraint;
mod cascading_drop;
mod cascading_truncate;
mod constrained_domain;
mod constrained_domain_column;
mod corruptible_index_build;
mod cut_identifier;
mod delete_without_where;
mod duplicate_column;
mod exclusive_storage_option;
pub(super) mod explicit_lock;
mod forbidden_in_transaction;
mod hidden_lock;
mod invalid_index_kept;
mod json_column;
mod limited_text;
mod lock_held_while_working;
mod lock_timeout_cancels_build;
mod misnested_transaction;
mod missing_idle_timeout;
mod missing_lock_timeout;
mod missing_statement_timeout;
mod narrow_integer;
mod narrow_primary_key;
mod new_enum;
mod new_enum_value_used;
mod offline_rewrite;
mod padded_text;
pub(super) mod refused_statement;
mod repeated_alter_table;
mod required_column_without_default;
mod rewriting_default;
mod rewriting_generated_column;
mod scanning_partition_attach;
mod serial_column;
mod serial_column_on_existing_table;
mod several_tables_locked;
pub(super) mod syntax_error;
mod timestamp_without_time_zone;
mod truncated_table;
mod unbatched_update;
mod uncommitted_transaction;
mod unindexed_foreign_key;
pub(super) mod unknown_suppression;
mod unordered_enum_value;
mod unqualified_table;
mod unrepeatable_statement;
pub(super) mod unseen_statement;
pub(super) mod unused_suppression;
mod validation_under_lock;
mod wide_index;

/// Every rule, in the order of names.
pub static ALL: &[&Rule] = &[
    &blocking_check::RULE,
    &blocking_domain_constraint::RULE,
    &blocking_exclusion::RULE,
    &blocking_foreign_key::RULE,
    &blocking_index_build::RULE,
    &blocking_index_drop::RULE,
    &blocking_not_null::RULE,
    &blocking_partition_creation::RULE,
    &blocking_partition_detach::RULE,
    &blocking_primary_key::RULE,
    &blocking_refresh::RULE,
    &blocking_reindex::RULE,
    &blocking_table_move::RULE,
    &blocking_type_change::RULE,
    &blocking_unique_constraint::RULE,
    &cascading_drop::RULE,
    &cascading_truncate::RULE,
    &compatibility::changed::DATABASE,
    &compatibility::changed::DEFAULT,
    &compatibility::changed::EXTENSION,
    &compatibility::changed::FUNCTION,
    &compatibility::changed::EXPRESSION,
    &compatibility::changed::IDENTITY,
    &compatibility::changed::POLICY_CONDITION,
    &compatibility::changed::POLICY_ROLES,
    &compatibility::changed::REPLICATION,
    &compatibility::changed::ROLE,
    &compatibility::changed::ROW_SECURITY,
    &compatibility::changed::SEQUENCE,
    &compatibility::changed::SYSTEM,
    &compatibility::changed::VIEW,
    &constrained_domain::RULE,
    &constrained_domain_column::RULE,
    &corruptible_index_build::RULE,
    &cut_identifier::RULE,
    &delete_without_where::RULE,
    &compatibility::changed::INHERITANCE,
    &compatibility::changed::TRIGGER,
    &compatibility::dropped::COLUMN,
    &compatibility::dropped::CONSTRAINT,
    &compatibility::dropped::DATABASE,
    &compatibility::dropped::DEFAULT,
    &compatibility::dropped::EXTENSION,
    &compatibility::dropped::FUNCTION,
    &compatibility::dropped::GENERATED_EXPRESSION,
    &compatibility::dropped::INDEX,
    &compatibility::dropped::NOT_NULL,
    &compatibility::dropped::POLICY,
    &compatibility::dropped::SCHEMA,
    &compatibility::dropped::SEQUENCE,
    &compatibility::dropped::TABLE,
    &compatibility::dropped::TRIGGER,
    &compatibility::dropped::TYPE,
    &compatibility::dropped::VIEW,
    &duplicate_column::RULE,
    &exclusive_storage_option::RULE,
    &explicit_lock::RULE,
    &forbidden_in_transaction::RULE,
    &hidden_lock::RULE,
    &invalid_index_kept::RULE,
    &json_column::RULE,
    &limited_text::RULE,
    &lock_held_while_working::RULE,
    &lock_timeout_cancels_build::RULE,
    &misnested_transaction::RULE,
    &missing_idle_timeout::RULE,
    &missing_lock_timeout::RULE,
    &missing_statement_timeout::RULE,
    &compatibility::renamed::SCHEMA,
    &narrow_integer::RULE,
    &narrow_primary_key::RULE,
    &compatibility::added::ATTRIBUTE,
    &compatibility::added::COLUMN,
    &new_enum::RULE,
    &compatibility::added::ENUM_VALUE,
    &new_enum_value_used::RULE,
    &compatibility::added::POLICY,
    &compatibility::added::TRIGGER,
    &compatibility::added::RESTRICTION,
    &offline_rewrite::RULE,
    &padded_text::RULE,
    &refused_statement::RULE,
    &compatibility::renamed::COLUMN,
    &compatibility::renamed::OBJECT,
    &compatibility::renamed::TABLE,
    &repeated_alter_table::RULE,
    &compatibility::changed::DEFINITION,
    &required_column_without_default::RULE,
    &compatibility::changed::PRIVILEGE,
    &rewriting_default::RULE,
    &rewriting_generated_column::RULE,
    &scanning_partition_attach::RULE,
    &serial_column::RULE,
    &serial_column_on_existing_table::RULE,
    &several_tables_locked::RULE,
    &syntax_error::RULE,
    &timestamp_without_time_zone::RULE,
    &truncated_table::RULE,
    &unbatched_update::RULE,
    &uncommitted_transaction::RULE,
    &unindexed_foreign_key::RULE,
    &unknown_suppression::RULE,
    &unordered_enum_value::RULE,
    &unqualified_table::RULE,
    &unrepeatable_statement::RULE,
    &unseen_statement::RULE,
    &unused_suppression::RULE,
    &validation_under_lock::RULE,
    &wide_index::RULE,
];

/// Rules by each of their names.
static NAMED: LazyLock<HashMap<&'static str, Vec<&'static Rule>>> = LazyLock::new(|| {
    let mut named: HashMap<_, Vec<_>> = HashMap::new();
    for rule in ALL {
        named.entry(rule.name).or_default().push(*rule);
    }
    for rule in ALL {
        for name in rule.aliases.names() {
            let rules = named.entry(name).or_default();
            if !rules.iter().any(|it| it.name == rule.name) {
                rules.push(rule);
            }
        }
    }
    named
});

/// Whether a rule is about programs that go on using what was there: in the contract phase of a deploy none is left, and what is
/// taken back none has seen.
pub(super) fn is_about_programs(rule: &Rule) -> bool {
    let dropped = [
        &compatibility::dropped::TABLE,
        &compatibility::dropped::COLUMN,
    ];
    rule.group == Group::Compatibility || dropped.iter().any(|it| it.name == rule.name)
}

/// Whether a rule asks for batches.
pub(super) fn is_about_batches(rule: &Rule) -> bool {
    rule.name == unbatched_update::RULE.name
}

/// The rules that a name stands for: howdah's own, or what other tools call them; some of theirs are several of ours.
#[must_use]
pub fn named(name: &str) -> Vec<&'static Rule> {
    NAMED.get(name).cloned().unwrap_or_default()
}

/// The name that was most likely meant by one that no rule has.
#[must_use]
pub fn closest(name: &str) -> Option<&'static str> {
    let furthest = name.len() / 3;
    // each letter more or less is an edit
    let may_be = |known: &&&'static str| known.len().abs_diff(name.len()) <= furthest;
    let close = |known: &&'static str| (strsim::damerau_levenshtein(name, known), *known);
    let (distance, known) = NAMED.keys().filter(may_be).map(close).min()?;
    (distance <= furthest).then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_unique() {
        let names: Vec<_> = ALL.iter().map(|it| it.name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
    }

    #[test]
    fn a_name_of_ours_is_one_rule() {
        for rule in ALL {
            let found: Vec<_> = named(rule.name).iter().map(|it| it.name).collect();
            assert_eq!(found.first(), Some(&rule.name));
        }
    }

    #[test]
    fn what_is_meant_is_found() {
        assert_eq!(closest("sintax-error"), Some("syntax-error"));
        assert_eq!(closest("completely-different-thing"), None);
    }
}
