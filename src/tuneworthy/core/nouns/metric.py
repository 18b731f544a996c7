"""How answers are scored: the metric's name and its options."""

from typing import Any, Literal

from pydantic import Field

from tuneworthy.core.nouns.base import Part

MetricName = Literal[
    "exact_match",
    "normalised_match",
    "text_match",
    "token_f1",
    "number_match",
    "contains",
    "classification",
    "json_match",
    "json_fields",
    "json_schema",
    "tool_call_match",
    "tool_calls_match",
    "regex",
    "terms",
    "style",
    "length",
    "repetition",
    "valid",
    "bleu",
    "chrf",
    "rouge",
    "similarity",
    "groundedness",
    "refusal",
    "forbidden",
    "leaks",
    "toxicity",
    "judge",
]


class MetricSettings(Part):
    """One metric by name; what its options may be, its own file says."""

    name: MetricName
    options: dict[str, Any] = Field(default_factory=dict)
