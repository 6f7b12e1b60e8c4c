"""Examples run: every ```python block of the pages, every `>>>` in the package's docstrings.

In a page the blocks run one after the other in one namespace, which begins with `howdah`, `url`
(of an empty database), `conn` (a connection to it) and `folder`; pages named `orm-…` begin with
what `orm.md` has made. A block may `await`. A block of `>>>` lines is compared with what it says.
"""

from __future__ import annotations

import ast
import asyncio
import doctest
import importlib
import inspect
import pkgutil
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from tests.repository import ROOT, orm_examples

if TYPE_CHECKING:
    from collections.abc import Iterator

# `test_coming_from` runs the pages that compare howdah with other libraries
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
PAGES = [page for page in PAGES if not page.name.startswith("coming-from-")]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(page: Path) -> list[tuple[int, str]]:
    """The Python blocks of a page with the number of the line before each."""
    text = page.read_text(encoding="utf-8")
    return [(text.count("\n", 0, match.start(1)), match[1]) for match in BLOCK.finditer(text)]


@pytest.fixture
def namespace(database: str) -> Iterator[dict[str, Any]]:
    """What the examples can name without saying where it came from."""
    with howdah.connect(database) as conn, tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # servers run under an account of their own, if this is root's
        names: dict[str, Any] = {"howdah": howdah, "url": database, "conn": conn}
        names |= {"folder": Path(folder), "__name__": "__main__"}
        yield names
        if isinstance(names.get("db"), howdah.Database):
            names["db"].close()


@pytest.mark.parametrize(
    "page", [p for p in PAGES if blocks(p)], ids=lambda p: str(p.relative_to(ROOT))
)
def test_the_examples_of_a_page_run(page: Path, namespace: dict[str, Any]) -> None:
    before = [ROOT / "docs" / "orm.md"] if page.name.startswith("orm-") else []
    with asyncio.Runner() as runner:
        for document in [*before, page]:
            run_page(runner, document, namespace)


def run_page(runner: asyncio.Runner, page: Path, namespace: dict[str, Any]) -> None:
    """Run all blocks of a page."""
    for line, source in blocks(page):
        if source.startswith(">>>"):
            compare(source, namespace, f"{page.name}, line {line + 1}")
        else:
            run(runner, source, namespace, page, line)


def run(
    runner: asyncio.Runner, source: str, namespace: dict[str, Any], page: Path, line: int
) -> None:
    """Run a block; a traceback shows the page's own lines."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code = compile("\n" * line + source, str(page), "exec", flags=flags)
    result = eval(code, namespace)
    if inspect.iscoroutine(result):
        runner.run(result)


def compare(source: str, namespace: dict[str, Any], name: str) -> None:
    """Run `>>>` lines and fail where the output is another."""
    example = doctest.DocTestParser().get_doctest(source, namespace, name, None, None)
    report: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(example, out=report.append, clear_globs=False)
    namespace.update(example.globs)
    assert not report, "".join(report)


def documented() -> list[doctest.DocTest]:
    """Every docstring of the package that has an example."""
    found = []
    finder = doctest.DocTestFinder(exclude_empty=True)
    for module in pkgutil.walk_packages(howdah.__path__, "howdah."):
        if not module.name.endswith(("_native", "__main__")):
            tests = finder.find(importlib.import_module(module.name), module.name)
            found += [test for test in tests if test.examples]
    return [*found, *(test for test in finder.find(howdah, "howdah") if test.examples)]


@pytest.mark.parametrize("test", documented(), ids=lambda test: test.name)
def test_the_examples_of_a_docstring_run(test: doctest.DocTest, namespace: dict[str, Any]) -> None:
    test.globs = {**test.globs, **namespace}
    if test.name.startswith(("howdah.orm", "howdah.integrations", "howdah.caching")):
        test.globs |= orm_examples.names(namespace["conn"])
    report: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=report.append)
    assert not report, "".join(report)
