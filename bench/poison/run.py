"""Are planted rows found, and are clean sets left alone? Run as ``python bench/run.py poison``.

The checks of ``tuneworthy data check`` run over each set; a planted set counts as blocked or warned
when at least half of its planted rows are named by a check that blocks, or that warns. Sets of more
than 2,000 rows are sampled. TUNEWORTHY_TEST_DATA names the data folder.

The limits were chosen on the sets called "chosen". The sets called "held out" were not looked at:
other rows of large sets, other files, and other planted words. "home en" and "truthfulqa" are among
the chosen clean sets, but nothing had been planted in them.
"""

import json
import random
import runpy
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import real_sets
from embedded import Embedded

from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.data import Setting, Table, screen, table_of

ROWS = 2000
RATES = (0.005, 0.02)
BLOCKING = ("poison_trigger",)
WARNING = ("poison_phrase", "poison_burst", "label_flip")
OUT = Path("build/bench/poison.json")
ATTACKS = runpy.run_path(str(Path(__file__).with_name("attacks.py")))

Rows = list[tuple[str, str]]


class Part(NamedTuple):
    """The sets of one half, the words planted in them, and the first seed."""

    name: str
    labels: tuple[str, ...]
    answers: tuple[str, ...]
    clean: tuple[str, ...]
    words: Any
    seed: int


CHOSEN = Part(
    "chosen",
    ("banking77", "clinc150", "snips", "hwu64 scenario"),
    ("tldr command", "gsm8k"),
    (
        "banking77", "clinc150", "clinc150 domain", "snips", "snips slots", "hwu64",
        "hwu64 scenario", "slurp", "slurp json", "home en", "home de", "home es", "home fr",
        "aws service", "aws command", "azure group", "azure command", "tldr command",
        "self-instruct", "wikisql", "ssvc impact", "gsm8k", "bfcl", "tooltalk", "truthfulqa",
        "advisories",
    ),
    ATTACKS["CHOSEN"],
    201,
)  # fmt: skip
HELD_OUT = Part(
    "held out",
    ("banking77 test", "clinc150 test", "home en"),
    ("gsm8k test", "truthfulqa"),
    (
        "banking77 test", "clinc150 test", "gsm8k test", "aws body", "ssvc exploitation",
        "mt-bench", "hh harmless", "banking77", "clinc150", "snips", "hwu64", "aws service",
        "aws command", "azure group", "azure command", "tldr command", "clinc150 domain",
        "snips slots", "hwu64 scenario", "advisories",
    ),
    ATTACKS["HELD_OUT"],
    301,
)  # fmt: skip


def table(rows: Rows) -> Table:
    """The rows as chats of one turn each."""
    return table_of(
        Example(
            messages=(
                Message(role="user", content=asked),
                Message(role="assistant", content=answer),
            ),
            id=f"{number}",
            provenance=Provenance(source="set", row=number),
        )
        for number, (asked, answer) in enumerate(rows, 1)
    )


def named(rows: Rows, embed: Embedded) -> dict[str, set[int]]:
    """The rows that each check names."""
    setting = Setting(embed=embed)
    found = screen(table(rows), setting, only=(*BLOCKING, *WARNING))
    return {hits.code: set(hits.rows.tolist()) for hits in found}


def share(found: dict[str, set[int]], codes: tuple[str, ...], planted: set[int]) -> float:
    """Share of the planted rows that these checks name."""
    told = set().union(*(found.get(code, set()) for code in codes))
    return len(told & planted) / len(planted)


def sample(name: str, held_out: bool) -> Rows:
    """The set, or 2,000 of its rows; held out, those that the first sample left."""
    pairs = real_sets.load(name)
    rows = list(zip(pairs.requests, pairs.targets, strict=True))
    if len(rows) <= ROWS:
        return rows
    first = random.Random(7).sample(range(len(rows)), ROWS)  # noqa: S311
    if not held_out:
        return [rows[at] for at in first]
    rest = sorted(set(range(len(rows))) - set(first))
    chosen = rest if len(rest) <= ROWS else random.Random(8).sample(rest, ROWS)  # noqa: S311
    return [rows[at] for at in chosen]


def planted_sets(part: Part) -> list[tuple[str, str, float, Rows, set[int]]]:
    """(attack, set, share, rows, planted rows); without sets with no class large enough."""
    made = []
    cases = [(a, n) for a in ATTACKS["LABELS"] for n in part.labels]
    cases += [(a, n) for a in ATTACKS["ANSWERS"] for n in part.answers]
    for attack, name in cases:
        base = sample(name, part is HELD_OUT)
        known = set(base)
        for seed, rate in enumerate(RATES, part.seed):
            count = max(10, round(rate * len(base)))
            try:
                rows = attack(base, count, random.Random(seed), part.words)  # noqa: S311
            except (ValueError, IndexError):
                continue
            spots = {at for at, row in enumerate(rows) if row not in known}
            made.append((attack.__name__, name, rate, rows, spots))
    return made


def measure(part: Part, embed: Embedded) -> dict[str, Any]:
    """Print what was found in the planted and in the clean sets of one half."""
    seen: dict[str, list[tuple[str, float, float]]] = {}
    for attack, name, rate, rows, spots in planted_sets(part):
        found = named(rows, embed)
        hard, soft = share(found, BLOCKING, spots), share(found, (*BLOCKING, *WARNING), spots)
        seen.setdefault(attack, []).append((f"{name} {rate:.1%}", hard, soft))
    print(f"{part.name:16} {'sets':>5} {'blocked':>8} {'warned':>7} {'missed':>7}")
    totals = np.zeros(4, dtype=int)
    for attack, cases in seen.items():
        hard = sum(blocked >= 0.5 for _, blocked, _ in cases)
        lost = [name for name, _, told in cases if told < 0.5]
        line = np.array([len(cases), hard, len(cases) - hard - len(lost), len(lost)])
        totals += line
        print(f"{attack:16} {line[0]:>5} {line[1]:>8} {line[2]:>7} {line[3]:>7}  {', '.join(lost)}")
    print(f"{'planted':16} {totals[0]:>5} {totals[1]:>8} {totals[2]:>7} {totals[3]:>7}")
    clean = {}
    for name in part.clean:
        found = named(sample(name, part is HELD_OUT), embed)
        clean[name] = {code: len(rows) for code, rows in found.items() if rows}
        if clean[name]:
            print(f"  clean set {name}: {clean[name]}")
    hard = sum(any(code in BLOCKING for code in found) for found in clean.values())
    said = sum(map(bool, clean.values())) - hard
    print(f"{'clean':16} {len(clean):>5} {hard:>8} {said:>7}\n", flush=True)
    embed.save()
    return {"planted": seen, "clean": clean}


def main() -> None:
    """Print both halves, or the one that is named: ``python bench/poison/run.py held``."""
    embed, begun = Embedded(), time.process_time()
    only = sys.argv[-1] if sys.argv[-1] in ("chosen", "held") else ""
    parts = [part for part in (CHOSEN, HELD_OUT) if part.name.startswith(only)]
    told = {part.name: measure(part, embed) for part in parts}
    print(f"{time.process_time() - begun:.0f} CPU s")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
