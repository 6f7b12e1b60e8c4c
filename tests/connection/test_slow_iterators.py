"""Deadlines while a program's own iterator provides what is sent."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from howdah import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    import howdah

ITEM_SECONDS = 0.01
# What fills a piece that is sent at once: far more items than the deadline leaves time for.
MANY = 500


class Trickle:
    """The same item for ever, each after a while."""

    def __init__(self, item: Any) -> None:
        self.item = item
        self.taken = 0

    def __iter__(self) -> Iterator[Any]:
        while True:
            time.sleep(ITEM_SECONDS)
            self.taken += 1
            yield self.item


@pytest.mark.parametrize("call", ["execute_many", "copy_rows", "copy_in"])
async def test_a_deadline_is_noticed_between_two_items(
    conn: howdah.AsyncConnection, call: str
) -> None:
    await conn.execute("create table t (id int)")
    trickle = Trickle(b"1\n" if call == "copy_in" else (1,))
    what = "insert into t values ($1)" if call == "execute_many" else "t"
    with pytest.raises(errors.QueryTimeout):
        await getattr(conn, call)(what, trickle, timeout=0.05)
    assert trickle.taken < MANY
    assert await conn.fetch_value("select count(*) from t") == 0
