import json
import zlib
from typing import Any

import numpy as np
import pytest

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.monitoring import DriftResult
from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.methods.intervals import wilson
from tuneworthy.monitor import check_drift, drift_alert, health, health_alerts, request_text

STAMP = "2026-03-01T00:00:00+00:00"


class WordBag:
    """Texts as sums of one fixed random direction a word."""

    name = "words"

    def embed(self, texts: Any) -> Any:
        rows = np.array([sum(map(self._direction, text.split())) for text in texts])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def _direction(self, word: Any) -> Any:
        return np.random.default_rng(zlib.crc32(word.encode())).normal(size=48)


def texts(rng: Any, topics: Any, n: Any) -> Any:
    return [
        f"{(topic := topics[rng.integers(len(topics))])} {topic}s please w{rng.integers(30)}"
        for _ in range(n)
    ]


KNOWN = ["card", "loan", "fee", "limit", "branch"]


def drifted(new_share: Any, alpha: Any = 0.05, seed: Any = 1) -> Any:
    rng = np.random.default_rng(seed)
    new = int(60 * new_share)
    window = texts(rng, KNOWN, 60 - new) + texts(rng, ["weather", "football"], new)
    return check_drift(texts(rng, KNOWN, 200), window, WordBag(), alpha=alpha, seed=3)


def test_the_same_requests_are_no_drift():
    result = drifted(0)
    assert (result.drifted, result.reference, result.window) == (False, 200, 60)


def test_new_topics_are_drift_and_are_shown():
    result = drifted(0.3, alpha=0.002)
    assert result.drifted
    assert result.p_value <= 0.002
    assert 1 <= len(result.examples) <= 5
    assert all("weather" in text or "football" in text for text in result.examples)


def test_a_strict_level_gets_the_permutations_it_needs():
    result = drifted(0.5, alpha=0.0005)
    assert result.drifted
    assert result.p_mmd < 1 / 1000


def test_long_logs_are_sampled():
    rng = np.random.default_rng(1)
    result = check_drift(
        texts(rng, KNOWN, 2_500), texts(rng, KNOWN, 20), WordBag(), alpha=0.05, seed=1
    )
    assert (result.reference, result.window) == (2_000, 20)


def row(number: Any, **changes: Any) -> Any:
    facts = {
        "id": f"i{number}",
        "route": "r",
        "manifest": "sha256:m1",
        "arm": "production",
        "sticky_key": "",
        "sticky": False,
        "created_at": STAMP,
        "status": 200,
        "stream": False,
        "seconds": 0.1 * (number + 1),
        "request": "{}",
        "response": "x",
    }
    return Interaction.model_validate({**facts, **changes})


def said(number: Any, score: Any, source: Any = "user", at: Any = STAMP) -> Any:
    return Feedback(
        id=f"f{number}{source}{at}",
        interaction=f"i{number}",
        score=score,
        source=source,
        created_at=at,
    )


def test_health_counts_what_happened():
    rows = [
        *(row(i) for i in range(8)),
        row(8, status=502),
        row(9, error="upstream broke off"),
        row(10, status=404),
        row(11, status=499),
        row(12, status=403),
        row(13, arm="shadow", status=500),
    ]
    feedback = [said(0, 1), said(1, 0, "override"), said(2, 0), said(2, 1, at="2026-03-02")]
    (one,) = health(rows, feedback)
    assert one.requests == 11
    assert one.success == wilson(8, 11)
    assert one.errors == wilson(2, 11)
    assert one.overrides == wilson(1, 11)
    assert one.quality == wilson(2, 3)
    assert one.p50 is not None
    assert one.p50.value == pytest.approx(0.6)
    assert one.p95 is not None
    assert one.p99 is not None
    assert one.p50.value <= one.p95.value <= one.p99.value <= 1.1


def test_each_manifest_has_its_own_health():
    rows = [row(0), row(1, manifest="sha256:m2", status=500), row(2)]
    first, second = health(rows)
    assert (first.manifest, first.requests, first.errors.value) == ("sha256:m1", 2, 0)
    assert (second.manifest, second.requests, second.errors.value) == ("sha256:m2", 1, 1)
    assert first.quality is None


def test_no_traffic_has_no_health():
    assert health([]) == ()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"messages": [{"role": "user", "content": "hello"}]}, "hello"),
        (
            {
                "messages": [
                    {"role": "system", "content": "be kind"},
                    {"role": "user", "content": "first"},
                    {"role": "assistant", "content": "yes"},
                    {"role": "user", "content": "second"},
                ]
            },
            "second",
        ),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "text", "text": "a"}, {"type": "image_url"}, "b"],
                    }
                ]
            },
            "a",
        ),
        ({"messages": [{"role": "user", "content": None}]}, ""),
        ({"messages": []}, ""),
        ({"messages": 3}, ""),
        ({"messages": [{"role": "user"}]}, ""),
        ([], ""),
    ],
)
def test_the_last_question_is_found(body, text):
    assert request_text(row(0, request=json.dumps(body))) == text


def test_a_request_that_is_no_json_has_no_text():
    assert request_text(row(0, request="{")) == ""


ABOUT: dict[str, Any] = {"project": "p", "owner": "ann", "evidence": ("e1",), "created_at": STAMP}


def drift_result(p_value: Any) -> Any:
    return DriftResult(
        reference=100,
        window=50,
        p_mmd=p_value,
        p_novelty=1,
        p_value=p_value,
        alpha=0.05,
        drifted=p_value <= 0.05,
        novel_share=0.2,
    )


def test_drift_wakes_its_owner():
    alert = drift_alert(drift_result(0.01), **ABOUT)
    assert alert is not None
    assert (alert.owner, alert.evidence, alert.state) == ("ann", ("e1",), "open")
    assert "20% are unlike" in alert.message
    assert drift_alert(drift_result(0.06), **ABOUT) is None


def test_noise_wakes_nobody_and_failures_do():
    few = health([row(0, status=500), *(row(i) for i in range(1, 10))])
    assert health_alerts(few, **ABOUT) == ()
    many = health([*(row(i, status=500) for i in range(20)), *(row(i) for i in range(20, 100))])
    (alert,) = health_alerts(many, **ABOUT)
    assert (alert.about, alert.severity) == ("errors", "warning")
    (grave,) = health_alerts(health([row(i, status=500) for i in range(20)]), **ABOUT)
    assert grave.severity == "critical"


def test_poor_feedback_wakes_its_owner():
    rows = [row(i) for i in range(40)]
    seen = health(rows, [said(i, float(i < 20)) for i in range(40)])
    (alert,) = health_alerts(seen, target=0.9, **ABOUT)
    assert alert.about == "quality"
    assert health_alerts(seen, target=0.5, **ABOUT) == ()
    assert isinstance(seen[0].quality, Interval)
