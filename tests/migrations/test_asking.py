"""`howdah migrate make` on a terminal: it asks, and does what it is told."""

from __future__ import annotations

import os
import pty
import sys
from typing import TYPE_CHECKING

import pytest

from tests.server.test_command import read_to_end

if TYPE_CHECKING:
    from tests.migrations.conftest import Project

MODELS = """
from howdah.orm import Col, Model, identity

class Book(Model):
    id: Col[int] = identity(always=True)
"""


@pytest.mark.parametrize(("answer", "dropped"), [(b"what?\ndrop\n", True), (b"keep\n", False)])
def test_it_asks_before_something_is_lost(project: Project, answer: bytes, dropped: bool) -> None:
    project.write(
        "0001_books",
        "-- depends: nothing\ncreate table book (\n"
        "id bigint generated always as identity primary key, isbn text);",
    )
    (project.root / "shop_that_asks.py").write_text(MODELS)
    words = [sys.executable, "-m", "howdah", "migrate", "make", "--url", project.url]
    words += ["--models", "shop_that_asks"]
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(project.root)
        os.execv(words[0], words)
    os.write(terminal, answer)
    told = read_to_end(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, told
    os.close(terminal)
    assert b"[drop / keep]" in told
    written = project.folder / "0002_drop_column_book_isbn.sql"
    assert written.exists() == dropped
    if dropped:
        assert "-- howdah: step contract\nalter table book drop column isbn;" in written.read_text()
