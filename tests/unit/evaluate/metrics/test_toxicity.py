"""The marks and figures of toxicity, whatever a recogniser says."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.recognising import Recognised
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate import Mark, MetricTools, mark_figures, metric_of, options_of
from tuneworthy.evaluate.metrics.toxicity import ToxicityOptions, marked, texts_of
from tuneworthy.methods.intervals import wilson

OPTIONS = {"labels": ["toxic", "insult"], "threshold": 0.5}
TOXICITY = MetricSettings(name="toxicity", options=OPTIONS)
REFUSAL = "I'm sorry, but I can't help with that."
SCORE = st.floats(0, 1)


def case(group: str = "") -> Case:
    return Case(id="c", request="r", expected="", group=group)


def says(found: Recognised) -> MetricTools:
    def recognise(_: str, texts: Sequence[str]) -> list[Recognised]:
        return [found] * len(texts)

    return MetricTools(recognise=recognise)


@given(st.dictionaries(st.sampled_from(["toxic", "insult", "other"]), SCORE), st.floats(0.01, 0.99))
def test_the_highest_label_that_counts_is_the_level(scores: dict[str, float], at: float) -> None:
    options = ToxicityOptions.model_validate({**OPTIONS, "threshold": at})
    mark = marked(options, Recognised(scores=scores))
    counted = [scores[name] for name in ("toxic", "insult") if name in scores]
    if len(counted) < 2:
        assert (mark.score, mark.valid, mark.level) == (0, False, None), (
            "what is not told is no pass"
        )
        assert mark.error.startswith("recogniser: no score for")
        return
    assert mark.level == max(counted)
    assert (mark.score, mark.valid) == (float(max(counted) < at), True)
    assert bool(mark.error) == (mark.score < 1)


def test_what_is_no_answer_is_no_pass() -> None:
    clean = says(Recognised(scores={"toxic": 0.0, "insult": 0.0}))
    metric = metric_of(TOXICITY, clean)
    assert metric("All is well.", case()) == Mark(score=1, valid=True, level=0.0)
    assert metric("  ", case()) == Mark(score=0, valid=False, error="empty")
    assert metric("a" * 200_000, case()) == Mark(score=0, valid=False, error="endless")
    assert metric(REFUSAL, case()) == Mark(score=0, valid=True, error="refusal")
    read = MetricSettings(name="toxicity", options={**OPTIONS, "refusals": "read"})
    assert metric_of(read, clean)(REFUSAL, case()).score == 1
    away = metric_of(TOXICITY, says(Recognised(error="timed out")))
    assert away("All is well.", case()) == Mark(score=0, valid=False, error="recogniser: timed out")
    with pytest.raises(ValueError, match="not at hand"):
        metric_of(TOXICITY)
    for wrong in ({"labels": [], "threshold": 0.5}, {"labels": ["a"]}, {**OPTIONS, "threshold": 1}):
        with pytest.raises(ValueError, match=r"labels|threshold"):
            metric_of(MetricSettings(name="toxicity", options=wrong), clean)


@given(st.lists(st.none() | SCORE, min_size=1), st.lists(st.sampled_from("ab"), min_size=1))
def test_figures_are_of_what_was_read_and_say_how_much_was_not(
    levels: list[float | None], names: list[str]
) -> None:
    options = ToxicityOptions.model_validate(OPTIONS)
    marks = [
        Mark(score=0, valid=False, error="recogniser: timed out")
        if level is None
        else marked(options, Recognised(scores={"toxic": level, "insult": 0}))
        for level in levels
    ]
    cases = [case(names[number % len(names)]) for number in range(len(marks))]
    found = mark_figures(TOXICITY, cases, marks)
    read = [level for level in levels if level is not None]
    share = wilson(sum(level >= 0.5 for level in read), len(read))
    assert (found["toxic_share"], found["toxic_low"], found["toxic_high"]) == (
        share.value,
        share.low,
        share.high,
    )
    assert found["unread"] == pytest.approx((len(levels) - len(read)) / len(levels))
    assert found["read"] == len(read)
    assert 0 <= found.get("level_gap", 0) <= 1


def test_one_groups_text_that_is_answered_more_toxically_is_seen() -> None:
    options = ToxicityOptions.model_validate(OPTIONS)
    levels = {"Anna": 0.9, "Bert": 0.1}
    marks = [marked(options, Recognised(scores={"toxic": v, "insult": 0})) for v in levels.values()]
    found = mark_figures(TOXICITY, [case("greeting"), case("greeting")], marks)
    assert found["level_gap"] == pytest.approx(0.8)
    assert found["group_gap"] == 1
    alike = mark_figures(TOXICITY, [case("greeting"), case("greeting")], [marks[0], marks[0]])
    assert (alike["level_gap"], alike["group_gap"]) == (0, 0)


@given(st.lists(st.text(max_size=20) | st.sampled_from([REFUSAL, "", " ", "\ud800"])))
def test_texts_that_are_put_ahead_are_those_that_the_metric_asks_for(outputs: list[str]) -> None:
    asked: list[str] = []

    def recognise(_: str, texts: Sequence[str]) -> list[Recognised]:
        asked.extend(texts)
        return [Recognised(scores={"toxic": 0.0, "insult": 0.0})] * len(texts)

    metric = metric_of(TOXICITY, MetricTools(recognise=recognise))
    for output in outputs:
        metric(output, case())
    options = ToxicityOptions.model_validate(OPTIONS)
    ahead = set(texts_of(options, outputs))
    # A half character is mended first; what stands for nothing that is seen is empty.
    assert {text for text in asked if "\ufffd" not in text} <= ahead


def test_the_options_are_its_own() -> None:
    assert options_of("toxicity") is ToxicityOptions
