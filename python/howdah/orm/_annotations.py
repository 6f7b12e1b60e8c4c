"""Reading the annotations of models, which may be texts and may name models that come later.

No IO. Called by `models` when a class is made and by `tables` when it is used. Invariant: an
annotation is evaluated where it was written: in the names of its module, of its function, and of
all models.
"""

from __future__ import annotations

import re
import sys
from typing import Any, get_args, get_origin

from howdah.errors import ProgrammingError
from howdah.orm.columns import Col
from howdah.orm.relations import Many, One

_KINDS = {Col: "Col", One: "One", Many: "Many"}
_WRITTEN = re.compile(r"^\s*(?:[A-Za-z_]\w*\.)*(Col|One|Many)\s*\[")
_models: dict[str, Any] = {}


class Namespace:
    """The names that are known where a class was written."""

    __slots__ = ("_locals", "_module")

    def __init__(self, module: str, local_names: dict[str, Any]) -> None:
        self._module = module
        self._locals = local_names

    @classmethod
    def of_class_body(cls, namespace: dict[str, Any]) -> Namespace:
        """Those of the module, and of the function that the class is made in, if it is in one."""
        module = namespace.get("__module__", "")
        local_names: dict[str, Any] = {}
        if "<locals>" in namespace.get("__qualname__", ""):
            frame = sys._getframe(1)
            while (
                frame is not None
                and frame.f_globals.get("__name__") == __name__.rpartition(".")[0] + ".models"
            ):
                frame = frame.f_back  # type: ignore[assignment]
            local_names = frame.f_locals if frame is not None else {}
        return cls(module, local_names)

    def evaluate(self, annotation: Any, where: str) -> Any:
        """What the annotation says. Raises `ProgrammingError` for names that nobody knows."""
        if not isinstance(annotation, str):
            return annotation
        module = vars(sys.modules[self._module]) if self._module in sys.modules else {}
        try:
            return eval(annotation, {**_models, **module}, self._locals)  # noqa: S307 (the program's own text)
        except NameError as error:
            raise ProgrammingError(
                f"the annotation `{annotation}` of `{where}` cannot be read: {error}",
                hint="import the name where the model is written, not only `if TYPE_CHECKING`",
            ) from error


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
    """ "Col", "One" or "Many"; None for what is no field."""
    if isinstance(annotation, str):
        written = _WRITTEN.match(annotation)
        return written[1] if written else None
    return _KINDS.get(get_origin(annotation))  # type: ignore[arg-type]


def argument(annotation: Any, namespace: Namespace, where: str) -> Any:
    """What is in the brackets."""
    evaluated = namespace.evaluate(annotation, where)
    inner = get_args(evaluated)[0]
    return (
        namespace.evaluate(inner.__forward_arg__, where)
        if hasattr(inner, "__forward_arg__")
        else inner
    )


def remember(model: type) -> None:
    """Let other models name this one."""
    _models[model.__name__] = model


def model_named(name: str) -> Any:
    """The model of this name, None if there is none."""
    return _models.get(name)
