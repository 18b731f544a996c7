"""Do blind reviews keep their promises? False stops, coverage, plans and blindness by simulation.

Run as ``python bench/run.py pairs``. TUNEWORTHY_SIMULATIONS sets the reviews a line (2,000).
"""

import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tuneworthy.evaluate.review import candidate_left
from tuneworthy.methods.intervals import wilson
from tuneworthy.methods.paired import mcnemar
from tuneworthy.methods.preference import always_bounds, crossed, n_pairs

N = int(os.environ.get("TUNEWORTHY_SIMULATIONS", "2000"))
ALPHA = 0.05
PAIRS = 400
OUT = Path("build/bench/pairs.json")

Scores = np.ndarray
Draw = Callable[[np.random.Generator], Scores]


def single(win: float, ties: float, n: int = PAIRS) -> Draw:
    """One verdict a pair; ``win`` is the candidate's share of those decided."""
    chances = [(1 - ties) * (1 - win), ties, (1 - ties) * win]
    return lambda rng: rng.choice([0.0, 0.5, 1.0], n, p=chances)


def majority(raters: int) -> Draw:
    """Even on the whole; in each pair raters lean alike to one side. Most people count."""

    def draw(rng: np.random.Generator) -> Scores:
        lean = np.where(rng.random(PAIRS) < 0.5, 0.8, 0.2)
        votes = (rng.random((raters, PAIRS)) < lean).sum(axis=0) * 2 - raters
        return (np.sign(votes) + 1) / 2

    return draw


def grouped(size: int) -> Draw:
    """Pairs in groups within which nearly all go to one side; none is preferred on the whole."""

    def draw(rng: np.random.Generator) -> Scores:
        lean = np.repeat(np.where(rng.random(PAIRS // size) < 0.5, 0.9, 0.1), size)
        return (rng.random(PAIRS) < lean).astype(float)

    return draw


def peeked(scores: Scores) -> bool:
    """Whether the sign test at 5 %, looked at after every pair from the tenth, ever says so."""
    won, lost = np.cumsum(scores == 1), np.cumsum(scores == 0)
    seen = {(int(a), int(b)) for a, b in zip(won[9:], lost[9:], strict=True)}
    return any(_p(pair) < ALPHA for pair in seen)


_KNOWN: dict[tuple[int, int], float] = {}


def _p(pair: tuple[int, int]) -> float:
    if pair not in _KNOWN:
        _KNOWN[pair] = mcnemar(*pair)
    return _KNOWN[pair]


def share(hits: int, draws: int = N) -> str:
    """A share with its 95 % interval."""
    found = wilson(hits, draws)
    return f"{found.value:.1%} [{found.low:.1%}, {found.high:.1%}]"


def false_stops(rows: list[dict[str, object]]) -> None:
    """Neither side is preferred, and somebody looks after every pair."""
    print(
        f"\n| no preference, {PAIRS} pairs, looked at after each | ours stops | sign test stops |"
    )
    print("|---|---|---|")
    designs: list[tuple[str, Draw, int]] = [
        ("no ties", single(0.5, 0.0), 1),
        ("30 % ties", single(0.5, 0.3), 1),
        ("three raters, most count", majority(3), 1),
        ("groups of 4 that go alike", grouped(4), 4),
    ]
    for seed, (name, draw, size) in enumerate(designs):
        rng = np.random.default_rng(seed)
        ours = naive = 0
        for _ in range(N):
            scores = draw(rng)
            units = scores.reshape(-1, size).mean(axis=1)
            ours += crossed(units.tolist(), ALPHA) is not None
            naive += peeked(scores)
        rows.append({"what": "false stop", "design": name, "n": N, "ours": ours, "naive": naive})
        print(f"| {name} | {share(ours)} | {share(naive)} |")


def how_soon(rows: list[dict[str, object]]) -> None:
    """One side is preferred: pairs until it is enough, beside the plan of the sign test."""
    print("\n| candidate's share | planned pairs | plan shows it | enough after (median) | "
          "enough within twice the plan |")  # fmt: skip
    print("|---|---|---|---|---|")
    for seed, win in enumerate((0.6, 0.65, 0.7, 0.8), 50):
        rng = np.random.default_rng(seed)
        planned = n_pairs(2 * win - 1)
        draw = single(win, 0.0, 2 * planned)
        found, shown = [], 0
        for _ in range(N):
            scores = draw(rng)
            found.append(crossed(scores.tolist(), ALPHA) or 10**9)
            won = int(scores[:planned].sum())
            shown += mcnemar(won, planned - won) < ALPHA and won > planned / 2
        within = sum(one <= 2 * planned for one in found)
        middle = int(np.median(found))
        rows.append({"what": "how soon", "win": win, "planned": planned, "n": N, "shown": shown,
                     "median": middle, "within": within})  # fmt: skip
        print(f"| {win:.0%} | {planned} | {share(shown)} | {middle} | {share(within)} |")


def coverage(rows: list[dict[str, object]]) -> None:
    """Bounds at the moment at which one stops, and at a fixed number of pairs."""
    draws = min(N, 1000)
    print(
        f"\n| true win rate ({draws:,} reviews of at most 150 pairs) | bounds hold it at the stop |"
    )
    print("|---|---|")
    for seed, (win, ties) in enumerate(((0.5, 0.0), (0.5, 0.3), (0.6, 0.0), (0.7, 0.2)), 90):
        rng = np.random.default_rng(seed)
        truth = (1 - ties) * win + ties / 2
        held = 0
        for _ in range(draws):
            scores = single(win, ties, 150)(rng)
            at = crossed(scores.tolist(), ALPHA) or 150
            low, high = always_bounds(scores[:at].tolist(), ALPHA)
            held += low <= truth <= high
        rows.append({"what": "coverage", "truth": truth, "n": draws, "held": held})
        print(f"| {truth:.2f} ({ties:.0%} ties) | {share(held, draws)} |")


def blindness(rows: list[dict[str, object]]) -> None:
    """Guessing the side of an item from all that is not the key."""
    looks = {"from another person's view": 0, "from the item before": 0, "from the item's id": 0}
    for _ in range(N):
        key = secrets.token_bytes(32)
        side = candidate_left(key, "2", "ana")
        looks["from another person's view"] += side == candidate_left(key, "2", "bo")
        looks["from the item before"] += side == candidate_left(key, "1", "ana")
        looks["from the item's id"] += side
    print(f"\n| guess of a side ({N:,} keys) | right |")
    print("|---|---|")
    for name, hits in looks.items():
        rows.append({"what": "blindness", "guess": name, "n": N, "right": hits})
        print(f"| {name} | {share(hits)} |")


def main() -> None:
    """Print the tables and keep the rows."""
    rows: list[dict[str, object]] = []
    false_stops(rows)
    how_soon(rows)
    coverage(rows)
    blindness(rows)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps({"draws": N, "rows": rows}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
