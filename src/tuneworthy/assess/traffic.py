"""Volume and cost from the record of live requests: A2, I4, and what the logs cannot say.

The window is the last 30 days. A log that is younger is scaled to 30 days when it covers at least
seven of them, a whole week, because weekdays and week-ends differ; a younger one says nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.project import Project
from tuneworthy.core.nouns.serving import Interaction

VOLUME = "traffic.volume"
"""The claim that this file makes and reads."""

WINDOW_DAYS = 30
LEAST_DAYS = 7
_DAY = 86_400.0

Answer = tuple[bool | None, str]
"""Yes, no or not known, and why."""


def count_traffic(
    rows: Iterable[Interaction], *, first: datetime | None, now: datetime
) -> dict[str, Any]:
    """The result of a ``traffic.volume`` claim.

    Shadow requests are copies and are not counted; a client's retry of a request is not a second
    one. Rows stamped later than ``now`` are counted apart, because some clock is wrong.

    Args:
        rows: Recorded requests; those outside the window are passed over.
        first: When the oldest request of the log was made.
        now: The end of the window.
    """
    begin = now - timedelta(days=WINDOW_DAYS)
    stamps = [
        datetime.fromisoformat(row.created_at)
        for row in rows
        if row.arm != "shadow" and row.attempt == 0
    ]
    requests = sum(begin < stamp <= now for stamp in stamps)
    age = (now - first).total_seconds() / _DAY if first is not None else 0.0
    covered = min(float(WINDOW_DAYS), max(0.0, age))
    return {
        "as_of": now.date().isoformat(),
        "window_days": WINDOW_DAYS,
        "covered_days": round(covered, 2),
        "requests": requests,
        "ahead": sum(stamp > now for stamp in stamps),
    }


def per_month(result: dict[str, Any]) -> Interval | None:
    """Requests in 30 days with a 95 % interval; None when the log does not say.

    The interval is Garwood's exact one for a Poisson count (Biometrika 28, 1936, 437-442), scaled.
    It knows nothing of growth, nor of busy and quiet weeks.
    """
    covered, requests = float(result["covered_days"]), int(result["requests"])
    if covered < LEAST_DAYS or requests == 0:
        return None
    from scipy import stats  # noqa: PLC0415 - takes most of a second to load

    scale = WINDOW_DAYS / covered
    low = float(stats.chi2.ppf(0.025, 2 * requests)) / 2
    high = float(stats.chi2.ppf(0.975, 2 * requests + 2)) / 2
    return Interval(value=requests * scale, low=low * scale, high=high * scale, n=requests)


def volume(evidence: Sequence[Evidence], project: Project) -> Answer:
    """A2: were there fewer requests in 30 days than ``low_volume``? The point estimate decides."""
    claim = newest(evidence, VOLUME)
    if claim is None:
        return None, "no live requests are recorded; the declared answer counts"
    covered, requests = claim["covered_days"], claim["requests"]
    ahead = f"; {claim['ahead']} requests are stamped in the future" if claim["ahead"] else ""
    if requests == 0:
        return None, f"no request was recorded in the last {WINDOW_DAYS} days{ahead}"
    if (month := per_month(claim)) is None:
        return None, (
            f"{requests:,} requests in {covered:g} days; {LEAST_DAYS} days are needed to speak "
            f"of a month{ahead}; the declared answer counts"
        )
    scaled = "" if covered >= WINDOW_DAYS else f", scaled by {WINDOW_DAYS}/{covered:g}"
    return month.value < project.low_volume, (
        f"{requests:,} requests recorded in {covered:g} days{scaled}: {month.value:,.0f} "
        f"[{month.low:,.0f}, {month.high:,.0f}] in {WINDOW_DAYS} days; low is below "
        f"{project.low_volume:,}{ahead}"
    )


def cost(evidence: Sequence[Evidence], project: Project, tokens: dict[str, Any] | None) -> Answer:
    """I4: does volume make the tokens of the best prompt cost more than the limits allow?

    A measured low volume answers no: what is seldom asked is not dear by its volume.

    Args:
        evidence: Holds the volume.
        project: Holds prices and limits.
        tokens: The result of a ``ceiling.signals`` claim, with the best prompt's tokens.
    """
    low, basis = volume(evidence, project)
    if low is None:
        return None, f"cost needs a volume: {basis}"
    if low:
        return False, f"volume is low: {basis}"
    each = _cost_each(project, tokens)
    limits = project.limits
    if each is None:
        return None, "cost needs 'prices' in tuneworthy.yaml and a prompt run on the frozen suite"
    if limits.cost_per_request is None and limits.cost_per_month is None:
        return None, f"a request costs {each:.4g}; no limit on cost is set"
    claim = newest(evidence, VOLUME)
    month = per_month(claim) if claim else None
    monthly = each * (month.value if month else 0.0)
    too_dear = _over(each, limits.cost_per_request) or _over(monthly, limits.cost_per_month)
    caps = [
        f"{cap:g} a {unit}"
        for cap, unit in ((limits.cost_per_request, "request"), (limits.cost_per_month, "month"))
        if cap is not None
    ]
    return too_dear, (
        f"with the best prompt a request costs {each:.4g}, {monthly:,.2f} in {WINDOW_DAYS} days; "
        f"limit {' and '.join(caps)}"
    )


def newest(evidence: Sequence[Evidence], about: str) -> dict[str, Any] | None:
    """The result of the newest measured claim about a fact."""
    found = [e for e in evidence if e.about == about and e.grade is Grade.MEASURED]
    return max(reversed(found), key=lambda e: e.created_at).result if found else None


def _cost_each(project: Project, claim: dict[str, Any] | None) -> float | None:
    if claim is None or not claim.get("n"):
        return None
    named = [m.prices for m in project.all_models if m.title == claim.get("model_name")]
    prices = named[0] if named else project.prices
    if prices is None:
        return None
    asked, said = float(claim["prompt_tokens"]), float(claim["completion_tokens"])
    money = asked * prices.prompt_per_million + said * prices.completion_per_million
    return money / int(claim["n"]) / 1e6


def _over(value: float, limit: float | None) -> bool:
    return limit is not None and value > limit
