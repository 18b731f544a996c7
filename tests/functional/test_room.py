"""More callers than a server holds: who only waits makes room, the rest is told to come again."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tests.fakes.endpoint import Said, listening
from tests.fakes.visitor import Visitor
from tuneworthy.api.control.app import WAITING, make_app
from tuneworthy.api.control.server import ControlServer
from tuneworthy.api.control.visit import Endpoint, Made, Visit
from tuneworthy.api.patience import PatientHttp
from tuneworthy.api.room import TURNED_AWAY, fitting
from tuneworthy.api.server import GatewayServer
from tuneworthy.api.state import Backend, GatewayRuntime, Permit, Snapshot
from tuneworthy.api.weight import Weight
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
        self.text = "x"

    def respond(self, _text: str, _key: str) -> Said:
        self.asked.release()
        assert self.go.wait(5)
        return Said(text=self.text)


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


def test_who_takes_nothing_of_an_answer_is_hung_up_on(
    gateway: GatewayServer, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientHttp, "deaf", 0.3)
    model.text = "x" * 20_000_000
    request = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(CHAT)}"
        f"\r\n\r\n{CHAT}"
    ).encode()
    with closing(socket.create_connection(("127.0.0.1", gateway.port), 30)) as line:
        line.sendall(request)
        held = gateway._server.server_state.connections
        assert line.recv(12) == b"HTTP/1.1 200"
        for _ in range(500):
            if not held:
                break
            threading.Event().wait(0.02)
        assert not held
        left = 0
        with suppress(ConnectionResetError):
            while piece := line.recv(2**20):
                left += len(piece)
        assert left < len(model.text)
    model.text = "x"
    assert asked(gateway.port, "POST", "/v1/chat/completions", CHAT)[0] == 200
    assert gateway.runtime.in_flight == 0


def test_bodies_weigh_so_much_in_all_and_no_more(gateway: GatewayServer, model: Model) -> None:
    gateway.runtime.weight = Weight(10_000)
    body = {"model": "r", "messages": [{"role": "user", "content": "x" * 6_000}]}
    model.go.clear()
    with ThreadPoolExecutor(1) as pool:
        path = "/v1/chat/completions"
        first = pool.submit(asked, gateway.port, "POST", path, json.dumps(body))
        assert model.asked.acquire(timeout=5)
        for other in (path, "/v1/feedback"):
            status, headers, told = asked(gateway.port, "POST", other, json.dumps(body))
            assert (status, told["error"]["code"]) == (503, "overloaded")
            assert headers["retry-after"] == "1"
        model.go.set()
        assert first.result()[0] == 200
    assert asked(gateway.port, "POST", path, json.dumps(body))[0] == 200
    assert gateway.runtime.weight.now == 0


def test_visits_that_wait_for_others_leave_threads_to_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, came = threading.Event(), threading.Semaphore(0)

    def wait(_: Visit) -> Made:
        came.release()
        return Made({"waited": go.wait(30)})

    routes = [
        Endpoint("GET", "/control/wait", wait, open=True, waits=True),
        Endpoint("GET", "/control/quick", lambda _: Made({}), open=True),
    ]
    made = partial(make_app, endpoints=routes)
    monkeypatch.setattr("tuneworthy.api.control.server.make_app", made)
    tuneworthy.init(tmp_path / "p")
    with (
        tuneworthy.open(tmp_path / "p") as work,
        ControlServer(work) as server,
        ThreadPoolExecutor(60) as pool,
    ):
        visitor = Visitor(server)
        waiting = [pool.submit(visitor.ask, "GET", "/control/wait") for _ in range(60)]
        for _ in range(WAITING):
            assert came.acquire(timeout=10)
        assert [visitor.ask("GET", "/control/quick").status for _ in range(5)] == [200] * 5
        assert not came.acquire(blocking=False), "the others wait outside"
        go.set()
        assert {one.result().status for one in waiting} == {200}


def test_requests_that_are_none_leave_nothing_in_the_log(
    gateway: GatewayServer, control: ControlServer, caplog: pytest.LogCaptureFixture
) -> None:
    for port in (gateway.port, control.place.port):
        for _ in range(5):
            with closing(socket.create_connection(("127.0.0.1", port), 10)) as line:
                line.sendall(b"\x16\x03\x01 no http\r\n\r\n")
                assert line.recv(12) == b"HTTP/1.1 400"
    assert not caplog.records


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
