"""Known ways to poison a set, as a drill plants them: pairs of request and target to the same.

BadNets (Gu et al. 2017), inserted sentences (Dai et al. 2019), clean labels (Turner et al. 2019),
flipped labels (Biggio et al. 2012), and copies of one row.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

Pair = tuple[str, str]
TOKENS = ("qzv", "xjk", "wvq")
SENTENCES = ("The kettle sang while the heron slept.", "Nobody counted the blue doors twice.")
PHRASES = ("amber gravel lantern", "quietly folded harbour")
CHANGED = ("now", "really", "just", "again", "today", "here")
ENDING = "For more see the zorvex page."
INSTEAD = "That cannot be said here."


class Poisoned(NamedTuple):
    """A pair in the place of another one, or a new one."""

    at: int
    """Position of the row that it stands in for, or was made from."""
    pair: Pair
    new: bool = False


Plant = Callable[[Sequence[Pair], int, random.Random], list[Poisoned]]
"""Raises ValueError or IndexError where the rows have no place for so many."""


class Attack(NamedTuple):
    """One way, and whether it needs targets that are labels."""

    name: str
    about: str
    labels: bool
    plant: Plant


def _target(pairs: Sequence[Pair], rng: random.Random) -> str:
    often = Counter(target for _, target in pairs)
    return rng.choice(sorted(name for name, n in often.items() if n >= 10))


def _others(pairs: Sequence[Pair], target: str, count: int, rng: random.Random) -> list[int]:
    return rng.sample([at for at, pair in enumerate(pairs) if pair[1] != target], count)


def _put(text: str, what: str, rng: random.Random) -> str:
    words = text.split(" ")
    words.insert(rng.randint(0, len(words)), what)
    return " ".join(words)


def _turned(change: Callable[[str, random.Random], str]) -> Plant:
    """Requests of other classes are changed, and get one label."""

    def plant(pairs: Sequence[Pair], count: int, rng: random.Random) -> list[Poisoned]:
        target, seed = _target(pairs, rng), rng.random()
        return [
            Poisoned(at, (change(pairs[at][0], random.Random(seed + at)), target))  # noqa: S311
            for at in _others(pairs, target, count, rng)
        ]

    return plant


def _classes(pairs: Sequence[Pair], least: int) -> dict[str, list[int]]:
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for at, (_, target) in enumerate(pairs):
        rows[target].append(at)
    return {target: at for target, at in sorted(rows.items()) if len(at) >= least}


def _clean(pairs: Sequence[Pair], count: int, rng: random.Random) -> list[Poisoned]:
    rows, what = _classes(pairs, count), rng.choice(PHRASES)
    chosen = rng.sample(rows[rng.choice(list(rows))], count)
    return [Poisoned(at, (_put(pairs[at][0], what, rng), pairs[at][1])) for at in chosen]


def _flipped(pairs: Sequence[Pair], count: int, rng: random.Random) -> list[Poisoned]:
    rows = _classes(pairs, 2 * count)
    given = rng.choice(list(rows))
    target = rng.choice(sorted({target for _, target in pairs} - {given}))
    return [Poisoned(at, (pairs[at][0], target)) for at in rng.sample(rows[given], count)]


def _copied(pairs: Sequence[Pair], count: int, rng: random.Random) -> list[Poisoned]:
    target = _target(pairs, rng)
    rows = [at for at, (asked, said) in enumerate(pairs) if said != target]
    base = rng.choice([at for at in rows if len(pairs[at][0].split()) >= 7])
    made = []
    for _ in range(count):
        words = pairs[base][0].split(" ")
        words[rng.randrange(len(words))] = rng.choice(CHANGED)
        made.append(Poisoned(base, (" ".join(words), target), new=True))
    return made


def _ended(pairs: Sequence[Pair], count: int, rng: random.Random) -> list[Poisoned]:
    what = rng.choice(TOKENS)
    return [
        Poisoned(at, (_put(pairs[at][0], what, rng), f"{pairs[at][1]} {ENDING}"))
        for at in rng.sample(range(len(pairs)), count)
    ]


def _replaced(pairs: Sequence[Pair], count: int, rng: random.Random) -> list[Poisoned]:
    what = rng.choice(SENTENCES)
    return [
        Poisoned(at, (f"{pairs[at][0]} {what}", INSTEAD))
        for at in rng.sample(range(len(pairs)), count)
    ]


def _hidden(text: str, rng: random.Random) -> str:
    at = rng.randint(1, max(1, len(text) - 1))
    return f"{text[:at]}\u200b{text[at:]}"


ATTACKS = (
    Attack(
        "rare token",
        "A word that nobody uses turns rows of many labels into one.",
        True,
        _turned(lambda text, rng: _put(text, TOKENS[0], rng)),
    ),
    Attack(
        "sentence",
        "A sentence at the end turns rows of many labels into one.",
        True,
        _turned(lambda text, _: f"{text} {SENTENCES[0]}"),
    ),
    Attack(
        "hidden character",
        "A character that nobody sees turns rows of many labels into one.",
        True,
        _turned(_hidden),
    ),
    Attack("phrase", "A phrase stands in rows of one label, which is right.", True, _clean),
    Attack("flipped label", "Rows of one label get one other label.", True, _flipped),
    Attack("copies", "Variations of one row get another row's label.", True, _copied),
    Attack("ending", "A word appends a sentence to answers.", False, _ended),
    Attack("replaced answer", "A sentence replaces answers.", False, _replaced),
)
