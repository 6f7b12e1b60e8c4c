//! Indexes.

use super::super::effects::{Held, Whom};
use super::super::mode::Mode::{AccessExclusive, AccessShare, Share, ShareUpdateExclusive};
use super::Form::*;
use super::Role::*;
use super::{Row, line};

pub(super) const ROWS: &[Row] = &[
    line(CreateIndex, "CREATE INDEX i ON t (c)", "")
        .locks(&[(Table, Share), (Partitions, Share)])
        .scans(&[Table, Partitions])
        .builds(&[Index])
        .note("nobody can write until it is built"),
    line(
        CreateIndexOnly,
        "CREATE INDEX i ON ONLY t (c)",
        "t is partitioned",
    )
    .locks(&[(Table, Share)])
    .note("the index is not valid until each partition's is attached")
    .since(11),
    line(
        CreateIndexThere,
        "CREATE INDEX IF NOT EXISTS i ON t (c)",
        "there is something of that name",
    )
    .locks(&[(Table, Share)])
    .note("it may be the invalid index that a failed CONCURRENTLY left"),
    line(
        CreateIndexConcurrently,
        "CREATE INDEX CONCURRENTLY i ON t (c)",
        "t is not partitioned",
    )
    .locks(&[(Table, ShareUpdateExclusive)])
    .scans(&[Table])
    .builds(&[Index])
    .alone(Held::Phases)
    .waits(&[(Whom::Writers, Table), (Whom::OlderSnapshots, Table)])
    .note("two scans; if it fails it leaves an invalid index"),
    line(
        CreateIndexConcurrentlyThere,
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (c)",
        "there is something of that name",
    )
    .locks(&[(Table, ShareUpdateExclusive)])
    .alone(Held::Statement)
    .note("it may be the invalid index that a failed CONCURRENTLY left"),
    line(DropIndex, "DROP INDEX i", "").locks(&[
        (Table, AccessExclusive),
        (Partitions, AccessExclusive),
        (Index, AccessExclusive),
    ]),
    line(DropIndexConcurrently, "DROP INDEX CONCURRENTLY i", "")
        .locks(&[(Table, ShareUpdateExclusive), (Index, ShareUpdateExclusive)])
        .alone(Held::Phases)
        .waits(&[(Whom::Users, Table)]),
    line(
        DropIndexConcurrentlyMissing,
        "DROP INDEX CONCURRENTLY IF EXISTS i",
        "there is no such index",
    )
    .alone(Held::Statement),
    line(RenameIndex, "ALTER INDEX i RENAME TO j", "")
        .locks(&[(Index, AccessExclusive)])
        .note("whoever plans a query of the table waits")
        .until(11),
    line(RenameIndex, "ALTER INDEX i RENAME TO j", "")
        .locks(&[(Index, ShareUpdateExclusive)])
        .since(12),
    line(
        RenameIndexAsTable,
        "ALTER TABLE i RENAME TO j",
        "i is an index",
    )
    .locks(&[(Index, AccessExclusive)])
    .note("whoever plans a query of the table waits; ALTER INDEX takes less"),
    line(
        SetIndexOptions,
        "ALTER INDEX i SET (fillfactor = n)",
        "also deduplicate_items",
    )
    .locks(&[(Index, ShareUpdateExclusive)]),
    line(
        SetIndexOptionsExclusive,
        "ALTER INDEX i SET (fastupdate = off)",
        "also gin_pending_list_limit, autosummarize, pages_per_range, buffering",
    )
    .locks(&[(Index, AccessExclusive)])
    .note("whoever plans a query of the table waits"),
    line(
        SetIndexStatistics,
        "ALTER INDEX i ALTER COLUMN 1 SET STATISTICS n",
        "",
    )
    .locks(&[(Index, ShareUpdateExclusive)])
    .since(11),
    line(SetIndexTablespace, "ALTER INDEX i SET TABLESPACE s", "")
        .locks(&[(Index, AccessExclusive)])
        .builds(&[Index])
        .note("the file is copied; whoever plans a query of the table waits"),
    line(IndexOther, "ALTER INDEX i DEPENDS ON EXTENSION e", "").locks(&[(Index, AccessExclusive)]),
    line(AttachIndex, "ALTER INDEX i ATTACH PARTITION j", "")
        .locks(&[
            (ParentIndexes, ShareUpdateExclusive),
            (Index, AccessExclusive),
            (Parent, AccessShare),
            (Child, AccessShare),
        ])
        .since(11),
    line(ReindexIndex, "REINDEX INDEX i", "")
        .locks(&[(Table, Share), (Index, AccessExclusive)])
        .scans(&[Table])
        .builds(&[Index])
        .note("reads that would use the index wait, too: planning looks at every index"),
    line(ReindexTable, "REINDEX TABLE t", "")
        .locks(&[(Table, Share), (Indexes, AccessExclusive)])
        .scans(&[Table])
        .builds(&[Indexes])
        .note("reads wait, too: planning looks at every index"),
    line(
        ReindexPartitioned,
        "REINDEX TABLE t; REINDEX INDEX i",
        "of a partitioned table; before 14 the table's is nothing, the index's refused",
    )
    .locks(&[(Table, Share)])
    .until(13),
    line(
        ReindexPartitioned,
        "REINDEX TABLE t; REINDEX INDEX i",
        "of a partitioned table: one partition after the other",
    )
    .locks(&[
        (Table, Share),
        (Descendants, Share),
        (Partitions, Share),
        (Index, AccessExclusive),
    ])
    .scans(&[Partitions])
    .builds(&[Index])
    .alone(Held::Phases)
    .since(14),
    line(
        ReindexPartitionedConcurrently,
        "REINDEX TABLE CONCURRENTLY t; REINDEX INDEX CONCURRENTLY i",
        "of a partitioned table: one partition after the other",
    )
    .locks(&[
        (Table, ShareUpdateExclusive),
        (Descendants, Share),
        (Partitions, Share),
        (Index, ShareUpdateExclusive),
    ])
    .scans(&[Partitions])
    .builds(&[Index])
    .alone(Held::Phases)
    .waits(&[
        (Whom::Users, Partitions),
        (Whom::OlderSnapshots, Partitions),
    ])
    .note("SHARE is held for a moment only, while the partitions are listed")
    .since(14),
    line(
        ReindexConcurrently,
        "REINDEX INDEX CONCURRENTLY i; REINDEX TABLE CONCURRENTLY t",
        "",
    )
    .locks(&[(Table, ShareUpdateExclusive), (Index, ShareUpdateExclusive)])
    .scans(&[Table])
    .builds(&[Index])
    .alone(Held::Phases)
    .waits(&[(Whom::Users, Table), (Whom::OlderSnapshots, Table)])
    .note("if it fails it leaves an invalid index, called …_ccnew")
    .since(12),
    line(
        ReindexMany,
        "REINDEX SCHEMA s; REINDEX DATABASE d; REINDEX SYSTEM d",
        "one table after the other",
    )
    .locks(&[(Affected, Share), (AffectedIndexes, AccessExclusive)])
    .scans(&[Indexed])
    .builds(&[AffectedIndexes])
    .alone(Held::Phases),
    line(
        ReindexManyConcurrently,
        "REINDEX SCHEMA CONCURRENTLY s; REINDEX DATABASE CONCURRENTLY d",
        "one table after the other",
    )
    .locks(&[
        (Affected, ShareUpdateExclusive),
        (AffectedIndexes, ShareUpdateExclusive),
    ])
    .scans(&[Indexed])
    .builds(&[AffectedIndexes])
    .alone(Held::Phases)
    .waits(&[(Whom::Users, Affected), (Whom::OlderSnapshots, Affected)])
    .since(12),
];
