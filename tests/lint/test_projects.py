"""Migrations that Django and Alembic write: findings stand at the lines of their Python files."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from tests.lint import FAILED, FOUND, RULE, findings, hazards, lint

if TYPE_CHECKING:
    from pathlib import Path

MANAGE = """
import os
import sys

def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_settings")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)

if __name__ == "__main__":
    main()
"""

# nothing listens on this port: the SQL of most migrations needs no database
SETTINGS = """
print("settings talk")
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.contenttypes", "shop", "other"]
DATABASES = {"default": {"ENGINE": "howdah.django", "NAME": "x", "HOST": "127.0.0.1", "PORT": 1}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""

FIRST = """
from django.db import migrations, models

class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel("order", [("id", models.BigAutoField(primary_key=True))]),
        migrations.RunSQL("ALTER TABLE shop_order ADD COLUMN a int NOT NULL"),
    ]
"""

SECOND = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunPython(migrations.RunPython.noop),
        migrations.RunSQL(
            "ALTER TABLE shop_order ADD COLUMN b int NOT NULL",
        ),
        # howdah: ignore RULE -- there are no orders
        migrations.RunSQL("ALTER TABLE shop_order ADD COLUMN c int NOT NULL"),
        migrations.RunSQL("ALTER TABLE other_thing ADD COLUMN d int NOT NULL"),  # squawk-ignore x
    ]
""".replace("RULE", RULE)

OTHER = """
from django.db import migrations, models

class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.RunSQL("ALTER TABLE ancient ADD COLUMN a int NOT NULL"),
    ]
"""


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"))
    return folder


@pytest.fixture
def django_project(tmp_path: Path) -> Path:
    return write(
        tmp_path,
        {
            "manage.py": MANAGE,
            "site_settings.py": SETTINGS,
            "shop/__init__.py": "",
            "shop/migrations/__init__.py": "",
            "shop/migrations/0001_initial.py": FIRST,
            "shop/migrations/0002_more.py": SECOND,
            "other/__init__.py": "",
            "other/migrations/__init__.py": "",
            "other/migrations/0001_initial.py": OTHER,
        },
    )


def test_djangos_migrations_in_their_order(django_project: Path) -> None:
    found = hazards(django_project, "--django", "manage.py")
    assert found == [
        ("other/migrations/0001_initial.py", 6),
        ("shop/migrations/0002_more.py", 7),
        ("shop/migrations/0002_more.py", 12),
    ], "the table is new in 0001, and there in 0002"
    done = lint(django_project, "--django", "manage.py")
    assert done.returncode == FOUND
    assert "sql | ALTER TABLE shop_order ADD COLUMN b int NOT NULL" in done.stdout
    assert "settings talk" in done.stderr, "stdout is data"


def test_one_application_of_django(django_project: Path) -> None:
    found = hazards(django_project, "--django", "manage.py", "other")
    assert found == [("other/migrations/0001_initial.py", 6)]
    unknown = lint(django_project, "--django", "manage.py", "none")
    assert unknown.returncode == FAILED
    assert "`none`" in unknown.stderr


DEFAULTS = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("shop", "0002_more")]
    operations = [
        migrations.AddField("order", "n", models.IntegerField(default=0)),
        migrations.AddField("order", "name", models.CharField(max_length=9, default="it's 5%")),
        migrations.RunSQL("ALTER TABLE shop_order ADD COLUMN z int NOT NULL"),
    ]
"""


def test_defaults_need_no_database(django_project: Path) -> None:
    write(django_project, {"shop/migrations/0003_defaults.py": DEFAULTS})
    found = hazards(django_project, "--django", "manage.py", "shop")
    assert found[-1] == ("shop/migrations/0003_defaults.py", 8)


ROUTER = """
class Router:
    def allow_migrate(self, db, app_label, **hints):
        return (db == "default") == (app_label == "shop")
"""


def test_every_database_of_a_django_project_is_looked_at(django_project: Path) -> None:
    settings = django_project / "site_settings.py"
    settings.write_text(
        settings.read_text()
        + "DATABASES['second'] = DATABASES['default']\nDATABASE_ROUTERS = ['routing.Router']\n"
    )
    (django_project / "routing.py").write_text(ROUTER)
    found = hazards(django_project, "--django", "manage.py")
    assert found == [
        ("other/migrations/0001_initial.py", 6),
        ("shop/migrations/0002_more.py", 7),
        ("shop/migrations/0002_more.py", 12),
    ], "each in one of the two databases"


def test_a_django_project_that_does_not_load_is_no_clean_one(django_project: Path) -> None:
    (django_project / "site_settings.py").write_text("raise RuntimeError('no settings')")
    done = lint(django_project, "--django", "manage.py")
    assert done.returncode == FAILED
    assert "no settings" in done.stderr
    assert "cannot be written as SQL" in done.stderr


