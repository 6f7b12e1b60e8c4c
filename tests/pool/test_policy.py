"""What a pool decides, without any connection."""

import math

import pytest

from howdah import errors
from howdah._native import Entry
from howdah._pool_options import PoolOptions
from howdah._pool_policy import Backoff, Roster, may_heal


def options(**changes: object) -> PoolOptions:
    values: dict[str, object] = {
        "min_size": 1,
        "max_size": 3,
        "max_overflow": 1,
        "timeout": 1.0,
        "max_lifetime": 100.0,
        "max_idle": 10.0,
        "max_waiting": 0,
        "check": None,
        "reset": "if-dirty",
        "configure": None,
        "name": None,
    }
    return PoolOptions(**(values | changes))  # type: ignore[arg-type]


def roster(**changes: object) -> Roster[object, str]:
    chosen = options(**changes)
    made: Roster[object, str] = Roster(chosen, chosen.min_size, chosen.max_size)
    made.open()
    return made


def admitted(pool: Roster[object, str], now: float = 0.0) -> Entry[object]:
    pool.begin_opening()
    return pool.admit(object(), now)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"min_size": -1}, "`min_size` must be at least 0, found -1"),
        ({"max_size": 0}, "`max_size` must be at least 1, found 0"),
        ({"min_size": 5, "max_size": 4}, "`max_size` must be at least 5, found 4"),
        ({"max_overflow": -1}, "`max_overflow`"),
        ({"timeout": -0.1}, "`timeout`"),
        ({"max_lifetime": math.nan}, "`max_lifetime`"),
        ({"max_idle": -1}, "`max_idle`"),
        ({"max_waiting": -1}, "`max_waiting`"),
        ({"reset": "sometimes"}, "unknown reset policy `sometimes`"),
    ],
)
def test_wrong_options_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        options(**changes)


def test_the_connection_used_last_is_used_next() -> None:
    pool = roster()
    entries = [admitted(pool) for _ in range(3)]
    for entry in entries:
        assert pool.keep_idle(entry, 0.0)
    assert [pool.take_idle() for _ in range(4)] == [*reversed(entries), None]


def test_nobody_overtakes_the_queue() -> None:
    pool = roster()
    assert pool.keep_idle(admitted(pool), 0.0)
    pool.enqueue("first")
    assert pool.take_idle() is None
    pool.enqueue("second")
    pool.enqueue("again", first=True)
    assert list(pool.waiters) == ["again", "first", "second"]


def test_the_quick_way_is_closed_while_somebody_waits() -> None:
    pool = roster()
    entry = admitted(pool)
    assert pool.keep_idle(entry, 0.0)
    pool.enqueue("a")
    pool.enqueue("b")
    assert pool.next_waiter() == "a"
    assert pool.shelf.lend() is None
    pool.leave_queue("b")
    assert pool.shelf.lend() is entry.connection
    assert (pool.in_use, pool.load, pool.stats().acquired) == (1, 1, 1)


def is_quick(pool: Roster[object, str]) -> bool:
    return pool.shelf.quick


def test_the_quick_way_is_closed_while_there_are_too_many() -> None:
    pool = roster()
    for _ in range(3):
        pool.keep_idle(admitted(pool), 0.0)
    assert is_quick(pool)
    pool.begin_opening()
    assert not is_quick(pool)
    pool.give_up_opening()
    assert is_quick(pool)
    pool.resize(1, 2)
    assert not is_quick(pool)
    assert len(pool.prune(0.0)) == 1
    assert is_quick(pool)


def test_the_quick_way_is_closed_before_and_after_the_pools_life() -> None:
    chosen = options()
    pool: Roster[object, str] = Roster(chosen, chosen.min_size, chosen.max_size)
    assert not is_quick(pool)
    pool.open()
    assert is_quick(pool)
    entry = admitted(pool)
    pool.keep_idle(entry, 0.0)
    pool.enqueue("a")
    assert pool.close() == ([entry], ["a"])
    assert not is_quick(pool)
    assert (pool.size, list(pool.waiters)) == (0, [])


def test_no_quick_way_for_a_pool_that_checks() -> None:
    pool = roster(check=True)
    pool.keep_idle(admitted(pool), 0.0)
    assert pool.shelf.lend() is None
    assert pool.take_idle() is not None


