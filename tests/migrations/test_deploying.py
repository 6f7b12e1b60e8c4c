"""A deploy of several phases: the old and the new program write, and no value is lost."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import pytest

import howdah
from howdah.migrations import status
from howdah.migrations._checking import check
from tests.migrations.test_interrupted import programs
from tests.migrations.test_making import make

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.migrations.conftest import Project

OLD = """
from howdah.orm import Col, Model, col, identity
from howdah.orm.schema import check

class Book(Model, declare=[check("cost >= 0", name="cost_is_there")]):
    id: Col[int] = identity()
    cost: Col[int] = col(default=0)
    stock: Col[str] = col(default="0")
"""
NEW = OLD.replace(
    "    cost: Col[int] = col(default=0)", '    price: Col[int] = col(default=0, was="cost")'
).replace("cost >= 0", "price >= 0")
ROWS = 60


class Program(threading.Thread):
    """A release: it changes rows of its own and makes new ones, until it is told to stop."""

    def __init__(self, url: str, column: str, rows: range) -> None:
        super().__init__()
        self.url = url
        self.column = column
        self.rows = rows
        self.told = threading.Event()
        self.rounds = 0
        self.expected: dict[int, int] = {}
        self.error: Exception | None = None

    def run(self) -> None:
        """Write, and read what was written."""
        try:
            with howdah.connect(self.url) as conn:
                while not self.told.is_set():
                    self.rounds += 1
                    for row in self.rows:
                        self.write(conn, row)
        except Exception as error:  # noqa: BLE001 (looked at by the test)
            self.error = error

    def write(self, conn: howdah.Connection, row: int) -> None:
        """One statement of each kind."""
        value = self.rounds * 1000 + row
        changed = conn.fetch_value(
            f"update book set {self.column} = $1 where id = $2 returning {self.column}", value, row
        )
        assert changed == value
        self.expected[row] = value
        if self.rounds == 1:
            new = conn.fetch_value(
                f"insert into book ({self.column}) values ($1) returning id", value
            )
            self.expected[new] = value

    def rest(self) -> None:
        """Let it write every row once more, at least."""
        seen = self.rounds
        while self.is_alive() and self.rounds < seen + 2:
            self.told.wait(0.01)

    def stop(self) -> dict[int, int]:
        """End it; what it knows to be there."""
        self.told.set()
        self.join()
        assert self.error is None, self.error
        return self.expected


def killed_again_and_again(project: Project, phase: str) -> None:
    """Run a phase to its end, in programs that are killed before each seventh statement."""
    number = 0
    with programs(project) as run:
        while code := run(phase, number := number + 7):
            assert code == -signal.SIGKILL


@pytest.mark.slow
def test_nothing_is_lost_while_two_releases_write(
    project: Project, models: Callable[[str], str]
) -> None:
    make(project, models, OLD)
    project.up()
    project.execute(
        "insert into book (id, cost) overriding system value "
        f"select n, n from generate_series(1, {ROWS}) n",
        "select setval(pg_get_serial_sequence('book', 'id'), 1000)",
    )
    old = Program(project.url, "cost", range(1, ROWS // 3))
    old.start()
    text = make(project, models, NEW)
    assert text is not None
    killed_again_and_again(project, "expand")
    [_, second] = status(settings=project.settings)
    assert second.waits_for in {"migrate", "contract"}
    new = Program(project.url, "price", range(ROWS // 3, 2 * ROWS // 3))
    new.start()
    old.rest()
    new.rest()
    killed_again_and_again(project, "migrate")
    expected = old.stop()
    both = "select array_agg(id) from book where cost is distinct from price"
    assert project.value(both) is None
    killed_again_and_again(project, "contract")
    new.rest()
    expected |= new.stop()
    for row in range(1, ROWS + 1):
        expected.setdefault(row, row)
    found = project.value("select jsonb_object_agg(id, price) from book")
    assert {int(row): price for row, price in found.items()} == expected
    assert make(project, models, NEW) is None
    assert check(project.settings, project.told).findings == []
