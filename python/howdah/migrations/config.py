"""Where migrations, models and the database are: `howdah.toml`, or `pyproject.toml`.

Reads those files and the environment. Called by the command and by the functions of the package.
Invariant: a key that nobody knows is an error, so that a misspelt one is not silently ignored.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from howdah.migrations.errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBERS = {"int", "float", "int | None"}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that can be configured under `[migrations]` of `howdah.toml`."""

    root: Path = Path()
    """The folder of the configuration; other paths are relative to it."""
    folder: str = "migrations"
    """The folder of the migrations."""
    models: tuple[str, ...] = ()
    """Modules with models and other objects."""
    keep: tuple[str, ...] = ()
    """What no model declares and stays, as `table legacy` and `column book.old`."""
    url: str = ""
    """The database; `${NAME}` stands for a variable of the environment, nothing for PG*."""
    scratch: str | None = None
    """The server on which scratch databases are made, if not that of the database."""
    pg_version: int | None = None
    """The major version in production, where another one builds the scratch databases."""
    lock_timeout: float = 0.5
    """Seconds that a statement may wait for a lock before it makes way."""
    concurrent_lock_timeout: float = 600.0
    """The same for statements that block nobody while they wait, as `create index concurrently`."""
    patience: float = 600.0
    """Seconds within which a statement that could not get its lock is tried again."""
    wait: float = 600.0
    """Seconds to wait for another `howdah migrate` on the same database."""
    batch_seconds: float = 0.5
    """How long one batch of a backfill should take; batches that take longer are made smaller."""
    rest: float = 0.1
    """The pause after a batch, as a share of the time that the batch took."""
    max_lag: float = 10.0
    """Seconds that replicas may lag behind before a backfill pauses."""
    max_lag_bytes: int = 256 * 1024 * 1024
    """Bytes of WAL that replicas may lag behind before a backfill pauses."""
    max_active: int | None = None
    """Statements of others that may run at once before a backfill pauses."""

    def __post_init__(self) -> None:
        for name in ("lock_timeout", "concurrent_lock_timeout", "batch_seconds"):
            if getattr(self, name) <= 0:
                raise MigrationError(f"`{name}` must be more than 0: it is how long others wait")

    @property
    def path(self) -> Path:
        """The folder of the migrations."""
        return self.root / self.folder

    @property
    def server_version(self) -> int | None:
        """The version in production as the server tells it, if it was configured."""
        return None if self.pg_version is None else self.pg_version * 10000

    @property
    def kept(self) -> dict[str, str]:
        """The answers to the questions about what stays."""
        return {f"drop {it}": "keep" for it in self.keep}

    def changed(self, **given: Any) -> Self:
        """The same with what was given; None means not given."""
        return replace(self, **{name: it for name, it in given.items() if it is not None})


def load(path: str | os.PathLike[str] | None = None, start: Path | None = None) -> Settings:
    """Read the nearest configuration at or above `start`, or the file that was named.

    Raises:
        MigrationError: the file cannot be read, or says what nobody understands.
    """
    start = start or Path.cwd()
    file = Path(path) if path is not None else _nearest(start)
    if file is None:
        return Settings(root=start)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MigrationError(f"`{file}` cannot be read: {error}") from None
    return _settings(file, _section(file, content))


def _nearest(start: Path) -> Path | None:
    """`howdah.toml`, or a `pyproject.toml` that speaks of howdah; the nearest one upwards."""
    for folder in (start, *start.parents):
        if (folder / "howdah.toml").is_file():
            return folder / "howdah.toml"
        project = folder / "pyproject.toml"
        if project.is_file() and "[tool.howdah" in project.read_text(encoding="utf-8"):
            return project
    return None


def _section(file: Path, content: Mapping[str, Any]) -> Mapping[str, Any]:
    if file.name == "pyproject.toml":
        content = content.get("tool", {}).get("howdah", {})
    section: Mapping[str, Any] = content.get("migrations", {})
    return section


def _settings(file: Path, section: Mapping[str, Any]) -> Settings:
    known = {it.name: str(it.type) for it in fields(Settings) if it.name != "root"}
    values: dict[str, Any] = {}
    for key, value in section.items():
        name = key.replace("-", "_")  # as `[lint]` writes them
        if name not in known:
            raise MigrationError(
                f"`{file}`: `migrations` has no key `{name}`", hint="known are " + ", ".join(known)
            )
        values[name] = _checked(f"`{file}`: `{name}`", known[name], value)
    return Settings(root=file.parent, **values)


def _checked(where: str, kind: str, value: Any) -> Any:
    """The value of a key, of its kind."""
    if name_list := kind.startswith("tuple"):
        value = [value] if isinstance(value, str) else value
    is_right = (
        isinstance(value, list) and all(isinstance(it, str) for it in value)
        if name_list
        else isinstance(value, int | float) and not isinstance(value, bool)
        if kind in _NUMBERS
        else isinstance(value, str)
    )
    if not is_right:
        expected = "texts" if name_list else "a number" if kind in _NUMBERS else "a text"
        raise MigrationError(f"{where}: expected {expected}, found `{value!r}`")
    if isinstance(value, str):
        return _expanded(where, value)
    return tuple(value) if name_list else value


def _expanded(where: str, text: str) -> str:
    def variable(match: re.Match[str]) -> str:
        value = os.environ.get(match[1])
        if value is None:
            raise MigrationError(
                f"{where} names `${{{match[1]}}}`, which is not in the environment"
            )
        return value

    return re.sub(r"\$\{(\w+)\}", variable, text)
