"""A run that stops in the middle: what it says, and what `status` says of it then."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import howdah
from howdah import migrations
from howdah.migrations import Busy, MigrationError, _command, api
from howdah.migrations._deploying import KEY
from tests.migrations.conftest import Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.migrations.conftest import Project

BATCHES = """-- howdah: step migrate, batches of 10 by id
update t set n = 1"""


class Interrupting(Told):
    """Presses Ctrl-C as soon as a batch has been committed."""

    def progress(self, text: str) -> None:
        """Interrupt."""
        super().progress(text)
        if " rows" in text:
            raise KeyboardInterrupt


@pytest.fixture
def interrupted(project: Project) -> Project:
    project.execute(
        "create table t (id int primary key, n int)",
        "insert into t select generate_series(1, 30)",
    )
    project.write("0001_n", f"create table other ();\n{BATCHES}")
    project.told = Interrupting()
    with pytest.raises(KeyboardInterrupt):
        project.up()
    return project


def test_ctrl_c_in_a_backfill_says_what_stays(interrupted: Project) -> None:
    told = "stopped in step 2: step 1 is done, and 10 rows of step 2"
    assert interrupted.told.lines[-1] == told
    with pytest.raises(KeyboardInterrupt):
        interrupted.up()
    assert interrupted.told.lines[-1] == told.replace("10 rows", "20 rows")
    interrupted.told = Told()
    interrupted.up()
    assert interrupted.value("select count(*) from t where n = 1") == 30


def test_status_says_how_far_it_came_and_how_to_go_on(
    interrupted: Project,
    connected: Callable[[], howdah.Connection],
    capsys: pytest.CaptureFixture[str],
) -> None:
    [status] = migrations.status(settings=interrupted.settings)
    assert (status.state, status.steps_done, status.rows) == ("partial", 1, 10)
    given = {"command": "status", "url": interrupted.url, "folder": str(interrupted.folder)}
    arguments = json.dumps({**given, "format": "text"})
    assert _command.run(arguments) == _command.PENDING
    answer = capsys.readouterr()
    assert "partial (1 of 2 steps, 10 rows of the next), waits for migrate" in answer.out
    assert answer.err == "`howdah migrate up --phase migrate` goes on with `0001_n`\n"
    other = connected()
    other.fetch("select pg_advisory_lock($1)", KEY)
    _command.run(arguments)
    assert f"a deploy is going on (pid {other.backend_pid}, " in capsys.readouterr().err
    assert api.running(interrupted.settings) is not None


def test_a_lost_connection_says_when_to_go_on(project: Project) -> None:
    project.write("0001_a", "select pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(MigrationError, match="step 1 failed: terminating connection") as raised:
        project.up()
    assert raised.value.hint == (
        "no step is done; run it again when the server can be reached: it goes on with this step"
    )


def test_a_concurrent_build_waits_no_longer_than_there_is_patience(
    project: Project, connected: Callable[[], howdah.Connection]
) -> None:
    project.execute("create table t (id int)")
    project.write("0001_i", "create index concurrently t_id on t (id)")
    project.settings = replace(project.settings, patience=0.2)
    other = connected()
    with other.transaction():
        other.execute("insert into t values (1)")
        with pytest.raises(Busy, match=r"no lock within 0\.2 s, once"):
            project.up()
    project.settings = replace(project.settings, patience=60.0)
    assert project.up() == ["0001_i"]


def test_python_without_a_way_back_says_how_to_write_one(project: Project) -> None:
    project.write(
        "0001_a.py",
        "from howdah.migrations import DataMigration\nmigration = DataMigration()\n"
        "@migration.up\ndef nothing(conn): pass\n",
    )
    project.up()
    with pytest.raises(MigrationError, match=r"it has no `@migration\.down`") as raised:
        project.down()
    assert "`undo_nothing=True`" in (raised.value.hint or "")
