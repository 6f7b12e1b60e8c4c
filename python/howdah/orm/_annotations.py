"""Reading the annotations of models, which may be texts and may name models that come later.

No IO. Called by `models` when a class is made and by `tables` when it is used. Invariant: an
annotation is evaluated where it was written: in the names of its module, of its function, and of
all models.
"""

from __future__ import annotations

import contextlib
import re
import sys
from typing import TYPE_CHECKING, Any, get_args, get_origin

from howdah.errors import ProgrammingError
from howdah.orm.columns import Col
from howdah.orm.relations import Many, One

if TYPE_CHECKING:
    from types import FrameType

_KINDS = {Col: "Col", One: "One", Many: "Many"}
_WRITTEN = re.compile(r"^\s*(?:[A-Za-z_]\w*\.)*(Col|One|Many)\s*\[")
_PACKAGE = __name__.rpartition(".")[0] + "."
_classes: dict[str, Any] = {}


class Namespace:
    """The names that are known where a class is written: of the module, and of the function."""

    __slots__ = ("_globals", "_locals")

    def __init__(self, module: dict[str, Any], function: dict[str, Any]) -> None:
        self._globals = module
        self._locals = function

    @classmethod
    def of_caller(cls) -> Namespace:
        """Those of the first frame outside of this package, which is the one with the class."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_globals.get("__name__", "").startswith(_PACKAGE):
            frame = frame.f_back
        if frame is None:
            return cls({}, {})
        is_function = frame.f_locals is not frame.f_globals
        # a copy: the frame itself would keep all that the function holds
        return cls(frame.f_globals, dict(frame.f_locals) if is_function else {})

    def evaluate(self, annotation: Any, where: str) -> Any:
        """What the annotation says. Raises `ProgrammingError` for names that nobody knows."""
        if not isinstance(annotation, str):
            return annotation
        names = {**_classes, **self._globals}
        try:
            return eval(annotation, names, self._locals)  # noqa: S307 (the program's own text)
        except NameError as error:
            raise ProgrammingError(
                f"the annotation `{annotation}` of `{where}` cannot be read: {error}",
                hint="import the name where the class is written, not only `if TYPE_CHECKING`",
            ) from error

    def evaluate_known(self, annotations: dict[str, Any]) -> dict[str, Any]:
        """What the annotations say; texts are left where they name what comes later.

        Only names that are known there count: a class of the same name elsewhere is another one.
        """
        known = {}
        for name, annotation in annotations.items():
            known[name] = annotation
            if isinstance(annotation, str):
                with contextlib.suppress(NameError, AttributeError, TypeError):
                    known[name] = eval(annotation, self._globals, self._locals)  # noqa: S307
        return known


def of_namespace(namespace: dict[str, Any]) -> dict[str, Any]:
    """The annotations of a class body."""
    found = namespace.get("__annotations__")
    if found is None and sys.version_info >= (3, 14):
        import annotationlib

        annotate = annotationlib.get_annotate_from_class_namespace(namespace)
        if annotate is not None:
            found = annotationlib.call_annotate_function(annotate, annotationlib.Format.FORWARDREF)
    return dict(found or {})


def kind_of(annotation: Any) -> str | None:
    """The kind, `Col`, `One` or `Many`; None for what is no field."""
    if isinstance(annotation, str):
        written = _WRITTEN.match(annotation)
        return written[1] if written else None
    return _KINDS.get(get_origin(annotation))


def argument(annotation: Any, namespace: Namespace, where: str) -> Any:
    """What is in the brackets."""
    evaluated = namespace.evaluate(annotation, where)
    inner = get_args(evaluated)[0]
    return (
        namespace.evaluate(inner.__forward_arg__, where)
        if hasattr(inner, "__forward_arg__")
        else inner
    )


def remember(made: type) -> None:
    """Let the annotations of other classes name this model or shape, before and after it."""
    _classes[made.__name__] = made
