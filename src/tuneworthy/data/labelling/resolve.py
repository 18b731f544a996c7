"""From many people's judgements to one label an item, and the items where that needs a word."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from tuneworthy.core.nouns.labelling import (
    Adjudication,
    Annotation,
    Gold,
    Judgement,
    LabelItem,
    LabelQueue,
    LabelValue,
    ResolvedLabel,
)
from tuneworthy.data.labelling.values import same_key

J = TypeVar("J", Annotation, Judgement)


def newest(annotations: Iterable[J]) -> list[J]:
    """Each person's last judgement of each item, in the order given."""
    found = list(annotations)
    replaced = {one.replaces for one in found if one.replaces}
    return [one for one in found if one.id not in replaced]


def standing(queue: LabelQueue, annotations: Iterable[J]) -> list[J]:
    """The judgements that count: the newest ones, under a guide that is valid now."""
    valid = queue.valid_guides
    return [one for one in newest(annotations) if one.guide in valid]


def labels_of(annotations: Iterable[Annotation]) -> dict[str, dict[str, LabelValue]]:
    """Item to person to label, without skips, in the order given."""
    found: dict[str, dict[str, LabelValue]] = defaultdict(dict)
    for one in annotations:
        if one.value is not None:
            found[one.item][one.person] = one.value
    return dict(found)


def resolve(
    queue: LabelQueue,
    items: Sequence[LabelItem],
    annotations: Sequence[Annotation],
    gold: Mapping[str, Gold],
    adjudicated: Mapping[str, Adjudication],
    *,
    by_majority: bool = False,
) -> dict[str, ResolvedLabel]:
    """Item to its one label, for the items that have one.

    A known answer stands above an adjudication, that above agreement. Agreement needs as many
    judgements as the item asks for, all the same; ``by_majority`` is content with more than half.

    Args:
        queue: What is asked.
        items: All of its items.
        annotations: Judgements that count, see ``standing``.
        gold: Known answers by item.
        adjudicated: Last words by item; one under a guide that is not valid any more is left out.
        by_majority: Whether more than half is enough.
    """
    labels = labels_of(annotations)
    found = {}
    for item in items:
        given = labels.get(item.id, {})
        people = tuple(sorted(given))
        if known := gold.get(item.id):
            label = ResolvedLabel(
                item=item.id, value=known.value, how="gold", annotators=(known.person,)
            )
        elif (word := adjudicated.get(item.id)) and word.guide in queue.valid_guides:
            people = (*people, word.person)
            label = ResolvedLabel(
                item=item.id, value=word.value, how="adjudicated", annotators=people
            )
        elif voted := _voted(queue, item, given, by_majority=by_majority):
            label = voted
        else:
            continue
        found[item.id] = label
    return found


def _voted(
    queue: LabelQueue, item: LabelItem, given: Mapping[str, LabelValue], *, by_majority: bool
) -> ResolvedLabel | None:
    if len(given) < item.need:
        return None
    keys = Counter(same_key(queue, value) for value in given.values())
    best, votes = keys.most_common(1)[0]
    whole = len(keys) == 1
    if not whole and not (by_majority and 2 * votes > len(given)):
        return None
    value = next(v for v in given.values() if same_key(queue, v) == best)
    people = tuple(sorted(p for p, v in given.items() if same_key(queue, v) == best))
    how = "agreed" if whole else "majority"
    return ResolvedLabel(item=item.id, value=value, how=how, annotators=people)


def conflicting(
    queue: LabelQueue, labels: Mapping[str, Mapping[str, LabelValue]], settled: Iterable[str]
) -> list[str]:
    """Items whose labels differ and that nothing has settled, in the order given."""
    done = set(settled)
    return [
        item
        for item, given in labels.items()
        if item not in done and len({same_key(queue, value) for value in given.values()}) > 1
    ]
