"""2,000 hostile requests at every route of both servers: no 500, no crash, bounded memory.

The seed is fixed, so that a failure comes again. `TUNEWORTHY_FUZZ_SEED` and
`TUNEWORTHY_FUZZ_REQUESTS` try others.
"""

import http.client
import json
import os
import random
import re
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil
import pytest

import tuneworthy
from tests.fakes.endpoint import Said, listening
from tests.fakes.visitor import Visitor, staffed
from tuneworthy.api.control.app import ENDPOINTS
from tuneworthy.api.control.server import ControlServer
from tuneworthy.api.server import GatewayServer
from tuneworthy.api.state import Backend, GatewayRuntime, Permit, Snapshot
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.nouns.sealing import SealedInteraction
from tuneworthy.core.nouns.serving import Interaction, Route, ServingManifest
from tuneworthy.serve.intake import ingest
from tuneworthy.serve.segments import SegmentWriter

SEED = int(os.environ.get("TUNEWORTHY_FUZZ_SEED", "20260301"))
REQUESTS = int(os.environ.get("TUNEWORTHY_FUZZ_REQUESTS", "1000"))
MOST_GROWN = 256 * 2**20

DEEP = "[" * 5000
VALUES: list[str] = [
    "null", "true", "0", "-1", "1e400", "-1e400", "NaN", "Infinity", "9" * 400, "1" + "0" * 5000,
    '""', '"\\ud800"', '"\\u0000"', '"\\u202e"', '"' + "a" * 3000 + '"', '"../../etc/passwd"',
    '"=cmd|1"', '"{{7*7}}"', '"${jndi:ldap://x}"', "\"' OR 1=1--\"", '"<script>1</script>"',
    "[]", "{}", "[[]]", '[{"a":1}]', '{"a":{"b":{}}}', DEEP, DEEP + "]" * 5000, '{"a":' * 3000,
    '"model_owner"', '"data_steward"', '"proof"', '"approve"', '"control"', '"r"', "0.5", "[1]",
    '["chat"]', '{"__proto__":1}', '"2026-03-01T00:00:00Z"', '"chatcmpl-x"', '"\\u0661"',
    '[{"role":"user","content":"x"}]', '[{"role":"user","content":null}]', '[{"role":1}]',
    '[{"role":"user","content":[{"type":"text","text":"\\ud800"}]}]', "[null]", '["user"]',
    '{"id":"YQ","response":{"clientDataJSON":"YQ","authenticatorData":"YQ","signature":"YQ"}}',
    '{"id":[],"response":[]}', '{"response":{"clientDataJSON":"e30"}}', '{"include_usage":[]}',
]  # fmt: skip
NAMES = [
    "person", "password", "secret", "response", "reason", "decision", "started_at", "said", "name",
    "scopes", "days", "expires", "id", "code", "state", "iss", "error", "gate", "key", "by",
    "model", "messages", "stream", "stream_options", "n", "user", "tools", "tool_choice",
    "max_tokens", "temperature", "response_format", "interaction", "score", "source", "comment",
    "metadata", "safety_identifier", "continue_final_message", "", "\u0000", "\ud800",
]  # fmt: skip
PARTS = [
    "x", "proof", "%00", "%ff", "%2e%2e%2f", "..%2f..%2fetc", "%25", "%", "a" * 2000, "\u00e9",
    "%E2%80%AE", "1e9", "-", "%0d%0aset-cookie:a=b", "{id}", "*", "chatcmpl-x", "r", "decide_gate",
    "start_signing", "_runtime", "__class__", "erase", "grant", "change_key", "attest", "%ed%a0%80",
]  # fmt: skip
HEADERS = [
    ("cookie", "tuneworthy=%00"),
    ("cookie", "=;;=\xff"),
    ("cookie", "a=" + "b" * 3000),
    ("authorization", "Bearer "),
    ("authorization", "Bearer \xff\xfe"),
    ("authorization", "Basic x"),
    ("origin", "null"),
    ("origin", "http://[::1"),
    ("origin", "http://evil.example"),
    ("host", "evil.example"),
    ("host", "[::1"),
    ("host", "127.0.0.1:99999"),
    ("host", ""),
    ("x-csrf-token", "\xff"),
    ("x-forwarded-for", "' OR 1=1"),
    ("forwarded", "for=\xff"),
    ("content-type", "application/xml"),
    ("content-type", "multipart/form-data"),
    ("content-encoding", "gzip"),
    ("x-session-id", "\xff" * 50),
    ("x-stainless-retry-count", "9" * 99),
    ("x-stainless-retry-count", "\u00b2"),
    ("accept", "\xff"),
    ("range", "bytes=0-"),
    ("expect", "100-continue"),
    ("sec-fetch-site", "cross-site"),
    ("transfer-encoding", "gzip"),
    ("x-http-method-override", "DELETE"),
    ("if-none-match", "*"),
    ("upgrade", "websocket"),
]
WHOLE: dict[str, dict[str, str]] = {
    "chat": {"model": '"r"', "messages": '[{"role":"user","content":"x"}]'},
    "feedback": {"interaction": '"chatcmpl-x"', "score": "1", "comment": '"x"'},
    "session": {"person": '"model_owner"', "password": '"wrong words here"'},
    "link": {"secret": '"x"'},
    "password": {"person": '"platform_admin"', "password": '"four quiet words now"'},
    "keys": {"name": '"n"', "scopes": '["chat"]', "days": "3"},
    "decision": {"decision": '"approve"', "reason": '"x"'},
    "sign": {
        "started_at": '"2026-03-01T00:00:00+00:00"',
        "said": '{"gate":"proof","person":"model_owner","reason":"x","decision":"approve"}',
        "response": '{"id":"YQ","response":{"clientDataJSON":"e30","authenticatorData":"YQ",'
        '"signature":"YQ"}}',
    },
    "passkey": {
        "response": '{"id":"YQ","response":{"clientDataJSON":"e30","attestationObject":"YQ"}}'
    },
}
"""What a part of a path takes, to be spoilt in places."""

