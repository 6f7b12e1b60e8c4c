"""The codecs that a program chooses: everywhere, for a pool, for a connection.

No IO. `howdah.types` exports what is here; pools and connections have a `Codecs` each. Invariant:
the native layer, which connections read, holds what the mapping shows.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Final, Literal, TypeAlias

from howdah._native import Codec, CodecLayer

Preset: TypeAlias = Literal["text", "binary", "float"]
Choice: TypeAlias = Codec | Preset | None
TypeName: TypeAlias = str | int


class Codecs(MutableMapping[TypeName, Choice]):
    """The codecs chosen in one scope, by type: a dict whose changes are in force at once.

    A key is a type's OID or its name as SQL spells it: `"json"`, `"timestamp with time zone"`,
    `"mood[]"`, `'app."Mood"'`. A name without a schema means the built-in type, or else the type of
    this name in whatever schema it is. Names are looked up when a statement uses such a type, so
    a type may be named before it exists.

    A value is a `Codec`, the name of a preset, or None for howdah's own codec where a wider scope
    has chosen another. Presets change how a type is read and cost nothing:

    - `"text"`: `str`, as PostgreSQL prints it.
    - `"binary"`: `bytes`, the binary format; parameters may be such `bytes`, too.
    - `"float"`: the nearest `float`, for `numeric`.

    A choice also holds inside of arrays, ranges, composite types and domains. It is in force from
    the next statement on, also for statements that were prepared before.

    >>> from howdah.types import Codec
    >>> conn.codecs["numeric"] = "float"
    >>> conn.codecs["jsonb"] = "text"
    >>> conn.codecs["inet"] = Codec(decode=lambda text: text.partition("/")[0])
    >>> conn.fetch_one("select 1.5, '[1]'::jsonb, array['10.0.0.1/8'::inet]", row=tuple)
    (1.5, '[1]', ['10.0.0.1'])
    >>> conn.codecs.clear()
    """

    __slots__ = ("_chosen", "_layer")

    def __init__(self, wider: "Codecs | None") -> None:
        self._layer: CodecLayer = (
            CodecLayer.everywhere() if wider is None else CodecLayer(wider._layer)
        )
        self._chosen: dict[TypeName, Choice] = {}

    def __getitem__(self, type_name: TypeName, /) -> Choice:
        return self._chosen[CodecLayer.key(type_name)]

    def __setitem__(self, type_name: TypeName, codec: Choice, /) -> None:
        key = CodecLayer.key(type_name)
        self._layer.set(key, codec)
        self._chosen[key] = codec

    def __delitem__(self, type_name: TypeName, /) -> None:
        key = CodecLayer.key(type_name)
        del self._chosen[key]
        self._layer.unset(key)

    def __iter__(self) -> Iterator[TypeName]:
        return iter(tuple(self._chosen))

    def __len__(self) -> int:
        return len(self._chosen)

    def __repr__(self) -> str:
        return f"Codecs({self._chosen})"

    def _restore(self, chosen: Mapping[TypeName, Choice]) -> None:
        """Make the choices exactly these."""
        if self._chosen == chosen:
            return
        for type_name in self._chosen.keys() - chosen.keys():
            del self[type_name]
        for type_name, codec in chosen.items():
            if type_name not in self._chosen or self._chosen[type_name] is not codec:
                self[type_name] = codec


UNKNOWN = r"""
    select named.name from pg_catalog.unnest($1::text[]) named (name),
        pg_catalog.parse_ident(pg_catalog.regexp_replace(named.name, '\[\]$', '')) parts
    where not exists (
        select from pg_catalog.pg_type t
        join pg_catalog.pg_namespace n on n.oid = typnamespace
        where typname = parts[pg_catalog.cardinality(parts)]
          and (pg_catalog.cardinality(parts) = 1 or nspname = parts[1])
          and (typarray <> 0 or named.name not like '%[]'))
"""
"""Which names no type has, in their order; parameter: the names as `Codecs` spells them."""


def chosen_names(*scopes: Codecs | None) -> list[str]:
    """The names for which a codec was chosen in one of the scopes, but those of built-in types."""
    return sorted({key for scope in scopes for key in scope or () if isinstance(key, str)})


codecs: Final = Codecs(None)
"""The codecs chosen for all connections of the process."""
