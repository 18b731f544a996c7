"""The way out of quarantine: through Proof again, so by two people who decide after it."""

from tuneworthy.core.errors import BlockedProblem, UsageProblem
from tuneworthy.core.nouns.gate import Approval, GateName
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.govern import Action, Matter, advance, version_digest
from tuneworthy.lifecycle import access, aliases, audited, gates, makers, taints
from tuneworthy.lifecycle.wiring import Runtime

_PROOF = frozenset({GateName.PROOF})
_MOVED = ("version.quarantine", "version.move")


def readmit(runtime: Runtime, name: str, reason: str) -> ModelVersion:
    """Take a version out of quarantine; what it may do next is for its gates to say.

    Everybody whose decision holds the Proof gate open has signed it after the quarantine.

    Raises:
        ConfigProblem: There is no such version.
        UsageProblem: No reason is given, or nobody is named.
        BlockedProblem: It is in no quarantine, was retired, is not the newest, is tainted, or Proof
            was decided before the quarantine; or this person may not.
        ConflictProblem: Somebody else was first.
    """
    if not reason.strip():
        raise UsageProblem(
            "no_reason", "To readmit a version needs a reason.", fix="--reason '...'"
        )
    version = aliases.resolve(runtime, name)
    generation = runtime.store.generation(ModelVersion, version.id)
    version = runtime.store.get(ModelVersion, version.id) or version
    matter = Matter(
        state=version.state, open_gates=_PROOF, maker=makers.submitter(runtime, GateName.PROOF)
    )
    access.require(runtime, access.caller(runtime), Action.READMIT, matter)
    _require_not_retired(runtime, version)
    taints.require_clear(runtime, version.id)
    _require_newest(runtime, version)
    gates.require(runtime, GateName.PROOF)
    what = ("model_version", version.id, version_digest(version))
    facts = {"before": version.state.value, "after": ModelState.VALIDATED.value, "reason": reason}
    with runtime.change("version.readmit", what, **facts) as change:
        taken = advance(version, ModelState.VALIDATED, _decided_since(runtime, version))
        change.put(taken, expect=generation)
    gates.settle(runtime)
    return runtime.store.get(ModelVersion, version.id) or taken


def _require_not_retired(runtime: Runtime, version: ModelVersion) -> None:
    if runtime.states.retired(runtime.store, version.id):
        raise BlockedProblem(
            "retired_for_good",
            f"{version.id} was retired, and nothing undoes that.",
            fix="tuneworthy train start trains it again, as a new version.",
        )


def _require_newest(runtime: Runtime, version: ModelVersion) -> None:
    if version.id != runtime.head.version:
        raise BlockedProblem(
            "not_the_newest",
            f"{version.id} stays in quarantine: gates decide on the newest version alone.",
            why=f"The newest is {runtime.head.version}.",
            fix="tuneworthy train start trains it again, as a new version.",
        )


def _decided_since(runtime: Runtime, version: ModelVersion) -> frozenset[GateName]:
    """The Proof gate, if it stands open now.

    Raises BlockedProblem where a decision that holds it open is older than the quarantine.
    """
    state = gates.state(runtime, GateName.PROOF)
    holding, since = set(gates.counted(runtime, state)), _approved_since(runtime, version.id)
    anew = [a for a in runtime.store.list(Approval) if a.id in holding & since]
    roles = {(approval.role.value, approval.person) for approval in anew}
    before = [
        f"{person} as {role.replace('_', ' ')}"
        for role, person in state.approvers.items()
        if (role, person) not in roles
    ]
    if before:
        raise BlockedProblem(
            "decided_before_quarantine",
            f"{version.id} stays in quarantine until its Proof is decided again.",
            why=f"Decided before the quarantine: {', '.join(before)}.",
            fix="tuneworthy gate approve proof --by PERSON --reason '...'",
        )
    return _PROOF if state.open else frozenset()


def _approved_since(runtime: Runtime, version: str) -> set[str]:
    """The ids of approvals that came after the version last moved, in the order of the chain."""
    found: set[str] = set()
    for one in audited.objects(runtime.store, (*_MOVED, "gate.approve")):
        if one.action == "gate.approve":
            found.add(one.id)
        elif one.id == version:
            found.clear()
    return found
