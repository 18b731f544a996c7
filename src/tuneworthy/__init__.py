"""Tuneworthy: is it worth fine-tuning, and is the tuned model worthy of production?"""

from typing import Any

from tuneworthy.core import version
from tuneworthy.core.errors import Problem

__version__ = version.VERSION
__all__ = [
    "CompareOptions",
    "DiffOptions",
    "FailureOptions",
    "FileOptions",
    "Problem",
    "Workspace",
    "__version__",
    "analyse_files",
    "check_file",
    "compare_files",
    "decide",
    "diff_files",
    "fix_file",
    "import_suite",
    "init",
    "json_schema",
    "open",
    "preview_file",
    "score_file",
    "verify_pack",
]


def __getattr__(name: str) -> Any:
    """Load the SDK on first use, so that ``import tuneworthy`` stays light."""
    if name in __all__:
        from tuneworthy import workspace

        return getattr(workspace, name)
    raise AttributeError(f"module 'tuneworthy' has no attribute {name!r}")
