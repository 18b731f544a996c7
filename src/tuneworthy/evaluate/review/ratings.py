"""From people's ratings to a mean a criterion, and to the difference of two runs in one queue."""

from collections.abc import Mapping, Sequence

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.judging import Criterion
from tuneworthy.core.nouns.labelling import Annotation
from tuneworthy.core.nouns.review import Review, ReviewItem
from tuneworthy.core.nouns.review_result import CriterionMean, RatingsResult
from tuneworthy.evaluate.review.drawing import run_of_slot
from tuneworthy.evaluate.review.spoken import agreed, figures, groups_of, scores_in, spoken
from tuneworthy.methods.agreement import RaterAgreement
from tuneworthy.methods.grouped import group_sums
from tuneworthy.methods.paired import PairedResult, Pairs, compare_pairs, holm
from tuneworthy.methods.paired.interval import mean_of_units

Rated = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Item to person to criterion to score."""


def ratings_result(
    review: Review, items: Sequence[ReviewItem], annotations: Sequence[Annotation], key: bytes
) -> RatingsResult:
    """What a rating queue says so far; means rest on the items that enough people rated."""
    heard = spoken(annotations, review.raters)
    rated: Rated = {
        item: {person: scores_in(value) for person, value in given.items()}
        for item, given in heard.said.items()
    }
    done = [item for item in items if item.id in set(heard.finished)]
    two = bool(review.baseline)
    ours = [item for item in done if not two or run_of_slot(key, item.case, item.slot) == 1]
    theirs = [item for item in done if item not in ours]
    each: list[Mapping[str, RaterAgreement]] = []
    found = []
    for criterion in review.criteria:
        mean, part = _criterion(criterion, rated, ours, theirs if two else None, review.alpha)
        found.append(mean)
        each.append(part)
    people = heard.people
    return RatingsResult(
        review=review.id,
        baseline=review.baseline_name,
        candidate=review.candidate_name,
        items=len(items),
        n=len(done),
        score=_mean(ours, [_whole(rated, item, review.criteria) for item in ours], (0.0, 1.0)),
        criteria=_adjusted(found, review.alpha),
        raters=tuple(figures(heard, person, each) for person in people),
        makers_among_raters=tuple(sorted(set(people) & set(review.makers))),
        closed=bool(review.closed_at),
    )


def _criterion(
    one: Criterion,
    rated: Rated,
    ours: Sequence[ReviewItem],
    theirs: Sequence[ReviewItem] | None,
    alpha: float,
) -> tuple[CriterionMean, dict[str, RaterAgreement]]:
    level, each = agreed(
        {
            item: {person: float(scores[one.name]) for person, scores in given.items()}
            for item, given in rated.items()
        },
        "ordinal",
    )
    bounds = (1.0, float(one.highest))
    scores = [_mean_score(rated, item, one) for item in ours]
    made = CriterionMean(
        criterion=one.name,
        highest=one.highest,
        mean=_mean(ours, scores, bounds),
        agreement=level,
        segments=_by_segment(ours, scores, bounds),
    )
    if theirs is None:
        return made, each
    against = [_mean_score(rated, item, one) for item in theirs]
    compared = _compared(ours, scores, theirs, against, one.highest, alpha)
    span = one.highest - 1
    delta = compared.delta
    update = {
        "baseline": _mean(theirs, against, bounds),
        "delta": Interval(
            value=delta.value * span, low=delta.low * span, high=delta.high * span, n=delta.n
        ),
        "p_holm": compared.p_value,
        "verdict": compared.verdict,
    }
    return made.model_copy(update=update), each


def _compared(
    ours: Sequence[ReviewItem],
    scores: Sequence[float],
    theirs: Sequence[ReviewItem],
    against: Sequence[float],
    highest: int,
    alpha: float,
) -> PairedResult:
    """On the cases of which both answers were rated, on the scale 0..1."""
    other = {item.case: score for item, score in zip(theirs, against, strict=True)}
    both = [(item, score) for item, score in zip(ours, scores, strict=True) if item.case in other]
    span = highest - 1
    pairs = Pairs.of(
        [(score - 1) / span for _, score in both],
        [(other[item.case] - 1) / span for item, _ in both],
        groups_of([item for item, _ in both]),
    )
    return compare_pairs(pairs, alpha=alpha)


def _adjusted(found: Sequence[CriterionMean], alpha: float) -> tuple[CriterionMean, ...]:
    """With Holm's p over all criteria; what it does not bear out is within noise."""
    places = [at for at, one in enumerate(found) if one.p_holm is not None]
    adjusted = holm([float(found[at].p_holm or 0.0) for at in places])
    made = list(found)
    for at, p in zip(places, adjusted, strict=True):
        clear = (made[at].verdict or "").startswith("clearly") and p >= alpha
        verdict = "within noise" if clear else made[at].verdict
        made[at] = made[at].model_copy(update={"p_holm": p, "verdict": verdict})
    return tuple(made)


def _mean_score(rated: Rated, item: ReviewItem, one: Criterion) -> float:
    given = [scores[one.name] for scores in rated[item.id].values()]
    return sum(given) / len(given)


def _whole(rated: Rated, item: ReviewItem, criteria: Sequence[Criterion]) -> float:
    parts = [(_mean_score(rated, item, one) - 1) / (one.highest - 1) for one in criteria]
    return sum(parts) / len(parts)


def _mean(
    items: Sequence[ReviewItem], scores: Sequence[float], bounds: tuple[float, float]
) -> Interval:
    if not scores:
        return Interval(value=sum(bounds) / 2, low=bounds[0], high=bounds[1], n=0)
    names = groups_of(items) or [item.id for item in items]
    sums, sizes = group_sums(scores, names)
    return mean_of_units(sums, sizes, bounds=bounds, n=len(scores))


def _by_segment(
    items: Sequence[ReviewItem], scores: Sequence[float], bounds: tuple[float, float]
) -> dict[str, Interval]:
    found = {}
    for name in sorted({item.segment for item in items if item.segment}):
        part = [(item, s) for item, s in zip(items, scores, strict=True) if item.segment == name]
        found[name] = _mean([item for item, _ in part], [score for _, score in part], bounds)
    return found
