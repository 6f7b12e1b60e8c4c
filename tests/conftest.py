"""Fixtures of the whole suite: servers, a fresh database per test, sync and asyncio in one body.

Does IO. Invariants: no test touches a server that this session did not start, and no test leaves
a connection behind: `database` fails the test that does.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import inspect
import platform
import signal
import subprocess
from typing import TYPE_CHECKING, Any, cast

import hypothesis
import pytest

import howdah
from howdah import _native
from tests import servers
from tests.both import Awaited
from tests.databases import fresh_database, make_template

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from pathlib import Path

# The same examples in every run, and no deadline on a machine with other work; other examples
# come with `--hypothesis-profile default`.
hypothesis.settings.load_profile("ci")


def pytest_configure() -> None:
    """Hear interrupts, and let the programs that tests start hear them.

    A shell starts what runs in its background with SIGINT ignored, which children inherit.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> list[str]:
    """Say what is tested, on what, against what."""
    found = {"main": servers.main_programs(), "system": servers.system_programs()}
    versions = [f"{kind}: {p.version if p else 'none'}" for kind, p in found.items()]
    version = importlib.metadata.version("howdah")
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return [
        f"howdah {version} ({_native.__file__}), {python}",
        "servers: " + ", ".join(versions),
    ]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of what an older PostgreSQL, asked for by the environment, does not have."""
    major = servers.main_programs().major
    for item in items:
        since = item.get_closest_marker("since")
        if since is not None and major < since.args[0]:
            reason = f"PostgreSQL {major}: this is there since {since.args[0]}"
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test on a loop of its own, with the connections that it asks for open."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(run_body(pyfuncitem.obj, {name: pyfuncitem.funcargs[name] for name in names}))
    return True


async def run_body(
    body: Callable[..., Coroutine[Any, Any, None]], arguments: dict[str, Any]
) -> None:
    """Await `body`; an argument that is a `Connecting` is a connection while it runs."""
    async with contextlib.AsyncExitStack() as stack:
        for name, value in arguments.items():
            if isinstance(value, Connecting):
                arguments[name] = await value.open(stack)
        await body(**arguments)


# --- servers -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The PostgreSQL that most tests run on; the URL of its `postgres` database."""
    with servers.start(servers.main_programs()) as server:
        make_template(server.url)
        yield server.url


@pytest.fixture(scope="session")
def system_server_url() -> Iterator[str]:
    """PostgreSQL of the system's packages: the one with OpenSSL, ICU and LLVM."""
    programs = servers.system_programs()
    if programs is None:
        pytest.skip("no PostgreSQL under /usr/lib/postgresql: as root, `make system` installs it")
    with servers.start(programs) as server:
        make_template(server.url)
        yield server.url


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for `localhost`, with its key beside it."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def tls_url(certificate: Path) -> Iterator[str]:
    """A server with TLS that checks passwords by SCRAM; the URL wants its certificate checked."""
    programs = servers.system_programs()
    if programs is None:
        pytest.skip("no PostgreSQL under /usr/lib/postgresql: as root, `make system` installs it")
    files = {
        "server.crt": certificate.read_bytes(),
        "server.key": certificate.with_suffix(".key").read_bytes(),
    }
    with howdah.server.start(
        bindir=programs.bindir, password=servers.PASSWORD, settings={"ssl": True}, files=files
    ) as server:
        yield f"{server.url}?sslmode=verify-full&sslrootcert={certificate}&hostaddr=127.0.0.1"


def make_certificate(folder: Path) -> Path:
    """Make `localhost.pem`, which signs itself, and `localhost.key`."""
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost "
        "-keyout localhost.key -out localhost.pem"
    )
    try:
        subprocess.run(command.split(), cwd=folder, capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("no `openssl` command to make certificates with")
    return folder / "localhost.pem"


# --- databases ---------------------------------------------------------------------------------


@pytest.fixture
def database(server_url: str) -> Iterator[str]:
    """The URL of a fresh database on the embedded server, dropped after the test."""
    yield from fresh_database(server_url)


@pytest.fixture
def system_database(system_server_url: str) -> Iterator[str]:
    """The URL of a fresh database on the system's server, dropped after the test."""
    yield from fresh_database(system_server_url)


# --- connections -------------------------------------------------------------------------------


@pytest.fixture
def sync_conn(database: str) -> Iterator[howdah.Connection]:
    """A sync connection to the test's own database."""
    with howdah.connect(database) as connection:
        yield connection


@pytest.fixture(params=["sync", "async"])
def world(request: pytest.FixtureRequest) -> str:
    """Run the test twice: `sync` and `async`."""
    return cast("str", request.param)


class Connector:
    """Opens connections of one world, all with the asyncio surface; closes what is left."""

    def __init__(self, world: str, url: str) -> None:
        self.world = world
        self.url = url

    async def __call__(self, **options: Any) -> howdah.AsyncConnection:
        """Connect to the test's database, with connection options as keywords."""
        if self.world == "async":
            return await howdah.connect_async(self.url, **options)
        return cast("howdah.AsyncConnection", Awaited(howdah.connect(self.url, **options)))


@pytest.fixture
def connector(world: str, database: str) -> Connector:
    """What opens connections to the test's database in the test's world."""
    return Connector(world, database)


class Connecting:
    """A connection to be opened on the loop of the test's body, which does not exist yet."""

    def __init__(self, connector: Connector) -> None:
        self.connector = connector

    async def open(self, stack: contextlib.AsyncExitStack) -> Any:
        """Open it; `stack` closes it."""
        return await stack.enter_async_context(await self.connector())


@pytest.fixture
def conn(connector: Connector) -> howdah.AsyncConnection:
    """One open connection, sync in one run of the test and asyncio in the other.

    The body is a coroutine function and awaits it in both.
    """
    return cast("howdah.AsyncConnection", Connecting(connector))
