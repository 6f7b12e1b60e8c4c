"""Alembic upgrades, downgrades, compares and writes scripts through the dialects."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integrations.sqlalchemy.engines import Worlds

MODELS = """
import enum
from sqlalchemy import (ARRAY, JSON, Column, DateTime, Enum, ForeignKey, Index, Integer, MetaData,
                        Numeric, String, Table, func)
from sqlalchemy.dialects import postgresql as pg

class Mood(enum.Enum):
    low = 1
    high = 2

metadata = MetaData()
person = Table("person", metadata, Column("id", Integer, primary_key=True),
    Column("name", String(40), nullable=False, unique=True),
    Column("mood", Enum(Mood, name="mood")), Column("tags", ARRAY(String)),
    Column("doc", pg.JSONB, server_default="{}"),
    Column("during", pg.TSTZRANGE), Column("price", Numeric(8, 2)),
    Column("made", DateTime(timezone=True), server_default=func.now()), comment="who")
Index("by_tags", person.c.tags, postgresql_using="gin")
Table("pet", metadata, Column("id", Integer, primary_key=True),
    Column("owner", ForeignKey("person.id", ondelete="CASCADE")))
"""

# What `alembic init` writes, and `alembic init -t async`, without the comments.
ENVIRONMENT = """
import sys
from pathlib import Path
sys.path.insert(0, str(Path(__file__).parent))
from alembic import context
namespace = {{}}
exec((Path(__file__).parent / "models.py").read_text(), namespace)
target = namespace["metadata"]
url = context.config.get_main_option("sqlalchemy.url")

def migrate(connection):
    context.configure(connection=connection, target_metadata=target)
    with context.begin_transaction():
        context.run_migrations()

if context.is_offline_mode():
    context.configure(url=url, target_metadata=target, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
{online}
"""

ONLINE = {
    "sync": """
    from sqlalchemy import create_engine, pool
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        migrate(connection)
""",
    "async": """
    import asyncio
    from sqlalchemy import pool
    from sqlalchemy.ext.asyncio import create_async_engine
    async def main():
        async with create_async_engine(url, poolclass=pool.NullPool).connect() as connection:
            await connection.run_sync(migrate)
    asyncio.run(main())
""",
}

SCRIPT = """
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

def upgrade():
    ${upgrades if upgrades else "pass"}

def downgrade():
    ${downgrades if downgrades else "pass"}
"""


@pytest.fixture
def project(engines: Worlds, tmp_path: Path) -> Config:
    """An Alembic project on the test's database, of its world."""
    (tmp_path / "versions").mkdir()
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "env.py").write_text(ENVIRONMENT.format(online=ONLINE[engines.world]))
    (tmp_path / "script.py.mako").write_text(SCRIPT)
    config = Config(output_buffer=io.StringIO(), stdout=io.StringIO())
    config.set_main_option("script_location", str(tmp_path))
    config.set_main_option("path_separator", "os")
    config.set_main_option("sqlalchemy.url", engines.url.replace("%", "%%"))
    return config


def written(config: Config) -> str:
    """What a command without a connection has printed since the last call."""
    buffer = config.output_buffer
    assert isinstance(buffer, io.StringIO)
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def test_there_and_back(engines: Worlds, project: Config) -> None:
    command.revision(project, "first", autogenerate=True)
    command.upgrade(project, "head")
    assert engines.run(lambda conn: set(inspect(conn).get_table_names())) == {
        *("alembic_version", "person", "pet"),
    }
    command.check(project)  # raises if models and database differ
    command.downgrade(project, "base")
    assert engines.run(lambda conn: inspect(conn).get_table_names()) == ["alembic_version"]


def test_a_second_revision_sees_what_changed(
    engines: Worlds, project: Config, tmp_path: Path
) -> None:
    command.revision(project, "first", autogenerate=True)
    command.upgrade(project, "head")
    changed = MODELS.replace("String(40)", "String(80)").replace('Column("tags"', 'Column("labels"')
    (tmp_path / "models.py").write_text(changed.replace("person.c.tags", "person.c.labels"))
    script = command.revision(project, "second", autogenerate=True)
    assert script is not None
    assert not isinstance(script, list)
    text = (tmp_path / "versions" / f"{script.revision}_second.py").read_text()
    for expected in (
        "add_column('person'",
        "drop_column('person', 'tags'",
        "alter_column('person'",
    ):
        assert expected in text
    command.upgrade(project, "head")
    command.check(project)
    columns = engines.run(lambda conn: inspect(conn).get_columns("person"))
    assert {column["name"] for column in columns} >= {"labels", "mood", "doc"}
    command.downgrade(project, "-1")


def test_without_a_connection(project: Config) -> None:
    command.revision(project, "first", autogenerate=True)
    written(project)
    command.upgrade(project, "head", sql=True)
    text = written(project)
    assert text.startswith("BEGIN;")
    assert "CREATE TABLE person" in text
    assert "USING gin (tags)" in text
    assert text.rstrip().endswith("COMMIT;")


def test_a_script_of_several_statements(engines: Worlds, project: Config, tmp_path: Path) -> None:
    script = command.revision(project, "data")
    assert script is not None
    assert not isinstance(script, list)
    statements = "create table a (x int); insert into a values (5); comment on table a is '100%'"
    path = tmp_path / "versions" / f"{script.revision}_data.py"
    path.write_text(path.read_text().replace("pass", f'op.execute("{statements}")', 1))
    command.upgrade(project, "head")
    assert engines.run(lambda conn: inspect(conn).get_table_comment("a")) == {"text": "100%"}
