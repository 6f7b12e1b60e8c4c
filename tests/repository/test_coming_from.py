"""The pages `coming-from-*.md`: both libraries give the same answers and leave the same rows."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.databases import fresh_database
from tests.repository import ROOT
from tests.repository.coming_from import LIBRARIES, MODELS, page_of, tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

TITLES = [task.title for task in tasks(page_of(LIBRARIES[0]))[1:]]


@pytest.fixture(scope="module", params=LIBRARIES)
def outcomes(request: pytest.FixtureRequest, server_url: str) -> Iterator[dict[str, Any]]:
    """What came of each task of a page, run in a process of its own."""
    for url in fresh_database(server_url):
        done = subprocess.run(
            [sys.executable, "-m", "tests.repository.coming_from", request.param, url],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        yield {outcome["task"]: outcome for outcome in json.loads(done.stdout)}


@pytest.mark.parametrize("title", TITLES)
def test_a_task_is_done_alike(outcomes: dict[str, Any], title: str) -> None:
    found = outcomes[title]
    theirs, ours = found["answers"]
    assert found["is_same_answer"], f"theirs: {theirs}\nours: {ours}"
    assert not found["differing_tables"]
    assert ours not in {"[]", "None", "0"}


def test_the_pages_have_the_same_tasks_and_the_same_code_of_howdah() -> None:
    first, *others = ([(it.title, it.blocks[1]) for it in tasks(page_of(it))] for it in LIBRARIES)
    assert all(other == first for other in others)
    assert [title.partition(". ")[0] for title in TITLES] == [str(n) for n in range(1, 21)]
    assert first[0][0] == MODELS


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_section_has_a_block_for_each_library(library: str) -> None:
    assert all(len(task.blocks) == 2 for task in tasks(page_of(library)))
