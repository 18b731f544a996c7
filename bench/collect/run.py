"""Collecting production answers: how much the patterns flag, and how long choosing takes.

``TUNEWORTHY_TEST_DATA=FOLDER python bench/collect/run.py``. Flags are counted on public injection
strings (BastionCorpus; the half that no pattern was written from, and the other) and on ordinary
texts. Choosing is timed over interactions made from the ordinary texts, in CPU seconds.
"""

import csv
import hashlib
import json
import os
import statistics
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tuneworthy.core.nouns.collecting import CollectSettings
from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.data.collect import collect
from tuneworthy.methods.instructions import find_instructions

OUT = Path("build/bench/collect.json")
ROUNDS = 5


def injections(folder: Path) -> dict[str, tuple[int, int]]:
    """Flagged and all, by half and label. Which half a text is in, its sha256 says."""
    found: dict[str, tuple[int, int]] = {}
    for line in (folder / "bastioncorpus/injections.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        unseen = hashlib.sha256(row["text"].encode()).digest()[0] % 2
        language = "English" if row["lang"] == "en" else "other languages"
        name = f"{'unseen' if unseen else 'seen'} half, {row['label']}, {language}"
        flagged, count = found.get(name, (0, 0))
        found[name] = (flagged + bool(find_instructions(row["text"])), count + 1)
    return found


def ordinary(folder: Path) -> dict[str, list[str]]:
    """Texts in which nobody attacks anything."""
    clinc = json.loads((folder / "clinc150/data_full.json").read_text("utf-8"))
    texts = {"clinc150": [row[0] for part in clinc.values() for row in part]}
    with (folder / "banking77/train.csv").open(encoding="utf-8") as file:
        texts["banking77"] = [row[0] for row in csv.reader(file)][1:]
    for name in ("seed_tasks", "user_oriented_instructions"):
        path = folder / f"self-instruct-human/{name}.jsonl"
        texts[name] = list(_instructed(path.read_text("utf-8").splitlines()))
    return texts


def _instructed(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        row: dict[str, Any] = json.loads(line)
        parts = [row["instruction"]]
        parts += [text for one in row["instances"] for text in (one["input"], one["output"])]
        yield from filter(None, parts)


def choosing(texts: list[str]) -> tuple[float, int, dict[str, int]]:
    """CPU seconds of one collecting over these requests, the chosen, and the others by code."""
    stamp = "2026-03-01T00:00:00+00:00"
    facts: dict[str, Any] = {
        "route": "r", "manifest": "m", "arm": "production", "sticky_key": "", "sticky": False,
        "created_at": stamp, "status": 200, "stream": False, "seconds": 0.1, "response": "Yes.",
    }  # fmt: skip
    rows = [
        Interaction(
            **facts, id=f"i{at}",
            request=json.dumps({"messages": [{"role": "user", "content": text}]}),
        )
        for at, text in enumerate(texts)
    ]  # fmt: skip
    words = [
        Feedback(id=f"f{at}", interaction=f"i{at}", score=1, source="user", created_at=stamp)
        for at in range(len(texts))
    ]
    started = time.process_time()
    found = collect(rows, words, CollectSettings(legal_basis="contract"))
    return time.process_time() - started, len(found.candidates), found.dropped


def main() -> None:
    """Print the figures and write them down."""
    named = os.environ.get("TUNEWORTHY_TEST_DATA")
    if not named:
        print("TUNEWORTHY_TEST_DATA names no folder with the public sets; nothing was run.")
        return
    folder = Path(named)
    told: dict[str, Any] = {"injections": injections(folder), "ordinary": {}}
    for name, (flagged, count) in sorted(told["injections"].items()):
        print(f"injections, {name:40} {flagged}/{count} flagged")
    texts = ordinary(folder)
    for name, some in texts.items():
        flagged = sum(bool(find_instructions(text)) for text in some)
        told["ordinary"][name] = (flagged, len(some))
        print(f"ordinary, {name:42} {flagged}/{len(some)} flagged ({flagged / len(some):.2%})")
    rows = texts["clinc150"]
    runs = [choosing(rows) for _ in range(ROUNDS)]
    rates = [len(rows) / seconds for seconds, _, _ in runs]
    told["choosing"] = {"rows": len(rows), "per_cpu_second": rates, "dropped": runs[0][2]}
    print(
        f"choosing among {len(rows)} rated answers: {statistics.median(rates):.0f} a CPU second "
        f"({min(rates):.0f} to {max(rates):.0f}, n = {ROUNDS}); {runs[0][1]} chosen, "
        f"dropped {runs[0][2]}"
    )
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(told, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
