"""From what a program says of its database to a validated configuration.

Reads `sys.argv` and, natively, the environment, service and password files. Called by `connect`,
`connect_async` and the pools.
"""

import sys
import urllib.parse
from collections.abc import Mapping
from pathlib import PurePath

from howdah import _native

Options = Mapping[str, object]


def configuration(dsn: str | None, options: Options) -> _native.Config:
    """Parse and validate; `application_name` defaults to the running program's name."""
    return _native.Config.parse(dsn, options, program_name())


def program_name() -> str:
    """The name of the script or module that is running, `python` for an interactive one."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    if spec is not None and spec.name != "__main__":
        return str(spec.name).removesuffix(".__main__")
    script = sys.argv[0] if sys.argv else ""
    if script in {"", "-", "-c", "-m"}:
        return "python"
    path = PurePath(script)
    return path.parent.name or "python" if path.name == "__main__.py" else path.name


def with_database(url: str, name: str) -> str:
    """The same address, with another database."""
    if "://" not in url:
        return f"{url} dbname={name}"  # of two, libpq's text means the last
    parts = urllib.parse.urlsplit(url)
    query = [
        (key, value)
        for key, value in urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
        if key != "dbname"
    ]
    return parts._replace(path=f"/{name}", query=urllib.parse.urlencode(query)).geturl()
