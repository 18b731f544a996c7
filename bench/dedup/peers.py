"""One near-duplicate tool in a process of its own: ``peers.py TOOL CORPUS.parquet OUT.json``.

Writes CPU seconds (whole process with children, and from texts in memory to rows marked), peak
memory, and the rows it would remove. All tools use word 5-grams, 128 permutations, 16 bands of 8
rows, or the nearest setting they offer; ``ours`` and ``ours-keep`` are this project's two verbs.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

Removed = list[int]


def cpu() -> float:
    """User and system seconds of this process and its finished children."""
    mine, theirs = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime


def grams(text: str) -> set[str]:
    """The word 5-grams of the lower-case text."""
    words = text.lower().split()
    return {" ".join(words[i : i + 5]) for i in range(max(1, len(words) - 4))}


def not_first(labels: list[int]) -> Removed:
    """All rows but the first of each group."""
    return [i for i, label in enumerate(labels) if label != i]


def joined(count: int, pairs: Any) -> Removed:
    """All rows but the first of each connected component."""
    parent = list(range(count))

    def find(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for left, right in pairs:
        low, high = sorted((find(left), find(right)))
        parent[high] = low
    return not_first([find(i) for i in range(count)])


def ours(texts: Any, _: Path) -> Callable[[], Removed]:
    """Transitive groups at char-5 Jaccard 0.7."""
    from tuneworthy.methods.neardup import group_similar

    group_similar(texts.slice(0, 6000))
    return lambda: not_first(group_similar(texts))


def ours_keep(texts: Any, _: Path) -> Callable[[], Removed]:
    """Stars: rows verified at 0.7 or more to the copy that is kept."""
    from tuneworthy.methods.neardup import keep_stars

    keep_stars(texts.slice(0, 6000), 0.7)
    return lambda: not_first(keep_stars(texts, 0.7))


def datasketch(texts: Any, _: Path) -> Callable[[], Removed]:
    """MinHash and MinHashLSH, rows joined with what the index already holds."""
    from datasketch import MinHash, MinHashLSH

    def work() -> Removed:
        index = MinHashLSH(num_perm=128, params=(16, 8))
        pairs = []
        for i, text in enumerate(texts.to_pylist()):
            sketch = MinHash(num_perm=128)
            sketch.update_batch([gram.encode() for gram in grams(text)])
            pairs += [(other, i) for other in index.query(sketch)]
            index.insert(i, sketch)
        return joined(len(texts), pairs)

    return work


def rensa(texts: Any, _: Path) -> Callable[[], Removed]:
    """Its bulk path: a digest matrix and the one-shot index; rows flagged but the first."""
    from rensa import RMinHash, RMinHashLSH

    def work() -> Removed:
        matrix = RMinHash.digest_matrix_from_token_sets(
            [grams(text) for text in texts.to_pylist()], num_perm=128, seed=42
        )
        index = RMinHashLSH(threshold=0.7, num_perm=128, num_bands=16)
        flags = index.query_duplicate_flags_matrix_one_shot(matrix)
        return [i for i, flag in enumerate(flags) if flag]

    return work


def daft(texts: Any, _: Path) -> Callable[[], Removed]:
    """Its built-in minhash, bands grouped in Daft, components on the driver."""
    import daft as engine
    from daft import col

    def work() -> Removed:
        frame = engine.from_arrow(pa.table({"id": pa.array(range(len(texts))), "text": texts}))
        text = col("text").normalize(lowercase=True, white_space=True)
        frame = frame.select(
            col("id"), text.minhash(num_hashes=128, ngram_size=5, seed=1).alias("m")
        )
        table = frame.to_arrow()
        ids = table["id"].to_numpy()
        flat = table["m"].combine_chunks().flatten().to_numpy().reshape(len(ids), 16, 8)
        keys = np.zeros((len(ids), 16), dtype=np.uint64)
        for i in range(8):
            keys = (keys ^ flat[:, :, i]) * np.uint64(0x9E3779B97F4A7C15)
            keys ^= keys >> np.uint64(29)
        keys ^= np.arange(16, dtype=np.uint64)
        bands = pa.table({"id": np.repeat(ids, 16), "key": keys.ravel()})
        grouped = engine.from_arrow(bands).groupby("key")
        lists = grouped.agg(
            col("id").count().alias("n"), col("id").min().alias("low"), col("id").list_agg()
        )
        found = lists.where(col("n") > 1).select("low", "id").to_pydict()
        pairs = (
            (low, other)
            for low, members in zip(found["low"], found["id"], strict=True)
            for other in members
        )
        return joined(len(texts), pairs)

    return work


def datatrove(texts: Any, folder: Path) -> Callable[[], Removed]:
    """Its four stages on one worker; 14 buckets of 8 hashes, its default."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    (folder / "in").mkdir()
    with (folder / "in/rows.jsonl").open("w") as file:
        for i, text in enumerate(texts.to_pylist()):
            file.write(json.dumps({"id": str(i), "text": text}) + "\n")
    config = MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8)
    reader = JsonlReader(f"{folder}/in")

    def work() -> Removed:
        stages = [
            [reader, MinhashDedupSignature(f"{folder}/s", config=config, language="eng")],
            [MinhashDedupBuckets(f"{folder}/s", f"{folder}/b", config=config)],
            [MinhashDedupCluster(f"{folder}/b", f"{folder}/c", config=config)],
            [
                reader,
                MinhashDedupFilter(f"{folder}/c"),
                JsonlWriter(f"{folder}/o", compression=None),
            ],
        ]
        for i, stage in enumerate(stages):
            tasks = 14 if i == 1 else 1
            LocalPipelineExecutor(
                stage, tasks=tasks, workers=1, logging_dir=f"{folder}/log{i}"
            ).run()
        kept = {
            int(json.loads(line)["id"])
            for path in (folder / "o").glob("*.jsonl")
            for line in path.open()
        }
        return [i for i in range(len(texts)) if i not in kept]

    return work


