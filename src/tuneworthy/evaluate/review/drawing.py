"""Which cases people judge: drawn by a seed, in each segment as large a part as in the whole."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.review import ReviewItem
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.errors import AnsweredRun
from tuneworthy.evaluate.review.sides import arranged, candidate_first

NO_ANSWER = "(no answer)"


class Drawn(NamedTuple):
    """The items to judge and what they were drawn from."""

    items: tuple[ReviewItem, ...]
    cases: int
    equal: int


def draw_pairs(
    baseline: AnsweredRun,
    candidate: AnsweredRun,
    n: int,
    *,
    key: bytes,
    seed: int,
    reference: bool = False,
) -> Drawn:
    """Up to ``n`` cases in which the two answers differ.

    Raises:
        DataProblem: The runs are not over the same cases, or give the same answers everywhere.
    """
    cases = same_cases(baseline, candidate)
    ours, theirs = candidate.by_id, baseline.by_id
    differing = [c for c in cases if not same(ours[c.id].output, theirs[c.id].output)]
    if not differing:
        raise DataProblem(
            "all_equal",
            f"{baseline.name} and {candidate.name} give the same answer in all {len(cases):,} "
            "cases.",
            why="Where answers are equal there is nothing to prefer.",
            fix="Is the second run that of the tuned model? tuneworthy eval show",
        )
    chosen = stratified(differing, n, seed)
    items = []
    for number, place in enumerate(arranged(key, [case.id for case in chosen]), 1):
        case = chosen[place]
        texts = (shown(ours[case.id].output), shown(theirs[case.id].output))
        if not candidate_first(key, case.id):
            texts = (texts[1], texts[0])
        items.append(_item(str(number), case, texts, reference=reference))
    return Drawn(tuple(items), len(cases), len(cases) - len(differing))


def draw_answers(
    runs: Sequence[AnsweredRun], n: int, *, key: bytes, seed: int, reference: bool = False
) -> Drawn:
    """Up to ``n`` cases, each with every run's answer as an item of its own, mixed.

    Args:
        runs: The candidate, or the baseline and the candidate.
        n: How many cases.
        key: Decides the order and what the slots mean.
        seed: Of the draw.
        reference: Whether people see the expected answer.

    Raises:
        DataProblem: The runs are not over the same cases.
    """
    cases = same_cases(runs[0], runs[-1])
    chosen = stratified(cases, n, seed)
    slots = [(case, slot) for case in chosen for slot in range(len(runs))]
    items = []
    for number, place in enumerate(arranged(key, [f"{c.id}\0{slot}" for c, slot in slots]), 1):
        case, slot = slots[place]
        run = runs[run_of_slot(key, case.id, slot) if len(runs) > 1 else 0]
        texts = (shown(run.by_id[case.id].output),)
        item = _item(str(number), case, texts, reference=reference)
        items.append(item.model_copy(update={"slot": slot}))
    return Drawn(tuple(items), len(cases), 0)


def run_of_slot(key: bytes, case: str, slot: int) -> int:
    """Which of two runs (0 baseline, 1 candidate) a kept answer is from."""
    return 1 - slot if candidate_first(key, case) else slot


def same_cases(one: AnsweredRun, other: AnsweredRun) -> list[Case]:
    """The cases of both, in order. Raises DataProblem when they have others."""
    lost = [row.case.id for row in one.rows if row.case.id not in other.by_id]
    new = [row.case.id for row in other.rows if row.case.id not in one.by_id]
    if lost or new:
        first = (lost or new)[0]
        raise DataProblem(
            "other_cases",
            f"{one.name} and {other.name} are not over the same cases: '{first[:80]}' is in one "
            f"alone ({len(lost) + len(new):,} in all).",
            fix="Run both on the same suite: tuneworthy eval show",
        )
    return [row.case for row in other.rows]


def stratified(cases: Sequence[Case], n: int, seed: int) -> list[Case]:
    """Up to ``n`` cases, each segment's part by largest remainders; ties go by name.

    Of cases in one group, one after another is taken only when every group has given one, since
    they say less than as many of different groups.
    """
    if n >= len(cases):
        return list(cases)
    strata: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        strata[case.segment].append(case)
    parts = _parts({name: len(rows) for name, rows in strata.items()}, n)
    chosen = {c.id for name, rows in strata.items() for c in _spread(rows, seed)[: parts[name]]}
    return [case for case in cases if case.id in chosen]


def _parts(sizes: Mapping[str, int], n: int) -> dict[str, int]:
    total = sum(sizes.values())
    exact = {name: n * size / total for name, size in sizes.items()}
    found = {name: int(part) for name, part in exact.items()}
    open_names = sorted(sizes, key=lambda name: (found[name] - exact[name], name))
    for name in open_names[: n - sum(found.values())]:
        found[name] += 1
    return found


def _spread(cases: Sequence[Case], seed: int) -> list[Case]:
    """In an order drawn by the seed, the first of every group before any second."""
    seen: dict[str, int] = defaultdict(int)
    rounds = []
    for case in sorted(cases, key=lambda case: _draw(seed, case.id)):
        rounds.append((seen[case.group] if case.group else 0, case))
        seen[case.group] += 1
    return [case for _, case in sorted(rounds, key=lambda pair: pair[0])]


def _draw(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}:{name}".encode("utf-8", "surrogatepass")).digest()


def same(one: str, other: str) -> bool:
    """Whether two answers look the same; spaces at the ends and kinds of line ends do not count."""
    return _plain(one) == _plain(other)


def shown(output: str) -> str:
    """An answer as people see it; an empty one is named as such."""
    return _plain(output) or NO_ANSWER


def shown_request(case: Case) -> str:
    """All that stood before the answer: earlier turns, the text to rest on, the request."""
    parts = [f"{turn.role}: {turn.content}" for turn in case.turns]
    if case.context:
        parts.append(case.context)
    return "\n\n".join([*parts, _plain(case.request)])


def _plain(text: str) -> str:
    clean = text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    return clean.replace("\r\n", "\n").replace("\r", "\n").strip()


def _item(number: str, case: Case, texts: tuple[str, ...], *, reference: bool) -> ReviewItem:
    return ReviewItem(
        id=number,
        case=case.id,
        segment=case.segment,
        group=case.group,
        request=shown_request(case),
        reference=_plain(case.expected) if reference else "",
        texts=texts,
    )
