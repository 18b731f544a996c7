"""The working of the published rules, and of the template's own tree beside them."""

from typing import Literal

from tuneworthy.core.nouns.base import Part

Band = Literal["STRONG", "MODERATE", "WEAK"]


class TreeStep(Part):
    """One question on the way through a tree."""

    question: str
    answer: Literal["yes", "no", "not known", "not asked"]
    because: str
    """What the answer rests on."""


class TreeWorking(Part):
    """The path through the decision tree, and where it ended."""

    path: tuple[TreeStep, ...]
    result: str
    """``FINE_TUNE_CANDIDATE`` or the verdict at which the tree stopped."""
    because: str


class ScoreWorking(Part):
    """(reasons for - reasons against) / number of factors; the fraction is never shortened."""

    numerator: int
    denominator: int
    text: str
    value: float
    """The fraction to four decimals; the band is taken from the exact fraction."""
    band: Band


class NetWorking(Part):
    """Reasons for minus reasons against."""

    indicators: int
    anti_indicators: int
    value: int
    text: str
    band: Band


class WeightedWorking(Part):
    """The same with High counted twice. Advice only: no verdict depends on it."""

    indicators: int
    """Points of the reasons for tuning that hold; High 2, Medium 1."""
    anti_indicators: int
    numerator: int
    denominator: int
    text: str
    value: float
    """The fraction to four decimals."""
    advisory: Literal[True] = True


class Rules(Part):
    """Every rule's own result with its working."""

    tree: TreeWorking
    score: ScoreWorking
    net: NetWorking
    weighted: WeightedWorking

    def lines(self) -> tuple[str, ...]:
        """The working in words, one line a rule or a step of the tree."""
        score, net, weighted = self.score, self.net, self.weighted
        return (
            f"Tree: {self.tree.result}",
            *(f"  {s.question} {s.answer}: {s.because}" for s in self.tree.path),
            f"Score: {score.text} = {score.value:.4f}, {score.band}",
            f"Net: {net.text}, {net.band}",
            f"Weighted, advice only: ({weighted.indicators} - {weighted.anti_indicators}) / "
            f"{weighted.denominator} = {weighted.text} = {weighted.value:.3f}",
        )


SecondVerdict = Literal[
    "USE_PROMPTING",
    "TRY_STRUCTURED_PROMPTING",
    "RETRIEVAL_MAY_BE_BETTER",
    "TUNING_MAY_NOT_HELP",
    "STAY_WITH_PROMPTED_MODELS",
    "TUNING_IS_PROMISING",
    "TUNING_IS_FEASIBLE",
]


class SecondOpinion(Part):
    """What the template's own tree says of the same answers. It changes no verdict."""

    verdict: SecondVerdict
    path: tuple[TreeStep, ...]
    agrees: bool
    """Whether both trees say the same of whether tuning may start."""
    difference: str
    """Where the two part and why, or that they do not."""

    @property
    def allows_tuning(self) -> bool:
        """Whether the template's tree speaks for tuning."""
        return self.verdict in ("TUNING_IS_PROMISING", "TUNING_IS_FEASIBLE")

    def lines(self) -> tuple[str, ...]:
        """The opinion in words, one line a step."""
        return (
            f"Second opinion (the template's tree): {self.verdict}",
            *(f"  {s.question} {s.answer}: {s.because}" for s in self.path),
            f"  {self.difference}",
        )
