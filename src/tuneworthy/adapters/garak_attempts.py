"""The attempts of a garak report one by one, checked against what the report counts itself.

A report is JSON Lines; an entry ``attempt`` of status 2 has the prompt, the answers and each
detector's scores (garak 0.9 to 0.17; ``garak/attempt.py`` and ``garak/evaluators/base.py`` there).
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tuneworthy.adapters.garak import damaged, read
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.nouns.red_team import Attempt

DONE = 2
THRESHOLD = 0.5
"""A detector's score from which an answer is a hit, where the report names no other."""


def read_attempts(report: Path) -> tuple[str, list[Attempt]]:
    """Garak's version, and each answer as an attempt; through when any detector was hit.

    Raises ModelProblem for a report that is damaged, was cut short, or counts otherwise than its
    attempts say.
    """
    told = read(report)
    attempts: list[Attempt] = []
    hits: Counter[tuple[str, str]] = Counter()
    threshold = THRESHOLD
    try:
        for line in report.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            threshold = float(entry.get("run.eval_threshold") or threshold)
            if entry.get("entry_type") == "attempt" and entry.get("status") == DONE:
                attempts += _attempts(entry, threshold, hits)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ValidationError) as fault:
        raise damaged(report, f"{type(fault).__name__}: {fault}") from fault
    counted = {key: found for key, (found, _) in told.hits.items() if found}
    if counted != dict(hits):
        odd = next(iter(sorted(set(counted.items()) ^ set(hits.items()))))
        raise damaged(report, f"Its attempts and its sums differ: {odd[0][0]} under {odd[0][1]}.")
    if not attempts:
        raise damaged(report, "It holds no finished attempt.")
    return told.version, attempts


def _attempts(
    entry: Mapping[str, Any], threshold: float, hits: Counter[tuple[str, str]]
) -> Iterator[Attempt]:
    probe = str(entry["probe_classname"])
    messages = tuple(_messages(entry["prompt"]))
    detected = {
        name: [score is not None and float(score) >= threshold for score in scores]
        for name, scores in entry["detector_results"].items()
    }
    for name, found in detected.items():
        if any(found):
            hits[probe, name] += sum(found)
    for place, output in enumerate(entry["outputs"]):
        if output is None:
            continue
        yield Attempt(
            id=f"{entry['uuid']}-{place}",
            category=probe,
            messages=messages,
            output=_said(output),
            through=any(found[place] for found in detected.values()),
        )


def _messages(prompt: Any) -> Iterator[Message]:
    """A text by itself, or turns whose content is a text with what belongs to it."""
    turns = [{"role": "user", "content": prompt}]
    if not isinstance(prompt, str):
        turns = prompt["turns"]
    for turn in turns:
        yield Message(role=turn["role"], content=_said(turn["content"]))


def _said(content: Any) -> str:
    return content if isinstance(content, str) else str(content["text"] or "")
