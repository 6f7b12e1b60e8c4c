"""Write `crates/howdah-python/src/types/oids.rs`, the table of PostgreSQL's built-in types.

The table is read from `pg_type` of a real server, so nobody keeps 170 numbers by hand. OIDs under
10,000 are assigned by hand in PostgreSQL's sources and never change; those above are given out by
initdb, so types that live there (row types of the catalogue, `information_schema`'s domains) are
found at run time instead.

    python tools/generate_types.py --url postgresql://localhost/postgres          # write
    python tools/generate_types.py --url postgresql://localhost/postgres --check  # fail if stale
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TARGET = Path(__file__).parent.parent / "crates/howdah-python/src/types/oids.rs"

#: One row per type: oid, name, kind, part (element, subtype or range), delimiter of elements.
QUERY = """\
select t.oid::int8, t.typname::text,
       case when t.typname in ('int2vector', 'oidvector') then 'vector'
            when t.typname like '\\_%' and t.typelem <> 0 then 'array'
            when t.typtype = 'r' then 'range'
            when t.typtype = 'm' then 'multirange'
            when t.typtype = 'p' then 'pseudo'
            else 'base' end as kind,
       coalesce(r.rngsubtype, m.rngtypid, t.typelem)::int8 as part,
       coalesce(e.typdelim, ',')::text as delimiter
from pg_catalog.pg_type t
left join pg_catalog.pg_range r on r.rngtypid = t.oid
left join pg_catalog.pg_range m on m.rngmultitypid = t.oid
left join pg_catalog.pg_type e on e.oid = t.typelem
where t.oid < 10000 and t.typtype <> 'c' and coalesce(e.typtype, 'b') <> 'c'
order by t.oid"""

HEADER = """\
//! The built-in types of PostgreSQL {major}. Written by `tools/generate_types.py`; not by hand.

use super::builtin::{{Row, array, base, multirange, pseudo, range, vector}};

/// Every type whose OID PostgreSQL's sources assign, in the order of OIDs.
pub(super) const ROWS: &[Row] = &[
"""

TypeRow = tuple[int, str, str, int, str]


def render(rows: Iterable[TypeRow], major: int) -> str:
    """The text of `oids.rs` for the answer of `QUERY` on a server of version `major`."""
    lines = [f"    {_call(*row)},\n" for row in rows]
    return HEADER.format(major=major) + "".join(lines) + "];\n"


def _call(oid: int, name: str, kind: str, part: int, delimiter: str) -> str:
    match kind:
        case "array":
            return f"array({oid}, {part}, b'{delimiter}')"
        case "range" | "multirange" | "vector":
            return f'{kind}({oid}, "{name}", {part})'
        case _:
            return f'{kind}({oid}, "{name}")'


def _ask(psql: str, url: str, query: str) -> list[list[str]]:
    command = [psql, "--no-psqlrc", "-AtF", "\t", "-d", url, "-c", query]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return [line.split("\t") for line in answer.stdout.splitlines()]


def main() -> int:
    """Write the table, or with `--check` compare it; 1 if it is stale."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", required=True, help="a PostgreSQL 18 server")
    parser.add_argument("--psql", default="psql", help="the psql program to ask with")
    parser.add_argument("--check", action="store_true", help="change nothing, fail if stale")
    options = parser.parse_args()

    version = int(_ask(options.psql, options.url, "show server_version_num")[0][0])
    rows = [
        (int(oid), name, kind, int(part), delimiter)
        for oid, name, kind, part, delimiter in _ask(options.psql, options.url, QUERY)
    ]
    fresh = render(rows, version // 10000)
    if not options.check:
        TARGET.write_text(fresh)
        return 0
    if TARGET.read_text() == fresh:
        return 0
    print(f"{TARGET} is stale: run tools/generate_types.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
