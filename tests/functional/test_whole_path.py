"""From gates to a served answer, with the real model: what the gateway may and may not do."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI, PermissionDeniedError

import tuneworthy
from tests.fakes.small_project import BETTER
from tuneworthy.api.hosting import Host
from tuneworthy.core.clock import FixedClock, SystemClock
from tuneworthy.core.errors import BlockedProblem, IntegrityProblem
from tuneworthy.core.nouns.gate import Approval
from tuneworthy.core.nouns.serving import Route
from tuneworthy.lifecycle import assessing, ceiling, monitoring
from tuneworthy.lifecycle.wiring import Runtime, open_runtime
from tuneworthy.workspace import Workspace

pytest.importorskip("torch")

ROWS = {"train": 48, "validation": 4, "test": 60}
APPROVERS = {
    "start": ["ada", "bruno", "carla"],
    "build": ["dmitri", "ada", "emeka"],
    "proof": ["farida", "goran"],
    "release": ["farida", "carla", "bruno", "hanna"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example `tools`, cut to few rows and few steps."""
    home = tmp_path_factory.mktemp("project")
    tuneworthy.init(home, "tools")
    lines = (home / "data/calls.jsonl").read_text(encoding="utf-8").splitlines()
    left = dict(ROWS)
    kept = []
    for line in lines:
        split = json.loads(line)["split"]
        if left[split]:
            left[split] -= 1
            kept.append(line)
    (home / "data/calls.jsonl").write_text("\n".join(kept) + "\n", encoding="utf-8")
    config = (home / "tuneworthy.yaml").read_text(encoding="utf-8")
    config = config.replace("num_train_epochs: 2", "num_train_epochs: 2, save_steps: 2")
    config += 'monitor: {schedule: "* * * * *"}\n'
    (home / "tuneworthy.yaml").write_text(config, encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def work(folder: Path) -> Iterator[Workspace]:
    with tuneworthy.open(folder, actor="emeka") as workspace:
        workspace.register_people()
        workspace.build_data()
        yield workspace


def arrange(folder: Path, about: str, **result: object) -> None:
    """Record evidence that a long run would have made, about the project's current digests."""
    runtime: Runtime = open_runtime(folder)
    head = runtime.head
    subjects = [s for s in (head.dataset, head.suite, head.model) if s]
    runtime.record(runtime.claim(about, subjects, result))
    runtime.close()


def approve(work: Workspace, gate: str) -> None:
    for person in APPROVERS[gate]:
        work.decide_gate(gate, person, "The test has seen the evidence.")
    assert next(s for s in work.gates() if s.gate.value == gate).open


def tuneworthy_process(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tuneworthy", "-C", str(folder), "--as", "emeka", *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def test_1_training_is_refused_before_the_gates(work: Workspace) -> None:
    with pytest.raises(BlockedProblem) as refusal:
        work.train()
    assert refusal.value.code == "gate_shut"
    assert not work.versions()


def test_2_a_training_killed_in_the_middle_goes_on(work: Workspace, folder: Path) -> None:
    arrange(folder, "decision.verdict", allows_tuning=True, verdict="PILOT")
    runtime = open_runtime(folder)
    suite, _ = ceiling.freeze(runtime)
    runtime.close()
    assert suite.n >= 50
    arrange(folder, "decision.verdict", allows_tuning=True, verdict="PILOT")
    work.attest("retention_class", folder / "retention-class.md", "bruno")
    approve(work, "start")
    work.attest("labelling_guide", folder / "labelling-guide.md", "ada")
    work.estimate()
    arrange(folder, "ceiling.summary", prompt_variants=5)
    approve(work, "build")

    process = tuneworthy_process(folder, "train", "start")
    training = folder / ".tuneworthy" / "training"
    deadline = time.monotonic() + 240
    while not list(training.glob("*/checkpoint-*/complete.json")) and time.monotonic() < deadline:
        assert process.poll() is None, process.stdout and process.stdout.read()
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not work.versions()

    again = tuneworthy_process(folder, "--json", "train", "start")
    said, _ = again.communicate(timeout=300)
    assert again.returncode == 0, said
    run = json.loads(said.splitlines()[-1])
    assert run["resumed"] is True
    assert [v.id for v in work.versions()] == ["tools-1"]
    assert work.verify_audit().verified


def test_3_what_is_served_is_what_was_approved(work: Workspace, folder: Path) -> None:
    with Host(work, threads=2) as host:
        client = OpenAI(base_url=host.url, api_key="any", timeout=120, max_retries=0)
        case = work.cases()[0]
        ask: dict[str, Any] = {
            "model": "tools",
            "messages": [{"role": "user", "content": case.request}],
            "tools": list(case.tools),
            "user": "somebody",
        }
        answer = client.chat.completions.create(**ask)
        assert answer.choices[0].message.content
        stream = client.chat.completions.create(**ask, stream=True)
        pieces = [p.choices[0].delta.content or "" for p in stream if p.choices]
        assert "".join(pieces) == answer.choices[0].message.content

        with pytest.raises(BlockedProblem):
            work.start_rollout()

        for about in ("eval.comparison", "eval.base_comparison"):
            arrange(folder, about, **BETTER)
        arrange(folder, "eval.proof", passed=True)
        arrange(folder, "safety.suite", n=280, base=0.7, candidate=0.7, significant_loss=False)
        arrange(folder, "eval.red_team", attempts=80, through=0)
        runtime = open_runtime(folder)
        runtime.record(assessing.plan(runtime))
        runtime.close()
        work.model_card()
        approve(work, "proof")
        approve(work, "release")
        rollout = work.start_rollout()
        host.refresh()
        seen = set()
        for number in range(12):
            raw = client.chat.completions.with_raw_response.create(
                **{**ask, "user": f"user-{number}"}
            )
            seen.add(raw.headers["x-tuneworthy-manifest"])
        assert rollout.candidate in seen
        segments = list((folder / ".tuneworthy" / "traffic").glob("*.seg"))
        assert segments
        assert not any(b"user-3" in path.read_bytes() for path in segments)
        host.ingest()
        answered = [row for row in work.interactions() if row.manifest == rollout.candidate]
        steps = work.trace(answered[-1].id)
        assert not [step for step in steps if step.status == "broken"], steps
        assert any("farida" in step.value or "Farida" in step.value for step in steps)
        work.end_rollout(rollout.id, "The test ends it.")


def test_4_a_watch_that_came_due_while_nobody_was_there_is_made_up_for(
    work: Workspace, folder: Path
) -> None:
    long_ago = FixedClock(SystemClock().now() - timedelta(hours=2))
    runtime = open_runtime(folder, clock=long_ago)
    monitoring.heartbeat(runtime, [])
    runtime.close()
    missed = work.last_watch()
    with Host(work, threads=1, watch=True):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and (
            work.last_watch() == missed or "duty.take_up" not in actions(work)
        ):
            time.sleep(0.1)
    seen = work.last_watch()
    assert "duty.take_up" in actions(work), "the gateway raises duties too"
    assert missed is not None
    assert seen is not None
    assert seen > missed
    assert SystemClock().now() - seen < timedelta(minutes=2)


def actions(work: Workspace) -> list[str]:
    return [event["action"] for event in work.audit_log(1000)]


def test_5_a_forged_approval_takes_no_traffic(work: Workspace, folder: Path) -> None:
    """The canary is put into production by hand; then one approver's row is changed."""
    runtime = open_runtime(folder)
    route = runtime.store.get(Route, "tools")
    assert route is not None
    candidate = work.rollouts()[-1].candidate
    with runtime.change("test.point", ("route", "tools", candidate)) as change:
        change.put(route.model_copy(update={"production": candidate, "previous": route.production}))
    assert work.serving_state().permits[candidate].ok
    genuine = next(a for a in runtime.store.list(Approval) if a.gate.value == "release")
    with runtime.change("test.forge", ("approval", genuine.id, "")) as change:
        change.put(genuine.model_copy(update={"person": "hanna"}))
    assert not work.serving_state().permits[candidate].ok
    with Host(work, threads=1) as host:
        client = OpenAI(base_url=host.url, api_key="any", max_retries=0)
        with pytest.raises(PermissionDeniedError) as refusal:
            client.chat.completions.create(
                model="tools", messages=[{"role": "user", "content": "hello"}]
            )
    assert refusal.value.code == "not_approved"
    with runtime.change("test.mend", ("approval", genuine.id, "")) as change:
        change.put(genuine)
    assert work.serving_state().permits[candidate].ok
    runtime.close()


def test_6_a_swapped_adapter_byte_is_refused(work: Workspace, folder: Path) -> None:
    weights = max(
        (folder / ".tuneworthy" / "blobs").rglob("*"),
        key=lambda path: path.stat().st_size if path.is_file() else 0,
    )
    whole = weights.read_bytes()
    changed = bytearray(whole)
    changed[len(changed) // 2] ^= 1
    weights.chmod(0o600)
    weights.write_bytes(bytes(changed))
    with pytest.raises(IntegrityProblem), Host(work, threads=1):
        pass
    weights.write_bytes(whole)
