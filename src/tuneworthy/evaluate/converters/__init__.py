"""Other tools' tasks as suites: lm-evaluation-harness, Inspect and OpenAI Evals."""

from tuneworthy.evaluate.converters.converted import Converted, Unsupported
from tuneworthy.evaluate.converters.inspect_tasks import from_inspect
from tuneworthy.evaluate.converters.lm_eval import (
    data_files,
    from_lm_eval,
    refuse_task,
    shot_files,
)
from tuneworthy.evaluate.converters.openai_evals import choose_eval, from_openai_evals

__all__ = [
    "Converted",
    "Unsupported",
    "choose_eval",
    "data_files",
    "from_inspect",
    "from_lm_eval",
    "from_openai_evals",
    "refuse_task",
    "shot_files",
]
