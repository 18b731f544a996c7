"""Model versions that were trained on rows that were erased since."""

from collections.abc import Mapping
from datetime import timedelta

from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.erasure import Taint
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.monitoring import Alert
from tuneworthy.core.nouns.people import Role
from tuneworthy.govern import version_digest
from tuneworthy.lifecycle import monitoring, people
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

ABOUT = "erasure.taint"
DAYS = 30
"""How long an owner has to choose."""


def deadline(runtime: Runtime) -> str:
    """The day by which a person has to have seen to what an erasing of today leaves."""
    return (runtime.clock.now() + timedelta(days=DAYS)).date().isoformat()


def taints(runtime: Runtime) -> list[Taint]:
    """Every taint of the project, oldest first."""
    return [one for one in runtime.store.list(Taint) if one.project == runtime.project.id]


def mark(runtime: Runtime, erasure: str, versions: Mapping[str, int], person: str) -> None:
    """Mark versions as trained on erased rows; one that was settled is open again.

    Args:
        runtime: The project.
        erasure: By which their rows went.
        versions: Model version to how many rows of its training went.
        person: Who ordered it.
    """
    for id_, rows in sorted(versions.items()):
        version = runtime.store.get(ModelVersion, id_)
        known = runtime.store.get(Taint, id_)
        if version is None or (known is not None and erasure in known.erasures):
            continue
        made = Taint(
            id=id_,
            project=version.project,
            model=version_digest(version),
            erasures=(*(known.erasures if known else ()), erasure),
            rows=rows + (known.rows if known else 0),
            owner=_owner(runtime),
            deadline=deadline(runtime),
            created_at=runtime.now(),
        )
        keep(runtime, made, "version.taint", person, f"erasure {erasure}: {rows} rows")


def keep(runtime: Runtime, taint: Taint, action: str, person: str, reason: str) -> None:
    """Write a taint, and the claim by which gates show it."""
    facts = taint.model_dump(include={"rows", "owner", "deadline", "decision", "reason"})
    claim = runtime.claim(ABOUT, [taint.model, taint.id], facts)
    what = (ModelVersion.kind, taint.id, taint.model)
    more = {"actor": person, "reason": reason, "evidence": (claim.id,)}
    with runtime.change(action, what, **more) as change:
        change.put(taint)
        change.put(claim)


def remind(runtime: Runtime) -> list[Alert]:
    """Wake the owners whose day has passed without a choice, once each."""
    today, known = (
        runtime.clock.now().date().isoformat(),
        {a.id for a in monitoring.alerts(runtime)},
    )
    made = []
    for taint in taints(runtime):
        id_ = digest([ABOUT, taint.id, taint.deadline])
        if taint.decision or taint.deadline >= today or id_ in known:
            continue
        alert = Alert(
            id=id_,
            project=runtime.project.id,
            about=ABOUT,
            severity="critical",
            message=f"{taint.id} was trained on {taint.rows} rows that were erased. Its fate was "
            f"to be decided by {taint.deadline}.",
            owner=taint.owner,
            evidence=(),
            created_at=runtime.now(),
        )
        monitoring.wake(runtime, alert)
        made.append(alert)
    return made


def fault(runtime: Runtime, version: str) -> str:
    """Why a version may not be exposed any further; empty when it may."""
    if runtime.states.taint_changed(runtime.store, version):
        return f"what was recorded of {version}'s erased rows was changed past this program"
    found = runtime.store.get(Taint, version)
    if found is None or found.decision == "finding":
        return ""
    said = {"": "nobody has decided on it", "retire": "it is retired", "retrain": "it is retrained"}
    return (
        f"{version} was trained on {found.rows} rows that were erased, and {said[found.decision]}"
    )


def require_clear(runtime: Runtime, version: str) -> None:
    """Raise BlockedProblem for a version that was trained on erased rows and not settled."""
    if why := fault(runtime, version):
        raise BlockedProblem(
            "version_tainted",
            f"{version} may not be exposed any further.",
            why=f"{why}.",
            fix=f"tuneworthy erasures settle {version} retire|retrain|finding --by PERSON "
            "--reason '...'",
        )


def _owner(runtime: Runtime) -> str:
    owners = [p.id for p in people.everyone(runtime) if Role.MODEL_OWNER in p.roles and p.active]
    return owners[0] if owners else "nobody"
