"""Says once in the audit log that evidence has expired and holds its level no longer."""

from tuneworthy.core.errors import ConflictProblem
from tuneworthy.core.nouns.evidence import Expiry
from tuneworthy.core.nouns.scorecard import PredicateResult, Scorecard
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest


def note(runtime: Runtime, card: Scorecard) -> None:
    """One audit event for each piece of evidence and predicate that it no longer holds by age.

    Nothing else changes: approvals bind to evidence, and the evidence stays as it is.
    """
    stale = [
        result
        for dimension in card.dimensions
        for result in dimension.predicates
        if result.reason == "stale" and result.nearest
    ]
    if not stale:
        return
    said = {expiry.id for expiry in runtime.store.list(Expiry)}
    for result in stale:
        expiry = _expiry(runtime, result)
        if expiry.id not in said:
            _say(runtime, expiry, result)


def _expiry(runtime: Runtime, result: PredicateResult) -> Expiry:
    return Expiry(
        id=digest([result.nearest, result.id]),
        project=runtime.project.id,
        evidence=result.nearest,
        predicate=result.id,
        created_at=runtime.now(),
    )


def _say(runtime: Runtime, expiry: Expiry, result: PredicateResult) -> None:
    what = ("evidence", expiry.predicate, expiry.evidence)
    facts = {"reason": f"{expiry.predicate} at level {result.level}: {result.why}"}
    try:
        with runtime.change("evidence.expire", what, **facts) as change:
            change.put(expiry, expect=0)
    except ConflictProblem:
        return  # another process said it at the same moment
