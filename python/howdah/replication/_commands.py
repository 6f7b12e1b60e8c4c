"""The commands of the replication protocol as texts, and their answers as objects.

No IO. Called by both kinds of connection. Invariant: names and values are quoted as the server's
replication grammar reads them, which also knows its words in capitals only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from howdah._connecting import configuration
from howdah.types import Lsn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from howdah import _native

Streaming = bool | Literal["parallel"]

STATUS_INTERVAL_SECONDS = 10.0
"""How often the server hears of the client, as `wal_receiver_status_interval`."""


class System(NamedTuple):
    """The server that streams."""

    system_id: str
    timeline: int
    lsn: Lsn
    """How far its log is flushed."""
    dbname: str | None


class Slot(NamedTuple):
    """A replication slot that was made just now."""

    name: str
    lsn: Lsn
    """From here on changes come."""
    snapshot_name: str | None
    """A snapshot of that moment, for `set transaction snapshot`, while nothing else is done."""
    plugin: str


def replication_config(dsn: str | None, options: Mapping[str, object]) -> _native.Config:
    """The configuration of a connection that streams from one database."""
    return configuration(dsn, {**options, "replication": "database"})


def system_of(rows: list[dict[str, str | None]]) -> System:
    """The answer to IDENTIFY_SYSTEM."""
    row = rows[0]
    timeline, position = row["timeline"] or "0", row["xlogpos"] or "0/0"
    return System(row["systemid"] or "", int(timeline), Lsn(position), row["dbname"])


def create_slot(
    name: str, snapshot: str, server_version: int, *, temporary: bool, two_phase: bool
) -> str:
    """CREATE_REPLICATION_SLOT."""
    words = ["CREATE_REPLICATION_SLOT", identifier(name)]
    if temporary:
        words.append("TEMPORARY")
    words.append("LOGICAL pgoutput")
    if server_version >= 150000:
        options = [f"SNAPSHOT {literal(snapshot)}"]
        if two_phase:
            options.append("TWO_PHASE")
        words.append(f"({', '.join(options)})")
    else:
        words.append({"export": "EXPORT_SNAPSHOT", "nothing": "NOEXPORT_SNAPSHOT"}[snapshot])
        if two_phase:
            words.append("TWO_PHASE")
    return " ".join(words)


def slot_of(rows: list[dict[str, str | None]]) -> Slot:
    """The answer to CREATE_REPLICATION_SLOT."""
    row = rows[0]
    position = Lsn(row["consistent_point"] or "0/0")
    return Slot(row["slot_name"] or "", position, row["snapshot_name"], row["output_plugin"] or "")


def start(
    slot: str,
    publications: Sequence[str],
    position: int,
    *,
    binary: bool,
    messages: bool,
    streaming: Streaming,
    two_phase: bool,
    origin: str | None,
) -> str:
    """START_REPLICATION of pgoutput, by the oldest version of its protocol that can do this."""
    if isinstance(publications, str) or not publications:
        raise ValueError("`publications` is a list with the name of at least one publication")
    version = 1
    options = {"publication_names": ",".join(identifier(name) for name in publications)}
    if binary:
        options["binary"] = "true"
    if messages:
        options["messages"] = "true"
    if streaming:
        version = 4 if streaming == "parallel" else 2
        options["streaming"] = "parallel" if streaming == "parallel" else "on"
    if two_phase:
        version = max(version, 3)
        options["two_phase"] = "true"
    if origin is not None:
        options["origin"] = origin
    options = {"proto_version": str(version), **options}
    said = ", ".join(f"{name} {literal(value)}" for name, value in options.items())
    return f"START_REPLICATION SLOT {identifier(slot)} LOGICAL {Lsn(position)} ({said})"


NAMES_OF_TYPES = (
    "select pg_catalog.format_type(oid, null) from pg_catalog.pg_type where oid = any($1)"
)
"""Of the types with these OIDs."""


def values_of(types: Sequence[tuple[str]]) -> str:
    """A query by which an ordinary connection reads types; all of the process share them."""
    return "select " + ", ".join(f"null::{name}" for (name,) in types)


def identifier(name: str) -> str:
    """A name in double quotes."""
    if not name or "\0" in name:
        raise ValueError("a name is not empty and has no zero byte")
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in quotes; the replication grammar knows no escapes but the doubled quote."""
    if "\0" in text:
        raise ValueError("an option has no zero byte")
    return "'" + text.replace("'", "''") + "'"
