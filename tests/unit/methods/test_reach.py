"""Where an address that somebody wrote may lead."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.public_address import is_public
from tuneworthy.methods.reach import may_reach, ways_in

METADATA = ["169.254.169.254", "168.63.129.16", "fd00:ec2::254", "::ffff:169.254.169.254"]


@pytest.mark.parametrize("address", METADATA)
def test_a_metadata_service_is_opened_by_its_own_address_alone(address: str) -> None:
    for beside in (True, False):
        assert not may_reach(address, address, (), beside=beside)
        assert not may_reach("cloud", address, ["cloud"], beside=beside)
        assert may_reach(address, address, [address], beside=beside)


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9"])
def test_this_machine_by_its_own_name_is_open_beside(host: str) -> None:
    assert may_reach(host, "127.0.0.1", (), beside=True)
    assert not may_reach(host, "127.0.0.1", ())
    assert not may_reach("models.example", "127.0.0.1", (), beside=True)
    assert not may_reach(host, "10.0.0.1", (), beside=True)


def test_a_listed_host_is_open_however_it_is_cased_and_bracketed() -> None:
    assert may_reach("vllm.inside", "10.0.0.1", ["VLLM.inside"])
    assert may_reach("fd12::1", "fd12::1", ["[FD12::1]"])
    assert not may_reach("vllm.inside.example", "10.0.0.1", ["vllm.inside"])
    assert not may_reach("vllm", "not an address", ["vllm"])


@given(st.ip_addresses(), st.booleans())
def test_without_a_list_only_public_addresses_and_this_machine_are_open(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, beside: bool
) -> None:
    text = str(address)
    if may_reach("name.example", text, (), beside=beside):
        assert is_public(text)
    if may_reach(text, text, (), beside=beside):
        assert is_public(text) or (beside and address.is_loopback)


@given(st.lists(st.ip_addresses().map(str), max_size=6))
def test_the_ways_in_keep_their_order_and_come_once(found: list[str]) -> None:
    ways = ways_in("name.example", found + found, ())
    assert ways == [one for one in dict.fromkeys(found) if may_reach("name.example", one, ())]
