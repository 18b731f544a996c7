"""From yes/no answers to one verdict, with every rule's own result shown.

Three published rules disagree: a tree, a score and a net count. The tree wins, the others and
the caps can only make its verdict stricter, and counting reasons authorises a pilot at most,
save in the one case where all six reasons speak for tuning and none against.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from tuneworthy.assess.approach import HARD_FLOOR, UNKNOWN_MINIMUM
from tuneworthy.assess.factors import FACTORS, Factor, of_kind
from tuneworthy.core.nouns.decision import Decision, FactorAnswer, Verdict

Opinion = tuple[Verdict, str]
"""The most that one rule allows, and why."""

_STRICTNESS = {verdict: place for place, verdict in enumerate(Verdict)}
_STRONG, _MODERATE = Fraction(1, 2), Fraction(1, 5)
_BAND_ALLOWS = {
    "STRONG": Verdict.PROCEED,
    "MODERATE": Verdict.PILOT,
    "WEAK": Verdict.TRY_ALTERNATIVES,
}


class _Case(NamedTuple):
    """The answers with all that the rules look at."""

    answers: Mapping[str, bool | None]
    yes: frozenset[str]
    unknown: tuple[Factor, ...]
    open_ceiling: tuple[Factor, ...]
    indicators: tuple[Factor, ...]
    anti: tuple[Factor, ...]
    factors: int
    points: int
    waived: Mapping[str, str]
    quality_examples: int | None
    minimum: int
    solved: Opinion | None

    @property
    def ceiling_reached(self) -> bool:
        return not self.open_ceiling and self.solved is None

    @property
    def net(self) -> int:
        return len(self.indicators) - len(self.anti)

    @property
    def score(self) -> Fraction:
        return Fraction(self.net, self.factors)

    @property
    def weighted(self) -> Fraction:
        plus, minus = (sum(f.points for f in side) for side in (self.indicators, self.anti))
        return Fraction(plus - minus, self.points)


def decide(
    answers: Mapping[str, bool | None],
    *,
    basis: Literal["declared", "evidenced"],
    quality_examples: int | None = None,
    approach_minimum: int = UNKNOWN_MINIMUM,
    factors: Sequence[Factor] = FACTORS,
    waived: Mapping[str, str] | None = None,
    solved: Opinion | None = None,
) -> Decision:
    """Weigh the answers.

    Args:
        answers: Factor id to yes, no or None (not known).
        basis: Whether the answers were typed in or measured.
        quality_examples: Examples left after cleaning and removing duplicates, if counted.
        approach_minimum: Fewest examples that the approach needs; it answers A4 when A4 is open.
        factors: The questions; the shipped table unless told otherwise.
        waived: Ceiling questions that do not apply, each with the written reason.
        solved: A measured alternative that reaches the target, as a verdict and its reason.
    """
    case = _case(answers, quality_examples, approach_minimum, tuple(factors), waived or {}, solved)
    tree, why = _tree(case)
    score_band = _score_band(case.score)
    net_band = _net_band(case.net)
    opinions = [*_vetoes(case), (tree, why), *_caps(case, tree, score_band, net_band)]
    verdict = min((opinion[0] for opinion in opinions), key=_STRICTNESS.__getitem__)
    return Decision(
        basis=basis,
        verdict=verdict,
        reasons=(*_reasons(opinions, verdict), *_notes(case)),
        ceiling_reached=case.ceiling_reached,
        indicators=len(case.indicators),
        anti_indicators=len(case.anti),
        tree="FINE_TUNE_CANDIDATE" if tree is Verdict.PROCEED else tree.value,
        score=float(case.score),
        score_band=score_band,
        net=case.net,
        net_band=net_band,
        weighted=float(case.weighted),
        factors=tuple(
            FactorAnswer(id=f.id, text=f.text, declared=answers.get(f.id), measured=None)
            for f in factors
        ),
    )


def _case(
    answers: Mapping[str, bool | None],
    quality_examples: int | None,
    minimum: int,
    factors: tuple[Factor, ...],
    waived: Mapping[str, str],
    solved: Opinion | None,
) -> _Case:
    known = dict(answers)
    if known.get("A4") is None and quality_examples is not None:
        known["A4"] = quality_examples < minimum
    yes = frozenset(id_ for id_, answer in known.items() if answer)
    indicators, anti = of_kind("indicator", factors), of_kind("anti_indicator", factors)
    ceiling = of_kind("ceiling", factors)
    used = {
        f.id: waived[f.id].strip()
        for f in ceiling
        if f.id not in yes and waived.get(f.id, "").strip()
    }
    return _Case(
        answers=known,
        yes=yes,
        unknown=tuple(f for f in anti if known.get(f.id) is None),
        open_ceiling=tuple(f for f in ceiling if f.id not in yes and f.id not in used),
        indicators=tuple(f for f in indicators if f.id in yes),
        anti=tuple(f for f in anti if f.id in yes),
        factors=len(indicators) + len(anti),
        points=sum(f.points for f in indicators),
        waived=used,
        quality_examples=quality_examples,
        minimum=minimum,
        solved=solved,
    )


def _vetoes(case: _Case) -> Iterator[Opinion]:
    if "A5" in case.yes and case.ceiling_reached:
        yield (
            Verdict.INCONSISTENT_ANSWERS,
            "A5 says that prompts already work, yet the ceiling test says that they do not.",
        )
    if {"I4", "A2"} <= case.yes:
        yield (
            Verdict.INCONSISTENT_ANSWERS,
            "I4 says that volume is high enough to hurt, yet A2 says that volume is low.",
        )
    if case.quality_examples is not None and case.quality_examples < HARD_FLOOR:
        yield (
            Verdict.STOP_DATA_FLOOR,
            f"{case.quality_examples} examples are left after cleaning; "
            f"below {HARD_FLOOR} tuning stops.",
        )


def _tree(case: _Case) -> Opinion:
    if case.solved is not None:
        return case.solved
    if case.open_ceiling:
        names = ", ".join(f.id for f in case.open_ceiling)
        return (
            Verdict.KEEP_OPTIMISING_PROMPTS,
            f"The prompt ceiling is not reached: {names} not answered yes.",
        )
    reasons, against = len(case.indicators), len(case.anti)
    if reasons <= 3:
        return (
            Verdict.TRY_ALTERNATIVES,
            f"Reasons for tuning that hold: {reasons}; more than 3 are needed. "
            "Improve retrieval or change the model first.",
        )
    if against >= 2:
        names = ", ".join(f.id for f in case.anti)
        return (
            Verdict.ADDRESS_ANTI_INDICATORS,
            f"{against} reasons against tuning hold ({names}); fewer than 2 are allowed.",
        )
    return (
        Verdict.PROCEED,
        f"The tree finds a candidate: {reasons} reasons for tuning, {against} against.",
    )


def _caps(case: _Case, tree: Verdict, score_band: str, net_band: str) -> Iterator[Opinion]:
    """What holds a candidate back; the tree's own no needs no second one."""
    if tree is not Verdict.PROCEED:
        return
    net, total = case.net, case.factors
    yield (
        _BAND_ALLOWS[score_band],
        f"The score is {net}/{total} = {float(case.score):.4f}, {score_band.lower()}; "
        "above 0.5 would be needed for more than a pilot.",
    )
    yield _BAND_ALLOWS[net_band], f"The net count is {net}, {net_band.lower()}."
    for factor in case.anti:
        if factor.weight == "High":
            yield Verdict.PILOT, f"{factor.id} weighs High, so a pilot is the most allowed."
    if case.unknown:
        names = ", ".join(f.id for f in case.unknown)
        yield Verdict.PILOT, f"Not answered: {names}; a pilot is the most allowed."
    if "C2" in case.waived:
        yield (
            Verdict.PILOT,
            f"C2 is waived ({case.waived['C2']}), so a pilot is the most allowed.",
        )


def _reasons(opinions: Sequence[Opinion], verdict: Verdict) -> tuple[str, ...]:
    """The reasons that made the verdict come first; no reason is left out."""
    ordered = sorted(opinions, key=lambda opinion: opinion[0] is not verdict)
    return tuple(reason for _, reason in ordered)


def _notes(case: _Case) -> Iterator[str]:
    for id_, reason in case.waived.items():
        yield f"{id_} is waived with a written reason: {reason}"
    for factor in case.unknown:
        yield f"{factor.id} is not known and was not counted: {factor.text}"
    count = case.quality_examples
    if count is not None and count < case.minimum:
        cleared = "" if "A4" in case.yes else " A4 is answered no all the same."
        yield f"{count:,} examples after cleaning; the approach needs {case.minimum:,}.{cleared}"


def _score_band(score: Fraction) -> str:
    if score > _STRONG:
        return "STRONG"
    return "MODERATE" if score >= _MODERATE else "WEAK"


def _net_band(net: int) -> str:
    if net > 2:
        return "STRONG"
    return "MODERATE" if net >= 1 else "WEAK"
