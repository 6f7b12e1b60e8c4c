from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from howdah.migrations import MigrationError
from howdah.migrations.graph import Graph
from howdah.migrations.model import Migration


def migration(name: str, *depends: str, replaces: tuple[str, ...] = ()) -> Migration:
    return Migration(name, Path(f"{name}.sql"), "", depends, (), None, replaces)


def names(graph: Graph) -> list[str]:
    return [it.name for it in graph.ordered]


def test_branches_are_ordered_by_name_and_merged() -> None:
    graph = Graph(
        [migration("d", "b", "c"), migration("c", "a"), migration("b", "a"), migration("a")]
    )
    assert names(graph) == ["a", "b", "c", "d"]
    assert graph.heads == ["d"]
    assert [it.name for it in graph.needed_for("c")] == ["a", "c"]


def test_two_ends_need_a_target() -> None:
    graph = Graph([migration("a"), migration("b", "a"), migration("c", "a")])
    with pytest.raises(MigrationError, match="several ends: `b`, `c`"):
        graph.until(None)
    assert [it.name for it in graph.until("c")] == ["a", "c"]


def test_names_may_be_short_but_not_ambiguous() -> None:
    graph = Graph([migration("0001_a"), migration("0002_b"), migration("0002_c")])
    assert graph.find("0001").name == "0001_a"
    with pytest.raises(MigrationError, match="`0002` may be `0002_b` or `0002_c`"):
        graph.find("0002")


def test_circles_and_strangers_are_refused() -> None:
    with pytest.raises(MigrationError, match="depend on one another: `a`, `b`"):
        Graph([migration("a", "b"), migration("b", "a")])
    with pytest.raises(MigrationError, match="`a` depends on `z`, which is not there"):
        Graph([migration("a", "z")])


SQUASHED = [
    migration("1"),
    migration("2", "1"),
    migration("3", replaces=("1", "2")),
    migration("4", "2"),
]


@pytest.mark.parametrize(
    ("applied", "expected"),
    [
        ([], ["3", "4"]),
        (["1"], ["1", "2", "4"]),
        (["1", "2"], ["3", "4"]),
        (["3"], ["3", "4"]),
    ],
)
def test_what_replaces_others_counts_instead_of_them(
    applied: list[str], expected: list[str]
) -> None:
    assert names(Graph.for_applied(SQUASHED, applied)) == expected


@given(
    st.lists(st.tuples(st.integers(0, 20), st.sets(st.integers(0, 20))), unique_by=lambda it: it[0])
)
def test_everything_comes_after_what_it_depends_on(edges: list[tuple[int, set[int]]]) -> None:
    known = {number for number, _ in edges}
    migrations = [
        migration(f"{number:02}", *(f"{it:02}" for it in needs if it < number and it in known))
        for number, needs in edges
    ]
    ordered = Graph(migrations).ordered
    place = {it.name: n for n, it in enumerate(ordered)}
    assert len(place) == len(edges)
    assert all(place[need] < place[it.name] for it in ordered for need in it.depends)
