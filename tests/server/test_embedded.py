"""`howdah.server`: servers inside Python programs."""

from __future__ import annotations

import gc
import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import howdah.server
from howdah import errors
from howdah.server import ServerError
from tests.server.conftest import is_alive

# A program that starts a temporary server, tells where, and ends as the argument says.
PROGRAM = """
import json, os, signal, sys
import howdah.server
server = howdah.server.start()
print(json.dumps([server.pid, str(server.data)]), flush=True)
match sys.argv[1]:
    case "end": pass
    case "raise": raise SystemExit(3)
    case "die": os.kill(os.getpid(), signal.SIGKILL)
    case "fork":
        if os.fork() == 0:
            server.close()
            sys.exit(0)
        os.wait()
        print(server.state, flush=True)
"""


def query(server: howdah.server.Server, sql: str) -> str:
    """One answer by psql, so that these tests need no driver."""
    psql = Path(howdah.server.package_bindirs()[0]) / "psql"
    done = subprocess.run(
        [psql, "-X", "-Atc", sql, server.url], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def state(server: howdah.server.Server) -> str:
    """The state, of which a type checker does not think that it stays."""
    return server.state


def test_a_temporary_server_lives_as_long_as_its_context() -> None:
    with howdah.server.start(settings={"work_mem": "77MB", "jit": False}) as server:
        assert (server.state, server.temporary, server.made, server.launched) == (
            "running",
            True,
            True,
            True,
        )
        assert query(server, "select current_setting('work_mem'), current_setting('jit')") == (
            "77MB|off"
        )
        assert query(server, "show server_version").startswith(server.version)
        assert server.url == (
            f"postgresql://howdah:{server.password}@127.0.0.1:{server.port}/howdah"
        )
        assert server.password not in repr(server)
        assert (server.pgdata / "PG_VERSION").exists()
        assert "ready to accept connections" in server.logs(1)
        pid, data = server.pid, server.data
    assert (server.state, is_alive(pid), data.exists()) == ("destroyed", False, False)
    server.close()


@pytest.mark.parametrize(("how", "code"), [("end", 0), ("raise", 3), ("die", -9), ("fork", 0)])
def test_a_temporary_server_never_outlives_its_program(how: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, how],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, "")
    pid, data = json.loads(done.stdout.splitlines()[0])
    deadline = time.monotonic() + 10
    while is_alive(pid) or Path(data).exists():
        # a killed program cannot wait for its server's end; all others must have
        assert how == "die", f"server {pid} or {data} is left after `{how}`"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    if how == "fork":
        assert done.stdout.splitlines()[1] == "running", "a forked child ended the server"


def test_a_forgotten_temporary_server_is_stopped() -> None:
    server = howdah.server.start()
    pid, data = server.pid, server.data
    del server
    gc.collect()
    assert not is_alive(pid)
    assert not data.exists()


def test_kept_files_of_a_temporary_server_can_be_started_again() -> None:
    with howdah.server.start(keep=True) as server:
        query(server, "create table t as select 7 as x")
    assert server.state == "stopped"
    with howdah.server.start(server.data) as again:
        assert query(again, "select x from t") == "7"
        again.destroy()
    assert not again.data.exists()


def test_a_cluster_with_a_directory_stays(home: Path) -> None:
    with howdah.server.start(home) as first:
        query(first, "create table t as select 7 as x")
        with howdah.server.start(home) as second:
            assert (second.pid, second.launched, second.made) == (first.pid, False, False)
        assert state(first) == "running", "who only attached must not stop the server"
    assert state(first) == "stopped"
    server = howdah.server.start(home)
    assert query(server, "select x from t") == "7"
    assert server.stop() is True
    assert server.stop() is False
    with howdah.server.start(home, keep=True) as kept:
        pass
    assert state(kept) == "running"
    assert kept.stop("immediate")
    with pytest.raises(ValueError, match="no stop mode `gently`"):
        kept.stop("gently")  # type: ignore[arg-type]


def test_a_stopped_temporary_server_keeps_its_data_until_the_end() -> None:
    with howdah.server.start() as server:
        assert server.stop("immediate") is True
        assert (state(server), server.pgdata.exists()) == ("stopped", True)
    assert (state(server), server.data.exists()) == ("destroyed", False)


def test_errors_have_a_kind_and_a_cure(home: Path, folder: Path) -> None:
    with pytest.raises(ServerError, match="no program `postgres`") as caught:
        howdah.server.start(home, bindir=folder)
    error = caught.value
    assert isinstance(error, errors.OperationalError)
    assert (error.kind, error.hint) == (
        "programs",
        "name the folder that holds both `postgres` and `initdb`",
    )
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.kind) == (str(error), "programs")

    (folder / "mine.txt").write_text("x")
    with pytest.raises(ServerError, match=r"`mine\.txt`") as caught:
        howdah.server.start(folder)
    assert caught.value.kind == "foreign"
    with pytest.raises(ServerError, match="not empty") as caught:
        howdah.server.start(folder, temporary=True)
    assert sorted(folder.iterdir()) == [folder / "mine.txt"]


def test_choices_for_a_new_cluster() -> None:
    with howdah.server.start(
        user="amy",
        password="s3:/ü",
        database="shop",
        auth="md5",
        hba="host all mallory all reject",
        files={"note.txt": b"hello"},
    ) as server:
        assert (server.user, server.password, server.database) == ("amy", "s3:/ü", "shop")
        assert query(server, "select current_user || current_database()") == "amyshop"
        assert query(server, "select pg_read_file('note.txt')") == "hello"
        assert (server.pgdata / "note.txt").stat().st_mode & 0o777 == 0o600
        assert query(server, "select auth_method from pg_hba_file_rules limit 1") == "reject"


def test_what_happens_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "howdah.server"), howdah.server.start() as server:
        said = caplog.text
        assert server.password not in said
    assert "using PostgreSQL" in said
    assert "started on port" in said


def test_an_interrupt_ends_a_start_and_leaves_nothing() -> None:
    program = """
import signal, sys, threading, os, time
import howdah.server
def interrupt(message, *args):
    if "making" in message:
        os.kill(os.getpid(), signal.SIGINT)
import logging
logging.getLogger("howdah.server").setLevel(logging.INFO)
class Handler(logging.Handler):
    def emit(self, record): interrupt(record.getMessage())
logging.getLogger("howdah.server").addHandler(Handler())
try:
    howdah.server.start(sys.argv[1], temporary=True)
except KeyboardInterrupt:
    print("interrupted", os.path.exists(sys.argv[1]))
"""
    home = f"/tmp/howdah-interrupted-{os.getpid()}"
    done = subprocess.run(
        [sys.executable, "-c", program, home], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("interrupted False\n", "")


def test_a_signal_handler_runs_while_a_start_waits(home: Path) -> None:
    with howdah.server.start(home) as server:
        lock = (home / "lock").open("r+")
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX)  # as another process at work on the cluster

        def give_up(*_: object) -> None:
            raise InterruptedError("enough")

        before = signal.signal(signal.SIGALRM, give_up)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            with pytest.raises(InterruptedError, match="enough"):
                howdah.server.start(home)
        finally:
            signal.signal(signal.SIGALRM, before)
            lock.close()
        assert server.state == "running"
