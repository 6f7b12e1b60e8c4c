"""One connection for all examples that hypothesis makes in a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import howdah

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def server(server_url: str) -> Iterator[howdah.Connection]:
    """A connection that only evaluates expressions, and so leaves nothing behind."""
    with howdah.connect(server_url) as connection:
        yield connection
