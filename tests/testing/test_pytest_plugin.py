"""The plugin of pytest: runs of pytest in processes of their own, as a project would have them."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

import howdah
from tests.repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

pytest_plugins = ["pytester"]

CONFTEST = """
    import pytest
    from howdah.orm import Col, Model, col, identity

    class Author(Model):
        id: Col[int] = identity()
        name: Col[str] = col(unique=True)

    @pytest.fixture(scope="session")
    def howdah_models():
        return [Author]

    @pytest.fixture(scope="session")
    def howdah_prepare():
        return lambda conn: conn.execute("insert into author (name) values ('first')")
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run the tests of a project, with no other plugins than those named; all must pass."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("HOWDAH_TEST_URL", raising=False)

    def run(tests: str, *arguments: str, passed: int, plugins: tuple[str, ...] = ()) -> None:
        pytester.makeconftest(CONFTEST)
        pytester.makepyfile(tests)
        loaded = [word for name in ("howdah.pytest_plugin", *plugins) for word in ("-p", name)]
        result = pytester.runpytest_subprocess(
            *loaded, "-p", "no:cacheprovider", "-W", "error", *arguments
        )
        result.assert_outcomes(passed=passed)

    return run


def test_each_test_begins_anew(run: Callable[..., None], server_url: str) -> None:
    run(
        """
        import asyncio
        import pytest
        from conftest import Author
        from howdah import errors
        from howdah.orm import select

        NAMES = select(Author.name).order_by(Author.id)

        @pytest.mark.parametrize("turn", [1, 2])
        def test_sync(howdah_db, turn):
            assert howdah_db.fetch(NAMES) == ["first"]
            with howdah_db.tx() as tx:
                tx.insert(Author(name="second"))
            with pytest.raises(errors.UniqueViolation):
                howdah_db.insert(Author(name="second"))
            assert howdah_db.fetch(NAMES) == ["first", "second"]

        @pytest.mark.parametrize("turn", [1, 2])
        def test_async(howdah_async_db, turn):
            async def main():
                assert await howdah_async_db.fetch(NAMES) == ["first"]
                async with howdah_async_db.tx() as tx:
                    await tx.insert(Author(name="second"))
                assert await howdah_async_db.fetch(NAMES) == ["first", "second"]
            asyncio.run(main())

        def test_never_used(howdah_db, howdah_async_db):
            pass
        """,
        f"--howdah-url={server_url}",
        passed=5,
    )
    with howdah.connect(server_url) as conn:
        left = "select datname from pg_database where datname like 'howdah\\_test\\_%\\_%'"
        assert conn.fetch(left) == [], "the run's database was dropped"


ASYNC_TESTS = """
    import pytest
    from conftest import Author
    from howdah.orm import select

    pytestmark = pytest.mark.{mark}

    @pytest.mark.parametrize("turn", [1, 2])
    async def test_async(howdah_async_db, turn):
        await howdah_async_db.insert(Author(name="second"))
        assert await howdah_async_db.fetch(select(Author).count()) == 2
"""


def test_with_pytest_asyncio(run: Callable[..., None], server_url: str) -> None:
    pytest.importorskip("pytest_asyncio", reason="the package pytest-asyncio is not installed")
    run(
        ASYNC_TESTS.format(mark="asyncio"),
        f"--howdah-url={server_url}",
        "-o",
        "asyncio_default_fixture_loop_scope=function",
        passed=2,
        plugins=("pytest_asyncio.plugin",),
    )


def test_with_anyio(run: Callable[..., None], server_url: str) -> None:
    tests = ASYNC_TESTS.format(mark="anyio") + (
        "\n    @pytest.fixture\n    def anyio_backend():\n        return 'asyncio'\n"
    )
    run(tests, "-o", f"howdah_url={server_url}", passed=2, plugins=("anyio.pytest_plugin",))


def test_nothing_is_imported_before_it_is_asked_for(run: Callable[..., None]) -> None:
    run(
        """
        import sys

        def test_of_something_else():
            loaded = [name for name in sys.modules if name.startswith("howdah")]
            assert sorted(loaded) == ["howdah", "howdah.errors", "howdah.pytest_plugin"]
        """,
        "--noconftest",
        passed=1,
    )


@pytest.mark.slow
def test_an_embedded_server_is_started_on_request(run: Callable[..., None]) -> None:
    run(
        """
        def test_one(howdah_db, howdah_url):
            assert howdah_db.fetch_value("select count(*) from author") == 1
            assert "howdah_test_" in howdah_url
            assert howdah_db.fetch_value("show fsync") == "off"
        """,
        passed=1,
    )


def test_the_plugin_is_registered() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"howdah": "howdah.pytest_plugin"}


def test_migrations_make_the_database(
    run: Callable[..., None], pytester: pytest.Pytester, server_url: str
) -> None:
    folder = pytester.mkdir("migrations")
    (folder / "0001_shelf.sql").write_text("create table shelf (id int);")
    run(
        """
        import pytest

        @pytest.fixture(scope="session")
        def howdah_migrations():
            return "migrations"

        def test_both(howdah_db):
            assert howdah_db.fetch_value("select count(*) from shelf") == 0
            assert howdah_db.fetch_value("select name from author") == "first"
        """,
        f"--howdah-url={server_url}",
        passed=1,
    )
