"""Of sixteen processes that promote at once, how many win? And does a gate shut first stop them?

1,000 rounds on each database, and 1,000 races against a gate being shut on each.
TUNEWORTHY_ROUNDS and TUNEWORTHY_RACES set other numbers, TUNEWORTHY_DATABASES leaves a database
out. After each round the rollout is put back into its last stage, and what shut a gate is decided
again. The audit chain says who was first.
"""

import os
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from tests.fakes.postgres import server
from tests.fakes.racing import SHUTS, Arena, copies, promotion_round, shut_round
from tuneworthy.methods.chain import verify

ROUNDS = int(os.environ.get("TUNEWORTHY_ROUNDS", "1000"))
RACES = int(os.environ.get("TUNEWORTHY_RACES", "1000"))
DATABASES = os.environ.get("TUNEWORTHY_DATABASES", "sqlite postgresql").split()
RACERS = 16
BATCHES = (100, 25)
"""Rounds on one copy of the project, so that the last is as quick as the first: its decisions and
its evidence grow with every race."""


def main() -> dict[str, Any]:
    """Print and return the counts of both races on both databases."""
    found: dict[str, Any] = {}
    for name in DATABASES:
        running = server() if name == "postgresql" else nullcontext("")
        with tempfile.TemporaryDirectory(dir=_memory()) as folder, running as url:
            new = copies(Path(folder) / "first", url)
            found[name] = {"promotions": _promotions(new)}
            print(f"{name:10} {found[name]['promotions']}", flush=True)
            found[name]["shut"] = _shuts(new)
            print(f"{name:10} {found[name]['shut']}", flush=True)
    return found


def _promotions(new: Any) -> dict[str, int]:
    winners: Counter[int] = Counter()
    lost: Counter[str] = Counter()
    wrong = broken = 0
    for rounds in _batches(ROUNDS, BATCHES[0]):
        with Arena(*new(), RACERS) as arena:
            for _ in range(rounds):
                one = promotion_round(arena, RACERS)
                winners[one.winners] += 1
                lost.update(one.lost)
                wrong += (one.promotions, one.production) != (1, 1)
            broken += not verify(arena.runtime.store.audit()).verified
        print(f"  {winners.total()} rounds, {winners[1]} with one winner", flush=True)
    return {
        "rounds": winners.total(),
        "one_winner": winners[1],
        "not_one_event_or_version": wrong,
        "chains_broken": broken,
        **{f"lost_{word}": count for word, count in lost.items()},
    }


def _shuts(new: Any) -> dict[str, int]:
    seen: Counter[str] = Counter()
    chance = random.Random(1)  # noqa: S311 - moments, not secrets
    for rounds in _batches(RACES, BATCHES[1]):
        with Arena(*new(), 2) as arena:
            for number in range(rounds):
                one = shut_round(arena, SHUTS[number % 3], chance)
                seen["races"] += 1
                seen["promoted_before"] += one.promoted and not one.stale
                seen["refused"] += not one.promoted
                seen["stale_promotions"] += one.stale
        print(f"  {dict(seen)}", flush=True)
    return {"stale_promotions": 0, **seen}


def _batches(rounds: int, size: int) -> Iterator[int]:
    yield from (min(size, rounds - done) for done in range(0, rounds, size))


def _memory() -> str | None:
    """A folder in memory, where there is one: what is asked is not how quick the disk is."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
