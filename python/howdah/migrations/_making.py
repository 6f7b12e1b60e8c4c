"""`howdah migrate make`: what models have and migrations do not make, as a file.

Builds both in scratch databases and compares the catalogs. Called by the command. Invariants: a
file that is there is never replaced; nothing that holds data is dropped without an answer.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import howdah
from howdah import _native
from howdah.migrations import _building
from howdah.migrations._by_hand import kept, mark
from howdah.migrations._scan import words
from howdah.migrations._scratch import scratch
from howdah.migrations.errors import MigrationError, Refused
from howdah.migrations.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from howdah.migrations.config import Settings
    from howdah.migrations.reporting import Report

BATCH_ROWS = 5000
_LONGEST_NAME_CHARS = 50


@dataclass(frozen=True)
class Choices:
    """How questions are answered."""

    answers: dict[str, str] = field(default_factory=dict)
    allow_drop: bool = False
    ask: Callable[[dict[str, Any]], str] | None = None
    """Asks a person; None where nobody is there."""


@dataclass(frozen=True)
class Made:
    """A migration that is to be written."""

    name: str
    text: str

    def write(self, folder: Path) -> Path:
        """Write it; the folder is made if it is not there.

        Raises:
            MigrationError: the file is there already.
        """
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.name
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(self.text)
        except FileExistsError:
            raise MigrationError(f"`{path}` is there already") from None
        return path


def made(settings: Settings, report: Report, name: str | None, choices: Choices) -> Made | None:
    """The migration from what the migrations make to what the models declare; None if equal.

    Raises:
        Refused: a question is open and nobody is there to answer it.
        MigrationError: the migrations have several ends, or something cannot be built.
    """
    migrations = _building.existing(settings)
    graph = Graph.for_applied(migrations, ())
    graph.until(None)
    if not settings.models and not _building.objects(settings):
        raise MigrationError(
            "there are no models to compare with",
            hint='`models = ["shop.models"]` in the configuration, or `--models`',
        )
    with scratch(settings, report) as server:
        url = server.database()
        by_hand = _building.build(server, url, settings, migrations)
        before = _building.read(url)
        # a database in which nothing was made is as good as a new one
        url = server.database() if migrations else url
        declared = _building.declare(server, url, settings)
        after, undeclared = kept(before, _building.read(url), declared, by_hand)
        version = settings.server_version
        if version is None:
            with howdah.connect(url) as conn:
                version = conn.server_version
    for it in undeclared:
        report.line(f"note: {it} stays: it was made by hand, and no model declares it")
    given = choices.answers
    choices = replace(choices, answers={**settings.kept, **given})
    options = {"server_version": version, "declared": declared}
    plan = planned(before, after, options, choices)
    for it in _without_effect(before, after, options, choices, given):
        report.line(f"warning: `--answer '{it}={given[it]}'` answers no question")
    for note in plan["notes"]:
        report.line(f"note: {note}")
    for it in plan["refused"]:
        report.line(f"refused: {it['object']}: {it['reason']}")
        report.line(f"  hint: {it['hint']}")
    if not plan["steps"]:
        is_equal = not plan["refused"] and "keep" not in choices.answers.values()
        rest = "the migrations make what the models declare" if is_equal else "what differs stays"
        report.line(f"nothing to do: {rest}")
        return None
    slug = slug_of(name) if name else named_after(plan["steps"])
    text = written(plan["steps"], graph.heads, major=version // 10_000)
    return Made(f"{next_number(graph)}_{slug}.sql", text)


def planned(
    before: _building.Schema,
    after: _building.Schema,
    options: Mapping[str, Any],
    choices: Choices,
) -> dict[str, Any]:
    """The plan, once all questions are answered.

    Raises:
        Refused: one is open and nobody is there to answer it.
        MigrationError: an answer is none of those that its question has.
    """
    answers = dict(choices.answers)
    while True:
        plan: dict[str, Any] = json.loads(_plan(before, after, options, choices, answers))
        for it in plan["questions"]:
            _check_answer(it, answers.get(it["id"]))
        open_ = [it for it in plan["questions"] if it["id"] not in answers]
        if not open_:
            return plan
        if choices.ask is not None:
            answers.update((it["id"], choices.ask(it)) for it in open_)
            continue
        intended = {it["id"]: answer for it in open_ if (answer := _intended(it))}
        if len(intended) < len(open_):
            raise _unanswered([it for it in open_ if it["id"] not in intended])
        answers.update(intended)


def written(steps: Sequence[Mapping[str, Any]], depends: Iterable[str], *, major: int) -> str:
    """The steps of a plan as the text of a migration, for a major version of PostgreSQL."""
    grouped = groups(steps)
    known_by = mark([step["sql"] for group in grouped for step in group])
    made_by = f"-- howdah: made {known_by}, for PostgreSQL {major}"
    lines = [*head(depends)[:-1], made_by, "", "-- up"]
    for group in grouped:
        lines += ["", *(f"-- {reason}" for reason in reasons(group)), directive(group[0])]
        lines += [f"{step['sql']};" for step in group]
    lines += ["", "-- down"]
    for number, group in reversed(list(enumerate(grouped, 1))):
        if any(step["undo"] is None for step in group):
            lines += ["", "-- There is no way back.", f"-- howdah: no undo {number}"]
            continue
        for undo in _way_back(group):
            said = ", ".join([f"undo {number}", *how(undo)])
            lines += ["", f"-- howdah: {said}", *(f"{it};" for it in undo["statements"])]
    return "\n".join(lines) + "\n"


def head(depends: Iterable[str]) -> list[str]:
    """The first lines of a migration."""
    return ["-- howdah: migration", f"-- depends: {', '.join(depends) or 'nothing'}", ""]


def groups(steps: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Neighbours that commit together."""
    found: list[list[Mapping[str, Any]]] = []
    for step in steps:
        joins = found and step["transaction"] and step["group"] == found[-1][-1]["group"]
        if joins and step["batches"] is None and found[-1][-1]["batches"] is None:
            found[-1].append(step)
        else:
            found.append([step])
    return found


