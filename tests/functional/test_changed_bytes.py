"""Bytes that evidence was found in, changed or taken away: it opens no gate and no level."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

import tuneworthy
from tests.fakes.small_project import make_small, open_small, released
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.scorecard import PredicateResult
from tuneworthy.lifecycle import assessing, datasets, gates, training
from tuneworthy.lifecycle.wiring import Runtime

NOW = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    runtime = open_small(make_small(tmp_path / "home"), FixedClock(NOW))
    released(runtime)
    return runtime


def path_of(runtime: Runtime, digest: str) -> Path:
    name = digest.removeprefix("sha256:")
    return runtime.state / "blobs" / "sha256" / name[:2] / name[2:]


def rows(runtime: Runtime) -> str:
    return datasets.current(runtime).records["test"]


def guide(runtime: Runtime) -> str:
    (one,) = [e for e in runtime.evidence() if e.about == "document.labelling_guide"]
    return str(one.result["sha256"])


def adapter(runtime: Runtime) -> str:
    version = training.current_version(runtime)
    folder = runtime.blobs.get_tree(version.adapter, runtime.folder / "copy")
    return runtime.blobs.put((folder / "adapter").read_bytes())


SHUTS: dict[Callable[[Runtime], str], GateName] = {
    rows: GateName.START,
    guide: GateName.BUILD,
    adapter: GateName.PROOF,
}
"""What is changed, to the first gate that asks for evidence found in it."""


@pytest.mark.parametrize("how", ["flipped", "emptied", "deleted"])
@pytest.mark.parametrize("what", SHUTS, ids=lambda what: what.__name__)
def test_changed_bytes_shut_the_gate_and_are_named(
    runtime: Runtime, what: Callable[[Runtime], str], how: str
) -> None:
    path = path_of(runtime, what(runtime))
    before = {state.gate for state in gates.states(runtime) if state.open}
    assert before == set(GateName)
    was = held(runtime)
    data = path.read_bytes()
    path.unlink()
    if how != "deleted":
        path.write_bytes(b"" if how == "emptied" else bytes([data[0] ^ 1]) + data[1:])
    shut = {state.gate for state in gates.states(runtime) if not state.open}
    assert SHUTS[what] in shut
    assert held(runtime) < was
    with closing(runtime), tuneworthy.open(runtime.folder) as workspace:
        named = workspace.evidence_without_bytes()
    assert named
    assert all("other bytes stand in their place" in line for line in named)
    path.write_bytes(data)
    with tuneworthy.open(runtime.folder) as workspace:
        assert workspace.evidence_without_bytes() == []


def held(runtime: Runtime) -> set[str]:
    found: list[PredicateResult] = [
        p for d in assessing.scorecard(runtime).dimensions for p in d.predicates
    ]
    return {p.id for p in found if p.held}


@pytest.mark.parametrize("planted", ["link", "file", "folder"])
def test_whatever_lies_where_an_adapter_is_written_out_is_replaced_by_the_kept_one(
    runtime: Runtime, tmp_path: Path, planted: str
) -> None:
    version = training.current_version(runtime)
    place = training.adapter_folder(runtime, version)
    kept = (place / "adapter").read_bytes()
    other = tmp_path / "other"
    place.rename(other)
    (other / "adapter").write_bytes(b"other weights")
    if planted == "link":
        place.symlink_to(other, target_is_directory=True)
    elif planted == "file":
        place.write_bytes(b"no folder")
    else:
        other.rename(place)
    again = training.adapter_folder(runtime, version)
    assert not again.is_symlink()
    assert (again / "adapter").read_bytes() == kept
    if planted == "link":
        assert (other / "adapter").read_bytes() == b"other weights", "it is not ours to delete"