INI = """
[alembic]
script_location = scripts
sqlalchemy.url = postgresql://
"""

ENV = """
from alembic import context

print("env talks")
url = context.config.get_main_option("sqlalchemy.url")
context.configure(url=url, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
"""

ONE = """
import sqlalchemy as sa
from alembic import op

revision = "aaa"
down_revision = None

def upgrade():
    op.create_table("orders", sa.Column("id", sa.BigInteger, primary_key=True))
    op.add_column("orders", sa.Column("a", sa.Integer, nullable=False))

def downgrade():
    pass
"""

TWO = """
import sqlalchemy as sa
from alembic import op

revision = "bbb"
down_revision = "aaa"

def upgrade():
    op.add_column("orders", sa.Column("b", sa.Integer, nullable=False))
    with op.get_context().autocommit_block():
        op.execute("SELECT 1")
    # howdah: ignore RULE
    op.add_column("orders", sa.Column("c", sa.Integer, nullable=False))
    helper()

def helper():
    op.add_column("orders", sa.Column("d", sa.Integer, nullable=False))

def downgrade():
    pass
""".replace("RULE", RULE)


@pytest.fixture
def alembic_project(tmp_path: Path) -> Path:
    return write(
        tmp_path,
        {
            "alembic.ini": INI,
            "scripts/env.py": ENV,
            "scripts/script.py.mako": "",
            "scripts/versions/one.py": ONE,
            "scripts/versions/two.py": TWO,
        },
    )


def test_alembics_revisions_in_their_order(alembic_project: Path) -> None:
    found = hazards(alembic_project, "--alembic", "alembic.ini")
    assert found == [("scripts/versions/two.py", 8), ("scripts/versions/two.py", 16)]


ENDS = """
from alembic import op

revision = "ddd"
down_revision = "bbb"

def upgrade():
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY orders_b ON orders (b)")
    op.execute("COMMIT")

def downgrade():
    pass
"""


def test_only_what_a_revision_says_itself_ends_alembics_transaction(alembic_project: Path) -> None:
    write(alembic_project, {"scripts/versions/three.py": ENDS})
    rules = ("misnested-transaction", "uncommitted-transaction", "forbidden-in-transaction")
    only = [it for rule in rules for it in ("--only", rule)]
    found = findings(alembic_project, "--alembic", "alembic.ini", *only)
    assert [(it["file"], it["rule"], it["start"]["line"]) for it in found] == [
        ("scripts/versions/three.py", "misnested-transaction", 9)
    ]


def test_an_alembic_project_of_another_database_is_refused(alembic_project: Path) -> None:
    ini = alembic_project / "alembic.ini"
    ini.write_text(ini.read_text().replace("postgresql://", "sqlite://"))
    done = lint(alembic_project, "--alembic", "alembic.ini")
    assert done.returncode == FAILED
    assert "`sqlite`, expected PostgreSQL" in done.stderr


BRANCH = """
import sqlalchemy as sa
from alembic import op

revision = "ccc"
down_revision = "aaa"

def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN e integer NOT NULL")
    rows = op.get_bind().execute(sa.text("SELECT 1")).fetchall()

def downgrade():
    pass
"""

ASYNC_ENV = """
import asyncio

from alembic import context

async def run():
    raise AssertionError("nobody connects")

if context.is_offline_mode():
    context.configure(url=context.config.get_main_option("sqlalchemy.url"))
    with context.begin_transaction():
        context.run_migrations()
else:
    asyncio.run(run())
"""


def test_branches_and_a_revision_that_asks_the_database(alembic_project: Path) -> None:
    write(alembic_project, {"scripts/env.py": ASYNC_ENV, "scripts/versions/three.py": BRANCH})
    ini = alembic_project / "alembic.ini"
    ini.write_text(ini.read_text().replace("postgresql://", "postgresql+asyncpg://"))
    done = lint(alembic_project, "--alembic", "alembic.ini", "--format", "concise")
    assert done.returncode == FAILED, "a part of it could not be read"
    assert "scripts/versions/three.py: its SQL is not whole" in done.stderr
    assert "in line 9" in done.stderr
    for place in ("two.py:8", "two.py:16", "three.py:8"):
        assert f"scripts/versions/{place}:1: error: `orders." in done.stdout, "the others are"
    (alembic_project / "howdah.toml").write_text("[lint]\nexclude = ['three.py']\n")
    found = hazards(alembic_project, "--alembic", "alembic.ini")
    assert found == [("scripts/versions/two.py", 8), ("scripts/versions/two.py", 16)]


def test_an_alembic_project_that_is_incomplete_says_so(alembic_project: Path) -> None:
    (alembic_project / "scripts/env.py").unlink()
    (alembic_project / "alembic.ini").write_text("[alembic]\nscript_location = nowhere\n")
    done = lint(alembic_project, "--alembic", "alembic.ini")
    assert done.returncode == FAILED
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr
