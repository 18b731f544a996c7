"""No address leads into a network behind this machine: odd spellings, redirects, names that move.

One table over everything that goes out: webhooks, time stamps, the provider of sign-in, models and
judges, and the gateway's backends. Python's own audit events say where the process connects to,
whatever code asks for it. Anything but this machine is not reached: the event is told, and the
connection ends there.
"""

# ruff: noqa: S104

import asyncio
import socket
import sys
import threading
import unicodedata
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from itertools import cycle
from typing import Any
from urllib.parse import unquote

import pytest

from tests.fakes.endpoint import Said, listening
from tests.fakes.receivers import Hook
from tuneworthy import adapters
from tuneworthy.api.state import Backend
from tuneworthy.api.upstream import Upstream, UpstreamError, read_whole, said_error
from tuneworthy.core.errors import Problem
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.nouns.sign_in_settings import OidcSettings
from tuneworthy.core.ports import ChatRequest

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
BESIDE = {"127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST", "[::1]", "[0:0::0:1]"}
"""This machine's own addresses, written as such: where a model server may well be."""

ASIDE = ["", f"#@{PUBLIC}", f"?@{PUBLIC}", "/..;/"]


@dataclass(frozen=True)
class Way:
    """One way out. ``beside``: a server on this machine needs no leave."""

    name: str
    ask: Callable[[str, Collection[str]], object]
    beside: bool = False

    @property
    def forbidden(self) -> list[str]:
        """Every host that must not be connected to, but for other alphabets' 127.0.0.1 (UTS 46)."""
        return [host for host in HOSTS if not (self.beside and _as_read(host) in BESIDE)]


def _as_read(host: str) -> str:
    """The host without the user before it, in plain letters."""
    plain = unicodedata.normalize("NFKC", unquote(host)).replace("\u3002", ".")
    return plain.rpartition("@")[2]


def _provider(url: str, internal: Collection[str]) -> object:
    inside = tuple(internal)
    settings = OidcSettings.model_construct(issuer=url, client_id="t", internal_hosts=inside)
    return adapters.oidc_provider(settings, "")


def _model(url: str, internal: Collection[str]) -> object:
    asked = ChatRequest(messages=(Message(role="user", content="x"),))
    with closing(adapters.load_endpoint(url, "m", internal=internal, timeout=5)) as client:
        return list(client.stream(asked))


def _backend(url: str, internal: Collection[str]) -> object:
    async def ask() -> None:
        upstream = Upstream(5, internal)
        try:
            answer = await upstream.post(Backend(url, "m"), {"messages": []})
            raise said_error(answer.status, await read_whole(answer))
        finally:
            await upstream.close()

    return asyncio.run(ask())


STAMP = "application/timestamp-query"
WAYS = [
    Way("webhook", lambda url, inside: adapters.post_json(url, {}, inside)),
    Way("time stamp", lambda url, inside: adapters.post(url, b"q", STAMP, inside)),
    Way("provider", _provider),
    Way("model or judge", _model, beside=True),
    Way("backend", _backend, beside=True),
]
Refusal = (Problem, UpstreamError)

_watching: list[list[tuple[Any, ...]]] = []


def _told(event: str, about: tuple[Any, ...]) -> None:
    if _watching and event == "socket.connect" and about[0].family != socket.AF_UNIX:
        _watching[-1].append(about[1])
        if about[1][0] != "127.0.0.1":
            raise OSError("not from a test")


sys.addaudithook(_told)


@pytest.fixture(params=WAYS, ids=lambda way: way.name)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Way:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    found: Way = request.param
    return found


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


def test_there_are_many_and_the_listener_hears(way: Way, inner: tuple[int, list[Any]]) -> None:
    """What the other tests find to be empty is not always empty."""
    assert len(set(way.forbidden)) >= 60
    port, came = inner
    with watched() as connected, pytest.raises(Refusal):
        way.ask(f"http://127.0.0.1:{port}/", ["127.0.0.1"])
    assert set(connected) == {("127.0.0.1", port)}
    assert came


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_no_spelling_is_connected_to(way: Way, scheme: str, inner: tuple[int, list[Any]]) -> None:
    port, came = inner
    with watched() as connected:
        for host in way.forbidden:
            for aside in ASIDE if way.name == "webhook" else ("",):
                with pytest.raises(Refusal):
                    way.ask(f"{scheme}://{host}:{port}{aside}", ())
    assert {address for address, *_ in connected} <= {PUBLIC}
    assert not came


@pytest.mark.parametrize("host", sorted(BESIDE))
def test_a_server_beside_this_program_needs_no_leave(
    way: Way, host: str, inner: tuple[int, list[Any]]
) -> None:
    port, came = inner
    with watched() as connected, pytest.raises(Refusal):
        way.ask(f"http://{host}:{port}/v1", ())
    assert bool(connected) == way.beside
    assert way.beside or not came


