"""What the demo shows: headings, aligned tables on stdout, progress bars on stderr.

No IO but printing. Called by `demo` and what it loads. A bar is drawn only on a terminal, so that
the output in a file or a log has none.
"""

from __future__ import annotations

import sys
import time
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Item = TypeVar("Item")

_BAR_WIDTH = 30
_SECONDS_BETWEEN_FRAMES = 0.1


def heading(text: str) -> None:
    """A line that opens a part of the demo."""
    print(f"\n── {text} ".ljust(78, "─"))


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under their titles; numbers and times stand right."""
    body = [list(row) for row in rows]
    texts = [[_text(value) for value in row] for row in body]
    widths = [max(map(len, column)) for column in zip(titles, *texts, strict=True)]
    rights = [
        bool(body) and all(_is_number(value) for value in column)
        for column in zip(*body, strict=True)
    ]
    for line in [list(titles), *texts]:
        cells = (
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(
                line, widths, rights or [False] * len(widths), strict=True
            )
        )
        print("  " + "   ".join(cells).rstrip())


def seconds(duration: float) -> str:
    """A time in the unit that reads best: `1.52 s`, `340 ms`, `85 µs`."""
    if duration >= 1:
        return f"{duration:.2f} s"
    if duration >= 0.001:
        return f"{duration * 1000:.0f} ms" if duration >= 0.01 else f"{duration * 1000:.1f} ms"
    return f"{duration * 1e6:.0f} µs"


def progress(items: Iterable[Item], label: str, total: int) -> Iterator[Item]:
    """Pass `items` on, drawing a bar on stderr while they are taken."""
    if not sys.stderr.isatty():
        yield from items
        return
    drawn = 0.0
    for done, item in enumerate(items):
        if done % 256 == 0 and time.monotonic() - drawn > _SECONDS_BETWEEN_FRAMES:
            drawn = time.monotonic()
            _draw(label, done / total)
        yield item
    sys.stderr.write("\r\033[K")  # the line is free again for what was loaded


def _draw(label: str, share: float) -> None:
    filled = round(min(share, 1) * _BAR_WIDTH)
    bar = "█" * filled + "░" * (_BAR_WIDTH - filled)
    sys.stderr.write(f"\r  {label:<16} {bar} {share:4.0%}")
    sys.stderr.flush()


def _text(value: object) -> str:
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    return str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) or str(value).endswith((" s", " ms", " µs"))
