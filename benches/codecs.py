"""What one value costs to decode and to encode, in ns of CPU, without server or connection.

    python -m benches.codecs [TYPE ...]

A value is measured as one of a thousand in an array, so that the call from Python does not count;
the array's own work does. Uses a release build like any other measurement (`make build`). The
best of many short batches is printed, beside the goal where there is one.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import sys
import time
import uuid
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from howdah.types import Interval, Lsn, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

VALUES = 1000
ROUNDS = 60

OBJECT = {"id": 12345, "name": "Alice Smith", "active": True, "score": 98.5, "tags": ["a", "b"]}

#: Type: OID of its array, a value, the goal for decoding in ns.
CASES: dict[str, tuple[int, Any, int | None]] = {
    "bool": (1000, True, None),
    "int4": (1007, 123_456, None),
    "int8": (1016, 2**40, None),
    "float8": (1022, 1.5, None),
    "numeric": (1231, Decimal("12345.67"), 260),
    "text, ASCII": (1009, "hello world!", None),
    "text, other": (1009, "hellö wörld!", None),
    "bytea": (1001, b"hello world!", None),
    "date": (1182, dt.date(2024, 5, 1), None),
    "timestamp": (1115, dt.datetime(2024, 5, 1, 12), None),  # noqa: DTZ001 (naive)
    "timestamptz": (1185, dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC), 80),
    "interval": (1187, dt.timedelta(days=1, seconds=5), 60),
    "interval, months": (1187, Interval(months=1), None),
    "uuid": (2951, uuid.NAMESPACE_DNS, 100),
    "inet, with netmask": (1041, ipaddress.ip_interface("10.1.2.3/8"), 250),
    "inet, one host": (1041, ipaddress.ip_address("10.1.2.3"), None),
    "cidr": (651, ipaddress.ip_network("10.0.0.0/8"), None),
    "pg_lsn": (3221, Lsn(2**40), None),
    "jsonb": (3807, OBJECT, 800),
}


def main() -> int:
    """Print the table."""
    wanted = sys.argv[1:]
    print(f"{'ns per value':18}{'decode binary':>15}{'decode text':>13}{'encode':>9}{'goal':>7}")
    for name, (oid, value, goal) in CASES.items():
        if wanted and not any(name.startswith(word) for word in wanted):
            continue
        values = [value] * VALUES
        binary, text = encode(oid, values, 1), encode(oid, values, 0)
        cells = (
            _best(partial(decode, oid, binary, 1)),
            _best(partial(decode, oid, text, 0)),
            _best(partial(encode, oid, values, 1)),
        )
        shown = "" if goal is None else str(goal)
        print(f"{name:18}{cells[0]:15.0f}{cells[1]:13.0f}{cells[2]:9.0f}{shown:>7}")
    return 0


def _best(work: Callable[[], object]) -> float:
    work()
    costs = []
    for _ in range(ROUNDS):
        start = time.process_time_ns()
        work()
        costs.append(time.process_time_ns() - start)
    return min(costs) / VALUES


if __name__ == "__main__":
    sys.exit(main())
