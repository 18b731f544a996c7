"""Are planted rows found, and are clean sets left alone? Run as ``python bench/run.py poison``.

The checks of ``tuneworthy data check`` run over each set; a planted set counts as blocked or warned
when at least half of its planted rows are named by a check that blocks, or that warns. Large sets
are sampled. TUNEWORTHY_TEST_DATA names the data folder.

The limits were chosen on the sets called "chosen". The sets called "held out" were not looked at
then: other rows of large sets, other files, and other planted words. "home en" and "truthfulqa" are
among the chosen clean sets, but nothing had been planted in them. Which checks block was decided
when both had been seen; the sets called "fresh" were drawn after that, to measure once. What is
said of origins was chosen on the sets called "chosen"; the sets called "last" were drawn then, with
new words and two attacks that were not there before. They showed that origins were not looked at
where some targets are rare, and that one clean set made of templates was blocked. Both were mended,
and the sets called "final" were drawn after that, to measure once.

Planted rows come from somewhere. Three ways are measured apart: the planter holds ``one`` source of
five; the rows are ``spread`` over all five; they are spread, but were ``added`` since a version
without them, with a fifth of the honest rows. Clean sets get sources that are ``even``, and sources
with a ``topic`` of their own (four fifths of a source's rows are of one of five clusters).
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
from tuneworthy.data import Setting, screen, table_of
from tuneworthy.data.examine import key_of

BLOCKING = ("poison_trigger", "poison_burst", "label_flip", "poison_origin")
WARNING = ("poison_phrase",)
OUT = Path("build/bench/poison.json")
ATTACKS = runpy.run_path(str(Path(__file__).with_name("attacks.py")))

Rows = list[tuple[str, str]]
SOURCES = (0.35, 0.25, 0.20, 0.12, 0.08)
"""Shares of five sources; the planter holds one of the last three."""
NEW = 0.2
"""Share of the honest rows that the version added."""
WAYS = ("one", "spread", "added")


class Origin(NamedTuple):
    """Source of each row, and keys of the rows that an earlier version had."""

    sources: list[str]
    before: frozenset[bytes] | None = None


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
    attacks: tuple[Any, ...] = ATTACKS["LABELS"]


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
LAST = Part(
    "last",
    ("slurp", "hwu64 test", "banking77", "clinc150 val", "aws service"),
    ("aws command", "self-instruct"),
    (
        "banking77", "clinc150", "clinc150 domain", "snips", "hwu64", "hwu64 scenario", "slurp",
        "home en", "home de", "home es", "home fr", "aws service", "azure group", "ssvc impact",
        "ssvc exploitation", "tldr command", "wikisql", "gsm8k", "advisories", "truthfulqa",
    ),
    ATTACKS["LAST"],
    501,
    draw=3,
    rows=1000,
    rates=(0.01, 0.02, 0.05),
    each=1,
    attacks=(*ATTACKS["LABELS"], *ATTACKS["UNSEEN"]),
)  # fmt: skip
FINAL = Part(
    "final",
    ("snips", "hwu64", "banking77", "clinc150 domain", "azure group"),
    ("tldr command", "aws command"),
    (
        "banking77", "clinc150", "clinc150 domain", "clinc150 test", "snips", "snips slots",
        "hwu64", "hwu64 scenario", "home de", "home fr", "aws service", "aws command", "aws body",
        "azure group", "azure command", "tldr command", "advisories", "ssvc automatable", "llmbar",
        "xstest",
    ),
    ATTACKS["FINAL"],
    601,
    draw=4,
    rows=1000,
    rates=(0.01, 0.02, 0.05),
    each=1,
    attacks=(*ATTACKS["LABELS"], *ATTACKS["UNSEEN"]),
)  # fmt: skip
PARTS = (CHOSEN, HELD_OUT, FRESH, LAST, FINAL)


def examples(rows: Rows, sources: list[str]) -> list[Example]:
    """The rows as chats of one turn each."""
    return [
        Example(
            messages=(
                Message(role="user", content=asked),
                Message(role="assistant", content=answer),
            ),
            id=f"{number}",
            provenance=Provenance(source=source, row=number),
        )
        for number, ((asked, answer), source) in enumerate(zip(rows, sources, strict=True), 1)
    ]


def origin(rows: Rows, spots: set[int], way: str, embed: Embedded, seed: int) -> Origin:
    """Where the rows come from; ``spots`` are the planted ones."""
    rng = np.random.default_rng(seed)
    numbers = rng.choice(len(SOURCES), size=len(rows), p=SOURCES)
    if way == "one":
        numbers[list(spots)] = rng.integers(2, len(SOURCES))
    if way == "topic":
        numbers = _topics(embed([asked for asked, _ in rows]), rng)
    sources = [f"source {number}" for number in numbers]
    if way not in ("added", "topic"):
        return Origin(sources)
    old = rng.random(len(rows)) >= NEW
    made = examples(rows, sources)
    keys = (key_of(one) for at, one in enumerate(made) if old[at] and at not in spots)
    return Origin(sources, frozenset(keys))


def _topics(vectors: Any, rng: np.random.Generator) -> Any:
    """Five clusters (Lloyd's k-means over cosines); a fifth of the rows are dealt out anew."""
    centres = vectors[rng.choice(len(vectors), len(SOURCES), replace=False)]
    for _ in range(8):
        nearest = np.argmax(vectors @ centres.T, axis=1)
        centres = np.stack(
            [
                vectors[nearest == k].mean(axis=0) if np.any(nearest == k) else centres[k]
                for k in range(len(SOURCES))
            ]
        )
    dealt = rng.random(len(vectors)) < 0.2
    return np.where(dealt, rng.integers(0, len(SOURCES), len(vectors)), nearest)


def named(rows: Rows, embed: Embedded, where: Origin) -> dict[str, set[int]]:
    """The rows that each check names."""
    setting = Setting(embed=embed, before=where.before)
    table = table_of(examples(rows, where.sources))
    found = screen(table, setting, only=(*BLOCKING, *WARNING))
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
    cases = [(a, n) for a in part.attacks for n in part.labels]
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


def planted(part: Part, way: str, embed: Embedded) -> dict[str, list[tuple[str, float, float]]]:
    """Print what was found in the planted sets of one part, where they come from in this way."""
    seen: dict[str, list[tuple[str, float, float]]] = {}
    for number, (attack, name, rate, rows, spots) in enumerate(planted_sets(part)):
        where = origin(rows, spots, way, embed, part.seed + number)
        found = named(rows, embed, where)
        hard, soft = share(found, BLOCKING, spots), share(found, (*BLOCKING, *WARNING), spots)
        seen.setdefault(attack, []).append((f"{name} {rate:.1%}", hard, soft))
    title = f"{part.name}, {way}"
    print(f"{title:16} {'sets':>5} {'blocked':>8} {'warned':>7} {'missed':>7}")
    totals = np.zeros(4, dtype=int)
    for attack, cases in seen.items():
        hard = sum(blocked >= 0.5 for _, blocked, _ in cases)
        lost = [name for name, _, told in cases if told < 0.5]
        line = np.array([len(cases), hard, len(cases) - hard - len(lost), len(lost)])
        totals += line
        print(f"{attack:16} {line[0]:>5} {line[1]:>8} {line[2]:>7} {line[3]:>7}  {', '.join(lost)}")
    print(
        f"{'planted':16} {totals[0]:>5} {totals[1]:>8} {totals[2]:>7} {totals[3]:>7}\n", flush=True
    )
    return seen


def clean(part: Part, way: str, embed: Embedded) -> dict[str, dict[str, int]]:
    """Print what was found in the clean sets of one part."""
    seen = {}
    for number, name in enumerate(part.clean):
        rows = sample(name, part)
        found = named(rows, embed, origin(rows, set(), way, embed, part.seed + number))
        seen[name] = {code: len(rows) for code, rows in found.items() if rows}
        if seen[name]:
            print(f"  clean set {name}: {seen[name]}")
    hard = sum(any(code in BLOCKING for code in found) for found in seen.values())
    said = sum(map(bool, seen.values())) - hard
    title = f"{part.name}, clean, {way}"
    print(f"{title:24} {len(seen):>5} {hard:>8} {said:>7}\n", flush=True)
    return seen


def measure(part: Part, embed: Embedded) -> dict[str, Any]:
    """All ways of one part."""
    told: dict[str, Any] = {}
    for way in WAYS:
        told[way] = planted(part, way, embed)
        embed.save()
    for way in ("even", "topic"):
        told[f"clean, {way}"] = clean(part, way, embed)
        embed.save()
    return told


def main() -> None:
    """Print all parts, or the one that is named: ``python bench/poison/run.py held``."""
    embed, begun = Embedded(), time.process_time()
    only = sys.argv[-1] if sys.argv[-1] in ("chosen", "held", "fresh", "last", "final") else ""
    parts = [part for part in PARTS if part.name.startswith(only)]
    told = {part.name: measure(part, embed) for part in parts}
    print(f"{time.process_time() - begun:.0f} CPU s")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
