"""The same rows give the same version, whatever examines them."""

import gc
import json
import operator
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tuneworthy import adapters
from tuneworthy.adapters.engines import FEW
from tuneworthy.core.engine import HERE
from tuneworthy.core.nouns.project import Project, Source
from tuneworthy.core.ports import Engine
from tuneworthy.data import build_dataset, read_source
from tuneworthy.data.readers import BATCH
from tuneworthy.methods.canonical import digest_bytes

WORDS = [
    "river", "stone", "window", "garden", "copper", "letter", "morning", "silver", "candle",
    "bridge", "forest", "anchor", "meadow", "harbour", "lantern", "thunder", "violet", "marble",
]  # fmt: skip


MANY = 5 * FEW

# Daft leaves the pipes to its processes to the collector, which names them.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def swept() -> Iterator[None]:
    yield
    gc.collect()


def test_many_items_come_back_in_order() -> None:
    done = adapters.load_engine("local").map(operator.neg, iter(range(MANY)))
    assert list(done) == [-i for i in range(MANY)]


def test_many_items_go_to_other_processes_and_few_stay() -> None:
    me = str(os.getpid())
    many = adapters.load_engine("local").map(os.readlink, ["/proc/self"] * MANY)
    assert me not in set(many)
    few = adapters.load_engine("local").map(os.readlink, ["/proc/self"] * FEW)
    assert set(few) == {me}


def test_a_failing_step_ends_all_with_its_own_words() -> None:
    items = [str(i) for i in range(MANY)] + ["thirty"]
    with pytest.raises(ValueError, match="thirty"):
        list(adapters.load_engine("local").map(int, items))


@pytest.fixture(scope="module")
def many_rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for i in range((FEW + 2) * BATCH):
            said = " ".join(
                WORDS[(i * step // 7 + i // 18**k) % 18] for k, step in enumerate((1, 5, 7))
            )
            asked = (
                "{broken"
                if i % 997 == 5
                else f'{{"prompt": "{said} {i}", "completion": "{i % 9}"}}'
            )
            file.write(asked + "\n")
    return path


def version_of(path: Path, engine: Engine) -> tuple[str, int, dict[str, str]]:
    source = Source(path="rows.jsonl")
    read = read_source(path, source, engine=engine)
    # The whole table, byte for byte, and what the first rows are built into.
    project = Project.model_validate(
        {
            "id": "p",
            "use_case": "u",
            "goal": "format",
            "metric": "exact_match",
            "target": 0.5,
            "sources": [source],
        }
    )
    some = read.__class__(read.source, read.table.take(range(600)), read.sha256, read.findings)
    built = build_dataset(project, [some], created_at="t", put=digest_bytes)
    whole = digest_bytes(b"".join(r or b"-" for r in read.table.values("record")))
    return built.version.id, len(read.table), {**built.version.records, "all": whole}


def test_other_processes_give_the_bytes_that_this_one_gives(many_rows: Path) -> None:
    assert version_of(many_rows, adapters.load_engine("local")) == version_of(many_rows, HERE)


ON_RAY = """
import json, os, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from test_engines import MANY, version_of
from tuneworthy import adapters
engine = adapters.load_engine("ray")
nodes = set(engine.map(os.getenv, ["RAY_RAYLET_PID"] * MANY))
print(json.dumps([len(nodes), version_of(Path(sys.argv[1]), engine)]))
"""


@pytest.fixture
def cluster() -> Iterator[str]:
    nodes = pytest.importorskip("ray.cluster_utils").Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1}
    )
    nodes.add_node(num_cpus=1)
    try:
        yield nodes.address
    finally:
        nodes.shutdown()


@pytest.mark.timeout(300)
def test_a_ray_cluster_of_two_nodes_gives_the_same_bytes(many_rows: Path, cluster: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ON_RAY, str(many_rows), str(Path(__file__).parent)],
        env={**os.environ, "RAY_ADDRESS": cluster},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    nodes, version = json.loads(done.stdout.splitlines()[-1])
    assert nodes == 2
    assert version == list(version_of(many_rows, HERE))
