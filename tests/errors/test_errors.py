"""The exception tree, what errors carry, how they print and travel."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import howdah
from howdah import errors

UNIQUE = {
    "S": "FEHLER",
    "V": "ERROR",
    "C": "23505",
    "M": "duplicate key value violates unique constraint",
    "D": "Key (id)=(1) already exists.",
    "s": "public",
    "t": "album",
    "n": "album_pkey",
    "F": "nbtinsert.c",
    "L": "666",
    "R": "_bt_check_unique",
}


def test_the_tree_is_that_of_pep_249() -> None:
    tree = {
        errors.Warning: Exception,
        errors.Error: Exception,
        errors.InterfaceError: errors.Error,
        errors.DatabaseError: errors.Error,
        errors.DataError: errors.DatabaseError,
        errors.OperationalError: errors.DatabaseError,
        errors.IntegrityError: errors.DatabaseError,
        errors.InternalError: errors.DatabaseError,
        errors.ProgrammingError: errors.DatabaseError,
        errors.NotSupportedError: errors.DatabaseError,
    }
    assert {cls: cls.__base__ for cls in tree} == tree


@pytest.mark.parametrize(
    ("sqlstate", "name", "base"),
    [
        ("23505", "UniqueViolation", errors.IntegrityError),
        ("23503", "ForeignKeyViolation", errors.IntegrityError),
        ("40001", "SerializationFailure", errors.OperationalError),
        ("40P01", "DeadlockDetected", errors.OperationalError),
        ("42P01", "UndefinedTable", errors.ProgrammingError),
        ("42601", "SyntaxError", errors.ProgrammingError),
        ("22012", "DivisionByZero", errors.DataError),
        ("25P02", "InFailedSqlTransaction", errors.InternalError),
        ("57014", "QueryCanceled", errors.OperationalError),
        ("28P01", "InvalidPassword", errors.OperationalError),
        ("0A000", "FeatureNotSupported", errors.NotSupportedError),
        ("XX000", "InternalError_", errors.InternalError),
        ("72000", "SnapshotTooOld", errors.OperationalError),
        ("38004", "ReadingSqlDataNotPermittedExt", errors.OperationalError),
    ],
)
def test_a_sqlstate_has_its_class(sqlstate: str, name: str, base: type[errors.Error]) -> None:
    found = errors.lookup(sqlstate)
    assert found is getattr(errors, name)
    assert found.__name__ == name
    assert found.__module__ == "howdah.errors"
    assert issubclass(found, base)
    assert found("").sqlstate == sqlstate


def test_the_general_error_of_a_class_catches_its_members() -> None:
    assert issubclass(errors.SerializationFailure, errors.TransactionRollback)
    assert issubclass(errors.DeadlockDetected, errors.TransactionRollback)


def test_unknown_codes_fall_back_but_keep_their_code() -> None:
    assert errors.lookup("23ABC") is errors.IntegrityConstraintViolation
    assert errors.lookup("21XXX") is errors.CardinalityViolation
    assert errors.lookup("ZZZZZ") is errors.DatabaseError
    assert errors.lookup("") is errors.DatabaseError
    error = errors.from_fields({"C": "23ABC", "M": "new in 42"}, None)
    assert error.sqlstate == "23ABC"
    assert errors.IntegrityConstraintViolation("").sqlstate == "23000"


def test_every_field_is_kept() -> None:
    error = errors.from_fields(UNIQUE, "insert …")
    assert isinstance(error, errors.UniqueViolation)
    assert error.diag.as_dict() == {
        "severity": "FEHLER",
        "severity_nonlocalized": "ERROR",
        "sqlstate": "23505",
        "message_primary": "duplicate key value violates unique constraint",
        "message_detail": "Key (id)=(1) already exists.",
        "schema_name": "public",
        "table_name": "album",
        "constraint_name": "album_pkey",
        "source_file": "nbtinsert.c",
        "source_line": 666,
        "source_function": "_bt_check_unique",
    }
    assert error.diag.column_name is None
    assert error.detail == "Key (id)=(1) already exists."
    assert error.query == "insert …"


def test_malformed_and_unknown_fields_do_no_harm() -> None:
    error = errors.from_fields({"P": "x", "L": "", "?": "future"}, "select")
    assert error.diag.statement_position is None
    assert "without a message" in str(error)


def test_message_detail_and_hint_print_on_their_own_lines() -> None:
    error = errors.from_fields(UNIQUE | {"H": "Take another."}, None)
    assert str(error).splitlines() == [
        "duplicate key value violates unique constraint",
        "detail: Key (id)=(1) already exists.",
        "hint: Take another.",
    ]
    assert str(errors.PoolClosed("the pool is closed")) == "the pool is closed"


@pytest.mark.parametrize(
    ("query", "position", "line", "under"),
    [
        ("select * from nope", 15, "line 1: select * from nope", "n"),
        ("select 1,\n  'ü', nope\nfrom t", 18, "line 2:   'ü', nope", "n"),
        ("select\tnope", 8, "line 1: select nope", "n"),
        ("select 'x", 10, "line 1: select 'x", ""),
    ],
)
def test_a_caret_stands_under_the_place(query: str, position: int, line: str, under: str) -> None:
    error = errors.from_fields({"M": "m", "P": str(position)}, query)
    _, shown, caret = str(error).split("\n")
    assert shown == line
    assert shown[len(caret) - 1 : len(caret)] == under


def test_the_caret_counts_wide_characters_as_two_columns() -> None:
    error = errors.from_fields({"M": "m", "P": "13"}, "select '東京', nope")
    _, shown, caret = str(error).split("\n")
    assert shown[shown.index("nope") - 2 :] == ", nope"
    assert len(caret) - 1 == shown.index("nope") + 1  # 2 wide ones; position 13 is the blank


def test_a_long_line_is_cut_around_the_place() -> None:
    query = "select " + "a, " * 100 + "nope" + ", b" * 100
    error = errors.from_fields({"M": "m", "P": str(query.index("nope") + 1)}, query)
    _, shown, caret = str(error).split("\n")
    assert len(shown) < 100
    assert shown[len(caret) - 1 :].startswith("nope")


@pytest.mark.parametrize("position", ["0", "-1", "999"])
def test_a_position_outside_of_the_text_shows_nothing(position: str) -> None:
    assert str(errors.from_fields({"M": "m", "P": position}, "select 1")) == "m"


def test_the_place_in_an_internal_query_is_shown() -> None:
    error = errors.from_fields({"M": "m", "q": "select nope", "p": "8"}, "select f()")
    assert "line 1: select nope" in str(error)


@pytest.mark.parametrize(
    "error",
    [
        errors.from_fields(UNIQUE | {"P": "3"}, "insert into album"),
        errors.from_fields({"C": "23ABC", "M": "m"}, None),
        errors.PoolTimeout("too late", hint="wait"),
        errors.ConnectionFailed("no"),
    ],
)
def test_errors_survive_pickling(error: errors.Error) -> None:
    error.add_note("seen")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert (copy.sqlstate, copy.diag, copy.query) == (error.sqlstate, error.diag, error.query)
    assert copy.__notes__ == ["seen"]


def test_timeouts_are_timeout_errors_too() -> None:
    for cls in (errors.QueryTimeout, errors.PoolTimeout):
        error = cls("too late", hint="wait")
        assert isinstance(error, TimeoutError)
        assert isinstance(error, errors.OperationalError)
        assert str(error) == "too late\nhint: wait"


def test_the_module_knows_its_names() -> None:
    assert "UniqueViolation" in dir(errors)
    with pytest.raises(AttributeError, match="no attribute `NoSuchViolation`"):
        _ = errors.NoSuchViolation  # type: ignore[attr-defined]


def test_the_generated_file_is_fresh() -> None:
    script = Path(__file__).parents[2] / "tools" / "generate_sqlstates.py"
    done = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


async def test_a_servers_error_arrives_whole(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table album (id int primary key)")
    await conn.execute("insert into album values (1)")
    with pytest.raises(errors.UniqueViolation) as caught:
        await conn.execute("insert into album values ($1)", 1)
    diag = caught.value.diag
    assert (diag.table_name, diag.constraint_name) == ("album", "album_pkey")
    assert diag.severity_nonlocalized == "ERROR"
    assert caught.value.detail == "Key (id)=(1) already exists."


async def test_positions_count_characters(conn: howdah.AsyncConnection) -> None:
    with pytest.raises(errors.UndefinedColumn) as caught:
        await conn.fetch("select 'üü', nope")
    assert caught.value.diag.statement_position == 14
    assert str(caught.value).split("\n")[1:3] == ["line 1: select 'üü', nope", " " * 21 + "^"]
