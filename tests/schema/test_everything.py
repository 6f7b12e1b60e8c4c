"""Every kind of object is read, made again of the statements, and the same then."""

from __future__ import annotations

import json
from typing import Any

from howdah import _native
from tests.schema.conftest import Pair, everything, read, run


def statements(schema: Any) -> str:
    """What makes the schema."""
    return ";\n".join(_native.schema_create(json.dumps(schema)))


def test_it_is_made_again(pair: Pair) -> None:
    run(pair.first, everything(pair))
    first = read(pair.first)
    run(pair.second, statements(first))
    second = read(pair.second)
    assert first.keys() == second.keys()
    for kind in first:
        assert first[kind] == second[kind]
