"""Connecting, pooling, transactions, cursors and errors, as Django's users meet them."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import threading
import zoneinfo
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, transaction
from django.db.backends.postgresql.psycopg_any import IsolationLevel

import howdah
from howdah import errors
from tests.integrations.django.shop.models import Everything, Shelf


def fetch(connection: Any, query: str, params: Any = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall() if cursor.description else None


# --- pools -------------------------------------------------------------------------------------


def test_the_pool_option_lends_the_same_connections_again(alias: Any) -> None:
    pool = {"min_size": 0, "max_size": 1, "num_workers": 2, "timeout": 0.2}
    connection = alias(OPTIONS={"pool": pool})
    [[first]] = fetch(connection, "select pg_backend_pid()")
    connection.close()
    other = connection.copy()
    [[second]] = fetch(other, "select pg_backend_pid()")
    assert first == second
    with pytest.raises(OperationalError) as caught:
        fetch(connection, "select 1")
    assert isinstance(caught.value.__cause__, errors.PoolTimeout)
    other.close()


def test_the_pool_undoes_what_a_request_set(alias: Any) -> None:
    connection = alias(OPTIONS={"pool": {"min_size": 0, "max_size": 1}}, TIME_ZONE="Asia/Tokyo")
    assert fetch(connection, "show timezone") == [("Asia/Tokyo",)]
    fetch(connection, "set statement_timeout = '7s'")
    connection.close()
    assert fetch(connection, "show statement_timeout") == [("0",)]
    assert fetch(connection, "show timezone") == [("Asia/Tokyo",)]
    assert fetch(connection, "select '{}'::jsonb, '::1'::inet") == [("{}", "::1")]


def test_pool_settings_that_make_no_sense(alias: Any) -> None:
    connection = alias(OPTIONS={"pool": True}, CONN_MAX_AGE=10)
    with pytest.raises(ImproperlyConfigured, match="persistent"):
        fetch(connection, "select 1")
    connection.settings_dict["CONN_MAX_AGE"] = 0
    connection.settings_dict["OPTIONS"]["pool"] = {"max_sice": 3}
    with pytest.raises(errors.ProgrammingError, match="max_sice"):
        fetch(connection, "select 1")
    connection.settings_dict["OPTIONS"]["pool"] = False


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({"max_size": 3}, (3, 3)),
        ({"max_size": 8}, (4, 8)),
        ({"min_size": 6}, (6, 6)),
        ({"min_size": 0, "max_size": 1}, (0, 1)),
        ({"max_size": None}, (4, 4)),
    ],
)
def test_one_size_of_a_pool_follows_the_other(
    alias: Any, options: dict[str, int], sizes: tuple[int, int]
) -> None:
    connection = alias(OPTIONS={"pool": options})
    stats = connection.pool.stats()
    assert (stats.min_size, stats.max_size) == sizes


def test_threads_share_a_pool(alias: Any) -> None:
    connection = alias(OPTIONS={"pool": {"min_size": 0, "max_size": 2}})
    pids: set[int] = set()

    def work() -> None:
        mine = connection.copy()
        for _ in range(5):
            pids.add(fetch(mine, "select pg_backend_pid()")[0][0])
            mine.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert 1 <= len(pids) <= 2


# --- connections -------------------------------------------------------------------------------


def test_persistent_connections_are_checked(alias: Any, database: str) -> None:
    connection = alias(CONN_MAX_AGE=None, CONN_HEALTH_CHECKS=True)
    [[pid]] = fetch(connection, "select pg_backend_pid()")
    connection.close_if_unusable_or_obsolete()
    assert fetch(connection, "select pg_backend_pid()") == [(pid,)]
    with howdah.connect(database) as admin:
        admin.execute("select pg_terminate_backend($1, 5000)", pid)
    connection.close_if_unusable_or_obsolete()  # as a request's end and start do
    [[again]] = fetch(connection, "select pg_backend_pid()")
    assert again != pid


def test_a_lost_connection_is_an_operational_error_and_the_next_one_is_good(
    alias: Any, database: str
) -> None:
    connection = alias()
    [[pid]] = fetch(connection, "select pg_backend_pid()")
    with howdah.connect(database) as admin:
        admin.execute("select pg_terminate_backend($1, 5000)", pid)
    with pytest.raises((OperationalError, InterfaceError)):
        fetch(connection, "select 1")
    assert not connection.is_usable()
    connection.close()
    assert fetch(connection, "select 1") == [(1,)]


def test_refused_logins_are_operational_errors(alias: Any) -> None:
    connection = alias()
    connection.settings_dict["PASSWORD"] = "wrong"
    with pytest.raises(OperationalError) as caught:
        connection.ensure_connection()
    assert isinstance(caught.value.__cause__, errors.InvalidPassword)


def test_isolation_level_and_role(alias: Any, database: str) -> None:
    with howdah.connect(database) as admin:
        admin.execute("drop role if exists clerk_of_django; create role clerk_of_django")
    connection = alias(
        OPTIONS={
            "isolation_level": IsolationLevel.SERIALIZABLE,
            "assume_role": "clerk_of_django",
            "application_name": "the shop",
        }
    )
    with transaction.atomic():
        assert fetch(connection, "show transaction_isolation") == [("serializable",)]
        assert fetch(connection, "select current_user") == [("clerk_of_django",)]
        assert fetch(connection, "show application_name") == [("the shop",)]
    connection.close()
    connection.settings_dict["OPTIONS"] = {"isolation_level": -1}
    with pytest.raises(ImproperlyConfigured, match="isolation level"):
        connection.ensure_connection()
    connection.settings_dict["OPTIONS"] = {}
    with howdah.connect(database) as admin:
        admin.execute("drop role clerk_of_django")


def test_time_zones(alias: Any, settings_of_django: Any) -> None:
    query = "select '2026-07-01 12:00+00'::timestamptz, array['2026-01-01 12:00+00'::timestamptz]"
    noon = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
    [[moment, _]] = fetch(alias(), query)
    assert (moment, moment.tzinfo) == (noon, dt.UTC)
    [[moment, [winter]]] = fetch(alias(TIME_ZONE="Europe/Berlin"), query)
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    assert (moment, moment.tzinfo, moment.hour, winter.hour) == (noon, berlin, 14, 13)
    settings_of_django(USE_TZ=False, TIME_ZONE="America/New_York")
    connection = alias()
    [[moment, [winter]]] = fetch(connection, query)
    assert (moment, winter.hour) == (dt.datetime(2026, 7, 1, 8), 7)  # noqa: DTZ001
    [[same]] = fetch(connection, "select %s = '2026-07-01 12:00+00'::timestamptz", [moment])
    assert same


# --- transactions ------------------------------------------------------------------------------


def test_atomic_blocks_and_savepoints(shop: Any) -> None:
    with transaction.atomic():
        Shelf.objects.create(name="kept")
        with pytest.raises(IntegrityError), transaction.atomic():
            Shelf.objects.create(name="kept")
    assert shop.get_autocommit() is False
    assert Shelf.objects.count() == 1


def test_a_commit_of_a_failed_transaction_warns(
    alias: Any, caplog: pytest.LogCaptureFixture
) -> None:
    connection = alias()
    with caplog.at_level(logging.WARNING, "howdah.django"), transaction.atomic():
        fetch(connection, "create table lost ()")
        with pytest.raises(DataError):
            fetch(connection, "select 1 / 0")
    assert [record.name for record in caplog.records] == ["howdah.django"]
    assert fetch(connection, "select to_regclass('lost')") == [(None,)]


def test_errors_are_djangos_with_howdahs_as_their_cause(shop: Any) -> None:
    Shelf.objects.create(name="one")
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        Shelf.objects.create(name="one")
    cause = caught.value.__cause__
    assert isinstance(cause, errors.UniqueViolation)
    assert cause.diag.constraint_name is not None
    with pytest.raises(DataError) as caught_data, transaction.atomic():
        Everything.objects.create(char="x" * 201)
    assert isinstance(caught_data.value.__cause__, errors.StringDataRightTruncation)
    assert shop.vendor == "postgresql"


# --- cursors -----------------------------------------------------------------------------------


def test_iterators_leave_rows_in_the_server(shop: Any) -> None:
    Shelf.objects.bulk_create(Shelf(name=f"shelf {number}") for number in range(250))
    names = Shelf.objects.order_by("pk").filter(name__contains="sh").iterator(chunk_size=100)
    assert next(names).name == "shelf 0"
    open_cursors = "select name, is_scrollable, is_holdable from pg_cursors"
    [[name, scrollable, holdable]] = [
        row for row in fetch(shop, open_cursors) if row[0].startswith("_django_curs_")
    ]
    assert (name[:13], scrollable, holdable) == ("_django_curs_", False, False)
    assert [shelf.name for shelf in names][-1] == "shelf 249"
    assert not [row for row in fetch(shop, open_cursors) if row[0].startswith("_django_curs_")]


def test_iterators_without_a_transaction_are_holdable(alias: Any) -> None:
    connection = alias()
    with connection.chunked_cursor() as cursor:
        cursor.execute("select n, '2026-01-01'::date from generate_series(1, %s) n", [5])
        assert fetch(connection, "select is_holdable from pg_cursors") == [(True,)]
        assert [column[0] for column in cursor.description] == ["n", "date"]
        assert cursor.fetchmany(2)[1] == (2, dt.date(2026, 1, 1))
        assert len(cursor.fetchall()) == 3
    assert fetch(connection, "select 1 from pg_cursors") == []


def test_bound_parameters_stay_prepared_and_literals_leave_nothing(alias: Any) -> None:
    prepared = "select statement from pg_prepared_statements"
    connection = alias(OPTIONS={"server_side_binding": True})
    for number in range(3):
        assert fetch(connection, "select %s + 1, %s", [number, "x"]) == [(number + 1, "x")]
    assert ("select ($1::int4) + 1, $2",) in fetch(connection, prepared)
    connection = alias()
    assert fetch(connection, "select %s + 1", [1]) == [(2,)]
    assert fetch(connection, prepared) == []


def test_raw_cursors(db: Any) -> None:
    with db.cursor() as cursor:
        cursor.execute("create table pair (a int, b text); select 'last'")
        assert cursor.nextset()
        assert cursor.fetchone() == ("last",)
        cursor.executemany("insert into pair values (%s, %s)", [(n, f"it's {n}") for n in range(9)])
        assert cursor.rowcount == 9
        query = "update pair set b = b where a = %s returning a"
        cursor.cursor.executemany(query, [(3,), (4,)], returning=True)
        assert (cursor.rowcount, cursor.fetchall()) == (2, [(3,), (4,)])
        query = "select b from pair where a in (%(x)s, %(y)s) and b like '%%'"
        cursor.execute(query, {"x": 1, "y": 2})
        assert cursor.fetchall() == [("it's 1",), ("it's 2",)]
        cursor.execute("select b from pair where b like 'it%' and a = any(array[1])")
        assert cursor.fetchall() == [("it's 1",)]
        cursor.callproc("upper", ["moo"])
        assert cursor.fetchone() == ("MOO",)
        cursor.execute("update pair set a = a + %s", [1])
        assert (cursor.rowcount, cursor.description) == (9, None)


def test_statements_that_the_server_cannot_bind_take_literals(alias: Any) -> None:
    with alias().cursor() as cursor:
        cursor.execute("create table t (n int default %s, c text check (c <> %s))", [7, "it's"])
        cursor.execute("set application_name = %s", ["shop"])
        cursor.execute("insert into t (c) values (%s) returning n", ["x"])
        assert cursor.fetchone() == (7,)


def test_copy_in_the_way_of_psycopg(db: Any) -> None:
    rows = [(1, "tab\there", None), (2, "back\\slash\nline", dt.date(2026, 1, 2))]
    with transaction.atomic(), db.cursor() as cursor:
        cursor.execute("create table c (n int, t text, d date)")
        with cursor.copy("copy c from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        with cursor.copy("copy c (n) from stdin") as copy:
            copy.write("3\n")
            copy.write(b"4\n")
        cursor.execute("select * from c order by n")
        assert cursor.fetchall() == [*rows, (3, None, None), (4, None, None)]
        with cursor.copy("copy (select * from c order by n limit %s) to stdout", [2]) as copy:
            assert list(copy.rows()) == [
                ("1", "tab\there", None),
                ("2", "back\\slash\nline", "2026-01-02"),
            ]
        with cursor.copy("copy c to stdout (format csv)") as copy:
            assert b"".join(copy).count(b"\n") == 5
        with pytest.raises(KeyError), cursor.copy("copy c from stdin") as copy:
            copy.write("9\n")
            raise KeyError
        cursor.execute("select count(*) from c")
        assert cursor.fetchone() == (4,)
        transaction.set_rollback(True)


def test_queries_are_logged_as_they_were_sent(db: Any) -> None:
    db.force_debug_cursor = True
    fetch(db, "select %s", ["it's"])
    assert db.queries[-1]["sql"] == "select 'it''s'"


# --- asyncio -----------------------------------------------------------------------------------


def test_asynchronous_calls_of_the_orm(alias: Any, shop_database: str) -> None:
    from django.db import connections

    from tests.integrations.django.conftest import point_default_at

    alias()

    async def work() -> list[str]:
        await Shelf.objects.all().adelete()
        await Shelf.objects.acreate(name="first")
        await Shelf.objects.abulk_create([Shelf(name="second"), Shelf(name="third")])
        shelf = await Shelf.objects.aget(name="second")
        shelf.name = "2nd"
        await shelf.asave()
        names = [each.name async for each in Shelf.objects.order_by("pk")]
        await Shelf.objects.all().adelete()
        await asyncio.to_thread(connections.close_all)
        await asgiref_close()
        return names

    async def asgiref_close() -> None:
        from asgiref.sync import sync_to_async

        await sync_to_async(connections.close_all)()

    point_default_at(shop_database)
    assert asyncio.run(work()) == ["first", "2nd", "third"]