def text_dedup(texts: Any, folder: Path) -> Callable[[], Removed]:
    """Its minhash program with verification, as its page shows it, on one process."""
    (folder / "in").mkdir()
    pq.write_table(
        pa.table({"row": list(range(len(texts))), "text": texts}), folder / "in/a.parquet"
    )
    settings = f"""
[input]
input_type = "local_files"
file_type = "parquet"
[input.read_arguments]
path = "{folder}/in"
split = "train"
[algorithm]
algorithm_name = "minhash"
text_column = "text"
num_perm = 128
threshold = 0.7
ngram_size = 5
num_proc = 1
check_false_positive = true
[output]
output_dir = "{folder}/out"
clean_cache = false
save_clusters = false
[debug]
enable_profiling = false
"""
    tomllib.loads(settings)
    (folder / "config.toml").write_text(settings)

    def work() -> Removed:
        env = {**os.environ, "HF_HOME": f"{folder}/hf"}
        command = [sys.executable, "-m", "text_dedup.minhash"]
        done = subprocess.run(
            command, check=False, cwd=folder, env=env, capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit((done.stderr or done.stdout)[-800:])
        from datasets import load_from_disk

        kept = set(load_from_disk(f"{folder}/out")["row"])
        return [i for i in range(len(texts)) if i not in kept]

    return work


TOOLS = {
    "ours": ours,
    "ours-keep": ours_keep,
    "daft": daft,
    "rensa": rensa,
    "datasketch": datasketch,
    "datatrove": datatrove,
    "text-dedup": text_dedup,
}


def main() -> None:
    """Run one tool and write what it took and what it would remove."""
    tool, corpus, out = sys.argv[1:4]
    # Read batch by batch, so that the reader's own peak does not hide the tool's.
    batches = pq.ParquetFile(corpus).iter_batches(65536, columns=["text"])
    texts = pa.chunked_array([batch.column(0) for batch in batches])
    pa.default_memory_pool().release_unused()
    with tempfile.TemporaryDirectory() as folder:
        work = TOOLS[tool](texts, Path(folder))
        before = cpu()
        removed = work()
        spent = cpu() - before
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    Path(out).write_text(
        json.dumps({"work": spent, "whole": cpu(), "peak_kb": peak, "removed": removed})
    )


if __name__ == "__main__":
    main()
