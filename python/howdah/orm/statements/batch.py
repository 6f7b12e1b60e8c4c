"""Several statements in one round trip: `db.batch(a, b, c)`.

No IO of its own: each statement's steps are taken side by side, a pipeline for each round. Called
by the verbs. Invariant: the statements are executed in the order in which they were given; what
they load besides takes as many rounds as the deepest of them needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah.orm.statements.base import is_unknown, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from howdah.orm.statements.base import Statement, Step, Steps


def batch_steps(executor: Any, statements: Sequence[Statement[Any]]) -> Steps:
    """Run the statements together; returns a tuple of what each gives."""
    results: list[Any] = [None] * len(statements)
    running = {place: it._steps(executor) for place, it in enumerate(statements)}
    answers: dict[int, Any] = dict.fromkeys(running)
    while running:
        steps: dict[int, Step] = {}
        for place, answer in answers.items():
            try:
                steps[place] = running[place].send(answer)
            except StopIteration as done:
                results[place] = done.value
                del running[place]
        if steps:
            found = yield _round(list(steps.values()))
            answers = dict(zip(steps, found, strict=True))
    return tuple(results)


def _round(steps: Sequence[Step]) -> Step:
    """One step of all of these."""
    writes = frozenset[str]().union(*(getattr(step, "writes", ()) for step in steps))
    return told(_round_of(steps), writes, is_unknown=any(map(is_unknown, steps)))


def _round_of(steps: Sequence[Step]) -> Step:
    if len(steps) == 1:
        return _alone(steps[0])

    def together(connection: Any) -> Any:
        pipeline = connection.pipeline()
        if hasattr(pipeline, "__aenter__"):
            return _together_async(pipeline, steps)
        with pipeline:
            pending = [step(pipeline) for step in steps]
        return [it.result() for it in pending]

    return together


async def _together_async(pipeline: Any, steps: Sequence[Step]) -> list[Any]:
    async with pipeline:
        pending = [step(pipeline) for step in steps]
    return [await it for it in pending]


def _alone(step: Step) -> Step:
    """A single step needs no pipeline, which would make it a transaction of its own."""

    def only(connection: Any) -> Any:
        answer = step(connection)
        return _listed(answer) if hasattr(answer, "__await__") else [answer]

    return only


async def _listed(answer: Any) -> list[Any]:
    return [await answer]
