"""Streams of changes: every message, values, confirmation and resumption."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import errors, replication
from howdah.replication import (
    UNCHANGED,
    Begin,
    Commit,
    Delete,
    Insert,
    Message,
    Relation,
    StreamAbort,
    StreamCommit,
    StreamStart,
    StreamStop,
    Truncate,
    Type,
    Update,
)
from howdah.types import Lsn

if TYPE_CHECKING:
    from tests.replication.conftest import Subscriber

SCHEMA = """
create type mood as enum ('sad', 'ok');
create type pair as (a int, b mood);
create table item (id int primary key, name text, price numeric, at timestamptz, tags text[],
                   mood mood, pair pair, data jsonb);
create publication everything for all tables;
"""
PATIENCE = 30.0
"""How long a change may take; a test that waits so long has failed."""


async def transaction(stream: replication.AsyncReplicationStream) -> list[Any]:
    """The changes up to and with the next commit, but of an empty transaction.

    Before version 15 these came as well, of other tables' changes and of those to the schema.
    """
    changes: list[Any] = []
    while not changes or not isinstance(changes[-1], Commit | StreamCommit):
        change = await stream.next(PATIENCE)
        assert change is not None, changes
        changes.append(change)
        if [type(change) for change in changes] == [Begin, Commit]:
            changes.clear()
    return changes


def rows(changes: list[Any]) -> list[Any]:
    """The inserted rows."""
    return [tuple(change.new) for change in changes if isinstance(change, Insert)]


@pytest.mark.parametrize("binary", [False, pytest.param(True, marks=pytest.mark.since(14))])
async def test_changes_of_rows(subscribe: Subscriber, database: str, binary: bool) -> None:
    """Inserts, updates and deletes with the values that a query would give."""
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
        async with await subscribe() as repl:
            slot = await repl.create_slot("rows", temporary=True)
            assert (slot.name, slot.plugin, slot.snapshot_name) == ("rows", "pgoutput", None)
            assert isinstance(slot.lsn, Lsn)
            stream = await repl.stream("rows", ["everything"], binary=binary)
            conn.execute(
                "insert into item values (1, 'one', 1.50, '2024-05-01 12:00+00', '{a,null}',"
                " 'ok', (7, 'sad'), '{\"a\": [1]}')"
            )
            (inserted,) = conn.fetch("select * from item")
            conn.execute("update item set id = 2, name = null")
            conn.execute("delete from item")

            begin, *told, insert, commit = await transaction(stream)
            assert isinstance(begin, Begin)
            assert begin.xid > 0
            assert abs(dt.datetime.now(dt.UTC) - begin.commit_time) < dt.timedelta(minutes=5)
            assert [type(change) for change in told] == [Type, Type, Relation]
            assert isinstance(insert, Insert)
            assert insert.new == inserted
            assert insert.new.pair.b == "sad"
            assert insert.new.price == Decimal("1.50")
            relation = insert.relation
            assert (relation.schema, relation.name) == ("public", "item")
            assert relation.replica_identity == "default"
            assert [c.name for c in relation.columns if c.is_key] == ["id"]
            assert relation.columns[6].type_name == "public.pair"
            assert isinstance(commit, Commit)
            assert begin.lsn == commit.lsn < commit.end_lsn

            _, update, _ = await transaction(stream)
            assert isinstance(update, Update)
            assert (update.new.id, update.new.name) == (2, None)
            assert update.key is not None
            assert update.key.as_dict() == {"id": 1}
            assert update.old is None
            _, delete, _ = await transaction(stream)
            assert isinstance(delete, Delete)
            assert delete.key is not None
            assert (tuple(delete.key), delete.old) == ((2,), None)
            await stream.close()


async def test_full_identity_and_large_values(subscribe: Subscriber, database: str) -> None:
    """Large values that did not change are not sent, unless the identity is the whole row."""
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
        conn.execute("create table big (id int primary key, body text, n int)")
        conn.execute("alter table big alter body set storage external")
        conn.execute("insert into big values (1, repeat('x', 10000), 0)")
        async with await subscribe() as repl:
            await repl.create_slot("big", temporary=True)
            stream = await repl.stream("big", ["everything"])
            conn.execute("update big set n = 1")
            *_, update, _ = await transaction(stream)
            assert tuple(update.new) == (1, UNCHANGED, 1)
            assert (update.old, update.key) == (None, None)
            assert repr(UNCHANGED) == "UNCHANGED"
            conn.execute("alter table big replica identity full")
            conn.execute("update big set n = 2")
            *_, update, _ = await transaction(stream)
            assert update.relation.replica_identity == "full"
            assert tuple(update.old) == (1, "x" * 10000, 1)
            assert update.new.n == 2
            conn.execute("delete from big")
            *_, delete, _ = await transaction(stream)
            assert delete.key is None
            assert delete.old.n == 2
            await stream.close()


@pytest.mark.since(14)  # messages
async def test_truncate_messages_and_changed_tables(subscribe: Subscriber, database: str) -> None:
    """The rarer messages, and a table that changes under the stream."""
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
        conn.execute("create table other (n serial)")
        async with await subscribe() as repl:
            await repl.create_slot("rare", temporary=True)
            stream = await repl.stream("rare", ["everything"])
            conn.fetch("select pg_logical_emit_message(false, 'now', 'at once')")
            conn.fetch("select pg_logical_emit_message(true, 'later', '\\x00ff'::bytea)")
            conn.execute("truncate item, other restart identity cascade")
            conn.execute("alter table other add s text; insert into other values (1, 'a')")

            message = await stream.next(PATIENCE)
            assert isinstance(message, Message)
            assert (message.prefix, message.content) == ("now", b"at once")
            assert (message.transactional, message.xid) == (False, None)
            _, message, _ = await transaction(stream)
            assert (message.content, message.transactional) == (b"\x00\xff", True)
            *_, truncate, _ = await transaction(stream)
            assert isinstance(truncate, Truncate)
            assert {relation.name for relation in truncate.relations} == {"item", "other"}
            assert (truncate.cascade, truncate.restart_identity) == (True, True)
            changes = await transaction(stream)
            assert [type(change) for change in changes] == [Begin, Relation, Insert, Commit]
            assert changes[2].new.as_dict() == {"n": 1, "s": "a"}
            await stream.close()


@pytest.mark.parametrize(
    "streaming",
    [
        pytest.param(True, marks=pytest.mark.since(14)),
        pytest.param("parallel", marks=pytest.mark.since(16)),
    ],
)
async def test_large_transactions_come_in_blocks(
    subscribe: Subscriber, database: str, streaming: Any
) -> None:
    """A transaction in progress is streamed, its rolled back part named, before it commits."""
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
        conn.execute("create table n (n int, pad text)")
        async with await subscribe() as repl:
            await repl.create_slot("blocks", temporary=True)
            stream = await repl.stream("blocks", ["everything"], streaming=streaming)
            fill = "insert into n select n, repeat('x', 100) from generate_series($1::int, $2) n"
            with conn.transaction():
                conn.execute(fill, 1, 3000)
                with contextlib.suppress(ZeroDivisionError), conn.transaction():
                    conn.execute(fill, 3001, 6000)
                    _ = 1 // 0
                first = await stream.next(PATIENCE)
                assert isinstance(first, StreamStart), "it has not committed yet"
                assert first.first
            changes = [first, *await transaction(stream)]
            assert isinstance(changes[-1], StreamCommit)
            aborts = [change for change in changes if isinstance(change, StreamAbort)]
            lost = {abort.subxid for abort in aborts}
            assert all((abort.lsn is None) is (streaming is True) for abort in aborts)
            kept = [c for c in changes if isinstance(c, Insert) and c.xid not in lost]
            assert sorted(change.new.n for change in kept) == list(range(1, 3001))
            starts = sum(isinstance(change, StreamStart) for change in changes)
            assert starts == sum(isinstance(change, StreamStop) for change in changes) > 1
            assert {change.xid for change in changes if isinstance(change, StreamStart)} == {
                first.xid
            }
            await stream.close()


@pytest.mark.since(15)
async def test_two_phase_transactions(subscribe: Subscriber, database: str) -> None:
    """Prepared transactions are told when they are prepared, and how they ended."""
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
        conn.execute("create table n (n int)")
        async with await subscribe() as repl:
            await repl.create_slot("phases", temporary=True, two_phase=True)
            stream = await repl.stream("phases", ["everything"], two_phase=True)
            for gid, end in (("one", "commit"), ("two", "rollback")):
                conn.execute("begin; insert into n values (1)")
                conn.execute(f"prepare transaction '{database[-8:]}-{gid}'")
                conn.execute(f"{end} prepared '{database[-8:]}-{gid}'")
            names: list[str] = []
            while not names or names[-1] != "RollbackPrepared":
                change = await stream.next(PATIENCE)
                assert change is not None, names
                if not isinstance(change, Relation):
                    names.append(type(change).__name__)
                if isinstance(change, replication.CommitPrepared):
                    assert change.gid == f"{database[-8:]}-one"
                    stream.confirm(change.end_lsn)
            assert names == [
                *("BeginPrepare", "Insert", "Prepare", "CommitPrepared"),
                *("BeginPrepare", "Insert", "Prepare", "RollbackPrepared"),
            ]
            await stream.close()


async def test_what_is_not_confirmed_comes_again(subscribe: Subscriber, database: str) -> None:
    """A slot remembers what was confirmed, over streams, connections and lost connections."""
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
        conn.execute("create table n (n int)")
        async with await subscribe() as repl:
            await repl.create_slot("resume")
            stream = await repl.stream("resume", ["everything"])
            for n in (1, 2, 3):
                conn.execute("insert into n values ($1)", n)
            first = await transaction(stream)
            assert rows(first) == [(1,)]
            stream.confirm(first[-1].end_lsn)
            assert stream.confirmed == first[-1].end_lsn
            assert rows(await transaction(stream)) == [(2,)]
            await stream.close()
            with pytest.raises(errors.InterfaceError, match="streams once"):
                await repl.stream("resume", ["everything"])
        async with await subscribe() as repl:
            stream = await repl.stream("resume", ["everything"])
            assert rows(await transaction(stream)) == [(2,)]
            conn.fetch(
                "select pg_terminate_backend(active_pid) from pg_replication_slots"
                " where slot_name = 'resume'"
            )
            with pytest.raises(errors.OperationalError):
                while True:
                    assert await stream.next(PATIENCE) is not None
            assert repl.closed
        active = "select active from pg_replication_slots where slot_name = 'resume'"
        deadline = time.monotonic() + PATIENCE
        while conn.fetch_value(active):  # the server's process ends a little later
            assert time.monotonic() < deadline
        async with await subscribe() as repl:
            stream = await repl.stream("resume", ["everything"])
            second = await transaction(stream)
            assert rows(second) == [(2,)]
            stream.confirm(second[-1].end_lsn)
            assert rows(await transaction(stream)) == [(3,)]
            await stream.close()
            await repl.drop_slot("resume")


async def test_a_slow_program_keeps_its_stream(subscribe: Subscriber, database: str) -> None:
    """The server is answered while the program works longer than `wal_sender_timeout`, 2 s."""
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
        conn.execute("create table n (n int)")
        async with await subscribe() as repl:
            await repl.create_slot("slow", temporary=True)
            stream = await repl.stream("slow", ["everything"], status_interval=60)
            conn.execute("insert into n values (1)")
            assert rows(await transaction(stream)) == [(1,)]
            conn.fetch("select pg_sleep(3)")
            conn.execute("insert into n values (2)")
            assert rows(await transaction(stream)) == [(2,)]
            await stream.close()


@pytest.mark.since(15)  # what sends no empty transactions
async def test_a_quiet_stream_lets_the_log_go(subscribe: Subscriber, database: str) -> None:
    """When all was confirmed, the slot moves on with what does not concern it."""
    with howdah.connect(database) as conn:
        conn.execute("create publication nothing; create table n (n int)")
        async with await subscribe() as repl:
            slot = await repl.create_slot("quiet", temporary=True)
            stream = await repl.stream("quiet", ["nothing"], status_interval=0.05)
            conn.execute("insert into n select * from generate_series(1, 1000)")
            target = conn.fetch_value("select pg_current_wal_insert_lsn()")
            assert target > slot.lsn
            moved = (
                "select confirmed_flush_lsn >= $1 from pg_replication_slots"
                " where slot_name = 'quiet'"
            )
            for _ in range(200):
                await stream.next(0.05)
                if conn.fetch_value(moved, target):
                    break
            assert conn.fetch_value(moved, target)
            await stream.close()


async def test_waiting_ends_without_loss(subscribe: Subscriber, database: str) -> None:
    """A timeout, and a task that was cancelled, leave the stream as it was."""
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
        conn.execute("create table n (n int)")
        async with await subscribe() as repl:
            await repl.create_slot("wait", temporary=True)
            stream = await repl.stream("wait", ["everything"])
            assert await stream.next(0.05) is None
            if subscribe.world == "async":
                task = asyncio.create_task(stream.next())
                await asyncio.sleep(0.05)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            conn.execute("insert into n values (1)")
            assert rows(await transaction(stream)) == [(1,)]
            await stream.close()


async def test_misuse(subscribe: Subscriber, database: str) -> None:
    """Errors name what is wrong, and a connection that refused a command goes on."""
    with howdah.connect(database) as conn:
        conn.execute("create publication everything for all tables")
        async with await subscribe() as repl:
            system = await repl.identify_system()
            assert database.endswith(f"/{system.dbname}")
            assert system.lsn > 0
            with pytest.raises(errors.UndefinedObject):
                await repl.drop_slot("no such")
            with pytest.raises(errors.Error, match="slot name"):
                await repl.create_slot("It's")
            with pytest.raises(ValueError, match="list with the name"):
                await repl.stream("s", "everything")
            await repl.create_slot("used", temporary=True)
            stream = await repl.stream("used", ["everything"])
            with pytest.raises(errors.InterfaceError, match="stream is open"):
                await repl.identify_system()
            await stream.close()
            await stream.close()
            assert (await repl.identify_system()).timeline == system.timeline
        async with await subscribe() as repl:
            with pytest.raises(errors.UndefinedObject):
                await repl.stream("gone", ["everything"])
            assert repl.closed
            with pytest.raises(errors.InterfaceError, match="closed"):
                await repl.identify_system()
        await repl.close()


def test_iterating_and_a_snapshot(database: str) -> None:
    """What was there before the slot by its snapshot, what comes after by the stream."""
    with howdah.connect(database) as conn:
        conn.execute("create table n (n int); create publication everything for all tables")
        conn.execute("insert into n values (1)")
        with replication.connect(database) as repl:
            slot = repl.create_slot("copy", temporary=True, snapshot="export")
            conn.execute("insert into n values (2)")
            with conn.transaction(isolation="repeatable read"):
                conn.execute(f"set transaction snapshot '{slot.snapshot_name}'")
                assert conn.fetch("select n from n", row=tuple) == [(1,)]
            with repl.stream("copy", ["everything"]) as changes:
                for change in changes:
                    if isinstance(change, Insert):
                        assert tuple(change.new) == (2,)
                    if isinstance(change, Commit):
                        changes.confirm(change.end_lsn)
                        break
