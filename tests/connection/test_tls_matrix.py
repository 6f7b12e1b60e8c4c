"""Each `sslmode` before each kind of server, each way to log in, and a man in the middle."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import pytest

import howdah
import howdah.server
from howdah import errors
from tests import servers
from tests.conftest import Connector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HBA = """
hostssl   all tls_only   all trust
hostnossl all plain_only all trust
host      all either     all trust
host      all by_password all password
host      all by_md5     all md5
host      all by_scram   all scram-sha-256
hostssl   all by_cert    all cert
host      all tls_only,plain_only,by_cert all reject
"""
ROLES = """
create role tls_only login; create role plain_only login; create role either login;
create role by_password login password 'secret'; create role by_scram login password 'secret';
create role by_cert login;
set password_encryption = md5; create role by_md5 login password 'secret';
"""
SUBJECTS = {"server": "localhost", "by_cert": "by_cert", "either": "either"}
NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
SSL_REQUEST = b"\0\0\0\x08\x04\xd2\x16\x2f"


@dataclass(frozen=True)
class Guarded:
    """A server with TLS and the folder of its certificates, such as `ca.pem`."""

    url: str
    folder: Path

    def options(self, **options: Any) -> dict[str, Any]:
        """Options for a host whose certificate is checked where `sslmode` says so."""
        checked = {"sslrootcert": self.folder / "ca.pem"}
        return {"host": "localhost", "hostaddr": "127.0.0.1", "password": "", **checked, **options}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, what it has signed, and another authority with a server of its own."""
    folder = tmp_path_factory.mktemp("certificates")
    try:
        for authority, subjects in (("ca", SUBJECTS), ("stranger", {"impostor": "localhost"})):
            openssl(folder, f"req -x509 {NEW_KEY} -subj /CN={authority}", authority)
            signer = f"-CA {authority}.pem -CAkey {authority}.key"
            for name, subject in subjects.items():
                alternative = f"-addext subjectAltName=DNS:{subject}"
                command = f"req -x509 {NEW_KEY} -subj /CN={subject} {alternative} {signer}"
                openssl(folder, f"{command} -addext basicConstraints=critical,CA:false", name)
    except FileNotFoundError:
        pytest.skip("no `openssl` command to make certificates with")
    return folder


def openssl(folder: Path, command: str, name: str) -> None:
    """Run a command that makes `name.key` and `name.pem`."""
    arguments = ["openssl", *command.split(), "-keyout", f"{name}.key", "-out", f"{name}.pem"]
    subprocess.run(arguments, cwd=folder, capture_output=True, check=True)
    (folder / f"{name}.key").chmod(0o600)


@pytest.fixture(scope="module")
def guarded(certificates: Path) -> Iterator[Guarded]:
    """The system's server with TLS, and a role for each way in."""
    programs = servers.system_programs()
    if programs is None:
        pytest.skip("no PostgreSQL under /usr/lib/postgresql: as root, `make system` installs it")
    files = {
        "server.crt": (certificates / "server.pem").read_bytes(),
        "server.key": (certificates / "server.key").read_bytes(),
        "ca.crt": (certificates / "ca.pem").read_bytes(),
    }
    with howdah.server.start(
        bindir=programs.bindir,
        user="postgres",
        database="postgres",
        password=servers.PASSWORD,
        settings={"ssl": True, "ssl_ca_file": "ca.crt"},
        files=files,
        hba=HBA,
    ) as server:
        with howdah.connect(server.url) as admin:
            admin.execute(ROLES)
        yield Guarded(server.url, certificates)


OFFERS = ("tls_only", "plain_only", "either", "none")
OUTCOMES = {
    "disable": (None, False, False, False),
    "allow": (True, False, False, False),
    "prefer": (True, False, True, False),
    "require": (True, None, True, None),
    "verify-ca": (True, None, True, None),
    "verify-full": (True, None, True, None),
}
"""Whether TLS protects the connection, for each offer; None where there is no connection."""


@pytest.mark.parametrize("sslmode", OUTCOMES)
@pytest.mark.parametrize("offer", OFFERS)
async def test_each_mode_before_each_offer(
    guarded: Guarded, database: str, world: str, sslmode: str, offer: str
) -> None:
    """`none` is a server without TLS; the embedded one has none."""
    expected = OUTCOMES[sslmode][OFFERS.index(offer)]
    if offer == "none":
        connector, options = Connector(world, database), {"sslrootcert": guarded.folder / "ca.pem"}
    else:
        connector, options = Connector(world, guarded.url), guarded.options(user=offer)
    if expected is None:
        with pytest.raises(errors.OperationalError):
            await connector(sslmode=sslmode, **options)
        return
    async with await connector(sslmode=sslmode, **options) as conn:
        assert conn.tls is expected


