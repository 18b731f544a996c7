"""Does reranking find better examples? Ways of retrieval on the training rows of `services`.

Each quarter of the titles is asked for among the other three; held-out rows are never touched.
`first` is how often the first example found has the right service (nearest neighbour), `any` how
often one of five has it. Each way is compared with BM25 and embeddings joined by rank, request by
request.

    python bench/run.py retrieval
"""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import tuneworthy
from tuneworthy.adapters.minilm import MiniLm
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.suite import Rerank
from tuneworthy.evaluate import Retriever
from tuneworthy.lifecycle import datasets
from tuneworthy.lifecycle.wiring import open_runtime
from tuneworthy.methods.paired import compare

OUT = Path("build/bench/retrieval.json")
K = 5
FOLDS = 4
POOL = 20
"""As many as a retriever reranks."""
Found = list[list[Example]]


def rows() -> list[Example]:
    """The training rows of the example, as a build splits them."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "services"
        tuneworthy.init(home, "services")
        runtime = open_runtime(home)
        datasets.build(runtime)
        found = datasets.examples(runtime, "train")
        runtime.close()
    return found


def joined(one: Found, other: Found) -> Found:
    """Two orders of the same examples, joined by rank."""
    found = []
    for first, second in zip(one, other, strict=True):
        place = {example.id: number for number, example in enumerate(second)}
        ranked = sorted(
            enumerate(first),
            key=lambda item: -1 / (60 + item[0]) - 1 / (60 + place[item[1].id]),
        )
        found.append([example for _, example in ranked[:K]])
    return found


def ways(model: MiniLm, held: list[Example], requests: list[str]) -> dict[str, tuple[Found, float]]:
    """What each way finds, and its CPU seconds; the first is the one in use."""
    retriever = Retriever(held, model)

    def pool(rerank: Rerank = "") -> Found:
        return retriever.nearest(requests, POOL, rerank=rerank)

    each: dict[str, Callable[[], Found]] = {
        "both, joined by rank": lambda: retriever.nearest(requests, K),
        "words (BM25)": lambda: retriever.nearest(requests, K, by="words"),
        "meaning (embeddings)": lambda: retriever.nearest(requests, K, by="meaning"),
        "reranked: `tokens`": lambda: retriever.nearest(requests, K, rerank="tokens"),
        "joined by rank with `tokens`": lambda: joined(pool(), pool("tokens")),
        "reranked: `diverse`": lambda: retriever.nearest(requests, K, rerank="diverse"),
    }
    found = {}
    for name, way in each.items():
        started = time.process_time()
        found[name] = way(), time.process_time() - started
    return found


def main() -> None:
    """Print the table over all folds together."""
    everything = rows()
    model = MiniLm()
    kept: dict[str, dict[str, list[float]]] = {}
    for fold in range(FOLDS):
        asked = everything[fold::FOLDS]
        held = [row for n, row in enumerate(everything) if n % FOLDS != fold]
        for name, (found, seconds) in ways(model, held, [row.request for row in asked]).items():
            figures = kept.setdefault(name, {"first": [], "any": [], "cpu_seconds": []})
            for shots, row in zip(found, asked, strict=True):
                right = [float(one.target == row.target) for one in shots]
                figures["first"].append(right[0])
                figures["any"].append(max(right))
            figures["cpu_seconds"].append(seconds)
    print(f"{len(everything)} requests, each among three quarters of the others")
    print("| way | first | against the first way | any of 5 | against the first way | CPU s |")
    print("|---|---|---|---|---|---|")
    for name, figures in kept.items():
        cells = [cell for kind in ("first", "any") for cell in _cells(kept, name, kind)]
        print(f"| {name} | {' | '.join(cells)} | {sum(figures['cpu_seconds']):.1f} |", flush=True)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(kept), encoding="utf-8")


def _cells(kept: dict[str, dict[str, list[float]]], name: str, figures: str) -> list[str]:
    ours, theirs = kept[name][figures], next(iter(kept.values()))[figures]
    share = f"{np.mean(ours):.1%}"
    if ours is theirs:
        return [share, ""]
    found = compare(ours, theirs)
    delta = found.delta
    return [share, f"{delta.value:+.1%} ({delta.low:+.1%} to {delta.high:+.1%}), {found.verdict}"]


if __name__ == "__main__":
    main()
