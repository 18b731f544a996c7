"""How much of a test split has a twin in training, by the way the rows were grouped."""

import json
import random
import statistics
from pathlib import Path

import pyarrow.parquet as pq
from corpus import sentences
from peers import grams

from tuneworthy.methods.neardup import contaminated, group_similar, nearest_twins, normalise

SEEDS = (1, 2, 3)
TEST = 0.05
TWIN = 0.7


def report(corpus: Path, folder: Path) -> None:
    """Print the share of test rows with a training row at char-5 Jaccard 0.7 (exact join)."""
    texts = pq.read_table(corpus, columns=["text"])["text"].to_pylist()[:60_000]
    first: dict[str, int] = {}
    groupings = {
        "random": list(range(len(texts))),
        "equal once normalised": [first.setdefault(normalise(t), i) for i, t in enumerate(texts)],
        "word-5 grams at 0.7": _by_words(texts),
        "char-5, verified at 0.7": group_similar(texts),
    }
    print(f"\nLeakage across a {TEST:.0%} test split of {len(texts):,} rows, char-5 Jaccard {TWIN}")
    print("| grouping | test rows with a twin: median (range), n |")
    print("|---|---|")
    for name, labels in groupings.items():
        shares = sorted(_leak(texts, labels, seed) for seed in SEEDS)
        print(
            f"| {name} | {statistics.median(shares):.3%} ({shares[0]:.3%} to {shares[-1]:.3%}), "
            f"{len(shares)} |",
            flush=True,
        )
    _contamination(folder)


def _leak(texts: list[str], labels: list[int], seed: int) -> float:
    draw = random.Random(seed)  # noqa: S311 - a fixed sample
    chosen = {label for label in sorted(set(labels)) if draw.random() < TEST}
    test = [text for text, label in zip(texts, labels, strict=True) if label in chosen]
    rest = [text for text, label in zip(texts, labels, strict=True) if label not in chosen]
    return sum(twin >= 0 for twin in nearest_twins(test, rest, TWIN)) / len(test)


def _by_words(texts: list[str]) -> list[int]:
    """Components of word-5 Jaccard 0.7 by exact comparison of rows that share a rare gram."""
    import numpy as np

    sets = [grams(text) for text in texts]
    holders: dict[str, list[int]] = {}
    for i, found in enumerate(sets):
        for gram in found:
            holders.setdefault(gram, []).append(i)
    parent = np.arange(len(texts))

    def find(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = int(parent[node])
        return node

    for members in holders.values():
        if not 1 < len(members) <= 50:
            continue
        for other in members[1:]:
            left, right = sets[members[0]], sets[other]
            if len(left & right) >= TWIN * len(left | right):
                low, high = sorted((find(members[0]), find(other)))
                parent[high] = low
    return [find(i) for i in range(len(texts))]


def _contamination(folder: Path) -> None:
    """Recall of GSM8K questions planted between other sentences, by the share of words changed."""
    draw = random.Random(5)  # noqa: S311 - a fixed sample
    lines = (folder / "gsm8k/test.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    train = (folder / "gsm8k/train_sample1000.jsonl").read_text(encoding="utf-8").splitlines()
    own = {" ".join(v.split()) for row in [*rows, *map(json.loads, train)] for v in row.values()}
    benchmark = [row["question"] for row in rows]
    clean = [text for text in sentences(folder) if text not in own]
    words = sorted({word for text in clean[:2000] for word in text.split()})
    print("\n| benchmark text in a row | found | named as the text it is |")
    print("|---|---|---|")
    for share in (0, 2, 5, 10, 20):
        planted = []
        for text in benchmark:
            parts = text.split()
            for at in draw.sample(range(len(parts)), round(len(parts) * share / 100)):
                parts[at] = draw.choice(words)
            planted.append(f"{draw.choice(clean)} {' '.join(parts)} {draw.choice(clean)}")
        found = contaminated([*planted, *clean[:5000]], benchmark)[: len(planted)]
        right = sum(i == hit for i, hit in enumerate(found)) / len(planted)
        caught = sum(hit >= 0 for hit in found) / len(planted)
        print(f"| {share} % of words changed | {caught:.3f} | {right:.3f} |", flush=True)
    false = sum(hit >= 0 for hit in contaminated(clean, benchmark))
    print(f"Of {len(clean):,} other sentences {false} share eight words with one of the texts.")