def reasons(group: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why it is done so; each reason once."""
    return list(dict.fromkeys(" ".join(it["reason"].split()) for it in group if it["reason"]))


def directive(step: Mapping[str, Any]) -> str:
    """The comment above a step."""
    return ", ".join([f"-- howdah: step {step['deploy']}", *how(step)])


def how(work: Mapping[str, Any]) -> list[str]:
    """What is said of a step, or of what undoes one, that is no transaction."""
    if work["batches"] is not None:
        key = " and ".join(work["batches"]["key"])
        # a comment ends with its line, and what follows would be run
        key = key if key and len(key.splitlines()) == 1 else "ctid"
        return [f"batches of {BATCH_ROWS} by {key}"]
    return [] if work.get("transaction", True) else ["no transaction"]


def named_after(steps: Sequence[Mapping[str, Any]]) -> str:
    """A name made of the first object that the steps concern."""
    first = steps[0]
    found = [it.key for it in words(first["sql"])]
    verb = {"create": "add", "alter": "change"}.get(found[0], found[0])
    if verb == "change":
        verb = next((it for it in found if it in {"add", "drop", "rename"}), verb)
    more = "_and_more" if len({it["object"] for it in steps}) > 1 else ""
    return slug_of(f"{verb}_{first['object']}") + more


def slug_of(text: str) -> str:
    """Words as part of a file's name."""
    slug = re.sub(r"\W+", "_", text.lower()).strip("_")
    return slug[:_LONGEST_NAME_CHARS].rstrip("_") or "migration"


def next_number(graph: Graph) -> str:
    """The number of the next file: one more than the largest."""
    numbers = [int(match[0]) for name in graph.by_name if (match := re.match(r"\d+", name))]
    return f"{max(numbers, default=0) + 1:04}"


def merged(settings: Settings, name: str | None) -> Made:
    """A migration that joins all ends.

    Raises:
        MigrationError: there is one end only.
    """
    graph = Graph.for_applied(_building.existing(settings), ())
    heads = graph.heads
    if len(heads) < 2:
        raise MigrationError("there is nothing to merge: the migrations have one end")
    slug = slug_of(name or "merge_" + "_".join(it.split("_")[0] for it in heads))
    text = "\n".join([*head(heads), "-- up", "", "-- down", ""])
    return Made(f"{next_number(graph)}_{slug}.sql", text)


_PYTHON = '''\
"""{title}."""

from howdah import Connection
from howdah.migrations import DataMigration

migration = DataMigration(depends={depends})


@migration.up
def change(conn: Connection) -> None:
    """In one transaction; `migration.up_batches` is for many rows."""


@migration.down
def undo(conn: Connection) -> None:
    """What takes it back."""
'''


def empty(settings: Settings, name: str | None, *, python: bool) -> Made:
    """A migration to be filled by hand."""
    graph = Graph.for_applied(_building.existing(settings), ())
    graph.until(None)
    slug = slug_of(name or ("data" if python else "change"))
    stem = f"{next_number(graph)}_{slug}"
    if python:
        title = (name or "data").replace("_", " ").capitalize()
        return Made(f"{stem}.py", _PYTHON.format(title=title, depends=json.dumps(graph.heads)))
    lines = [*head(graph.heads), "-- up", "", "-- howdah: step expand", "", "-- down", ""]
    return Made(f"{stem}.sql", "\n".join(lines))


def _way_back(group: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What undoes it, one transaction after another; what was done together is undone together."""
    found: list[dict[str, Any]] = []
    for step in reversed(group):
        for place, undo in enumerate(step["undo"]):
            alone = undo["batches"] or (found and found[-1]["batches"])
            if place > 0 or not found or alone:
                found.append(dict(undo))
                continue
            found[-1]["statements"] = [*found[-1]["statements"], *undo["statements"]]
    return found


def is_answer(question: Mapping[str, Any], answer: str) -> bool:
    """Whether it is one of those that the question has."""
    possible = [it["answer"] for it in question["answers"]]
    # some are no words to choose from, but say what may be given: `an SQL expression`
    return answer in possible or (bool(answer) and any(" " in it for it in possible))


def _check_answer(question: Mapping[str, Any], answer: str | None) -> None:
    """An answer that the planner did not take must at least be one of those that it offers."""
    if answer is not None and not is_answer(question, answer):
        raise MigrationError(
            f"`{answer}` is no answer to `{question['id']}`: {question['question']}",
            hint=_answers(question),
        )


def _without_effect(
    before: _building.Schema,
    after: _building.Schema,
    options: Mapping[str, Any],
    choices: Choices,
    given: Mapping[str, str],
) -> list[str]:
    """Answered questions that are not asked: without the answer, the plan is the same."""
    if not given:
        return []
    whole = _plan(before, after, options, choices, choices.answers)
    others = {id_: {k: v for k, v in choices.answers.items() if k != id_} for id_ in given}
    plans = {id_: _plan(before, after, options, choices, rest) for id_, rest in others.items()}
    return [id_ for id_, plan in plans.items() if plan == whole]


def _plan(
    before: _building.Schema,
    after: _building.Schema,
    options: Mapping[str, Any],
    choices: Choices,
    answers: Mapping[str, str],
) -> str:
    """The planner's plan with these answers, as JSON."""
    given = {**options, "answers": answers, "allow_drop": choices.allow_drop}
    return _native.schema_plan(json.dumps(before), json.dumps(after), json.dumps(given))


def _intended(question: Mapping[str, Any]) -> str | None:
    """What `was` in a model has answered: whether to rename is no question, and this is how."""
    if not question["id"].startswith("rename"):
        return None
    possible = [it["answer"] for it in question["answers"]]
    safe = next((it for it in ("expand", "view") if it in possible), None)
    # where there is no other way, whether to break the program that runs is for people to say
    return safe or ("direct" if "keep" not in possible else None)


def _unanswered(questions: Sequence[Mapping[str, Any]]) -> Refused:
    lines = [f"  {it['object']}: {it['question']}\n    {it['reason']}" for it in questions]
    hint = "; ".join(_answers(it) for it in questions)
    if any(it["id"].startswith("drop") for it in questions):
        hint += '; if it was renamed, `was="…"` in the model says so'
    return Refused("nobody is here to be asked:\n" + "\n".join(lines), hint=hint)


def _answers(question: Mapping[str, Any]) -> str:
    given = (f"`--answer '{question['id']}={it['answer']}'`" for it in question["answers"])
    return " or ".join(given)
