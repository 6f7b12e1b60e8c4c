"""The statements of a script, as the package gets them."""

from __future__ import annotations

from howdah._native import sql_split


def test_statements_are_ranges_of_characters_with_their_lines() -> None:
    text = "-- größe\nselect '😀;';\n\n/* b */ select 2; select 3"
    found = sql_split(text)
    assert [text[start:end] for start, end, _, _ in found] == [
        "select '😀;'",
        "select 2",
        "select 3",
    ]
    assert [line for _, _, line, _ in found] == [2, 4, 4]


def test_data_behind_copy_comes_with_its_statement() -> None:
    [(_, _, _, data), (_, _, line, nothing)] = sql_split("copy t from stdin;\n1\tä\n\\.\nselect 1;")
    assert (data, line, nothing) == ("1\tä\n", 4, None)
