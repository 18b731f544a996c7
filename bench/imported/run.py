"""Imported tasks against the tools they come from: same model, same rows, case by case.

    TUNEWORTHY_TEST_DATA=DIR python bench/run.py imported

Four tasks as lm-evaluation-harness ships them (their rows are files here, worked examples are
off), two of Inspect and two of OpenAI Evals are run by their own tool and, imported, by
Tuneworthy; three of the harness also score answers that are given to both, without a model. Both
sides compute in float32 and use the model's chat template.
``TUNEWORTHY_LM_EVAL`` and ``TUNEWORTHY_INSPECT`` may name Pythons that have the tools (the second
one also OpenAI Evals); otherwise they are made from the requirements here.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

from scores import compare, line  # noqa: E402
from tasks import write  # noqa: E402

OUT = Path("build/bench/imported")


def main() -> None:
    """Run all sides once; print one line a task as soon as its tool is done."""
    folder = OUT.absolute()
    harness = _python("TUNEWORTHY_LM_EVAL", "lm-eval", [HERE.parent / "evaluate/requirements.txt"])
    other = _python("TUNEWORTHY_INSPECT", "inspect", [HERE / "requirements.txt"])
    tools = write(folder, _tasks_of(harness))
    (folder / "tools.json").write_text(json.dumps(tools), encoding="utf-8")
    stamp = hashlib.sha256(b"".join(p.read_bytes() for p in sorted(folder.glob("*.jsonl"))))
    sides = {"ours": sys.executable, "harness": harness, "inspect_side": other, "evals_side": other}
    rows = compare(folder / "spoken", harness, _tasks_of(harness))
    print(*map(line, rows), sep="\n", flush=True)
    ours: dict[str, Any] = {}
    for side, python in sides.items():
        told = _told(folder / f"{side}-{stamp.hexdigest()[:12]}.json", side, python)
        if side == "ours":
            ours = told
            continue
        found = [_row(name, tools[name], ours[name], theirs) for name, theirs in told.items()]
        print(*map(_line, found), sep="\n", flush=True)
        rows += found
        (OUT.parent / "imported.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")


def _told(out: Path, side: str, python: str) -> dict[str, Any]:
    """What one side says of the very rows; a side that is finished is not run again."""
    if not out.is_file():
        from tuneworthy.adapters import embedded_model_dir

        part = out.with_suffix(".part")
        command = [python, str(HERE / f"{side}.py"), str(embedded_model_dir()), str(out.parent)]
        done = subprocess.run([*command, str(part)], check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{side}: {done.stderr[-2000:]}")
        part.rename(out)
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def _python(variable: str, name: str, requirements: list[Path]) -> str:
    """A Python that has the tool; OpenAI Evals is installed without what it needs elsewhere."""
    if named := os.environ.get(variable):
        return named
    python = OUT.absolute() / f"venv-{name}/bin/python"
    if not python.is_file():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "-q", str(python.parents[1])], check=True)
        install = [*uv, "pip", "install", "-q", "--python", str(python)]
        for path in requirements:
            subprocess.run([*install, "-r", str(path)], check=True)
        if name == "inspect":
            subprocess.run([*install, "-r", str(HERE / "requirements-evals.txt")], check=True)
            subprocess.run([*install, "--no-deps", "evals==3.0.1"], check=True)
    return str(python)


def _tasks_of(python: str) -> Path:
    code = "import importlib.util as u; print(u.find_spec('lm_eval').submodule_search_locations[0])"
    said = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    return Path(said.stdout.strip()) / "tasks"


def _row(name: str, tool: str, ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """How many cases score the same under each metric; a case that one side lacks is told."""
    places = {case: place for place, case in enumerate(theirs["cases"])}
    common = [(n, places[case]) for n, case in enumerate(ours["cases"]) if case in places]
    scores = []
    for one, other in zip(ours["scores"], theirs["scores"], strict=True):
        pairs = [(one[n], other[m]) for n, m in common]
        odd = [ours["cases"][n] for n, m in common if one[n] != other[m]]
        right = [sum(side) for side in zip(*pairs, strict=True)]
        scores.append({"ours": right[0], "theirs": right[1], "odd": odd})
    answers = [(ours["answers"][n], theirs["answers"][m]) for n, m in common]
    texts = [pair for pair in answers if isinstance(pair[0], str)]
    return {
        "task": name,
        "tool": tool,
        "n": len(common),
        "theirs_n": len(places),
        "dropped": ours["dropped"],
        "scores": scores,
        # A stop text ends their answer; ours goes on, and is cut when it is scored.
        "same_answers": sum(one.startswith(other) for one, other in texts) if texts else None,
        "largest_difference": max(
            (abs(a - b) for one, other in answers for a, b in zip(one, other, strict=True)),
            default=None,
        )
        if not texts
        else None,
    }


def _line(row: dict[str, Any]) -> str:
    n = row["n"]
    scores = "; ".join(
        f"right {one['ours']:g} and {one['theirs']:g}, equal in {n - len(one['odd'])} of {n}"
        + (f" (not {', '.join(one['odd'][:5])})" if one["odd"] else "")
        for one in row["scores"]
    )
    said = (
        f"answers the same: {row['same_answers']} of {n}"
        if row["same_answers"] is not None
        else f"log-probabilities within {row['largest_difference']:.2g}"
    )
    left = f"; {len(row['dropped'])} rows left out: {row['dropped'][0]}" if row["dropped"] else ""
    return f"{row['tool']} {row['task']}: {scores}; {said}{left}"


if __name__ == "__main__":
    main()
