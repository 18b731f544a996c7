"""What does it cost to start? CPU of whole processes, children included, against bare Python."""

import json
import resource
import statistics
import subprocess
import sys
from pathlib import Path

RUNS = 21
OUT = Path("build/bench/startup.json")
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import tuneworthy": [sys.executable, "-c", "import tuneworthy"],
    "tuneworthy --help": [str(Path(sys.executable).with_name("tuneworthy")), "--help"],
    "tuneworthy --version": [str(Path(sys.executable).with_name("tuneworthy")), "--version"],
}


def cpu_ms(command: list[str]) -> float:
    """User and system time of one run, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def main() -> None:
    """Time each command in turn, round by round, and print medians with their spread."""
    seen: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS):
        for name, command in COMMANDS.items():
            seen[name].append(cpu_ms(command))
    rows = {
        name: {
            "n": RUNS,
            "cpu_ms_min": min(times),
            "cpu_ms_median": statistics.median(times),
            "cpu_ms_max": max(times),
        }
        for name, times in seen.items()
    }
    for name, row in rows.items():
        spread = f"{row['cpu_ms_min']:.0f} to {row['cpu_ms_max']:.0f}"
        print(f"{name:24} {row['cpu_ms_median']:6.0f} ms CPU  ({spread}, n = {RUNS})")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
