"""Logical replication: the changes of a database as they are committed.

    from howdah import replication

    with replication.connect(dsn) as conn:
        conn.create_slot("audit")
        with conn.stream("audit", ["everything"]) as changes:
            for change in changes:
                match change:
                    case replication.Insert(relation, new):
                        ...
                    case replication.Commit():
                        changes.confirm(change.end_lsn)

A slot on the server remembers what was confirmed; everything else comes again in the next stream,
so each change comes at least once. The stream is received, and the server is answered, in the
background: a program may take its time over a change. `connect_async` is the same for asyncio.
"""

from howdah.replication._changes import (
    UNCHANGED,
    Begin,
    BeginPrepare,
    Change,
    Commit,
    CommitPrepared,
    Delete,
    Insert,
    Message,
    Origin,
    Prepare,
    Reconnected,
    Relation,
    RelationColumn,
    RollbackPrepared,
    StreamAbort,
    StreamCommit,
    StreamPrepare,
    StreamStart,
    StreamStop,
    Truncate,
    Type,
    Unchanged,
    Update,
)
from howdah.replication._commands import Slot, System
from howdah.replication._connection import (
    AsyncReplicationConnection,
    ReplicationConnection,
    connect,
    connect_async,
)
from howdah.replication._stream import AsyncReplicationStream, ReplicationStream

__all__ = [
    "UNCHANGED",
    "AsyncReplicationConnection",
    "AsyncReplicationStream",
    "Begin",
    "BeginPrepare",
    "Change",
    "Commit",
    "CommitPrepared",
    "Delete",
    "Insert",
    "Message",
    "Origin",
    "Prepare",
    "Reconnected",
    "Relation",
    "RelationColumn",
    "ReplicationConnection",
    "ReplicationStream",
    "RollbackPrepared",
    "Slot",
    "StreamAbort",
    "StreamCommit",
    "StreamPrepare",
    "StreamStart",
    "StreamStop",
    "System",
    "Truncate",
    "Type",
    "Unchanged",
    "Update",
    "connect",
    "connect_async",
]
