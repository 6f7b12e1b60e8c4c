from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from howdah.migrations import MigrationError, Refused
from howdah.migrations._checking import check
from howdah.migrations._squashing import squashed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.migrations.conftest import Project


@pytest.fixture
def three(project: Project) -> Project:
    """Three migrations of DDL."""
    project.write("0001_a", "create table a (id int primary key);\n-- down\ndrop table a;")
    project.write("0002_b", "alter table a add b text;\n-- down\nalter table a drop b;")
    project.write(
        "0003_c", "create index concurrently a_b on a (b);\n-- down\ndrop index concurrently a_b;"
    )
    return project


def squash(project: Project, target: str | None = None, *, keep: bool = False) -> Path:
    made = squashed(project.settings, project.told, target, "squashed", keep_statements=keep)
    return made.write(project.folder)


def test_a_new_database_runs_the_new_one_only(three: Project) -> None:
    path = squash(three)
    assert path.name == "0004_squashed.sql"
    assert "-- replaces: 0001_a, 0002_b, 0003_c" in path.read_text()
    assert three.up() == ["0004_squashed"]
    assert three.value("select count(*) from pg_indexes where indexname in ('a_pkey', 'a_b')") == 2
    assert three.states() == {"0004_squashed": "applied"}
    assert three.down() == ["0004_squashed"]
    assert three.value("select to_regclass('a')") is None


def test_a_database_that_has_the_old_ones_runs_nothing(three: Project) -> None:
    three.up()
    squash(three)
    assert three.states() == {"0004_squashed": "applied"}
    three.settings = replace(three.settings, models=())
    assert check(three.settings, three.told).findings == []
    three.write("0005_d", "-- depends: 0004_squashed\ncreate table d ();")
    assert three.up() == ["0005_d"]
    assert three.states() == {"0004_squashed": "applied", "0005_d": "applied"}
    for name in ("0001_a", "0002_b", "0003_c"):
        (three.folder / f"{name}.sql").unlink()
    assert three.up() == []
    assert three.states() == {"0004_squashed": "applied", "0005_d": "applied"}
    assert check(three.settings, three.told).findings == []


def test_a_database_in_between_goes_on_by_the_old_ones(three: Project) -> None:
    three.up(target="0002")
    squash(three)
    three.write("0005_d", "-- depends: 0003_c\ncreate table d ();")
    assert three.up() == ["0003_c", "0005_d"]
    assert three.up() == []
    assert three.states() == {"0004_squashed": "applied", "0005_d": "applied"}


def test_the_old_files_must_stay_until_they_are_applied(three: Project) -> None:
    three.up(target="0001")
    squash(three)
    for name in ("0001_a", "0002_b", "0003_c"):
        (three.folder / f"{name}.sql").unlink()
    with pytest.raises(MigrationError, match="`0004_squashed` replaces `0001_a`") as raised:
        three.up()
    assert "restore the files" in (raised.value.hint or "")


def test_only_the_first_ones_are_squashed(three: Project) -> None:
    squash(three, "0002")
    assert three.up() == ["0004_squashed", "0003_c"]


def test_rows_are_not_forgotten(three: Project) -> None:
    three.write(
        "0004_rows",
        "insert into a (id) values (1);\n"
        "-- howdah: step contract, batches of 10 by id\n"
        "update a set b = 'x' where b is null;\n-- down\ndelete from a;",
    )
    with pytest.raises(Refused, match="`0004_rows` changes rows, which the schema does not tell"):
        squash(three)
    squash(three, keep=True)
    assert three.up() == ["0005_squashed"]
    assert three.value("select b from a") == "x"
    assert three.down() == ["0005_squashed"]
    assert three.value("select to_regclass('a')") is None


def test_python_is_not_squashed(three: Project) -> None:
    three.write(
        "0004_data.py",
        "from howdah.migrations import DataMigration\nmigration = DataMigration()\n",
    )
    with pytest.raises(MigrationError, match="`0004_data` is Python"):
        squash(three)
    assert squash(three, "0003").name == "0005_squashed.sql"
