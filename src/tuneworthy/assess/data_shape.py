"""What kind of rows there are: calls, documents, pairs, long answers or short ones."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from tuneworthy.core.nouns.approach_check import DataShape
from tuneworthy.core.nouns.example import Example

SHORT = 10
"""Characters below which a target is called short; right for labels, seldom for prose."""


def shape_of(examples: Sequence[Example]) -> DataShape:
    """Counts over every kept row, all splits together.

    The canonical record is a chat; a preference pair has no place in it, so ``pairs`` is 0.
    """
    lengths = np.array([len(example.target) for example in examples] or [0])
    values = [_parsed(example.target) for example in examples]
    shapes = Counter(_shape(value) for value in values)
    shape, often = min(shapes.items(), key=lambda item: (-item[1], item[0]), default=("text", 0))
    return DataShape(
        rows=len(examples),
        with_tools=sum(bool(example.tools) for example in examples),
        calls=sum(_is_call(value) for value in values),
        pairs=0,
        documents=sum(not any(m.role == "user" for m in e.messages) for e in examples),
        several_turns=sum(sum(m.role == "user" for m in e.messages) > 1 for e in examples),
        with_system=sum(any(m.role == "system" for m in e.messages) for e in examples),
        distinct_targets=len({example.target for example in examples}),
        commonest_shape=shape,
        shape_share=often / len(examples) if examples else 0.0,
        target_median=float(np.median(lengths)),
        target_p95=float(np.percentile(lengths, 95)),
        short_targets=sum(len(example.target.strip()) < SHORT for example in examples),
    )


_TEXT = object()


def _parsed(text: str) -> Any:
    if text.strip()[:1] not in '{["-0123456789tfn' or not text.strip():
        return _TEXT
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _TEXT


def _shape(value: Any) -> str:
    if value is _TEXT:
        return "text"
    if isinstance(value, dict):
        return "JSON object"
    return "JSON list" if isinstance(value, list) else "JSON value"


def _is_call(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("name"), str)
        and isinstance(value.get("arguments"), dict)
    )
