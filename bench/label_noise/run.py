"""Which wrong labels are found? Planted flips in banking77, beside cleanlab on the same vectors.

Run as ``python bench/run.py label_noise``. TUNEWORTHY_TEST_DATA names the data folder;
TUNEWORTHY_PEERS names a Python that has cleanlab and scikit-learn (left out of the table if unset).
Precision is a lower bound: the set has errors of its own.
"""

import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import real_sets
from embedded import Embedded
from numpy.typing import NDArray

from tuneworthy.methods import label_noise
from tuneworthy.methods.out_of_fold import opinions, unit_rows

SEEDS = (11, 12, 13)
"""Not those on which ``label_noise.SHARE`` was chosen."""
CASES = ((0.1, "random"), (0.1, "confusable"), (0.05, "random"), (0.05, "confusable"))
OUT = Path("build/bench/label_noise.json")
NEAR = 3
PEER = Path(__file__).with_name("peer.py")


def flip(
    labels: NDArray[np.int64], vectors: NDArray[np.float32], share: float, kind: str, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Labels with a share of them changed, and which.

    ``random`` takes any other class; ``confusable`` one of the three with the nearest centroids.
    """
    rng = np.random.default_rng(seed)
    classes = int(labels.max()) + 1
    chosen = rng.choice(len(labels), round(share * len(labels)), replace=False)
    centres = unit_rows(np.stack([vectors[labels == k].mean(axis=0) for k in range(classes)]))
    likeness = centres @ centres.T
    np.fill_diagonal(likeness, -2)
    near = np.argsort(-likeness, axis=1)[:, :NEAR]
    given = labels.copy()
    for row in chosen:
        if kind == "random":
            given[row] = (labels[row] + rng.integers(1, classes)) % classes
        else:
            given[row] = near[labels[row], rng.integers(NEAR)]
    return given, given != labels


def score(found: NDArray[np.bool_], planted: NDArray[np.bool_]) -> tuple[float, float]:
    """Precision and recall."""
    hits = int(np.sum(found & planted))
    return hits / max(1, int(found.sum())), hits / max(1, int(planted.sum()))


def peer(python: str, **arrays: NDArray[np.generic]) -> dict[str, NDArray[np.bool_]]:
    """What cleanlab finds in the same arrays."""
    with tempfile.TemporaryDirectory() as at:
        np.savez(f"{at}/in.npz", **arrays)  # type: ignore[arg-type]
        subprocess.run([python, str(PEER), f"{at}/in.npz", f"{at}/out.npz"], check=True)
        with np.load(f"{at}/out.npz") as held:
            return {name.replace("_", " "): held[name] for name in held.files}


def once(
    labels: NDArray[np.int64], vectors: NDArray[np.float32], share: float, kind: str, seed: int
) -> dict[str, tuple[float, float, float]]:
    """Precision, recall and CPU seconds of every way on one planting."""
    given, planted = flip(labels, vectors, share, kind, seed)
    begun = time.process_time()
    said = opinions(vectors, given, seed=seed)
    found = {"own normal": label_noise.doubtful(given, said.mean)}
    parts = (said.linear, said.nearest)
    both = np.all([label_noise.doubtful(given, part) for part in parts], axis=0)
    found["own strict"] = found["own normal"] & both
    spent = time.process_time() - begun
    seconds = dict.fromkeys(found, spent)
    python = os.environ.get("TUNEWORTHY_PEERS", "")
    if python:
        theirs = peer(python, given=given, vectors=vectors, mean=said.mean)
        seconds |= {
            name: float(theirs[name + " cpu"][0]) for name in theirs if not name.endswith(" cpu")
        }
        found |= {name: rows for name, rows in theirs.items() if not name.endswith(" cpu")}
    return {name: (*score(rows, planted), seconds[name]) for name, rows in found.items()}


def main() -> None:
    """Print precision and recall, mean and spread over the seeds."""
    pairs = real_sets.load("banking77")
    embed = Embedded()
    vectors = embed(pairs.requests)
    embed.save()
    labels, _ = label_noise.class_numbers(pairs.targets)
    table = []
    print(
        f"banking77 train: {len(labels):,} rows, {labels.max() + 1} classes, n = {len(SEEDS)} seeds"
    )
    print(f"{'flips':16} {'way':34} {'precision':>20} {'recall':>20} {'CPU s':>6}")
    for share, kind in CASES:
        runs = [once(labels, vectors, share, kind, seed) for seed in SEEDS]
        for name in runs[0]:
            p, r, cpu = ([run[name][i] for run in runs] for i in range(3))
            row = {
                "flips": f"{share:.0%} {kind}",
                "way": name,
                "precision": p,
                "recall": r,
                "cpu": cpu,
            }
            table.append(row)
            print(
                f"{row['flips']!s:16} {name:34} {_shown(p):>20} {_shown(r):>20}"
                f" {statistics.mean(cpu):6.1f}",
                flush=True,
            )
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(table, indent=1))


def _shown(values: list[float]) -> str:
    return f"{statistics.mean(values):.3f} ({min(values):.3f}-{max(values):.3f})"


if __name__ == "__main__":
    main()
