"""What a run gets wrong, in which groups, and what a candidate newly breaks and newly fixes."""

from typing import Literal

from tuneworthy.core.nouns.base import Interval, Part

ChangeName = Literal["broken", "fixed", "lower", "higher", "same"]
"""Right before and wrong now, wrong before and right now; else by score, on the same side."""

SliceVerdict = Literal["more failures", "fewer failures", "within noise"]


class Shown(Part):
    """One case as it is shown; long texts are cut, the run keeps them whole."""

    id: str
    request: str
    expected: str
    output: str
    score: float
    kind: str = ""
    """The kind of error; empty where the answer is right."""
    segment: str = ""
    base_output: str | None = None
    """The base's answer, where two runs are looked at."""
    base_score: float | None = None


class ErrorKind(Part):
    """Failures of one kind: the metric's word for it, or that there is no whole answer."""

    kind: str
    n: int
    share: float
    """Of all failures."""
    examples: tuple[str, ...]
    """Ids of cases."""


class FailureCluster(Part):
    """Failures that resemble each other in request and answer."""

    number: int
    n: int
    share: float
    """Of all failures."""
    words: tuple[str, ...]
    """What sets them apart from all other cases, most telling first."""
    kind: str
    """The commonest kind of error in it."""
    newly_broken: int = 0
    examples: tuple[Shown, ...]
    """Those nearest the centre."""
    cases: tuple[str, ...]
    """Ids of all."""


class FailureSlice(Part):
    """How often one part of the cases fails, beside all the others."""

    family: Literal["segment", "length of request", "length of expected answer"]
    name: str
    n: int
    failed: int
    share: Interval
    """Of its cases that fail, with the 95 % interval."""
    difference: Interval
    """Its share minus that of the other cases (Newcombe's interval)."""
    p_value: float
    """Fisher's exact test against the other cases, two-sided."""
    p_holm: float
    """Adjusted by Holm's way for all parts that are looked at."""
    verdict: SliceVerdict
    newly_broken: int = 0
    newly_fixed: int = 0


class Confusion(Part):
    """Cases of one label that were answered with another."""

    expected: str
    said: str
    n: int
    examples: tuple[str, ...]


class CallFault(Part):
    """One fault of tool calls, counted once a case; a case may have several."""

    function: str
    """The one that was expected; ``argument`` is empty where the whole call is meant."""
    argument: str
    fault: str
    n: int
    examples: tuple[str, ...]


class RunChanges(Part):
    """Candidate against base, case by case; the five counts add up to ``n``."""

    against: str
    n: int
    broken: int
    fixed: int
    lower: int
    """Not counted as broken, but scored lower; ``higher`` likewise."""
    higher: int
    same: int
    broken_cases: tuple[Shown, ...]
    """At most 50, the largest loss first; ``broken_ids`` has all."""
    fixed_cases: tuple[Shown, ...]
    broken_ids: tuple[str, ...]
    fixed_ids: tuple[str, ...]


class FailureAnalysis(Part):
    """A run's failures: a case fails when it scores below ``pass_at``."""

    run: str
    n: int
    n_failed: int
    share: Interval
    """Of cases that fail."""
    pass_at: float
    vectors: str
    """What likeness of texts was told by."""
    rule: str
    """How the number of clusters was chosen."""
    kinds: tuple[ErrorKind, ...]
    clusters: tuple[FailureCluster, ...]
    slices: tuple[FailureSlice, ...]
    confusions: tuple[Confusion, ...] = ()
    """Where answers are labels; commonest first."""
    calls: tuple[CallFault, ...] = ()
    """Where answers are tool calls; commonest first."""
    changes: RunChanges | None = None
    """Against another run, where one is given."""


class Piece(Part):
    """A piece of a text: in both, only in the first (gone), or only in the second (new)."""

    sort: Literal["same", "gone", "new"]
    text: str


class CaseDiff(Part):
    """One case's two answers, each word by word beside what was expected.

    Where nothing is expected, the candidate's answer stands beside the base's.
    """

    id: str
    segment: str = ""
    request: str
    expected: str
    change: ChangeName
    base_score: float
    candidate_score: float
    base_kind: str = ""
    candidate_kind: str = ""
    base: tuple[Piece, ...]
    candidate: tuple[Piece, ...]
    against: Literal["expected", "base"]
    """What the candidate's answer is compared with."""


class RunDiff(Part):
    """The answers of two runs that were asked for, and how many there are in all."""

    base: str
    candidate: str
    n: int
    counts: dict[ChangeName, int]
    """Every case of both runs."""
    other_text: int
    """Cases in which the two answers are not the same text."""
    found: int
    """Cases that the choice fits; ``cases`` has the first of them."""
    cases: tuple[CaseDiff, ...]
