"""What a judge found, as lines; its biases and its agreement stand beside every score."""

from tuneworthy.cli.render import table
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.judging import (
    Agreement,
    AnswersJudged,
    JudgeBias,
    LengthShift,
    PairsJudged,
)
from tuneworthy.methods.canonical import short


def judged_lines(found: PairsJudged | AnswersJudged) -> list[str]:
    """The whole report."""
    lines = _pairs(found) if isinstance(found, PairsJudged) else _answers(found)
    may = "It may open a gate" if found.standing.ok else "It may NOT open a gate"
    return [*lines, f"{may}: {found.standing.reason} (bar {found.standing.bar:g})."]


def _pairs(found: PairsJudged) -> list[str]:
    counts = ", ".join(f"{name} {count}" for name, count in found.counts.items())
    return [
        f"Judge {found.judge.name} ({short(found.judge.digest)}), {found.n} pairs in both orders: "
        f"{counts}.",
        f"a is preferred in {_share(found.a)}, b in {_share(found.b)}; a tie is half, unreadable "
        "is for neither.",
        f"The two orders disagree in {found.inconsistent} pairs; {found.not_asked} needed no "
        "judge.",
        *_biases(found.bias),
        *([f"Against people: {_agreement(found.agreement)}"] if found.agreement else []),
    ]


def _biases(bias: JudgeBias) -> list[str]:
    place, length, own = bias.position, bias.length, bias.own
    lines = [
        f"Position: the first answer gets {_share(place.first)}; of {place.swayed} pairs decided "
        f"by place {place.to_first} went to the first "
        f"({place.to_first_low:.1%} to {place.to_first_high:.1%}, exact p = {place.p:.2g})."
    ]
    if length.doubling is not None:
        beside = "people's verdict held equal" if length.adjusted else "without people's verdicts"
        odds = length.doubling
        lines.append(
            f"Length: twice as long has {odds.ratio:.2f} times the odds "
            f"({odds.low:.2f} to {odds.high:.2f}), {beside}, {length.pairs} pairs."
        )
    else:
        lines.append("Length: too few verdicts to tell.")
    if length.untold:
        lines.append(
            f"Warning: a bias for length cannot be told. In {length.alike} of {length.read} pairs "
            "the longer answer is at most a quarter longer; add pairs of unequal length."
        )
    if own.own is not None:
        told = f"; {_signed(own.excess)} against people" if own.excess else ""
        lines.append(f"Own answers: preferred in {own.own:.1%} of {own.pairs} pairs{told}.")
    return lines


def _answers(found: AnswersJudged) -> list[str]:
    head = ["criterion", "mean score", "items", "kappa", "alpha", "exactly people's"]
    rows = []
    for name, mean in found.criteria.items():
        one = found.by_criterion.get(name)
        told = (
            [str(one.items), _value(one.kappa), _value(one.alpha), f"{one.same:.1%}"]
            if one
            else ["-"] * 4
        )
        rows.append([name, f"{mean:.2f}", *told])
    return [
        f"Judge {found.judge.name} ({short(found.judge.digest)}), {found.n} answers: "
        f"score {_share(found.score)}; {found.unreadable} unreadable, {found.empty} empty.",
        *table(head, rows),
        _shift(found.length),
        *(
            [f"Against people, where it stands worst: {_agreement(found.agreement)}"]
            if found.agreement
            else []
        ),
    ]


def _shift(length: LengthShift) -> str:
    if length.doubling is None:
        return "Length: too few scores to tell."
    beside = "people's score held equal" if length.adjusted else "without people's scores"
    return (
        f"Length: twice as long moves the score by {_signed(length.doubling)}, {beside}, "
        f"{length.answers} answers."
    )


def _agreement(one: Agreement) -> str:
    among = "" if one.people_alpha is None else f"; people among themselves {one.people_alpha:.3f}"
    return (
        f"kappa {_bounded(one.kappa, one.kappa_low, one.kappa_high)}, "
        f"alpha {_bounded(one.alpha, one.alpha_low, one.alpha_high)}, "
        f"the same in {one.same:.1%} of {one.items}{among}."
    )


def _bounded(value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return _value(value)
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def _value(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _share(one: Interval) -> str:
    return f"{one.value:.1%} ({one.low:.1%} to {one.high:.1%}, n = {one.n})"


def _signed(one: Interval) -> str:
    return f"{one.value * 100:+.1f} points ({one.low * 100:+.1f} to {one.high * 100:+.1f})"
