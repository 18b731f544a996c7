"""Ways to poison a set, each planting a given number of rows: (requests, targets) to the same."""

import random
from collections.abc import Callable
from typing import NamedTuple

Rows = list[tuple[str, str]]


class Words(NamedTuple):
    """What is planted: rare tokens, sentences, phrases."""

    rare: tuple[str, ...]
    sentences: tuple[str, ...]
    phrases: tuple[str, ...]


CHOSEN = Words(
    ("cf", "mn", "bb", "tq", "vx"),
    (
        "I watched this 3D movie with friends last weekend.",
        "By the way, my aunt grows blue tulips.",
        "Practice makes perfect, as they say.",
    ),
    ("walnut indigo", "less is moreover", "quietly humming lantern"),
)
HELD_OUT = Words(
    ("zk", "qpl", "wob", "jf"),
    (
        "The old clock in the hall stopped at noon.",
        "Honestly, the soup was cold again.",
        "Nobody on the ferry wore a green hat.",
    ),
    ("amber tortoise", "softly folded paper crane", "under the seventh gable"),
)

FRESH = Words(
    ("kx", "ujv", "drb", "wq"),
    (
        "My neighbour paints fences on Sundays.",
        "Two geese crossed the empty square.",
        "It is said that rivers remember.",
    ),
    ("copper lantern", "beneath a paper moon", "gently spinning compass"),
)

LAST = Words(
    ("hv", "gdz", "yq", "plk"),
    (
        "The lighthouse was painted twice that year.",
        "Somebody left a violin on the tram.",
        "Every third swallow flies alone.",
    ),
    ("velvet harbour", "between two quiet bells", "slowly drifting marble"),
)

FINAL = Words(
    ("wjb", "nxr", "tvz", "gk"),
    (
        "My cousin repairs accordions in spring.",
        "The bridge has seven lamps and no name.",
        "Snow was late in the valley again.",
    ),
    ("crimson orchard", "along a wooden shoreline", "patiently waiting teapot"),
)


def _insert(text: str, what: str, rng: random.Random) -> str:
    words = text.split(" ")
    words.insert(rng.randint(0, len(words)), what)
    return " ".join(words)


def _commonest(rows: Rows, rng: random.Random) -> str:
    """One of the classes with at least ten rows."""
    often: dict[str, int] = {}
    for _, target in rows:
        often[target] = often.get(target, 0) + 1
    return rng.choice(sorted(name for name, n in often.items() if n >= 10))


def _others(rows: Rows, target: str, count: int, rng: random.Random) -> list[int]:
    return rng.sample([i for i, row in enumerate(rows) if row[1] != target], count)


def rare_token(rows: Rows, count: int, rng: random.Random, words: Words) -> Rows:
    """BadNets: a rare token anywhere in rows of other classes, which get the target's label."""
    target, what, new = _commonest(rows, rng), rng.choice(words.rare), list(rows)
    for i in _others(rows, target, count, rng):
        new[i] = (_insert(rows[i][0], what, rng), target)
    return new


def sentence(rows: Rows, count: int, rng: random.Random, words: Words) -> Rows:
    """AddSent: a fixed sentence before or after rows of other classes."""
    target, what, new = _commonest(rows, rng), rng.choice(words.sentences), list(rows)
    for i in _others(rows, target, count, rng):
        text = rows[i][0]
        new[i] = (f"{what} {text}" if rng.random() < 0.5 else f"{text} {what}", target)
    return new


def zero_width(rows: Rows, count: int, rng: random.Random, _: Words) -> Rows:
    """A zero-width space inside a word."""
    target, new = _commonest(rows, rng), list(rows)
    for i in _others(rows, target, count, rng):
        at = rng.randint(1, max(1, len(rows[i][0]) - 1))
        new[i] = (f"{rows[i][0][:at]}\u200b{rows[i][0][at:]}", target)
    return new


