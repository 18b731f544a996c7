"""Decisions that were acknowledged stand after a kill; none stands without its audit event."""

import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import tuneworthy
from tuneworthy.core.nouns.gate import Approval
from tuneworthy.lifecycle.wiring import open_runtime
from tuneworthy.methods.chain import read, verify

ROUNDS = 5

DECIDER = """
import sys
import tuneworthy

workspace = tuneworthy.open(sys.argv[1])
number = 0
while True:
    number += 1
    for person in ("ana", "bo"):
        choice = "reject" if number % 3 == 0 else "approve"
        made = workspace.decide_gate("start", person, f"look {number}", decision=choice)
        print(made.id, flush=True)
"""


def prepare(folder: Path) -> None:
    """A project whose Start gate may be approved; the verdict is recorded without measuring."""
    tuneworthy.init(folder)
    settings = folder / "tuneworthy.yaml"
    text = settings.read_text(encoding="utf-8").replace('licence: ""  ', "licence: MIT")
    text = text.replace('legal_basis: ""  ', "legal_basis: contract")
    settings.write_text(text, encoding="utf-8")
    rows = [f'{{"request": "look at {n * 7919 % 991}", "target": "t{n % 3}"}}' for n in range(40)]
    (folder / "data" / "train.jsonl").write_text("\n".join(rows), encoding="utf-8")
    with tuneworthy.open(folder) as workspace:
        workspace.build_data()
        workspace.add_person("ana", "Ana", ["source_owner"])
        workspace.add_person("bo", "Bo", ["business_owner"])
        workspace.add_person("cy", "Cy", ["compliance_reviewer"])
        workspace.attest("retention_class", folder / "answers.yaml", "cy")
    runtime = open_runtime(folder)
    with closing(runtime):
        facts = {"verdict": "TUNE", "allows_tuning": True}
        runtime.record(runtime.claim("decision.verdict", [runtime.head.dataset], facts))


def decide_until_killed(folder: Path, seconds: float) -> list[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", DECIDER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    first = child.stdout.readline()
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    rest, _ = child.communicate()
    assert child.returncode == -signal.SIGKILL
    # The last line may have been cut off by the kill.
    return (first + rest).split("\n")[:-1]


def test_killed_in_the_middle_of_approvals(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    prepare(folder)
    chance = random.Random(11)  # noqa: S311 - moments of a kill, not secrets
    acknowledged = set[str]()
    for _ in range(ROUNDS):
        acknowledged |= set(decide_until_killed(folder, chance.uniform(0.0, 0.3)))
        runtime = open_runtime(folder)
        with closing(runtime):
            report = verify(runtime.store.audit())
            assert report.verified, report.first_fault
            approvals = {one.id: one for one in runtime.store.list(Approval)}
            assert acknowledged <= set(approvals), "an acknowledged decision is lost"
            events = [read(record.body) for record in runtime.store.audit()]
        decided = [e for e in events if e["object"]["type"] == "approval"]
        assert {e["object"]["id"] for e in decided} == set(approvals)
        assert len(decided) == len(approvals)
        for event in decided:
            approval = approvals[event["object"]["id"]]
            assert event["actor_id"] == approval.person
            assert event["action"] == f"gate.{approval.decision}"
        with tuneworthy.open(folder) as workspace:
            assert workspace.verify_audit().verified
            # Two people cannot fill the gate's three roles, whatever was killed half-way.
            assert not next(s for s in workspace.gates() if s.gate == "start").open
    assert len(acknowledged) >= 2 * ROUNDS
