"""A blind review of a version that was trained here: who may judge, and what the claim is about."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.kept_runs import keep_run
from tests.fakes.live_shop import Shop, answer, word
from tuneworthy.assess import shipped_rubric
from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.online import OnlineAgreement
from tuneworthy.core.nouns.review_result import PairsResult
from tuneworthy.core.nouns.review_settings import ReviewSettings
from tuneworthy.core.nouns.run import CaseResult, EvaluationRun
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.lifecycle import ceiling, evaluation, training
from tuneworthy.workspace import Workspace


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path / "project") as made:
        made.release(score=0.9, liked=0.8, words={"check": 0.9})
        yield made


def runs_of(shop: Shop) -> tuple[EvaluationRun, EvaluationRun]:
    """The base's answers and the current version's, on the frozen cases."""
    runtime = shop.runtime
    suite, cases = ceiling.current_suite(runtime)
    version = training.current_version(runtime)
    arm = evaluation.trained_prompt(runtime, version)
    made = []
    for one, start, model in (
        (Arm(id="plain", arm="zero_shot"), "poor", version.base),
        (arm, "fine", evaluation.weights(version)),
    ):
        rows = [
            CaseResult(case=c.id, output=f"{start} {n}", score=1.0, valid=True)
            for n, c in enumerate(cases)
        ]
        made.append(keep_run(runtime, suite.id, one, rows, model))
    return made[0], made[1]


def open_blind(work: Workspace, shop: Shop, **more: object) -> None:
    base, tuned = runs_of(shop)
    settings = ReviewSettings.model_validate({"n": 50, "gain": 0.4, **more})
    work.open_pairs("blind", base.id, tuned.id, "fa", settings)


def judge_all(work: Workspace, person: str) -> int:
    count = 0
    while one := work.next_to_review("blind", "pairs", person):
        shown = json.loads(one.model_dump_json())
        said = "left" if shown["left"].startswith("fine") else "right"
        work.submit_review("blind", "pairs", one.item, person, said)
        count += 1
    return count


def test_who_trained_it_does_not_judge_and_the_claim_is_about_the_version(shop: Shop) -> None:
    with shop.open() as work:
        open_blind(work, shop)
        (review,) = work.reviews("pairs")
        assert review.makers == ("di",)
        with pytest.raises(BlockedProblem) as caught:
            work.next_to_review("blind", "pairs", "di")
        assert caught.value.code == "maker_judges"
        assert judge_all(work, "cy") == review.items
        found = work.close_review("blind", "pairs", "fa")
        assert isinstance(found, PairsResult)
        assert (found.verdict, found.makers_among_raters) == ("clearly better", ())
        (claim,) = [e for e in work.evidence() if e.about == "eval.blind_review"]
    assert claim.subjects == (shop.runtime.head.model, shop.runtime.head.suite)
    assert claim.result["maker_known"] is True


def test_makers_who_were_let_in_stand_in_the_result(shop: Shop) -> None:
    with shop.open() as work:
        open_blind(work, shop, makers_may="only three of us know the subject")
        judge_all(work, "di")
        found = work.close_review("blind", "pairs", "fa")
        assert found.makers_among_raters == ("di",)
        (claim,) = [e for e in work.evidence() if e.about == "eval.blind_review"]
    assert claim.result["makers_among_raters"] == ["di"]
    assert claim.result["makers_allowed"] == "only three of us know the subject"


def test_fifty_blind_verdicts_are_what_the_rubric_asks_for(shop: Shop) -> None:
    with shop.open() as work:
        open_blind(work, shop)
        judge_all(work, "cy")
        work.close_review("blind", "pairs", "fa")
        (claim,) = [e for e in work.evidence() if e.about == "eval.blind_review"]
    (asked,) = [p for p in shipped_rubric().predicates if p.about == "eval.blind_review"]
    assert asked.where
    assert claim.result["n"] >= 50
    assert set(claim.result) >= {"n", "win", "low", "high", "alpha", "raters"}


def test_live_scores_beside_the_suites(shop: Shop) -> None:
    shop.days(2, {"check": 0.88})
    with shop.open() as work:
        found = work.online_agreement()
        (one,) = found.versions
        assert one.offline.value == pytest.approx(0.9)
        assert 0.85 < one.online.value < 0.95
        assert one.agree is (one.gap.low <= 0 <= one.gap.high) is True
        assert one.online.n >= 200
        (claim,) = [e for e in work.evidence() if e.about == "eval.online_agreement"]
        assert claim.subjects == (shop.runtime.head.model,)
        assert claim.result["n"] == one.online.n
        liked = work.online_agreement("user")
        assert liked.versions[0].online.n < one.online.n


def test_live_scores_that_fall_behind_are_said_to(shop: Shop) -> None:
    shop.days(3, {"check": 0.5})
    with shop.open() as work:
        found: OnlineAgreement = work.online_agreement()
    (one,) = found.versions
    assert (one.agree, one.gap.high < 0) == (False, True)
    assert "lower than on the suite" in found.words


def test_live_answers_to_a_case_of_the_suite_are_laid_beside_its_own_score(shop: Shop) -> None:
    runtime = shop.runtime
    _, tuned = runs_of(shop)
    _, cases = ceiling.current_suite(runtime)
    rows = [
        answer(f"m{n}", runtime, shop.candidate, "production").model_copy(
            update={"request": json.dumps({"messages": [{"role": "user", "content": c.request}]})}
        )
        for n, c in enumerate(cases[:8])
    ]
    odd = rows[0].model_copy(update={"id": "odd", "request": "no request"})
    words = [word(row.id, float(n != 0), "check", runtime) for n, row in enumerate([*rows, odd])]
    runtime.store.record([*rows, odd], words)
    with shop.open() as work:
        (one,) = work.online_agreement().versions
    assert one.offline == tuned.score
    assert (one.matched, one.same) == (8, 7 / 8)


def test_without_words_on_live_answers_nothing_is_claimed(tmp_path: Path) -> None:
    with Shop(tmp_path / "project") as shop, shop.open() as work:
        with pytest.raises(BlockedProblem) as caught:
            work.online_agreement()
        assert caught.value.code == "nothing_online"
