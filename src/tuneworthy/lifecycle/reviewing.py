"""Blind reviews as people do them: take an item, judge it, pass it on, see how far it is."""

from collections import Counter
from collections.abc import Mapping, Sequence

from tuneworthy.core.errors import BlockedProblem, ConfigProblem, UsageProblem
from tuneworthy.core.nouns.labelling import Annotation, Judgement, LabelItem, Lease
from tuneworthy.core.nouns.review import (
    SAID,
    Handed,
    HandedAnswer,
    HandedPair,
    Review,
    ReviewItem,
    ReviewStatus,
    Task,
)
from tuneworthy.data.labelling import choose, newest
from tuneworthy.evaluate.review import candidate_first, candidate_left, spoken
from tuneworthy.lifecycle.judgements import Asked, at_this_moment, keep, take_lease
from tuneworthy.lifecycle.label_ledger import worker
from tuneworthy.lifecycle.review_ledger import find_review, items_of, key_of, read_review
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import canonical

Said = str | Mapping[str, object]
"""``left``, ``right``, ``tie`` or ``both_bad`` of a pair; scores by criterion of a rating."""


def hand_out(runtime: Runtime, name: str, task: Task, person: str) -> Handed | None:
    """The next item for a person, theirs until the lease ends; None when nothing is left.

    Raises:
        ConfigProblem: There is no such review or person.
        BlockedProblem: The review is closed, or this person may not judge in it.
    """
    review = find_review(runtime, name, task)
    require_rater(runtime, review, person)
    places = runtime.store.labels.places(review.queue)

    def pick(judged: Sequence[Judgement], others: Sequence[Lease]) -> str | None:
        last = newest(judged)
        return choose(
            places, (), at_this_moment(last, others, last, person),
            person=person, gold_rate=0.0, seed=review.seed,
        )  # fmt: skip

    lease = take_lease(
        runtime, review.queue, person,
        guide=review.form, minutes=review.lease_minutes, pick=pick,
    )  # fmt: skip
    if lease is None:
        return None
    items = {item.id: item for item in items_of(runtime, review)}
    return as_handed(review, items[lease.item], key_of(runtime, review), person, lease.until)


def as_handed(review: Review, item: ReviewItem, key: bytes, person: str, until: str) -> Handed:
    """What one person sees of an item: nothing of it tells which answer is whose."""
    if review.task == "ratings":
        return HandedAnswer(
            review=review.id, item=item.id, question=review.question, request=item.request,
            reference=item.reference, answer=item.texts[0], criteria=review.criteria, until=until,
        )  # fmt: skip
    candidate, baseline = whose(item, key)
    left, right = (
        (candidate, baseline) if candidate_left(key, item.id, person) else (baseline, candidate)
    )
    return HandedPair(
        review=review.id, item=item.id, question=review.question, request=item.request,
        reference=item.reference, left=left, right=right, until=until,
    )  # fmt: skip


def whose(item: ReviewItem, key: bytes) -> tuple[str, str]:
    """The candidate's and the baseline's answer of a pair."""
    first, second = item.texts
    return (first, second) if candidate_first(key, item.case) else (second, first)


def submit(
    runtime: Runtime,
    name: str,
    task: Task,
    item: str,
    person: str,
    said: Said,
    *,
    again: bool = False,
) -> Annotation:
    """Keep what a person said.

    Raises:
        ConfigProblem: There is no such review, item or person.
        UsageProblem: It is nothing that can be said of the item.
        BlockedProblem: The review is closed, they may not judge, or enough others have.
    """
    review = find_review(runtime, name, task)
    require_rater(runtime, review, person)
    value = checked(review, said)
    return keep(runtime, asked(review), _item(runtime, review, item), person, value, again=again)


