"""What is in production against what it was at its release, over a real store; no model is run."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.live_shop import Shop, judge
from tests.fakes.small_project import tick
from tuneworthy.core.nouns.monitoring import LiveReview
from tuneworthy.lifecycle import evaluation, jobs, training
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.workspace import Workspace


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path / "project") as made:
        yield made


def reviewed(work: Workspace) -> LiveReview:
    found = work.review_live()
    assert found is not None
    return found


def about(runtime: Runtime, name: str) -> list[Any]:
    return [e for e in runtime.evidence() if e.about == name]


def test_before_a_release_there_is_nothing_to_compare_with(shop: Shop) -> None:
    with shop.open() as work:
        assert work.review_live() is None
        assert work.live_quality() == ()
    assert about(shop.runtime, "monitor.quality") == []


def test_answers_as_good_as_at_release_wake_nobody(shop: Shop) -> None:
    shop.release(score=0.9, liked=0.8)
    shop.days(7, {"check": 0.9, "user": 0.8})
    with shop.open() as work:
        live = reviewed(work)
        assert (live.alerts, live.proposal, work.alerts()) == ((), None, [])
        accuracy, satisfaction = live.qualities
        assert accuracy.decay is not None
        assert accuracy.decay.baseline == 0.9
        assert accuracy.decay.floor == pytest.approx(0.855)
        assert satisfaction.decay is not None
        assert satisfaction.decay.baseline == 0.8
        assert work.live_quality() == live.qualities
    (kept,) = about(shop.runtime, "monitor.quality")
    assert kept.grade == "measured"
    assert kept.subjects == (shop.runtime.head.model,)


def test_k19_a_slow_decay_is_seen_though_each_week_is_like_the_one_before(shop: Shop) -> None:
    shop.release(score=0.9, liked=None)
    shop.days(7, {"check": 0.88})
    with shop.open() as work:
        assert reviewed(work).alerts == ()
        shop.days(7, {"check": 0.86})
        assert reviewed(work).alerts == ()
        shop.days(7, {"check": 0.84})
        live = reviewed(work)
        (alert,) = live.alerts
        assert (alert.about, alert.owner) == ("decay.accuracy", "ed")
        assert "0.8400 over the last 7 days (n = 700), below the floor of 0.8550" in alert.message
        assert live.proposal is not None
        assert live.proposal.action == "investigate"
        (_, satisfaction) = live.qualities
        assert (satisfaction.decay, satisfaction.text[:9]) == (None, "Not known")
        # The same version, the same thing, the same week: nobody is woken twice.
        tick(shop.runtime, days=1)
        again = reviewed(work)
        assert (again.alerts, again.proposal) == ((), None)
        assert len(work.alerts()) == len(work.proposals()) == 1
    audit = [json.loads(record.body)["action"] for record in shop.runtime.store.audit()]
    assert audit.count("alert.raise") == audit.count("proposal.make") == 1


def test_a_few_poor_answers_wake_nobody(shop: Shop) -> None:
    shop.release(score=0.9)
    shop.days(1, {"check": 0.8}, n=10)
    with shop.open() as work:
        live = reviewed(work)
    assert live.alerts == ()
    assert "may be chance" in live.qualities[0].text


def test_a_later_evaluation_does_not_move_the_baseline(shop: Shop) -> None:
    shop.release(score=0.9)
    shop.days(1, {"check": 0.9})
    version = training.current_version(shop.runtime)
    judge(shop.runtime, digest([version.base, version.adapter]), 0.5)
    run = evaluation.tuned_run(shop.runtime)
    assert run is not None
    assert run.score.value == 0.5
    with shop.open() as work:
        live = reviewed(work)
    assert live.qualities[0].decay is not None
    assert live.qualities[0].decay.baseline == 0.9


def test_the_schedule_reviews_answers_too(shop: Shop) -> None:
    shop.release(score=0.9, n=10)
    shop.days(7, {"check": 0.4}, n=5)
    found = jobs.run(shop.runtime, "watch", {})
    assert found["drift"] is None, "45 requests are too few for the test of drift"
    assert [alert["about"] for alert in found["live"]["alerts"]] == ["decay.accuracy"]


def test_k20_overrides_above_those_at_release_two_weeks_in_a_row(shop: Shop) -> None:
    shop.release(liked=None, n=100, words={"override": 0.92})
    shop.days(7, {"override": 0.85}, n=20)
    with shop.open() as work:
        first = reviewed(work)
        assert (first.overrides.triggered, first.alerts) == (False, ())
        assert first.overrides.baseline == pytest.approx(0.08)
        shop.days(7, {"override": 0.85}, n=20)
        live = reviewed(work)
        assert [week.n for week in live.overrides.weeks] == [140, 140]
        (alert,) = live.alerts
        assert (alert.about, alert.owner) == ("overrides", "ed")
        assert "above the 8.0% at release two weeks in a row" in alert.message
        assert live.proposal is not None
        assert work.override_rate() == live.overrides
        card = {p.id: p.held for d in work.scorecard().dimensions for p in d.predicates}
        assert card["D6.4.overrides"] is True
    kept = about(shop.runtime, "monitor.overrides")
    assert [item.result["reviewed"] for item in kept] == [True, True]
    assert alert.evidence == (kept[-1].id,)


def test_one_bad_week_of_overrides_wakes_nobody(shop: Shop) -> None:
    shop.release(liked=None, words={"override": 0.92})
    shop.days(7, {"override": 0.92}, n=20)
    shop.days(7, {"override": 0.5}, n=20)
    with shop.open() as work:
        assert reviewed(work).alerts == ()


def test_a_small_canary_makes_no_baseline(shop: Shop) -> None:
    shop.release(liked=1.0, n=20)
    shop.days(14, {"user": 0.5, "override": 0.5}, n=20)
    with shop.open() as work:
        live = reviewed(work)
    assert live.alerts == ()
    assert live.overrides.baseline is None
    assert "users rated 20 of its answers as a canary" in live.qualities[1].text
    (kept,) = about(shop.runtime, "monitor.overrides")
    assert kept.result["reviewed"] is False
