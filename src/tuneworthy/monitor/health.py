"""Success, errors, latency and overrides of what is served, each with its interval."""

from collections.abc import Iterable, Sequence

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.monitoring import Health
from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.methods.intervals import mean_interval, quantile_interval, wilson

NOT_THE_MODELS = frozenset({403, 499})
"""A gate refused, or the client left: neither says anything of the model."""


def health(
    interactions: Iterable[Interaction], feedback: Iterable[Feedback] = ()
) -> tuple[Health, ...]:
    """The health of every serving manifest, in the order in which they first answered."""
    groups: dict[str, list[Interaction]] = {}
    for row in interactions:
        if row.arm != "shadow" and row.status not in NOT_THE_MODELS:
            groups.setdefault(row.manifest, []).append(row)
    said: dict[str, list[Feedback]] = {}
    for item in feedback:
        said.setdefault(item.interaction, []).append(item)
    return tuple(_one(manifest, rows, said) for manifest, rows in groups.items())


def succeeded(row: Interaction) -> bool:
    """Whether the request was answered without any error."""
    return 200 <= row.status < 300 and not row.error


def _one(manifest: str, rows: Sequence[Interaction], said: dict[str, list[Feedback]]) -> Health:
    n = len(rows)
    seconds = [row.seconds for row in rows]
    overridden = sum(
        any(item.source == "override" for item in said.get(row.id, ())) for row in rows
    )
    return Health(
        manifest=manifest,
        requests=n,
        success=wilson(sum(succeeded(row) for row in rows), n),
        errors=wilson(sum(row.status >= 500 or bool(row.error) for row in rows), n),
        overrides=wilson(overridden, n),
        quality=_quality([said[row.id] for row in rows if row.id in said]),
        p50=quantile_interval(seconds, 0.5),
        p95=quantile_interval(seconds, 0.95),
        p99=quantile_interval(seconds, 0.99),
    )


def _quality(said: Sequence[Sequence[Feedback]]) -> Interval | None:
    """Mean of each request's newest word; what somebody said earlier is superseded."""
    newest = [max(items, key=lambda item: item.created_at).score for items in said]
    return mean_interval([min(1.0, max(0.0, score)) for score in newest]) if newest else None
