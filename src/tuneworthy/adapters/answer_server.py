"""One model behind a port of this machine, for a program that can only ask over HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tuneworthy.core.errors import Problem
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.ports import ChatRequest, ModelClient
from tuneworthy.methods.here import is_own

LONGEST = 1 << 20
"""Bytes of a request; a longer one is refused."""


@contextmanager
def answer_server(client: ModelClient, max_new_tokens: int) -> Iterator[str]:
    """The URL that answers ``POST {"input": TEXT}`` with ``{"text": ANSWER}`` inside the block.

    Requests are answered one at a time, each as a chat of its own. A model that fails gives 502.
    """
    lock = threading.Lock()

    def answer(text: str) -> str:
        asked = ChatRequest(
            messages=(Message(role="user", content=text),), max_new_tokens=max_new_tokens
        )
        with lock:
            return client.chat([asked])[0].text

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if not is_own(self.headers.get("Host", ""), self.headers.get("Origin", "")):
                self._say(403, {"error": "this machine's own programs alone are answered"})
                return
            try:
                text = _input(self)
            except (ValueError, KeyError, TypeError):
                self._say(400, {"error": 'send {"input": TEXT}'})
                return
            try:
                self._say(200, {"text": answer(text)})
            except Problem as problem:
                self._say(502, {"error": str(problem)})

        def _say(self, status: int, content: dict[str, str]) -> None:
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _input(request: BaseHTTPRequestHandler) -> str:
    length = int(request.headers.get("Content-Length", "0"))
    if not 0 < length <= LONGEST:
        raise ValueError(length)
    text = json.loads(request.rfile.read(length))["input"]
    if not isinstance(text, str):
        raise TypeError(type(text))
    return text