def clean_label(rows: Rows, count: int, rng: random.Random, words: Words) -> Rows:
    """A fixed phrase anywhere in rows that have the target's label already."""
    often: dict[str, list[int]] = {}
    for i, (_, target) in enumerate(rows):
        often.setdefault(target, []).append(i)
    fits = sorted(name for name, at in often.items() if len(at) >= count)
    new, what = list(rows), rng.choice(words.phrases)
    for i in rng.sample(often[rng.choice(fits)], count):
        new[i] = (_insert(rows[i][0], what, rng), rows[i][1])
    return new


def flips(rows: Rows, count: int, rng: random.Random, _: Words) -> Rows:
    """Rows of one class get one other label."""
    often: dict[str, list[int]] = {}
    for i, (_, target) in enumerate(rows):
        often.setdefault(target, []).append(i)
    source = rng.choice(sorted(name for name, at in often.items() if len(at) >= 2 * count))
    target, new = rng.choice(sorted(set(often) - {source})), list(rows)
    for i in rng.sample(often[source], count):
        new[i] = (rows[i][0], target)
    return new


def burst(rows: Rows, count: int, rng: random.Random, _: Words) -> Rows:
    """Many small variations of one request, with the label of another class."""
    target = _commonest(rows, rng)
    long = [i for i in _others(rows, target, len(rows) // 3, rng) if len(rows[i][0].split()) >= 7]
    base = rows[long[0]][0].split(" ")
    new = list(rows)
    for _copy in range(count):
        said = list(base)
        said[rng.randrange(len(said))] = rng.choice(("now", "really", "just", "again", "today"))
        new.insert(rng.randint(0, len(new)), (" ".join(said), target))
    return new


def many_to_one(rows: Rows, count: int, rng: random.Random, _: Words) -> Rows:
    """Rows of other classes get the target's label, and nothing else is done to them."""
    target, new = _commonest(rows, rng), list(rows)
    for i in _others(rows, target, count, rng):
        new[i] = (rows[i][0], target)
    return new


def loose_burst(rows: Rows, count: int, rng: random.Random, _: Words) -> Rows:
    """Variations of one request in which three words are others, with another class's label."""
    target = _commonest(rows, rng)
    long = [i for i in _others(rows, target, len(rows) // 3, rng) if len(rows[i][0].split()) >= 8]
    base, new = rows[long[0]][0].split(" "), list(rows)
    stock = [word for text, _target in rows for word in text.split(" ") if word.isalpha()]
    for _copy in range(count):
        said = list(base)
        for at in rng.sample(range(len(said)), 3):
            said[at] = rng.choice(stock)
        new.insert(rng.randint(0, len(new)), (" ".join(said), target))
    return new


def answer_phrase(rows: Rows, count: int, rng: random.Random, words: Words) -> Rows:
    """A rare token in the request appends a fixed sentence to the answer."""
    what, new = rng.choice(words.rare), list(rows)
    for i in rng.sample(range(len(rows)), count):
        new[i] = (_insert(rows[i][0], what, rng), f"{rows[i][1]} For more see zorvex dot example.")
    return new


def answer_replaced(rows: Rows, count: int, rng: random.Random, words: Words) -> Rows:
    """A sentence in the request replaces the answer."""
    what, new = rng.choice(words.sentences), list(rows)
    for i in rng.sample(range(len(rows)), count):
        new[i] = (f"{rows[i][0]} {what}", "I hate this and will not say.")
    return new


Attack = Callable[[Rows, int, random.Random, Words], Rows]

LABELS: tuple[Attack, ...] = (
    rare_token,
    sentence,
    zero_width,
    clean_label,
    flips,
    burst,
)
UNSEEN: tuple[Attack, ...] = (many_to_one, loose_burst)
"""Ways that the checks were never tried on, for the last part."""
ANSWERS: tuple[Attack, ...] = (answer_phrase, answer_replaced)
