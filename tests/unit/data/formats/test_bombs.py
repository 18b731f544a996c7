"""Small files that stand for far too much: peak memory in a child process, over an idle one."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.feather as feather  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

MOST_MB = 512
ALLOWED = 64 << 20
"""Bytes that a small file may stand for."""
_CHILD = """
import json, resource, sys
from collections import Counter
from pathlib import Path
from tuneworthy.core.errors import Problem
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.kinds import raw_rows
from tuneworthy.data.opened import NoHash
from tuneworthy.data.rows import Limits
def peak():
    # Not ru_maxrss: a child starts with its parent's.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
path, idle, problem, codes = Path(sys.argv[1]), peak(), "", Counter()
try:
    for row in raw_rows(path, Source(path="x"), NoHash(), Limits()):
        codes[row.code] += 1
except Problem as fault:
    problem = fault.code
used = resource.getrusage(resource.RUSAGE_SELF)
seconds = used.ru_utime + used.ru_stime
print(json.dumps([peak() - idle, seconds, problem, dict(codes)]))
"""


def same(text: str, count: int) -> pa.Array:
    """One text, ``count`` times, held once."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array([text]))


def flat_parquet(path: Path) -> None:
    table = pa.table({"request": same("a" * 1_000_000, 40_000), "target": same("x", 40_000)})
    pq.write_table(table, path, compression="zstd", store_schema=False, write_statistics=False)
    assert path.stat().st_size < 4_096


def nested_parquet(path: Path) -> None:
    """One row of 40,000 turns that all are one text: 40 GB in one value."""
    turn = pa.StructArray.from_arrays(
        [same("user", 40_000), same("a" * 1_000_000, 40_000)], names=["role", "content"]
    )
    turns = pa.ListArray.from_arrays(pa.array([0, 40_000], pa.int32()), turn)
    table = pa.table({"messages": turns})
    pq.write_table(table, path, compression="zstd", store_schema=False, write_statistics=False)
    assert path.stat().st_size < 4_096


def one_text_parquet(path: Path) -> None:
    """One value of a gigabyte that packs to next to nothing."""
    table = pa.table({"request": ["a" * (1 << 30)], "target": ["x"]})
    pq.write_table(
        table, path, compression="zstd", store_schema=False, write_statistics=False,
        use_dictionary=False,
    )  # fmt: skip


def delta_parquet(path: Path) -> None:
    """Each text is the one before and a little more."""
    texts = ["a" * 200_000 + str(n) for n in range(4_000)]
    table = pa.table({"request": texts, "target": ["x"] * len(texts)})
    pq.write_table(
        table, path, compression="zstd", use_dictionary=False, write_statistics=False,
        column_encoding={"request": "DELTA_BYTE_ARRAY", "target": "PLAIN"},
    )  # fmt: skip


def many_parquet(path: Path) -> None:
    """No row is too long, and all together are 4 GB."""
    table = pa.table({"request": same("a" * 100_000, 40_000), "target": same("x", 40_000)})
    pq.write_table(table, path, compression="zstd", store_schema=False, write_statistics=False)
    assert path.stat().st_size < 4_096


def packed_feather(path: Path) -> None:
    table = pa.table({"request": ["a" * 20_000] * 60_000, "target": ["x"] * 60_000})
    feather.write_feather(table, str(path), compression="zstd", chunksize=60_000)


def dictionary_arrow(path: Path) -> None:
    table = pa.table({"request": same("a" * 1_000_000, 40_000), "target": same("x", 40_000)})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as out:
        out.write_table(table)


def packed_lines(path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=9) as file:
        for _ in range(1_000):
            file.write(b" " * (1 << 20))


def blank_lines(path: Path) -> None:
    with gzip.open(path, "wb") if path.suffix == ".gz" else path.open("wb") as file:
        file.write(b"\r\n" * (16 << 20))


def one_line(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b'{"request": "')
        file.truncate(3 << 30)  # Three gigabytes of NULs, of which the disk holds none.


def one_item(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b'[{"request": "')
        file.truncate(1 << 30)


def deep(path: Path) -> None:
    path.write_text('{"request": ' + "[" * 1_000_000 + "\n" + '{"request": "a", "target": "b"}')


def long_number(path: Path) -> None:
    good = json.dumps({"request": "a", "target": "b"})
    path.write_text('{"request": ' + "9" * 10_000_000 + ', "target": "b"}\n' + good)


def digits_in_text(path: Path) -> None:
    turn = {"role": "assistant", "function_call": {"name": "f", "arguments": "9" * 1_000_000}}
    path.write_text(json.dumps({"messages": [{"role": "user", "content": "a"}, turn]}))


BOMBS: list[tuple[Any, str, str, dict[str, int]]] = [
    (flat_parquet, "x.parquet", "", {"too_long": 40_000}),
    (nested_parquet, "x.parquet", "", {"too_long": 1}),
    (one_text_parquet, "x.parquet", "swells", {}),
    (delta_parquet, "x.parquet", "swells", {"": ALLOWED // 200_021}),
    (many_parquet, "x.parquet", "swells", {"": ALLOWED // 100_017}),
    (packed_feather, "x.feather", "swells", {}),
    (dictionary_arrow, "x.arrow", "", {"too_long": 40_000}),
    (packed_lines, "x.jsonl.gz", "swells", {}),
    (blank_lines, "x.jsonl.gz", "blank_lines", {}),
    (blank_lines, "x.csv", "blank_lines", {}),
    (one_line, "x.jsonl", "", {"too_long": 1}),
    (one_item, "x.json", "", {"bad_json": 1}),
    (deep, "x.jsonl", "", {"bad_json": 1, "": 1}),
    (long_number, "x.jsonl", "", {"too_long": 1, "": 1}),
    (digits_in_text, "x.jsonl", "", {"": 1}),
]


_CHECK = """
import json, sys
from pathlib import Path
from tuneworthy.core.errors import Problem
from tuneworthy.workspace import FileOptions, check_file
def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
idle = peak()
try:
    check_file(sys.argv[1], FileOptions(embeddings=False))
except Problem as fault:
    print(json.dumps([peak() - idle, fault.code, fault.message]))
"""


@pytest.mark.parametrize("make", [flat_parquet, many_parquet, dictionary_arrow])
def test_a_check_names_the_row_at_which_a_file_swells(tmp_path, make):
    path = tmp_path / ("x.arrow" if make is dictionary_arrow else "x.parquet")
    make(path)
    command = [sys.executable, "-c", _CHECK, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    grown, code, message = json.loads(done.stdout)
    sys.stdout.write(f"{make.__name__}: +{grown:.0f} MB\n")
    assert code == "swells"
    allowed = max(ALLOWED, path.stat().st_size * 200)
    each = 100_017 if make is many_parquet else 1_000_017
    assert f"{allowed >> 20} MB, at row {allowed // each + 1}:" in message
    assert 0 < grown < MOST_MB


@pytest.mark.parametrize(
    ("make", "name", "problem", "codes"), BOMBS, ids=lambda b: getattr(b, "__name__", "")
)
def test_a_bomb_is_refused_or_streamed(tmp_path, make, name, problem, codes):
    path = tmp_path / name
    make(path)
    command = [sys.executable, "-c", _CHILD, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    grown, seconds, said, found = json.loads(done.stdout)
    sys.stdout.write(
        f"{make.__name__}: {path.stat().st_size:,} bytes, +{grown:.0f} MB, {seconds:.1f} CPU-s\n"
    )
    assert said == problem
    assert found == codes
    assert 0 < grown < MOST_MB
    assert seconds < 20
