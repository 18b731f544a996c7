"""From yes/no answers to one verdict, with every rule's own result shown.

Three published rules disagree: a tree, a score and a net count. The tree wins, the others and
the caps can only make its verdict stricter, and counting reasons authorises a pilot at most,
save in the one case where all six reasons speak for tuning and none against.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from tuneworthy.assess import rules
from tuneworthy.assess.approach import HARD_FLOOR, UNKNOWN_MINIMUM
from tuneworthy.assess.factors import FACTORS, Factor, of_kind
from tuneworthy.core.nouns.decision import Decision, FactorAnswer, Verdict
from tuneworthy.core.nouns.rules import Rules

Opinion = tuple[Verdict, str]
"""The most that one rule allows, and why."""

_STRICTNESS = {verdict: place for place, verdict in enumerate(Verdict)}
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
    anti: tuple[Factor, ...]
    rules: Rules
    allows: Verdict
    """The most that the tree allows."""
    waived: Mapping[str, str]
    quality_examples: int | None
    minimum: int
    solved: Opinion | None

    @property
    def ceiling_reached(self) -> bool:
        return not self.open_ceiling and self.solved is None


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
    shown = case.rules
    opinions = [*_vetoes(case), (case.allows, shown.tree.because), *_caps(case)]
    verdict = min((opinion[0] for opinion in opinions), key=_STRICTNESS.__getitem__)
    return Decision(
        basis=basis,
        verdict=verdict,
        reasons=(*_reasons(opinions, verdict), *_notes(case)),
        ceiling_reached=case.ceiling_reached,
        indicators=shown.net.indicators,
        anti_indicators=shown.net.anti_indicators,
        tree=shown.tree.result,
        score=float(Fraction(shown.score.numerator, shown.score.denominator)),
        score_band=shown.score.band,
        net=shown.net.value,
        net_band=shown.net.band,
        weighted=float(Fraction(shown.weighted.numerator, shown.weighted.denominator)),
        factors=tuple(
            FactorAnswer(id=f.id, text=f.text, declared=answers.get(f.id), measured=None)
            for f in factors
        ),
        rules=shown,
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
    indicators, anti, ceiling = (
        of_kind(kind, factors) for kind in ("indicator", "anti_indicator", "ceiling")
    )
    used = {
        f.id: waived[f.id].strip()
        for f in ceiling
        if f.id not in yes and waived.get(f.id, "").strip()
    }
    open_ceiling = tuple(f for f in ceiling if f.id not in yes and f.id not in used)
    held = tuple(f for f in indicators if f.id in yes)
    against = tuple(f for f in anti if f.id in yes)
    allows, tree = rules.tree(open_ceiling, held, against, solved, used)
    return _Case(
        answers=known,
        yes=yes,
        unknown=tuple(f for f in (*indicators, *anti) if known.get(f.id) is None),
        open_ceiling=open_ceiling,
        anti=against,
        rules=Rules(
            tree=tree,
            score=rules.score(len(held), len(against), len(indicators) + len(anti)),
            net=rules.net(len(held), len(against)),
            weighted=rules.weighted(_points(held), _points(against), _points(indicators)),
        ),
        allows=allows,
        waived=used,
        quality_examples=quality_examples,
        minimum=minimum,
        solved=solved,
    )


def _points(factors: Sequence[Factor]) -> int:
    return sum(f.points for f in factors)


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


def _caps(case: _Case) -> Iterator[Opinion]:
    """What holds a candidate back; the tree's own no needs no second one."""
    if case.allows is not Verdict.PROCEED:
        return
    score, net = case.rules.score, case.rules.net
    yield (
        _BAND_ALLOWS[score.band],
        f"The score is {score.text} = {score.value:.4f}, {score.band.lower()}; "
        "above 0.5 would be needed for more than a pilot.",
    )
    yield _BAND_ALLOWS[net.band], f"The net count is {net.value}, {net.band.lower()}."
    for factor in case.anti:
        if factor.weight == "High":
            yield Verdict.PILOT, f"{factor.id} weighs High, so a pilot is the most allowed."
    if unknown := [f.id for f in case.unknown if f.kind == "anti_indicator"]:
        names = ", ".join(unknown)
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
