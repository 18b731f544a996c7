"""A gateway in a process of its own under the load of several clients, and a model behind it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

CHILD = """
import asyncio, sys
from pathlib import Path
from aiohttp import web
from tuneworthy.api.server import serve
from tuneworthy.api.state import Backend, GatewayRuntime, Permit, Snapshot
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.serve.segments import SegmentWriter
from tests.fakes.sealed_ledger import sealed_store

folder, port, url = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
ledger, ring = sys.argv[4:] or ("", "")
sealer = sealed_store(ledger, ring).sealer if ledger else None
manifest = ServingManifest(
    id="m", route="r", version="v", base="", adapter="", tokenizer="", template="", dataset="",
    training_run="", approvals=(), created_at="2026-01-01T00:00:00+00:00",
)
snapshot = Snapshot(
    {"r": Route(id="r", production="m", salt="s")}, {"m": manifest}, {"m": Backend(url, "w")},
    {"m": Permit(True)},
)
writer = SegmentWriter(folder, max_bytes=20_000)
serve(GatewayRuntime(snapshot, writer=writer, clock=SystemClock(), sealer=sealer), port=port)
"""

BACKEND = """
import asyncio, json, sys
from aiohttp import web

WHOLE = {"id": "u", "model": "w", "choices": [{"index": 0, "message": {"content": "x" * 300}}]}
PIECE = {"id": "u", "model": "w", "choices": [{"index": 0, "delta": {"content": "x"}}]}

async def chat(request):
    if not (await request.json()).get("stream"):
        return web.json_response(WHOLE)
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    for _ in range(5):
        await response.write(b"data: " + json.dumps(PIECE).encode() + b"\\n\\n")
    await response.write(b"data: [DONE]\\n\\n")
    return response

app = web.Application()
app.router.add_post("/chat/completions", chat)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, handle_signals=False)
"""

CLIENTS = 4


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(code: str, *words: str) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[2]
    paths = os.pathsep.join((str(root / "src"), str(root)))
    return subprocess.Popen(
        [sys.executable, "-c", code, *words], env={**os.environ, "PYTHONPATH": paths}
    )


def wait_for(port: int) -> None:
    for _ in range(400):
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.05)
    raise AssertionError("the child did not start")


class Client(threading.Thread):
    """Asks one request after another and notes each id whose answer came whole."""

    def __init__(self, port: int, *, stream: bool) -> None:
        super().__init__(daemon=True)
        self.port, self.stream = port, stream
        self.acknowledged: list[str] = []

    def run(self) -> None:
        line = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            while True:
                words = [{"role": "user", "content": "y"}]
                # Everybody is new: each answer needs a key that was not there before.
                ask = {
                    "model": "r",
                    "stream": self.stream,
                    "messages": words,
                    "user": os.urandom(8).hex(),
                }
                body = json.dumps(ask)
                line.request("POST", "/v1/chat/completions", body)
                answer = line.getresponse()
                data = answer.read()
                if answer.status != 200:
                    return
                if not self.stream or data.endswith(b"data: [DONE]\n\n"):
                    self.acknowledged.append(answer.headers["x-tuneworthy-interaction"])
        except (OSError, HTTPException):
            return
        finally:
            line.close()


@contextmanager
def backend() -> Iterator[str]:
    """The URL of a model that answers every request alike."""
    port = free_port()
    child = start(BACKEND, str(port))
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.kill()
        child.wait()


def killed_under_load(
    folder: Path,
    url: str,
    acknowledged: int,
    meanwhile: Callable[[], object],
    *databases: str,
) -> list[str]:
    """Kill a gateway after so many answers; the ids of all that came whole.

    Args:
        folder: Where it records.
        url: The model behind it.
        acknowledged: How many answers come before the kill.
        meanwhile: Done again and again while it answers.
        databases: URLs of a ledger and of a ring of keys: then it seals what it records.
    """
    port = free_port()
    child = start(CHILD, str(folder), str(port), url, *databases)
    try:
        wait_for(port)
        clients = [Client(port, stream=number % 2 == 0) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        while sum(len(one.acknowledged) for one in clients) < acknowledged:
            assert child.poll() is None
            threading.Event().wait(0.005)
            meanwhile()
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    for client in clients:
        client.join(10)
    return [id_ for client in clients for id_ in client.acknowledged]
