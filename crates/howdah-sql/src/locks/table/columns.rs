//! Columns: `ADD`, `DROP` and `ALTER COLUMN`, except changes of type.

use super::super::mode::Mode::{
    AccessExclusive, AccessShare, ShareRowExclusive, ShareUpdateExclusive,
};
use super::Form::*;
use super::Role::*;
use super::{Form, Role, Row, line};
use crate::locks::mode::Mode;

const WHOLE_FAMILY: &[(Role, Mode)] = &[(Table, AccessExclusive), (Descendants, AccessExclusive)];

/// An `ADD COLUMN` that computes a value for every row.
const fn rewriting(form: Form, sql: &'static str, when: &'static str) -> Row {
    line(form, sql, when)
        .locks(&[
            (Table, AccessExclusive),
            (Descendants, AccessExclusive),
            (AllIndexes, AccessExclusive),
        ])
        .rewrites(&[Table, Descendants])
        .scans(&[Table, Descendants])
        .builds(&[AllIndexes])
}

const fn catalog_only(form: Form, sql: &'static str, when: &'static str) -> Row {
    line(form, sql, when).locks(WHOLE_FAMILY)
}

pub(super) const ROWS: &[Row] = &[
    // ADD COLUMN
    catalog_only(AddColumn, "ALTER TABLE t ADD COLUMN c type", "no default"),
    line(
        AddColumnThere,
        "ALTER TABLE t ADD COLUMN IF NOT EXISTS c type",
        "the column exists",
    )
    .locks(&[(Table, AccessExclusive)]),
    rewriting(
        AddColumnDefault,
        "ALTER TABLE t ADD COLUMN c type DEFAULT x",
        "x is not volatile",
    )
    .note("before 11 every default is written into every row")
    .until(10),
    catalog_only(
        AddColumnDefault,
        "ALTER TABLE t ADD COLUMN c type DEFAULT x",
        "x is not volatile",
    )
    .note("x is computed once and kept in the catalog")
    .since(11),
    rewriting(
        AddColumnVolatileDefault,
        "ALTER TABLE t ADD COLUMN c type DEFAULT x",
        "x is volatile: random(), clock_timestamp(), gen_random_uuid(), nextval()",
    )
    .note("a volatile default is computed for every row"),
    rewriting(
        AddColumnConstrainedDomain,
        "ALTER TABLE t ADD COLUMN c domain",
        "the domain has a CHECK or NOT NULL",
    )
    .note("the domain's constraints are tested for every row, even without a default"),
    rewriting(AddColumnSerial, "ALTER TABLE t ADD COLUMN c serial", "")
        .note("every row takes a number from the new sequence"),
    rewriting(
        AddColumnIdentity,
        "ALTER TABLE t ADD COLUMN c int GENERATED … AS IDENTITY",
        "",
    )
    .note("every row takes a number from the new sequence"),
    rewriting(
        AddColumnStored,
        "ALTER TABLE t ADD COLUMN c type GENERATED ALWAYS AS (x) STORED",
        "",
    )
    .note("a stored column is computed for every row")
    .since(12),
    catalog_only(
        AddColumnVirtual,
        "ALTER TABLE t ADD COLUMN c type GENERATED ALWAYS AS (x) VIRTUAL",
        "",
    )
    .since(18),
    line(
        AddColumnNotNull,
        "ALTER TABLE t ADD COLUMN c type NOT NULL",
        "no default: fails if there is a row",
    )
    .scans(&[Table, Descendants]),
    // DROP COLUMN
    line(DropColumn, "ALTER TABLE t DROP COLUMN c", "")
        .locks(&[
            (Table, AccessExclusive),
            (Descendants, AccessExclusive),
            (ColumnIndexes, AccessExclusive),
            (Sequences, AccessExclusive),
            (Referenced, AccessExclusive),
            (Dependents, AccessExclusive),
        ])
        .note("the values stay in the rows until these are written again"),
    line(
        DropColumnMissing,
        "ALTER TABLE t DROP COLUMN IF EXISTS c",
        "there is no such column",
    )
    .locks(&[(Table, AccessExclusive)]),
    // ALTER COLUMN
    catalog_only(
        SetDefault,
        "ALTER TABLE t ALTER COLUMN c SET DEFAULT x; … DROP DEFAULT",
        "",
    )
    .note("rows that exist keep their values"),
    line(DefaultOfSequence, "… DEFAULT nextval(s)", "").until(17),
    line(DefaultOfSequence, "… DEFAULT nextval(s)", "")
        .locks(&[(Sequences, AccessShare)])
        .since(18),
    line(
        SetNotNull,
        "ALTER TABLE t ALTER COLUMN c SET NOT NULL",
        "no valid CHECK proves it",
    )
    .locks(WHOLE_FAMILY)
    .scans(&[Affected])
    .note("a scan for each table, however many columns; before 12 a CHECK does not spare it"),
    catalog_only(
        SetNotNullProven,
        "ALTER TABLE t ALTER COLUMN c SET NOT NULL",
        "it is NOT NULL already",
    )
    .until(11),
    catalog_only(
        SetNotNullProven,
        "ALTER TABLE t ALTER COLUMN c SET NOT NULL",
        "it is NOT NULL already, or a valid CHECK proves it: c IS NOT NULL, also within AND, or \
         NOT (c IS NULL)",
    )
    .since(12),
    line(
        DropNotNull,
        "ALTER TABLE t ALTER COLUMN c DROP NOT NULL",
        "",
    )
    .locks(WHOLE_FAMILY),
    line(
        DropNotNullMissing,
        "ALTER TABLE t ALTER COLUMN c DROP NOT NULL",
        "the column is nullable already",
    )
    .locks(WHOLE_FAMILY)
    .until(17),
    line(
        DropNotNullMissing,
        "ALTER TABLE t ALTER COLUMN c DROP NOT NULL",
        "the column is nullable already",
    )
    .locks(&[(Table, AccessExclusive)])
    .since(18),
    line(
        AddIdentity,
        "ALTER TABLE t ALTER COLUMN c ADD GENERATED … AS IDENTITY",
        "",
    )
    .locks(&[(Table, AccessExclusive)])
    .until(16),
    line(
        AddIdentity,
        "ALTER TABLE t ALTER COLUMN c ADD GENERATED … AS IDENTITY",
        "",
    )
    .locks(&[(Table, AccessExclusive), (Partitions, AccessExclusive)])
    .since(17),
    line(
        SetIdentity,
        "ALTER TABLE t ALTER COLUMN c SET GENERATED …; … RESTART",
        "",
    )
    .locks(&[(Table, AccessExclusive), (Sequences, ShareRowExclusive)])
    .until(16),
    line(
        SetIdentity,
        "ALTER TABLE t ALTER COLUMN c SET GENERATED …; … RESTART",
        "",
    )
    .locks(&[
        (Table, AccessExclusive),
        (Partitions, AccessExclusive),
        (Sequences, ShareRowExclusive),
    ])
    .since(17),
    line(
        DropIdentity,
        "ALTER TABLE t ALTER COLUMN c DROP IDENTITY",
        "",
    )
    .locks(&[(Table, AccessExclusive), (Sequences, AccessExclusive)])
    .until(16),
    line(
        DropIdentity,
        "ALTER TABLE t ALTER COLUMN c DROP IDENTITY",
        "",
    )
    .locks(&[
        (Table, AccessExclusive),
        (Partitions, AccessExclusive),
        (Sequences, AccessExclusive),
    ])
    .since(17),
    catalog_only(
        DropExpression,
        "ALTER TABLE t ALTER COLUMN c DROP EXPRESSION",
        "",
    )
    .since(13),
    rewriting(
        SetExpression,
        "ALTER TABLE t ALTER COLUMN c SET EXPRESSION AS (x)",
        "the column is stored",
    )
    .since(17),
    catalog_only(
        SetExpressionVirtual,
        "ALTER TABLE t ALTER COLUMN c SET EXPRESSION AS (x)",
        "the column is virtual",
    )
    .since(18),
    line(
        SetStatistics,
        "ALTER TABLE t ALTER COLUMN c SET STATISTICS n",
        "",
    )
    .locks(&[
        (Table, ShareUpdateExclusive),
        (Descendants, ShareUpdateExclusive),
    ]),
    line(
        SetColumnOptions,
        "ALTER TABLE t ALTER COLUMN c SET (n_distinct = n)",
        "",
    )
    .locks(&[(Table, ShareUpdateExclusive)]),
    catalog_only(SetStorage, "ALTER TABLE t ALTER COLUMN c SET STORAGE s", "")
        .note("values that exist stay as they are"),
    line(
        SetCompression,
        "ALTER TABLE t ALTER COLUMN c SET COMPRESSION m",
        "",
    )
    .locks(&[(Table, AccessExclusive)])
    .note("values that exist stay as they are")
    .since(14),
    catalog_only(RenameColumn, "ALTER TABLE t RENAME COLUMN c TO d", ""),
    line(
        ForeignColumnOptions,
        "ALTER FOREIGN TABLE t ALTER COLUMN c OPTIONS (…)",
        "",
    )
    .locks(&[(Table, AccessExclusive)]),
];
