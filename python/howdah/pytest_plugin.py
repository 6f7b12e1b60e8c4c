"""Fixtures of pytest: a database whose changes are rolled back after each test.

Loaded by pytest wherever howdah is installed, so it imports nothing until a fixture is asked for.
Does IO in fixtures. Invariant: a database that was there before the tests is neither written to nor
dropped: the tests have one of their own, with a new name, beside it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import howdah
    import howdah.server

_UNSAFE_BUT_QUICK = {"fsync": False, "synchronous_commit": False, "full_page_writes": False}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--howdah-url` and the ini option `howdah_url`."""
    text = "URL of the PostgreSQL server for tests; without one, an embedded server is started"
    parser.getgroup("howdah").addoption("--howdah-url", metavar="URL", help=text)
    parser.addini("howdah_url", text)


@pytest.fixture(scope="session")
def howdah_models() -> Sequence[Any]:
    """What `create_all` makes once for all tests: models, or modules of them. Yours to override."""
    return ()


@pytest.fixture(scope="session")
def howdah_migrations() -> str | os.PathLike[str] | None:
    """The folder of migrations to apply once for all tests, first of all. Yours to override."""
    return None


@pytest.fixture(scope="session")
def howdah_prepare() -> Callable[[howdah.Connection], object] | None:
    """Called once with a connection, after `create_all`: rows, settings. Yours to override."""
    return None


@pytest.fixture(scope="session")
def howdah_server_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a server: `--howdah-url`, `HOWDAH_TEST_URL`, `howdah_url`, or an embedded one."""
    given: str = (
        request.config.getoption("howdah_url")
        or os.environ.get("HOWDAH_TEST_URL", "")
        or request.config.getini("howdah_url")
    )
    if given:
        yield given
        return
    import howdah.server

    with howdah.server.start(settings=_UNSAFE_BUT_QUICK) as server:
        yield server.url


@pytest.fixture(scope="session")
def howdah_url(
    howdah_server_url: str,
    howdah_migrations: str | os.PathLike[str] | None,
    howdah_models: Sequence[Any],
    howdah_prepare: Callable[[howdah.Connection], object] | None,
) -> Iterator[str]:
    """The URL of a database for this run, migrated and with the tables of `howdah_models`.

    It is dropped at the end; until then, what is committed by other ways than the fixtures stays.
    """
    import howdah
    from howdah.orm import create_all
    from howdah.testing import made_database

    with made_database(howdah_server_url) as url:
        if howdah_migrations is not None:
            from howdah import migrations

            migrations.up(url, howdah_migrations)
        with howdah.connect(url) as conn:
            if howdah_models:
                create_all(conn, *howdah_models)
            if howdah_prepare is not None:
                howdah_prepare(conn)
        yield url


@pytest.fixture
def howdah_db(howdah_url: str) -> Iterator[howdah.Database]:
    """A `howdah.Database` for one test: whatever is done by it is rolled back after the test."""
    from howdah.testing import rolled_back

    with rolled_back(howdah_url) as database:
        yield database


@pytest.fixture
def howdah_async_db(howdah_url: str) -> Iterator[howdah.AsyncDatabase]:
    """A `howdah.AsyncDatabase` for one test, which is rolled back after the test.

    It belongs to the event loop on which it is first used; which plugin runs that, if any, does
    not matter.
    """
    from howdah.testing import rolled_back_async

    with rolled_back_async(howdah_url) as database:
        yield database
