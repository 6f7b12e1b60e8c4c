"""The proxy itself: it carries what it should, and not a byte more."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.faults.proxy import Fault, Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def echo() -> Iterator[str]:
    """The URL of a server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    while data := connection.recv(1000):
                        connection.sendall(data)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"postgresql://me:secret@127.0.0.1:{listener.getsockname()[1]}/db"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def talk(proxy: Proxy, message: bytes) -> bytes:
    """Send `message` through the proxy; what came back before the line ended or fell silent."""
    with socket.create_connection(("127.0.0.1", urlsplit(proxy.url).port or 0)) as client:
        client.settimeout(0.3)
        received = b""
        try:
            client.sendall(message)
            while len(received) < len(message) and (data := client.recv(1000)):
                received += data
        except TimeoutError:
            return received + b" (silence)"
        except ConnectionResetError:
            return received + b" (reset)"
        return received


def test_a_line_without_fault_carries_everything(echo: str) -> None:
    with Proxy(echo) as proxy:
        assert talk(proxy, b"hello") == b"hello"
        assert proxy.url.startswith("postgresql://me:secret@127.0.0.1:")


@pytest.mark.parametrize("after_bytes", range(5))
def test_a_line_is_cut_after_exactly_so_many_bytes(echo: str, after_bytes: int) -> None:
    with Proxy(echo) as proxy:
        proxy.fault = Fault("to_client", after_bytes)
        assert talk(proxy, b"hello") == b"hello"[:after_bytes]
        proxy.fault = Fault("to_server", after_bytes)
        assert len(talk(proxy, b"hello")) <= after_bytes
        proxy.fault = None
        assert talk(proxy, b"hello") == b"hello"


def test_a_reset_and_a_silent_peer_look_like_themselves(echo: str) -> None:
    with Proxy(echo) as proxy:
        proxy.fault = Fault("to_server", 2, "silence")
        assert talk(proxy, b"hello") == b"he (silence)"
        proxy.fault = Fault("to_client", 0, "reset")
        assert talk(proxy, b"hello") == b" (reset)"
