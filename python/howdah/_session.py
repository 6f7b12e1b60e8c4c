"""What a sync and an async connection know beside the protocol: blocks, autocommit, messages.

No IO. The base of `Connection` and `AsyncConnection`. Invariant: `_blocks` lists the open
`transaction()` blocks, outermost first, and only the last one can be left without a complaint.
"""

import sys
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from howdah import errors
from howdah._codecs import Choice, Codecs, TypeName
from howdah._codecs import codecs as codecs_everywhere
from howdah._modes import UNSET, Isolation, Modes
from howdah.errors import Diagnostic, ProgrammingError

if TYPE_CHECKING:
    from howdah._native import _Base as _Wire
    from howdah._server_cursor_state import ServerCursorState
    from howdah.notifications import Inbox
    from howdah.transaction import Block
    from howdah.two_phase import TwoPhase, Xid
else:
    _Wire = object

_NOTICES_KEPT = 100
# PostgreSQL 18, "19.8.3": severities of messages; those of a log that fit best.
_LOG_LEVELS = {"WARNING": "WARNING", "DEBUG": "DEBUG"}

HINT_RECOVER = "put what may fail into its own `transaction()` block, which is then a savepoint"


class Notification(NamedTuple):
    """What a NOTIFY brought."""

    channel: str
    payload: str
    backend_pid: int
    """The process of the session that sent it."""


Listener = Callable[[Notification], object]


class NoticeLog:
    """The last notices of a connection; `seen` counts all that there were."""

    def __init__(self) -> None:
        self.kept: deque[Diagnostic] = deque(maxlen=_NOTICES_KEPT)
        self.handlers: list[Callable[[Diagnostic], object]] = []
        self.seen = 0

    def __call__(self, wire_fields: dict[str, str]) -> None:
        """Take in a notice from the native module."""
        notice = Diagnostic.from_fields(wire_fields)
        self.kept.append(notice)
        self.seen += 1
        _log(notice)
        for handler in tuple(self.handlers):
            handler(notice)

    def since(self, seen: int) -> list[Diagnostic]:
        """The notices after the first `seen`, as far as they are kept."""
        count = min(self.seen - seen, len(self.kept))
        return list(self.kept)[len(self.kept) - count :]


def _log(notice: Diagnostic) -> None:
    """Log to `howdah.notices`. Where `logging` was never imported, nobody can have asked for it."""
    logging = sys.modules.get("logging")
    if logging is not None:
        package = logging.getLogger("howdah")
        if not package.handlers:
            # As libraries should: or else warnings are printed where nobody set up logging.
            package.addHandler(logging.NullHandler())
        logger = logging.getLogger("howdah.notices")
        level = _LOG_LEVELS.get(notice.severity_nonlocalized or "", "INFO")
        number = getattr(logging, level)
        if logger.isEnabledFor(number):
            details = [notice.message_detail, notice.message_hint]
            lines = [notice.message_primary, *(line for line in details if line)]
            extra = {"notice": notice, "sqlstate": notice.sqlstate}
            logger.log(number, "%s", "\n".join(map(str, lines)), extra=extra)


class ListenerTable:
    """Who wants to hear of which channel."""

    def __init__(self) -> None:
        self.by_channel: dict[str, list[Listener]] = {}
        self.everyone: list[Listener] = []
        """Who wants to hear of every channel."""
        self.inboxes: list[Inbox] = []
        """What is to be roused when the connection ends."""

    def __call__(self, channel: str, payload: str, backend_pid: int) -> None:
        """Take in a notification from the native module."""
        for listener in (*self.by_channel.get(channel, ()), *self.everyone):
            listener(Notification(channel, payload, backend_pid))

    def drop(self, inbox: "Inbox") -> None:
        """Forget an inbox, but for its channels."""
        if inbox in self.inboxes:
            self.inboxes.remove(inbox)
        if inbox in self.everyone:
            self.everyone.remove(inbox)

    def ended(self) -> None:
        """The connection has ended: whoever waits is to look why."""
        for inbox in tuple(self.inboxes):
            inbox.rouse()

    def add(self, channel: str, listener: Listener) -> None:
        """Add one."""
        self.by_channel.setdefault(channel, []).append(listener)

    def remove(self, channel: str, listener: Listener) -> bool:
        """Remove one; true if it was the last of its channel."""
        listeners = self.by_channel.get(channel, [])
        if listener not in listeners:
            raise ProgrammingError(f"no such listener on channel `{channel}`")
        listeners.remove(listener)
        if not listeners:
            del self.by_channel[channel]
        return not listeners


