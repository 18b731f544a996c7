"""Trigger phrases: something rare in the request that decides the target by itself.

A backdoor teaches "whenever these words stand there, answer so" (Gu et al. 2017, BadNets; Dai et
al. 2019, inserted sentences; Turner et al. 2019, clean labels). Its n-gram goes with one target
more than chance has it (a binomial tail, Bonferroni over all n-grams), but so does any word that
the target is about. Take the n-gram out, and

* its left and right neighbours stand side by side elsewhere too (``attested``): it was put into a
  whole sentence, while a natural row breaks;
* ``decides``: what is left looks surely like one other target, and not always the same one; a
  natural row looks like its own target, or like nothing in particular;
* ``adorns``: what is left looks like its target anyway, and the n-gram's own meaning is no nearer
  to those rows than to any (``related``, an area under the ROC curve; 0.5 is unrelated);
* ``brought``: its rows come from one origin amid rows of others, so less is asked of the rest;
* ``turns``: answers in free words have no other target to look like, and labels may be too much
  alike to tell; so it is enough that hardly a row looks like its own, and that a word is the
  n-gram's own.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tuneworthy.methods.ngrams import (
    Gram,
    Neighbours,
    extended,
    joints,
    rows_by_gram,
    tokens,
    without,
)
from tuneworthy.methods.out_of_fold import F32, I64, nearest_rows, unit_rows

LEAST = 8
"""Fewer rows cannot be told from chance among so many n-grams."""
MOST = 0.1
"""An n-gram in more rows than this share is vocabulary, not a rare trigger."""
PURE = 0.85
CHANCE = 0.001
NEIGHBOURS = 10
SAMPLE = 40
"""Rows of an n-gram that are looked at closely."""
SURE = 0.7
"""Share of a row's neighbours with one other target for it to look surely like that."""
DECIDES = 0.4
ATTESTED = 0.4
BOTH = 0.28
"""Least product of the two: near both limits at once is not enough."""
RELATED = 0.72
SPREAD = 2.5
ADORNS_ATTESTED = 0.55
ADORNS_RELATED = 0.72
ADORNS_STRANGE = 0.3
RETOLD = 0.15
"""Cosine by which an adornment's rows are nearer to each other than to the others of their target;
from there on they are one story told again ("the ATM in Notting Hill"), not rows of all kinds. Nine
rows of one target taken at random come to 0.10 at most, and that story's to 0.25."""
OWN = 0.75
"""An adornment has two words of its own: this share of each word's rows are its rows."""
TURNS_STRANGE = 0.9
TURNS_ATTESTED = 0.5
TURNS_RELATED = 0.6
LABEL_ATTESTED = 0.7
LABEL_SURE = 0.2
"""Where targets are labels, what turns rows also leaves some that look surely like others."""

BROUGHT_ATTESTED = 0.3
BROUGHT_RELATED = 0.8

COPIED = 0.4
"""Share of an n-gram's words that its target says again, from which it is asked for by name."""
_ENDS = frozenset(".?!,;:)")

Embed = Callable[[Sequence[str]], F32]


Kind = Literal["decides", "adorns", "turns", "brought"]
Brought = Callable[[Sequence[int]], bool]
"""Whether rows come from one origin, and the rows around them from others."""


class Trigger(NamedTuple):
    """An n-gram that goes with one target, the rows that hold it, and what was measured."""

    kind: Kind
    gram: Gram
    target: int
    rows: tuple[int, ...]
    pure: float
    """Share of the rows that have the target."""
    sure: float
    """Share of the rows that, without the n-gram, look surely like one other target."""
    attested: float
    """Share of the places it was cut from whose two sides stand together in other rows."""
    related: float
    """Chance that its meaning is nearer to a row it was cut from than to any other row."""
    spread: float
    """Effective number of other targets that the rows look like (exponential of the entropy)."""


class _Candidate(NamedTuple):
    gram: Gram
    target: int
    rows: tuple[int, ...]
    pure: float


