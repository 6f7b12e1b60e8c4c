"""How a dataclass takes a row: read once for each statement, applied natively for each row.

No IO. Called by the native module. Invariant: a plan is given only for classes whose `__init__` is
the one that `dataclasses` generated, so that writing the fields is all that it would do.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from howdah.errors import ProgrammingError

Plan = tuple[list[tuple[str, Any]], list[tuple[str, Callable[[], Any]]], bool]


def plan_dataclass(row_class: Any, names: tuple[str, ...]) -> Plan | None:
    """Fields with default values, fields with factories, and whether `__post_init__` is called.

    Returns None where the class must be called with the columns as keywords.

    Raises ProgrammingError where columns and fields do not match.
    """
    if not _has_generated_init(row_class):
        return None
    fields = {field.name: field for field in dataclasses.fields(row_class)}
    wanted = {name for name, field in fields.items() if field.init}
    _check_names(row_class, names, wanted)
    absent = [field for name, field in fields.items() if name not in names]
    defaults = [(f.name, f.default) for f in absent if f.default is not dataclasses.MISSING]
    factories = [
        (f.name, f.default_factory) for f in absent if f.default_factory is not dataclasses.MISSING
    ]
    filled = {*names, *(name for name, _ in defaults), *(name for name, _ in factories)}
    if missing := sorted(wanted - filled):
        raise ProgrammingError(
            f"the result has no column for field `{missing[0]}` of `{row_class.__qualname__}`",
            hint=f"select a column as `{missing[0]}`, or give the field a default",
        )
    return defaults, factories, hasattr(row_class, "__post_init__")


def _has_generated_init(row_class: Any) -> bool:
    if not (isinstance(row_class, type) and "__dataclass_params__" in vars(row_class)):
        return False
    code = getattr(vars(row_class).get("__init__"), "__code__", None)
    # `dataclasses` compiles what it generates from a string; it leaves an `__init__` of the class
    generated = code is not None and code.co_filename == "<string>"
    parameters = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount] if code else ()
    pseudo_fields = set(parameters) - {field.name for field in dataclasses.fields(row_class)}
    maker: Any = row_class.__new__
    return generated and not pseudo_fields and maker is object.__new__


def _check_names(row_class: type, names: tuple[str, ...], wanted: set[str]) -> None:
    for position, name in enumerate(names):
        if name not in wanted:
            raise ProgrammingError(
                f"column `{name}` has no field in `{row_class.__qualname__}`",
                hint="name the columns that are wanted instead of `*`, or alias them with `as`",
            )
        if name in names[:position]:
            raise ProgrammingError(
                f"two columns are named `{name}`: field `{name}` of "
                f"`{row_class.__qualname__}` can take one",
                hint="give each column a name of its own with `as`",
            )
