"""`howdah migrate`: what the arguments ask for, done and printed.

stdout is data, stderr is talk. Called natively with the arguments as JSON. Invariant: whatever is
known to go wrong is told without a traceback, and gives one of the exit codes of `docs/cli.md`.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from howdah.errors import Error
from howdah.migrations import _effects, _offline, api, config
from howdah.migrations._files import read_folder
from howdah.migrations._runner import undoing
from howdah.migrations.errors import MigrationError, Refused
from howdah.migrations.graph import Graph
from howdah.migrations.reporting import Terminal, duration, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from howdah.migrations.api import Status
    from howdah.migrations.config import Settings

OK = 0
FAILURE = 1
PENDING = 5
"""There is something to do: `status` with migrations that wait, `check` with differences."""


def run(arguments: str) -> int:
    """Run a command; return its exit code."""
    # unlike other commands this one has a statement to cancel, and knows how to go on later
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # scratch databases are dropped on the way out
    signal.signal(signal.SIGTERM, _terminated)
    given: dict[str, Any] = json.loads(arguments)
    try:
        settings = _settings(given)
        return _COMMANDS[given["command"]](given, settings)
    except Error as error:
        return _fail(error)
    except BrokenPipeError:
        # whoever reads has enough; nothing is left to be flushed at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except _Terminated:
        sys.stderr.write("\nterminated; run it again to go on\n")
        return 128 + signal.SIGTERM
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted; run it again to go on\n")
        return 128 + signal.SIGINT


class _Terminated(KeyboardInterrupt):
    """SIGTERM ends a statement as Ctrl-C does."""


def _terminated(_number: int, _frame: object) -> None:
    raise _Terminated


def _settings(given: dict[str, Any]) -> Settings:
    settings = config.load(given.get("config"))
    if given.get("folder") is not None:
        # a path that was typed is relative to where it was typed
        settings = settings.changed(folder=str(Path.cwd() / given["folder"]))
    names = ("url", "scratch", "lock_timeout", "patience", "wait", "pg_version")
    settings = settings.changed(**{name: given.get(name) for name in names})
    return settings.changed(models=tuple(given.get("models") or ()) or None)


def _up(given: dict[str, Any], settings: Settings) -> int:
    if given["dry_run"]:
        return _dry_run(given, settings)
    if given["sql"]:
        found = api.pending(settings, given["target"], given["phase"])
        _print(_offline.script(found, settings))
        return OK
    done = api.up(
        target=given["target"],
        phase=given["phase"],
        record=given["record"],
        interrupted=given["interrupted"],
        settings=settings,
        report=Terminal(),
    )
    sys.stderr.write(f"{_count(len(done), 'migration')} applied\n" if done else "nothing to do\n")
    return OK


def _down(given: dict[str, Any], settings: Settings) -> int:
    if given["sql"]:
        _print(_offline.script(_undone(given["target"], settings), settings))
        return OK
    if not given["allow_drop"]:
        _ask_before_rows_are_lost(api.losses(settings, given["target"]))
    done = api.down(target=given["target"], settings=settings, report=Terminal())
    sys.stderr.write(f"{_count(len(done), 'migration')} undone\n" if done else "nothing to do\n")
    return OK


def _ask_before_rows_are_lost(lost: Sequence[str]) -> None:
    """Ask a person, or refuse where nobody is there.

    Raises:
        Refused: nobody is there, or the answer was no.
    """
    if not lost:
        return
    told = ", ".join(dict.fromkeys(lost))
    if sys.stdin.isatty() and sys.stderr.isatty():
        answers = [{"answer": "drop", "meaning": "they are gone"}]
        answers.append({"answer": "keep", "meaning": "nothing is undone"})
        question = {"question": f"lose {told}?", "reason": "`down` drops them", "answers": answers}
        if _asked(question) == "drop":
            return
    raise Refused(f"`down` would lose {told}", hint="`--allow-drop` says that they may go")


def _undone(target: str, settings: Settings) -> list[Any]:
    migrations = read_folder(settings.path)
    records = api.records(settings, migrations)
    graph = Graph.for_applied(migrations, records)
    going = api.to_undo(graph, records, target)
    return [(it, "down", undoing(it, records[it.name]), True) for it in going]


def _plan(given: dict[str, Any], settings: Settings) -> int:
    found, effects = _foreseen(given, settings)
    if given["format"] == "json":
        _print(json.dumps([_planned(it, effects) for it in found], indent=2))
        return OK
    for migration, _, steps, is_last in found:
        _print(f"{migration.name}" + ("" if is_last else " (in part)"))
        for step in steps:
            _print(f"  {step.number}. {step.phase}, {_manner(step.work)}: {step.title}")
            for line in _effects.lines(next(effects)):
                _print(f"       {line}")
    if not found:
        sys.stderr.write("nothing to do\n")
    return OK


def _foreseen(
    given: dict[str, Any], settings: Settings
) -> tuple[list[Any], Iterator[list[_effects.Effects]]]:
    """What is pending, and what each of its steps will do."""
    found = api.pending(settings, given["target"], given["phase"])
    steps = [step for _, _, steps, _ in found for step in steps]
    return found, iter(_effects.of_steps(steps, settings) if steps else [])


def _dry_run(given: dict[str, Any], settings: Settings) -> int:
    """Print what `up` would do with the same arguments, and run nothing."""
    found, effects = _foreseen(given, settings)
    if given["format"] == "json":
        planned = [_planned(it, effects) for it in found]
        for (_, _, steps, _), record in zip(found, planned, strict=True):
            for step, written in zip(steps, record["steps"], strict=True):
                written["lock_timeout"] = _lock_timeout(step.work, settings)
        _print(json.dumps(planned, indent=2))
        return OK
    for migration, _, steps, is_last in found:
        _print(f"-- {migration.name}" + ("" if is_last else " (in part)"))
        for step in steps:
            waits = f"waits for a lock up to {duration(_lock_timeout(step.work, settings))}"
            _print(f"\n-- {step.number}. {step.phase}, {_manner(step.work)}, {waits}")
            for line in _effects.lines(next(effects)):
                _print(f"--    {line}")
            _print("\n".join(f"{it};" for it in step.sql) or f"-- {step.title}")
        _print("")
    sys.stderr.write("nothing was run\n" if found else "nothing to do\n")
    return OK


def _lock_timeout(work: Any, settings: Settings) -> float:
    """Seconds that a statement of it may wait for a lock before it makes way."""
    is_alone = type(work).__name__ == "Alone"
    return settings.concurrent_lock_timeout if is_alone else settings.lock_timeout


def _planned(found: Any, effects: Iterator[list[_effects.Effects]]) -> Any:
    migration, _, steps, is_last = found
    return {
        "migration": migration.name,
        "completes": is_last,
        "steps": [
            {
                "number": step.number,
                "phase": step.phase,
                "manner": _manner(step.work),
                "sql": list(step.sql),
                "line": migration.lines.get(step.number),
                "effects": [
                    {key: value for key, value in it.items() if key != "told"}
                    for it in next(effects)
                ],
            }
            for step in steps
        ],
    }


def _manner(work: Any) -> str:
    return {
        "Statements": "in a transaction",
        "Alone": "no transaction",
        "Backfill": "in batches",
        "Function": "Python",
        "RowBatches": "Python, in batches",
    }[type(work).__name__]


def _status(given: dict[str, Any], settings: Settings) -> int:
    found = api.status(settings=settings)
    if given["format"] == "json":
        rows = [{**dataclasses.asdict(it), "applied_at": _iso(it.applied_at)} for it in found]
        _print(json.dumps(rows, indent=2))
    else:
        header = ("migration", "state", "applied at", "took", "by", "howdah")
        _table(header, (_row(it) for it in found))
    _tell_how_to_go_on(found, api.running(settings))
    return OK if all(it.state == "applied" and not it.changed for it in found) else PENDING


def _tell_how_to_go_on(found: Iterable[Status], running: str | None) -> None:
    if running is not None:
        sys.stderr.write(f"a deploy is going on ({running})\n")
        return
    for it in found:
        if it.state in {"partial", "reverting"}:
            # not further than where it stopped: what comes after may be for a later deploy
            command = f"up --phase {it.waits_for}" if it.state == "partial" else "down"
            sys.stderr.write(f"`howdah migrate {command}` goes on with `{it.name}`\n")


def _row(it: Status) -> tuple[str, ...]:
    rows = f", {it.rows:,} rows of the next" if it.rows else ""
    state = f"{it.state} ({it.steps_done} of {it.steps} steps{rows})"
    state = state if it.state in {"partial", "reverting"} else it.state
    state = f"{state}, waits for {it.waits_for}" if it.waits_for else state
    return (
        it.name,
        f"{state}, changed since" if it.changed else state,
        it.applied_at.strftime("%Y-%m-%d %H:%M:%S%z") if it.applied_at else "",
        "" if it.seconds is None else duration(it.seconds),
        "" if it.role is None else f"{it.role} ({it.client})",
        it.howdah or "",
    )


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment is not None else None


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lines = [header, *rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(header))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        _print("  ".join(cells).rstrip())


def _count(number: int, one: str) -> str:
    return f"1 {one}" if number == 1 else f"{number} {one}s"


def _print(text: str) -> None:
    """Write data; on a terminal, nothing that it would obey."""
    sys.stdout.write((printable(text) if sys.stdout.isatty() else text) + "\n")
    sys.stdout.flush()


def _fail(error: Error) -> int:
    lines = str(error).splitlines()
    hints = [line for line in lines if line.startswith("hint: ")]
    text = "\n".join(line for line in lines if not line.startswith("hint: "))
    sys.stderr.write(f"error: {text}\n")
    if hints:
        sys.stderr.write("\n" + "\n".join(hints) + "\n")
    return FAILURE


def _make(given: dict[str, Any], settings: Settings) -> int:
    from howdah.migrations import _making

    report, name = Terminal(), given["name"]
    if given["merge"]:
        made: _making.Made | None = _making.merged(settings, name)
    elif given["empty"] or given["python"]:
        made = _making.empty(settings, name, python=given["python"])
    else:
        choices = _making.Choices(
            answers=_answers(given["answer"]),
            allow_drop=given["allow_drop"],
            ask=_asked if sys.stdin.isatty() and sys.stderr.isatty() else None,
        )
        made = _making.made(settings, report, name, choices)
    if made is None:
        return OK
    if given["dry_run"]:
        _print(made.text.rstrip())
        return OK
    _print(str(made.write(settings.path)))
    return OK


def _answers(given: Iterable[str]) -> dict[str, str]:
    """`drop column book.isbn=drop` by its question.

    Raises:
        MigrationError: there is no `=` in one.
    """
    answers: dict[str, str] = {}
    for it in given:
        question, is_there, answer = it.partition("=")
        if not is_there:
            raise MigrationError(
                f"`--answer {it}` is no question with its answer",
                hint="`--answer 'drop column book.isbn=drop'`, as `make` prints them",
            )
        answers[question] = answer
    return answers


def _asked(question: dict[str, Any]) -> str:
    """What the person at the terminal answers."""
    from howdah.migrations import _making

    sys.stderr.write(f"\n{question['question']}\n  {question['reason']}\n")
    answers = [it["answer"] for it in question["answers"]]
    for it in question["answers"]:
        sys.stderr.write(f"  {it['answer']}: {it['meaning']}\n")
    while True:
        sys.stderr.write(f"[{' / '.join(answers)}] ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise KeyboardInterrupt
        answer = line.strip()
        if _making.is_answer(question, answer):
            return answer


def _check(given: dict[str, Any], settings: Settings) -> int:
    from howdah.migrations import _checking

    workload = given["workload"]
    outcome = _checking.check(
        settings,
        Terminal(),
        down=given["down"],
        workload=None if workload is None else Path(workload),
        offline=given["offline"],
    )
    if given["format"] == "json":
        _print(_checking.as_json(outcome))
        return PENDING if outcome.findings else OK
    for it in outcome.findings:
        _print(it.text)
        for sql in it.sql:
            _print("    " + sql.replace("\n", "\n    "))
    for note in outcome.notes:
        sys.stderr.write(f"{note}\n")
    hints = dict.fromkeys(it.hint for it in outcome.findings if it.hint)
    for hint in hints:
        sys.stderr.write(f"\nhint: {hint}\n")
    sys.stderr.write(f"{_count(len(outcome.findings), 'finding')}\n")
    return PENDING if outcome.findings else OK


def _squash(given: dict[str, Any], settings: Settings) -> int:
    from howdah.migrations import _squashing

    made = _squashing.squashed(
        settings,
        Terminal(),
        given["target"],
        given["name"],
        keep_statements=given["keep_statements"],
    )
    _print(str(made.write(settings.path)))
    sys.stderr.write(
        "keep the files that it replaces until every database has been migrated once more\n"
    )
    return OK


_COMMANDS: dict[str, Callable[[dict[str, Any], Settings], int]] = {
    "up": _up,
    "down": _down,
    "plan": _plan,
    "status": _status,
    "make": _make,
    "check": _check,
    "squash": _squash,
}
