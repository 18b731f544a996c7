"""An OpenAI-compatible HTTP server around one local model, in a process of its own.

``python -m tuneworthy.adapters.model_server --base DIR [--adapter DIR] --name NAME``

It proves its weights before it listens: a digest, template or adapter that is not the expected one
ends it with exit code 3 and one JSON line on stderr. With an adapter, the model ``base`` answers
from the same process with the adapter off, so that a control and a canary share one copy.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NoReturn

from aiohttp import web

from tuneworthy.adapters.batching import Batcher
from tuneworthy.adapters.chat_completions import ChatCompletions
from tuneworthy.adapters.local_model import TransformersModel
from tuneworthy.core.errors import IntegrityProblem, Problem, ServeProblem
from tuneworthy.core.nouns.run import WeightsProof
from tuneworthy.methods.here import is_own

BASE = "base"
HOST = "127.0.0.1"
_PARENT_CHECK_SECONDS = 1.0


def main(arguments: list[str] | None = None) -> int:
    """Load, prove, listen. Returns the exit code."""
    options = _options(arguments)
    try:
        model, proof = _proven(options)
        listener = _listener(options.port)
    except Problem as problem:
        sys.stderr.write(json.dumps(problem.to_dict()) + "\n")
        return problem.exit_code
    asyncio.run(_serve(model, proof, options.name, listener, options.with_parent))
    return 0


def application(model: TransformersModel, proof: WeightsProof, name: str, batcher: Batcher) -> Any:
    """The web application: health, models, chat completions."""
    names = {name: True, BASE: False} if proof.adapter else {name: False, BASE: False}
    digests = {BASE: model.base_digest, name: model.digest}

    async def health(_: web.Request) -> web.Response:
        return web.json_response(
            {
                "name": name,
                "digest": model.digest,
                "waiting": batcher.waiting,
                "proof": proof.model_dump(mode="json"),
            }
        )

    async def models(_: web.Request) -> web.Response:
        rows = [
            {"id": each, "object": "model", "created": 0, "owned_by": "tuneworthy"}
            for each in names
        ]
        return web.json_response({"object": "list", "data": rows})

    app = web.Application(client_max_size=4 * 2**20, middlewares=[_own_alone])
    app.add_routes(
        [
            web.get("/health", health),
            web.get("/v1/models", models),
            web.post("/v1/chat/completions", ChatCompletions(batcher, names, digests).handle),
        ]
    )
    return app


@web.middleware
async def _own_alone(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer this machine's own programs, and no page of the web that a browser shows here."""
    if all(
        is_own(host, request.headers.get("Origin", ""))
        for host in request.headers.getall("Host", [""])
    ):
        return await handler(request)
    said = f"This model server answers only as {HOST}, and no page of another site."
    error = {"message": said, "type": "permission_error", "code": "foreign_page"}
    return web.json_response({"error": error}, status=403)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tuneworthy.adapters.model_server")
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--port", type=int, default=0, help="0 chooses a free one")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--expect-digest", default="", help="digest of base, or base + adapter")
    parser.add_argument("--template", default="", help="expected digest of the chat template")
    parser.add_argument("--with-parent", action="store_true", help="end when the parent ends")
    options = parser.parse_args(arguments)
    if options.name == BASE and options.adapter:
        parser.error(f"the name {BASE!r} is kept for the model without its adapter")
    return options


def _proven(options: argparse.Namespace) -> tuple[TransformersModel, WeightsProof]:
    model = TransformersModel(options.base, options.adapter, options.threads)
    if options.expect_digest and options.expect_digest != model.digest:
        raise IntegrityProblem(
            "wrong_weights",
            f"The weights are {model.digest}, expected were {options.expect_digest}.",
            why="Files were changed or exchanged after they were approved.",
            fix="Restore the approved files, or approve these.",
        )
    proof = model.prove(options.adapter, options.template or model.template_digest)
    if not proof.passed:
        raise IntegrityProblem(
            "proof_failed",
            f"The loaded model is not the one to serve: {proof.reason}",
            fix="Restore the approved files, or approve these.",
        )
    return model, proof


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as fault:
        listener.close()
        raise ServeProblem(
            "port_taken",
            f"Port {port} on {HOST} cannot be used: {fault.strerror}.",
            fix="Choose another port, or 0 for any free one.",
        ) from fault
    return listener


async def _serve(
    model: TransformersModel,
    proof: WeightsProof,
    name: str,
    listener: socket.socket,
    with_parent: bool,
) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _end)
    app = application(model, proof, name, Batcher(model, loop))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    port = listener.getsockname()[1]
    sys.stdout.write(json.dumps({"ready": True, "port": port, "digest": model.digest}) + "\n")
    sys.stdout.flush()
    parent = os.getppid()
    while not with_parent or os.getppid() == parent:  # noqa: ASYNC110 - the kernel has no event
        await asyncio.sleep(_PARENT_CHECK_SECONDS)
    _end()


def _end() -> NoReturn:
    """End at once: nothing here needs saving, and a batch in progress may take seconds."""
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
