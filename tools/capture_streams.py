"""Write `crates/howdah-wire/tests/streams`: what a real PostgreSQL 18 sends, and what it was asked.

Each exchange becomes two files. `NAME.jsonl` says what a session has to do, one step a line: its
requests in order, `send` where the messages made so far were sent (how many bytes, and their
SHA-256), and `receive` where it received so many of the next bytes of `NAME.bin`, which are all
that the server had to say so far. The messages are written and cut here by hand, apart from
howdah's own protocol code, which the streams are there to test.

    python tools/capture_streams.py

starts a temporary server, runs every exchange of this file in a session of its own and writes its
files anew. They differ from run to run where servers do: process ids, cancel keys, salts.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

import howdah
import howdah.server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TARGET = Path(__file__).parent.parent / "crates/howdah-wire/tests/streams"

#: The account of all exchanges, and the nonce with which it logs in: the replay brings the same.
USER, PASSWORD = "stream", "pencil"
NONCE = base64.b64encode(bytes([7] * 18)).decode()

INT4, TEXT = 23, 25

SET_UP = """\
create role stream login superuser password 'pencil';
create database stream owner stream;
"""

REFUSING_TABLE = """\
create temp table t(a int4);
create function pg_temp.refuse() returns trigger language plpgsql
    as $$ begin raise 'no copies here'; end $$;
