//! Whoever comes from another linter finds each of its checks: as a rule, or with the reason why there is none.
//!
//! The lists are what the tools themselves have: Squawk 2.70 with its alias for two rules, eugene 0.8's hints, the
//! messages of strong_migrations 2.5, the lint rules of postgres-language-server 0.18. Its checks of a database's state
//! (`splinter`, `pglinter`) and of types are no lint rules there either.

use std::collections::BTreeSet;

use howdah_sql::lint::{LEFT_OUT, RULES, left_out, named};

const SQUAWK: &str = "\
    adding-field-with-default adding-foreign-key-constraint adding-not-nullable-field \
    adding-required-field adding-serial-primary-key-field ban-add-column \
    ban-add-composite-attribute ban-add-enum-value ban-alter-database-options \
    ban-alter-domain-with-add-constraint ban-alter-extension ban-alter-function-options \
    ban-alter-generated-expression ban-alter-identity ban-alter-policy-condition \
    ban-alter-policy-roles ban-alter-role-options ban-alter-row-level-security \
    ban-alter-sequence-values ban-alter-system-options ban-alter-view-options \
    ban-char-field ban-concurrent-index-creation-in-transaction \
    ban-create-domain-with-constraint ban-create-policy ban-detach-inheritance \
    ban-disable-trigger ban-drop-column ban-drop-constraint ban-drop-database \
    ban-drop-default ban-drop-domain ban-drop-extension ban-drop-function \
    ban-drop-generated-expression ban-drop-index ban-drop-not-null ban-drop-policy \
    ban-drop-schema ban-drop-sequence ban-drop-table ban-drop-trigger ban-drop-type \
    ban-drop-view ban-duplicate-column-assignments ban-new-write-restriction \
    ban-replace-view-function ban-replica-identity ban-revoke ban-set-default \
    ban-set-schema ban-truncate-cascade ban-uncommitted-transaction changing-column-type \
    constraint-missing-not-valid disallowed-unique-constraint identifier-too-long \
    prefer-bigint-over-int prefer-bigint-over-smallint prefer-identity prefer-repack \
    prefer-robust-stmts prefer-text-field prefer-timestamptz renaming-column \
    renaming-object renaming-table require-concurrent-index-creation \
    require-concurrent-index-deletion require-concurrent-partition-detach \
    require-concurrent-reindex require-enum-value-ordering require-lock-timeout \
    require-statement-timeout require-table-schema require-timeout-settings syntax-error \
    transaction-nesting unused-ignore";

const EUGENE: &str = "E1 E2 E3 E4 E5 E6 E7 E8 E9 E10 E11 W12 W13 W14 E15";

const STRONG_MIGRATIONS: &str = "\
    add_check_constraint add_check_constraint_mysql add_column_auto_incrementing \
    add_column_default add_column_default_callable add_column_default_null \
    add_column_generated_stored add_column_json add_exclusion_constraint add_foreign_key \
    add_index add_index_columns add_index_corruption add_reference add_unique_constraint \
    change_column change_column_constraint change_column_default change_column_null \
    change_column_null_mysql change_column_null_postgresql change_column_with_not_null \
    change_table create_table execute remove_column remove_index rename_column \
    rename_enum_value rename_schema rename_table validate_check_constraint \
    validate_foreign_key";

const LANGUAGE_SERVER: &str = "\
    addSerialColumn addingFieldWithDefault addingForeignKeyConstraint addingNotNullField \
    addingPrimaryKeyConstraint addingRequiredField avoidAddingExclusionConstraint \
    avoidAlterEnumAddValue avoidAttachingPartition avoidCreateTrigger \
    avoidEnableDisableTrigger avoidWideLockWindow banCharField \
    banConcurrentIndexCreationInTransaction banDeleteWithoutWhere banDropColumn \
    banDropDatabase banDropNotNull banDropSchema banDropTable banDropTrigger banTruncate \
    banTruncateCascade banUpdateWithoutWhere banVacuumFull changingColumnType \
    concurrentRefreshMatviewLock constraintMissingNotValid creatingEnum \
    disallowUniqueConstraint lockTimeoutWarning multipleAlterTable preferBigInt \
    preferBigintOverInt preferBigintOverSmallint preferIdentity preferJsonb \
    preferRobustStmts preferTextField preferTimestamptz renamingColumn renamingTable \
    requireConcurrentDetachPartition requireConcurrentIndexCreation \
    requireConcurrentIndexDeletion requireConcurrentRefreshMatview requireConcurrentReindex \
    requireIdleInTransactionTimeout requireSeparateConstraintValidation \
    requireStatementTimeout runningStatementWhileHoldingAccessExclusive transactionNesting";

#[test]
fn every_check_of_theirs_is_a_rule_or_has_a_reason() {
    for names in [SQUAWK, EUGENE, STRONG_MIGRATIONS, LANGUAGE_SERVER] {
        for name in names.split_whitespace() {
            let is_rule = !named(name).is_empty();
            let is_left_out = left_out(name).is_some();
            assert!(is_rule != is_left_out, "`{name}`: {is_rule}, {is_left_out}");
        }
    }
}

#[test]
fn names_of_theirs_are_theirs() {
    let lists = [
        ("Squawk", SQUAWK),
        ("eugene", EUGENE),
        ("postgres-language-server", LANGUAGE_SERVER),
    ];
    for (tool, list) in lists {
        let theirs: BTreeSet<&str> = list.split_whitespace().collect();
        let ours = RULES.iter().flat_map(|it| it.aliases.by_tool());
        let ours = ours.filter(|(by, _)| *by == tool);
        let used: BTreeSet<&str> = ours.flat_map(|(_, names)| names).copied().collect();
        assert_eq!(used, theirs, "{tool}");
    }
}

#[test]
fn reasons_are_in_order() {
    assert!(LEFT_OUT.is_sorted_by_key(|it| (it.tool, it.name)));
}