def test_no_list_of_internal_hosts_lets_another_spelling_in(
    way: Way, inner: tuple[int, list[Any]]
) -> None:
    """Who lists one name has listed no other one, also of the same place."""
    port, came = inner
    with watched() as connected:
        for host in set(way.forbidden) - {"127.0.0.1"}:
            with pytest.raises(Refusal):
                way.ask(f"http://{host}:{port}/", ["127.0.0.1"])
    assert {address for address, *_ in connected} <= {PUBLIC}
    assert not came


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "100.100.100.200"])
def test_no_name_that_is_listed_leads_to_a_clouds_passwords(
    way: Way, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listed name may lead anywhere inside but there; that takes the address itself."""
    moved(monkeypatch, lambda _: [address])
    with watched() as connected, pytest.raises(Refusal):
        way.ask("http://inside.example:1/", ["inside.example"])
    assert not connected
    with watched() as connected, pytest.raises(Refusal):
        way.ask("http://inside.example:1/", ["inside.example", address])
    assert [one[:2] for one in connected] == [(address, 1)]


def test_no_redirect_is_followed(way: Way, inner: tuple[int, list[Any]], receiver: Hook) -> None:
    port, came = inner
    codes = cycle((301, 302, 303, 307, 308))
    with watched() as connected:
        for host, receiver.status in zip(HOSTS, codes, strict=False):
            receiver.location = f"http://{host}:{port}/".encode("ascii", "replace").decode()
            with pytest.raises(Refusal) as caught:
                way.ask(f"http://127.0.0.1:{receiver.port}/", ["127.0.0.1"])
            if isinstance(caught.value, Problem):
                assert "not followed" in caught.value.why
    assert set(connected) == {("127.0.0.1", receiver.port)}
    assert not came


def moved(monkeypatch: pytest.MonkeyPatch, found: Callable[[str], list[str]]) -> None:
    """Names have the addresses that ``found`` gives; addresses are themselves, as ever."""
    real = socket.getaddrinfo

    def lookup(host: str, port: int, *_: Any, **more: Any) -> list[Any]:
        try:
            ip_address(host)
        except ValueError:
            if more.get("flags", 0) & socket.AI_NUMERICHOST:
                raise socket.gaierror(socket.EAI_NONAME, "no address") from None
            addresses = found(host)
        else:
            addresses = [host]
        return [
            answer
            for address in addresses
            for answer in real(address, port, type=socket.SOCK_STREAM)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


def test_a_name_that_moves_between_two_looks_leads_nowhere(
    way: Way, inner: tuple[int, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resolver of an attacker: public at every odd look, inside at every even one."""
    port, came = inner
    asked: list[str] = []
    inside = [host.strip("[]").partition("%")[0] for host in HOSTS]

    def found(host: str) -> list[str]:
        asked.append(host)
        number = len(asked)
        return [PUBLIC if number % 2 else inside[number // 2 % len(inside)]]

    moved(monkeypatch, found)
    with watched() as connected:
        for _ in range(2 * len(inside)):
            with pytest.raises(Refusal):
                way.ask(f"https://hook.example.org:{port}/", {})
    assert len(asked) == 2 * len(inside), "each one looks once"
    assert set(connected) == {(PUBLIC, port)}, "the address that was looked at, and no other"
    assert len(connected) == len(inside)
    assert not came


def test_all_addresses_of_a_name_are_looked_at(
    way: Way, inner: tuple[int, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name with a public address and others inside: only the public one is tried."""
    port, came = inner
    moved(monkeypatch, lambda _: ["127.0.0.1", PUBLIC, "169.254.169.254"])
    with watched() as connected, pytest.raises(Refusal):
        way.ask(f"https://hook.example.org:{port}/", {})
    assert connected == [(PUBLIC, port)]
    assert not came


def test_who_may_not_be_asked_is_told_what_to_write() -> None:
    with pytest.raises(Problem) as caught:
        _model("http://10.1.2.3:8000/v1", ())
    assert caught.value.code == "endpoint_inside"
    assert 'internal_hosts: ["10.1.2.3"]' in caught.value.fix
    with pytest.raises(Problem, match="no user"):
        _model("http://me:secret@models.example/v1", ())


def test_a_connection_that_was_checked_is_used_again() -> None:
    asked = ChatRequest(messages=(Message(role="user", content="x"),))

    async def many(url: str) -> None:
        upstream = Upstream(5)
        for _ in range(5):
            answer = await upstream.post(
                Backend(url, "m"), {"messages": [asked.messages[0].model_dump()]}
            )
            assert answer.status == 200
            await read_whole(answer)
        await upstream.close()

    with listening(lambda _text, _key: Said()) as url:
        with watched() as connected, closing(adapters.load_endpoint(url, "m")) as client:
            for _ in range(5):
                client.chat([asked])
        assert len(connected) == 1
        with watched() as connected:
            asyncio.run(many(url))
        assert len(connected) == 1
