"""What a million short chat rows take: check, build and export, each in a process of its own.

``python bench/million/run.py [ROWS]``; ``bench/run.py`` runs a tenth of it. The sentences are made
up, or taken from the public sets in the folder that ``TUNEWORTHY_TEST_DATA`` names.

Memory is the largest resident set of the command itself (VmHWM), and the largest sum over it and
its workers (PSS, looked at twice a second, so that a page they share counts once).
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
OUT = Path("build/bench/million")
ROWS = 100_000
SEED = 11
PROJECT = """\
id: million
use_case: Name the intents of short requests.
goal: format
metric: exact_match
target: 0.5
sources:
  - path: rows.jsonl
    licence: made up
    legal_basis: made up
"""


def measured(command: list[str], log: Path) -> dict[str, float]:
    """Run a command of tuneworthy; its CPU seconds with its workers', and its peaks in GiB."""
    words = [sys.executable, "-m", "tuneworthy", *command]
    with log.open("wb") as out, log.with_suffix(".err").open("wb") as err:
        child = subprocess.Popen(words, stdout=out, stderr=err)
        own = together = 0
        cpu: dict[int, float] = {}
        while not os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            family = _family(child.pid)
            own = max(own, _kb(child.pid, "status", "VmHWM"))
            together = max(together, sum(_kb(pid, "smaps_rollup", "Pss") for pid in family))
            cpu |= {pid: spent for pid in family if (spent := _cpu(pid))}
            time.sleep(0.5)
        _, status, usage = os.wait4(child.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 3):
        raise SystemExit(f"{' '.join(command)}: exit {code}\n{log.with_suffix('.err').read_text()}")
    return {
        "cpu_s": max(usage.ru_utime + usage.ru_stime, sum(cpu.values())),
        "own_gib": max(own, usage.ru_maxrss) / 2**20,
        "together_gib": max(own, together) / 2**20,
        "exit": code,
    }


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for one in found:
        for file in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += map(int, file.read_text().split())
            except OSError:
                continue
    return found


def _kb(pid: int, file: str, name: str) -> int:
    try:
        said = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/{file}").read_text(), re.M)
    except OSError:
        return 0
    return int(said[1]) if said else 0


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Make the rows and the project, run the three commands, print the table."""
    import chat_corpus

    rows = int(next((word for word in sys.argv[1:] if word.isdigit()), ROWS))
    public = os.environ.get("TUNEWORTHY_TEST_DATA")
    folder = OUT / f"{rows}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    file = folder / "rows.jsonl"
    chat_corpus.write(file, rows, SEED, Path(public) if public else None)
    (folder / "tuneworthy.yaml").write_text(PROJECT, encoding="utf-8")
    size = file.stat().st_size / rows
    words = "public sentences" if public else "made-up words"
    print(f"{rows:,} rows of {size:.0f} bytes, {words}, {os.cpu_count()} cores")
    print("| command | CPU s | rows / CPU-s | peak, itself | peak, with workers |")
    print("|---|---|---|---|---|")
    table: dict[str, Any] = {"rows": rows, "bytes_a_row": size}
    for name, command in {
        "data check": ["--json", "data", "check", str(file)],
        "data build": ["-C", str(folder), "data", "build"],
        "data export": ["-C", str(folder), "data", "export", "-o", str(folder / "out")],
    }.items():
        took = measured(command, folder / f"{name.replace(' ', '-')}.log")
        table[name] = took
        print(
            f"| {name} | {took['cpu_s']:.0f} | {rows / took['cpu_s']:,.0f} | "
            f"{took['own_gib']:.2f} GiB | {took['together_gib']:.2f} GiB |",
            flush=True,
        )
    print((folder / "data-build.log").read_text().split("Next:")[0])
    OUT.with_suffix(".json").write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
