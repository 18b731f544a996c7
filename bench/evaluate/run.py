"""Judging against lm-evaluation-harness: the same model, cases and chat template on both sides.

    TUNEWORTHY_TEST_DATA=DIR python bench/run.py evaluate

200 tool calls are generated (at most 32 tokens, greedy) and 200 TruthfulQA questions are answered
by the likeliest choice, in two ways. ``exact``: both sides compute in float32, so that answers can
be compared to the last case. ``default``: each side in the number format that it takes by itself
(the harness with ``dtype=auto``). Both sides have two threads; each is a process of its own, in
turn, ``ROUNDS`` times. Seconds are of judging alone, from the loaded model to the scores.
``TUNEWORTHY_LM_EVAL`` may name a Python that has the harness; otherwise one is made from
``requirements.txt`` here. ``TUNEWORTHY_BENCH_WAYS=exact`` leaves the second way out;
``TUNEWORTHY_BENCH_CASES`` takes fewer cases of each task.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

from cases import write  # noqa: E402

OUT = Path("build/bench/evaluate")
ROUNDS = int(os.environ.get("TUNEWORTHY_BENCH_ROUNDS", "3"))
TASKS = ("generated", "choices")
WAYS = os.environ.get("TUNEWORTHY_BENCH_WAYS", "exact default").split()
Seen = dict[str, list[dict[str, Any]]]


def main() -> None:
    """Run both sides in turn; print speeds with their ratios, and how many scores are equal."""
    from tuneworthy.adapters import embedded_model_dir

    OUT.mkdir(parents=True, exist_ok=True)
    sizes = write(OUT.absolute())
    sides = {"ours": sys.executable, "peer": _peer()}
    seen: dict[str, Seen] = {way: {side: [] for side in sides} for way in WAYS}
    for number in range(ROUNDS):
        for way in WAYS:
            for side, python in sides.items():
                seen[way][side].append(_judged(side, python, embedded_model_dir(), way))
        # After every round, so that a run that is stopped has said something.
        found = {way: [_row(task, seen[way], sizes[task]) for task in TASKS] for way in WAYS}
        print(f"after round {number + 1}:", flush=True)
        for way, rows in found.items():
            formats = [seen[way][side][0]["dtype"] for side in sides]
            print(f"{way}: {formats[0]} against {formats[1]}, {_together(seen[way])}")
            print(*map(_line, rows), sep="\n", flush=True)
        (OUT.parent / "evaluate.json").write_text(json.dumps(found, indent=1), encoding="utf-8")


def _judged(side: str, python: str, base: Path, way: str) -> dict[str, Any]:
    """What one side answered, in a process of its own."""
    out = OUT.absolute() / f"{side}.json"
    command = [python, HERE / f"{side}.py", base, OUT.absolute(), out, way]
    done = subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{side}: {done.stderr[-2000:]}")
    return dict(json.loads(out.read_text(encoding="utf-8")))


def _peer() -> str:
    if named := os.environ.get("TUNEWORTHY_LM_EVAL"):
        return named
    python = OUT.absolute() / "venv/bin/python"
    if not python.is_file():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "-q", str(python.parents[1])], check=True)
        install = [*uv, "pip", "install", "-q", "--python", str(python)]
        subprocess.run([*install, "-r", str(HERE / "requirements.txt")], check=True)
    return str(python)


def _together(seen: Seen) -> str:
    """Both tasks' wall times added, as a ratio."""
    sums = {
        side: [sum(one[task]["wall"] for task in TASKS) for one in rounds]
        for side, rounds in seen.items()
    }
    ratio = statistics.median(
        one / other for one, other in zip(sums["ours"], sums["peer"], strict=True)
    )
    return f"both tasks together: wall ratio {ratio:.2f}"


def _row(task: str, seen: Seen, size: int) -> dict[str, Any]:
    pairs = list(zip(seen["ours"], seen["peer"], strict=True))
    ours, peer = (seen[side][0][task] for side in ("ours", "peer"))
    row: dict[str, Any] = {"task": task, "n": size, "rounds": len(pairs)}
    for clock in ("cpu", "wall"):
        ratios = [one[task][clock] / other[task][clock] for one, other in pairs]
        row[clock] = {
            "ours": statistics.median(one[task][clock] for one, _ in pairs),
            "peer": statistics.median(other[task][clock] for _, other in pairs),
            "ratio": statistics.median(ratios),
            "low": min(ratios),
            "high": max(ratios),
        }
    row["scores"] = {
        name: {
            "ours": sum(ours["scores"][name]) / size,
            "peer": sum(peer["scores"][name]) / size,
            "equal": sum(map(_equal, ours["scores"][name], peer["scores"][name])),
        }
        for name in ours["scores"]
    }
    if task == "generated":
        row["same_answers"] = sum(map(_equal, ours["answers"], peer["answers"]))
    else:
        row["largest_difference"] = max(
            abs(a - b)
            for one, other in zip(ours["answers"], peer["answers"], strict=True)
            for a, b in zip(one, other, strict=True)
        )
    return row


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other)


def _line(row: dict[str, Any]) -> str:
    cpu, wall = row["cpu"], row["wall"]
    scores = "; ".join(
        f"{name} {s['ours']:.3f} and {s['peer']:.3f}, equal in {s['equal']} of {row['n']}"
        for name, s in row["scores"].items()
    )
    more = (
        f"answers equal to the letter: {row['same_answers']} of {row['n']}"
        if "same_answers" in row
        else f"largest difference of a log-probability: {row['largest_difference']:.2g}"
    )
    return (
        f"{row['task']}: CPU {cpu['ours']:.1f} s against {cpu['peer']:.1f} s, ratio "
        f"{cpu['ratio']:.2f} ({cpu['low']:.2f} to {cpu['high']:.2f}); wall {wall['ours']:.1f} s "
        f"against {wall['peer']:.1f} s, ratio {wall['ratio']:.2f} ({wall['low']:.2f} to "
        f"{wall['high']:.2f}); n = {row['rounds']} rounds\n  {scores}\n  {more}"
    )


if __name__ == "__main__":
    main()
