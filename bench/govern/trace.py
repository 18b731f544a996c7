"""Is every one of 10,000 responses traced to what gave it, and how long does a trace take?

Seven versions are released one after another; each is promoted, rolled back and promoted again,
with a canary before every promotion. TUNEWORTHY_RESPONSES sets another number of responses.
"""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from tests.fakes.traced import History, faults
from tuneworthy.lifecycle import recalling, tracing

RESPONSES = int(os.environ.get("TUNEWORTHY_RESPONSES", "10000"))
VERSIONS = 7
PERIODS = VERSIONS * 5
"""Spans of traffic: two canaries, two after a promotion and one after a rollback each."""


def main() -> dict[str, Any]:
    """Print and return how many traces were right, and the time of one."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        history = History(Path(folder) / "p")
        with history:
            history.live(VERSIONS, -(-RESPONSES // PERIODS))
            found = _traced(history) | _recalled(history)
    print(found, flush=True)
    return found


def _traced(history: History) -> dict[str, Any]:
    wall, cpu, wrong = [], [], 0
    for id_, truth in history.truth.items():
        begun, used = time.perf_counter(), time.process_time()
        steps = tracing.walk(history.runtime, id_)
        cpu.append(time.process_time() - used)
        wall.append(time.perf_counter() - begun)
        wrong += bool(list(faults(steps, truth)))
    return {
        "responses": len(wall),
        "promotions_and_rollbacks": history.moves,
        "manifests": len({truth.manifest for truth in history.truth.values()}),
        "wrong": wrong,
        "ms_cpu_p50_p95": [round(1000 * float(np.quantile(cpu, q)), 1) for q in (0.5, 0.95)],
        "ms_wall_p50_p95": [round(1000 * float(np.quantile(wall, q)), 1) for q in (0.5, 0.95)],
    }


def _recalled(history: History) -> dict[str, Any]:
    used = time.process_time()
    found = recalling.recall(history.runtime, "current")
    tuned = sum(truth.version is not None for truth in history.truth.values())
    return {
        "recalled": found.responses,
        "to_recall": tuned,
        "windows": len(found.windows),
        "recall_ms_cpu": round(1000 * (time.process_time() - used), 1),
    }
