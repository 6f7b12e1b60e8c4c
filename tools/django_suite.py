"""Django's own tests on `howdah.django` and on Django's own PostgreSQL backend, compared.

    python tools/django_suite.py [--labels LABEL …] [--parallel N]

Run by `make test-django` with the interpreter of an environment that has Django, psycopg and
howdah. Downloads the source of that Django, which holds its tests, by pip, with the hash that is
pinned in requirements/; starts the operating system's PostgreSQL, which has the ICU collations
and the extensions that the tests want; runs the selection of tools/django_suite.toml twice on it.

psycopg is hidden from the run on howdah. Exit code 1 if a test fails there that passes on Django's
own backend and is not excused in the selection, or if fewer tests were run.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

import django

import howdah.server

ROOT = Path(__file__).parents[1]
SELECTION = ROOT / "tools" / "django_suite.toml"
ENGINES = ("django.db.backends.postgresql", "howdah.django")
FAILURE = re.compile(r"^(?:ERROR|FAIL|UNEXPECTED SUCCESS): \S+ \(([\w.]+)\)", re.MULTILINE)
RAN = re.compile(r"^Ran (\d+) tests? in", re.MULTILINE)
SKIPPED = re.compile(r"^(?:OK|FAILED) \(.*?skipped=(\d+)", re.MULTILINE)

SETTINGS = """
import sys
if {hide_psycopg}:
    sys.modules.update(psycopg=None, psycopg2=None, psycopg_pool=None)
    import howdah.django
server = {server!r}
DATABASES = {{
    alias: {{"ENGINE": {engine!r}, **server, "NAME": "django_" + alias}}
    for alias in ("default", "other")
}}
SECRET_KEY = "of the tests"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
USE_TZ = False
{more}
"""


@dataclass(frozen=True)
class Outcome:
    """What a run of the tests said."""

    ran: int
    skipped: int
    failed: frozenset[str]


def main() -> int:
    """Run both, compare, and say what differs."""
    arguments = parse_arguments()
    selection = tomllib.loads(SELECTION.read_text())
    labels = arguments.labels or selection["labels"]
    home = ROOT / "target" / "django" / django.__version__
    tests = source_of_django(home) / "tests"
    with howdah.server.start(bindir=newest_system_programs(), user="postgres") as server:
        theirs, ours = (
            run(tests, home, engine, server.url, labels=labels, parallel=arguments.parallel)
            for engine in ENGINES
        )
    return compare(theirs, ours, selection["excused"])


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--labels", nargs="+", help="instead of the whole selection")
    parser.add_argument("--parallel", default=str(os.cpu_count() or 1), help="processes")
    return parser.parse_args()


def newest_system_programs() -> Path:
    """The operating system's PostgreSQL."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)
    )
    if not found:
        sys.exit(
            "django_suite: no PostgreSQL under /usr/lib/postgresql\n"
            "hint: as root, `make system` installs it"
        )
    return found[-1]


def source_of_django(home: Path) -> Path:
    """Where the source of this Django is unpacked; downloads it the first time."""
    unpacked = home / "source"
    if not unpacked.exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        pinned = home / "requirement.txt"
        pinned.write_text(requirement_of_django())
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--no-binary", ":all:", "--require-hashes", "--requirement", str(pinned)]
        subprocess.run([*command, "--dest", home], check=True)
        (archive,) = home.glob("[dD]jango-*.tar.gz")
        with tarfile.open(archive) as tar:
            tar.extractall(home, filter="data")
        archive.with_suffix("").with_suffix("").rename(unpacked)
    return unpacked


def requirement_of_django() -> str:
    """The line with Django's version and hashes, from the file that this environment is made of."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    text = (ROOT / "requirements" / f"django-{python}.txt").read_text()
    match = re.search(r"^django==(\S+) \\\n(?:    --hash=\S+(?: \\)?\n)+", text, re.MULTILINE)
    if match is None or match[1] != django.__version__:
        sys.exit(f"django_suite: Django {django.__version__} is not the one that is pinned")
    return match[0]


def run(
    tests: Path, home: Path, engine: str, url: str, *, labels: list[str], parallel: str
) -> Outcome:
    """Run the selection on one backend; prints the progress, keeps the whole in a log."""
    name = engine.replace(".", "_")
    folder = home / "settings"
    folder.mkdir(exist_ok=True)
    (folder / f"suite_{name}.py").write_text(settings_for(engine, url, tests))
    log = home / f"{name}.log"
    print(f"Django {django.__version__} on {engine}: {len(labels)} packages, {log}", flush=True)
    command = [sys.executable, "-W", "ignore", "runtests.py", "--noinput", "--parallel", parallel]
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT / 'python'}"}
    with log.open("w") as output:
        subprocess.run(
            [*command, "--settings", f"suite_{name}", *labels],
            cwd=tests,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return outcome(log.read_text(errors="replace"))


def settings_for(engine: str, url: str, tests: Path) -> str:
    """The settings module of a run."""
    parts = urllib.parse.urlsplit(url)
    server = {
        "USER": urllib.parse.unquote(parts.username or ""),
        "PASSWORD": urllib.parse.unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": parts.port,
    }
    # Django's default changed with 6.0, and its tests with it: what their own settings say.
    wanted = re.search(
        r"^DEFAULT_AUTO_FIELD.*", (tests / "test_sqlite.py").read_text(), re.MULTILINE
    )
    return SETTINGS.format(
        hide_psycopg=engine == "howdah.django",
        server=server,
        engine=engine,
        more=wanted[0] if wanted else "",
    )


def outcome(log: str) -> Outcome:
    """Read what the test runner printed."""
    ran, skipped = RAN.findall(log), SKIPPED.findall(log)
    if not ran:
        sys.exit(f"django_suite: the tests did not run to their end:\n{log[-3000:]}")
    failed = frozenset(FAILURE.findall(log))
    return Outcome(int(ran[-1]), int(skipped[-1]) if skipped else 0, failed)


def compare(theirs: Outcome, ours: Outcome, excused: dict[str, str]) -> int:
    """Print the comparison; 1 if howdah's backend fails something of its own."""
    for name, found in zip(ENGINES, (theirs, ours), strict=True):
        print(f"{name:32} ran {found.ran}, skipped {found.skipped}, failed {len(found.failed)}")
    for test in sorted(ours.failed & excused.keys()):
        print(f"excused: {test}: {excused[test].strip()}")
    own = sorted(ours.failed - theirs.failed - excused.keys())
    for test in own:
        print(f"fails on howdah.django only: {test}")
    hidden = ours.ran < theirs.ran or ours.skipped > theirs.skipped
    if hidden:
        print("fewer tests were run on howdah.django")
    return 1 if own or hidden else 0


if __name__ == "__main__":
    sys.exit(main())
