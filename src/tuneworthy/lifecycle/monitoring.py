"""Live requests against the tested ones: signal, alert, proposal."""

from datetime import datetime, timedelta

from tuneworthy.core.clock import time_doubt
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.dataset import SplitName
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.monitoring import Alert, DriftResult, Proposal
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.serving import Interaction
from tuneworthy.improve import propose
from tuneworthy.lifecycle import datasets, people
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.monitor import check_drift, drift_alert, health, request_text

WINDOW = 200
"""How many of the newest requests are compared with the known ones."""

LEAST = 50
"""Below this many the test has little power and is not run."""

BEAT = timedelta(hours=12)
"""How often a gateway that keeps watch says so; the word counts for a day."""

ALPHA = 0.002
"""Chance of a false alarm a window: about one in five hundred."""


def check(
    runtime: Runtime, *, window: int = WINDOW, since: str = ""
) -> tuple[DriftResult, Alert | None, Proposal | None]:
    """Test the newest requests for drift; on drift, wake the owner and propose what to do.

    Nothing is retrained or promoted by this. Raises ConfigProblem with too few requests.
    """
    rows = [row for row in runtime.store.interactions(runtime.project.id) if row.created_at > since]
    texts = [text for row in rows[-window:] if (text := request_text(row))]
    if len(texts) < LEAST:
        raise ConfigProblem(
            "too_few_requests",
            f"{len(texts)} requests are recorded; drift is tested from {LEAST} on.",
            fix="Send more traffic through the gateway, then: tuneworthy drift check",
        )
    reference = known_requests(runtime)
    runtime.progress("drift", 0, 1, f"{len(texts)} live requests against {len(reference)}")
    result = check_drift(
        reference, texts, runtime.embedder, alpha=ALPHA, seed=runtime.project.split.seed
    )
    signal = _recorded(runtime, result)
    heartbeat(runtime, rows)
    alert = _alert(runtime, result, signal)
    proposal = _proposal(runtime, result, rows, signal) if alert else None
    return result, alert, proposal


def keep_watch(runtime: Runtime) -> DriftResult | None:
    """What a schedule does: the test, or with too few requests only the word that it was due."""
    rows = list(runtime.store.interactions(runtime.project.id))
    if len([row for row in rows[-WINDOW:] if request_text(row)]) < LEAST:
        heartbeat(runtime, rows)
        return None
    return check(runtime)[0]


def last_watch(runtime: Runtime) -> datetime | None:
    """When the monitors ran last; what cannot have happened yet does not count."""
    now = runtime.clock.now()
    beats = [
        datetime.fromisoformat(one.created_at)
        for one in runtime.evidence()
        if one.about == "monitor.heartbeat" and not time_doubt(one.created_at, now)
    ]
    return max(beats, default=None)


def known_requests(runtime: Runtime) -> list[str]:
    """What the model was trained, validated or judged on: live requests should look like these."""
    splits: tuple[SplitName, ...] = ("train", "validation", "test")
    return [example.request for split in splits for example in datasets.examples(runtime, split)]


def windows(runtime: Runtime) -> int:
    """How many full windows of requests have been recorded; a schedule checks each once."""
    return runtime.store.interaction_count(runtime.project.id) // WINDOW


def sign_of_life(runtime: Runtime) -> None:
    """Say that a gateway keeps watch, unless that was said within twelve hours."""
    last = last_watch(runtime)
    if last is None or runtime.clock.now() - last > BEAT:
        _say_alive(runtime, runtime.store.interaction_count(runtime.project.id))


def heartbeat(runtime: Runtime, rows: list[Interaction]) -> None:
    """Say that the monitors ran, on this route and for the current model if there is one."""
    _say_alive(runtime, len(rows))


def _say_alive(runtime: Runtime, requests: int) -> None:
    runtime.record(
        runtime.claim(
            "monitor.heartbeat",
            [one for one in (runtime.head.model, runtime.project.id) if one],
            {"at": runtime.now(), "requests": requests},
            stale_after_days=1,
        )
    )


def _recorded(runtime: Runtime, result: DriftResult) -> Evidence:
    claim = runtime.claim(
        "monitor.drift",
        [runtime.head.model or runtime.project.id, runtime.head.dataset],
        {
            **result.model_dump(exclude={"examples"}),
            "at": runtime.now(),
        },
        stale_after_days=8,
    )
    runtime.record(claim)
    return claim


def _alert(runtime: Runtime, result: DriftResult, signal: Evidence) -> Alert | None:
    alert = drift_alert(
        result,
        project=runtime.project.id,
        owner=owner(runtime),
        evidence=(signal.id,),
        created_at=runtime.now(),
    )
    if alert is not None:
        wake(runtime, alert)
    return alert


def owner(runtime: Runtime) -> str:
    """Whom an alert wakes."""
    owners = [p.id for p in people.everyone(runtime) if Role.MODEL_OWNER in p.roles]
    return owners[0] if owners else "nobody"


def wake(runtime: Runtime, alert: Alert) -> None:
    """Keep an alert."""
    with runtime.change("alert.raise", ("alert", alert.id, digest(alert))) as change:
        change.put(alert)


def suggest(runtime: Runtime, proposal: Proposal | None) -> Proposal | None:
    """Keep a proposal, if there is one; nothing else is changed by it."""
    if proposal is not None:
        what = ("proposal", proposal.id, digest(proposal))
        with runtime.change("proposal.make", what, reason=proposal.reason) as change:
            change.put(proposal)
    return proposal


def _proposal(
    runtime: Runtime, result: DriftResult, rows: list[Interaction], signal: Evidence
) -> Proposal | None:
    proposal = propose(
        result,
        health(rows, list(runtime.store.feedback())),
        project=runtime.project.id,
        evidence=(signal.id,),
        created_at=runtime.now(),
        previous=proposals(runtime),
    )
    return suggest(runtime, proposal)


def alerts(runtime: Runtime) -> list[Alert]:
    """Every alert of this project, oldest first."""
    return [a for a in runtime.store.list(Alert) if a.project == runtime.project.id]


def proposals(runtime: Runtime) -> list[Proposal]:
    """Every proposal of this project, oldest first."""
    return [p for p in runtime.store.list(Proposal) if p.project == runtime.project.id]


def newest_drift(runtime: Runtime) -> DriftResult | None:
    """The newest drift result, from the ledger."""
    found = [e for e in runtime.evidence() if e.about == "monitor.drift"]
    if not found:
        return None
    fields = {k: v for k, v in found[-1].result.items() if k in DriftResult.model_fields}
    return DriftResult.model_validate(fields)