create trigger refuse before insert on t execute function pg_temp.refuse()"""


class Wire:
    """A connection that remembers its requests and what it received.

    Every request method sends nothing before `receive`, so that what belongs to one unit travels
    together, as a driver that pipelines sends it.
    """

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.outgoing = b""
        self.pending = b""
        self.steps: list[object] = []
        self.stream = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    # --- requests ------------------------------------------------------------------------------

    def query(self, sql: str) -> None:
        """Request a simple query."""
        self._request({"query": sql}, b"Q", cstr(sql))

    def parse(self, statement: str, sql: str, types: Sequence[int] = ()) -> None:
        """Request that a statement be prepared."""
        oids = struct.pack(f"!H{len(types)}I", len(types), *types)
        self._request(
            {"parse": [statement, sql, list(types)]}, b"P", cstr(statement) + cstr(sql) + oids
        )

    def describe_statement(self, name: str) -> None:
        """Request a statement's description."""
        self._request({"describe_statement": name}, b"D", b"S" + cstr(name))

    def describe_portal(self, name: str) -> None:
        """Request a portal's description."""
        self._request({"describe_portal": name}, b"D", b"P" + cstr(name))

    def bind(
        self,
        portal: str,
        statement: str,
        values: Sequence[bytes | None] = (),
        formats: Sequence[int] = (),
        results: Sequence[int] = (),
    ) -> None:
        """Request that a statement be bound to values."""
        body = cstr(portal) + cstr(statement) + shorts(formats) + struct.pack("!H", len(values))
        for value in values:
            length = -1 if value is None else len(value)
            body += struct.pack("!i", length) + (value or b"")
        hexes = [value and value.hex() for value in values]
        step = {"bind": [portal, statement, list(formats), hexes, list(results)]}
        self._request(step, b"B", body + shorts(results))

    def execute(self, portal: str = "", max_rows: int = 0) -> None:
        """Request a portal's rows."""
        self._request(
            {"execute": [portal, max_rows]}, b"E", cstr(portal) + struct.pack("!I", max_rows)
        )

    def close_statement(self, name: str) -> None:
        """Request that a statement be forgotten."""
        self._request({"close_statement": name}, b"C", b"S" + cstr(name))

    def close_portal(self, name: str) -> None:
        """Request that a portal be forgotten."""
        self._request({"close_portal": name}, b"C", b"P" + cstr(name))

    def sync(self) -> None:
        """End the unit."""
        self._request("sync", b"S", b"")

    def flush(self) -> None:
        """Ask for the answers so far."""
        self._request("flush", b"H", b"")

    def copy_data(self, data: bytes) -> None:
        """Send a piece of a COPY."""
        self._request({"copy_data": data.hex()}, b"d", data)

    def copy_done(self) -> None:
        """End a COPY."""
        self._request("copy_done", b"c", b"")

    def copy_fail(self, reason: str) -> None:
        """Give up a COPY."""
        self._request({"copy_fail": reason}, b"f", cstr(reason))

    def give_up(self, reason: str) -> None:
        """CopyFail, and Sync again: a server that is copying has ignored the one before."""
        self.copy_fail(reason)
        self.outgoing += framed(b"S", b"")

    def terminate(self) -> None:
        """Say goodbye."""
        self._request("terminate", b"X", b"")

    def statement(self, sql: str, values: Sequence[bytes | None] = ()) -> None:
        """The usual unit of one statement, without its Sync."""
        self.parse("", sql, [TEXT] * len(values))
        self.bind("", "", values)
        self.describe_portal("")
        self.execute()

    # --- the other direction -------------------------------------------------------------------

    def receive(self, last: str = "Z", times: int = 1) -> None:
        """Send what was requested; receive up to the `times`-th message of type `last`."""
        self._send()
        received = b""
        while times:
            message = self.message()
            received += message
            times -= message[:1] == last.encode()
        self._received(received)

    def receive_end(self) -> None:
        """Send what was requested; receive until the server closes the connection."""
        self._send()
        received = self.pending
        while data := self.socket.recv(65536):
            received += data
        self.pending = b""
        self._received(received)

    def message(self) -> bytes:
        """The next message of the server, whole."""
        header = self._exactly(5)
        return header + self._exactly(struct.unpack("!I", header[1:])[0] - 4)

    def login(self) -> None:
        """Log in with SCRAM, unrecorded but for a later `forget`."""
        parameters = b"".join(cstr(text) for text in ("user", USER, "database", "stream"))
        body = struct.pack("!I", 0x0003_0002) + parameters + b"\0"
        self.steps.append("startup")
        self.outgoing += struct.pack("!I", len(body) + 4) + body
        self.receive("R")
        self._prove()
        self.receive("Z")

    def forget(self) -> None:
        """Begin the record here."""
        self.steps, self.stream = [], b""

    def save(self, name: str, about: str) -> None:
        """Write the two files of the exchange."""
        steps = [{"about": about}, *self.steps]
        lines = "".join(json.dumps(step) + "\n" for step in steps)
        (TARGET / f"{name}.jsonl").write_text(lines, "utf-8")
        (TARGET / f"{name}.bin").write_bytes(self.stream)

    # --- helpers -------------------------------------------------------------------------------

    def _request(self, step: object, kind: bytes, body: bytes) -> None:
        self.steps.append(step)
        self.outgoing += framed(kind, body)

    def _send(self) -> None:
        if self.outgoing:
            digest = hashlib.sha256(self.outgoing).hexdigest()
            self.steps.append({"send": [len(self.outgoing), digest]})
            self.socket.sendall(self.outgoing)
            self.outgoing = b""

    def _received(self, data: bytes) -> None:
        self.stream += data
        self.steps.append({"receive": len(data)})

    def _exactly(self, count: int) -> bytes:
        while len(self.pending) < count:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError("the server closed the connection in the middle of an exchange")
            self.pending += data
        data, self.pending = self.pending[:count], self.pending[count:]
        return data

    def _prove(self) -> None:
        """SCRAM-SHA-256 (RFC 5802), without checking the server's side of it."""
        first = f"n=,r={NONCE}"
        initial = f"n,,{first}".encode()
        self.outgoing += framed(b"p", cstr("SCRAM-SHA-256") + sized(initial))
        already = len(self.stream)
        self.receive("R")
        challenge = self.stream[already + 9 :].decode()
        parts = dict(part.split("=", 1) for part in challenge.split(","))
        salt, rounds = base64.b64decode(parts["s"]), int(parts["i"])
        salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, rounds)
        key = hmac.digest(salted, b"Client Key", "sha256")
        final = f"c=biws,r={parts['r']}"
        signed = f"{first},{challenge},{final}".encode()
        signature = hmac.digest(hashlib.sha256(key).digest(), signed, "sha256")
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature, strict=True)))
        self.outgoing += framed(b"p", f"{final},p=".encode() + proof)


def cstr(text: str) -> bytes:
    """Text with its final zero byte."""
    return text.encode() + b"\0"


def sized(data: bytes) -> bytes:
    """Bytes after their length."""
    return struct.pack("!i", len(data)) + data


def shorts(numbers: Sequence[int]) -> bytes:
    """A list of 16-bit numbers after its length."""
    return struct.pack(f"!H{len(numbers)}h", len(numbers), *numbers)


def framed(kind: bytes, body: bytes) -> bytes:
    """A message with its type and length."""
    return kind + struct.pack("!I", len(body) + 4) + body


# --- the exchanges: a function's name is its files', its docstring says what is in them --------


def simple_statements(wire: Wire) -> None:
    """Simple queries: several statements, none, an error in the middle, transaction blocks."""
    wire.query("create temp table t(a int4, b text)")
    wire.query("insert into t values (1, 'one'), (2, null); select * from t; select 3 as c")
    wire.query("")
    wire.query("select 1; select 1/0; select 2")
    wire.query("begin; savepoint s; select no_such_column")
    wire.query("select 1")
    wire.query("rollback")
    wire.query("select from t")
    wire.receive(times=8)


