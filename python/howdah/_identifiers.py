"""Names of relations and columns, and texts, as SQL text.

No IO. Called wherever a name that a program gave becomes part of a statement. Invariant: whatever
the name, the result is one (qualified) identifier or literal: nothing in it can end the quotes.
"""

from collections.abc import Iterable

from howdah.errors import ProgrammingError

Name = str | tuple[str, ...]


def quoted(name: str) -> str:
    """One identifier in double quotes, exactly as the catalogue spells it.

    >>> print(quoted('the "best" album'))
    "the ""best"" album"
    """
    if not isinstance(name, str):
        raise TypeError(f"a name must be a `str`, found `{type(name).__name__}`")
    if not name or "\0" in name:
        raise ProgrammingError(f"`{name!r}` cannot be a name in PostgreSQL")
    return '"' + name.replace('"', '""') + '"'


def qualified(name: Name) -> str:
    """A relation or routine, maybe with its schema: `schema.name` or `("schema", "name")`.

    The tuple is for names that have a dot inside.

    >>> qualified("public.Album"), qualified(("public", "a.b"))
    ('"public"."Album"', '"public"."a.b"')
    """
    parts = name if isinstance(name, tuple) else tuple(name.split("."))
    return ".".join(map(quoted, parts))


def text_literal(text: str) -> str:
    r"""A string constant, for commands that take no parameters.

    It is one under either setting of `standard_conforming_strings`.

    >>> print(text_literal("it's"), text_literal("a\\b"))
    'it''s'  E'a\\b'
    """
    if "\0" in text:
        raise ProgrammingError("a text in PostgreSQL cannot hold the character U+0000")
    quoted_text = "'" + text.replace("'", "''") + "'"
    # The space keeps the E apart from a word before it.
    return " E" + quoted_text.replace("\\", "\\\\") if "\\" in text else quoted_text


def column_list(names: Iterable[str]) -> str:
    """Columns, separated by commas."""
    return ", ".join(map(quoted, names))
