"""What findings advise: a server runs it, and the linter has nothing to say against it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah.migrations._scan import pieces
from tests.lint import findings
from tests.lint.advised import HAZARDS, Hazard

if TYPE_CHECKING:
    from pathlib import Path

# what nobody but the author of a migration can know
PLACES = {"DEFAULT …": "DEFAULT 0", "a = …": "a = 0", "(…)": "(id)"}
# a bare list of statements says nothing of who runs it
BESIDE_THE_POINT = {"missing-lock-timeout", "missing-statement-timeout", "missing-idle-timeout"}


def advice(folder: Path) -> dict[Hazard, list[str]]:
    """What each hazard's finding says to write instead, in one run."""
    for number, hazard in enumerate(HAZARDS):
        case = folder / f"{number:03}"
        case.mkdir()
        (case / "schema.sql").write_text(hazard.schema)
        (case / "hazard.sql").write_text(hazard.sql + ";\n")
        (case / "howdah.toml").write_text(
            f"[lint]\nschema = 'schema.sql'\npg-version = {hazard.until or hazard.pg or 15}\n"
            f"rules = {{ {hazard.rule} = 'on' }}\n"
        )
    advised: dict[Hazard, list[str]] = defaultdict(list)
    for found in findings(folder, "**/hazard.sql"):
        hazard = HAZARDS[int(found["file"].split("/")[0])]
        if found["rule"] == hazard.rule:
            statements = [it["statements"] for it in found["help"] if it["statements"]]
            advised[hazard] += statements
    return advised


def filled(statements: str) -> str:
    """With something in place of what the author has to fill in."""
    for place, value in PLACES.items():
        statements = statements.replace(place, value)
    assert "…" not in statements
    return statements


@pytest.fixture(scope="module")
def advised(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[Hazard, list[str]]]:
    folder = tmp_path_factory.mktemp("advice")
    return folder, advice(folder)


def test_every_hazard_is_found_and_has_a_way_out(
    advised: tuple[Path, dict[Hazard, list[str]]],
) -> None:
    assert [str(it) for it in HAZARDS if it not in advised[1]] == []


def test_the_linter_is_silent_about_what_it_advises(
    advised: tuple[Path, dict[Hazard, list[str]]],
) -> None:
    folder, statements = advised
    for hazard, ways in statements.items():
        for number, way in enumerate(ways):
            case = folder / f"{HAZARDS.index(hazard):03}"
            (case / f"way_{number}.sql").write_text(filled(way) + "\n")

    def contradicts(found: dict[str, Any]) -> bool:
        rule = HAZARDS[int(found["file"].split("/")[0])].rule
        is_grave = found["severity"] == "error" or found["rule"] == rule
        return is_grave and found["rule"] not in BESIDE_THE_POINT - {rule}

    contradictions = [
        f"{HAZARDS[int(it['file'].split('/')[0])]}: {it['rule']}: {it['message']}"
        for it in findings(folder, "**/way_*.sql")
        if contradicts(it)
    ]
    assert not contradictions, "\n".join(contradictions)


def test_a_server_runs_what_is_advised(
    advised: tuple[Path, dict[Hazard, list[str]]], database: str
) -> None:
    failed = []
    with howdah.connect(database) as connection:
        major = connection.server_version // 10_000
        for hazard, ways in advised[1].items():
            if (hazard.pg or 0) <= major:
                failed += [it for way in ways if (it := failure(connection, hazard, way))]
    assert not failed, "\n\n".join(failed)


def failure(connection: howdah.Connection, hazard: Hazard, way: str) -> str | None:
    """What the server says against a way out, in a schema of its own."""
    connection.execute("drop schema if exists case_ cascade")
    connection.execute("create schema case_")
    connection.execute("set search_path = case_")
    for piece in pieces(hazard.schema):
        connection.execute(piece.text)
    try:
        for piece in pieces(filled(way)):
            if not piece.is_comment:
                connection.execute(piece.text)
        is_left = hazard.leaves is None or connection.fetch_value(hazard.leaves)
    except howdah.Error as error:
        return f"{hazard}: {error}\n{way}"
    finally:
        connection.execute("reset all")
    return None if is_left else f"{hazard}: what was asked for is not there\n{way}"