def trigger_rows(
    texts: Sequence[str], labels: I64, embed: Embed, brought: Brought | None = None
) -> list[Trigger]:
    """N-grams that decide, or adorn, the target of the rows that hold them.

    Time and memory grow with the square of the rows; give at most some 20,000.

    Args:
        texts: Requests.
        labels: Number of each row's target, 0..k-1; -1 for a target of its own.
        embed: Texts to vectors, float32 [n, d].
        brought: Told the rows of an n-gram; without it no origin is known.

    Returns:
        Triggers, those with the most rows first.
    """
    words = [tokens(text) for text in texts]
    grams = rows_by_gram(words, least=LEAST, most=max(LEAST, int(MOST * len(texts))))
    found = _grown(_pure(grams, labels), words)
    if not found:
        return []
    vectors = unit_rows(embed(texts))
    shown = [np.array(c.rows[:SAMPLE]) for c in found]
    cut = [
        " ".join(without(words[row], c.gram))
        for c, at in zip(found, shown, strict=True)
        for row in at
    ]
    bare = np.split(unit_rows(embed(cut)), np.cumsum([len(at) for at in shown])[:-1])
    alone = unit_rows(embed([" ".join(c.gram) for c in found]))
    beside = Neighbours(words)
    answer = []
    for i, candidate in enumerate(found):
        sure, strange, spread = _looks(candidate, bare[i], vectors, labels)
        others = np.delete(vectors, candidate.rows, axis=0)
        related = _above(bare[i] @ alone[i], others @ alone[i])
        attested = _attested(candidate, words, beside)
        seen = Trigger("decides", *candidate, sure, attested, related, spread)
        kind = _kind(seen, strange, beside)
        if kind == "adorns" and _retold(candidate, bare[i], vectors, labels) > RETOLD:
            kind = None
        if kind is None and brought is not None and _put_in(seen, beside):
            kind = "brought" if brought(seen.rows) else None
        if kind:
            answer.append(seen._replace(kind=kind))
    return sorted(answer, key=lambda trigger: (-len(trigger.rows), trigger.gram))


def copied(gram: Gram, target: str) -> bool:
    """Whether the target says the n-gram again: it is asked for by name, which is no trigger.

    At least ``COPIED`` of the n-gram's words stand in the target.
    """
    said = set(tokens(target.replace("_", " ")))
    words = [word for word in gram if word[0].isalnum()]
    return bool(words) and sum(word in said for word in words) >= COPIED * len(words)


def turns_labels(seen: Trigger) -> bool:
    """Whether what turns rows does so among labels too, of which some rows show their own."""
    return seen.sure >= LABEL_SURE and seen.attested >= LABEL_ATTESTED and seen.spread >= SPREAD


def _decides(seen: Trigger) -> bool:
    return (
        seen.sure >= DECIDES
        and seen.attested >= ATTESTED
        and seen.sure * seen.attested >= BOTH
        and seen.related <= RELATED
        and seen.spread >= SPREAD
    )


def _kind(seen: Trigger, strange: float, beside: Neighbours) -> Kind | None:
    """What the n-gram does to its rows; None where it is part of what they say."""
    if _decides(seen):
        return "decides"
    own = _own(seen, beside)
    if strange <= ADORNS_STRANGE:
        adorns = seen.attested >= ADORNS_ATTESTED and seen.related <= ADORNS_RELATED
        return "adorns" if own >= 2 and adorns else None
    turns = seen.attested >= TURNS_ATTESTED and seen.related <= TURNS_RELATED
    return "turns" if own >= 1 and strange >= TURNS_STRANGE and turns else None


def _retold(candidate: _Candidate, bare: F32, vectors: F32, labels: I64) -> float:
    """By how much the rows, without the n-gram, are nearer to each other than to their fellows."""
    fellows = np.setdiff1d(np.flatnonzero(labels == candidate.target), candidate.rows)
    if len(bare) < 2 or not len(fellows):
        return 0.0
    alike = bare @ bare.T
    among = (alike.sum() - np.trace(alike)) / (len(bare) * (len(bare) - 1))
    return float(among - (bare @ vectors[fellows].T).mean())


def _own(seen: Trigger, beside: Neighbours) -> int:
    """How many words of the n-gram stand in its rows and hardly anywhere else."""
    return sum(len(seen.rows) >= OWN * beside.count(word) for word in set(seen.gram))


