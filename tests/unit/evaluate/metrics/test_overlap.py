"""Against the libraries themselves, and against their published worked values."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate import metric_of, summarise
from tuneworthy.evaluate.metrics.library import library

WORDS = st.lists(st.sampled_from(["the", "cat", "sat", "on", "mat", "dog"]), min_size=1, max_size=8)
TEXTS = WORDS.map(" ".join)
ROWS = st.lists(st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=3)), min_size=1, max_size=5)

WHY = "the extra 'metrics' is not installed"


def settings_for(name: str, **options: Any) -> MetricSettings:
    return MetricSettings.model_validate({"name": name, "options": options})


def case(references: list[str]) -> Case:
    return Case(id="c", request="r", expected=references[0], references=tuple(references[1:]))


@given(ROWS)
def test_bleu_is_that_of_sacrebleu(rows: list[tuple[str, list[str]]]) -> None:
    sacrebleu = pytest.importorskip("sacrebleu", reason=WHY)
    metric = metric_of(settings_for("bleu"))
    for said, references in rows:
        oracle = sacrebleu.sentence_bleu(said, references).score / 100
        assert metric(said, case(references)).score == pytest.approx(oracle)
    figures = summarise(settings_for("bleu"), [s for s, _ in rows], [case(r) for _, r in rows])
    most = max(len(references) for _, references in rows)
    columns = [[r[n] if n < len(r) else None for _, r in rows] for n in range(most)]
    oracle = sacrebleu.corpus_bleu([said for said, _ in rows], columns).score / 100
    assert figures["corpus_bleu"] == pytest.approx(oracle)


@given(ROWS, st.sampled_from([0, 2]))
def test_chrf_is_that_of_sacrebleu(rows: list[tuple[str, list[str]]], order: int) -> None:
    sacrebleu = pytest.importorskip("sacrebleu", reason=WHY)
    chosen = settings_for("chrf", word_order=order)
    metric = metric_of(chosen)
    for said, references in rows:
        oracle = sacrebleu.sentence_chrf(said, references, word_order=order).score / 100
        assert metric(said, case(references)).score == pytest.approx(oracle)
    single = [(said, references[:1]) for said, references in rows]
    figures = summarise(chosen, [s for s, _ in single], [case(r) for _, r in single])
    columns = [[references[0] for _, references in single]]
    oracle = sacrebleu.corpus_chrf([s for s, _ in single], columns, word_order=order).score / 100
    assert figures["corpus_chrf"] == pytest.approx(oracle)


@given(TEXTS, TEXTS, st.sampled_from(["rouge1", "rouge2", "rougeL"]))
def test_rouge_is_that_of_rouge_score(said: str, wanted: str, variant: str) -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer", reason=WHY)
    oracle = scorer.RougeScorer([variant]).score(wanted, said)[variant]
    for measure in ("fmeasure", "precision", "recall"):
        metric = metric_of(settings_for("rouge", variant=variant, measure=measure))
        score = getattr(oracle, measure)
        assert metric(said, case([wanted])).score == pytest.approx(score)


def test_worked_values():
    pytest.importorskip("rouge_score", reason=WHY)
    pytest.importorskip("sacrebleu", reason=WHY)
    # Lin (2004), section 3: "police killed the gunman" against two answers with other orders.
    wanted = case(["police killed the gunman"])
    rouge = metric_of(settings_for("rouge", variant="rougeL"))
    assert rouge("police kill the gunman", wanted).score == pytest.approx(3 / 4)
    assert rouge("the gunman kill police", wanted).score == pytest.approx(2 / 4)
    # Papineni et al. (2002), example 2: modified unigram precision keeps "the" from winning.
    bleu = metric_of(settings_for("bleu"))
    assert bleu("the the the the the the the", case(["The cat is on the mat."])).score < 0.2


def test_a_case_without_a_reference_stays_out_of_the_corpus_figure():
    pytest.importorskip("sacrebleu", reason=WHY)
    cases = [case(["the cat sat on the mat"]), case([""])]
    figures = summarise(settings_for("bleu"), ["the cat sat on the mat", "dog"], cases)
    assert figures["corpus_bleu"] == pytest.approx(1)
    assert figures["score"] == 0.5


def test_a_package_that_is_missing_is_named_with_what_to_type():
    with pytest.raises(ConfigProblem) as caught:
        library("no_such_package.inside", "bleu")
    assert caught.value.message == "The metric bleu needs the package no-such-package."
    assert caught.value.fix == "pip install 'tuneworthy[metrics]'"
