"""Schemas with every kind of object, on 18 and on the server of the system."""

from __future__ import annotations

from pathlib import Path

from tests.orm.schema.conftest import Pair, pair, read, run

__all__ = ["Pair", "everything", "pair", "read", "run"]

HERE = Path(__file__).parent


def everything(pair: Pair) -> str:
    """SQL for a schema with every kind of object that the server knows and models do not."""
    newest = (HERE / "everything_18.sql").read_text() if pair.major >= 18 else ""
    return (HERE / "everything.sql").read_text() + newest
