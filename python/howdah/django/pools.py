"""Django's connection pool option: `OPTIONS={"pool": …}`.

Waits for the server. A `howdah.Pool` of Django's connections, with the options of psycopg's pool,
which is what existing settings have.
"""

from collections.abc import Callable
from typing import Any

import howdah
from howdah.django.connection import Connection
from howdah.django.results import DJANGO_CODECS

_MEANINGLESS = ("num_workers", "open", "reconnect_failed", "reconnect_timeout")
"""Options of psycopg's pool for what howdah's does without being told."""


class Pool(howdah.Pool):
    """The connections of a database alias, shared by the threads of the process."""

    connection_class = Connection


def make_pool(
    options: dict[str, Any],
    connect_kwargs: dict[str, Any],
    configure: Callable[[Any], object],
    *,
    check: bool,
) -> Pool:
    """A pool from the `pool` option's dictionary, howdah's or psycopg's; it opens when used."""
    chosen = {name: value for name, value in options.items() if name not in _MEANINGLESS}
    chosen.setdefault("check", check)
    max_size = chosen.get("max_size")
    min_size = chosen.setdefault("min_size", 4 if max_size is None else min(4, max_size))
    if max_size is None:
        chosen["max_size"] = max(min_size, 1)
    pool = Pool(**connect_kwargs, **chosen, configure=configure)
    pool.codecs.update(DJANGO_CODECS)
    return pool
