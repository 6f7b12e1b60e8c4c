"""Migration files: `.sql` with comments that say how to run them, or Python.

Reads the folder. Called by everything that needs the migrations. Invariant: a comment that begins
with `howdah:` is understood or refused, never passed over; any other comment is prose.

```sql
-- howdah: migration
-- depends: 0001_initial

-- up
-- howdah: step expand
alter table book add column price numeric;
-- howdah: step migrate, batches of 5000 by id
update book set price = 0 where price is null;

-- down
-- howdah: undo 1
alter table book drop column price;
```
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from howdah.migrations._by_hand import mark
from howdah.migrations._scan import Piece, pieces, tokens
from howdah.migrations._statements import (
    controls_transactions,
    forbids_transaction,
    index_build,
    target,
)
from howdah.migrations.errors import MigrationError
from howdah.migrations.model import (
    PHASES,
    Alone,
    Backfill,
    Migration,
    Phase,
    Statements,
    Step,
    Work,
    check_phases,
    checksum,
)

if TYPE_CHECKING:
    from pathlib import Path

_PART = re.compile(r"--\s*(up|down)\s*$", re.IGNORECASE)
_HEADER = re.compile(r"--\s*(depends|replaces):(.*)$", re.IGNORECASE)
_DIRECTIVE = re.compile(r"--\s*howdah:\s*(.*?)\s*$", re.IGNORECASE)
_KEY = r'\w+|"(?:[^"]|"")+"'
_BATCHES = re.compile(rf"batches of (\d+)(?: by ((?:{_KEY})(?: and (?:{_KEY}))*))?$")
_UNDO = re.compile(r"undo (\d+)(?:,\s*(.*))?$")
_NO_UNDO = re.compile(r"no undo (\d+)$")
_NAME = re.compile(r"[\w.-]+$")
_KNOWN = (
    "`step`, with `expand`, `migrate` or `contract`, `no transaction`, `batches of N by KEY`; "
    "`undo N`, with `no transaction` or `batches of N by KEY`; `no undo N`"
)


def read_folder(folder: Path) -> list[Migration]:
    """The migrations of a folder, by name. One without `depends` follows the one before it.

    Raises:
        MigrationError: there is no such folder, or a file in it cannot be understood.
    """
    if not folder.is_dir():
        raise MigrationError(
            f"there is no folder `{folder}`", hint="`howdah migrate make` begins one"
        )
    paths = sorted(it for it in folder.iterdir() if _is_migration(it))
    found: list[Migration] = []
    for path in paths:
        migration = read_file(path)
        if found and found[-1].name == migration.name:
            raise MigrationError(f"`{folder}` has two migrations `{migration.name}`")
        if migration.depends == _UNSAID:
            migration = replace(migration, depends=(found[-1].name,) if found else ())
        found.append(migration)
    return found


# what no name of a file can be: nothing was said about what a migration depends on
_UNSAID = ("",)


def read_file(path: Path) -> Migration:
    """The migration in a file.

    Raises:
        MigrationError: it cannot be understood.
    """
    text = read_text(path)
    if path.suffix == ".py":
        from howdah.migrations.python_files import read_python

        return read_python(path, text, unsaid=_UNSAID)
    return read_sql(path, text)


def read_text(path: Path) -> str:
    """The text of a file, which is UTF-8.

    Raises:
        MigrationError: it cannot be read, or is not UTF-8.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MigrationError(f"`{path}` cannot be read: {error.strerror}") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise MigrationError(
            f"`{path.name}`, line {line}: byte {error.start} is not UTF-8",
            hint="save the file as UTF-8; `iconv -f latin1 -t utf-8` converts one of old",
        ) from None


def read_sql(path: Path, text: str) -> Migration:
    """The migration that SQL with directives describes."""
    file = _File(path)
    for piece in pieces(text.replace("\r\n", "\n")):
        if piece.is_comment:
            file.comment(piece)
        else:
            file.statement(piece)
    check_phases(f"`{path.name}`", tuple(file.up))
    return Migration(
        name=path.stem,
        path=path,
        checksum=checksum(text),
        depends=file.depends,
        up=tuple(file.up),
        down=None if file.down is None else tuple(file.down),
        final=tuple(sorted(file.final)),
        replaces=file.replaces,
        lines=file.lines,
        is_made=file.mark == mark([sql for step in file.up for sql in step.sql]),
    )


def _is_migration(path: Path) -> bool:
    return (
        path.is_file() and path.suffix in {".sql", ".py"} and not path.name.startswith(("_", "."))
    )


def _columns(text: str) -> tuple[str, ...]:
    """The columns of a key, as PostgreSQL takes their names."""
    return tuple(
        it[1:-1].replace('""', '"') if it.startswith('"') else it.lower()
        for it in re.findall(rf"{_KEY}(?= and |$)", text)
        if it != "and"
    )


@dataclass
class _Directive:
    """What a `howdah:` comment says of the statements after it."""

    phase: Phase = "expand"
    transaction: bool = True
    batches: tuple[int, tuple[str, ...]] | None = None
    undoes: int | None = None
    line: int = 0
    used: bool = False


