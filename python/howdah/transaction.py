"""Transaction blocks: `with conn.transaction():`, nested ones as savepoints.

The commands are sent by `Transaction` and `AsyncTransaction`; which ones, is decided by `Block`
without IO. The command that opens a block travels with the first statement in it; a block without
statements never reaches the server. Made by `Connection.transaction`. Invariant: after the block,
its changes are either released to what surrounds it, or undone, or the connection is closed; an
exception says which.
"""

from types import TracebackType
from typing import TYPE_CHECKING, Self

from howdah._modes import UNSET, Isolation, Modes
from howdah._session import Session, failed_transaction, refuse_unknown_commit
from howdah.errors import ConnectionLost, Error, InterfaceError, ProgrammingError

if TYPE_CHECKING:
    from howdah.async_connection import AsyncConnection
    from howdah.connection import Connection


class Block:
    """The decisions of a transaction block."""

    def __init__(
        self,
        session: Session,
        *,
        isolation: Isolation | None = None,
        read_only: bool | None = None,
        deferrable: bool | None = None,
        force_rollback: bool = False,
    ) -> None:
        self._session = session
        self._modes = Modes(isolation, read_only, deferrable).checked()
        self._force_rollback = force_rollback
        self._savepoint: str | None = None
        self._opening: str | None = None

    @property
    def savepoint(self) -> str | None:
        """The quoted name of the block's savepoint; None for an outermost block."""
        return self._savepoint

    def _enter(self) -> str | None:
        """Open the block; answers a command that must be sent at once and is to be refused."""
        if self._opening is not None:
            raise ProgrammingError(
                "a transaction block can be entered only once",
                hint="call `transaction()` again",
            )
        status = self._session.transaction_status
        if status == "unknown":
            self._session.check_open()
        if status == "active":
            raise InterfaceError(
                "another statement is running on the connection",
                hint="use one connection per thread and task, as a pool gives them",
            )
        if status in {"in_transaction", "failed"}:
            if self._modes != UNSET:
                raise ProgrammingError(
                    "a nested transaction block cannot choose isolation, read_only or deferrable",
                    hint="choose them for the outermost block",
                )
            self._session._savepoints += 1
            self._savepoint = f'"howdah_{self._session._savepoints}"'
            opening = f"savepoint {self._savepoint}"
            if status == "failed":
                return opening
        else:
            opening = self._modes.over(self._session._modes).begin()
        self._opening = opening
        self._session.defer(opening)
        self._session._blocks.append(self)
        return None

    def _leaving(self, error: BaseException | None) -> tuple[str | None, Error | None]:
        """The command that ends the block, and the complaint to raise after it."""
        blocks = self._session._blocks
        innermost = bool(blocks) and blocks[-1] is self
        over = self._ended_already()
        place = "waiting" if over else self._session.withdraw(self._opening or "")
        if self in blocks:
            del blocks[blocks.index(self) :]
        if over is not None:
            return None, over
        undo = self._undo() if place == "sent" else None
        if not innermost:
            return undo, ProgrammingError(
                "the transaction block was left before one inside it: both are rolled back",
                hint="leave blocks in the opposite order, and share no connection among tasks",
            )
        if place == "refused":
            return None, failed_transaction()
        if error is not None or self._force_rollback or place == "waiting":
            return undo, None
        if self._session.transaction_status == "failed":
            return self._undo(), failed_transaction()
        return self._keep(), None

    def _ended_already(self) -> Error | None:
        """The complaint if the server has no such transaction any more."""
        if self not in self._session._blocks:
            return ProgrammingError(
                "the transaction block was rolled back by leaving the one around it first"
            )
        if self._session.closed:
            return ConnectionLost(
                "the connection was closed inside the transaction block: its changes are lost"
            )
        if self._session.transaction_status == "idle":
            return ProgrammingError(
                "the transaction was ended inside its `transaction()` block",
                hint="do not send `commit` or `rollback` there: the block does it itself",
            )
        return None

    def _keep(self) -> str:
        return "commit" if self._savepoint is None else f"release savepoint {self._savepoint}"

    def _undo(self) -> str:
        if self._savepoint is None:
            return "rollback"
        return f"rollback to savepoint {self._savepoint}; release savepoint {self._savepoint}"


class Transaction(Block):
    """A transaction block of a `Connection`, for `with`."""

    _session: "Connection"

    def __enter__(self) -> Self:
        if self._session.has_queued:
            self._session.run_queued(raises=True)
        refused = self._enter()
        if refused is not None:
            self._session.execute(refused)
        return self

    def _run_queued(self, error: BaseException | None) -> None:
        if error is None:
            self._session.run_queued(raises=True)
        else:
            self._session.forget_queued()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session.has_queued:
            # what a pipeline around the block has queued is part of it
            try:
                self._run_queued(error)
            except BaseException as failure:
                self.__exit__(type(failure), failure, failure.__traceback__)
                raise
        command, complaint = self._leaving(error)
        if command is not None:
            try:
                self._session.run(command, None, tuple, None)
            except BaseException as failure:
                if command.startswith("rollback"):
                    # What remains open is not known: the server undoes it when the line ends.
                    self._session.close()
                if error is None or not isinstance(failure, Exception):
                    refuse_unknown_commit(command, failure)
                    raise
        if complaint is not None and error is None:
            raise complaint


class AsyncTransaction(Block):
    """A transaction block of an `AsyncConnection`, for `async with`."""

    _session: "AsyncConnection"

    async def __aenter__(self) -> Self:
        if self._session.has_queued:
            await self._session.run_queued(raises=True)
        refused = self._enter()
        if refused is not None:
            await self._session.execute(refused)
        return self

    async def _run_queued(self, error: BaseException | None) -> None:
        if error is None:
            await self._session.run_queued(raises=True)
        else:
            self._session.forget_queued()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session.has_queued:
            # what a pipeline around the block has queued is part of it
            try:
                await self._run_queued(error)
            except BaseException as failure:
                await self.__aexit__(type(failure), failure, failure.__traceback__)
                raise
        command, complaint = self._leaving(error)
        if command is not None:
            try:
                await self._session.run(command, None, tuple, None)
            except BaseException as failure:
                if command.startswith("rollback"):
                    # What remains open is not known: the server undoes it when the line ends.
                    self._session.abort()
                if error is None or not isinstance(failure, Exception):
                    refuse_unknown_commit(command, failure)
                    raise
        if complaint is not None and error is None:
            raise complaint
