"""A training that names nobody: told before it begins, and stamped wherever gates are shown."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tests.fakes.small_project import (
    SmallTrainer,
    approve,
    make_small,
    open_small,
    prepared,
    ready,
)
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.ports import BaseIdentity
from tuneworthy.lifecycle import gates, packing, people, reporting, unnamed_run
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.web.report import render_report

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
PROOF, RELEASE = GateName.PROOF, GateName.RELEASE


@pytest.fixture
def unnamed(tmp_path: Path) -> Iterator[Runtime]:
    """A version that nobody named has trained, with four open gates."""
    with closing(open_small(make_small(tmp_path / "shop"), FixedClock(BEGIN))) as opened:
        opened.actor = "local"
        prepared(opened)
        yield opened


def test_a_run_that_names_nobody_is_stamped_wherever_gates_are_shown(
    unnamed: Runtime, tmp_path: Path, run: Any
) -> None:
    for gate in (PROOF, RELEASE):
        approve(unnamed, gate)
    states = {state.gate.value: state for state in gates.states(unnamed)}
    assert {name: state.independence for name, state in states.items()} == {
        "start": "full", "build": "full", "proof": "reduced", "release": "reduced",
    }  # fmt: skip
    (why,) = states["proof"].reduced_because
    assert "the training run names nobody" in why
    pack = tmp_path / "pack.zip"
    packing.export(unnamed, pack)
    with zipfile.ZipFile(pack) as opened:
        stamps = json.loads(opened.read("governance/stamps.json"))
    assert stamps["independence"]["release"] == "reduced"
    assert stamps["reduced_because"] == {"proof": [why], "release": [why]}
    assert f"reduced independence: {why}" in render_report([reporting.gather(unnamed)])
    assert f"reduced independence: {why}" in run("-C", str(unnamed.folder), "gate", "list").out


def test_it_is_told_before_the_training_begins_and_what_to_type(
    tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_small(tmp_path / "shop")
    with closing(open_small(home, FixedClock(BEGIN))) as runtime:
        runtime.actor = "local"
        assert people.everyone(runtime) == []
        assert unnamed_run.warnings(runtime) == (), "no gate opens while nobody is registered"
        ready(runtime)
    # A real training takes minutes; what is told does not look at the trainer.
    monkeypatch.setattr(Runtime, "trainer", SmallTrainer())
    identity = BaseIdentity(base="b", tokenizer="t", template="c")
    monkeypatch.setattr(Runtime, "base_identity", identity)
    clock = FixedClock(BEGIN + timedelta(hours=1))
    monkeypatch.setattr(tuneworthy, "open", partial(tuneworthy.Workspace, clock=clock))
    fix = "tuneworthy --as di train start"
    assert fix in run("-C", str(home), "train", "plan").out
    assert run("--json", "-C", str(home), "--as", "di", "train", "plan").json["warnings"] == []
    begun = run("-C", str(home), "train", "start")
    assert begun.code == 0, begun.err
    assert "This training names nobody" in begun.err
    assert fix in begun.err
    # The same run is not made again, so that a name comes too late for it.
    again = run("--json", "-C", str(home), "--as", "di", "train", "start").json
    assert again["submitted_by"] == "local"
    assert "another training seed" in " ".join(again["warnings"])
