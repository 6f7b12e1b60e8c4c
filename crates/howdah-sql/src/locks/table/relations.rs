//! Tables, views and sequences as a whole: made, dropped, renamed, moved, set.

use super::super::mode::Mode::{
    AccessExclusive, AccessShare, Exclusive, Share, ShareRowExclusive, ShareUpdateExclusive,
};
use super::Form::*;
use super::Role::*;
use super::{Row, line};

pub(super) const ROWS: &[Row] = &[
    // tables made and dropped
    line(CreateTable, "CREATE TABLE t (…)", "").note("nobody else can see it yet"),
    line(
        CreateTableReferences,
        "CREATE TABLE t (c type REFERENCES p)",
        "",
    )
    .locks(&[(Referenced, ShareRowExclusive)])
    .note("p gets triggers: nobody can write to it until the transaction ends"),
    line(CreateTableLike, "CREATE TABLE t (LIKE p)", "").locks(&[(Reads, AccessShare)]),
    line(
        CreateTableAs,
        "CREATE TABLE t AS SELECT …; SELECT … INTO t",
        "",
    )
    .locks(&[(Reads, AccessShare)]),
    line(DropTable, "DROP TABLE t", "")
        .locks(&[
            (Table, AccessExclusive),
            (Partitions, AccessExclusive),
            (AllIndexes, AccessExclusive),
            (Sequences, AccessExclusive),
            (Referenced, AccessExclusive),
            (Parent, AccessExclusive),
            (DefaultPartition, AccessExclusive),
            (Dependents, AccessExclusive),
        ])
        .note(
            "tables that it refers to lose their triggers, and are locked against readers as well",
        ),
    // ALTER TABLE, the whole of it
    line(RenameTable, "ALTER TABLE t RENAME TO u", "").locks(&[(Table, AccessExclusive)]),
    line(SetSchema, "ALTER TABLE t SET SCHEMA s", "")
        .locks(&[(Table, AccessExclusive), (Sequences, AccessExclusive)]),
    line(
        OwnerTo,
        "ALTER TABLE t OWNER TO r",
        "r is not the owner already",
    )
    .locks(&[
        (Table, AccessExclusive),
        (Indexes, AccessExclusive),
        (Sequences, AccessExclusive),
    ]),
    line(
        OwnerSame,
        "ALTER TABLE t OWNER TO r",
        "r is the owner already",
    )
    .locks(&[(Table, AccessExclusive)]),
    line(
        SetOptions,
        "ALTER TABLE t SET (fillfactor = n); … RESET (…)",
        "all but user_catalog_table",
    )
    .locks(&[(Table, ShareUpdateExclusive)]),
    line(
        SetOptionsExclusive,
        "ALTER TABLE t SET (user_catalog_table = true)",
        "",
    )
    .locks(&[(Table, AccessExclusive)]),
    line(
        SetTablespace,
        "ALTER TABLE t SET TABLESPACE s",
        "it is not there already",
    )
    .locks(&[(Table, AccessExclusive)])
    .rewrites(&[Table])
    .note("the file is copied; indexes stay where they are"),
    line(
        SetTablespaceSame,
        "ALTER TABLE t SET TABLESPACE s",
        "it is there already, or partitioned",
    )
    .locks(&[(Table, AccessExclusive)]),
    line(
        SetLogged,
        "ALTER TABLE t SET LOGGED; … SET UNLOGGED",
        "it is not already",
    )
    .locks(&[(Table, AccessExclusive), (Indexes, AccessExclusive)])
    .rewrites(&[Table])
    .scans(&[Table])
    .builds(&[Indexes])
    .until(14),
    line(
        SetLogged,
        "ALTER TABLE t SET LOGGED; … SET UNLOGGED",
        "it is not already",
    )
    .locks(&[
        (Table, AccessExclusive),
        (Indexes, AccessExclusive),
        (Sequences, AccessExclusive),
    ])
    .rewrites(&[Table])
    .scans(&[Table])
    .builds(&[Indexes])
    .since(15),
    line(
        SetLoggedSame,
        "ALTER TABLE t SET LOGGED; … SET UNLOGGED",
        "it is already",
    )
    .locks(&[(Table, AccessExclusive)]),
    line(
        SetAccessMethod,
        "ALTER TABLE t SET ACCESS METHOD m",
        "it has another",
    )
    .locks(&[(Table, AccessExclusive), (Indexes, AccessExclusive)])
    .rewrites(&[Table])
    .scans(&[Table])
    .builds(&[Indexes])
    .since(15),
    line(
        SetAccessMethodSame,
        "ALTER TABLE t SET ACCESS METHOD m",
        "it has it already",
    )
    .locks(&[(Table, AccessExclusive)])
    .since(15),
    line(ClusterOn, "ALTER TABLE t CLUSTER ON i", "")
        .locks(&[(Table, ShareUpdateExclusive), (Index, ShareUpdateExclusive)]),
    line(SetWithoutCluster, "ALTER TABLE t SET WITHOUT CLUSTER", "")
        .locks(&[(Table, ShareUpdateExclusive)]),
    line(
        SwitchTrigger,
        "ALTER TABLE t ENABLE TRIGGER x; … DISABLE TRIGGER x",
        "a trigger for each row goes to the partitions",
    )
    .locks(&[(Table, ShareRowExclusive), (Affected, ShareRowExclusive)]),
    line(
        SwitchRule,
        "ALTER TABLE t ENABLE RULE x; … DISABLE RULE x",
        "",
    )
    .locks(&[(Table, AccessExclusive)]),
    line(
        RowSecurity,
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY; … DISABLE; … FORCE; … NO FORCE",
        "",
    )
    .locks(&[(Table, AccessExclusive)]),
    line(ReplicaIdentity, "ALTER TABLE t REPLICA IDENTITY …", "")
        .locks(&[(Table, AccessExclusive), (Index, Share)]),
    line(
        TableOther,
        "ALTER TABLE t OF type; … NOT OF; … SET WITHOUT OIDS; … OPTIONS (…)",
        "",
    )
    .locks(&[(Table, AccessExclusive)]),
    // views
    line(CreateView, "CREATE VIEW v AS SELECT …", "").locks(&[(Reads, AccessShare)]),
    line(
        ReplaceView,
        "CREATE OR REPLACE VIEW v AS SELECT …",
        "the view exists",
    )
    .locks(&[(Table, AccessExclusive), (Reads, AccessShare)]),
    line(AlterView, "ALTER VIEW v …", "").locks(&[(Table, AccessExclusive)]),
    line(DropView, "DROP VIEW v", "")
        .locks(&[(Table, AccessExclusive), (Dependents, AccessExclusive)]),
    line(
        CreateMaterializedView,
        "CREATE MATERIALIZED VIEW v AS SELECT …",
        "",
    )
    .locks(&[(Reads, AccessShare)]),
    line(DropMaterializedView, "DROP MATERIALIZED VIEW v", "").locks(&[
        (Table, AccessExclusive),
        (Indexes, AccessExclusive),
        (Dependents, AccessExclusive),
    ]),
    line(Refresh, "REFRESH MATERIALIZED VIEW v", "")
        .locks(&[
            (Table, AccessExclusive),
            (Indexes, AccessExclusive),
            (Reads, AccessShare),
        ])
        .rewrites(&[Table])
        .builds(&[Indexes])
        .note("nobody can read the view until its query has ended"),
    line(
        RefreshConcurrently,
        "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
        "",
    )
    .locks(&[(Table, Exclusive), (Reads, AccessShare)])
    .note("only what differs is written; it takes a unique index"),
    line(RefreshEmpty, "REFRESH MATERIALIZED VIEW v WITH NO DATA", "")
        .locks(&[(Table, AccessExclusive), (Indexes, AccessExclusive)])
        .empties(&[Table])
        .builds(&[Indexes])
        .note("the view cannot be read until it is refreshed"),
    // sequences
    line(CreateSequence, "CREATE SEQUENCE s", ""),
    line(AlterSequence, "ALTER SEQUENCE s …", "")
        .locks(&[(Table, ShareRowExclusive)])
        .note("nextval() waits"),
    line(OwnSequence, "ALTER SEQUENCE s OWNED BY t.c", "").locks(&[(Reads, AccessShare)]),
    line(
        AlterSequenceExclusive,
        "ALTER SEQUENCE s RENAME TO u; … SET SCHEMA; … OWNER TO; … SET LOGGED",
        "",
    )
    .locks(&[(Table, AccessExclusive)])
    .note("nextval() waits"),
    line(DropSequence, "DROP SEQUENCE s", "")
        .locks(&[(Table, AccessExclusive), (Dependents, AccessExclusive)]),
];
