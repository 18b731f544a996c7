"""Closed blind reviews as what a judge is held against: people's verdicts on pairs, or ratings."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tuneworthy.config.judged_file import read_criteria
from tuneworthy.core.errors import BlockedProblem, ConfigProblem, UsageProblem
from tuneworthy.core.nouns.judging import Choice, Criteria, JudgedAnswer, JudgedPair
from tuneworthy.core.nouns.review import Review, ReviewItem
from tuneworthy.evaluate.review import (
    NO_ANSWER,
    candidate_left,
    run_of_slot,
    scores_in,
    side_of,
    spoken,
)
from tuneworthy.lifecycle import judges
from tuneworthy.lifecycle.judges import Judged, JudgeOptions
from tuneworthy.lifecycle.review_ledger import ReviewState, read_review
from tuneworthy.lifecycle.reviewing import whose
from tuneworthy.lifecycle.wiring import Runtime


def calibrate(runtime: Runtime, name: str, options: JudgeOptions | None = None) -> Judged:
    """Hold a judge against what people said in a closed review, and record how far they agree.

    A queue of ratings brings its own criteria; ``criteria`` may name some of them.

    Raises:
        ConfigProblem: There is no such judge or review, nobody judged in it, or the criteria are
            others.
        BlockedProblem: The review is still open.
        IntegrityProblem: What people said was changed past this program.
        ModelProblem: The judge cannot be asked, or failed on more than half of the questions.
        UsageProblem: What is given does not go together.
    """
    told = options or JudgeOptions()
    state = closed_review(runtime, name)
    if state.review.task == "ratings":
        chosen = _criteria(state.review, told)
        told = JudgeOptions(judge=told.judge, criteria=chosen, reference=told.reference)
        rows: Sequence[JudgedPair | JudgedAnswer] = judged_answers(state, chosen)
    else:
        rows = judged_pairs(state)
    if not rows:
        raise ConfigProblem(
            "nobody_judged",
            f"Nobody judged anything in the review '{name}'.",
            fix=f"tuneworthy eval {state.review.task} list shows the others.",
        )
    return judges.calibrate_on(runtime, rows, told, Path(name), _source(state))


def closed_review(runtime: Runtime, name: str) -> ReviewState:
    """A review of either kind whose end has come. Raises ConfigProblem or BlockedProblem."""
    found = runtime.store.get(Review, name)
    if found is None or found.project != runtime.project.id:
        mine = [one for one in runtime.store.list(Review) if one.project == runtime.project.id]
        known = ", ".join(one.id for one in mine if one.closed_at) or "none"
        raise ConfigProblem(
            "no_review",
            f"There is no review '{name[:80]}'.",
            why=f"Closed reviews in this project: {known}.",
            fix="tuneworthy eval pairs list, or tuneworthy eval ratings list",
        )
    state = read_review(runtime, name, found.task)
    if not state.review.closed_at:
        raise BlockedProblem(
            "review_open",
            f"The review '{name}' is still open; verdicts would tell which answer is whose.",
            fix=f"tuneworthy eval {found.task} close {name} --by LEAD",
        )
    return state


def judged_pairs(state: ReviewState) -> list[JudgedPair]:
    """The pairs that somebody judged, in the order of the items."""
    said = spoken(state.annotations, state.review.raters).said
    return [judged_pair(state, item, said[item.id]) for item in state.items if item.id in said]


def judged_pair(state: ReviewState, item: ReviewItem, said: Mapping[str, str]) -> JudgedPair:
    """A pair with people's verdicts: a is the baseline's answer, b the candidate's."""
    words: dict[str, Choice] = {"baseline": "a", "candidate": "b", "tie": "tie", "both_bad": "tie"}
    candidate, baseline = whose(item, state.key)
    verdicts = []
    for person, word in said.items():
        left = candidate_left(state.key, item.id, person)
        verdicts.append(words[side_of(word, candidate_is_left=left)])  # type: ignore[arg-type]
    return JudgedPair(
        id=item.case,
        request=item.request,
        a=_given(baseline),
        b=_given(candidate),
        reference=item.reference,
        verdicts=tuple(verdicts),
        a_by=state.review.baseline_name,
        b_by=state.review.candidate_name,
    )


def judged_answers(state: ReviewState, criteria: Criteria) -> list[JudgedAnswer]:
    """The answers that somebody rated, with every person's scores by these criteria."""
    said = spoken(state.annotations, state.review.raters).said
    names = [one.name for one in criteria.criteria]
    rows = []
    for item in state.items:
        given = [scores_in(text) for text in said.get(item.id, {}).values()]
        if given:
            scores = {name: tuple(one[name] for one in given) for name in names}
            rows.append(
                JudgedAnswer(
                    id=_name(state, item),
                    request=item.request,
                    answer=_given(item.texts[0]),
                    reference=item.reference,
                    scores=scores,
                )
            )
    return rows


def _name(state: ReviewState, item: ReviewItem) -> str:
    """The case; of two runs in one queue also whose answer it is."""
    if not state.review.baseline:
        return item.case
    return (
        f"{item.case} ({('baseline', 'candidate')[run_of_slot(state.key, item.case, item.slot)]})"
    )


def _given(text: str) -> str:
    """An answer as the model gave it: people were shown words where there was none."""
    return "" if text == NO_ANSWER else text


def _criteria(review: Review, told: JudgeOptions) -> Criteria:
    """The queue's own criteria, or those of them that a file names word for word."""
    if not told.criteria:
        return Criteria(criteria=review.criteria)
    given = (
        told.criteria if isinstance(told.criteria, Criteria) else read_criteria(Path(told.criteria))
    )
    other = [one.name for one in given.criteria if one not in review.criteria]
    if other:
        raise UsageProblem(
            "other_criteria",
            f"'{other[0][:80]}' is no criterion by which '{review.id}' was rated.",
            why="People's scores hold for the words and anchors that they read. The queue has "
            f"{', '.join(one.name for one in review.criteria)}.",
            fix="Leave --criteria out, or take them from the queue's guide unchanged.",
        )
    return given


def _source(state: ReviewState) -> dict[str, object]:
    """Where people's words come from."""
    said = spoken(state.annotations, state.review.raters).said
    people = sorted({person for given in said.values() for person in given})
    return {
        "review": state.review.id,
        "raters": len(people),
        "people": people,
        "makers_among_raters": [who for who in people if who in state.review.makers],
        "content": state.review.content,
    }
