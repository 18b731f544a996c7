"""What the rules of a rollout remember between two looks, and what its end is evidence of."""

from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.serving import Rollout
from tuneworthy.core.nouns.serving_state import RolloutMemory
from tuneworthy.govern import version_digest
from tuneworthy.lifecycle import serving
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.serve import RolloutState


def memory(runtime: Runtime, rollout_id: str) -> tuple[RolloutState, int]:
    """What the rules know of a rollout, and the generation to be expected when it is written.

    Raises BlockedProblem for no such rollout.
    """
    generation = runtime.store.generation(RolloutMemory, rollout_id)
    memory = runtime.store.get(RolloutMemory, rollout_id)
    if memory is None:
        raise BlockedProblem("no_rollout", f"There is no rollout '{rollout_id}'.")
    return RolloutState.model_validate_json(memory.state), generation


def memory_fault(runtime: Runtime, rollout_id: str) -> str:
    """Why what a rollout has seen says nothing; empty when it does."""
    if runtime.states.as_written(runtime.store, RolloutMemory, rollout_id):
        return ""
    return f"what {rollout_id} has seen was changed past this program"


def claims_of_end(runtime: Runtime, rollout: Rollout, version: ModelVersion) -> list[Evidence]:
    """What the end of a rollout is evidence of; a rehearsed way back is a drill."""
    model = version_digest(version)
    claims = [
        runtime.claim("rollout.finished", [model, rollout.id], {"state": rollout.state}),
    ]
    if rollout.drill and rollout.state == "rolled_back":
        claims.append(
            runtime.claim(
                "rollout.rollback_drill",
                [model, rollout.id],
                {
                    "route": rollout.route,
                    "cause": rollout.cause,
                    "restored": serving.route_of(runtime).production == rollout.control,
                    "control": rollout.control,
                    "stage_percent": rollout.results[-1].percent,
                },
                stale_after_days=90,
            )
        )
    return claims
