"""What a model that judges is given, what it says, and how far it can be believed."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from tuneworthy.core.nouns.base import Interval, Part

Choice = Literal["a", "b", "tie"]
Verdict = Literal["a", "b", "tie", "unreadable"]
Reading = Literal["text", "likelihood"]


class JudgedPair(Part):
    """Two answers to one request. ``verdicts`` are people's; ``a_by`` and ``b_by`` who answered."""

    id: str = Field(min_length=1)
    request: str
    a: str
    b: str
    reference: str = ""
    verdicts: tuple[Choice, ...] = ()
    a_by: str = ""
    b_by: str = ""

    @field_validator("verdicts", mode="before")
    @classmethod
    def _one_person(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @property
    def people(self) -> Choice | None:
        """What most people said, a tie where no side has more than the others; None: nobody."""
        if not self.verdicts:
            return None
        counts = {side: self.verdicts.count(side) for side in ("a", "b", "tie")}
        most = [side for side in counts if counts[side] == max(counts.values())]
        return most[0] if len(most) == 1 else "tie"  # type: ignore[return-value]


class JudgedAnswer(Part):
    """One answer to rate. ``scores`` are people's, by criterion."""

    id: str = Field(min_length=1)
    request: str
    answer: str
    reference: str = ""
    scores: dict[str, tuple[int, ...]] = Field(default_factory=dict)

    @field_validator("scores", mode="before")
    @classmethod
    def _one_person(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {k: (v,) if isinstance(v, int) else v for k, v in value.items()}


class Criterion(Part):
    """One thing to rate, 1 to the highest anchor; an anchor says what a score means."""

    name: str = Field(min_length=1, max_length=60)
    asks: str = Field(min_length=1)
    anchors: dict[Annotated[int, Field(ge=1, le=9)], str] = Field(min_length=2)

    @property
    def highest(self) -> int:
        """The best score."""
        return max(self.anchors)

    @model_validator(mode="after")
    def _from_one(self) -> "Criterion":
        if 1 not in self.anchors:
            raise ValueError("the anchors must begin at 1, the worst")
        return self


class Criteria(Part):
    """What answers are rated by, as a file says it."""

    about: str = ""
    criteria: tuple[Criterion, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _once(self) -> "Criteria":
        names = [one.name for one in self.criteria]
        if len(set(names)) != len(names):
            raise ValueError("two criteria have one name")
        return self


class PairVerdict(Part):
    """What the judge said of one pair, in both orders.

    ``verdict`` is a side where both orders name it, else a tie; one unreadable answer makes the
    pair unreadable, which is never a pass.
    """

    id: str
    a_first: Verdict
    b_first: Verdict
    verdict: Verdict
    said: tuple[str, str]
    """The judge's own words in both orders."""
    asked: bool = True
    """Whether the judge was asked: equal answers are a tie, and an empty one loses, without it."""


class AnswerScore(Part):
    """What the judge gave one answer; None where it could not be read."""

    id: str
    scores: dict[str, int | None]
    said: dict[str, str] = Field(default_factory=dict)
    score: float
    """The mean over the criteria, 0 (all 1) to 1 (all at the highest); unreadable is 0."""
    readable: bool


class Odds(Part):
    """How the odds of being chosen change: the ratio with its 95 % interval; 1 is no bias."""

    ratio: float
    low: float
    high: float


class PositionBias(Part):
    """Whether the place of an answer decides.

    ``first`` is the share of verdicts for the answer that stands first, by pairs that were shown in
    both orders; 0.5 is none. ``swayed`` pairs went with the place in both orders, ``to_first`` of
    them to the first; ``p`` is the exact binomial test of that against one half.
    """

    pairs: int
    first: Interval
    swayed: int
    to_first: int
    to_first_low: float
    to_first_high: float
    p: float


class LengthBias(Part):
    """Whether length decides, with place, authorship and people's verdict held equal where known.

    ``doubling`` is the odds ratio of being chosen for twice the length. ``longer`` is the share of
    verdicts for the longer answer, ``people_longer`` people's on the same pairs.
    """

    pairs: int
    doubling: Odds | None
    adjusted: bool
    """Whether people's verdicts stand beside it; without them length may be quality."""
    longer: float | None
    people_longer: float | None
    read: int = 0
    """All pairs that could be read in both orders."""
    alike: int = 0
    """Those of which the longer answer is at most a quarter longer than the other."""

    @property
    def untold(self) -> bool:
        """So many pairs are of like length, nine in ten, that a bias for length cannot be told."""
        return self.read > 0 and self.alike >= 0.9 * self.read


class LengthShift(Part):
    """Whether length moves a score, with people's score held equal where it is known.

    ``doubling`` is what twice the length adds, on the scale from 0 (all 1) to 1 (all at the
    highest); None where too little was rated to tell.
    """

    answers: int
    doubling: Interval | None
    adjusted: bool
    """Whether people's scores stand beside it; without them length may be quality."""


class SelfPreference(Part):
    """How much more often than people the judge prefers answers that it wrote itself.

    ``excess`` is the mean difference, -1..1; None where people did not judge them.
    """

    pairs: int
    own: float | None
    """The share of verdicts for its own answers."""
    people_own: float | None
    excess: Interval | None


class JudgeBias(Part):
    """What sways the judge."""

    position: PositionBias
    length: LengthBias
    own: SelfPreference


class Agreement(Part):
    """The judge against people; nothing is left out: an unreadable answer is a disagreement."""

    items: int
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    weights: Literal["none", "quadratic"]
    alpha: float | None
    alpha_low: float | None
    alpha_high: float | None
    same: float
    """The share of items with exactly people's verdict."""
    people_alpha: float | None = None
    """Alpha of people among themselves, where more than one judged an item."""


class JudgeIdentity(Part):
    """Which judge: ``digest`` is over model, prompt, how it is read and asked."""

    name: str
    model: str
    prompt: str
    reading: Reading
    digest: str


class Standing(Part):
    """Whether the judge was held against people, and whether it may decide."""

    ok: bool
    bar: float
    items: int = 0
    kappa: float | None = None
    kappa_low: float | None = None
    alpha: float | None = None
    reason: str


class PairsJudged(Part):
    """Pairs after judging; ``a`` and ``b`` are shares: a tie is half, unreadable is for neither."""

    judge: JudgeIdentity
    n: int
    counts: dict[Verdict, int]
    inconsistent: int
    """Pairs where the two orders named different sides, or a side and a tie."""
    not_asked: int
    """Pairs that need no judge: equal answers, and such with an empty one."""
    a: Interval
    b: Interval
    bias: JudgeBias
    agreement: Agreement | None = None
    standing: Standing
    verdicts: tuple[PairVerdict, ...] = ()


class AnswersJudged(Part):
    """A file of answers after rating."""

    judge: JudgeIdentity
    n: int
    unreadable: int
    """Answers with at least one criterion that could not be read."""
    empty: int
    """Empty answers: the judge is not asked, and each gets the worst score."""
    score: Interval
    criteria: dict[str, float]
    """The mean score of each criterion, on its own scale; an unreadable one counts 1."""
    agreement: Agreement | None = None
    """That on the criterion on which the judge stands worst."""
    by_criterion: dict[str, Agreement] = Field(default_factory=dict)
    length: LengthShift
    standing: Standing
    scores: tuple[AnswerScore, ...] = ()