def extended_shapes(wire: Wire) -> None:
    """Extended queries: both formats, NULL, no parameters, no columns, no rows, no statement."""
    wire.parse("s", "select $1::int4 + 1, $2::text, null::numeric, now()", [INT4, 0])
    wire.describe_statement("s")
    wire.bind("", "s", [struct.pack("!i", 41), b"x"], [1, 0], [1, 0, 0, 1])
    wire.describe_portal("")
    wire.execute()
    wire.bind("p", "s", [None, None])
    wire.execute("p")
    wire.close_portal("p")
    wire.sync()
    wire.statement("select from generate_series(1, 3)")
    wire.sync()
    wire.statement("select 1 where false")
    wire.sync()
    wire.statement("")
    wire.sync()
    wire.statement("create temp table t(a int4[], b jsonb, c timestamptz, d bytea)")
    wire.sync()
    sql = "insert into t values ('{1,2,null}', '{\"a\": [1]}', 'infinity', '\\x00ff') returning *"
    wire.parse("i", sql)
    wire.describe_statement("i")
    wire.bind("", "i", (), (), [1])
    wire.execute()
    wire.close_statement("i")
    wire.close_statement("never was")
    wire.sync()
    wire.receive(times=6)


def unit_errors(wire: Wire) -> None:
    """Errors at each place of a unit: Parse, Bind, Execute after rows, Sync itself."""
    wire.statement("selec 1")
    wire.sync()
    wire.statement("select $1::text::int4", [b"x"])
    wire.sync()
    wire.statement("select 6 / (3 - n) from generate_series(1, 5) n")
    wire.close_portal("")
    wire.sync()
    wire.execute("no such portal")
    wire.sync()
    wire.query("create temp table d(a int unique deferrable initially deferred)")
    wire.statement("insert into d values (1), (1)")
    wire.sync()
    wire.parse("", "select 1")
    wire.flush()
    wire.receive(times=6)
    wire.bind("", "", [b"too many"])
    wire.flush()
    wire.receive("E")
    wire.execute()
    wire.sync()
    wire.statement("select 'whole again'")
    wire.sync()
    wire.receive(times=2)


def pipelined_units(wire: Wire) -> None:
    """Many units on the way at once, one of which fails: the others are answered."""
    for number in range(8):
        wire.parse(f"s{number}", f"select 12 / ($1 - {number})", [INT4])
        wire.bind("", f"s{number}", [b"5"])
        wire.describe_portal("")
        wire.execute()
        wire.sync()
    wire.query("select 'and a simple one'")
    wire.sync()
    wire.receive(times=10)


def suspended_portals(wire: Wire) -> None:
    """Rows by and by: PortalSuspended, two portals in turn, an end that falls on a limit."""
    wire.query("begin")
    wire.parse("s", "select n, repeat('x', n) from generate_series(1, $1) n", [INT4])
    wire.bind("a", "s", [b"5"])
    wire.bind("b", "s", [b"4"], (), [1])
    wire.execute("a", 2)
    wire.flush()
    wire.receive("s")
    wire.execute("b", 2)
    wire.execute("a", 2)
    wire.execute("b", 2)
    wire.flush()
    wire.receive("s", times=3)
    wire.execute("a", 2)
    wire.execute("b", 2)
    wire.close_portal("a")
    wire.sync()
    wire.query("commit")
    wire.receive(times=2)


def asynchronous(wire: Wire) -> None:
    """What a server says unasked: notices, notifications, changed settings, between answers."""
    wire.query("listen a; notify a, 'to myself'; set timezone = 'Asia/Kathmandu'")
    wire.query("do $$ begin raise notice 'n' using hint = 'h', detail = 'd'; end $$; select 1")
    wire.query("set application_name = 'stream'; set search_path = pg_catalog, public")
    wire.statement("select set_config('IntervalStyle', 'iso_8601', false)")
    wire.statement("select pg_notify('a', repeat('x', 7000)) from generate_series(1, 2)")
    wire.sync()
    wire.statement("drop table if exists no_such_table")
    wire.sync()
    wire.receive(times=5)


def copy_out(wire: Wire) -> None:
    """COPY to the client: text and binary, asked for in both ways, and one that fails half-way."""
    rows = (
        "(select n, case n when 2 then null else repeat('y', n) end from generate_series(1, 3) n)"
    )
    wire.query(f"copy {rows} to stdout; select 'after'; copy {rows} to stdout (format binary)")
    wire.statement(f"copy {rows} to stdout (format csv, header)")
    wire.sync()
    wire.query("copy (select 1 / (3 - n) from generate_series(1, 5) n) to stdout")
    wire.query("copy (select) to stdout")
    wire.receive(times=4)