BODIES = [
    b"", b"\xff\xfe", b"\x00", b"null", b"[]", b'"x"', DEEP.encode(), b"{" * 9000,
    b'{"a":1}' * 3, b"\xef\xbb\xbf{}", b"a" * 70_000,
]  # fmt: skip
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"]
GATEWAY = [
    ("POST", "/v1/chat/completions"), ("GET", "/v1/models"), ("GET", "/v1/models/{id}"),
    ("POST", "/v1/feedback"), ("GET", "/v1/trace/{id}"), ("GET", "/healthz"), ("GET", "/metrics"),
    ("GET", "/{id}"),
]  # fmt: skip


class Attacker:
    """Makes requests up, and sends each on a connection of its own."""

    def __init__(self, port: int, known: dict[str, str], seed: int) -> None:
        self._port = port
        self._known = known
        self._dice = random.Random(seed)  # noqa: S311 - to be made again, not to be secret
        self.seen: Counter[int] = Counter()

    def ask(self, method: str, path: str) -> None:
        dice = self._dice
        if dice.random() < 0.1:
            method = dice.choice(METHODS)
        path = re.sub(r"\{\w+\}", lambda _: dice.choice(PARTS), path)
        if dice.random() < 0.3:
            path += "?" + "&".join(f"{self._name()}={dice.choice(PARTS)}" for _ in range(3))
        headers = dict(self._known) if dice.random() < 0.8 else {}
        headers["host"] = f"127.0.0.1:{self._port}"
        if dice.random() < 0.4:
            headers |= dict(dice.sample(HEADERS, dice.randint(1, 3)))
        body = self._body(path) if method != "GET" or dice.random() < 0.05 else b""
        target = path.encode("utf-8", "surrogatepass")
        lines = [method.encode() + b" " + target + b" HTTP/1.1"]
        lines += [
            f"{name}: {value}".encode("latin-1", "replace") for name, value in headers.items()
        ]
        lines += [b"content-length: " + str(len(body)).encode(), b"connection: close", b"", body]
        status, said = self._sent(b"\r\n".join(lines))
        self.seen[status] += 1
        assert status not in (500, 0), (method, path, headers, body[:300], said[:300])

    def _sent(self, data: bytes) -> tuple[int, bytes]:
        """The status and the answer; status 1 where there is none but a closed connection."""
        with closing(socket.create_connection(("127.0.0.1", self._port), 10)) as line:
            with suppress(BrokenPipeError, ConnectionResetError):
                line.sendall(data)
            said = b""
            try:
                while len(said) < 2**20 and (piece := line.recv(65_536)):
                    said += piece
            except ConnectionResetError:
                pass
            except TimeoutError:
                return 0, b"no answer in 10 s"
        match = re.match(rb"HTTP/1\.[01] (\d{3}) ", said)
        return (int(match[1]) if match else 1), said

    def _body(self, path: str) -> bytes:
        dice = self._dice
        chance = dice.random()
        if chance < 0.08:
            return dice.choice(BODIES)
        fields = {self._name(): dice.choice(VALUES) for _ in range(dice.randint(0, 4))}
        for part, whole in WHOLE.items():
            if part in path and dice.random() < 0.8:
                spoilt = dice.choice([*whole, ""])
                fields |= {name: value for name, value in whole.items() if name != spoilt}
                if dice.random() < 0.7 and spoilt:
                    fields[spoilt] = dice.choice(VALUES)
        return ("{" + ",".join(f"{_quoted(k)}:{v}" for k, v in fields.items()) + "}").encode()

    def _name(self) -> str:
        return self._dice.choice(NAMES)


def _quoted(text: str) -> str:
    return json.dumps(text)


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlServer]:
    home = staffed(tmp_path_factory.mktemp("hostile") / "project")
    with tuneworthy.open(home) as work, ControlServer(work) as running:
        yield running


