"""The shards: where they are, and how the coordinator talks to them. No IO."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from howdah import _native
from howdah.errors import ProgrammingError
from howdah.orm.schema.base import Collector, SchemaObject
from howdah.orm.schema.foreign import ForeignServer, user_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SINCE = {"async_capable": 14, "batch_size": 14, "parallel_commit": 15, "parallel_abort": 16}
# Rows by the thousand instead of by the hundred (reading) and one by one (writing); all shards at
# work at once; commits sent to all before the first is waited for.
_DEFAULTS: Mapping[str, str] = {
    "fetch_size": "2000",
    "batch_size": "1000",
    "async_capable": "true",
    "parallel_commit": "true",
    "parallel_abort": "true",
}
# What of a URL's query says where a server is, and not who asks.
_OF_THE_SERVER = (
    "channel_binding", "connect_timeout", "gssencmode", "keepalives", "keepalives_count",
    "keepalives_idle", "keepalives_interval", "load_balance_hosts", "options", "sslcrl", "sslmode",
    "sslnegotiation", "sslrootcert", "sslsni", "ssl_max_protocol_version",
    "ssl_min_protocol_version", "target_session_attrs", "tcp_user_timeout",
)  # fmt: skip


@dataclass(frozen=True)
class Shard:
    """A server that holds a part of the rows."""

    name: str
    url: str = field(repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def server(self, roles: Sequence[str], extensions: Sequence[str], major: int) -> ForeignServer:
        """As the coordinator knows it; `major` is the coordinator's version."""
        config = _native.Config.parse(self.url, {}, "howdah")
        hosts = config.hosts
        options: dict[str, Any] = {
            "host": ",".join(name for name, _ in hosts),
            "port": ",".join(str(port) for _, port in hosts),
            "dbname": config.dbname,
        }
        asked = dict(parse_qsl(urlsplit(self.url).query))
        options.update({name: asked[name] for name in _OF_THE_SERVER if name in asked})
        options.update({k: v for k, v in _DEFAULTS.items() if _SINCE.get(k, 0) <= major})
        if extensions:
            options["extensions"] = ",".join(extensions)
        options.update(self.options)
        who = {"user": config.user}
        secret = urlsplit(self.url).password
        if secret is not None:
            who["password"] = unquote(secret)
        mappings = [user_mapping(role, options=who) for role in roles]
        return ForeignServer(self.name, options=options, user_mappings=mappings)


def shard(url: str, *, name: str, **options: Any) -> Shard:
    """A shard whose name or options are to be said.

    Options are those of `postgres_fdw`: `shard(url, name="eu", host="10.0.0.7")` where the
    coordinator reaches it by another address than this program, `use_remote_estimate=True` …
    """
    written = {k: str(v).lower() if isinstance(v, bool) else v for k, v in options.items()}
    return Shard(name, url, written)


@dataclass(frozen=True)
class Shards(SchemaObject):
    """The servers that the rows of distributed tables lie on."""

    shards: tuple[Shard, ...]
    partitions: int
    placement: tuple[int, ...] = ()
    """The place in `shards` of each partition."""
    roles: tuple[str, ...] = ("current_user",)

    def add_to(self, schema: Collector) -> None:
        """Put it into a schema, which has at most one."""
        if schema.shards is not None and schema.shards != self:
            raise ProgrammingError(
                "there are two `shards(…)`", hint="one coordinator has one set of shards"
            )
        schema.shards = self


def shards(
    servers: Sequence[str | Shard],
    *,
    partitions: int | None = None,
    placement: Sequence[str] | None = None,
    roles: Sequence[str] = (),
) -> Shards:
    """The servers that the rows of models with `distribute_by` lie on, by their URLs.

    `create_all(db, shards(urls), Customer, Order)`: `db` is the coordinator, which programs talk
    to. The URLs must be reachable from the coordinator as well as from here.

    - `partitions`: into how many parts each table is divided, as many as there are shards by
      default. Parts can be moved to other shards, so give more of them than shards if shards will
      be added. All distributed tables of a database must have the same number.
    - `placement`: the name of the shard of each partition, by default `shard_1`, `shard_2` … in
      turn.
    - `roles`: the roles that may ask the shards, beside whoever runs `create_all`; `"public"` is
      everybody. They enter the shards as the user of the URL; what they may read and write is said
      by grants on the coordinator.

    `shards([])` makes ordinary tables of distributed models: for tests on one server.

    >>> shards(["postgresql://app@10.0.0.1/shop", "postgresql://app@10.0.0.2/shop"]).placement
    (0, 1)
    """
    found = tuple(
        it if isinstance(it, Shard) else Shard(f"shard_{number}", it)
        for number, it in enumerate(servers, 1)
    )
    names = [it.name for it in found]
    if len(set(names)) < len(names):
        raise ProgrammingError(f"two shards have the same name: {', '.join(names)}")
    count = len(found) if partitions is None else partitions
    if found and count < len(found):
        raise ProgrammingError(f"{count} partitions cannot lie on {len(found)} shards")
    everybody = ("current_user", *roles)
    return Shards(found, count, _placed(names, count, placement), everybody)


def _placed(names: Sequence[str], count: int, placement: Sequence[str] | None) -> tuple[int, ...]:
    if placement is None:
        return tuple(number % len(names) for number in range(count)) if names else ()
    unknown = [name for name in placement if name not in names]
    if unknown or len(placement) != count:
        raise ProgrammingError(
            f"`placement` must name a shard for each of {count} partitions",
            hint="the shards are " + ", ".join(names),
        )
    return tuple(map(names.index, placement))
