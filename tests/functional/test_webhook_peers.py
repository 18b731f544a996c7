"""A webhook leads into no network behind this machine: odd spellings, redirects, names that move.

Python's own audit events say where the process connects to, whatever code asks for it. Anything
but this machine is not reached: the event is told, and the connection ends there.
"""

# ruff: noqa: S104

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address
from typing import Any

import pytest

from tests.fakes.receivers import Hook
from tuneworthy import adapters
from tuneworthy.core.errors import BlockedProblem, OfflineProblem, Problem, ServeProblem

PUBLIC = "93.184.216.34"


def wrapped(address: str) -> list[str]:
    """Every way in which an IPv6 address carries this IPv4 one."""
    number = int(IPv4Address(address))
    high, low = number >> 16, number & 0xFFFF
    return [
        f"[::ffff:{address}]", f"[::ffff:{high:x}:{low:x}]", f"[0:0:0:0:0:FFFF:{high:X}:{low:X}]",
        f"[::{address}]", f"[64:ff9b::{address}]", f"[64:ff9b::{high:x}:{low:x}]",
        f"[64:ff9b:1::{address}]", f"[2002:{high:x}:{low:x}::]", f"[2002:{high:x}:{low:x}::1]",
        f"[2001:0:{high:x}:{low:x}::1]", f"[2001:0:101:101::{~high & 0xFFFF:x}:{~low & 0xFFFF:x}]",
        f"[fe80::5efe:{address}]", f"[2606:4700::200:5efe:{address}]",
    ]  # fmt: skip


def spelled(address: str) -> list[str]:
    """Every way in which a resolver reads an IPv4 address."""
    a, b, c, d = (int(part) for part in address.split("."))
    number = int(IPv4Address(address))
    return [
        address, f"{address}.", str(number), f"0x{number:x}", f"0X{number:X}", f"0{number:o}",
        f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"{a}.{b}.{c * 256 + d}",
        f"{a}.{b * 65536 + c * 256 + d}", f"0x{a:x}.{b}.0{c:o}.{d}", f"000{a:o}.{b}.{c}.{d}",
        f"%{ord(address[0]):x}{address[1:]}", address.replace(".", "\u3002"),
        "".join(chr(ord(x) + 0xFEE0) if x.isdigit() else x for x in address),
    ]  # fmt: skip


INSIDE = ("127.0.0.1", "169.254.169.254", "10.0.0.1")
HOSTS = [
    *(host for address in INSIDE for host in (*spelled(address), *wrapped(address))),
    *(
        "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "0", "0.0.0.0", "127.1",
        "127.9.9.9", "172.16.0.1", "192.168.1.1", "100.64.0.1", "192.0.0.8", "192.0.2.1",
        "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "[::]", "[::1]", "[0:0::0:1]",
        "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]",
        "[2001:db8::1]", "[3fff::1]", "[100::1]", "[::ffff:100.64.0.1]", "\u2460\u2461\u2466.0.0.1",
        f"{PUBLIC}@127.0.0.1", f"127.0.0.1\\@{PUBLIC}", f"{PUBLIC}\\@127.0.0.1",
    ),
]  # fmt: skip
ASIDE = ["", f"#@{PUBLIC}", f"?@{PUBLIC}", "/..;/"]

_watching: list[list[tuple[Any, ...]]] = []


def _told(event: str, about: tuple[Any, ...]) -> None:
    if _watching and event == "socket.connect" and about[0].family != socket.AF_UNIX:
        _watching[-1].append(about[1])
        if about[1][0] != "127.0.0.1":
            raise OSError("not from a test")


sys.addaudithook(_told)


@contextmanager
def watched() -> Iterator[list[tuple[Any, ...]]]:
    """Every address that this process connects to meanwhile."""
    _watching.append([])
    try:
        yield _watching[-1]
    finally:
        _watching.pop()


@pytest.fixture
def inner() -> Iterator[tuple[int, list[Any]]]:
    """A listener inside, on every address of this machine; its port, and who came."""
    came: list[Any] = []
    with socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:

        def listen() -> None:
            with suppress(OSError):
                while True:
                    taken, peer = server.accept()
                    came.append(peer)
                    taken.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def test_there_are_many_and_the_listener_hears(inner: tuple[int, list[Any]]) -> None:
    """What the other tests find to be empty is not always empty."""
    assert len(set(HOSTS)) >= 60
    port, came = inner
    with watched() as connected, pytest.raises(Problem):
        adapters.post_json(f"http://127.0.0.1:{port}/", {}, ["127.0.0.1"])
    assert connected == [("127.0.0.1", port)]
    assert len(came) == 1


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_no_spelling_is_connected_to(scheme: str, inner: tuple[int, list[Any]]) -> None:
    port, came = inner
    with watched() as connected:
        for host in HOSTS:
            for aside in ASIDE:
                with pytest.raises(Problem) as caught:
                    adapters.post_json(f"{scheme}://{host}:{port}{aside}", {})
                assert isinstance(caught.value, BlockedProblem | OfflineProblem), host
    assert not connected
    assert not came


def test_no_list_of_internal_hosts_lets_another_spelling_in(inner: tuple[int, list[Any]]) -> None:
    """Who lists one name has listed no other one, also of the same place."""
    port, came = inner
    with watched() as connected:
        for host in set(HOSTS) - {"127.0.0.1"}:
            with pytest.raises(Problem):
                adapters.post_json(f"http://{host}:{port}/", {}, ["127.0.0.1"])
    # A user's name before the host is refused too, though the host is the listed one.
    assert not connected
    assert not came


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int, inner: tuple[int, list[Any]], receiver: Hook) -> None:
    port, came = inner
    receiver.status = status
    with watched() as connected:
        for host in HOSTS:
            receiver.location = f"http://{host}:{port}/".encode("ascii", "replace").decode()
            with pytest.raises(ServeProblem) as caught:
                adapters.post_json(f"http://127.0.0.1:{receiver.port}/", {}, ["127.0.0.1"])
            assert "not followed" in caught.value.why
    assert set(connected) == {("127.0.0.1", receiver.port)}
    assert not came


def test_a_name_that_moves_between_two_looks_leads_nowhere(
    inner: tuple[int, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resolver of an attacker: public at every odd look, inside at every even one."""
    port, came = inner
    asked: list[str] = []
    inside = [host.strip("[]").partition("%")[0] for host in HOSTS]
    real = socket.getaddrinfo

    def lookup(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        number = len(asked)
        address = PUBLIC if number % 2 else inside[number // 2 % len(inside)]
        return real(address, port, type=socket.SOCK_STREAM)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with watched() as connected:
        for _ in range(2 * len(inside)):
            with pytest.raises(Problem):
                adapters.post_json(f"https://hook.example.org:{port}/", {})
    assert len(asked) == 2 * len(inside), "each post looks once"
    assert set(connected) == {(PUBLIC, port)}, "the address that was looked at, and no other"
    assert len(connected) == len(inside)
    assert not came


def test_all_addresses_of_a_name_are_looked_at(
    inner: tuple[int, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name with a public address and others inside: only the public one is tried."""
    port, came = inner
    tried = [PUBLIC, "127.0.0.1", "169.254.169.254"]

    def lookup(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in tried]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with watched() as connected, pytest.raises(OfflineProblem):
        adapters.post_json(f"https://hook.example.org:{port}/", {})
    assert connected == [(PUBLIC, port)]
    assert not came
