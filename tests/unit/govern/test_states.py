import itertools
from typing import Any

import pytest

from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.govern import SERVED, advance, version_digest, ways_on

ALL = tuple(GateName)
S = ModelState


def version(state: Any) -> Any:
    return ModelVersion(
        id="p-1",
        project="p",
        state=state,
        base="b",
        base_path="/b",
        adapter="a",
        tokenizer="t",
        template="c",
        prompt="p",
        dataset="d",
        training_run="r",
        created_at="2026-01-01T00:00:00Z",
    )


def can(state: Any, to: Any, gates: Any) -> Any:
    try:
        return advance(version(state), to, gates).state == to
    except BlockedProblem:
        return False


def test_the_whole_way_up_and_out():
    way = [
        S.DRAFT,
        S.REGISTERED,
        S.TRAINED,
        S.VALIDATED,
        S.APPROVED,
        S.SHADOW,
        S.CANARY,
        S.PRODUCTION,
        S.SUPERSEDED,
        S.RETIRED,
    ]
    now = version(way[0])
    for to in way[1:]:
        now = advance(now, to, ALL)
    assert now == version(S.RETIRED)


@pytest.mark.parametrize(
    ("state", "to", "gate"),
    [
        (S.DRAFT, S.REGISTERED, GateName.START),
        (S.REGISTERED, S.TRAINED, GateName.BUILD),
        (S.TRAINED, S.VALIDATED, GateName.PROOF),
        (S.VALIDATED, S.APPROVED, GateName.RELEASE),
        (S.QUARANTINED, S.VALIDATED, GateName.PROOF),
    ],
)
def test_each_gate_guards_its_step(state, to, gate):
    assert can(state, to, ALL)
    assert not can(state, to, [g for g in ALL if g != gate])


@pytest.mark.parametrize("state", list(ModelState))
def test_nothing_is_served_without_all_four_gates(state):
    for count in range(4):
        for gates in itertools.combinations(ALL, count):
            for to in SERVED:
                assert not can(state, to, gates)


@pytest.mark.parametrize("state", list(ModelState))
def test_going_down_needs_no_gate(state):
    assert can(state, S.ROLLED_BACK, ()) == (state in SERVED)
    assert can(state, S.QUARANTINED, ()) == (state != S.QUARANTINED)


def test_out_of_quarantine_only_by_proof():
    assert ways_on(S.QUARANTINED) == (S.VALIDATED, S.RETIRED)


def test_a_version_does_not_jump():
    for to in SERVED:
        assert not can(S.TRAINED, to, ALL)
        assert not can(S.VALIDATED, to, ALL)
    assert not can(S.APPROVED, S.PRODUCTION, ALL)
    assert ways_on(S.RETIRED) == (S.QUARANTINED,)


def test_no_state_stands_still():
    for state in ModelState:
        assert not can(state, state, ALL)


def test_the_refusal_says_what_would_work():
    with pytest.raises(BlockedProblem, match="cannot go from draft to production") as caught:
        advance(version(S.DRAFT), S.PRODUCTION, ALL)
    assert caught.value.why == "From draft it can become: registered, quarantined."
    with pytest.raises(BlockedProblem, match="a gate is shut \\(proof\\)") as shut:
        advance(version(S.TRAINED), S.VALIDATED, [])
    assert shut.value.fix == "tuneworthy gate show proof"


def test_the_digest_of_a_version_covers_all_that_answers():
    base = version(S.TRAINED)
    assert version_digest(base) == version_digest(base.model_copy(update={"state": S.APPROVED}))
    for name in ("base", "adapter", "tokenizer", "template", "prompt", "dataset"):
        changed = base.model_copy(update={name: "other"})
        assert version_digest(changed) != version_digest(base)
