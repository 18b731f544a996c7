"""What people have said of the items so far, in the order in which items became finished."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tuneworthy.core.nouns.labelling import Annotation
from tuneworthy.core.nouns.review import ReviewItem
from tuneworthy.core.nouns.review_result import Agreed, RaterFigures
from tuneworthy.methods.agreement import Level, RaterAgreement, by_rater, krippendorff

Values = Mapping[str, Mapping[str, float]]
"""Item to person to a number on the scale, or to a code."""


class Spoken(NamedTuple):
    """Every judgement that counts."""

    said: Mapping[str, Mapping[str, str]]
    """Item to person to what they said, as it is kept; skips are left out."""
    skipped: Mapping[str, int]
    """Person to the items they passed on."""
    finished: Sequence[str]
    """Items that enough people judged, in the order in which that came to be."""

    @property
    def people(self) -> list[str]:
        """Everybody who judged or skipped, by name."""
        return sorted({who for given in self.said.values() for who in given} | set(self.skipped))


def spoken(annotations: Sequence[Annotation], raters: int) -> Spoken:
    """Read the judgements of a review, oldest first; a newer one replaces its person's older."""
    said: dict[str, dict[str, str]] = {}
    passed: dict[tuple[str, str], None] = {}
    finished: dict[str, None] = {}
    for one in annotations:
        given = said.setdefault(one.item, {})
        if one.value is None:
            given.pop(one.person, None)
            passed[one.person, one.item] = None
            continue
        given[one.person] = str(one.value)
        passed.pop((one.person, one.item), None)
        if len(given) >= raters:
            finished.setdefault(one.item)
    skipped: dict[str, int] = {}
    for person, _ in passed:
        skipped[person] = skipped.get(person, 0) + 1
    done = [item for item in finished if len(said[item]) >= raters]
    return Spoken({item: given for item, given in said.items() if given}, skipped, done)


def scores_in(value: str) -> dict[str, int]:
    """What was kept of one answer's rating, by criterion."""
    return {str(name): int(score) for name, score in json.loads(value).items()}


def agreed(values: Values, level: Level) -> tuple[Agreed, dict[str, RaterAgreement]]:
    """Alpha over the items, and each person's part of it."""
    cells = [(i, p, value) for i, given in values.items() for p, value in given.items()]
    units = {item: place for place, item in enumerate(values)}
    people = sorted({person for _, person, _ in cells})
    raters = {person: place for place, person in enumerate(people)}
    where, numbers = [units[item] for item, _, _ in cells], [value for _, _, value in cells]
    found = krippendorff(where, numbers, level)
    each = by_rater(where, [raters[person] for _, person, _ in cells], numbers, level)
    alpha = Agreed(value=found.value, low=found.low, high=found.high, items=found.units)
    return alpha, {people[one.rater]: one for one in each}


def figures(
    heard: Spoken, person: str, each: Sequence[Mapping[str, RaterAgreement]]
) -> RaterFigures:
    """One person's figures; of several scales their mean counts."""
    own = [part[person] for part in each if person in part]
    alphas = [one.alpha for one in own if one.alpha is not None]
    return RaterFigures(
        person=person,
        judged=sum(person in given for given in heard.said.values()),
        skipped=heard.skipped.get(person, 0),
        same=sum(one.same for one in own) / len(own) if own else None,
        alpha=sum(alphas) / len(alphas) if alphas else None,
    )


def groups_of(items: Sequence[ReviewItem]) -> list[str] | None:
    """The group of each item, an item without one being its own; None where none has any."""
    if not any(item.group for item in items):
        return None
    return [item.group or f"\0{item.case}" for item in items]
