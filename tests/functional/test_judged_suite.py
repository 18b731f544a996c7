"""A model judges: its scores decide nothing until it was held against people, nor if it is changed.

The judge is a real endpoint that follows a rule; base and candidate are rules in this process.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.endpoint import Heard, Said, endpoint
from tests.fakes.kept_runs import good_proof
from tests.fakes.small_project import edit, make_small, open_small, released, tick
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.judge_settings import JudgeSettings
from tuneworthy.core.nouns.judging import AnswersJudged
from tuneworthy.core.nouns.model_settings import ModelSettings
from tuneworthy.core.nouns.run import EvaluationRun, WeightsProof
from tuneworthy.core.ports import ChatReply, ChatRequest, ModelClient
from tuneworthy.lifecycle import (
    ceiling,
    evaluation,
    gates,
    judge_record,
    judges,
    models,
    replaying,
    suite_runs,
    training,
)
from tuneworthy.lifecycle.judges import JudgeOptions
from tuneworthy.lifecycle.judging import AskedModel, Judge
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

CRITERIA = [{"name": "tone", "asks": "Is it kind?", "anchors": {"1": "Rude.", "3": "Kind."}}]
OPTIONS = {"criteria": CRITERIA}


def said(text: str, _before: int) -> Said:
    answer = text.partition("# Answer\n")[2].partition("\n\n# Criterion")[0]
    return Said(
        text="No idea." if "nonsense" in answer else f"Score: {3 if 'kind' in answer else 1}"
    )


@pytest.fixture(scope="module")
def judge() -> Iterator[Heard]:
    with endpoint(said) as heard:
        yield heard


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, judge: Heard) -> Path:
    """A released version whose project lets a judge score."""
    home = make_small(tmp_path_factory.mktemp("made") / "project")
    settings = home / "tuneworthy.yaml"
    lines = [
        "metric: judge" if line.startswith("metric:") else line
        for line in settings.read_text(encoding="utf-8").splitlines()
    ]
    more = [
        f"metric_options: {json.dumps(OPTIONS)}",
        f"judges: [{{name: careful, at: '{judge.url}', model: m}}]",
    ]
    settings.write_text("\n".join([*lines, *more]) + "\n", encoding="utf-8")
    with closing(open_small(home, FixedClock(datetime(2026, 3, 1, tzinfo=UTC)))) as opened:
        released(opened)
    return home


class Speaker:
    """Says one word and the request's last."""

    name = "speaker"

    def __init__(self, digest_: str, word: str, adapter: str = "") -> None:
        self.digest = digest_
        self._word = word
        self._adapter = adapter

    def chat(self, requests: Sequence[ChatRequest], progress: Any = None) -> list[ChatReply]:
        return [
            ChatReply(
                text=f"{self._word} {one.messages[-1].content.split()[-1]}",
                prompt_tokens=1,
                completion_tokens=1,
                finish_reason="stop",
            )
            for one in requests
        ]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        yield self.chat([request])[0].text

    def prove(self, adapter: Path | None, template: str) -> WeightsProof:
        return good_proof(self._adapter, template)


def opened(home: Path, tuned: str = "kind") -> Runtime:
    runtime = open_small(home, FixedClock(datetime(2026, 3, 2, tzinfo=UTC)))
    version = training.current_version(runtime)
    speakers = [
        Speaker("b", "rude"),
        Speaker(evaluation.weights(version), tuned, version.adapter),
    ]

    def open_model(model: ModelSettings, adapter: Path | None = None) -> ModelClient:
        if isinstance(model, JudgeSettings):
            return models.open_model(home, model)
        return speakers[adapter is not None]

    runtime.__dict__["open_model"] = open_model
    return runtime


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "project")


@pytest.fixture
def runtime(home: Path) -> Iterator[Runtime]:
    with closing(opened(home)) as found:
        yield found


def run_both(runtime: Runtime) -> list[EvaluationRun]:
    """Base and candidate on the project's own suite, and what is on record of them."""
    suite, cases = ceiling.current_suite(runtime)
    version = training.current_version(runtime)
    asked = Judge(runtime, suite, cases)
    base = AskedModel("b", lambda: (runtime.client(), None), name="base", alone=True)
    plain = next(arm for arm in runtime.arms if arm.arm == "zero_shot")
    runs = [
        asked.run(plain, base),
        asked.run(
            evaluation.trained_prompt(runtime, version), evaluation.candidate(runtime, version)
        ),
    ]
    evaluation.compare_again(runtime, {})
    return runs


def newest(runtime: Runtime, about: str) -> dict[str, Any]:
    return [e.result for e in runtime.evidence() if e.about == about][-1]


