"""A hundred thousand random steps over people, gates, versions and exposure: how many are illegal?

Each step is one thing that a person does, may do or may not, by the product's own functions; a
second opinion, written otherwise, judges people, gates and version after each.
"""

import os
import sys
from pathlib import Path
from typing import Any

STEPS = 100_000


def main(steps: int = STEPS) -> dict[str, Any]:
    """Walk, and print what came of it."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from tests.fakes.governed_world import walk

    found = walk(steps, seed=2026)
    cpu = sum(os.times()[:2])
    print(f"{'random steps':28}{found.steps:>10,}")
    print(f"{'illegal':28}{len(found.faults):>10,}")
    print(f"{'looks at an open gate':28}{found.open:>10,}")
    print(f"{'moves of a version':28}{found.moves:>10,}")
    print(f"{'CPU ms a step':28}{1000 * cpu / found.steps:>10.2f}")
    for fault in found.faults[:20]:
        print(f"  {fault}")
    return {"steps": found.steps, "illegal": found.faults, "moves": found.moves, "open": found.open}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else STEPS)
