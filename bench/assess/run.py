"""What does an assessment cost on a large record? CPU of score, decide and the whole command.

The record: a built dataset of 10,000 examples and 2,000 pieces of evidence, nothing measured anew.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import tuneworthy
from tuneworthy.lifecycle import assessing, ceiling, datasets
from tuneworthy.lifecycle.wiring import Runtime, open_runtime

EXAMPLES = 10_000
EVIDENCE = 2_000
RUNS = 7
LIMIT_SECONDS = 2.0
"""What the whole command may take, in CPU seconds."""

OUT = Path("build/bench/assess.json")
WORDS = ("order", "parcel", "lock", "train", "bread", "boat", "tool", "bird", "lamp", "chair")


def make_project(folder: Path) -> None:
    """An empty project over EXAMPLES rows that are no near-duplicates of each other."""
    tuneworthy.init(folder)
    settings = folder / "tuneworthy.yaml"
    text = settings.read_text(encoding="utf-8").replace('licence: ""  ', "licence: MIT")
    text = text.replace('legal_basis: ""  ', "legal_basis: contract")
    settings.write_text(text, encoding="utf-8")
    with (folder / "data" / "train.jsonl").open("w", encoding="utf-8") as file:
        for n in range(EXAMPLES):
            word = WORDS[n % len(WORDS)]
            request = f"{n * 7919 % 99991} {word} {n * 104729 % 99989} near {n * 31 % 9973}"
            file.write(json.dumps({"request": request, "target": word}) + "\n")


def fill(runtime: Runtime) -> int:
    """Build the dataset, freeze the suite, and write evidence until there are EVIDENCE pieces."""
    version = datasets.build(runtime)
    suite, _ = ceiling.freeze(runtime)
    assessing.decide(runtime)
    there = len(runtime.evidence())
    claims = [
        runtime.claim(
            ("ceiling.arm", "monitor.heartbeat", "rollout.rollback_drill", "train.run")[n % 4],
            [suite.id, version.id],
            {
                "name": f"arm {n}",
                "kind": "few_shot",
                "score": 0.5,
                "low": 0.4,
                "high": 0.6,
                "n": suite.n,
                "model": "m",
                "prompt": f"p{n}",
                "valid_share": 1.0,
                "cpu_seconds": 1.0,
                "at": str(n),
                "restored": True,
            },
        )
        for n in range(EVIDENCE - there)
    ]
    # One event each, as in real life: what no event names would not count.
    runtime.record(*claims)
    there = len(runtime.evidence())
    if there < EVIDENCE:
        raise SystemExit(f"only {there} pieces of evidence count, {EVIDENCE} were wanted")
    return there


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of this process for one piece of work."""
    started = time.process_time()
    work()
    return time.process_time() - started


def command_cpu(folder: Path) -> float:
    """CPU seconds of ``tuneworthy assess --json`` in a process of its own.

    Its modules are compiled once for all runs, as an installed package's are.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder.parent / "compiled")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "tuneworthy", "-C", str(folder), "assess", "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Time each part in turn, round by round, and print medians with their spread."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        make_project(folder)
        runtime = open_runtime(folder)
        pieces = fill(runtime)
        rows = datasets.current(runtime).rows_out
        seen: dict[str, list[float]] = {"score": [], "decide": [], "tuneworthy assess": []}
        command_cpu(folder)
        for _ in range(RUNS):
            seen["score"].append(cpu(lambda: assessing.scorecard(runtime)))
            seen["decide"].append(cpu(lambda: assessing.decide(runtime)))
            seen["tuneworthy assess"].append(command_cpu(folder))
        runtime.close()
    print(f"{rows:,} examples, {pieces:,} pieces of evidence")
    found: dict[str, object] = {"examples": rows, "evidence": pieces, "limit_s": LIMIT_SECONDS}
    for name, times in seen.items():
        middle = statistics.median(times)
        spread = f"{min(times):.2f} to {max(times):.2f}"
        print(f"{name:20} {middle:6.2f} s CPU  ({spread}, n = {RUNS})")
        found[name] = {"n": RUNS, "cpu_s_min": min(times), "cpu_s_median": middle}
    within = max(seen["tuneworthy assess"]) <= LIMIT_SECONDS
    found["within_limit"] = within
    print(f"limit {LIMIT_SECONDS:g} s CPU for the command: {'kept' if within else 'EXCEEDED'}")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
