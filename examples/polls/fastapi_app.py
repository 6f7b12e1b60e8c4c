"""The polls by HTTP, with FastAPI: shapes are what its endpoints answer with.

Run by `DATABASE_URL=… uvicorn --factory polls.fastapi_app:create_app`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

import howdah
from howdah import errors
from howdah.orm import AsyncTx, Page, select, update_from
from polls import queries
from polls.models import Choice, Question, User
from polls.queries import ChoiceCard, QuestionCard, QuestionLine, TagLine

ANSWERS = {
    errors.NoRow: 404,
    errors.UniqueViolation: 409,
    errors.ForeignKeyViolation: 409,
    errors.CheckViolation: 422,
    errors.InvalidToken: 400,
}
"""What the client is told when the database refuses."""


class NewQuestion(BaseModel):
    """What is sent to ask a question."""

    text: Annotated[str, Field(min_length=1, max_length=500)]
    choices: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=2)]
    tags: list[str] = Field(default_factory=list)


class QuestionChange(BaseModel):
    """What is sent to change one: only what is sent is changed."""

    text: Annotated[str, Field(min_length=1, max_length=500)] = ""
    closes_at: dt.datetime | None = None


def create_app(database: howdah.AsyncDatabase | None = None) -> FastAPI:
    """The application; on the database of `DATABASE_URL`, if it is given none."""
    app = FastAPI(title="Polls", lifespan=lifespan)
    app.state.database = database or howdah.AsyncDatabase(os.environ["DATABASE_URL"])
    for kind in ANSWERS:
        app.add_exception_handler(kind, refused)
    app.get("/questions")(questions)
    app.get("/questions/{number}")(question)
    app.post("/questions", status_code=201)(ask)
    app.patch("/questions/{number}")(change)
    app.post("/choices/{number}/votes", status_code=201)(vote)
    app.get("/search")(search)
    app.get("/dashboard")(dashboard)
    return app


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The database is open while the application runs."""
    async with app.state.database:
        yield


async def refused(request: Request, error: Exception) -> JSONResponse:
    """An error of the database as an answer, without its values."""
    del request
    assert isinstance(error, errors.Error)
    status = next(status for kind, status in ANSWERS.items() if isinstance(error, kind))
    detail = error.diag.constraint_name or type(error).__name__
    return JSONResponse({"detail": detail}, status)


# --- what endpoints ask for


def database(request: Request) -> howdah.AsyncDatabase:
    """The application's database."""
    found: howdah.AsyncDatabase = request.app.state.database
    return found


Db = Annotated[howdah.AsyncDatabase, Depends(database)]


async def transaction(db: Db) -> AsyncIterator[AsyncTx]:
    """A transaction for the request."""
    async with db.tx() as tx:
        yield tx


# it commits before the answer is sent: who was told "created" will find it
Tx = Annotated[AsyncTx, Depends(transaction, scope="function")]


async def user(tx: Tx, x_user: Annotated[int, Header()]) -> User:
    """Who asks: the stand-in for a login is a header."""
    return await tx.fetch(select(User).where(User.id == x_user).one())


Somebody = Annotated[User, Depends(user)]


# --- endpoints


async def questions(
    db: Db,
    tag: str | None = None,
    after: str | None = None,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Page[QuestionLine]:
    """A page of the newest questions; `next` is the `after` of the page that follows."""
    return await db.fetch(queries.latest(tag).page(size, after=after))


async def question(db: Db, number: int) -> QuestionCard:
    """One question with its choices."""
    return await db.fetch(queries.card(number).one())


async def search(db: Db, words: str) -> list[QuestionLine]:
    """The twenty best matches."""
    return await db.fetch(queries.found(words).limit(20))


async def dashboard(db: Db) -> list[TagLine]:
    """What each tag amounts to."""
    return await db.fetch(queries.busiest_tags())


async def ask(tx: Tx, author: Somebody, sent: NewQuestion) -> QuestionCard:
    """Ask a question."""
    made = await queries.ask(tx, author, sent.text, sent.choices, sent.tags)
    return await tx.fetch(queries.card(made.id).one())


async def change(tx: Tx, author: Somebody, number: int, sent: QuestionChange) -> QuestionCard:
    """Change a question of one's own."""
    mine = select(Question).where(Question.id == number, Question.author_id == author.id)
    found = await tx.fetch(mine.lock().one())
    update_from(found, sent)
    await tx.update(found)
    return await tx.fetch(queries.card(number).one())


async def vote(tx: Tx, voter: Somebody, number: int) -> ChoiceCard:
    """Vote for a choice: 409 for who voted on its question before."""
    choice = await tx.fetch(select(Choice).where(Choice.id == number).one())
    await queries.vote(tx, voter, choice)
    return await tx.fetch(select(ChoiceCard).where(Choice.id == number).one())
