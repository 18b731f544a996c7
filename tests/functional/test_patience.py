"""What one caller may hold of a server without being known: some bytes of a head, and some time."""

import socket
import time
from collections.abc import Iterator

import pytest

import tuneworthy
from tests.fakes.visitor import Visitor
from tuneworthy.api.control.server import ControlServer
from tuneworthy.api.patience import MOST_HEAD, PatientHttp

PIECE = 50_000
ENOUGH = 200


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlServer]:
    home = tmp_path_factory.mktemp("patience") / "project"
    tuneworthy.init(home)
    with tuneworthy.open(home) as work, ControlServer(work) as running:
        yield running


def head(server: ControlServer, method: str = "GET", more: str = "") -> bytes:
    host = f"127.0.0.1:{server.place.port}"
    return f"{method} /control/ways HTTP/1.1\r\nhost: {host}\r\n{more}".encode()


def sent(server: ControlServer, start: bytes, piece: bytes) -> int:
    """How many bytes the server takes before it hangs up."""
    total = 0
    with socket.create_connection(("127.0.0.1", server.place.port), timeout=5) as line:
        try:
            line.sendall(start)
            for _ in range(ENOUGH):
                line.sendall(piece)
                total += len(piece)
                time.sleep(0.002)
        except OSError:
            pass
    return total


CHUNKED = "transfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("method", "more", "piece"),
    [
        ("GET", "", b"x-more: " + b"a" * PIECE + b"\r\n"),
        ("GET", "x-long: ", b"a" * PIECE),
        ("POST", CHUNKED + "1;", b"a" * PIECE),
        ("POST", CHUNKED + "1\r\na\r\n0\r\n", b"x-more: " + b"a" * PIECE + b"\r\n"),
    ],
    ids=["many headers", "one header", "an extension of a chunk", "trailers"],
)
def test_what_is_no_body_is_not_kept_without_end(
    server: ControlServer, method: str, more: str, piece: bytes
) -> None:
    assert sent(server, head(server, method, more), piece) < ENOUGH * PIECE / 2
    assert Visitor(server).ask("GET", "/control/ways").status == 200


def test_who_hangs_up_leaves_nothing_in_the_log(
    server: ControlServer, caplog: pytest.LogCaptureFixture
) -> None:
    start = head(server, "POST", "content-length: 99\r\n\r\n{").replace(b"ways", b"oidc")
    with socket.create_connection(("127.0.0.1", server.place.port), timeout=5) as line:
        line.sendall(start)
        time.sleep(0.2)
    time.sleep(0.2)
    assert Visitor(server).ask("GET", "/control/ways").status == 200
    assert not caplog.records


def test_an_endless_path_is_not_kept(server: ControlServer) -> None:
    assert sent(server, b"GET /", b"a" * PIECE) < ENOUGH * PIECE / 2


def test_a_head_of_some_length_is_read(server: ControlServer) -> None:
    told = Visitor(server).ask("GET", "/control/ways", x_long="a" * (MOST_HEAD - 1000))
    assert told.status == 200


@pytest.mark.parametrize("start", ["nothing", "head", "body", "lines", "one more"])
def test_who_does_not_go_on_is_hung_up_on(
    server: ControlServer, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientHttp, "whole", 0.5)
    whole = head(server, more="\r\n")
    first = {
        "nothing": b"",
        "head": head(server),
        "body": head(server, "POST", "content-length: 99\r\n\r\n{").replace(b"ways", b"oidc"),
        "lines": whole,
        "one more": whole + head(server),
    }[start]
    drip = {"lines": b"\r\n", "body": b" "}.get(start, b"")
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.place.port), timeout=0.2) as line:
        line.sendall(first)
        while time.monotonic() < begun + 4:
            try:
                if not line.recv(4096):
                    break
            except TimeoutError:
                line.sendall(drip)
            except OSError:
                break
    assert time.monotonic() < begun + 3
