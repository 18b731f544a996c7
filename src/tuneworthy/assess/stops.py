"""The four stop questions: computed from the record, never asked; one no means not ready."""

from collections.abc import Callable, Iterable

from tuneworthy.assess.standing import ServedVersion, Standing, plural
from tuneworthy.core.nouns.enterprise import Answer, KnownBy

Stop = tuple[Answer, KnownBy, str, tuple[str, ...]]

_NOTHING_SERVED = "no tuned version has taken traffic yet"
_SHOWN = 3
"""How many faults a message names."""


def traceable(standing: Standing) -> Stop:
    """U1: the walk back of each of the last responses ends at data, evaluation and approvers."""
    total = sum(found.responses for found in standing.traced)
    if not total:
        return _unknown("no response is recorded yet")
    broken = [found for found in standing.traced if found.fault]
    traced = total - sum(found.responses for found in broken)
    ids = tuple(found.manifest for found in standing.traced)
    why = f"{traced:,} of the last {plural(total, 'response')} traced to their version"
    if not broken:
        return "yes", "measured", f"{why}, by version and not by example", ids
    return "no", "measured", f"{why}; {_first(found.fault for found in broken)}", ids


def approved(standing: Standing) -> Stop:
    """U2: each served dataset has a Start approval whose signatures verify."""
    if not standing.served:
        return _unknown(_NOTHING_SERVED)
    bad = [found for found in standing.served if found.start_fault]
    ids = _datasets(standing.served)
    if bad:
        faults = (f"{found.version}: {found.start_fault}" for found in bad)
        return "no", "measured", _first(faults), ids
    names = sorted({name for found in standing.served for name in found.approvers})
    return "yes", "measured", f"Start was approved by {', '.join(names)}, signatures verified", ids


def judged_first(standing: Standing) -> Stop:
    """U3: each served version was run on the suite before it was promoted."""
    if not standing.served:
        return _unknown(_NOTHING_SERVED)
    bad = [found.version for found in standing.served if not found.suite_run]
    runs = tuple(found.suite_run for found in standing.served if found.suite_run)
    if bad:
        why = f"no suite run before it was served: {_first(bad, ', ')}"
        return "no", "measured", why, runs
    count = plural(len(standing.served), "served version")
    return "yes", "measured", f"{count}, each run on the suite before it was served", runs


def compared(standing: Standing) -> Stop:
    """U4: each promotion has a comparison on record before it."""
    promoted = [found for found in standing.served if found.promoted]
    if not promoted:
        return _unknown("no version has been promoted yet")
    bad = [found.version for found in promoted if not found.comparison]
    ids = tuple(found.comparison for found in promoted if found.comparison)
    if bad:
        return "no", "measured", f"promoted without a comparison: {_first(bad, ', ')}", ids
    count = plural(len(promoted), "promotion")
    return "yes", "measured", f"{count}, each with a comparison before it", ids


STOPS: dict[str, Callable[[Standing], Stop]] = {
    "U1": traceable,
    "U2": approved,
    "U3": judged_first,
    "U4": compared,
}


def _unknown(why: str) -> Stop:
    return "unknown", "", why, ()


def _datasets(served: tuple[ServedVersion, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.dataset for found in served))


def _first(faults: Iterable[str], join: str = "; ") -> str:
    found = list(faults)
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return join.join(found[:_SHOWN]) + more
