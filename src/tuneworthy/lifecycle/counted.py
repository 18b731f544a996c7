"""The evidence that counts now: what the levels refuse decides no factor and no ceiling either."""

from tuneworthy.assess import live, sort_out
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.lifecycle import curve, gates, soundness
from tuneworthy.lifecycle.wiring import Runtime


def counted(runtime: Runtime, *, aged: bool = False) -> list[Evidence]:
    """Claims that count, in the order of the ledger.

    Left out is what is forged, dated after now, stale, about another suite, or about things that
    are no longer here.

    Args:
        runtime: The project.
        aged: Keep what has outlived its own limit, for pages that say how old a thing is.
    """
    evidence = gates.evidence_now(runtime)
    unsound = soundness.unsound(runtime, evidence)
    now = runtime.clock.now()
    sorted_ = sort_out(evidence, runtime.project.id, now=now, unsound=unsound)
    found = [piece.item for piece in sorted_.counted] if aged else live(sorted_)
    return [item for item in found if curve.still_true(runtime, item)]


def about_now(runtime: Runtime) -> list[Evidence]:
    """What counts and is about today's dataset, suite or model, or about the project."""
    head = runtime.head
    current = {head.dataset, head.suite, head.model, runtime.project.id}
    return [item for item in counted(runtime) if current & set(item.subjects)]