@pytest.mark.parametrize(
    ("changes", "dirty", "clean"),
    [
        ({}, "ahead", "nothing"),
        ({"configure": print}, "at once", "nothing"),
        ({"reset": "full"}, "ahead", "ahead"),
        ({"reset": "none"}, "nothing", "nothing"),
        ({"reset": print, "configure": print}, "callable", "callable"),
    ],
)
def test_how_a_session_is_undone(changes: dict[str, object], dirty: str, clean: str) -> None:
    chosen = options(**changes)
    assert chosen.undoing(is_dirty=True) == dirty
    assert chosen.undoing(is_dirty=False) == clean


def test_the_queue_has_a_limit() -> None:
    pool = roster(max_waiting=2)
    pool.enqueue("a")
    pool.enqueue("b")
    with pytest.raises(errors.TooManyRequests, match="2 requests wait"):
        pool.enqueue("c")
    pool.enqueue("had its turn", first=True)
    assert pool.stats().refused == 1


def test_overflow_is_not_kept() -> None:
    pool = roster()
    entries = [admitted(pool) for _ in range(4)]
    for entry in entries:
        pool.use(entry)
    pool.surrender(entries[0].connection)
    assert not pool.keep_idle(entries[0], 0.0)
    assert not pool.may_open()
    pool.depart(lost=False)
    assert pool.may_open()
    pool.surrender(entries[1].connection)
    assert pool.keep_idle(entries[1], 0.0)


def test_a_lifetime_is_a_little_shorter_than_allowed_but_not_the_same_for_all() -> None:
    pool = roster()
    ends = {admitted(pool, 1000.0).expires_at for _ in range(50)}
    assert len(ends) > 40
    assert all(1090.0 <= end <= 1100.0 for end in ends)


def test_old_idle_and_surplus_connections_are_pruned() -> None:
    pool = roster()
    entries = [admitted(pool) for _ in range(3)]
    for number, entry in enumerate(entries):
        pool.keep_idle(entry, float(number))
    assert pool.prune(9.0) == []
    assert pool.prune(11.5) == entries[:2]  # idle for ten seconds
    assert pool.prune(50.0) == []  # the last one is `min_size`
    assert pool.prune(101.0) == entries[2:]  # too old for that
    assert pool.stats().closed == 3


def test_shrinking_prunes_what_is_idle() -> None:
    pool = roster()
    entries = [admitted(pool) for _ in range(3)]
    for entry in entries:
        pool.keep_idle(entry, 0.0)
    pool.max_size = 1
    assert pool.prune(0.0) == entries[:2]


def test_what_is_missing() -> None:
    pool = roster(min_size=2)
    assert pool.missing() == 2
    pool.opening = 1
    assert pool.missing() == 1
    pool.opening = 2
    assert pool.missing() == 0
    pool.enqueue("a")
    pool.enqueue("b")
    pool.enqueue("c")
    assert pool.missing() == 1  # two are on their way
    pool.opening = 4
    assert pool.missing() == 0  # there is no more room


def test_when_to_look_again() -> None:
    assert roster(max_idle=10.0, max_lifetime=100.0, min_size=0).next_look(0.0) == 2.5
    assert roster(max_idle=math.inf, max_lifetime=math.inf, min_size=0).next_look(0.0) == 30.0
    assert roster(max_idle=0.0, min_size=0).next_look(0.0) == 0.02
    pool = roster(min_size=0)
    pool.enqueue("a")
    pool.backoff.failed(4.0, errors.ConnectionFailed("down"))
    assert 0.03 < pool.next_look(4.0) <= 0.05
    assert pool.next_look(9.0) == 0.0


def test_backoff_grows_to_a_limit_and_ends_with_success() -> None:
    backoff = Backoff()
    delays = []
    for _ in range(20):
        backoff.failed(100.0, errors.ConnectionFailed("down"))
        delays.append(backoff.retry_at - 100.0)
    assert 0.03 < delays[0] <= 0.05
    assert all(1.4 <= delay <= 2.0 for delay in delays[10:])
    backoff.succeeded()
    assert (backoff.delay, backoff.last_error) == (0.0, None)


