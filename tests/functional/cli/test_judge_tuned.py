"""The tuned model under limits, among several primary suites, and beside its own noise."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.small_project import approve, edit, make_small, open_small, released, say, tick
from tests.fakes.speaking import PROMPTS, Rule, speak
from tuneworthy.cli.guard_lines import guard_lines
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.run import Comparison
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.lifecycle import ceiling, evaluation, gates, noise, suite_runs
from tuneworthy.lifecycle.wiring import Runtime

PRICES = "prices: {prompt_per_million: 1, completion_per_million: 2}\n"
LIMITS = "guards: {tokens: 1.5, cost: 1.2}\n"
LATENCY = "guards: {latency: 2}\n"
"""Far from both of the times that are slept: the machine may be busy."""
FAST, SLOW = {"seconds": 0.02}, {"seconds": 0.12}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = make_small(tmp_path_factory.mktemp("made") / "project")
    (home / "prompts.yaml").write_text(PROMPTS, encoding="utf-8")
    with closing(open_small(home, FixedClock(datetime(2026, 3, 1, tzinfo=UTC)))) as opened:
        released(opened)
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "project")


@pytest.fixture
def opened(home: Path) -> Iterator[Any]:
    runtimes: list[Runtime] = []

    def opened(more: str = "") -> Runtime:
        path = home / "tuneworthy.yaml"
        path.write_text(path.read_text("utf-8") + more, encoding="utf-8")
        runtimes.append(open_small(home, FixedClock(datetime(2026, 3, 2, tzinfo=UTC))))
        return runtimes[-1]

    yield opened
    for runtime in runtimes:
        runtime.close()


def right(runtime: Runtime) -> dict[str, str]:
    return {case.request: case.expected for case in ceiling.freeze(runtime)[1]}


def judge(runtime: Runtime, tuned: dict[str, Any], base: dict[str, Any]) -> list[Comparison]:
    """A tuned model that is always right against a base that never is."""
    known = right(runtime)
    speak(runtime, Rule(lambda _: "?", **base), Rule(known.__getitem__, **tuned))
    tick(runtime)
    return evaluation.run_tuned(runtime)[1]


def newest(runtime: Runtime, about: str = "eval.base_comparison") -> dict[str, Any]:
    return [e.result for e in runtime.evidence() if e.about == about][-1]


def missing(runtime: Runtime) -> list[str]:
    found = gates.state(runtime, GateName.PROOF).missing_evidence
    return [one for one in found if one.startswith("eval.base_comparison")]


def test_equal_models_keep_every_limit(opened):
    runtime = opened(LIMITS + PRICES)
    _, plain = judge(runtime, {}, {})
    assert {one.name: one.broken for one in plain.guards} == {"tokens": False, "cost": False}
    assert missing(runtime) == []
    said = newest(runtime)
    assert (said["guards_declared"], said["guards_broken"]) == (2, 0)
    assert said["guards"]["tokens"]["ratio"] == 1.0
    assert runtime.store.get(Suite, runtime.head.suite).guards.tokens == 1.5


@pytest.mark.parametrize(
    ("tuned", "names", "why"),
    [
        ({"tokens": 7}, ["tokens", "cost"], "tokens: 1.75 times the base's, and 1.5 is the most"),
        ({"tokens": 6}, ["cost"], "cost: 1.22 times the base's, and 1.2 is the most"),
    ],
)
def test_what_is_slower_or_dearer_is_stopped_with_the_reason(opened, tuned, names, why):
    runtime = opened(LIMITS + PRICES)
    _, plain = judge(runtime, tuned, {})
    assert [one.name for one in plain.broken] == names
    assert plain.verdict == "clearly better", "however right it is"
    (told,) = missing(runtime)
    assert f"guards_broken == 0 does not hold: guards_broken is {len(names)}" in told
    assert why in told
    assert newest(runtime)["guards_broken_names"] == names
    assert "BROKEN" in guard_lines(plain.broken)[0]


def test_without_limits_tokens_are_shown_and_nothing_is_asked(opened):
    runtime = opened()
    _, plain = judge(runtime, {"tokens": 400}, {})
    assert [(one.name, one.limit, one.broken) for one in plain.guards] == [("tokens", None, False)]
    assert missing(runtime) == []
    assert newest(runtime)["guards"]["tokens"]["ratio"] == 100.0


def test_a_limit_that_cannot_be_measured_is_not_kept(opened):
    runtime = opened("guards: {cost: 2}\n")
    _, plain = judge(runtime, {}, {})
    assert [one.name for one in plain.broken] == ["cost"]
    (told,) = missing(runtime)
    assert "cost: no prices are declared for the base model" in told


def test_latency_is_measured_once_and_anew_when_asked(opened):
    runtime = opened(LATENCY)
    _, plain = judge(runtime, FAST, FAST)
    assert [(one.name, one.broken) for one in plain.guards] == [
        ("latency", False),
        ("tokens", False),
    ]
    before = newest(runtime)
    judge(runtime, SLOW, FAST)  # the answers are kept, and so are their times
    assert newest(runtime) == before
    tick(runtime)
    _, plain = evaluation.run_tuned(runtime, again=True)[1]
    assert [one.name for one in plain.broken] == ["latency"]
    (told,) = missing(runtime)
    assert "guards_broken is 1 (latency: " in told
    assert "and 2 is the most" in told


def test_a_laxer_limit_is_another_suite(opened, home):
    runtime = opened("guards: {tokens: 1.5}\n")
    judge(runtime, {"tokens": 7}, {})
    before = runtime.head.suite
    assert missing(runtime)
    say(runtime, "ceiling.summary", [before], prompt_variants=5)
    approve(runtime, GateName.BUILD)
    edit(home, "tuneworthy.yaml", "tokens: 1.5", "tokens: 9")
    laxer = opened()
    judge(laxer, {"tokens": 7}, {})
    assert missing(laxer) == []
    assert laxer.head.suite != before
    # In the open: people approved another suite.
    assert not gates.state(laxer, GateName.BUILD).open


def test_the_command_line_shows_guards_and_ends_with_three(opened, home, run):
    runtime = opened("guards: {tokens: 1.5}\n")
    judge(runtime, {"tokens": 7}, {})
    runtime.close()
    told = run("-C", str(home), "eval", "compare")
    assert told.code == 3
    assert "tokens: 1.75 times the base's (95 % interval 1.75 to 1.75" in told.out
    assert "at most 1.5: BROKEN" in told.out
    stopped = run("--json", "-C", str(home), "eval", "compare", "--format", "json")
    assert stopped.error["code"] == "guard_broken"
    assert "1.75 times" in run("-C", str(home), "gate", "show", "proof").out


@pytest.mark.parametrize("value", ["0", "-1", "fast", "1e9"])
def test_a_limit_that_is_none_is_refused_with_its_place(home, run, value):
    path = home / "tuneworthy.yaml"
    path.write_text(path.read_text("utf-8") + f"guards: {{tokens: {value}}}\n", encoding="utf-8")
    found = run("--json", "-C", str(home), "eval", "compare")
    assert (found.code, "guards.tokens" in found.error["message"]) == (2, True)


def primary(runtime: Runtime, name: str) -> None:
    """A primary suite on which both models are wrong every time."""
    folder = runtime.folder / "suites"
    folder.mkdir(exist_ok=True)
    cases = [{"id": f"c{i}", "request": f"{name} {i}", "expected": "never"} for i in range(40)]
    (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")
    settings = {"cases": f"{name}.jsonl", "role": "primary"}
    (folder / f"{name}.yaml").write_text(json.dumps(settings), encoding="utf-8")


def test_a_small_gain_is_none_among_several_primary_suites(opened, home, run):
    runtime = opened()
    known = dict(list(right(runtime).items())[:7])  # seven newly right: p = 2 / 2^7
    speak(runtime, Rule(lambda _: "?"), Rule(lambda text: known.get(text, "?")))
    tick(runtime)
    best, _ = evaluation.run_tuned(runtime)[1]
    assert (best.verdict, best.primaries) == ("clearly better", ())
    assert newest(runtime, "eval.comparison")["p_holm"] is None
    for name in ("one", "two", "three"):
        primary(runtime, name)
    suite_runs.run(runtime, tuned=True)
    said = newest(runtime, "eval.comparison")
    assert said["verdict"] == "within noise"
    assert said["p_value"] == pytest.approx(2 / 2**7)
    assert said["p_holm"] == pytest.approx(4 * 2 / 2**7)
    assert set(said["primaries"]) == {"main", "one", "two", "three"}
    found = gates.state(runtime, GateName.PROOF).missing_evidence
    assert any(one.startswith("eval.comparison: verdict") for one in found)
    # Judged again, nothing new is said: what people approve stays what it is.
    before = len(runtime.evidence())
    tick(runtime)
    again = evaluation.run_tuned(runtime, gains=lambda: suite_runs.gains(runtime))[1][0]
    assert (len(runtime.evidence()), again.verdict) == (before, "within noise")
    runtime.close()
    told = run("-C", str(home), "eval", "compare")
    assert "4 primary suites, p of a gain after Holm: main 0.016 -> 0.062" in told.out


def test_a_model_that_says_the_same_twice_has_no_noise(opened, home, run):
    runtime = opened()
    judge(runtime, {}, {})
    asked = noise.measure(runtime)
    assert (asked.changed_answers, asked.changed_scores, asked.holds_still) == (0, 0, True)
    assert newest(runtime, "eval.noise_floor")["arm"] == asked.arm
    assert noise.measure(runtime, tuned=True).arm == "tuned"
    runtime.close()
    assert "asked twice: none of" in run("-C", str(home), "eval", "compare").out


def test_a_model_that_wavers_is_measured_and_told(opened, home, run):
    runtime = opened()
    known = right(runtime)
    base, tuned = Rule(lambda _: "?"), Rule(known.__getitem__)
    speak(runtime, base, tuned)
    tick(runtime)
    evaluation.run_tuned(runtime)
    few = set(list(known)[:5])
    tuned.answer = lambda text: "?" if text in few else known[text]
    found = noise.measure(runtime, tuned=True)
    assert (found.changed_answers, found.changed_scores) == (5, 5)
    assert found.floor > 5 / len(known)
    assert found.holds_still, "five of eighty one way is no clear difference"
    tuned.answer = lambda _: "other"
    assert not noise.measure(runtime, tuned=True).holds_still
    runtime.close()
    assert "answers and" in run("-C", str(home), "eval", "compare").out


def test_what_was_not_run_cannot_be_repeated(home, run):
    found = run("--json", "-C", str(home), "eval", "aa")
    assert (found.code, found.error["code"]) == (3, "nothing_to_repeat")
    assert found.error["fix"] == "tuneworthy eval run"


def test_one_command_judges_and_tells_all(opened, home, run, monkeypatch):
    runtime = opened("guards: {tokens: 1.5}\n")
    base, tuned = Rule(lambda _: "?"), Rule(right(runtime).__getitem__, tokens=7)
    speak(runtime, base, tuned)
    runtime.close()
    monkeypatch.setattr(Runtime, "base_identity", runtime.base_identity)
    monkeypatch.setattr(
        Runtime, "open_model", lambda self, model, adapter=None: tuned if adapter else base
    )
    here = ("-C", str(home), "eval")
    found = run("--json", *here, "run", "--tuned")
    assert (found.code, found.json["tuned_with_retrieval"], found.json["noise"]) == (0, None, [])
    # The base is the best alternative here, so there is one comparison.
    ((guard,),) = [one["guards"] for one in found.json["comparisons"]]
    assert (guard["name"], guard["broken"]) == ("tokens", True)
    assert run(*here, "aa").code == 0
    told = run(*here, "run", "--tuned")
    assert "at most 1.5: BROKEN" in told.out
    assert "asked twice: none of" in told.out
