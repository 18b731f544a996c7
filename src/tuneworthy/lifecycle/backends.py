"""One model server a manifest: a process of its own, which proves its weights first."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from tuneworthy.core.errors import ConfigProblem, IntegrityProblem, ModelProblem
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.serving import ServingManifest
from tuneworthy.lifecycle import training
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest, short

REFUSED = 3
"""Exit code of a model server whose weights are not what they should be."""


@dataclass(frozen=True)
class Address:
    """Where a manifest's model answers: an OpenAI-compatible URL and the model's name there."""

    url: str
    model: str


class Backends:
    """Starts, remembers and stops the model servers of this process."""

    def __init__(self, runtime: Runtime, threads: int | None = None) -> None:
        self._runtime = runtime
        self._threads = threads or max(1, (os.cpu_count() or 2) // 2)
        self._running: dict[str, tuple[subprocess.Popen[str], Address]] = {}
        self._lock = threading.Lock()

    def address(self, manifest: ServingManifest) -> Address:
        """Where the manifest's model answers; the server is started when there is none.

        Raises IntegrityProblem when the loaded weights are not what the manifest names,
        ModelProblem when the server does not come up.
        """
        with self._lock:
            known = self._running.get(manifest.id)
            if known and known[0].poll() is None:
                return known[1]
            started = self._start(manifest)
            self._running[manifest.id] = started
            return started[1]

    def keep_only(self, manifests: set[str]) -> None:
        """Stop the servers of manifests that no route uses any more."""
        with self._lock:
            for id_ in [id_ for id_ in self._running if id_ not in manifests]:
                _stop(self._running.pop(id_)[0])

    def known(self) -> dict[str, Address]:
        """The addresses given out so far, also of servers that have died since."""
        with self._lock:
            return {id_: address for id_, (_, address) in self._running.items()}

    def forget(self, manifest_id: str) -> None:
        """Stop a server; the next time its manifest is wanted a new one is started."""
        with self._lock:
            found = self._running.pop(manifest_id, None)
        if found:
            _stop(found[0])

    def dead(self) -> set[str]:
        """The manifests whose server has ended by itself."""
        with self._lock:
            return {
                id_ for id_, (process, _) in self._running.items() if process.poll() is not None
            }

    def pid(self, manifest_id: str) -> int | None:
        """The process that answers for a manifest."""
        with self._lock:
            found = self._running.get(manifest_id)
            return found[0].pid if found else None

    def close(self) -> None:
        """Stop every server."""
        self.keep_only(set())

    def _start(self, manifest: ServingManifest) -> tuple[subprocess.Popen[str], Address]:
        runtime = self._runtime
        log = runtime.state / "log"
        log.mkdir(exist_ok=True)
        errors = log / f"model-{short(manifest.id)}.log"
        with errors.open("w", encoding="utf-8") as sink:
            process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                self._command(manifest),
                stdout=subprocess.PIPE,
                stderr=sink,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": str(self._threads)},
            )
        line = process.stdout.readline() if process.stdout else ""
        try:
            port = int(json.loads(line)["port"])
        except (ValueError, KeyError) as fault:
            raise self._refusal(manifest, process, errors) from fault
        return process, Address(url=f"http://127.0.0.1:{port}/v1", model=manifest.version)

    def _command(self, manifest: ServingManifest) -> list[str]:
        command = [
            sys.executable,
            "-m",
            "tuneworthy.adapters.model_server",
            *("--base", str(self._runtime.base_path)),
            *("--name", manifest.version),
            *("--port", "0"),
            *("--threads", str(self._threads)),
            *("--expect-digest", _weights(manifest)),
            *("--template", manifest.template),
            "--with-parent",
        ]
        if manifest.adapter:
            version = self._runtime.store.get(ModelVersion, manifest.version)
            if version is None:
                raise ConfigProblem("no_version", f"{manifest.version} is not in the store.")
            command += ["--adapter", str(training.adapter_folder(self._runtime, version))]
        return command

    def _refusal(
        self, manifest: ServingManifest, process: subprocess.Popen[str], errors: Path
    ) -> Exception:
        code = process.wait()
        _stop(process)
        tail = errors.read_text(encoding="utf-8").strip().splitlines()[-1:] or ["no message"]
        if code == REFUSED:
            return IntegrityProblem(
                "not_what_was_approved",
                f"The weights of {manifest.version} are not what its manifest names.",
                why=_message(tail[0]),
                fix="Put base model and blobs back as they were, or: tuneworthy serve rollback",
            )
        return ModelProblem(
            "model_server_down",
            f"The model server of {manifest.version} did not come up (exit {code}).",
            why=_message(tail[0]),
            fix=f"The whole log is in {errors}",
        )


def _weights(manifest: ServingManifest) -> str:
    """The digest that the server's weights must have: the base's, or that of base and adapter."""
    return digest([manifest.base, manifest.adapter]) if manifest.adapter else manifest.base


def _message(line: str) -> str:
    with contextlib.suppress(ValueError, AttributeError):
        said = json.loads(line)
        return str(said.get("message") or said.get("reason") or said.get("error") or line)
    return line


def _stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout:
        process.stdout.close()
