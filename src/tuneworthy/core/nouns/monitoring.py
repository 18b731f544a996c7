"""What monitoring sees, whom it wakes, and what it proposes."""

from typing import ClassVar, Literal

from tuneworthy.core.nouns.base import Interval, Noun, Part


class DriftResult(Part):
    """A two-sample test of a window of live requests against the reference requests."""

    reference: int
    window: int
    p_mmd: float
    p_novelty: float
    p_value: float
    """Bonferroni-combined: min(1, 2 * min(p_mmd, p_novelty))."""
    alpha: float
    drifted: bool
    novel_share: float
    """Share of the window farther from the reference than its own 95 % quantile."""
    examples: tuple[str, ...] = ()
    """The most novel requests, at most five."""


class Health(Part):
    """How one serving manifest did over some requests; rates in 0..1, times in seconds.

    Shadow answers, refusals by a gate and requests whose client left are not counted.
    """

    manifest: str
    requests: int
    success: Interval
    """Answered with a 2xx status and no error."""
    errors: Interval
    """Got no usable answer (status 500 and above, or an error on the way)."""
    overrides: Interval
    """Share of the requests whose answer a person replaced."""
    quality: Interval | None = None
    """Mean of the newest feedback on each answered request; None without feedback."""
    p50: Interval | None = None
    p95: Interval | None = None
    p99: Interval | None = None


class Decay(Part):
    """Quality now against quality at release; all scores in 0..1."""

    baseline: float
    floor: float
    """The least that raises no alert: a fixed share of the baseline."""
    level: Interval | None
    """Mean over the newest days, each answer counted once; None without any answer."""
    trend: float | None
    """``level`` less the mean of the days before; None where either has no answer."""
    alert: bool
    text: str


class LiveQuality(Part):
    """One measure of what the version in production answers, against the same at its release."""

    measure: Literal["accuracy", "satisfaction"]
    """By checks of answers, or by what users say of them."""
    decay: Decay | None
    """None where nothing was measured at release."""
    text: str


class OverrideReview(Part):
    """Whether people replace more answers than at release, with the weeks that were looked at."""

    triggered: bool
    baseline: float | None
    """Share of replaced answers, 0..1, at release; None where it is not known."""
    weeks: tuple[Interval, ...]
    """The newest weeks, oldest first; a week without requests is [0, 1] with n = 0."""
    text: str


class Alert(Noun):
    """Something a person should look at."""

    kind: ClassVar[str] = "alert"
    project: str
    about: str
    severity: Literal["info", "warning", "critical"]
    message: str
    owner: str
    evidence: tuple[str, ...]
    state: Literal["open", "acknowledged", "closed"] = "open"
    created_at: str
    said_by: str = ""
    """Who acknowledged it, why and when; empty while nobody has."""
    said: str = ""
    said_at: str = ""


class Proposal(Noun):
    """What the system suggests; a person decides, and the four gates still stand."""

    kind: ClassVar[str] = "proposal"
    project: str
    action: Literal["retrain", "repair_prompt", "roll_back", "investigate"]
    reason: str
    evidence: tuple[str, ...]
    steps: tuple[str, ...]
    state: Literal["open", "accepted", "declined"] = "open"
    created_at: str
    said_by: str = ""
    """Who decided on it, why and when; empty while nobody has."""
    said: str = ""
    said_at: str = ""


class LiveReview(Part):
    """What was seen of the version in production, and what came of it."""

    version: str
    qualities: tuple[LiveQuality, ...]
    overrides: OverrideReview
    alerts: tuple[Alert, ...]
    proposal: Proposal | None
