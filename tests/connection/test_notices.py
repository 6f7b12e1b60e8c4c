"""Notices go to `logging`, with their severity."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    import howdah

RAISE = """
    do $$ begin
        raise debug 'd'; raise notice 'n' using hint = 'h', detail = 'e'; raise info 'i';
        raise warning 'w';
    end $$
"""


async def test_they_are_logged(
    conn: howdah.AsyncConnection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="howdah.notices")
    await conn.execute("set client_min_messages to debug1")
    caplog.clear()
    await conn.execute(RAISE)
    found = [(record.name, record.levelname, record.getMessage()) for record in caplog.records]
    logger = "howdah.notices"
    assert found == [
        (logger, "DEBUG", "d"),
        (logger, "INFO", "n\ne\nh"),
        (logger, "INFO", "i"),
        (logger, "WARNING", "w"),
    ]
    notice = caplog.records[1].__dict__["notice"]
    assert (notice.severity_nonlocalized, notice.message_hint) == ("NOTICE", "h")


async def test_a_level_turns_them_off(
    conn: howdah.AsyncConnection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, logger="howdah.notices")
    await conn.execute(RAISE)
    assert caplog.records == []


QUIET = """
import sys, howdah
with howdah.connect(sys.argv[1]) as conn:
    conn.execute("do $$ begin raise warning 'w'; end $$")
    assert "logging" not in sys.modules
    import logging
    conn.execute("do $$ begin raise warning 'w'; end $$")
"""


def test_a_program_without_logging_sees_and_pays_nothing(database: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", QUIET, database], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