def test_the_timeouts_message_tells_why() -> None:
    pool = roster()
    pool.use(admitted(pool))
    assert "1 of 4 are in use" in str(pool.timed_out(1.0))
    failure = errors.ConnectionFailed("connection refused")
    pool.backoff.failed(0.0, failure)
    error = pool.timed_out(1.0)
    assert "cannot be reached" in str(error)
    assert "connection refused" in str(error)
    assert error.__cause__ is failure


def test_only_what_may_heal_is_tried_again() -> None:
    assert may_heal(errors.ConnectionFailed("refused"))
    assert may_heal(errors.CannotConnectNow("the database system is starting up"))
    assert may_heal(errors.TooManyConnections("sorry"))
    assert not may_heal(errors.InvalidPassword("no"))
    assert not may_heal(errors.InvalidCatalogName("no such database"))
    assert not may_heal(TypeError("in configure"))
    certificate = errors.ConnectionFailed("the server's certificate is not accepted")
    certificate.is_lasting = True
    assert not may_heal(certificate)


def failing(pool: Roster[object, str], error: Exception, *, by_request: bool) -> bool:
    pool.opening += 1
    return pool.attempt_failed(error, 1.0, by_request=by_request)


def test_a_lasting_failure_is_told_to_all_that_wait() -> None:
    pool, refused = roster(min_size=2), errors.InvalidPassword("no")
    pool.enqueue("a")
    pool.enqueue("b")
    assert not failing(pool, refused, by_request=True)
    assert pool.refused_waiters() == ["a", "b"]
    assert not pool.waiters
    first, second = pool.refusal(), pool.refusal()
    assert first is not second
    assert isinstance(first, errors.InvalidPassword)
    assert (str(first), first.__cause__) == ("no", refused)


def test_a_failure_that_may_pass_is_waited_for() -> None:
    pool, down = roster(), errors.ConnectionFailed("down")
    pool.enqueue("a")
    assert not failing(pool, down, by_request=True)  # the pool has never worked
    assert pool.may_open_for_request(first=True)
    admitted(pool)
    assert failing(pool, down, by_request=True)
    assert not pool.may_open_for_request(first=True)
    assert pool.refused_waiters() == []
    assert pool.refusal() is None


def test_a_server_that_answers_is_waited_for_from_the_beginning() -> None:
    pool = roster()
    assert failing(pool, errors.CannotConnectNow("starting up"), by_request=True)
    assert not pool.may_open_for_request()
    assert pool.retry_in(1.0) > 0


def test_while_a_connection_is_left_it_is_waited_for() -> None:
    pool, refused = roster(), errors.InvalidPassword("no")
    pool.use(admitted(pool))
    pool.enqueue("a")
    assert failing(pool, refused, by_request=True)
    assert pool.refused_waiters() == []
    assert not pool.may_open_for_request(first=True)
    assert pool.missing() == 1
    assert pool.retry_in(1.0) > 0
    assert pool.timed_out(1.0).__cause__ is refused


def test_after_a_lasting_failure_requests_find_out_one_at_a_time() -> None:
    pool = roster(min_size=2)
    failing(pool, errors.InvalidPassword("no"), by_request=False)
    assert pool.missing() == 0, "nobody asks: the account must not be locked"
    assert pool.may_open_for_request()
    pool.opening += 1
    assert not pool.may_open_for_request()
    pool.enqueue("a")
    assert pool.missing() == 0
    pool.opening -= 1  # that one was cancelled
    assert (pool.missing(), pool.retry_in(1.0)) == (1, 0.0)
    admitted(pool, 2.0)
    assert (pool.backoff.is_lasting, pool.missing()) == (False, 1)


def test_an_error_that_cannot_be_copied_is_shared() -> None:
    class Strange(Exception):
        def __init__(self, one: int, two: int) -> None:
            super().__init__(one + two)

    pool, strange = roster(), Strange(1, 2)
    failing(pool, strange, by_request=True)
    assert pool.refusal() is strange


def test_a_connection_is_returned_once() -> None:
    pool = roster()
    entry = admitted(pool)
    pool.use(entry)
    assert pool.surrender(entry.connection) is entry
    with pytest.raises(errors.InterfaceError, match="not one that this pool has given out"):
        pool.surrender(entry.connection)
