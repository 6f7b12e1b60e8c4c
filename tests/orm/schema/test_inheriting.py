"""What models take over from abstract ones, and what they cannot inherit."""

from __future__ import annotations

import datetime as dt

import pytest

import howdah
from howdah.orm import Col, Many, Model, One, col, ddl, identity, many, one, references
from howdah.orm.schema import check, index, sql, unique


class Stamped(Model, abstract=True, schema="journal", declare=[index("made")]):
    made: Col[dt.datetime] = col(default=sql("now()"))

    def is_old(self) -> bool:
        """A method comes along."""
        return self.made.year < 2000


class Named(Model, abstract=True, declare=lambda model: [check(model.name != "")]):
    name: Col[str]


class Numbered(Named, abstract=True):
    id: Col[int] = identity()


class Signed(Numbered, Stamped):
    by: Col[str]


class Paper(Stamped, Numbered, declare=[unique("name")]):
    pages: Col[int] = col(default=1)
    notes: Many[Remark] = many()


class Remark(Numbered, table="side_note"):
    paper_id: Col[int] = references(lambda: Paper.id)
    paper: One[Paper] = one()


def test_columns_keywords_and_methods_come_along() -> None:
    paper = Paper(name="on time", made=dt.datetime(1999, 1, 1, tzinfo=dt.UTC))
    assert paper.is_old()
    assert isinstance(paper, Named)
    assert Signed.__table__.sql_name == "journal.signed"
    text = ddl(Paper, Remark)
    assert "create table journal.paper" in text
    assert "create index paper_made_idx on journal.paper (made)" in text
    assert "check (name <> '')" in text
    assert "constraint paper_name_key unique (name)" in text
    assert "create table side_note" in text
    assert "references journal.paper (id)" in text


def test_its_own_keyword_is_taken_first() -> None:
    class Elsewhere(Stamped, schema="other"):
        id: Col[int] = identity()

    assert Elsewhere.__table__.sql_name == "other.elsewhere"


def test_a_table_cannot_be_inherited() -> None:
    with pytest.raises(
        howdah.ProgrammingError, match="inherits from `Paper`, which is a table"
    ) as it:

        class Thesis(Paper):
            grade: Col[int]

    assert "abstract=True" in (it.value.hint or "")
    assert "references" in (it.value.hint or "")


def test_columns_of_a_class_that_is_no_model_are_not_lost_silently() -> None:
    class Mixin:
        extra: Col[int] = col(default=0)

    with pytest.raises(
        howdah.ProgrammingError, match="`extra` from `Mixin`, which is no model"
    ) as it:

        class Mixed(Model, Mixin):
            id: Col[int] = identity()

    assert it.value.hint == "`class Mixin(Model, abstract=True)`"
