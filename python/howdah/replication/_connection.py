"""Connections that speak the replication protocol, for ordinary code and for asyncio.

A connection runs commands, then streams, once; when its stream is closed it runs commands again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal, Self

from howdah import _native
from howdah.replication import _commands
from howdah.replication._stream import (
    AsyncReplicationStream,
    Line,
    Opening,
    ReplicationStream,
    open_wire,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from howdah.replication._commands import Slot, Streaming, System

Snapshot = Literal["export", "nothing"]


class _Face:
    """What both kinds share."""

    def __init__(self, wire: _native.ReplicationConnection, config: _native.Config) -> None:
        self._line = Line(wire, config)
        self._config = config
        self._server_version: int | None = None

    @property
    def closed(self) -> bool:
        """Whether it was closed, by this program, the server or the network."""
        return self._line.wire.closed

    def __repr__(self) -> str:
        config, state = self._config, "closed" if self.closed else "open"
        return f"<howdah.replication {config.user}@{config.dbname}: {state}>"

    def _version(self) -> int:
        if self._server_version is None:
            answer = self._line.wire.command("SHOW server_version_num")
            self._server_version = int(answer[0]["server_version_num"] or 0)
        return self._server_version

    def _create(self, name: str, snapshot: Snapshot, **kind: bool) -> Slot:
        version = self._version()
        sql = _commands.create_slot(name, snapshot, version, **kind)
        return _commands.slot_of(self._line.wire.command(sql))

    def _begin(
        self,
        slot: str,
        publications: Sequence[str],
        times: tuple[float, float],
        *,
        start: int,
        reconnect: bool,
        **options: Any,
    ) -> Opening:
        """Start a stream of these options of pgoutput; how it was done."""
        if self._version() < 140000:
            options["messages"] = False  # such a server has no such option, and sends none

        def command(position: int) -> str:
            return _commands.start(slot, publications, position, **options)

        status_interval, max_delay = times
        opening = Opening(command, start, status_interval, reconnect, max_delay)
        self._line.wire.start(command(start), start, status_interval)
        return opening

    def _drop(self, name: str, *, wait: bool) -> None:
        words = f"DROP_REPLICATION_SLOT {_commands.identifier(name)}{' WAIT' if wait else ''}"
        self._line.wire.command(words)


class ReplicationConnection(_Face):
    """A connection from `howdah.replication.connect`."""

    def identify_system(self) -> System:
        """Which server this is, and how far its log goes."""
        return _commands.system_of(self._line.wire.command("IDENTIFY_SYSTEM"))

    def create_slot(
        self,
        name: str,
        *,
        temporary: bool = False,
        two_phase: bool = False,
        snapshot: Snapshot = "nothing",
    ) -> Slot:
        """Make a slot: from now on the server keeps what its streams have not confirmed.

        A `temporary` slot ends with the connection. `two_phase` slots tell of transactions when
        they are prepared. With `snapshot="export"` another connection can read what was there
        before the first change: `Slot.snapshot_name`.
        """
        return self._create(name, snapshot, temporary=temporary, two_phase=two_phase)

    def drop_slot(self, name: str, *, wait: bool = False) -> None:
        """Drop a slot; one in use is an error, or waited for."""
        self._drop(name, wait=wait)

    def stream(  # noqa: PLR0913 (the options of pgoutput)
        self,
        slot: str,
        publications: Sequence[str],
        *,
        start: int = 0,
        binary: bool = False,
        messages: bool = True,
        streaming: Streaming = False,
        two_phase: bool = False,
        origin: str | None = None,
        status_interval: float = _commands.STATUS_INTERVAL_SECONDS,
        reconnect: bool = False,
        max_delay: float = 30.0,
    ) -> ReplicationStream:
        """Stream the changes of the tables of `publications`, committed ones first to last.

        It begins where the slot's last stream confirmed, or at `start` if that is later. `binary`
        asks for values in binary (a type without is an error of the server or of this side).
        `streaming` sends large transactions in blocks before they commit, `"parallel"` says more
        about those that are rolled back. `two_phase` tells of prepared transactions, for slots
        made so. `origin="none"` leaves out what was itself replicated. `status_interval` is how
        often, in seconds, the server hears of the client, beyond each confirmation.

        With `reconnect` a connection that is lost, or that the server ends, is made again, with
        growing pauses of up to `max_delay` seconds; a `Reconnected` is the next item, and behind it
        comes again what was not confirmed. A temporary slot does not outlive its connection, so
        that is an error, as is whatever a repetition cannot cure.
        """
        opening = self._begin(
            slot,
            publications,
            (status_interval, max_delay),
            start=start,
            reconnect=reconnect,
            binary=binary,
            messages=messages,
            streaming=streaming,
            two_phase=two_phase,
            origin=origin,
        )
        return ReplicationStream(self._line, opening)

    def close(self) -> None:
        """Close the connection, and its stream; twice is no error."""
        self._line.end_stream()
        self._line.wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncReplicationConnection(_Face):
    """`ReplicationConnection`, awaited."""

    async def identify_system(self) -> System:
        """`ReplicationConnection.identify_system`, awaited."""
        answer = await asyncio.to_thread(self._line.wire.command, "IDENTIFY_SYSTEM")
        return _commands.system_of(answer)

    async def create_slot(
        self,
        name: str,
        *,
        temporary: bool = False,
        two_phase: bool = False,
        snapshot: Snapshot = "nothing",
    ) -> Slot:
        """`ReplicationConnection.create_slot`, awaited."""
        return await asyncio.to_thread(
            self._create, name, snapshot, temporary=temporary, two_phase=two_phase
        )

    async def drop_slot(self, name: str, *, wait: bool = False) -> None:
        """`ReplicationConnection.drop_slot`, awaited."""
        await asyncio.to_thread(self._drop, name, wait=wait)

    async def stream(  # noqa: PLR0913 (the options of pgoutput)
        self,
        slot: str,
        publications: Sequence[str],
        *,
        start: int = 0,
        binary: bool = False,
        messages: bool = True,
        streaming: Streaming = False,
        two_phase: bool = False,
        origin: str | None = None,
        status_interval: float = _commands.STATUS_INTERVAL_SECONDS,
        reconnect: bool = False,
        max_delay: float = 30.0,
    ) -> AsyncReplicationStream:
        """`ReplicationConnection.stream`, awaited; its stream is for `async for`."""
        opening = await asyncio.to_thread(
            self._begin,
            slot,
            publications,
            (status_interval, max_delay),
            start=start,
            reconnect=reconnect,
            binary=binary,
            messages=messages,
            streaming=streaming,
            two_phase=two_phase,
            origin=origin,
        )
        return AsyncReplicationStream(self._line, opening)

    async def close(self) -> None:
        """Close the connection, and its stream; twice is no error."""
        self._line.end_stream()
        await asyncio.to_thread(self._line.wire.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


def connect(dsn: str | None = None, /, **options: object) -> ReplicationConnection:
    """Connect for replication; arguments and errors are those of `howdah.connect`.

    The user needs the attribute REPLICATION, the server `wal_level = logical`.
    """
    config = _commands.replication_config(dsn, options)
    return ReplicationConnection(_native.ReplicationConnection(config), config)


async def connect_async(dsn: str | None = None, /, **options: object) -> AsyncReplicationConnection:
    """`connect` without blocking the event loop."""
    config = _commands.replication_config(dsn, options)
    return AsyncReplicationConnection(await open_wire(config), config)
