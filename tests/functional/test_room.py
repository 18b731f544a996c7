"""More callers than a server holds: who only waits makes room, the rest is told to come again."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tests.fakes.endpoint import Said, listening
from tests.fakes.visitor import Visitor
from tuneworthy.api.control.server import ControlServer
from tuneworthy.api.room import TURNED_AWAY, fitting
from tuneworthy.api.server import GatewayServer
from tuneworthy.api.state import Backend, GatewayRuntime, Permit, Snapshot
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.serve.segments import SegmentWriter

MOST = 12
CHAT = json.dumps({"model": "r", "messages": [{"role": "user", "content": "x"}]})

STARTS = {
    "nothing": b"",
    "half a head": b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx-more: ",
    "half a body": b"POST /v1/feedback HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 99\r\n\r\n{",
    "an answer, kept open": b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
}


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlServer]:
    home = tmp_path_factory.mktemp("room") / "project"
    tuneworthy.init(home)
    with tuneworthy.open(home) as work, ControlServer(work, most=MOST) as running:
        yield running


class Model:
    """A backend that answers when it is let."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.go = threading.Event()
        self.go.set()

    def respond(self, _text: str, _key: str) -> Said:
        self.asked.release()
        assert self.go.wait(5)
        return Said()


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def gateway(tmp_path: Path, model: Model) -> Iterator[GatewayServer]:
    manifest = ServingManifest(
        id="m", route="r", version="v", base="", adapter="", tokenizer="", template="", dataset="",
        training_run="", approvals=(), created_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    with listening(model.respond) as url:
        snapshot = Snapshot(
            {"r": Route(id="r", production="m", salt="s")},
            {"m": manifest},
            {"m": Backend(url, "w")},
            {"m": Permit(True)},
        )
        runtime = GatewayRuntime(snapshot, writer=SegmentWriter(tmp_path), clock=SystemClock())
        with GatewayServer(runtime, most=MOST) as running:
            yield running
        model.go.set()


def asked(port: int, method: str, path: str, body: str = "") -> tuple[int, dict[str, str], Any]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as line:
        line.request(method, path, body)
        answer = line.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, json.loads(answer.read())


@pytest.mark.parametrize("start", STARTS)
def test_held_connections_keep_nobody_out_of_the_gateway(
    gateway: GatewayServer, start: str
) -> None:
    with ExitStack() as held:
        for _ in range(2 * MOST):
            line = held.enter_context(socket.create_connection(("127.0.0.1", gateway.port), 10))
            line.sendall(STARTS[start])
            assert asked(gateway.port, "POST", "/v1/chat/completions", CHAT)[0] == 200


@pytest.mark.parametrize("start", ["nothing", "half a head"])
def test_held_connections_keep_nobody_out_of_the_control_api(
    control: ControlServer, start: str
) -> None:
    with ExitStack() as held:
        for _ in range(2 * MOST):
            address = ("127.0.0.1", control.place.port)
            held.enter_context(socket.create_connection(address, 10)).sendall(STARTS[start])
        assert Visitor(control).ask("GET", "/control/ways").status == 200


def test_who_comes_while_all_are_being_answered_is_told_to_come_again(
    gateway: GatewayServer, control: ControlServer, model: Model
) -> None:
    model.go.clear()

    def chat(_: int = 0) -> tuple[int, dict[str, str], Any]:
        return asked(gateway.port, "POST", "/v1/chat/completions", CHAT)

    with ThreadPoolExecutor(MOST) as pool:
        under_way = [pool.submit(chat) for _ in range(MOST)]
        for _ in range(MOST):
            assert model.asked.acquire(timeout=5)
        for _ in range(2 * MOST):
            status, headers, told = chat()
            assert status == 503
            assert headers["retry-after"] == "1"
            assert told["error"]["code"] == "overloaded"
            assert told["error"]["type"] == "server_error"
            assert told["error"]["message"]
            assert set(told["error"]) == {"message", "type", "code", "fix", "param"}
        assert Visitor(control).ask("GET", "/control/ways").status == 200
        model.go.set()
        assert [one.result()[0] for one in under_way] == [200] * MOST, "none was cut off"
    assert chat()[0] == 200


def test_those_who_are_to_be_turned_away_are_few_too(gateway: GatewayServer, model: Model) -> None:
    model.go.clear()
    address = ("127.0.0.1", gateway.port)
    request = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(CHAT)}"
        f"\r\n\r\n{CHAT}"
    ).encode()
    with ExitStack() as held:
        busy = [held.enter_context(socket.create_connection(address, 30)) for _ in range(MOST)]
        for line in busy:
            line.sendall(request)
        for _ in busy:
            assert model.asked.acquire(timeout=5)
        extra = TURNED_AWAY + 20
        crowd = [held.enter_context(socket.create_connection(address, 30)) for _ in range(extra)]
        for line in crowd[:20]:  # the first to come are hung up on
            line.settimeout(10)
            with suppress(ConnectionResetError):
                assert line.recv(1) == b""
        crowd[-1].sendall(request)
        assert crowd[-1].recv(12) == b"HTTP/1.1 503"
        model.go.set()
        assert all(line.recv(12) == b"HTTP/1.1 200" for line in busy)


def test_no_more_are_held_than_files_may_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    limit = [1024, 4096]
    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(limit))
    monkeypatch.setattr(resource, "setrlimit", lambda _, new: limit.__setitem__(0, new[0]))
    assert fitting(200) == 200
    assert limit[0] == 1024
    assert fitting(1000) == 1000
    assert limit[0] == 2256
    assert fitting(5000) == 1920
    assert limit[0] == 4096
    limit[:] = [64, 64]
    assert fitting(5000) == 16
