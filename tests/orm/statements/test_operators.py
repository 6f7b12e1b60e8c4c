"""What expressions can do, by type, asked of one row, and of another one where all is null."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from howdah.errors import ProgrammingError
from howdah.orm import select, text_of
from howdah.orm.functions import any_, fn, now
from howdah.types import Interval, Multirange, Range
from tests.orm.statements.shelf import Reader, Thing

if TYPE_CHECKING:
    from howdah.orm import AsyncBound, Expr

UTC = dt.UTC
NAIVE = dt.datetime(2024, 2, 29, 21, 34, 56, 500_000)  # noqa: DTZ001 (that is what it gives)
# what type checkers refuse, too
ANY: Any = Thing


async def value_of(db: AsyncBound, expression: Expr[Any, Any], id_: int = 1) -> Any:
    """What an expression is in one row."""
    return await db.fetch(select(expression).where(Thing.id == id_).one())


TEXTS: list[tuple[Expr[Any, Any], Any]] = [
    (Thing.name.lower(), "blue whale"),
    (Thing.name.upper(), "BLUE WHALE"),
    (Thing.name.length(), 10),
    (Thing.name.like("Blue%"), True),
    (Thing.name.ilike("blue%"), True),
    (Thing.name.startswith("Blue"), True),
    (Thing.name.endswith("ale"), True),
    (Thing.name.contains("e W"), True),
    (Thing.name.contains("%"), False),
    (Thing.name.contains(Thing.name.right(3)), True),
    (Thing.name.icontains("E w"), True),
    (Thing.name.regex("^B.*e$"), True),
    (Thing.name.regex("^b"), False),
    (Thing.name.regex("^b", ignore_case=True), True),
    (Thing.name.replace("Blue", "Red"), "Red Whale"),
    (Thing.name.regexp_replace("[aeiou]", "*"), "Bl** Wh*l*"),
    (Thing.name.substring(2, 3), "lue"),
    (Thing.name.substring(6), "Whale"),
    (Thing.name.left(4), "Blue"),
    (Thing.name.right(-5), "Whale"),
    ((Thing.name + " ").strip(), "Blue Whale"),
    (Thing.name.lstrip("B"), "lue Whale"),
    (Thing.name.rstrip("e"), "Blue Whal"),
    (Thing.name.lpad(12, "-"), "--Blue Whale"),
    (Thing.name.rpad(12, "-"), "Blue Whale--"),
    (Thing.name.lower().initcap(), "Blue Whale"),
    (Thing.name.reverse(), "elahW eulB"),
    (Thing.name.split(" "), ["Blue", "Whale"]),
    (Thing.name.split_part(" ", 2), "Whale"),
    (Thing.name.position("W"), 6),
    (Thing.name.regexp_match("(B.)(u)"), ["Bl", "u"]),
    (Thing.name.concat("!", Thing.note), "Blue Whale!very big"),
    (Thing.name + "!", "Blue Whale!"),
    ("a " + Thing.name, "a Blue Whale"),
    (Thing.name.collate("C") < "a", True),
]

NUMBERS: list[tuple[Expr[Any, Any], Any]] = [
    (Thing.size + 1, 8),
    (10 - Thing.size, 3),
    (Thing.size * Thing.size, 49),
    (Thing.size / 2, 3),
    (Thing.size % 4, 3),
    (-Thing.size, -7),
    ((-Thing.size).abs(), 7),
    (Thing.size * Decimal("1.5"), Decimal("10.5")),
    (Thing.size * Thing.price, Decimal("69.93")),
    (Thing.size / 2.0, 3.5),
    (Thing.price.round(1), Decimal("10.0")),
    (Thing.price.floor(), Decimal(9)),
    (Thing.price.ceil(), Decimal(10)),
    (Thing.weight.round(), 2.0),
    (Thing.weight + 1, 3.5),
    ((Thing.size + 1) * 2, 16),
    (Thing.size.between(1, 7), True),
    (Thing.size.in_([1, 7]), True),
    (Thing.size.not_in([1, 7]), False),
    (Thing.size.in_([]), False),
]

DATES: list[tuple[Expr[Any, Any], Any]] = [
    (Thing.made.extract("year"), 2024),
    (Thing.made.extract("second"), Decimal("56.5")),
    (Thing.day.extract("doy"), 60),
    (Thing.lasts.extract("epoch"), Decimal(5400)),
    (Thing.made.date_trunc("day"), dt.datetime(2024, 2, 29, tzinfo=UTC)),
    (
        Thing.made.date_trunc("day", "Asia/Tokyo"),
        dt.datetime(2024, 2, 28, 15, tzinfo=UTC),
    ),
    (Thing.made.at_time_zone("Asia/Tokyo"), NAIVE),
    (
        Thing.made.at_time_zone("Asia/Tokyo").at_time_zone("UTC"),
        dt.datetime(2024, 2, 29, 21, 34, 56, 500_000, UTC),
    ),
    (Thing.made.date(), dt.date(2024, 2, 29)),
    (Thing.made.to_char("YYYY-MM"), "2024-02"),
    (Thing.made + dt.timedelta(days=1), dt.datetime(2024, 3, 1, 12, 34, 56, 500_000, UTC)),
    (Thing.made - Thing.lasts, dt.datetime(2024, 2, 29, 11, 4, 56, 500_000, UTC)),
    (
        Thing.made - dt.datetime(2024, 2, 29, 12, 34, 56, 500_000, UTC),
        dt.timedelta(0),
    ),
    (Thing.day + dt.timedelta(days=1), dt.date(2024, 3, 1)),
    (Thing.day - dt.timedelta(days=29), dt.date(2024, 1, 31)),
    (Thing.day - dt.date(2024, 2, 1), dt.timedelta(days=28)),
    (Thing.day.age(dt.date(2023, 1, 28)), Interval(months=13, days=1)),
    (Thing.lasts * 2, dt.timedelta(hours=3)),
    (Thing.lasts + dt.timedelta(minutes=30), dt.timedelta(hours=2)),
    (Thing.made < now(), True),
]

ARRAYS: list[tuple[Expr[Any, Any], Any]] = [
    (Thing.tags.contains(["sea", "old"]), True),
    (Thing.tags.contains(["new"]), False),
    (Thing.tags.contained_by(["sea", "old", "big", "new"]), True),
    (Thing.tags.overlaps(["new", "old"]), True),
    (Thing.tags.has("big"), True),
    (Thing.name == any_(Thing.tags), False),
    (Thing.tags.length(), 3),
    (Thing.tags[0], "sea"),
    (Thing.tags[5], None),
    (Thing.tags[1:], ["big", "old"]),
    (Thing.tags[:2], ["sea", "big"]),
    (Thing.tags[1:2], ["big"]),
    ((Thing.tags + ["new"])[3], "new"),  # noqa: RUF005
    (Thing.tags.array_append("new")[3], "new"),
    (Thing.tags.array_prepend("new")[0], "new"),
    (Thing.tags.array_remove("big"), ["sea", "old"]),
    (Thing.tags.array_position("old"), 3),
    (Thing.tags.join("/"), "sea/big/old"),
    (Thing.tags == ["sea", "big", "old"], True),
    (Thing.marks + [4], [3, 1, 2, 4]),  # noqa: RUF005
    (Thing.tags.in_([["sea"], ["sea", "big", "old"]]), True),
]

RANGES: list[tuple[Expr[Any, Any], Any]] = [
    (Thing.span.contains(4), True),
    (Thing.span.contains(5), False),
    (Thing.span.contains(Thing.size), False),
    (Thing.span.contains(Range(2, 3)), True),
    (Thing.span.contained_by(Range(0, 9)), True),
    (Thing.span.overlaps(Range(4, 9)), True),
    (Thing.span.adjacent(Range(5, 9)), True),
    (Thing.span.before(Range(5, 9)), True),
    (Thing.span.after(Range(5, 9)), False),
    (Thing.span.lower(), 1),
    (Thing.span.upper(), 5),
    (Thing.span.intersection(Range(3, 9)), Range(3, 5)),
    (Thing.span.union_range(Range(3, 9)), Range(1, 9)),
    (Thing.span.difference(Range(3, 9)), Range(1, 3)),
    (Thing.span.is_empty(), False),
    (Thing.span.lower_inc(), True),
    (Thing.span.upper_inc(), False),
    (Thing.span.upper_inf(), False),
    (Thing.stay.contains(dt.date(2024, 1, 31)), True),
    (Thing.stay.upper(), dt.date(2024, 2, 1)),
    (Thing.stay.upper() - Thing.stay.lower(), dt.timedelta(days=31)),
    (Thing.spans.contains(8), True),
    (Thing.spans.contains(Range(1, 3)), True),
    (Thing.spans.overlaps(Multirange([Range(3, 7)])), False),
    (Thing.spans.upper(), 9),
]

JSONS: list[tuple[Expr[Any, Any], Any]] = [
    (Thing.prefs["theme"], "dark"),
    (Thing.prefs["theme"].text(), "dark"),
    (Thing.prefs["theme"] == "dark", True),
    (Thing.prefs["size"] == 3, True),
    (Thing.prefs["size"].as_(int) + 1, 4),
    (Thing.prefs["size"].as_(Decimal), Decimal(3)),
    (Thing.prefs["on"].as_(bool), True),
    (Thing.prefs["none"].text(), None),
    (Thing.prefs["none"].json_type(), "null"),
    (Thing.prefs["missing"]["more"].text(), None),
    (Thing.prefs["a b"]["it's"][1], 20),
    (Thing.prefs["a b"]["it's"][-1].as_(int), 20),
    (Thing.prefs["a b"]["it's"].length(), 2),
    (Thing.prefs["a b"] == {"it's": [10, 20]}, True),
    (Thing.prefs.contains({"size": 3}), True),
    (Thing.prefs.contained_by({"size": 3}), False),
    (Thing.prefs.has_key("on"), True),
    (Thing.prefs.has_any_key("off", "on"), True),
    (Thing.prefs.has_all_keys("off", "on"), False),
    (Thing.prefs.path_exists('$."a b".*[*] ? (@ > 15)'), True),
    (Thing.prefs.path_match("$.size > 3"), False),
    (Thing.prefs.path_query("$.size"), 3),
    (Thing.prefs.json_type(), "object"),
    (Thing.stats.at(lambda s: s.views), 12),
    (Thing.stats.at(lambda s: s.views) + 1, 13),
    (Thing.stats.at(lambda s: s.score) == 1.5, True),
    (Thing.stats.at(lambda s: s.languages), ["en", "de"]),
    (Thing.stats.at(lambda s: s.languages[1]), "de"),
    (Thing.stats.at(lambda s: s.languages) == ["en", "de"], True),
    (Thing.stats.at(lambda s: s.by_year["2024"]), 5),
    (Thing.stats.at(lambda s: s.owner), Reader("Ann", dt.date(1990, 5, 6))),
    (Thing.stats.at(lambda s: s.owner) == Reader("Ann", dt.date(1990, 5, 6)), True),
    (Thing.stats.at(lambda s: s.owner).at(lambda o: o.name), "Ann"),
]

SEARCHES: list[tuple[Expr[Any, Any], Any]] = [
    (Thing.search.matches("swimming whale", config="english"), True),
    (Thing.search.matches("sharks or -sea", config="english"), False),
    (Thing.name.matches("whales", config="english"), True),
    (Thing.name.matches("whales", config="simple"), False),
    (Thing.search.rank("whale", config="english") > 0.01, True),
    (Thing.name.headline("whale", config="english"), "Blue <b>Whale</b>"),
    (
        Thing.name.headline("whale", config="english", options="StartSel=*, StopSel=*"),
        "Blue *Whale*",
    ),
]

TRUTHS: list[tuple[Expr[Any, Any], Any]] = [
    (Thing.active & (Thing.size > 3), True),
    (~Thing.active, False),
    (Thing.active.is_true(), True),
    (Thing.active.is_not_true(), False),
    (Thing.active.is_false(), False),
    (Thing.active.is_not_false(), True),
    (Thing.note.is_distinct_from(None), True),
    (Thing.note.is_not_distinct_from("very big"), True),
    ((Thing.size == 7) & ((Thing.name == "x") | ~(Thing.size == 8)), True),
]


FAMILIES = [TEXTS, NUMBERS, DATES, ARRAYS, RANGES, JSONS, SEARCHES, TRUTHS]


async def test_what_expressions_are_worth(db: AsyncBound) -> None:
    for expression, expected in itertools.chain(*FAMILIES):
        found = await value_of(db, expression)
        assert found == expected, text_of(expression)
        assert type(found) is type(expected), text_of(expression)


async def test_null_makes_null(db: AsyncBound) -> None:
    nulls: list[Expr[Any, Any]] = [
        Thing.note.lower(), Thing.weight + 1, Thing.day + dt.timedelta(days=1),
        Thing.marks[0], Thing.span.lower(), Thing.stats.at(lambda s: s.views), ~Thing.active,
        Thing.stats.at(lambda s: s.owner), Thing.active & (Thing.size == 0),
    ]  # fmt: skip
    for expression in nulls:
        assert await value_of(db, expression, 2) is None, text_of(expression)


async def test_wildcards_in_values_are_letters(db: AsyncBound) -> None:
    assert await value_of(db, Thing.name.contains("y_5"), 2)
    assert await value_of(db, Thing.name.endswith("0%"), 2)
    assert not await value_of(db, Thing.name.endswith("0_"), 2)


async def test_expressions_group_and_order(db: AsyncBound) -> None:
    theme = Thing.prefs["theme"].text()
    query = select(theme, fn.count(Thing.id, type=int)).group_by(Thing.prefs["theme"].text())
    assert await db.fetch(query.order_by(theme)) == [("dark", 1), (None, 1)]


async def test_any_function_by_name(db: AsyncBound) -> None:
    assert await value_of(db, fn.repeat(Thing.tags[0], 2, type=str)) == "seasea"
    assert await value_of(db, fn.pg_catalog.abs(-3, type=int)) == 3
    assert await value_of(db, fn["to_hex"](255, type=str)) == "ff"
    assert '"my fn"' in text_of(fn["my fn"](1))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: ANY.tags[-1], "counted from its beginning"),
        (lambda: ANY.tags[::2], "no step"),
        (lambda: ANY.made.extract("moon"), "no field `moon`"),
        (lambda: ANY.made.date_trunc("moon"), "no unit of time"),
        (lambda: ANY.name.matches("x", config="a'; drop table thing; --"), "no name of a text"),
        (lambda: ANY.prefs[1.5], "keys and whole numbers"),
        (lambda: ANY.stats.at(lambda s: s.vews), "no field `vews`"),
        (lambda: ANY.stats.at(lambda _: 3), "no place of `Stats`"),
    ],
)
def test_what_cannot_be_is_refused(build: Any, message: str) -> None:
    with pytest.raises(ProgrammingError, match=message):
        build()


def test_texts_have_no_items() -> None:
    with pytest.raises(TypeError, match="has no items"):
        ANY.name[0]
