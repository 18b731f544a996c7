"""A small project whose tuned version is in production: people ask, and say what they think."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from tests.fakes.small_project import GOOD, make_small, open_small, released, tick
from tuneworthy.core.clock import FixedClock, SystemClock
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.lifecycle import rollouts
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.workspace import Workspace


class Shop:
    """A project whose tuned version answers people."""

    def __init__(self, home: Path) -> None:
        # The command line asks the real clock, so this life ends today.
        self.clock = FixedClock(SystemClock().now() - timedelta(days=22))
        self.runtime = open_small(make_small(home), self.clock)
        self.home = home
        self._answers = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.runtime.close()

    def release(
        self,
        *,
        score: float = 0.9,
        liked: float | None = 0.8,
        n: int = 100,
        words: dict[str, float] | None = None,
    ) -> None:
        version = released(self.runtime)
        weights = digest([version.base, version.adapter])
        judge(self.runtime, weights, score)
        tick(self.runtime)
        rollout = rollouts.start(self.runtime)
        self.candidate = rollout.candidate
        liking = {} if liked is None else {"user": liked}
        self.day({**liking, **(words or {})}, n=n, arm="canary")
        tick(self.runtime)
        for _ in range(3):
            rollout = rollouts.look(self.runtime, rollout.id, [GOOD] * 400)
        assert rollout.state == "promoted"

    def day(self, shares: dict[str, float], n: int = 100, arm: str = "production") -> None:
        """``n`` answers of now, a share of which each source calls good.

        Of the others it says that they are bad; overrides say nothing of good ones.
        """
        rows, words = [], []
        for place in range(n):
            self._answers += 1
            id_ = f"a{self._answers}"
            rows.append(answer(id_, self.runtime, self.candidate, arm))
            for source, share in shares.items():
                good = place < round(share * n)
                if source != "override" or not good:
                    words.append(word(id_, float(good), source, self.runtime))
        self.runtime.store.record(rows, words)

    def days(self, count: int, shares: dict[str, float], n: int = 100) -> None:
        for _ in range(count):
            tick(self.runtime, days=1)
            self.day(shares, n)
        tick(self.runtime, minutes=1)

    def open(self) -> Workspace:
        return Workspace(self.home, clock=self.clock)


def judge(runtime: Runtime, weights: str, score: float) -> None:
    run = EvaluationRun(
        id=digest(["run", weights, score]),
        project=runtime.project.id,
        suite=runtime.head.suite,
        arm=runtime.tuned_arm,
        model=weights,
        score=Interval(value=score, low=score, high=score, n=78),
        valid_share=1.0,
        results=runtime.blobs.put(b""),
        cpu_seconds=1.0,
        prompt_tokens=1,
        completion_tokens=1,
        created_at=runtime.now(),
    )
    with runtime.change("evaluation.run", ("evaluation_run", run.id, run.id)) as change:
        change.put(run)


def answer(id_: str, runtime: Runtime, manifest: str, arm: str) -> Interaction:
    facts: dict[str, Any] = {"id": id_, "manifest": manifest, "arm": arm}
    facts["route"] = runtime.project.id
    facts |= {"sticky_key": "", "sticky": False, "status": 200, "stream": False, "seconds": 0.1}
    request = json.dumps({"messages": [{"role": "user", "content": f"look at {id_}"}]})
    facts |= {"created_at": runtime.now(), "request": request, "response": "look 1"}
    return Interaction.model_validate(facts)


def word(id_: str, score: float, source: str, runtime: Runtime) -> Feedback:
    facts = {"id": f"{id_}-{source}", "interaction": id_, "score": score, "source": source}
    return Feedback.model_validate({**facts, "created_at": runtime.now()})
