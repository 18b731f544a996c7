"""Of many who promote at once one wins, and what shuts a gate first stops the promotion."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.racing import SHUTS, Arena, Task, copies, promotion_round, shut_round
from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.lifecycle import rollout_memory, rollouts, serving
from tuneworthy.methods.chain import verify

RACERS = 16
ROUNDS = 25
"""On each database; ``bench/govern`` runs a thousand."""


Project = Callable[[], tuple[Path, str]]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Gives copies of one project, each on a database of its own."""
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else ""
    return copies(tmp_path_factory.mktemp("races") / "first", server)


@pytest.mark.timeout(600)
def test_of_sixteen_promotions_exactly_one_wins(project: Project) -> None:
    with Arena(*project(), RACERS) as arena:
        for _ in range(ROUNDS):
            found = promotion_round(arena, RACERS)
            assert (found.winners, found.promotions, found.production) == (1, 1, 1)
            assert set(found.lost) <= {"changed_meanwhile", "rollout_ended"}, found.lost
        assert verify(arena.runtime.store.audit()).verified


@pytest.mark.timeout(600)
def test_a_gate_that_is_shut_first_stops_the_promotion(project: Project) -> None:
    chance = random.Random(3)  # noqa: S311 - moments, not secrets
    with Arena(*project(), 2) as arena:
        seen = [shut_round(arena, SHUTS[n % 3], chance) for n in range(ROUNDS)]
        assert verify(arena.runtime.store.audit()).verified
    assert not [one for one in seen if one.stale]
    # Both orders happened, or nothing was shown.
    assert len(Counter(one.promoted for one in seen)) == 2, seen


def test_a_gate_that_is_shut_while_the_promotion_is_prepared(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window opened wide: all that goes before the transaction has been read already."""
    with Arena(*project(), 1) as arena:
        runtime, rollout = arena.runtime, arena.last_stage()
        genuine = rollout_memory.claims_of_end

        def meanwhile(*facts: Any) -> list[Evidence]:
            monkeypatch.setattr(rollout_memory, "claims_of_end", genuine)
            assert arena.race([Task("worse", rollout.id)]) == ["shut"]
            return genuine(*facts)

        monkeypatch.setattr(rollout_memory, "claims_of_end", meanwhile)
        with pytest.raises(BlockedProblem, match="proof gate"):
            rollouts.end(runtime, rollout.id, "now", promoted=True)
        assert serving.route_of(runtime).production != rollout.candidate
        assert rollouts.newest_live(runtime) is not None
        # The next look takes it out of traffic, for the gate is shut.
        assert rollouts.look(runtime, rollout.id, []).state == "rolled_back"
