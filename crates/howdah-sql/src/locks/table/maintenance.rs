//! Maintenance: `TRUNCATE`, `VACUUM`, `ANALYZE`, `CLUSTER`.

use super::super::effects::Held;
use super::super::mode::Mode::{AccessExclusive, AccessShare, ShareUpdateExclusive};
use super::Form::*;
use super::Role::*;
use super::{Row, line};

pub(super) const ROWS: &[Row] = &[
    line(Truncate, "TRUNCATE t", "with CASCADE the tables that refer to it")
        .locks(&[
            (Affected, AccessExclusive),
            (AffectedIndexes, AccessExclusive),
            (Parent, AccessShare),
        ])
        .empties(&[Affected])
        .until(13),
    line(Truncate, "TRUNCATE t", "with CASCADE the tables that refer to it")
        .locks(&[
            (Affected, AccessExclusive),
            (AffectedIndexes, AccessExclusive),
        ])
        .empties(&[Affected])
        .since(14),
    line(RestartIdentity, "TRUNCATE t RESTART IDENTITY", "")
        .locks(&[(Sequences, AccessExclusive)]),
    line(Vacuum, "VACUUM t", "")
        .locks(&[(Affected, ShareUpdateExclusive)])
        .alone(Held::Phases)
        .note("at its end it tries for ACCESS EXCLUSIVE to give room back, and gives up if somebody waits"),
    line(VacuumFull, "VACUUM FULL t", "")
        .locks(&[
            (Affected, AccessExclusive),
            (AffectedIndexes, AccessExclusive),
        ])
        .rewrites(&[Affected])
        .scans(&[Affected])
        .builds(&[AffectedIndexes])
        .alone(Held::Phases)
        .note("nobody can use the table until it is written anew"),
    line(Analyze, "ANALYZE t", "a sample of the rows is read")
        .locks(&[(Affected, ShareUpdateExclusive), (Reads, AccessShare)]),
    line(Cluster, "CLUSTER t USING i", "")
        .locks(&[(Table, AccessExclusive), (Indexes, AccessExclusive)])
        .rewrites(&[Table])
        .scans(&[Table])
        .builds(&[Indexes])
        .note("nobody can use the table until it is written anew"),
    line(
        ClusterMany,
        "CLUSTER",
        "every table that was clustered before, or (15 and later) the partitions of one",
    )
    .locks(&[
        (Table, AccessExclusive),
        (Affected, AccessExclusive),
        (AffectedIndexes, AccessExclusive),
    ])
    .rewrites(&[Affected])
    .scans(&[Affected])
    .builds(&[AffectedIndexes])
    .alone(Held::Phases),
];
