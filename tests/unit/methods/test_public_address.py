# ruff: noqa: S104
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.public_address import is_public

PUBLIC = ("1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::101:101", "2002:101:101::1")
NOT_PUBLIC = (
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.9.9.9",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:100.64.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1.1.1.1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:1.1.1.1::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fe80::5efe:10.0.0.1",
    "fe80::5efe:1.1.1.1",
    "2606:4700::200:5efe:10.0.0.1",
    "ff02::1",
    "2001:db8::1",
    "3fff::1",
    "localhost",
    "",
    "1.1.1",
    "0x7f000001",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_every_wrapping_of_an_address_is_judged_as_the_address(
    inner: ipaddress.IPv4Address,
) -> None:
    number, plain = int(inner), is_public(str(inner))
    for wrapped in (
        f"::ffff:{inner}",
        f"64:ff9b::{inner}",
        f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1",
    ):
        assert is_public(wrapped) == plain
    assert not is_public(f"64:ff9b:1::{inner}")


@given(st.text(max_size=40))
def test_any_text_has_an_answer(text: str) -> None:
    assert is_public(text) in (True, False)
