"""Connection options from Python: every form, types of values, errors, and what is never shown."""

import copy
from pathlib import Path

import pytest

import howdah
from howdah import _native, errors


def parse(dsn: str | None = None, **options: object) -> _native.Config:
    return _native.Config.parse(dsn, options, "tests")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://ann:secret@db.example.com:5433/music?connect_timeout=7",
        "host=db.example.com port=5433 user=ann password='secret' dbname=music connect_timeout=7",
    ],
)
def test_forms_of_a_connection_string(dsn: str) -> None:
    config = parse(dsn)
    assert config.hosts == [("db.example.com", 5433)]
    assert (config.user, config.dbname) == ("ann", "music")
    assert config.get("connect_timeout") == "7"


def test_keywords_win_and_take_python_values(tmp_path: Path) -> None:
    config = parse(
        "host=a port=1", host="b", port=2, keepalives=True, sslrootcert=tmp_path, user=None
    )
    assert config.hosts == [("b", 2)]
    assert config.get("keepalives") == "1"
    assert config.get("sslrootcert") == str(tmp_path)
    with pytest.raises(TypeError, match="`port`: expected str, int, bool or a path, found `list`"):
        parse(port=[1])


def test_variables_service_and_passfile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".pg_service.conf").write_text("[music]\nhost=from-service\nport=7\n")
    monkeypatch.setenv("PGUSER", "from-env")
    monkeypatch.setenv("PGSERVICE", "music")
    config = parse("port=8")
    assert (config.hosts, config.user) == ([("from-service", 8)], "from-env")

    passfile = tmp_path / ".pgpass"
    passfile.write_text("*:*:*:*:secret\n")
    passfile.chmod(0o644)
    with pytest.warns(UserWarning, match=r"is ignored: its mode is 0644, expected 0600 or less"):
        parse()
    passfile.chmod(0o600)
    parse()


def test_options_are_replaced_or_taken_back() -> None:
    config = parse("host=a port=1 dbname=d")
    other = config.replace(host="b", port=None)
    assert (other.hosts, other.dbname) == ([("b", 5432)], "d")
    assert config.hosts == [("a", 1)]


@pytest.mark.parametrize(
    ("dsn", "message", "hint"),
    [
        ("hots=a", "unknown connection option `hots`", "did you mean `host`?"),
        ("database=a", "unknown connection option `database`", "did you mean `dbname`?"),
        ("port=x", "expected a number from 1 to 65535, found `x`", None),
        ("sslmode=on", "expected `disable`, `allow`, `prefer`", None),
        ("sslmode=verify-full", "needs a root certificate", "`sslrootcert=system`"),
        ("gssencmode=require", "howdah does not support", "set it to `disable` or `prefer`"),
        ("postgresql://a b", "contains a space", "%20"),
    ],
)
def test_errors_say_what_is_wrong_and_what_helps(dsn: str, message: str, hint: str | None) -> None:
    with pytest.raises(errors.ProgrammingError) as caught:
        parse(dsn)
    assert message in caught.value.message
    assert (hint is None) == (caught.value.hint is None)
    assert (hint or "") in (caught.value.hint or "")


def test_secrets_are_never_shown() -> None:
    config = parse("postgresql://u:hunter2@h", sslpassword="hunter3")
    assert "hunter" not in repr(config)
    assert "password=***" in repr(config)
    assert config.get("password") is None
    for dsn in ("postgresql://u:hunter2@h@h", "postgresql://u:hunter2%@h", "password='hunter2"):
        with pytest.raises(errors.ProgrammingError) as caught:
            parse(dsn)
        assert "hunter2" not in str(caught.value)


def test_refusals_are_the_servers_own(database: str) -> None:
    with pytest.raises(errors.InvalidPassword) as caught:
        howdah.connect(database, password="wrong")
    error = caught.value
    assert error.sqlstate == "28P01"
    assert error.diag.severity_nonlocalized == "FATAL"
    assert error.message.startswith("host `")
    assert copy.copy(error).message == error.message
    with pytest.raises(errors.InvalidCatalogName):
        howdah.connect(database, dbname="nothing")


def test_every_attempt_is_told(database: str) -> None:
    with pytest.raises(errors.ConnectionFailed) as caught:
        howdah.connect(database, host="127.0.0.1,127.0.0.1", port="1,2", connect_timeout=5)
    assert "none of 2 attempts to connect succeeded" in caught.value.message
    assert "port 2: cannot connect: connection refused" in caught.value.message
    assert "is the server running" in (caught.value.hint or "")
