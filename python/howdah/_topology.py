"""What is known of the servers of a `Database`, and which of them may be asked what.

No IO, no waiting, no lock: `_monitor` reports, `_routing` asks, both under the monitor's lock.
Moments are arguments, in seconds of `time.monotonic`; positions are bytes of the write-ahead log.
Invariant: no server is called the primary while a later timeline than its own is known.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

PROBE = """
    select s.standby,
        (case when s.standby then pg_catalog.pg_last_wal_replay_lsn()
            else pg_catalog.pg_current_wal_insert_lsn() end - '0/0'::pg_catalog.pg_lsn)::int8,
        case when s.standby then greatest(
                (select timeline_id from pg_catalog.pg_control_checkpoint()),
                (select min_recovery_end_timeline from pg_catalog.pg_control_recovery()))
            else ('x' || substr(
                pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8
            ))::bit(32)::int end,
        (select system_identifier from pg_catalog.pg_control_system())
    from (select pg_catalog.pg_is_in_recovery() as standby) s
"""
"""What a probe asks; its columns are those of `Report`."""


class Report(NamedTuple):
    """What a server answered to a probe."""

    is_standby: bool
    position: int
    """Of a primary what it has written, of a replica what it has replayed."""
    timeline: int
    system_identifier: int


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """A server of a `Database` at one moment."""

    name: str
    """Host and port."""
    role: Literal["primary", "replica", "unknown"]
    is_used: bool
    """Whether it is given work: writes to the primary, reads to a replica."""
    reason: str | None
    """Why it is not used."""
    position: int | None
    """Bytes of the write-ahead log: written by the primary, replayed by a replica."""
    lag_bytes: int | None
    """How far a replica is behind the primary, by what is known of both."""


@dataclass(slots=True)
class _Server:
    name: str
    is_probed: bool = False
    report: Report | None = None
    error: str | None = None


@dataclass(slots=True)
class Topology:
    """The servers, the first of which is expected to be the primary."""

    names: Sequence[str]
    max_lag: float | None
    """Seconds."""
    max_lag_bytes: int | None
    servers: list[_Server] = field(init=False)
    _primary: int | None = None
    _timeline: int = 0
    _system_identifier: int | None = None
    _written: deque[tuple[float, int]] = field(default_factory=deque)
    """When the primary was asked, and what it had written then; the oldest first."""

    def __post_init__(self) -> None:
        self.servers = [_Server(name) for name in self.names]

    @property
    def primary(self) -> int | None:
        """The server that takes writes."""
        return self._primary

    @property
    def is_complete(self) -> bool:
        """Whether every server was heard of, be it that it cannot be reached."""
        return all(server.is_probed for server in self.servers)

    def heard(self, index: int, report: Report, asked_at: float) -> None:
        """Take in an answer."""
        server = self.servers[index]
        server.is_probed, server.report, server.error = True, report, None
        if self._system_identifier is None:
            self._system_identifier = report.system_identifier
        if report.system_identifier != self._system_identifier:
            server.error = "it belongs to another cluster"
            return
        self._timeline = max(self._timeline, report.timeline)
        self._elect()
        if self._primary == index:
            self._written.append((asked_at, report.position))
            self._forget_before(asked_at)

    def lost(self, index: int, error: str) -> None:
        """Note that a server cannot be reached."""
        server = self.servers[index]
        server.is_probed, server.report, server.error = True, None, error
        self._elect()

    def readable(self, now: float, after: int = 0) -> tuple[list[int], list[int]]:
        """The replicas that may be read from.

        First those known to have replayed `after`, then those of which that is not known.
        """
        fresh: list[int] = []
        unsure: list[int] = []
        for index, server in enumerate(self.servers):
            report = server.report
            if report is not None and report.is_standby and self._reason(index, now) is None:
                (fresh if report.position >= after else unsure).append(index)
        return fresh, unsure

    def replayed(self, index: int, position: int) -> None:
        """Note how far a replica has come, asked apart from the probes."""
        server = self.servers[index]
        if server.report is not None and server.report.is_standby:
            position = max(position, server.report.position)
            server.report = server.report._replace(position=position)

    def written_after(self, moment: float) -> int | None:
        """What the primary had written when it was first asked after `moment`."""
        return next((position for asked, position in self._written if asked > moment), None)

    def describe(self, now: float) -> list[ServerInfo]:
        """All servers."""
        return [self._describe(index, now) for index in range(len(self.servers))]

    def explain(self, now: float) -> str:
        """Every server with its role and what is wrong with it, for an error."""
        parts = [f"`{info.name}`: {info.reason or info.role}" for info in self.describe(now)]
        return "; ".join(parts)

    def _elect(self) -> None:
        """Two that both take writes on one timeline are nobody's plan: the present one stays."""
        candidates = [
            index
            for index, server in enumerate(self.servers)
            if server.report is not None
            and server.error is None
            and not server.report.is_standby
            and server.report.timeline == self._timeline
        ]
        if self._primary in candidates:
            return
        self._primary = candidates[0] if candidates else None
        self._written.clear()

    def _forget_before(self, now: float) -> None:
        """Keep one sample that is older than the lag allowed, and those after it."""
        horizon = now - (self.max_lag or 0.0)
        while len(self._written) > 1 and self._written[1][0] <= horizon:
            self._written.popleft()

    def _reason(self, index: int, now: float) -> str | None:
        server = self.servers[index]
        report = server.report
        if report is None or server.error is not None:
            return server.error or "not heard of yet"
        if not report.is_standby:
            if index == self._primary:
                return None
            return f"takes writes on timeline {report.timeline}, but {self._timeline} is known"
        return self._lag_reason(report, now)

    def _lag_reason(self, report: Report, now: float) -> str | None:
        """Without a primary nothing newer can be read anywhere, so nobody lags."""
        if self._primary is None or not self._written:
            return None
        behind = self._written[-1][1] - report.position
        if self.max_lag_bytes is not None and behind > self.max_lag_bytes:
            return f"{behind} bytes behind the primary, allowed are {self.max_lag_bytes}"
        if self.max_lag is not None:
            asked, position = self._written[0]
            if asked <= now - self.max_lag and report.position < position:
                return f"more than {self.max_lag:g} s behind the primary"
        return None

    def _describe(self, index: int, now: float) -> ServerInfo:
        server = self.servers[index]
        report, reason = server.report, self._reason(index, now)
        lag = None
        if report is None:
            role: Literal["primary", "replica", "unknown"] = "unknown"
        elif report.is_standby:
            role = "replica"
            if self._written:
                lag = max(self._written[-1][1] - report.position, 0)
        else:
            role = "primary"
        position = report.position if report else None
        return ServerInfo(server.name, role, reason is None, reason, position, lag)