@contextmanager
def over(folder: Path, url: str) -> Iterator[GatewayServer]:
    """A gateway over one backend, that records in a folder."""
    manifest = ServingManifest(
        id="m", route="r", version="v", base="", adapter="", tokenizer="", template="", dataset="",
        training_run="", approvals=(), created_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    snapshot = Snapshot(
        {"r": Route(id="r", production="m", salt="s")},
        {"m": manifest},
        {"m": Backend(url, "w")},
        {"m": Permit(True)},
    )
    runtime = GatewayRuntime(snapshot, writer=SegmentWriter(folder), clock=SystemClock())
    with GatewayServer(runtime) as running:
        yield running


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayServer]:
    folder = tmp_path_factory.mktemp("traffic")
    with listening(lambda _text, _key: Said()) as url, over(folder, url) as running:
        yield running


SPOILT = [
    b"", b"<html>", b"\xff", b"[]", b"3", b"null", b'{"choices":[]}',
    b'{"choices":[{"message":3}]}',
    b'{"choices":[{"message":{"content":"x"}},3]}', b'{"choices":{"0":{"message":{}}}}',
    b'{"choices":[{"message":{"content":[{"a":1}],"tool_calls":5}}],"usage":{"prompt_tokens":"a"}}',
    b'{"choices":[{"message":{"content":5}}],"usage":[1]}',
    b'data: {"choices":[3]}\n\ndata: [DONE]\n\n', b'data: {"choices":[{"delta":5}]}\n\n',
    b'data: {"choices":[{"index":[],"delta":{"content":5,"tool_calls":[3]}}],"usage":7}\n\n',
    b'data: {"error":[]}\n\ndata: {\xff\n\n',
]  # fmt: skip


@pytest.mark.parametrize("spoilt", SPOILT)
@pytest.mark.parametrize("stream", [False, True])
def test_a_hostile_backend_breaks_no_answer_off(
    tmp_path: Path, spoilt: bytes, stream: bool
) -> None:
    """It is answered with what it said, or with 502, and every one is recorded."""
    kind = "text/event-stream" if stream else "application/json"
    with (
        listening(lambda _text, _key: Said(body=spoilt, kind=kind)) as url,
        over(tmp_path, url) as (running),
    ):
        ask = {"model": "r", "stream": stream, "messages": [{"role": "user", "content": "x"}]}
        with closing(http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)) as line:
            line.request("POST", "/v1/chat/completions", json.dumps(ask))
            answer = line.getresponse()
            said = answer.read()
    assert answer.status in (200, 502), said
    assert answer.headers["x-tuneworthy-interaction"]
    kept: list[Interaction | SealedInteraction] = []

    def keep(found: list[Interaction | SealedInteraction]) -> int:
        kept.extend(found)
        return len(found)

    ingest(tmp_path, keep, len)
    assert [one.id for one in kept] == [answer.headers["x-tuneworthy-interaction"]]


def grown(before: int) -> int:
    return int(psutil.Process().memory_info().rss) - before


def test_the_control_api_stands(control: ControlServer, caplog: pytest.LogCaptureFixture) -> None:
    visitor = Visitor(control)
    work = control._workspace
    visitor.use_link(work, "platform_admin")
    before = int(psutil.Process().memory_info().rss)
    known = {
        "cookie": f"{control.place.cookie}={visitor.token}",
        "x-csrf-token": visitor.csrf,
        "origin": control.url,
    }
    attacker = Attacker(control.place.port, known, SEED)
    routes = [(one.method, one.path) for one in ENDPOINTS] + [("GET", "/sign-in"), ("GET", "/{id}")]
    for number in range(REQUESTS):
        if not number % 20:  # what was tried may have ended the session
            visitor.use_link(work, "platform_admin")
            known |= {
                "cookie": f"{control.place.cookie}={visitor.token}",
                "x-csrf-token": visitor.csrf,
            }
        attacker.ask(*routes[number % len(routes)])
    assert grown(before) < MOST_GROWN
    assert not [one for one in caplog.records if one.levelname == "ERROR"]
    assert len(attacker.seen) >= 5, attacker.seen
    assert attacker.seen[200] >= REQUESTS / 50, "some are answered: not all stop at the door"
    assert Visitor(control).ask("GET", "/control/ways").status == 200


def test_the_gateway_stands(gateway: GatewayServer, caplog: pytest.LogCaptureFixture) -> None:
    before = int(psutil.Process().memory_info().rss)
    attacker = Attacker(gateway.port, {}, SEED)
    for number in range(REQUESTS):
        attacker.ask(*GATEWAY[number % len(GATEWAY)])
    assert grown(before) < MOST_GROWN
    assert not [one for one in caplog.records if one.levelname == "ERROR"]
    assert attacker.seen[200] >= REQUESTS / 50, attacker.seen
    with closing(http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)) as line:
        line.request("GET", "/healthz")
        assert line.getresponse().status == 200
