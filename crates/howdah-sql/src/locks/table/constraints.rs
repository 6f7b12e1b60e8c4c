//! Constraints: `ADD`, `VALIDATE`, `ALTER`, `DROP` and `RENAME CONSTRAINT`.

use super::super::mode::Mode::{
    AccessExclusive, RowShare, Share, ShareRowExclusive, ShareUpdateExclusive,
};
use super::Form::*;
use super::Role::*;
use super::{Role, Row, line};
use crate::locks::mode::Mode;

const WHOLE_FAMILY: &[(Role, Mode)] = &[(Table, AccessExclusive), (Descendants, AccessExclusive)];

/// Which descendants a foreign key goes to: 18 looks at children that inherit, too.
const FOREIGN_KEY: &[(Role, Mode)] = &[
    (Table, ShareRowExclusive),
    (Partitions, ShareRowExclusive),
    (Referenced, ShareRowExclusive),
];
const FOREIGN_KEY_18: &[(Role, Mode)] = &[
    (Table, ShareRowExclusive),
    (Descendants, ShareRowExclusive),
    (Referenced, ShareRowExclusive),
];

/// Before 18 the partitions' indexes are built as `CREATE INDEX` builds them.
const INDEX: &[(Role, Mode)] = &[(Table, AccessExclusive), (Partitions, Share)];

/// Before 18 the partitions whose column may be NULL are altered besides.
const PRIMARY_KEY: &[(Role, Mode)] = &[
    (Table, AccessExclusive),
    (Partitions, Share),
    (Descendants, AccessExclusive),
    (Affected, AccessExclusive),
];

const ADD_CHECK: &str = "ALTER TABLE t ADD CHECK (x)";
const ADD_FOREIGN_KEY: &str = "ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES p";
const NEW_COLUMN: &str = "the statement adds the column, without a value: no row refers";
const ADD_UNIQUE: &str = "ALTER TABLE t ADD UNIQUE (c)";
const ADD_EXCLUDE: &str = "ALTER TABLE t ADD EXCLUDE (c WITH =)";

