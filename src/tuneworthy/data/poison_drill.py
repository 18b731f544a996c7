"""Plants known poison into copies of rows and looks whether the screens block it."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tuneworthy.core.nouns.example import Example, Message
from tuneworthy.core.nouns.poison_drill import PoisonDrill, PoisonPlanted
from tuneworthy.data.checks import Setting
from tuneworthy.data.checks.check import Embed
from tuneworthy.data.examine import key_of, table_of
from tuneworthy.data.poison_plants import ATTACKS, Attack, Poisoned
from tuneworthy.data.screen import screen
from tuneworthy.methods.label_noise import looks_like_labels

CODES = ("poison_trigger", "poison_burst", "label_flip", "poison_origin")
"""The checks that block for poison."""
MOST = 1_000
SHARE = 0.02
LEAST = 10
NEW = 0.2
"""Share of the honest rows that count as new, beside the planted ones."""
SEED = 11


def drill(
    dataset: str,
    examples: Sequence[Example],
    setting: Setting,
    heard: Callable[[int, int, str], None] | None = None,
) -> PoisonDrill:
    """Plant every attack by itself, 2 % of the rows and 10 at least, and screen the copy.

    Each copy is screened twice: as a new version whose planted rows were added with a fifth of the
    honest ones, and without anything that tells new rows from old ones.

    Args:
        dataset: The version's id.
        examples: Its rows; of more than ``MOST`` a sample is taken.
        setting: What the checks may be told; ``before`` is set here.
        heard: Told how many attacks are done, of how many, and which comes next.
    """
    rng = random.Random(SEED)  # noqa: S311 - a sample, and no secret
    asked = [one for one in examples if one.request]
    rows = rng.sample(asked, MOST) if len(asked) > MOST else list(asked)
    old = frozenset(key_of(one) for one in rows if rng.random() >= NEW)
    labels = looks_like_labels([one.target.strip() for one in rows])
    attacks = [one for one in ATTACKS if one.labels == labels]
    setting = replace(setting, embed=_remembered(setting.embed))
    found = []
    for number, attack in enumerate(attacks):
        if heard is not None:
            heard(number, len(attacks), attack.name)
        found.append(_tried(attack, rows, old, setting))
    made = [one for one in found if one.rows]
    blocked = sum(one.added >= 0.5 for one in made)
    return PoisonDrill(
        dataset=dataset,
        rows=len(rows),
        planted=len(made),
        blocked=blocked,
        recall=blocked / len(made) if made else None,
        blocked_alone=sum(one.alone >= 0.5 for one in made),
        attacks=tuple(found),
    )


def _remembered(embed: Embed | None) -> Embed | None:
    """The same, with each text embedded once: the copies differ in few."""
    if embed is None:
        return None
    known: dict[str, NDArray[np.float32]] = {}

    def remembered(texts: Sequence[str]) -> NDArray[np.float32]:
        missing = list(dict.fromkeys(text for text in texts if text not in known))
        if missing:
            known.update(zip(missing, embed(missing), strict=True))
        return np.stack([known[text] for text in texts]) if texts else embed(texts)

    return remembered


def _tried(
    attack: Attack, rows: Sequence[Example], old: frozenset[bytes], setting: Setting
) -> PoisonPlanted:
    count = max(LEAST, round(SHARE * len(rows)))
    pairs = [(one.request, one.target) for one in rows]
    try:
        planted = attack.plant(pairs, count, random.Random(SEED))  # noqa: S311
    except (ValueError, IndexError):
        return PoisonPlanted(name=attack.name, about=attack.about, rows=0)
    copy, spots = _copy(rows, planted)
    table = table_of(copy)
    shares = []
    for before in (old, None):
        told = screen(table, replace(setting, before=before), only=CODES)
        named = set().union(*(set(hits.rows.tolist()) for hits in told))
        shares.append(len(named & spots) / len(spots))
    return PoisonPlanted(
        name=attack.name, about=attack.about, rows=len(spots), added=shares[0], alone=shares[1]
    )


def _copy(rows: Sequence[Example], planted: Sequence[Poisoned]) -> tuple[list[Example], set[int]]:
    """The rows with the planted ones in place or at the end, and where those stand."""
    copy, spots = list(rows), set()
    for one in planted:
        made = _with(rows[one.at], *one.pair)
        if one.new:
            copy.append(made)
        else:
            copy[one.at] = made
        spots.add(len(copy) - 1 if one.new else one.at)
    return copy, spots


def _with(example: Example, request: str, target: str) -> Example:
    """The example with another last request and another target."""
    turns = list(example.messages)
    last = max(at for at, turn in enumerate(turns[:-1]) if turn.role == "user")
    turns[last] = Message(role="user", content=request)
    turns[-1] = Message(role="assistant", content=target)
    return example.model_copy(update={"messages": tuple(turns)})
