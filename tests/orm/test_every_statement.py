"""Every kind of statement, alone, in a transaction and in a batch: in both worlds."""

from __future__ import annotations

from typing import Any

import pytest

from howdah.orm import (
    alias,
    delete,
    excluded,
    insert,
    merge,
    raw_select,
    select,
    update,
    values,
)
from howdah.orm.functions import count, rollup, row_number, sum_, unnest
from tests.orm.library import Author, Book, Employee, Review, Tag

other = alias(Book, "other")
top = (
    select(Book.title.label("title"))
    .where(Book.author_id == Author.id)
    .order_by(Book.pages.desc())
    .limit(1)
    .subquery("top")
)
tree = (
    select(Employee.id)
    .where(Employee.boss_id.is_null())
    .recursive(
        "tree",
        lambda tree: select(Employee.id).join(tree, tree[Employee.id] == Employee.boss_id),
        depth_first=Employee.id,
    )
)
numbers = values("numbers", [(1, "one"), (2, "two")], n=int, word=str)
letters = unnest(["a", "b"]).rows("letter", ordinality=True)
raised = update(Book).where(Book.id == 1).set(Book.pages.to(7)).returning(Book.id).cte("raised")
wanted = values("wanted", [("new",), ("fresh",)], name=str)

# what it is called, the statement, and what it gives
KINDS: list[tuple[str, Any, Any]] = [
    ("values of columns", select(Book.id, Book.title).where(Book.id == 2), [(2, "Book 2")]),
    ("first", select(Book.id).order_by(Book.id.desc()).first(), 6),
    ("one", select(Book.title).where(Book.id == 2).one(), "Book 2"),
    ("one or none", select(Book.title).where(Book.id == 99).one_or_none(), None),
    ("count", select(Book).count(), 6),
    ("exists", select(Book).where(Book.id == 99).exists(), False),
    ("along a relation", select(Book.author.name).where(Book.id == 2), ["Ann"]),
    ("join", select(Tag.name).join(Tag.books).where(Book.id == 2), ["old"]),
    (
        "left join",
        select(Author.name).left_join(Author.books).where(Book.id.is_null()),
        ["Cid"],
    ),
    (
        "join of itself",
        select(other.id).join(other, other.id == Book.id + 1).select_from(Book).where(Book.id == 1),
        [2],
    ),
    (
        "lateral",
        select(Author.name, top.c.title).lateral(top).order_by(Author.id),
        [("Ann", "Book 6"), ("Bob", "Book 5")],
    ),
    (
        "subquery in a condition",
        select(Author.name).where(Author.id.in_(select(Book.author_id).where(Book.id == 1))),
        ["Bob"],
    ),
    ("exists in a condition", select(Author.id).where(Author.books.none()), [3]),
    (
        "groups",
        select(Book.author_id, sum_(Book.pages)).group_by(Book.author_id).order_by(Book.author_id),
        [(1, 120), (2, 90)],
    ),
    (
        "grouping sets",
        select(Book.author_id, count()).group_by(rollup(Book.author_id)).order_by(Book.author_id),
        [(1, 3), (2, 3), (None, 6)],
    ),
    ("filter", select(count().filter(Book.pages > 20)).select_from(Book), [4]),
    (
        "window",
        select(row_number().over(order_by=Book.id.desc())).where(Book.id < 3).order_by(Book.id),
        [2, 1],
    ),
    (
        "distinct on",
        select(Book.id).distinct_on(Book.author_id).order_by(Book.author_id, Book.id),
        [2, 1],
    ),
    ("union", select(Tag.id).union(select(Author.id)).order_by(Tag.id), [1, 2, 3]),
    ("intersect", select(Book.id).intersect(select(Tag.id)).order_by(Book.id).limit(1), [1]),
    ("recursion", select(tree[Employee.id]).order_by(tree.ordering), [1, 2, 3, 4]),
    ("values", select(numbers.c.word).where(numbers.c.n == 2), ["two"]),
    ("unnest", select(letters.value, letters.ordinality), [("a", 1), ("b", 2)]),
    ("sql", raw_select(int, "select id from book where id > {} order by 1", 4), [5, 6]),
    ("rows that are locked", select(Book.id).where(Book.id == 1).lock(skip_locked=True), [1]),
    ("insert", insert(Tag).set(Tag.name.to("fresh")).returning(Tag.name), ["fresh"]),
    (
        "insert or update",
        insert(Tag)
        .set(Tag.name.to("new"))
        .on_conflict(Tag.name)
        .update(Tag.name.to(excluded(Tag.name) + "er"))
        .returning(Tag.name),
        ["newer"],
    ),
    (
        "update",
        update(Book).where(Book.author.name == "Ann").set(Book.pages.to(0)).returning(Book.id),
        [2, 4, 6],
    ),
    ("update of a row", update(Book).where(Book.id == 1).set(Book.pages.to(0)).required(), 1),
    ("delete", delete(Review).where(Review.id < 3).returning(Review.id), [1, 2]),
    ("writing before a statement", select(raised[Book.id]), [1]),
    (
        "merge",
        merge(Tag)
        .using(wanted, wanted.c.name == Tag.name)
        .when_matched_update(Tag.name.to(Tag.name + "er"))
        .when_not_matched_insert(Tag.name.to(wanted.c.name))
        .returning(Tag.name),
        ["fresh", "newer"],
    ),
]
IDS = [it[0] for it in KINDS]


class Undone(Exception):
    """Ends a transaction that shall leave nothing."""


@pytest.mark.parametrize(("statement", "expected"), [it[1:] for it in KINDS], ids=IDS)
async def test_every_kind(db: Any, statement: Any, expected: Any) -> None:
    with pytest.raises(Undone):
        async with db.tx() as tx:
            assert alike(await tx.fetch(statement), expected)
            raise Undone
    with pytest.raises(Undone):
        async with db.tx() as tx:
            before, found, after = await tx.batch(
                select(Tag).count(), statement, select(Tag).count()
            )
            assert alike(found, expected)
            assert 3 == before <= after
            raise Undone
    assert alike(await db.fetch(statement), expected)


def alike(found: Any, expected: Any) -> bool:
    """Whether it is what was expected; rows that were written are in no order."""
    in_order = sorted(found, key=str) if isinstance(found, list) else found
    return bool(expected in (found, in_order))
