"""Two-phase commit of PEP 249: transaction ids, and which command each step sends.

No IO. `Connection` and `AsyncConnection` send what `TwoPhase` decides. Invariant: the text of an
id is the one that psycopg gives it, so that programs and tools recover each other's transactions.
"""

import datetime as dt
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from howdah._identifiers import text_literal
from howdah._session import failed_transaction
from howdah.errors import Error, ProgrammingError

if TYPE_CHECKING:
    from howdah._session import Session

_LONGEST_PART = 64
_FORMAT_IDS = range(0x8000_0000)
_TEXT = re.compile(r"(\d+)_([^_]*)_([^_]*)")


@dataclass(frozen=True, slots=True)
class Xid:
    """The id of a global transaction, from `Connection.xid`; a sequence of its three parts.

    One that `tpc_recover` found and that has another form, from `prepare transaction 'any text'`,
    has the text as `gtrid`, and None for the other two.

    >>> print(howdah.Xid(1, "order-7", "shop"))
    1_b3JkZXItNw==_c2hvcA==
    """

    format_id: int | None
    gtrid: str
    """The global transaction."""
    bqual: str | None
    """The branch of it that this database has."""
    prepared: dt.datetime | None = field(default=None, compare=False)
    """When it was prepared, if it was recovered."""
    owner: str | None = field(default=None, compare=False)
    """Who prepared it, if it was recovered."""
    database: str | None = field(default=None, compare=False)
    """Where it was prepared, if it was recovered."""

    def __post_init__(self) -> None:
        if self.format_id is None and self.bqual is None:
            return
        if self.format_id not in _FORMAT_IDS:
            raise ProgrammingError(
                f"`format_id` must be an integer from 0 to {_FORMAT_IDS[-1]}, "
                f"found `{self.format_id}`"
            )
        for name, part in (("gtrid", self.gtrid), ("bqual", self.bqual)):
            if not isinstance(part, str) or not (part.isascii() and part.isprintable()):
                raise ProgrammingError(f"`{name}` must be printable ASCII, found `{part!r}`")
            if len(part) > _LONGEST_PART:
                raise ProgrammingError(
                    f"`{name}` may have {_LONGEST_PART} characters, found {len(part)}"
                )

    @classmethod
    def from_string(
        cls,
        text: str,
        prepared: dt.datetime | None = None,
        owner: str | None = None,
        database: str | None = None,
    ) -> Self:
        """The id that has this text on the server.

        >>> howdah.Xid.from_string("1_b3JkZXItNw==_c2hvcA==")[:]
        (1, 'order-7', 'shop')
        """
        recovered = (prepared, owner, database)
        found = _TEXT.fullmatch(text)
        if found is not None:
            try:
                parts = [
                    b64decode(part, validate=True).decode("ascii") for part in found.group(2, 3)
                ]
                parsed = cls(int(found[1]), parts[0], parts[1], *recovered)
            except (ValueError, ProgrammingError):
                pass
            else:
                if str(parsed) == text:
                    return parsed
        return cls(None, text, None, *recovered)

    def __str__(self) -> str:
        if self.bqual is None:
            return self.gtrid
        parts = (b64encode(part.encode()).decode() for part in (self.gtrid, self.bqual))
        return "_".join([str(self.format_id), *parts])

    def __len__(self) -> int:
        return 3

    def __iter__(self) -> Iterator[int | str | None]:
        return iter((self.format_id, self.gtrid, self.bqual))

    def __getitem__(self, index: int | slice) -> object:
        return (self.format_id, self.gtrid, self.bqual)[index]


class TwoPhase:
    """A two-phase transaction of a session, from `tpc_begin` to its end."""

    def __init__(self, session: "Session", xid: Xid | str) -> None:
        session.check_open()
        if session._two_phase is not None or session.transaction_status != "idle":
            raise ProgrammingError(
                "`tpc_begin` is not possible inside a transaction",
                hint="end it with `commit`, `rollback`, `tpc_commit` or `tpc_rollback` first",
            )
        self.xid = as_xid(xid)
        self.is_prepared = False
        self._session = session

    def preparing(self) -> tuple[str, Error | None]:
        """The command that prepares it, and the complaint to raise afterwards."""
        if self.is_prepared:
            raise ProgrammingError("the transaction is prepared already")
        _outside_blocks(self._session, "tpc_prepare")
        if self._session.transaction_status == "failed":
            return "rollback", failed_transaction()
        return f"prepare transaction {text_literal(str(self.xid))}", None

    def ending(self, verb: str) -> tuple[str | None, Error | None]:
        """What ends it with `verb`, `commit` or `rollback`, and the complaint afterwards."""
        if self.is_prepared:
            return _prepared(verb, self.xid), None
        _outside_blocks(self._session, f"tpc_{verb}")
        status = self._session.transaction_status
        if status == "failed" and verb == "commit":
            return "rollback", failed_transaction()
        if status == "idle" and verb == "commit":
            return None, ProgrammingError("the transaction has ended before `tpc_commit`")
        return (None if status == "idle" else verb), None


def as_xid(xid: Xid | str) -> Xid:
    """The id, given itself or its text on the server."""
    if isinstance(xid, str):
        return Xid.from_string(xid)
    if not isinstance(xid, Xid):
        raise TypeError(f"a transaction id must be an `Xid`, found `{type(xid).__name__}`")
    return xid


def is_another(session: "Session", xid: Xid | str) -> bool:
    """Whether it is not the id of what the session itself has prepared."""
    own = session._two_phase
    return own is None or not own.is_prepared or own.xid != as_xid(xid)


def ending_recovered(session: "Session", verb: str, xid: Xid | str) -> str:
    """The command that ends a prepared transaction, maybe one of another session."""
    if session._two_phase is not None or session.transaction_status != "idle":
        raise ProgrammingError(f"`tpc_{verb}` with an id is not possible inside a transaction")
    return _prepared(verb, as_xid(xid))


def open_transaction(session: "Session") -> TwoPhase:
    """The two-phase transaction under way."""
    if session._two_phase is None:
        raise ProgrammingError("there is no two-phase transaction", hint="call `tpc_begin` first")
    return session._two_phase


RECOVER = "select gid, prepared, owner::text, database::text from pg_catalog.pg_prepared_xacts"


def _prepared(verb: str, xid: Xid) -> str:
    return f"{verb} prepared {text_literal(str(xid))}"


def _outside_blocks(session: "Session", name: str) -> None:
    if session._blocks:
        raise ProgrammingError(f"`{name}` is not possible inside a `transaction()` block")
