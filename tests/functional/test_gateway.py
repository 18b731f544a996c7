import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from aiohttp import web

from tuneworthy.api.server import GatewayServer
from tuneworthy.api.state import Backend, GatewayRuntime, Permit, Snapshot
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.errors import ServeProblem
from tuneworthy.core.nouns.serving import Feedback, Interaction, Route, ServingManifest
from tuneworthy.serve.intake import Notes, Rows, ingest
from tuneworthy.serve.key_ring import ring_of
from tuneworthy.serve.segments import SegmentWriter
from tuneworthy.serve.split import assign

OK = Permit(True)
MESSAGES: Any = [{"role": "user", "content": "hello"}]


class Backends:
    """A real OpenAI-speaking server; what it does is told by the model's name."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._chat)
        runner = web.AppRunner(app, shutdown_timeout=0.1)

        async def start() -> None:
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
            self._ready.set()

        self._loop.run_until_complete(start())
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.bodies.append(body)
        self.keys.append(request.headers.get("authorization", ""))
        model = body["model"]
        if model == "broken":
            return web.json_response({"error": {"message": "no memory", "code": "oom"}}, status=500)
        if model == "picky":
            error = {"message": "too many tokens", "code": "context_length_exceeded"}
            return web.json_response({"error": error}, status=400)
        if model == "nonsense":
            return web.Response(text="<html>")
        if body.get("stream"):
            return await self._stream(request, model)
        return web.json_response(
            {
                "id": "up-1",
                "object": "chat.completion",
                "created": 1,
                "model": model,
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": "length" if model == "limited" else "stop",
                        "message": {"role": "assistant", "content": f"I am {model}"},
                    }
                ],
                "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8},
            }
        )

    async def _stream(self, request: web.Request, model: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        pieces = ["I ", "am ", model] if model != "endless" else ["x"] * 400
        for place, piece in enumerate(pieces):
            if model == "cut" and place == 2:
                assert request.transport is not None
                request.transport.abort()
                return response
            await self._event(response, model, [_choice({"content": piece})])
            if model == "endless":
                await asyncio.sleep(0.02)
        end = "length" if model == "limited" else "stop"
        await self._event(response, model, [_choice({}, end)])
        if model == "forgetful":
            return response
        usage = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
        await self._event(response, model, [], usage=usage)
        await response.write(b"data: [DONE]\n\n")
        return response

    async def _event(
        self, response: web.StreamResponse, model: str, choices: list[Any], **more: Any
    ) -> None:
        event = {
            "id": "up-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": model,
            "choices": choices,
            **more,
        }
        with contextlib.suppress(ConnectionError):
            await response.write(b"data: " + json.dumps(event).encode() + b"\n\n")


def _choice(delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish}


class Shelf:
    """Keeps rows by id, as a store does."""

    def __init__(self) -> None:
        self.rows: dict[str, Interaction] = {}
        self.notes: list[Feedback] = []

    def record(self, rows: Rows) -> int:
        self.rows |= {one.id: one for one in rows if isinstance(one, Interaction)}
        return len(rows)

    def hear(self, notes: Notes) -> int:
        self.notes += [one for one in notes if isinstance(one, Feedback)]
        return len(notes)


class Stage:
    """A gateway over the backends, with the routes that a test asks for."""

    def __init__(self, backends: Backends, folder: Path) -> None:
        self.backends = backends
        self.folder = folder

    def snapshot(
        self,
        production: str = "plain",
        canary: str = "",
        percent: float = 100.0,
        allowed: dict[str, Permit] | None = None,
        urls: dict[str, str] | None = None,
    ) -> Snapshot:
        names = [name for name in (production, canary) if name]
        return Snapshot(
            routes={
                "titles": Route(
                    id="titles",
                    production=f"m-{production}",
                    canary=f"m-{canary}" if canary else "",
                    canary_percent=percent if canary else 0,
                    salt="s",
                )
            },
            manifests={f"m-{name}": _manifest(f"m-{name}") for name in names},
            backends={
                f"m-{name}": Backend((urls or {}).get(name, self.backends.url), name, "secret")
                for name in names
            },
            allowed={f"m-{name}": (allowed or {}).get(name, OK) for name in names},
        )

    @contextlib.contextmanager
    def gateway(self, snapshot: Snapshot, port: int = 0, **more: Any) -> Iterator[GatewayServer]:
        runtime = GatewayRuntime(
            snapshot, writer=SegmentWriter(self.folder), clock=SystemClock(), **more
        )
        with GatewayServer(runtime, port=port) as server:
            yield server

    def recorded(self) -> Shelf:
        shelf = Shelf()
        ingest(self.folder, shelf.record, shelf.hear)
        return shelf


def _manifest(name: str) -> ServingManifest:
    return ServingManifest(
        id=name,
        route="titles",
        version="titles-1",
        base="b",
        adapter="a",
        tokenizer="t",
        template="c",
        dataset="d",
        training_run="r",
        approvals=(),
        created_at="2026-01-01T00:00:00+00:00",
    )


@contextlib.contextmanager
def client(server: GatewayServer, key: str = "any", **more: Any) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.url, api_key=key, **{"max_retries": 0, **more}) as one:
        yield one


@pytest.fixture(scope="module")
def backends() -> Iterator[Backends]:
    running = Backends()
    yield running
    running.stop()


@pytest.fixture
def stage(backends: Backends, tmp_path: Path) -> Stage:
    backends.bodies.clear()
    backends.keys.clear()
    return Stage(backends, tmp_path)


def test_official_client_gets_an_answer_that_is_recorded_and_stamped(stage):
    with stage.gateway(stage.snapshot()) as server, client(server, key="client-key") as api:
        raw = api.chat.completions.with_raw_response.create(
            model="titles", messages=MESSAGES, user="ana", temperature=0.5
        )
        reply = raw.parse()
        row = stage.recorded().rows[reply.id]
    assert reply.choices[0].message.content == "I am plain"
    assert reply.model == "titles"
    assert raw.headers["x-tuneworthy-manifest"] == "m-plain"
    assert raw.headers["x-tuneworthy-interaction"] == reply.id
    assert stage.backends.bodies[0] == {
        "model": "plain",
        "messages": MESSAGES,
        "user": "ana",
        "temperature": 0.5,
    }
    assert stage.backends.keys == ["Bearer secret"]
    assert (row.route, row.manifest, row.arm) == ("titles", "m-plain", "production")
    assert (row.sticky_key, row.sticky, row.status, row.stream) == ("ana", True, 200, False)
    assert (row.prompt_tokens, row.completion_tokens, row.attempt) == (5, 3, 0)
    assert row.response == "I am plain"
    assert json.loads(row.request)["model"] == "titles"
    assert 0 < row.seconds < 10


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["plain", "limited"])
def test_an_answer_that_ended_at_a_limit_is_recorded_as_cut(stage, model, stream):
    with stage.gateway(stage.snapshot(production=model)) as server, client(server) as api:
        told = api.chat.completions.create(model="titles", messages=MESSAGES, stream=stream)
        if stream:
            list(told)
        (row,) = stage.recorded().rows.values()
    assert (row.response, row.cut) == (f"I am {model}", model == "limited")


def test_official_client_streams_with_usage(stage):
    with stage.gateway(stage.snapshot()) as server, client(server) as api:
        with api.chat.completions.create(
            model="titles",
            messages=MESSAGES,
            stream=True,
            stream_options={"include_usage": True},
            extra_headers={"x-session-id": "s1"},
        ) as stream:
            chunks = list(stream)
            headers = stream.response.headers
        row = stage.recorded().rows[chunks[0].id]
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == row.response == "I am plain"
    assert {chunk.id for chunk in chunks} == {headers["x-tuneworthy-interaction"]}
    assert {chunk.model for chunk in chunks} == {"titles"}
    assert chunks[-1].usage is not None
    assert (row.prompt_tokens, row.completion_tokens) == (5, 3)
    assert row.stream
    assert row.sticky_key == "s1"
    assert row.first_token_seconds is not None
    assert 0 < row.first_token_seconds <= row.seconds


def test_a_stream_cut_by_the_backend_raises_in_the_client(stage):
    with stage.gateway(stage.snapshot("cut")) as server, client(server) as api:
        stream = api.chat.completions.create(model="titles", messages=MESSAGES, stream=True)
        with stream, pytest.raises(openai.APIError, match=r"broke|stopped"):
            list(stream)
        (row,) = stage.recorded().rows.values()
    assert (row.status, row.response) == (502, "I am ")
    assert row.error


def test_a_backend_that_forgets_the_end_still_ends_well(stage):
    with stage.gateway(stage.snapshot("forgetful")) as server, client(server) as api:
        with api.chat.completions.create(model="titles", messages=MESSAGES, stream=True) as stream:
            assert len(list(stream)) == 4
        (row,) = stage.recorded().rows.values()
    assert (row.status, row.error) == (200, "")


def test_a_client_that_leaves_is_recorded(stage):
    with stage.gateway(stage.snapshot("endless")) as server, client(server) as api:
        with api.chat.completions.create(model="titles", messages=MESSAGES, stream=True) as stream:
            next(iter(stream))
        until = time.monotonic() + 5
        rows: list[Interaction] = []
        while not rows and time.monotonic() < until:
            time.sleep(0.05)
            rows = list(stage.recorded().rows.values())
    assert rows[0].status == 499
    assert rows[0].response.startswith("x")
    assert len(rows[0].response) < 400


def test_a_version_without_approvals_takes_no_traffic(stage):
    shut = Permit(False, "release", "compliance has not signed.", "Run `tuneworthy approve`.")
    with stage.gateway(stage.snapshot(allowed={"plain": shut})) as server, client(server) as api:
        with pytest.raises(openai.PermissionDeniedError) as caught:
            api.chat.completions.create(model="titles", messages=MESSAGES)
        (row,) = stage.recorded().rows.values()
    assert caught.value.code == "not_approved"
    assert "The release gate is shut. compliance has not signed." in caught.value.message
    body: Any = caught.value.body
    assert body["fix"] == "Run `tuneworthy approve`."
    assert caught.value.response.headers["x-tuneworthy-interaction"] == row.id
    assert row.status == 403
    assert stage.backends.bodies == []


def test_a_permit_must_be_given(stage):
    whole = stage.snapshot()
    bare = Snapshot(whole.routes, whole.manifests, whole.backends, {})
    with (
        stage.gateway(bare) as server,
        client(server) as api,
        pytest.raises(openai.PermissionDeniedError),
    ):
        api.chat.completions.create(model="titles", messages=MESSAGES)


def test_an_unapproved_canary_leaves_everybody_with_production(stage):
    shut = Permit(False, "proof", "No proof.")
    snapshot = stage.snapshot(canary="new", allowed={"new": shut})
    with stage.gateway(snapshot) as server, client(server) as api:
        reply = api.chat.completions.create(model="titles", messages=MESSAGES)
    assert reply.choices[0].message.content == "I am plain"


def test_users_keep_their_arm(stage):
    snapshot = stage.snapshot(canary="new", percent=50)
    with stage.gateway(snapshot) as server, client(server) as api:
        for number in range(12):
            user = f"u{number}"
            for _ in range(2):
                reply = api.chat.completions.create(model="titles", messages=MESSAGES, user=user)
                arm = assign(snapshot.routes["titles"], user)
                name = "new" if arm == "canary" else "plain"
                assert reply.choices[0].message.content == f"I am {name}"
                assert stage.recorded().rows[reply.id].arm == arm


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("how", ["broken", "unreachable", "nonsense"])
def test_a_failing_canary_is_answered_by_production_and_counted(stage, how, streamed):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        snapshot = stage.snapshot(canary=how, urls={"unreachable": dead})
        with stage.gateway(snapshot) as server, client(server) as api:
            raw = api.chat.completions.with_raw_response.create(
                model="titles", messages=MESSAGES, stream=streamed
            )
            if streamed:
                chunks = list(raw.parse())
                reply_id = chunks[0].id
            else:
                reply_id = raw.parse().id
            rows = stage.recorded().rows
            for _ in range(2):
                api.chat.completions.create(model="titles", messages=MESSAGES)
            # The rescued request is no sample of production: only its canary failure counts.
            assert server.runtime.take_block("titles") == ()
            server.runtime.count(snapshot.routes["titles"], "production", 200, "")
            (block,) = server.runtime.take_block("titles")
            text = server.runtime.meters.text().decode()
    assert raw.headers["x-tuneworthy-manifest"] == "m-plain"
    assert (rows[reply_id].arm, rows[reply_id].status) == ("production", 200)
    failed = rows[f"{reply_id}-canary"]
    assert (failed.arm, failed.manifest, failed.status) == (
        "canary",
        f"m-{how}",
        500 if how == "broken" else 502,
    )
    assert (block.n_canary, block.s_canary, block.canary_errors) == (3, 0, 3)
    assert (block.n_control, block.s_control) == (1, 1)
    assert 'tuneworthy_failovers_total{route="titles"} 3.0' in text


def test_production_down_is_a_502_in_our_shape(stage):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        with stage.gateway(stage.snapshot(urls={"plain": dead})) as server, client(server) as api:
            for streamed in (False, True):
                with pytest.raises(openai.InternalServerError) as caught:
                    api.chat.completions.create(model="titles", messages=MESSAGES, stream=streamed)
                assert caught.value.status_code == 502
                assert caught.value.code == "upstream_down"
                assert dead not in caught.value.message
            assert {row.status for row in stage.recorded().rows.values()} == {502}


def test_the_backends_own_errors_pass_through(stage):
    with (
        stage.gateway(stage.snapshot("picky")) as server,
        client(server) as api,
        pytest.raises(openai.BadRequestError) as caught,
    ):
        api.chat.completions.create(model="titles", messages=MESSAGES)
    assert caught.value.code == "context_length_exceeded"
    assert "too many tokens" in caught.value.message


def test_client_retries_are_recorded_as_attempts(stage):
    with stage.gateway(stage.snapshot("broken")) as server, client(server, max_retries=1) as api:
        with pytest.raises(openai.InternalServerError):
            api.chat.completions.create(model="titles", messages=MESSAGES)
        rows = stage.recorded().rows.values()
    assert [row.attempt for row in rows] == [0, 1]


CHAT = "/v1/chat/completions"
SAID = b'{"interaction":"chatcmpl-1","score":%s}'


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", CHAT, b"{", 400, "invalid_json"),
        ("POST", CHAT, b"[]", 400, "invalid_json"),
        ("POST", CHAT, b'{"model":"titles"}', 400, "invalid_request"),
        ("POST", CHAT, b'{"model":1,"messages":[1]}', 400, "invalid_request"),
        ("POST", CHAT, b'{"model":"title","messages":[1]}', 404, "model_not_found"),
        ("POST", CHAT, b" " * (2**20 + 1), 413, "body_too_large"),
        ("GET", CHAT, b"", 405, "method_not_allowed"),
        ("GET", "/nowhere", b"", 404, "not_found"),
        ("GET", "/v1/models/other", b"", 404, "model_not_found"),
        ("GET", "/v1/trace/x", b"", 404, "no_trace"),
        ("POST", "/v1/feedback", b'{"interaction":"x","score":1}', 400, "invalid_feedback"),
        ("POST", "/v1/feedback", SAID % b"2", 400, "invalid_feedback"),
        ("POST", "/v1/feedback", SAID % b"true", 400, "invalid_feedback"),
    ],
)
def test_every_error_has_one_shape(stage, method, path, body, status, code):
    with stage.gateway(stage.snapshot()) as server:
        answered, headers, got = asyncio.run(_raw(server, method, path, body))
    error = json.loads(got)["error"]
    assert (answered, error["code"]) == (status, code)
    assert set(error) == {"message", "type", "code", "fix", "param"}
    assert error["message"]
    if path == CHAT and method == "POST":
        assert headers["x-tuneworthy-interaction"].startswith("chatcmpl-")
        assert "x-tuneworthy-manifest" in headers
    if code == "model_not_found" and method == "POST":
        assert error["fix"] == "Did you mean `titles`?"


async def _raw(
    server: GatewayServer, method: str, path: str, body: bytes = b"", key: str = ""
) -> tuple[int, dict[str, str], bytes]:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n"
    if key:
        head += f"authorization: Bearer {key}\r\n"
    writer.write(head.encode() + b"connection: close\r\n\r\n" + body)
    with contextlib.suppress(ConnectionError):
        await writer.drain()
    data = await reader.read()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    top, _, got = data.partition(b"\r\n\r\n")
    first, *lines = top.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, got


def test_models_health_and_metrics(stage):
    with stage.gateway(stage.snapshot(canary="new", percent=5)) as server, client(server) as api:
        (model,) = api.models.list()
        assert (model.id, model.owned_by, api.models.retrieve("titles").id) == (
            "titles",
            "tuneworthy",
            "titles",
        )
        api.chat.completions.create(model="titles", messages=MESSAGES, user="u1")
        status, _, body = asyncio.run(_raw(server, "GET", "/healthz"))
        assert (status, json.loads(body)["recording"]) == (200, True)
        status, _, metrics = asyncio.run(_raw(server, "GET", "/metrics"))
    text = metrics.decode()
    assert status == 200
    assert 'tuneworthy_requests_total{arm="production",route="titles",status="200"} 1.0' in text
    assert 'tuneworthy_tokens_total{arm="production",kind="completion",route="titles"} 3.0' in text
    assert 'tuneworthy_canary_percent{route="titles"} 5.0' in text


def test_feedback_is_recorded_for_the_response(stage):
    with stage.gateway(stage.snapshot()) as server, client(server) as api:
        reply = api.chat.completions.create(model="titles", messages=MESSAGES)
        said: Any = api.post(
            "/feedback",
            cast_to=object,
            body={"interaction": reply.id, "score": 0, "comment": "wrong service"},
        )
        (note,) = stage.recorded().notes
    assert (note.id, note.interaction, note.score) == (said["id"], reply.id, 0)
    assert (note.comment, note.source) == ("wrong service", "user")


def test_trace_asks_its_owner(stage):
    def trace(response_id: str, *, proofs: bool = False) -> dict[str, Any] | None:
        known = {"response": response_id, "manifest": "m", "proved": proofs}
        return known if response_id == "chatcmpl-1" else None

    with stage.gateway(stage.snapshot(), trace=trace) as server:
        status, _, body = asyncio.run(_raw(server, "GET", "/v1/trace/chatcmpl-1"))
        assert (status, json.loads(body)["manifest"]) == (200, "m")
        for query, proved in (("", False), ("?proofs=true", True), ("?proofs=no", False)):
            _, _, body = asyncio.run(_raw(server, "GET", "/v1/trace/chatcmpl-1" + query))
            assert json.loads(body)["proved"] is proved
        status, _, body = asyncio.run(_raw(server, "GET", "/v1/trace/other"))
        assert (status, json.loads(body)["error"]["code"]) == (404, "response_not_found")


def test_keys_open_the_gateway(stage):
    with stage.gateway(stage.snapshot(), keys=lambda: ring_of([], ["right"])) as server:
        with client(server, key="wrong") as api, pytest.raises(openai.AuthenticationError):
            api.models.list()
        with client(server, key="right") as api:
            assert api.models.list().data
        assert asyncio.run(_raw(server, "GET", "/healthz"))[0] == 200
        assert asyncio.run(_raw(server, "GET", "/metrics"))[0] == 401


def test_a_voided_approval_takes_effect_at_once_and_a_faulty_reload_changes_nothing(stage):
    said: list[Snapshot | Exception | None] = [None]

    def reload() -> Snapshot | None:
        if isinstance(said[0], Exception):
            raise said[0]
        return said[0]

    with (
        stage.gateway(stage.snapshot(), reload=reload, reload_seconds=0.05) as server,
        client(server) as api,
    ):
        api.chat.completions.create(model="titles", messages=MESSAGES)
        said[0] = OSError("the store is away")
        time.sleep(0.2)
        api.chat.completions.create(model="titles", messages=MESSAGES)
        assert b"tuneworthy_reload_failures_total 0.0" not in server.runtime.meters.text()
        said[0] = stage.snapshot(allowed={"plain": Permit(False, "release", "Void.")})
        time.sleep(0.3)
        with pytest.raises(openai.PermissionDeniedError):
            api.chat.completions.create(model="titles", messages=MESSAGES)


def test_what_cannot_be_recorded_is_not_answered(stage, monkeypatch):
    with stage.gateway(stage.snapshot()) as server, client(server) as api:
        writer = server.runtime.writer
        real = writer.append

        def full(payload: bytes) -> None:
            raise ServeProblem("recording_failed", "The disk is full.", fix="Free space.")

        monkeypatch.setattr(writer, "append", full)
        with pytest.raises(openai.InternalServerError) as caught:
            api.chat.completions.create(model="titles", messages=MESSAGES)
        assert (caught.value.status_code, caught.value.code) == (503, "recording_failed")
        with (
            api.chat.completions.create(model="titles", messages=MESSAGES, stream=True) as stream,
            pytest.raises(openai.APIError, match="disk is full"),
        ):
            list(stream)
        monkeypatch.setattr(writer, "append", real)
        monkeypatch.setattr(writer, "fault", "full")
        asked = len(stage.backends.bodies)
        with pytest.raises(openai.InternalServerError):
            api.chat.completions.create(model="titles", messages=MESSAGES)
        assert asyncio.run(_raw(server, "GET", "/healthz"))[0] == 503
        assert len(stage.backends.bodies) == asked


def test_a_check_decides_what_counts_as_success(stage):
    snapshot = stage.snapshot(canary="new", percent=50)
    users = [f"u{number}" for number in range(20)]
    with (
        stage.gateway(snapshot, check=lambda text: text != "I am new") as server,
        client(server) as api,
    ):
        for user in users:
            api.chat.completions.create(model="titles", messages=MESSAGES, user=user)
        blocks = server.runtime.take_block("titles")
    assert sum(block.n_canary for block in blocks) > 0
    assert sum(block.s_canary for block in blocks) == 0
    assert sum(block.s_control for block in blocks) == sum(block.n_control for block in blocks)
    assert sum(block.canary_errors for block in blocks) == 0


def test_ratings_decide_what_counts_as_success_where_the_project_says_so(stage):
    snapshot = stage.snapshot(canary="new", percent=50)
    blocks = []
    with stage.gateway(snapshot, rated=True) as server, client(server) as api:
        for number in range(40):
            asked: Any = {"model": "titles", "messages": MESSAGES, "user": f"u{number}"}
            if number % 2:
                reply = api.chat.completions.create(**asked)
                name, text = reply.id, reply.choices[0].message.content
            else:
                name, text = _joined(list(api.chat.completions.create(**asked, stream=True)))
            assert server.runtime.take_block("titles") == ()
            if number < 30:
                score = 0.9 if text == "I am new" else 0.2
                for said in (score, 1 - score):  # the first word counts, others are only kept
                    api.post("/feedback", body={"interaction": name, "score": said}, cast_to=object)
            blocks += server.runtime.take_block("titles")
    kept = stage.recorded()
    assert len(kept.notes) == 60
    rated = sum(block.n_control + block.n_canary for block in blocks)
    assert 20 < rated <= 30 < len(kept.rows)
    assert sum(block.s_canary for block in blocks) == sum(block.n_canary for block in blocks) > 5
    assert sum(block.s_control for block in blocks) == 0 < sum(b.n_control for b in blocks)
    assert sum(block.canary_errors for block in blocks) == 0


def _joined(chunks: list[Any]) -> tuple[str, str]:
    return chunks[0].id, "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def test_a_port_in_use_is_said_plainly(stage):
    with stage.gateway(stage.snapshot()) as server:
        other = Stage(stage.backends, stage.folder / "two")
        with (
            pytest.raises(ServeProblem) as caught,
            other.gateway(stage.snapshot(), port=server.port),
        ):
            pass
    assert caught.value.code == "port_in_use"
    assert f"--port {server.port + 1}" in caught.value.fix


def test_a_request_is_put_the_way_the_model_was_trained(stage):
    def prepare(body: Any) -> Any:
        return {**body, "messages": [{"role": "system", "content": "Title?"}, *body["messages"]]}

    whole = stage.snapshot()
    asked = Backend(stage.backends.url, "plain", prepare=prepare)
    snapshot = Snapshot(whole.routes, whole.manifests, {"m-plain": asked}, whole.allowed)
    with stage.gateway(snapshot) as server, client(server) as api:
        reply = api.chat.completions.create(model="titles", messages=MESSAGES)
        row = stage.recorded().rows[reply.id]
    assert [turn["role"] for turn in stage.backends.bodies[0]["messages"]] == ["system", "user"]
    assert json.loads(row.request)["messages"] == MESSAGES
