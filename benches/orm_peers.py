"""peewee, Tortoise and Piccolo on the talk's tables, doing the jobs of `orm`.

Connects when it is asked to. Tortoise and Piccolo are of asyncio: each job is run to its end on a
loop of their own. Eager loading is by `prefetch`; Piccolo has none for the many side of a relation,
so its expert writes the two statements.
"""

# ruff: noqa: ANN401, D102, D106, SLF001 (the jobs are named in the table)

from __future__ import annotations

import asyncio
import urllib.parse
from typing import Any

import peewee
from piccolo import columns as piccolo_columns
from piccolo.engine.postgres import PostgresEngine
from piccolo.query.functions.aggregate import Count
from piccolo.table import Table
from tortoise import Tortoise as TortoiseOrm
from tortoise import fields
from tortoise.models import Model as TortoiseModel

GETS, INSERTED, NESTED = 1_000, 10_000, 100
_peewee = peewee.DatabaseProxy()


class PeeweeQuestion(peewee.Model):
    """peewee's."""

    id = peewee.BigAutoField()
    text = peewee.TextField()
    author = peewee.TextField()
    published_at = peewee.DateTimeField()
    choices: Any

    class Meta:
        database = _peewee
        table_name = "question"


class PeeweeChoice(peewee.Model):
    """peewee's."""

    id = peewee.BigAutoField()
    question = peewee.ForeignKeyField(PeeweeQuestion, backref="choices")
    text = peewee.TextField()
    votes = peewee.BigIntegerField()

    class Meta:
        database = _peewee
        table_name = "choice"


class PeeweeAnswer(peewee.Model):
    """peewee's."""

    id = peewee.BigAutoField()
    text = peewee.TextField()
    votes = peewee.BigIntegerField()

    class Meta:
        database = _peewee
        table_name = "answer"


class Peewee:
    """peewee on psycopg2."""

    def __init__(self, url: str) -> None:
        self._database = peewee.PostgresqlDatabase(**_parts(url, "database"))
        _peewee.initialize(self._database)

    def load(self) -> object:
        return list(PeeweeQuestion.select())

    def eager(self) -> object:
        questions = PeeweeQuestion.select().order_by(PeeweeQuestion.id).limit(NESTED)
        keys = [question.id for question in questions]
        choices = PeeweeChoice.select().where(PeeweeChoice.question.in_(keys))
        found = peewee.prefetch(questions, choices)
        return [(q.text, c.text, c.votes) for q in found for c in q.choices]

    def lazy(self) -> object:
        found = PeeweeQuestion.select().order_by(PeeweeQuestion.id).limit(NESTED)
        return [(q.text, c.text, c.votes) for q in found for c in q.choices]

    def gets(self) -> object:
        return [PeeweeQuestion.get_by_id(key) for key in range(1, GETS + 1)]

    def partial(self) -> object:
        return list(PeeweeQuestion.select(PeeweeQuestion.id, PeeweeQuestion.text))

    def prepare(self) -> list[Any]:
        return [PeeweeAnswer(text=f"answer {n}", votes=n) for n in range(INSERTED)]

    def insert(self, objects: list[Any]) -> None:
        with self._database.atomic():
            PeeweeAnswer.bulk_create(objects, batch_size=1_000)

    def count(self) -> object:
        return PeeweeQuestion.select().count()

    def close(self) -> None:
        self._database.close()


class TortoiseQuestion(TortoiseModel):
    """Tortoise's."""

    id = fields.BigIntField(primary_key=True)
    text = fields.TextField()
    author = fields.TextField()
    published_at = fields.DatetimeField()
    choices: fields.ReverseRelation[TortoiseChoice]

    class Meta:
        table = "question"


class TortoiseChoice(TortoiseModel):
    """Tortoise's."""

    id = fields.BigIntField(primary_key=True)
    question: fields.ForeignKeyRelation[TortoiseQuestion] = fields.ForeignKeyField(
        "polls.TortoiseQuestion", related_name="choices"
    )
    text = fields.TextField()
    votes = fields.BigIntField()

    class Meta:
        table = "choice"


class TortoiseAnswer(TortoiseModel):
    """Tortoise's."""

    id = fields.BigIntField(primary_key=True)
    text = fields.TextField()
    votes = fields.BigIntField()

    class Meta:
        table = "answer"


class _OfAsyncio:
    """A peer with a loop of its own."""

    def __init__(self) -> None:
        # one context for all jobs: Tortoise keeps its connections in it
        self._runner = asyncio.Runner()

    def __getattr__(self, job: str) -> Any:
        work = getattr(self, f"{job}_async")
        return lambda *given: self._runner.run(work(*given))


