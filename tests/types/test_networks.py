"""`inet`, `cidr` and hardware addresses."""

from __future__ import annotations

import contextlib
import ipaddress
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from howdah import types
from tests.types.values import round_trip

if TYPE_CHECKING:
    import howdah

INET, CIDR, MACADDR, MACADDR8 = 869, 650, 829, 774

on_one_server = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def interfaces(draw: st.DrawFn) -> Any:
    """Addresses of both families with any prefix."""
    address = draw(st.ip_addresses())
    prefix = draw(st.integers(0, address.max_prefixlen))
    return ipaddress.ip_interface(f"{address}/{prefix}")


@on_one_server
@given(interfaces())
def test_any_inet_comes_back(server: howdah.Connection, value: Any) -> None:
    back = round_trip(server, "inet", value)
    full = value.network.prefixlen == value.max_prefixlen
    assert back == (value.ip if full else value)
    assert type(back) is type(value.ip if full else value)


@on_one_server
@given(interfaces())
def test_any_cidr_comes_back(server: howdah.Connection, value: Any) -> None:
    assert round_trip(server, "cidr", value.network) == value.network


@given(interfaces())
def test_objects_are_those_that_the_constructors_make(value: Any) -> None:
    full = value.network.prefixlen == value.max_prefixlen
    for oid, expected in [(INET, value.ip if full else value), (CIDR, value.network)]:
        for format_code in (0, 1):
            made = types.decode(oid, types.encode(oid, expected, format_code), format_code)
            assert made == expected
            assert hash(made) == hash(expected)
            assert repr(made) == repr(expected)
            assert pickle.loads(pickle.dumps(made)) == expected
            same_attributes(made, expected)


def same_attributes(made: Any, expected: Any) -> None:
    """Every public attribute answers alike; `hosts` and `subnets` would be long."""
    for name in (
        "compressed",
        "exploded",
        "is_private",
        "max_prefixlen",
        "packed",
        "version",
        "network",
        "netmask",
        "hostmask",
        "ip",
        "network_address",
        "broadcast_address",
        "num_addresses",
        "prefixlen",
        "with_prefixlen",
    ):
        assert getattr(made, name, None) == getattr(expected, name, None), name


@pytest.mark.parametrize("text", ["10.0.0.0/31", "10.0.0.1/32", "fd00::/127", "fd00::1/128"])
def test_the_smallest_networks_list_their_hosts(text: str) -> None:
    made = types.decode(CIDR, text.encode(), 0)
    assert list(made.hosts()) == list(ipaddress.ip_network(text).hosts())


def test_a_host_is_a_cidr(server: howdah.Connection) -> None:
    address = ipaddress.IPv4Address("10.0.0.1")
    assert round_trip(server, "cidr", address) == ipaddress.ip_network("10.0.0.1/32")


def test_a_network_is_an_inet(server: howdah.Connection) -> None:
    network = ipaddress.IPv4Network("10.0.0.0/8")
    assert round_trip(server, "inet", network) == ipaddress.ip_interface("10.0.0.0/8")


def test_text_is_a_parameter_as_it_is(server: howdah.Connection) -> None:
    assert round_trip(server, "inet", "10.1/16") == ipaddress.ip_interface("10.1.0.0/16")
    assert round_trip(server, "macaddr", "0800-2b01-0203") == "08:00:2b:01:02:03"


@given(st.binary(min_size=6, max_size=6) | st.binary(min_size=8, max_size=8))
def test_any_hardware_address_comes_back(address: bytes) -> None:
    oid = MACADDR if len(address) == 6 else MACADDR8
    written = types.decode(oid, address, 1)
    assert written == address.hex(":")
    assert types.encode(oid, written, 1) == address
    assert types.encode(oid, written.upper(), 1) == address


def test_a_scope_is_refused_rather_than_lost() -> None:
    for format_code in (0, 1):
        with pytest.raises(ValueError, match="IPv6 address with a scope"):
            types.encode(INET, ipaddress.IPv6Address("fe80::1%eth0"), format_code)


def test_other_types_are_refused() -> None:
    for format_code in (0, 1):
        with pytest.raises(TypeError, match="takes object of ipaddress or str"):
            types.encode(INET, 167772161, format_code)


@pytest.mark.parametrize("oid", [INET, CIDR, MACADDR])
@given(data=st.binary(max_size=24))
def test_no_bytes_do_harm(oid: int, data: bytes) -> None:
    for format_code in (0, 1):
        with contextlib.suppress(ValueError):
            types.decode(oid, data, format_code)


@pytest.mark.parametrize(
    "text", ["10.0.0.1/33", "::1/129", "10.0.0.256", "10.0.0", "1::2::3", "10.0.0.1/", "", "x"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="malformed network address"):
        types.decode(INET, text.encode(), 0)


def test_a_network_with_host_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="malformed network address"):
        types.decode(CIDR, b"10.0.0.1/8", 0)
