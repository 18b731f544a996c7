"""Libraries that only some metrics need; loaded when such a metric is made."""

from importlib import import_module
from typing import Any

from tuneworthy.core.errors import ConfigProblem


def library(module: str, metric: str) -> Any:
    """The module.

    Raises:
        ConfigProblem: It is not installed.
    """
    try:
        return import_module(module)
    except ImportError as fault:
        raise ConfigProblem(
            "no_metric_library",
            f"The metric {metric} needs the package {module.partition('.')[0].replace('_', '-')}.",
            why="It belongs to the extra 'metrics', which is not installed.",
            fix="pip install 'tuneworthy[metrics]'",
        ) from fault