@pytest.mark.parametrize("sslmode", ["disable", "require"])
@pytest.mark.parametrize("role", ["by_password", "by_md5", "by_scram"])
async def test_each_way_to_log_in(guarded: Guarded, world: str, role: str, sslmode: str) -> None:
    connector = Connector(world, guarded.url)
    options = guarded.options(user=role, sslmode=sslmode)
    async with await connector(**{**options, "password": "secret"}) as conn:
        assert await conn.fetch_value("select current_user::text") == role
    with pytest.raises(errors.InvalidPassword) as caught:
        await connector(**{**options, "password": "not it"})
    assert "not it" not in str(caught.value)


async def test_a_certificate_instead_of_a_password(guarded: Guarded, world: str) -> None:
    connector, folder = Connector(world, guarded.url), guarded.folder
    options = guarded.options(user="by_cert", sslmode="verify-full")
    own = {"sslcert": folder / "by_cert.pem", "sslkey": folder / "by_cert.key"}
    async with await connector(**options, **own) as conn:
        assert await conn.fetch_value("select current_user::text") == "by_cert"
    another = {"sslcert": folder / "either.pem", "sslkey": folder / "either.key"}
    for credentials in ({}, another):
        with pytest.raises(errors.OperationalError):
            await connector(**options, **credentials)


async def test_scram_bound_to_its_channel(guarded: Guarded, world: str) -> None:
    connector = Connector(world, guarded.url)
    bound = {"channel_binding": "require", "sslmode": "verify-full", "password": "secret"}
    async with await connector(**{**guarded.options(user="by_scram"), **bound}) as conn:
        assert conn.tls
    for role, sslmode in (("by_scram", "disable"), ("by_md5", "require"), ("either", "require")):
        options = {**guarded.options(user=role), **bound, "sslmode": sslmode}
        with pytest.raises(errors.OperationalError, match="channel"):
            await connector(**options)


class Impostor:
    """Ends TLS with a certificate of its own and passes on all that is said under it."""

    def __init__(self, port: int, certificate: Path) -> None:
        self._port = port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        # whoever finds out hangs up
        with contextlib.suppress(OSError), plain:
            assert plain.recv(8) == SSL_REQUEST
            plain.sendall(b"S")
            with self._context.wrap_socket(plain, server_side=True) as client:
                self._pass_on(client)

    def _pass_on(self, client: ssl.SSLSocket) -> None:
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self._port)) as plain:
            plain.sendall(SSL_REQUEST)
            assert plain.recv(1) == b"S"
            with trusting.wrap_socket(plain) as server:
                back = threading.Thread(target=relay, args=(server, client), daemon=True)
                back.start()
                relay(client, server)
                back.join(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()


def relay(source: socket.socket, sink: socket.socket) -> None:
    """Carry bytes until either end is gone."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            sink.sendall(chunk)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def impostor(guarded: Guarded) -> Iterator[Impostor]:
    """A man in the middle."""
    port = int(guarded.url.rpartition(":")[2].partition("/")[0])
    with Impostor(port, guarded.folder / "impostor.pem") as running:
        yield running


@pytest.mark.parametrize(
    ("options", "found_out"),
    [
        ({"sslmode": "verify-full"}, "certificate"),
        ({"sslmode": "verify-ca"}, "certificate"),
        (
            {"sslmode": "require", "channel_binding": "require", "sslrootcert": ""},
            "channel binding",
        ),
        ({"sslmode": "require", "sslrootcert": ""}, "channel binding"),
    ],
)
async def test_a_man_in_the_middle_is_found_out(
    guarded: Guarded, impostor: Impostor, world: str, options: dict[str, str], found_out: str
) -> None:
    connector = Connector(world, guarded.url)
    login = guarded.options(user="by_scram", port=impostor.port)
    with pytest.raises(errors.OperationalError, match=found_out):
        await connector(**{**login, "password": "secret", **options})


async def test_who_checks_nothing_finds_nothing(
    guarded: Guarded, impostor: Impostor, world: str
) -> None:
    """The counter-check: the man in the middle does carry a session."""
    login = guarded.options(user="by_scram", port=impostor.port, channel_binding="disable")
    careless = {**login, "password": "secret", "sslmode": "require", "sslrootcert": ""}
    async with await Connector(world, guarded.url)(**careless) as conn:
        assert await conn.fetch_value("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
