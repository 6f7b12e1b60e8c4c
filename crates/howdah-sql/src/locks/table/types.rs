//! Changes of a column's type. The lines add up: the change itself, then what depends on the column.

use super::super::mode::Mode::AccessExclusive;
use super::Form::*;
use super::Role::*;
use super::{Row, line};

const CHANGE: &str = "ALTER TABLE t ALTER COLUMN c TYPE type";

pub(super) const ROWS: &[Row] = &[
    line(
        ChangeType,
        CHANGE,
        "every value is stored alike in the new type: varchar(n) to a larger one, to varchar or \
         text, numeric(p, s) to a larger p",
    )
    .locks(&[
        (Table, AccessExclusive),
        (Descendants, AccessExclusive),
        (ColumnIndexes, AccessExclusive),
    ]),
    line(
        ChangeTypeRewrite,
        CHANGE,
        "values are stored differently, may not fit, or USING computes them",
    )
    .locks(&[
        (Table, AccessExclusive),
        (Descendants, AccessExclusive),
        (AllIndexes, AccessExclusive),
    ])
    .rewrites(&[Table, Descendants])
    .scans(&[Table, Descendants])
    .builds(&[AllIndexes]),
    line(
        ChangeTypeIndexes,
        CHANGE,
        "an index sorts the new type differently, or has the column in an expression or WHERE, or \
         belongs to a partition",
    )
    .locks(&[(Index, AccessExclusive)])
    .scans(&[Affected])
    .builds(&[Index])
    .note("the table keeps its file; the index is built again under the lock"),
    line(ChangeTypeChecks, CHANGE, "a CHECK mentions the column")
        .scans(&[Affected])
        .note("the constraint is tested again for every row"),
    line(
        ChangeTypeForeignKeys,
        CHANGE,
        "a foreign key uses the column, from either side",
    )
    .locks(&[(Dependents, AccessExclusive)])
    .note("the other table is locked as well"),
    line(
        ChangeTypeForeignKeysChecked,
        CHANGE,
        "a foreign key uses the column, and compares another type then",
    )
    .locks(&[(Dependents, AccessExclusive)])
    .scans(&[Affected])
    .note("the constraint is tested again for every row, with both tables locked"),
];