def skip(
    runtime: Runtime, name: str, task: Task, item: str, person: str, reason: str
) -> Annotation:
    """Pass an item on to others, with the reason. Raises as ``submit`` does."""
    review = find_review(runtime, name, task)
    require_rater(runtime, review, person)
    if not reason.strip():
        raise UsageProblem("no_reason", "A skip needs a reason.", fix="--reason WHY")
    known = _item(runtime, review, item)
    return keep(runtime, asked(review), known, person, None, reason=reason)


def status(runtime: Runtime, name: str, task: Task) -> ReviewStatus:
    """How far the review is. It says nothing of who is ahead, so raters may see it."""
    state = read_review(runtime, name, task)
    heard = spoken(state.annotations, state.review.raters)
    said = Counter(person for given in heard.said.values() for person in given)
    return ReviewStatus(
        review=name,
        task=task,
        items=len(state.items),
        finished=len(heard.finished),
        raters=state.review.raters,
        judgements=sum(said.values()),
        skipped=sum(heard.skipped.values()),
        by_person=dict(sorted(said.items())),
        closed=bool(state.review.closed_at),
    )


def require_rater(runtime: Runtime, review: Review, person: str) -> None:
    """Raise BlockedProblem or ConfigProblem unless this person may judge in this review."""
    worker(runtime, person)
    require_open(review)
    if person in review.makers and not review.makers_allowed:
        raise BlockedProblem(
            "maker_judges",
            f"'{person}' submitted the training of what '{review.id}' judges.",
            why="Whoever made a model is no blind judge of it.",
            fix="Let others judge. A review opened with --makers-may REASON lets them, and its "
            "result says so.",
        )
    if any(one.person == person for one in review.looked):
        raise BlockedProblem(
            "has_looked",
            f"'{person}' has seen the result or the key of '{review.id}' and judges no more in it.",
            why="Who knows how it stands, or which answer is whose, is not blind.",
            fix="Let others judge: tuneworthy people list",
        )


def require_open(review: Review) -> None:
    """Raise BlockedProblem when the review is closed."""
    if review.closed_at:
        raise BlockedProblem(
            "review_closed",
            f"The review '{review.id}' was closed by {review.closed_by} on "
            f"{review.closed_at[:10]}.",
            fix=f"tuneworthy eval {review.task} result {review.id}",
        )


def asked(review: Review) -> Asked:
    """What judgements of a review are bound to."""
    command = f"tuneworthy eval {review.task}"
    return Asked(review.queue, review.form, {review.form}, "review", command, review.id)


def checked(review: Review, said: Said) -> str:
    """What was said, as it is kept. Raises UsageProblem."""
    if review.task == "pairs":
        word = str(said).strip().lower().replace("-", "_").replace(" ", "_")
        if isinstance(said, str) and word in SAID:
            return word
        raise UsageProblem(
            "bad_verdict",
            f"'{str(said)[:80]}' is no verdict on a pair.",
            fix=f"One of: {', '.join(SAID)}",
        )
    return _scores(review, said)


def _scores(review: Review, said: Said) -> str:
    given = said if isinstance(said, Mapping) else {}
    known = {one.name: one for one in review.criteria}
    faults = [f"'{name[:60]}' is no criterion" for name in given if name not in known]
    for name, one in known.items():
        score = given.get(name)
        if score is None:
            faults.append(f"'{name}' has no score")
        elif isinstance(score, bool) or not isinstance(score, int) or not 1 <= score <= one.highest:
            faults.append(f"'{name}' is {str(score)[:20]}, and may be 1 to {one.highest}")
    if faults:
        raise UsageProblem(
            "bad_rating",
            "; ".join(faults) + ".",
            fix=" ".join(f"{name}=1..{one.highest}" for name, one in known.items()),
        )
    return canonical({name: given[name] for name in known}).decode()


def _item(runtime: Runtime, review: Review, name: str) -> LabelItem:
    found = runtime.store.labels.item(review.queue, name)
    if found is None:
        raise ConfigProblem(
            "no_item",
            f"The review '{review.id}' has no item '{name[:80]}'.",
            fix=f"tuneworthy eval {review.task} next {review.id} --by PERSON",
        )
    return found