def copy_in(wire: Wire) -> None:
    """COPY from the client: text and binary, given up, and refused in the middle."""
    wire.query("create temp table t(a int4, b text)")
    wire.receive()
    wire.query("copy t from stdin; select count(*) from t")
    wire.receive("G")
    wire.copy_data(b"1\tone\n2\t\\N\n3\t")
    wire.copy_data(b"three\n")
    wire.copy_done()
    wire.receive()
    wire.query("copy t from stdin (format binary)")
    wire.receive("G")
    row = struct.pack("!h", 2) + sized(struct.pack("!i", 4)) + sized(b"four")
    wire.copy_data(b"PGCOPY\n\xff\r\n\0" + bytes(8) + row + struct.pack("!h", -1))
    wire.copy_done()
    wire.receive()
    wire.query("copy t from stdin")
    wire.receive("G")
    wire.copy_data(b"5\tfive\n")
    wire.copy_fail("changed my mind")
    wire.receive()
    wire.query("copy t from stdin")
    wire.receive("G")
    wire.copy_data(b"no number\tx\n")
    wire.copy_data(b"6\tsix\n")
    wire.copy_done()
    wire.receive()
    wire.statement("copy t from stdin")
    wire.flush()
    wire.receive("G")
    wire.copy_data(b"7\tseven\n")
    wire.copy_done()
    wire.sync()
    wire.receive()


def copy_given_up(wire: Wire) -> None:
    """COPY from the client that was executed like any statement, its Sync on the way at once."""
    wire.query("create temp table t(a int4, b text)")
    wire.receive()
    wire.statement("copy t from stdin")
    wire.sync()
    wire.receive("G")
    wire.give_up("not expected")
    wire.receive()
    wire.query("select 'whole again'")
    wire.receive()


def copy_refused(wire: Wire) -> None:
    """As before, but the server gives up first, and so heeds the first Sync as well."""
    wire.query(REFUSING_TABLE)
    wire.receive()
    wire.statement("copy t from stdin")
    wire.sync()
    wire.receive("G")
    wire.give_up("not expected")
    wire.receive()
    wire.query("select 'whole again'")
    wire.receive(times=2)


def large_rows(wire: Wire) -> None:
    """A value longer than the receive buffer keeps, between short ones, then many short rows."""
    wire.statement(
        "select repeat('z', case n when 2 then 270000 else n end) from generate_series(1, 3) n"
    )
    wire.sync()
    wire.query("select n from generate_series(1, 3000) n")
    wire.receive(times=2)


def terminated(wire: Wire) -> None:
    """The server ends the session in the middle of a unit."""
    wire.query("select 'alive'")
    wire.receive()
    wire.statement("select pg_terminate_backend(pg_backend_pid())")
    wire.sync()
    wire.receive_end()


def farewell(wire: Wire) -> None:
    """The client ends the session, and the server says nothing more."""
    wire.query("select 1")
    wire.receive()
    wire.terminate()
    wire.receive_end()


EXCHANGES: list[Callable[[Wire], None]] = [
    simple_statements,
    extended_shapes,
    unit_errors,
    pipelined_units,
    suspended_portals,
    asynchronous,
    copy_out,
    copy_in,
    copy_given_up,
    copy_refused,
    large_rows,
    terminated,
    farewell,
]


def capture(exchange: Callable[[Wire], None], port: int) -> None:
    """Run one exchange in a session of its own and write its files."""
    with Wire(port) as wire:
        wire.login()
        wire.forget()
        exchange(wire)
        wire.save(exchange.__name__, exchange.__doc__ or "")


def capture_login(port: int) -> None:
    """Write the files of a login: everything up to the session."""
    with Wire(port) as wire:
        wire.login()
        wire.save("login", "A login with SCRAM-SHA-256, protocol 3.2.")


def main() -> int:
    """Capture everything anew; 1 if the server is not PostgreSQL 18."""
    with howdah.server.start() as server:
        if not server.version.startswith("18"):
            print(f"the streams are those of PostgreSQL 18, not {server.version}", file=sys.stderr)
            return 1
        with howdah.connect(server.url) as connection:
            for statement in SET_UP.splitlines():
                connection.execute(statement)
        for old in TARGET.glob("*.*"):
            old.unlink()
        capture_login(server.port)
        for exchange in EXCHANGES:
            capture(exchange, server.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
