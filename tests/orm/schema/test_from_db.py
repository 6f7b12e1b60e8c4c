"""`howdah models from-db`: the models that it writes make the same schema."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import howdah
from howdah.orm import Bound, create_all, select
from tests.orm.schema.conftest import read, run
from tests.orm.schema.test_reading import SHOP

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from tests.orm.schema.conftest import Pair


SOLD = """
    insert into artist values (1, 'AC/DC'), (2, 'Accept');
    insert into album values (1, 'Powerage', 1), (2, 'Restless', 2);
    insert into media_type values (1, 'file');
    insert into track (id, name, album_id, media_type_id, duration, unit_price)
    values (1, 'Riff Raff', 1, 1, '5 minutes', 1), (2, 'Fast', 2, 1, '5 minutes', 1);
    insert into playlist values (1, 'Loud');
    insert into playlist_track values (1, 1)
"""


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `howdah` with these arguments."""
    return subprocess.run(
        [sys.executable, "-m", "howdah", *arguments], capture_output=True, text=True, check=False
    )


def models_of(url: str, folder: Path, *options: str) -> ModuleType:
    """The module that the command writes for a database, executed."""
    file = folder / "written_models.py"
    answer = command("models", "from-db", url, "--output", str(file), "--force", *options)
    assert answer.returncode == 0, answer.stderr
    spec = importlib.util.spec_from_file_location("written_models", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["written_models"] = module
    spec.loader.exec_module(module)
    return module


def test_everything_round_trips(pair: Pair, tmp_path: Path) -> None:
    run(pair.first, pair.everything())
    models = models_of(pair.first, tmp_path)
    with howdah.connect(pair.second) as connection:
        create_all(connection, models)
    assert read(pair.second) == read(pair.first)


def test_the_shop_round_trips(pair: Pair, tmp_path: Path) -> None:
    run(pair.first, SHOP.read_text())
    models: Any = models_of(pair.first, tmp_path)
    with howdah.connect(pair.second) as connection:
        create_all(connection, models)
    assert read(pair.second) == read(pair.first)
    with howdah.connect(pair.first) as connection:
        connection.execute(SOLD)
        db = Bound(connection)
        track = models.Track
        query = select(track).where(track.album.artist.name == "AC/DC").order_by(track.id)
        (sold,) = db.fetch(query)
        assert (sold.name, sold.album.title) == ("Riff Raff", "Powerage")
        assert [it.name for it in sold.playlists] == ["Loud"]


def test_written_models_are_typed(database: str, tmp_path: Path) -> None:
    run(database, SHOP.read_text())
    models_of(database, tmp_path)
    use = tmp_path / "use.py"
    use.write_text("from written_models import Track\nx: int = Track.__new__(Track).id\n")
    answer = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "written_models.py", "use.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout


def test_a_file_is_not_replaced_without_being_told(database: str, tmp_path: Path) -> None:
    file = tmp_path / "models.py"
    file.write_text("mine")
    answer = command("models", "from-db", database, "--output", str(file))
    assert answer.returncode == 1
    assert "--force" in answer.stderr
    assert file.read_text() == "mine"


def test_one_schema_alone(database: str) -> None:
    run(database, "create schema app; create table app.book (id int); create table other (id int)")
    answer = command("models", "from-db", database, "--schema", "app")
    assert 'class Book(Model, schema="app"):' in answer.stdout
    assert "Other" not in answer.stdout
    assert "1 table, 0 views" in answer.stderr
    bare = command("models", "from-db", database, "--schema", "app", "--base", "app").stdout
    assert "class Book(Model):" in bare
