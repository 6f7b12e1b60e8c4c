"""Django, set up once for the process; a database of the test's own for its aliases."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING, Any

import django
import pytest
from django.conf import settings

import howdah

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHOP = "tests.integrations.django.shop"
EXTENSIONS = ("hstore", "citext", "btree_gist")

if not settings.configured:
    settings.configure(
        DATABASES={"default": {"ENGINE": "howdah.django", "NAME": "chosen by each test"}},
        INSTALLED_APPS=[
            "howdah.django",
            "django.contrib.postgres",
            "django.contrib.contenttypes",
            SHOP,
        ],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()


def database_settings(url: str, **more: Any) -> dict[str, Any]:
    """What `DATABASES` says of the database at `url`."""
    parts = urllib.parse.urlsplit(url)
    return {
        "ENGINE": "howdah.django",
        "NAME": parts.path.removeprefix("/"),
        "USER": urllib.parse.unquote(parts.username or ""),
        "PASSWORD": urllib.parse.unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": parts.port,
        **more,
    }


@pytest.fixture
def alias(database: str) -> Iterator[Callable[..., Any]]:
    """Makes Django's `default` database the test's own, with further settings as keywords."""
    yield lambda **more: point_default_at(database, **more)
    leave_default()


@pytest.fixture(params=[False, True], ids=["literals", "bound"])
def db(request: pytest.FixtureRequest, alias: Callable[..., Any]) -> Any:
    """Django's connection to an empty database, with both ways of binding parameters."""
    return alias(OPTIONS={"server_side_binding": request.param})


@pytest.fixture(scope="session")
def shop_database(server_url: str) -> Iterator[str]:
    """The URL of a database with the tables of the test application."""
    url = server_url.removesuffix("/postgres") + "/django_shop"
    with howdah.connect(server_url) as admin:
        admin.execute("create database django_shop")
        with howdah.connect(url) as shop:
            for name in EXTENSIONS:
                shop.execute(f"create extension {name}")
        make_tables(point_default_at(url))
        leave_default()
        yield url
        admin.execute("drop database django_shop with (force)")


@pytest.fixture(params=[False, True], ids=["literals", "bound"])
def shop(request: pytest.FixtureRequest, shop_database: str) -> Iterator[Any]:
    """Django's connection to the shop, with both ways of binding; what a test writes is undone."""
    from django.db import transaction

    connection = point_default_at(shop_database, OPTIONS={"server_side_binding": request.param})
    with transaction.atomic():
        yield connection
        transaction.set_rollback(True)
    leave_default()


def point_default_at(url: str, **more: Any) -> Any:
    """Give Django's `default` alias other settings; answers its new connection."""
    from django.db import connections

    if hasattr(connections._connections, "default"):
        leave_default()
    wanted = connections.configure_settings({"default": database_settings(url, **more)})
    connections.settings["default"] = wanted["default"]
    return connections["default"]


def leave_default() -> None:
    """Close what the `default` alias has open."""
    from django.db import connections

    connections["default"].close()
    connections["default"].close_pool()
    del connections["default"]


def make_tables(connection: Any) -> None:
    """The tables of the test application, by the schema editor."""
    from django.apps import apps

    with connection.schema_editor() as editor:
        for model in apps.get_app_config("shop").get_models():
            editor.create_model(model)


@pytest.fixture
def settings_of_django() -> Iterator[Callable[..., None]]:
    """Overrides Django's settings until the end of the test."""
    from django.test.utils import override_settings

    overrides = []

    def override(**values: Any) -> None:
        overrides.append(override_settings(**values))
        overrides[-1].enable()

    yield override
    for each in reversed(overrides):
        each.disable()
