from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from howdah.migrations import MigrationError
from howdah.migrations._files import read_folder, read_sql
from howdah.migrations._scan import pieces
from howdah.migrations._statements import (
    detach,
    dropped,
    dropped_index,
    forbids_transaction,
    index_build,
    target,
)
from howdah.migrations.model import Alone, Backfill, Function, RowBatches, Statements

if TYPE_CHECKING:
    from pathlib import Path

    from howdah.migrations.model import Migration

WHOLE = """\
-- howdah: migration
-- depends: 0001_initial, 0001_other

-- Prices, at last.

-- up
-- up to now books were free; -- down is no directive here
alter table book add column price numeric;
comment on column book.price is 'in EUR; -- up';

-- howdah: step expand
create index concurrently book_price on book (price);

-- howdah: step migrate, batches of 500 by shelf and id
update book set price = 0 where price is null;

-- howdah: step contract
alter table book alter price set not null;
alter table book drop column cost;

-- down
-- howdah: undo 4
alter table book add column cost numeric;
-- howdah: undo 2
drop index concurrently book_price;
"""


def read(text: str, path: Path) -> Migration:
    return read_sql(path / "0002_prices.sql", text)


def test_a_file_is_steps(tmp_path: Path) -> None:
    found = read(WHOLE, tmp_path)
    assert found.name == "0002_prices"
    assert found.depends == ("0001_initial", "0001_other")
    assert [(it.number, it.phase, type(it.work)) for it in found.up] == [
        (1, "expand", Statements),
        (2, "expand", Alone),
        (3, "migrate", Backfill),
        (4, "contract", Statements),
    ]
    assert found.up[0].sql == (
        "alter table book add column price numeric",
        "comment on column book.price is 'in EUR; -- up'",
    )
    assert found.up[2].work == Backfill(
        "update book set price = 0 where price is null", 500, ("shelf", "id")
    )
    assert found.lines == {1: 8, 2: 12, 3: 15, 4: 18}
    assert found.down is not None
    assert [(it.phase, it.undoes) for it in found.down] == [("contract", 4), ("expand", 2)]
    assert isinstance(found.down[1].work, Alone)


def test_plain_sql_is_a_migration(tmp_path: Path) -> None:
    found = read("create table a (id int);\ncreate table b (id int)", tmp_path)
    assert [it.sql for it in found.up] == [("create table a (id int)", "create table b (id int)")]
    assert found.down is None


def test_what_forbids_transactions_stands_alone_without_being_told(tmp_path: Path) -> None:
    found = read("create table a (); vacuum; create table b (); create table c ();", tmp_path)
    assert [type(it.work) for it in found.up] == [Statements, Alone, Statements]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("-- up\n-- howdah: stepp\nselect 1", "line 2: `howdah: stepp` is unknown"),
        ("-- howdah: step quickly\nselect 1", "line 1: `quickly` is unknown"),
        ("-- howdah: undo 1\nselect 1", "`howdah: undo 1` is unknown"),
        ("select 1;\n-- down\n-- howdah: undo 2\nselect 1", "line 3: `up` has no step 2"),
        ("select 1;\n-- down\n-- howdah: no undo 2", "line 3: `up` has no step 2"),
        ("select 1;\n-- down\n-- howdah: no undo 1, x", "`howdah: no undo 1, x` is unknown"),
        ("select 1;\n-- down\n-- howdah: undo 1, expand\nselect 1", "line 3: `expand` is unknown"),
        ("begin;\nselect 1;\ncommit;", "line 1: transactions are begun and ended by howdah"),
        ("select 1;\n\\copy a from b", "line 2: commands of psql"),
        ("select 1\n-- down\nselect 2", "line 2: `-- down` stands within the statement of line 1"),
        ("select 1\n\n-- howdah: step\nselect 2", "line 3: `-- howdah: step` stands within"),
        ("-- howdah: step batches of 10\ninsert into a values (1)", "only an `update` or"),
        ("-- howdah: step batches of 0\nupdate a set b = 1", "only an `update` or"),
        ("create index concurrently on a (b)", "needs a name"),
        ("-- depends: a b\nselect 1", "`a b` is no name of a migration"),
        ("select 1;\n-- up\nselect 2", "line 2: `-- up` comes once"),
        (
            "-- howdah: step contract\nselect 1;\n-- howdah: step expand\nselect 2",
            "step 2 belongs to `expand`, and follows a step of `contract`",
        ),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(MigrationError, match="`0002_prices") as raised:
        read(text, tmp_path)
    assert told in raised.value.message


def test_comments_for_the_linter_are_prose(tmp_path: Path) -> None:
    found = read("-- howdah: ignore table-rewrite -- few rows\nselect 1", tmp_path)
    assert [it.sql for it in found.up] == [("select 1",)]


def test_line_endings_do_not_count(tmp_path: Path) -> None:
    unix, dos = read(WHOLE, tmp_path), read(WHOLE.replace("\n", "\r\n"), tmp_path)
    assert unix.checksum == dos.checksum
    assert [it.checksum for it in unix.up] == [it.checksum for it in dos.up]
    assert read(WHOLE + "-- more", tmp_path).checksum != unix.checksum


def test_a_folder_is_read_by_name(tmp_path: Path) -> None:
    for name in ("0002_b.sql", "0001_a.sql", "_draft.sql", "notes.txt", ".hidden.sql"):
        (tmp_path / name).write_text("select 1")
    (tmp_path / "objects").mkdir()
    found = read_folder(tmp_path)
    assert [(it.name, it.depends) for it in found] == [("0001_a", ()), ("0002_b", ("0001_a",))]


def test_python_files_have_functions(tmp_path: Path) -> None:
    (tmp_path / "0001_data.py").write_text(
        "from howdah.migrations import Batch, DataMigration\n"
        "migration = DataMigration(depends=[])\n"
        "@migration.up\n"
        "def first(conn): ...\n"
        "@migration.up_batches('select id from a', key='id', size=5)\n"
        "def second(batch): ...\n"
        "@migration.down(phase='expand')\n"
        "def back(conn): ...\n"
    )
    [found] = read_folder(tmp_path)
    assert [type(it.work) for it in found.up] == [Function, RowBatches]
    assert [it.title for it in found.up] == ["first()", "second()"]
    assert found.down is not None
    assert [it.phase for it in found.down] == ["expand"]


@pytest.mark.parametrize(
    ("text", "told"),
    [("1 / 0", "ZeroDivisionError"), ("", "has no `migration`"), ("x = (", "SyntaxError")],
)
def test_python_files_that_cannot_be_used_are_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "0001_data.py").write_text(text)
    with pytest.raises(MigrationError, match=told):
        read_folder(tmp_path)


def test_nothing_within_quotes_ends_a_statement() -> None:
    script = """
        select ';', ';;' ";" , e'\\';' , $$;$$, $a$ ; $$ ; $a$ /* ; /* ; */ ; */;
        create function f() returns int language sql begin atomic;
            select case when true then 1 else 2 end; end;
        select 'it''s; fine' -- ; not here
        ;
    """
    statements = [it for it in pieces(script) if not it.is_comment]
    found = [it.text for it in statements]
    assert [it.split()[0] for it in found] == ["select", "create", "select"]
    assert [it.line for it in statements] == [2, 3, 5]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("create unique index concurrently i on t (a)", True),
        ("CREATE /* ; */ INDEX CONCURRENTLY i ON t (a)", True),
        ("create index i on t (a)", False),
        ("create index concurrently_i on t (a)", False),
        ("drop index concurrently i", True),
        ("reindex table concurrently t", True),
        ("reindex (verbose) index concurrently i", True),
        ("reindex table t", False),
        ("vacuum (analyze) t", True),
        ("alter table p detach partition c concurrently", True),
        ("alter table p detach partition c finalize", False),
        ("alter system set work_mem = '1MB'", True),
        ("alter database d set work_mem = '1MB'", False),
        ("create database d", True),
        ("cluster", True),
        ("cluster t using i", False),
        ("refresh materialized view concurrently v", False),
        ("alter type e add value 'x'", False),
    ],
)
def test_which_statements_forbid_transactions(sql: str, expected: bool) -> None:
    assert forbids_transaction(sql) is expected


def test_indexes_and_partitions_are_found_by_name() -> None:
    built = index_build('create unique index concurrently if not exists "I x" on only s."T" (a)')
    assert built is not None
    assert (built.name, built.table, built.if_not_exists) == ("I x", 's."T"', True)
    assert index_build("create index i on t (a)") is None
    assert dropped_index('drop index concurrently if exists s."I" cascade') == 's."I"'
    gone = detach("alter table if exists s.p detach partition s.c concurrently")
    assert gone is not None
    assert (gone.parent, gone.partition) == ("s.p", "s.c")


@pytest.mark.parametrize(
    ("sql", "limited"),
    [
        ("update t set a = 1", "update t set a = 1\nwhere t.id > 5"),
        (
            "update only s.t as x set a = (select 1 where true) where b or c",
            "update only s.t as x set a = (select 1 where true)\nwhere (b or c\n) and x.id > 5",
        ),
        (
            "delete from t using u where t.id = u.id -- all",
            "delete from t using u\nwhere (t.id = u.id -- all\n) and t.id > 5",
        ),
    ],
)
def test_a_condition_is_put_into_a_statement(sql: str, limited: str) -> None:
    found = target(sql)
    assert found is not None
    assert found.limited(f"{found.alias}.id > 5") == limited


def test_the_columns_that_are_set_are_known() -> None:
    found = target('update t set a = b = (c), ("D", e) = (f, g), h[i] = j, k.l = m from n where o')
    assert found is not None
    assert found.sets == ("a", "D", "e", "h", "k")


@pytest.mark.parametrize(
    "sql", ["with x as (select 1) update t set a = 1", "update t set a = 1 returning a", "select 1"]
)
def test_not_every_statement_can_be_limited(sql: str) -> None:
    assert target(sql) is None


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("drop table a, app.b cascade", [("a", None), ("app.b", None)]),
        ('drop table if exists "A b"', [('"A b"', None)]),
        ("alter table only t drop a, drop column if exists b cascade", [("t", "a"), ("t", "b")]),
        ("alter table t add c int check (c in (1, 2)), drop constraint d", []),
        ("alter table t alter column c drop default", []),
        ("drop view a", []),
    ],
)
def test_what_a_statement_drops(sql: str, expected: list[tuple[str, str | None]]) -> None:
    assert dropped(sql) == expected
