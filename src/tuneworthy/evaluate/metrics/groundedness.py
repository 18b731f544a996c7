"""Whether each sentence of the answer rests on the context that was given.

A sentence is supported when each of its numbers and names stands in the context (or the request),
and most of its content words do too, in one place: within a sentence of the context and its
neighbours. Lexical precision against the source, as the baselines of Maynez et al. (2020), "On
Faithfulness and Factuality in Abstractive Summarization", and the entity and number checks of Nan
et al. (2021). It cannot see a lost negation, a swapped subject and object, or a cause made from a
sequence; a faithful paraphrase in other words fails, unless ``embeddings`` is set.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import Field

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, unfit
from tuneworthy.evaluate.metrics.number_match import numbers
from tuneworthy.evaluate.metrics.sentences import sentences
from tuneworthy.evaluate.metrics.spec import MetricSpec, MetricTools, Options

_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_SMALL_WORDS = (
    "a an and are as at be been but by can could did do does for from had has have he her his how "
    "i if in into is it its may might more most no not of on or our she should so some than that "
    "the their them then there these they this those to was we were what when where which who "
    "will with would you your"
)
_SMALL = frozenset(_SMALL_WORDS.split())
"""English words that say nothing about the subject."""


class GroundednessOptions(Options):
    """How much support a sentence needs."""

    overlap: float = Field(default=0.6, gt=0, le=1)
    """The least share of a sentence's content words that must stand in one place."""
    embeddings: bool = False
    """Whether a sentence near in meaning counts too; its numbers and names must stand all the
    same."""
    similarity: float = Field(default=0.7, gt=0, le=1)
    """The least cosine for that."""


@dataclass(frozen=True)
class _Ground:
    """The context, cut into places: each sentence with its neighbours."""

    sentences: list[str]
    places: list[frozenset[str]]
    words: frozenset[str]
    numbers: frozenset[Any]


def _ground(case: Case) -> _Ground:
    parts = sentences(case.context)
    sets = [frozenset(_stems(part)) for part in parts]
    near = [frozenset().union(*sets[max(0, n - 1) : n + 2]) for n in range(len(sets))]
    also = f"{case.context}\n{case.request}"
    return _Ground(parts, near, frozenset(_stems(also)), frozenset(numbers(also)))


def _stems(text: str) -> list[str]:
    return [_stem(word) for word in _WORD.findall(text)]


def _stem(word: str) -> str:
    """Lower case, without the commonest English endings; both sides lose them alike."""
    word = word.casefold().replace("\u2019", "'").removesuffix("'s")
    for ending in ("ing", "ies", "ed", "es", "s"):
        if len(word) > len(ending) + 3 and word.endswith(ending):
            return word[: -len(ending)]
    return word


def _names(sentence: str) -> list[str]:
    """Capitalised words, but for the first of the sentence, and words with a digit in them."""
    words = _WORD.findall(sentence)
    later = [word for word in words[1:] if word[0].isupper() and word.casefold() not in _SMALL]
    return later + [word for word in words[:1] if any(c.isupper() for c in word[1:])]


def unsupported(sentence: str, ground: _Ground, options: GroundednessOptions, near: float) -> str:
    """Why a sentence does not rest on the context; empty when it does.

    Args:
        sentence: One sentence of the answer.
        ground: The context.
        options: How much support is needed.
        near: The highest cosine with a sentence of the context; 0 where none was asked.
    """
    if any(number not in ground.numbers for number in numbers(sentence)):
        return "a number not in the context"
    if any(_stem(name) not in ground.words for name in _names(sentence)):
        return "a name not in the context"
    words = {stem for stem in _stems(sentence) if stem not in _SMALL}
    if not words:
        return ""
    best = max((len(words & place) for place in ground.places), default=0) / len(words)
    if best >= options.overlap or near >= options.similarity:
        return ""
    return "words not in the context"


def texts_of(options: GroundednessOptions, output: str, case: Case) -> list[str]:
    """The sentences of the answer and of the context, where they will be embedded."""
    return [*sentences(output), *sentences(case.context)] if options.embeddings else []


def _make(options: GroundednessOptions, tools: MetricTools) -> Metric:
    embed = tools.embed if options.embeddings else None
    if options.embeddings and embed is None:
        raise ValueError("groundedness needs the sentence embedder, which is not at hand")

    def nearest(said: Sequence[str], ground: _Ground) -> list[float]:
        if embed is None:
            return [0.0] * len(said)
        vectors = np.asarray(embed([*said, *ground.sentences]))
        return [float(value) for value in (vectors[: len(said)] @ vectors[len(said) :].T).max(1)]

    def groundedness(output: str, case: Case) -> Mark:
        said, ground = sentences(output), _ground(case)
        if not said or not ground.sentences:
            return unfit("empty")
        near = nearest(said, ground)
        faults = [unsupported(s, ground, options, n) for s, n in zip(said, near, strict=True)]
        found = [fault for fault in faults if fault]
        if not found:
            return RIGHT
        return Mark(score=1 - len(found) / len(said), valid=True, error=found[0])

    return groundedness


SPEC = MetricSpec(
    name="groundedness",
    scores="The share of the answer's sentences whose numbers, names and most content words stand "
    "in the given context.",
    source="Lexical precision, entity and number checks: Maynez et al. (2020), Nan et al. (2021).",
    blind="A lost negation, subject and object swapped, a cause made from a sequence; what the "
    "answer leaves out. A faithful paraphrase fails unless `embeddings` is set. Stop words and "
    "endings are English.",
    make=_make,
    options=GroundednessOptions,
    needs="context",
    kind="graded",
    embeds=texts_of,
)
