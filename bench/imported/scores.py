"""Imported metrics against the harness's own, over the same given answers; no model is asked."""

import json
import subprocess
from pathlib import Path
from typing import Any

import spoken
import yaml
from tasks import read

HERE = Path(__file__).resolve().parent


def compare(out: Path, python: str, harness: Path) -> list[dict[str, Any]]:
    """How many rows of each task score the same, under each of its filters."""
    spoken.write(out, harness)
    theirs = out / "theirs.json"
    command = [python, str(HERE / "harness_spoken.py"), str(out), str(theirs)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    told = json.loads(theirs.read_text(encoding="utf-8"))
    return [_row(out, name, scores) for name, scores in told.items()]


def _row(out: Path, name: str, theirs: list[list[float]]) -> dict[str, Any]:
    import tuneworthy
    from tuneworthy.core.nouns.suite import Case
    from tuneworthy.core.nouns.suite_file import SuiteFile
    from tuneworthy.evaluate import mark_of, metric_of

    place = out / "suites" / f"{name}.yaml"
    for old in (place, place.with_suffix(".jsonl")):
        old.unlink(missing_ok=True)
    tuneworthy.import_suite(out / f"{name}.yaml", "lm-eval", place)
    file = SuiteFile.model_validate(yaml.safe_load(place.read_text(encoding="utf-8")))
    answers = json.loads((out / f"{name}.answers.json").read_text(encoding="utf-8"))
    cases = [Case.model_validate(row) for row in read(place.with_suffix(".jsonl"))]
    numbers = [int(case.id.rpartition("-")[2]) - 1 for case in cases]
    scores = []
    for settings, other in zip(file.metrics, theirs, strict=True):
        metric = metric_of(settings)
        pairs = [
            (mark_of(answers[number], case, metric).score, other[number])
            for number, case in zip(numbers, cases, strict=True)
        ]
        odd = [number for number, (one, two) in zip(numbers, pairs, strict=True) if one != two]
        right = [sum(side) for side in zip(*pairs, strict=True)]
        scores.append({"ours": right[0], "theirs": right[1], "odd": odd})
    return {"task": name, "n": len(cases), "rows": len(answers), "scores": scores}


def line(row: dict[str, Any]) -> str:
    """One task in words."""
    n = row["n"]
    told = "; ".join(
        f"right {one['ours']:g} and {one['theirs']:g}, equal in {n - len(one['odd'])} of {n}"
        for one in row["scores"]
    )
    return f"given answers, {row['task']} ({row['rows']} rows): {told}"
