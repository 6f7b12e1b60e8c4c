"""A server that speaks enough of Redis' protocol for the cache, for machines that have no Redis.

Does IO on a port of its own. Invariant: it answers the `redis` package as Redis would, for the
commands that it knows; others are errors.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Store:
    """Keys and values, some of which expire."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}
        self.expires: dict[bytes, float] = {}
        self.lock = threading.Lock()

    def get(self, key: bytes) -> bytes | None:
        """A value that is still there."""
        if self.expires.get(key, time.time() + 1) <= time.time():
            self.values.pop(key, None)
            self.expires.pop(key, None)
        return self.values.get(key)

    def run(self, words: list[bytes]) -> Any:
        """What a command answers."""
        command: Callable[..., Any] | None = getattr(self, f"do_{words[0].decode().lower()}", None)
        if command is None:
            return ValueError(f"ERR unknown command '{words[0].decode()}'")
        with self.lock:
            return command(*words[1:])

    def do_ping(self) -> Any:
        return b"PONG"

    def do_client(self, *_: bytes) -> Any:
        return b"OK"

    def do_mget(self, *keys: bytes) -> Any:
        return [self.get(key) for key in keys]

    def do_set(self, key: bytes, value: bytes, *options: bytes) -> Any:
        words = [option.upper() for option in options]
        if b"NX" in words and self.get(key) is not None:
            return None
        self.values[key] = value
        self.expires.pop(key, None)
        if b"PX" in words:
            milliseconds = int(options[words.index(b"PX") + 1])
            self.expires[key] = time.time() + milliseconds / 1000
        return b"OK"

    def do_incrby(self, key: bytes, amount: bytes) -> Any:
        number = int(self.get(key) or 0) + int(amount)
        self.values[key] = b"%d" % number
        return number


class Handler(socketserver.StreamRequestHandler):
    """One client."""

    server: Server

    def handle(self) -> None:
        """Answer commands until the client goes away, or the server does."""
        self.server.lines.add(self.connection)
        try:
            while head := self.rfile.readline():
                words = []
                for _ in range(int(head[1:])):
                    size = int(self.rfile.readline()[1:])
                    words.append(self.rfile.read(size + 2)[:-2])
                self.wfile.write(written(self.server.store.run(words)))
        except (OSError, ValueError):
            pass
        finally:
            self.server.lines.discard(self.connection)


def written(answer: Any) -> bytes:
    """An answer in the protocol."""
    if answer is None:
        return b"$-1\r\n"
    if isinstance(answer, Exception):
        return f"-{answer}\r\n".encode()
    if isinstance(answer, int):
        return b":%d\r\n" % answer
    if isinstance(answer, list):
        return b"*%d\r\n" % len(answer) + b"".join(map(written, answer))
    if answer in {b"OK", b"PONG"}:
        return b"+%s\r\n" % answer
    return b"$%d\r\n%s\r\n" % (len(answer), answer)


class Server(socketserver.ThreadingTCPServer):
    """The server; it can go away and come back on the same port."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, store: Store, port: int = 0) -> None:
        self.store = store
        self.lines: set[Any] = set()
        super().__init__(("127.0.0.1", port), Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def stop(self) -> None:
        """Go away, with all connections."""
        self.shutdown()
        self.server_close()
        for line in tuple(self.lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
