"""Processes that do something to one project at the same moment, round after round."""

import itertools
import json
import multiprocessing
import random
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, NamedTuple, Self

from tests.fakes.postgres import new_database
from tests.fakes.small_project import (
    BETTER,
    DECIDE,
    GOOD,
    PEOPLE,
    make_small,
    open_small,
    released,
    say,
    tick,
)
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import Problem
from tuneworthy.core.nouns.base import Noun
from tuneworthy.core.nouns.gate import Approval, GateName
from tuneworthy.core.nouns.model import ModelState
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.serving import Rollout
from tuneworthy.core.nouns.serving_state import RolloutMemory
from tuneworthy.govern import load_policy, make_approval
from tuneworthy.lifecycle import gates, people, rollouts, serving, training
from tuneworthy.lifecycle.wiring import Runtime

WAIT = 120
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
FORK = multiprocessing.get_context("fork")


class Task(NamedTuple):
    """What a racer does: after a pause in seconds, at this moment of the project's clock."""

    name: str
    rollout: str
    pause: float = 0.0
    at: datetime = BEGIN


def _promote(runtime: Runtime, task: Task) -> str:
    return rollouts.end(runtime, task.rollout, "race", promoted=True).state


def _compared(runtime: Runtime, low: float) -> None:
    verdict = "clearly better" if low > 0 else "not clearly better"
    subjects = [runtime.head.model, runtime.head.suite]
    facts = {**BETTER, "verdict": verdict, "low": low}
    say(runtime, "eval.comparison", subjects, **facts)


def _worse(runtime: Runtime, task: Task) -> str:
    """A newer comparison that says no."""
    _compared(runtime, -0.1)
    return "shut"


def _renewed(runtime: Runtime, task: Task) -> str:
    """A newer comparison that says yes: another bundle than the approved one."""
    _compared(runtime, 0.1 + random.random())  # noqa: S311 - a figure, no secret
    return "shut"


def _rejected(runtime: Runtime, task: Task) -> str:
    tick(runtime)
    gates.decide(runtime, GateName.RELEASE, "bo", reason="wait", decision="reject")
    return "shut"


TASKS: dict[str, Callable[[Runtime, Task], str]] = {
    "promote": _promote,
    "worse": _worse,
    "renewed": _renewed,
    "rejected": _rejected,
}
SHUTS = ("worse", "renewed", "rejected")


def _racer(home: Path, barrier: Barrier, pipe: Connection) -> None:
    runtime = open_small(home, FixedClock(BEGIN))
    runtime.store.last_event()
    pipe.send("ready")
    while (task := pipe.recv()) is not None:
        runtime.clock = FixedClock(task.at)
        barrier.wait(WAIT)
        time.sleep(task.pause)
        try:
            said = TASKS[task.name](runtime, task)
        except Problem as problem:
            said = problem.code
        pipe.send(said)
    runtime.close()


def prepare(home: Path, store: str = "") -> Path:
    """A project with a released version, on SQLite or on the database of a URL."""
    make_small(home)
    _on(home, store)
    runtime = open_small(home, FixedClock(BEGIN))
    released(runtime)
    runtime.close()
    return home


def copies(first: Path, server: str = "") -> Callable[[], tuple[Path, str]]:
    """Makes copies of one prepared project, each with a database of its own.

    Args:
        first: Where the project itself is made, once.
        server: The URL of a PostgreSQL server with ``{database}`` in it; empty for SQLite.
    """
    store = new_database(server) if server else ""
    prepare(first, store)
    number = itertools.count(1)

    def new() -> tuple[Path, str]:
        home = first.with_name(f"copy-{next(number)}")
        shutil.copytree(first, home)
        return home, new_database(server, of=store) if server else ""

    return new


def _on(home: Path, store: str) -> None:
    file = home / "tuneworthy.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("store:")]
    file.write_text("\n".join([*kept, f'store: "{store}"' if store else "", ""]), "utf-8")


