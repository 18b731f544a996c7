"""A real chat endpoint on a local port that counts what it is asked and can misbehave."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Said:
    """One HTTP answer. ``seconds`` is how long it takes; ``closed`` cuts the connection."""

    text: str = "ok"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    finish: str = "stop"
    body: bytes | None = None
    closed: bool = False
    kind: str = "application/json"

    def bytes_of(self) -> bytes:
        """The body: a chat completion, unless another one is given."""
        if self.body is not None:
            return self.body
        if self.status != 200:
            return b'{"error": {"message": "no"}}'
        choice = {
            "index": 0,
            "finish_reason": self.finish,
            "message": {"role": "assistant", "content": self.text},
        }
        usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
        about = {"id": "c", "object": "chat.completion", "created": 0, "model": "m"}
        return json.dumps({**about, "choices": [choice], "usage": usage}).encode()


@dataclass
class Heard:
    """What the endpoint heard: every request's last message, in order, with its moment."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def tries(self) -> Counter[str]:
        """How often each message was sent."""
        return Counter(self.asked)


@contextmanager
def endpoint(answer: Callable[[str, int], Said]) -> Iterator[Heard]:
    """Serve ``answer``, a function of the last message and of how often it came before."""
    heard = Heard()

    def respond(text: str, _key: str) -> Said:
        with heard.lock:
            before = heard.asked.count(text)
            heard.asked.append(text)
            heard.moments.append(time.monotonic())
        return answer(text, before)

    with listening(respond) as heard.url:
        yield heard


def _last(body: Any) -> str:
    last = body["messages"][-1]
    return str(last.get("content", "")) if isinstance(last, dict) else ""


@contextmanager
def listening(respond: Callable[[str, str], Said]) -> Iterator[str]:
    """A server on a free port that answers a chat's last message, or a text to be moderated.

    By that and the key sent; gives its URL.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            key = self.headers.get("authorization", "").removeprefix("Bearer ")
            said = respond(body["input"] if "input" in body else _last(body), key)
            time.sleep(said.seconds)
            if said.closed:
                self.close_connection = True
                return
            data = said.bytes_of()
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("content-type", said.kind)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def handle(self) -> None:
            with suppress(OSError):  # a client that gave up is gone
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