class Tortoise(_OfAsyncio):
    """Tortoise on asyncpg."""

    def __init__(self, url: str) -> None:
        super().__init__()
        url = url.replace("postgresql:", "asyncpg:", 1)
        self._runner.run(TortoiseOrm.init(db_url=url, modules={"polls": [__name__]}))

    async def load_async(self) -> object:
        return await TortoiseQuestion.all()

    async def eager_async(self) -> object:
        query = TortoiseQuestion.all().order_by("id").limit(NESTED).prefetch_related("choices")
        return [(q.text, c.text, c.votes) for q in await query for c in q.choices]

    async def lazy_async(self) -> object:
        found = await TortoiseQuestion.all().order_by("id").limit(NESTED)
        return [(q.text, c.text, c.votes) for q in found for c in await q.choices.all()]

    async def gets_async(self) -> object:
        return [await TortoiseQuestion.get(id=key) for key in range(1, GETS + 1)]

    async def partial_async(self) -> object:
        return await TortoiseQuestion.all().only("id", "text")

    def prepare(self) -> list[Any]:
        return [TortoiseAnswer(text=f"answer {n}", votes=n) for n in range(INSERTED)]

    async def insert_async(self, objects: list[Any]) -> None:
        await TortoiseAnswer.bulk_create(objects)

    async def count_async(self) -> object:
        return await TortoiseQuestion.all().count()

    def close(self) -> None:
        self._runner.run(TortoiseOrm.close_connections())
        self._runner.close()


class PiccoloQuestion(Table, tablename="question"):
    """Piccolo's."""

    id = piccolo_columns.BigSerial(primary_key=True)
    text = piccolo_columns.Text()
    author = piccolo_columns.Text()
    published_at = piccolo_columns.Timestamptz()


class PiccoloChoice(Table, tablename="choice"):
    """Piccolo's."""

    id = piccolo_columns.BigSerial(primary_key=True)
    question_id = piccolo_columns.BigInt()
    text = piccolo_columns.Text()
    votes = piccolo_columns.BigInt()


class PiccoloAnswer(Table, tablename="answer"):
    """Piccolo's."""

    id = piccolo_columns.BigSerial(primary_key=True)
    text = piccolo_columns.Text()
    votes = piccolo_columns.BigInt()


class Piccolo(_OfAsyncio):
    """Piccolo on asyncpg."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._engine = PostgresEngine(_parts(url, "database"), extensions=())
        for table in (PiccoloQuestion, PiccoloChoice, PiccoloAnswer):
            table._meta.db = self._engine
        self._runner.run(self._engine.start_connection_pool(min_size=1, max_size=1))

    async def load_async(self) -> object:
        return await PiccoloQuestion.objects()

    async def eager_async(self) -> object:
        questions = await PiccoloQuestion.objects().order_by(PiccoloQuestion.id).limit(NESTED)
        keys = [question.id for question in questions]
        choices: dict[int, list[Any]] = {key: [] for key in keys}
        for choice in await PiccoloChoice.objects().where(PiccoloChoice.question_id.is_in(keys)):
            choices[choice.question_id].append(choice)
        return [(q.text, c.text, c.votes) for q in questions for c in choices[q.id]]

    async def lazy_async(self) -> object:
        found = []
        for question in await PiccoloQuestion.objects().order_by(PiccoloQuestion.id).limit(NESTED):
            mine = PiccoloChoice.question_id == question.id
            choices = await PiccoloChoice.objects().where(mine)
            found += [(question.text, it.text, it.votes) for it in choices]
        return found

    async def gets_async(self) -> object:
        return [
            await PiccoloQuestion.objects().get(PiccoloQuestion.id == key)
            for key in range(1, GETS + 1)
        ]

    async def partial_async(self) -> object:
        # its objects are always whole: two columns come as dicts
        return await PiccoloQuestion.select(PiccoloQuestion.id, PiccoloQuestion.text)

    def prepare(self) -> list[Any]:
        return [PiccoloAnswer(text=f"answer {n}", votes=n) for n in range(INSERTED)]

    async def insert_async(self, objects: list[Any]) -> None:
        async with self._engine.transaction():
            for start in range(0, len(objects), 1_000):
                await PiccoloAnswer.insert(*objects[start : start + 1_000])

    async def count_async(self) -> object:
        return await PiccoloQuestion.select(Count())

    def close(self) -> None:
        self._runner.run(self._engine.close_connection_pool())
        self._runner.close()


def _parts(url: str, database: str) -> dict[str, Any]:
    parts = urllib.parse.urlsplit(url)
    return {
        database: parts.path.removeprefix("/"),
        "user": urllib.parse.unquote(parts.username or ""),
        "password": urllib.parse.unquote(parts.password or ""),
        "host": parts.hostname,
        "port": parts.port,
    }
