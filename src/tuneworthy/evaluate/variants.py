"""How many prompts are really different: near-identical ones are one variant."""

import re
from collections import Counter
from collections.abc import Sequence

from tuneworthy.core.nouns.suite import Arm
from tuneworthy.evaluate.structured import words_of

FEW_WORDS = 2
"""So many words put in, taken out or exchanged make no other prompt, however short it is."""
SMALL_SHARE = 0.1
"""Nor does this share of the words of the longer of the two."""

_PLACE = re.compile(r"\{(\w+)\}")


def variant_groups(arms: Sequence[Arm]) -> list[int]:
    """For each prompt the place of the first one that it is a variant of; itself if of none.

    Prompts of one kind with the same placeholders, both with or without a prefill, are
    near-identical when at most two words, or a tenth of the longer one's words, differ. Whatever is
    near to something near belongs together.
    """
    first = list(range(len(arms)))
    said = [(_frame(arm), _sequence(arm)) for arm in arms]
    for here, (frame, words) in enumerate(said):
        for there in range(here):
            if first[there] == first[here] or said[there][0] != frame:
                continue
            if _near(words, said[there][1]):
                low, high = sorted((first[there], first[here]))
                first = [low if group == high else group for group in first]
    return first


def count_variants(arms: Sequence[Arm]) -> int:
    """How many prompts are left when near-identical ones count once."""
    return len(set(variant_groups(arms)))


def _frame(arm: Arm) -> tuple[str, bool, tuple[tuple[str, int], ...]]:
    """What one word more can change a lot: ``{labels}`` is a whole list, a prefill binds a form."""
    parts = (arm.system, arm.user, arm.prefill, *arm.steps)
    places = Counter(name for part in parts for name in _PLACE.findall(part))
    return arm.arm, bool(arm.prefill), tuple(sorted(places.items()))


def _sequence(arm: Arm) -> list[str]:
    """All words in order; a break between the parts is no word that a prompt can hold."""
    return [word for part in words_of(arm) for word in (*part, "")]


def _near(one: Sequence[str], other: Sequence[str]) -> bool:
    most = max(FEW_WORDS, int(SMALL_SHARE * max(len(one), len(other))))
    if abs(len(one) - len(other)) > most:
        return False
    left, right = Counter(one), Counter(other)
    if max((left - right).total(), (right - left).total()) > most:
        return False
    return _distance(one, other, most) <= most


def _distance(one: Sequence[str], other: Sequence[str], most: int) -> int:
    """Words put in, taken out or exchanged; anything above ``most`` is told as more than it."""
    far = most + 1
    row = [min(place, far) for place in range(len(other) + 1)]
    for number, word in enumerate(one, 1):
        low, high = max(1, number - most), min(len(other), number + most)
        new = [far] * (len(other) + 1)
        new[0] = min(number, far)
        for place in range(low, high + 1):
            same = row[place - 1] + (word != other[place - 1])
            new[place] = min(same, row[place] + 1, new[place - 1] + 1, far)
        if min(new) > most:
            return far
        row = new
    return row[-1]
