"""The polls by FastAPI, Litestar and Flask, as their clients see them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import howdah
from howdah.testing import rolled_back, rolled_back_async
from polls import fastapi_app, flask_app, litestar_app, seed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from howdah.testing import RolledBackDatabase

QUESTIONS = 30


@pytest.fixture
def filled(database: str) -> str:
    with howdah.connect(database) as conn:
        seed.create(conn, QUESTIONS, 40)
    return database


@contextlib.asynccontextmanager
async def client(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application on the loop that runs."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://polls") as opened:
        yield opened


@pytest.mark.parametrize("framework", [fastapi_app, litestar_app])
async def test_the_common_part(filled: str, framework: Any) -> None:
    with rolled_back_async(filled) as db:
        async with client(framework.create_app(db)) as http:
            await read_everything(http)
            await vote_twice(http)


async def read_everything(http: httpx.AsyncClient) -> None:
    """All questions, page by page, and one of them."""
    seen: list[int] = []
    after = None
    while True:
        page = (await http.get("/questions", params={"size": "12", **after_of(after)})).json()
        seen += [line["id"] for line in page["rows"]]
        after = page["next"]
        if after is None:
            break
    assert seen == list(range(QUESTIONS, 0, -1))
    card = (await http.get("/questions/1")).json()
    assert len(card["choices"]) == seed.choices_of(1)
    assert card["asked_by"]
    assert (await http.get("/questions/999")).status_code == 404
    assert (await http.get("/questions", params={"after": "rubbish"})).status_code == 400


def after_of(token: str | None) -> dict[str, str]:
    return {} if token is None else {"after": token}


async def vote_twice(http: httpx.AsyncClient) -> None:
    """A second vote on a question is refused, and not counted."""
    choices = (await http.get("/questions/30")).json()["choices"]
    statuses = []
    for choice in choices[:2]:
        voted = await http.post(f"/choices/{choice['id']}/votes", headers={"X-User": "40"})
        statuses.append(voted.status_code)
    assert statuses in ([201, 409], [409, 409])
    after = (await http.get("/questions/30")).json()["choices"]
    votes = [choice["votes"] for choice in choices]
    assert sum(choice["votes"] for choice in after) == sum(votes) + statuses.count(201)


async def test_fastapi_asks_changes_searches(filled: str) -> None:
    with rolled_back_async(filled) as db:
        async with client(fastapi_app.create_app(db)) as http:
            anybody, other = {"X-User": "1"}, {"X-User": "2"}
            sent = {"text": "Tea or elephants?", "choices": ["Tea", "Elephants"], "tags": ["tea"]}
            asked = await http.post("/questions", json=sent, headers=anybody)
            assert asked.status_code == 201
            path = f"/questions/{asked.json()['id']}"
            assert [choice["text"] for choice in asked.json()["choices"]] == ["Tea", "Elephants"]
            found = (await http.get("/search", params={"words": "elephant -coffee"})).json()
            assert asked.json()["id"] in [line["id"] for line in found]

            closing = {"closes_at": "2999-01-01T00:00:00Z"}
            changed = await http.patch(path, json=closing, headers=anybody)
            assert changed.json()["text"] == sent["text"], "what was not sent stays"
            assert changed.json()["closes_at"] == closing["closes_at"]
            assert (await http.patch(path, json=closing, headers=other)).status_code == 404
            early = {"closes_at": "1999-01-01T00:00:00Z"}
            refused = await http.patch(path, json=early, headers=anybody)
            assert (refused.status_code, refused.json()) == (
                422,
                {"detail": "question_closes_after_it_opens"},
            )

            twice = {**sent, "choices": ["Tea", "Tea"]}
            assert (await http.post("/questions", json=twice, headers=anybody)).status_code == 409
            alone = {**sent, "choices": ["Tea"]}
            assert (await http.post("/questions", json=alone, headers=anybody)).status_code == 422
            assert (await http.get("/dashboard")).json()[0]["votes"] > 0
            schemas = (await http.get("/openapi.json")).json()["components"]["schemas"]
            assert {"QuestionCard", "QuestionLine", "ChoiceCard", "TagLine"} <= schemas.keys()


@pytest.mark.parametrize("framework", [fastapi_app, litestar_app])
def test_the_database_is_open_while_the_application_runs(filled: str, framework: Any) -> None:
    async def main() -> None:
        database = howdah.AsyncDatabase(filled)
        app = framework.create_app(database)
        manager = app.router.lifespan_context(app) if framework is fastapi_app else app.lifespan()
        async with manager:
            assert not database.closed
            async with client(app) as http:
                assert (await http.get("/questions/1")).status_code == 200
        assert database.closed

    asyncio.run(main())


@pytest.fixture
def flask_db(filled: str) -> Iterator[RolledBackDatabase]:
    with rolled_back(filled) as db:
        yield db


def test_flask(flask_db: RolledBackDatabase) -> None:
    http = flask_app.create_app(flask_db).test_client()

    def read(path: str) -> Any:
        return http.get(path).json

    first = read("/questions?size=20")
    second = read(f"/questions?size=20&after={first['next']}")
    found = [line["id"] for line in [*first["rows"], *second["rows"]]]
    assert found == list(range(QUESTIONS, 0, -1))
    assert second["next"] is None
    assert http.get("/questions/999").status_code == 404
    assert http.get("/questions?after=rubbish").status_code == 400
    flask_db.execute("delete from vote where user_id = 40 and question_id = 30")
    (choice, *_) = read("/questions/30")["choices"]
    path = f"/choices/{choice['id']}/votes"
    voted: Any = http.post(path, headers={"X-User": "40"})
    assert (voted.status_code, voted.json["votes"]) == (201, choice["votes"] + 1)
    again = http.post(path, headers={"X-User": "40"})
    assert (again.status_code, again.json) == (409, {"detail": "vote_pkey"})
    assert read("/questions/30")["choices"][0]["votes"] == choice["votes"] + 1
    assert http.post(path).status_code == 404, "nobody votes"
