"""How far the people of a queue agree, and how often each hits a known answer."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.labelling import (
    Annotation,
    AnnotatorFigures,
    Gold,
    LabelQueue,
    LabelValue,
)
from tuneworthy.data.labelling.resolve import labels_of, newest, standing
from tuneworthy.data.labelling.values import levels, same_key
from tuneworthy.methods.agreement import Alpha, RaterAgreement, by_rater, krippendorff
from tuneworthy.methods.intervals import wilson


class Quality(NamedTuple):
    """Agreement of all, and the figures of each person, by id."""

    alpha: Alpha
    annotators: tuple[AnnotatorFigures, ...]


def quality(
    queue: LabelQueue, annotations: Sequence[Annotation], gold: Mapping[str, Gold]
) -> Quality:
    """Agreement over the items without a known answer; everybody answers those that have one.

    Args:
        queue: What is asked.
        annotations: Every judgement of the queue, also those that do not count any more.
        gold: Known answers by item.
    """
    counted = standing(queue, annotations)
    labels = labels_of(counted)
    open_labels = {item: given for item, given in labels.items() if item not in gold}
    alpha, each = agreement(queue, open_labels)
    last = newest(annotations)
    valid = queue.valid_guides
    return Quality(
        alpha,
        tuple(
            AnnotatorFigures(
                person=person,
                labelled=sum(one.value is not None for one in counted if one.person == person),
                skipped=sum(one.value is None for one in counted if one.person == person),
                older_guide=sum(one.guide not in valid for one in last if one.person == person),
                shared=each[person].units if person in each else 0,
                same=each[person].same if person in each else None,
                alpha=each[person].alpha if person in each else None,
                gold=_gold(queue, labels, gold, person),
            )
            for person in sorted({one.person for one in annotations})
        ),
    )


def agreement(
    queue: LabelQueue, labels: Mapping[str, Mapping[str, LabelValue]]
) -> tuple[Alpha, dict[str, RaterAgreement]]:
    """Alpha over item to person to label, and each person's part of it."""
    cells = [
        (item, person, value) for item, given in labels.items() for person, value in given.items()
    ]
    level, numbers = levels(queue, [value for _, _, value in cells])
    units = {item: place for place, item in enumerate(labels)}
    people = sorted({person for _, person, _ in cells})
    raters = {person: place for place, person in enumerate(people)}
    where = [units[item] for item, _, _ in cells]
    alpha = krippendorff(where, numbers, level)
    each = by_rater(where, [raters[person] for _, person, _ in cells], numbers, level)
    return alpha, {people[one.rater]: one for one in each}


def _gold(
    queue: LabelQueue,
    labels: Mapping[str, Mapping[str, LabelValue]],
    gold: Mapping[str, Gold],
    person: str,
) -> Interval:
    asked = [(known.value, labels[item][person]) for item, known in gold.items()
             if person in labels.get(item, {})]  # fmt: skip
    right = sum(same_key(queue, known) == same_key(queue, said) for known, said in asked)
    return wilson(right, len(asked))
