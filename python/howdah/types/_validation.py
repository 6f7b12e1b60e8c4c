"""How pydantic reads and writes the types of this package, as JSON and otherwise.

No IO. Called by pydantic, through `__get_pydantic_core_schema__` of the types; pydantic is imported
by nothing else. A range is an object with its bounds, `{"lower": 1, "upper": 5, "bounds": "[)"}`;
the bounds of the empty one are `"empty"`. A multirange is a list of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args, get_origin

from howdah.types._range import Multirange, Range

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

EMPTY = "empty"


def range_to_dict(value: Range[Any]) -> dict[str, Any]:
    """The object that stands for a range."""
    return {"lower": value.lower, "upper": value.upper, "bounds": value.bounds or EMPTY}


def range_of_dict(given: dict[str, Any]) -> Range[Any]:
    """The range that an object stands for. Raises `ValueError` for one that is none."""
    lower, upper = given.get("lower"), given.get("upper")
    bounds = given.get("bounds", "[)")
    if bounds == EMPTY:
        return Range(lower, upper, empty=True)
    return Range(lower, upper, bounds)


def range_schema(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """The schema of `Range[…]`."""
    return _schema(Range, _dict_schema(_item(source, handler)), range_of_dict, range_to_dict)


def multirange_schema(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """The schema of `Multirange[…]`."""
    from pydantic_core import core_schema

    ranges = core_schema.list_schema(range_schema(Range[_argument(source)], handler))  # type: ignore[misc]
    return _schema(Multirange, ranges, Multirange, list)


def text_schema(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """The schema of a subclass of `str`."""
    from pydantic_core import core_schema

    del handler
    return core_schema.no_info_after_validator_function(source, core_schema.str_schema())


def _argument(source: Any) -> Any:
    return get_args(source)[0] if get_origin(source) is not None else Any


def _item(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    return handler.generate_schema(_argument(source))


def _dict_schema(item: CoreSchema) -> CoreSchema:
    from pydantic_core import core_schema

    bound = core_schema.typed_dict_field(core_schema.nullable_schema(item), required=False)
    kinds = core_schema.literal_schema(["[)", "[]", "(]", "()", EMPTY])
    return core_schema.typed_dict_schema(
        {
            "lower": bound,
            "upper": bound,
            "bounds": core_schema.typed_dict_field(kinds, required=False),
        },
        extra_behavior="forbid",
    )


def _schema(kind: Any, plain: CoreSchema, make: Any, take_apart: Any) -> CoreSchema:
    from pydantic_core import core_schema

    made = core_schema.no_info_after_validator_function(make, plain)
    either = core_schema.union_schema([core_schema.is_instance_schema(kind), made])
    return core_schema.json_or_python_schema(
        json_schema=made,
        python_schema=either,
        serialization=core_schema.plain_serializer_function_ser_schema(
            take_apart, return_schema=plain
        ),
    )
