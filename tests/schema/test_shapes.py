"""Schemas of the shapes that programs have are dumped, loaded, and the same then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from howdah import _native
from tests.schema import shapes
from tests.schema.conftest import make, pg_dump, read, run

if TYPE_CHECKING:
    from tests.schema.conftest import Pair


FORGE = pytest.param("forge", marks=pytest.mark.slow)  # for its many tables


@pytest.mark.parametrize("name", ["rental", "tenants", "places", FORGE])
def test_a_shape_comes_back(pair: Pair, name: str) -> None:
    run(pair.first, shapes.named(name))
    first = read(pair.first)
    assert "unknown" not in first
    make(pair.second, first)
    second = read(pair.second)
    for kind in first:
        assert second[kind] == first[kind]
    options = json.dumps({"server_version": pair.major * 10_000})
    difference = _native.schema_diff(json.dumps(first), json.dumps(second), options)
    assert json.loads(difference) == {"changes": [], "notes": []}
    assert pg_dump(pair, pair.second) == pg_dump(pair, pair.first)
