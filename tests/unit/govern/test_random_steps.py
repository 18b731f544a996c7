"""Ten thousand random steps over people, gates, a version and its exposure; nothing illegal."""

from typing import Any

import pytest

from tests.fakes.governed_world import walk
from tuneworthy.core.nouns.model import ModelState
from tuneworthy.govern import Allowed, exceptions, gates, people, states

STEPS = 10_000


@pytest.mark.parametrize("seed", range(10))
def test_no_random_step_is_illegal(seed: int) -> None:
    found = walk(STEPS // 10, seed)
    assert found.steps == STEPS // 10
    assert found.faults == []
    assert found.moves >= 10, "a walk in which nothing moves says nothing"
    assert found.open >= 50, "a walk in which no gate opens says nothing"


def nothing(*_: Any, **__: Any) -> str:
    return ""


BREAKS: dict[str, tuple[object, str, Any]] = {
    "signatures are not looked at": (gates, "signature_fault", nothing),
    "signatures of words are not looked at": (people, "word_fault", nothing),
    "exceptions are not signed": (exceptions, "word_fault", nothing),
    "a grant holds at once": (people, "DELAY", people.DELAY * 0),
    "one person grants": (people, "confirm_fault", nothing),
    "old evidence will do": (gates, "standing_fault", nothing),
    "anybody decides": (gates, "authorise", lambda *_, **__: Allowed()),
    "asks are not heard": (gates, "ask_fault", nothing),
    "one person fills all roles": (
        gates,
        "_match",
        lambda yes: {role: given[-1] for role, given in yes.items() if given},
    ),
    "the countersigner may come first": (gates, "_countersign", nothing),
    "a version skips Proof": (
        states,
        "_UP",
        {**states._UP, (ModelState.TRAINED, ModelState.VALIDATED): frozenset()},
    ),
}


@pytest.mark.parametrize("how", BREAKS)
def test_the_second_opinion_notices_when_the_first_is_broken(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the product is tested here but the test: each rule taken out must show."""
    holder, name, worse = BREAKS[how]
    monkeypatch.setattr(holder, name, worse)
    assert any(walk(240, seed).faults for seed in range(100))