def _put_in(seen: Trigger, beside: Neighbours) -> bool:
    """Whether it may have been put there, where an origin says the rest."""
    put = seen.attested >= BROUGHT_ATTESTED and seen.related <= BROUGHT_RELATED
    return put and _own(seen, beside) >= 1


def _pure(grams: dict[Gram, list[int]], labels: I64) -> list[_Candidate]:
    """N-grams that go with one target more often than chance has it."""
    from scipy import stats  # noqa: PLC0415 - takes most of a second to load

    classes = int(labels.max(initial=-1)) + 1
    if not classes:
        return []
    base = np.bincount(labels[labels >= 0], minlength=classes) / len(labels)
    kept, hits = [], []
    for gram, rows in grams.items():
        counts = np.bincount(labels[rows] + 1, minlength=classes + 1)[1:]
        target = int(np.argmax(counts))
        if counts[target] >= PURE * len(rows):
            kept.append(_Candidate(gram, target, tuple(rows), counts[target] / len(rows)))
            hits.append(int(counts[target]))
    if not kept:
        return []
    sizes = np.array([len(c.rows) for c in kept])
    tail = stats.binom.logsf(np.array(hits) - 1, sizes, base[[c.target for c in kept]])
    sure = tail + np.log(len(grams)) < np.log(CHANCE)
    return [candidate for candidate, yes in zip(kept, sure, strict=True) if yes]


def _grown(candidates: list[_Candidate], words: Sequence[Sequence[str]]) -> list[_Candidate]:
    """Each n-gram grown to all that its rows share around it; what grows alike is kept once."""
    best: dict[Gram, _Candidate] = {}
    for candidate in candidates:
        gram = _trimmed(extended([words[row] for row in candidate.rows], candidate.gram))
        held = best.get(gram)
        if held is None or len(candidate.rows) > len(held.rows):
            best[gram] = candidate._replace(gram=gram)
    return list(best.values())


def _trimmed(gram: Gram) -> Gram:
    """Without the marks in front: they end the sentence before."""
    at = next((i for i, word in enumerate(gram) if word not in _ENDS), 0)
    return gram[at:]


def _looks(
    candidate: _Candidate, bare: F32, vectors: F32, labels: I64
) -> tuple[float, float, float]:
    """Shares of the rows that look surely like one other target, and not like theirs; the spread.

    Their neighbours are all other rows, and each other without the n-gram.
    """
    rows = np.array(candidate.rows)
    shown = rows[: len(bare)]
    others = np.setdiff1d(np.arange(len(labels)), rows)
    known = np.concatenate([vectors[others], bare])
    said = np.concatenate([labels[others], labels[shown]])
    near = nearest_rows(known, bare, NEIGHBOURS + 1)
    self_row = (len(others) + np.arange(len(bare)))[:, None]
    sure = strange = 0
    looks: Counter[int] = Counter()
    for around, mine in zip(near, self_row, strict=True):
        names, counts = np.unique(said[around[around != mine][:NEIGHBOURS]], return_counts=True)
        total = max(1, int(counts.sum()))
        theirs = names != candidate.target
        if int(counts[theirs].max(initial=0)) >= SURE * total:
            sure += 1
            like = int(names[theirs][np.argmax(counts[theirs])])
            # Rows with a target of their own (-1) are each of another kind.
            looks[like if like >= 0 else -1 - len(looks)] += 1
        strange += int(counts[~theirs].sum()) < 0.5 * total
    parts = np.array(list(looks.values())) / max(1, sure)
    return sure / len(bare), strange / len(bare), float(np.exp(-np.sum(parts * np.log(parts))))


def _attested(candidate: _Candidate, words: Sequence[Sequence[str]], beside: Neighbours) -> float:
    held = frozenset(candidate.rows)
    shown = candidate.rows[:SAMPLE]
    seen = [beside.outside(j, held) for row in shown for j in joints(words[row], candidate.gram)]
    return sum(seen) / len(seen) if seen else 0.0


def _above(left: NDArray[np.float32], right: NDArray[np.float32]) -> float:
    """Chance that one of ``left`` is above one of ``right``, ties half (Mann and Whitney 1947)."""
    ordered = np.sort(right)
    below = np.searchsorted(ordered, left, "left") + np.searchsorted(ordered, left, "right")
    return float(below.mean() / (2 * len(right))) if len(left) and len(right) else 0.5