def missing(runtime: Runtime, gate: GateName = GateName.PROOF) -> str:
    return "; ".join(gates.state(runtime, gate).missing_evidence)


def people(runtime: Runtime, n: int = 120, wrong: int = 0) -> JudgeOptions:
    """A file of rated answers, on the last ``wrong`` of which people and the judge differ."""
    rows = [
        {
            "id": k,
            "request": "Say something",
            "answer": f"{'kind' if k % 2 else 'rude'} {k}",
            "scores": {"tone": 3 if (k % 2 == 1) == (k < n - wrong) else 1},
        }
        for k in range(n)
    ]
    (runtime.folder / "people.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8"
    )
    (runtime.folder / "tone.yaml").write_text(json.dumps(OPTIONS), encoding="utf-8")
    return JudgeOptions(criteria=runtime.folder / "tone.yaml")


def calibrate(runtime: Runtime, **given: Any) -> bool:
    options = people(runtime, **given)
    tick(runtime)
    found = judge_record.calibrate(runtime, runtime.folder / "people.jsonl", options)
    return found.standing.ok


def test_a_judge_opens_the_gate_only_after_it_was_held_against_people(runtime, judge):
    asked = len(judge.asked)
    runs = run_both(runtime)
    n = runs[0].score.n
    assert [run.score.value for run in runs] == [0, 1]
    assert len(judge.asked) - asked == 2 * n
    assert runs[0].judge == runs[1].judge != ""
    told = newest(runtime, "eval.comparison")
    assert (told["verdict"], told["judge_ok"], told["judge"]) == (
        "clearly better",
        False,
        runs[1].judge,
    )
    assert told["judge_why"] == "it was never held against people"
    for gate in (GateName.PROOF, GateName.RELEASE):
        assert "judge_ok == true does not hold: judge_ok is false" in missing(runtime, gate)
    # Ninety-nine items are too few, and a judge that people contradict is none.
    assert not calibrate(runtime, n=99)
    assert "99 items" in newest(runtime, "eval.comparison")["judge_why"]
    assert not calibrate(runtime, wrong=40)
    assert "below 0.6" in newest(runtime, "eval.comparison")["judge_why"]
    assert "judge_ok" in missing(runtime)
    assert calibrate(runtime)
    assert newest(runtime, "eval.comparison")["judge_ok"] is True
    assert "judge_ok" not in missing(runtime) + missing(runtime, GateName.RELEASE)
    agreed = newest(runtime, judges.ABOUT)
    assert (agreed["items"], agreed["kappa"], agreed["alpha"]) == (120, 1, 1)
    assert agreed["judge"] == runs[1].judge
    # And it shuts again when the judge turns out worse.
    assert not calibrate(runtime, wrong=40)
    assert "judge_ok" in missing(runtime)


def test_the_project_may_ask_for_more(home):
    edit(home, "tuneworthy.yaml", "judges:", "judge_bar: 0.95\njudges:")
    with closing(opened(home)) as runtime:
        run_both(runtime)
        assert not calibrate(runtime, wrong=6)
        assert "below 0.95" in newest(runtime, "eval.comparison")["judge_why"]
        assert calibrate(runtime)


def test_another_judge_under_the_same_name_must_show_it_anew(runtime, home):
    run_both(runtime)
    assert calibrate(runtime)
    runtime.close()
    edit(home, "tuneworthy.yaml", "model: m", "model: other")
    with closing(opened(home)) as changed:
        # What the old judge scored stands as its own word, until the runs are judged again.
        run_both(changed)
        told = newest(changed, "eval.comparison")
        assert (told["judge_ok"], told["judge_why"]) == (False, "it was never held against people")


def test_runs_of_two_judges_decide_nothing(runtime, home):
    suite, cases = ceiling.current_suite(runtime)
    run_both(runtime)
    assert calibrate(runtime)
    runtime.close()
    edit(home, "tuneworthy.yaml", "model: m", "model: other")
    with closing(opened(home)) as changed:
        plain = next(arm for arm in changed.arms if arm.arm == "zero_shot")
        base = AskedModel("b", lambda: (changed.client(), None), name="base", alone=True)
        Judge(changed, suite, cases).run(plain, base)
        evaluation.compare_again(changed, {})
        told = newest(changed, "eval.comparison")
        assert told["judge_ok"] is False
        assert "one and the same judge" in told["judge_why"]


