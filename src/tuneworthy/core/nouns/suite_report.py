"""What is told of suites: how each stands, how two versions differ, what a candidate did on it."""

from typing import Any, Literal

from pydantic import Field

from tuneworthy.core.nouns.base import Interval, Part
from tuneworthy.core.nouns.comparing import SegmentDelta
from tuneworthy.core.nouns.suite import Case, SuiteRole
from tuneworthy.core.nouns.suite_file import SuiteFile

SuiteStanding = Literal["not frozen", "frozen", "changed", "file gone", "unreadable"]


class SuiteState(Part):
    """One suite as it stands: its file beside its newest frozen version."""

    name: str
    role: SuiteRole
    about: str
    state: SuiteStanding
    n: int
    metric: str
    margin: float | None
    target: float | None
    version: str
    """Digest of the newest frozen version; empty when there is none."""
    frozen_at: str = ""
    judged: bool = False
    """Whether a candidate was judged on that version."""
    fault: str = ""
    """Why the file cannot be used."""


class SuiteDetail(Part):
    """A suite with what it asks."""

    state: SuiteState
    settings: SuiteFile | None
    cases: tuple[Case, ...]


class SuiteDiff(Part):
    """What another version of a suite asks and wants."""

    name: str
    before: str
    after: str
    added: tuple[str, ...]
    """Ids of cases, as in ``removed`` and ``changed``."""
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    settings: dict[str, tuple[Any, Any]]
    """Each setting that is another one: before, after."""
    thresholds: tuple[str, ...]
    """Of these, what decides whether a candidate passes."""
    after_candidate: bool
    """Whether a candidate had been judged on the version before."""

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.changed or self.settings)


class MetricPair(Part):
    """A further metric over the same answers."""

    name: str
    base: Interval
    candidate: Interval


class SuiteRun(Part):
    """One model's finished run of a suite, and what was wrong with its answers."""

    run: str
    """The run's id, as ``eval show`` takes it."""
    failed: int = 0
    """Cases without an answer; each scores 0."""
    empty: int = 0
    cut_off: int = 0
    invalid: int = 0
    """Answers that lack the form that was asked for."""


class SuiteOutcome(Part):
    """Base and candidate on one suite. Without a candidate, the base alone."""

    name: str
    role: SuiteRole
    suite: str
    n: int
    metric: str
    base: Interval | None = None
    candidate: Interval | None = None
    delta: Interval | None = None
    """Candidate minus base, of the same cases."""
    margin: float | None = None
    target: float | None = None
    p_value: float | None = None
    """Two-sided, of the difference."""
    significant_loss: bool = False
    """The candidate is worse than the base beyond chance (5 %, two-sided): on the whole, or in one
    category after Holm's correction."""
    below_target: bool = False
    failed: tuple[str, ...] = ()
    """Why the candidate does not pass here; empty when it does."""
    metrics: tuple[MetricPair, ...] = ()
    categories: tuple[SegmentDelta, ...] = ()
    """Each segment of the cases by itself."""
    figures: dict[str, tuple[float, float]] = Field(default_factory=dict)
    """What the deciding metric's marks tell over all cases: base, candidate."""
    recognisers: dict[str, str] = Field(default_factory=dict)
    """The recognisers that scores rest on: name to digest."""
    base_run: SuiteRun | None = None
    candidate_run: SuiteRun | None = None

    @property
    def gained(self) -> bool:
        """The candidate scores higher than the base."""
        return self.delta is not None and self.delta.value > 0

    @property
    def run(self) -> bool:
        """Whether base and candidate were both run."""
        return self.base is not None and self.candidate is not None


class Imported(Part):
    """What was made of another tool's task."""

    suite: str
    """The suite's file."""
    cases: str
    """The file of its cases."""
    n: int
    dropped: tuple[str, ...]
    """Each row that was left out, with the reason."""
    notes: tuple[str, ...]
    """What is asked or scored otherwise than there, and settings that were left out."""
