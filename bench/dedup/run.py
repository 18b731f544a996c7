"""Near-duplicates and leakage beside the specialised tools: speed, recall, precision, memory.

``TUNEWORTHY_TEST_DATA=FOLDER python bench/dedup/run.py [--large]``. The tools are taken from
``build/bench/dedup/venv`` (made from ``requirements.txt`` here; ``TUNEWORTHY_DEDUP_PEERS`` names
another Python, or several parted by ``:``). One that cannot be run is named, and the others go on.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
OUT = Path("build/bench/dedup")
TWIN = 0.7
ROUNDS = 3
SLOW = ("datatrove", "text-dedup")
QUICK = ("ours", "ours-keep", "daft", "rensa", "datasketch")


def peers() -> list[str]:
    """Pythons that may hold the peers."""
    named = os.environ.get("TUNEWORTHY_DEDUP_PEERS")
    if named:
        return named.split(":")
    venv = OUT / "venv"
    python = venv / "bin/python"
    if not python.exists():
        # One of the peers needs Python 3.12; without it the others run on this one.
        for wanted in ("3.12", sys.executable):
            make = [sys.executable, "-m", "uv", "venv", "-q", "--python", wanted, str(venv)]
            if subprocess.run(make, check=False).returncode == 0:
                break
        install = [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", str(python)]
        subprocess.run([*install, "-r", str(HERE / "requirements.txt")], check=False)
    return [str(python.absolute())]


def run_tool(tool: str, corpus: Path, pythons: list[str]) -> dict[str, Any] | str:
    """What one tool wrote, or why it could not."""
    out = OUT / f"{tool}.json"
    why = "no Python given"
    for python in [sys.executable] if tool.startswith("ours") else pythons:
        command = [python, str(HERE / "peers.py"), tool, str(corpus), str(out)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode == 0:
            found: dict[str, Any] = json.loads(out.read_text())
            return found
        why = (done.stderr.strip().splitlines() or ["no message"])[-1][:150]
    return why


def quality(rows: dict[str, list[Any]], removed: list[int]) -> tuple[float, float, float]:
    """Recall, and of the removed rows the shares that have a twin, and whose twin is kept.

    Recall is over copies with up to 10 % edits. A pair is caught when either side is removed: flags
    alone do not say whose copy a row is. Twins (char-5 Jaccard 0.7) are found by the exact join,
    and among the copies of the same text; 5,000 removed rows are looked at.
    """
    from tuneworthy.methods.neardup import jaccard, nearest_twins

    texts, origin, gone = rows["text"], rows["origin"], set(removed)
    copies = [i for i, edit in enumerate(rows["edited"]) if origin[i] >= 0 and edit <= 0.1 + 1e-9]
    caught = sum(i in gone or origin[i] in gone for i in copies)
    family: dict[int, list[int]] = {}
    for i, source in enumerate(origin):
        family.setdefault(source if source >= 0 else i, []).append(i)
    looked = removed[:: max(1, len(removed) // 5000)]
    kept = [text for i, text in enumerate(texts) if i not in gone]
    stays = [twin >= 0 for twin in nearest_twins([texts[i] for i in looked], kept, TWIN)]
    twins = [
        stay
        or any(
            other != i and jaccard(texts[i], texts[other]) >= TWIN
            for other in family[origin[i] if origin[i] >= 0 else i]
        )
        for i, stay in zip(looked, stays, strict=True)
    ]
    return caught / len(copies), sum(twins) / len(looked), sum(stays) / len(looked)


def compare(size: int, tools: tuple[str, ...], folder: Path, pythons: list[str]) -> None:
    """Run the tools in turn, round by round, on one corpus, and print the table."""
    import pyarrow.parquet as pq

    corpus = corpus_file(size, folder)
    rows = pq.read_table(corpus).to_pydict()
    seen: dict[str, list[dict[str, Any]]] = {tool: [] for tool in tools}
    for turn in range(ROUNDS):
        for tool in tools:
            if turn and tool in SLOW:
                continue
            found = run_tool(tool, corpus, pythons)
            if isinstance(found, str):
                print(f"{tool}: not measured ({found})")
            else:
                seen[tool].append(found)
    letters = sum(map(len, rows["text"])) / size
    print(f"\n{size:,} documents of {letters:.0f} characters, from text to rows marked")
    print(
        "| tool | docs / CPU-s: median (range), n | to ours | whole | peak | removed | "
        "recall | precision | twin kept |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    base = statistics.median(run["work"] for run in seen["ours"])
    for tool, runs in seen.items():
        if not runs:
            continue
        speeds = sorted(size / run["work"] for run in runs)
        recall, precision, stays = quality(rows, runs[0]["removed"])
        middle = statistics.median(run["work"] for run in runs)
        print(
            f"| {tool} | {size / middle:,.0f} ({speeds[0]:,.0f} to {speeds[-1]:,.0f}), "
            f"{len(runs)} | "
            f"{middle / base:.1f}x | {statistics.median(r['whole'] for r in runs):.1f} CPU-s | "
            f"{max(r['peak_kb'] for r in runs) / 2**20:.2f} GiB | {len(runs[0]['removed']):,} | "
            f"{recall:.3f} | {precision:.3f} | {stays:.3f} |",
            flush=True,
        )


def corpus_file(size: int, folder: Path) -> Path:
    """The corpus of this size, built once."""
    import corpus
    import pyarrow as pa
    import pyarrow.parquet as pq

    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"corpus-{size}.parquet"
    if not path.exists():
        made = corpus.build(folder, size, seed=7)
        columns = {
            "text": made.texts, "origin": made.origin, "kind": made.kind, "edited": made.edited
        }  # fmt: skip
        pq.write_table(pa.table(columns), path, compression="zstd")
    return path


def main() -> None:
    """The tables, and then the split."""
    folder = os.environ.get("TUNEWORTHY_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        print("dedup: skipped. Set TUNEWORTHY_TEST_DATA to the folder with the public sets.")
        return
    pythons = peers()
    compare(20_000, (*QUICK, *SLOW), Path(folder), pythons)
    compare(200_000, QUICK, Path(folder), pythons)
    if "--large" in sys.argv:
        compare(1_000_000, ("ours", "ours-keep"), Path(folder), pythons)
    import splits

    splits.report(corpus_file(200_000, Path(folder)), Path(folder))


if __name__ == "__main__":
    main()
