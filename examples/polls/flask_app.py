"""The polls by HTTP, with Flask: threads, `howdah.Database`, and JSON by msgspec.

Run by `DATABASE_URL=… flask --app polls.flask_app run`.
"""

from __future__ import annotations

import os

import flask
import msgspec

import howdah
from howdah import errors
from howdah.orm import select
from polls import queries
from polls.models import Choice, User, Vote
from polls.queries import ChoiceCard

ANSWERS = {errors.NoRow: 404, errors.UniqueViolation: 409, errors.InvalidToken: 400}
"""What the client is told when the database refuses."""

blueprint = flask.Blueprint("polls", __name__)


def create_app(database: howdah.Database | None = None) -> flask.Flask:
    """The application; on the database of `DATABASE_URL`, if it is given none."""
    app = flask.Flask(__name__)
    # it connects when it is first used, and lasts as long as the process
    app.extensions["howdah"] = database or howdah.Database(os.environ["DATABASE_URL"])
    app.register_blueprint(blueprint)
    for kind in ANSWERS:
        app.register_error_handler(kind, refused)
    return app


def db() -> howdah.Database:
    """The application's database."""
    found: howdah.Database = flask.current_app.extensions["howdah"]
    return found


def answer(data: object, status: int = 200) -> flask.Response:
    """Shapes as JSON."""
    return flask.Response(msgspec.json.encode(data), status, mimetype="application/json")


def refused(error: errors.Error) -> flask.Response:
    """An error of the database as an answer, without its values."""
    status = next(status for kind, status in ANSWERS.items() if isinstance(error, kind))
    return answer({"detail": error.diag.constraint_name or type(error).__name__}, status)


@blueprint.get("/questions")
def questions() -> flask.Response:
    """A page of the newest questions; `next` is the `after` of the page that follows."""
    given = flask.request.args
    size = min(max(given.get("size", 20, type=int), 1), 100)
    query = queries.latest(given.get("tag"))
    return answer(db().fetch(query.page(size, after=given.get("after"))))


@blueprint.get("/questions/<int:number>")
def question(number: int) -> flask.Response:
    """One question with its choices."""
    return answer(db().fetch(queries.card(number).one()))


@blueprint.post("/choices/<int:number>/votes")
def vote(number: int) -> flask.Response:
    """Vote for a choice: 409 for who voted on its question before."""
    with db().tx() as tx:
        user = tx.fetch(
            select(User).where(User.id == flask.request.headers.get("X-User", 0, type=int)).one()
        )
        choice = tx.fetch(select(Choice).where(Choice.id == number).one())
        tx.insert(Vote(user_id=user.id, question_id=choice.question_id, choice_id=choice.id))
        tx.change(choice, Choice.votes.to(Choice.votes + 1))
        voted = tx.fetch(select(ChoiceCard).where(Choice.id == number).one())
    return answer(voted, 201)
