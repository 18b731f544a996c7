"""Faults of a metric's options, each with its place in the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from tuneworthy.config.faults import Where, faults_inside
from tuneworthy.core.nouns.metric import MetricName

OptionsOf = Callable[[MetricName], type[BaseModel]]
"""The typed options of a metric."""


def bad_options(
    name: Any, options: Any, options_of: OptionsOf, path: Path, content: Any, where: Where
) -> list[str]:
    """A line for each fault in the options of the metric ``name``, which stand at ``where``.

    A name that is none, and options that are no mapping, are told of elsewhere.
    """
    known = next((metric for metric in get_args(MetricName) if metric == name), None)
    if known is None or not isinstance(options, dict):
        return []
    return faults_inside(options_of(known), options, path, content, where)