class Arena:
    """A project with a released version, and racers in processes of their own."""

    def __init__(self, home: Path, store: str, racers: int) -> None:
        _on(home, store)
        self.runtime = open_small(home, FixedClock(BEGIN + timedelta(hours=1)))
        barrier = FORK.Barrier(racers)
        self._pipes: list[Connection] = []
        self._racers = []
        self._held: tuple[Rollout, *tuple[Noun, ...]] | None = None
        for _ in range(racers):
            ours, theirs = FORK.Pipe()
            racer = FORK.Process(target=_racer, args=(home, barrier, theirs), daemon=True)
            racer.start()
            self._pipes.append(ours)
            self._racers.append(racer)
        assert [pipe.recv() for pipe in self._pipes] == ["ready"] * racers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            pipe.send(None)
        for racer in self._racers:
            racer.join(WAIT)
            assert racer.exitcode == 0
        self.runtime.close()

    def last_stage(self) -> Rollout:
        """A rollout that a person may promote now; after the first it is put back as it stood."""
        if self._held:
            with self.runtime.change(
                "test.reset", ("route", self.runtime.project.id, "")
            ) as change:
                for row in self._held:
                    change.put(row)
        else:
            rollout = rollouts.start(self.runtime)
            while rollout.results[-1].percent < rollout.stages[-1]:
                rollout = rollouts.look(self.runtime, rollout.id, [GOOD] * 60)
            store = self.runtime.store
            memory = store.get(RolloutMemory, rollout.id)
            version = training.current_version(self.runtime)
            assert memory is not None
            self._held = (rollout, memory, serving.route_of(self.runtime), version)
        return self._held[0]

    def race(self, tasks: Sequence[Task]) -> list[str]:
        """What each racer ended with: a word of its task, or the code of its problem."""
        tick(self.runtime)
        at = self.runtime.clock.now()
        for pipe, task in zip(self._pipes, tasks, strict=True):
            pipe.send(task._replace(at=at))
        return [pipe.recv() if pipe.poll(WAIT) else "no answer" for pipe in self._pipes]

    def reopen(self) -> None:
        """Good evidence again where it turned bad, and new decisions over it."""
        tick(self.runtime, seconds=5)
        for gate in (GateName.PROOF, GateName.RELEASE):
            if gates.state(self.runtime, gate).open:
                continue
            if gates.bundle(self.runtime, gate).missing:
                _compared(self.runtime, low=0.1)
            for role in load_policy().roles(gate):
                tick(self.runtime)
                made = self._decision(gate, role)
                with self.runtime.change("gate.approve", ("approval", made.id, "")) as change:
                    change.put(made)
            assert gates.state(self.runtime, gate).open

    def _decision(self, gate: GateName, role: Role) -> Approval:
        """What ``gates.decide`` would write, without its looks at every gate."""
        runtime = self.runtime
        (person,) = [p for p in DECIDE[gate] if role in PEOPLE[p]]
        now = runtime.clock.now()
        return make_approval(
            gates.bundle(runtime, gate),
            role=role,
            person=person,
            decision="approve",
            reason="again",
            created_at=now.isoformat(timespec="milliseconds"),
            expires_at=(now + timedelta(days=100)).isoformat(timespec="milliseconds"),
            policy=load_policy(),
            private_pem=(runtime.folder / people.KEYS / f"{person}.pem").read_bytes(),
        )

    def events(self, since: int) -> list[dict[str, Any]]:
        """The audit events after one, oldest first."""
        return [json.loads(record.body) for record in self.runtime.store.audit(since)]


class Round(NamedTuple):
    """What one round of racers at the same moment came to."""

    winners: int
    lost: list[str]
    promotions: int
    production: int
    """Versions in production afterwards."""


def promotion_round(arena: Arena, racers: int) -> Round:
    """All racers promote one rollout at the same moment."""
    runtime = arena.runtime
    rollout = arena.last_stage()
    before = runtime.store.last_event()
    said = arena.race([Task("promote", rollout.id)] * racers)
    done = [e for e in arena.events(before) if e["action"] == "rollout.promote"]
    serving_now = [v for v in training.versions(runtime) if v.state == ModelState.PRODUCTION]
    pointed = serving.route_of(runtime).production == rollout.candidate
    lost = [word for word in said if word != "promoted"]
    return Round(said.count("promoted"), lost, len(done), len(serving_now) if pointed else -1)


class ShutRound(NamedTuple):
    """What a promotion against something that shuts a gate came to."""

    kind: str
    promoted: bool
    stale: bool
    """Promoted after the gate was shut."""
    said: str


def shut_round(arena: Arena, kind: str, chance: random.Random) -> ShutRound:
    """One racer promotes, the other shuts a gate at nearly the same moment."""
    rollout = arena.last_stage()
    before = arena.runtime.store.last_event()
    promoter = Task("promote", rollout.id, chance.uniform(0, 0.06))
    said, other = arena.race([promoter, Task(kind, rollout.id, chance.uniform(0, 0.02))])
    assert other == "shut", other
    actions = [e["action"] for e in arena.events(before) if e["decision"] == "allow"]
    shut = "gate.reject" if kind == "rejected" else "evidence.record"
    promoted = "rollout.promote" in actions
    stale = promoted and actions.index(shut) < actions.index("rollout.promote")
    assert promoted == (said == "promoted"), said
    arena.reopen()
    return ShutRound(kind, promoted, stale, said)
