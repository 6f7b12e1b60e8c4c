"""What a replication stream tells: one class per message of `pgoutput`, and one more.

No IO. Made by the native decoder. Times are in UTC, positions are `howdah.types.Lsn`. `xid` of a
change is None unless it comes within a block of a transaction that is still in progress
(`streaming`), between `StreamStart` and `StreamStop`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

    from howdah._native import Row
    from howdah.errors import Error
    from howdah.types import Lsn


class Unchanged(enum.Enum):
    """The type of `UNCHANGED`."""

    UNCHANGED = "unchanged"

    def __repr__(self) -> str:
        return "UNCHANGED"


UNCHANGED: Final = Unchanged.UNCHANGED
"""Stands in a row for a large value, kept out of line, that an update did not change: the server
does not send it."""


@dataclass(frozen=True, slots=True)
class RelationColumn:
    """A column of a table."""

    name: str
    type_oid: int
    type_name: str
    type_modifier: int
    """-1 for none."""
    is_key: bool
    """Whether it belongs to the replica identity."""


@dataclass(frozen=True, slots=True)
class Relation:
    """What a table looks like: told before its first change, and again when it has changed."""

    oid: int
    schema: str
    name: str
    replica_identity: Literal["default", "nothing", "full", "index"]
    columns: tuple[RelationColumn, ...]


@dataclass(frozen=True, slots=True)
class Type:
    """The name of a type that is not built in, told before the tables that use it."""

    oid: int
    schema: str
    name: str
    xid: int | None = None


@dataclass(frozen=True, slots=True)
class Begin:
    """A transaction that has committed: its changes follow, then `Commit`."""

    xid: int
    lsn: Lsn
    """Where its commit is."""
    commit_time: datetime


@dataclass(frozen=True, slots=True)
class Commit:
    """The end of a transaction. Confirm `end_lsn` once its changes are safe."""

    lsn: Lsn
    end_lsn: Lsn
    commit_time: datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """The transaction was itself replicated, from there."""

    name: str
    lsn: Lsn


@dataclass(frozen=True, slots=True)
class Insert:
    """A row was inserted."""

    relation: Relation
    new: Row
    xid: int | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """A row was updated.

    `old` is the row before, with REPLICA IDENTITY FULL. `key` are the columns of the replica
    identity before, if the update changed them. Values of `new` may be `UNCHANGED`.
    """

    relation: Relation
    new: Row
    key: Row | None
    old: Row | None
    xid: int | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """A row was deleted: `old` with REPLICA IDENTITY FULL, else `key`."""

    relation: Relation
    key: Row | None
    old: Row | None
    xid: int | None = None


@dataclass(frozen=True, slots=True)
class Truncate:
    """Tables were emptied."""

    relations: tuple[Relation, ...]
    cascade: bool
    restart_identity: bool
    xid: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What `pg_logical_emit_message` wrote."""

    prefix: str
    content: bytes
    lsn: Lsn
    transactional: bool
    """False: it came at once, outside of any transaction; confirm its `lsn`."""
    xid: int | None = None


@dataclass(frozen=True, slots=True)
class StreamStart:
    """A block of changes of a transaction that is still in progress, and may yet be rolled back."""

    xid: int
    first: bool


@dataclass(frozen=True, slots=True)
class StreamStop:
    """The end of the block."""


@dataclass(frozen=True, slots=True)
class StreamCommit:
    """A transaction that came in blocks has committed. Confirm `end_lsn`."""

    xid: int
    lsn: Lsn
    end_lsn: Lsn
    commit_time: datetime


@dataclass(frozen=True, slots=True)
class StreamAbort:
    """A transaction that came in blocks was rolled back, or its subtransaction `subxid`."""

    xid: int
    subxid: int
    lsn: Lsn | None
    """Only with `streaming="parallel"`, as `abort_time`."""
    abort_time: datetime | None


@dataclass(frozen=True, slots=True)
class BeginPrepare:
    """A transaction that was prepared: its changes follow, then `Prepare`."""

    gid: str
    xid: int
    lsn: Lsn
    end_lsn: Lsn
    prepare_time: datetime


@dataclass(frozen=True, slots=True)
class Prepare:
    """The end of its changes. Confirm `end_lsn`."""

    gid: str
    xid: int
    lsn: Lsn
    end_lsn: Lsn
    prepare_time: datetime


@dataclass(frozen=True, slots=True)
class CommitPrepared:
    """A prepared transaction was committed. Confirm `end_lsn`."""

    gid: str
    xid: int
    lsn: Lsn
    end_lsn: Lsn
    commit_time: datetime


@dataclass(frozen=True, slots=True)
class RollbackPrepared:
    """A prepared transaction was rolled back. Confirm `end_lsn`."""

    gid: str
    xid: int
    prepare_end_lsn: Lsn
    end_lsn: Lsn
    prepare_time: datetime
    rollback_time: datetime


@dataclass(frozen=True, slots=True)
class StreamPrepare:
    """A transaction that came in blocks was prepared. Confirm `end_lsn`."""

    gid: str
    xid: int
    lsn: Lsn
    end_lsn: Lsn
    prepare_time: datetime


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The connection was lost and made again (`reconnect`): the stream goes on behind `confirmed`.

    Whatever came after that comes again, from its `Begin` on, and what came of a transaction
    without its end is to be forgotten.
    """

    error: Error
    """How the loss showed."""
    start: Lsn
    """Transactions that end after this position come now."""


Change: TypeAlias = (
    Begin
    | Commit
    | Origin
    | Relation
    | Type
    | Insert
    | Update
    | Delete
    | Truncate
    | Message
    | StreamStart
    | StreamStop
    | StreamCommit
    | StreamAbort
    | BeginPrepare
    | Prepare
    | CommitPrepared
    | RollbackPrepared
    | StreamPrepare
    | Reconnected
)
"""Whatever a stream gives."""
