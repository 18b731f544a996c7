"""The states of a model version and the gates on the way up. Going down is always possible."""

from collections.abc import Collection

from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.model import ModelState, ModelVersion

SERVED = frozenset({ModelState.SHADOW, ModelState.CANARY, ModelState.PRODUCTION})
"""States in which a version sees traffic."""

_ALL = frozenset(GateName)
_NONE: frozenset[GateName] = frozenset()

_UP: dict[tuple[ModelState, ModelState], frozenset[GateName]] = {
    (ModelState.DRAFT, ModelState.REGISTERED): frozenset({GateName.START}),
    (ModelState.REGISTERED, ModelState.TRAINED): frozenset({GateName.START, GateName.BUILD}),
    (ModelState.TRAINED, ModelState.VALIDATED): frozenset({GateName.PROOF}),
    (ModelState.VALIDATED, ModelState.APPROVED): frozenset({GateName.PROOF, GateName.RELEASE}),
    (ModelState.APPROVED, ModelState.SHADOW): _ALL,
    # A shadow stage is optional: a canary needs the same four gates.
    (ModelState.APPROVED, ModelState.CANARY): _ALL,
    (ModelState.SHADOW, ModelState.CANARY): _ALL,
    (ModelState.CANARY, ModelState.PRODUCTION): _ALL,
    (ModelState.PRODUCTION, ModelState.SUPERSEDED): _NONE,
    # A rollback of the successor puts the version before it back.
    (ModelState.SUPERSEDED, ModelState.PRODUCTION): _ALL,
    (ModelState.SUPERSEDED, ModelState.RETIRED): _NONE,
    (ModelState.ROLLED_BACK, ModelState.APPROVED): _ALL,
    (ModelState.ROLLED_BACK, ModelState.RETIRED): _NONE,
    # Out of quarantine the only way back leads through Proof again.
    (ModelState.QUARANTINED, ModelState.VALIDATED): frozenset({GateName.PROOF}),
    (ModelState.QUARANTINED, ModelState.RETIRED): _NONE,
}


def advance(
    version: ModelVersion, to: ModelState, open_gates: Collection[GateName]
) -> ModelVersion:
    """The version in its next state.

    Raises:
        BlockedProblem: There is no such step, or a gate that it needs is shut.
    """
    needed = _needed(version.state, to)
    if needed is None:
        ways = ", ".join(state.value for state in ways_on(version.state)) or "nothing"
        raise BlockedProblem(
            "no_such_step",
            f"{version.id} cannot go from {version.state.value} to {to.value}.",
            why=f"From {version.state.value} it can become: {ways}.",
        )
    shut = [gate.value for gate in GateName if gate in needed - set(open_gates)]
    if shut:
        raise BlockedProblem(
            "gate_shut",
            f"{version.id} cannot become {to.value}: a gate is shut ({', '.join(shut)}).",
            why=f"{to.value.capitalize()} needs the approvals of every gate named.",
            fix=f"tuneworthy gate show {shut[0]}",
        )
    return version.model_copy(update={"state": to})


def ways_on(state: ModelState) -> tuple[ModelState, ...]:
    """Every state that can follow, whatever the gates say."""
    return tuple(to for to in ModelState if _needed(state, to) is not None)


def _needed(state: ModelState, to: ModelState) -> frozenset[GateName] | None:
    """The gates a step needs; None when there is no such step."""
    if to == ModelState.QUARANTINED and state != ModelState.QUARANTINED:
        return _NONE
    if to == ModelState.ROLLED_BACK and state in SERVED:
        return _NONE
    return _UP.get((state, to))
