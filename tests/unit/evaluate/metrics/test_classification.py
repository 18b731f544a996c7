from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate import metric_of, summarise

LABELS = ["card lost", "card", "top up", "other"]


def settings_for(**options: Any) -> MetricSettings:
    return MetricSettings(name="classification", options={"labels": LABELS, **options})


def case(expected: str) -> Case:
    return Case(id="c", request="r", expected=expected)


@pytest.mark.parametrize(
    ("said", "options", "score", "error"),
    [
        ("card", {}, 1, ""),
        ("The label is: Card.", {}, 1, ""),
        ("card lost", {}, 0, "said card lost"),
        ("top-up of a card", {}, 1, ""),
        ("top up of a card", {}, 0, "no single label"),
        ("top up of a card", {"several": "last"}, 1, ""),
        ("top up of a card", {"several": "first"}, 0, "said top up"),
        ("cardiology", {}, 0, "no single label"),
        ('{"intent": "card"}', {"field": "intent"}, 1, ""),
        ('{"intent": "a card"}', {"field": "intent"}, 0, "no single label"),
        ('{"other": "card"}', {"field": "intent"}, 0, "no single label"),
    ],
)
def test_the_label_is_found(said: str, options: Any, score: float, error: str) -> None:
    wanted = '{"intent": "card"}' if options.get("field") else "card"
    mark = metric_of(settings_for(**options))(said, case(wanted))
    assert (mark.score, mark.error) == (score, error)


def test_a_reference_that_is_no_label_is_told_as_such():
    assert metric_of(settings_for())("card", case("loan")).error == "no label in the reference"


@given(
    st.lists(
        st.tuples(st.sampled_from(LABELS), st.sampled_from([*LABELS, "nothing of that"])),
        min_size=1,
        max_size=30,
    )
)
def test_figures_equal_those_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    oracles = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    wanted = [one for one, _ in pairs]
    said = [one for _, one in pairs]
    figures = summarise(settings_for(), said, [case(one) for one in wanted])
    seen = [label for label in LABELS if label in wanted or label in said]
    for name, average in (("macro_f1", "macro"), ("weighted_f1", "weighted")):
        oracle = oracles.f1_score(wanted, said, labels=seen, average=average, zero_division=0)
        assert figures[name] == pytest.approx(oracle)
    for name in ("f1", "precision", "recall"):
        oracle = getattr(oracles, f"{name}_score")(
            wanted, said, labels=seen, average=None, zero_division=0
        )
        assert [figures[f"{name}:{label}"] for label in seen] == pytest.approx(list(oracle))
    assert figures["accuracy"] == sum(a == b for a, b in pairs) / len(pairs) == figures["score"]
    confused = sum(v for name, v in figures.items() if name.startswith("confused:"))
    assert confused == sum(a != b for a, b in pairs)
