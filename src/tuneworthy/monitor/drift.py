"""Live requests against the ones the model was made for."""

import json
import math
from collections.abc import Sequence

import numpy as np

from tuneworthy.core.nouns.monitoring import DriftResult
from tuneworthy.core.nouns.serving import Interaction
from tuneworthy.core.ports import Embedder
from tuneworthy.methods.drift import combo

MOST = 2_000
"""Texts a side that are compared; of more, a seeded sample (the test is quadratic in them)."""


def check_drift(
    reference_texts: Sequence[str],
    window_texts: Sequence[str],
    embedder: Embedder,
    *,
    alpha: float,
    seed: int,
) -> DriftResult:
    """Test a window of requests for drift at the level ``alpha``.

    Raises:
        ValueError: There are fewer than 6 reference texts, or no window texts.
    """
    reference = _sample(reference_texts, seed)
    window = _sample(window_texts, seed + 1)
    vectors = np.asarray(embedder.embed([*reference, *window]))
    # A permutation p cannot fall below 1 / (permutations + 1), and Bonferroni doubles it.
    permutations = max(999, math.ceil(2 / alpha))
    numbers = combo(
        vectors[: len(reference)], vectors[len(reference) :], permutations=permutations, seed=seed
    )
    return DriftResult(
        reference=len(reference),
        window=len(window),
        p_mmd=numbers.p_mmd,
        p_novelty=numbers.p_novelty,
        p_value=numbers.p_value,
        alpha=alpha,
        drifted=numbers.p_value <= alpha,
        novel_share=numbers.novel_share,
        examples=tuple(dict.fromkeys(window[row] for row in numbers.most_novel)),
    )


def request_text(interaction: Interaction) -> str:
    """What the user last asked in a recorded request; empty when that cannot be told."""
    try:
        messages = json.loads(interaction.request)["messages"]
        asked = [message["content"] for message in messages if message["role"] == "user"]
    except (ValueError, TypeError, KeyError):
        return ""
    return _text(asked[-1]) if asked else ""


def _text(content: object) -> str:
    """The text of a message whose content is a string or a list of typed parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part.get("text") for part in content if isinstance(part, dict)]
    return " ".join(part for part in parts if isinstance(part, str))


def _sample(texts: Sequence[str], seed: int) -> list[str]:
    if len(texts) <= MOST:
        return list(texts)
    rows = np.random.default_rng(seed).choice(len(texts), MOST, replace=False)
    return [texts[int(row)] for row in np.sort(rows)]
