"""Runs every benchmark, or those named: ``python bench/run.py [startup training]``.

Each prints a table and writes ``build/bench/NAME.json``. Absolute times mean nothing on another
machine; read the ratios with their n and spread.
"""

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Run the benchmarks in name order."""
    wanted = sys.argv[1:] or sorted(path.parent.name for path in HERE.glob("*/run.py"))
    for name in wanted:
        print(f"== {name}", flush=True)
        runpy.run_path(str(HERE / name / "run.py"), run_name="__main__")


if __name__ == "__main__":
    main()
