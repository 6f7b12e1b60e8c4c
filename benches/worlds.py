"""The program that measures one world in one process: `python -m benches.worlds sync --url …`.

Does IO. Started by `__main__`, once per world, and by `counters` under another program. Prints
one JSON object on stdout. Invariant: before anything is measured, every peer's answer has been
compared with the first peer's, so that all of them do the same work.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

from benches import measure, peers, tasks, workloads

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from benches.workloads import Workload

WORLDS = ("sync", "asyncio", "uvloop")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, or only ask `--count` times for a program that counts from outside."""
    options = _parser().parse_args(arguments)
    chosen = workloads.named(options.workload)
    if options.count is not None:
        _ask_only(options, chosen[0])
        return
    if options.world == "sync":
        result = measure_sync(options.url, chosen, options.rounds)
    else:
        result = run(options.world, measure_async(options.url, chosen, options.rounds))
    json.dump(result, sys.stdout)


def run(world: str, coroutine: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401
    """Run on the loop of `world`."""
    if world == "uvloop":
        import uvloop

        return uvloop.run(coroutine)
    return asyncio.run(coroutine)


def measure_sync(url: str, chosen: Sequence[Workload], rounds: int) -> dict[str, Any]:
    """All blocking drivers on all workloads."""
    opened, missing = _open_sync(url)
    result: dict[str, Any] = {"missing": missing, "refused": {}, "workloads": {}}
    closing: list[Callable[[], object]] = []
    for workload in chosen:
        asks: dict[str, Callable[[], object]] = {}
        expected = None
        for peer in opened:
            if workload.group == "task":
                task = tasks.SYNC.get(workload.name, {}).get(peer.name)
                if task is None:
                    continue
                ask, close = task(url)
                closing.append(close)
            else:
                ask = peer.ask(workload)
            try:
                answer = ask()
            except Exception as error:  # noqa: BLE001 - any driver's own exception
                result["refused"][f"{peer.name}: {workloads.label(workload)}"] = str(error)
                continue
            expected = check(peer.name, workload, answer, expected)
            asks[peer.name] = ask
        if not asks:
            continue
        _progress(workload)
        result["workloads"][workloads.label(workload)] = {
            name: summary.as_dict() for name, summary in measure.in_turn(asks, rounds).items()
        }
    for close in closing:
        close()
    for peer in opened:
        peer.close()
    return result


def _open_sync(url: str) -> tuple[list[peers.SyncPeer], list[str]]:
    opened: list[peers.SyncPeer] = []
    missing = []
    for kind in peers.SYNC:
        try:
            opened.append(kind(url))
        except ImportError:
            missing.append(kind.name)
    return opened, missing


async def measure_async(url: str, chosen: Sequence[Workload], rounds: int) -> dict[str, Any]:
    """All asyncio drivers on all workloads."""
    opened, missing = await _open_async(url)
    result: dict[str, Any] = {"missing": missing, "refused": {}, "workloads": {}}
    closing: list[Callable[[], Awaitable[object]]] = []
    for workload in chosen:
        asks: dict[str, Callable[[], Awaitable[object]]] = {}
        expected = None
        for peer in opened:
            if workload.group == "task":
                task = tasks.ASYNC.get(workload.name, {}).get(peer.name)
                if task is None:
                    continue
                ask, close = await task(url)
                closing.append(close)
            else:
                ask = await peer.ask(workload)
            try:
                answer = await ask()
            except Exception as error:  # noqa: BLE001 - any driver's own exception
                result["refused"][f"{peer.name}: {workloads.label(workload)}"] = str(error)
                continue
            expected = check(peer.name, workload, answer, expected)
            asks[peer.name] = ask
        if not asks:
            continue
        _progress(workload)
        result["workloads"][workloads.label(workload)] = {
            name: summary.as_dict()
            for name, summary in (await measure.in_turn_async(asks, rounds)).items()
        }
    for close in closing:
        await close()
    for peer in opened:
        await peer.close()
    return result


async def _open_async(url: str) -> tuple[list[peers.AsyncPeer], list[str]]:
    opened: list[peers.AsyncPeer] = []
    missing = []
    for kind in peers.ASYNC:
        try:
            opened.append(await kind.open(url))
        except ImportError:
            missing.append(kind.name)
    return opened, missing


def check(name: str, workload: Workload, answer: Any, expected: Any) -> Any:  # noqa: ANN401
    """Compare an answer with the first one seen; returns the one to compare the next with."""
    if name == peers.FLOOR:
        return expected
    found = answer if workload.single_value else [tuple(row) for row in answer]
    count = 1 if workload.single_value else len(found)
    if count != workload.rows:
        message = f"{name}: `{workload.name}` gave {count} rows, not {workload.rows}"
        raise SystemExit(message)
    # psqlpy gives uuid as text and inet without its prefix; asyncpg gives "char" as bytes
    if expected is not None and _comparable(found) != _comparable(expected):
        message = f"{name}: `{workload.name}` differs: {found!r:.300} and {expected!r:.300}"
        raise SystemExit(message)
    return found if expected is None else expected


def _comparable(answer: Any) -> Any:  # noqa: ANN401
    if not isinstance(answer, list):
        return answer
    return [tuple(_plain(value) for value in row) for row in answer]


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, memoryview):
        return bytes(value)
    if type(value).__name__ in {"UUID", "IPv4Interface", "IPv4Address"}:
        return str(value).partition("/")[0]
    if isinstance(value, bytes) and len(value) == 1:
        return value.decode()
    return value


def _ask_only(options: argparse.Namespace, workload: Workload) -> None:
    """Ask `--count` times with one peer, measuring nothing here."""
    if options.world == "sync":
        peer = next(kind for kind in peers.SYNC if kind.name == options.peer)(options.url)
        ask = peer.ask(workload)
        for _ in range(options.count):
            ask()
        peer.close()
        return

    async def asking() -> None:
        kind = next(kind for kind in peers.ASYNC if kind.name == options.peer)
        peer = await kind.open(options.url)
        ask = await peer.ask(workload)
        for _ in range(options.count):
            await ask()
        await peer.close()

    run(options.world, asking())


def _progress(workload: Workload) -> None:
    if sys.stderr.isatty():
        print(f"  {workloads.label(workload)}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benches.worlds")
    parser.add_argument("world", choices=WORLDS)
    parser.add_argument("--url", required=True)
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--workload", action="append", default=[])
    parser.add_argument("--peer")
    parser.add_argument("--count", type=int)
    return parser


if __name__ == "__main__":
    main()
