"""Legal holds: what must not be deleted, by whose word, and until when."""

from collections.abc import Sequence
from typing import Literal

from tuneworthy.core.errors import BlockedProblem, ConfigProblem, ConflictProblem, UsageProblem
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.retention import LegalHold
from tuneworthy.lifecycle import lineage, people
from tuneworthy.lifecycle.suppression import subject_id
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest, short

HOLDERS = frozenset({Role.COMPLIANCE_REVIEWER, Role.GOVERNANCE_OWNER})


def holds(runtime: Runtime, *, released: bool = False, everywhere: bool = False) -> list[LegalHold]:
    """The holds that stand, oldest first; with ``released`` those that ended too.

    With ``everywhere`` also those of other projects that share the ledger. Raises IntegrityProblem
    when one that the audit chain names is gone or changed.
    """
    every = runtime.states.held(runtime.store, LegalHold)
    found = [one for one in every if everywhere or one.project == runtime.project.id]
    return [one for one in found if released or not one.released_at]


def hold(
    runtime: Runtime, name: str, person: str, reason: str, *, version: bool = False
) -> LegalHold:
    """Forbid to delete a person's rows, or a dataset or model version (``version``).

    Raises BlockedProblem when the person may not, ConflictProblem when it is held already,
    ConfigProblem when there is no such version, UsageProblem without a reason.
    """
    _check(runtime, person, reason)
    what: Literal["subject", "version"] = "version" if version else "subject"
    ref = _version(runtime, name) if version else subject_id(runtime, name)
    if any(one.ref == ref for one in holds(runtime)):
        raise ConflictProblem(
            "held_already",
            f"A hold on this {what} stands already.",
            fix="tuneworthy retention show",
        )
    facts = {
        "project": runtime.project.id,
        "what": what,
        "ref": ref,
        "person": person,
        "reason": reason,
        "created_at": runtime.now(),
    }
    made = LegalHold.model_validate({"id": short(digest(facts), 16), **facts})
    about = (LegalHold.kind, made.id, ref if version else "")
    with runtime.change("hold.place", about, actor=person, reason=reason) as change:
        change.put(made, expect=0)
    return made


def release(runtime: Runtime, name: str, person: str, reason: str) -> LegalHold:
    """End a hold; ``name`` is its id, or whom or what it holds.

    Raises as ``hold`` does, and ConfigProblem when there is no such hold.
    """
    _check(runtime, person, reason)
    refs = {subject_id(runtime, name), name}
    found = [
        one
        for one in holds(runtime)
        if one.id == name or one.ref in refs or one.ref.startswith(f"sha256:{name}")
    ]
    if len(found) != 1:
        raise ConfigProblem(
            "no_hold",
            f"{len(found) or 'No'} hold{'s' if len(found) > 1 else ''} of that name.",
            fix="tuneworthy retention show",
        )
    ended = found[0].model_copy(
        update={
            "released_by": person,
            "released_reason": reason,
            "released_at": runtime.now(),
        }
    )
    about = (LegalHold.kind, ended.id, "")
    with runtime.change("hold.release", about, actor=person, reason=reason) as change:
        change.put(ended)
    return ended


def require_free(runtime: Runtime, subjects: Sequence[str]) -> None:
    """Raise BlockedProblem when one of these people is held; the refusal is recorded."""
    standing = {one.ref: one for one in holds(runtime) if one.what == "subject"}
    if not standing:
        return
    for name in subjects:
        held = standing.get(subject_id(runtime, name))
        if held is not None:
            reason = f"hold {held.id} stands"
            what = (LegalHold.kind, held.id, "")
            runtime.store.note(
                runtime.event("erasure.refuse", what, decision="deny", reason=reason)
            )
            raise BlockedProblem(
                "legal_hold",
                f"{name} must not be erased now.",
                why=f"A legal hold stands, by {held.person} since {held.created_at[:10]}: "
                f"{held.reason}",
                fix=f"tuneworthy retention release {held.id} --by PERSON --reason '...'",
            )


def held_versions(runtime: Runtime) -> frozenset[str]:
    """Dataset versions and model versions that a hold names."""
    return frozenset(one.ref for one in holds(runtime) if one.what == "version")


def held_subjects(runtime: Runtime, *, everywhere: bool = False) -> frozenset[str]:
    """Opaque ids of the people whom a hold names; ``everywhere`` as in ``holds``."""
    standing = holds(runtime, everywhere=everywhere)
    return frozenset(one.ref for one in standing if one.what == "subject")


def _check(runtime: Runtime, person: str, reason: str) -> None:
    if not reason.strip():
        raise UsageProblem("no_reason", "A hold needs a reason.", fix="--reason '...'")
    found = people.find(runtime, person)
    if not found.active or not HOLDERS & set(found.roles):
        raise BlockedProblem(
            "not_a_holder",
            f"{found.name} cannot place or release a hold.",
            why="That is for the compliance reviewer or the governance owner.",
            fix="--by PERSON (tuneworthy people list)",
        )


def _version(runtime: Runtime, name: str) -> str:
    if runtime.store.get(ModelVersion, name) is not None:
        return name
    return lineage.version_named(runtime, name).id
