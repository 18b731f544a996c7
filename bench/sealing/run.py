"""What sealing costs a gateway for each interaction that it records.

The same interaction is recorded as it stands and sealed, in turn, n times a round; everybody who
asks is known already. A third figure is for people whom the gateway meets for the first time: each
has a key made and written through to the disk, off the event loop. CPU seconds, user and system.

    PYTHONPATH=src:. python bench/sealing/run.py --n 20000 --rounds 7
"""

import argparse
import json
import resource
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from tests.fakes.sealed_ledger import asked, person, sealed_store
from tuneworthy.serve.intake import INTERACTION, SEALED_INTERACTION
from tuneworthy.serve.segments import SegmentWriter

WORDS = 250
"""About as many as a request with its answer has; they are 1.5 kB of text."""


def cpu() -> float:
    """Seconds of this process, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def row(number: int) -> dict[str, Any]:
    """An interaction of a usual length."""
    said = " ".join(f"word{number * k % 977}" for k in range(WORDS // 2))
    one = asked(number, person(number % 100)).model_copy(update={"response": said})
    body = {**json.loads(one.request), "messages": [{"role": "user", "content": said}]}
    return one.model_copy(update={"request": json.dumps(body)}).model_dump()


def microseconds(work: Callable[[int], None], n: int) -> float:
    """CPU of one call."""
    start = cpu()
    for number in range(n):
        work(number)
    return (cpu() - start) / n * 1e6


def main() -> None:
    """Print the medians of all rounds with their spread."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--n", type=int, default=20_000)
    wanted.add_argument("--rounds", type=int, default=7)
    options = wanted.parse_args()
    rows = [row(number) for number in range(1_000)]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        store = sealed_store(f"sqlite:///{folder}/ledger.db", f"sqlite:///{folder}/ring.db")
        with store, SegmentWriter(folder / "segments") as writer:
            sealer = store.sealer

            def clear(number: int) -> None:
                writer.append(INTERACTION + orjson.dumps(rows[number % 1_000]))

            def sealed(number: int) -> None:
                one = rows[number % 1_000]
                payload = sealer.interaction(one, person_of[number % 1_000])
                writer.append(SEALED_INTERACTION + payload)

            def met(number: int) -> None:
                sealer.prepare(f"new {len(new)} {number}", "2026-03-01T10")

            person_of = [str(one["sticky_key"]) for one in rows]
            sealed(0)
            for number in range(100):
                sealer.prepare(person(number), rows[0]["created_at"])
            before, after, new = [], [], []
            for _ in range(options.rounds):
                before.append(microseconds(clear, options.n))
                after.append(microseconds(sealed, options.n))
                new.append(microseconds(met, 200))
    print(f"interactions of {len(orjson.dumps(rows[0])):,} bytes; n = {options.n}, "
          f"{options.rounds} rounds; CPU microseconds, median (least to most)")  # fmt: skip
    for name, found in (
        ("recorded as it stands", before),
        ("recorded sealed, of somebody known", after),
        ("sealing alone", [b - a for a, b in zip(before, after, strict=True)]),
        ("a key for somebody new", new),
    ):
        print(f"{name:35} {statistics.median(found):7.1f} ({min(found):.1f} to {max(found):.1f})")


if __name__ == "__main__":
    main()
