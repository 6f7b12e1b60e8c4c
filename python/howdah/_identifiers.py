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

    The tuple, or a `howdah.sql.Identifier`, is for names that have a dot inside.

    >>> qualified("public.Album"), qualified(("public", "a.b"))
    ('"public"."Album"', '"public"."a.b"')
    """
    return ".".join(map(quoted, parts(name)))


def parts(name: Name) -> tuple[str, ...]:
    """The name, and the names of what it is in."""
    if isinstance(name, tuple):
        return name
    if not isinstance(name, str):
        raise TypeError(f"a name must be a `str`, found `{type(name).__name__}`")
    names: tuple[str, ...] | None = getattr(name, "names", None)  # of an `Identifier`
    return tuple(name.split(".")) if names is None else names


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
    return ", ".join(quoted(column(name)) for name in names)


def column(name: str) -> str:
    """A column's name, of an `Identifier` what is in its quotes."""
    names: tuple[str, ...] = getattr(name, "names", (name,))
    if len(names) != 1:
        raise ProgrammingError(f"`{name}` is qualified, which the name of a column cannot be")
    return names[0]


_CHANNEL_BYTES = 63
"""NAMEDATALEN - 1 of PostgreSQL as it is built everywhere."""


def channel(name: str) -> str:
    """A channel to listen on, in quotes.

    LISTEN and NOTIFY cut longer names, but `pg_notify` refuses them, and what is heard has the name
    that was cut: who listens on the whole one would wait for ever.
    """
    text, size = quoted(name), len(name.encode("utf-8", "replace"))
    if size > _CHANNEL_BYTES:
        raise ProgrammingError(
            f"the channel's name has {size} bytes, and PostgreSQL's names have up to "
            f"{_CHANNEL_BYTES}",
            hint="use a shorter name on both sides, such as a hash of the long one",
        )
    return text