@dataclass
class _File:
    """A file that is being read, piece by piece."""

    path: Path
    depends: tuple[str, ...] = _UNSAID
    replaces: tuple[str, ...] = ()
    up: list[Step] = field(default_factory=list)
    down: list[Step] | None = None
    final: list[int] = field(default_factory=list)
    mark: str = ""
    lines: dict[int, int] = field(default_factory=dict)
    part: str | None = None
    directive: _Directive = field(default_factory=_Directive)
    joins: bool = False
    """Whether the next statement belongs to the step of the one before."""

    def comment(self, piece: Piece) -> None:
        """Take a comment between statements."""
        if match := _PART.match(piece.text):
            self._begin(match[1].lower(), piece.line)
        elif match := _DIRECTIVE.match(piece.text):
            self._direct(match[1], piece.line)
        elif self.part is None and not self.up and (match := _HEADER.match(piece.text)):
            names = tuple(it.strip() for it in match[2].split(",") if it.strip())
            if wrong := [it for it in names if not _NAME.match(it)]:
                raise self._wrong(piece.line, f"`{wrong[0]}` is no name of a migration")
            setattr(self, match[1].lower(), () if names == ("nothing",) else names)

    def statement(self, piece: Piece) -> None:
        """Take a statement."""
        if piece.text.startswith("\\"):
            raise self._wrong(piece.line, "commands of psql, and data for its `copy`, are not SQL")
        if controls_transactions(piece.text):
            raise self._wrong(
                piece.line,
                "transactions are begun and ended by howdah",
                hint="`-- howdah: step` begins the next one, `no transaction` does without",
            )
        self._refuse_comments_inside(piece)
        steps = self.up if self.part != "down" or self.down is None else self.down
        work = self._work(piece)
        self.directive.used = True
        if self.joins and isinstance(work, Statements) and steps:
            before = steps[-1]
            assert isinstance(before.work, Statements)
            steps[-1] = replace(before, work=Statements((*before.work.sql, *work.sql)))
            return
        number = len(steps) + 1
        steps.append(Step(number, self.directive.phase, work, self.directive.undoes))
        if steps is self.up:
            self.lines[number] = piece.line
        self.joins = isinstance(work, Statements)

    def _refuse_comments_inside(self, piece: Piece) -> None:
        """A statement without its semicolon goes on over what was meant to follow it."""
        for token in tokens(piece.text):
            found = _PART.match(token.text) or _DIRECTIVE.match(token.text)
            if token.kind == "comment" and found and not found[1].startswith("ignore"):
                line = piece.line + piece.text.count("\n", 0, token.start)
                raise self._wrong(
                    line,
                    f"`{token.text}` stands within the statement of line {piece.line}",
                    hint="end that statement with `;`",
                )

    def _begin(self, part: str, line: int) -> None:
        if part == "up" and (self.part is not None or self.up):
            raise self._wrong(line, "`-- up` comes once, before all statements")
        if part == "down" and self.down is not None:
            raise self._wrong(line, "`-- down` comes once")
        if part == "down":
            self.down = []
        self.part, self.directive, self.joins = part, _Directive(), False

    def _direct(self, text: str, line: int) -> None:
        words, _, rest = text.partition(" ")
        if text == "migration" or words in {"ignore", "ignore-file"}:  # what `howdah lint` reads
            return
        if words == "made" and self.part is None and not self.up:
            self.mark = rest.partition(",")[0]  # for which version is for `howdah lint`
        elif self.part == "down" and (match := _NO_UNDO.match(text)):
            self.final.append(self._undone(match[1], line).number)
        elif self.part == "down" and (match := _UNDO.match(text)):
            step = self._undone(match[1], line)
            self.directive = _Directive(step.phase, undoes=step.number, line=line)
            self._take(match[2] or "", self.directive, known=())
        elif words == "step":
            self.directive = _Directive(line=line)
            self._take(rest, self.directive, known=PHASES)
        else:
            raise self._wrong(line, f"`howdah: {text}` is unknown", hint=f"known are {_KNOWN}")
        self.joins = False

    def _undone(self, number: str, line: int) -> Step:
        """The step that is undone."""
        found = next((it for it in self.up if it.number == int(number)), None)
        if found is None:
            raise self._wrong(line, f"`up` has no step {int(number)}")
        return found

    def _take(self, text: str, directive: _Directive, known: tuple[Phase, ...]) -> None:
        """Take what follows `step` or `undo N`."""
        found = re.split(r"\s*,\s*", text) if text else []
        for option in found:
            if option in known:
                directive.phase = option
            elif option == "no transaction":
                directive.transaction = False
            elif match := _BATCHES.match(option):
                directive.batches = (
                    int(match[1]),
                    _columns(match[2] or ""),
                )
            else:
                raise self._wrong(
                    directive.line, f"`{option}` is unknown", hint=f"known are {_KNOWN}"
                )

    def _work(self, piece: Piece) -> Work:
        sql, directive = piece.text, self.directive
        if directive.batches is not None:
            size, key = directive.batches
            found = target(sql)
            if key == ("ctid",) and found is not None and not found.condition:
                raise self._wrong(
                    piece.line,
                    "batches by `ctid` need a condition that no row satisfies once it is done",
                )
            if size < 1 or found is None:
                raise self._wrong(
                    piece.line,
                    "only an `update` or `delete` without `with` and `returning` runs in batches",
                )
            return Backfill(sql, size, key)
        build = index_build(sql)
        if build is not None and build.name is None:
            raise self._wrong(
                piece.line,
                "an index that is built concurrently needs a name",
                hint="an attempt that failed leaves an invalid index, which is found by its name",
            )
        if not directive.transaction or forbids_transaction(sql):
            return Alone(sql)
        return Statements((sql,))

    def _wrong(self, line: int, message: str, hint: str | None = None) -> MigrationError:
        return MigrationError(f"`{self.path.name}`, line {line}: {message}", hint=hint)
