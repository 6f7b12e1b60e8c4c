"""How fast a server reads, indexes and rewrites a table.

    python tools/measure_work.py [MILLIONS OF ROWS]

IO: a cluster of its own, deleted afterwards. Everything is in memory and nothing else runs, so a
production server is rarely faster. `crates/howdah-sql/src/lint/duration.rs` holds what it printed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import howdah
import howdah.server

SETTINGS = {"shared_buffers": "2GB", "max_wal_size": "8GB", "max_parallel_maintenance_workers": "0"}


def main() -> None:
    """Measure and print."""
    rows = int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 5_000_000
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = howdah.server.start(str(Path(folder) / "cluster"), settings=SETTINGS)
        try:
            with howdah.connect(server.url) as connection:
                _measure(connection, rows)
        finally:
            server.destroy()


def _measure(connection: howdah.Connection, rows: int) -> None:
    connection.execute("create table work (id bigint, n int, code int, filler text)")
    connection.execute(
        "insert into work select i, i, hashint8(i), repeat('x', 52) from generate_series(1, $1) i",
        rows,
    )
    connection.commit()
    connection.autocommit = True
    connection.execute("vacuum (freeze, analyze) work")
    size = connection.fetch_value("select pg_relation_size('work')")
    print(f"{rows:,} rows of {size / rows:.0f} bytes")
    scan = _timed(connection, "alter table work add constraint c check (n > 0)")
    print(f"scan     {size / scan / 1e6:8.0f} MB/s")
    build = _timed(connection, "create index work_code on work (code)")
    print(f"build    {rows / max(build - scan, 1e-9) / 1e6:8.2f} million rows/s beyond the scan")
    connection.execute("alter table work drop constraint c")
    indexes = connection.fetch_value("select pg_indexes_size('work')")
    indexed = _timed(connection, "alter table work alter column n type bigint")
    connection.execute("drop index work_code")
    size = connection.fetch_value("select pg_relation_size('work')")
    bare = _timed(connection, "alter table work alter column n type int")
    print(f"rewrite  {size / bare / 1e6:8.0f} MB/s")
    print(f"  index  {indexes / max(indexed - bare, 1e-9) / 1e6:8.0f} MB/s beyond the rewrite")


def _timed(connection: howdah.Connection, statement: str) -> float:
    began = time.perf_counter()
    connection.execute(statement)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
