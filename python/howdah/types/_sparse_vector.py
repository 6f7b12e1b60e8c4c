"""`SparseVector`: a vector that is mostly zeros, pgvector's `sparsevec`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from operator import index as as_index
from typing import Final, Never, Self, final

__all__ = ["SparseVector"]

MOST_DIMENSIONS: Final = 1_000_000_000


@final
class SparseVector:
    """The elements of a vector that are not zero, and how many dimensions it has.

    >>> vector = SparseVector({0: 1.5, 2: 2}, 5)
    >>> vector.to_list()
    [1.5, 0.0, 2.0, 0.0, 0.0]
    >>> vector == SparseVector.from_dense([1.5, 0, 2, 0, 0])
    True
    >>> str(vector)
    '{1:1.5,3:2.0}/5'

    Immutable and hashable. Indices count from 0, as everywhere in Python; only PostgreSQL's text,
    which `str()` gives, counts from 1. The server keeps each number as a `float4`, and no more than
    16,000 that are not zero.

    Args:
        elements: index and number, as a mapping or as pairs, in any order; zeros are left out.
        dimensions: how many numbers the whole vector has, from 1.

    Raises:
        ValueError: an index beyond the dimensions or given twice, a number that is not finite,
            dimensions that the type cannot have.

    """

    __module__ = "howdah.types"
    __slots__ = ("_dimensions", "_indices", "_values")
    __match_args__ = ("elements", "dimensions")

    # Written natively as well: indices that ascend, with as many numbers, none of them zero.
    _dimensions: int
    _indices: tuple[int, ...]
    _values: tuple[float, ...]

    def __init__(
        self, elements: Mapping[int, float] | Iterable[tuple[int, float]], dimensions: int
    ) -> None:
        dimensions = as_index(dimensions)
        if not 1 <= dimensions <= MOST_DIMENSIONS:
            raise ValueError(f"a sparse vector has 1 to {MOST_DIMENSIONS} dimensions")
        pairs = elements.items() if isinstance(elements, Mapping) else elements
        ordered = sorted((as_index(at), float(number)) for at, number in pairs)
        for place, (at, number) in enumerate(ordered):
            if not 0 <= at < dimensions:
                raise ValueError(f"index {at} of a vector with {dimensions} dimensions")
            if place and ordered[place - 1][0] == at:
                raise ValueError(f"index {at} twice")
            if not math.isfinite(number):
                raise ValueError(f"the element at {at} is not finite")
        kept = [(at, number) for at, number in ordered if number]
        object.__setattr__(self, "_dimensions", dimensions)
        object.__setattr__(self, "_indices", tuple(at for at, _ in kept))
        object.__setattr__(self, "_values", tuple(number for _, number in kept))

    @classmethod
    def from_dense(cls, numbers: Iterable[float]) -> Self:
        """The vector of all its numbers, zeros included."""
        dense = list(numbers)
        return cls(enumerate(dense), len(dense))

    @property
    def dimensions(self) -> int:
        """How many numbers the whole vector has."""
        return self._dimensions

    @property
    def indices(self) -> tuple[int, ...]:
        """Where the elements are that are not zero, ascending from 0."""
        return self._indices

    @property
    def values(self) -> tuple[float, ...]:
        """The elements that are not zero, in the order of `indices`."""
        return self._values

    @property
    def elements(self) -> dict[int, float]:
        """The elements that are not zero by their indices."""
        return dict(zip(self._indices, self._values, strict=True))

    def to_list(self) -> list[float]:
        """All numbers, zeros included."""
        dense = [0.0] * self._dimensions
        for at, number in zip(self._indices, self._values, strict=True):
            dense[at] = number
        return dense

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SparseVector):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __str__(self) -> str:
        shown = ",".join(
            f"{at + 1}:{number!r}" for at, number in zip(self._indices, self._values, strict=True)
        )
        return f"{{{shown}}}/{self._dimensions}"

    def __repr__(self) -> str:
        return f"SparseVector({self.elements!r}, {self._dimensions})"

    def __reduce__(self) -> tuple[type[Self], tuple[dict[int, float], int]]:
        return type(self), (self.elements, self._dimensions)

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError("a sparse vector is immutable")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError("a sparse vector is immutable")

    def _key(self) -> tuple[int, tuple[int, ...], tuple[float, ...]]:
        return self._dimensions, self._indices, self._values
