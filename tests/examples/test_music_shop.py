"""The archive is trusted only for what its checksum says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import music_shop
from terminal import progress, seconds, table
from tests.repository import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_another_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / music_shop.ARCHIVE).write_bytes(b"not the music shop")
    with pytest.raises(SystemExit, match="has the checksum"):
        music_shop.fetch_archive(tmp_path)


def test_every_object_of_the_fixture_becomes_a_row() -> None:
    shop = music_shop.read_shop(music_shop.fetch_archive(ROOT / ".howdah"))
    assert {model for model, _ in music_shop.ROWS.values()} == shop.keys()
    assert sum(map(len, shop.values())) == 15607


def test_a_table_is_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    table(["what", "rows"], [["a", 5], ["bcdef", 12345]])
    assert capsys.readouterr().out == "  what      rows\n  a            5\n  bcdef   12,345\n"


@pytest.mark.parametrize(
    ("duration", "text"),
    [(1.5, "1.50 s"), (0.34, "340 ms"), (0.0015, "1.5 ms"), (0.000085, "85 µs")],
)
def test_times_read_well(duration: float, text: str) -> None:
    assert seconds(duration) == text


def test_no_bar_is_drawn_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress(range(1000), "numbers", 1000)) == list(range(1000))
    assert capsys.readouterr().err == ""