def test_a_suite_that_a_judge_scores_stops_the_candidate_too(runtime, judge):
    folder = runtime.folder / "suites"
    folder.mkdir()
    cases = [{"id": f"c{k}", "request": f"Say {k}", "expected": "x"} for k in range(60)]
    (folder / "tone.jsonl").write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")
    metrics = [{"name": "judge", "options": OPTIONS}, {"name": "judge", "options": OPTIONS}]
    (folder / "tone.yaml").write_text(
        json.dumps({"role": "guard", "cases": "tone.jsonl", "metrics": metrics}), encoding="utf-8"
    )
    [found] = suite_runs.run(runtime, ["tone"], tuned=True)
    assert found.candidate is not None
    assert (found.candidate.value, found.metrics[0].candidate.value) == (1, 1)
    assert found.failed == ("its judge may not decide: it was never held against people",)
    assert newest(runtime, "eval.guards")["failed"] == 1
    asked = len(judge.asked)
    assert calibrate(runtime)
    assert newest(runtime, "eval.guards")["failed"] == 0
    [again] = suite_runs.run(runtime, ["tone"], tuned=True)
    assert again.failed == ()
    assert len(judge.asked) <= asked + 120


def test_what_cannot_be_read_is_no_pass_and_no_answer_is_left_out(home):
    with closing(opened(home, tuned="nonsense kind")) as runtime:
        run = run_both(runtime)[1]
        rows = ceiling.results(runtime, run)
        assert run.score.value == 0
        assert {(row.error, row.valid) for row in rows} == {("unreadable verdict", True)}
        assert run.score.n == len(ceiling.current_suite(runtime)[1])


def test_a_run_in_one_number_format_is_not_taken_for_another(runtime, monkeypatch):
    suite, cases = ceiling.current_suite(runtime)
    version = training.current_version(runtime)
    arm = evaluation.trained_prompt(runtime, version)

    def run() -> str:
        return Judge(runtime, suite, cases).run(arm, evaluation.candidate(runtime, version)).id

    monkeypatch.setenv("TUNEWORTHY_DTYPE", "float32")
    single = run()
    assert run() == single
    monkeypatch.setenv("TUNEWORTHY_DTYPE", "bfloat16")
    assert run() != single


def test_a_kept_run_is_replayed_by_what_the_judge_said(runtime, judge):
    run = run_both(runtime)[1]
    asked = len(judge.asked)
    found = replaying.replay(runtime, run)
    assert (found.score.value, found.changed) == (1, ())
    assert len(judge.asked) == asked


def test_two_runs_are_judged_side_by_side(runtime, judge):
    runs = run_both(runtime)
    found = judges.judge(runtime, runs[0].id, runs[1].id, JudgeOptions(reference=False))
    assert found.n == runs[0].score.n
    # This judge only rates: of a pair it says nothing that can be read.
    assert found.counts["unreadable"] == found.n  # type: ignore[union-attr]
    rated = judges.judge(runtime, runs[1].id, "", people(runtime))
    assert rated.score.value == 1  # type: ignore[union-attr]
    assert digest([r.id for r in rated.scores]) == digest(  # type: ignore[union-attr]
        [case.id for case in ceiling.current_suite(runtime)[1]]
    )


def test_padding_for_a_judge_that_goes_by_length_opens_no_gate(home, judge):
    def by_length(text: str, _before: int) -> Said:
        answer = text.partition("# Answer\n")[2].partition("\n\n# Criterion")[0]
        return Said(text=f"Score: {3 if len(answer) > 30 else 1}")

    with endpoint(by_length) as swayed:
        edit(home, "tuneworthy.yaml", judge.url, swayed.url)
        with closing(opened(home, tuned="rude, and so on and on and on and on,")) as runtime:
            runs = run_both(runtime)
            assert [run.score.value for run in runs] == [0, 1]
            assert newest(runtime, "eval.comparison")["verdict"] == "clearly better"
            options = people(runtime)
            words = ("kind", "rude", "kind and on" * 4, "rude and on" * 4)
            rows = [
                {"id": k, "request": "r", "answer": f"{words[k % 4]} {k}",
                 "scores": {"tone": 1 if k % 2 else 3}}
                for k in range(120)
            ]  # fmt: skip
            file = runtime.folder / "people.jsonl"
            file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
            tick(runtime)
            found = judge_record.calibrate(runtime, file, options)
            assert isinstance(found, AnswersJudged)
            assert found.length.doubling is not None
            assert found.length.doubling.low > 0.2
            assert newest(runtime, judges.ABOUT)["length_shift_low"] == found.length.doubling.low
            said_ = missing(runtime)
            assert "judge_ok is false (its kappa with people is 0.000, below 0.6)" in said_
            assert "verdict" not in said_