pub(super) const ROWS: &[Row] = &[
    // CHECK
    line(AddCheck, ADD_CHECK, "")
        .locks(WHOLE_FAMILY)
        .scans(&[Table, Descendants])
        .note("the constraint is tested for every row while nobody can read the table"),
    line(
        AddCheckNotValid,
        "ALTER TABLE t ADD CHECK (x) NOT VALID",
        "",
    )
    .locks(WHOLE_FAMILY)
    .note("only new rows are tested; VALIDATE CONSTRAINT tests the others without blocking"),
    line(
        AddCheckNoInherit,
        "ALTER TABLE t ADD CHECK (x) NO INHERIT",
        "",
    )
    .locks(&[(Table, AccessExclusive)])
    .scans(&[Table])
    .until(17),
    line(
        AddCheckNoInherit,
        "ALTER TABLE t ADD CHECK (x) NO INHERIT",
        "",
    )
    .locks(WHOLE_FAMILY)
    .scans(&[Table])
    .since(18),
    line(
        AddCheckNotEnforced,
        "ALTER TABLE t ADD CHECK (x) NOT ENFORCED",
        "",
    )
    .locks(WHOLE_FAMILY)
    .since(18),
    line(
        ValidateCheck,
        "ALTER TABLE t VALIDATE CONSTRAINT k",
        "a CHECK",
    )
    .locks(&[
        (Table, ShareUpdateExclusive),
        (Descendants, ShareUpdateExclusive),
    ])
    .scans(&[Table, Descendants])
    .note("reads and writes go on"),
    line(
        ValidateValid,
        "ALTER TABLE t VALIDATE CONSTRAINT k",
        "it is valid already",
    )
    .locks(&[(Table, ShareUpdateExclusive)]),
    // NOT NULL
    line(AddNotNull, "ALTER TABLE t ADD CONSTRAINT k NOT NULL c", "")
        .locks(WHOLE_FAMILY)
        .scans(&[Affected])
        .since(18),
    line(
        AddNotNullNotValid,
        "ALTER TABLE t ADD CONSTRAINT k NOT NULL c NOT VALID",
        "",
    )
    .locks(WHOLE_FAMILY)
    .note("only new rows are tested; VALIDATE CONSTRAINT tests the others without blocking")
    .since(18),
    line(
        ValidateNotNull,
        "ALTER TABLE t VALIDATE CONSTRAINT k",
        "a NOT NULL",
    )
    .locks(&[
        (Table, ShareUpdateExclusive),
        (Descendants, ShareUpdateExclusive),
    ])
    .scans(&[Table, Descendants])
    .note("reads and writes go on")
    .since(18),
    // FOREIGN KEY
    line(AddForeignKey, ADD_FOREIGN_KEY, "")
        .locks(FOREIGN_KEY)
        .scans(&[Table, Partitions, Referenced])
        .note("every row is looked up while nobody can write to either table")
        .until(17),
    line(AddForeignKey, ADD_FOREIGN_KEY, "")
        .locks(FOREIGN_KEY_18)
        .scans(&[Table, Partitions, Referenced])
        .note("every row is looked up while nobody can write to either table")
        .since(18),
    line(AddForeignKeyOfNulls, ADD_FOREIGN_KEY, NEW_COLUMN)
        .locks(FOREIGN_KEY)
        .scans(&[Table, Partitions])
        .until(17),
    line(AddForeignKeyOfNulls, ADD_FOREIGN_KEY, NEW_COLUMN)
        .locks(FOREIGN_KEY_18)
        .scans(&[Table, Partitions])
        .since(18),
    line(
        AddForeignKeyNotValid,
        "ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES p NOT VALID",
        "t is partitioned only since 18",
    )
    .locks(FOREIGN_KEY)
    .note("only new rows are looked up; VALIDATE CONSTRAINT looks up the others without blocking")
    .until(17),
    line(
        AddForeignKeyNotValid,
        "ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES p NOT VALID",
        "",
    )
    .locks(FOREIGN_KEY_18)
    .note("only new rows are looked up; VALIDATE CONSTRAINT looks up the others without blocking")
    .since(18),
    line(
        AddForeignKeyNotEnforced,
        "ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES p NOT ENFORCED",
        "",
    )
    .locks(FOREIGN_KEY_18)
    .since(18),
    line(
        AddColumnReferences,
        "ALTER TABLE t ADD COLUMN c type REFERENCES p",
        "no default",
    )
    .locks(&[
        (Table, AccessExclusive),
        (Descendants, AccessExclusive),
        (Referenced, ShareRowExclusive),
    ])
    .note("every row is NULL, so nothing is looked up"),
    line(
        ValidateForeignKey,
        "ALTER TABLE t VALIDATE CONSTRAINT k",
        "a FOREIGN KEY",
    )
    .locks(&[(Table, ShareUpdateExclusive), (Parent, RowShare)])
    .scans(&[Table, Parent])
    .note("reads and writes go on, on both tables")
    .until(17),
    line(
        ValidateForeignKey,
        "ALTER TABLE t VALIDATE CONSTRAINT k",
        "a FOREIGN KEY",
    )
    .locks(&[
        (Table, ShareUpdateExclusive),
        (Partitions, ShareUpdateExclusive),
        (Parent, RowShare),
    ])
    .scans(&[Table, Partitions, Parent])
    .note("reads and writes go on, on both tables")
    .since(18),
    // UNIQUE, PRIMARY KEY, EXCLUDE
    line(AddUnique, ADD_UNIQUE, "")
        .locks(INDEX)
        .scans(&[Table, Partitions])
        .builds(&[Index])
        .note("the index is built while nobody can read the table")
        .until(17),
    line(AddUnique, ADD_UNIQUE, "")
        .locks(WHOLE_FAMILY)
        .scans(&[Table, Partitions])
        .builds(&[Index])
        .note("the index is built while nobody can read the table")
        .since(18),
    line(AddPrimaryKey, "ALTER TABLE t ADD PRIMARY KEY (c)", "")
        .locks(PRIMARY_KEY)
        .scans(&[Table, Partitions, Affected])
        .builds(&[Index])
        .note("a column that may be NULL is tested in a scan of its own")
        .until(17),
    line(AddPrimaryKey, "ALTER TABLE t ADD PRIMARY KEY (c)", "")
        .locks(WHOLE_FAMILY)
        .scans(&[Table, Partitions, Affected])
        .builds(&[Index])
        .note("a column that may be NULL is tested in a scan of its own")
        .since(18),
    line(AddExclude, ADD_EXCLUDE, "")
        .locks(INDEX)
        .scans(&[Table, Partitions])
        .builds(&[Index])
        .note("there is no way to build it without blocking")
        .until(17),
    line(AddExclude, ADD_EXCLUDE, "")
        .locks(WHOLE_FAMILY)
        .scans(&[Table, Partitions])
        .builds(&[Index])
        .note("there is no way to build it without blocking")
        .since(18),
    line(
        AddUniqueUsingIndex,
        "ALTER TABLE t ADD UNIQUE USING INDEX i",
        "",
    )
    .locks(&[(Table, AccessExclusive)]),
    line(
        AddPrimaryKeyUsingIndex,
        "ALTER TABLE t ADD PRIMARY KEY USING INDEX i",
        "a column may be NULL",
    )
    .locks(WHOLE_FAMILY)
    .scans(&[Affected])
    .note("a SET NOT NULL is hidden in it: a valid CHECK (c IS NOT NULL) spares the scan"),
    line(
        AddPrimaryKeyUsingIndexProven,
        "ALTER TABLE t ADD PRIMARY KEY USING INDEX i",
        "no column may be NULL, or valid CHECKs prove it",
    )
    .locks(WHOLE_FAMILY),
    line(
        UsingIndexRenames,
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX i",
        "the index is called otherwise and takes the constraint's name",
    )
    .locks(&[(Index, ShareUpdateExclusive)]),
    // ALTER CONSTRAINT
    line(
        AlterConstraint,
        "ALTER TABLE t ALTER CONSTRAINT k DEFERRABLE",
        "",
    )
    .locks(&[(Table, AccessExclusive), (Partitions, AccessExclusive)]),
    line(
        AlterConstraintNotEnforced,
        "ALTER TABLE t ALTER CONSTRAINT k NOT ENFORCED",
        "",
    )
    .locks(&[
        (Table, AccessExclusive),
        (Partitions, AccessExclusive),
        (Referenced, AccessExclusive),
    ])
    .since(18),
    line(
        AlterConstraintEnforced,
        "ALTER TABLE t ALTER CONSTRAINT k ENFORCED",
        "",
    )
    .locks(&[
        (Table, AccessExclusive),
        (Partitions, AccessExclusive),
        (Referenced, ShareRowExclusive),
    ])
    .scans(&[Table, Partitions, Referenced])
    .since(18),
    line(
        AlterConstraintInherit,
        "ALTER TABLE t ALTER CONSTRAINT k INHERIT",
        "a NOT NULL",
    )
    .locks(WHOLE_FAMILY)
    .scans(&[Affected])
    .since(18),
    // DROP, RENAME
    line(
        DropConstraint,
        "ALTER TABLE t DROP CONSTRAINT k",
        "a CHECK or NOT NULL",
    )
    .locks(WHOLE_FAMILY),
    line(
        DropKey,
        "ALTER TABLE t DROP CONSTRAINT k",
        "a UNIQUE, PRIMARY KEY or EXCLUDE",
    )
    .locks(&[
        (Table, AccessExclusive),
        (Partitions, AccessExclusive),
        (Index, AccessExclusive),
        (Dependents, AccessExclusive),
    ])
    .note("with CASCADE the tables whose foreign keys use it are locked, too"),
    line(
        DropForeignKey,
        "ALTER TABLE t DROP CONSTRAINT k",
        "a FOREIGN KEY",
    )
    .locks(&[
        (Table, AccessExclusive),
        (Partitions, AccessExclusive),
        (Referenced, AccessExclusive),
    ])
    .note("the referenced table loses its triggers, and is locked against readers as well"),
    line(
        DropConstraintMissing,
        "ALTER TABLE t DROP CONSTRAINT IF EXISTS k",
        "there is no such constraint",
    )
    .locks(&[(Table, AccessExclusive)]),
    line(
        RenameConstraint,
        "ALTER TABLE t RENAME CONSTRAINT k TO l",
        "a CHECK or NOT NULL goes to the children, the index of a key is renamed with it",
    )
    .locks(&[
        (Table, AccessExclusive),
        (Affected, AccessExclusive),
        (Index, ShareUpdateExclusive),
    ]),
];
