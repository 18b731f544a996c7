"""Judging against lm-evaluation-harness: the same model, cases and chat template on both sides.

    TUNEWORTHY_TEST_DATA=DIR python bench/run.py evaluate

200 tool calls are generated (at most 32 tokens, greedy) and 200 TruthfulQA questions are answered
by the likeliest choice. Both sides compute in float32 with two threads, so that answers can be
compared to the last case; each is a process of its own, in turn, ``ROUNDS`` times. Seconds are of
judging alone, from the loaded model to the scores. ``TUNEWORTHY_LM_EVAL`` may name a Python that
has the harness; otherwise one is made from ``requirements.txt`` here.
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


def main() -> None:
    """Run both sides in turn; print speeds with their ratios, and how many scores are equal."""
    from tuneworthy.adapters import embedded_model_dir

    OUT.mkdir(parents=True, exist_ok=True)
    sizes = write(OUT.absolute())
    sides = {"ours": sys.executable, "peer": _peer()}
    seen: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
    for number in range(ROUNDS):
        for side, python in sides.items():
            out = OUT.absolute() / f"{side}.json"
            command = [python, str(HERE / f"{side}.py"), str(embedded_model_dir())]
            done = subprocess.run(
                [*command, str(OUT.absolute()), str(out)],
                check=False,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                sys.exit(f"{side}: {done.stderr[-2000:]}")
            seen[side].append(json.loads(out.read_text(encoding="utf-8")))
        # After every round, so that a run that is stopped has said something.
        rows = [_row(task, seen, sizes[task]) for task in TASKS]
        print(f"after round {number + 1}:", *map(_line, rows), sep="\n", flush=True)
        (OUT.parent / "evaluate.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")


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


def _row(task: str, seen: dict[str, list[dict[str, Any]]], size: int) -> dict[str, Any]:
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
