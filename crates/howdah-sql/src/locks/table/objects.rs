//! Other objects: triggers, policies, rules, types, domains, functions, publications, and those
//! that no table is locked for.

use super::super::effects::{Held, Whom};
use super::super::mode::Mode::{
    AccessExclusive, AccessShare, RowExclusive, Share, ShareRowExclusive, ShareUpdateExclusive,
};
use super::Form::*;
use super::Role::*;
use super::{Row, line};

pub(super) const ROWS: &[Row] = &[
    // triggers, rules, policies
    line(
        CreateTrigger,
        "CREATE TRIGGER x ON t",
        "for each row it goes to the partitions",
    )
    .locks(&[
        (Table, ShareRowExclusive),
        (Affected, ShareRowExclusive),
        (Reads, AccessShare),
    ])
    .note("nobody can write meanwhile"),
    line(DropTrigger, "DROP TRIGGER x ON t", "")
        .locks(&[(Table, AccessExclusive), (Affected, AccessExclusive)]),
    line(RenameTrigger, "ALTER TRIGGER x ON t RENAME TO y", "")
        .locks(&[(Table, AccessExclusive)])
        .until(14),
    line(RenameTrigger, "ALTER TRIGGER x ON t RENAME TO y", "")
        .locks(&[(Table, AccessExclusive), (Affected, AccessExclusive)])
        .since(15),
    line(
        TriggerOther,
        "ALTER TRIGGER x ON t DEPENDS ON EXTENSION e",
        "",
    )
    .locks(&[(Table, AccessShare)]),
    line(
        CreatePolicy,
        "CREATE POLICY x ON t; ALTER POLICY x ON t",
        "",
    )
    .locks(&[(Table, AccessExclusive), (Reads, AccessShare)]),
    line(DropPolicy, "DROP POLICY x ON t", "").locks(&[(Table, AccessExclusive)]),
    line(
        CreateRule,
        "CREATE RULE x AS ON … TO t DO …",
        "and what its actions read and write",
    )
    .locks(&[
        (Table, AccessExclusive),
        (Writes, RowExclusive),
        (Reads, AccessShare),
    ]),
    line(DropRule, "DROP RULE x ON t; ALTER RULE x ON t", "").locks(&[(Table, AccessExclusive)]),
    // statistics, comments, publications
    line(
        CreateStatistics,
        "CREATE STATISTICS s ON a, b FROM t; DROP STATISTICS s",
        "",
    )
    .locks(&[(Table, ShareUpdateExclusive)]),
    line(
        AlterStatistics,
        "ALTER STATISTICS s SET STATISTICS n; … RENAME TO r",
        "",
    ),
    line(
        CommentOnRelation,
        "COMMENT ON TABLE t; … COLUMN t.c; … VIEW v; … INDEX i; … SEQUENCE s",
        "",
    )
    .locks(&[(Table, ShareUpdateExclusive)]),
    line(
        CommentOnPart,
        "COMMENT ON CONSTRAINT k ON t; … TRIGGER; … POLICY; … RULE",
        "",
    )
    .locks(&[(Table, AccessShare)]),
    line(
        PublishTables,
        "CREATE PUBLICATION x FOR TABLE t; ALTER PUBLICATION x ADD TABLE t",
        "",
    )
    .locks(&[(Affected, ShareUpdateExclusive)]),
    line(
        SetPublishedTables,
        "ALTER PUBLICATION x SET TABLE t",
        "those that were published before, too",
    )
    .locks(&[(Affected, ShareUpdateExclusive)]),
    // types and domains
    line(AddEnumValue, "ALTER TYPE e ADD VALUE 'v'", "")
        .alone(Held::Statement)
        .until(11),
    line(AddEnumValue, "ALTER TYPE e ADD VALUE 'v'", "")
        .note("the value cannot be used until the transaction has committed")
        .since(12),
    line(AlterEnum, "ALTER TYPE e RENAME VALUE 'v' TO 'w'", ""),
    line(
        AlterComposite,
        "ALTER TYPE c ADD ATTRIBUTE a type; … DROP ATTRIBUTE a; … RENAME ATTRIBUTE a TO b",
        "with CASCADE for tables OF the type",
    )
    .locks(&[(Users, AccessExclusive)]),
    line(
        AlterCompositeRewrite,
        "ALTER TYPE c ALTER ATTRIBUTE a TYPE type",
        "with CASCADE for tables OF the type, whose values are stored differently then",
    )
    .locks(&[(Users, AccessExclusive), (AffectedIndexes, AccessExclusive)])
    .rewrites(&[Users])
    .scans(&[Users])
    .builds(&[AffectedIndexes]),
    line(DropType, "DROP TYPE e CASCADE; DROP DOMAIN d CASCADE", "")
        .locks(&[(Dependents, AccessExclusive)])
        .note("tables lose the columns of the type"),
    line(
        TestDomain,
        "ALTER DOMAIN d ADD CHECK (x); … SET NOT NULL; … VALIDATE CONSTRAINT k",
        "",
    )
    .locks(&[(Users, Share)])
    .scans(&[Users])
    .note("every table with a column of the domain is scanned, and nobody can write to it"),
    line(
        AlterDomain,
        "ALTER DOMAIN d ADD CHECK (x) NOT VALID; … DROP CONSTRAINT k; … SET DEFAULT x; … DROP NOT NULL",
        "",
    ),
    // what takes other objects along
    line(
        DropOther,
        "DROP FUNCTION f CASCADE; DROP EXTENSION e CASCADE",
        "",
    )
    .locks(&[(Dependents, AccessExclusive)]),
    line(DropSchema, "DROP SCHEMA s CASCADE", "every relation in it")
        .locks(&[(Dependents, AccessExclusive)]),
    line(
        CreateFunction,
        "CREATE FUNCTION f() … LANGUAGE sql",
        "what its body reads and writes",
    )
    .locks(&[(Writes, RowExclusive), (Reads, AccessShare)]),
    line(Grant, "GRANT … ON t; REVOKE … ON t", "").until(17),
    line(Grant, "GRANT … ON t; REVOKE … ON t", "")
        .locks(&[(Table, AccessShare)])
        .since(18),
    line(
        NoRelation,
        "SET; SHOW; LISTEN; CREATE ROLE; ALTER FUNCTION; DROP TYPE",
        "and whatever else is about no relation, or finds nothing to do (IF EXISTS, IF NOT EXISTS)",
    ),
    line(TransactionControl, "BEGIN; COMMIT; ROLLBACK; SAVEPOINT", ""),
    // what runs alone
    line(
        Alone,
        "CREATE DATABASE; CREATE TABLESPACE; DROP TABLESPACE; ALTER SYSTEM; DISCARD ALL",
        "also CREATE SUBSCRIPTION with a slot, ALTER SUBSCRIPTION … REFRESH, COMMIT PREPARED",
    )
    .alone(Held::Statement),
    line(
        DropDatabase,
        "DROP DATABASE d; ALTER DATABASE d SET TABLESPACE s",
        "",
    )
    .alone(Held::Statement)
    .waits(&[(Whom::Sessions, Table)])
    .note("refused after five seconds if somebody is still connected"),
];
