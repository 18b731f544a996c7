"""What signing in costs, and whether its cost tells names: ``python bench/sign_in/run.py``.

Times are CPU seconds of this process, user and system together. A name that is nobody's, and a
person without a password, are set against a person with a wrong one, as ratios of medians with a
bootstrap interval. A look-up is what every request does first: row, audit chain, clock, person.
"""

import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import tuneworthy
from tuneworthy.core.clock import FixedClock, SystemClock
from tuneworthy.core.errors import Problem
from tuneworthy.core.nouns.people import Role
from tuneworthy.workspace import Workspace

OUT = Path("build/bench/sign_in.json")
TRIES, LOOKS, DRAWS = 60, 2_000, 2_000
EVENTS = 1_000


def main() -> None:
    """Measure, print a table and write it as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        tuneworthy.init(Path(folder) / "project")
        clock = FixedClock(SystemClock().now())
        with tuneworthy.open(Path(folder) / "project", clock=clock) as work:
            work.add_person("ann", "Ann", [Role.MODEL_OWNER])
            work.add_person("bo", "Bo", [Role.MODEL_OWNER])
            work.set_password("ann", "four quiet words now")
            found = {"tries": tries(work, clock), "look_up": look_up(work)}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1))
    for name, row in found["tries"].items():
        print(
            f"wrong password, {name:22} median {row['median']:.4f} CPU s (n = {TRIES}), "
            f"ratio {row['ratio']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
        )
    look = found["look_up"]
    print(
        f"look-up of a session over {look['events']} events: first {look['first']:.4f} CPU s, "
        f"then median {look['median'] * 1e6:.0f} us (n = {LOOKS})"
    )


def tries(work: Workspace, clock: FixedClock) -> dict[str, dict[str, float]]:
    """CPU seconds of a try that fails, in turns, so that the machine treats all alike."""
    names = {"known": "ann", "known, none set": "bo", "unknown": "nobody"}
    spent: dict[str, list[float]] = {kind: [] for kind in names}
    for round_ in range(TRIES + 2):
        for kind, name in names.items():
            clock.advance(timedelta(days=2))
            seconds = cpu(lambda name=name: refused(work, name))
            if round_ >= 2:
                spent[kind].append(seconds)
    known = spent["known"]
    return {
        kind: {"median": statistics.median(own), **ratio(own, known)} for kind, own in spent.items()
    }


def refused(work: Workspace, name: str) -> None:
    """One try with a wrong password."""
    try:
        work.sign_in(name, "wrong", "192.0.2.1")
    except Problem as problem:
        if problem.code == "sign_in_refused":
            return
        raise
    raise AssertionError(name)


def ratio(own: list[float], known: list[float]) -> dict[str, float]:
    """Ratio of medians with a 95 % percentile bootstrap interval."""
    dice = random.Random(7)  # noqa: S311
    drawn = sorted(
        statistics.median(dice.choices(own, k=len(own)))
        / statistics.median(dice.choices(known, k=len(known)))
        for _ in range(DRAWS)
    )
    return {
        "ratio": statistics.median(own) / statistics.median(known),
        "low": drawn[int(0.025 * DRAWS)],
        "high": drawn[int(0.975 * DRAWS)],
    }


def look_up(work: Workspace) -> dict[str, float]:
    """CPU seconds of finding a session, first over the whole chain and then again."""
    while work.audit_head().events < EVENTS:
        work.create_api_key("k", ["chat"])
    begun = work.sign_in_by_link(work.make_sign_in_link("ann"))
    with tuneworthy.open(work.folder, clock=work.clock) as fresh:
        first = cpu(lambda: fresh.session_of(begun.token))
        spent = [cpu(lambda: fresh.session_of(begun.token)) for _ in range(LOOKS)]
    return {"events": EVENTS, "first": first, "median": statistics.median(spent)}


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of this process while ``work`` runs."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    main()
