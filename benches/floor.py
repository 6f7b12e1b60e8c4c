"""The floor: a statement's messages sent as ready-made bytes, the answer read and thrown away.

Does IO on one socket. Called by `peers`. What it costs is what any client in this Python and this
world must pay for the system calls and for waiting; a driver can only save what it spends above.
Invariant: the answer's length is learned once and is the same each time (same statement, same
rows), so that the end is found by counting bytes and nothing is looked at.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
import socket
import struct
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from benches.workloads import Workload

_BUFFER_SIZE = 1 << 20
_READY = b"Z"


class Wire:
    """A logged-in socket that speaks just enough of the protocol to prepare statements."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5432))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        self.buffer = bytearray(_BUFFER_SIZE)
        user, database = parts.username or "postgres", parts.path.lstrip("/") or "postgres"
        settings = f"user\0{user}\0database\0{database}\0\0".encode()
        self.socket.sendall(struct.pack("!ii", len(settings) + 8, 196608) + settings)
        self._log_in(unquote(parts.password or ""))

    def prepare(self, workload: Workload) -> tuple[bytes, int]:
        """Prepare the statement; the bytes that run it and the length of the answer in bytes."""
        name = f"s{abs(hash(workload.sql))}".encode()
        self.socket.sendall(
            _message(b"P", name + b"\0" + workload.sql.encode() + b"\0\0\0") + _message(b"S", b"")
        )
        self._answer()
        values = [struct.pack("!ii", 4, value) for value in workload.parameters]
        bind = b"\0" + name + b"\0" + struct.pack("!hhh", 1, 1, len(values)) + b"".join(values)
        request = (
            _message(b"B", bind + struct.pack("!hh", 1, 1))
            + _message(b"E", b"\0" + struct.pack("!i", 0))
            + _message(b"S", b"")
        )
        self.socket.sendall(request)
        return request, self._answer()

    def close(self) -> None:
        """Say goodbye and close the socket."""
        self.socket.sendall(_message(b"X", b""))
        self.file.close()
        self.socket.close()

    def _read(self) -> tuple[bytes, bytes]:
        head = self.file.read(5)
        kind, length = head[:1], struct.unpack("!i", head[1:])[0]
        body = self.file.read(length - 4)
        if kind == b"E":
            message = f"the server refused: {body!r}"
            raise RuntimeError(message)
        return kind, body

    def _answer(self) -> int:
        length = 0
        while True:
            kind, body = self._read()
            length += 5 + len(body)
            if kind == _READY:
                return length

    def _log_in(self, password: str) -> None:
        scram = _Scram(password)
        while True:
            kind, body = self._read()
            if kind == _READY:
                return
            if kind == b"R":
                reply = scram.reply(struct.unpack("!i", body[:4])[0], body[4:])
                if reply is not None:
                    self.socket.sendall(_message(b"p", reply))


class _Scram:
    """The client's side of SCRAM-SHA-256 (RFC 5802), without checking the server's proof."""

    def __init__(self, password: str) -> None:
        self.password = password.encode()
        self.first = f"n=,r={secrets.token_hex(12)}"

    def reply(self, code: int, data: bytes) -> bytes | None:
        if code == 10:
            first = b"n,," + self.first.encode()
            return b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first
        return self._proof(data.decode()) if code == 11 else None

    def _proof(self, challenge: str) -> bytes:
        fields = dict(part.split("=", 1) for part in challenge.split(","))
        salt = base64.b64decode(fields["s"])
        salted = hashlib.pbkdf2_hmac("sha256", self.password, salt, int(fields["i"]))
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        final = f"c=biws,r={fields['r']}"
        signed = f"{self.first},{challenge},{final}".encode()
        signature = hmac.digest(hashlib.sha256(client_key).digest(), signed, "sha256")
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        return f"{final},p={base64.b64encode(proof).decode()}".encode()


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def blocking(wire: Wire, workload: Workload) -> Callable[[], None]:
    """A function that asks once on a blocking socket."""
    request, length = wire.prepare(workload)
    send, receive, buffer = wire.socket.send, wire.socket.recv_into, wire.buffer

    def ask() -> None:
        send(request)
        left = length
        while left:
            left -= receive(buffer)

    return ask


class Reader:
    """The asyncio floor: one reader registered for good, one future per question."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.left = 0
        self.waiter: asyncio.Future[None] | None = None
        self.loop = asyncio.get_running_loop()

    def ask(self, workload: Workload) -> Callable[[], Awaitable[None]]:
        """A function that asks once, to be awaited."""
        self.wire.socket.settimeout(None)
        request, length = self.wire.prepare(workload)
        self.wire.socket.settimeout(0)
        self.loop.add_reader(self.wire.socket, self._readable)
        send, create_future = self.wire.socket.send, self.loop.create_future

        def ask() -> Awaitable[None]:
            self.left = length
            self.waiter = create_future()
            send(request)
            return self.waiter

        return ask

    def close(self) -> None:
        """Take the reader off the loop and close the socket."""
        self.loop.remove_reader(self.wire.socket)
        self.wire.socket.settimeout(None)
        self.wire.close()

    def _readable(self) -> None:
        self.left -= self.wire.socket.recv_into(self.wire.buffer)
        if not self.left and self.waiter is not None:
            self.waiter.set_result(None)
            self.waiter = None
