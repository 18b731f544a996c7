"""200 kills with SIGKILL, each at a random moment: what was acknowledged and is gone?

70 while people decide, 70 while a version is promoted and rolled back, 60 while the gateway records
under load. TUNEWORTHY_KILLS sets another number. A kill is not a power cut: the disk is not tried.
"""

import os
import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fakes.busy_gateway import backend, killed_under_load
from tests.fakes.killed import (
    Checked,
    Say,
    check_decisions,
    check_promotions,
    decide_on_and_on,
    killed_at_work,
    promote_on_and_on,
)
from tests.fakes.racing import prepare
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.nouns.serving import Interaction
from tuneworthy.serve.intake import ingest
from tuneworthy.store import open_store

KILLS = int(os.environ.get("TUNEWORTHY_KILLS", "200"))
SHARES = {"decisions": 0.35, "promotions": 0.35, "recording": 0.30}
LATEST = 0.4
"""Seconds after the first acknowledged piece of work at which a kill comes at the latest."""
BATCH = 20
"""Kills on one copy of the project."""
ANSWERS = 50
"""Acknowledged answers before a gateway is killed."""

Work = Callable[[Path, int], Callable[[Say], None]]
Check = Callable[[Path, int, set[str]], Checked]


def main() -> dict[str, Any]:
    """Print and return the counts of each kind of work."""
    kills = {name: round(KILLS * share) for name, share in SHARES.items()}
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        first = prepare(Path(folder) / "first")
        found = {
            "decisions": _ledger(first, kills["decisions"], decide_on_and_on, check_decisions),
            "promotions": _ledger(first, kills["promotions"], promote_on_and_on, check_promotions),
            "recording": _recording(Path(folder) / "traffic", kills["recording"]),
        }
    for name, counts in found.items():
        print(f"{name:11} {counts}")
    total = {key: sum(one[key] for one in found.values()) for key in ("kills", "lost", "doubled")}
    print(f"{'all':11} {total}", flush=True)
    return found


def _ledger(first: Path, kills: int, work: Work, check: Check) -> dict[str, int]:
    chance = random.Random(1)  # noqa: S311 - moments, not secrets
    counts = dict.fromkeys(
        ("kills", "at_work", "acknowledged", "lost", "doubled", "halved", "broken", "unsaid"), 0
    )
    for start in range(0, kills, BATCH):
        home = first.with_name(f"{work.__name__}-{start}")
        shutil.copytree(first, home)
        before = check(home, 0, set()).done
        said, found = set[str](), Checked(0, 0, 0, 0, 0)
        for number in range(min(BATCH, kills - start)):
            seen = killed_at_work(work(home, number), chance.uniform(0, LATEST))
            said |= set(seen.said)
            found = check(home, number + 1, said)
            counts["kills"] += 1
            counts["at_work"] += seen.at_work
            for name in ("lost", "doubled", "halved", "broken"):
                counts[name] += getattr(found, name)
        counts["acknowledged"] += len(said)
        counts["unsaid"] += found.done - before - len(said)
    return counts


def _recording(folder: Path, kills: int) -> dict[str, int]:
    folder.mkdir()
    acknowledged: list[str] = []
    with open_store(f"sqlite:///{folder}/ledger.db", SystemClock()) as store, backend() as url:

        def take_in() -> None:
            ingest(folder, store.record)

        for _ in range(kills):
            acknowledged += killed_under_load(folder, url, ANSWERS, take_in)
        take_in()
        kept = {row.id: row for row in store.interactions()}
    return {
        "kills": kills,
        "acknowledged": len(acknowledged),
        "lost": sum(id_ not in kept for id_ in acknowledged),
        "doubled": len(acknowledged) - len(set(acknowledged)),
        "halved": sum(not _whole(row) for row in kept.values()),
        "broken": len(list(folder.glob("*.damaged"))),
        "unsaid": len(kept) - len(acknowledged),
    }


def _whole(row: Interaction) -> bool:
    """Whether an answer that was acknowledged is recorded to its end."""
    return bool(row.response) or row.status != 200 or bool(row.error)


def _memory() -> str | None:
    """A folder in memory, where there is one: a kill leaves what the system was told to write."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
