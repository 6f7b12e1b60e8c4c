"""Write `crates/howdah-sql/src/builtin/`: what PostgreSQL's own functions and casts are.

Three tables are read from the catalog of a real server, so that nobody keeps 2,000 names by hand:
how volatile each function is that SQL can call (`functions.rs`), which types there are (`types.rs`),
and which are stored alike, so that changing one to the other writes no row anew (`casts.rs`).

    python tools/generate_builtins.py --url postgresql://localhost/postgres          # write
    python tools/generate_builtins.py --url postgresql://localhost/postgres --check  # fail if stale
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "crates/howdah-sql/src/builtin"

#: Name and volatility, the worst of the functions of a name: of two arguments `ts_rewrite` runs a query.
FUNCTIONS = """\
select proname::text, max(case provolatile when 'i' then 'Immutable' when 's' then 'Stable' end collate "C")
           filter (where provolatile <> 'v') as calm,
       bool_or(provolatile = 'v') as volatile
from pg_catalog.pg_proc
where pronamespace = 'pg_catalog'::regnamespace and prokind = 'f' and oid < 10000
      and prorettype::regtype::text not in ('internal', 'trigger', 'event_trigger', 'cstring')
      and not exists (select from unnest(proargtypes) t
                      where t::regtype::text in ('internal', 'cstring'))
group by proname order by proname collate "C\""""

#: Source, target, and whether b-tree indexes sort both with one operator class. As
#: `GetDefaultOpClass` does it, a class for the type itself comes first, then one for a preferred type
#: that it is stored like.
CASTS = """\
with class as (
    select t.oid as type,
           (select o.oid from pg_catalog.pg_opclass o
            where o.opcmethod = (select oid from pg_catalog.pg_am where amname = 'btree') and o.opcdefault
                  and (o.opcintype = t.oid
                       or exists (select from pg_catalog.pg_cast c
                                  where c.castsource = t.oid and c.casttarget = o.opcintype
                                        and c.castmethod = 'b' and c.castcontext = 'i'))
            order by o.opcintype = t.oid desc,
                     (select typispreferred from pg_catalog.pg_type where oid = o.opcintype) desc
            limit 1) as class
    from pg_catalog.pg_type t)
select s.typname::text, t.typname::text, coalesce(sc.class = tc.class, false)
from pg_catalog.pg_cast c
join pg_catalog.pg_type s on s.oid = c.castsource
join pg_catalog.pg_type t on t.oid = c.casttarget
join class sc on sc.type = s.oid
join class tc on tc.type = t.oid
where c.castmethod = 'b' and c.oid < 16384
order by s.typname::text collate "C", t.typname::text collate "C\""""

#: Types that a column can have, without arrays, row types and domains.
TYPES = """\
select typname::text from pg_catalog.pg_type
where typnamespace = 'pg_catalog'::regnamespace and typtype in ('b', 'r', 'm') and oid < 10000
      and typname not like '\\_%'
order by typname collate "C\""""

FUNCTIONS_HEADER = """\
//! The functions of PostgreSQL {major}. Written by `tools/generate_builtins.py`; not by hand.

use crate::ast::Volatility::{{self, Immutable, Stable, Volatile}};

/// Every function that SQL can call, in the order of names, with the worst volatility of those
/// that share one.
#[rustfmt::skip] // a line for each
pub(super) const FUNCTIONS: &[(&str, Volatility)] = &[
"""

CASTS_HEADER = """\
//! The casts of PostgreSQL {major} that change no byte. Written by `tools/generate_builtins.py`; not
//! by hand.

/// From, to, and whether b-tree indexes sort both alike; in the order of names.
#[rustfmt::skip] // a line for each
pub(super) const CASTS: &[(&str, &str, bool)] = &[
"""


TYPES_HEADER = """\
//! The types of PostgreSQL {major}. Written by `tools/generate_builtins.py`; not by hand.

/// Every base type, range and multirange, in the order of names.
#[rustfmt::skip] // a line for each
pub(super) const TYPES: &[&str] = &[
"""


def render_types(rows: list[list[str]], major: int) -> str:
    """The text of `types.rs` for the answer of `TYPES`."""
    lines = [f'    "{name}",\n' for (name,) in rows]
    return TYPES_HEADER.format(major=major) + "".join(lines) + "];\n"


def render_functions(rows: list[list[str]], major: int) -> str:
    """The text of `functions.rs` for the answer of `FUNCTIONS`."""
    lines = [
        f'    ("{name}", {"Volatile" if volatile == "t" else calm}),\n'
        for name, calm, volatile in rows
    ]
    return FUNCTIONS_HEADER.format(major=major) + "".join(lines) + "];\n"


def render_casts(rows: list[list[str]], major: int) -> str:
    """The text of `casts.rs` for the answer of `CASTS`."""
    lines = [
        f'    ("{source}", "{target}", {"true" if alike == "t" else "false"}),\n'
        for source, target, alike in rows
    ]
    return CASTS_HEADER.format(major=major) + "".join(lines) + "];\n"


def _ask(psql: str, url: str, query: str) -> list[list[str]]:
    command = [psql, "--no-psqlrc", "-AtF", "\t", "-d", url, "-c", query]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return [line.split("\t") for line in answer.stdout.splitlines()]


def main() -> int:
    """Write the tables, or with `--check` compare them; 1 if one is stale."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", required=True, help="a PostgreSQL 18 server")
    parser.add_argument("--psql", default="psql", help="the psql program to ask with")
    parser.add_argument("--check", action="store_true", help="change nothing, fail if stale")
    options = parser.parse_args()

    major = int(_ask(options.psql, options.url, "show server_version_num")[0][0]) // 10000
    fresh = {
        "functions.rs": render_functions(_ask(options.psql, options.url, FUNCTIONS), major),
        "types.rs": render_types(_ask(options.psql, options.url, TYPES), major),
        "casts.rs": render_casts(_ask(options.psql, options.url, CASTS), major),
    }
    if not options.check:
        for name, text in fresh.items():
            (FOLDER / name).write_text(text)
        return 0
    stale = [name for name, text in fresh.items() if (FOLDER / name).read_text() != text]
    for name in stale:
        print(f"{FOLDER / name} is stale: run tools/generate_builtins.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