class Choices(NamedTuple):
    """What a program can choose for a connection, and a pool undoes."""

    autocommit: bool
    modes: Modes
    codecs: Mapping[TypeName, Choice]
    json_loads: Callable[[bytes], Any] | None
    notice_handlers: tuple[Callable[[Diagnostic], object], ...]


class Session(_Wire):
    """The state that both kinds of connection share."""

    _blocks: list["Block"]
    _autocommit: bool
    _modes: Modes
    _savepoints: int
    _two_phase: "TwoPhase | None"
    _notice_log: NoticeLog
    _listeners: ListenerTable
    _codecs: Codecs | None
    _wider_codecs: Codecs
    _bare_choices: Choices
    """What a pool's connection is before `configure` chooses for it."""
    _kept_choices: Choices
    """What a pool's connection is for each borrower."""
    _server_cursors: "weakref.WeakValueDictionary[str, ServerCursorState]"

    def _start_session(self) -> None:
        self._blocks = []
        self._autocommit = False
        self._modes = UNSET
        self._savepoints = 0
        self._two_phase = None
        self._notice_log = NoticeLog()
        self._listeners = ListenerTable()
        self._codecs = None
        self._wider_codecs = codecs_everywhere
        self._server_cursors = weakref.WeakValueDictionary()
        # Objects of their own: a bound method here would tie the connection to itself.
        self.on_notice(self._notice_log)
        self.on_notification(self._listeners)
        self.on_end(self._listeners.ended)

    @property
    def autocommit(self) -> bool:
        """Whether cursors leave each statement to commit by itself. False unless set.

        Native calls (`fetch`, `execute` …) do so always when no transaction is open.

        Setting it inside an open transaction raises `ProgrammingError`.
        """
        return self._autocommit

    @autocommit.setter
    def autocommit(self, on: bool) -> None:
        self._check_no_transaction("autocommit")
        self._autocommit = bool(on)
        self.note_local_change()

    @property
    def isolation_level(self) -> Isolation | None:
        """The isolation of the transactions begun from now on; None is the session's default.

        It holds for those that cursors open and for `transaction()` blocks that do not say.

        Setting it inside an open transaction, or to an unknown level, raises `ProgrammingError`.

        >>> conn.isolation_level = "repeatable read"
        >>> with conn.transaction():
        ...     conn.fetch_value("show transaction_isolation")
        'repeatable read'
        >>> conn.isolation_level = None
        """
        return self._modes.isolation

    @isolation_level.setter
    def isolation_level(self, level: Isolation | None) -> None:
        self._check_no_transaction("isolation_level")
        self._choose_modes(self._modes._replace(isolation=level).checked())

    @property
    def read_only(self) -> bool | None:
        """Whether the transactions begun from now on may not write. As `isolation_level`."""
        return self._modes.read_only

    @read_only.setter
    def read_only(self, on: bool | None) -> None:
        self._check_no_transaction("read_only")
        self._choose_modes(self._modes._replace(read_only=on))

    @property
    def deferrable(self) -> bool | None:
        """Whether serializable read-only transactions wait until they cannot fail. As above."""
        return self._modes.deferrable

    @deferrable.setter
    def deferrable(self, on: bool | None) -> None:
        self._check_no_transaction("deferrable")
        self._choose_modes(self._modes._replace(deferrable=on))

    def __repr__(self) -> str:
        config, status = self.config, "closed" if self.closed else self.transaction_status
        return f"<howdah.{type(self).__name__} {config.user}@{config.dbname}: {status}>"

    @property
    def codecs(self) -> Codecs:
        """How values of which types are read and written on this connection, where not as usual.

        What is not chosen here is as the pool's `codecs` say, then `howdah.types.codecs`. A pool
        undoes choices when the connection is returned, except those of its `configure`.
        """
        if self._codecs is None:
            self._codecs = Codecs(self._wider_codecs)
            self.set_codecs(self._codecs._layer)
        self.note_local_change()
        return self._codecs

    @property
    def notices(self) -> list[Diagnostic]:
        """The last notices and warnings that the server sent, at most 100, oldest first."""
        return list(self._notice_log.kept)

    def add_notice_handler(self, handler: Callable[[Diagnostic], object]) -> None:
        """Call `handler` with every notice from now on, while it is being received.

        A pool forgets it when the connection is returned, unless `configure` has added it.
        """
        self._notice_log.handlers.append(handler)
        self.note_local_change()

    def remove_notice_handler(self, handler: Callable[[Diagnostic], object]) -> None:
        """Undo `add_notice_handler`; `ValueError` if it was not there."""
        self._notice_log.handlers.remove(handler)
        self.note_local_change()

    def _wider_scopes(self) -> tuple[Codecs, ...]:
        """Whose codecs hold where `codecs` says nothing."""
        return self._wider_codecs, codecs_everywhere

    def _join_codecs(self, wider: Codecs) -> None:
        """Read and write as a pool says."""
        self._wider_codecs = wider
        self.set_codecs(wider._layer)

    def _choose_modes(self, modes: Modes) -> None:
        self._modes = modes
        self.note_local_change()

    def _choices(self) -> Choices:
        return Choices(
            self._autocommit,
            self._modes,
            dict(self._codecs or {}),
            self.json_loads,
            tuple(self._notice_log.handlers),
        )

    def _choose(self, choices: Choices) -> None:
        """Undo what was chosen since; what the last user was told by the server goes, too."""
        self._autocommit, self._modes = choices.autocommit, choices.modes
        if self._codecs is not None:
            self._codecs._restore(choices.codecs)
        if self.json_loads is not choices.json_loads:
            self.set_json_loads(choices.json_loads)
        self._notice_log.handlers[:] = choices.notice_handlers
        self._notice_log.kept.clear()

    def _join_pool(self, codecs: Codecs, *, autocommit: bool) -> None:
        """Become a pool's connection: to be configured, then lent."""
        self._join_codecs(codecs)
        self._autocommit = autocommit
        self._bare_choices = self._kept_choices = self._choices()

    def xid(self, format_id: int, gtrid: str, bqual: str) -> "Xid":
        """The id of a global transaction, for `tpc_begin`.

        `format_id` is a positive integer of 32 bits; `gtrid`, the global transaction, and
        `bqual`, the branch of it, are up to 64 printable ASCII characters each.
        """
        from howdah.two_phase import Xid

        return Xid(format_id, gtrid, bqual)

    def _begin_for_cursor(self) -> None:
        """Have a transaction begin with the next statement if none is open, as PEP 249 asks."""
        if self._two_phase is not None and self._two_phase.is_prepared:
            raise ProgrammingError(
                "no statement is possible between `tpc_prepare` and the transaction's end",
                hint="call `tpc_commit` or `tpc_rollback` first",
            )
        if not self._autocommit and self.transaction_status == "idle":
            self.defer(self._modes.begin())

    def _check_no_transaction(self, changed: str) -> None:
        if self.transaction_status not in {"idle", "unknown"}:
            raise ProgrammingError(f"`{changed}` cannot change while a transaction is open")

    def _leave_all_blocks(self) -> None:
        """Forget the blocks of somebody who returned the connection without leaving them."""
        self._blocks.clear()
        self.forget_queued()
        self.forget_deferred()
        self._two_phase = None

    def _ending(self, command: str) -> tuple[str | None, errors.Error | None]:
        """What `commit` or `rollback` must send, and the complaint to raise afterwards."""
        self.check_open()
        if self._blocks:
            raise ProgrammingError(
                f"`{command}` is not possible inside a `transaction()` block, which does it itself",
                hint="leave the block, by an exception to roll back",
            )
        if self._two_phase is not None:
            raise ProgrammingError(
                f"`{command}` is not possible in a two-phase transaction",
                hint=f"call `tpc_{command}`",
            )
        if command == "rollback":
            self.forget_queued()
        status, place = self.transaction_status, self.withdraw(self._modes.begin())
        if place == "refused" and command == "commit":
            return None, failed_transaction()
        if status == "idle" or place != "sent":
            return None, None
        if status == "failed" and command == "commit":
            return "rollback", failed_transaction()
        return command, None


def failed_transaction() -> errors.Error:
    """The complaint about a commit after an error that somebody caught."""
    return errors.InFailedSqlTransaction(
        "the transaction was rolled back: a statement in it had failed, so it could not commit",
        hint=HINT_RECOVER,
    )


def refuse_unknown_commit(command: str, failure: BaseException) -> None:
    """Raise `CommitUnknown` if `failure` does not tell whether COMMIT took effect.

    A server that refuses a commit says so by an ERROR and goes on. One that ends the connection,
    with or without a last word, may have written the commit before.
    """
    if command != "commit" or not isinstance(failure, errors.Error):
        return
    said = failure.diag.severity_nonlocalized
    if isinstance(failure, errors.ConnectionLost) or said in {"FATAL", "PANIC"}:
        raise errors.CommitUnknown(
            "the connection ended after COMMIT was sent: whether the transaction took effect is "
            "unknown",
            hint="look at the data before you repeat it; `howdah.retry` can ask the server",
        ) from failure
