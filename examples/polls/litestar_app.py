"""The polls by HTTP, with Litestar, which writes shapes by msgspec.

Run by `DATABASE_URL=… litestar --app polls.litestar_app:create_app run`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, HeaderParameter, QueryParameter

import howdah
from howdah import errors
from howdah.orm import AsyncTx, Page, select
from polls import queries
from polls.models import Choice, User
from polls.queries import ChoiceCard, QuestionCard, QuestionLine

ANSWERS = {errors.NoRow: 404, errors.UniqueViolation: 409, errors.InvalidToken: 400}
"""What the client is told when the database refuses."""

Db = NamedDependency[howdah.AsyncDatabase]
Tx = NamedDependency[AsyncTx]


@get("/questions")
async def questions(
    db: Db,
    tag: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
    size: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
) -> Page[QuestionLine]:
    """A page of the newest questions; `next` is the `after` of the page that follows."""
    return await db.fetch(queries.latest(tag).page(size, after=after))


@get("/questions/{number:int}")
async def question(db: Db, number: FromPath[int]) -> QuestionCard:
    """One question with its choices."""
    return await db.fetch(queries.card(number).one())


@post("/choices/{number:int}/votes")
async def vote(
    tx: Tx, number: FromPath[int], voter: Annotated[int, HeaderParameter(name="X-User")]
) -> ChoiceCard:
    """Vote for a choice: 409 for who voted on its question before."""
    user = await tx.fetch(select(User).where(User.id == voter).one())
    choice = await tx.fetch(select(Choice).where(Choice.id == number).one())
    await queries.vote(tx, user, choice)
    return await tx.fetch(select(ChoiceCard).where(Choice.id == number).one())


async def database(state: State) -> howdah.AsyncDatabase:
    """The application's database."""
    found: howdah.AsyncDatabase = state.database
    return found


async def transaction(db: Db) -> AsyncIterator[AsyncTx]:
    """A transaction for the request; it commits before the answer is sent."""
    async with db.tx() as tx:
        yield tx


def refused(request: Request[Any, Any, Any], error: errors.Error) -> Response[dict[str, str]]:
    """An error of the database as an answer, without its values."""
    del request
    status = next(status for kind, status in ANSWERS.items() if isinstance(error, kind))
    detail = error.diag.constraint_name or type(error).__name__
    return Response({"detail": detail}, status_code=status)


@contextlib.asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """The database is open while the application runs."""
    async with app.state.database:
        yield


def create_app(database_: howdah.AsyncDatabase | None = None) -> Litestar:
    """The application; on the database of `DATABASE_URL`, if it is given none."""
    opened = database_ or howdah.AsyncDatabase(os.environ["DATABASE_URL"])
    return Litestar(
        [questions, question, vote],
        state=State({"database": opened}),
        dependencies={"db": Provide(database), "tx": Provide(transaction)},
        exception_handlers=dict.fromkeys(ANSWERS, refused),
        lifespan=[lifespan],
        logging_config=None,  # whoever runs the application says what is logged
    )
