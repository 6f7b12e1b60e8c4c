"""`make test-sqlalchemy`: SQLAlchemy's suite on howdah, sync and asyncio, and on psycopg 3.

All on one server, one after the other. The exit code counts the worlds, sync and asyncio, where a
test fails, or is skipped, on howdah that does not on psycopg.
"""

from __future__ import annotations

import sys

from tests.integrations.sqlalchemy import published

DRIVERS = ("howdah", "howdah_async")
REFERENCES = {"howdah": "psycopg", "howdah_async": "psycopg_async"}


def main() -> int:
    """Run, print and compare."""
    options = sys.argv[1:]
    drivers = [*DRIVERS, *REFERENCES.values()]
    with published.start_server() as server:
        outcomes = {driver: published.run(driver, server.url, options) for driver in drivers}
    print()
    for outcome in outcomes.values():
        print(outcome)
    return sum(worse(outcomes[driver], outcomes[REFERENCES[driver]]) for driver in DRIVERS)


def worse(ours: published.Outcome, reference: published.Outcome) -> bool:
    """Print where ours does less than the reference; whether it does anywhere."""
    failed = sorted(set(ours.failed) - set(reference.failed))
    missing = sorted(reference.passed - ours.passed - set(ours.failed))
    for name in failed:
        print(f"{ours.driver}: fails only here: {name}: {ours.failed[name]}")
    for name in missing:
        print(f"{ours.driver}: runs only on {reference.driver}: {name}")
    for name in sorted(set(reference.failed) - set(ours.failed)):
        print(f"{ours.driver}: passes, fails on {reference.driver}: {name}")
    return bool(failed or missing)


if __name__ == "__main__":
    sys.exit(main())
