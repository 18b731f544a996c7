"""Work that is killed with SIGKILL at a random moment, and what must be true of the ledger then."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from tests.fakes.racing import BEGIN, FORK
from tests.fakes.small_project import DECIDE, GOOD, open_small, tick
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.gate import Approval, GateName
from tuneworthy.core.nouns.model import ModelState
from tuneworthy.core.nouns.serving import ServingManifest
from tuneworthy.lifecycle import auditing, gates, rollouts, serving, training
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.chain import read, verify

Say = Callable[[str], None]
"""Acknowledges one finished piece of work; what was said before a kill must stand after it."""


class Killed(NamedTuple):
    """One kill: what had been acknowledged, and whether the process was at work when it died."""

    said: list[str]
    at_work: bool


def killed_at_work(work: Callable[[Say], None], seconds: float) -> Killed:
    """Let a process of its own work until this long after its first word, then kill it."""
    reader, writer = os.pipe()
    child = FORK.Process(target=_work, args=(work, reader, writer), daemon=True)
    child.start()
    os.close(writer)
    with os.fdopen(reader) as said:
        first = said.readline()
        time.sleep(seconds)
        at_work = child.exitcode is None
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        # The last line may have been cut off by the kill.
        words = (first + said.read()).split("\n")[:-1]
    return Killed(words, at_work and child.exitcode == -signal.SIGKILL)


def _work(work: Callable[[Say], None], reader: int, writer: int) -> None:
    os.close(reader)
    work(lambda word: _tell(writer, word))


def _tell(writer: int, word: str) -> None:
    os.write(writer, f"{word}\n".encode())  # so short a line is written whole or not at all


def clock(number: int) -> FixedClock:
    """A moment of its own for each process, later than all before."""
    return FixedClock(BEGIN + timedelta(hours=number + 1))


def decide_on_and_on(home: Path, number: int) -> Callable[[Say], None]:
    """Approve and reject Proof and Release, one person after another."""

    def work(say: Say) -> None:
        runtime, count = open_small(home, clock(number)), 0
        while True:
            for gate in (GateName.PROOF, GateName.RELEASE):
                for person in DECIDE[gate]:
                    tick(runtime)
                    count += 1
                    choice: Any = "reject" if count % 5 == 0 else "approve"
                    made = gates.decide(runtime, gate, person, reason="seen", decision=choice)
                    say(made.id)

    return work


def promote_on_and_on(home: Path, number: int) -> Callable[[Say], None]:
    """Roll out, promote, roll back, wherever the process before left off."""

    def work(say: Say) -> None:
        runtime = open_small(home, clock(number))
        while True:
            tick(runtime)
            live = rollouts.newest_live(runtime)
            if live is None and _tuned_serves(runtime):
                rollouts.retire_production(runtime, "again")
                continue
            rollout = live or rollouts.start(runtime)
            while rollout.results[-1].percent < rollout.stages[-1]:
                rollout = rollouts.look(runtime, rollout.id, [GOOD] * 60)
            say(rollouts.end(runtime, rollout.id, "good", promoted=True).id)

    return work


def _tuned_serves(runtime: Runtime) -> bool:
    manifest = runtime.store.get(ServingManifest, serving.open_route(runtime).production)
    return manifest is not None and bool(manifest.adapter)


class Checked(NamedTuple):
    """What a ledger holds after a kill; the first four must be 0."""

    lost: int
    """Acknowledged pieces of work that are not there."""
    doubled: int
    """Promotions, decisions or evidence of an end that are there twice."""
    halved: int
    """Rows without their event, events without their row, states that do not fit the route."""
    broken: int
    """1 when the chain does not verify."""
    done: int
    """Pieces of work that are there, acknowledged or not."""


def check_decisions(home: Path, number: int, said: set[str]) -> Checked:
    """Every acknowledged decision is there once, with its event, and the chain stands."""
    with closing(open_small(home, clock(number))) as runtime:
        events = _events(runtime, "approval")
        there = {approval.id for approval in runtime.store.list(Approval)}
        halved = len(there ^ set(events))
        return Checked(len(said - there), _more_than_once(events), halved, _broken(runtime),
                       len(there))  # fmt: skip


def check_promotions(home: Path, number: int, said: set[str]) -> Checked:
    """Every acknowledged promotion is there once, whole, and one version at most is served."""
    with closing(open_small(home, clock(number))) as runtime:
        events = _events(runtime, "rollout", "rollout.promote")
        ended = [
            subject
            for item in runtime.evidence()
            if item.about == "rollout.finished" and item.result["state"] == "promoted"
            for subject in item.subjects
            if not subject.startswith("sha256:")
        ]
        there = {one.id for one in rollouts.all_of(runtime) if one.state == "promoted"}
        halved = len(there ^ set(events)) + len(there ^ set(ended)) + _misfits(runtime)
        doubled = _more_than_once(events) + _more_than_once(ended)
        return Checked(len(said - there), doubled, halved, _broken(runtime), len(there))


def _misfits(runtime: Runtime) -> int:
    """Versions in a state of traffic that the route does not give them, or the other way round."""
    route = serving.open_route(runtime)
    wanted = {}
    for state, id_ in (
        (ModelState.PRODUCTION, route.production),
        (ModelState.CANARY, route.canary),
    ):
        manifest = runtime.store.get(ServingManifest, id_)
        if manifest is not None and manifest.adapter:
            wanted[manifest.version] = state
    in_traffic = {
        version.id: version.state
        for version in training.versions(runtime)
        if version.state in (ModelState.PRODUCTION, ModelState.CANARY)
    }
    return len(wanted.items() ^ in_traffic.items())


def _events(runtime: Runtime, kind: str, action: str = "") -> list[str]:
    bodies = [read(record.body) for record in runtime.store.audit()]
    return [
        body["object"]["id"]
        for body in bodies
        if body["object"]["type"] == kind and action in ("", body["action"])
    ]


def _more_than_once(things: list[str]) -> int:
    return sum(count - 1 for count in Counter(things).values())


def _broken(runtime: Runtime) -> int:
    whole = verify(runtime.store.audit()).verified and auditing.verify(runtime, keep=False).verified
    return int(not whole)
