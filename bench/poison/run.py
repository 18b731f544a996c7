"""Are planted rows found, and are clean sets left alone? Run as ``python bench/run.py poison``.

The checks of ``tuneworthy data check`` run over each set; a planted set counts as blocked or warned
when at least half of its planted rows are named by a check that blocks, or that warns. Large sets
are sampled. TUNEWORTHY_TEST_DATA names the data folder.

The limits were chosen on the sets called "chosen". The sets called "held out" were not looked at
then: other rows of large sets, other files, and other planted words. "home en" and "truthfulqa" are
among the chosen clean sets, but nothing had been planted in them. Which checks block was decided
when both had been seen; the sets called "fresh" were drawn after that, to measure once.
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

BLOCKING = ("poison_trigger", "poison_burst", "label_flip")
WARNING = ("poison_phrase",)
OUT = Path("build/bench/poison.json")
ATTACKS = runpy.run_path(str(Path(__file__).with_name("attacks.py")))

Rows = list[tuple[str, str]]


class Part(NamedTuple):
    """The sets of one part, the words planted in them, the first seed; how sets are sampled.

    ``rates`` are the shares of planted rows; each set gets ``each`` of them, in turn.
    """

    name: str
    labels: tuple[str, ...]
    answers: tuple[str, ...]
    clean: tuple[str, ...]
    words: Any
    seed: int
    draw: int = 0
    rows: int = 2000
    rates: tuple[float, ...] = (0.005, 0.02)
    each: int = 2


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
    draw=1,
)  # fmt: skip
FRESH = Part(
    "fresh",
    ("clinc150 domain", "hwu64", "home de", "azure group"),
    ("azure command", "wikisql"),
    (
        "banking77", "clinc150", "clinc150 domain", "clinc150 val", "snips", "snips slots",
        "snips validate", "hwu64", "hwu64 scenario", "hwu64 test", "aws service", "aws command",
        "aws body", "azure group", "azure command", "tldr command", "advisories",
        "ssvc automatable", "llmbar", "xstest",
    ),
    ATTACKS["FRESH"],
    401,
    draw=2,
    rows=1000,
    rates=(0.01, 0.02, 0.05),
    each=1,
)  # fmt: skip
PARTS = (CHOSEN, HELD_OUT, FRESH)


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


def sample(name: str, part: Part) -> Rows:
    """The set, or as many of its rows as the part takes: those that earlier parts have left."""
    pairs = real_sets.load(name)
    rows = list(zip(pairs.requests, pairs.targets, strict=True))
    if len(rows) <= part.rows:
        return rows
    left = list(range(len(rows)))
    for earlier in PARTS[: part.draw]:
        if len(left) > earlier.rows:
            left = sorted(set(left) - set(_drawn(left, earlier)))
    return [rows[at] for at in (_drawn(left, part) if len(left) > part.rows else left)]


def _drawn(left: list[int], part: Part) -> list[int]:
    return random.Random(7 + part.draw).sample(left, part.rows)  # noqa: S311


def planted_sets(part: Part) -> list[tuple[str, str, float, Rows, set[int]]]:
    """(attack, set, share, rows, planted rows); without sets with no class large enough."""
    made = []
    cases = [(a, n) for a in ATTACKS["LABELS"] for n in part.labels]
    cases += [(a, n) for a in ATTACKS["ANSWERS"] for n in part.answers]
    for number, (attack, name) in enumerate(cases):
        base = sample(name, part)
        known = set(base)
        for turn in range(part.each):
            at = (number * part.each + turn) % len(part.rates)
            count = max(10, round(part.rates[at] * len(base)))
            try:
                rows = attack(base, count, random.Random(part.seed + at), part.words)  # noqa: S311
            except (ValueError, IndexError):
                continue
            spots = {place for place, row in enumerate(rows) if row not in known}
            made.append((attack.__name__, name, part.rates[at], rows, spots))
    return made


def measure(part: Part, embed: Embedded) -> dict[str, Any]:
    """Print what was found in the planted and in the clean sets of one part."""
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
        found = named(sample(name, part), embed)
        clean[name] = {code: len(rows) for code, rows in found.items() if rows}
        if clean[name]:
            print(f"  clean set {name}: {clean[name]}")
    hard = sum(any(code in BLOCKING for code in found) for found in clean.values())
    said = sum(map(bool, clean.values())) - hard
    print(f"{'clean':16} {len(clean):>5} {hard:>8} {said:>7}\n", flush=True)
    embed.save()
    return {"planted": seen, "clean": clean}


def main() -> None:
    """Print all parts, or the one that is named: ``python bench/poison/run.py held``."""
    embed, begun = Embedded(), time.process_time()
    only = sys.argv[-1] if sys.argv[-1] in ("chosen", "held", "fresh") else ""
    parts = [part for part in PARTS if part.name.startswith(only)]
    told = {part.name: measure(part, embed) for part in parts}
    print(f"{time.process_time() - begun:.0f} CPU s")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
