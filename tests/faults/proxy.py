"""A TCP proxy that can cut a line after any byte, slow it down, or swallow what it carries.

Does IO, in threads of its own, so that it serves blocking clients and event loops alike. Used by
the tests of this folder. Invariant: a line that has a `Fault` carries exactly the bytes before it.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

Direction = Literal["to_server", "to_client"]
_CHUNK_BYTES = 65536


@dataclass(frozen=True)
class Fault:
    """What happens to a line once `after_bytes` went over it in `direction`."""

    direction: Direction
    after_bytes: int
    kind: Literal["cut", "reset", "silence"] = "cut"


@dataclass
class Carried:
    """How many bytes a line carried."""

    to_server: int = 0
    to_client: int = 0
    flights: int = 0
    """How often the client spoke after the server had: its round trips."""
    last: Direction = "to_client"

    def note(self, direction: Direction) -> None:
        """Something is about to go this way. A client that waits for its answer has no race."""
        self.flights += direction == "to_server" and self.last == "to_client"
        self.last = direction


class Proxy:
    """Listens on a free port and carries every line to the server of `url`.

    `fault`, `delay_seconds` (per chunk, each way) and `edit` (what becomes of a chunk from the
    server) hold for lines that begin afterwards.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        login, _, _ = parts.netloc.rpartition("@")
        self.url = urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{port}"))
        self.fault: Fault | None = None
        self.delay_seconds = 0.0
        self.edit: Callable[[bytes], bytes] = bytes
        self.lines: list[Line] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def cut_all(self) -> None:
        """Cut every line that is open now, as a server that dies does."""
        for line in self.lines:
            line.cut()

    def close(self) -> None:
        """Take no more lines, cut the open ones and wait for the threads."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()
        self.cut_all()
        for line in self.lines:
            line.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            try:
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            self.lines = [line for line in self.lines if line.alive()]
            self.lines.append(Line(client, server, self.fault, self.delay_seconds, self.edit))


@dataclass
class Line:
    """One client's connection to the server.

    While `open_to_server` is cleared, what the client sends waits.
    """

    client: socket.socket
    server: socket.socket
    fault: Fault | None
    delay_seconds: float
    edit: Callable[[bytes], bytes]
    later: Fault | None = None
    """One that begins when the line is open already; it takes the place of `fault`."""
    carried: Carried = field(default_factory=Carried)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self.open_to_server = threading.Event()
        self.open_to_server.set()
        self._last_one_out = threading.Barrier(2)
        for end in (self.client, self.server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._threads = [
            threading.Thread(target=self._run, args=("to_server", self.client, self.server)),
            threading.Thread(target=self._run, args=("to_client", self.server, self.client)),
        ]
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    def cut(self, *, reset: bool = False) -> None:
        """End both connections; with `reset` the client gets RST instead of FIN."""
        if self._over.is_set():
            return
        self._over.set()
        self.open_to_server.set()
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            if (
                reset
            ):  # a closing socket that may not linger sends RST; shutting down would send FIN
                linger = struct.pack("ii", 1, 0)
                self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.client.shutdown(socket.SHUT_RD)
            else:
                self.client.shutdown(socket.SHUT_RDWR)

    def alive(self) -> bool:
        """True while one of the directions is carried."""
        return any(thread.is_alive() for thread in self._threads)

    def join(self) -> None:
        """Wait for both directions; the sockets are closed then."""
        for thread in self._threads:
            thread.join()

    def _run(self, direction: Direction, source: socket.socket, sink: socket.socket) -> None:
        # OSError: the other direction, or a peer, ended the line
        with contextlib.suppress(OSError):
            self._carry(direction, source, sink)
        self.cut()
        if self._last_one_out.wait() == 0:
            self.client.close()
            self.server.close()

    def _carry(self, direction: Direction, source: socket.socket, sink: socket.socket) -> None:
        while chunk := source.recv(_CHUNK_BYTES):
            fault = self.later or self.fault
            if fault is not None and fault.direction != direction:
                fault = None
            if self.delay_seconds:
                time.sleep(self.delay_seconds)
            if direction == "to_server":
                self.open_to_server.wait()
            self.carried.note(direction)
            if direction == "to_client":
                chunk = self.edit(chunk)
            carried: int = getattr(self.carried, direction)
            if fault is not None and carried + len(chunk) > fault.after_bytes:
                setattr(self.carried, direction, fault.after_bytes)
                sink.sendall(chunk[: fault.after_bytes - carried])
                self._apply(fault, source)
                return
            # counted first: whoever reads the answer may look at the count at once
            setattr(self.carried, direction, carried + len(chunk))
            sink.sendall(chunk)

    def _apply(self, fault: Fault, source: socket.socket) -> None:
        if fault.kind == "silence":
            while source.recv(_CHUNK_BYTES):
                pass  # taken, never delivered
        else:
            self.cut(reset=fault.kind == "reset")
