from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from howdah.migrations import _models, config
from howdah.migrations.errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODELS = """
from howdah.orm import Col, Model, identity

class Book(Model):
    id: Col[int] = identity()
    title: Col[str]
"""


@pytest.fixture
def modules() -> Iterator[None]:
    """What a test imports is forgotten."""
    before, path = set(sys.modules), list(sys.path)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]
    sys.path[:] = path


def test_the_nearest_configuration_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "secret")
    (tmp_path / "howdah.toml").write_text(
        '[migrations]\nfolder = "db"\nmodels = "shop"\nlock_timeout = 2\n'
        'url = "postgresql://a:${SHOP_PASSWORD}@h/d"\n'
    )
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").write_text('[project]\nname = "of something else"\n')
    found = config.load(start=below)
    assert found.path == tmp_path / "db"
    assert found.models == ("shop",)
    assert found.url == "postgresql://a:secret@h/d"
    assert found.lock_timeout == 2


def test_without_a_configuration_the_folder_is_here(tmp_path: Path) -> None:
    assert config.load(start=tmp_path).path == tmp_path / "migrations"


def test_pyproject_has_the_same_keys(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.howdah.migrations]\nmodels = ["shop.a", "shop.b"]\n'
    )
    assert config.load(start=tmp_path).models == ("shop.a", "shop.b")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lock_timeout = 0", "`lock_timeout` must be more than 0"),
        ('floder = "x"', "has no key `floder`"),
        ("folder = 1", "expected a text, found `1`"),
        ('patience = "long"', "expected a number, found `'long'`"),
        ("models = [1]", "expected texts"),
        ('url = "${NOBODY_SAID_SO}"', "not in the environment"),
        ("folder", "cannot be read"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "howdah.toml").write_text(f"[migrations]\n{text}\n")
    with pytest.raises(MigrationError, match="`") as raised:
        config.load(start=tmp_path)
    assert told in raised.value.message


@pytest.mark.usefixtures("modules")
def test_models_of_the_project_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop_of_this_test.py").write_text(MODELS)
    monkeypatch.chdir(tmp_path)
    schema = json.loads(_models.declared("shop_of_this_test"))
    [table] = schema["tables"]
    assert table["name"] == {"name": "book"}
    assert [it["name"] for it in table["constraints"]] == ["book_pkey"]


@pytest.mark.usefixtures("modules")
def test_modules_that_fail_are_named(tmp_path: Path) -> None:
    (tmp_path / "broken_of_this_test.py").write_text("\n1 / 0\n")
    (tmp_path / "empty_of_this_test.py").write_text("")
    with pytest.raises(MigrationError, match=r"ZeroDivisionError: .*broken_of_this_test.py:2\)"):
        _models.schema_of(["broken_of_this_test"], tmp_path)
    with pytest.raises(MigrationError, match=r"`nowhere_at_all` cannot be imported: ModuleNotF"):
        _models.schema_of(["nowhere_at_all"], tmp_path)
    with pytest.raises(MigrationError, match="no model in `empty_of_this_test`"):
        _models.schema_of(["empty_of_this_test"], tmp_path)
