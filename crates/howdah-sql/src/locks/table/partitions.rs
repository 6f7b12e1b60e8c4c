//! Partitions and inheritance: `ATTACH`, `DETACH`, `INHERIT`, `CREATE TABLE … PARTITION OF`.

use super::super::effects::{Held, Whom};
use super::super::mode::Mode::{
    AccessExclusive, AccessShare, ShareRowExclusive, ShareUpdateExclusive,
};
use super::Form::*;
use super::Role::*;
use super::{Role, Row, line};
use crate::locks::mode::Mode;

/// The foreign keys of the parent's columns become the partition's.
const ATTACH: &[(Role, Mode)] = &[
    (Parent, ShareUpdateExclusive),
    (ParentIndexes, ShareUpdateExclusive),
    (Child, AccessExclusive),
    (DefaultPartition, AccessExclusive),
    (Referenced, ShareRowExclusive),
    (Referencing, AccessShare),
];
const ATTACH_15: &[(Role, Mode)] = &[
    (Parent, ShareUpdateExclusive),
    (ParentIndexes, ShareUpdateExclusive),
    (Child, AccessExclusive),
    (DefaultPartition, AccessExclusive),
    (Referenced, ShareRowExclusive),
    (Referencing, ShareRowExclusive),
];
const CREATE: &[(Role, Mode)] = &[
    (Parent, AccessExclusive),
    (ParentIndexes, ShareUpdateExclusive),
    (DefaultPartition, AccessExclusive),
    (Referenced, ShareRowExclusive),
    (Referencing, AccessShare),
];
const CREATE_15: &[(Role, Mode)] = &[
    (Parent, AccessExclusive),
    (ParentIndexes, ShareUpdateExclusive),
    (DefaultPartition, AccessExclusive),
    (Referenced, ShareRowExclusive),
    (Referencing, ShareRowExclusive),
];

const ATTACH_SQL: &str = "ALTER TABLE t ATTACH PARTITION p FOR VALUES …";
const CREATE_SQL: &str = "CREATE TABLE p PARTITION OF t FOR VALUES …";
const SCANNED: &str = "the partition is scanned unless its CHECK proves the bound, the default \
                       partition unless its CHECK excludes it";

const REFERRED: &str = "the partition and tables whose foreign keys refer to t are scanned, as rows \
                        that refer to the partition's keep it there";

pub(super) const ROWS: &[Row] = &[
    line(AttachPartition, ATTACH_SQL, SCANNED)
        .locks(&[
            (Parent, AccessExclusive),
            (ParentIndexes, ShareUpdateExclusive),
            (Child, AccessExclusive),
            (DefaultPartition, AccessExclusive),
        ])
        .scans(&[Affected])
        .builds(&[Index])
        .note("before 12 nobody can use the partitioned table meanwhile")
        .until(11),
    line(AttachPartition, ATTACH_SQL, SCANNED)
        .locks(ATTACH)
        .scans(&[Affected])
        .builds(&[Index])
        .note("indexes that the partition lacks are built under its lock")
        .since(12)
        .until(14),
    line(AttachPartition, ATTACH_SQL, SCANNED)
        .locks(ATTACH_15)
        .scans(&[Affected])
        .builds(&[Index])
        .note("indexes that the partition lacks are built under its lock")
        .since(15),
    line(
        AttachPartitionWithKey,
        ATTACH_SQL,
        "p has the foreign key that it has from t: its own is given up",
    )
    .locks(&[(Referenced, AccessExclusive)])
    .note("without a foreign key of its own, p is scanned instead"),
    line(
        DetachPartition,
        "ALTER TABLE t DETACH PARTITION p",
        REFERRED,
    )
    .locks(&[
        (Parent, AccessExclusive),
        (Child, ShareUpdateExclusive),
        (Descendants, AccessExclusive),
        (Index, AccessExclusive),
        (DefaultPartition, AccessExclusive),
        (Referenced, ShareRowExclusive),
        (Referencing, AccessExclusive),
        (Reads, AccessShare),
    ])
    .scans(&[Affected])
    .until(13),
    line(
        DetachPartition,
        "ALTER TABLE t DETACH PARTITION p",
        REFERRED,
    )
    .locks(&[
        (Parent, AccessExclusive),
        (Child, AccessExclusive),
        (Descendants, AccessExclusive),
        (Index, AccessExclusive),
        (DefaultPartition, AccessExclusive),
        (Referenced, ShareRowExclusive),
        (Referencing, AccessExclusive),
        (Reads, AccessShare),
    ])
    .scans(&[Affected])
    .since(14),
    line(
        DetachPartitionConcurrently,
        "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
        "the table has no default partition; the partition and tables whose foreign keys refer to t are scanned",
    )
    .locks(&[
        (Parent, ShareUpdateExclusive),
        (Child, AccessExclusive),
        (Descendants, AccessExclusive),
        (Index, AccessExclusive),
        (Referencing, AccessExclusive),
        (Reads, AccessShare),
    ])
    .scans(&[Affected])
    .alone(Held::Phases)
    .waits(&[(Whom::Users, Parent)])
    .note("two transactions: only the second, short one locks the partition against its readers")
    .since(14),
    line(
        DetachPartitionFinalize,
        "ALTER TABLE t DETACH PARTITION p FINALIZE",
        "",
    )
    .locks(&[
        (Parent, ShareUpdateExclusive),
        (Child, AccessExclusive),
        (Index, AccessExclusive),
    ])
    .waits(&[(Whom::OlderSnapshots, Parent)])
    .since(14),
    line(
        CreatePartition,
        CREATE_SQL,
        "the default partition is scanned unless its CHECK excludes the bound",
    )
    .locks(CREATE)
    .scans(&[Affected])
    .note("CREATE TABLE and ATTACH PARTITION do not block the partitioned table (12 and later)")
    .until(14),
    line(
        CreatePartition,
        CREATE_SQL,
        "the default partition is scanned unless its CHECK excludes the bound",
    )
    .locks(CREATE_15)
    .scans(&[Affected])
    .note("CREATE TABLE and ATTACH PARTITION do not block the partitioned table")
    .since(15),
    line(Inherit, "ALTER TABLE t INHERIT p", "").locks(&[
        (Table, AccessExclusive),
        (Descendants, AccessShare),
        (Parent, ShareUpdateExclusive),
    ]),
    line(NoInherit, "ALTER TABLE t NO INHERIT p", "")
        .locks(&[(Table, AccessExclusive), (Parent, AccessShare)]),
    line(CreateInheriting, "CREATE TABLE t () INHERITS (p)", "")
        .locks(&[(Parent, ShareUpdateExclusive)]),
];
