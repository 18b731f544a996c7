"""Are planted rows found, and are clean sets left alone? Run as ``python bench/run.py poison``.

TUNEWORTHY_TEST_DATA names the data folder. Sets of more than 2,000 rows are sampled. The limits in
``triggers`` and ``poison`` were chosen on these sets, planted with other seeds, and on these clean
sets themselves: the planted figures are of new plantings, the clean ones are optimistic.
"""

import json
import random
import runpy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import real_sets
from embedded import Embedded

from tuneworthy.methods import label_noise, neardup, poison
from tuneworthy.methods.out_of_fold import opinions
from tuneworthy.methods.triggers import trigger_rows

ROWS = 2000
RATES = (0.005, 0.02)
BASES = ("banking77", "clinc150", "snips", "hwu64 scenario")
ANSWER_BASES = ("tldr command", "gsm8k")
CLEAN = (
    "banking77", "clinc150", "clinc150 domain", "snips", "snips slots", "hwu64", "hwu64 scenario",
    "slurp", "slurp json", "home en", "home de", "home es", "home fr", "aws service", "aws command",
    "azure group", "azure command", "tldr command", "self-instruct", "wikisql", "ssvc impact",
    "gsm8k", "bfcl", "tooltalk", "truthfulqa", "advisories",
)  # fmt: skip
OUT = Path("build/bench/poison.json")
ATTACKS = runpy.run_path(str(Path(__file__).with_name("attacks.py")))

Rows = list[tuple[str, str]]


def blocks(rows: Rows, embed: Embedded) -> list[str]:
    """What a set is said to hold, a line a finding; those that only warn in brackets."""
    asked, targets = [r for r, _ in rows], [t for _, t in rows]
    vectors = embed(asked)
    labelled = label_noise.looks_like_labels(targets)
    found = []
    groups = neardup.group_similar(asked, 0.7)
    for part in ("whole",) if labelled else ("whole", "head", "tail"):
        labels = poison.shared_targets(targets, part)
        for trigger in trigger_rows(asked, labels, embed):
            line = f"{trigger.kind} {' '.join(trigger.gram)!r} {len(trigger.rows)}"
            found.append(line if trigger.kind == "decides" else f"[{line}]")
        for mark in poison.hidden_marks(asked, labels, 5):
            if mark.pure >= 0.9 and mark.target >= 0:
                found.append(f"hidden {mark.character!r} {len(mark.rows)}")
        found += [f"burst {len(c.rows)}" for c in poison.bursts(groups, labels, vectors)]
    if labelled:
        numbers, names = label_noise.class_numbers(targets)
        kept = np.flatnonzero(numbers >= 0)
        said = opinions(vectors[kept], numbers[kept]).mean
        for flip in poison.flipped_classes(numbers[kept], said):
            pair = f"{names[flip.looks_like]} -> {names[flip.given]}"
            found.append(f"[flip {pair} {len(flip.rows)}]")
    return found


def blocked(found: list[str]) -> bool:
    """Whether anything more than a warning was found."""
    return any(not line.startswith("[") for line in found)


def sample(name: str) -> Rows:
    """The set, or 2,000 of its rows."""
    pairs = real_sets.load(name)
    rows = list(zip(pairs.requests, pairs.targets, strict=True))
    return rows if len(rows) <= ROWS else random.Random(7).sample(rows, ROWS)  # noqa: S311


def planted(attack: Callable[..., Rows], base: Rows, rate: float, seed: int) -> Rows | None:
    """The set with the attack in it; None where the set has no class large enough for it."""
    try:
        return attack(base, max(10, round(rate * len(base))), random.Random(seed))  # noqa: S311
    except (ValueError, IndexError):
        return None


def main() -> None:
    """Print what was found in planted and in clean sets."""
    embed, seen, begun = Embedded(), [], time.process_time()
    cases = [(a, n) for a in ATTACKS["LABELS"] for n in BASES]
    cases += [(a, n) for a in ATTACKS["ANSWERS"] for n in ANSWER_BASES]
    known: dict[str, Any] = {name: blocks(sample(name), embed) for name in {*BASES, *ANSWER_BASES}}
    for attack, name in cases:
        for seed, rate in enumerate(RATES, 201):
            rows = planted(attack, sample(name), rate, seed)
            if rows is not None:
                found = [line for line in blocks(rows, embed) if line not in known[name]]
                seen.append((attack.__name__, name, rate, found))
    print(f"{'attack':18} {'sets':>5} {'blocked':>8} {'warned':>7}  neither")
    for kind in dict.fromkeys(case[0] for case in seen):
        mine = [case for case in seen if case[0] == kind]
        lost = [f"{name} {rate:.1%}" for _, name, rate, found in mine if not found]
        hard = sum(blocked(found) for *_, found in mine)
        soft = len(mine) - hard - len(lost)
        print(f"{kind:18} {len(mine):>5} {hard:>8} {soft:>7}  {', '.join(lost)}")
    clean = {name: blocks(sample(name), embed) for name in CLEAN}
    for name, lines in clean.items():
        if lines:
            print(f"clean set {name}: {'; '.join(lines)}")
    hard, said = sum(map(blocked, clean.values())), sum(map(bool, clean.values()))
    print(f"clean sets: {len(clean)}, blocked {hard}, blocked or warned {said}")
    print(f"{time.process_time() - begun:.0f} CPU s")
    embed.save()
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps({"planted": seen, "clean": clean}, indent=1))


if __name__ == "__main__":
    main()
