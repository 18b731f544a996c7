"""The tuned model beside the version in production, and beside itself with retrieval."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tuneworthy
from tests.fakes.small_project import edit, make_small, open_small, promote, released, tick
from tests.fakes.speaking import PROMPTS, Rule
from tuneworthy.cli.evaluate_compare import retrieval_lines
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.ports import ChatRequest
from tuneworthy.lifecycle import ceiling, evaluation, gates, incumbent, training
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest, short

RETRIEVAL = 'found: {arm: retrieval, k: 2, user: "{request}"}\n'


class Letters:
    """Embeds a text by its first letters."""

    name = "letters"

    def embed(self, texts: Sequence[str]) -> Any:
        found = np.array([[ord(c) for c in text[:8].ljust(8)] for text in texts], dtype=np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One version in production."""
    home = make_small(tmp_path_factory.mktemp("made") / "project")
    (home / "prompts.yaml").write_text(PROMPTS + RETRIEVAL, encoding="utf-8")
    with closing(open_small(home, FixedClock(datetime(2026, 3, 1, tzinfo=UTC)))) as opened:
        released(opened)
        promote(opened)
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "project")


@pytest.fixture
def runtime(home: Path) -> Iterator[Runtime]:
    """A second version trained beside the one in production."""
    edit(home, "tuneworthy.yaml", "learning_rate: 1.0e-3", "learning_rate: 2.0e-3")
    with closing(open_small(home, FixedClock(datetime(2026, 3, 2, tzinfo=UTC)))) as opened:
        opened.__dict__["embedder"] = Letters()
        training.train(opened)
        yield opened


def judge(runtime: Runtime, shares: dict[str, float], with_shots: float | None = None) -> None:
    """Each version is right on the first ``share`` of the cases; the base on none.

    ``with_shots`` is the share of the newest version when worked examples stand before a request.
    """
    cases = ceiling.freeze(runtime)[1]
    place = {case.request: (at / len(cases), case.expected) for at, case in enumerate(cases)}

    def speaker(version: ModelVersion) -> Rule:
        def right(request: ChatRequest) -> bool:
            shots = len(request.messages) > 1 and with_shots is not None
            share = with_shots if shots and with_shots is not None else shares[version.id]
            return place[request.messages[-1].content][0] < share

        def chat(requests: Sequence[ChatRequest], progress: Any = None) -> Any:
            knows, not_ = Rule(lambda text: place[text][1]), Rule(lambda _: "?")
            return [(knows if right(one) else not_).chat([one])[0] for one in requests]

        rule = Rule(str, digest=digest(["b", version.adapter]), adapter=version.adapter)
        rule.chat = chat  # type: ignore[method-assign]
        return rule

    speakers = {short(v.adapter, 32): speaker(v) for v in runtime.store.list(ModelVersion)}
    base = Rule(lambda _: "?")
    runtime.__dict__["open_model"] = lambda _, adapter=None: (
        speakers[adapter.name] if adapter else base
    )
    tick(runtime)
    evaluation.run_tuned(runtime)


def newest(runtime: Runtime, about: str) -> dict[str, Any]:
    return [e.result for e in runtime.evidence() if e.about == about][-1]


def missing(runtime: Runtime) -> list[str]:
    found = gates.state(runtime, GateName.PROOF).missing_evidence
    return [one for one in found if one.startswith("eval.incumbent")]


def ids(runtime: Runtime) -> tuple[str, str]:
    before, now = (version.id for version in training.versions(runtime))
    return before, now


def test_a_candidate_must_not_fall_behind_production(runtime, home, run):
    live, now = ids(runtime)
    assert missing(runtime) == [
        "eval.incumbent_comparison: no evidence about the current incumbent"
    ]
    judge(runtime, {live: 0.9, now: 0.6})
    (told,) = missing(runtime)
    assert "worse == false does not hold" in told
    assert f"against {live}: clearly worse" in told
    said = newest(runtime, "eval.incumbent_comparison")
    assert (said["incumbent"], said["worse"]) == (live, True)
    assert said["score"] == pytest.approx(0.6, abs=0.02)
    assert said["incumbent_score"] == pytest.approx(0.9, abs=0.02)
    assert newest(runtime, "eval.comparison")["verdict"] == "clearly better"
    runtime.close()
    stopped = run("-C", str(home), "eval", "compare")
    assert stopped.code == 3
    assert f"Against {live}, in production" in stopped.out


def test_as_good_as_production_is_enough_and_stays_so_after_promotion(runtime, home, run):
    live, now = ids(runtime)
    judge(runtime, {live: 0.7, now: 0.7})
    assert missing(runtime) == []
    assert newest(runtime, "eval.incumbent_comparison")["trained_on"] == 0
    found = incumbent.standing(runtime)
    released(runtime)
    assert promote(runtime).state == "promoted"
    assert incumbent.standing(runtime) == found
    assert gates.state(runtime, GateName.PROOF).open
    runtime.close()
    assert run("-C", str(home), "eval", "compare").code == 0


def test_nothing_is_asked_while_the_bare_base_answers(made, tmp_path):
    home = make_small(tmp_path / "fresh")
    with closing(open_small(home, FixedClock(datetime(2026, 3, 1, tzinfo=UTC)))) as opened:
        released(opened)
        assert incumbent.incumbent(opened) is None
        assert incumbent.standing(opened) == ""


@pytest.mark.parametrize(
    ("shots", "verdict"), [(0.9, "clearly better"), (0.5, "within noise"), (0.1, "clearly worse")]
)
def test_tuned_with_retrieval_stands_beside_tuned_alone(runtime, home, shots, verdict):
    live, now = ids(runtime)
    judge(runtime, {live: 0.5, now: 0.5}, with_shots=shots)
    said = newest(runtime, "eval.tuned_retrieval")
    assert (said["verdict"], said["k"]) == (verdict, 2)
    assert said["alone"] == pytest.approx(0.5, abs=0.02)
    assert said["score"] == pytest.approx(shots, abs=0.02)
    # It is no alternative to tuning, and not the tuned model's own run.
    assert {one.arm.id for one in ceiling.alternatives(runtime)} == {"plain", "few-shot-5", "found"}
    tuned = evaluation.tuned_run(runtime)
    assert tuned is not None
    assert tuned.arm.id == "tuned"
    runtime.close()
    with tuneworthy.open(home) as work:
        found = work.tuned_with_retrieval()
        assert found is not None
        assert (found[0].arm.k, found[1].verdict) == (2, verdict)
        assert verdict in retrieval_lines(found[1])[0]
