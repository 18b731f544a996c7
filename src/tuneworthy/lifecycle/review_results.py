"""What blind reviews come to: a look on the way, the end, and the claims that are made of it."""

from typing import Any, Literal

from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.review import Looked, Review, Task
from tuneworthy.core.nouns.review_result import PairsResult, RatingsResult
from tuneworthy.evaluate.review import pairs_result, ratings_result, spoken
from tuneworthy.lifecycle.label_ledger import lead
from tuneworthy.lifecycle.review_ledger import ReviewState, find_review, read_review
from tuneworthy.lifecycle.reviewing import require_open
from tuneworthy.lifecycle.wiring import Runtime

BLIND = "eval.blind_review"
"""The claim that people preferred one of two runs, or neither, without knowing which was which."""

RATED = "eval.ratings"
"""The claim that people rated answers by written criteria."""


def result(runtime: Runtime, name: str, task: Task, person: str) -> PairsResult | RatingsResult:
    """How a review stands.

    One may look at any time. Whoever looks before the end is put on record and judges no more in
    it; and pairs that were looked at keep the bounds that hold at any look.

    Raises:
        ConfigProblem: There is no such review or person.
        BlockedProblem: The person is no lead, or has judged in a review that is still open.
    """
    lead(runtime, person, "look at a result")
    state = read_review(runtime, name, task)
    if not state.review.closed_at and not _complete(state):
        if any(one.person == person for one in state.annotations):
            raise BlockedProblem(
                "still_rating",
                f"'{person}' judges in '{name}', which is still open.",
                why="Who knows how it stands is not blind any more.",
                fix=f"Let another lead look, or: tuneworthy eval {task} status {name}",
            )
        review = look(runtime, state.review, person, "result")
        state = ReviewState(review, state.items, state.annotations, state.key)
    return measured(state)


def look(runtime: Runtime, review: Review, person: str, what: Literal["result", "key"]) -> Review:
    """Put on record that a person saw the result or the key before the end."""
    if any((one.person, one.what) == (person, what) for one in review.looked):
        return review
    seen = Looked(person=person, what=what, at=runtime.now())
    generation = runtime.store.generation(Review, review.id)
    changed = review.model_copy(update={"looked": (*review.looked, seen)})
    with runtime.change("review.look", (Review.kind, review.id, ""), actor=person) as change:
        change.put(changed, expect=generation)
    return changed


def close(runtime: Runtime, name: str, task: Task, person: str) -> PairsResult | RatingsResult:
    """End a review: nothing more is taken in, and what it says is kept as a claim.

    Raises:
        ConfigProblem: There is no such review or person.
        BlockedProblem: The person is no lead, or it is closed already.
    """
    lead(runtime, person, "close a review")
    require_open(find_review(runtime, name, task))
    state = read_review(runtime, name, task)
    generation = runtime.store.generation(Review, name)
    update = {
        "closed_by": person,
        "closed_at": runtime.now(),
        "judgements": len(state.annotations),
    }
    closed = state.review.model_copy(update=update)
    found = measured(ReviewState(closed, state.items, state.annotations, state.key))
    with runtime.change("review.close", (Review.kind, name, ""), actor=person) as change:
        change.put(closed, expect=generation)
    runtime.record(_claim(runtime, closed, found))
    return found


def measured(state: ReviewState) -> PairsResult | RatingsResult:
    """What people have said so far comes to."""
    make = pairs_result if state.review.task == "pairs" else ratings_result
    return make(state.review, state.items, state.annotations, state.key)


def _complete(state: ReviewState) -> bool:
    heard = spoken(state.annotations, state.review.raters)
    return len(heard.finished) == len(state.items)


def _claim(runtime: Runtime, review: Review, found: PairsResult | RatingsResult) -> Evidence:
    subjects = [review.subject, *([review.suite] if review.suite else [])]
    pairs = isinstance(found, PairsResult)
    facts = _pairs_facts(found) if isinstance(found, PairsResult) else _ratings_facts(found)
    facts |= {
        "review": review.id,
        "against": review.baseline_name,
        "raters": len(found.raters),
        "people": [one.person for one in found.raters],
        "makers_among_raters": list(found.makers_among_raters),
        "makers_allowed": review.makers_allowed,
        "maker_known": bool(review.makers),
        "key_digest": review.key_digest,
        "content": review.content,
    }
    return runtime.claim(BLIND if pairs else RATED, subjects, facts)


def _pairs_facts(found: PairsResult) -> dict[str, Any]:
    return {
        "n": found.n,
        "items": found.items,
        "equal": found.equal,
        "cases": found.cases,
        "win": found.win.value,
        "low": found.win.low,
        "high": found.win.high,
        "basis": found.basis,
        "p_value": found.p_value,
        "test": found.test,
        "verdict": found.verdict,
        "sides": dict(found.sides),
        "alpha": found.agreement.value,
        "alpha_low": found.agreement.low,
        "alpha_high": found.agreement.high,
        "overlapping": found.agreement.items,
        "enough": found.sequential.enough,
    }


def _ratings_facts(found: RatingsResult) -> dict[str, Any]:
    return {
        "n": found.n,
        "items": found.items,
        "score": found.score.value,
        "low": found.score.low,
        "high": found.score.high,
        "criteria": {
            one.criterion: {
                "mean": one.mean.value,
                "low": one.mean.low,
                "high": one.mean.high,
                "highest": one.highest,
                "baseline": one.baseline.value if one.baseline else None,
                "delta": one.delta.value if one.delta else None,
                "verdict": one.verdict,
                "alpha": one.agreement.value,
            }
            for one in found.criteria
        },
    }
