"""From what people said of pairs to a win rate, and to whether enough was judged."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.comparing import Verdict
from tuneworthy.core.nouns.labelling import Annotation
from tuneworthy.core.nouns.review import Review, ReviewItem, Said, Side
from tuneworthy.core.nouns.review_result import Basis, PairsResult, RaterFigures, Sequential
from tuneworthy.evaluate.review.sides import candidate_left, side_of
from tuneworthy.evaluate.review.spoken import Spoken, agreed, figures, groups_of, spoken
from tuneworthy.methods.agreement import RaterAgreement
from tuneworthy.methods.intervals import wilson
from tuneworthy.methods.paired import FEWEST, PairedResult, Pairs, by_segment, compare
from tuneworthy.methods.preference import (
    EVEN,
    Bounds,
    always_bounds,
    always_p,
    crossed,
    pairs_power,
    units_more,
)

SIDES: tuple[Side, ...] = ("candidate", "baseline", "tie", "both_bad")
_SCORE: Mapping[Side, float] = {"candidate": 1.0, "baseline": 0.0, "tie": EVEN, "both_bad": EVEN}


def pairs_result(
    review: Review, items: Sequence[ReviewItem], annotations: Sequence[Annotation], key: bytes
) -> PairsResult:
    """What a review of pairs says so far.

    As planned (all items judged, nobody having looked before) the sign test and its interval count;
    else the bounds that hold at any look.

    Args:
        review: The review.
        items: All of its items.
        annotations: Every judgement, oldest first.
        key: Its key.
    """
    heard = spoken(annotations, review.raters)
    sides = {
        item: {p: side_of(_said(v), candidate_is_left=candidate_left(key, item, p))
               for p, v in given.items()}
        for item, given in heard.said.items()
    }  # fmt: skip
    by_id = {item.id: item for item in items}
    done = [by_id[name] for name in heard.finished]
    whole = {item.id: most_said(list(sides[item.id].values())) for item in done}
    pairs = _paired(done, whole)
    found = compare(pairs.ours.tolist(), pairs.theirs.tolist(), pairs.groups, alpha=review.alpha)
    looks = sequential(review, items, done, whole)
    planned = len(done) == len(items) and not any(o.what == "result" for o in review.looked)
    basis: Basis = "as planned" if planned else "at any look"
    judged = _win(found, looks, basis)
    alpha, each = agreed(
        {i: {p: float(SIDES.index(s)) for p, s in given.items()} for i, given in sides.items()},
        "nominal",
    )
    people = heard.people
    return PairsResult(
        review=review.id,
        baseline=review.baseline_name,
        candidate=review.candidate_name,
        cases=review.cases,
        equal=review.equal,
        items=len(items),
        n=len(done),
        gain=review.gain,
        needed=review.needed,
        power=pairs_power(len(items), review.gain, review.alpha),
        sides={side: sum(one == side for one in whole.values()) for side in SIDES},
        basis=basis,
        win=_with_equal(judged, review),
        win_judged=judged,
        p_value=found.p_value if planned else looks.p_value,
        test=found.test if planned else "betting on the win rate",
        verdict=_verdict(found, looks, judged, planned=planned),
        sequential=looks,
        agreement=alpha,
        raters=tuple(_rater(heard, person, each) for person in people),
        segments=by_segment(pairs, [item.segment for item in done], alpha=review.alpha),
        makers_among_raters=tuple(sorted(set(people) & set(review.makers))),
        closed=bool(review.closed_at),
    )


def most_said(sides: Sequence[Side]) -> Side:
    """The one verdict of a pair: what more people said than anything else, else a tie."""
    ranked = Counter(sides).most_common(2)
    if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
        return "tie"
    return ranked[0][0]


def sequential(
    review: Review,
    items: Sequence[ReviewItem],
    done: Sequence[ReviewItem],
    whole: Mapping[str, Side],
) -> Sequential:
    """Whether to go on; units are pairs, or whole groups once all of their pairs are judged."""
    scores = unit_scores(items, done, whole)
    bounds = always_bounds(scores, review.alpha)
    at = crossed(scores, review.alpha)
    p_value = always_p(scores)
    left = len(items) - len(done)
    more = units_more(scores, review.alpha)
    enough, words = _enough(review, at, bounds, left, more)
    return Sequential(
        enough=enough,
        words=words,
        e_value=1 / p_value,
        p_value=p_value,
        crossed_at=at,
        low=bounds.low,
        high=bounds.high,
        more=0 if enough else more,
    )


def unit_scores(
    items: Sequence[ReviewItem], done: Sequence[ReviewItem], whole: Mapping[str, Side]
) -> list[float]:
    """The candidate's score of each finished unit, in the order in which they were finished."""
    sizes = Counter(item.group for item in items if item.group)
    open_groups: dict[str, list[float]] = {}
    scores = []
    for item in done:
        score = _SCORE[whole[item.id]]
        if not item.group:
            scores.append(score)
            continue
        seen = open_groups.setdefault(item.group, [])
        seen.append(score)
        if len(seen) == sizes[item.group]:
            scores.append(sum(seen) / len(seen))
    return scores


def _enough(
    review: Review, at: int | None, bounds: Bounds, left: int, more: int | None
) -> tuple[bool, str]:
    if at is not None:
        return True, "Enough: one side is preferred, and would be called so falsely in at most " \
            f"{review.alpha:.0%} of reviews, whenever one looks."  # fmt: skip
    if EVEN - review.gain / 2 < bounds.low and bounds.high < EVEN + review.gain / 2:
        return True, f"Enough: a preference as large as {review.gain:g} is ruled out."
    if not left:
        return True, "All pairs are judged."
    if more is None or more > left:
        return False, f"Go on: {left} pairs are left, and may not be enough to tell."
    return False, f"Go on: about {more} more pairs, if preferences go on as they are; {left} left."


def _verdict(found: PairedResult, looks: Sequential, judged: Interval, *, planned: bool) -> Verdict:
    if planned:
        return found.verdict
    if looks.crossed_at is not None:
        return "clearly better" if judged.value > EVEN else "clearly worse"
    return "too few cases" if judged.n < FEWEST else "within noise"


def _win(found: PairedResult, looks: Sequential, basis: Basis) -> Interval:
    delta = found.delta
    if basis == "as planned":
        low, high = (1 + delta.low) / 2, (1 + delta.high) / 2
    else:
        low, high = looks.low, looks.high
    value = (1 + delta.value) / 2
    return Interval(value=value, low=min(low, value), high=max(high, value), n=delta.n)


def _with_equal(judged: Interval, review: Review) -> Interval:
    """Over all cases: equal answers are ties, as is known without asking anybody."""
    share = review.equal / review.cases

    def over_all(value: float) -> float:
        return share * EVEN + (1 - share) * value

    return Interval(
        value=over_all(judged.value),
        low=over_all(judged.low),
        high=over_all(judged.high),
        n=judged.n,
    )


def _paired(done: Sequence[ReviewItem], whole: Mapping[str, Side]) -> Pairs:
    return Pairs.of(
        [float(whole[item.id] == "candidate") for item in done],
        [float(whole[item.id] == "baseline") for item in done],
        groups_of(done),
    )


def _rater(heard: Spoken, person: str, each: Mapping[str, RaterAgreement]) -> RaterFigures:
    said = [given[person] for given in heard.said.values() if person in given]
    left, right = said.count("left"), said.count("right")
    base = figures(heard, person, [each])
    return base.model_copy(update={"left": wilson(left, left + right)})


def _said(value: str) -> Said:
    return cast(Said, value)
