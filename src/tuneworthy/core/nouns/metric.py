"""How answers are scored: the metric's name and its options."""

from typing import Any, Literal

from pydantic import Field

from tuneworthy.core.nouns.base import Part

MetricName = Literal["exact_match", "json_match", "tool_call_match"]


class MetricSettings(Part):
    """One metric by name; what its options may be, its own file says."""

    name: MetricName
    options: dict[str, Any] = Field(default_factory=dict)
