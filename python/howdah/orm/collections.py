"""What a to-many relation holds: `question.choices`.

No IO. A loaded relation is a list with one addition: `await` gives itself, so that code under
asyncio may await a relation whether it is loaded or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

T = TypeVar("T")


class Collection(list[T]):
    """The objects of a to-many relation. A list, which can be awaited."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, Any, Self]:
        yield from ()  # a generator, as `await` demands, that ends at once
        return self


class Unloaded:
    """An attribute that is not loaded, under asyncio: it can be awaited, and nothing else."""

    __slots__ = ("_load", "_what")

    def __init__(self, what: str, load: Callable[[], Any]) -> None:
        self._what = what
        self._load = load

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._load().__await__()  # type: ignore[no-any-return]

    def _refuse(self, *_: object) -> NoReturn:
        from howdah.errors import NotLoaded

        example = self._what[:1].lower() + self._what[1:]
        raise NotLoaded(
            f"`{self._what}` is not loaded",
            hint=f"write `await {example}`, or load it with the statement: "
            f"`select(…).load({self._what})`",
        )

    if not TYPE_CHECKING:
        __iter__ = __len__ = __bool__ = __contains__ = __getitem__ = __call__ = _refuse
        __add__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("__"):
                raise AttributeError(name)
            self._refuse()

    def __repr__(self) -> str:
        return f"<{self._what}, not loaded>"
