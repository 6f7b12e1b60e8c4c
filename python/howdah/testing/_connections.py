"""Connections on which every use is a savepoint of one transaction, rolled back at the end.

Does IO as connections do. Made and lent by `_databases`. Invariant: what `commit` ended within a
lease stays until the test's end, and what was not committed is undone with the lease.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Self, TypeVar

from howdah._modes import UNSET, Isolation, Modes
from howdah._session import failed_transaction
from howdah.async_connection import AsyncConnection
from howdah.connection import Connection
from howdah.transaction import AsyncTransaction, Transaction

if TYPE_CHECKING:
    from howdah._session import Session as _Session
else:
    _Session = object

B = TypeVar("B", Transaction, AsyncTransaction)

READ_ONLY = "set transaction_read_only = on"
"""Holds until the savepoint ends: PostgreSQL restores what was before with a subtransaction."""


class _Undo(Exception):
    """Has a block roll back."""


class _Lease(Generic[B]):
    """One use of the connection: a savepoint, which `commit` and `rollback` begin anew."""

    __slots__ = ("block", "has_cursor_transaction", "is_reading")

    def __init__(self, block: B, *, is_reading: bool) -> None:
        self.block: B = block
        self.is_reading = is_reading
        self.has_cursor_transaction = False


class _Leased(Generic[B], _Session):  # noqa: PYI059 (the second is nothing at run time)
    """What both kinds of connection share: where they are, as the program is to see it."""

    _leases: list[_Lease[B]]

    @property
    def _is_outermost(self) -> bool:
        """Whether the program has opened no block in the lease."""
        return bool(self._leases) and self._blocks[-1:] == [self._leases[-1].block]

    def _modes_of_block(self, modes: Modes) -> Modes:
        """Those that the block can have: a savepoint in the place of a transaction has none."""
        modes.checked()
        return UNSET if self._is_outermost else modes

    def _begin_for_cursor(self) -> None:
        if self._is_outermost and not self._autocommit:
            self._leases[-1].has_cursor_transaction = True

    def _check_no_transaction(self, changed: str) -> None:
        if not self._is_outermost or self._leases[-1].has_cursor_transaction:
            super()._check_no_transaction(changed)

    def _lease_to_end(self, command: str) -> _Lease[B]:
        """The lease, of which `commit` or `rollback` ends what was done so far."""
        if not self._is_outermost:
            self._ending(command)  # which says why not
        return self._leases[-1]

    def _is_undone(self, lease: _Lease[B]) -> bool:
        """Whether what was not committed is undone: a transaction of cursors, or a failed one."""
        return lease.has_cursor_transaction or self.transaction_status == "failed"


class RolledBackConnection(_Leased[Transaction], Connection):
    """A connection in a transaction that never commits."""

    def _start(self) -> None:
        """Begin the transaction around everything."""
        self._leases = []
        Transaction(self, force_rollback=True).__enter__()

    def _begin_lease(self, *, is_reading: bool) -> None:
        self._leases.append(_Lease(self._savepoint(is_reading=is_reading), is_reading=is_reading))

    def _end_lease(self) -> None:
        lease = self._leases.pop()
        if not self.closed:
            _leave(lease.block, is_undone=self._is_undone(lease))

    def _savepoint(self, *, is_reading: bool) -> Transaction:
        block = Transaction(self)
        block.__enter__()
        if is_reading:
            self.defer(READ_ONLY)
        return block

    def _restart(self, lease: _Lease[Transaction]) -> None:
        lease.has_cursor_transaction = False
        lease.block = self._savepoint(is_reading=lease.is_reading)

    def transaction(
        self,
        *,
        isolation: Isolation | None = None,
        read_only: bool | None = None,
        deferrable: bool | None = None,
        force_rollback: bool = False,
    ) -> Transaction:
        """`Connection.transaction`, as a savepoint: of the modes, only `read_only` has effect."""
        modes = Modes(isolation, read_only, deferrable)
        left = self._modes_of_block(modes)
        kind = _ReadOnly if modes.read_only and left is UNSET else Transaction
        return kind(self, force_rollback=force_rollback, **left._asdict())

    def commit(self) -> None:
        """Keep what was done, until the test ends."""
        lease = self._lease_to_end("commit")
        is_failed = self.transaction_status == "failed"
        _leave(lease.block, is_undone=is_failed)
        self._restart(lease)
        if is_failed:
            raise failed_transaction()

    def rollback(self) -> None:
        """Undo what was not committed."""
        lease = self._lease_to_end("rollback")
        _leave(lease.block, is_undone=self._is_undone(lease))
        self._restart(lease)


class _ReadOnly(Transaction):
    """A savepoint in which nothing can be written."""

    def __enter__(self) -> Self:
        super().__enter__()
        self._session.defer(READ_ONLY)
        return self


def _leave(block: Transaction, *, is_undone: bool) -> None:
    if is_undone:
        block.__exit__(_Undo, _Undo(), None)
    else:
        block.__exit__(None, None, None)


class RolledBackAsyncConnection(_Leased[AsyncTransaction], AsyncConnection):
    """`RolledBackConnection` for asyncio."""

    async def _start(self) -> None:
        """Begin the transaction around everything."""
        self._leases = []
        await AsyncTransaction(self, force_rollback=True).__aenter__()

    async def _begin_lease(self, *, is_reading: bool) -> None:
        block = await self._savepoint(is_reading=is_reading)
        self._leases.append(_Lease(block, is_reading=is_reading))

    async def _end_lease(self) -> None:
        lease = self._leases.pop()
        if not self.closed:
            await _leave_async(lease.block, is_undone=self._is_undone(lease))

    async def _savepoint(self, *, is_reading: bool) -> AsyncTransaction:
        block = AsyncTransaction(self)
        await block.__aenter__()
        if is_reading:
            self.defer(READ_ONLY)
        return block

    async def _restart(self, lease: _Lease[AsyncTransaction]) -> None:
        lease.has_cursor_transaction = False
        lease.block = await self._savepoint(is_reading=lease.is_reading)

    def transaction(
        self,
        *,
        isolation: Isolation | None = None,
        read_only: bool | None = None,
        deferrable: bool | None = None,
        force_rollback: bool = False,
    ) -> AsyncTransaction:
        """`RolledBackConnection.transaction`, for `async with`."""
        modes = Modes(isolation, read_only, deferrable)
        left = self._modes_of_block(modes)
        kind = _AsyncReadOnly if modes.read_only and left is UNSET else AsyncTransaction
        return kind(self, force_rollback=force_rollback, **left._asdict())

    async def commit(self) -> None:
        """Keep what was done, until the test ends."""
        lease = self._lease_to_end("commit")
        is_failed = self.transaction_status == "failed"
        await _leave_async(lease.block, is_undone=is_failed)
        await self._restart(lease)
        if is_failed:
            raise failed_transaction()

    async def rollback(self) -> None:
        """Undo what was not committed."""
        lease = self._lease_to_end("rollback")
        await _leave_async(lease.block, is_undone=self._is_undone(lease))
        await self._restart(lease)


class _AsyncReadOnly(AsyncTransaction):
    """`_ReadOnly` for asyncio."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._session.defer(READ_ONLY)
        return self


async def _leave_async(block: AsyncTransaction, *, is_undone: bool) -> None:
    if is_undone:
        await block.__aexit__(_Undo, _Undo(), None)
    else:
        await block.__aexit__(None, None, None)
