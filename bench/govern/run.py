"""Do the promises of the gates hold when many act at once, processes die and records are many?

Run as ``python bench/run.py govern``, or one question alone: ``python bench/govern/run.py kills``.
Each question is a file beside this one with ``main()``, which prints its counts and returns them.
"""

import importlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = Path("build/bench")


def main() -> None:
    """Ask every question, or those named; keep what each returns as JSON."""
    sys.path[:0] = [str(HERE), str(HERE.parents[1])]
    files = sorted(path.stem for path in HERE.glob("*.py") if path.stem != "run")
    named = [word for word in sys.argv[1:] if word in files]
    for name in named or files:
        print(f"-- {name}", flush=True)
        found = importlib.import_module(name).main()
        OUT.mkdir(parents=True, exist_ok=True)
        (OUT / f"govern-{name}.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
