"""Names of relations and columns as SQL text.

No IO. Called wherever a name that a program gave becomes part of a statement. Invariant: whatever
the name, the result is one (qualified) identifier: nothing in it can end the quotes.
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


def column_list(names: Iterable[str]) -> str:
    """Columns, separated by commas."""
    return ", ".join(map(quoted, names))
