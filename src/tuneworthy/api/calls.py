"""One chat request on its way, and the row that is kept of it."""

import itertools
import logging
import os
import time
from hashlib import blake2b
from typing import Any, Literal

import orjson

from tuneworthy.api.asgi import Headers, RefusedError, from_problem
from tuneworthy.api.metrics import Seen
from tuneworthy.api.sse import Answer
from tuneworthy.api.state import Backend, GatewayRuntime, Snapshot
from tuneworthy.core.errors import Problem, ServeProblem
from tuneworthy.core.nouns.serving import Route
from tuneworthy.serve.blocks import UNCOUNTED
from tuneworthy.serve.intake import INTERACTION, SEALED_INTERACTION
from tuneworthy.serve.split import SplitKey

log = logging.getLogger("tuneworthy.gateway")

_SEED = os.urandom(32)
_COUNT = itertools.count()


def _fresh_id() -> str:
    """128 bits that nobody can guess, without a system call for each."""
    number = next(_COUNT).to_bytes(8, "big")
    return blake2b(number, key=_SEED, digest_size=16).hexdigest()


BYTES_A_TOKEN = 4
"""How long a token of English is, where nobody has counted."""


class Call:
    """One chat request on its way."""

    __slots__ = (
        "arm", "attempt", "body", "caller", "created_at", "id", "key", "manifest", "raw",
        "rescued", "route",
        "snapshot", "started", "stream", "subject",
    )  # fmt: skip

    def __init__(self, runtime: GatewayRuntime) -> None:
        self.id = "chatcmpl-" + _fresh_id()
        self.started = time.perf_counter()
        self.created_at = runtime.clock.now().isoformat()
        self.snapshot: Snapshot = runtime.snapshot
        self.manifest = ""
        self.arm: Literal["production", "canary"] = "production"
        self.rescued = False
        """Production answers for a canary that failed; such an answer is not counted."""
        self.attempt = 0
        self.raw = b""
        self.body: dict[str, Any] = {}
        self.stream = False
        self.caller = ""
        """Whose key it came with; empty where none is asked for, or nobody counts."""
        self.subject = ""
        """Whom the request names; empty for nobody."""
        self.route: Route
        self.key: SplitKey

    @property
    def backend(self) -> Backend:
        """Who answers."""
        return self.snapshot.backends[self.manifest]

    @property
    def headers(self) -> Headers:
        """The headers that every response carries."""
        return [
            (b"x-tuneworthy-manifest", self.manifest.encode()),
            (b"x-tuneworthy-interaction", self.id.encode()),
        ]

    def seconds(self) -> float:
        """Time since the request came in."""
        return time.perf_counter() - self.started


def record(
    call: Call,
    runtime: GatewayRuntime,
    status: int,
    answer: Answer,
    first: float | None = None,
    *,
    suffix: str = "",
) -> None:
    """Keep the interaction, then count it. Raises RefusedError (503) when it cannot be kept."""
    seconds = call.seconds()
    row = {
        "id": call.id + suffix,
        "route": call.route.id,
        "manifest": call.manifest,
        "arm": call.arm,
        "sticky_key": call.key.value,
        "sticky": call.key.sticky,
        "created_at": call.created_at,
        "status": status,
        "stream": call.stream,
        "seconds": seconds,
        "first_token_seconds": first,
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "attempt": call.attempt,
        "generation": call.snapshot.generations.get(call.route.id, 0),
        "request": call.raw.decode(),
        "response": answer.text,
        "cut": answer.cut,
        "error": answer.error,
    }
    try:
        runtime.writer.append(_payload(call, runtime, row))
    except Problem as problem:
        raise unrecorded(problem) from problem
    runtime.meters.show(
        Seen(
            call.route.id,
            call.arm,
            status,
            seconds,
            first,
            answer.prompt_tokens,
            answer.completion_tokens,
        )
    )
    if runtime.allowance and status < 500:
        runtime.allowance.spend(call.caller, _cost(call, answer))
    if status not in UNCOUNTED and not call.rescued:
        runtime.count(call.route, call.arm, status, answer.text, call.id)


def _cost(call: Call, answer: Answer) -> int:
    """Tokens of a request and its answer; where the backend does not say, four bytes are one."""
    asked = answer.prompt_tokens or len(call.raw) // BYTES_A_TOKEN
    return asked + (answer.completion_tokens or len(answer.text) // BYTES_A_TOKEN)


def unrecorded(problem: Problem) -> RefusedError:
    """503: what cannot be recorded is not answered. Where keys lie is nobody's business outside."""
    if isinstance(problem, ServeProblem):
        return from_problem(problem, 503)
    log.warning("interactions cannot be sealed: %s %s", problem, problem.fix)
    return RefusedError(
        503,
        "recording_failed",
        "Interactions cannot be sealed now, so none is answered.",
        "Whoever runs the gateway sees the reason in its log.",
    )


def _payload(call: Call, runtime: GatewayRuntime, row: dict[str, Any]) -> bytes:
    if runtime.sealer is None:
        return INTERACTION + orjson.dumps(row)
    return SEALED_INTERACTION + runtime.sealer.interaction(row, call.subject)
